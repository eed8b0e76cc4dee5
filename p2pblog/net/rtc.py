"""Come from an offer and an answer to a carrier: one end of a data channel that is not there yet.

Implements protocol/14-webrtc.md section 6.  How offers and answers get from one end to the other
is for others to know; here they are what `sync.signal` reads and writes.  Importing this
imports aiortc: only where a data channel is wanted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address

from aioice import Candidate as IceCandidate
from aiortc import RTCCertificate

from p2pblog.core import limits
from p2pblog.core.errors import NoPath
from p2pblog.net.datachannel import fingerprint_of, open_channel
from p2pblog.net.ice import IceAgent
from p2pblog.net.webrtc import WebRtcCarrier
from p2pblog.sync.signal import Candidate, CandidateType, Signal, may_be_reached

_TYPES = {"host": CandidateType.HOST, "srflx": CandidateType.REFLEXIVE}
_NAMES = {type_: name for name, type_ in _TYPES.items()}
_PREFERENCES = {CandidateType.HOST: 126, CandidateType.REFLEXIVE: 100}  # RFC 8445 section 5.1.2


class RtcEnd:
    """One end: its sockets are bound, the other end may be unknown.  Made by `gather`."""

    def __init__(self, agent: IceAgent, *, offers: bool) -> None:
        self._agent = agent
        self._offers = offers
        self._certificate = RTCCertificate.generateCertificate()
        self._keeping = asyncio.create_task(agent.keep_open())

    @classmethod
    async def gather(
        cls, *, offers: bool, hosts: Sequence[str], stun: Sequence[str] = ()
    ) -> RtcEnd:
        """Bind sockets, and ask STUN servers how they are seen: at most 3 s for each server.

        Args:
            offers: whether this end makes the offer; it is the initiator of the link then.
            hosts: the addresses of this machine to use.
            stun: HOST:PORT of servers.
        Raises:
            NoPath: none of the addresses can be used.
        """
        agent = IceAgent(controlling=offers, hosts=hosts, stun=stun)
        end = cls(agent, offers=offers)
        try:
            await agent.gather_candidates()
            if not end._candidates():
                raise NoPath("this machine has no address that others could reach")
        except BaseException:
            await end.close()
            raise
        return end

    def signal(self, answers: str | None = None) -> Signal:
        """Return the offer, or the answer to the offer of that ufrag."""
        return Signal(
            self._agent.local_username,
            self._agent.local_password,
            fingerprint_of(self._certificate),
            self._candidates(),
            answers,
        )

    async def connect(
        self, other: Signal, *, within_s: float = limits.WEBRTC_CONNECT_S_MAX
    ) -> WebRtcCarrier:
        """Return a carrier to the end that `other` came from; this end is used up, whatever comes.

        Args:
            within_s: how long to look for a path: an answer's end must wait until somebody has
                carried the answer back.
        Raises:
            NoPath: none was found in time, or somebody else is at its end.
        """
        try:
            try:
                async with asyncio.timeout(within_s):
                    await self._find_path(other)
                async with asyncio.timeout(limits.WEBRTC_CONNECT_S_MAX):
                    return await self._open(other)
            except TimeoutError:
                raise NoPath("nothing came back") from None
            except ConnectionError as error:
                raise NoPath(str(error)) from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the sockets; whoever waits in `connect` gets NoPath."""
        self._keeping.cancel()
        await self._agent.close()

    async def _find_path(self, other: Signal) -> None:
        usable = [one for one in other.candidates if self._leads_to(one)]
        if not usable:
            raise NoPath("the other machine is on another kind of network")
        agent = self._agent
        agent.remote_username, agent.remote_password = other.ufrag, other.pwd
        for number, one in enumerate(usable):
            await agent.add_remote_candidate(_to_ice(one, number))
        await agent.connect()
        self._keeping.cancel()

    async def _open(self, other: Signal) -> WebRtcCarrier:
        carrier = WebRtcCarrier(initiator=self._offers)
        await open_channel(
            self._agent, self._certificate, other.fingerprint, carrier, server=self._offers
        )
        return carrier

    def _leads_to(self, one: Candidate) -> bool:
        """Tell whether a socket of ours can send there; nothing else leads into the loopback."""
        mine = [(len(own.address), own.is_loopback) for own in self._candidates()]
        return (len(one.address), one.is_loopback) in mine

    def _candidates(self) -> tuple[Candidate, ...]:
        found: dict[tuple[bytes, int], Candidate] = {}
        for each in sorted(self._agent.local_candidates, key=lambda one: -one.priority):
            one = Candidate(_TYPES[each.type], ip_address(each.host).packed, each.port)
            if may_be_reached(one.address) and one.port >= limits.SIGNAL_PORT_MIN:
                found.setdefault(one[1:], one)
        # Whoever is on the loopback is nowhere else, whatever a server sees.
        usable = list(found.values())
        kept = [one for one in usable if one.is_loopback == usable[0].is_loopback]
        return tuple(kept[: limits.SIGNAL_CANDIDATES_MAX])


def _to_ice(one: Candidate, number: int) -> IceCandidate:
    """Return what ICE calls a candidate; of two of one type, it tries the one named first first."""
    return IceCandidate(
        foundation=str(number),
        component=1,
        transport="udp",
        priority=(_PREFERENCES[one.type] << 24) + (65_535 - number << 8) + 255,
        host=one.host,
        port=one.port,
        type=_NAMES[one.type],
    )
