'use strict';
// Conformance section 4: a home that links and replicates by itself.
const { bin, hex } = require('./json');
const { Node } = require('./node');
const { refuse } = require('./refusal');

let node = null;

const current = () => node || refuse('unsupported', 'home comes first');

const operations = {
  home: ({ seed, network }) => {
    if (node) node.close();
    node = new Node(bin(seed), bin(network));
    return { device: hex(node.device) };
  },
  listen: async () => ({ address: await current().listen() }),
  dial: async ({ address, expect }) => {
    const { code, device } = await current().dial(address, bin(expect));
    if (code) refuse(code);
    return { device: hex(device) };
  },
  links: () => [...current().links.keys()],
  append: async ({ entries }) => {
    const last = await current().append(entries.map(({ time_ms, body }) => ({ time_ms, body: bin(body) })));
    return { seq: last.seq, entry_id: hex(last.id) };
  },
  frontier: () => [...current().home.store.logs.values()].map((log) => ({
    log: log.hex,
    low: log.newest ? log.newest.low : null,
    high: log.newest ? log.newest.high : null,
    high_id: log.newest ? hex(log.highId) : null,
    older: log.older && [log.older.low, log.older.high],
    forked: log.forked !== null,
  })),
  log: ({ log: name, low, high }) => {
    const log = current().home.store.get(name);
    const entries = log ? [...log.entries.values()] : [];
    return entries
      .filter(({ seq }) => seq >= low && seq <= high)
      .sort((a, b) => a.seq - b.seq)
      .map(({ seq, id, body }) => ({ seq, entry_id: hex(id), body: hex(body) }));
  },
  close: () => {
    current().close();
    return {};
  },
};

module.exports = { operations };
