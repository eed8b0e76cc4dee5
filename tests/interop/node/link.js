'use strict';
// Chapter 6: one end of a link, without its carrier. Packets in, packets and messages out.
const sodium = require('libsodium-wrappers-sumo');
const { Handshake } = require('./noise');
const { PACKET_MOST, PACKET_LEAST } = require('./frame');
const { Refusal, refuse } = require('./refusal');
const { decompress } = require('./point');
const ed25519 = require('./ed25519');

const PROLOGUE = Buffer.from('p2pblog/1', 'ascii');
const MESSAGE_MOST = 1048576;
const OVERHEAD = 17; // the flag and the tag of a packet
const LENGTHS = [48, 128, 96];

function x25519Of(device) {
  if (!decompress(device)) return null;
  try {
    return Buffer.from(sodium.crypto_sign_ed25519_pk_to_curve25519(device));
  } catch (error) {
    return null;
  }
}

class Link {
  // options: initiator, seed, ephemeral, network, expect (or null), packetMost
  constructor(options) {
    const pair = ed25519.keyPair(options.seed);
    this.device = pair.publicKey;
    this.expect = options.expect || null;
    this.packetMost = Math.min(options.packetMost || PACKET_MOST, PACKET_MOST);
    this.handshake = new Handshake(options.initiator, PROLOGUE, {
      psk: options.network,
      static: Buffer.from(sodium.crypto_sign_ed25519_sk_to_curve25519(pair.privateKey)),
      ephemeral: options.ephemeral,
    });
    this.initiator = options.initiator;
    this.remote = null;
    this.hash = null;
    this.ciphers = null;
    this.heardAny = false;
    this.pieces = [];
    this.size = 0;
  }

  get up() { return this.ciphers !== null; }

  // What this end sends before it hears anything.
  start() {
    return this.initiator ? [this.handshake.write(Buffer.alloc(0))] : [];
  }

  // { packets: to send, message: that came whole or null }
  take(packet) {
    if (this.up) return { packets: [], message: this.takePiece(packet) };
    if (packet.length !== LENGTHS[this.handshake.step]) refuse('not-p2pblog');
    const payload = this.readHandshake(packet);
    const packets = [];
    if (this.handshake.step > 1) this.checkDevice(payload);
    if (this.handshake.myTurn) packets.push(this.handshake.write(this.device));
    if (this.handshake.over) {
      this.ciphers = this.handshake.split();
      this.hash = this.handshake.h;
    }
    return { packets, message: null };
  }

  readHandshake(packet) {
    const first = !this.heardAny;
    this.heardAny = true;
    try {
      return this.handshake.read(packet);
    } catch (error) {
      if (error instanceof Refusal && first && error.detail === 'does not decrypt') refuse('other-network');
      throw error;
    }
  }

  checkDevice(payload) {
    if (payload.length !== 32) refuse('wrong-device');
    const form = x25519Of(payload);
    if (!form || !form.equals(this.handshake.rs)) refuse('wrong-device');
    if (this.expect && !this.expect.equals(payload)) refuse('wrong-device');
    this.remote = Buffer.from(payload);
  }

  takePiece(packet) {
    if (packet.length < PACKET_LEAST) refuse('bad-frame', 'too short');
    const plain = this.ciphers.receive.decrypt(Buffer.alloc(0), packet);
    const flag = plain[0];
    if (flag > 1 || plain.length < 2) refuse('bad-frame', 'a fragment');
    this.size += plain.length - 1;
    if (this.size > MESSAGE_MOST) refuse('too-large', 'a message');
    this.pieces.push(plain.subarray(1));
    if (flag === 1) return null;
    const message = Buffer.concat(this.pieces);
    this.pieces = [];
    this.size = 0;
    return message;
  }

  // The packets of a message, every one but the last filled.
  say(message) {
    if (message.length < 1 || message.length > MESSAGE_MOST) refuse('too-large', 'a message');
    const most = this.packetMost - OVERHEAD;
    const packets = [];
    for (let at = 0; at < message.length; at += most) {
      const piece = message.subarray(at, at + most);
      const flag = at + most < message.length ? 1 : 0;
      packets.push(this.ciphers.send.encrypt(Buffer.alloc(0), Buffer.concat([Buffer.from([flag]), piece])));
    }
    return packets;
  }
}

module.exports = { Link, MESSAGE_MOST };
