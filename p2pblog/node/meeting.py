"""How a node comes by links that nobody typed: it carries out what the overlay decides.

Implements protocol/15-overlay.md for asyncio.  Members are dialled where they have addresses;
where that fails, or there are none, an offer for a data channel is sealed and relayed to them.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import P2PBlogError, ProtocolError
from p2pblog.sync.calls import Call, seal, unseal
from p2pblog.sync.messages import Join, Member, Relay, Shuffle
from p2pblog.sync.overlay import Dial, Drop, Effect, Overlay, Sealed, Send

logger = logging.getLogger(__name__)


class Links(Protocol):
    """What the node's links are to its overlay."""

    def linked(self, device: bytes) -> bool:
        """Tell whether there is a link with a device."""

    def say(self, device: bytes, message: Join | Shuffle | Relay) -> None:
        """Send something to a device that there is a link with."""

    def drop(self, device: bytes) -> None:
        """End the link with a device in peace."""

    def is_known(self, device: bytes) -> bool:
        """Tell whether a device is no stranger's, so that its link had better stay."""

    def crowded(self) -> None:
        """Count somebody for whom there is no room any more."""

    def count(self, error: ProtocolError) -> None:
        """Count a refusal."""


class Calling(Protocol):
    """How offers are made and taken: `signalling.Signalling`."""

    async def make_offer(self, *, expect: bytes | None = None) -> bytes: ...

    async def take_offer(
        self, offer: bytes, *, expect: bytes | None = None, within_s: float = ...
    ) -> bytes: ...

    async def take_answer(self, answer: bytes) -> Any: ...

    def withdraw(self, offer: bytes) -> None: ...


class Meeting:
    """The overlay of one node; lives on one event loop."""

    def __init__(
        self,
        links: Links,
        calling: Calling,
        *,
        device: SigningKey,
        own: Callable[[], Member],
        dial: Callable[[Member], Coroutine[Any, Any, bool]],
    ) -> None:
        """Prepare to meet.

        Args:
            own: returns what this node tells others of itself.
            dial: links to a member at its addresses; returns False where nobody answers.
        """
        self._links = links
        self._calling = calling
        self._device = device
        self._dial = dial
        self._overlay = Overlay(own, links.is_known, random=random.random)
        self._calls: dict[bytes, tuple[bytes, asyncio.Future[bytes]]] = {}
        self._meeting: set[bytes] = set()
        self._answering: set[bytes] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.Task[None] | None = None

    @property
    def passive(self) -> list[Member]:
        """The members that could be linked to."""
        return self._overlay.passive

    def start(self) -> None:
        """Begin to look for links."""
        self._timer = asyncio.create_task(self._tick(), name="overlay")

    async def close(self) -> None:
        """Look for no more links."""
        tasks = [*self._tasks, *([self._timer] if self._timer is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def linked(self, device: bytes, *, dialled: bool, near: bool) -> None:
        """Hear of a new link."""
        known = {member.device: member for member in self._overlay.passive}
        member = known.get(device, Member(device, ()))
        now_s = time.monotonic()
        self._carry_out(self._overlay.linked(member, dialled=dialled, near=near, now_s=now_s))

    def unlinked(self, device: bytes) -> None:
        """Hear that a link has ended."""
        self._overlay.unlinked(device, time.monotonic())

    def receive(self, device: bytes, message: Join | Shuffle | Relay) -> None:
        """Take in what a peer says."""
        self._carry_out(self._overlay.receive(device, message, time.monotonic()))

    # --- inside ------------------------------------------------------------------------

    async def _tick(self) -> None:
        while True:
            now_s = time.monotonic()
            self._carry_out(self._overlay.tick(now_s))
            await asyncio.sleep(max(0.1, min(self._overlay.deadline_s() - now_s, 5)))

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(device, message):
                    self._links.say(device, message)
                case Drop(device):
                    self._links.crowded()
                    self._links.drop(device)
                case Dial(member):
                    if member.device not in self._meeting and not self._is_linked(member.device):
                        self._meeting.add(member.device)
                        self._spawn(self._meet(member), self._meeting, member.device)
                case Sealed(origin, sealed):
                    self._take_call(origin, sealed)

    async def _meet(self, member: Member) -> None:
        """Link to a member, one way or another."""
        if member.addresses and await self._dial(member):
            return
        if not self._is_linked(member.device):
            await self._call(member.device)

    async def _call(self, device: bytes) -> None:
        """Send an offer to a device through others, and take the answer."""
        number = secrets.token_bytes(limits.CALL_BYTES)
        offer = await self._calling.make_offer(expect=device)
        answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._calls[number] = device, answered
        try:
            if not self._send_sealed(device, Call(False, number, offer)):
                return
            async with asyncio.timeout(limits.CALL_S_MAX):
                answer = await answered
            await self._calling.take_answer(answer)
        except TimeoutError:
            logger.info("a member did not answer: %s", device.hex())
        finally:
            del self._calls[number]
            self._calling.withdraw(offer)

    def _take_call(self, origin: bytes, sealed: bytes) -> None:
        try:
            call = unseal(sealed, self._device, origin)
        except ProtocolError as error:
            self._links.count(error)
            return
        if call.is_answer:
            device, answered = self._calls.get(call.number, (None, None))
            if answered is not None and device == origin and not answered.done():
                answered.set_result(call.signal)
            return
        busy = origin in self._answering or len(self._answering) >= limits.CALLS_MAX
        if not busy and not self._is_linked(origin):
            self._answering.add(origin)
            self._spawn(self._answer(origin, call), self._answering, origin)

    async def _answer(self, origin: bytes, call: Call) -> None:
        answer = await self._calling.take_offer(
            call.signal, expect=origin, within_s=limits.CALL_S_MAX
        )
        self._send_sealed(origin, Call(True, call.number, answer))

    def _send_sealed(self, device: bytes, call: Call) -> bool:
        sealed = seal(call, self._device, device, secrets.token_bytes(limits.NONCE_BYTES))
        if sealed is None or len(sealed) > limits.RELAY_BYTES_MAX:
            return False
        effects = self._overlay.seal_for(device, sealed, time.monotonic())
        self._carry_out(effects)
        return bool(effects)

    def _is_linked(self, device: bytes) -> bool:
        return device == self._device.public or self._links.linked(device)

    def _spawn(self, work: Coroutine[Any, Any, None], busy: set[bytes], device: bytes) -> None:
        async def run() -> None:
            try:
                await work
            except P2PBlogError as error:
                if isinstance(error, ProtocolError):
                    self._links.count(error)
                logger.info("no link with %s: %s", device.hex(), error)
            finally:
                busy.discard(device)

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
