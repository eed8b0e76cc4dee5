'use strict';

// One end with a replica of its own: it listens, dials, appends, and runs the sessions.

const { keyFromSeed } = require('./crypto');
const { BODY_BYTES_MAX, INT_MAX } = require('./entry');
const { dial, listen } = require('./link');
const { Replica, name } = require('./replica');
const { Session } = require('./session');
const { refuseUnless } = require('./refused');

class Home {
  constructor(seed, network) {
    this.key = keyFromSeed(seed);
    this.replica = new Replica();
    this.links = new Map(); // sessions by device
    this.server = null;
    this.replica.grown = (log) => this.grown(log);
    this.replica.forkFound = (log) => this.forkFound(log);
    // Whatever is offered is wanted whole.
    const depth = () => Infinity;
    this.node = { replica: this.replica, sessions: new Set(), claims: new Map(), depth };
    this.options = { key: this.key, network, onLink: (link) => this.admit(link) };
  }

  grown(log) {
    for (const session of this.node.sessions) {
      session.guard(() => {
        session.grown(log);
        session.consider(log);
      });
    }
  }

  forkFound(log) {
    for (const session of this.node.sessions) session.guard(() => session.tellFork(log));
  }

  // Whether a peer offers entries of the own log that are not held.
  isBehind() {
    const log = this.key.public;
    const high = this.replica.get(log)?.newest.high ?? 0;
    return [...this.node.sessions].some(({ offers }) => offers.get(name(log))?.high > high);
  }

  // S-29, without the five seconds: here, each end is told whom to dial.
  admit(link) {
    const device = name(link.remote);
    if (link.remote.equals(this.key.public)) {
      link.close();
      return;
    }
    this.links.get(device)?.close();
    const session = new Session(this.node, link);
    this.links.set(device, session);
  }

  async listen() {
    this.server ??= await listen(this.options);
    return `127.0.0.1:${this.server.address().port}`;
  }

  async dial(address, expect) {
    const link = await dial(address, { ...this.options, expect });
    return link.remote;
  }

  linked() {
    return [...this.node.sessions].map(({ link }) => link.remote);
  }

  // Appends { timeMs, body } each to the own log; returns the last entry.
  append(entries) {
    for (const { timeMs, body } of entries) {
      refuseUnless(timeMs >= 0 && timeMs <= INT_MAX, 'bad-structure', 'time');
      refuseUnless(body.length >= 1, 'bad-structure', 'empty body'); // H-7
      refuseUnless(body.length <= BODY_BYTES_MAX, 'too-large', 'body');
    }
    refuseUnless(!this.isBehind(), 'own-log-behind'); // L-22
    refuseUnless(!this.replica.forks.has(name(this.key.public)), 'fork');
    return this.replica.append(this.key, entries);
  }

  close() {
    this.server?.close();
    this.server = null;
    for (const session of [...this.node.sessions]) session.close();
  }
}

module.exports = { Home };
