'use strict';
// Chapter 5: root keys, consents, the devices of an identity and what they are pinned to.
const { personalised256 } = require('./hash');
const { refuse } = require('./refusal');
const { readEntropy } = require('./words');
const ed25519 = require('./ed25519');

const CONSENT = Buffer.from('p2pblog device consent v1', 'ascii');

const rootPair = (words) => ed25519.keyPair(personalised256(readEntropy(words), 'p2pblog root v1'));

const consentMessage = (root) => Buffer.concat([CONSENT, root]);
const signConsent = (pair, root) => ed25519.sign(pair, consentMessage(root));

function checkConsent(root, device, consent) {
  if (!ed25519.verify(device, consentMessage(root), consent)) refuse('bad-signature', 'consent');
}

// I-8: the lowest seq, then the smaller id, an absent one being smallest.
function pinsOf(revokes) {
  const pins = new Map();
  for (const [device, seq, id] of revokes) {
    const name = device.toString('hex');
    const before = pins.get(name);
    if (!before || seq < before.seq || (seq === before.seq && smaller(id, before.id))) {
      pins.set(name, { seq, id });
    }
  }
  return pins;
}

function smaller(a, b) {
  if (b === null) return false;
  return a === null || Buffer.compare(a, b) < 0;
}

// adds: [log, seq, device, consent] each, all in Buffers. By rising key.
function devicesOf(root, adds, revokes) {
  const pins = pinsOf(revokes);
  const byLog = new Map();
  for (const [log, seq, device, consent] of adds) {
    const name = log.toString('hex');
    if (!byLog.has(name)) byLog.set(name, []);
    byLog.get(name).push({ seq, device, consent });
  }
  const devices = new Map();
  const rootName = root.toString('hex');
  const looked = new Set([rootName]);
  const waiting = [rootName];
  while (waiting.length > 0) {
    const log = waiting.pop();
    const pin = pins.get(log);
    for (const { seq, device, consent } of byLog.get(log) || []) {
      if (pin && seq > pin.seq) continue;
      if (!ed25519.verify(device, consentMessage(root), consent)) continue;
      const name = device.toString('hex');
      devices.set(name, pins.get(name) || null);
      if (!looked.has(name)) {
        looked.add(name);
        waiting.push(name);
      }
    }
  }
  return [...devices].sort(([a], [b]) => (a < b ? -1 : 1));
}

module.exports = { rootPair, signConsent, checkConsent, devicesOf };
