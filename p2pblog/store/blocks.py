"""Whom the owner of a home has blocked.

For this home alone: nothing of it is ever published.  With each identity stand its logs, for
once they are gone nothing else here says whose they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from p2pblog.core.encoding import decode, encode
from p2pblog.store import layout
from p2pblog.store.keyvalue import KeyValue


class Block(NamedTuple):
    """Since when (milliseconds since 1970) an identity is blocked, and its known logs."""

    since_ms: int
    logs: frozenset[bytes]


class Blocks:
    """The blocked identities.  Writes are for the store's one writing thread."""

    def __init__(self, keyvalue: KeyValue) -> None:
        self._by_identity: dict[bytes, Block] = {}
        for key, value in keyvalue.scan(*layout.BLOCKS):
            since_ms, logs = decode(value)
            self._by_identity[key[1:]] = Block(since_ms, frozenset(logs))
        self._logs = self._all_logs()

    @property
    def identities(self) -> Mapping[bytes, Block]:
        """The blocked identities (root keys)."""
        return self._by_identity

    @property
    def logs(self) -> frozenset[bytes]:
        """The logs of all of them."""
        return self._logs

    def record(self, identity: bytes, block: Block) -> tuple[bytes, bytes]:
        """Return what to write so that an identity is blocked."""
        return layout.block_key(identity), encode([block.since_ms, sorted(block.logs)])

    def put(self, identity: bytes, block: Block | None) -> None:
        """Hear that a block was written, or (None) taken back."""
        # Replaced, never changed: other threads read it.
        others = {one: kept for one, kept in self._by_identity.items() if one != identity}
        self._by_identity = others if block is None else {**others, identity: block}
        self._logs = self._all_logs()

    def _all_logs(self) -> frozenset[bytes]:
        return frozenset[bytes]().union(*(block.logs for block in self._by_identity.values()))


def block_of(identity: bytes, logs: Iterable[bytes], since_ms: int) -> Block:
    """Return the block of an identity with these logs; its root log is always one of them."""
    return Block(since_ms, frozenset({identity, *logs}))
