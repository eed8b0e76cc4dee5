'use strict';

// protocol/06-links.md section 2: Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b (Noise, revision 34).

const { sodium, buffer, blake2b } = require('./crypto');
const { Refused, refuseUnless } = require('./refused');

const NAME = 'Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b';
const HASH_BYTES = 64;
const BLOCK_BYTES = 128;
const TAG_BYTES = 16;
const PATTERNS = [['psk', 'e'], ['e', 'ee', 's', 'es'], ['s', 'se']];
const NONE = Buffer.alloc(0);

const hash = (...parts) => blake2b(Buffer.concat(parts), HASH_BYTES);

function hmac(key, data) {
  const pad = (byte) => {
    const block = Buffer.alloc(BLOCK_BYTES, byte);
    key.forEach((value, n) => (block[n] ^= value));
    return block;
  };
  return hash(pad(0x5c), hash(pad(0x36), data));
}

function hkdf(chainingKey, material, count) {
  const temporary = hmac(chainingKey, material);
  const keys = [];
  for (let n = 1; n <= count; n++) {
    keys.push(hmac(temporary, Buffer.concat([keys[n - 2] ?? NONE, Buffer.from([n])])));
  }
  return keys;
}

function dh(secret, publicKey) {
  try {
    return buffer(sodium.crypto_scalarmult(secret, publicKey)); // throws if the result is zero
  } catch {
    throw new Refused('bad-frame', 'X25519 gives zero');
  }
}

class CipherState {
  constructor(key) {
    this.key = key.subarray(0, 32);
    this.n = 0n;
  }

  nonce() {
    refuseUnless(this.n < 2n ** 64n - 1n, 'bad-frame', 'key used up');
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64LE(this.n, 4);
    return nonce;
  }

  encrypt(ad, plain) {
    const { crypto_aead_chacha20poly1305_ietf_encrypt: seal } = sodium;
    const sealed = buffer(seal(plain, ad, null, this.nonce(), this.key));
    this.n += 1n;
    return sealed;
  }

  decrypt(ad, sealed) {
    const { crypto_aead_chacha20poly1305_ietf_decrypt: open } = sodium;
    const nonce = this.nonce();
    try {
      const plain = buffer(open(null, sealed, ad, nonce, this.key));
      this.n += 1n;
      return plain;
    } catch {
      throw new Refused('bad-frame', 'does not decrypt');
    }
  }
}

class Handshake {
  constructor({ initiator, prologue, psk, secret, ephemeral }) {
    Object.assign(this, { initiator, psk, s: secret, e: ephemeral });
    this.h = Buffer.alloc(HASH_BYTES);
    this.h.write(NAME);
    this.ck = this.h;
    this.cipher = null;
    this.step = 0;
    this.rs = this.re = null;
    this.mixHash(prologue);
  }

  get done() {
    return this.step === PATTERNS.length;
  }

  mixHash(data) {
    this.h = hash(this.h, data);
  }

  mixKey(material) {
    const [ck, key] = hkdf(this.ck, material, 2);
    this.ck = ck;
    this.cipher = new CipherState(key);
  }

  mixKeyAndHash(material) {
    const [ck, toHash, key] = hkdf(this.ck, material, 3);
    this.ck = ck;
    this.mixHash(toHash);
    this.cipher = new CipherState(key);
  }

  mixDh(token) {
    // The first letter is the initiator's key, the second the responder's.
    const [own, theirs] = this.initiator ? [token[0], token[1]] : [token[1], token[0]];
    this.mixKey(dh(own === 'e' ? this.e : this.s, theirs === 'e' ? this.re : this.rs));
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

  mixEphemeral(publicKey) {
    this.mixHash(publicKey);
    this.mixKey(publicKey); // because the pattern has a psk
  }

  write(payload) {
    const out = [];
    for (const token of PATTERNS[this.step++]) {
      if (token === 'psk') this.mixKeyAndHash(this.psk);
      else if (token === 'e') {
        const publicKey = buffer(sodium.crypto_scalarmult_base(this.e));
        out.push(publicKey);
        this.mixEphemeral(publicKey);
      } else if (token === 's') {
        out.push(this.encryptAndHash(buffer(sodium.crypto_scalarmult_base(this.s))));
      } else this.mixDh(token);
    }
    out.push(this.encryptAndHash(payload));
    return Buffer.concat(out);
  }

  read(message) {
    let at = 0;
    const take = (size) => {
      refuseUnless(message.length - at >= size, 'bad-frame', 'too short');
      at += size;
      return message.subarray(at - size, at);
    };
    for (const token of PATTERNS[this.step++]) {
      if (token === 'psk') this.mixKeyAndHash(this.psk);
      else if (token === 'e') {
        this.re = Buffer.from(take(32));
        this.mixEphemeral(this.re);
      } else if (token === 's') {
        this.rs = this.decryptAndHash(take(32 + (this.cipher ? TAG_BYTES : 0)));
      } else this.mixDh(token);
    }
    return this.decryptAndHash(message.subarray(at));
  }

  // The ciphers for sending and for receiving, after the last message.
  split() {
    const [first, second] = hkdf(this.ck, NONE, 2).map((key) => new CipherState(key));
    return this.initiator ? [first, second] : [second, first];
  }
}

module.exports = { Handshake, TAG_BYTES };
