"""The stream of frames inside a data channel, as a state machine without I/O.

Implements protocol/14-webrtc.md section 5: how packets become messages of a data channel, and
how many of them the other end may send.  A data channel keeps messages whole and in order, but
no implementation of one stops a sender whose receiver is slow; here the receiver gives room.  Pure.
"""

from __future__ import annotations

from typing import Final

from p2pblog.core import limits
from p2pblog.core.errors import BadFrame, ProtocolError
from p2pblog.sync.frames import FrameSplitter, frame
from p2pblog.sync.link import handshake_bytes

# The first byte of a message says what it is.
_PIECE, _ROOM, _END = b"\0", b"\1", b"\2"
_LIMIT_BYTES = 8

END: Final = _END
"""The message that ends a stream: nothing follows it."""


class ChannelStream:
    """One end of the stream.

    Args:
        initiator: whether this end made the offer.
    """

    __slots__ = (
        "_granted",
        "_may_send",
        "_received",
        "_sent",
        "_splitter",
        "_unsent",
        "ended",
        "refused",
    )

    def __init__(self, *, initiator: bool) -> None:
        self._splitter = FrameSplitter(handshake_bytes(initiator=initiator))
        self._unsent = bytearray()
        self._sent = self._received = 0
        self._may_send = self._granted = limits.CHANNEL_WINDOW_BYTES
        self.ended = False
        """Whether the other end has said that nothing more comes."""
        self.refused: ProtocolError | None = None
        """Why the stream is over for us.  Later messages are ignored."""

    @property
    def unsent(self) -> int:
        """How many bytes were written and have not become messages."""
        return len(self._unsent)

    def write(self, *packets: bytes) -> None:
        """Add packets (at most 65,535 bytes each) to what is to be sent."""
        self._unsent += frame(*packets)

    def drop_unsent(self) -> None:
        """Forget what was written: nobody takes it any more."""
        self._unsent = bytearray()

    def next_message(self, *, small: bool = True) -> bytes | None:
        """Return the next message of what was written; None where there is nothing, or no room.

        Args:
            small: whether one that is not full will do, or more is worth waiting for.
        """
        size = min(len(self._unsent), limits.CHANNEL_PIECE_BYTES_MAX, self._may_send - self._sent)
        if size == 0 or (size < limits.CHANNEL_PIECE_BYTES_MAX and not small):
            return None
        message = _PIECE + self._unsent[:size]
        del self._unsent[:size]
        self._sent += size
        return message

    def room(self, untaken: int) -> bytes | None:
        """Return the message that gives the other end more room, where that is worth one.

        Args:
            untaken: bytes of packets that came out here and still wait to be taken.
        """
        if self.refused is not None or self.ended:
            return None
        limit = self._received - untaken + limits.CHANNEL_WINDOW_BYTES
        if limit - self._granted < limits.CHANNEL_WINDOW_BYTES // 4:
            return None
        self._granted = limit
        return _ROOM + limit.to_bytes(_LIMIT_BYTES)

    def feed(self, message: bytes) -> list[bytes]:
        """Take in one message; return the packets that it completes.

        Look at `refused` and `ended` afterwards.  Refused are, with BadFrame, what is no
        message, more than there was room for, and a length that no packet has; with
        NotP2PBlog, a length that the handshake does not have.
        """
        if self.refused is not None or self.ended:
            return []
        kind, rest = message[:1], message[1:]
        if kind == _PIECE and 0 < len(rest) <= limits.CHANNEL_PIECE_BYTES_MAX:
            return self._take(rest)
        if kind == _ROOM and len(rest) == _LIMIT_BYTES:
            limit = int.from_bytes(rest)
            if limit > self._may_send:
                self._may_send = limit
            else:
                self.refused = BadFrame("room that was there before")
        elif message == _END:
            self.ended = True
        else:
            self.refused = BadFrame("not a message of a data channel")
        return []

    def _take(self, piece: bytes) -> list[bytes]:
        self._received += len(piece)
        if self._received > self._granted:
            self.refused = BadFrame("more than there was room for")
            return []
        packets = self._splitter.feed(piece)
        self.refused = self._splitter.refused
        return packets
