'use strict';
// Conformance section 3, "Sessions": one end of sessions with one peer, turn by turn.
const { bin, hex } = require('./json');
const { Home } = require('./home');
const { Session, encode } = require('./session');
const { CountedTokens } = require('./tokens');
const { readSegment } = require('./segment');
const { checkProof } = require('./fork');
const { decode } = require('./encoding');
const { Refusal } = require('./refusal');

const PEER = 'peer';

function turn(session) {
  const out = [];
  const token = [];
  for (const message of session.flush()) (message[0] === 16 && message[1] ? token : out).push(message);
  for (let message = session.pull(); message; message = session.pull()) out.push(message);
  return [...out, ...token].map((message) => hex(encode(message)));
}

function takeAll(home, segments) {
  for (const bytes of segments) {
    try {
      home.store.take(readSegment(bin(bytes)));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
}

function link(home, h, leads) {
  const session = new Session(home, { leads, h: bin(h), peer: PEER });
  home.sessions.add(session);
  return session;
}

const operations = {
  'session.run': ({ h, leads, held, proofs, steps }) => {
    const home = new Home(new CountedTokens());
    takeAll(home, held);
    for (const proof of proofs) home.store.learn(checkProof(decode(bin(proof))));
    let session = link(home, h, leads);
    const out = [turn(session)];
    let refused = null;
    for (const step of steps) {
      try {
        if ('in' in step) for (const bytes of step.in) session.take(bin(bytes));
        else if ('takes' in step) takeAll(home, step.takes);
        else {
          session.end();
          takeAll(home, step.away);
          session = link(home, step.h, step.leads);
        }
        out.push(turn(session));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refused = error.code;
        out.push([]);
        break;
      }
    }
    return { out, refused };
  },
};

module.exports = { operations };
