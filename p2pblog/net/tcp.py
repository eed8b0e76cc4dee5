"""TCP as a carrier of links: listening, dialling, and packets on a byte stream.

Implements protocol/06-links.md section 4.  Whoever dials is the initiator of the link's
handshake, so each end knows the first lengths it may receive, and anything else that speaks
TCP is refused by its first two bytes.  Opens sockets; nothing else in the program that moves
links does.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable, Sequence
from typing import Any, cast

from p2pblog.core import limits
from p2pblog.core.errors import CannotListen, Unreachable
from p2pblog.net.address import Address, address_of, parse_address
from p2pblog.net.carrier import Inbox
from p2pblog.sync.frames import FrameSplitter, frame
from p2pblog.sync.link import handshake_bytes

_NEXT_FAMILY_AFTER_S = 0.25  # a name with IPv6 and IPv4 addresses: RFC 8305
_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class TcpCarrier(asyncio.Protocol):
    """One TCP connection; see `carrier.Carrier`.  Made by `dial` and by `TcpListener`."""

    kind = "tcp"
    packet_bytes_max = limits.PACKET_BYTES_MAX

    _transport: asyncio.Transport

    def __init__(
        self, *, initiator: bool, ready: Callable[[TcpCarrier], object] | None = None
    ) -> None:
        self.remote = ""
        self._splitter = FrameSplitter(handshake_bytes(initiator=initiator))
        self._ready = ready
        self._inbox = Inbox()
        self._reading = True
        self._drained = asyncio.Event()
        self._drained.set()
        self._lost = asyncio.Event()
        self._linger: asyncio.TimerHandle | None = None

    # --- the interface of a carrier ------------------------------------------------

    @property
    def buffered(self) -> int:
        return self._transport.get_write_buffer_size()

    @property
    def closed(self) -> bool:
        return self._transport.is_closing()

    async def receive(self) -> list[bytes]:
        packets = await self._inbox.take()
        if not self._reading and not self._inbox.full and self._splitter.refused is None:
            self._reading = True
            self._transport.resume_reading()
        return packets

    def write(self, *packets: bytes) -> None:
        # Not writelines: in Python 3.12 and some 3.13 it never tells us to wait
        # (CVE-2024-12254).
        if not self._transport.is_closing():
            self._transport.write(frame(*packets))

    async def drain(self) -> None:
        await self._drained.wait()

    def close(self) -> None:
        self._inbox.discard()
        self._end()

    async def wait_closed(self) -> None:
        await self._lost.wait()

    # --- called by asyncio ---------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=limits.SEND_BUFFER_BYTES_MAX - 1)
        # Live entries must not wait for an acknowledgement; asyncio sees to that only where the
        # socket was made with the protocol spelled out, and accepted ones are not.
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer = self._transport.get_extra_info("peername")
        if peer is None:  # it left before we could ask who it is
            self._transport.abort()
            return
        self.remote = str(address_of(peer))
        if self._ready is not None:
            self._ready(self)

    def data_received(self, data: bytes) -> None:
        self._inbox.put(self._splitter.feed(data))
        if self._splitter.refused is not None:
            self._inbox.end(self._splitter.refused)
        if self._reading and (self._inbox.full or self._splitter.refused is not None):
            self._reading = False
            self._transport.pause_reading()

    def eof_received(self) -> None:
        self._inbox.end()
        self._end()

    def pause_writing(self) -> None:
        self._drained.clear()

    def resume_writing(self) -> None:
        self._drained.set()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._linger is not None:
            self._linger.cancel()
        self._inbox.end()
        self._drained.set()
        self._lost.set()

    def _end(self) -> None:
        # A transport closes only when its buffer is empty, and the other end may never read.
        if self._linger is None and not self._lost.is_set():
            loop = asyncio.get_running_loop()
            self._linger = loop.call_later(limits.CLOSE_S_MAX, self._transport.abort)
        self._drained.set()
        self._transport.close()


class TcpListener:
    """Takes TCP connections at one address; made by `listen`."""

    def __init__(self, servers: Sequence[asyncio.Server]) -> None:
        self._servers = servers
        self.addresses = tuple(
            str(address_of(sock.getsockname())) for server in servers for sock in server.sockets
        )
        """Where it listens, as HOST:PORT with the ports that were really taken."""

    def close(self) -> None:
        """Take no more connections; those that were accepted live on."""
        for server in self._servers:
            server.close()


async def listen(address: str, accept: Callable[[TcpCarrier], object]) -> TcpListener:
    """Listen at `address`, and call `accept` with each carrier that somebody opens.

    Args:
        address: as in `parse_address`.  Port 0 takes any free port; 0.0.0.0 is every IPv4
            address, [::] every IPv6 and IPv4 address (IPv4 alone where there is no IPv6); a
            name is every address of that name.
        accept: must not block; how many carriers there may be is for it to decide.
    Raises:
        BadAddress: that is not an address.
        CannotListen: the port is taken, or the address is not this machine's.
    """
    target = parse_address(address, listening=True)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(
            target.host, target.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        sockets = bind(found, target)
    except OSError as error:
        raise CannotListen(f"{target} ({error.strerror or error})") from error
    return TcpListener(
        [
            await loop.create_server(
                lambda: TcpCarrier(initiator=False, ready=accept),
                sock=sock,
                backlog=limits.HANDSHAKES_MAX,
            )
            for sock in sockets
        ]
    )


async def dial(address: str, *, timeout_s: float = limits.DIAL_S_MAX) -> TcpCarrier:
    """Open a carrier to whoever listens at `address`; this end is the initiator.

    Raises:
        BadAddress: that is not an address that can be dialled.
        Unreachable: nobody answers there, or not in time.
    """
    target = parse_address(address)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            _, carrier = await loop.create_connection(
                lambda: TcpCarrier(initiator=True),
                target.host,
                target.port,
                happy_eyeballs_delay=_NEXT_FAMILY_AFTER_S if target.is_name else None,
            )
    except TimeoutError as error:
        raise Unreachable(f"{target} (nothing came back)") from error
    except OSError as error:
        raise Unreachable(f"{target} ({_why(error)})") from error
    return carrier


def _why(error: OSError) -> str:
    """Return why nobody was reached, in the system's words rather than in asyncio's."""
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno).lower()
    if isinstance(error, socket.gaierror):
        return (error.strerror or "no such name").lower()
    return "none of its addresses answers"  # of several, each for a reason of its own


def bind(found: Sequence[tuple[Any, ...]], target: Address) -> list[socket.socket]:
    """Return a bound socket for each address found; the first decides a free port for all.

    Args:
        found: what getaddrinfo gave for `target`.
    Raises:
        OSError: why none, or not all that this machine has, can be had.
    """
    bound: list[socket.socket] = []
    port, unusable = target.port, None
    try:
        for family, _, _, _, sockaddr in found:
            try:
                sock = _bind(family, (sockaddr[0], port, *sockaddr[2:]))
            except OSError as error:
                if error.errno not in _NO_SUCH_ADDRESS:
                    raise
                unusable = error
                continue
            bound.append(sock)
            port = sock.getsockname()[1]
        if not bound and target.host == "::":
            everywhere = ("0.0.0.0", port)  # noqa: S104 (asked for: [::])
            bound.append(_bind(socket.AF_INET, everywhere))
        if not bound and unusable is not None:
            raise unusable
    except BaseException:
        for sock in bound:
            sock.close()
        raise
    return bound


def _bind(family: int, sockaddr: tuple[Any, ...]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, sockaddr[0] != "::")
        sock.bind(sockaddr)
    except BaseException:
        sock.close()
        raise
    return sock
