'use strict';
// The BIP-39 words: 24 for the root key (chapter 5 section 1), six for a pairing (section 5).
const fs = require('fs');
const path = require('path');
const { createHash } = require('crypto');
const { refuse } = require('./refusal');
const { lowerAscii } = require('./textform');

const LIST = fs.readFileSync(path.join(__dirname, 'bip39-english.txt'), 'utf8').split('\n').filter(Boolean);
// White space, as chapter 4 section 2 names it.
const SPACE = '\\u0009-\\u000d\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const SPACES = new RegExp(`[${SPACE}]+`, 'u');
const SPACES_AND_HYPHENS = new RegExp(`[${SPACE}-]+`, 'u');
const NUMBERS = new Map(LIST.map((word, number) => [word, number]));

function readEntropy(typed) {
  const words = lowerAscii(typed).split(SPACES).filter(Boolean);
  if (words.length !== 24) refuse('bad-words', 'not 24');
  let bits = 0n;
  for (const word of words) {
    if (!NUMBERS.has(word)) refuse('bad-words', 'not in the list');
    bits = (bits << 11n) | BigInt(NUMBERS.get(word));
  }
  const all = Buffer.from(bits.toString(16).padStart(66, '0'), 'hex');
  const entropy = all.subarray(0, 32);
  if (createHash('sha256').update(entropy).digest()[0] !== all[32]) refuse('bad-words', 'checksum');
  return entropy;
}

const CODE_MOST = 200;

function readCode(typed) {
  if (typed.length > CODE_MOST) refuse('bad-code', 'too long');
  const words = lowerAscii(typed).split(SPACES_AND_HYPHENS).filter(Boolean);
  if (words.length !== 6) refuse('bad-code', 'not six');
  for (const word of words) if (!NUMBERS.has(word)) refuse('bad-code', 'not in the list');
  return words.join(' ');
}

module.exports = { readEntropy, readCode, SPACES };
