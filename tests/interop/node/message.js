'use strict';
// Chapter 9 sections 1 and 2: the forms of messages.
//
// A message in memory: { type, value, ... }, type being its name and the rest its fields by name.
const zlib = require('zlib');
const { decode, encode } = require('./encoding');
const { refuse } = require('./refusal');
const { isInt, isBin, isArray, isStr } = require('./shape');
const { parseSegment } = require('./segment');
const { parseProof } = require('./fork');

const MESSAGE_MOST = 1048576;
const BATCH_MOST = 256;
const ITEMS_MOST = 512;

const wrong = (detail) => refuse('bad-structure', detail);
const must = (condition, detail) => condition || wrong(detail);

const number = (value) => must(isInt(value, 0), 'number');
const asked = (value) => must(isInt(value, 1), 'number');
const key = (value) => must(isBin(value, 32), 'key');
const seq = (value) => must(isInt(value, 1), 'seq');
const bool = (value) => must(typeof value === 'boolean', 'bool');
const token = (value) => must(value === null || (isBin(value) && value.length >= 1 && value.length <= 64), 'token');
const between = (least, most) => (value) => must(isInt(value, least, most), 'range');
const prefix = (value) => must(typeof value === 'string' && /^[0-9a-f]{0,63}$/.test(value), 'prefix');
const list = (least, check) => (value) => {
  must(isArray(value, least, ITEMS_MOST), 'items');
  value.forEach(check);
};

function someDigests(value) {
  must(isBin(value) && value.length <= 128 && value.length % 8 === 0, 'digests');
  for (let at = 8; at < value.length; at += 8) {
    must(Buffer.compare(value.subarray(at - 8, at), value.subarray(at, at + 8)) < 0, 'digests out of order');
  }
}

function summary(at, items, digests) {
  bool(items);
  if (items) return someDigests(digests);
  must(at.length <= 62, 'prefix too long');
  return must(isBin(digests, 128), 'digests');
}

function offer(value) {
  must(Array.isArray(value) && (value.length === 4 || value.length === 6), 'an offer');
  const [log, low, high, highId, olderLow, olderHigh] = value;
  key(log);
  key(highId);
  must(isInt(low, 1) && isInt(high, low), 'ranges of an offer');
  if (value.length === 6) {
    must(isInt(olderLow, 1) && isInt(olderHigh, olderLow) && olderHigh + 1 < low, 'ranges of an offer');
  }
}

function pair(value) {
  must(isArray(value, 2, 2), 'a pair');
  key(value[0]);
  seq(value[1]);
}

function member(value) {
  must(isArray(value, 2, 2), 'a member');
  key(value[0]);
  must(isArray(value[1], 0, 4), 'addresses');
  for (const address of value[1]) must(isStr(address, 64, 1) && /^[\x00-\x7f]*$/.test(address), 'an address');
}

const TYPES = {
  1: ['have', ['offers', list(0, offer)]],
  2: ['want', ['number', asked], ['log', key], ['low', seq], ['high', seq], ['down', bool]],
  3: ['segment', ['number', number], ['segment', null]],
  4: ['done', ['number', number]],
  5: ['ping', ['number', number]],
  6: ['pong', ['number', number]],
  7: ['bye', ['code', (value) => must(typeof value === 'string' && [...value].length <= 32, 'code')]],
  8: ['ask_blob', ['number', number], ['blob', key], ['index', between(-1, 127)]],
  9: ['blob_part', ['number', number], ['data', (value) => must(value === null || (isBin(value) && value.length <= 65536), 'data')]],
  10: ['latest', ['number', asked], ['log', key], ['most', between(1, 512)]],
  11: ['fork', ['proof', null]],
  12: ['compare', ['prefix', prefix], ['items', null], ['digests', null]],
  13: ['compared', ['prefix', prefix], ['parts', null], ['lacking', someDigests]],
  14: ['reveal', ['prefix', prefix], ['lacking', (value) => { someDigests(value); must(value.length > 0, 'nothing'); }]],
  15: ['agreed'],
  16: ['told', ['token', token]],
  17: ['seek', ['logs', list(1, key)]],
  18: ['note', ['pairs', list(1, pair)]],
  19: ['graft', ['log', key], ['after', between(0)]],
  20: ['prune', ['log', key]],
  22: ['join', ['hops', between(0, 6)], ['member', member]],
  23: ['shuffle', ['hops', between(0, 4)], ['members', (value) => { must(isArray(value, 1, 8), 'members'); value.forEach(member); }]],
  24: ['relay', ['hops', between(0, 8)], ['origin', key], ['target', key], ['sealed', (value) => must(isBin(value) && value.length >= 1 && value.length <= 4096, 'sealed')]],
};

// What looks at more than one field.
const MORE = {
  want: (m) => must(m.high >= m.low && m.high - m.low <= 4095, 'range of a want'),
  segment: (m) => { m.segment = parseSegment(m.segment); },
  fork: (m) => { m.parsed = parseProof(m.proof); },
  compare: (m) => summary(m.prefix, m.items, m.digests),
  compared: (m) => {
    must(isArray(m.parts, 0, 16), 'parts');
    let before = '';
    for (const part of m.parts) {
      must(isArray(part, 3, 3), 'a part');
      const [digit, items, digests] = part;
      must(typeof digit === 'string' && /^[0-9a-f]$/.test(digit) && digit > before, 'a digit');
      must(m.prefix.length < 63, 'prefix too long');
      summary(m.prefix + digit, items, digests);
      before = digit;
    }
  },
};

function parsePlain(value) {
  must(Array.isArray(value) && isInt(value[0], 0), 'no message');
  if (value[0] === 0) return parseHello(value);
  const form = TYPES[value[0]];
  must(form, 'an unknown type');
  const [type, ...fields] = form;
  must(value.length === fields.length + 1, 'number of fields');
  const message = { type, value };
  fields.forEach(([name, check], i) => {
    if (check) check(value[i + 1]);
    message[name] = value[i + 1];
  });
  if (MORE[type]) MORE[type](message);
  return message;
}

function parseHello(value) {
  must(value.length >= 2 && isInt(value[1], 0), 'version');
  const message = { type: 'hello', value, version: value[1], token: null };
  if (value[1] === 1) {
    must(value.length >= 3, 'no token');
    token(value[2]);
    message.token = value[2];
  }
  return message;
}

function inflate(size, deflated) {
  let result;
  try {
    result = zlib.inflateRawSync(deflated, { maxOutputLength: size + 1, info: true });
  } catch (error) {
    wrong('does not inflate');
  }
  if (result.buffer.length !== size) wrong('another size');
  if (result.engine.bytesWritten !== deflated.length) wrong('bytes behind the stream');
  return result.buffer;
}

// { type, messages }: a batch has several, anything else one.
function parseMessage(bytes, packed = false) {
  const value = decode(bytes);
  must(Array.isArray(value), 'no array');
  if (value[0] === 21) {
    must(!packed, 'packed twice');
    must(value.length === 3 && isInt(value[1], 1) && isBin(value[2]), 'packed');
    if (value[1] > MESSAGE_MOST) refuse('too-large', 'packed');
    return parseMessage(inflate(value[1], value[2]), true);
  }
  if (value[0] === 25) {
    must(value.length === 2 && isArray(value[1], 2, BATCH_MOST), 'a batch');
    return { type: 'batch', messages: value[1].map(parsePlain) };
  }
  const message = parsePlain(value);
  return { type: message.type, messages: [message] };
}

// What is sent: packed where it saves an eighth.
const PACK_FROM = 512;

function pack(bytes) {
  if (bytes.length < PACK_FROM) return bytes;
  const packed = encode([21, bytes.length, zlib.deflateRawSync(bytes)]);
  return packed.length <= bytes.length * 7 / 8 ? packed : bytes;
}

module.exports = { parseMessage, pack, BATCH_MOST, ITEMS_MOST };
