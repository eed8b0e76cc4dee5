'use strict';
// Chapter 6 section 4: packets on a byte stream.
const { refuse } = require('./refusal');

const PACKET_MOST = 65535;
const PACKET_LEAST = 18;
const HANDSHAKE = { initiator: [128], responder: [48, 96] };

class Frames {
  constructor(role) {
    this.due = [...HANDSHAKE[role]];
    this.chunks = [];
    this.size = 0;
    this.length = null; // of the packet that is coming
  }

  // Calls onPacket for each packet that is whole, in order.
  feed(bytes, onPacket) {
    this.chunks.push(bytes);
    this.size += bytes.length;
    for (;;) {
      if (this.length === null) {
        if (this.size < 2) return;
        const length = this.take(2).readUInt16BE(0);
        this.check(length);
        this.length = length;
      }
      if (this.size < this.length) return;
      const packet = this.take(this.length);
      this.length = null;
      this.due.shift();
      onPacket(packet);
    }
  }

  check(length) {
    if (this.due.length > 0) {
      if (length !== this.due[0]) refuse('not-p2pblog');
    } else if (length < PACKET_LEAST || length > PACKET_MOST) refuse('bad-frame');
  }

  take(count) {
    if (this.chunks.length > 1 && this.chunks[0].length < count) this.chunks = [Buffer.concat(this.chunks)];
    const piece = this.chunks[0].subarray(0, count);
    this.chunks[0] = this.chunks[0].subarray(count);
    if (this.chunks[0].length === 0 && this.chunks.length > 1) this.chunks.shift();
    this.size -= count;
    return piece;
  }
}

function frame(packet) {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(packet.length);
  return Buffer.concat([length, packet]);
}

module.exports = { Frames, frame, PACKET_MOST, PACKET_LEAST };
