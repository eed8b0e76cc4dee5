'use strict';
// What the fields of structures are asked for again and again.
const { MOST } = require('./encoding');

const isInt = (value, least, most = MOST) =>
  typeof value === 'number' && value >= least && value <= most;
const isBin = (value, size) =>
  value instanceof Uint8Array && (size === undefined || value.length === size);
const isStr = (value, most = Infinity, least = 0) => {
  if (typeof value !== 'string') return false;
  const size = Buffer.byteLength(value, 'utf8');
  return size >= least && size <= most;
};
const isArray = (value, least, most) =>
  Array.isArray(value) && value.length >= least && value.length <= most;

module.exports = { isInt, isBin, isStr, isArray };
