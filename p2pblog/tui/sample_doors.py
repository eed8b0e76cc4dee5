"""How somebody comes to be known on the sample's node: by a name, by words, from another device."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from p2pblog.core.errors import BadCode, BadRequest, BadWords, IdentityExists, PairingEnded
from p2pblog.core.textform import Kind, to_text

if TYPE_CHECKING:
    from p2pblog.tui.sample import SampleNode

Map = dict[str, Any]

WORDS = (
    "acid bacon cabin daring eager fabric galaxy habit icon jacket kangaroo label "
    "magnet napkin oak paddle quick rabbit saddle table umbrella vacuum wagon zebra"
)
CODE = "river candle orbit maple tunnel amber"
COMPARE = "204816"
_NEWCOMER = to_text(Kind.DEVICE, bytes(range(32)))


class SampleDoors:
    """Lets people in to one sample node; whoever comes back was called Noor."""

    def __init__(self, node: SampleNode) -> None:
        self._node = node
        self._offered = False
        node.held_up["device.ended"] = asyncio.Event()  # whoever has come stays
        self.methods: dict[str, Callable[..., Map]] = {
            "init": self._init,
            "restore": self._restore,
            "device.join": self._join,
            "device.joined": lambda: self._become("Noor"),
            "device.offer": self._offer,
            "device.wait": self._wait,
            "device.confirm": self._confirm,
            "device.ended": self._ended,
            "device.leave": lambda: {"left": True},
        }

    def _become(self, name: str) -> Map:
        if self._node.me:
            raise IdentityExists
        self._node.me = self._node.person(name)
        return self._node.whoami()

    def _init(self, name: str) -> Map:
        return self._become(name) | {"words": WORDS.split()}

    def _restore(self, words: str, connect: str = "") -> Map:
        if words != WORDS:
            raise BadWords("they are nobody's here")
        return self._become("Noor") | {"logs": 2, "entries": 300}

    def _join(self, code: str, at: str = "") -> Map:
        if code != CODE:
            raise BadCode("no device here shows these words")
        return {"compare": COMPARE, "name": "Noor"}

    def _offer(self) -> Map:
        self._offered = True
        return {"code": CODE, "addresses": ["192.168.1.7:40404"], "expires_ms": 0}

    def _wait(self) -> Map:
        if not self._offered:
            raise PairingEnded("there is none under way")
        return {"device": _NEWCOMER, "name": "kitchen", "compare": COMPARE}

    def _ended(self) -> Map:
        raise PairingEnded("the other device has left")

    def _confirm(self, accept: bool, compare: str = "") -> Map:
        self._wait()
        if accept and compare != COMPARE:
            raise BadRequest("whoever has come shows another number")
        self._offered = False
        return {"added": accept}
