'use strict';
// Chapter 9 section 5: answers to wants and latests, a segment at a time.
const { segmentValue, ENTRIES_MOST } = require('./segment');
const { isCheckpoint } = require('./entry');
const { within } = require('./plan');

const BODIES_FULL = 262144;

// Entries as they are sent: of signatures those of L-13.
function cutOut(log, low, high) {
  const entries = [...log.between(low, high)];
  const last = entries[entries.length - 1];
  const ends = [log.newest, log.older].some((range) => range && range.high === last.seq);
  if (last.signature && !ends && !isCheckpoint(last.seq)) entries[entries.length - 1] = { ...last, signature: null };
  return entries;
}

const rangeOf = (log, seq) => [log.newest, log.older].find((range) => within(range, seq)) || null;
const sizeOf = (log, seq) => {
  const { body } = log.entries.get(seq);
  return body ? body.length : 0;
};

// As many entries as a segment takes, the highest being `high`.
function downFrom(log, low, high) {
  const bottom = Math.max(low, high - ENTRIES_MOST + 1);
  let seq = high;
  let size = sizeOf(log, seq);
  while (seq > bottom && size < BODIES_FULL) {
    seq -= 1;
    size += sizeOf(log, seq);
  }
  return cutOut(log, seq, high);
}

class Answer {
  // question: a want or a latest, as it came; log: what is held of it, or null
  constructor(question, log) {
    this.number = question.number;
    this.log = log;
    this.down = question.type === 'latest' || question.down;
    if (question.type === 'latest') {
      const high = log ? log.high : 0;
      this.low = Math.max(1, high - question.most + 1);
      this.high = high;
    } else {
      this.low = question.low;
      this.high = question.high;
    }
  }

  // The next segment's entries, or null: then it is done.
  next() {
    if (!this.log || this.low > this.high) return null;
    return this.down ? this.nextDown() : this.nextUp();
  }

  nextUp() {
    const range = rangeOf(this.log, this.low);
    if (!range) return null;
    let end = null;
    let size = 0;
    for (let seq = this.low; seq <= range.high && seq < this.low + ENTRIES_MOST; seq++) {
      size += sizeOf(this.log, seq);
      if (!isCheckpoint(seq) && seq !== range.high) continue;
      end = seq;
      if (seq >= this.high || size >= BODIES_FULL) break;
    }
    const entries = cutOut(this.log, this.low, end);
    this.low = end + 1;
    // Beyond a gap nothing follows "without a gap".
    if (end === range.high) this.high = end;
    return entries;
  }

  nextDown() {
    const range = rangeOf(this.log, this.high);
    if (!range) return null;
    const entries = downFrom(this.log, Math.max(this.low, range.low), this.high);
    const { seq } = entries[0];
    this.high = seq - 1;
    if (seq === range.low) this.low = this.high + 1;
    return entries;
  }
}

// A push: low to high of the newest range.
const pushValue = (log, low, high) => segmentValue(log.key, cutOut(log, low, high));

module.exports = { Answer, pushValue, downFrom, answerValue: (log, entries) => segmentValue(log.key, entries) };
