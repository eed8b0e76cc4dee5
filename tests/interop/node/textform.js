'use strict';

// protocol/01-encoding.md section 5: keys and ids as people see and type them.

const { blake2b } = require('./crypto');
const { refuseUnless } = require('./refused');

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const checksum = (letter, bytes) => blake2b(Buffer.concat([Buffer.from(letter), bytes]), 3);

function toText(letter, bytes) {
  let bits = 0;
  let held = 0;
  let text = letter;
  for (const byte of Buffer.concat([bytes, checksum(letter, bytes)])) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return text;
}

function fromText(letter, text) {
  // Only ASCII letters have another case here: toLowerCase() also makes a k of U+212A.
  const lower = text.replace(/[A-Z]/g, (char) => char.toLowerCase());
  refuseUnless(lower.length === 57 && lower[0] === letter, 'bad-key');
  refuseUnless(/^.[a-z2-7]{56}$/.test(lower), 'bad-key');
  const bytes = [];
  let bits = 0;
  let held = 0;
  for (const char of lower.slice(1)) {
    held = (held << 5) | ALPHABET.indexOf(char);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push(held >> bits);
      held &= (1 << bits) - 1;
    }
  }
  const value = Buffer.from(bytes.slice(0, 32));
  refuseUnless(checksum(letter, value).equals(Buffer.from(bytes.slice(32))), 'bad-key');
  return value;
}

module.exports = { toText, fromText };
