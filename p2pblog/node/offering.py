"""The two ends of one pairing, carried out: links, time limits, and the person's answer.

The old device runs an `Offering`, the new one a `Joining`.  Each goes on in a task of its own,
so that a face may ask, leave, and ask again.  What is said is sync/pairing.py's matter.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from p2pblog.content.bodies import DeviceAdd
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import PairingEnded, ProtocolError
from p2pblog.net.link import Link
from p2pblog.net.pairing import PairingPort, dialable
from p2pblog.node.home import Identity
from p2pblog.sync.pairing import NONCE_BYTES, Joiner, Offerer

logger = logging.getLogger(__name__)

_LEFT = "the other device has left"
_REFUSED = "it was refused"
_LATE = f"{limits.PAIRING_S_MAX // 60} minutes are over"


class Newcomer(NamedTuple):
    """Who came: its key (32 bytes), the name it gives itself, the six digits to compare."""

    device: bytes
    name: str
    compare: str


class Offering:
    """One offer of the old device, from the code to the entry that adds the new one."""

    def __init__(
        self,
        port: PairingPort,
        who: Identity,
        name: str,
        add: Callable[[DeviceAdd], Awaitable[None]],
        addresses: Callable[[], list[str]],
    ) -> None:
        """Begin to wait for the new device.

        Args:
            name: what the identity is called.
            add: makes the new device one of the identity's.
            addresses: where this node takes links.
        """
        loop = asyncio.get_running_loop()
        self._port, self._who, self._name = port, who, name
        self._add, self._addresses = add, addresses
        self._came: asyncio.Future[Newcomer] = loop.create_future()
        self._answer: asyncio.Future[bool] = loop.create_future()
        self._task = asyncio.create_task(self._run(), name="offering")

    @property
    def has_come(self) -> bool:
        """Whether somebody with the code has come, so that there is something to confirm."""
        return self._came.done() or self._task.done()

    async def newcomer(self) -> Newcomer:
        """Return who has come with the code; wait for them.

        Raises:
            PairingEnded: nobody has, and nobody will.
            ProtocolError: whoever came broke the protocol; the offer is over.
        """
        await asyncio.wait((self._task, self._came), return_when=asyncio.FIRST_COMPLETED)
        return self._came.result() if self._came.done() else await self.ended()

    async def confirm(self) -> Newcomer:
        """Add the device that has come; return it once it has been told.

        Raises:
            PairingEnded: it has left, or the time is over.
        """
        if not self._answer.done():
            self._answer.set_result(True)
        return await self.ended()

    async def refuse(self) -> None:
        """Say no to whoever has come or comes; the offer is over."""
        if not self._answer.done():
            self._answer.set_result(False)
        if not self._came.done():
            self._task.cancel()
        await asyncio.wait((self._task,))

    async def close(self) -> None:
        """Break off, whatever is under way."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._port.close()  # a task that had not begun has closed nothing

    async def ended(self) -> Newcomer:
        """Wait until it is over; return whom it has added.

        Raises:
            PairingEnded: nobody.
        """
        try:
            return await asyncio.shield(self._task)
        except asyncio.CancelledError:
            if self._task.cancelled():
                raise PairingEnded(_REFUSED) from None
            raise

    async def _run(self) -> Newcomer:
        try:
            async with asyncio.timeout(limits.PAIRING_S_MAX):
                link = await self._port.met()
                try:
                    return await self._pair(link)
                finally:
                    link.close()
        except TimeoutError:
            raise PairingEnded(_LATE) from None
        finally:
            await self._port.close()

    async def _pair(self, link: Link) -> Newcomer:
        offerer = Offerer(
            root=self._who.identity,
            device=self._who.device,
            name=self._name,
            joiner=link.remote_device,
            handshake_hash=link.handshake_hash,
            nonce=secrets.token_bytes(NONCE_BYTES),
        )
        link.send(*offerer.start())
        await _converse(link, offerer.receive, lambda: offerer.add is not None)
        newcomer = Newcomer(link.remote_device, offerer.name, offerer.compare)
        self._came.set_result(newcomer)
        leaving = asyncio.create_task(link.receive())
        try:
            # The new device has nothing more to say: whatever comes now is its end.
            await asyncio.wait((leaving, self._answer), return_when=asyncio.FIRST_COMPLETED)
            left = leaving.done()
        finally:
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
        if left:
            raise PairingEnded(_LEFT)
        if not self._answer.result() or offerer.add is None:
            link.send(offerer.refused())
            raise PairingEnded(_REFUSED)
        await self._add(offerer.add)
        link.send(offerer.done(self._addresses()))
        return newcomer


class Joining:
    """The new device's end, from the link to the home that knows who lives in it."""

    def __init__(
        self,
        link: Link,
        key: SigningKey,
        name: str,
        keep: Callable[[Identity, list[str]], Awaitable[None]],
    ) -> None:
        """Args: keep makes this the home of the identity, and links to one of the addresses."""
        loop = asyncio.get_running_loop()
        self._link, self._key, self._keep = link, key, keep
        self._joiner = Joiner(
            key=key,
            name=name,
            handshake_hash=link.handshake_hash,
            nonce=secrets.token_bytes(NONCE_BYTES),
        )
        self._shown: asyncio.Future[None] = loop.create_future()
        self._task = asyncio.create_task(self._run(), name="joining")

    @property
    def name(self) -> str:
        """What the identity says it is called; may be empty."""
        return self._joiner.name

    @property
    def compare(self) -> str:
        """The six digits to compare."""
        return self._joiner.compare

    @property
    def who(self) -> Identity:
        """Who this home is about to be of."""
        return Identity(self._joiner.root, self._key.public)

    async def comparable(self) -> None:
        """Wait until there is a number to compare.

        Raises:
            PairingEnded, ProtocolError: there will be none.
        """
        await asyncio.wait((self._task, self._shown), return_when=asyncio.FIRST_COMPLETED)
        if not self._shown.done():
            await self.joined()

    async def joined(self) -> None:
        """Wait until the person at the other device has said yes, and this home knows it.

        Raises:
            PairingEnded: they said no, or nothing for too long; or it was left.
        """
        try:
            await asyncio.shield(self._task)
        except asyncio.CancelledError:
            if self._task.cancelled():
                raise PairingEnded("it was left") from None
            raise

    async def leave(self) -> bool:
        """Break off, and tell whether it was not too late: the other device may have said yes."""
        if self._joiner.addresses is not None or self._task.done():
            return False
        await self.close()
        return True

    async def close(self) -> None:
        """Break off, unless it has come to its end."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        link, joiner = self._link, self._joiner
        try:
            await _converse(link, joiner.receive, lambda: joiner.compare != "" or joiner.refused)
            if not joiner.refused:
                self._shown.set_result(None)
                await _converse(
                    link,
                    joiner.receive,
                    lambda: joiner.addresses is not None or joiner.refused,
                    within_s=limits.PAIRING_S_MAX,
                )
            if joiner.addresses is None:
                raise PairingEnded(_REFUSED)
        finally:
            link.close()
        await self._keep(self.who, dialable(joiner.addresses, link.carrier.remote))


async def _converse(
    link: Link,
    receive: Callable[[bytes], list[bytes]],
    enough: Callable[[], bool],
    *,
    within_s: float = limits.PAIRING_STEP_S_MAX,
) -> None:
    """Pass messages to `receive` and its answers back, until `enough`.

    Raises:
        PairingEnded: the other end left first, or was silent for too long.
        ProtocolError: it said something else than it may.
    """
    try:
        async with asyncio.timeout(within_s):
            while not enough():
                messages = await link.receive()
                if not messages:
                    raise PairingEnded(_LEFT)
                for message in messages:
                    link.send(*receive(message))
    except TimeoutError:
        raise PairingEnded("the other device says nothing more") from None
    except ProtocolError as error:
        logger.info("a pairing with %s broke: %s", link.carrier.remote, error)
        raise
