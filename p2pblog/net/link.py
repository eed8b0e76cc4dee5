"""A link: a carrier with the encryption of `sync.link` inside it.

Implements protocol/06-links.md for asyncio: shakes hands under a timeout, then turns packets
into messages and back.  The only module that draws the randomness of a link.
"""

from __future__ import annotations

import asyncio
import secrets

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import LinkRefused, PeerTimeout, ProtocolError
from p2pblog.net.carrier import Carrier
from p2pblog.sync.link import SecureLink

_PAUSE_AFTER_BYTES = 64 * 1024  # some milliseconds of sealing, when messages are small


class Link:
    """An established link: messages in, messages out.  Made by `Link.open`."""

    def __init__(self, carrier: Carrier, secure: SecureLink) -> None:
        self.carrier = carrier
        self.bytes_in = 0
        """Bytes of packets that came in, handshake included."""
        self.bytes_out = 0
        """Bytes of packets that were written, handshake included."""
        self.remote_device = b""
        """The Ed25519 key (32 bytes) of the device at the other end, proven."""
        self._secure = secure
        self._unpaused = 0  # bytes written since `drain` last let other tasks run
        self._early: list[bytes] = []  # messages that came along with the end of the handshake
        self._failure: ProtocolError | None = None

    @classmethod
    async def open(
        cls,
        carrier: Carrier,
        *,
        initiator: bool,
        device: SigningKey,
        network_key: bytes,
        expect: bytes | None = None,
        timeout_s: float = limits.HANDSHAKE_S_MAX,
    ) -> Link:
        """Shake hands over `carrier`; whatever goes wrong, the carrier is closed.

        Args:
            carrier: a fresh one; on TCP the end that dialled is the initiator.
            device: the key of this device.
            network_key: 32 bytes; the other end must have the same.
            expect: the device that must be at the other end (32 bytes), or None for any.
            timeout_s: how long the whole handshake may take.
        Raises:
            NotP2PBlog, OtherNetwork, WrongDevice, BadFrame: see `SecureLink.receive`.
            LinkRefused: the other end hung up during the handshake.
            PeerTimeout: the handshake took too long.
        """
        secure = SecureLink(
            initiator=initiator,
            device=device,
            network_key=network_key,
            ephemeral=secrets.token_bytes(32),
            packet_bytes_max=carrier.packet_bytes_max,
            expect=expect,
        )
        link = cls(carrier, secure)
        try:
            async with asyncio.timeout(timeout_s):
                await link._shake_hands()
        except TimeoutError:
            carrier.close()
            raise PeerTimeout("the link did not come up") from None
        except BaseException:
            carrier.close()
            raise
        return link

    @property
    def handshake_hash(self) -> bytes:
        """A name for this link (64 bytes) that only its two ends know."""
        return self._secure.handshake_hash

    async def receive(self) -> list[bytes]:
        """Return the messages that have come, at least one; wait for one.

        An empty list means that the link has ended; a message that was not whole by then is
        dropped.  Each call lets other tasks run.

        Raises:
            BadFrame, TooLarge: the other end broke the protocol.  The messages before that
                have been returned, the carrier is closed.
        """
        messages, self._early = self._early, []
        while not messages:
            if self._failure is not None:
                raise self._failure
            packets = await self._packets()
            if not packets:
                break
            messages = self._take(packets)
        return messages

    def send(self, *messages: bytes) -> None:
        """Send `messages` (1 byte to 1 MiB each) in order; on a link that ended, do nothing.

        Never waits: between larger amounts, `await drain()`.
        """
        if self.carrier.closed:
            return
        packets: list[bytes] = []
        for message in messages:
            packets += self._secure.seal(message)
        self._write(packets)

    async def drain(self) -> None:
        """Wait until the carrier has room, or has ended; let other tasks run now and then."""
        if self._unpaused >= _PAUSE_AFTER_BYTES:
            self._unpaused = 0
            await asyncio.sleep(0)
        await self.carrier.drain()

    def close(self) -> None:
        """End the link; what was sent still goes out if that takes at most 2 s."""
        self.carrier.close()

    async def wait_closed(self) -> None:
        """Wait until nothing of a closed link is left."""
        await self.carrier.wait_closed()

    async def _shake_hands(self) -> None:
        secure = self._secure
        self._write(secure.start())
        while not secure.established:
            packets = await self._packets()
            if not packets:
                raise LinkRefused
            self._early += self._take(packets)
            self._write(secure.packets_to_send())
            # What follows the handshake and is refused must not take what came before it along.
            if self._failure is not None and not secure.established:
                raise self._failure
        self.remote_device = secure.remote_device or b""

    async def _packets(self) -> list[bytes]:
        try:
            return await self.carrier.receive()
        except ProtocolError as error:
            self._failure = error
            self.carrier.close()
            raise

    def _take(self, packets: list[bytes]) -> list[bytes]:
        # A packet that is refused must not take the good ones before it along: what a peer
        # said may not depend on how its bytes were split on the way.
        messages: list[bytes] = []
        try:
            for packet in packets:
                self.bytes_in += len(packet)
                messages += self._secure.receive(packet)
        except ProtocolError as error:
            self._failure = error
            self.carrier.close()
        return messages

    def _write(self, packets: list[bytes]) -> None:
        if packets:
            size = sum(map(len, packets))
            self.bytes_out += size
            self._unpaused += size
            self.carrier.write(*packets)
