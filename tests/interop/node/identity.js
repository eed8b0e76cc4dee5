'use strict';

// protocol/05-identity.md: 24 words, the root key, the devices of an identity.

const fs = require('node:fs');
const path = require('node:path');
const { blake2bPersonal } = require('./blake2b');
const { sodium, keyFromSeed, verify } = require('./crypto');
const { refuseUnless } = require('./refused');

const CONSENT = Buffer.from('p2pblog device consent v1');
const PERSON = Buffer.from('p2pblog root v1\0');
const NONE = Buffer.alloc(0);
const WORDS = fs.readFileSync(path.join(__dirname, 'bip39-english.txt'), 'utf8').trim().split('\n');

// The root key of 24 words (BIP-39, 256 bits of entropy and 8 of checksum).
function rootFromWords(text) {
  const words = text.trim().toLowerCase().split(/\s+/);
  refuseUnless(words.length === 24, 'bad-words', 'number');
  let bits = '';
  for (const word of words) {
    const index = WORDS.indexOf(word);
    refuseUnless(index >= 0, 'bad-words', 'not in the list');
    bits += index.toString(2).padStart(11, '0');
  }
  const raw = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const entropy = raw.subarray(0, 32);
  refuseUnless(sodium.crypto_hash_sha256(entropy)[0] === raw[32], 'bad-words', 'checksum');
  return rootFromEntropy(entropy);
}

function rootFromEntropy(entropy) {
  return keyFromSeed(blake2bPersonal(entropy, 32, PERSON));
}

const hasConsent = (root, device, consent) =>
  verify(device, Buffer.concat([CONSENT, root]), consent);

// Of several pins of a device the lowest counts, then the smaller id (I-8).
function pinsOf(revokes) {
  const pins = new Map();
  const order = (a, b) => a.seq - b.seq || Buffer.compare(a.id ?? NONE, b.id ?? NONE);
  for (const { device, seq, id } of revokes) {
    const key = device.toString('hex');
    const pin = { seq, id };
    if (!pins.has(key) || order(pin, pins.get(key)) < 0) pins.set(key, pin);
  }
  return pins;
}

// The devices of `root`, each { device, pin }, from its `device.add`s { log, seq, device,
// consent } and the `device.revoke`s { device, seq, id } of its root log, in any order (I-5).
function deviceSet(root, adds, revokes) {
  const pins = pinsOf(revokes);
  const devices = new Map();
  const queue = [root];
  while (queue.length > 0) {
    const adder = queue.pop();
    const last = pins.get(adder.toString('hex'))?.seq ?? Infinity; // I-9
    for (const { log, seq, device, consent } of adds) {
      const key = device.toString('hex');
      const counts = log.equals(adder) && seq <= last && hasConsent(root, device, consent);
      if (counts && !devices.has(key)) {
        devices.set(key, { device, pin: pins.get(key) ?? null });
        queue.push(device);
      }
    }
  }
  return [...devices.values()].sort((a, b) => Buffer.compare(a.device, b.device));
}

module.exports = { rootFromWords, hasConsent, deviceSet };
