'use strict';
// Chapter 10 section 8: what is held as a set of items, and digests of parts of it.
const { encode } = require('./encoding');
const { blake2b, blake2b512 } = require('./hash');

const NUMBER = Buffer.from('p2pblog frontier number v1', 'ascii');
const SUM = Buffer.from('p2pblog frontier sum v1', 'ascii');
const ITEM = Buffer.from('p2pblog frontier item v1', 'ascii');
const SUM_BITS = 2048n;
const SUM_BYTES = 256;
const FEW = 16;
const DIGITS = [...'0123456789abcdef'];
const MASK = (1n << SUM_BITS) - 1n;

const itemBytes = (log, ranges, forked) => encode([log, ranges, forked]);

function numberBytes(item) {
  return Buffer.concat([0, 1, 2, 3].map((i) => blake2b512(NUMBER, Buffer.from([i]), item)));
}

const littleEndian = (bytes) => BigInt('0x' + Buffer.from(bytes).reverse().toString('hex'));

const itemDigest = (item, h) => blake2b(8, Buffer.concat([ITEM, item]), h);

function setDigest(count, sum, h) {
  if (count === 0) return Buffer.alloc(8);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(count));
  const bytes = Buffer.from((sum & MASK).toString(16).padStart(2 * SUM_BYTES, '0'), 'hex').reverse();
  return blake2b(8, Buffer.concat([SUM, size, bytes]), h);
}

// Items by log, rising. It stands still: whoever changes a log makes another.
class Frontier {
  // items: [{ hex: of the log, item: bytes, number: a bigint or undefined }]
  constructor(items, h) {
    this.h = h;
    this.items = [...items].sort((a, b) => (a.hex < b.hex ? -1 : 1));
    this.digests = new Map();
    this.sums = [0n];
    for (const one of this.items) {
      if (one.number === undefined) one.number = littleEndian(numberBytes(one.item));
      this.sums.push((this.sums[this.sums.length - 1] + one.number) & MASK);
    }
  }

  // Where the items under a prefix begin and end.
  bounds(prefix) {
    return [this.find(prefix), this.find(prefix + 'g')];
  }

  find(text) {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.items[middle].hex < text) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  count(prefix) {
    const [from, to] = this.bounds(prefix);
    return to - from;
  }

  digest(prefix) {
    const [from, to] = this.bounds(prefix);
    return setDigest(to - from, this.sums[to] - this.sums[from], this.h);
  }

  // [{ hex, digest }]
  under(prefix) {
    const [from, to] = this.bounds(prefix);
    return this.items.slice(from, to).map((one) => ({ hex: one.hex, digest: this.digestOf(one) }));
  }

  digestOf(one) {
    if (!this.digests.has(one.hex)) this.digests.set(one.hex, itemDigest(one.item, this.h));
    return this.digests.get(one.hex);
  }

  // What a compare says of a prefix.
  summary(prefix) {
    if (this.count(prefix) <= FEW) {
      const digests = this.under(prefix).map(({ digest }) => digest).sort(Buffer.compare);
      return { items: true, digests: Buffer.concat(digests) };
    }
    return { items: false, digests: Buffer.concat(DIGITS.map((digit) => this.digest(prefix + digit))) };
  }
}

module.exports = { Frontier, itemBytes, numberBytes, littleEndian, itemDigest, DIGITS };
