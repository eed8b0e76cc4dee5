'use strict';
// Chapter 1: the one encoding of a value. nil is null, bin a Buffer, map a Map.
const { refuse } = require('./refusal');

const MOST = Number.MAX_SAFE_INTEGER;
const DEEPEST = 8;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const wrong = (detail) => refuse('non-canonical', detail);

function encode(value) {
  const parts = [];
  write(value, 1, parts);
  return Buffer.concat(parts);
}

function write(value, depth, out) {
  if (value === null) out.push(Buffer.from([0xc0]));
  else if (value === false) out.push(Buffer.from([0xc2]));
  else if (value === true) out.push(Buffer.from([0xc3]));
  else if (typeof value === 'number') out.push(encodeInt(value));
  else if (typeof value === 'string') {
    if (!value.isWellFormed()) wrong('a lone surrogate');
    const bytes = Buffer.from(value, 'utf8');
    out.push(head(bytes.length, 0xa0, 31, 0xd9), bytes);
  } else if (value instanceof Uint8Array) {
    out.push(head(value.length, 0, -1, 0xc4), value);
  } else if (Array.isArray(value)) {
    if (depth > DEEPEST) wrong('too deep');
    out.push(head(value.length, 0x90, 15, 0xdb));
    for (const item of value) write(item, depth + 1, out);
  } else if (value instanceof Map) {
    if (depth > DEEPEST) wrong('too deep');
    const entries = [];
    for (const [key, item] of value) {
      if (typeof key !== 'string' || !key.isWellFormed()) wrong('a key that is no str');
      entries.push([Buffer.from(key, 'utf8'), key, item]);
    }
    entries.sort((a, b) => Buffer.compare(a[0], b[0]));
    out.push(head(entries.length, 0x80, 15, 0xdd));
    for (const [, key, item] of entries) {
      write(key, depth + 1, out);
      write(item, depth + 1, out);
    }
  } else wrong('no value of chapter 1');
}

// `long` is the form with a length of one byte; arrays and maps have none, so theirs is one below.
function head(length, short, shortMost, long) {
  if (length <= shortMost) return Buffer.from([short | length]);
  const bytes = Buffer.alloc(5);
  const oneByte = long === 0xc4 || long === 0xd9;
  if (oneByte && length <= 0xff) {
    bytes[0] = long;
    bytes[1] = length;
    return bytes.subarray(0, 2);
  }
  if (length <= 0xffff) {
    bytes[0] = long + 1;
    bytes.writeUInt16BE(length, 1);
    return bytes.subarray(0, 3);
  }
  bytes[0] = long + 2;
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

function encodeInt(value) {
  if (!Number.isSafeInteger(value)) wrong('no int, or out of range');
  if (value >= 0) {
    if (value <= 0x7f) return Buffer.from([value]);
    if (value <= 0xff) return Buffer.from([0xcc, value]);
  } else {
    if (value >= -32) return Buffer.from([value & 0xff]);
    if (value >= -0x80) return Buffer.from([0xd0, value & 0xff]);
  }
  const bytes = Buffer.alloc(9);
  const signed = value < 0;
  if (signed ? value >= -0x8000 : value <= 0xffff) {
    bytes[0] = signed ? 0xd1 : 0xcd;
    bytes.writeUInt16BE(value & 0xffff, 1);
    return bytes.subarray(0, 3);
  }
  if (signed ? value >= -0x80000000 : value <= 0xffffffff) {
    bytes[0] = signed ? 0xd2 : 0xce;
    bytes.writeUInt32BE(value >>> 0, 1);
    return bytes.subarray(0, 5);
  }
  bytes[0] = signed ? 0xd3 : 0xcf;
  bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)), 1);
  return bytes;
}

function decode(bytes) {
  const reader = { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), at: 0 };
  const value = read(reader, 1);
  if (reader.at !== bytes.length) wrong('bytes left over');
  return value;
}

function take(reader, count) {
  const end = reader.at + count;
  if (end > reader.bytes.length) wrong('ends too early');
  const piece = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return piece;
}

function unsigned(reader, size, least) {
  const number = Number(BigInt('0x' + take(reader, size).toString('hex')));
  if (number < least) wrong('a longer form');
  if (number > MOST) wrong('out of range');
  return number;
}

function signed(reader, size, most) {
  const raw = BigInt('0x' + take(reader, size).toString('hex'));
  const number = Number(BigInt.asIntN(size * 8, raw));
  if (number > most) wrong('a longer form');
  if (number < -MOST) wrong('out of range');
  return number;
}

function read(reader, depth) {
  const tag = take(reader, 1)[0];
  if (tag <= 0x7f) return tag;
  if (tag <= 0x8f) return readMap(reader, tag & 15, depth);
  if (tag <= 0x9f) return readArray(reader, tag & 15, depth);
  if (tag <= 0xbf) return readStr(reader, tag & 31);
  if (tag >= 0xe0) return tag - 0x100;
  switch (tag) {
    case 0xc0: return null;
    case 0xc2: return false;
    case 0xc3: return true;
    case 0xc4: return take(reader, unsigned(reader, 1, 0));
    case 0xc5: return take(reader, unsigned(reader, 2, 0x100));
    case 0xc6: return take(reader, unsigned(reader, 4, 0x10000));
    case 0xcc: return unsigned(reader, 1, 0x80);
    case 0xcd: return unsigned(reader, 2, 0x100);
    case 0xce: return unsigned(reader, 4, 0x10000);
    case 0xcf: return unsigned(reader, 8, 0x100000000);
    case 0xd0: return signed(reader, 1, -33);
    case 0xd1: return signed(reader, 2, -0x81);
    case 0xd2: return signed(reader, 4, -0x8001);
    case 0xd3: return signed(reader, 8, -0x80000001);
    case 0xd9: return readStr(reader, unsigned(reader, 1, 32));
    case 0xda: return readStr(reader, unsigned(reader, 2, 0x100));
    case 0xdb: return readStr(reader, unsigned(reader, 4, 0x10000));
    case 0xdc: return readArray(reader, unsigned(reader, 2, 16), depth);
    case 0xdd: return readArray(reader, unsigned(reader, 4, 0x10000), depth);
    case 0xde: return readMap(reader, unsigned(reader, 2, 16), depth);
    case 0xdf: return readMap(reader, unsigned(reader, 4, 0x10000), depth);
    default: return wrong('a type that does not exist here');
  }
}

function readStr(reader, length) {
  try {
    return utf8.decode(take(reader, length));
  } catch (error) {
    if (error.code === 'non-canonical') throw error;
    return wrong('no UTF-8');
  }
}

// An item takes a byte at least: a length beyond what is left is refused before any is read (E-14).
function room(reader, items) {
  if (items > reader.bytes.length - reader.at) wrong('ends too early');
}

function readArray(reader, length, depth) {
  if (depth > DEEPEST) wrong('too deep');
  room(reader, length);
  const items = [];
  for (let i = 0; i < length; i++) items.push(read(reader, depth + 1));
  return items;
}

function readMap(reader, length, depth) {
  if (depth > DEEPEST) wrong('too deep');
  room(reader, 2 * length);
  const map = new Map();
  let before = null;
  for (let i = 0; i < length; i++) {
    const key = read(reader, DEEPEST + 1);
    if (typeof key !== 'string') wrong('a map key that is no str');
    const bytes = Buffer.from(key, 'utf8');
    if (before && Buffer.compare(before, bytes) >= 0) wrong('keys out of order');
    before = bytes;
    map.set(key, read(reader, depth + 1));
  }
  return map;
}

module.exports = { encode, decode, MOST };
