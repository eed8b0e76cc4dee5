'use strict';
// What the driver of conformance.md does not reach: text, and homes of this program among themselves.
// node selftest.js
const assert = require('assert');
const { ready } = require('./hash');

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, condition) {
  for (const from = Date.now(); Date.now() - from < 10000; await sleep(20)) if (condition()) return;
  throw new Error(`not within 10 s: ${what}`);
}

const entries = (from, count) => Array.from({ length: count }, (_, i) => ({
  time_ms: 1700000000000 + from + i, body: Buffer.from(`entry ${from + i}`),
}));

function text() {
  const { clean, tagsOf } = require('./text');
  const utf8 = (bytes) => Buffer.from(bytes, 'hex').toString('utf8');
  const hex = (string) => Buffer.from(string, 'utf8').toString('hex');
  assert.equal(hex(clean(utf8('1b5b33316d7265641b5b306d20e280ae6576696ce280ac'))), '726564206576696c');
  assert.equal(hex(clean(utf8('f09f91a8e2808df09f91a92061e2808d62'))), 'f09f91a8e2808df09f91a9206162');
  assert.deepEqual(tagsOf('#Bread and #STRASSE, #straße'), ['bread', 'strasse']);
  assert.deepEqual(tagsOf('a#b /#c ##d &#39; #2024 #1st'), ['1st']);
}

async function homes() {
  const { Node } = require('./node');
  const network = Buffer.alloc(32, 9);
  const [a, b, c] = [1, 2, 3].map((n) => new Node(Buffer.alloc(32, n), network));
  const high = (node, of) => (node.home.store.get(of.hex) || { high: 0 }).high;
  await a.append(entries(0, 1500));
  await c.append(entries(0, 3));
  await b.listen();
  assert.ok((await a.dial(b.address(), b.device)).device.equals(b.device));
  await c.dial(b.address(), b.device);
  await until('a chain', () => high(c, a) === 1500 && high(b, a) === 1500 && high(a, c) === 3);
  await until('the past', () => c.home.store.get(a.hex).newest.low === 1);

  for (let i = 0; i < 20; i++) await a.append(entries(1500 + i, 1));
  await until('pushes', () => high(c, a) === 1520);
  await a.append(entries(1520, 700));
  await until('in bulk', () => high(c, a) === 2220 && c.home.store.get(a.hex).newest.low === 1);

  a.close();
  await until('a farewell', () => b.links.size === 1);
  await a.append(entries(2220, 5));
  await a.dial(b.address(), b.device);
  await until('coming back', () => high(c, a) === 2225);
  assert.ok(a.home.remembered(b.hex).token && b.home.remembered(a.hex).token);

  // The same device twice, from another past: a fork, and everybody hears of it. (What is asked for is
  // the newest entry, so its prev is the lowest that is seen.)
  const twin = new Node(Buffer.alloc(32, 1), network);
  a.close();
  await until('a is gone', () => b.links.size === 1);
  twin.patience = 0;
  await twin.append(entries(7, 2225));
  await twin.dial(b.address(), b.device);
  await until('a fork', () => [b, c, twin].every((node) => node.home.store.get(a.hex).forked === 2224));
  assert.equal(high(b, a), 2225);
  for (const node of [a, b, c, twin]) node.close();
}

ready.then(async () => {
  text();
  await homes();
  console.log('all is well');
  process.exit(0);
}).catch((error) => {
  console.error(error);
  process.exit(1);
});
