"""Cases of protocol/08-bundles.md section 2: what is written of what is held."""

from __future__ import annotations

from typing import Any

from tests.plain.bundle import write
from tests.plain.cases.writing import Cases
from tests.plain.held import Held
from tests.plain.log import Log
from tests.plain.msgpack import decode, encode
from tests.plain.planning import Ask
from tests.plain.segment import read
from tests.plain.serving import serve

NOTES = {
    "Down": "X-1: the newest first, and each below the one before",
    "Two": "X-1: of two ranges the older first",
    "Withheld": "bodies that are not held are withheld",
}


def downward(held: Held) -> list[bytes]:
    """Return the segments of a log in the order of X-1."""
    made: list[bytes] = []
    for part in (held.older, held.newest):
        ask: Ask | None = None if part is None else ("down", part.low, part.high)
        while ask is not None:
            served = serve(held, ask)
            assert served is not None
            made.append(encode(served.fields))
            ask = served.rest
    return made


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/08-bundles.md#2-writing", NOTES)

    def add(comment: str, flags: str, *segments: bytes) -> None:
        def judge() -> dict[str, Any]:
            logs: dict[bytes, Held] = {}
            for data in segments:
                part = read(decode(data))
                logs.setdefault(part.log, Held()).take(part)
            bundle = write([item for _, held in sorted(logs.items()) for item in downward(held)])
            return {"bytes": bundle.hex()}

        made.add(comment, {"held": [data.hex() for data in segments]}, judge, flags=flags)

    log, other, long = Log(1, 200), Log(2, 9), Log(3, 600)
    add("nothing", "")
    add("one entry", "", log.segment(1, 1))
    add("one log", "", log.segment(1, 70))
    add("one log without its beginning", "", log.segment(31, 50))
    add("two logs", "Down", log.segment(1, 5), other.segment(1, 9))
    add("more than one segment holds", "Down", long.segment(1, 448), long.segment(449, 600))
    add("taken upward", "Down", log.segment(1, 64), log.segment(65, 128), log.segment(129, 140))
    add("taken downward", "Down", log.segment(41, 50), log.segment(1, 40, signed=False))
    add("two ranges", "Two", log.segment(1, 9), log.segment(41, 50))
    add(
        "two ranges, of which one ends at a checkpoint",
        "Two",
        log.segment(11, 64),
        log.segment(81, 90),
    )
    add("two ranges with one entry between", "Two", log.segment(5, 9), log.segment(11, 12))
    many = [long.segment(1, 60), long.segment(65, 512), long.segment(513, 600)]
    add("two ranges, the newest in two segments", "Two Down", *many)
    add(
        "two ranges, and another log",
        "Two Down",
        log.segment(1, 9),
        log.segment(41, 50),
        other.segment(1, 2),
    )
    add("bodies withheld", "Withheld", log.segment(1, 9, withheld=(2, 9)))
    add("all bodies withheld", "Withheld", log.segment(1, 3, withheld=(1, 2, 3)))
    return made
