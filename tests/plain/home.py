"""Chapters 9 and 10: what an end holds, knows and keeps, whatever link there is."""

from __future__ import annotations

from typing import Any

from tests.plain import fork
from tests.plain.frontier import item
from tests.plain.held import Held, Range
from tests.plain.segment import Segment
from tests.plain.serving import offer_of


class Home:
    """What an end holds, and what it keeps from one link to the next."""

    def __init__(self, held: dict[bytes, Held], proofs: dict[bytes, list[Any]]) -> None:
        self.held = held
        self.proofs: dict[bytes, list[Any]] = {}
        self.given: dict[bytes, dict[bytes, bytes]] = {}
        """What was held when each token was given (S-36)."""
        self.kept: bytes | None = None
        """The last token of the peer that counts (S-35)."""
        for proof in proofs.values():
            self.learn(proof)

    def learn(self, proof: list[Any]) -> int:
        """Keep a proof, if it shows more than the one that is had; return what it shows."""
        log, lowest = proof[0][0], fork.prove(proof)
        if log not in self.proofs or lowest < self.forked(log):
            self.proofs[log] = proof
        self.held.setdefault(log, Held()).forked = True
        return lowest

    def forked(self, log: bytes) -> int:
        """Return the lowest seq at which a log is proven to fork."""
        return fork.prove(self.proofs[log])

    def items(self) -> dict[bytes, bytes]:
        """Return the item of each log (chapter 10 section 8)."""
        return {
            log: item(
                log,
                offer_of(log, held)[1:] if held.newest else [],
                self.forked(log) if log in self.proofs else None,
            )
            for log, held in self.held.items()
        }

    def token(self) -> bytes:
        """Return a token for all that is held now: its number, which is as good as any."""
        token = bytes([len(self.given) + 1])
        self.given[token] = self.items()
        return token

    def takes(self, log: bytes, part: Segment) -> Range | None:
        """Hold more of a log; return what its newest range was before."""
        held = self.held.setdefault(log, Held())
        before = held.newest
        held.take(part)
        return before
