'use strict';
// What one end knows of what its peer holds: offers, notes, grafts, and what went over the link.
const { lastId } = require('./segment');
const { within } = require('./plan');

class PeerView {
  constructor() {
    this.offers = new Map(); // log to { low, high, highId, older }
    this.offered = new Set(); // logs that were offered by a have in this session, or are about to be
    this.noted = new Map();
    this.afters = new Map();
    this.shared = new Map(); // log to ranges that the peer pushed or was sent
  }

  offer([key, low, high, highId, olderLow, olderHigh]) {
    const hex = key.toString('hex');
    const older = olderLow === undefined ? null : { low: olderLow, high: olderHigh };
    this.offers.set(hex, { low, high, highId, older });
    this.offered.add(hex);
    return hex;
  }

  // A push counts as an offer: above what was offered before, or alone where a gap lies between.
  pushed(segment) {
    const hex = segment.log.toString('hex');
    const before = this.offers.get(hex);
    if (before && segment.last <= before.high) return;
    const joined = before && segment.first <= before.high + 1;
    this.offers.set(hex, {
      low: joined ? before.low : segment.first,
      high: segment.last,
      highId: lastId(segment),
      older: joined ? before.older : null,
    });
  }

  note(hex, seq) { this.noted.set(hex, Math.max(seq, this.noted.get(hex) || 0)); }

  // A graft is the peer's word that it holds nothing newer.
  graft(hex, after) {
    this.afters.set(hex, after);
    const offer = this.offers.get(hex);
    if (offer && offer.high > after) this.offers.delete(hex);
    if (this.noted.get(hex) > after) this.noted.set(hex, after);
  }

  share(hex, low, high) {
    const ranges = this.shared.get(hex) || [];
    const near = ranges.find((range) => low <= range.high + 1 && high >= range.low - 1);
    if (near) {
      near.low = Math.min(near.low, low);
      near.high = Math.max(near.high, high);
    } else this.shared.set(hex, [...ranges, { low, high }]);
  }

  known(hex) {
    const offer = this.offers.get(hex);
    const ranges = this.shared.get(hex) || [];
    return Math.max(
      offer ? offer.high : 0, this.noted.get(hex) || 0, this.afters.get(hex) || 0, ...ranges.map(({ high }) => high));
  }

  holds(hex, low, high) {
    const offer = this.offers.get(hex);
    const ranges = [...(offer ? [offer, offer.older] : []), ...(this.shared.get(hex) || [])];
    return ranges.some((range) => within(range, low) && within(range, high));
  }
}

module.exports = { PeerView };
