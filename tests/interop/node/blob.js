'use strict';
// Chapter 11: the list of a blob, and its chunks.
const { decode } = require('./encoding');
const { blake2b256 } = require('./hash');
const { isInt, isBin, isArray } = require('./shape');
const { refuse } = require('./refusal');

const BLOB_MOST = 8388608;
const CHUNK = 65536;

function parseList(bytes) {
  const value = decode(bytes);
  if (!isArray(value, 2, 2)) refuse('bad-structure');
  const [size, hashes] = value;
  if (!isInt(size, -Infinity) || !Array.isArray(hashes)) refuse('bad-structure');
  if (!hashes.every((hash) => isBin(hash, 32))) refuse('bad-structure');
  if (size < 1 || size > BLOB_MOST) refuse('too-large');
  if (hashes.length !== Math.ceil(size / CHUNK)) refuse('bad-structure');
  return { size, hashes };
}

function checkList(id, bytes) {
  if (!blake2b256(bytes).equals(id)) refuse('broken-chain');
  return parseList(bytes);
}

function checkChunk({ size, hashes }, index, chunk) {
  if (index < 0 || index >= hashes.length) refuse('broken-chain', 'no such chunk');
  const length = index === hashes.length - 1 ? size - index * CHUNK : CHUNK;
  if (chunk.length !== length || !blake2b256(chunk).equals(hashes[index])) refuse('broken-chain');
}

module.exports = { parseList, checkList, checkChunk };
