'use strict';
// Ed25519 with the exact rule of H-4 and H-5: the check without cofactor.
//
// Libraries differ, and one library between its versions, in whether they use the cofactor. OpenSSL
// (Node's crypto) computes the equation as H-4 has it and compares R byte for byte; what it does not
// look at (the form of the key, small orders) is looked at here first.
const crypto = require('crypto');
const sodium = require('libsodium-wrappers-sumo');
const { decompress, isSmallOrder, isScalar } = require('./point');

const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const MOST_KEYS = 1000;
const keys = new Map();

function keyObject(bytes) {
  const name = bytes.toString('hex');
  if (keys.has(name)) return keys.get(name);
  const point = decompress(bytes);
  const key = point && !isSmallOrder(point)
    ? crypto.createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' })
    : null;
  if (keys.size >= MOST_KEYS) keys.clear();
  keys.set(name, key);
  return key;
}

function verify(publicKey, message, signature) {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const key = keyObject(Buffer.from(publicKey));
  if (!key) return false;
  if (!isScalar(signature.subarray(32))) return false;
  const r = decompress(signature.subarray(0, 32));
  // An R that is no canonical point cannot be the encoding of S·B - h·A.
  if (!r || isSmallOrder(r)) return false;
  return crypto.verify(null, message, key, signature);
}

function keyPair(seed) {
  const pair = sodium.crypto_sign_seed_keypair(seed);
  return { publicKey: Buffer.from(pair.publicKey), privateKey: Buffer.from(pair.privateKey) };
}

function sign(pair, message) {
  return Buffer.from(sodium.crypto_sign_detached(message, pair.privateKey));
}

module.exports = { verify, sign, keyPair };
