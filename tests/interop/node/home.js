'use strict';
// What the sessions of a node share: its store, who fetches a log, who pushes it.
const { Store } = require('./store');

const WHOLE = Infinity;
const NOTES_MOST = 4096;

class Home {
  constructor(tokens) {
    this.store = new Store();
    this.tokens = tokens;
    this.sessions = new Set();
    this.fetching = new Map(); // log to the session that asks for it
    this.parents = new Map(); // log to the session that is to push it
    this.waiting = new Map(); // log to the sessions that noted it besides the parent
    this.tokensOf = new Map(); // peer to { token }
    this.store.watchers.add((log, change) => {
      for (const session of this.sessions) session.changed(log, change);
    });
  }

  depth(hex) {
    const log = this.store.get(hex);
    return log && log.forked !== null ? 0 : WHOLE;
  }

  remembered(peer) {
    if (!this.tokensOf.has(peer)) this.tokensOf.set(peer, { token: null });
    return this.tokensOf.get(peer);
  }

  noted(session, hex) {
    const parent = this.parents.get(hex);
    if (!parent) {
      this.parents.set(hex, session);
      session.graft(hex);
    } else this.remember(session, hex);
  }

  // Live homes give the parent half a second. Where there is no room, what the peer said is not known
  // to be here: none of its later tokens counts (10 section 7).
  remember(session, hex) {
    if (!this.waiting.has(hex)) this.waiting.set(hex, new Set());
    const sessions = this.waiting.get(hex);
    if (sessions.has(session)) return;
    if (session.remembering >= NOTES_MOST) session.caughtUp.lost = true;
    else {
      session.remembering += 1;
      sessions.add(session);
    }
  }

  // What waits to be said somewhere: live homes say it soon.
  wake() {}

  release(session, hex) {
    if (this.fetching.get(hex) !== session) return;
    this.fetching.delete(hex);
    for (const other of this.sessions) if (other !== session) other.think(hex);
    this.wake();
  }

  forget(session) {
    this.sessions.delete(session);
    for (const [hex, other] of [...this.fetching]) if (other === session) this.release(session, hex);
    for (const [hex, sessions] of this.waiting) {
      if (sessions.delete(session)) session.remembering -= 1;
      if (sessions.size === 0) this.waiting.delete(hex);
    }
    for (const [hex, other] of [...this.parents]) {
      if (other !== session) continue;
      this.parents.delete(hex);
      this.another(hex);
    }
  }

  // A sender of a note becomes the parent instead.
  another(hex) {
    for (const session of this.waiting.get(hex) || []) {
      this.waiting.get(hex).delete(session);
      session.remembering -= 1;
      if (!session.wants(hex, session.view.noted.get(hex) || 0)) continue;
      this.parents.set(hex, session);
      session.graft(hex);
      this.wake();
      return;
    }
    this.waiting.delete(hex);
  }
}

module.exports = { Home };
