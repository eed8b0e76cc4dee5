'use strict';
// Values of chapter 1 as conformance.md section 2 writes them.
const { refuse } = require('./refusal');

function toJson(value) {
  if (value instanceof Uint8Array) return { bin: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Map) return { map: [...value].map(([key, item]) => [key, toJson(item)]) };
  return value;
}

function fromJson(value) {
  if (Array.isArray(value)) return value.map(fromJson);
  if (value !== null && typeof value === 'object') {
    if ('bin' in value) return Buffer.from(value.bin, 'hex');
    const map = new Map();
    for (const [key, item] of value.map) {
      if (map.has(key)) refuse('non-canonical', 'a key twice');
      map.set(key, fromJson(item));
    }
    return map;
  }
  return value;
}

const hex = (bytes) => (bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString('hex'));
const bin = (text) => (text === null || text === undefined ? null : Buffer.from(text, 'hex'));

module.exports = { toJson, fromJson, hex, bin };
