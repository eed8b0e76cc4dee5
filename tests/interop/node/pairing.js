'use strict';
// Chapter 5 section 5: what a pairing derives, and its two ends.
const sodium = require('libsodium-wrappers-sumo');
const { decode, encode } = require('./encoding');
const { blake2b, blake2b256 } = require('./hash');
const { refuse } = require('./refusal');
const { isInt, isBin, isStr, isArray } = require('./shape');
const { checkConsent, signConsent } = require('./identity');
const ed25519 = require('./ed25519');

const MESSAGE_MOST = 4096;
const NAME_MOST = 128;
const COMMITMENT = Buffer.from('p2pblog pairing commitment v1', 'ascii');
const NUMBER = Buffer.from('p2pblog pairing number v1', 'ascii');
const [OFFER, COME, REVEAL, CONSENT, DONE, REFUSED] = [1, 2, 3, 4, 5, 6];

function pairingKey(code, network) {
  return Buffer.from(sodium.crypto_pwhash(
    32, code, blake2b256(network).subarray(0, 16), 2, 64 * 1024 * 1024, sodium.crypto_pwhash_ALG_ARGON2ID13));
}

const commitmentTo = (nonce) => blake2b256(Buffer.concat([COMMITMENT, nonce]));

function numberOf({ handshakeHash, root, device, joiner, nonce, answer }) {
  const digest = blake2b(8, Buffer.concat([NUMBER, handshakeHash, root, device, joiner, nonce, answer]));
  return String(digest.readBigUInt64BE(0) % 1000000n).padStart(6, '0');
}

const isName = (value) => isStr(value, NAME_MOST);

const FORMS = {
  [OFFER]: (m) => m.length === 6 && isInt(m[1], -Infinity) && isBin(m[2], 32) && isBin(m[3], 32) && isName(m[4]) && isBin(m[5], 32),
  [COME]: (m) => m.length === 3 && isName(m[1]) && isBin(m[2], 32),
  [REVEAL]: (m) => m.length === 2 && isBin(m[1], 32),
  [CONSENT]: (m) => m.length === 2 && isBin(m[1], 64),
  [DONE]: (m) => m.length === 2 && isArray(m[1], 0, 8) && m[1].every((address) => typeof address === 'string'),
  [REFUSED]: (m) => m.length === 1,
};

// I-13, in its order.
function readMessage(bytes, due) {
  if (bytes.length > MESSAGE_MOST) refuse('too-large');
  let message;
  try {
    message = decode(bytes);
  } catch (error) {
    refuse('bad-structure', error.message);
  }
  if (!Array.isArray(message) || !isInt(message[0], -Infinity)) refuse('bad-structure');
  const type = message[0];
  if (!due.includes(type)) refuse('unexpected-message');
  if (type === OFFER && isInt(message[1], -Infinity) && message[1] !== 1) refuse('unexpected-message', 'version');
  if (!FORMS[type](message)) refuse('bad-structure');
  return message;
}

class Old {
  // options: root, device, name, joiner, handshakeHash, nonce
  constructor(options) {
    Object.assign(this, options);
    this.due = [COME];
    this.number = this.called = this.consent = null;
    this.declined = false;
    this.out = [encode([OFFER, 1, this.root, this.device, this.name, commitmentTo(this.nonce)])];
  }

  hear(bytes) {
    if (this.declined) return;
    const message = readMessage(bytes, this.due);
    if (message[0] === COME) {
      this.called = message[1];
      this.number = numberOf({ ...this, answer: message[2] });
      this.out.push(encode([REVEAL, this.nonce]));
      this.due = [CONSENT];
    } else {
      checkConsent(this.root, this.joiner, message[1]);
      this.consent = message[1];
      this.due = [];
      this.finish();
    }
  }

  // A person may be quicker than the consent: done waits for it.
  yes(addresses) {
    this.addresses = addresses;
    this.finish();
  }

  finish() {
    if (!this.consent || !this.addresses) return;
    this.out.push(encode([DONE, this.addresses]));
    this.addresses = null;
  }

  // What crosses refused on its way is not looked at.
  no() {
    this.declined = true;
    this.out.push(encode([REFUSED]));
  }
}

class New {
  // options: seed, name, handshakeHash, nonce
  constructor(options) {
    Object.assign(this, options);
    this.pair = ed25519.keyPair(this.seed);
    this.due = [OFFER];
    this.number = this.called = this.root = this.device = this.addresses = this.commitment = null;
    this.declined = false;
    this.out = [];
  }

  hear(bytes) {
    const message = readMessage(bytes, this.due);
    if (message[0] === OFFER) {
      [, , this.root, this.device, this.called, this.commitment] = message;
      this.out.push(encode([COME, this.name, this.nonce]));
      this.due = [REVEAL, REFUSED];
    } else if (message[0] === REVEAL) {
      if (!commitmentTo(message[1]).equals(this.commitment)) refuse('wrong-device', 'commitment');
      this.number = numberOf({ ...this, joiner: this.pair.publicKey, nonce: message[1], answer: this.nonce });
      this.out.push(encode([CONSENT, signConsent(this.pair, this.root)]));
      this.due = [DONE, REFUSED];
    } else {
      if (message[0] === DONE) this.addresses = message[1];
      else this.declined = true;
      this.due = [];
    }
  }
}

module.exports = { pairingKey, commitmentTo, numberOf, Old, New };
