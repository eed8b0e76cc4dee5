'use strict';
// Chapter 2: headers, ids, signatures of entries.
const { encode, MOST } = require('./encoding');
const { blake2b256 } = require('./hash');
const { refuse } = require('./refusal');
const { isInt, isBin } = require('./shape');
const ed25519 = require('./ed25519');

const BODY_MOST = 8192;
const CHECKPOINT = 64;
const SEQ_MOST = MOST - 1;
const DOMAIN = Buffer.from('p2pblog entry v1', 'ascii');

const isCheckpoint = (seq) => seq % CHECKPOINT === 0;

function headerOf(log, seq, prev, time_ms, body_size, body_hash) {
  return encode([1, log, seq, prev, time_ms, body_size, body_hash]);
}

function checkBodySize(size) {
  if (size > BODY_MOST) refuse('too-large', 'a body');
  if (size < 1) refuse('bad-structure', 'an empty body');
}

// A whole entry from its fields and body, refused where the table of section 1 does.
function makeEntry(log, seq, prev, time_ms, body) {
  checkBodySize(body.length);
  if (!isBin(log, 32) || !isInt(seq, 1, SEQ_MOST) || !isInt(time_ms, 0)) refuse('bad-structure');
  if (seq === 1 ? prev !== null : !isBin(prev, 32)) refuse('bad-structure', 'prev');
  const hash = blake2b256(body);
  const header = headerOf(log, seq, prev, time_ms, body.length, hash);
  return { seq, prev, time_ms, size: body.length, hash, body, header, id: blake2b256(header), signature: null };
}

const signedBytes = (id) => Buffer.concat([DOMAIN, id]);
const signEntry = (pair, id) => ed25519.sign(pair, signedBytes(id));

function verifyEntry(log, id, signature) {
  if (!ed25519.verify(log, signedBytes(id), signature)) refuse('bad-signature');
}

module.exports = {
  BODY_MOST, SEQ_MOST, isCheckpoint, headerOf, makeEntry, signEntry, verifyEntry,
};
