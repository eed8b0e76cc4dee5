"""Cases of protocol/02-entries.md sections 1 to 3: header, id, signature."""

from __future__ import annotations

from typing import Any

from tests.plain.cases.writing import Bytes, Cases, spell, whole
from tests.plain.entry import entry, signature
from tests.plain.hashes import b256, key
from tests.plain.log import START_MS, Log, post
from tests.plain.msgpack import LARGEST

NOTES = {
    "First": "H-1: the first entry has no prev",
    "Bound": "a field at its smallest or largest",
    "Checkpoint": "H-6: an entry that is always signed",
}


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/02-entries.md", NOTES)

    def add(
        comment: str,
        number: int,
        seq: int,
        prev: bytes | None,
        time_ms: int,
        body: Bytes,
        flags: str = "",
    ) -> bytes:
        writer = key(number)
        data = whole(body)
        hashed = b256(data)
        one = entry(writer.public, seq, prev, time_ms, len(data), hashed)

        def judge() -> dict[str, Any]:
            return {
                "body_size": len(data),
                "body_hash": hashed.hex(),
                "header": one.header.hex(),
                "entry_id": one.id.hex(),
                "signature": signature(writer, one.id).hex(),
            }

        given = {
            "seed": writer.seed.hex(),
            "log": writer.public.hex(),
            "seq": seq,
            "prev": None if prev is None else prev.hex(),
            "time_ms": time_ms,
            "body": spell(body),
        }
        made.add(comment, given, judge, flags=flags)
        return one.id

    first = add("the first of a log", 1, 1, None, START_MS, post("Hello"), "First")
    second = add("the second", 1, 2, first, START_MS + 60_000, post("Hello again"))
    add("a clock that ran backwards", 1, 3, second, START_MS - 1, post("Hello again"))
    add("at time 0", 2, 1, None, 0, post("1970"), "First Bound")
    add("at the last time", 2, 1, None, LARGEST, post("later"), "First Bound")
    add("a body of one byte that says nothing", 2, 1, None, START_MS, b"\xc0", "First Bound")
    add("a body of 8192 bytes", 2, 1, None, START_MS, [(b"\0", 8192)], "First Bound")
    add("the last seq that there is", 2, LARGEST - 1, bytes(32), START_MS, post("end"), "Bound")
    for seq in (127, 128, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32):
        flags = "Checkpoint" if seq % 64 == 0 else ""
        add(f"seq {seq}", 3, seq, b256(b"prev"), START_MS, post(str(seq)), flags)
    chain = Log(4, 64)
    add("entry 64 of a log", 4, 64, chain[63].id, chain[64].time_ms, chain.bodies[63], "Checkpoint")
    return made
