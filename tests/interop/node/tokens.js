'use strict';
// Tokens that an end gives (chapter 9 section 3): each stands for a version of its store.
const { randomBytes } = require('crypto');

// For links: the epoch of this store, and the version.
class Tokens {
  constructor() { this.epoch = randomBytes(8); }

  give(version) {
    const token = Buffer.alloc(16);
    this.epoch.copy(token);
    token.writeBigUInt64BE(BigInt(version), 8);
    return token;
  }

  find(token, newest) {
    if (!token || token.length !== 16 || !token.subarray(0, 8).equals(this.epoch)) return null;
    const version = Number(token.readBigUInt64BE(8));
    return version <= newest ? version : null;
  }
}

// For vectors: the number of tokens given, the first one being 01.
class CountedTokens {
  constructor() { this.versions = []; }

  give(version) {
    this.versions.push(version);
    const digits = this.versions.length.toString(16);
    return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  }

  find(token) {
    if (!token) return null;
    const number = parseInt(token.toString('hex'), 16);
    return token.length <= 4 && number >= 1 && number <= this.versions.length && (number > 255 || token.length === 1)
      ? this.versions[number - 1] : null;
  }
}

module.exports = { Tokens, CountedTokens };
