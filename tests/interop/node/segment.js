'use strict';

// protocol/03-logs.md sections 1 to 3 and 6: segments, what makes them authentic, forks.

const { digest } = require('./crypto');
const { BODY_BYTES_MAX, INT_MAX, isCheckpoint, makeEntry, verifyId } = require('./entry');
const { refuseUnless } = require('./refused');

const ENTRIES_MAX = 512;
const isInt = (value) => typeof value === 'number';
const isBin = (value, size) =>
  value instanceof Uint8Array && (size === undefined || value.length === size);

function checkpoints(first, last) {
  const found = [];
  for (let seq = Math.ceil(first / 64) * 64; seq <= last; seq += 64) found.push(seq);
  return found;
}

// The segment that a decoded array describes (L-1 to L-6); nothing is verified yet.
function fromWire(value) {
  const wellFormed = (condition, detail) => refuseUnless(condition, 'bad-structure', detail);
  wellFormed(Array.isArray(value) && value.length === 6, 'fields');
  const [log, first, prev, times, bodies, signatures] = value;
  wellFormed(isBin(log, 32) && isInt(first) && first >= 1, 'log or first');
  wellFormed([times, bodies, signatures].every(Array.isArray), 'arrays');
  const count = bodies.length;
  refuseUnless(count <= ENTRIES_MAX, 'too-large', 'entries'); // L-1
  wellFormed(count >= 1, 'no body');
  wellFormed(first <= INT_MAX - count, 'seq'); // L-3
  wellFormed(first === 1 ? prev === null : isBin(prev, 32), 'prev'); // L-4
  wellFormed(times.length === count, 'times');
  let timeMs = 0;
  const absolute = times.map((difference) => {
    wellFormed(isInt(difference), 'time');
    timeMs += difference;
    wellFormed(timeMs >= 0 && timeMs <= INT_MAX, 'time'); // L-5
    return timeMs;
  });
  for (const body of bodies) {
    const withheld = Array.isArray(body) && body.length === 2 && isInt(body[0]) && isBin(body[1], 32);
    wellFormed(isBin(body) || withheld, 'body');
    const size = withheld ? body[0] : body.length;
    refuseUnless(size <= BODY_BYTES_MAX, 'too-large', 'body');
    wellFormed(size >= 1, 'empty body');
  }
  const last = first + count - 1;
  wellFormed(signatures.every((signature) => isBin(signature, 64)), 'signature');
  const more = signatures.length - checkpoints(first, last).length; // L-6
  wellFormed(more === 0 || (more === 1 && !isCheckpoint(last)), 'number of signatures');
  return { log, first, prev, timesMs: absolute, bodies, signatures, last };
}

function toWire(segment) {
  const times = segment.timesMs.map((time, n) => time - (n ? segment.timesMs[n - 1] : 0));
  const { log, first, prev, bodies, signatures } = segment;
  return [log, first, prev, times, bodies, signatures];
}

// The entries that a segment describes, hashed forward; nothing is proven by that.
function entriesOf(segment) {
  let { prev, first: seq } = segment;
  return segment.bodies.map((body, n) => {
    const held = isBin(body);
    const [size, hash] = held ? [body.length, digest(body)] : body;
    const entry = makeEntry(
      segment.log, seq++, prev, segment.timesMs[n], size, hash, held ? body : null,
    );
    prev = entry.id;
    return entry;
  });
}

// The seqs that the signatures of a segment belong to.
function signedSeqs({ first, last, signatures }) {
  const seqs = checkpoints(first, last);
  return signatures.length > seqs.length ? [...seqs, last] : seqs;
}

const isSigned = (segment) => signedSeqs(segment).includes(segment.last);

// The entries of an authentic segment and its signatures by seq (L-8 to L-10).
function checkSegment(segment, pinned = null) {
  const entries = entriesOf(segment);
  if (pinned !== null) refuseUnless(entries.at(-1).id.equals(pinned), 'broken-chain');
  else refuseUnless(isSigned(segment), 'bad-signature', 'not signed');
  const signatures = new Map(signedSeqs(segment).map((seq, n) => [seq, segment.signatures[n]]));
  for (const [seq, signature] of signatures) {
    const { id } = entries[seq - segment.first];
    refuseUnless(verifyId(segment.log, id, signature), 'bad-signature', `entry ${seq}`);
  }
  return { entries, signatures };
}

// The part of a segment up to `last`.
function cut(segment, last) {
  const count = last - segment.first + 1;
  if (count === segment.bodies.length) return segment;
  return {
    ...segment,
    last,
    timesMs: segment.timesMs.slice(0, count),
    bodies: segment.bodies.slice(0, count),
    signatures: segment.signatures.slice(0, checkpoints(segment.first, last).length),
  };
}

// What a segment says of ids: of its entries, and of the one before the first.
function stated(segment) {
  const ids = new Map(checkSegment(segment).entries.map(({ seq, id }) => [seq, id]));
  if (segment.prev !== null) ids.set(segment.first - 1, segment.prev);
  return ids;
}

// The two segments of a fork's proof; nothing is verified yet.
function proofFromWire(value) {
  refuseUnless(Array.isArray(value) && value.length === 2, 'bad-structure', 'proof');
  return value.map(fromWire);
}

// The lowest seq for which two segments, each on its own signature, state two ids.
function forkOf([one, other]) {
  refuseUnless(one.log.equals(other.log), 'bad-structure', 'two logs');
  const ids = stated(one);
  const seqs = [...stated(other)]
    .filter(([seq, id]) => ids.has(seq) && !ids.get(seq).equals(id))
    .map(([seq]) => seq);
  refuseUnless(seqs.length > 0, 'bad-structure', 'no fork');
  return Math.min(...seqs);
}

module.exports = {
  ENTRIES_MAX, isInt, isBin, fromWire, toWire, entriesOf, isSigned, checkSegment, cut,
  proofFromWire, forkOf,
};
