"""Chapter 2, section 3: Ed25519 from its formulas, to build and to judge signatures at the edge.

Numbers and names as in RFC 8032.  Far too slow, and not constant in time: for vectors only.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha512

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)

Point = tuple[int, int]
ZERO: Point = (0, 1)


def recover_x(y: int, sign: int) -> int | None:
    """Return the x with that sign of the point with that y, if there is one."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT % P
    if x * x % P != square:
        return None
    return x if x % 2 == sign else -x % P


_BY = 4 * pow(5, -1, P) % P
_BX = recover_x(_BY, 0)
assert _BX is not None
BASE: Point = (_BX, _BY)


def add(a: Point, b: Point) -> Point:
    """Return the sum of two points."""
    product = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + product, -1, P)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, P)
    return x % P, y % P


def times(scalar: int, point: Point) -> Point:
    """Return a multiple of a point."""
    result = ZERO
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def negative(point: Point) -> Point:
    """Return the opposite point."""
    return -point[0] % P, point[1]


def write(point: Point) -> bytes:
    """Return the one canonical encoding of a point."""
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def read(data: bytes) -> Point | None:
    """Return the point that 32 bytes encode, a non-canonical y included; None if none."""
    number = int.from_bytes(data, "little")
    y, sign = (number & (2**255 - 1)) % P, number >> 255
    x = recover_x(y, sign)
    return None if x is None else (x, y)


def small(point: Point) -> bool:
    """Tell whether the order of a point divides 8."""
    return times(8, point) == ZERO


def challenge(r: bytes, public: bytes, message: bytes) -> int:
    """Return h = SHA-512(R, A, message) mod L."""
    return int.from_bytes(sha512(r + public + message).digest(), "little") % L


@cache  # the same few signatures come again and again
def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Judge a signature exactly as H-4 and H-5 say."""
    if len(public) != 32 or len(signature) != 64:
        return False
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    a, point_r = read(public), read(r)
    if s >= L or a is None or write(a) != public or small(a):
        return False
    if point_r is not None and small(point_r):
        return False
    h = challenge(r, public, message)
    return write(add(times(s, BASE), negative(times(h, a)))) == r


def order_8() -> Point:
    """Return a point of order 8: L times a point that is in no subgroup."""
    for y in range(2, 100):
        x = recover_x(y, 0)
        if x is not None:
            point = times(L, (x, y))
            if times(4, point) != ZERO:
                return point
    raise AssertionError("one point in two has such a multiple")
