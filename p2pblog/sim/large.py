"""A network of a thousand nodes and many authors: what live delivery costs, and how long it takes.

Everybody follows everybody who writes.  Every author writes a few times; the first entry of a
log finds no tree along which to go, the later ones do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random

from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import ProtocolError
from p2pblog.log.entry import Entry
from p2pblog.log.segment import Segment
from p2pblog.sim.clock import Clock
from p2pblog.sim.flooding import Flooding
from p2pblog.sim.network import Network
from p2pblog.sim.node import Node
from p2pblog.sim.overlay import RandomGraph
from p2pblog.sim.peer import Peer
from p2pblog.sim.trace import Trace, name_of
from p2pblog.sim.weather import Weather, wan
from p2pblog.sim.wire import wire_bytes
from p2pblog.sync.codec import decode_message
from p2pblog.sync.messages import Entries, Type

DIALS = 3.0
BODY_BYTES = 140
_ENTRY_BYTES = 300  # a pushed segment of one such entry
_MEET_S = 30.0
_WAVE_S = 60.0
_QUIET_S = 10.0


@dataclass(slots=True)
class Wave:
    """What came of one entry of every author.

    Fields:
        delays_s: of every delivery, in no order.
        flooded_s: the same, had the network been flooded.
        payloads: entries that were sent, also to who had them.
        sent: bytes on the wire by kind of message.
    """

    delays_s: list[float] = field(default_factory=list)
    flooded_s: list[float] = field(default_factory=list)
    payloads: int = 0
    sent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    messages: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Measured:
    """What came of a run."""

    nodes: int
    authors: int
    seed: int
    links: int
    waves: list[Wave]
    loads: dict[int, list[int]]
    """Bytes that a node has sent in the last wave, by the number of its links."""
    memory: dict[str, int]
    """The most that any session keeps, by what."""


class Large:
    """The network, and who looks at it: a `node.Watcher`."""

    def __init__(self, seed: int, nodes: int, authors: int) -> None:
        self.seed = seed
        self.clock = Clock()
        chance = self._chance = Random(seed)
        lines: dict[frozenset[int], Weather] = {}
        network = Network(self.clock, chance, Trace(), lines)
        self.nodes = [
            Node(network, self, address, SigningKey(chance.randbytes(32)), Random(chance.random()))
            for address in range(nodes)
        ]
        for one, other in RandomGraph(chance, DIALS).links(range(nodes)):
            lines[frozenset((one, other))] = wan(chance)
            self.nodes[one].dialling.keep_linked(other)
        self.lines = lines
        self.authors = chance.sample(self.nodes, authors)
        self.wave = Wave()
        self._written_s: dict[tuple[bytes, int], float] = {}
        self._sent = [0] * nodes
        self._memory: Counter[str] = Counter()

    def run(self, waves: int, say: Callable[[str], None]) -> Measured:
        """Let every author write so many times; `say` gets a line now and then."""
        followed = [author.device for author in self.authors]
        for node in self.nodes:
            node.want(followed)
            node.switch_on()
        self.clock.run(_MEET_S)
        say(f"{self.clock.now_s:.0f} s: all have met, {self.clock.steps} steps")
        flooding = Flooding(self.lines, Random(self.seed), entry_bytes=_ENTRY_BYTES)
        done: list[Wave] = []
        for _ in range(waves):
            self.wave, self._sent = Wave(), [0] * len(self.nodes)
            for author in self.authors:
                self.clock.after(self._chance.uniform(0.0, _WAVE_S), partial(self._post, author))
                self.wave.flooded_s += flooding.delays_s(author.address)
            self.clock.run(self.clock.now_s + _WAVE_S + _QUIET_S)
            done.append(self.wave)
            say(f"{self.clock.now_s:.0f} s: {len(self.wave.delays_s)} deliveries")
        loads: dict[int, list[int]] = {}
        for node, sent in zip(self.nodes, self._sent, strict=True):
            loads.setdefault(len(node.peers), []).append(sent)
        return Measured(
            len(self.nodes),
            len(self.authors),
            self.seed,
            len(self.lines),
            done,
            dict(sorted(loads.items())),
            dict(self._memory),
        )

    def _post(self, author: Node) -> None:
        author.write([self._chance.randbytes(BODY_BYTES)])

    # --- `node.Watcher` ----------------------------------------------------------------

    def wrote(self, node: Node, entries: list[Entry]) -> None:
        """Take down when an entry was written."""
        for entry in entries:
            self._written_s[entry.log, entry.seq] = self.clock.now_s

    def stored(self, node: Node, segment: Segment, new: int) -> None:
        """Take down how long entries were under way."""
        for seq in range(segment.last - new + 1, segment.last + 1):
            self.wave.delays_s.append(self.clock.now_s - self._written_s[segment.log, seq])

    def linked(self, node: Node, peer: Peer) -> None:
        """Nothing is to be seen to."""

    def said(self, node: Node, peer: Peer, messages: list[bytes], sent: list[bytes]) -> None:
        """Count what is sent; messages that travel together share what carries them."""
        wave = self.wave
        carried = sum(wire_bytes(len(data)) for data in sent)
        share = carried / sum(map(len, messages))
        self._sent[node.address] += carried
        for data in messages:
            size, kind = share * len(data), name_of(data)
            wave.sent[kind] += size
            wave.messages[kind] += 1
            if kind == Type.SEGMENT.name.lower():
                message = decode_message(data)
                if isinstance(message, Entries):
                    wave.payloads += len(message.segment.bodies)
        for what, size in peer.session.sizes().items():
            self._memory[what] = max(size, self._memory[what])

    def refused(self, node: Node, peer: Peer, error: ProtocolError) -> None:
        """Stop: nobody does anything wrong here."""
        raise AssertionError(f"{node.address} refuses {peer.address}: {error}")
