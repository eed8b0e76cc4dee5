'use strict';
// Chapter 4 sections 4 and 8, chapter 5 sections 3 and 4: what stands of an identity.
//
// All is worked out from what is here; only what was to be erased is remembered.
const { parseBody } = require('./body');
const { devicesOf } = require('./identity');
const { Refusal } = require('./refusal');

const SPARED = ['device.add', 'device.revoke', 'erase'];

// Kind and content of a body that means something, else null.
function meaning(body) {
  if (!body) return null;
  try {
    const { kind, known, content } = parseBody(body);
    return known ? { kind, content } : null;
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

const hexOf = (bytes) => bytes.toString('hex');
const given = (content, name) => content.get(name) ?? null;

function subjectOf({ kind, content }) {
  if (['like', 'repost', 'edit', 'vote', 'pin'].includes(kind)) {
    const target = given(content, 'target');
    return target && hexOf(target[2]);
  }
  if (kind === 'follow' || kind === 'unfollow') return hexOf(content.get('identity'));
  return kind === 'profile' ? '' : null;
}

class Shelf {
  constructor() {
    this.entries = new Map(); // log:seq to { log, seq, id, time, kind, content }
    this.forks = new Map();
    this.marked = new Set(); // log:seq of what was to be erased, here or not (L-24)
  }

  arrive({ log, forked, seq, id, time, body }) {
    if (forked !== undefined) this.forks.set(log, Math.min(forked, this.forks.get(log) ?? Infinity));
    else if (!this.entries.has(`${log}:${seq}`)) {
      const said = meaning(body);
      this.entries.set(`${log}:${seq}`, { log, seq, id, time, kind: said && said.kind, content: said && said.content });
    }
    this.look();
    this.erase();
  }

  forkOf(log) { return this.forks.get(log) ?? Infinity; }

  // L-21: of a kind, before the fork of its log.
  unforked(kind) {
    return [...this.entries.values()].filter((entry) => entry.kind === kind && entry.seq < this.forkOf(entry.log));
  }

  // Whose logs there are: of several the smallest root's (I-7), and where each ends.
  look() {
    this.owners = new Map();
    this.ends = new Map();
    const adds = this.unforked('device.add').map(({ log, seq, content }) =>
      [Buffer.from(log, 'hex'), seq, content.get('device'), content.get('consent')]);
    const roots = new Set(adds.map(([log]) => hexOf(log)));
    for (const root of [...roots].sort().reverse()) {
      const revokes = this.unforked('device.revoke').filter(({ log }) => log === root).map(({ content }) =>
        [content.get('device'), content.get('seq'), content.get('seq') > 0 ? content.get('id') : null]);
      const devices = devicesOf(Buffer.from(root, 'hex'), adds, revokes).map(([device]) => device);
      if (devices.length === 0) continue;
      for (const log of new Set([root, ...devices])) {
        const pins = revokes.filter(([device]) => hexOf(device) === log).map(([, seq]) => seq);
        this.owners.set(log, root);
        this.ends.set(log, Math.min(this.forkOf(log) - 1, ...pins));
      }
    }
  }

  counts({ log, seq }) { return this.owners.has(log) && seq <= this.ends.get(log); }

  // B-13: carried out when it counts, and not taken back (B-16).
  erase() {
    for (const entry of this.entries.values()) {
      if (entry.kind !== 'erase' || !this.counts(entry)) continue;
      const root = this.owners.get(entry.log);
      for (const [key, seq] of entry.content.get('targets')) {
        const log = hexOf(key);
        if (log !== root && this.owners.get(log) === root) this.marked.add(`${log}:${seq}`);
      }
    }
  }

  isErased({ log, seq, kind }) { return this.marked.has(`${log}:${seq}`) && !SPARED.includes(kind); }

  counting(root) {
    return [...this.entries.values()].filter((entry) =>
      this.owners.get(entry.log) === root && this.counts(entry) && !this.isErased(entry));
  }

  // B-7, then B-8.
  lastWords(root, kinds) {
    const inLogs = new Map();
    for (const entry of this.counting(root)) {
      const subject = kinds.includes(entry.kind) ? subjectOf(entry) : null;
      if (subject === null) continue;
      const place = `${subject}:${entry.log}`;
      if (!inLogs.has(place) || inLogs.get(place).entry.seq < entry.seq) inLogs.set(place, { subject, entry });
    }
    const last = new Map();
    for (const { subject, entry } of inLogs.values()) {
      const before = last.get(subject);
      const later = before && (entry.time !== before.time ? entry.time > before.time : entry.log > before.log);
      if (!before || later) last.set(subject, entry);
    }
    return last;
  }

  // The post with this id, if it is here and counts, whoever wrote it.
  post(id) {
    return [...this.entries.values()].find((entry) => entry.id === id && entry.kind === 'post' &&
      !this.isErased(entry) && (this.owners.has(entry.log) ? this.counts(entry) : entry.seq < this.forkOf(entry.log)));
  }

  // B-19; what it chooses is left of a vote that counts.
  votes(root) {
    const found = [];
    for (const [subject, { time, content }] of this.lastWords(root, ['vote'])) {
      const post = this.post(subject);
      const poll = post && given(post.content, 'poll');
      const choices = given(content, 'choices') || [];
      const few = poll && (poll.get('many') || choices.length <= 1);
      const fit = few && time <= poll.get('until') && choices.every((one) => one < poll.get('options').length);
      if (fit && choices.length > 0) found.push([subject, choices]);
    }
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  standing(root) {
    const subjects = (...kinds) => [...this.lastWords(root, kinds)]
      .filter(([, { kind, content }]) => kind !== 'unfollow' && !content.get('undo'))
      .map(([subject]) => subject)
      .sort();
    const profile = this.lastWords(root, ['profile']).get('');
    const posts = this.counting(root).filter(({ kind }) => kind === 'post').map(({ id }) => id).sort();
    const edits = this.lastWords(root, ['edit']);
    const logs = [...this.owners].filter(([, owner]) => owner === root).map(([log]) => log).sort();
    return {
      logs: logs.map((log) => [log, this.ends.get(log) === Infinity ? null : this.ends.get(log)]),
      posts,
      versions: posts.filter((id) => edits.has(id)).map((id) => [id, edits.get(id).id]), // B-18
      votes: this.votes(root),
      pinned: subjects('pin').filter((id) => posts.includes(id)), // B-20
      likes: subjects('like'),
      reposts: subjects('repost'),
      follows: subjects('follow', 'unfollow').filter((identity) => identity !== root), // B-9
      name: profile ? profile.content.get('name') : null,
      bio: profile ? given(profile.content, 'bio') || '' : null,
      fields: profile ? given(profile.content, 'fields') || [] : null,
      erased: [...this.entries.values()]
        .filter((entry) => logs.includes(entry.log) && this.isErased(entry))
        .map(({ log, seq }) => [log, seq])
        .sort(([a, x], [b, y]) => (a === b ? x - y : a < b ? -1 : 1)),
    };
  }
}

module.exports = { Shelf };
