"""Cases of protocol/11-blobs.md: lists and chunks."""

from __future__ import annotations

from typing import Any

from tests.plain.blob import CHUNK, MOST, check_chunk, list_of, read_list
from tests.plain.cases.writing import Bytes, Cases, spell, whole
from tests.plain.hashes import b256
from tests.plain.msgpack import encode

NOTES = {
    "OtherId": "P-2: its hash is not the id",
    "Form": "P-3: its hash is right, but it is no list",
    "Size": "P-4: nothing, or too much",
    "Count": "P-5: another number of hashes than the size has chunks",
    "Chunk": "P-6: its hash is not the one in the list",
    "Length": "P-7: its hash is right, but not its length",
    "Bound": "the largest there is",
}


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/11-blobs.md", NOTES)

    def listed(
        comment: str,
        data: Bytes,
        flags: str = "",
        error: str | None = None,
        blob: bytes | None = None,
    ) -> None:
        raw = whole(data)
        id_ = blob or b256(raw)

        def judge() -> dict[str, Any]:
            size, hashes = read_list(id_, raw)
            return {"size": size, "chunks": len(hashes)}

        made.add(
            comment,
            {"op": "list", "blob": id_.hex(), "list": spell(data)},
            judge,
            flags=flags,
            error=error,
        )

    def chunk(
        comment: str,
        of: bytes,
        index: int,
        data: Bytes,
        flags: str = "",
        error: str | None = None,
        listing: bytes = b"",
    ) -> None:
        listing = listing or list_of(of)

        def judge() -> dict[str, Any]:
            check_chunk(*read_list(b256(listing), listing), index, whole(data))
            return {}

        given = {"op": "chunk", "list": listing.hex(), "index": index, "chunk": spell(data)}
        made.add(comment, given, judge, flags=flags, error=error)

    hash_ = b256(b"a")
    listed("one byte", list_of(b"a"))
    listed("one whole chunk", list_of(bytes(CHUNK)))
    listed("a chunk and a byte", list_of(bytes(CHUNK + 1)))
    most = encode([MOST, [b256(bytes(CHUNK))]])
    start = most[: most.index(b"\x91")] + b"\xdc\0\x80"
    listed("8 MiB", [(start, 1), (encode(b256(bytes(CHUNK))), 128)], "Bound")
    right = list_of(bytes(CHUNK + 1))
    listed("another blob's list", right, "OtherId", "broken-chain", b256(b"another"))
    listed(
        "a bit of the id flipped",
        right,
        "OtherId",
        "broken-chain",
        bytes([b256(right)[0] ^ 1]) + b256(right)[1:],
    )
    listed("the hash of the blob itself", right, "OtherId", "broken-chain", b256(bytes(CHUNK + 1)))
    listed("no bytes", b"", "Form", "non-canonical")
    listed("a byte left over", right + b"\0", "Form", "non-canonical")
    listed("size in a longer form", b"\x92\xcc\x01" + list_of(b"a")[2:], "Form", "non-canonical")
    for comment, value in (
        ("nil", None),
        ("a map", {"size": 1}),
        ("size alone", [1]),
        ("three fields", [1, [hash_], None]),
        ("hashes before size", [[hash_], 1]),
        ("size true", [True, [hash_]]),
        ("size nil", [None, [hash_]]),
        ("hashes in one bin", [1, hash_]),
        ("a hash of 31 bytes", [1, [hash_[:31]]]),
        ("a hash as str", [1, ["a" * 32]]),
    ):
        listed(comment, encode(value), "Form", "bad-structure")
    for size in (0, -1, MOST + 1):
        listed(f"size {size}", encode([size, [hash_]]), "Size", "too-large")
    listed("no hashes", encode([1, []]), "Count", "bad-structure")
    listed("one hash too many", encode([CHUNK, [hash_, hash_]]), "Count", "bad-structure")
    listed("one hash too few", encode([CHUNK + 1, [hash_]]), "Count", "bad-structure")
    two = b"a" * (CHUNK + 1)
    chunk("the first chunk", two, 0, [(b"a", CHUNK)])
    chunk("the last chunk", two, 1, b"a")
    chunk("the only chunk", b"abc", 0, b"abc")
    broken = "broken-chain"
    chunk("the other chunk", two, 0, b"a", "Chunk", broken)
    chunk("a byte changed", two, 1, b"b", "Chunk", broken)
    chunk("a byte short", b"abc", 0, b"ab", "Chunk", broken)
    chunk("a byte more", b"abc", 0, b"abcd", "Chunk", broken)
    chunk("nothing", b"abc", 0, b"", "Chunk", broken)
    for size in (2, 4):
        lie = encode([size, [b256(b"abc")]])
        chunk(f"three bytes of a blob of {size}", b"", 0, b"abc", "Length", broken, lie)
    lie = encode([CHUNK + 1, [b256(b"abc"), b256(b"a")]])
    chunk("a short chunk that is not the last", b"", 0, b"abc", "Length", broken, lie)
    return made
