"""Clauses of protocol/02-entries.md section 3 and 03-logs.md section 3: what proves an entry.

Signatures are made from the formulas of Ed25519, with keys and R that have a part of small
order: of those, arithmetic modulo 8 tells which the equation without cofactor lets pass.
"""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.crypto import SigningKey, verify
from p2pblog.core.errors import BadSignature, BrokenChain
from p2pblog.log.entry import SIGNATURE_DOMAIN, Entry, Tip, make_entry, sign_id, verify_id
from p2pblog.log.segment import Segment, Withheld, check_segment, withheld
from tests.plain import ed25519 as ed
from tests.plain.cases.signature import secret, solve
from tests.strategies import flip, flipped, quick, resized

KEY, OTHER = SigningKey(b"k" * 32), SigningKey(b"o" * 32)
EIGHT = ed.order_8()
ids = st.binary(min_size=32, max_size=32)
eighths = st.integers(0, 7)


@cache
def point(scalar: int, eighth: int) -> ed.Point:
    """Return a point with this part in the large group and that one in the small group."""
    return ed.add(ed.times(scalar, ed.BASE), ed.times(eighth, EIGHT))


@pytest.mark.proves("H-4", "H-5")
@quick(250)
@given(ids, st.sampled_from([0, 1, 1]), eighths, st.integers(0, 5), eighths, st.booleans())
def test_the_equation_without_cofactor_decides_and_nothing_else(
    entry_id: bytes, known: int, of_key: int, r: int, of_r: int, agree: bool
) -> None:
    scalar = known * secret(KEY.seed)
    public = ed.write(point(scalar, of_key))
    if agree:  # the small parts cancel out, which they seldom do by chance
        for of_r in range(8):
            h = ed.challenge(ed.write(point(r, of_r)), public, SIGNATURE_DOMAIN + entry_id)
            if (of_r + h * of_key) % 8 == 0:
                break
    signature = solve(public, scalar, r, point(r, of_r), entry_id)
    h = ed.challenge(signature[:32], public, SIGNATURE_DOMAIN + entry_id)
    holds = (of_r + h * of_key) % 8 == 0
    assert verify_id(public, entry_id, signature) == (holds and scalar > 0 and r > 0)


@pytest.mark.proves("H-4")
@quick(60)
@given(ids, st.integers(1, 14))
def test_a_second_s_for_the_same_signature_is_refused(entry_id: bytes, factor: int) -> None:
    right = sign_id(KEY, entry_id)
    large = int.from_bytes(right[32:], "little") + factor * ed.L
    assert verify_id(KEY.public, entry_id, right)
    assert not verify_id(KEY.public, entry_id, right[:32] + large.to_bytes(32, "little"))


@pytest.mark.proves("H-4")
@quick(150)
@given(ids, st.data())
def test_one_other_bit_or_byte_anywhere_is_refused(entry_id: bytes, data: st.DataObject) -> None:
    given_ = [KEY.public, entry_id, sign_id(KEY, entry_id)]
    assert verify_id(KEY.public, entry_id, given_[2])
    at = data.draw(st.sampled_from([0, 1, 2]))
    given_[at] = data.draw(flipped(given_[at]) | resized(given_[at]))
    assert not verify_id(given_[0], given_[1], given_[2])
    domain = data.draw(flipped(SIGNATURE_DOMAIN) | resized(SIGNATURE_DOMAIN))
    assert not verify_id(KEY.public, entry_id, KEY.sign(domain + entry_id))
    assert not verify(KEY.public, domain + entry_id, sign_id(KEY, entry_id))


# --- segments ----------------------------------------------------------------------------


def written(key: SigningKey, count: int) -> list[Entry]:
    entries: list[Entry] = []
    for number in range(count):
        tip = Tip(entries[-1].seq, entries[-1].id) if entries else None
        entries.append(make_entry(key.public, tip, 1000 * number, b"body %d" % number))
    return entries


ENTRIES = written(KEY, 200)
SIGNED = {entry.seq: sign_id(KEY, entry.id) for entry in ENTRIES}


def cut(low: int, high: int, *, signed: bool = True) -> Segment:
    entries = ENTRIES[low - 1 : high]
    signatures = [SIGNED[e.seq] for e in entries if e.seq % 64 == 0 or (signed and e.seq == high)]
    bodies = [entry.body or b"" for entry in entries]
    times_ms = [entry.time_ms for entry in entries]
    return Segment(KEY.public, low, entries[0].prev, times_ms, [*bodies], signatures)


spans = st.tuples(st.integers(1, 150), st.sampled_from([0, 1, 5, 49])).map(
    lambda span: (span[0], span[0] + span[1])
)


@pytest.mark.proves("L-8")
@quick(150)
@given(spans, st.booleans(), st.data())
def test_a_pinned_segment_ends_in_the_id_it_is_pinned_to(
    span: tuple[int, int], signed: bool, data: st.DataObject
) -> None:
    low, high = span
    segment, pin = cut(low, high, signed=signed), ENTRIES[high - 1].id
    assert check_segment(segment, pin).entries == ENTRIES[low - 1 : high]
    at = data.draw(st.integers(0, high - low))
    match data.draw(st.sampled_from(["pin", "body", "withheld", "time", "prev", "cut"])):
        case "pin":
            pin = data.draw(flipped(pin) | st.just(ENTRIES[high].id))
        case "body":
            segment.bodies[at] = flip(ENTRIES[low - 1 + at].body or b"", data.draw(st.integers(0)))
        case "withheld":
            gone = withheld(segment.bodies[at])
            size = data.draw(st.sampled_from([-1, 0, 1]))
            hash_ = gone.hash if size else flip(gone.hash, data.draw(st.integers(0)))
            segment.bodies[at] = Withheld(gone.size + size, hash_)
        case "time":
            segment.times_ms[at] += 1
        case "prev" if segment.prev is not None:
            segment = segment._replace(prev=data.draw(flipped(segment.prev)))
        case _:  # all of it is true, and it ends one entry too late
            segment = cut(low, high + 1)
    with pytest.raises(BrokenChain):
        check_segment(segment, pin)


@pytest.mark.proves("L-9")
@quick(80)
@given(spans)
def test_what_is_not_pinned_has_to_be_signed_at_its_end(span: tuple[int, int]) -> None:
    assert check_segment(cut(*span)).entries[-1] == ENTRIES[span[1] - 1]
    if span[1] % 64:
        with pytest.raises(BadSignature):
            check_segment(cut(*span, signed=False))
        check_segment(cut(*span, signed=False), ENTRIES[span[1] - 1].id)


@pytest.mark.proves("L-10")
@quick(120)
@given(spans, st.booleans(), st.data())
def test_every_signature_that_comes_along_has_to_be_right(
    span: tuple[int, int], pinned: bool, data: st.DataObject
) -> None:
    low, high = span
    segment = cut(low, high)
    pin = ENTRIES[high - 1].id if pinned else None
    at = data.draw(st.integers(0, len(segment.signatures) - 1))
    right = segment.signatures[at]
    seq = next(seq for seq in range(low, high + 1) if SIGNED[seq] == right)
    wrong = [SIGNED[seq % 200 + 1], sign_id(OTHER, ENTRIES[seq - 1].id), KEY.sign(right)]
    segment.signatures[at] = data.draw(flipped(right) | st.sampled_from(wrong))
    with pytest.raises(BadSignature):
        check_segment(segment, pin)
