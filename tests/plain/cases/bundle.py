"""Cases of protocol/08-bundles.md."""

from __future__ import annotations

from typing import Any

from tests.plain.bundle import MAGIC, digest, read, record, write
from tests.plain.cases.writing import Cases
from tests.plain.log import Log
from tests.plain.msgpack import encode
from tests.plain.refused import need

NOTES = {
    "Magic": "no bundle, or one of another version",
    "CutOff": "ends too early; the segments before stand",
    "Damaged": "a length or a body that is none; the segments before stand",
    "End": "not the end that these segments have",
    "Trailing": "something behind the end",
}


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/08-bundles.md", NOTES)

    def add(comment: str, data: bytes, flags: str = "", error: str | None = "bad-archive") -> None:
        segments = read(data)[0] if data[:17] == MAGIC else []

        def judge() -> dict[str, Any]:
            need(read(data)[1], "bad-archive")
            return {}

        given = {"bytes": data.hex(), "segments": [item.hex() for item in segments]}
        made.add(comment, given, judge, flags=flags, error=error)

    log, other = Log(1, 6), Log(2, 2)
    one, two, three = log.segment(4, 6), log.segment(1, 3, signed=False), other.segment(1, 2)
    right = write([one, two, three])
    add("three segments of two logs", right, error=None)
    add("one segment", write([one]), error=None)
    add("no segments", write([]), error=None)
    add(
        "a segment that is none: the reader of segments refuses it",
        bundle_of([b"\xc0"]),
        error=None,
    )
    add("nothing", b"", "Magic")
    add("half the magic", MAGIC[:9], "Magic")
    add("the magic without its line feed", MAGIC[:-1] + right[17:], "Magic")
    add("version 2", MAGIC.replace(b"1", b"2") + right[17:], "Magic")
    add("a carriage return too many", MAGIC[:-1] + b"\r\n" + right[17:], "Magic")
    add("the magic alone", MAGIC, "CutOff")
    add("half a length", right[:19], "CutOff")
    add("half a record", right[:60], "CutOff")
    after_one = 17 + len(record(encode(one)))
    add("after one record", right[:after_one], "CutOff")
    add("after one record, half a length", right[: after_one + 2], "CutOff")
    end_at = len(MAGIC) + sum(len(record(encode(item))) for item in (one, two, three))
    add("without its end", right[:end_at], "CutOff")
    add("but for its last byte", right[:-1], "CutOff")
    add("a length of 0", right[:after_one] + bytes(4) + right[after_one:], "Damaged")
    add(
        "a length above 1 MiB",
        right[:after_one] + b"\0\x10\0\x01" + right[after_one + 4 :],
        "Damaged",
    )
    add("a length of 4 GiB", right[:after_one] + b"\xff" * 4 + right[after_one + 4 :], "Damaged")
    add("a body that is not canonical", MAGIC + record(b"\xd4\x01\0"), "Damaged")
    add("a record with a byte left over", MAGIC + record(encode(one) + b"\0"), "Damaged")
    counts = {"entries": 8, "logs": 2, "segments": 3}
    segments = [one, two, three]
    body = right[:end_at]

    def taken(comment: str, counted: dict[str, Any]) -> None:
        add(comment, body + record(encode([counted, digest(segments, counted)])), error=None)

    taken("other counts of entries and logs", counts | {"entries": 9, "logs": 7})
    taken("counts of entries and logs left out", {"segments": 3})
    taken("counts of another type", {"segments": 3, "entries": "eight", "logs": None})
    taken("something of a later version", counts | {"made": b"by another"})

    def ending(comment: str, end: Any) -> None:
        add(comment, body + record(encode(end)), "End")

    ending("an end that is nil", None)
    ending("an end that is a map", counts)
    ending("an end without a digest", [counts])
    ending("an end with a third field", [counts, digest(segments, counts), None])
    ending(
        "no segments counted",
        [{"entries": 8, "logs": 2}, digest(segments, {"entries": 8, "logs": 2})],
    )
    true = {"entries": 3, "logs": 1, "segments": True}
    only = MAGIC + record(encode(one)) + record(encode([true, digest([one], true)]))
    add("a bool where one segment is counted", only, "End")
    fewer = counts | {"segments": 2}
    ending("one segment less counted, the digest right for that", [fewer, digest(segments, fewer)])
    ending("the digest of one segment less", [counts, digest(segments[:2], counts)])
    ending("the digest of other counts", [counts, digest(segments, fewer)])
    ending("a digest of 31 bytes", [counts, digest(segments, counts)[:31]])
    ending("a digest of zeros", [counts, bytes(32)])
    swapped = MAGIC + b"".join(record(encode(item)) for item in (two, one, three)) + right[end_at:]
    add("segments in another order", swapped, "End")
    missing = MAGIC + b"".join(record(encode(item)) for item in (one, three)) + right[end_at:]
    add("a segment taken out", missing, "End")
    add("a byte of a body changed", right[:100] + bytes([right[100] ^ 1]) + right[101:], "End")
    add("a line feed behind the end", right + b"\n", "Trailing")
    add("a second bundle behind the end", right + right, "Trailing")
    return made


def bundle_of(segments: list[bytes]) -> bytes:
    """Return a bundle of anything, with one entry counted for each."""
    counts = {"entries": len(segments), "logs": 1, "segments": len(segments)}
    records = b"".join(record(encode(item)) for item in segments)
    return MAGIC + records + record(encode([counts, digest(segments, counts)]))
