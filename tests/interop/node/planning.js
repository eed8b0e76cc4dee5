'use strict';

// protocol/10-replication.md section 2: what to ask a peer for next.

const FIRST = 100;
const JUMP = 512;
const MOST = 4096;

const holds = (offer, seq) =>
  [offer, offer.older].some((part) => part && part.low <= seq && seq <= part.high);

const latest = (depth) => ({ most: Math.min(depth, FIRST) });

// { most } for the latest, { low, high, down } for a range, or null.  `depth` is Infinity for
// WHOLE.
function nextAsk(held, offer, depth) {
  if (depth === 0) return null;
  if (!held) return latest(depth);
  const { newest, older } = held;
  const same = !offer.highId || offer.highId.equals(newest.highId);
  if (offer.high === newest.high && !same) {
    return { low: newest.high, high: newest.high, down: false };
  }
  if (offer.high > newest.high) {
    const above = holds(offer, newest.high + 1);
    if (!older && (offer.high - newest.high > JUMP || !above)) return latest(depth);
    if (above) {
      return { low: newest.high + 1, high: Math.min(offer.high, newest.high + MOST), down: false };
    }
  }
  const bottom = Math.max(1, newest.high - depth + 1);
  if (newest.low <= bottom || !holds(offer, newest.low - 1)) return null;
  const part = newest.low - 1 >= offer.low ? offer : offer.older;
  const low = Math.max(bottom, newest.low - MOST, older ? older.high + 1 : 1, part.low);
  return { low, high: newest.low - 1, down: true };
}

const sameAsk = (one, other) =>
  ['most', 'low', 'high', 'down'].every((name) => one[name] === other[name]);

module.exports = { nextAsk, sameAsk };
