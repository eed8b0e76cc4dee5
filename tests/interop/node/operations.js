'use strict';
// Conformance section 3, all but sessions: requests in, answers out.
const { hex, bin, toJson, fromJson } = require('./json');
const { Refusal } = require('./refusal');
const { encode, decode } = require('./encoding');
const textform = require('./textform');
const { makeEntry, signEntry, verifyEntry } = require('./entry');
const { readSegment, checkSegment, lastId } = require('./segment');
const { Log } = require('./log');
const { checkProof } = require('./fork');
const identity = require('./identity');
const { parseBody } = require('./body');
const { Shelf } = require('./said');
const { clean, cleanName, tagsOf, mentionsOf } = require('./text');
const blob = require('./blob');
const { Frames } = require('./frame');
const { Handshake } = require('./noise');
const { Link } = require('./link');
const { parseMessage } = require('./message');
const { readCode } = require('./words');
const pairing = require('./pairing');
const { readBundle, writeBundle } = require('./bundle');
const signal = require('./signal');
const { readInstance, mayDial } = require('./hearsay');
const { Channel } = require('./channel');
const ed25519 = require('./ed25519');

// Runs what may be refused half-way: the code, or null.
function until(run) {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

const operations = {
  'encoding.decode': ({ bytes }) => ({ value: toJson(decode(bin(bytes))) }),
  'encoding.encode': ({ value }) => ({ bytes: hex(encode(fromJson(value))) }),
  'text.to': ({ kind, bytes }) => ({ text: textform.toText(kind, bin(bytes)) }),
  'text.from': ({ kind, text }) => ({ bytes: hex(textform.fromText(kind, text)) }),

  'entry.id': ({ log, seq, prev, time_ms, body }) => {
    const entry = makeEntry(bin(log), seq, bin(prev), time_ms, bin(body));
    return { header: hex(entry.header), entry_id: hex(entry.id), body_size: entry.size, body_hash: hex(entry.hash) };
  },
  'entry.sign': ({ seed, entry_id }) => ({ signature: hex(signEntry(ed25519.keyPair(bin(seed)), bin(entry_id))) }),
  'entry.verify': ({ log, entry_id, signature }) => {
    verifyEntry(bin(log), bin(entry_id), bin(signature));
    return {};
  },

  'segment.check': ({ bytes, pinned }) => {
    const segment = checkSegment(readSegment(bin(bytes)), bin(pinned));
    return {
      first: segment.first, last: segment.last, last_id: hex(lastId(segment)), signed: [...segment.signatures.keys()],
    };
  },
  'log.take': ({ segments }) => {
    let log = null;
    const range = (name) => {
      const held = log && log.range(name);
      return held && [held[0], held[1], hex(held[2]), hex(held[3])];
    };
    const results = segments.map((bytes) => {
      const result = {};
      const refused = until(() => {
        const segment = readSegment(bin(bytes));
        log = log || new Log(segment.log);
        result.new = log.place(segment).length;
      });
      if (refused) result.error = refused;
      if (refused === 'fork') log.forked = log.forked ?? log.newest.low; // L-19
      return { ...result, newest: range('newest'), older: range('older') };
    });
    return { results };
  },
  'fork.check': ({ bytes }) => ({ seq: checkProof(decode(bin(bytes))).seq }),

  'identity.root': ({ words }) => ({ root: hex(identity.rootPair(words).publicKey) }),
  'identity.consent': ({ root, device, consent }) => {
    identity.checkConsent(bin(root), bin(device), bin(consent));
    return {};
  },
  'identity.devices': ({ root, adds, revokes }) => ({
    devices: identity.devicesOf(
      bin(root),
      adds.map(([log, seq, device, consent]) => [bin(log), seq, bin(device), bin(consent)]),
      revokes.map(([device, seq, id]) => [bin(device), seq, bin(id)]),
    ).map(([device, pin]) => [device, pin && [pin.seq, hex(pin.id)]]),
  }),

  'identity.said': ({ root, arrivals }) => {
    const shelf = new Shelf();
    shelf.look();
    for (const { log, forked, seq, entry_id, time_ms, body } of arrivals) {
      shelf.arrive({ log, forked, seq, id: entry_id, time: time_ms, body: bin(body) });
    }
    return shelf.standing(root);
  },

  'body.parse': ({ bytes }) => {
    const { kind, known } = parseBody(bin(bytes));
    return { kind, known };
  },
  'text.clean': ({ text }) => ({ shown: clean(text) }),
  'text.name': ({ text }) => ({ shown: cleanName(text) }),
  'text.tags': ({ text }) => ({ tags: tagsOf(clean(text)) }),
  'text.mentions': ({ text }) => ({ names: mentionsOf(clean(text)) }),
  'blob.list': ({ blob: id, list }) => {
    const { size, hashes } = blob.checkList(bin(id), bin(list));
    return { size, chunks: hashes.length };
  },
  'blob.chunk': ({ list, index, chunk }) => {
    blob.checkChunk(blob.parseList(bin(list)), index, bin(chunk));
    return {};
  },

  'frame.split': ({ role, stream }) => {
    const lengths = [];
    const refused = until(() => new Frames(role).feed(bin(stream), (packet) => lengths.push(packet.length)));
    return { lengths, refused };
  },
  'noise.handshake': ({ initiator, prologue, psk, static: secret, ephemeral, messages }) => {
    const handshake = new Handshake(initiator, bin(prologue), {
      psk: bin(psk), static: bin(secret), ephemeral: bin(ephemeral),
    });
    let ciphers = null;
    const none = Buffer.alloc(0);
    return {
      messages: messages.map(({ from, payload, ciphertext }) => {
        const mine = (from === 'initiator') === initiator;
        let answer;
        if (!handshake.over) {
          answer = mine ? handshake.write(bin(payload)) : handshake.read(bin(ciphertext));
          if (handshake.over) ciphers = handshake.split();
        } else {
          answer = mine
            ? ciphers.send.encrypt(none, bin(payload))
            : ciphers.receive.decrypt(none, bin(ciphertext));
        }
        return hex(answer);
      }),
    };
  },
  'link.run': ({ role, seed, ephemeral, network, expect, packet_most, steps }) => {
    const link = new Link({
      initiator: role === 'initiator',
      seed: bin(seed),
      ephemeral: bin(ephemeral),
      network: bin(network),
      expect: bin(expect),
      packetMost: packet_most,
    });
    const heard = [];
    const out = [];
    const refused = until(() => {
      out.push(...link.start());
      for (const step of steps) {
        if ('say' in step) out.push(...link.say(bin(step.say)));
        else {
          const { packets, message } = link.take(bin(step.in));
          out.push(...packets);
          if (message) heard.push(message);
        }
      }
    });
    return {
      out: out.map(hex), heard: heard.map(hex), remote: hex(link.remote), handshake_hash: hex(link.hash), refused,
    };
  },
  'message.decode': ({ bytes }) => ({ type: parseMessage(bin(bytes)).type }),

  'pairing.code': ({ typed }) => ({ code: readCode(typed) }),
  'pairing.key': ({ code, network }) => ({ key: hex(pairing.pairingKey(code, bin(network))) }),
  'pairing.commitment': ({ nonce }) => ({ commitment: hex(pairing.commitmentTo(bin(nonce))) }),
  'pairing.number': ({ handshake_hash, root, device, joiner, nonce, answer }) => ({
    number: pairing.numberOf({
      handshakeHash: bin(handshake_hash), root: bin(root), device: bin(device), joiner: bin(joiner),
      nonce: bin(nonce), answer: bin(answer),
    }),
  }),
  'pairing.old': ({ root, device, name, joiner, handshake_hash, nonce, steps }) => {
    const end = new pairing.Old({
      root: bin(root), device: bin(device), name, joiner: bin(joiner), handshakeHash: bin(handshake_hash), nonce: bin(nonce),
    });
    const refused = until(() => {
      for (const step of steps) {
        if ('in' in step) end.hear(bin(step.in));
        else if ('yes' in step) end.yes(step.yes);
        else end.no();
      }
    });
    return { out: end.out.map(hex), number: end.number, called: end.called, consent: hex(end.consent), refused };
  },
  'pairing.new': ({ seed, name, handshake_hash, nonce, steps }) => {
    const end = new pairing.New({ seed: bin(seed), name, handshakeHash: bin(handshake_hash), nonce: bin(nonce) });
    const refused = until(() => {
      for (const step of steps) end.hear(bin(step.in));
    });
    return {
      out: end.out.map(hex), number: end.number, called: end.called, root: hex(end.root), device: hex(end.device),
      addresses: end.addresses, declined: end.declined, refused,
    };
  },

  'lan.read': ({ network, device, here, name, txt, port, addresses }) => {
    const read = readInstance({ network: bin(network), own: bin(device), here, name, txt: bin(txt), port, addresses });
    return { found: hex(read.device), dial: read.dial };
  },
  'member.dial': ({ addresses }) => ({ dial: addresses.filter(mayDial) }),

  'bundle.read': ({ bytes }) => {
    const segments = [];
    const refused = until(() => readBundle(bin(bytes), (segment) => segments.push(hex(segment))));
    return { segments, refused };
  },
  'bundle.write': ({ held }) => {
    const logs = new Map();
    for (const bytes of held) {
      const segment = readSegment(bin(bytes));
      const name = hex(segment.log);
      if (!logs.has(name)) logs.set(name, new Log(segment.log));
      until(() => logs.get(name).place(segment));
    }
    return { bytes: hex(writeBundle(logs.values())) };
  },
  'signal.read': ({ bytes }) => {
    const { type, candidates } = signal.readSignal(bin(bytes));
    return { type, candidates: candidates.map(({ address, port }) => [signal.addressText(address), port]) };
  },
  'signal.text': ({ letter, text }) => {
    const { bytes, written } = signal.readSignalText(letter, text);
    return { bytes: hex(bytes), written };
  },
  'channel.feed': ({ role, messages }) => {
    const lengths = [];
    const channel = new Channel(role);
    const refused = until(() => {
      for (const message of messages) channel.feed(bin(message), (packet) => lengths.push(packet.length));
    });
    return { lengths, ended: channel.ended, refused };
  },
};

module.exports = { operations, until };
