'use strict';
// Conformance section 3: the frontier and comparisons on logs that are only named.
const { hex, bin } = require('./json');
const { encode } = require('./encoding');
const { refuse } = require('./refusal');
const { Frontier, itemBytes, numberBytes, itemDigest } = require('./frontier');
const { Follower, Leader } = require('./compare');
const { parseMessage } = require('./message');

const readRanges = (ranges) => ranges.map((field) => (typeof field === 'string' ? bin(field) : field));

const frontierOf = (logs, h) => new Frontier(logs.map(({ log, ranges, forked }) => ({
  hex: log, item: itemBytes(bin(log), readRanges(ranges), forked),
})), bin(h));

// The messages inside what was heard, each of a type that the end takes.
function heard(text, types) {
  const { messages } = parseMessage(bin(text));
  for (const message of messages) if (!types.includes(message.type)) refuse('unexpected-message', message.type);
  return messages;
}

const operations = {
  'frontier.item': ({ log, ranges, forked, h }) => {
    const item = itemBytes(bin(log), readRanges(ranges), forked);
    return { item: hex(item), number: hex(numberBytes(item)), digest: hex(itemDigest(item, bin(h))) };
  },
  'frontier.digests': ({ logs, prefix, h }) => {
    const frontier = frontierOf(logs, h);
    const { items, digests } = frontier.summary(prefix);
    return { count: frontier.count(prefix), digest: hex(frontier.digest(prefix)), items, digests: hex(digests) };
  },
  'compare.follow': ({ logs, h, messages }) => {
    const frontier = frontierOf(logs, h);
    let told;
    const follower = new Follower(() => frontier, (log) => told.add(log));
    const steps = messages.map((text) => {
      told = new Set();
      let answer = null;
      for (const message of heard(text, ['compare', 'reveal', 'agreed'])) {
        if (message.type === 'compare') answer = hex(encode(follower.compare(message)));
        else if (message.type === 'reveal') follower.reveal(message);
      }
      return { answer, told: [...told].sort() };
    });
    return { steps };
  },
  'compare.lead': ({ logs, h, answers }) => {
    const frontier = frontierOf(logs, h);
    const told = new Set();
    const leader = new Leader(() => frontier, (log) => told.add(log));
    const table = new Map(answers);
    const said = [];
    let fresh = leader.say().map((message) => hex(encode(message)));
    while (fresh.length > 0) {
      said.push(...fresh);
      for (const text of fresh) {
        if (!table.has(text)) continue;
        for (const message of heard(table.get(text), ['compared'])) leader.compared(message);
      }
      fresh = leader.over ? [] : leader.say().map((message) => hex(encode(message)));
    }
    return { said: said.sort(), told: [...told].sort() };
  },
};

module.exports = { operations };
