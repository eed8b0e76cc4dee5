'use strict';
// S-35: which token of a peer counts. A token waits for what the peer had told of by then.
const { plan } = require('./plan');

class CaughtUp {
  // remembered: { token }, what outlives the session
  constructor(remembered, home) {
    this.remembered = remembered;
    this.home = home;
    this.lost = false; // a note for which there was no room
    this.waiting = []; // { token, needs: log to { offer, seq } }
  }

  told(token, view) {
    if (this.lost) return;
    const needs = new Map();
    for (const [hex, offer] of view.offers) needs.set(hex, { offer, seq: 0 });
    for (const [hex, seq] of view.noted) {
      const need = needs.get(hex) || { offer: null, seq: 0 };
      needs.set(hex, { ...need, seq });
    }
    this.waiting.push({ token, needs });
    this.settle();
  }

  // What was offered and asked for in vain is not waited for any more; what was noted is.
  inVain(hex) {
    for (const { needs } of this.waiting) {
      const need = needs.get(hex);
      if (need && need.seq > 0) need.offer = null;
      else needs.delete(hex);
    }
  }

  settle() {
    for (let i = this.waiting.length - 1; i >= 0; i--) {
      const { token, needs } = this.waiting[i];
      for (const [hex, need] of needs) if (this.isHere(hex, need)) needs.delete(hex);
      if (needs.size === 0) {
        this.remembered.token = token;
        this.waiting.splice(0, i + 1);
        return;
      }
    }
  }

  isHere(hex, { offer, seq }) {
    const log = this.home.store.get(hex);
    const depth = this.home.depth(hex);
    if (depth === 0) return true;
    if (seq > (log ? log.high : 0)) return false;
    return !offer || plan(log, offer, depth) === null;
  }
}

module.exports = { CaughtUp };
