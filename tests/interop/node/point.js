'use strict';
// Points of edwards25519, as far as H-4 needs them: canonical encodings and small order.
// Only public keys and signatures come here, so it need not run in constant time.
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

const mod = (value) => ((value % P) + P) % P;

function power(base, exponent) {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % P;
    b = (b * b) % P;
  }
  return result;
}

const D = mod(-121665n * power(121666n, P - 2n));
const ROOT_OF_MINUS_1 = power(2n, (P - 1n) / 4n);

const little = (bytes) => BigInt('0x' + Buffer.from(bytes).reverse().toString('hex'));

// {x, y}, or null for what is no canonical encoding of a point.
function decompress(bytes) {
  const all = little(bytes);
  const sign = all >> 255n;
  const y = all & (2n ** 255n - 1n);
  if (y >= P) return null;
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  let x = mod(u * power(v, 3n) * power(u * power(v, 7n), (P - 5n) / 8n));
  if (mod(v * x * x) !== u) {
    x = mod(x * ROOT_OF_MINUS_1);
    if (mod(v * x * x) !== u) return null;
  }
  if (x === 0n && sign === 1n) return null;
  if ((x & 1n) !== sign) x = P - x;
  return { x, y };
}

function double({ x, y }) {
  const xx = mod(x * x);
  const yy = mod(y * y);
  const t = mod(D * xx * yy);
  return {
    x: mod(2n * x * y * power(1n + t, P - 2n)),
    y: mod((yy + xx) * power(1n - t, P - 2n)),
  };
}

function isSmallOrder(point) {
  const eight = double(double(double(point)));
  return eight.x === 0n && eight.y === 1n;
}

const isScalar = (bytes) => little(bytes) < L;

module.exports = { decompress, isSmallOrder, isScalar };
