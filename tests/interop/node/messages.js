'use strict';

// protocol/09-sessions.md sections 1, 2 and 4: the messages of a session.

const { decode } = require('./msgpack');
const { INT_MAX } = require('./entry');
const { ENTRIES_MAX, fromWire, isBin, isInt, proofFromWire } = require('./segment');
const { Refused, refuseUnless } = require('./refused');

const TYPES = [
  'hello', 'have', 'want', 'segment', 'done', 'ping', 'pong', 'bye', 'ask_blob', 'blob_part',
  'latest', 'fork',
];
const OFFERS_MAX = 512;
const WANT_ENTRIES_MAX = 4096;

const within = (least, value, most) => isInt(value) && value >= least && value <= most;
const isNumber = (value) => within(0, value, INT_MAX);
const isRange = (low, high) => within(1, low, INT_MAX) && within(low, high, INT_MAX);

function readOffer(item) {
  const wellFormed = (condition) => refuseUnless(condition, 'bad-structure', 'offer');
  wellFormed(Array.isArray(item) && (item.length === 4 || item.length === 6));
  const [log, low, high, highId, olderLow, olderHigh] = item;
  wellFormed(isBin(log, 32) && isRange(low, high) && isBin(highId, 32));
  if (item.length === 4) return { log, low, high, highId, older: null };
  wellFormed(isRange(olderLow, olderHigh) && olderHigh + 1 < low); // S-7
  return { log, low, high, highId, older: { low: olderLow, high: olderHigh } };
}

// By type: how many items, whether they are right, and what the message says.
const FORMS = {
  have: (items) => {
    if (items.length !== 1 || !Array.isArray(items[0]) || items[0].length > OFFERS_MAX) return null;
    return { offers: items[0].map(readOffer) };
  },
  want: (items) => {
    const [number, log, low, high, down] = items;
    const right = items.length === 5 && within(1, number, INT_MAX) && isBin(log, 32) &&
      isRange(low, high) && high - low < WANT_ENTRIES_MAX && typeof down === 'boolean';
    return right ? { number, log, low, high, down } : null;
  },
  segment: (items) => {
    const [number, segment] = items;
    if (items.length !== 2 || !isNumber(number)) return null;
    return { number, segment: fromWire(segment) };
  },
  latest: (items) => {
    const [number, log, most] = items;
    const right = items.length === 3 && within(1, number, INT_MAX) && isBin(log, 32) &&
      within(1, most, ENTRIES_MAX);
    return right ? { number, log, most } : null;
  },
  fork: (items) => (items.length === 1 ? { proof: proofFromWire(items[0]) } : null),
  bye: (items) => {
    const right = items.length === 1 && typeof items[0] === 'string' && [...items[0]].length <= 32;
    return right ? { code: items[0] } : null;
  },
  ask_blob: (items) => {
    const [number, blob, index] = items;
    const right = items.length === 3 && isNumber(number) && isBin(blob, 32) && within(-1, index, 127);
    return right ? { number, blob, index } : null;
  },
  blob_part: (items) => {
    const [number, data] = items;
    const right = items.length === 2 && isNumber(number) &&
      (data === null || (isBin(data) && data.length <= 65536));
    return right ? { number, data } : null;
  },
};
FORMS.done = FORMS.ping = FORMS.pong = (items) =>
  items.length === 1 && isNumber(items[0]) ? { number: items[0] } : null;
FORMS.hello = (items) => (items.length >= 1 && isNumber(items[0]) ? { version: items[0] } : null);

// { type, ... } of a message; `non-canonical`, `bad-structure`, or what its segment is.
function decodeMessage(data) {
  const value = decode(data); // S-1
  if (!Array.isArray(value) || !isInt(value[0]) || !TYPES[value[0]]) {
    throw new Refused('bad-structure', 'type');
  }
  const type = TYPES[value[0]];
  const fields = FORMS[type](value.slice(1));
  refuseUnless(fields, 'bad-structure', type); // S-2
  return { type, ...fields };
}

module.exports = { TYPES, OFFERS_MAX, decodeMessage };
