'use strict';

// protocol/02-entries.md: header, id and signature of an entry.

const { digest, sign, verify } = require('./crypto');
const { encode } = require('./msgpack');

const VERSION = 1;
const BODY_BYTES_MAX = 8192;
const CHECKPOINT_EVERY = 64;
const INT_MAX = Number.MAX_SAFE_INTEGER;
const DOMAIN = Buffer.from('p2pblog entry v1');

const header = (log, seq, prev, timeMs, bodySize, bodyHash) =>
  encode([VERSION, log, seq, prev, timeMs, bodySize, bodyHash]);

function makeEntry(log, seq, prev, timeMs, bodySize, bodyHash, body) {
  const id = digest(header(log, seq, prev, timeMs, bodySize, bodyHash));
  return { log, seq, prev, timeMs, bodySize, bodyHash, body, id };
}

const isCheckpoint = (seq) => seq % CHECKPOINT_EVERY === 0;
const signId = (key, id) => sign(key, Buffer.concat([DOMAIN, id]));
const verifyId = (log, id, signature) => verify(log, Buffer.concat([DOMAIN, id]), signature);

module.exports = {
  BODY_BYTES_MAX, CHECKPOINT_EVERY, INT_MAX, header, makeEntry, isCheckpoint, signId, verifyId,
};
