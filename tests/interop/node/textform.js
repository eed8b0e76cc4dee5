'use strict';
// Chapter 1 section 5, and chapter 14 section 4: a letter, then base32 of bytes and checksum.
const { blake2b } = require('./hash');
const { refuse } = require('./refusal');

const DIGITS = 'abcdefghijklmnopqrstuvwxyz234567';
const KINDS = 'idebn';

function base32(bytes) {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += DIGITS[(held >> bits) & 31];
    }
    held &= 31;
  }
  if (bits > 0) text += DIGITS[(held << (5 - bits)) & 31];
  return text;
}

// Bits that are left over are dropped; whoever needs them to be zero encodes again and compares.
function unbase32(text) {
  const bytes = Buffer.alloc(Math.floor((text.length * 5) / 8));
  let at = 0;
  let bits = 0;
  let held = 0;
  for (const char of text) {
    const digit = DIGITS.indexOf(char);
    if (digit < 0) return null;
    held = ((held & 0xff) << 5) | digit;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 0xff;
    }
  }
  return bytes;
}

const checksum = (letter, bytes) => blake2b(3, Buffer.concat([Buffer.from(letter, 'ascii'), bytes]));

// toLowerCase() would take KELVIN SIGN for a k.
const lowerAscii = (text) => text.replace(/[A-Z]/g, (char) => char.toLowerCase());

function write(letter, bytes) {
  return letter + base32(Buffer.concat([bytes, checksum(letter, bytes)]));
}

function toText(kind, bytes) {
  if (typeof kind !== 'string' || kind.length !== 1 || !KINDS.includes(kind) || bytes.length !== 32) {
    refuse('bad-key');
  }
  return write(kind, bytes);
}

function fromText(kind, typed) {
  const text = lowerAscii(typed.trim());
  if (text.length !== 57 || text[0] !== kind || !KINDS.includes(kind)) refuse('bad-key');
  const all = unbase32(text.slice(1));
  if (!all) refuse('bad-key');
  const bytes = all.subarray(0, 32);
  if (!all.subarray(32).equals(checksum(kind, bytes))) refuse('bad-key');
  return bytes;
}

module.exports = { toText, fromText, write, unbase32, lowerAscii, checksum };
