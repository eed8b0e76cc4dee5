'use strict';
// Chapters 9 and 10: one end of a session, without its link. take() hears here; what it says stands
// in speaker.js.
//
// home: { store, tokens, depth(hex), fetching: log to session, parents: log to session,
//         remembered(peer), noted(session, hex), release(session, hex), forget(session) }
const { encode } = require('./encoding');
const { refuse, Refusal } = require('./refusal');
const { parseMessage } = require('./message');
const { checkProof } = require('./fork');
const { Answer } = require('./answer');
const { Follower } = require('./compare');
const { Speaker, PUSH_MOST } = require('./speaker');

const QUESTIONS_WAIT_MOST = 64;
const OFFERS_MOST = 100000;
const BEAR = 300000; // 200,000 at least (S-39)
const BEAR_A_SECOND = 2000;
const OF_LEADER = new Set(['compare', 'reveal', 'agreed']);

class Session extends Speaker {
  constructor(home, options) {
    super(home, options);
    this.borne = 0;
    this.borneAt = Date.now();
  }

  take(bytes) {
    for (const message of parseMessage(bytes).messages) {
      if (this.state === 'ended') return;
      this.hear(message);
    }
  }

  hear(message) {
    const { type } = message;
    if (this.state === 'greeting' && type !== 'hello') refuse('unexpected-message', `${type} before hello`);
    if (OF_LEADER.has(type) ? this.leads : type === 'compared' && !this.leads) refuse('unexpected-message', type);
    this.bear(1);
    this[`on_${type}`](message);
  }

  bear(cost) {
    const now = Date.now();
    this.borne = Math.max(0, this.borne - ((now - this.borneAt) / 1000) * BEAR_A_SECOND) + cost;
    this.borneAt = now;
    if (this.borne > BEAR) refuse('too-large', 'too many messages');
  }

  on_hello({ version, token }) {
    if (this.state !== 'greeting' || version !== 1) refuse('unexpected-message', 'hello');
    this.state = 'open';
    const { store, tokens } = this.home;
    const since = tokens.find(token, store.version);
    if (since === null) {
      this.now.push([16, null]);
      this.begin();
      return;
    }
    for (const log of store.logs.values()) {
      if (log.changedAt > since && log.newest) this.offers.add(log.hex);
      if (log.forkedAt > since) this.forks.add(log.hex);
    }
    this.tokenDue = true;
  }

  on_told({ token }) {
    if (token === null) {
      this.begin();
      return;
    }
    this.caughtUp.told(token, this.view);
    if (!this.sought) this.seekDue = true;
  }

  on_compare(message) { this.now.push(this.following().compare(message)); }
  on_reveal(message) { this.following().reveal(message); }
  on_agreed() { this.tokenDue = true; }

  following() {
    this.follower = this.follower || new Follower(() => this.frontier(), (hex) => this.tell(hex));
    return this.follower;
  }

  on_compared(message) {
    if (!this.leader) refuse('unexpected-message', 'compared');
    this.leader.compared(message);
  }

  on_have({ offers }) {
    this.bear(offers.length);
    for (const offer of offers) this.think(this.view.offer(offer));
    if (this.view.offered.size > OFFERS_MOST) refuse('too-large', 'offers');
  }

  on_note({ pairs }) {
    this.bear(pairs.length);
    for (const [key, seq] of pairs) {
      const hex = key.toString('hex');
      this.view.note(hex, seq);
      this.seekPast(hex);
      if (this.wants(hex, seq)) this.home.noted(this, hex);
    }
  }

  on_graft({ log: key, after }) {
    const hex = key.toString('hex');
    const log = this.home.store.get(hex);
    if (!log || !log.newest) return;
    this.grafted.add(hex);
    this.view.graft(hex, after);
    if (after >= log.high) return;
    if (log.high - after <= PUSH_MOST && after + 1 >= log.newest.low) this.push(log, after + 1);
    else this.offers.add(hex);
  }

  on_prune({ log }) { this.grafted.delete(log.toString('hex')); }

  on_seek({ logs }) {
    this.bear(logs.length);
    for (const key of logs) {
      const log = this.home.store.get(key.toString('hex'));
      if (log && log.newest) this.offers.add(log.hex);
    }
  }

  on_want(question) { this.answer(question); }
  on_latest(question) { this.answer(question); }

  answer(question) {
    if (this.answers.length >= QUESTIONS_WAIT_MOST) refuse('unexpected-message', 'too many questions');
    this.answers.push(new Answer(question, this.home.store.get(question.log.toString('hex'))));
  }

  on_ask_blob({ number }) { this.now.push([9, number, null]); }
  on_blob_part() {}
  on_ping({ number }) { this.now.push([6, number]); }
  on_pong() {}
  on_join() {}
  on_shuffle() {}
  on_relay() {}
  on_bye() { this.state = 'ended'; }

  on_fork({ proof }) {
    const checked = checkProof(proof);
    const hex = checked.log.toString('hex');
    this.proofs.set(hex, Math.min(checked.seq, this.proofs.get(hex) ?? Infinity));
    this.home.store.learn(checked);
  }

  on_segment({ number, segment }) {
    if (number === 0) this.pushed(segment);
    else this.answered(number, segment);
  }

  answered(number, segment) {
    const question = this.questions.get(number);
    if (!question) refuse('unexpected-message', 'answers nothing');
    if (!segment.log.equals(question.key)) refuse('unexpected-message', 'another log');
    const { ask } = question;
    const { first, last } = segment;
    if (ask.most !== undefined) {
      if (last - first + 1 > ask.most) refuse('unexpected-message', 'too many entries');
    } else if (ask.down) {
      if (last > ask.high || first < ask.low) refuse('unexpected-message', 'out of range');
    } else if (first < ask.low || first > ask.high) refuse('unexpected-message', 'out of range');
    if (this.place(segment, Boolean(ask.down)) > 0) this.progress = Date.now();
  }

  // The number of new entries; what is no fault of the peer is borne.
  place(segment, down) {
    try {
      return this.home.store.take(segment, down);
    } catch (error) {
      if (!(error instanceof Refusal) || (error.code !== 'seq-gap' && error.code !== 'fork')) throw error;
      this.think(segment.log.toString('hex'));
      return 0;
    }
  }

  pushed(segment) {
    const hex = segment.log.toString('hex');
    const log = this.home.store.get(hex);
    this.view.pushed(segment);
    const wanted = this.home.depth(hex) > 0;
    const fits = wanted && (segment.first === 1 ? Boolean(log && log.newest) || this.asked.has(hex)
      : Boolean(log && log.holds(segment.first - 1)));
    const brought = fits ? this.place(segment, false) : 0;
    if (brought > 0) {
      this.view.share(hex, segment.first, segment.last);
      this.home.parents.set(hex, this);
    } else {
      this.bear(segment.entries.length);
      const parent = this.home.parents.get(hex);
      if (!wanted || (parent && parent !== this)) this.prunes.add(hex);
    }
    this.seekPast(hex);
    this.think(hex);
  }

  on_done({ number }) {
    const question = this.questions.get(number);
    if (!question) return;
    this.questions.delete(number);
    this.home.release(this, question.hex);
    const offer = this.view.offers.get(question.hex);
    const again = offer && this.planned(question.hex, offer);
    if (again && JSON.stringify(again) === JSON.stringify(question.ask)) {
      this.view.offers.delete(question.hex);
      this.view.offered.delete(question.hex);
      this.caughtUp.inVain(question.hex);
    } else this.think(question.hex);
  }
}

module.exports = { Session, encode };
