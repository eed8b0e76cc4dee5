"""Find a path of UDP between two ends: aioice's agent, told where to look and held in bounds.

Implements protocol/14-webrtc.md section 6 (ICE, RFC 8445).  aioice by itself binds every address
but the loopback, keeps whatever arrives, takes as many addresses of a peer as it shows, gives up
on a path that a person is still on the way to open, and lets a malformed datagram raise in the
event loop.  Imported only where a data channel is wanted.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import string
from collections.abc import Sequence
from typing import Any

from aioice import Candidate, Connection
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import CandidatePair, StunProtocol, server_reflexive_candidate
from aioice.stun import Message

from p2pblog.core import limits
from p2pblog.net.address import Address, parse_address

logger = logging.getLogger(__name__)

_COMPONENT = 1
_RECEIVE_BUFFER_BYTES = 256 * 1024  # of the system, for one socket
_ICE_CHARS = string.ascii_letters + string.digits + "+/"
_UFRAG_CHARS, _PWD_CHARS = 8, 22
_DTLS = range(20, 64)  # how its datagrams begin: RFC 7983


class IceAgent(Connection):
    """One end of one path.

    Args:
        controlling: whether this end decides which pair of addresses is used: it made the offer.
        hosts: the addresses of this machine to use, at most 8; no others are bound.
        stun: HOST:PORT of servers that tell an end how it is seen from outside; the first one
            that answers is used.
    """

    def __init__(self, *, controlling: bool, hosts: Sequence[str], stun: Sequence[str]) -> None:
        super().__init__(
            ice_controlling=controlling,
            local_username=_ice_text(_UFRAG_CHARS),
            local_password=_ice_text(_PWD_CHARS),
        )
        self.selected: Address | None = None
        """Where the other end is: the address of the pair in use."""
        self._hosts = tuple(hosts)[: limits.SIGNAL_CANDIDATES_MAX]
        self._stun = tuple(stun)
        self._over = False
        self._doors: list[_Door] = []

    # --- before the other end is known ---------------------------------------------

    async def get_component_candidates(
        self,
        component: int,
        addresses: list[str],
        timeout: int = 0,  # noqa: ASYNC109
    ) -> list[Candidate]:
        """Bind the chosen addresses, not those that aioice has found; ask how they are seen."""
        loop = asyncio.get_running_loop()
        for host in self._hosts:
            try:
                transport, door = await loop.create_datagram_endpoint(
                    lambda: _Door(self), local_addr=(host, 0)
                )
            except OSError as error:
                logger.info("cannot use %s for a data channel: %s", host, error)
                continue
            sock: socket.socket = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
            bound = transport.get_extra_info("sockname")
            door.local_candidate = Candidate(
                foundation=candidate_foundation("host", "udp", bound[0]),
                component=component,
                transport="udp",
                priority=candidate_priority(component, "host"),
                host=bound[0],
                port=bound[1],
                type="host",
            )
            self._doors.append(door)
        self._protocols += self._doors
        found = [door.local_candidate for door in self._doors]
        known = {(one.host, one.port) for one in found}
        seen = [one for one in await self._ask_stun() if (one.host, one.port) not in known]
        return found + seen

    async def keep_open(self) -> None:
        """Ask the STUN servers again and again, so that no NAT forgets what an offer says."""
        while self._stun:
            await asyncio.sleep(limits.STUN_KEEP_S)
            await self._ask_stun()

    async def _ask_stun(self) -> list[Candidate]:
        """Return how the first server that answers sees this end; IPv4 alone."""
        doors = [door for door in self._doors if ":" not in door.local_candidate.host]
        for text in self._stun if doors else ():
            server = parse_address(text)
            asking = [
                asyncio.create_task(server_reflexive_candidate(door, (server.host, server.port)))
                for door in doors
            ]
            try:
                done, _ = await asyncio.wait(asking, timeout=limits.STUN_S_MAX)
            finally:
                for task in asking:
                    task.cancel()
            found = [task.result()[0] for task in done if task.exception() is None]
            if found:
                return found
            logger.info("no answer from the STUN server %s", text)
        return []

    # --- what aioice calls -----------------------------------------------------------

    def data_received(self, data: bytes, component: int) -> None:
        """Keep a datagram that is not ICE's own, if it is one of DTLS and there is room."""
        # Whoever finds the port can send here, also before anybody reads.
        if (
            0 < len(data) <= limits.ICE_DATAGRAM_BYTES_MAX
            and data[0] in _DTLS
            and self._queue.qsize() < limits.ICE_DATAGRAMS_MAX
        ):
            super().data_received(data, component)

    def check_incoming(
        self, message: Message, addr: tuple[str, int], protocol: StunProtocol
    ) -> None:
        """Take up a check from the other end, unless it comes from ever new addresses."""
        remote = self.remote_candidates
        known = any((one.host, one.port) == addr for one in remote)
        if known or len(remote) < limits.ICE_CANDIDATES_MAX:
            super().check_incoming(message, addr, protocol)

    def check_complete(self, pair: CandidatePair) -> None:
        """Note which pair is in use; try one that failed again in a while."""
        super().check_complete(pair)
        if pair.state is CandidatePair.State.SUCCEEDED and pair.nominated:
            self.selected = Address(*pair.remote_addr)
        elif pair.state is CandidatePair.State.FAILED and not self._over:
            loop = asyncio.get_running_loop()
            loop.call_later(limits.ICE_AGAIN_S, self._again, pair)

    def _again(self, pair: CandidatePair) -> None:
        if pair.state is CandidatePair.State.FAILED and not self._over:
            self.check_state(pair, CandidatePair.State.WAITING)

    async def close(self) -> None:
        """Close the sockets; whoever waits for the path or for data gets a ConnectionError."""
        self._over = True
        await super().close()

    # --- what aiortc's DTLS asks of its transport ----------------------------------------

    @property
    def role(self) -> str:
        """Return the role in ICE."""
        return "controlling" if self.ice_controlling else "controlled"

    _recv = Connection.recv
    _send = Connection.send


class _Door(StunProtocol):
    """One socket of an agent."""

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        try:
            super().datagram_received(data, addr)
        except Exception as error:
            # Too short for what it says it is, or without a part that every check has: from
            # anybody who has found the port, and no reason for a traceback each time.
            logger.debug("a malformed datagram from %s: %r", addr, error)

    async def request(
        self,
        request: Message,
        addr: tuple[str, int],
        integrity_key: bytes | None = None,
        retransmissions: int | None = None,
    ) -> tuple[Message, tuple[str, int]]:
        """Carry out a transaction, giving up after 7.5 s rather than a minute."""
        if retransmissions is None:
            retransmissions = limits.ICE_TRIES - 1
        return await super().request(request, addr, integrity_key, retransmissions)


def _ice_text(length: int) -> str:
    return "".join(secrets.choice(_ICE_CHARS) for _ in range(length))
