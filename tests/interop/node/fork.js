'use strict';
// Chapter 3 section 6: what proves that a log contradicts itself.
const { refuse } = require('./refusal');
const { parseSegment, checkSegment, statedId } = require('./segment');

// Lowest seq for which the two state different ids, or null.
function divergence(a, b) {
  const from = Math.max(a.first, b.first) - 1;
  const to = Math.min(a.last, b.last);
  for (let seq = Math.max(from, 1); seq <= to; seq++) {
    if (!statedId(a, seq).equals(statedId(b, seq))) return seq;
  }
  return null;
}

function parseProof(value) {
  if (!Array.isArray(value) || value.length !== 2) refuse('bad-structure', 'a proof');
  const [a, b] = value.map(parseSegment);
  return { a, b, value };
}

// { log, seq }; refused if it proves nothing.
function checkProof(value) {
  const { a, b } = parseProof(value);
  if (!a.log.equals(b.log)) refuse('bad-structure', 'two logs');
  checkSegment(a, null);
  checkSegment(b, null);
  const seq = divergence(a, b);
  if (seq === null) refuse('bad-structure', 'the segments agree');
  return { log: a.log, seq, value };
}

module.exports = { parseProof, checkProof, divergence };
