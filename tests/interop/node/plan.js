'use strict';
// Chapter 10 section 2: what to ask for next.

const JUMP = 512;
const RANGE_MOST = 4096;
const LATEST_MOST = 100;
const BODIES_MOST = 511;

const within = (range, seq) => Boolean(range) && seq >= range.low && seq <= range.high;

// The range of an offer that holds seq, or null.
function offered(offer, seq) {
  if (within(offer, seq)) return offer;
  return within(offer.older, seq) ? offer.older : null;
}

const up = (low, high) => ({ low, high, down: false });
const down = (low, high) => ({ low, high, down: true });

// offer: { low, high, highId, older: { low, high } or null }. A question, or null.
function plan(log, offer, depth) {
  if (depth === 0 || (log && log.forked !== null)) return null;
  const latest = { most: Math.min(depth, LATEST_MOST) };
  if (!log || !log.newest) return latest;
  const { newest, older } = log;
  if (offer.high === newest.high && !offer.highId.equals(log.highId)) return up(offer.high, offer.high);
  if (offer.high > newest.high) {
    const next = offered(offer, newest.high + 1);
    if (!older && (offer.high - newest.high > JUMP || !next)) return latest;
    if (next) return up(newest.high + 1, Math.min(offer.high, newest.high + RANGE_MOST));
  }
  const bottom = Math.max(1, newest.high - depth + 1);
  const below = offered(offer, newest.low - 1);
  if (newest.low > bottom && below) {
    const low = Math.max(bottom, newest.low - RANGE_MOST, older ? older.high + 1 : 1, below.low);
    return down(low, newest.low - 1);
  }
  return bodies(log, offer);
}

function bodies(log, offer) {
  const bare = log.withoutBodies();
  const highest = bare[bare.length - 1];
  if (bare.length === 0 || !within(offer, highest)) return null;
  return down(Math.max(bare[0], highest - BODIES_MOST, offer.low), highest);
}

module.exports = { plan, within };
