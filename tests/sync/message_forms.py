"""Messages as section 2 of protocol/09-sessions.md has them, with a near miss for every field.

Values here are those of MessagePack, not the classes of the program: what the page says is
written down a second time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import strategies as st

from p2pblog.content.bodies import Post, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.log.segment import Segment, to_wire
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore

MOST = 2**53 - 1
KEY = SigningKey(b"m" * 32)


def _segment() -> Segment:
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    store.append(KEY, [(at, serialize(Post(str(at)), bytes(16))) for at in range(3)], 0)
    return store.segment_up(KEY.public, 1, 3)


class Field(NamedTuple):
    """Values that a field may have, and values next to them that it may not."""

    good: list[Any]
    bad: list[Any]


def integer(low: int, high: int = MOST) -> Field:
    beyond = [low - 1, *([] if high == MOST else [high + 1])]
    return Field([low, low + 1, high], [*beyond, True, False, None, str(low), b"\1", [low]])


def binary(*sizes: int, bad: tuple[int, ...]) -> Field:
    return Field(
        [bytes(size) for size in sizes], [*(bytes(size) for size in bad), "x" * sizes[0], None, 0]
    )


def several(item: Any, good: tuple[int, ...], bad: tuple[int, ...], wrong: list[Any]) -> Field:
    """Return a field that is an array of so many items; `wrong` are no such items."""
    return Field(
        [[item] * count for count in good],
        [*([item] * count for count in bad), *([one] for one in wrong), None, item, b""],
    )


def _digests(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(8) for number in numbers)


LOG = bytes(range(32))
SEGMENT = to_wire(_segment())
RANGE = [LOG, 1, 5, bytes(32)]
MEMBER = [LOG, ["192.0.2.1:4114"]]
NUMBER, ASKED = integer(0), integer(1)
KEYS = binary(32, bad=(0, 31, 33))
TOKEN = Field([None, b"t", bytes(64)], [b"", bytes(65), "t", 0, False])
YES = Field([True, False], [0, 1, None, "true"])
SEVERAL = _digests(*range(1, 17))
LACKING = Field(
    [_digests(1), _digests(1, 2), SEVERAL],
    [_digests(1)[:7], _digests(2, 1), _digests(1, 1), _digests(*range(17)), "", None],
)
PREFIX = Field(["", "0f", "a" * 63], ["A", "g", "a" * 64, " ", b"", None, 1])
MEMBERS = [
    [LOG],
    [LOG[1:], []],
    [LOG, ["a:1"] * 5],
    [LOG, [""]],
    [LOG, ["x" * 65]],
    [LOG, ["é:1"]],
    [LOG, [b"a:1"]],
    [*MEMBER, 1],
    None,
]
OFFERS = [
    [LOG, 0, 5, bytes(32)],
    [LOG, 6, 5, bytes(32)],
    [LOG, 1, 5, bytes(31)],
    [LOG, 1, 5, None],
    [LOG, 8, 9, bytes(32), 1],
    [LOG, 8, 9, bytes(32), 1, 7],
    [LOG, 8, 9, bytes(32), 0, 5],
    [LOG, 8, 9, bytes(32), 5, 4],
    [LOG, 8, 9, bytes(32), 1, 5, 6],
    [*RANGE[:3]],
]
PARTS = Field(
    [[], [["0", True, b""]], [["0", True, _digests(1)], ["f", False, SEVERAL]]],
    [
        [["f", True, b""], ["0", True, b""]],
        [["0", True, b""], ["0", True, b""]],
        [["g", True, b""]],
        [["", True, b""]],
        [["00", True, b""]],
        [["0", True, _digests(2, 1)]],
        [["0", False, SEVERAL[8:]]],
        [["0", True]],
        [["0", 1, b""]],
        None,
    ],
)

FORMS: dict[int, list[Field]] = {
    0: [Field([1], [-1, True, None, "1"]), TOKEN],
    1: [several(RANGE, (0, 1, 512), (513,), OFFERS)],
    2: [ASKED, KEYS, Field([2], [0, 4098, None, True]), Field([4, 4097], [1, 4098, True]), YES],
    3: [NUMBER, Field([SEGMENT], [None, [], SEGMENT[:5], [*SEGMENT, 0]])],
    4: [NUMBER],
    5: [NUMBER],
    6: [NUMBER],
    7: [Field(["", "timeout", "é" * 32], ["x" * 33, None, b"timeout", 0])],
    8: [NUMBER, KEYS, integer(-1, 127)],
    9: [NUMBER, Field([None, b"", bytes(65_536)], [bytes(65_537), "", 0])],
    10: [ASKED, KEYS, integer(1, 512)],
    11: [Field([[SEGMENT, SEGMENT]], [[SEGMENT], [SEGMENT] * 3, None, [SEGMENT, None]])],
    12: [PREFIX, Field([True], [0, None]), Field([b"", *LACKING.good], LACKING.bad)],
    13: [Field(["", "a" * 61], PREFIX.bad), PARTS, Field([b"", *LACKING.good], LACKING.bad)],
    14: [PREFIX, Field(LACKING.good, [*LACKING.bad, b""])],
    15: [],
    16: [TOKEN],
    17: [several(LOG, (1, 512), (0, 513), [LOG[1:], None, "x" * 32])],
    18: [several([LOG, 1], (1, 512), (0, 513), [[LOG, 0], [LOG], [LOG, True], [LOG[1:], 1]])],
    19: [KEYS, NUMBER],
    20: [KEYS],
    22: [integer(0, 6), Field([MEMBER, [LOG, []], [LOG, ["x" * 64] * 4]], MEMBERS)],
    23: [integer(0, 4), several(MEMBER, (1, 8), (0, 9), MEMBERS)],
    24: [integer(0, 8), KEYS, KEYS, binary(1, 4096, bad=(0, 4097))],
}
"""The fields of each type that stands by itself; batch and packed hold others."""

# Where fields depend on each other.
RELATED = {
    2: [[2, 1, LOG, 5, 4, False], [2, 1, LOG, 1, MOST, True]],
    12: [
        [12, "", False, SEVERAL[8:]],
        [12, "", False, SEVERAL + bytes(8)],
        [12, "a" * 63, False, SEVERAL],
    ],
    13: [[13, "a" * 63, [["0", True, b""]], b""], [13, "a" * 62, [["0", False, SEVERAL]], b""]],
}

kinds = st.sampled_from(sorted(FORMS))


@st.composite
def arrays(draw: st.DrawFn, kinds: st.SearchStrategy[int] = kinds) -> list[Any]:
    """Return a message, as an array, that is as the page says."""
    kind = draw(kinds)
    return [kind, *(draw(st.sampled_from(field.good)) for field in FORMS[kind])]


def misses(kind: int) -> list[list[Any]]:
    """Return arrays that are not quite a message of this type: a field is off, or their number."""
    found = list(RELATED.get(kind, ()))
    for end in (0, -1):
        array = [kind, *(field.good[end] for field in FORMS[kind])]
        found += [
            [*array[:at], bad, *array[at + 1 :]]
            for at, field in enumerate(FORMS[kind], 1)
            for bad in field.bad
        ]
        found += [[wrong, *array[1:]] for wrong in (26, 250, -1, True, None, "0", b"\0", [kind])]
        found.append(array[:-1])
        if kind:  # what follows the token of a hello is for later versions
            longer: list[Any] = [None, 0, b"", []]
            found += [[*array, more] for more in longer]
    return found
