"""What happened in a run, as one hash: two runs of one seed must agree in every byte."""

from __future__ import annotations

import struct
from collections.abc import Callable
from hashlib import blake2b

from p2pblog.core.errors import ProtocolError
from p2pblog.sync.codec import decode_messages
from p2pblog.sync.messages import KINDS, Type

_HEAD = struct.Struct(">dHH")
_TYPE_AT = 1  # every message is a short array, whose first item is its type


class Trace:
    """Takes in what arrives where; `say` gets a line for each, for people."""

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        self.messages = 0
        self.bytes = 0
        self._hash = blake2b(digest_size=16)
        self._say = say

    @property
    def digest(self) -> str:
        """The hash of everything so far."""
        return self._hash.hexdigest()

    def arrived(self, now_s: float, sender: int, receiver: int, data: bytes) -> None:
        """Take in a message that has arrived."""
        self.messages += 1
        self.bytes += len(data)
        self._hash.update(_HEAD.pack(now_s, sender, receiver))
        self._hash.update(data)
        if self._say is not None:
            what = f"{_words(data)}, {len(data)} bytes"
            self._say(f"{now_s:10.4f}  {sender:3} -> {receiver:3}  {what}")

    def happened(self, now_s: float, what: str) -> None:
        """Take in something that is no message: a fault, an entry that was written."""
        self._hash.update(f"{now_s!r} {what}\n".encode())
        if self._say is not None:
            self._say(f"{now_s:10.4f}  {what}")


def name_of(data: bytes) -> str:
    """Return what kind of message these bytes are; "?" for those that are none."""
    try:
        return Type(data[_TYPE_AT]).name.lower()
    except (IndexError, ValueError):
        return "?"


def _words(data: bytes) -> str:
    """Return what messages stand in these bytes."""
    try:
        return ", ".join(KINDS[type(message)].name.lower() for message in decode_messages(data))
    except ProtocolError as error:
        return error.code
