'use strict';

// protocol/conformance.md: one JSON object a line, requests on stdin, answers on stdout.

const readline = require('node:readline');
const crypto = require('./crypto');
const { checkChunk, readList } = require('./blob');
const { parseBody } = require('./body');
const { header, signId, verifyId } = require('./entry');
const { Home } = require('./home');
const { deviceSet, hasConsent, rootFromWords } = require('./identity');
const { FrameSplitter, SecureLink, lengthsReceived } = require('./link');
const { decodeMessage } = require('./messages');
const { decode, encode } = require('./msgpack');
const { Handshake } = require('./noise');
const { Replica } = require('./replica');
const { Refused, refuseUnless } = require('./refused');
const { checkSegment, forkOf, fromWire, proofFromWire } = require('./segment');
const { fromText, toText } = require('./textform');

const bin = (text) => Buffer.from(text, 'hex');
const maybe = (text) => (text == null ? null : bin(text));
const hex = (bytes) => (bytes === null ? null : Buffer.from(bytes).toString('hex'));

// MessagePack values in JSON: a bin is {"bin": hex}, a map {"map": [[key, value], ...]}.
function toJson(value) {
  if (value instanceof Uint8Array) return { bin: hex(value) };
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Map) return { map: [...value].map(([key, item]) => [key, toJson(item)]) };
  return value;
}

function fromJson(value) {
  if (Array.isArray(value)) return value.map(fromJson);
  if (value === null || typeof value !== 'object') return value;
  if ('bin' in value) return bin(value.bin);
  return new Map(value.map.map(([key, item]) => [key, fromJson(item)]));
}

const readSegment = (text) => fromWire(decode(bin(text)));
const span = (range) => range && [range.low, range.high];
const rangeOf = (range) => range && [range.low, range.high, hex(range.lowPrev), hex(range.highId)];

function frontierOf({ forks }, { log, newest, older }) {
  return {
    log: hex(log), low: newest.low, high: newest.high, high_id: hex(newest.highId),
    older: span(older), forked: forks.has(log.toString('hex')),
  };
}

let home = null;
const theHome = () => {
  refuseUnless(home, 'bad-request', 'no home');
  return home;
};

const OPS = {
  capabilities: () => ({ name: 'p2pblog-node-end', version: '1.0.0', ops: Object.keys(OPS) }),

  'encoding.decode': ({ bytes }) => ({ value: toJson(decode(bin(bytes))) }),
  'encoding.encode': ({ value }) => ({ bytes: hex(encode(fromJson(value))) }),
  'text.to': ({ kind, bytes }) => ({ text: toText(kind, bin(bytes)) }),
  'text.from': ({ kind, text }) => ({ bytes: hex(fromText(kind, text)) }),

  'entry.id': ({ log, seq, prev, time_ms: timeMs, body, body_size: size, body_hash: hash }) => {
    const data = maybe(body);
    const of = data ? [data.length, crypto.digest(data)] : [size, bin(hash)];
    const made = header(bin(log), seq, maybe(prev), timeMs, ...of);
    const id = hex(crypto.digest(made));
    return { header: hex(made), entry_id: id, body_size: of[0], body_hash: hex(of[1]) };
  },
  'entry.sign': ({ seed, entry_id: id }) =>
    ({ signature: hex(signId(crypto.keyFromSeed(bin(seed)), bin(id))) }),
  'entry.verify': ({ log, entry_id: id, signature }) => {
    refuseUnless(verifyId(bin(log), bin(id), bin(signature)), 'bad-signature');
    return {};
  },

  'segment.check': ({ bytes, pinned }) => {
    const { entries, signatures } = checkSegment(readSegment(bytes), maybe(pinned));
    const last = entries.at(-1);
    const signed = [...signatures.keys()];
    return { first: entries[0].seq, last: last.seq, last_id: hex(last.id), signed };
  },
  'fork.check': ({ bytes }) => ({ seq: forkOf(proofFromWire(decode(bin(bytes)))) }),
  'log.take': ({ segments }) => {
    const replica = new Replica();
    const take = (segment) => {
      try {
        return { new: replica.take(segment) };
      } catch (error) {
        if (error instanceof Refused) return { error: error.code };
        throw error;
      }
    };
    const results = segments.map((bytes) => {
      const segment = readSegment(bytes);
      const result = take(segment);
      const held = replica.get(segment.log);
      return {
        ...result, newest: rangeOf(held?.newest ?? null), older: rangeOf(held?.older ?? null),
      };
    });
    return { results };
  },

  'identity.root': ({ words }) => ({ root: hex(rootFromWords(words).public) }),
  'identity.consent': ({ root, device, consent }) => {
    refuseUnless(hasConsent(bin(root), bin(device), bin(consent)), 'bad-signature');
    return {};
  },
  'identity.devices': ({ root, adds, revokes }) => {
    const added = adds.map(([log, seq, device, consent]) =>
      ({ log: bin(log), seq, device: bin(device), consent: bin(consent) }));
    const revoked = revokes.map(([device, seq, id]) => ({ device: bin(device), seq, id: maybe(id) }));
    const found = deviceSet(bin(root), added, revoked);
    return { devices: found.map(({ device, pin }) => [hex(device), pin && [pin.seq, hex(pin.id)]]) };
  },
  'body.parse': ({ bytes }) => {
    const { kind, known } = parseBody(bin(bytes));
    return { kind, known };
  },

  'blob.list': ({ blob, list }) => {
    const { size, hashes } = readList(bin(blob), bin(list));
    return { size, chunks: hashes.length };
  },
  'blob.chunk': ({ list, index, chunk }) => {
    const data = bin(list);
    checkChunk(readList(crypto.digest(data), data), index, bin(chunk));
    return {};
  },

  'frame.split': ({ role, stream }) => {
    const splitter = new FrameSplitter(lengthsReceived(role === 'initiator'));
    const packets = splitter.feed(bin(stream));
    return { lengths: packets.map(({ length }) => length), refused: splitter.refused };
  },
  'noise.handshake': ({ initiator, prologue, psk, static: secret, ephemeral, messages }) => {
    const state = new Handshake({
      initiator, prologue: bin(prologue), psk: bin(psk), secret: bin(secret),
      ephemeral: bin(ephemeral),
    });
    let ciphers = null;
    const made = messages.map(({ from, payload, ciphertext }) => {
      if (state.done) ciphers ??= state.split();
      if ((from === 'initiator') === initiator) {
        const plain = bin(payload);
        return hex(ciphers ? ciphers[0].encrypt(Buffer.alloc(0), plain) : state.write(plain));
      }
      const sealed = bin(ciphertext);
      return hex(ciphers ? ciphers[1].decrypt(Buffer.alloc(0), sealed) : state.read(sealed));
    });
    return { messages: made, hash: hex(state.h) };
  },
  'link.run': ({ role, seed, network, ephemeral, expect, packet_most: most, steps }) => {
    const link = new SecureLink({
      initiator: role === 'initiator', key: crypto.keyFromSeed(bin(seed)), network: bin(network),
      ephemeral: bin(ephemeral), expect: maybe(expect), packetBytesMax: most,
    });
    const out = link.start();
    const heard = [];
    let refused = null;
    try {
      for (const step of steps) {
        const made = 'in' in step ? link.receive(bin(step.in)) : { packets: link.seal(bin(step.say)) };
        out.push(...made.packets);
        heard.push(...(made.messages ?? []));
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refused = error.code;
    }
    return {
      out: out.map(hex), heard: heard.map(hex), remote: hex(link.remote), refused,
      handshake_hash: link.established ? hex(link.handshake.h) : null,
    };
  },
  'message.decode': ({ bytes }) => ({ type: decodeMessage(bin(bytes)).type }),

  home: ({ seed, network }) => {
    home?.close();
    home = new Home(bin(seed), bin(network));
    return { device: hex(home.key.public) };
  },
  listen: async () => ({ address: await theHome().listen() }),
  dial: async ({ address, expect }) => ({ device: hex(await theHome().dial(address, maybe(expect))) }),
  links: () => theHome().linked().map(hex),
  append: ({ entries }) => {
    const bodies = entries.map(({ time_ms: timeMs, body }) => ({ timeMs, body: bin(body) }));
    const { seq, id } = theHome().append(bodies);
    return { seq, entry_id: hex(id) };
  },
  frontier: () => {
    const { replica } = theHome();
    return [...replica.logs.values()].map((held) => frontierOf(replica, held));
  },
  log: ({ log, low, high }) => {
    const held = theHome().replica.get(bin(log));
    const entries = [...(held?.entries.values() ?? [])]
      .filter(({ seq }) => low <= seq && seq <= high)
      .sort((a, b) => a.seq - b.seq);
    return entries.map(({ seq, id, body }) => ({ seq, entry_id: hex(id), body: hex(body) }));
  },
  close: () => {
    theHome().close();
    return true;
  },
};

// The sessions here are those of an earlier draft. Until they are written anew from the pages, this
// program does not offer what rests on them.
const EARLIER = [
  'message.decode', 'home', 'listen', 'dial', 'links', 'append', 'frontier', 'log', 'close',
];
for (const op of EARLIER) delete OPS[op];

async function answer(line) {
  const { id, op, ...fields } = JSON.parse(line);
  if (!Object.hasOwn(OPS, op)) return { id, error: 'unsupported' };
  try {
    return { id, ok: await OPS[op](fields) };
  } catch (error) {
    if (error instanceof Refused) return { id, error: error.code };
    return { id, error: 'failed', detail: String(error.stack) };
  }
}

async function main() {
  await crypto.ready;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
  }
  process.exit(0);
}

main();
