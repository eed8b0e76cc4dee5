'use strict';
// Chapter 8: reading a bundle. What came before a refusal counts.
const { decode, encode } = require('./encoding');
const { blake2b256 } = require('./hash');
const { refuse } = require('./refusal');
const { isBin, isArray, isInt } = require('./shape');
const { answerValue, downFrom } = require('./answer');

const MAGIC = Buffer.from('p2pblog bundle 1\n', 'ascii');
const RECORD_MOST = 1048576;

const bad = (detail) => refuse('bad-archive', detail);

function isEnd(value) {
  return isArray(value, 2, 2) && value[0] instanceof Map && isInt(value[0].get('segments'), 0) && isBin(value[1], 32);
}

// Calls onSegment(bytes) for each record; throws where the file is refused.
function readBundle(bytes, onSegment) {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) bad('no bundle');
  let at = MAGIC.length;
  let segments = 0;
  const bodies = [MAGIC];
  for (;;) {
    if (bytes.length - at < 4) bad('cut off');
    const length = bytes.readUInt32BE(at);
    if (length < 1 || length > RECORD_MOST) bad('a length');
    at += 4;
    if (bytes.length - at < length) bad('cut off');
    const body = bytes.subarray(at, at + length);
    at += length;
    let value;
    try {
      value = decode(body);
    } catch (error) {
      bad('not canonical');
    }
    if (!isBin(value)) {
      if (!isEnd(value)) bad('no end');
      const [counts, digest] = value;
      if (counts.get('segments') !== segments) bad('segments');
      if (!blake2b256(Buffer.concat([...bodies, encode(counts)])).equals(digest)) bad('digest');
      if (at !== bytes.length) bad('bytes after the end');
      return;
    }
    bodies.push(body);
    segments += 1;
    onSegment(value);
  }
}

// of each log the older range first; each range from its top downward.
function writeBundle(logs) {
  const bodies = [];
  const counts = new Map([['entries', 0], ['logs', 0], ['segments', 0]]);
  const more = (name, by) => counts.set(name, counts.get(name) + by);
  for (const log of logs) {
    more('logs', 1);
    for (const range of [log.older, log.newest]) {
      if (!range) continue;
      for (let high = range.high; high >= range.low;) {
        const entries = downFrom(log, range.low, high);
        bodies.push(encode(encode(answerValue(log, entries))));
        more('segments', 1);
        more('entries', entries.length);
        high = entries[0].seq - 1;
      }
    }
  }
  const digest = blake2b256(Buffer.concat([MAGIC, ...bodies, encode(counts)]));
  const records = [...bodies, encode([counts, digest])].map((body) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return Buffer.concat([length, body]);
  });
  return Buffer.concat([MAGIC, ...records]);
}

module.exports = { readBundle, writeBundle };
