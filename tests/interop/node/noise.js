'use strict';
// Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b, revision 34.
const { createHmac } = require('crypto');
const sodium = require('libsodium-wrappers-sumo');
const { blake2b512 } = require('./hash');
const { refuse } = require('./refusal');

const NAME = Buffer.from('Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b', 'ascii');
const PATTERN = [['psk', 'e'], ['e', 'ee', 's', 'es'], ['s', 'se']];
const EMPTY = Buffer.alloc(0);

const hmac = (key, data) => createHmac('blake2b512', key).update(data).digest();

function hkdf(key, material, outputs) {
  const temp = hmac(key, material);
  const made = [];
  let before = EMPTY;
  for (let i = 1; i <= outputs; i++) {
    before = hmac(temp, Buffer.concat([before, Buffer.from([i])]));
    made.push(before);
  }
  return made;
}

class Cipher {
  constructor(key) {
    this.key = key.subarray(0, 32);
    this.n = 0n;
  }

  nonce() {
    if (this.n >= 2n ** 64n - 1n) refuse('bad-frame', 'key used up');
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64LE(this.n, 4);
    return nonce;
  }

  encrypt(ad, plain) {
    const sealed = sodium.crypto_aead_chacha20poly1305_ietf_encrypt(plain, ad, null, this.nonce(), this.key);
    this.n += 1n;
    return Buffer.from(sealed);
  }

  decrypt(ad, sealed) {
    let plain;
    try {
      plain = sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, sealed, ad, this.nonce(), this.key);
    } catch (error) {
      refuse('bad-frame', 'does not decrypt');
    }
    this.n += 1n;
    return Buffer.from(plain);
  }
}

function dh(secret, publicKey) {
  let shared;
  try {
    shared = Buffer.from(sodium.crypto_scalarmult(secret, publicKey));
  } catch (error) {
    shared = null;
  }
  // K-5; the library refuses most of these itself.
  if (!shared || shared.every((byte) => byte === 0)) refuse('bad-frame', 'X25519 result of zero');
  return shared;
}

class Handshake {
  // keys: { psk, static, ephemeral }, the X25519 secrets of this end.
  constructor(initiator, prologue, keys) {
    this.initiator = initiator;
    this.psk = keys.psk;
    this.s = pair(keys.static);
    this.e = pair(keys.ephemeral);
    this.rs = null;
    this.re = null;
    this.h = NAME.length <= 64 ? Buffer.concat([NAME, Buffer.alloc(64 - NAME.length)]) : blake2b512(NAME);
    this.ck = this.h;
    this.cipher = null;
    this.mixHash(prologue);
    this.step = 0;
  }

  get over() { return this.step === PATTERN.length; }
  get myTurn() { return !this.over && (this.step % 2 === 0) === this.initiator; }

  mixHash(data) { this.h = blake2b512(this.h, data); }

  mixKey(material) {
    const [ck, key] = hkdf(this.ck, material, 2);
    this.ck = ck;
    this.cipher = new Cipher(key);
  }

  mixKeyAndHash(material) {
    const [ck, hash, key] = hkdf(this.ck, material, 3);
    this.ck = ck;
    this.mixHash(hash);
    this.cipher = new Cipher(key);
  }

  encryptAndHash(plain) {
    const sealed = this.cipher ? this.cipher.encrypt(this.h, plain) : plain;
    this.mixHash(sealed);
    return sealed;
  }

  decryptAndHash(sealed) {
    const plain = this.cipher ? this.cipher.decrypt(this.h, sealed) : sealed;
    this.mixHash(sealed);
    return plain;
  }

  // es and se name the initiator's key first.
  mixDh(token) {
    const mine = (token[0] === 'e') === this.initiator || token === 'ee' ? 'e' : 's';
    const theirs = token === 'ee' ? 'e' : mine === 'e' ? 's' : 'e';
    this.mixKey(dh(this[mine].secret, theirs === 'e' ? this.re : this.rs));
  }

  write(payload) {
    const out = [];
    for (const token of PATTERN[this.step]) {
      if (token === 'psk') this.mixKeyAndHash(this.psk);
      else if (token === 'e') {
        out.push(this.e.public);
        this.mixHash(this.e.public);
        this.mixKey(this.e.public); // with a pre-shared key, section 9.2
      } else if (token === 's') out.push(this.encryptAndHash(this.s.public));
      else this.mixDh(token);
    }
    out.push(this.encryptAndHash(payload));
    this.step += 1;
    return Buffer.concat(out);
  }

  read(message) {
    let rest = message;
    const take = (count) => {
      if (rest.length < count) refuse('bad-frame', 'too short');
      const piece = rest.subarray(0, count);
      rest = rest.subarray(count);
      return piece;
    };
    for (const token of PATTERN[this.step]) {
      if (token === 'psk') this.mixKeyAndHash(this.psk);
      else if (token === 'e') {
        this.re = Buffer.from(take(32));
        this.mixHash(this.re);
        this.mixKey(this.re);
      } else if (token === 's') this.rs = this.decryptAndHash(take(this.cipher ? 48 : 32));
      else this.mixDh(token);
    }
    const payload = this.decryptAndHash(rest);
    this.step += 1;
    return payload;
  }

  split() {
    const [first, second] = hkdf(this.ck, EMPTY, 2).map((key) => new Cipher(key));
    return this.initiator ? { send: first, receive: second } : { send: second, receive: first };
  }
}

const pair = (secret) => ({ secret, public: Buffer.from(sodium.crypto_scalarmult_base(secret)) });

module.exports = { Handshake };
