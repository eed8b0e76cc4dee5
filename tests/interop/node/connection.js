'use strict';
// A link on a TCP socket, and the session on it: chapter 6 section 4, chapter 9 sections 7 and 8.
const { randomBytes } = require('crypto');
const { Link } = require('./link');
const { Frames, frame } = require('./frame');
const { Session, encode } = require('./session');
const { pack, BATCH_MOST } = require('./message');
const { Refusal, refuse } = require('./refusal');

const HANDSHAKE_MS = 10000;
const PING_MS = 5000;
const SILENCE_MS = 15000;
const TICK_MS = 1000;
const TOKEN_MS = 60000;
const LINGER_MS = 2000;
const FULL = 262144;
const SMALL = 512;

class Connection {
  // options: home, seed, network, initiator, expect, onUp(connection), onEnd(connection, code)
  constructor(socket, options) {
    this.socket = socket;
    this.options = options;
    this.initiator = options.initiator;
    this.frames = new Frames(options.initiator ? 'initiator' : 'responder');
    this.link = new Link({ ...options, ephemeral: randomBytes(32) });
    this.session = null;
    this.ended = false;
    this.code = null;
    this.timer = setTimeout(() => this.fail('timeout'), HANDSHAKE_MS);
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.guard(() => this.feed(bytes)));
    socket.on('drain', () => this.guard(() => this.pump()));
    socket.on('error', () => {});
    socket.on('close', () => this.fail('link-refused'));
    this.sendPackets(this.link.start());
  }

  get device() { return this.link.remote; }

  guard(run) {
    if (this.ended) return;
    try {
      run();
    } catch (error) {
      if (!(error instanceof Refusal)) console.error(error);
      this.fail(error instanceof Refusal ? error.code : '');
    }
  }

  feed(bytes) {
    this.heardAt = Date.now();
    this.pinged = false;
    this.frames.feed(bytes, (packet) => {
      if (this.ended) return;
      const { packets, message } = this.link.take(packet);
      this.sendPackets(packets);
      if (this.link.up && !this.session) this.begin();
      if (message && !this.ended) this.hear(message);
    });
    this.flush();
  }

  begin() {
    clearTimeout(this.timer);
    this.timer = setInterval(() => this.guard(() => this.tick()), TICK_MS);
    const { home } = this.options;
    this.session = new Session(home, {
      leads: this.initiator, h: this.link.hash, peer: this.device.toString('hex'),
    });
    this.session.connection = this;
    this.beganAt = this.tokenAt = Date.now();
    this.options.onUp(this);
    if (this.ended) return;
    home.sessions.add(this.session);
    this.flush();
  }

  // What was refused inside a message is told the peer; what the link refuses is not.
  hear(message) {
    try {
      this.session.take(message);
    } catch (error) {
      if (!(error instanceof Refusal)) console.error(error);
      this.farewell(error instanceof Refusal ? error.code : '');
      return;
    }
    if (this.session.state === 'ended') this.close();
  }

  tick() {
    const silent = Date.now() - this.heardAt;
    try {
      if (silent > SILENCE_MS) refuse('timeout');
      this.session.checkProgress(Date.now());
    } catch (error) {
      this.farewell(error.code);
      return;
    }
    const { store } = this.options.home;
    if (this.session.tokenGiven && this.session.tokenAt < store.version && Date.now() - this.tokenAt > TOKEN_MS) {
      this.tokenAt = Date.now();
      this.flush(true);
    }
    if (silent > PING_MS && !this.pinged) {
      this.pinged = true;
      this.say([[5, 1]]);
    }
  }

  flush(token = false) {
    if (this.ended || !this.session) return;
    this.say(this.session.flush(token));
    this.pump();
  }

  // Segments one at a time, as the socket takes them.
  pump() {
    if (!this.session) return;
    while (!this.ended && this.socket.writableLength < FULL) {
      const message = this.session.pull();
      if (!message) return;
      this.say([message]);
    }
  }

  say(messages) {
    let small = [];
    const send = () => {
      if (small.length > 0) this.sendMessage(small.length === 1 ? small[0] : [25, small]);
      small = [];
    };
    for (const message of messages) {
      const large = message[0] === 0 || encode(message).length >= SMALL;
      if (large || small.length === BATCH_MOST) send();
      if (large) this.sendMessage(message);
      else small.push(message);
    }
    send();
  }

  sendMessage(value) {
    if (!this.ended) this.sendPackets(this.link.say(pack(encode(value))));
  }

  sendPackets(packets) {
    for (const packet of packets) this.socket.write(frame(packet));
  }

  // Ends a session with a bye.
  farewell(code) {
    if (this.ended) return;
    if (this.session && this.session.state !== 'ended') this.sendMessage([7, code]);
    this.close(code);
  }

  // A plain one tells first what waits to be told, and gives a token.
  goodbye() {
    this.guard(() => {
      if (this.session) this.say(this.session.flush(true));
    });
    this.farewell('');
  }

  // Nothing that comes now counts, but it is read: a reset would take the bye back.
  close(code) {
    if (this.ended) return;
    this.finish(code);
    this.socket.end();
    setTimeout(() => this.socket.destroy(), LINGER_MS).unref();
  }

  fail(code) {
    if (this.ended) return;
    this.finish(code);
    this.socket.destroy();
  }

  finish(code) {
    this.ended = true;
    this.code = code;
    clearTimeout(this.timer);
    clearInterval(this.timer);
    if (this.session) this.session.end();
    this.options.onEnd(this);
  }
}

module.exports = { Connection };
