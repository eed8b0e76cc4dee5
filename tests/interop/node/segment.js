'use strict';
// Chapter 3 sections 2 and 3: segments on the wire, and checking them.
//
// A segment in memory: { log, first, last, prev, entries, signatures }, signatures being a Map from
// seq to 64 bytes, entries as in entry.js, with ids once hashed() has been asked for.
const { encode, decode, MOST } = require('./encoding');
const { blake2b256 } = require('./hash');
const { refuse } = require('./refusal');
const { isInt, isBin } = require('./shape');
const { BODY_MOST, isCheckpoint, headerOf, verifyEntry } = require('./entry');

const ENTRIES_MOST = 512;

const wrong = (detail) => refuse('bad-structure', detail);

function bodySize(item) {
  if (isBin(item)) return item.length;
  if (!Array.isArray(item) || item.length !== 2) wrong('a body');
  if (!isInt(item[0], -MOST) || !isBin(item[1], 32)) wrong('a withheld body');
  return item[0];
}

function parseSegment(value) {
  if (!Array.isArray(value) || value.length !== 6) wrong('fields of a segment');
  const [log, first, prev, times, bodies, signatures] = value;
  if (!isBin(log, 32) || !isInt(first, 1)) wrong('log or first');
  if (prev !== null && !isBin(prev, 32)) wrong('prev');
  if (!Array.isArray(times) || !Array.isArray(bodies) || !Array.isArray(signatures)) wrong('no array');
  if (bodies.length > ENTRIES_MOST) refuse('too-large', 'a segment');
  if (bodies.length < 1) wrong('no body');
  if (first + bodies.length > MOST) wrong('seq out of range');
  if ((prev === null) !== (first === 1)) wrong('prev');
  if (times.length !== bodies.length) wrong('times');
  const entries = [];
  let time_ms = 0;
  bodies.forEach((item, i) => {
    const size = bodySize(item);
    if (size > BODY_MOST) refuse('too-large', 'a body');
    if (size < 1) wrong('an empty body');
    if (!isInt(times[i], -MOST)) wrong('a time');
    time_ms += times[i];
    if (!isInt(time_ms, 0)) wrong('a time out of range');
    const body = isBin(item) ? item : null;
    entries.push({
      seq: first + i, prev: null, time_ms, size, hash: body ? null : item[1], body, id: null, signature: null,
    });
  });
  const last = first + bodies.length - 1;
  return { log, first, last, prev, entries, signatures: placeSignatures(entries, signatures) };
}

function placeSignatures(entries, signatures) {
  for (const signature of signatures) if (!isBin(signature, 64)) wrong('a signature');
  const due = entries.map((entry) => entry.seq).filter(isCheckpoint);
  const last = entries[entries.length - 1].seq;
  if (signatures.length === due.length + 1 && !isCheckpoint(last)) due.push(last);
  if (signatures.length !== due.length) wrong('number of signatures');
  return new Map(due.map((seq, i) => [seq, signatures[i]]));
}

const readSegment = (bytes) => parseSegment(decode(bytes));

// Hashes forward: every entry gets its prev and id.
function hashed(segment) {
  let prev = segment.prev;
  for (const entry of segment.entries) {
    if (entry.id === null) {
      entry.prev = prev;
      if (entry.hash === null) entry.hash = blake2b256(entry.body);
      entry.id = blake2b256(headerOf(segment.log, entry.seq, prev, entry.time_ms, entry.size, entry.hash));
      entry.signature = segment.signatures.get(entry.seq) || null;
    }
    prev = entry.id;
  }
  return segment;
}

const lastId = (segment) => hashed(segment).entries[segment.entries.length - 1].id;

function checkSignatures(segment, upTo = segment.last) {
  hashed(segment);
  for (const [seq, signature] of segment.signatures) {
    if (seq <= upTo) verifyEntry(segment.log, segment.entries[seq - segment.first].id, signature);
  }
}

// Section 3. After it, all entries are authentic.
function checkSegment(segment, pinned) {
  hashed(segment);
  if (pinned) {
    if (!lastId(segment).equals(pinned)) refuse('broken-chain');
  } else if (!segment.signatures.has(segment.last)) refuse('bad-signature', 'not signed');
  checkSignatures(segment);
  return segment;
}

// The wire form of consecutive entries, as they are held.
function segmentValue(log, entries) {
  let before = 0;
  const times = entries.map((entry) => {
    const step = entry.time_ms - before;
    before = entry.time_ms;
    return step;
  });
  const bodies = entries.map((entry) => entry.body || [entry.size, entry.hash]);
  const last = entries.length - 1;
  const signatures = entries
    .filter((entry, i) => isCheckpoint(entry.seq) || (i === last && entry.signature))
    .map((entry) => entry.signature);
  return [log, entries[0].seq, entries[0].prev, times, bodies, signatures];
}

const bare = (entry) => ({ ...entry, body: null });

// The id that a segment states for seq, its prev included, or null.
function statedId(segment, seq) {
  if (seq === segment.first - 1) return segment.prev;
  if (seq < segment.first || seq > segment.last) return null;
  return hashed(segment).entries[seq - segment.first].id;
}

module.exports = {
  ENTRIES_MOST, parseSegment, readSegment, hashed, lastId, checkSignatures, checkSegment, segmentValue,
  statedId, bare, encodeSegment: (log, entries) => encode(segmentValue(log, entries)),
};
