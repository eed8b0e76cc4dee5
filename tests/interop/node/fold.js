'use strict';
// Full case folding (the C and F of CaseFolding.txt), which JavaScript does not offer: a letter is
// made small, large and small again, one at a time, with two exceptions.
const DOTLESS_I = '\u0131'; // folds to itself
const CHEROKEE = /[\u13a0-\u13f5]/; // folds to its large letters

const small = (text) => [...text].map((char) => char.toLowerCase()).join('');

function foldOne(char) {
  if (char === DOTLESS_I) return char;
  const large = char.toLowerCase().toUpperCase();
  return CHEROKEE.test(large) ? large : small(large);
}

const fold = (text) => [...text].map(foldOne).join('');

module.exports = { fold };
