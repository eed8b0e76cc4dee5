'use strict';
// The logs of a home, in memory: placing what arrives, proofs of forks, and what has changed since when.
const { Log } = require('./log');
const { Frontier, itemBytes, numberBytes, littleEndian } = require('./frontier');
const { Refusal, refuse } = require('./refusal');
const { lastId, checkSegment } = require('./segment');

class Store {
  constructor() {
    this.logs = new Map();
    this.version = 0; // rises with every change
    this.watchers = new Set(); // called with (log, { rose, fell: the entries that came below, forked })
  }

  get(hex) { return this.logs.get(hex) || null; }

  ensure(key) {
    const hex = Buffer.from(key).toString('hex');
    if (!this.logs.has(hex)) this.logs.set(hex, new Log(key));
    return this.logs.get(hex);
  }

  changed(log, change) {
    this.version += 1;
    if (change.forked) log.forkedAt = this.version;
    else log.changedAt = this.version;
    log.item = null;
    for (const watcher of this.watchers) watcher(log, change);
  }

  // How many entries or bodies were new. Throws what is refused; of a fork it has kept the proof then.
  take(segment, down = false) {
    const hex = segment.log.toString('hex');
    const log = this.get(hex) || new Log(segment.log);
    const before = log.newest;
    let fresh;
    try {
      fresh = log.place(segment);
      if (fresh.length === 0) return this.lookAtHeld(log, segment, down);
    } catch (error) {
      if (error instanceof Refusal && error.proof) this.learn({ log: log.key, seq: error.seq, value: error.proof });
      throw error;
    }
    this.logs.set(hex, log);
    this.changed(log, {
      rose: !before || log.newest.high > before.high,
      fell: before && log.newest.low < before.low ? { low: fresh[0].seq, high: before.low - 1 } : null,
    });
    return fresh.length;
  }

  // All of it is held: another id of the last entry proves a fork (10 section 2, step 3), else it may
  // bring bodies that were withheld.
  lookAtHeld(log, segment, down) {
    const held = log.entries.get(segment.last);
    if (!held) return 0;
    if (lastId(segment).equals(held.id)) {
      const brought = log.bringBodies(segment).length;
      if (brought > 0) this.changed(log, { bodies: true });
      return brought;
    }
    if (down) refuse('broken-chain');
    checkSegment(segment, null);
    throw log.forkWith(segment, segment.entries);
  }

  // Entries that this home has written itself.
  append(log, fresh) {
    const { newest } = log;
    log.store(fresh, () => {
      const high = fresh[fresh.length - 1].seq;
      log.newest = newest ? { low: newest.low, high } : { low: fresh[0].seq, high };
    });
    this.logs.set(log.hex, log);
    this.changed(log, { rose: true, fell: null });
  }

  // A proof that has been checked. True if it shows a lower fork than was known.
  learn(proof) {
    const log = this.ensure(proof.log);
    if (log.forked !== null && log.forked <= proof.seq) return false;
    log.forked = proof.seq;
    log.proof = proof.value;
    this.changed(log, { forked: true });
    return true;
  }

  // [log, low, high, high_id] and the older range, or null
  offerOf(log) {
    if (!log || !log.newest) return null;
    const offer = [log.key, log.newest.low, log.newest.high, log.highId];
    return log.older ? [...offer, log.older.low, log.older.high] : offer;
  }

  itemOf(log) {
    if (!log.item) {
      const offer = this.offerOf(log);
      const item = itemBytes(log.key, offer ? offer.slice(1) : [], log.forked);
      log.item = { hex: log.hex, item, number: littleEndian(numberBytes(item)) };
    }
    return log.item;
  }

  frontier(h) {
    return new Frontier([...this.logs.values()].map((log) => this.itemOf(log)), h);
  }
}

module.exports = { Store };
