'use strict';
// A node: its home, its links, and what it writes. On 127.0.0.1 alone.
const net = require('net');
const { Connection } = require('./connection');
const { Home } = require('./home');
const { Tokens } = require('./tokens');
const { Log } = require('./log');
const { makeEntry, signEntry, isCheckpoint } = require('./entry');
const { refuse } = require('./refusal');
const ed25519 = require('./ed25519');

const HOST = '127.0.0.1';
const LINKS_MOST = 64;
const HANDSHAKES_MOST = 32;
const SAME_TIME_MS = 5000;
const PARENT_MS = 500;
const FIRST_WORD_MS = 1000;
const PATIENCE_MS = 20000;
const LOOK_MS = 20;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Node {
  constructor(seed, network) {
    this.seed = seed;
    this.network = network;
    this.pair = ed25519.keyPair(seed);
    this.device = this.pair.publicKey;
    this.hex = this.device.toString('hex');
    this.home = new Home(new Tokens());
    this.connections = new Set();
    this.links = new Map(); // device to the connection that counts
    this.server = null;
    this.patience = PATIENCE_MS;
    this.flushing = false;
    this.home.store.watchers.add(() => this.flushSoon());
    this.home.wake = () => this.flushSoon();
    const { remember } = this.home;
    this.home.remember = (session, hex) => {
      remember.call(this.home, session, hex);
      setTimeout(() => {
        if (this.home.waiting.has(hex)) this.home.another(hex);
      }, PARENT_MS).unref();
    };
  }

  flushSoon() {
    if (this.flushing) return;
    this.flushing = true;
    setImmediate(() => {
      this.flushing = false;
      for (const connection of this.links.values()) connection.guard(() => connection.flush());
    });
  }

  // --- links -----------------------------------------------------------------------------------

  listen() {
    if (this.server) return Promise.resolve(this.address());
    return new Promise((resolve, reject) => {
      this.server = net.createServer((socket) => this.accept(socket));
      this.server.once('error', reject);
      this.server.listen(0, HOST, () => resolve(this.address()));
    });
  }

  address() { return `${HOST}:${this.server.address().port}`; }

  accept(socket) {
    const coming = [...this.connections].filter((connection) => !connection.session).length;
    if (coming >= HANDSHAKES_MOST || this.connections.size >= LINKS_MOST) {
      socket.destroy();
      return;
    }
    this.connect(socket, false, null, () => {});
  }

  connect(socket, initiator, expect, onEnd) {
    const connection = new Connection(socket, {
      home: this.home,
      seed: this.seed,
      network: this.network,
      initiator,
      expect,
      onUp: (up) => this.linked(up),
      onEnd: (over) => {
        this.connections.delete(over);
        const name = over.device && over.device.toString('hex');
        if (name && this.links.get(name) === over) this.links.delete(name);
        this.flushSoon();
        onEnd(over);
      },
    });
    this.connections.add(connection);
    return connection;
  }

  dial(address, expect) {
    const match = /^127\.0\.0\.1:(\d{1,5})$/.exec(address);
    if (!match) refuse('link-refused', 'not on 127.0.0.1');
    return new Promise((resolve) => {
      const socket = net.connect(Number(match[1]), HOST);
      const connection = this.connect(socket, true, expect, (over) => resolve({ code: over.code || 'link-refused' }));
      connection.onLinked = () => resolve({ device: connection.device });
    });
  }

  // S-29: one session a device.
  linked(connection) {
    const name = connection.device.toString('hex');
    if (name === this.hex) {
      connection.close('');
      return;
    }
    const before = this.links.get(name);
    if (before) {
      const began = connection.initiator ? this.device : connection.device;
      const smaller = Buffer.compare(this.device, connection.device) < 0 ? this.device : connection.device;
      const atOnce = connection.beganAt - before.beganAt < SAME_TIME_MS;
      if (atOnce && before.initiator !== connection.initiator && began !== smaller) {
        if (connection.onLinked) connection.onLinked();
        connection.close('');
        return;
      }
      before.goodbye();
    }
    this.links.set(name, connection);
    if (connection.onLinked) connection.onLinked();
  }

  close() {
    if (this.server) this.server.close();
    this.server = null;
    for (const connection of [...this.connections]) {
      if (connection.session) connection.goodbye();
      else connection.fail('link-refused');
    }
  }

  // --- writing ---------------------------------------------------------------------------------

  get ownLog() { return this.home.store.get(this.hex) || new Log(this.device); }

  // L-22, L-27: claims that this log goes on are waited for, within bounds over all peers.
  async settled() {
    const waits = () => [...this.links.values()].some(({ session, beganAt }) =>
      session.claims(this.hex, this.ownLog.high)
      || (session.view.offered.size === 0 && !session.tokenGiven && Date.now() - beganAt < FIRST_WORD_MS));
    while (this.patience > 0 && waits()) {
      const { high } = this.ownLog;
      const from = Date.now();
      await sleep(LOOK_MS);
      this.patience -= Date.now() - from;
      if (this.ownLog.high > high) this.patience = PATIENCE_MS;
    }
  }

  async append(entries) {
    if (entries.length === 0) refuse('bad-structure', 'nothing');
    await this.settled();
    const log = this.ownLog;
    if (log.forked !== null) refuse('fork');
    let prev = log.newest ? log.highId : null;
    let seq = log.high;
    const made = entries.map(({ time_ms, body }, i) => {
      seq += 1;
      const entry = makeEntry(this.device, seq, prev, time_ms, body);
      prev = entry.id;
      if (isCheckpoint(seq) || i === entries.length - 1) entry.signature = signEntry(this.pair, entry.id);
      return entry;
    });
    this.home.store.append(log, made);
    return made[made.length - 1];
  }
}

module.exports = { Node };
