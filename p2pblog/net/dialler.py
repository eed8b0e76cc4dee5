"""Dial the devices that the plan says are due, and tell it how that went.

Implements protocol/07-discovery.md section 6.  The decisions are in dialplan.py; here are the
clock, the tasks, and `first_of`, which tries the addresses of one device in order without
waiting long for any of them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from p2pblog.core.errors import P2PBlogError, PeerTimeout, ProtocolError, Unreachable
from p2pblog.core.limits import DIAL_S_MAX, DIAL_STAGGER_S, HANDSHAKE_S_MAX
from p2pblog.net.dialplan import Dial, DialPlan

T = TypeVar("T")


async def first_of(
    addresses: Sequence[str],
    attempt: Callable[[str], Awaitable[T]],
    *,
    discard: Callable[[T], None],
    stagger_s: float = DIAL_STAGGER_S,
) -> T:
    """Return what the first attempt to succeed returns (RFC 8305, "happy eyeballs").

    The next address is tried when the one before has failed, or has been silent for
    `stagger_s`; the others are cancelled when one has succeeded.

    Args:
        addresses: best first.
        attempt: opens a link to one address; raises P2PBlogError or OSError.
        discard: closes what a second attempt returned that succeeded at the same moment.
    Raises:
        ProtocolError: somebody was there and refused; the most telling of the errors.
        P2PBlogError, OSError: nobody was; the error of the best address.
    """
    waiting = list(addresses)
    running: set[asyncio.Future[T]] = set()
    errors: list[Exception] = []
    winner: asyncio.Future[T] | None = None
    try:
        while winner is None and (waiting or running):
            if waiting:
                running.add(asyncio.ensure_future(attempt(waiting.pop(0))))
            done, _ = await asyncio.wait(
                running,
                timeout=stagger_s if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for future in done:
                error = future.exception()
                if error is None:
                    winner = winner or future
                elif isinstance(error, P2PBlogError | OSError):
                    errors.append(error)
                else:
                    raise error
                if error is not None or future is winner:
                    running.discard(future)
    finally:
        for future in running:
            future.cancel()
        for result in await asyncio.gather(*running, return_exceptions=True):
            if not isinstance(result, BaseException):
                discard(result)
    if winner is not None:
        return winner.result()
    refusals = [error for error in errors if isinstance(error, ProtocolError)]
    raise (refusals or errors or [Unreachable("it has no address")])[0]


class Dialler:
    """Carries a `DialPlan` out, and passes on to it what happens.

    Args:
        plan: whom to dial and when.
        dial: opens a link (`first_of` tries the addresses), hands it over, calls `linked`
            and returns; raises P2PBlogError or OSError when there is none.
        clock: monotonic seconds, those of the event loop.
    """

    def __init__(
        self,
        plan: DialPlan,
        dial: Callable[[Dial], Awaitable[None]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.plan = plan
        self._dial = dial
        self._clock = clock
        self._poked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._dials: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to dial; must be called in the event loop."""
        self._task = asyncio.create_task(self._run(), name="dialler")

    async def close(self) -> None:
        """Stop, breaking off the dials under way."""
        tasks = [*self._dials, *([self._task] if self._task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def found(self, device: bytes, addresses: Sequence[str]) -> None:
        """`device` is on the LAN, at these addresses."""
        self.plan.found(device, addresses, now_s=self._clock())
        self._poked.set()

    def lost(self, device: bytes) -> None:
        """`device` is no longer on the LAN."""
        self.plan.lost(device)

    def known(self, device: bytes, addresses: Sequence[str]) -> None:
        """`device` is remembered at these addresses; none at all forgets it."""
        self.plan.known(device, addresses, now_s=self._clock())
        self._poked.set()

    def linked(self, device: bytes, *, dialled: bool) -> None:
        """A link to `device` is up; `dialled` by us or by the other end."""
        self.plan.linked(device, dialled=dialled, now_s=self._clock())

    def unlinked(self, device: bytes) -> None:
        """The last link to `device` is down."""
        self.plan.unlinked(device, now_s=self._clock())
        self._poked.set()

    def network_changed(self) -> None:
        """The machine has other addresses than before, or was asleep."""
        self.plan.network_changed(now_s=self._clock())
        self._poked.set()

    async def _run(self) -> None:
        while True:
            self._poked.clear()
            for dial in self.plan.due(now_s=self._clock()):
                task = asyncio.create_task(self._carry_out(dial), name="dial")
                self._dials.add(task)
                task.add_done_callback(self._dials.discard)
            wake_s = self.plan.wake_s()
            wait_s = None if wake_s is None else max(0.0, wake_s - self._clock())
            try:
                async with asyncio.timeout(wait_s):
                    await self._poked.wait()
            except TimeoutError:
                continue

    async def _carry_out(self, dial: Dial) -> None:
        code = ""
        try:
            async with asyncio.timeout(DIAL_S_MAX + HANDSHAKE_S_MAX):
                await self._dial(dial)
        except TimeoutError:
            code = PeerTimeout.code
        except P2PBlogError as error:
            code = error.code
        except OSError:
            code = Unreachable.code
        finally:
            self.plan.ended(dial.device, now_s=self._clock(), error=code)
            self._poked.set()
