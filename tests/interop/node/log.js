'use strict';
// Chapter 3 sections 4 and 5: what is held of one log, and where a segment goes.
const { refuse, Refusal } = require('./refusal');
const { hashed, checkSegment, checkSignatures, segmentValue, statedId, bare } = require('./segment');

class Log {
  constructor(key) {
    this.key = Buffer.from(key);
    this.hex = this.key.toString('hex');
    this.entries = new Map();
    this.bare = new Set(); // seqs of entries without their bodies
    this.newest = null; // { low, high }
    this.older = null;
    this.forked = null; // the lowest seq at which a proof shows a fork
    this.proof = null;
    this.changedAt = 0;
    this.forkedAt = 0;
  }

  get high() { return this.newest ? this.newest.high : 0; }
  get highId() { return this.entries.get(this.newest.high).id; }
  holds(seq) { return this.entries.has(seq); }

  // [low, high, prev of low, id of high], as log.take answers it.
  range(name) {
    const range = this[name];
    if (!range) return null;
    return [range.low, range.high, this.entries.get(range.low).prev, this.entries.get(range.high).id];
  }

  // The entries that are new, after they have been stored; what does not fit is refused (L-11).
  place(segment) {
    if (this.forked !== null) refuse('fork', 'known');
    const { newest, older } = this;
    const { first, last } = segment;
    if (!newest) {
      checkSegment(segment, null);
      return this.store(segment.entries, () => { this.newest = { low: first, high: last }; });
    }
    if (first > newest.high + 1) {
      if (older) refuse('seq-gap');
      checkSegment(segment, null);
      return this.store(segment.entries, () => {
        this.older = newest;
        this.newest = { low: first, high: last };
      });
    }
    if (last > newest.high) return this.placeAbove(segment);
    if (first >= newest.low) return [];
    if (last < newest.low - 1) {
      if (older && first >= older.low && last <= older.high) return [];
      refuse('seq-gap');
    }
    return this.placeBelow(segment);
  }

  placeAbove(segment) {
    const { newest } = this;
    checkSegment(segment, null);
    if (!statedId(segment, newest.high).equals(this.entries.get(newest.high).id)) {
      throw this.forkWith(segment, segment.entries);
    }
    const fresh = segment.entries.filter((entry) => entry.seq > newest.high);
    return this.store(fresh, () => { this.newest = { low: newest.low, high: segment.last }; });
  }

  placeBelow(segment) {
    const { newest, older } = this;
    const top = newest.low - 1;
    hashed(segment);
    if (!statedId(segment, top).equals(this.entries.get(newest.low).prev)) refuse('broken-chain');
    checkSignatures(segment, top);
    const cut = segment.entries.filter((entry) => entry.seq <= top);
    if (!older || segment.first > older.high + 1) {
      return this.store(cut, () => { this.newest = { low: segment.first, high: newest.high }; });
    }
    if (!statedId(segment, older.high).equals(this.entries.get(older.high).id)) {
      throw this.forkWith(segment, [...cut, ...this.between(newest.low, newest.high)]);
    }
    const fresh = cut.filter((entry) => entry.seq > older.high);
    return this.store(fresh, () => {
      this.newest = { low: older.low, high: newest.high };
      this.older = null;
    });
  }

  store(fresh, move) {
    for (const entry of fresh) {
      this.entries.set(entry.seq, entry);
      if (!entry.body) this.bare.add(entry.seq);
    }
    move();
    return fresh;
  }

  * between(low, high) {
    for (let seq = low; seq <= high; seq++) yield this.entries.get(seq);
  }

  // A segment of what is held already may bring bodies that were withheld (10 section 4).
  bringBodies(segment) {
    const brought = [];
    hashed(segment);
    for (const entry of segment.entries) {
      const held = this.entries.get(entry.seq);
      if (held && !held.body && entry.body && held.id.equals(entry.id)) {
        held.body = entry.body;
        this.bare.delete(entry.seq);
        brought.push(held);
      }
    }
    return brought;
  }

  // The refusal `fork`, with a proof: `theirs` are entries that are authentic too.
  forkWith(segment, theirs) {
    let seq = Math.max(segment.first - 1, 1);
    while (!this.holds(seq) || statedId(segment, seq).equals(this.entries.get(seq).id)) seq += 1;
    const refusal = new Refusal('fork', `at ${seq}`);
    refusal.proof = [
      signedFrom(this.key, this.between(seq, Infinity), seq),
      signedFrom(this.key, theirs, seq),
    ];
    refusal.seq = seq;
    return refusal;
  }

  withoutBodies() { return [...this.bare].sort((a, b) => a - b); }
}

// A segment, bodies withheld, from seq (or the first there is) up to the first signed entry.
function signedFrom(key, entries, seq) {
  const chosen = [];
  for (const entry of entries) {
    if (entry.seq < seq) continue;
    chosen.push(bare(entry));
    if (entry.signature) return segmentValue(key, chosen);
  }
  throw new Error('no signature above');
}

module.exports = { Log };
