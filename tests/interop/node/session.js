'use strict';

// protocol/09-sessions.md and 10-replication.md: one session with a peer, over a link.

const { encode } = require('./msgpack');
const { OFFERS_MAX, TYPES, decodeMessage } = require('./messages');
const { nextAsk, sameAsk } = require('./planning');
const { name } = require('./replica');
const { toWire } = require('./segment');
const { Refused, refuseUnless } = require('./refused');

const QUESTIONS_MAX = 8;
const WANTS_QUEUED_MAX = 64;
const OFFERED_LOGS_MAX = 100_000;
const PUSH_ENTRIES_MAX = 64;
const TICK_MS = 500;
const PING_AFTER_MS = 5_000;
const SILENCE_MS = 15_000;
const PROGRESS_MS = 20_000;
const QUESTION_MS = 120_000;

const answers = ({ first, last, bodies }, { low, high, down, most }) => {
  if (most) return bodies.length <= most;
  return low <= first && (down ? last <= high : first <= high);
};

class Session {
  // `node` is what all sessions share: { replica, sessions, claims, depth }.
  constructor(node, link) {
    Object.assign(this, { node, link, greeted: false, ended: false, pinged: false });
    this.offers = new Map(); // by log
    this.questions = new Map(); // by number: { log, ask, began }, of our own
    this.forks = new Map(); // by log: the lowest fork that both ends know
    this.toldLow = new Map(); // by log: the lowest entry that was announced
    this.waiting = new Map(); // logs to ask for when a want ends
    this.number = 0;
    this.serving = []; // questions of the peer's
    this.pushes = new Map(); // by log: what is new to it
    this.pumping = false;
    this.heard = this.progress = Date.now();
    this.timer = setInterval(() => this.guard(() => this.tick()), TICK_MS);
    link.onMessage = (data) => this.guard(() => this.receive(data));
    link.onEnd = () => this.release();
    node.sessions.add(this);
    this.send('hello', 1); // S-3
    this.announce([...node.replica.logs.values()]);
    for (const { proof } of node.replica.forks.values()) this.tellFork(proof[0].log);
  }

  // What is refused ends the session, with a bye that says why (S-26).
  guard(action) {
    try {
      action();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.close(error.code);
    }
  }

  send(type, ...fields) {
    if (!this.ended) this.link.send(encode([TYPES.indexOf(type), ...fields]));
  }

  close(code = '') {
    this.send('bye', code);
    this.release();
    this.link.close();
  }

  release() {
    if (this.ended) return;
    this.ended = true; // S-27, S-28
    clearInterval(this.timer);
    this.node.sessions.delete(this);
    const given = [...this.questions.values()].map(({ log }) => log);
    this.questions.clear();
    for (const log of given) this.unclaim(log);
  }

  unclaim(log) {
    this.node.claims.delete(name(log));
    for (const session of this.node.sessions) {
      session.guard(() => {
        if (this.node.replica.get(log)) session.grown(log);
        session.consider(log);
        for (const other of [...session.waiting.values()]) session.consider(other);
      });
    }
  }

  tick() {
    const now = Date.now();
    if (now - this.heard >= SILENCE_MS) throw new Refused('timeout', 'silence');
    const open = [...this.questions.values()];
    const stuck = open.length > 0 && now - this.progress >= PROGRESS_MS;
    if (stuck || open.some(({ began }) => now - began >= QUESTION_MS)) throw new Refused('timeout', 'no answer'); // S-22
    if (now - this.heard >= PING_AFTER_MS && !this.pinged) {
      this.pinged = true;
      this.send('ping', 0);
    }
  }

  receive(data) {
    if (this.ended) return;
    this.heard = Date.now();
    this.pinged = false;
    const message = decodeMessage(data);
    if (message.type === 'bye') {
      this.release();
      this.link.close();
      return;
    }
    const greeting = message.type === 'hello';
    refuseUnless(greeting !== this.greeted, 'unexpected-message', 'greeting'); // S-4, S-6
    if (greeting) {
      refuseUnless(message.version === 1, 'unexpected-message', 'version'); // S-5
      this.greeted = true;
      return;
    }
    this[`on_${message.type}`]?.(message); // pong and blob_part answer nothing of ours
  }

  on_have({ offers }) {
    for (const offer of offers) {
      this.offers.set(name(offer.log), offer);
      refuseUnless(this.offers.size <= OFFERED_LOGS_MAX, 'too-large', 'logs'); // S-8
      this.consider(offer.log);
    }
  }

  on_ping({ number }) {
    this.send('pong', number); // S-25
  }

  on_ask_blob({ number }) {
    this.send('blob_part', number, null); // P-1: this end keeps no blobs
  }

  on_want(question) {
    refuseUnless(this.serving.length < WANTS_QUEUED_MAX, 'unexpected-message', 'wants'); // S-21
    this.serving.push(question);
    this.pump();
  }

  on_latest(question) {
    this.on_want(question);
  }

  on_fork({ proof }) {
    const lowest = this.node.replica.addFork(proof); // S-32
    this.forks.set(name(proof[0].log), lowest);
  }

  on_done({ number }) {
    const question = this.questions.get(number);
    if (!question) return; // S-16
    const { log, ask } = question;
    this.questions.delete(number);
    const again = this.plan(log);
    if (again && sameAsk(again, ask)) this.offers.delete(name(log));
    this.unclaim(log);
  }

  on_segment({ number, segment }) {
    const { log, first, last } = segment;
    if (number > 0) {
      const question = this.questions.get(number);
      refuseUnless(question, 'unexpected-message', 'no such question'); // S-16
      const fits = log.equals(question.log) && answers(segment, question.ask); // S-17 to S-19
      refuseUnless(fits, 'unexpected-message', 'not what was asked for');
    }
    this.learn(log, first, last);
    if (number > 0 || this.isWelcome(segment)) this.takeIn(segment);
    if (number === 0) this.consider(log);
  }

  takeIn(segment) {
    try {
      if (this.node.replica.take(segment) > 0) this.progress = Date.now();
      else this.node.replica.compare(segment);
    } catch (error) {
      if (error.code !== 'seq-gap' && error.code !== 'fork') throw error; // L-14, L-20
    }
  }

  // S-24: a push is taken only where it goes on from what is held.
  isWelcome({ log, first }) {
    const { replica } = this.node;
    const follows = first === 1 ? replica.get(log) : replica.range(log, first - 1);
    return this.node.depth(log) > 0 && follows;
  }

  // The peer holds what it has just sent, or been sent.
  learn(log, first, last) {
    const offer = this.offers.get(name(log));
    const highId = this.node.replica.get(log)?.entries.get(last)?.id ?? null;
    if (!offer) this.offers.set(name(log), { log, low: first, high: last, highId, older: null });
    else if (last > offer.high) {
      const low = first <= offer.high + 1 ? Math.min(first, offer.low) : first;
      this.offers.set(name(log), { ...offer, low, high: last, highId });
    } else if (first < offer.low && offer.low <= last + 1) {
      this.offers.set(name(log), { ...offer, low: first });
    }
  }

  plan(log) {
    const { replica, depth } = this.node;
    const offer = this.offers.get(name(log));
    if (!offer || replica.forks.has(name(log))) return null;
    return nextAsk(replica.get(log), offer, depth(log));
  }

  // Asks for what the rule gives, unless another session fetches the log.
  consider(log) {
    if (this.ended || !this.greeted) return;
    this.waiting.delete(name(log));
    if (this.node.claims.has(name(log))) return; // `unclaim` comes back to it
    if (this.questions.size >= QUESTIONS_MAX) { // S-20
      this.waiting.set(name(log), log);
      return;
    }
    const ask = this.plan(log);
    if (!ask) return;
    this.number += 1;
    if (this.questions.size === 0) this.progress = Date.now();
    this.questions.set(this.number, { log, ask, began: Date.now() });
    this.node.claims.set(name(log), this);
    if (ask.most) this.send('latest', this.number, log, ask.most);
    else this.send('want', this.number, log, ask.low, ask.high, ask.down);
  }

  announce(logs) {
    for (let at = 0; at < logs.length; at += OFFERS_MAX) {
      this.send('have', logs.slice(at, at + OFFERS_MAX).map(({ log, newest, older }) => {
        this.toldLow.set(name(log), newest.low);
        const offer = [log, newest.low, newest.high, newest.highId];
        return older ? [...offer, older.low, older.high] : offer;
      }));
    }
  }

  // Section 5 of protocol/10-replication.md: what is told unasked.
  grown(log) {
    const held = this.node.replica.get(log);
    const offer = this.offers.get(name(log));
    const ahead = offer ? held.newest.high - offer.high : 0;
    if (!offer || ahead > PUSH_ENTRIES_MAX || (ahead > 0 && offer.high + 1 < held.newest.low)) {
      this.announce([held]);
    } else if (ahead > 0) {
      this.pushes.set(name(log), {
        number: 0, log, low: offer.high + 1, high: held.newest.high, down: false,
      });
      this.pump();
    } else if (held.newest.low < this.toldLow.get(name(log)) && !this.node.claims.has(name(log))) {
      this.announce([held]);
    }
  }

  // S-30, S-31
  tellFork(log) {
    const { lowest, proof } = this.node.replica.forks.get(name(log));
    if (lowest >= (this.forks.get(name(log)) ?? Infinity)) return;
    this.forks.set(name(log), lowest);
    this.send('fork', proof.map(toWire));
  }

  // Serves one segment at a time, what is new first, in turn among the questions, as the link
  // takes them (S-22).
  async pump() {
    if (this.pumping) return;
    this.pumping = true;
    while (this.pushes.size + this.serving.length > 0 && !this.ended) {
      const [push] = this.pushes.values();
      if (push) this.pushes.delete(name(push.log));
      this.serve(push ?? this.serving.shift());
      await this.link.drained();
      await new Promise(setImmediate);
    }
    this.pumping = false;
  }

  serve({ number, log, low, high, down, most }) {
    const { replica } = this.node;
    if (most) {
      high = replica.get(log)?.newest.high ?? 0;
      low = Math.max(1, high - most + 1);
      down = true;
    }
    const segment = down ? replica.segmentDown(log, low, high) : replica.segmentUp(log, low, high);
    if (segment) {
      this.send('segment', number, toWire(segment));
      this.learn(log, segment.first, segment.last);
      if (down) high = segment.first - 1;
      else low = segment.last + 1;
      if (low <= high) {
        const rest = { number, log, low, high, down };
        if (number > 0) this.serving.push(rest);
        else if (!this.pushes.has(name(log))) this.pushes.set(name(log), rest);
        return;
      }
    }
    if (number > 0) this.send('done', number); // S-15
  }
}

module.exports = { Session };
