"""The devices that this node has been linked to, and where.

So that a restart finds again whoever was reached by an address that a person typed.
"""

from __future__ import annotations

from typing import NamedTuple

from p2pblog.core import limits
from p2pblog.core.encoding import decode, encode
from p2pblog.store.keyvalue import KeyValue

PEERS = (b"p", b"q")


class KnownPeer(NamedTuple):
    """A device (32 bytes), the address that reached it, and when that last worked."""

    device: bytes
    address: str
    seen_ms: int


class PeerBook:
    """Known devices in the node's key-value store; the least recent make room for new ones."""

    def __init__(self, keyvalue: KeyValue) -> None:
        self._kv = keyvalue
        self._peers = {
            key[1:]: KnownPeer(key[1:], *decode(value)) for key, value in keyvalue.scan(*PEERS)
        }

    def known(self) -> list[KnownPeer]:
        """Return the known devices, the most recently reached first."""
        return sorted(self._peers.values(), key=lambda peer: peer.seen_ms, reverse=True)

    def remember(self, peer: KnownPeer) -> None:
        """Keep where a device was reached."""
        gone: list[bytes] = []
        if peer.device not in self._peers and len(self._peers) >= limits.KNOWN_PEERS_MAX:
            oldest = self.known()[-1].device
            del self._peers[oldest]
            gone.append(b"p" + oldest)
        self._peers[peer.device] = peer
        self._kv.write([(b"p" + peer.device, encode([peer.address, peer.seen_ms]))], gone)
