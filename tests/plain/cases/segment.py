"""Cases of protocol/03-logs.md sections 2 and 3: every refusal of a segment."""

from __future__ import annotations

from typing import Any

from tests.plain.cases.writing import Bytes, Cases, spell, whole
from tests.plain.entry import entry, signature
from tests.plain.hashes import b256
from tests.plain.log import START_MS, Log
from tests.plain.msgpack import LARGEST, decode, encode, integer
from tests.plain.segment import check, read

NOTES = {
    "Withheld": "a body that is not sent",
    "Checkpoint": "H-6, L-6: signatures of checkpoints travel inside",
    "Pinned": "L-8: the id of the last entry is known",
    "TooLarge": "L-1: above a bound",
    "Fields": "L-2: another number or type of fields",
    "SeqBound": "L-3: seq beyond 2^53 - 2",
    "Prev": "L-4: prev is nil exactly at the first entry",
    "Times": "L-5: times that do not fit",
    "Count": "L-6: another number of signatures",
    "Chain": "L-8: does not lead to the id that is known",
    "Unsigned": "L-9: stands on nothing",
    "Signature": "L-10: every signature that came along is verified",
    "Encoding": "chapter 1",
}
BAD = "bad-structure"
LOG, FIRST, PREV, TIMES, BODIES, SIGNATURES = range(6)


def changed(fields: list[Any], **changes: Any) -> list[Any]:
    """Return the fields of a segment with some of them replaced, by name."""
    names = ["log", "first", "prev", "times", "bodies", "signatures"]
    return [changes.get(name, field) for name, field in zip(names, fields, strict=True)]


def flip(data: bytes, at: int = 0) -> bytes:
    """Return the bytes with the lowest bit of one changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/03-logs.md#2-segments-on-the-wire", NOTES)

    def add(
        comment: str,
        data: Bytes,
        flags: str = "",
        error: str | None = None,
        pinned: bytes | None = None,
    ) -> None:
        def judge() -> dict[str, Any]:
            checked = check(read(decode(whole(data))), pinned)
            return {
                "first": checked.entries[0].seq,
                "last": checked.entries[-1].seq,
                "last_id": checked.entries[-1].id.hex(),
                "signed": sorted(checked.signatures),
            }

        given = {"bytes": spell(data), "pinned": None if pinned is None else pinned.hex()}
        made.add(comment, given, judge, flags=flags, error=error)

    def bad(
        comment: str,
        flags: str,
        error: str = BAD,
        pinned: bytes | None = None,
        of: list[Any] | None = None,
        **changes: Any,
    ) -> None:
        add(comment, encode(changed(of or two, **changes)), flags, error, pinned)

    log, other = Log(1, 130), Log(2, 3)
    two = log.fields(1, 2)
    middle = log.fields(63, 65)
    add("entries 1 and 2", log.segment(1, 2))
    add("one entry", log.segment(1, 1))
    add("entry 2 alone, its prev unproven yet", log.segment(2, 2))
    add("the first body withheld", log.segment(1, 2, withheld=(1,)), "Withheld")
    add("all bodies withheld", log.segment(1, 3, withheld=(1, 2, 3)), "Withheld")
    add("a checkpoint inside", log.segment(63, 65), "Checkpoint")
    add("a checkpoint at the end", log.segment(60, 64), "Checkpoint")
    add("a checkpoint alone", log.segment(64, 64), "Checkpoint")
    add("two checkpoints inside", log.segment(60, 130), "Checkpoint")
    add("pinned, unsigned", log.segment(3, 5, signed=False), "Pinned", pinned=log[5].id)
    add("pinned and signed", log.segment(3, 5), "Pinned", pinned=log[5].id)
    unsigned = log.segment(63, 65, signed=False)
    add("pinned, with a checkpoint", unsigned, "Pinned Checkpoint", pinned=log[65].id)

    big = Big(3, 512)
    add("512 entries, pinned", big.segment(), "Pinned", pinned=big.last_id)
    body = [(encode(bytes(8192))[:3] + bytes(8192), 1)]
    largest = Big(5, 1, body)
    add("a body of 8192 bytes, pinned", largest.segment(), "Pinned", pinned=largest.last_id)
    times = Big(6, 3, deltas=[5, -5, LARGEST])
    add("times from 0 to the largest, pinned", times.segment(), "Pinned", pinned=times.last_id)
    edge = Big(7, 2, first=LARGEST - 2)
    add("the last two entries that there are", edge.segment(), "Pinned", pinned=edge.last_id)

    add("513 entries", Big(3, 513).segment(), "TooLarge", "too-large")
    add(
        "a body of 8193 bytes",
        Big(5, 1, [(b"\xc5\x20\x01" + bytes(8193), 1)]).segment(),
        "TooLarge",
        "too-large",
    )
    hashed = b256(b"")
    bad(
        "a withheld body of 8193 bytes",
        "TooLarge",
        "too-large",
        bodies=[[8193, hashed], two[BODIES][1]],
    )

    for comment, value in (
        ("no array", {"log": two[0]}),
        ("nil", None),
        ("five fields", two[:5]),
        ("seven fields", [*two, []]),
        ("fields in another order", [two[1], two[0], *two[2:]]),
    ):
        add(comment, encode(value), "Fields", BAD)
    bad("log of 31 bytes", "Fields", log=two[LOG][:31])
    bad("log of 33 bytes", "Fields", log=two[LOG] + b"\0")
    bad("log as str", "Fields", log="a" * 32)
    bad("first is 0", "Fields", first=0)
    bad("first is -1", "Fields", first=-1)
    bad("first is true", "Fields", first=True)
    bad("first is nil", "Fields", first=None)
    bad("prev of 31 bytes", "Fields", of=middle, prev=bytes(31))
    bad("prev of 33 bytes", "Fields", of=middle, prev=bytes(33))
    bad("prev as str", "Fields", of=middle, prev="a" * 32)
    bad("prev is an empty bin", "Fields", prev=b"")
    bad("times is no array", "Fields", times=START_MS)
    bad("bodies is a map", "Fields", bodies={})
    bad("no bodies", "Fields", times=[], bodies=[], signatures=[])
    bad("no bodies, a signature", "Fields", times=[], bodies=[])
    bad("an empty body", "Fields", bodies=[b"", two[BODIES][1]])
    bad("a body as str", "Fields", bodies=["body", two[BODIES][1]])
    bad("a body that is nil", "Fields", bodies=[None, two[BODIES][1]])
    for comment, item in (
        ("a withheld body of 0 bytes", [0, hashed]),
        ("a withheld body of -1 bytes", [-1, hashed]),
        ("a withheld body of true bytes", [True, hashed]),
        ("a withheld body with a hash of 31 bytes", [5, hashed[:31]]),
        ("a withheld body with a hash as str", [5, "a" * 32]),
        ("a withheld body without a hash", [5]),
        ("a withheld body with a third field", [5, hashed, None]),
        ("a withheld body, hash first", [hashed, 5]),
        ("a withheld body as a map", {"hash": hashed, "size": 5}),
    ):
        bad(comment, "Fields Withheld", bodies=[item, two[BODIES][1]])
    bad("signatures is nil", "Fields", signatures=None)
    bad("a signature of 63 bytes", "Fields", signatures=[two[SIGNATURES][0][:63]])
    bad("a signature of 65 bytes", "Fields", signatures=[two[SIGNATURES][0] + b"\0"])
    bad("a signature as str", "Fields", signatures=["a" * 64])
    bad("a signature that is nil", "Fields", signatures=[None])

    add(
        "one entry beyond the last that there is",
        Big(7, 2, first=LARGEST - 1).segment(),
        "SeqBound",
        BAD,
    )
    add("first is 2^53 - 1", Big(7, 1, first=LARGEST).segment(), "SeqBound", BAD)
    bad("prev nil, first 2", "Prev", of=log.fields(2, 3), prev=None)
    bad("prev there, first 1", "Prev", prev=bytes(32))

    bad("one time less", "Times", times=two[TIMES][:1])
    bad("one time more", "Times", times=[*two[TIMES], 0])
    bad("no times", "Times", times=[])
    bad("a time as str", "Times", times=[two[TIMES][0], "60000"])
    bad("a time that is nil", "Times", times=[two[TIMES][0], None])
    bad("a time that is true", "Times", times=[two[TIMES][0], True])
    bad("the first time below 0", "Times", times=[-1, two[TIMES][0]])
    bad("the second time below 0", "Times", times=[5, -6])
    bad("below 0 in between", "Times", of=log.fields(1, 3), times=[5, -6, 1])
    bad("the second time above 2^53 - 1", "Times", times=[LARGEST, 1])

    bad("two signatures without a checkpoint", "Count", signatures=two[SIGNATURES] * 2)
    bad("the checkpoint's signature missing with the last one", "Count", of=middle, signatures=[])
    bad(
        "a third signature with one checkpoint",
        "Count",
        of=middle,
        signatures=[*middle[5], middle[5][0]],
    )
    end = log.fields(60, 64)
    bad("two signatures of a checkpoint at the end", "Count", of=end, signatures=end[5] * 2)
    bad("no signature of a checkpoint at the end", "Count", of=end, signatures=[])
    bad(
        "none for a checkpoint, though pinned", "Count", of=middle, signatures=[], pinned=log[65].id
    )
    deep = log.fields(60, 130)
    bad("one signature for two checkpoints", "Count", of=deep, signatures=deep[5][:1])

    broken = "broken-chain"
    right = log.segment(3, 5, signed=False)
    add("pinned to another id", right, "Chain Pinned", broken, log[4].id)
    add("pinned to an id of zeros", right, "Chain Pinned", broken, bytes(32))
    add(
        "pinned, signed by the log, another id",
        log.segment(3, 5),
        "Chain Pinned",
        broken,
        log[6].id,
    )
    three = log.fields(3, 5, signed=False)
    pin = log[5].id
    bad("pinned, a bit of prev flipped", "Chain Pinned", broken, pin, three, prev=flip(three[PREV]))
    bad(
        "pinned, a body changed",
        "Chain Pinned",
        broken,
        pin,
        three,
        bodies=[flip(three[4][0], 3), *three[4][1:]],
    )
    bad(
        "pinned, bodies swapped",
        "Chain Pinned",
        broken,
        pin,
        three,
        bodies=[three[4][1], three[4][0], three[4][2]],
    )
    bad(
        "pinned, a time changed",
        "Chain Pinned",
        broken,
        pin,
        three,
        times=[three[3][0] + 1, *three[3][1:]],
    )
    bad("pinned, the seq changed", "Chain Pinned", broken, pin, three, first=4)
    bad("pinned, another log", "Chain Pinned", broken, pin, three, log=other.key.public)
    bad(
        "pinned, another size withheld",
        "Chain Pinned Withheld",
        broken,
        pin,
        three,
        bodies=[[log[3].size + 1, log[3].hash], *three[4][1:]],
    )
    bad(
        "pinned, another hash withheld",
        "Chain Pinned Withheld",
        broken,
        pin,
        three,
        bodies=[[log[3].size, flip(log[3].hash)], *three[4][1:]],
    )

    forged = "bad-signature"
    add("not pinned, no signature", log.segment(1, 2, signed=False), "Unsigned", forged)
    add("not pinned, only the checkpoint inside is signed", unsigned, "Unsigned Checkpoint", forged)
    bad("a bit of the signature flipped", "Signature", forged, signatures=[flip(two[5][0], 40)])
    bad("the signature of the entry before", "Signature", forged, signatures=[log.sign(1)])
    bad("another log's signature", "Signature", forged, signatures=[other.sign(2)])
    bad("a signature of zeros", "Signature", forged, signatures=[bytes(64)])
    bad("a log key of zeros", "Signature", forged, log=bytes(32), signatures=[bytes(64)])
    bad("a body changed", "Signature", forged, bodies=[flip(two[4][0], 3), two[4][1]])
    bad("a time changed", "Signature", forged, times=[two[3][0], two[3][1] + 1])
    bad("a bit of prev flipped", "Signature", forged, of=middle, prev=flip(middle[PREV]))
    bad("seqs moved by one", "Signature", forged, of=log.fields(2, 3), first=3)
    bad(
        "signatures in the wrong order",
        "Signature Checkpoint",
        forged,
        of=middle,
        signatures=middle[5][::-1],
    )
    bad(
        "the checkpoint's wrong, the last right",
        "Signature Checkpoint",
        forged,
        of=middle,
        signatures=[flip(middle[5][0], 40), middle[5][1]],
    )
    bad(
        "the checkpoint's right, the last wrong",
        "Signature Checkpoint",
        forged,
        of=middle,
        signatures=[middle[5][0], flip(middle[5][1], 40)],
    )
    bad(
        "pinned and right, the checkpoint's wrong",
        "Signature Pinned Checkpoint",
        forged,
        log[65].id,
        log.fields(63, 65, signed=False),
        signatures=[flip(middle[5][0], 40)],
    )
    bad(
        "pinned and right, the last one's wrong",
        "Signature Pinned",
        forged,
        log[5].id,
        log.fields(3, 5),
        signatures=[bytes(64)],
    )

    data = log.segment(1, 2)
    add("a byte short", data[:-1], "Encoding", "non-canonical")
    add("a byte left over", data + b"\0", "Encoding", "non-canonical")
    add(
        "first in a longer form",
        data.replace(b"\x01\xc0\x92", b"\xcc\x01\xc0\x92", 1),
        "Encoding",
        "non-canonical",
    )
    return made


class Big:
    """A segment of `count` equal, short bodies, written in pieces; only a pin vouches for it."""

    def __init__(
        self,
        number: int,
        count: int,
        body: list[tuple[bytes, int]] | None = None,
        *,
        first: int = 1,
        deltas: list[int] | None = None,
    ) -> None:
        log = Log(number, 1)
        self.public, self.first, self.count = log.key.public, first, count
        self.body = body or [(encode(b"\xc0"), 1)]
        self.deltas = deltas or [START_MS] + [1] * (count - 1)
        checkpoints = [seq for seq in range(first, first + count) if seq % 64 == 0]
        self.signatures = [bytes(64)] * len(checkpoints)
        self.log = log
        if checkpoints and count <= 512:
            self.sign(checkpoints)

    def sign(self, checkpoints: list[int]) -> None:
        """Put the right signatures in place of zeros."""
        ids = self.ids()
        self.signatures = [signature(self.log.key, ids[seq - self.first]) for seq in checkpoints]

    def ids(self) -> list[bytes]:
        """Return the ids of the entries."""
        raw = decode(whole(self.body))
        found: list[bytes] = []
        prev = None if self.first == 1 else bytes(32)
        time_ms = 0
        for index, delta in enumerate(self.deltas):
            time_ms += delta
            made = entry(self.public, self.first + index, prev, time_ms, len(raw), b256(raw))
            found.append(made.id)
            prev = made.id
        return found

    @property
    def last_id(self) -> bytes:
        """Return the id of the last entry."""
        return self.ids()[-1]

    def segment(self) -> list[tuple[bytes, int]]:
        """Return the bytes of the segment, in pieces."""
        prev = None if self.first == 1 else bytes(32)
        head = b"\x96" + encode(self.public) + integer(self.first) + encode(prev)
        bodies = encode([0] * self.count)[: -self.count]
        before = head + encode(self.deltas) + bodies
        tail = (encode(self.signatures), 1)
        if self.count == 1:
            [(piece, _)] = self.body
            zeros = len(piece) - len(piece.rstrip(b"\0"))
            if zeros > 100:
                return [(before + piece[:-zeros], 1), (b"\0", zeros), tail]
        return [(before, 1), *[(piece, self.count) for piece, _ in self.body], tail]
