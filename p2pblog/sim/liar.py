"""A peer that breaks the rules: how it tampers with what an honest node says and hears.

A liar is a node whose honest part goes on as ever; what it says and hears passes through here.
What each kind of liar does stands in liars.py.
"""

from __future__ import annotations

from functools import partial
from random import Random

from p2pblog.core import limits
from p2pblog.sim.node import Node
from p2pblog.sim.peer import Peer
from p2pblog.sim.truth import Truth
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_message, encode_message

_PESTER_EVERY_S = 1.0
OWN_NUMBERS = 1_000_000
"""Questions that the honest part did not ask bear numbers from here on."""


class Liar:
    """One that tells no lies yet; a `peer.Mischief`."""

    def __init__(self, chance: Random, truth: Truth) -> None:
        self.chance = chance
        self.truth = truth
        self.idle = False
        """It has become honest."""
        self.node: Node | None = None

    def met(self, node: Node, peer: Peer) -> None:
        """Pester the peer from now on."""
        self.node = node
        self._soon(node, peer, self.chance.random())

    def _soon(self, node: Node, peer: Peer, delay_s: float) -> None:
        node.clock.after(delay_s, partial(self._again, node, peer))

    def _again(self, node: Node, peer: Peer) -> None:
        if not (peer.gone or self.idle):
            self.pester(node, peer)
            self._soon(node, peer, _PESTER_EVERY_S * self.chance.uniform(0.5, 1.5))

    def says(self, peer: Peer, messages: list[bytes]) -> list[bytes]:
        """Return what is sent in the place of these messages."""
        if self.idle:
            return messages
        said: list[bytes] = []
        for data in messages:
            said += self.twisted(peer, data)
        return said

    def twisted(self, peer: Peer, data: bytes) -> list[bytes]:
        """Return what is sent in the place of one message."""
        return [
            item if isinstance(item, bytes) else encode_message(item)
            for item in self.lie(decode_message(data))
        ]

    # --- what liars do otherwise -------------------------------------------------------

    def pester(self, node: Node, peer: Peer) -> None:
        """Do something now and then."""

    def lie(self, message: m.Message) -> list[m.Message | bytes]:
        """Return what is said in the place of a message."""
        return [message]

    def reads(self, peer: Peer) -> bool:
        """Tell whether what has arrived is taken."""
        return True

    def hears(self, peer: Peer, message: m.Message) -> bool:
        """Tell whether the honest part hears a message: not the answers to a liar's questions."""
        return not (isinstance(message, m.Entries | m.Done) and message.number >= OWN_NUMBERS)

    def a_log(self, node: Node) -> bytes:
        """Return a log that there is, or one that there is not."""
        logs = list(node.store.logs)
        if logs and self.chance.random() < 0.7:
            return self.chance.choice(logs)
        return self.chance.randbytes(limits.KEY_BYTES)

    def ask(self, peer: Peer, *questions: m.Message) -> None:
        """Say what the honest part would not."""
        peer.say(*map(encode_message, questions))
