"""A network of a thousand nodes and many authors: what live delivery costs, and how long it takes.

The nodes come in one after the other, each by one address that it knows, and the overlay makes
of that what it will.  Everybody follows everybody who writes.  Every author writes a few times;
the first entry of a log finds no tree along which to go, the later ones do.  Before the last
time a fifth of the nodes go without a word.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import log
from random import Random

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import PeerTimeout, ProtocolError
from p2pblog.log.entry import Entry
from p2pblog.log.segment import Segment
from p2pblog.sim.clock import Clock
from p2pblog.sim.flooding import Flooding
from p2pblog.sim.joined import far_links, unjoined
from p2pblog.sim.network import Network
from p2pblog.sim.node import Node
from p2pblog.sim.peer import Peer
from p2pblog.sim.place import Place
from p2pblog.sim.trace import Trace, name_of
from p2pblog.sim.weather import Weather, wan
from p2pblog.sim.wire import wire_bytes
from p2pblog.sync.codec import decode_message
from p2pblog.sync.messages import Entries, Type

BODY_BYTES = 140
HIDDEN = 0.3
"""The share of nodes that nobody can dial: they are called through others."""
INVITES = 3
"""How many nodes come in by one and the same."""
GOING = 0.2
"""The share of nodes that go before the last entry."""
_ENTRY_BYTES = 300  # a pushed segment of one such entry
_GROWS_S = 30.0  # in which there come e times as many as there are
_MEET_S = 90.0
_WAVE_S = 60.0
_QUIET_S = 10.0
WAVE_MINUTES = (_WAVE_S + _QUIET_S) / 60
"""For how long a wave is looked at."""
_NEWS_S = 2.0  # in which both ends know of a link's end
_GONE_S = 60.0  # to find out who has gone, and to find others


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
class Repair:
    """What came of it that nodes went without a word.

    Fields:
        gone: how many.
        parted_s: for how long those that stayed were not joined with each other.
        short_s: how long it took until each of them had as many links as it looks for.
        wave: the entries that those wrote who stayed, while that went on.
        expected: how many deliveries of these there should be.
    """

    gone: int
    parted_s: float
    short_s: float
    wave: Wave
    expected: int


@dataclass(slots=True)
class Measured:
    """What came of a run."""

    nodes: int
    authors: int
    seed: int
    links: int
    links_made: int
    """From the first node's coming to the end of the last wave, each counted once."""
    minutes: float
    """How long that was."""
    waves: list[Wave]
    loads: dict[int, list[int]]
    """Bytes that a node has sent in the last wave, by the number of its links."""
    memory: dict[str, int]
    """The most that any session keeps, by what."""
    meeting: Wave
    """What was sent while all came in."""
    repair: Repair


class Large:
    """The network, and who looks at it: a `node.Watcher`."""

    def __init__(self, seed: int, nodes: int, authors: int) -> None:
        self.seed = seed
        self.clock = Clock()
        chance = self._chance = Random(seed)
        weathers = Random(chance.random())
        network = Network(self.clock, chance, Trace(), {}, draw=lambda *ends: wan(weathers))
        self.network = network
        self.nodes = [
            Node(network, self, address, SigningKey(chance.randbytes(32)), Random(chance.random()))
            for address in range(nodes)
        ]
        inviting = {0: 0}  # who can be dialled, by how many know it
        for node in self.nodes:
            node.meets = True
            if node.address:
                host = chance.choice(list(inviting))
                node.dialling.keep_linked(host)
                inviting[host] += 1
                node.place = Place(node.address, hidden=chance.random() < HIDDEN)
                if not node.place.hidden:
                    inviting[node.address] = 0
                if inviting[host] == INVITES and len(inviting) > 1:
                    del inviting[host]
        self.authors = chance.sample(self.nodes, authors)
        self.wave = Wave()
        self._links_made = 0
        self._written_s: dict[tuple[bytes, int], float] = {}
        self._sent = [0] * nodes
        self._memory: Counter[str] = Counter()

    def run(self, waves: int, say: Callable[[str], None]) -> Measured:
        """Let every author write so many times; `say` gets a line now and then."""
        followed = [author.device for author in self.authors]
        for node in self.nodes:
            node.want(followed)
            self.clock.at(_GROWS_S * log(node.address + 1), node.switch_on)
        self.clock.run(_GROWS_S * log(len(self.nodes)) + _MEET_S)
        self._check()
        meeting = self.wave
        say(f"{self.clock.now_s:.0f} s: all have met, {self.clock.steps} steps")
        done = [self._write(self.nodes, say) for _ in range(waves)]
        self._check()
        loads: dict[int, list[int]] = {}
        for node, sent in zip(self.nodes, self._sent, strict=True):
            loads.setdefault(len(node.peers), []).append(sent)
        links, made, minutes = len(self._lines()), self._links_made, self.clock.now_s / 60
        repair = self._part(say)
        return Measured(
            len(self.nodes),
            len(self.authors),
            self.seed,
            links,
            made,
            minutes,
            done,
            dict(sorted(loads.items())),
            dict(self._memory),
            meeting,
            repair,
        )

    def _write(self, nodes: list[Node], say: Callable[[str], None]) -> Wave:
        """Let every author among these nodes write once."""
        self.wave, self._sent = Wave(), [0] * len(self.nodes)
        flooding = Flooding(self._lines(), Random(self.seed), entry_bytes=_ENTRY_BYTES)
        for author in self.authors:
            if author in nodes:
                self.clock.after(self._chance.uniform(0.0, _WAVE_S), partial(self._post, author))
                self.wave.flooded_s += flooding.delays_s(author.address)
        self.clock.run(self.clock.now_s + _WAVE_S + _QUIET_S)
        say(f"{self.clock.now_s:.0f} s: {len(self.wave.delays_s)} deliveries")
        return self.wave

    def _part(self, say: Callable[[str], None]) -> Repair:
        """Have some nodes go without a word, and those write who stay."""
        going = self._chance.sample(self.nodes, round(len(self.nodes) * GOING))
        for node in going:
            node.crash(keep=None, silent=True)
        staying = [node for node in self.nodes if node.on]
        repair = Repair(len(going), 0.0, 0.0, Wave(), 0)
        begin_s = self.clock.now_s
        for second in range(int(_WAVE_S + _QUIET_S)):
            self.clock.at(begin_s + second, partial(self._look, staying, repair, begin_s))
        repair.wave = self._write(staying, say)
        writing = sum(author.on for author in self.authors)
        repair.expected = writing * (len(staying) - 1)
        self.clock.run(self.clock.now_s + _GONE_S)
        self._check()
        return repair

    def _look(self, staying: list[Node], repair: Repair, begin_s: float) -> None:
        """See whether those who stay are joined, and have enough links."""
        alive = {node.address for node in staying}
        since_s = self.clock.now_s - begin_s + 1.0
        links = [pair for pair in self.network.pairs() if alive.issuperset(pair)]
        if not _joins(alive, links):
            repair.parted_s = since_s
        count = Counter(address for pair in links for address in pair)
        if any(count[address] < limits.ACTIVE_VIEW for address in alive):
            repair.short_s = since_s

    def _lines(self) -> dict[frozenset[int], Weather]:
        """Return what the links are like that there are now."""
        on = [pair for pair in self.network.pairs() if all(self.nodes[one].on for one in pair)]
        return {frozenset(pair): self.network.lines[frozenset(pair)] for pair in on}

    def _check(self) -> None:
        """Raise if the overlay is not as it must be; what is just ending may be under way."""
        on = [node for node in self.nodes if node.on]
        before = {*unjoined(on)}
        self.clock.run(self.clock.now_s + _NEWS_S)
        wrong = sorted(before.intersection(unjoined(on)))
        if wrong:
            raise AssertionError(f"{len(wrong)} things are wrong with the links: {wrong[0]}")

    def _post(self, author: Node) -> None:
        author.write([self._chance.randbytes(BODY_BYTES)])

    # --- `node.Watcher` ----------------------------------------------------------------

    def wrote(self, node: Node, entries: list[Entry]) -> None:
        """Take down when an entry was written."""
        for entry in entries:
            self._written_s[entry.log, entry.seq] = self.clock.now_s

    def admitted(self, node: Node, segment: Segment) -> None:
        """Hear nothing new: everybody takes whatever comes here."""

    def stored(self, node: Node, segment: Segment, new: int) -> None:
        """Take down how long entries were under way."""
        for seq in range(segment.last - new + 1, segment.last + 1):
            self.wave.delays_s.append(self.clock.now_s - self._written_s[segment.log, seq])

    def linked(self, node: Node, peer: Peer) -> None:
        """Count links, and see that they are few."""
        self._links_made += peer.initiator
        if (far := far_links(node)) > limits.ACTIVE_VIEW_MAX:
            raise AssertionError(f"{node.address} has {far} links")

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
        """Stop: nobody does anything wrong here, but to go."""
        if isinstance(error, PeerTimeout) and not self.nodes[peer.address].on:
            return
        raise AssertionError(f"{node.address} refuses {peer.address}: {error}")


def _joins(nodes: set[int], links: list[tuple[int, int]]) -> bool:
    """Tell whether links lead from each node to each other."""
    linked: defaultdict[int, list[int]] = defaultdict(list)
    for one, other in links:
        linked[one].append(other)
        linked[other].append(one)
    reached = [min(nodes)]
    seen = {*reached}
    for node in reached:
        fresh = [other for other in linked[node] if other not in seen]
        seen.update(fresh)
        reached += fresh
    return seen == nodes
