"""What is said in a case of session.json, by whom, and what happens between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.plain.held import Held
from tests.plain.home import Home
from tests.plain.log import Log
from tests.plain.message import read
from tests.plain.msgpack import decode, encode
from tests.plain.refused import Refused
from tests.plain.segment import read as read_segment
from tests.plain.session import Session

HELLO = [0, 1, None]
H, OTHER_H = bytes(range(64)), bytes(64)
Holding = tuple[Log, list[tuple[int, int]]]
HeldBy = Sequence[Holding | list[Any]]
"""What an end holds: ranges of logs, the newest first; and proofs of forks."""


def fork(one: Log, other: Log, *seqs: int) -> list[Any]:
    """Return the proof that two logs make, from the first of these seqs to the last.

    Without bodies, as it should be: so it is passed on as it came, whoever withholds them.
    """
    first, last = seqs[0], seqs[-1]
    bare = tuple(range(first, last + 1))
    return [log.fields(first, last, withheld=bare) for log in (one, other)]


class Talk:
    """What is said, by whom, and what happens between."""

    def __init__(self, leads: str = "A", **ends: HeldBy) -> None:
        self.transcript: list[dict[str, Any]] = []
        self.given: dict[str, Any] = {
            "h": H.hex(),
            "leads": leads,
            "ends": {name: [spell(one) for one in ends[name]] for name in sorted(ends)},
            "transcript": self.transcript,
        }
        self.homes = {name: home(ends[name]) for name in sorted(ends)}
        self.sessions: dict[str, Session] = {}
        self.begin(H, leads)

    def begin(self, h: bytes, leads: str) -> None:
        """Bring a link up."""
        self.sessions = {
            name: Session(home, h, leads=name == leads) for name, home in self.homes.items()
        }

    def link(self, leads: str = "A", away: dict[str, HeldBy] | None = None) -> None:
        """Let the link end, and another one come up; what ends come to hold meanwhile is `away`."""
        away = away or {}
        spelt = {name: [spell(one) for one in away[name]] for name in sorted(away)}
        self.transcript.append({"h": OTHER_H.hex(), "leads": leads, "away": spelt})
        for name, log, span in spans(away):
            for part in segments(log, *span):
                self.homes[name].takes(log.key.public, part)
        self.begin(OTHER_H, leads)

    def takes(self, name: str, log: Log, *ranges: tuple[int, int]) -> None:
        """Let an end come to hold more, from elsewhere: ranges in their order."""
        self.transcript.append({"at": name, "takes": spell((log, list(ranges)))})
        parts = [part for span in ranges for part in segments(log, *span)]
        self.sessions[name].takes(log.key.public, parts)

    def say(self, name: str, data: bytes) -> bytes:
        """Write down a message."""
        try:
            type_ = read(data)[0]
        except Refused:
            type_ = "?"
        self.transcript.append({"from": name, "type": type_, "bytes": data.hex()})
        return data

    def converse(self) -> None:
        """Let both ends talk by turns until they fall silent."""
        quiet = 0
        while quiet < 2:
            for name, other in (("A", "B"), ("B", "A")):
                messages = self.sessions[name].output()
                quiet = 0 if messages else quiet + 1
                for message in messages:
                    self.sessions[other].receive(self.say(name, message))

    def answer(self) -> None:
        """Let A say what it has to say."""
        for data in self.sessions["A"].output():
            self.say("A", data)

    def script(self, messages: list[bytes]) -> None:
        """Let B say these, one at a time, and A answer."""
        for message in messages:
            self.answer()
            self.sessions["A"].receive(self.say("B", message))
        self.answer()


def spell(one: Holding | list[Any]) -> dict[str, Any]:
    """Return what is held of a log, or a proof, as the file has it."""
    if isinstance(one, list):
        return {"proof": encode(one).hex()}
    log, ranges = one
    return {
        "log": log.key.seed[0],
        "count": len(log.entries),
        "changed": {str(seq): text for seq, text in log.texts.items()},
        "ranges": [list(item) for item in ranges],
    }


def spans(away: dict[str, HeldBy]) -> Iterator[tuple[str, Log, tuple[int, int]]]:
    """Yield the ranges that ends come to hold: their names, the log, the range."""
    for name, holdings in away.items():
        for one in holdings:
            assert isinstance(one, tuple)
            log, ranges = one
            for span in ranges:
                yield name, log, span


def segments(log: Log, first: int, last: int) -> list[Any]:
    """Return the segments of a range: cut at a checkpoint where one would be too long."""
    spans = [(first, last)] if last - first <= 511 else [(first, 448), (449, last)]
    return [read_segment(decode(log.segment(*span))) for span in spans]


def home(ends: HeldBy) -> Home:
    """Return an end that holds this."""
    held: dict[bytes, Held] = {}
    proofs: dict[bytes, list[Any]] = {}
    for one in ends:
        if isinstance(one, list):
            proofs[one[0][0]] = one
            continue
        log, ranges = one
        for span in reversed(ranges):
            for part in segments(log, *span):
                held.setdefault(log.key.public, Held()).take(part)
    return Home(held, proofs)
