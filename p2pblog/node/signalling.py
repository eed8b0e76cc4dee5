"""Links that begin with an offer and an answer, however those travel: by hand, or by a peer.

Implements protocol/14-webrtc.md sections 1 and 6.  Bytes go out and bytes come in; a link that
comes of it is handed over like any other.  The program's only way to what imports aiortc.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import (
    BadRequest,
    BadStructure,
    NoPath,
    OfferEnded,
    OwnAddress,
    P2PBlogError,
    ProtocolError,
)
from p2pblog.net.link import Link
from p2pblog.sync.signal import Signal, decode_signal, encode_signal

if TYPE_CHECKING:
    from p2pblog.net.rtc import RtcEnd

logger = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class _Offer:
    """An offer of ours that waits for its answer; `expect` is the device that must give it."""

    end: RtcEnd
    expect: bytes | None
    expiry: asyncio.TimerHandle


@dataclass(eq=False, slots=True)
class _Answer:
    """An answer of ours that waits for whoever made the offer."""

    data: bytes
    end: RtcEnd
    waiting: asyncio.Task[None]


class Signalling:
    """The offers and answers of one node that wait; lives on one event loop."""

    def __init__(
        self,
        *,
        device: SigningKey,
        network_key: bytes,
        hosts: Callable[[], Sequence[str]],
        stun: Sequence[str],
        run: Callable[[Link, bool], None],
        refused: Callable[[ProtocolError], None],
    ) -> None:
        """Prepare to make and take offers.

        Args:
            hosts: returns the addresses of this machine to use.
            stun: HOST:PORT of STUN servers.
            run: called with each link, and whether this end made the offer.
            refused: called with what somebody at the other end of a channel did wrong.
        """
        self._device, self._network_key = device, network_key
        self._hosts, self._stun = hosts, tuple(stun)
        self._run, self._refused = run, refused
        self._offers: dict[str, _Offer] = {}  # by ufrag, the oldest first
        self._answers: dict[bytes, _Answer] = {}  # by offer, the oldest first
        self._closings: set[asyncio.Task[None]] = set()
        self._closed = False

    async def make_offer(self, *, expect: bytes | None = None) -> bytes:
        """Return a new offer, which waits for its answer for ten minutes.

        Of more than 8 that wait the oldest is forgotten.

        Args:
            expect: the device that must be at the other end (32 bytes), or None for any.
        Raises:
            NoPath: this machine has no address that others could reach.
        """
        end = await self._gather(offers=True)
        signal = end.signal()
        loop = asyncio.get_running_loop()
        expiry = loop.call_later(limits.OFFER_S_MAX, self._forget, signal.ufrag)
        self._offers[signal.ufrag] = _Offer(end, expect, expiry)
        while len(self._offers) > limits.OFFERS_MAX:
            self._forget(next(iter(self._offers)))
        return encode_signal(signal)

    async def take_offer(
        self,
        offer: bytes,
        *,
        expect: bytes | None = None,
        within_s: float = limits.OFFER_S_MAX,
    ) -> bytes:
        """Return the answer to an offer; the link comes up once that has been taken.

        The same offer gets the same answer for as long as that waits; of more than 8 that
        wait the oldest is forgotten.

        Args:
            expect: as for `make_offer`.
            within_s: how long to wait for whoever made the offer to take the answer.
        Raises:
            ProtocolError: it is no offer, or not one that may be taken.
            BadRequest: it is this node's own.
            NoPath: this machine has no address that others could reach.
        """
        signal = decode_signal(offer)
        if signal.answers is not None:
            raise BadStructure("an answer where an offer belongs")
        if signal.ufrag in self._offers:
            raise BadRequest("that offer is this node's own; give it to somebody else")
        if offer not in self._answers:
            end = await self._gather(offers=False)
            self._drop(offer)  # somebody took it at the same time
            answer = encode_signal(end.signal(signal.ufrag))
            waiting = asyncio.create_task(self._wait(end, offer, signal, expect, within_s))
            self._answers[offer] = _Answer(answer, end, waiting)
            while len(self._answers) > limits.OFFERS_MAX:
                self._drop(next(iter(self._answers)))
        return self._answers[offer].data

    async def take_answer(self, answer: bytes) -> Link:
        """Return the link that comes of an answer to an offer made here; it has been handed over.

        The offer is used up, whatever comes of it.

        Raises:
            ProtocolError: it is no answer; or whoever gave it is none of this network's
                nodes, or not the one that was expected.
            OfferEnded: no offer waits for it.
            NoPath: there is no way to the other end.
            OwnAddress: it is this node itself.
        """
        signal = decode_signal(answer)
        if signal.answers is None:
            raise BadStructure("an offer where an answer belongs")
        offer = self._offers.pop(signal.answers, None)
        if offer is None:
            raise OfferEnded
        offer.expiry.cancel()
        link = await self._open(
            offer.end, signal, offer.expect, limits.WEBRTC_CONNECT_S_MAX, initiator=True
        )
        if link.remote_device == self._device.public:
            link.close()
            raise OwnAddress(link.carrier.remote)
        self._run(link, True)
        return link

    def withdraw(self, offer: bytes) -> None:
        """Forget an offer made here, if it still waits."""
        ufrag = decode_signal(offer).ufrag
        if ufrag in self._offers:
            self._forget(ufrag)

    async def close(self) -> None:
        """Forget every offer and answer; the links that came of others live on."""
        self._closed = True
        for ufrag in tuple(self._offers):
            self._forget(ufrag)
        for offer in tuple(self._answers):
            self._drop(offer)
        await asyncio.gather(*self._closings, return_exceptions=True)

    # --- inside ------------------------------------------------------------------------

    async def _gather(self, *, offers: bool) -> RtcEnd:
        # In a thread: it takes a quarter of a second the first time.
        module = await asyncio.to_thread(import_module, "p2pblog.net.rtc")
        end = cast(
            "RtcEnd",
            await module.RtcEnd.gather(offers=offers, hosts=self._hosts(), stun=self._stun),
        )
        if self._closed:
            await end.close()
            raise NoPath("this node is about to end")
        return end

    def _forget(self, ufrag: str) -> None:
        offer = self._offers.pop(ufrag)
        offer.expiry.cancel()
        self._close(offer.end)

    def _drop(self, offer: bytes) -> None:
        answer = self._answers.pop(offer, None)
        if answer is not None:
            answer.waiting.cancel()
            self._close(answer.end)

    def _close(self, end: RtcEnd) -> None:
        closing = asyncio.create_task(end.close())
        self._closings.add(closing)
        closing.add_done_callback(self._closings.discard)

    async def _wait(
        self, end: RtcEnd, offer: bytes, signal: Signal, expect: bytes | None, within_s: float
    ) -> None:
        """Hand the link over that comes once somebody has taken our answer, if anybody does."""
        try:
            link = await self._open(end, signal, expect, within_s, initiator=False)
            self._run(link, False)
        except P2PBlogError as error:
            logger.info("nothing came of an answer: %s", error)
            if isinstance(error, ProtocolError):
                self._refused(error)
        finally:
            answer = self._answers.get(offer)
            if answer is not None and answer.end is end:
                del self._answers[offer]

    async def _open(
        self,
        end: RtcEnd,
        signal: Signal,
        expect: bytes | None,
        within_s: float,
        *,
        initiator: bool,
    ) -> Link:
        carrier = await end.connect(signal, within_s=within_s)
        return await Link.open(
            carrier,
            initiator=initiator,
            device=self._device,
            network_key=self._network_key,
            expect=expect,
        )
