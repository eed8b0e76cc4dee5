'use strict';
// BLAKE2b in the lengths that the chapters use.
const { createHash } = require('crypto');
const sodium = require('libsodium-wrappers-sumo');
const { blake2bPersonal } = require('./blake2b');

function blake2b(length, data, key) {
  return Buffer.from(sodium.crypto_generichash(length, data, key || null));
}

const blake2b256 = (data) => blake2b(32, data);

// Without a key Node has it natively, which is faster: four of these make the number of an item.
function blake2b512(...parts) {
  const hash = createHash('blake2b512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function personalised256(data, personal) {
  const padded = Buffer.alloc(16);
  padded.write(personal, 'ascii');
  return blake2bPersonal(32, data, padded);
}

module.exports = { blake2b, blake2b256, blake2b512, personalised256, ready: sodium.ready };
