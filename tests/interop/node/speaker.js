'use strict';
// What one end of a session says, and when: chapter 9 sections 3 to 6, chapter 10 sections 3 to 9.
// What is to be said is gathered, and said by flush(): one item a log, the latest state.
const { ITEMS_MOST } = require('./message');
const { refuse } = require('./refusal');
const { plan } = require('./plan');
const { pushValue, answerValue } = require('./answer');
const { Leader } = require('./compare');
const { PeerView } = require('./peer-view');
const { CaughtUp } = require('./caught-up');

const OPEN_MOST = 8;
const PUSH_MOST = 64;
const PROGRESS_MS = 20000;
const QUESTION_MS = 120000;

class Speaker {
  constructor(home, { leads, h, peer }) {
    this.home = home;
    this.leads = leads;
    this.h = h;
    this.peer = peer;
    this.state = 'greeting';
    this.view = new PeerView();
    this.remembered = home.remembered(peer);
    this.caughtUp = new CaughtUp(this.remembered, home);
    this.grafted = new Set(); // by the peer: pushed to it
    this.asked = new Set(); // grafted by this end
    this.proofs = new Map(); // log to the lowest fork that the peer was shown, or showed
    this.now = []; // answers that wait for nothing
    this.pushes = [];
    this.grafts = new Set();
    this.prunes = new Set();
    this.offers = new Set();
    this.forks = new Set();
    this.dirty = new Map(); // log to { rose, fell: ranges }
    this.thoughts = new Set();
    this.questions = new Map();
    this.answers = [];
    this.number = 0;
    this.leader = null;
    this.follower = null;
    this.tokenDue = false;
    this.tokenGiven = false;
    this.seekDue = false;
    this.sought = false;
    this.seeks = new Set(); // logs to be sought
    this.said = false;
    this.remembering = 0; // notes of this peer that wait for another parent
    this.progress = 0; // when a segment last brought something
  }

  frontier() {
    const { store } = this.home;
    if (!this.cached || this.cachedAt !== store.version) {
      this.cached = store.frontier(this.h);
      this.cachedAt = store.version;
    }
    return this.cached;
  }

  // The comparison, once a session.
  begin() {
    if (this.leads && !this.leader) this.leader = new Leader(() => this.frontier(), (hex) => this.tell(hex));
  }

  tell(hex) {
    const log = this.home.store.get(hex);
    if (!log) return;
    if (log.newest) this.offers.add(hex);
    if (log.forked !== null) this.forks.add(hex);
  }

  wants(hex, seq) {
    const log = this.home.store.get(hex);
    return this.home.depth(hex) > 0 && seq > (log ? log.high : 0);
  }

  // This session is the log's parent now, because of a note.
  graft(hex) { this.grafts.add(hex); }

  push(log, low) {
    this.pushes.push([3, 0, pushValue(log, low, log.high)]);
    this.view.share(log.hex, low, log.high);
  }

  // --- what changes here ------------------------------------------------------------------------

  changed(log, change) {
    if (this.state !== 'open') return;
    if (change.forked) this.forks.add(log.hex);
    if (change.rose || change.fell) {
      const before = this.dirty.get(log.hex) || { rose: false, fell: [] };
      const fell = change.fell ? [...before.fell, change.fell] : before.fell;
      this.dirty.set(log.hex, { rose: before.rose || change.rose, fell });
    }
    this.think(log.hex);
  }

  think(hex) {
    if (this.view.offers.has(hex)) this.thoughts.add(hex);
  }

  planned(hex, offer) { return plan(this.home.store.get(hex), offer, this.home.depth(hex)); }

  // --- saying -----------------------------------------------------------------------------------

  hello() {
    this.said = true;
    return [0, 1, this.remembered.token || null];
  }

  // All that is to be said now, but the segments of answers: pull() gives these one by one.
  // Another token comes where one is asked for, once the first has been given.
  flush(another = false) {
    if (this.state === 'ended') return [];
    if (!this.said) return [this.hello()];
    if (this.state === 'greeting') return [];
    const out = this.now.splice(0);
    const agreed = [];
    if (this.leader && !this.leader.over) {
      for (const message of this.leader.say()) (message[0] === 15 ? agreed : out).push(message);
      if (this.leader.over) this.tokenDue = true;
    }
    const token = this.tokenGiven ? another : this.tokenDue;
    const notes = this.growth(token);
    this.sayItems(out, 1, this.takeOffers());
    this.sayForks(out);
    this.sayItems(out, 18, notes);
    out.push(...this.pushes.splice(0), ...agreed);
    this.sayTree(out);
    this.ask(out);
    this.caughtUp.settle();
    if (token) out.push(this.giveToken());
    return out;
  }

  giveToken() {
    this.tokenGiven = true;
    this.tokenAt = this.home.store.version;
    return [16, this.home.tokens.give(this.home.store.version)];
  }

  // Section 5: one thing for each log that has grown. Gives the notes.
  growth(token) {
    const notes = [];
    for (const [hex, { rose, fell }] of [...this.dirty]) {
      const log = this.home.store.get(hex);
      const known = this.view.known(hex);
      const newer = rose && log.high > known;
      // Where the ranges have become one, newest.low may be known and what lay between is not.
      const past = fell.some(({ low, high }) => !this.view.holds(hex, low, high));
      if (past && !newer && !token && this.home.fetching.has(hex)) continue;
      this.dirty.delete(hex);
      if (this.offers.has(hex)) continue;
      if (past) this.offers.add(hex);
      else if (newer && this.grafted.has(hex)) {
        if (log.high - known <= PUSH_MOST && known + 1 >= log.newest.low) this.push(log, known + 1);
        else this.offers.add(hex);
      } else if (newer) notes.push([log.key, log.high]);
    }
    return notes;
  }

  takeOffers() {
    const offers = [...this.offers].map((hex) => this.home.store.offerOf(this.home.store.get(hex)));
    this.offers.clear();
    return offers;
  }

  sayItems(out, type, items) {
    for (let at = 0; at < items.length; at += ITEMS_MOST) out.push([type, items.slice(at, at + ITEMS_MOST)]);
  }

  sayForks(out) {
    for (const hex of this.forks) {
      const log = this.home.store.get(hex);
      if (log.forked >= (this.proofs.get(hex) ?? Infinity)) continue;
      this.proofs.set(hex, log.forked);
      out.push([11, log.proof]);
    }
    this.forks.clear();
  }

  sayTree(out) {
    for (const hex of this.grafts) {
      if (!this.wants(hex, this.view.noted.get(hex) || 0)) continue;
      const log = this.home.store.get(hex);
      this.asked.add(hex);
      out.push([19, Buffer.from(hex, 'hex'), log ? log.high : 0]);
    }
    this.grafts.clear();
    for (const hex of this.prunes) {
      this.asked.delete(hex);
      out.push([20, Buffer.from(hex, 'hex')]);
    }
    this.prunes.clear();
    if (this.seekDue) {
      this.seekDue = false;
      this.sought = true;
      this.incomplete().forEach((hex) => this.seeks.add(hex));
    }
    this.sayItems(out, 17, [...this.seeks].map((hex) => Buffer.from(hex, 'hex')));
    this.seeks.clear();
  }

  // Who notes or pushes a log does not say what it holds below.
  seekPast(hex) {
    const log = this.home.store.get(hex);
    if (!log || !this.lacking(log) || this.view.offered.has(hex)) return;
    this.view.offered.add(hex);
    this.seeks.add(hex);
  }

  lacking(log) {
    return log.newest && this.home.depth(log.hex) > 0 && (log.newest.low > 1 || log.withoutBodies().length > 0);
  }

  // Logs that are wanted, not held whole, and not offered in this session.
  incomplete() {
    const logs = [];
    for (const log of this.home.store.logs.values()) {
      if (this.lacking(log) && !this.view.offered.has(log.hex)) logs.push(log.hex);
    }
    return logs;
  }

  ask(out) {
    for (const hex of [...this.thoughts]) {
      const offer = this.view.offers.get(hex);
      const holder = this.home.fetching.get(hex);
      const ask = offer && holder !== this ? this.planned(hex, offer) : null;
      // Waits for a place, or for the session that fetches it.
      if (ask && (this.questions.size >= OPEN_MOST || holder)) continue;
      this.thoughts.delete(hex);
      if (!ask) continue;
      const number = ++this.number;
      const key = Buffer.from(hex, 'hex');
      this.home.fetching.set(hex, this);
      if (this.questions.size === 0) this.progress = Date.now();
      this.questions.set(number, { hex, key, ask, since: Date.now() });
      out.push(ask.most !== undefined
        ? [10, number, key, ask.most]
        : [2, number, key, ask.low, ask.high, ask.down]);
    }
  }

  // The next segment or done of the answers, in turn; null where none waits.
  pull() {
    if (this.state !== 'open' || this.answers.length === 0) return null;
    const answer = this.answers.shift();
    const entries = answer.next();
    if (!entries) return [4, answer.number];
    this.answers.push(answer);
    this.view.share(answer.log.hex, entries[0].seq, entries[entries.length - 1].seq);
    return [3, answer.number, answerValue(answer.log, entries)];
  }

  // S-22
  checkProgress(now) {
    if (this.questions.size > 0 && now - this.progress > PROGRESS_MS) refuse('timeout', 'nothing new');
    for (const { since } of this.questions.values()) if (now - since > QUESTION_MS) refuse('timeout', 'a question');
  }

  // Whether the peer claims entries of a log that are not here (L-22).
  claims(hex, high) {
    const offer = this.view.offers.get(hex);
    return this.state === 'open' && Math.max(offer ? offer.high : 0, this.view.noted.get(hex) || 0) > high;
  }

  // --- the end ----------------------------------------------------------------------------------

  end() {
    this.state = 'ended';
    this.caughtUp.settle();
    this.home.forget(this);
  }
}

module.exports = { Speaker, PUSH_MOST };
