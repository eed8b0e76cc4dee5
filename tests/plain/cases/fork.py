"""Cases of protocol/03-logs.md section 6: proofs of a fork."""

from __future__ import annotations

from typing import Any

from tests.plain.cases.writing import Cases
from tests.plain.fork import prove
from tests.plain.log import Log
from tests.plain.msgpack import decode, encode

NOTES = {
    "Prev": "a segment states the id of the entry before it as well",
    "NoFork": "the segments agree, or never meet",
    "TwoLogs": "segments of two logs prove nothing",
    "Unproven": "a segment that does not stand on its own signature",
    "Form": "not two segments",
}


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/03-logs.md#6-forks", NOTES)
    one, other, stranger = Log(1, 70), Log(1, 70, {20: "something else"}), Log(2, 30)

    def bare(log: Log, first: int, last: int, *, signed: bool = True) -> list[Any]:
        return log.fields(first, last, signed=signed, withheld=tuple(range(first, last + 1)))

    def add(comment: str, value: Any, flags: str = "", error: str | None = None) -> None:
        data = encode(value)
        made.add(
            comment,
            {"bytes": data.hex()},
            lambda: {"seq": prove(decode(data))},
            flags=flags,
            error=error,
        )

    add("one entry each", [bare(one, 20, 20), bare(other, 20, 20)])
    add("the other way round", [bare(other, 20, 20), bare(one, 20, 20)])
    add("with their bodies", [one.fields(20, 20), other.fields(20, 20)])
    add("three entries, the second and third differ", [bare(one, 19, 21), bare(other, 19, 21)])
    add("segments that overlap", [bare(one, 10, 20), bare(other, 20, 30)])
    add("over a checkpoint", [bare(one, 60, 66), bare(other, 62, 64)])
    add("the first entries", [bare(Log(3, 1, {1: "a"}), 1, 1), bare(Log(3, 1, {1: "b"}), 1, 1)])
    add("entry 20, and the prev of entry 21", [bare(one, 20, 20), bare(other, 21, 21)], "Prev")
    add("the prevs of two entries 31", [bare(one, 31, 31), bare(other, 31, 31)], "Prev")
    add(
        "the prev of 31, and of a segment that holds 30",
        [bare(one, 31, 33), bare(other, 25, 30)],
        "Prev",
    )
    bad = "bad-structure"
    add("the same twice", [bare(one, 20, 20), bare(one, 20, 20)], "NoFork", bad)
    add("the same, with and without bodies", [one.fields(20, 20), bare(one, 20, 20)], "NoFork", bad)
    add("before the fork", [bare(one, 10, 19), bare(other, 10, 19)], "NoFork", bad)
    add("up to the fork, and from it on", [bare(one, 10, 19), bare(other, 20, 25)], "NoFork", bad)
    add("they do not meet", [bare(one, 20, 22), bare(other, 24, 26)], "NoFork", bad)
    add("two logs", [bare(one, 20, 20), bare(stranger, 20, 20)], "TwoLogs", bad)
    add(
        "one unsigned",
        [bare(one, 20, 20), bare(other, 20, 20, signed=False)],
        "Unproven",
        "bad-signature",
    )
    add(
        "both unsigned",
        [bare(one, 20, 20, signed=False), bare(other, 20, 20, signed=False)],
        "Unproven",
        "bad-signature",
    )
    forged = bare(other, 20, 20)
    forged[5] = [one.sign(20)]
    add("one with the other's signature", [bare(one, 20, 20), forged], "Unproven", "bad-signature")
    made_up = bare(one, 20, 20)
    made_up[4] = [[5, bytes(32)]]
    add("a made-up hash", [bare(one, 20, 20), made_up], "Unproven", "bad-signature")
    add("one segment", [bare(one, 20, 20)], "Form", bad)
    add(
        "three segments", [bare(one, 20, 20), bare(other, 20, 20), bare(other, 20, 20)], "Form", bad
    )
    add("a map", {"one": bare(one, 20, 20), "other": bare(other, 20, 20)}, "Form", bad)
    add("no segments", [[], []], "Form", bad)
    add("an id instead of a segment", [bare(one, 20, 20), other[20].id], "Form", bad)
    return made
