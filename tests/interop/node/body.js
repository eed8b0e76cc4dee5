'use strict';

// protocol/04-bodies.md sections 1 to 3: which bodies have a meaning.

const { decode } = require('./msgpack');
const { isBin, isInt } = require('./segment');
const { INT_MAX } = require('./entry');
const { Refused, refuseUnless } = require('./refused');

const SPACE = new RegExp(
  '^[\\u0009-\\u000d\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*$',
  'u',
);
const bytes = (text) => Buffer.byteLength(text, 'utf8');
const check = (condition, detail) => refuseUnless(condition, 'bad-body', detail);

// Each rule is a function of a value; a field is { rule, required, nil }: `nil` says that nil
// counts as absent.
const str = (most) => (value) => typeof value === 'string' && bytes(value) <= most;
const notBlank = (most) => (value) => str(most)(value) && !SPACE.test(value);
const bin = (size) => (value) => isBin(value, size);
const int = (most, least = 0) => (value) => isInt(value) && value >= least && value <= most;
const bool = (value) => typeof value === 'boolean';
const ref = (value) =>
  Array.isArray(value) && value.length === 3 && isBin(value[0], 32) &&
  int(INT_MAX, 1)(value[1]) && isBin(value[2], 32);
const arrayOf = (most, rule) => (value) =>
  Array.isArray(value) && value.length <= most && value.every(rule);
const mapOf = (fields) => (value) => value instanceof Map && follows(value, fields);

const required = (rule) => ({ rule, required: true });
const optional = (rule) => ({ rule });
const nullable = (rule) => ({ rule, nil: true });

function follows(content, fields) {
  return Object.entries(fields).every(([name, field]) => {
    const value = content.get(name);
    if (value === undefined || (value === null && field.nil)) return !field.required;
    return field.rule(value);
  });
}

const ORIGIN = mapOf({
  source: required(notBlank(128)), id: required(notBlank(128)), time_ms: required(int(INT_MAX)),
  account: optional(str(128)), reply_to: optional(str(128)),
});
const PICTURE = mapOf({
  blob: required(bin(32)), size: required(int(8388608)), type: required(notBlank(128)),
  alt: optional(str(1024)),
});
const OUTSIDE = mapOf({ handle: required(notBlank(128)), text: optional(str(6144)) });
const present = (content, name) => content.has(name) && content.get(name) !== null;

const KINDS = {
  'device.add': {
    device: required(bin(32)), consent: required(bin(64)), name: optional(str(128)),
  },
  'device.revoke': {
    device: required(bin(32)), seq: required(int(INT_MAX)), id: nullable(bin(32)),
  },
  erase: { targets: required((value) => arrayOf(64, ref)(value) && value.length >= 1) },
  profile: { name: required(notBlank(128)), bio: optional(str(1024)) },
  post: {
    text: optional(str(6144)), reply: nullable(ref), root: nullable(ref), quote: nullable(ref),
    warning: optional(str(256)), lang: optional(str(35)), mentions: optional(arrayOf(16, bin(32))),
    media: optional(arrayOf(4, PICTURE)), origin: nullable(ORIGIN),
  },
  follow: { identity: required(bin(32)) },
  unfollow: { identity: required(bin(32)) },
  like: { target: { rule: ref, required: true, nil: true }, undo: optional(bool) },
  repost: {
    target: nullable(ref), outside: nullable(OUTSIDE), undo: optional(bool),
    origin: nullable(ORIGIN),
  },
  import: { source: required(notBlank(128)), account: optional(str(128)) },
};
// What a table of fields cannot say.
const BESIDES = {
  'device.revoke': (content) => content.get('seq') === 0 || present(content, 'id'),
  post: (content) => !SPACE.test(content.get('text') ?? '') || content.get('media')?.length > 0,
  repost: (content) => present(content, 'target') !== present(content, 'outside'),
};

// { kind, known, content } of a body, or `bad-body`.
function parseBody(data) {
  let value;
  try {
    value = decode(data);
  } catch (error) {
    if (error instanceof Refused) throw new Refused('bad-body', error.message);
    throw error;
  }
  check(Array.isArray(value) && value.length === 3, 'not [salt, kind, content]');
  const [salt, kind, content] = value;
  check(isBin(salt, 16) && typeof kind === 'string' && content instanceof Map, 'types');
  check(bytes(kind) >= 1 && bytes(kind) <= 32, 'kind');
  if (!Object.hasOwn(KINDS, kind)) return { kind, known: false, content }; // B-3
  check(follows(content, KINDS[kind]), `a field of ${kind}`);
  check(BESIDES[kind]?.(content) ?? true, kind);
  return { kind, known: true, content };
}

module.exports = { parseBody };
