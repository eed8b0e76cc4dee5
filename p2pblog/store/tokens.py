"""The tokens that peers have given, to resume from when they are linked to again.

Kept in the store beside the entries, in the order in which both were written: after a power
cut that took the last entries, the token that says they came is gone too.
"""

from __future__ import annotations

from p2pblog.core import limits
from p2pblog.store.keyvalue import KeyValue

TOKENS = (b"r", b"s")


class PeerTokens:
    """The newest token of each device (32 bytes); the least recent make room for new ones."""

    def __init__(self, keyvalue: KeyValue) -> None:
        self._kv = keyvalue
        self._tokens = {key[1:]: value for key, value in keyvalue.scan(*TOKENS)}

    def of(self, device: bytes) -> bytes | None:
        """Return the token that `device` gave last, None if it gave none."""
        return self._tokens.get(device)

    def keep(self, device: bytes, token: bytes) -> None:
        """Keep a token for when `device` is linked to again."""
        if self._tokens.pop(device, None) == token:
            self._tokens[device] = token
            return
        gone = []
        if len(self._tokens) >= limits.KNOWN_PEERS_MAX:
            gone = [next(iter(self._tokens))]
            del self._tokens[gone[0]]
        self._tokens[device] = token
        self._kv.write([(b"r" + device, token)], [b"r" + one for one in gone])

    def forget(self) -> None:
        """Keep none: what they say that this node holds may not be so any more."""
        self._kv.write([], [b"r" + device for device in self._tokens])
        self._tokens.clear()
