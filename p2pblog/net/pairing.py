"""Meet for a pairing: wait for the new device, or find the old one, by a one-time code.

Implements protocol/05-identity.md section 5 for asyncio: the port that is open for one
pairing, its announcement on the LAN, and the link that comes of it.  What is said on that link
is sync/pairing.py's matter.  Both are announced under keys made for the occasion, so nobody on
the LAN learns which device it is that pairs.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import (
    BadCode,
    LinkRefused,
    NoOffer,
    OtherNetwork,
    P2PBlogError,
    PairingEnded,
    ProtocolError,
)
from p2pblog.net import tcp
from p2pblog.net.address import Address, parse_address
from p2pblog.net.dialler import first_of
from p2pblog.net.interfaces import InterfaceAddress
from p2pblog.net.link import Link
from p2pblog.net.mdns import Found, LanFinder
from p2pblog.net.tcp import TcpCarrier, TcpListener

Addresses = Callable[[], Sequence[InterfaceAddress]]

EVERYWHERE = ("::", "0.0.0.0")  # noqa: S104  (compared, not listened at)
_NO_PORT = 1023  # privileged: whoever looks on the LAN passes such an announcement over


class PairingPort:
    """One offer: a port of its own, and an announcement on the LAN.  Made by `open`.

    Fields:
        addresses: where it listens, HOST:PORT.
    """

    def __init__(self, key: bytes) -> None:
        self.addresses: tuple[str, ...] = ()
        self._key = key
        self._device = SigningKey(secrets.token_bytes(limits.KEY_BYTES))
        self._listeners: list[TcpListener] = []
        self._finder: LanFinder | None = None
        self._tries = 0
        self._welcomes: set[asyncio.Task[None]] = set()
        self._met: asyncio.Future[Link] = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(cls, *, key: bytes, hosts: Sequence[str], lan: Addresses | None) -> PairingPort:
        """Listen on a free port of each host, and announce it.

        Args:
            key: the pairing key (32 bytes).
            hosts: where the node takes links, too.
            lan: the addresses to announce on; None for no announcement.
        Raises:
            CannotListen: none of the hosts is this machine's any more.
        """
        port = cls(key)
        try:
            for host in dict.fromkeys(hosts):
                listener = await tcp.listen(str(Address(host, 0)), port._accept)
                port._listeners.append(listener)
            port.addresses = tuple(a for one in port._listeners for a in one.addresses)
            if lan is not None and port.addresses:
                number = parse_address(port.addresses[0], listening=True).port
                port._finder = _finder(port._device, key, number, lan, lambda found: None)
                await port._finder.start()
        except BaseException:
            await port.close()
            raise
        return port

    async def met(self) -> Link:
        """Return the link with the first who knows the code; nobody else is taken from then on.

        Raises:
            PairingEnded: three wrong codes were tried.
        """
        try:
            return await asyncio.shield(self._met)
        finally:
            self._shut()

    async def close(self) -> None:
        """Take nobody any more; a link that was returned lives on."""
        self._shut()
        for welcome in self._welcomes:
            welcome.cancel()
        await asyncio.gather(*self._welcomes, return_exceptions=True)
        if not self._met.done():
            self._met.cancel()
        elif not self._met.cancelled():
            self._met.exception()  # looked at, so that nobody complains that it was not
        if self._finder is not None:
            finder, self._finder = self._finder, None
            await finder.close()

    def _shut(self) -> None:
        for listener in self._listeners:
            listener.close()

    def _accept(self, carrier: TcpCarrier) -> None:
        if self._met.done() or len(self._welcomes) >= limits.HANDSHAKES_MAX:
            carrier.close()
            return
        _keep(self._welcomes, self._welcome(carrier))

    async def _welcome(self, carrier: TcpCarrier) -> None:
        try:
            link = await Link.open(
                carrier, initiator=False, device=self._device, network_key=self._key
            )
        except OtherNetwork:
            self._tries += 1
            if self._tries >= limits.PAIRING_TRIES_MAX and not self._met.done():
                self._met.set_exception(
                    PairingEnded(f"{limits.PAIRING_TRIES_MAX} wrong codes were tried")
                )
            return
        except ProtocolError:
            return  # not p2pblog at all, or gone again: no try at the code
        if self._met.done():
            link.close()
        else:
            self._met.set_result(link)


async def meet_at(address: str, *, key: bytes, device: SigningKey) -> Link:
    """Return a link with the offer at `address`.

    Raises:
        BadAddress, Unreachable: nobody is there.
        BadCode: whoever is there does not take this code.
    """
    carrier = await tcp.dial(address)
    try:
        return await Link.open(carrier, initiator=True, device=device, network_key=key)
    except (LinkRefused, OtherNetwork) as error:
        raise BadCode(f"{address} does not take it") from error


async def meet_on_lan(
    *, key: bytes, device: SigningKey, lan: Addresses, within_s: float = limits.PAIRING_LOOK_S_MAX
) -> Link:
    """Return a link with the device on the LAN that offers a pairing under `key`.

    Raises:
        NoOffer: none was found within `within_s`.
    """
    found: asyncio.Queue[Found] = asyncio.Queue(limits.LAN_PEERS_MAX)

    def heard(one: Found) -> None:
        if not found.full():
            found.put_nowait(one)

    passing = SigningKey(secrets.token_bytes(limits.KEY_BYTES))
    finder = _finder(passing, key, _NO_PORT, lan, heard)
    await finder.start()
    try:
        async with asyncio.timeout(within_s):
            while True:
                candidate = await found.get()
                try:
                    return await first_of(
                        candidate.addresses,
                        lambda address: meet_at(address, key=key, device=device),
                        discard=Link.close,
                    )
                except (P2PBlogError, OSError):
                    continue  # a stale record, or a stranger's; the right one may still come
    except TimeoutError:
        raise NoOffer from None
    finally:
        await finder.close()


def typeable(addresses: Sequence[str], here: Sequence[InterfaceAddress]) -> list[str]:
    """Return where a person can tell another machine to look, at most 8, IPv4 first.

    Args:
        addresses: where something listens; "every address" stands for those of `here`.
    """
    found: dict[str, None] = {}
    for text in addresses:
        one = parse_address(text, listening=True)
        hosts = [one.host]
        if one.host in EVERYWHERE:
            # A link-local address means another interface on the other machine.
            usable = [each for each in here if not each.is_link_local_v6]
            hosts = [
                each.address
                for each in sorted(usable, key=lambda each: each.is_v6)
                if one.host == "::" or not each.is_v6
            ]
        found.update(dict.fromkeys(str(Address(host, one.port)) for host in hosts))
    return list(found or addresses)[: limits.PAIRING_ADDRESSES_MAX]


def dialable(addresses: Sequence[str], remote: str) -> list[str]:
    """Return which of the addresses that a peer told can be dialled.

    Args:
        addresses: unchecked; a host that means "every address" means that of `remote`.
        remote: where the peer was reached, HOST:PORT.
    """
    found: dict[str, None] = {}
    for text in addresses:
        try:
            one = parse_address(text, listening=True)
            if one.host in EVERYWHERE:
                one = Address(parse_address(remote).host, one.port)
            found[str(parse_address(str(one)))] = None
        except P2PBlogError:
            continue
    return list(found)


def _finder(
    device: SigningKey, key: bytes, port: int, lan: Addresses, on_found: Callable[[Found], None]
) -> LanFinder:
    return LanFinder(
        device=device.public,
        network_key=key,
        port=port,
        addresses=lan,
        on_found=on_found,
        on_lost=lambda device: None,
    )


def _keep(tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
