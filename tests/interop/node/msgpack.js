'use strict';

// protocol/01-encoding.md sections 1 to 3: the deterministic subset of MessagePack.
// nil null, bool boolean, int number, str string, bin Buffer, array Array, map Map.

const { Refused, refuseUnless } = require('./refused');

const DEPTH_MAX = 8;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function encode(value) {
  const parts = [];
  write(value, 1, parts);
  return Buffer.concat(parts);
}

// The shortest of the forms `codes` (for 1, 2, 4 bytes) that holds a length.
function head(length, fixBase, fixMax, codes) {
  if (length <= fixMax) return Buffer.from([fixBase | length]);
  // Arrays and maps have no form with a length of one byte.
  const bytes = length < 2 ** 8 && codes[1] ? 1 : length < 2 ** 16 ? 2 : 4;
  const out = Buffer.alloc(1 + bytes);
  out[0] = codes[bytes];
  out.writeUIntBE(length, 1, bytes);
  return out;
}

function writeInt(value) {
  if (!Number.isSafeInteger(value)) throw new Error('no int of the subset');
  if (value >= 0 && value < 128) return Buffer.from([value]);
  if (value < 0 && value >= -32) return Buffer.from([256 + value]);
  const out = Buffer.alloc(9);
  if (value >= 0) {
    const index = value < 2 ** 8 ? 0 : value < 2 ** 16 ? 1 : value < 2 ** 32 ? 2 : 3;
    out[0] = 0xcc + index;
    if (index === 3) out.writeBigUInt64BE(BigInt(value), 1);
    else out.writeUIntBE(value, 1, 1 << index);
    return out.subarray(0, 1 + (1 << index));
  }
  const index = value >= -(2 ** 7) ? 0 : value >= -(2 ** 15) ? 1 : value >= -(2 ** 31) ? 2 : 3;
  out[0] = 0xd0 + index;
  if (index === 3) out.writeBigInt64BE(BigInt(value), 1);
  else out.writeIntBE(value, 1, 1 << index);
  return out.subarray(0, 1 + (1 << index));
}

function write(value, depth, parts) {
  if (value === null) parts.push(Buffer.from([0xc0]));
  else if (typeof value === 'boolean') parts.push(Buffer.from([value ? 0xc3 : 0xc2]));
  else if (typeof value === 'number') parts.push(writeInt(value));
  else if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new Error('a lone surrogate has no UTF-8');
    const raw = Buffer.from(value, 'utf8');
    parts.push(head(raw.length, 0xa0, 31, { 1: 0xd9, 2: 0xda, 4: 0xdb }), raw);
  } else if (value instanceof Uint8Array) {
    parts.push(head(value.length, 0, -1, { 1: 0xc4, 2: 0xc5, 4: 0xc6 }), value);
  } else if (Array.isArray(value)) {
    if (depth > DEPTH_MAX) throw new Error('nested too deep');
    parts.push(head(value.length, 0x90, 15, { 2: 0xdc, 4: 0xdd }));
    for (const item of value) write(item, depth + 1, parts);
  } else if (value instanceof Map) {
    if (depth > DEPTH_MAX) throw new Error('nested too deep');
    parts.push(head(value.size, 0x80, 15, { 2: 0xde, 4: 0xdf }));
    const keys = [...value.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const key of keys) {
      write(key, depth + 1, parts);
      write(value.get(key), depth + 1, parts);
    }
  } else throw new Error(`no type of the subset: ${typeof value}`);
}

function decode(data) {
  const reader = new Reader(data);
  const value = reader.value(1);
  refuseUnless(reader.at === data.length, 'non-canonical', 'bytes left over'); // E-13
  return value;
}

class Reader {
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  take(size) {
    refuseUnless(size <= this.data.length - this.at, 'non-canonical', 'too short'); // E-12, E-14
    this.at += size;
    return this.data.subarray(this.at - size, this.at);
  }

  // A number in 1, 2, 4 or 8 bytes; refused if a shorter form (up to `below`) had held it.
  unsigned(bytes, below) {
    const raw = this.take(bytes);
    const value = bytes === 8 ? Number(raw.readBigUInt64BE()) : raw.readUIntBE(0, bytes);
    refuseUnless(value >= below, 'non-canonical', 'not the shortest form'); // E-7
    refuseUnless(Number.isSafeInteger(value), 'non-canonical', 'int out of range'); // E-6
    return value;
  }

  signed(bytes, above) {
    const raw = this.take(bytes);
    const value = bytes === 8 ? Number(raw.readBigInt64BE()) : raw.readIntBE(0, bytes);
    refuseUnless(value < above, 'non-canonical', 'not the shortest form');
    refuseUnless(Number.isSafeInteger(value), 'non-canonical', 'int out of range');
    return value;
  }

  str(size) {
    try {
      return utf8.decode(this.take(size));
    } catch (error) {
      if (error instanceof Refused) throw error;
      throw new Refused('non-canonical', 'not UTF-8'); // E-8
    }
  }

  array(count, depth) {
    refuseUnless(depth <= DEPTH_MAX, 'non-canonical', 'nested too deep'); // E-11
    const items = [];
    for (let n = 0; n < count; n++) items.push(this.value(depth + 1));
    return items;
  }

  map(count, depth) {
    refuseUnless(depth <= DEPTH_MAX, 'non-canonical', 'nested too deep');
    const items = new Map();
    let before = null;
    for (let n = 0; n < count; n++) {
      const key = this.value(depth + 1);
      refuseUnless(typeof key === 'string', 'non-canonical', 'a key that is no str'); // E-9
      const raw = Buffer.from(key);
      const rising = before === null || Buffer.compare(before, raw) < 0;
      refuseUnless(rising, 'non-canonical', 'keys out of order'); // E-10
      before = raw;
      items.set(key, this.value(depth + 1));
    }
    return items;
  }

  value(depth) {
    const code = this.take(1)[0];
    if (code < 0x80) return code;
    if (code < 0x90) return this.map(code & 0x0f, depth);
    if (code < 0xa0) return this.array(code & 0x0f, depth);
    if (code < 0xc0) return this.str(code & 0x1f);
    if (code >= 0xe0) return code - 256;
    switch (code) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: return Buffer.from(this.take(this.unsigned(1, 0)));
      case 0xc5: return Buffer.from(this.take(this.unsigned(2, 2 ** 8)));
      case 0xc6: return Buffer.from(this.take(this.unsigned(4, 2 ** 16)));
      case 0xcc: return this.unsigned(1, 128);
      case 0xcd: return this.unsigned(2, 2 ** 8);
      case 0xce: return this.unsigned(4, 2 ** 16);
      case 0xcf: return this.unsigned(8, 2 ** 32);
      case 0xd0: return this.signed(1, -32);
      case 0xd1: return this.signed(2, -(2 ** 7));
      case 0xd2: return this.signed(4, -(2 ** 15));
      case 0xd3: return this.signed(8, -(2 ** 31));
      case 0xd9: return this.str(this.unsigned(1, 32));
      case 0xda: return this.str(this.unsigned(2, 2 ** 8));
      case 0xdb: return this.str(this.unsigned(4, 2 ** 16));
      case 0xdc: return this.array(this.unsigned(2, 16), depth);
      case 0xdd: return this.array(this.unsigned(4, 2 ** 16), depth);
      case 0xde: return this.map(this.unsigned(2, 16), depth);
      case 0xdf: return this.map(this.unsigned(4, 2 ** 16), depth);
      default: throw new Refused('non-canonical', 'a type outside the subset'); // E-5
    }
  }
}

module.exports = { encode, decode };
