"""One data channel: DTLS and SCTP on a path of UDP, put together out of aiortc's parts.

Implements protocol/14-webrtc.md section 6.  A channel says nothing of who is at the other end:
that its certificate has the fingerprint of an offer shows only that it got that offer.  aiortc
trusts its peer with its memory and its tasks; `_Gate` stands in between.  Importing this
imports aiortc, and that a library for video: only where a data channel is wanted.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Protocol, cast

from aiortc import (
    RTCCertificate,
    RTCDataChannel,
    RTCDataChannelParameters,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    RTCIceTransport,
    RTCSctpCapabilities,
    RTCSctpTransport,
)

from p2pblog.core import limits
from p2pblog.core.errors import NoPath
from p2pblog.net.ice import IceAgent

logger = logging.getLogger(__name__)

# All of these are fixed, so that nobody has to tell anybody.
_STREAM = 0
_SCTP_PORT = 5000
_LABEL = "p2pblog"
_HASH = "sha-256"

_DATA, _FORWARD_TSN = 0, 192  # types of chunks
_DATA_HEADER_BYTES, _PACKET_HEADER_BYTES = 16, 12
_BINARY = (53).to_bytes(4)  # what the payload of a chunk is: RFC 8831 section 8


class Receiver(Protocol):
    """Who a channel belongs to."""

    def channel_opened(self, channel: DataChannel) -> None:
        """Begin to use a channel; called before all else, and not at all if it never opens."""

    def message_received(self, message: bytes) -> None:
        """Take in a message."""

    def room_made(self) -> None:
        """Hear that nothing waits in the channel any more."""

    def channel_lost(self) -> None:
        """Hear that the channel has ended, whoever ended it; more than once perhaps."""


class DataChannel:
    """An open channel, reliable and ordered.  Made by `open_channel`."""

    def __init__(self, agent: IceAgent, dtls: RTCDtlsTransport, receiver: Receiver) -> None:
        self._agent, self._dtls, self._receiver = agent, dtls, receiver
        self._settled = asyncio.Event()  # open, or never to be
        self._opened = False
        self._gate = _Gate(dtls, self._lost)
        self._sctp = RTCSctpTransport(cast(RTCDtlsTransport, self._gate), _SCTP_PORT)
        parameters = RTCDataChannelParameters(label=_LABEL, negotiated=True, id=_STREAM)
        self._channel = RTCDataChannel(self._sctp, parameters)
        self._channel.on("open", self._open)
        self._channel.on("message", receiver.message_received)
        self._channel.on("bufferedamountlow", receiver.room_made)
        self._channel.on("close", self._lost)
        dtls.on("statechange", self._dtls_changed)

    @property
    def remote(self) -> str:
        """Where the other end is, HOST:PORT."""
        return str(self._agent.selected or "")

    @property
    def buffered(self) -> int:
        """How many bytes of messages wait until SCTP takes them up."""
        return self._channel.bufferedAmount

    def send(self, message: bytes) -> None:
        """Send a message of at most 16 KiB and a byte; on a channel that ended, do nothing."""
        if self._channel.readyState == "open":
            self._channel.send(message)

    async def start(self) -> None:
        """Wait until the channel is open.

        Raises:
            NoPath: the other end hung up, or speaks something else.
        """
        capabilities = RTCSctpCapabilities(maxMessageSize=limits.CHANNEL_PIECE_BYTES_MAX + 1)
        await self._sctp.start(capabilities, _SCTP_PORT)
        await self._settled.wait()
        if not self._opened:
            raise NoPath("the other end hung up")

    async def close(self) -> None:
        """Drop whatever was not sent, and tell the other end if that can be done at once."""
        await self._sctp.stop()
        self._gate.shut(self._sctp)
        await self._dtls.stop()
        await self._agent.close()
        self._lost()

    def _open(self) -> None:
        self._opened = True
        self._receiver.channel_opened(self)
        self._settled.set()

    def _dtls_changed(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self._lost()

    def _lost(self) -> None:
        self._settled.set()
        if self._opened:
            self._receiver.channel_lost()


class _Gate:
    """What SCTP takes for its DTLS, and DTLS for its SCTP: it looks at what passes.

    Args:
        lost: called when the other end has done what no end of a link does.
    """

    def __init__(self, dtls: RTCDtlsTransport, lost: Any) -> None:
        self._dtls = dtls
        self._lost = lost
        self._sctp: RTCSctpTransport | None = None
        self._rtt_s = float("inf")  # the shortest: what queues add to it is no reason to send more

    @property
    def state(self) -> str:
        return self._dtls.state

    @property
    def _role(self) -> str:
        return self._dtls._role

    def _register_data_receiver(self, receiver: RTCSctpTransport) -> None:
        self._sctp = receiver
        self._dtls._register_data_receiver(self)

    def _unregister_data_receiver(self, receiver: RTCSctpTransport) -> None:
        self._sctp = None
        self._dtls._unregister_data_receiver(self)

    async def _send_data(self, data: bytes) -> None:
        # SCTP sends in tasks that nobody waits for: their errors would only be complained about.
        try:
            await self._dtls._send_data(data)
        except ConnectionError:
            pass  # it has ended; that is told by other ways
        except Exception as error:
            self._refuse(f"{error!r}")

    async def _handle_data(self, data: bytes) -> None:
        sctp = self._sctp
        if sctp is None:
            return
        if not _is_ours(data):
            self._refuse("what it sent is for no channel of ours")
            return
        try:
            await sctp._handle_data(data)
        except Exception as error:
            self._refuse(f"{error!r}")
            return
        if _holds_too_much(sctp):
            self._refuse("it leaves gaps in what it sends")
        elif sctp._srtt is not None:
            self._rtt_s = min(self._rtt_s, sctp._srtt)
            sctp._cwnd = min(sctp._cwnd, _flight_bytes_max(self._rtt_s))

    def _refuse(self, why: str) -> None:
        logger.info("dropped a data channel: %s", why)
        self._sctp = None
        self._lost()

    def shut(self, sctp: RTCSctpTransport) -> None:
        """Forget what was not acknowledged: a timer that runs now would send it for ever."""
        sctp._sent_queue.clear()
        sctp._outbound_queue.clear()


def _is_ours(packet: bytes) -> bool:
    """Tell whether the data in a packet of SCTP are for our channel, and none are left out."""
    at = _PACKET_HEADER_BYTES
    while at + 4 <= len(packet):
        kind, size = packet[at], int.from_bytes(packet[at + 2 : at + 4])
        if kind == _FORWARD_TSN:
            return False
        if kind == _DATA and (
            size <= _DATA_HEADER_BYTES
            or int.from_bytes(packet[at + 8 : at + 10]) != _STREAM
            or packet[at + 12 : at + 16] != _BINARY
        ):
            return False
        at += max(4, size + -size % 4)
    return True


def _holds_too_much(sctp: RTCSctpTransport) -> bool:
    """Tell whether more waits for a missing piece than an honest end ever sends."""
    streams = sctp._inbound_streams
    held = len(streams[_STREAM].reassembly) if _STREAM in streams else 0
    return held > limits.CHANNEL_CHUNKS_HELD_MAX or sctp._advertised_rwnd < 0


def _flight_bytes_max(rtt_s: float) -> int:
    """Return how much may be on its way at once.

    SCTP sends ever more until something is lost.  Where the path is short, that is the socket of
    the other end: the system lets about 180 packets wait there.  If the last ones of a transfer
    are lost, nothing tells SCTP so for a second.
    """
    return max(limits.CHANNEL_FLIGHT_BYTES, int(rtt_s * limits.CHANNEL_BYTES_A_SECOND))


async def open_channel(
    agent: IceAgent,
    certificate: RTCCertificate,
    fingerprint: bytes,
    receiver: Receiver,
    *,
    server: bool,
) -> None:
    """Open a channel for `receiver` over a path that has been found.

    Args:
        certificate: this end's.
        fingerprint: SHA-256 of the other end's (32 bytes).
        server: whether this end is the server of DTLS: it made the offer.
    Raises:
        NoPath: the other end has another certificate, hung up, or speaks something else.
    """
    dtls = RTCDtlsTransport(cast(RTCIceTransport, agent), [certificate])
    dtls._set_role("server" if server else "client")
    await dtls.start(RTCDtlsParameters([RTCDtlsFingerprint(_HASH, fingerprint.hex(":"))]))
    if dtls.state != "connected":
        raise NoPath("the other end is not the one that the offer or answer came from")
    channel = DataChannel(agent, dtls, receiver)
    try:
        await channel.start()
    except BaseException:
        await channel.close()
        raise


def fingerprint_of(certificate: RTCCertificate) -> bytes:
    """Return SHA-256 of a certificate (32 bytes)."""
    [value] = [one.value for one in certificate.getFingerprints() if one.algorithm == _HASH]
    return bytes.fromhex(value.replace(":", ""))
