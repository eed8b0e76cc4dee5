"""How a node gets its links: listening, looking on the LAN, dialling, reconnecting.

Every link, whoever began it, ends up with the hub.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import random
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import CannotListen, OwnAddress, P2PBlogError, ProtocolError
from p2pblog.net import tcp
from p2pblog.net.address import parse_address
from p2pblog.net.dialler import Dialler, first_of
from p2pblog.net.dialplan import Dial, DialPlan
from p2pblog.net.interfaces import (
    InterfaceAddress,
    NetworkChange,
    channel_hosts,
    choose,
    reachable_at,
    snapshot,
)
from p2pblog.net.link import Link
from p2pblog.net.members import may_be_dialled
from p2pblog.net.tcp import TcpCarrier, TcpListener
from p2pblog.node.config import Config
from p2pblog.node.hub import Hub
from p2pblog.node.meeting import Meeting
from p2pblog.node.places import Places
from p2pblog.node.signalling import Signalling
from p2pblog.store.peers import KnownPeer, PeerBook
from p2pblog.sync.messages import Join, Member, Relay, Shuffle

if TYPE_CHECKING:
    from p2pblog.net.mdns import Found, LanFinder

logger = logging.getLogger(__name__)


class Network:
    """The carriers of one node; lives on one event loop."""

    def __init__(
        self,
        config: Config,
        device: SigningKey,
        hub: Hub,
        book: PeerBook,
        *,
        on_change: Callable[[], None],
        clock_ms: Callable[[], int],
    ) -> None:
        """Args: on_change is called when what `status` says of the network changed."""
        self._config = config
        self._device = device
        self._hub = hub
        self._book = book
        self._on_change = on_change
        self._clock_ms = clock_ms
        self._listeners: list[TcpListener] = []
        self._finder: LanFinder | None = None
        plan = DialPlan(own=device.public, random=random.random)
        self._dialler = Dialler(plan, self._dial)
        self._tasks: set[asyncio.Task[None]] = set()
        self._meeting: Meeting | None = None
        self._places = Places()
        self.signalling = Signalling(
            device=device,
            network_key=config.network_key,
            hosts=self._rtc_hosts,
            stun=config.stun,
            run=self._run,
            refused=hub.count,
        )

    @property
    def listening(self) -> list[str]:
        """Return where links are accepted, as HOST:PORT."""
        return [address for listener in self._listeners for address in listener.addresses]

    @property
    def addresses(self) -> list[str]:
        """Return where others may reach this node, as HOST:PORT that can be dialled."""
        return reachable_at(self.listening, snapshot())

    @property
    def looking(self) -> list[str]:
        """Return the addresses being dialled."""
        return self._dialler.plan.looking()

    @property
    def lan_error(self) -> str:
        """Return what keeps this node from looking for peers on the LAN; "" if nothing does."""
        return self._finder.state.error if self._finder is not None else ""

    def unlinked(self) -> list[tuple[bytes, tuple[str, ...], str]]:
        """Return (device, addresses, last error's code) of known devices without a link."""
        return self._dialler.plan.unlinked_devices()

    async def start(self) -> None:
        """Listen, look and dial.

        Raises:
            CannotListen: an address that was asked for by name cannot be had.
        """
        for address in self._config.listen:
            await self._listen(address)
        self._dialler.start()
        if self._config.overlay:
            self._meeting = Meeting(
                self._hub,
                self.signalling,
                device=self._device,
                own=self._member,
                dial=self._dial_member,
            )
            self._meeting.start()
        for peer in self._book.known():
            self._dialler.known(peer.device, [peer.address])
        if self._config.lan and self._listeners:
            from p2pblog.net.mdns import LanFinder  # zeroconf takes a moment to import

            self._finder = LanFinder(
                device=self._device.public,
                network_key=self._config.network_key,
                port=parse_address(self.listening[0], listening=True).port,
                addresses=self._lan_addresses,
                on_found=self._found,
                on_lost=self._dialler.lost,
                on_network=self._network_changed,
            )
            await self._finder.start()

    async def connect(self, address: str) -> bytes:
        """Link to whoever is at `address`; return the device (32 bytes).

        Raises:
            BadAddress, Unreachable: nobody is there.
            OwnAddress: it is this node itself.
            ProtocolError: whoever is there is none of this network's nodes.
        """
        link = await self._open(address, None)
        device = link.remote_device
        if device == self._device.public:
            link.close()
            raise OwnAddress(address)
        self._book.remember(KnownPeer(device, address, self._clock_ms()))
        self._dialler.known(device, [address])
        self._run(link, True)
        return device

    def overlay_said(self, device: bytes, message: Join | Shuffle | Relay) -> None:
        """Hear what a peer says to the overlay."""
        if self._meeting is not None:
            self._meeting.receive(device, message)

    def link_changed(self, device: bytes, *, up: bool) -> None:
        """Hear from the hub that a link with `device` came or went."""
        if self._meeting is not None:
            if up:
                near, dialled = self._hub.is_near(device), self._hub.is_dialled(device)
                self._meeting.linked(device, dialled=dialled, near=near)
            else:
                self._meeting.unlinked(device)
        if up:
            self._dialler.linked(device, dialled=self._hub.is_dialled(device))
        else:
            self._dialler.unlinked(device)

    async def close(self) -> None:
        """Stop listening, looking and dialling; end the links."""
        for listener in self._listeners:
            listener.close()
        await self._dialler.close()
        if self._finder is not None:
            await self._finder.close()
        if self._meeting is not None:
            await self._meeting.close()
        await self.signalling.close()
        self._hub.close()
        if self._tasks:
            _, late = await asyncio.wait(tuple(self._tasks), timeout=limits.CLOSE_S_MAX)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # --- inside ------------------------------------------------------------------------

    async def _listen(self, address: str) -> None:
        try:
            listener = await tcp.listen(address, self._accept)
        except CannotListen:
            if self._config.listen_asked:
                raise
            # Nobody asked for this very port: any free one will do.
            listener = await tcp.listen(f"{address.rpartition(':')[0]}:0", self._accept)
        self._listeners.append(listener)

    def _lan_addresses(self) -> tuple[InterfaceAddress, ...]:
        hosts = [parse_address(one, listening=True).host for one in self.listening]
        return choose(snapshot(), names=self._config.interfaces, listen_hosts=hosts)

    def _rtc_hosts(self) -> list[str]:
        return channel_hosts(self.listening, snapshot(), names=self._config.interfaces)

    def _found(self, found: Found) -> None:
        self._dialler.found(found.device, found.addresses)

    def _network_changed(self, change: NetworkChange) -> None:
        self._hub.suspect_all()
        self._dialler.network_changed()
        self._on_change()

    async def _dial(self, dial: Dial) -> None:
        link = await first_of(
            dial.addresses,
            lambda address: self._open(address, dial.device),
            discard=Link.close,
        )
        self._run(link, True)

    def _member(self) -> Member:
        return Member(self._device.public, tuple(self.addresses[: limits.MEMBER_ADDRESSES_MAX]))

    async def _dial_member(self, member: Member) -> bool:
        """Link to a member at its addresses; tell whether that went well."""
        addresses = may_be_dialled(member.addresses, self.addresses)
        if not addresses:
            return False
        try:
            await self._dial(Dial(member.device, addresses))
        except (P2PBlogError, OSError) as error:
            logger.info("no link with a member: %s", error)
            return False
        return True

    async def _open(self, address: str, expect: bytes | None) -> Link:
        carrier = await tcp.dial(address)
        return await Link.open(
            carrier,
            initiator=True,
            device=self._device,
            network_key=self._config.network_key,
            expect=expect,
        )

    def _accept(self, carrier: TcpCarrier) -> None:
        if not self._places.take(carrier):
            self._hub.crowded()
            carrier.close()
            return
        self._spawn(self._welcome(carrier))

    async def _welcome(self, carrier: TcpCarrier) -> None:
        try:
            link = await Link.open(
                carrier,
                initiator=False,
                device=self._device,
                network_key=self._config.network_key,
            )
        except ProtocolError as error:
            self._hub.count(error)
            logger.info("refused %s: %s", carrier.remote, error)
            return
        finally:
            self._places.shaken(carrier)
        self._places.linked(carrier)
        try:
            await self._hub.run(link, initiator=False, near=self._is_near(carrier.remote))
        finally:
            self._places.left(carrier)

    def _run(self, link: Link, initiator: bool) -> None:
        near = self._is_near(link.carrier.remote)
        self._spawn(self._hub.run(link, initiator=initiator, near=near))
        # The dialler must not take the device for unlinked before the session has begun.
        self._dialler.linked(link.remote_device, dialled=initiator)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            if isinstance(error, P2PBlogError | OSError):
                logger.warning("a link ended: %s", error)
            else:
                logger.error("a link ended badly", exc_info=error)

    def _is_near(self, remote: str) -> bool:
        """Tell whether an address is on a network that this machine is on too."""
        ip = ipaddress.ip_address(parse_address(remote).host.partition("%")[0])
        if ip.is_loopback or ip.is_link_local or ip.is_private:
            return True
        return any(one.ip.version == ip.version and ip in one.network for one in snapshot())
