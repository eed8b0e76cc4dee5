"""The methods of the local API that make links: by an address, or by an offer carried by hand."""

from __future__ import annotations

from collections.abc import Callable

from p2pblog.core import limits
from p2pblog.core.errors import NoIdentity
from p2pblog.core.textform import Kind, to_text
from p2pblog.node import params as take
from p2pblog.node.network import Network
from p2pblog.node.params import Document
from p2pblog.node.server import Handler, Request
from p2pblog.sync.signal import SignalType
from p2pblog.sync.signal_text import signal_from_text, signal_to_text


class Connecting:
    """Links a node to others as a person asks for it."""

    def __init__(self, network: Callable[[], Network | None], clock_ms: Callable[[], int]) -> None:
        """Args: network returns the node's network, None while nobody lives here."""
        self._network = network
        self._clock_ms = clock_ms

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {
            "connect": self.connect,
            "connect.offer": self.offer,
            "connect.answer": self.answer,
            "connect.accept": self.accept,
        }

    async def connect(self, request: Request) -> Document:
        """Link to whoever is at an address."""
        address = take.text(request.params, "address", most=300).strip()
        device = await self._online().connect(address)
        return {"device": to_text(Kind.DEVICE, device), "address": address}

    async def offer(self, request: Request) -> Document:
        """Make an offer, for a person to give to another."""
        offer = await self._online().signalling.make_offer()
        return {"offer": signal_to_text(SignalType.OFFER, offer), "expires_ms": self._expires_ms()}

    async def answer(self, request: Request) -> Document:
        """Take somebody's offer, and return the answer that they wait for."""
        network = self._online()
        offer = signal_from_text(SignalType.OFFER, take.text(request.params, "offer"))
        answer = await network.signalling.take_offer(offer)
        return {
            "answer": signal_to_text(SignalType.ANSWER, answer),
            "expires_ms": self._expires_ms(),
        }

    async def accept(self, request: Request) -> Document:
        """Take the answer to an offer of this node; return once the link is up."""
        network = self._online()
        answer = signal_from_text(SignalType.ANSWER, take.text(request.params, "answer"))
        link = await network.signalling.take_answer(answer)
        return {
            "device": to_text(Kind.DEVICE, link.remote_device),
            "address": link.carrier.remote,
        }

    def _online(self) -> Network:
        network = self._network()
        if network is None:
            raise NoIdentity
        return network

    def _expires_ms(self) -> int:
        return self._clock_ms() + limits.OFFER_S_MAX * 1000
