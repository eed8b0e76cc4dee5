"""A small network drawn from a seed: its nodes, their links and wishes, and what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from random import Random

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.sim.checks import Checks
from p2pblog.sim.clock import Clock
from p2pblog.sim.disk import Disk
from p2pblog.sim.liar import Liar
from p2pblog.sim.liars import LIARS
from p2pblog.sim.network import Network
from p2pblog.sim.node import Node
from p2pblog.sim.overlay import Overlay, RandomGraph
from p2pblog.sim.place import Place
from p2pblog.sim.trace import Trace
from p2pblog.sim.truth import Truth
from p2pblog.sim.weather import Weather, lan, satellite, wan
from p2pblog.sync.rules import DEFAULT_RULES, Distance, Rule

NODES_MIN, NODES_MAX = 3, 12
_LIARS_MAX = 3
_SKEWS_MS = (0, 0, 0, 0, -3_600_000, 90_000, 86_400_000, 20 * 365 * 86_400_000)
_HISTORIES = (0, 0, 1, 5, 63, 64, 65, 130, 400)
_LONG_HISTORIES = (700, 1400)
_SEND_BUFFERS = (16_384, 262_144, limits.SEND_BUFFER_BYTES_MAX)
_WRITE_AGAIN_S = 0.5
_DIALS = (1.0, 1.5, 2.0)  # that a node makes, where links are drawn
_MEETING = 0.5  # of all networks
_HIDDEN = 0.4  # of all nodes that nobody dials from the first
_SPARING = Rule(
    depth=20,
    entries_per_minute=30,
    bytes_per_minute=20_000,
    total_bytes_per_minute=40_000,
    logs=4,
    log_entries=60,
    total_bytes=60_000,
)
_RULES = (
    DEFAULT_RULES,
    {**DEFAULT_RULES, Distance.NEAR: _SPARING, Distance.SECOND: replace(_SPARING, depth=40)},
)
YEAR_2099_MS = 4_070_908_800_000

_WEATHERS: tuple[tuple[Callable[[Random], Weather], ...], ...] = (
    (lan,),
    (wan,),
    (lan, wan),
    (lan, wan, wan, satellite),
    (satellite,),
)
_FAR = (wan, wan, wan, satellite)


class World:
    """All that a run is made of; everything is drawn from `chance`."""

    def __init__(self, seed: int, say: Callable[[str], None] | None = None) -> None:
        self.chance = Random(seed)
        self.clock = Clock()
        self.trace = Trace(say)
        self.truth = Truth()
        self.checks = Checks(self.truth, self.happened)
        chance = self.chance
        count = chance.randint(NODES_MIN, NODES_MAX)
        liars = min(count - 2, chance.choice([0, 0, 1, 1, 2, _LIARS_MAX]))
        honest = list(range(count - liars))
        self._weathers = chance.choice(_WEATHERS)
        self.meets = chance.random() < _MEETING
        """Its nodes take part in the overlay; else they are linked as was drawn."""
        self._houses = chance.choice([1, count // 2, count, count])
        self.lines: dict[frozenset[int], Weather] = {}
        overlay: Overlay = RandomGraph(chance, 1.0 if self.meets else chance.choice(_DIALS))
        self.links = overlay.links(honest)
        """The links among the honest that are kept up; the first of each dials."""
        self.network = Network(
            self.clock,
            chance,
            self.trace,
            self.lines,
            draw=self._draw if self.meets else None,
            send_buffer_bytes=chance.choice(_SEND_BUFFERS),
        )
        self.honest = [self._add(address) for address in honest]
        self.liars = [self._add_liar(count - liars + number) for number in range(liars)]
        for one, other in self.links:
            self._link(one, other)
            if chance.random() < 0.2:  # both dial, and one of the two links has to go
                self.node(other).dialling.keep_linked(one)
        for liar in self.liars:
            for other in chance.sample(honest, min(len(honest), chance.randint(1, 3))):
                self._link(*chance.sample([liar.address, other], 2))
        if self.meets:
            self._settle_in()
        self._wish()

    @property
    def nodes(self) -> list[Node]:
        """All nodes, the honest ones first."""
        return [*self.honest, *self.liars]

    def node(self, address: int) -> Node:
        """Return the node at an address."""
        site = self.network.sites[address]
        assert isinstance(site, Node)  # noqa: S101 (nothing else is ever added)
        return site

    def happened(self, what: str) -> None:
        """Take down something that is no message."""
        self.trace.happened(self.clock.now_s, what)

    def begin(self) -> None:
        """Switch all on, with what they have written before."""
        for node in self.nodes:
            node.switch_on()
            self.post(node, self.chance.choice(_HISTORIES))
        if self.chance.random() < 0.3:
            self.post(self.chance.choice(self.nodes), self.chance.choice(_LONG_HISTORIES))

    def post(self, node: Node, count: int) -> None:
        """Have a node's person write so many entries at once."""
        chance = self.chance
        large = count < 30 and chance.random() < 0.1
        size = 6000 if large else 140
        bodies = [chance.randbytes(chance.randint(20, size)) for _ in range(count)]
        time_ms = YEAR_2099_MS if chance.random() < 0.02 else None
        if bodies:
            self._write(node, bodies, time_ms, self.clock.now_s + limits.OWN_WAIT_S_MAX)

    def _write(self, node: Node, bodies: list[bytes], time_ms: int | None, until_s: float) -> None:
        """Write entries as soon as the node may, unless that takes too long."""
        wait_s = node.write(bodies, time_ms)
        if wait_s == 0.0:
            high = self.truth.high(node.device)
            self.happened(f"node {node.address} writes {len(bodies)} to {high}")
        elif wait_s < float("inf") and self.clock.now_s < until_s:
            again = partial(self._write, node, bodies, time_ms, until_s)
            self.clock.after(_WRITE_AGAIN_S, again)

    def follow(self, node: Node, people: Iterable[bytes]) -> None:
        """Have a node's person follow others, by their devices, and know whom those follow."""
        people = {*people}
        second = {one for other in self.nodes if other.device in people for one in other.wanted()}
        node.want(people, second - people)

    def add_twin(self, node: Node, neighbours: list[int]) -> Node:
        """Add a second machine with a copy of a node's disk and key."""
        address = len(self.network.sites)
        twin = self._add(address, node.key, node.disk.copy())
        self.follow(twin, node.wanted())
        twin.rules, twin.heeds, twin.meets = node.rules, node.heeds, node.meets
        for other in neighbours:
            self.links.append((address, other))
            self._link(address, other)
        self.honest.append(twin)
        twin.switch_on()
        return twin

    # --- inside ------------------------------------------------------------------------

    def _add(self, address: int, key: SigningKey | None = None, disk: Disk | None = None) -> Node:
        chance = Random(self.chance.randbytes(8))
        key = key or SigningKey(self.chance.randbytes(limits.KEY_BYTES))
        node = Node(self.network, self.checks, address, key, chance, disk=disk)
        node.skew_ms = self.chance.choice(_SKEWS_MS)
        node.rules = self.chance.choice(_RULES)
        node.want([])
        return node

    def _add_liar(self, address: int) -> Node:
        node = self._add(address)
        kind: type[Liar] = self.chance.choice(LIARS)
        node.mischief = kind(Random(self.chance.randbytes(8)), self.truth)
        return node

    def _link(self, one: int, other: int) -> None:
        if not self.meets:
            self.lines[frozenset((one, other))] = self.chance.choice(self._weathers)(self.chance)
        self.node(one).dialling.keep_linked(other)

    def _settle_in(self) -> None:
        """Give everybody a house, where all find each other, and some a router before it."""
        for node in self.nodes:
            node.meets = True
            node.place = Place(self.chance.randrange(self._houses), hidden=False)
        dialled = {other for node in self.nodes for other in node.dialling.addresses}
        for node in self.nodes:
            hidden = self.chance.random() < _HIDDEN and node.address not in dialled
            node.place = node.place._replace(hidden=hidden)
            for other in self.nodes[: self.nodes.index(node)]:
                if other.place.house == node.place.house:
                    node.dialling.keep_linked(other.address)

    def _draw(self, one: int, other: int) -> Weather:
        """Return what the link between two nodes is like."""
        near = self.node(one).place.house == self.node(other).place.house
        return lan(self.chance) if near else self.chance.choice(_FAR)(self.chance)

    def _wish(self) -> None:
        """Have everybody follow everybody, or each some."""
        everybody = [node.device for node in self.nodes]
        share = self.chance.choice([1.0, 1.0, 0.6, 0.3])
        for node in self.nodes:
            self.follow(node, [one for one in everybody if self.chance.random() < share])
        for node in self.nodes:  # now that it is known whom those follow whom each follows
            self.follow(node, node.wanted())
