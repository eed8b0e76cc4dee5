'use strict';

// protocol/03-logs.md sections 4 to 6: what is held of each log, and what fits onto it.

const { CHECKPOINT_EVERY, isCheckpoint, makeEntry, signId } = require('./entry');
const { digest } = require('./crypto');
const {
  ENTRIES_MAX, checkSegment, cut, entriesOf, forkOf, isBin, isSigned,
} = require('./segment');
const { Refused, refuseUnless } = require('./refused');

const SEGMENT_BODY_BYTES = 262144; // L-7: a segment is cut here
const withoutBodies = (segment) => ({
  ...segment,
  bodies: segment.bodies.map((body) => (isBin(body) ? [body.length, digest(body)] : body)),
});
const name = (log) => log.toString('hex');

class Replica {
  constructor() {
    this.logs = new Map(); // by name: { log, newest, older, entries, signatures }
    this.forks = new Map(); // by name: { lowest, proof }
    this.grown = () => {}; // called with a log that has grown
    this.forkFound = () => {}; // called with a log of which a lower fork is known now
  }

  get(log) {
    return this.logs.get(name(log));
  }

  // Takes a segment in by the cases of section 5; returns how many entries were new.
  take(segment) {
    refuseUnless(!this.forks.has(name(segment.log)), 'fork', 'known already'); // L-19
    const held = this.get(segment.log);
    if (!held) return this.store(segment, checkSegment(segment), 'newest', 0);
    const { newest, older } = held;
    if (segment.first > newest.high + 1) { // cases 2 and 3
      refuseUnless(!older, 'seq-gap');
      return this.store(segment, checkSegment(segment), 'jump', 0);
    }
    if (segment.last > newest.high) { // case 4
      return this.store(segment, checkSegment(segment), 'up', newest.high + 1, newest);
    }
    if (segment.first >= newest.low) return 0; // case 5
    if (segment.last < newest.low - 1) { // cases 6 and 7
      const within = older && segment.first >= older.low && segment.last <= older.high;
      refuseUnless(within, 'seq-gap');
      return 0;
    }
    const part = cut(segment, newest.low - 1); // case 8
    const checked = checkSegment(part, newest.lowPrev);
    return this.store(part, checked, 'down', older ? older.high + 1 : 0, older);
  }

  // Stores what of a checked segment lies at `from` or above, and must fit `below` (L-15).
  store(segment, checked, where, from, below = null) {
    const held = this.get(segment.log) ?? {
      log: segment.log, newest: null, older: null, entries: new Map(), signatures: new Map(),
    };
    const entries = checked.entries.filter((entry) => entry.seq >= from);
    const [first, last] = [entries[0], entries.at(-1)];
    if (below && first.seq === below.high + 1 && !first.prev.equals(below.highId)) {
      const ours = this.statement(held, Math.max(below.low, segment.first - 1), below.high);
      this.addFork([ours, this.signedPart(held, segment, first.seq)]);
      throw new Refused('fork');
    }
    const range = { low: first.seq, high: last.seq, lowPrev: first.prev, highId: last.id };
    if (where === 'jump') held.older = held.newest;
    if (where === 'newest' || where === 'jump') held.newest = range;
    else if (where === 'up') Object.assign(held.newest, { high: last.seq, highId: last.id });
    else if (below && first.seq === below.high + 1) {
      Object.assign(held.newest, { low: below.low, lowPrev: below.lowPrev });
      held.older = null;
    } else Object.assign(held.newest, { low: first.seq, lowPrev: first.prev });
    for (const entry of entries) held.entries.set(entry.seq, entry);
    for (const [seq, signature] of checked.signatures) held.signatures.set(seq, signature);
    this.logs.set(name(segment.log), held);
    this.grown(segment.log);
    return entries.length;
  }

  // Step 3 of protocol/10-replication.md section 2: a segment of entries that are all held, and
  // signed; another id in it proves a fork.
  compare(segment) {
    const { entries, signatures } = this.get(segment.log);
    const range = this.range(segment.log, segment.last);
    const other = ({ seq, id }) => entries.has(seq) && !entries.get(seq).id.equals(id);
    if (!range || !isSigned(segment) || !entriesOf(segment).some(other)) return;
    checkSegment(segment);
    let high = segment.last; // up to the next entry of ours that is signed
    while (high < range.high && !signatures.has(high)) high += 1;
    this.addFork([this.statement(this.get(segment.log), segment.first, high), segment]);
    throw new Refused('fork');
  }

  // What is held from `low` (or a bit above) to `high`, which is signed.
  statement({ log }, low, high) {
    return this.segment(log, Math.max(low, high - ENTRIES_MAX + 1), high);
  }

  // A segment up to a signature at `from` or above; what lies above it is held, if it has none.
  signedPart(held, segment, from) {
    const checkpoint = Math.ceil(from / CHECKPOINT_EVERY) * CHECKPOINT_EVERY;
    if (checkpoint <= segment.last) return cut(segment, checkpoint);
    if (isSigned(segment)) return segment;
    const upper = this.segment(
      held.log, held.newest.low, Math.min(checkpoint, held.newest.high),
    );
    return {
      ...segment,
      last: upper.last,
      timesMs: [...segment.timesMs, ...upper.timesMs],
      bodies: [...segment.bodies, ...upper.bodies],
      signatures: [...segment.signatures, ...upper.signatures],
    };
  }

  // Keeps a proof (L-18); returns the lowest seq at which it shows a fork.
  addFork(proof) {
    const lowest = forkOf(proof);
    const { log } = proof[0];
    const known = this.forks.get(name(log));
    if (!known || lowest < known.lowest) {
      this.forks.set(name(log), { lowest, proof: proof.map(withoutBodies) });
      this.forkFound(log);
    }
    return lowest;
  }

  // Writes entries of one's own; only what replicas keep is signed (H-6).
  append(key, bodies) {
    const held = this.get(key.public);
    let [seq, prev] = held ? [held.newest.high, held.newest.highId] : [0, null];
    const entries = [];
    const signatures = new Map();
    for (const [n, { timeMs, body }] of bodies.entries()) {
      const entry = makeEntry(key.public, ++seq, prev, timeMs, body.length, digest(body), body);
      prev = entry.id;
      entries.push(entry);
      const kept = isCheckpoint(seq) || n === bodies.length - 1;
      if (kept) signatures.set(seq, signId(key, entry.id));
    }
    this.store({ log: key.public }, { entries, signatures }, held ? 'up' : 'newest', 0);
    return entries.at(-1);
  }

  range(log, seq) {
    const held = this.get(log);
    return [held?.newest, held?.older].find((part) => part && part.low <= seq && seq <= part.high);
  }

  // Section 5 of protocol/09-sessions.md: the next segment of an answer that goes up, or null.
  segmentUp(log, low, high) {
    const range = this.range(log, low);
    if (!range) return null;
    const { entries } = this.get(log);
    let last = low;
    for (let seq = low, size = 0; seq <= Math.min(range.high, low + ENTRIES_MAX - 1); seq++) {
      size += entries.get(seq).bodySize;
      if (isCheckpoint(seq) || seq === range.high) last = seq;
      if (last === seq && (size >= SEGMENT_BODY_BYTES || seq >= high)) break;
    }
    return this.segment(log, low, last);
  }

  // The next segment of an answer that goes down, or null.
  segmentDown(log, low, high) {
    const range = this.range(log, high);
    if (!range) return null;
    const { entries } = this.get(log);
    const bottom = Math.max(low, range.low, high - ENTRIES_MAX + 1);
    let first = high + 1;
    for (let size = 0; first > bottom && size < SEGMENT_BODY_BYTES;) {
      size += entries.get(--first).bodySize;
    }
    return this.segment(log, first, high);
  }

  segment(log, first, last) {
    const held = this.get(log);
    const entries = [];
    for (let seq = first; seq <= last; seq++) entries.push(held.entries.get(seq));
    const signed = entries.map(({ seq }) => seq)
      .filter((seq) => held.signatures.has(seq) && (isCheckpoint(seq) || seq === last));
    return {
      log,
      first,
      last,
      prev: entries[0].prev,
      timesMs: entries.map((entry) => entry.timeMs),
      bodies: entries.map((entry) => entry.body ?? [entry.bodySize, entry.bodyHash]),
      signatures: signed.map((seq) => held.signatures.get(seq)),
    };
  }
}

module.exports = { Replica, name };
