'use strict';
// Chapter 14 sections 2 to 4: offers and answers of data channels.
const { decode } = require('./encoding');
const { refuse } = require('./refusal');
const { isInt, isBin, isArray } = require('./shape');
const { write, unbase32, lowerAscii, checksum } = require('./textform');
const { SPACES } = require('./words');

const SIGNAL_MOST = 512;
const LOWEST_PORT = 1024;

const wrong = (detail) => refuse('bad-structure', detail);
const isName = (value, least, most) =>
  typeof value === 'string' && value.length >= least && value.length <= most && /^[A-Za-z0-9+/]*$/.test(value);

function readSignal(bytes) {
  if (bytes.length > SIGNAL_MOST) refuse('too-large');
  const value = decode(bytes);
  if (!Array.isArray(value)) wrong('no array');
  const [type, version, ufrag, pwd, fingerprint, candidates, offer] = value;
  if (type !== 0 && type !== 1) wrong('type');
  if (value.length !== (type === 0 ? 6 : 7)) wrong('fields');
  if (version !== 1) wrong('version');
  if (!isName(ufrag, 4, 32) || !isName(pwd, 22, 64) || !isBin(fingerprint, 32)) wrong('a field');
  if (!isArray(candidates, 1, 8)) wrong('candidates');
  if (type === 1 && !isName(offer, 4, 32)) wrong('offer');
  const read = candidates.map(readCandidate);
  const names = new Set(read.map(({ address, port }) => `${address.toString('hex')} ${port}`));
  if (names.size !== read.length) wrong('a candidate twice');
  if (read.some(isLoopback) && !read.every(isLoopback)) wrong('loopback and another');
  return { type: type === 0 ? 'offer' : 'answer', candidates: read };
}

function readCandidate(value) {
  if (!isArray(value, 3, 3)) wrong('a candidate');
  const [type, address, port] = value;
  if (type !== 0 && type !== 1) wrong('type of a candidate');
  if (!isBin(address) || (address.length !== 4 && address.length !== 16)) wrong('an address');
  if (!isInt(port, LOWEST_PORT, 65535)) wrong('a port');
  const candidate = { type, address, port };
  const first = address[0];
  if (address.length === 4) {
    if (first === 0 || first >= 224) wrong('an address that no end has');
  } else if (first === 0) {
    if (!isLoopback(candidate)) wrong('an address that no end has');
  } else if (first === 0xff || (first === 0xfe && address[1] >= 0x80)) wrong('an address that no end has');
  return candidate;
}

function isLoopback({ address }) {
  if (address.length === 4) return address[0] === 127;
  return address[15] === 1 && address.subarray(0, 15).every((byte) => byte === 0);
}

// As RFC 5952 writes it: the longest run of zero groups, from two on, becomes ::
function addressText(address) {
  if (address.length === 4) return [...address].join('.');
  const groups = [];
  for (let i = 0; i < 16; i += 2) groups.push(address.readUInt16BE(i));
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length += 1;
    if (length > best.length) best = { at, length };
  }
  const text = (part) => part.map((group) => group.toString(16)).join(':');
  if (best.at < 0) return text(groups);
  return `${text(groups.slice(0, best.at))}::${text(groups.slice(best.at + best.length))}`;
}

function readSignalText(letter, typed) {
  const text = lowerAscii(typed.split(SPACES).join(''));
  if (letter !== 'o' && letter !== 'a') refuse('bad-offer');
  if (text[0] !== letter) refuse('bad-offer', 'letter');
  const all = unbase32(text.slice(1));
  if (!all || all.length < 4 || all.length > SIGNAL_MOST + 3) refuse('bad-offer', 'length');
  const bytes = all.subarray(0, all.length - 3);
  if (!all.subarray(all.length - 3).equals(checksum(letter, bytes))) refuse('bad-offer', 'checksum');
  const written = write(letter, bytes);
  if (written !== text) refuse('bad-offer', 'bits left over');
  return { bytes, written };
}

module.exports = { readSignal, addressText, readSignalText };
