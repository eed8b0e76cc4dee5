"""Cases of protocol/02-entries.md section 3: signatures at the edges of Ed25519."""

from __future__ import annotations

from hashlib import sha512

from tests.plain import ed25519 as ed
from tests.plain.cases.writing import Cases
from tests.plain.entry import DOMAIN
from tests.plain.hashes import b256, key
from tests.plain.refused import need

NOTES = {
    "Altered": "one bit is another",
    "LargeS": "H-4: S is not below the group order; there is a second signature to every one",
    "SmallKey": "H-4: a log key of small order; one signature fits many messages",
    "SmallR": "H-4: R of small order, even where the equation holds",
    "KeyForm": "H-4: a log key that is not the canonical encoding of a point",
    "RForm": "H-4: an R that is not what the equation gives, byte for byte",
    "Mixed": "H-4, H-5: a key or R outside the prime-order group: the equation without cofactor "
    "decides, and must hold byte for byte",
    "Size": "another number of bytes",
}
ID = b256(b"an id")


def secret(seed: bytes) -> int:
    """Return the secret scalar of a seed (RFC 8032, section 5.1.5)."""
    number = int.from_bytes(sha512(seed).digest()[:32], "little")
    return number & (2**254 - 8) | 2**254


def solve(public: bytes, a: int, r: int, point_r: ed.Point, id_: bytes) -> bytes:
    """Return the signature with this R and S = r + h a."""
    encoded = ed.write(point_r)
    h = ed.challenge(encoded, public, DOMAIN + id_)
    return encoded + ((r + h * a) % ed.L).to_bytes(32, "little")


def flip(data: bytes, at: int, bit: int = 1) -> bytes:
    """Return the bytes with one bit changed."""
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/02-entries.md#3-signature", NOTES)

    def add(
        comment: str, public: bytes, id_: bytes, signed: bytes, flags: str = "", *, good: bool
    ) -> None:
        def judge() -> dict[str, str]:
            need(ed.verify(public, DOMAIN + id_, signed), "bad-signature")
            return {}

        given = {"log": public.hex(), "entry_id": id_.hex(), "signature": signed.hex()}
        made.add(comment, given, judge, flags=flags, error=None if good else "bad-signature")

    one = key(1)
    public, right = one.public, one.sign(DOMAIN + ID)
    add("right", public, ID, right, good=True)
    add("right, another key", key(2).public, ID, key(2).sign(DOMAIN + ID), good=True)
    add("right, an id of zeros", public, bytes(32), one.sign(DOMAIN + bytes(32)), good=True)
    add("another key's", key(2).public, ID, right, "Altered", good=False)
    add("another id's", public, b256(b"another"), right, "Altered", good=False)
    add("over the id without the domain", public, ID, one.sign(ID), "Altered", good=False)
    add("another domain", public, ID, one.sign(b"p2pblog entry v2" + ID), "Altered", good=False)
    for at in (0, 31, 32, 62):
        add(f"a bit of byte {at} flipped", public, ID, flip(right, at), "Altered", good=False)
    add("the sign of R flipped", public, ID, flip(right, 31, 0x80), "Altered", good=False)
    add("the sign of the key flipped", flip(public, 31, 0x80), ID, right, "Altered", good=False)
    for size in (0, 32, 63):
        add(f"{size} bytes", public, ID, right[:size], "Size", good=False)
    add("65 bytes", public, ID, right + b"\0", "Size", good=False)
    add("a key of 31 bytes", public[:31], ID, right, "Size", good=False)
    s = int.from_bytes(right[32:], "little")
    for factor in (1, 2, 8, 14):
        large = right[:32] + (s + factor * ed.L).to_bytes(32, "little")
        add(f"S + {factor} L", public, ID, large, "LargeS", good=False)
    for bit in (0x20, 0x40, 0x80):
        add(
            f"S with bit {bit:02x} of its last byte",
            public,
            ID,
            flip(right, 63, bit),
            "LargeS",
            good=False,
        )
    order = right[:32] + ed.L.to_bytes(32, "little")
    add("S = L", public, ID, order, "LargeS", good=False)
    add("S of ones", public, ID, right[:32] + b"\xff" * 32, "LargeS", good=False)
    add("zeros", public, ID, bytes(64), "SmallR", good=False)
    add("zeros, under a key of zeros", bytes(32), ID, bytes(64), "SmallKey SmallR", good=False)

    eight = ed.order_8()
    torsion = [ed.times(n, eight) for n in range(8)]
    base_r, scalar = 12_345, secret(one.seed)
    # S B - h A = R holds for a small A whenever h A vanishes: look for such an r.
    for n, small in enumerate(torsion):
        a = ed.write(small)
        for r in range(1, 200):
            signed = solve(a, 0, r, ed.times(r, ed.BASE), ID)
            if ed.times(ed.challenge(signed[:32], a, DOMAIN + ID), small) == ed.ZERO:
                break
        add(
            f"the equation holds, the key is point {n} of small order",
            a,
            ID,
            signed,
            "SmallKey",
            good=False,
        )
    for n, small in enumerate(torsion):
        # R = small, S = h a: holds up to the cofactor, and exactly for n = 0.
        signed = solve(public, scalar, 0, small, ID)
        add(f"R is point {n} of small order", public, ID, signed, "SmallR", good=False)
    non_canonical = [ed.P + y for y in (0, 1, 3, 4, 5, 18)] + [ed.P - 1 + 2**255, 1 + 2**255]
    names = [f"p + {y}" for y in (0, 1, 3, 4, 5, 18)] + [
        "p - 1, x = 0 negative",
        "1, x = 0 negative",
    ]
    for name, number in zip(names, non_canonical, strict=True):
        odd = number.to_bytes(32, "little")
        if ed.read(odd) is None:
            continue
        signed = solve(odd, 0, base_r, ed.times(base_r, ed.BASE), ID)
        add(f"y of the key is {name}", odd, ID, signed, "KeyForm", good=False)
        add(f"y of R is {name}", public, ID, odd + right[32:], "RForm", good=False)
    add(
        "y of the key is p + 2, no point",
        (ed.P + 2).to_bytes(32, "little"),
        ID,
        right,
        "KeyForm",
        good=False,
    )
    off = next(n for n in range(2, 99) if ed.recover_x(n, 0) is None)
    add("the key is no point", off.to_bytes(32, "little"), ID, right, "KeyForm", good=False)
    add("R is no point", public, ID, off.to_bytes(32, "little") + right[32:], "RForm", good=False)

    # A = a B + T: the equation without cofactor holds only if h T vanishes.
    for n in (1, 2, 4):
        mixed = ed.write(ed.add(ed.times(scalar, ed.BASE), torsion[n]))
        for holds in (True, False):
            for r in range(1, 500):
                signed = solve(mixed, scalar, r, ed.times(r, ed.BASE), ID)
                h = ed.challenge(signed[:32], mixed, DOMAIN + ID)
                if (ed.times(h, torsion[n]) == ed.ZERO) == holds:
                    break
            how = "exactly" if holds else "only up to the cofactor"
            add(
                f"a key of mixed order ({8 // n} L), the equation holds {how}",
                mixed,
                ID,
                signed,
                "Mixed",
                good=holds,
            )
    mixed = ed.write(ed.add(ed.times(scalar, ed.BASE), eight))
    for r in range(1, 500):
        # R = r B - T, with h = 1 mod 8: both parts of the equation leave the prime-order group.
        signed = solve(mixed, scalar, r, ed.add(ed.times(r, ed.BASE), ed.negative(eight)), ID)
        if ed.challenge(signed[:32], mixed, DOMAIN + ID) % 8 == 1:
            break
    add(
        "key and R of mixed order, the equation holds exactly",
        mixed,
        ID,
        signed,
        "Mixed",
        good=True,
    )
    signed = solve(public, scalar, base_r, ed.add(ed.times(base_r, ed.BASE), eight), ID)
    add(
        "R of mixed order, the equation holds only up to the cofactor",
        public,
        ID,
        signed,
        "Mixed",
        good=False,
    )
    return made
