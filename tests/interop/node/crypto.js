'use strict';

// The primitives of protocol/README.md, "How to read", from libsodium.  Await `ready` first.

const sodium = require('libsodium-wrappers-sumo');

const buffer = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const blake2b = (data, size) => buffer(sodium.crypto_generichash(size, data, null));
const digest = (data) => blake2b(data, 32);

function keyFromSeed(seed) {
  const pair = sodium.crypto_sign_seed_keypair(seed);
  return { public: buffer(pair.publicKey), secret: buffer(pair.privateKey) };
}

const sign = (key, message) => buffer(sodium.crypto_sign_detached(message, key.secret));

// H-4: libsodium verifies without the cofactor, and refuses S >= L, keys that are not
// canonical or of small order, and an R of small order.
function verify(publicKey, message, signature) {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  try {
    return sodium.crypto_sign_verify_detached(signature, message, publicKey);
  } catch {
    return false;
  }
}

const exchangeSecret = (key) => buffer(sodium.crypto_sign_ed25519_sk_to_curve25519(key.secret));

function exchangePublic(publicKey) {
  try {
    return buffer(sodium.crypto_sign_ed25519_pk_to_curve25519(publicKey));
  } catch {
    return null;
  }
}

module.exports = {
  sodium, ready: sodium.ready, buffer, blake2b, digest, keyFromSeed, sign, verify,
  exchangeSecret, exchangePublic,
};
