"""Ends of sessions in tests: joined, and talking until all is quiet."""

from __future__ import annotations

from p2pblog.conformance.ends import RECEIVED_MS, SALT
from p2pblog.conformance.ends import End as _End
from p2pblog.content.bodies import Post, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync.session import Session

__all__ = [
    "LENGTH",
    "NOW_S",
    "RECEIVED_MS",
    "SALT",
    "End",
    "carry",
    "join",
    "key",
    "pass_time",
    "source",
]

NOW_S = 1000.0
LENGTH = 40  # of the logs in `source`


class End(_End):
    """An end whose clock begins at NOW_S."""

    now_s = NOW_S

    def tell(self, log: bytes) -> None:
        """Tell every session that a log has grown."""
        self.log_grew(log)

    def tell_fork(self, log: bytes) -> None:
        """Tell every session that a log forks."""
        self.fork_found(log)


def key(number: int) -> SigningKey:
    """Return the key whose seed is 32 times that byte."""
    return SigningKey(bytes([number]) * 32)


def source(*words: str) -> LogStore:
    """Return a store that others take their entries from: of log n, posts of the n-th word."""
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    for number, word in enumerate(words, 1):
        bodies = [(at, serialize(Post(f"{word} {at}"), bytes(16))) for at in range(LENGTH)]
        store.append(key(number), bodies, 0)
    return store


def join(
    a: End, b: End, *, near: bool = True, tokens: tuple[bytes | None, bytes | None] = (None, None)
) -> tuple[Session, Session]:
    """Return the two ends of a new session; `a` leads.  tokens: those that a and b show."""
    return (
        a.begin(leads=True, near=near, token=tokens[0]),
        b.begin(leads=False, near=near, token=tokens[1]),
    )


def carry(*pairs: tuple[End, Session, End, Session], rounds: int = 400) -> int:
    """Deliver, and let time pass, until all is quiet; return the bytes carried."""
    total = idle = 0
    for _ in range(rounds):
        quiet = True
        for a, at_a, b, at_b in pairs:
            for source, end, target, other in ((a, at_a, b, at_b), (b, at_b, a, at_a)):
                for message in source.output(end):
                    quiet = False
                    total += len(message)
                    target.receive(other, message)
        idle = idle + 1 if quiet else 0
        if idle > 1:
            return total
        for node in {node for pair in pairs for node in (pair[0], pair[2])} if quiet else ():
            node.now_s += 1.0  # notes that wait for others go
            for session in node.sessions:
                session.tick(node.now_s)
    raise AssertionError("the sessions never fall silent")


def pass_time(seconds: int, *pairs: tuple[End, Session, End, Session]) -> None:
    """Let time pass, in steps that are short enough for both ends to show signs of life."""
    for _ in range(seconds):
        for node in {node for pair in pairs for node in (pair[0], pair[2])}:
            node.now_s += 1.0
            for session in node.sessions:
                session.tick(node.now_s)
        for a, at_a, b, at_b in pairs:
            for source, end, target, other in ((a, at_a, b, at_b), (b, at_b, a, at_a)):
                for message in source.output(end):
                    target.receive(other, message)
