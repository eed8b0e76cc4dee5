'use strict';
// Chapter 14 section 5: the stream inside a data channel, as its reader sees it.
const { refuse } = require('./refusal');
const { Frames } = require('./frame');

const ROOM = 524288n;
const PIECE_MOST = 16384;

class Channel {
  constructor(role) {
    this.frames = new Frames(role);
    this.come = 0n;
    this.given = ROOM;
    this.room = ROOM; // what the other end lets this one send
    this.ended = false;
  }

  feed(message, onPacket) {
    if (this.ended) return;
    if (message.length === 0) refuse('bad-frame', 'empty');
    const rest = message.subarray(1);
    if (message[0] === 0) {
      if (rest.length < 1 || rest.length > PIECE_MOST) refuse('bad-frame', 'a piece');
      this.come += BigInt(rest.length);
      if (this.come > this.given) refuse('bad-frame', 'no room');
      this.frames.feed(rest, onPacket);
    } else if (message[0] === 1) {
      if (rest.length !== 8) refuse('bad-frame', 'room');
      const room = rest.readBigUInt64BE(0);
      if (room <= this.room) refuse('bad-frame', 'no more room than before');
      this.room = room;
    } else if (message[0] === 2) {
      if (rest.length !== 0) refuse('bad-frame', 'end');
      this.ended = true;
    } else refuse('bad-frame', 'kind');
  }
}

module.exports = { Channel };
