"""Cut a byte stream into packets, and refuse what cannot be a link by its first two bytes.

Implements protocol/06-links.md section 4: on a carrier that knows no packets (TCP), each goes
as a two-byte big-endian length and that many bytes.  Pure and incremental; the work is linear
in the bytes, however they are split, and at most one packet is held.
"""

from __future__ import annotations

from collections.abc import Sequence

from p2pblog.core.errors import BadFrame, NotP2PBlog, ProtocolError
from p2pblog.core.limits import PACKET_BYTES_MAX, PACKET_BYTES_MIN

LENGTH_BYTES = 2

assert PACKET_BYTES_MAX < 1 << 8 * LENGTH_BYTES  # noqa: S101  (every length fits its field)


def frame(*packets: bytes) -> bytes:
    """Return `packets` (at most 65,535 bytes each) as they go on a byte stream."""
    parts: list[bytes] = []
    for packet in packets:
        parts += (len(packet).to_bytes(LENGTH_BYTES), packet)
    return b"".join(parts)


class FrameSplitter:
    """The receiving end of a byte stream.

    Args:
        first: the exact lengths of the first packets, in order: those of the handshake that
            this end receives (`link.handshake_bytes`).  A different length is refused as soon
            as its two bytes are here; what it announces is never waited for.
    """

    __slots__ = ("_first", "_held", "refused")

    def __init__(self, first: Sequence[int] = ()) -> None:
        self._first = list(reversed(first))
        self._held = bytearray()
        self.refused: ProtocolError | None = None
        """Why the stream ended for us: a length that is not allowed.  Later bytes are ignored."""

    def feed(self, data: bytes | memoryview) -> list[bytes]:
        """Return the packets that `data` completes, in order.

        Look at `refused` afterwards: NotP2PBlog for a length that the handshake does not
        have, BadFrame for one that no packet has.
        """
        if self.refused is not None:
            return []
        held = self._held
        held += data
        packets = []
        at = 0
        with memoryview(held) as view:
            while len(view) - at >= LENGTH_BYTES:
                size = view[at] << 8 | view[at + 1]
                if not self._allowed(size):
                    self._refuse(size)
                    break
                end = at + LENGTH_BYTES + size
                if end > len(view):
                    break
                packets.append(bytes(view[at + LENGTH_BYTES : end]))
                at = end
                if self._first:
                    self._first.pop()
        if self.refused is None:
            del held[:at]
        else:
            self._held = bytearray()
        return packets

    def _allowed(self, size: int) -> bool:
        if self._first:
            return size == self._first[-1]
        return size >= PACKET_BYTES_MIN

    def _refuse(self, size: int) -> None:
        if self._first:
            self.refused = NotP2PBlog(f"a handshake packet of {size} bytes")
        else:
            self.refused = BadFrame(f"a packet of {size} bytes")
