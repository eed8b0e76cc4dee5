"""Speak multicast DNS on a fixed set of addresses, through zeroconf.

The only module that imports zeroconf, which costs about 0.1 s: load it in a thread, and
only when the LAN is wanted.  A `Responder` announces one service, browses for its like and
answers what it has heard (unchecked: lan_records.py judges).  It is opened for the addresses
of one moment; when these change it is closed and another one is opened, since zeroconf's
own update neither asks again on a new interface nor forgets what an old one said.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

# The records are exported for older code's sake and will stay; zeroconf's typing omits them.
from zeroconf import (  # type: ignore[attr-defined]
    DNSAddress,
    DNSOutgoing,
    DNSPointer,
    DNSQuestion,
    DNSQuestionType,
    DNSRecord,
    DNSService,
    DNSText,
    ServiceStateChange,
    Zeroconf,
    current_time_millis,
)
from zeroconf import Error as ZeroconfError
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from p2pblog.core.limits import LAN_ADDRESSES_MAX, LAN_TTL_S
from p2pblog.net.interfaces import InterfaceAddress, InterfaceKind
from p2pblog.net.lan_records import Record

# What goes wrong is in `Responder.missing` and in the errors raised; a laptop that changes
# networks all day must not fill a log with it.
logging.getLogger("zeroconf").setLevel(logging.CRITICAL)

_CLASS_IN = 1
_TYPE_A, _TYPE_PTR, _TYPE_TXT, _TYPE_AAAA, _TYPE_SRV = 1, 12, 16, 28, 33
_QUERY = 0
_RECORDS_MAX = 4 * LAN_ADDRESSES_MAX  # of one name and type; a stranger may send thousands
# From <linux/in.h> and <linux/in6.h>; Python does not name them.
_IP_MULTICAST_ALL, _IPV6_MULTICAST_ALL = 49, 29


class Responder:
    """One service announced, and its like listened for; made by `open`."""

    def __init__(
        self, zeroconf: AsyncZeroconf, info: AsyncServiceInfo, missing: tuple[str, ...]
    ) -> None:
        self.missing = missing  # addresses that could not be used
        self._zeroconf = zeroconf
        self._info = info
        self._browser: AsyncServiceBrowser | None = None
        self._announcing: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        here: Sequence[InterfaceAddress],
        *,
        service_type: str,
        name: str,
        host: str,
        port: int,
        txt: bytes,
        addresses: Iterable[str],
        on_change: Callable[[str, bool], None],
    ) -> Responder:
        """Announce `name` and browse for `service_type` on the interfaces of `here`.

        Returns once the sockets are open; announcing goes on by itself.  `on_change(name,
        gone)` is called in the event loop, with whatever name anybody has sent.

        Raises:
            OSError: port 5353 cannot be used, or an address has just gone.
        """
        speaking = _one_a_family(here)
        if not speaking:
            raise OSError("multicast does not work on ::1 alone")
        try:
            zeroconf = AsyncZeroconf(interfaces=[one.address for one in speaking])
        except RuntimeError as error:  # zeroconf's way to say that an address has just gone
            raise OSError(str(error)) from error
        try:
            await zeroconf.zeroconf.async_wait_for_start()
            _narrow(zeroconf.zeroconf, speaking)
        except ZeroconfError as error:
            await zeroconf.async_close()
            raise OSError(f"mDNS did not start ({type(error).__name__})") from error
        used = {
            sender.sock_name[0].partition("%")[0] for sender in zeroconf.zeroconf.engine.senders
        }
        info = AsyncServiceInfo(
            service_type,
            name,
            port=port,
            properties=txt,
            server=host,
            host_ttl=LAN_TTL_S,
            parsed_addresses=list(addresses),
        )
        missing = tuple(one.host for one in speaking if one.address not in used)
        responder = cls(zeroconf, info, missing)
        responder._start(service_type, on_change)
        return responder

    def lookup(self, name: str) -> Record | None:
        """Return what is known of an instance; None while a record of it is missing."""
        cache, now = self._zeroconf.zeroconf.cache, current_time_millis()

        def live(name: str, kind: int) -> list[DNSRecord]:
            found = cache.get_all_by_details(name, kind, _CLASS_IN)
            fresh = [record for record in found[-_RECORDS_MAX:] if not record.is_expired(now)]
            return sorted(fresh, key=lambda record: -record.created)

        pointer = DNSPointer(self._info.type, _TYPE_PTR, _CLASS_IN, LAN_TTL_S, name)
        srv, txt = live(name, _TYPE_SRV), live(name, _TYPE_TXT)
        if cache.get(pointer) is None or not srv or not txt:
            return None
        service, text = srv[0], txt[0]
        if not isinstance(service, DNSService) or not isinstance(text, DNSText):
            return None
        hosts = live(service.server, _TYPE_A) + live(service.server, _TYPE_AAAA)
        addresses = tuple(
            (record.address, record.scope_id) for record in hosts if isinstance(record, DNSAddress)
        )
        if not addresses:
            return None
        ttl_s = min(service.get_remaining_ttl(now), LAN_TTL_S)
        return Record(name, text.text, service.port, addresses, ttl_s)

    def ask(self, names: Iterable[str]) -> None:
        """Ask everybody for the records of these instances; answers come as changes.

        Whoever knows an instance sends its addresses along with its SRV record.
        """
        out = DNSOutgoing(_QUERY)
        for name in names:
            out.add_question(DNSQuestion(name, _TYPE_SRV, _CLASS_IN))
            out.add_question(DNSQuestion(name, _TYPE_TXT, _CLASS_IN))
        if out.questions:
            self._zeroconf.zeroconf.async_send(out)

    async def close(self, *, goodbye: bool) -> None:
        """Stop, close every socket, and with `goodbye` tell the others first (0.25 s)."""
        if self._announcing is not None:
            self._announcing.cancel()
            await asyncio.gather(self._announcing, return_exceptions=True)
        if self._browser is not None:
            await self._browser.async_cancel()
        if not goodbye:
            self._zeroconf.zeroconf.registry.async_remove(self._info)
        await self._zeroconf.async_close()

    def _start(self, service_type: str, on_change: Callable[[str, bool], None]) -> None:
        def changed(
            zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
        ) -> None:
            on_change(name, state_change is ServiceStateChange.Removed)

        # Plain multicast questions: a unicast answer goes to just one of the processes
        # that share port 5353 on a machine, and not always to the one that asked.
        self._browser = AsyncServiceBrowser(
            self._zeroconf.zeroconf,
            service_type,
            handlers=[changed],
            question_type=DNSQuestionType.QM,
        )
        self._announcing = asyncio.create_task(self._announce())

    async def _announce(self) -> None:
        # The name follows from the device key, so nobody else can rightly have it: there is
        # nothing to probe for, and the others hear of us 0.7 s sooner.
        broadcast = await self._zeroconf.async_register_service(
            self._info, cooperating_responders=True
        )
        await broadcast


def _one_a_family(here: Sequence[InterfaceAddress]) -> list[InterfaceAddress]:
    """Return one address to speak from per interface and IP version, link-local IPv6 first.

    The loopback has IPv4 multicast only; ::1 may be announced there, but not spoken from.
    """
    chosen: dict[tuple[str, bool], InterfaceAddress] = {}
    for one in sorted(here, key=lambda one: not one.is_link_local_v6):
        if one.kind is not InterfaceKind.LOOPBACK or not one.is_v6:
            chosen.setdefault((one.name, one.is_v6), one)
    return list(chosen.values())


def _narrow(zeroconf: Zeroconf, speaking: Sequence[InterfaceAddress]) -> None:
    """Keep the sockets to the interfaces chosen, as far as the system lets us.

    zeroconf listens on the wildcard address, and Linux hands such a socket what any other
    process has joined a group for: a node on the loopback would hear, and answer, the LAN.
    """
    if sys.platform != "linux":
        return
    names = {one.name for one in speaking}
    for reader in zeroconf.engine.readers:
        sock: socket.socket = reader.transport.get_extra_info("socket")
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
        if sock.family == socket.AF_INET6:
            with suppress(OSError):
                sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_MULTICAST_ALL, 0)
        if len(names) == 1:
            with suppress(OSError):
                device = next(iter(names)).encode()
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
