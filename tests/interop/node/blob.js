'use strict';

// protocol/11-blobs.md: the list of a blob's chunks, and whether a chunk is the right one.

const { digest } = require('./crypto');
const { decode } = require('./msgpack');
const { refuseUnless } = require('./refused');
const { isBin, isInt } = require('./segment');

const CHUNK_BYTES = 65536;
const BLOB_BYTES_MAX = 8388608;

// { size, hashes } of a list, checked against the blob's id (P-2 to P-5).
function readList(blob, data) {
  refuseUnless(digest(data).equals(blob), 'broken-chain', 'list');
  const value = decode(data);
  const right = Array.isArray(value) && value.length === 2 && isInt(value[0]) &&
    Array.isArray(value[1]) && value[1].every((hash) => isBin(hash, 32));
  refuseUnless(right, 'bad-structure', 'list');
  const [size, hashes] = value;
  refuseUnless(size >= 1 && size <= BLOB_BYTES_MAX, 'too-large', 'blob');
  refuseUnless(hashes.length === Math.ceil(size / CHUNK_BYTES), 'bad-structure', 'hashes');
  return { size, hashes };
}

// P-6, P-7
function checkChunk({ size, hashes }, index, chunk) {
  refuseUnless(index >= 0 && index < hashes.length, 'bad-structure', 'index');
  refuseUnless(digest(chunk).equals(hashes[index]), 'broken-chain', 'chunk');
  const length = Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES);
  refuseUnless(chunk.length === length, 'broken-chain', 'length');
}

module.exports = { readList, checkChunk };
