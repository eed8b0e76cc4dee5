'use strict';

// protocol/06-links.md: an encrypted link, first without a carrier, then over TCP.

const net = require('node:net');
const { randomBytes } = require('node:crypto');
const { exchangePublic, exchangeSecret } = require('./crypto');
const { Handshake, TAG_BYTES } = require('./noise');
const { Refused, refuseUnless } = require('./refused');

const PROLOGUE = Buffer.from('p2pblog/1');
const HANDSHAKE_BYTES = [48, 128, 96];
const PACKET_BYTES_MIN = 18;
const PACKET_BYTES_MAX = 65535;
const MESSAGE_BYTES_MAX = 1048576;
const HANDSHAKE_MS = 10_000;
const NONE = Buffer.alloc(0);

// Sections 2, 3 and 5: packets in, packets and messages out.
class SecureLink {
  constructor({ initiator, key, network, expect = null, ephemeral = randomBytes(32),
    packetBytesMax = PACKET_BYTES_MAX }) {
    Object.assign(this, { initiator, key, expect, packetBytesMax });
    const secret = exchangeSecret(key);
    this.handshake = new Handshake({
      initiator, prologue: PROLOGUE, psk: network, secret, ephemeral,
    });
    this.remote = null; // the device at the other end, once proven
    this.pieces = [];
    this.size = 0;
  }

  get established() {
    return this.handshake.done;
  }

  // What the initiator sends first.
  start() {
    return this.initiator ? [this.handshake.write(NONE)] : [];
  }

  // What one packet leads to: packets to send, or messages.
  receive(packet) {
    if (this.established) return { packets: [], messages: this.open(packet) };
    const { step } = this.handshake;
    refuseUnless(packet.length === HANDSHAKE_BYTES[step], 'not-p2pblog', 'length');
    let payload;
    try {
      payload = this.handshake.read(packet);
    } catch (error) {
      throw step < 2 && error.code === 'bad-frame' ? new Refused('other-network') : error;
    }
    if (step > 0) {
      const known = exchangePublic(payload);
      refuseUnless(known && known.equals(this.handshake.rs), 'wrong-device', 'not its key');
      refuseUnless(!this.expect || this.expect.equals(payload), 'wrong-device', 'another one');
      this.remote = payload;
    }
    const packets = step < 2 ? [this.handshake.write(this.key.public)] : [];
    if (this.established) [this.sending, this.receiving] = this.handshake.split();
    return { packets, messages: [] };
  }

  open(packet) {
    const fragment = this.receiving.decrypt(NONE, packet);
    refuseUnless(fragment.length >= 2 && fragment[0] <= 1, 'bad-frame', 'no fragment');
    this.size += fragment.length - 1;
    refuseUnless(this.size <= MESSAGE_BYTES_MAX, 'too-large', 'message');
    this.pieces.push(fragment.subarray(1));
    if (fragment[0] === 1) return [];
    const message = Buffer.concat(this.pieces);
    this.pieces = [];
    this.size = 0;
    return [message];
  }

  seal(message) {
    const most = this.packetBytesMax - TAG_BYTES - 1;
    const packets = [];
    for (let at = 0; at < message.length; at += most) {
      const flag = Buffer.from([at + most < message.length ? 1 : 0]);
      const fragment = Buffer.concat([flag, message.subarray(at, at + most)]);
      packets.push(this.sending.encrypt(NONE, fragment));
    }
    return packets;
  }
}

// Section 4: packets on a byte stream.  `first` are the exact lengths of the first ones.
class FrameSplitter {
  constructor(first) {
    this.first = [...first];
    this.held = NONE;
    this.refused = null; // an error code; nothing more is read then
  }

  feed(data) {
    if (this.refused) return [];
    this.held = Buffer.concat([this.held, data]);
    const packets = [];
    while (this.held.length >= 2) {
      const size = this.held.readUInt16BE();
      const handshake = this.first.length > 0;
      if (handshake ? size !== this.first[0] : size < PACKET_BYTES_MIN) {
        this.refused = handshake ? 'not-p2pblog' : 'bad-frame';
        break;
      }
      if (this.held.length < 2 + size) break;
      packets.push(Buffer.from(this.held.subarray(2, 2 + size)));
      this.held = this.held.subarray(2 + size);
      this.first.shift();
    }
    return packets;
  }
}

const lengthsReceived = (initiator) => HANDSHAKE_BYTES.filter((_, n) => (n % 2 === 1) === initiator);

function frame(packet) {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(packet.length);
  return Buffer.concat([length, packet]);
}

// A link over a TCP socket.  `onMessage` and `onEnd` are set by whoever uses it.
class TcpLink {
  constructor(socket, secure) {
    this.socket = socket;
    this.secure = secure;
    this.remote = null;
    this.onMessage = () => {};
    this.onEnd = () => {};
  }

  get writable() {
    return this.socket.writable;
  }

  write(packets) {
    if (this.socket.writable) for (const packet of packets) this.socket.write(frame(packet));
  }

  send(message) {
    if (this.socket.writable) this.write(this.secure.seal(message));
  }

  // Until what was sent has left this process, or the link has ended.
  async drained() {
    while (this.socket.writableNeedDrain && !this.socket.destroyed) {
      await new Promise((resolve) => {
        this.socket.once('drain', resolve);
        this.socket.once('close', resolve);
      });
    }
  }

  // Ends the link once what was sent is out; nothing that comes now is taken.
  close() {
    this.onMessage = () => {};
    this.socket.end();
    setTimeout(() => this.socket.destroy(), 2000).unref();
  }
}

// Shakes hands over `socket`; rejects with the error code of what went wrong.
function openLink(socket, options) {
  const secure = new SecureLink(options);
  const link = new TcpLink(socket, secure);
  const splitter = new FrameSplitter(lengthsReceived(options.initiator));
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    const fail = (code) => {
      reject(new Refused(code));
      link.onEnd(code);
      socket.destroy();
    };
    const timer = setTimeout(() => fail('timeout'), HANDSHAKE_MS);
    const take = (packet) => {
      const before = secure.established;
      const { packets, messages } = secure.receive(packet);
      link.write(packets);
      if (!before && secure.established) {
        clearTimeout(timer);
        link.remote = secure.remote;
        // At once, not in a later turn: messages may stand right behind the handshake.
        options.onLink(link);
        resolve(link);
      }
      for (const message of messages) link.onMessage(message);
    };
    socket.on('data', (data) => {
      try {
        for (const packet of splitter.feed(data)) take(packet);
        if (splitter.refused) fail(splitter.refused);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        fail(error.code);
      }
    });
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      clearTimeout(timer);
      reject(new Refused('link-refused'));
      link.onEnd(null);
    });
    link.write(secure.start());
  });
}

// Dials HOST:PORT on this machine.
function dial(address, options) {
  const [host, port] = address.split(':');
  return openLink(net.connect(Number(port), host), { ...options, initiator: true });
}

// Listens on a free port of 127.0.0.1; returns the server.
function listen(options) {
  const server = net.createServer((socket) => {
    openLink(socket, { ...options, initiator: false }).catch(() => {}); // who failed is gone
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

module.exports = { SecureLink, FrameSplitter, lengthsReceived, dial, listen };
