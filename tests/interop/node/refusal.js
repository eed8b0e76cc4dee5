'use strict';
// What is refused, with the code of chapter 13 section 6.
class Refusal extends Error {
  constructor(code, detail) {
    super(detail ? `${code}: ${detail}` : code);
    this.code = code;
    this.detail = detail || null;
  }
}

function refuse(code, detail) {
  throw new Refusal(code, detail);
}

module.exports = { Refusal, refuse };
