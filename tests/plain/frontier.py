"""Chapter 10, sections 8 and 9: what is held, summed up, and compared."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import Any

from tests.plain.message import DIGITS, read, split
from tests.plain.msgpack import encode
from tests.plain.refused import need

FEW, MANY, OPEN = 16, 256, 8
Told = set[bytes]
"""Logs that the other end is to be told of: an offer where entries are held, a proof if forked."""


def item(log: bytes, ranges: list[Any], forked: int | None) -> bytes:
    """Return the item of a log."""
    return encode([log, ranges, forked])


@cache
def number(of: bytes) -> int:
    """Return the number of an item."""
    return sum(
        int.from_bytes(blake2b(b"p2pblog frontier number v1" + bytes([i]) + of).digest(), "little")
        * 2 ** (512 * i)
        for i in range(4)
    )


def set_digest(items: list[bytes], h: bytes) -> bytes:
    """Return the digest of a set of items."""
    if not items:
        return bytes(8)
    total = sum(number(one) for one in items) % 2**2048
    said = len(items).to_bytes(8, "big") + total.to_bytes(256, "little")
    return blake2b(b"p2pblog frontier sum v1" + said, digest_size=8, key=h).digest()


def item_digest(of: bytes, h: bytes) -> bytes:
    """Return the digest of an item."""
    return blake2b(b"p2pblog frontier item v1" + of, digest_size=8, key=h).digest()


class Frontier:
    """The items of an end, by log, under the key of one link."""

    def __init__(self, items: dict[bytes, bytes], h: bytes) -> None:
        self.items = items
        self.h = h

    def under(self, prefix: str) -> dict[bytes, bytes]:
        """Return the items under a prefix, by log."""
        return {log: one for log, one in self.items.items() if log.hex().startswith(prefix)}

    def digests(self, prefix: str) -> dict[bytes, bytes]:
        """Return the logs under a prefix by the digests of their items."""
        return {item_digest(one, self.h): log for log, one in self.under(prefix).items()}

    def digest(self, prefix: str) -> bytes:
        """Return the digest of the set under a prefix."""
        return set_digest(list(self.under(prefix).values()), self.h)

    def longer(self, prefix: str) -> list[bytes]:
        """Return the digests of the sets under the prefixes that are one digit longer."""
        return [self.digest(prefix + digit) for digit in DIGITS]

    def summary(self, prefix: str) -> list[Any]:
        """Return what a compare, or a part, says of a prefix: items, digests."""
        if len(self.under(prefix)) <= FEW:
            return [True, b"".join(sorted(self.digests(prefix)))]
        return [False, b"".join(self.longer(prefix))]


class Follower:
    """The end that answers."""

    def __init__(self, frontier: Frontier) -> None:
        self.frontier = frontier
        self.taken = 0
        self.asked: set[str] = set()
        self.named: dict[bytes, bytes] = {}

    def take(self, name: str, fields: list[Any]) -> tuple[list[Any] | None, Told]:
        """Answer a message of the leader: with a compared, perhaps, and what it is told of."""
        need(name in ("compare", "reveal", "agreed"), "unexpected-message")
        if name == "agreed":
            return None, set()
        self.taken += 1
        need(self.taken <= 256 + 2 * len(self.frontier.items), "too-large")
        if name == "compare":
            need(fields[0] not in self.asked, "too-large")
            self.asked.add(fields[0])
        if name == "reveal":
            return None, {self.named[one] for one in split(fields[1]) if one in self.named}
        return self.answer(*fields)

    def answer(self, prefix: str, items: bool, digests: bytes) -> tuple[list[Any], Told]:
        """Answer a compare (R-10, R-11)."""
        theirs, mine = split(digests), self.frontier.digests(prefix)
        if not items:
            sets = zip(DIGITS, theirs, self.frontier.longer(prefix), strict=True)
            return self.parts(prefix, [digit for digit, one, other in sets if one != other])
        if theirs and len(mine) > MANY:
            return self.parts(prefix, list(DIGITS))
        lacking = [one for one in theirs if one not in mine]
        told = {log for one, log in mine.items() if one not in theirs}
        return [13, prefix, [], b"".join(lacking)], told

    def parts(self, prefix: str, digits: list[str]) -> tuple[list[Any], Told]:
        """Return a compared with a part for each of these digits."""
        parts = [[digit, *self.frontier.summary(prefix + digit)] for digit in digits]
        for digit, items, _ in parts:
            if items:
                self.named.update(self.frontier.digests(prefix + digit))
        return [13, prefix, parts, b""], set()


class Leader:
    """The end that asks."""

    def __init__(self, frontier: Frontier) -> None:
        self.frontier = frontier
        self.waiting = [""]
        self.open: dict[str, list[bytes] | None] = {}
        """What was named under each prefix: digests of items, None for those of sets."""
        self.agreed = False

    def ask(self) -> list[list[Any]]:
        """Return the compares to send now (R-14), and agreed when all is done."""
        out: list[list[Any]] = []
        while self.waiting and len(self.open) < OPEN:
            prefix = self.waiting.pop(0)
            items, digests = self.frontier.summary(prefix)
            self.open[prefix] = split(digests) if items else None
            out.append([12, prefix, items, digests])
        if not self.open and not self.agreed:
            self.agreed = True
            out.append([15])
        return out

    def take(self, name: str, fields: list[Any]) -> tuple[list[list[Any]], Told]:
        """Take in an answer: return the reveals that it leads to, and what to tell."""
        need(name == "compared", "unexpected-message")
        prefix, parts, lacking = fields
        need(prefix in self.open, "unexpected-message")
        named = self.open.pop(prefix)
        need(all(one in (named or []) for one in split(lacking)), "unexpected-message")
        need(named != [] or parts == [], "unexpected-message")
        mine = self.frontier.digests(prefix)
        told = {mine[one] for one in split(lacking) if one in mine}
        reveals = []
        for digit, items, digests in parts:
            lacks, tells = self.look(prefix + digit, items, split(digests))
            told |= tells
            if lacks:
                reveals.append([14, prefix + digit, b"".join(lacks)])
        return reveals, told

    def look(self, q: str, items: bool, theirs: list[bytes]) -> tuple[list[bytes], Told]:
        """Look into a part: return the digests that are not had here, and what to tell."""
        mine = self.frontier.digests(q)
        if not items:
            sets = zip(DIGITS, theirs, self.frontier.longer(q), strict=True)
            self.waiting += [q + digit for digit, one, other in sets if one != other]
            return [], set()
        if theirs and len(mine) > MANY:
            self.waiting.append(q)
            return [], set()
        lacks = [one for one in theirs if one not in mine]
        return lacks, {log for one, log in mine.items() if one not in theirs}


class Exchange:
    """A whole comparison of two ends, message by message."""

    def __init__(self, leader: Frontier, follower: Frontier) -> None:
        self.leader, self.follower = Leader(leader), Follower(follower)
        self.answers: dict[bytes, tuple[bytes | None, Told]] = {}
        """What each message of the leader's is answered with; agreed is not among them."""
        self.leader_tells: Told = set()
        ask = self.leader.ask()
        while ask:
            said = ask.pop(0)
            if said == [15]:
                break
            data = encode(said)
            answer, told = self.follower.take(*read(data))
            self.answers[data] = None if answer is None else encode(answer), told
            if answer is not None:
                reveals, tells = self.leader.take(*read(encode(answer)))
                self.leader_tells |= tells
                ask += reveals + self.leader.ask()
