'use strict';
// Chapter 4 section 7: cleaning text for showing, tags and mentions in it.
const { fold } = require('./fold');

const ESCAPES = new RegExp([
  '(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]',
  '(?:\\u001b[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])[^\\u0007\\u001b\\u009c]*(?:\\u0007|\\u001b\\\\|\\u009c)',
  '\\u001b[ -/]*[0-Z\\\\^-~]',
].join('|'), 'gu');

const SCRIPTS = ['Arabic', 'Syriac', 'Nko', 'Mongolian', 'Khmer', 'Myanmar', 'Tibetan', 'Devanagari', 'Bengali',
  'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu', 'Kannada', 'Malayalam', 'Sinhala'];
const OF_SCRIPTS = SCRIPTS.map((script) => `\\p{Script=${script}}`).join('');
const BEFORE = `(?<=(?!\\p{Default_Ignorable_Code_Point})[\\p{M}${OF_SCRIPTS}])`;
const BEHIND = `(?=\\p{L})(?=[${OF_SCRIPTS}])`;
const PICTURE = '(?!\\p{Cn})\\p{Extended_Pictographic}[\\p{Emoji_Modifier}\\ufe0f]?';
// These have a shape.
const SHAPED = '[\\u0600-\\u0605\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u{110bd}\\u{110cd}]';
const KEPT = [
  '\\u{1f3f4}[\\u{e0061}-\\u{e007a}]{1,6}\\u{e007f}',
  `${PICTURE}(?:\\u200d${PICTURE}){0,4}`,
  '[0-9#*]\\ufe0f\\u20e3',
  `${BEFORE}[\\u200c\\u200d]${BEHIND}`,
  '(?<=\\u09b0)\\u200d(?=\\u09cd)',
  SHAPED,
  '\\n',
].join('|');
const INVISIBLE = new RegExp(`(${KEPT})|[\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}]`, 'gu');

function clean(text) {
  return text
    .replace(/\r\n|[\r\u000b\u000c\u0085\u2028\u2029]/g, '\n')
    .replace(/\t/g, '    ')
    .replace(ESCAPES, '')
    .replace(INVISIBLE, (all, kept) => kept || '')
    .replace(/[\p{Cs}\p{Co}\p{Cn}]/gu, '\ufffd')
    .replace(/(?![ \u3000])\p{Zs}/gu, ' ')
    .replace(/[ \u3000]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|\n+$/g, '')
    .replace(/(\p{M}{5})\p{M}+/gu, '$1')
    .replace(/^(?=\p{M})/gmu, '\u25cc');
}

function cleanName(text) {
  return clean(text)
    .replace(/[\n \u3000\u2800]+/gu, ' ')
    .replace(/^ | $/g, '')
    .replace(/^(?=\p{M})/u, '\u25cc');
}

const WORD = '\\p{Alphabetic}\\p{Join_Control}\\p{M}\\p{Nd}\\p{Pc}';
const TAG = new RegExp(`(?<![${WORD}/&#])#((?!\\p{M})[${WORD}]+)`, 'gu');
const MENTION = new RegExp(`(?<![${WORD}/.@])@((?!\\p{M})[${WORD}](?:[${WORD}.-]*[${WORD}])?)`, 'gu');
const MENTIONS_MOST = 16;
const TAG_MOST = 64;
const TAGS_MOST = 32;

function tagsOf(cleaned) {
  const tags = new Set();
  for (const [, written] of cleaned.matchAll(TAG)) {
    const tag = fold(written).normalize('NFC');
    if ([...tag].length > TAG_MOST || /^\p{Nd}*$/u.test(tag)) continue;
    if (tags.size < TAGS_MOST) tags.add(tag);
  }
  return [...tags];
}

// What a writer looks up, to fill `mentions`.
function mentionsOf(cleaned) {
  const names = new Map();
  for (const [, name] of cleaned.matchAll(MENTION)) {
    if (!names.has(fold(name))) names.set(fold(name), name);
  }
  return [...names.values()].slice(0, MENTIONS_MOST);
}

module.exports = { clean, cleanName, tagsOf, mentionsOf };
