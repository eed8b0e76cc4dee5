'use strict';
// Chapter 10 section 9: the two parts of a comparison.
//
// Each works on `frontier()`, what is held at this moment, and says in `tell` which logs the other
// end is to be told of (an offer, the proof, or both).
const { refuse } = require('./refusal');
const { DIGITS } = require('./frontier');

const NAMED_MOST = 256;
const OPEN_MOST = 8;
const COMPARES_MOST = 200256;

const cut = (digests) => {
  const names = [];
  for (let at = 0; at < digests.length; at += 8) names.push(digests.subarray(at, at + 8).toString('hex'));
  return names;
};

class Follower {
  constructor(frontier, tell) {
    this.frontier = frontier;
    this.tell = tell;
    this.sent = new Map(); // digests of items that this end has named: to the log
    this.asked = 0;
  }

  count() {
    this.asked += 1;
    if (this.asked > NAMED_MOST + 2 * this.frontier().items.length) refuse('too-large', 'compares');
  }

  part(frontier, prefix, digit) {
    const { items, digests } = frontier.summary(prefix + digit);
    if (items) for (const { hex, digest } of frontier.under(prefix + digit)) this.sent.set(digest.toString('hex'), hex);
    return [digit, items, digests];
  }

  compare({ prefix, items, digests }) {
    this.count();
    const frontier = this.frontier();
    const none = Buffer.alloc(0);
    if (!items) {
      const parts = DIGITS
        .filter((digit, i) => !frontier.digest(prefix + digit).equals(digests.subarray(8 * i, 8 * i + 8)))
        .map((digit) => this.part(frontier, prefix, digit));
      return [13, prefix, parts, none];
    }
    if (digests.length > 0 && frontier.count(prefix) > NAMED_MOST) {
      return [13, prefix, DIGITS.map((digit) => this.part(frontier, prefix, digit)), none];
    }
    const theirs = cut(digests);
    const mine = new Map(frontier.under(prefix).map(({ hex, digest }) => [digest.toString('hex'), hex]));
    for (const [digest, hex] of mine) if (!theirs.includes(digest)) this.tell(hex);
    const lacking = theirs.filter((digest) => !mine.has(digest));
    return [13, prefix, [], Buffer.from(lacking.join(''), 'hex')];
  }

  reveal({ lacking }) {
    this.count();
    for (const digest of cut(lacking)) if (this.sent.has(digest)) this.tell(this.sent.get(digest));
  }
}

class Leader {
  constructor(frontier, tell) {
    this.frontier = frontier;
    this.tell = tell;
    this.waiting = [''];
    this.open = new Map(); // prefix to what was said: { items, named: digest to log }
    this.reveals = [];
    this.compares = 0;
    this.over = false;
  }

  // What is to be said now. `over` is set with agreed.
  say() {
    const out = this.reveals;
    this.reveals = [];
    const frontier = this.frontier();
    while (this.waiting.length > 0 && this.open.size < OPEN_MOST) {
      const prefix = this.waiting.shift();
      const { items, digests } = frontier.summary(prefix);
      const named = new Map();
      if (items) for (const { hex, digest } of frontier.under(prefix)) named.set(digest.toString('hex'), hex);
      this.open.set(prefix, { items, named });
      out.push([12, prefix, items, digests]);
    }
    if (!this.over && this.open.size === 0) {
      this.over = true;
      out.push([15]);
    }
    return out;
  }

  compare(prefix) {
    this.compares += 1;
    if (this.compares > COMPARES_MOST) refuse('too-large', 'compares');
    this.waiting.push(prefix);
  }

  compared({ prefix, parts, lacking }) {
    const question = this.open.get(prefix);
    if (!question) refuse('unexpected-message', 'compared');
    const { items, named } = question;
    if (parts.length > 0 && items && named.size === 0) refuse('unexpected-message', 'parts');
    const lacked = cut(lacking);
    if (!lacked.every((digest) => named.has(digest))) refuse('unexpected-message', 'lacking');
    this.open.delete(prefix);
    for (const digest of lacked) this.tell(named.get(digest));
    for (const [digit, partItems, digests] of parts) this.part(prefix + digit, partItems, digests);
  }

  part(q, items, digests) {
    const frontier = this.frontier();
    if (!items) {
      DIGITS.forEach((digit, i) => {
        if (!frontier.digest(q + digit).equals(digests.subarray(8 * i, 8 * i + 8))) this.compare(q + digit);
      });
    } else if (digests.length === 0) {
      for (const { hex } of frontier.under(q)) this.tell(hex);
    } else if (frontier.count(q) > NAMED_MOST) {
      this.compare(q);
    } else {
      const theirs = cut(digests);
      const mine = new Map(frontier.under(q).map(({ hex, digest }) => [digest.toString('hex'), hex]));
      for (const [digest, hex] of mine) if (!theirs.includes(digest)) this.tell(hex);
      const lacking = theirs.filter((digest) => !mine.has(digest));
      if (lacking.length > 0) this.reveals.push([14, q, Buffer.from(lacking.join(''), 'hex')]);
    }
  }
}

module.exports = { Follower, Leader };
