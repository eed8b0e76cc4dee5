'use strict';
// Chapter 7 section 5, and M-1 of chapter 15: what is believed of what others announce.
const { BlockList, isIPv4, isIPv6 } = require('net');
const { blake2b256 } = require('./hash');
const { Refusal } = require('./refusal');
const { toText, fromText } = require('./textform');
const { addressText } = require('./signal');

const SERVICE = '_p2pblog._tcp.local.';
const TXT_MOST = 512;
const KEPT_MOST = 8;
const PORT_LEAST = 1024;

function blocks(...nets) {
  const list = new BlockList();
  for (const net of nets) {
    const [address, prefix] = net.split('/');
    list.addSubnet(address, Number(prefix), family(address));
  }
  return list;
}

const family = (address) => (isIPv4(address) ? 'ipv4' : 'ipv6');
const within = (address, list) => list.check(address, family(address));

const NOWHERE_4 = blocks('0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4');
const MULTICAST_6 = blocks('ff00::/8');
const SHARED = blocks('100.64.0.0/10');
const LINK_LOCAL = blocks('fe80::/10', '169.254.0.0/16');
const LOOPBACK_4 = blocks('127.0.0.0/8');

// The 16 bytes of an IPv6 address.
function bytesOf(address) {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  if (dotted) {
    const [, head, ...numbers] = dotted;
    const [a, b, c, d] = numbers.map(Number);
    return bytesOf(`${head}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`);
  }
  const [left, right] = address.split('::').map((half) => half.split(':').filter(Boolean));
  const groups = right === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

const written = (address) => (isIPv4(address) ? address : addressText(bytesOf(address)));
const isLoopback = (address) => (isIPv4(address) ? within(address, LOOPBACK_4) : written(address) === '::1');

// D-6, but for what is shared.
function isNowhere(address) {
  if (isIPv4(address)) return within(address, NOWHERE_4);
  return within(address, MULTICAST_6) || (bytesOf(address)[0] === 0 && !isLoopback(address));
}

const tagOf = (network) =>
  blake2b256(Buffer.concat([Buffer.from('p2pblog network tag', 'ascii'), network])).subarray(0, 8).toString('hex');

// Field names in lower case; null where the record is malformed.
function fieldsOf(txt) {
  if (txt.length > TXT_MOST) return null;
  const fields = new Map();
  for (let at = 0; at < txt.length;) {
    const end = at + 1 + txt[at];
    if (end > txt.length) return null;
    const [name, ...value] = txt.subarray(at + 1, end).toString('latin1').split('=');
    const key = name.replace(/[A-Z]/g, (char) => char.toLowerCase());
    if (!fields.has(key)) fields.set(key, value.join('='));
    at = end;
  }
  return fields;
}

function deviceOf(name, txt, network) {
  const fields = fieldsOf(txt);
  if (!fields || fields.get('v') !== '1' || fields.get('n') !== tagOf(network)) return null;
  try {
    const device = fromText('d', fields.get('d') || '');
    return name === `${toText('d', device).slice(0, 20)}.${SERVICE}` ? device : null;
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

// The place in the order of section 5; null for what is left out.
function rank(address, heardOn, here) {
  if (isNowhere(address)) return null;
  const six = isIPv6(address);
  if (six && within(address, LINK_LOCAL)) {
    return here.some(([name, own]) => name === heardOn && isIPv6(own.split('/')[0])) ? 1 : null;
  }
  const onLink = here.some(([, own]) => family(own.split('/')[0]) === family(address) && within(address, blocks(own)));
  const alone = here.every(([, own]) => isLoopback(own.split('/')[0]));
  if (isLoopback(address) ? !onLink : alone) return null;
  if (!six && within(address, SHARED) && !onLink) return null;
  return (onLink ? 0 : 2) + (six ? 1 : 0);
}

function readInstance({ network, own, here, name, txt, port, addresses }) {
  const nothing = { device: null, dial: [] };
  const device = deviceOf(name, txt, network);
  if (!device || device.equals(own) || port < PORT_LEAST || port > 65535) return nothing;
  const kept = [[], [], [], []];
  for (const [address, heardOn] of addresses) {
    const place = rank(address, heardOn, here);
    if (place === null) continue;
    const scope = isIPv6(address) && within(address, LINK_LOCAL) ? `%${heardOn}` : '';
    kept[place].push(isIPv4(address) ? `${address}:${port}` : `[${written(address)}${scope}]:${port}`);
  }
  const dial = [...new Set(kept.flat())].slice(0, KEPT_MOST);
  return dial.length > 0 ? { device, dial } : nothing;
}

// M-1.
function mayDial(typed) {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(typed);
  if (!match) return false;
  const [, six, four, port] = match;
  if (six ? !isIPv6(six) : !isIPv4(four)) return false;
  const address = six || four;
  if (Number(port) < PORT_LEAST || Number(port) > 65535) return false;
  return !isNowhere(address) && !isLoopback(address) && !within(address, LINK_LOCAL);
}

module.exports = { readInstance, mayDial };
