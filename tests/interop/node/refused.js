'use strict';

// What the protocol refuses, by its error code (protocol/README.md, "How to read").

class Refused extends Error {
  constructor(code, detail = '') {
    super(detail ? `${code}: ${detail}` : code);
    this.code = code;
  }
}

function refuseUnless(condition, code, detail) {
  if (!condition) throw new Refused(code, detail);
}

module.exports = { Refused, refuseUnless };
