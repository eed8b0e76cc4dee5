"""Chapters 9 and 10: one end of a session that wants every log whole, one link, no clock."""

from __future__ import annotations

from typing import Any

from tests.plain import fork, segment
from tests.plain.entry import CHECKPOINT
from tests.plain.held import Held, Range
from tests.plain.message import read
from tests.plain.msgpack import encode
from tests.plain.refused import Refused, need

SOFT_BYTES = 262_144
Ask = tuple[str, int, int]
"""("up" or "down", low, high), or ("latest", most, 0)."""


def next_ask(held: Held, offer: list[Any]) -> Ask | None:
    """Return the next question about a log (chapter 10 section 2), its depth being WHOLE."""
    _, low, high, high_id, *older_offer = offer
    if held.forked:
        return None
    newest, older = held.newest, held.older
    if newest is None:
        return "latest", 100, 0

    def holds(seq: int) -> bool:
        inside = bool(older_offer) and older_offer[0] <= seq <= older_offer[1]
        return low <= seq <= high or inside

    if high == newest.high and high_id != newest.high_id:
        return "up", high, high
    if high > newest.high:
        if older is None and (high - newest.high > 512 or not holds(newest.high + 1)):
            return "latest", 100, 0
        if holds(newest.high + 1):
            return "up", newest.high + 1, min(high, newest.high + 4096)
    if newest.low <= 1 or not holds(newest.low - 1):
        return None
    floor = [1, newest.low - 4096, low if low < newest.low else older_offer[0]]
    if older is not None:
        floor.append(older.high + 1)
    return "down", max(floor), newest.low - 1


class Node:
    """One end: what it holds, what the other has said, and what is to be sent."""

    def __init__(self, held: dict[bytes, Held]) -> None:
        self.held = held
        self.offers: dict[bytes, list[Any]] = {}
        self.asks: dict[int, tuple[bytes, Ask]] = {}
        self.number = 0
        self.greeted = self.ended = False
        self.out: list[list[Any]] = [[0, 1]]
        offers = [offer_of(log, held[log]) for log in held]
        if offers:
            self.out.append([1, offers])
        self.questions: list[tuple[int, bytes, Ask]] = []

    def output(self) -> list[bytes]:
        """Return what this end sends now: answers by turns, a segment at a time."""
        while self.questions:
            self.answer(*self.questions.pop(0))
        sent, self.out = [encode(message) for message in self.out], []
        return sent

    def receive(self, data: bytes) -> None:
        """Take in a message, or refuse it."""
        name, fields = read(data)
        if not self.greeted:
            need(name == "hello" and fields[0] == 1, "unexpected-message")
            self.greeted = True
            return
        need(name != "hello", "unexpected-message")
        if name == "have":
            for offer in fields[0]:
                self.offers[offer[0]] = offer
                self.consider(offer[0])
        elif name == "want":
            number, log, low, high, down = fields
            self.questions.append((number, log, ("down" if down else "up", low, high)))
        elif name == "latest":
            self.questions.append((fields[0], fields[1], ("latest", fields[2], 0)))
        elif name == "segment":
            self.take(fields[0], segment.read(fields[1]))
        elif name == "fork":
            fork.prove(fields[0])
            self.held.setdefault(fields[0][0][0], Held()).forked = True
        elif name == "done" and fields[0] in self.asks:
            log, before = self.asks.pop(fields[0])
            if next_ask(self.held.get(log, Held()), self.offers[log]) == before:
                del self.offers[log]
            self.consider(log)
        elif name == "ping":
            self.out.append([6, fields[0]])
        elif name == "ask_blob":
            self.out.append([9, fields[0], None])
        elif name == "bye":
            self.ended = True

    def consider(self, log: bytes) -> None:
        """Ask for more of a log, if there is more and nothing of it is under way."""
        busy = any(asked == log for asked, _ in self.asks.values())
        if busy or log not in self.offers:
            return
        ask = next_ask(self.held.get(log, Held()), self.offers[log])
        if ask is None:
            return
        self.number += 1
        self.asks[self.number] = (log, ask)
        how, low, high = ask
        if how == "latest":
            self.out.append([10, self.number, log, low])
        else:
            self.out.append([2, self.number, log, low, high, how == "down"])

    def take(self, number: int, part: segment.Segment) -> None:
        """Take in a segment: an answer (S-16 to S-19) or a push (S-24)."""
        log = part.log
        if number == 0:
            known = self.offers.get(log)
            if known is None or part.last > known[2]:
                touches = known is not None and part.first <= known[2] + 1
                low = min(known[1], part.first) if known and touches else part.first
                self.offers[log] = [log, low, part.last, None]
            held = self.held.get(log)
            goes_on = held is not None and held.newest is not None
            if not goes_on or part.first > self.top(log) + 1:
                self.consider(log)
                return
        else:
            need(number in self.asks, "unexpected-message")
            asked, (how, low, high) = self.asks[number]
            need(asked == log, "unexpected-message")
            if how == "up":
                need(low <= part.first <= high, "unexpected-message")
            elif how == "down":
                need(low <= part.first and part.last <= high, "unexpected-message")
            else:
                need(len(part.bodies) <= low, "unexpected-message")
        held = self.held.get(log, Held())
        try:
            held.take(part)
        except Refused as refused:
            if refused.code != "seq-gap":  # L-14
                raise
        if held.newest is not None:
            self.held[log] = held

    def top(self, log: bytes) -> int:
        """Return the newest seq that is held."""
        newest = self.held[log].newest
        return newest.high if newest else 0

    def answer(self, number: int, log: bytes, ask: Ask) -> None:
        """Send the next segment of an answer, or done."""
        how, low, high = ask
        held = self.held.get(log, Held())
        if how == "latest":
            high = self.top(log) if log in self.held else 0
            how, low = "down", max(1, high - low + 1)
        start = high if how == "down" else low
        inside = next(
            (r for r in (held.newest, held.older) if r and r.low <= start <= r.high), None
        )
        if inside is None:
            self.out.append([4, number])
            return
        if how == "down":
            first, last = lower_end(held, inside, low, high), high
            rest = ("down", low, first - 1)
        else:
            first, last = low, upper_end(held, inside, low, high)
            rest = ("up", last + 1, high)
        self.out.append([3, number, fields_of(held, first, last)])
        if rest[1] <= rest[2]:
            self.questions.append((number, log, rest))
        else:
            self.out.append([4, number])


def offer_of(log: bytes, held: Held) -> list[Any]:
    """Return the offer of what is held of a log."""
    assert held.newest is not None
    older = [] if held.older is None else [held.older.low, held.older.high]
    return [log, held.newest.low, held.newest.high, held.newest.high_id, *older]


def lower_end(held: Held, inside: Range, low: int, high: int) -> int:
    """Return where a segment that goes down from `high` begins."""
    first, size = high, held.entries[high].size
    while first > max(low, inside.low) and high - first < 511 and size < SOFT_BYTES:
        first -= 1
        size += held.entries[first].size
    return first


def upper_end(held: Held, inside: Range, low: int, high: int) -> int:
    """Return where a segment that goes up from `low` ends: where there is a signature."""
    last, size = low, held.entries[low].size
    while last < inside.high and last - low < 511:
        if (last >= high or size >= SOFT_BYTES) and last % CHECKPOINT == 0:
            break
        last += 1
        size += held.entries[last].size
    while last not in held.signatures:
        last -= 1
    return last


def fields_of(held: Held, first: int, last: int) -> list[Any]:
    """Return the fields of a segment of what is held."""
    entries = [held.entries[seq] for seq in range(first, last + 1)]
    times = [
        entry.time_ms - (entries[index - 1].time_ms if index else 0)
        for index, entry in enumerate(entries)
    ]
    signatures = [
        held.signatures[seq]
        for seq in range(first, last + 1)
        if seq % CHECKPOINT == 0 or (seq == last and seq in held.signatures)
    ]
    bodies = [held.bodies[seq] for seq in range(first, last + 1)]
    return [entries[0].log, first, entries[0].prev, times, bodies, signatures]
