'use strict';
// Chapter 4 sections 1 to 3: what a body may say.
const { decode } = require('./encoding');
const { isInt, isBin, isStr, isArray } = require('./shape');
const { refuse } = require('./refusal');

const BLANK = /^[\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/;

// A field is [check, required, takesNil].
const required = (check) => ({ check, required: true });
const optional = (check) => ({ check, required: false });
const orNil = (check) => ({ check: (value) => value === null || check(value), required: false });

const bin = (size) => (value) => isBin(value, size);
const int = (least, most) => (value) => isInt(value, least, most);
const str = (most) => (value) => isStr(value, most);
const seen = (most) => (value) => isStr(value, most) && !BLANK.test(value);
const bool = (value) => typeof value === 'boolean';
const listOf = (least, most, check) => (value) => isArray(value, least, most) && value.every(check);
const isRef = (value) => isArray(value, 3, 3) && isBin(value[0], 32) && isInt(value[1], 1) && isBin(value[2], 32);

function isMap(fields, extra) {
  return (value) => {
    if (!(value instanceof Map)) return false;
    for (const [name, field] of Object.entries(fields)) {
      if (value.has(name) ? !field.check(value.get(name)) : field.required) return false;
    }
    return !extra || extra(value);
  };
}

const given = (map, name) => map.has(name) && map.get(name) !== null;

const isOrigin = isMap({
  source: required(seen(128)),
  id: required(seen(128)),
  time_ms: required(int(0)),
  account: optional(str(128)),
  reply_to: optional(str(128)),
});
const isPicture = isMap({
  blob: required(bin(32)),
  size: required(int(0, 8388608)),
  type: required(seen(128)),
  alt: optional(str(1024)),
});
const isOutside = isMap({ handle: required(seen(128)), text: optional(str(6144)) });
const isPoll = isMap({
  options: required(listOf(2, 8, seen(128))), until: required(int(0)), many: optional(bool),
});
const isPair = (value) => isArray(value, 2, 2) && seen(64)(value[0]) && seen(256)(value[1]);
const isRising = (value) => listOf(0, 8, int(0, 7))(value) && value.every((one, at) => at === 0 || value[at - 1] < one);

// What a post says, and every version of it anew.
const version = {
  text: optional(str(6144)),
  warning: optional(str(256)),
  lang: optional(str(35)),
  mentions: optional(listOf(0, 16, bin(32))),
  media: optional(listOf(0, 4, isPicture)),
};
const showsSomething = (content) => (content.get('media') || []).length > 0 || !BLANK.test(content.get('text') || '');
const followFields = { identity: required(bin(32)) };

const KINDS = {
  'device.add': isMap({
    device: required(bin(32)), consent: required(bin(64)), name: optional(str(128)),
  }),
  'device.revoke': isMap({
    device: required(bin(32)), seq: required(int(0)),
  }, (content) => content.get('seq') === 0 || isBin(content.get('id'), 32)),
  erase: isMap({ targets: required(listOf(1, 64, isRef)) }),
  profile: isMap({
    name: required(seen(128)), bio: optional(str(1024)), fields: optional(listOf(0, 8, isPair)),
  }),
  post: isMap({
    ...version,
    reply: orNil(isRef),
    root: orNil(isRef),
    quote: orNil(isRef),
    poll: orNil(isPoll),
    origin: orNil(isOrigin),
  }, showsSomething),
  edit: isMap({ target: required(isRef), ...version }, showsSomething),
  vote: isMap({ target: required(isRef), choices: optional(isRising) }),
  pin: isMap({ target: required(isRef), undo: optional(bool) }),
  follow: isMap(followFields),
  unfollow: isMap(followFields),
  like: isMap({ target: required(isRef), undo: optional(bool) }),
  repost: isMap({
    target: orNil(isRef), outside: orNil(isOutside), undo: optional(bool), origin: orNil(isOrigin),
  }, (content) => given(content, 'target') !== given(content, 'outside')),
  import: isMap({ source: required(seen(128)), account: optional(str(128)) }),
};

function parseBody(bytes) {
  let value;
  try {
    value = decode(bytes);
  } catch (error) {
    return refuse('bad-body', error.message);
  }
  if (!isArray(value, 3, 3)) refuse('bad-body');
  const [salt, kind, content] = value;
  if (!isBin(salt, 16) || !isStr(kind, 32, 1) || !(content instanceof Map)) refuse('bad-body');
  const known = Object.hasOwn(KINDS, kind);
  if (known && !KINDS[kind](content)) refuse('bad-body', kind);
  return { kind, known, content };
}

module.exports = { parseBody };
