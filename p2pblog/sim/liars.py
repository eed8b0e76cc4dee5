"""The kinds of liars: what each does in the place of what an honest node would."""

from __future__ import annotations

from random import Random

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import encode
from p2pblog.log import segment as segments
from p2pblog.log.entry import Entry, Tip, make_entry, sign_id
from p2pblog.log.fork import prove
from p2pblog.sim.liar import OWN_NUMBERS, Liar
from p2pblog.sim.node import Node
from p2pblog.sim.peer import Peer
from p2pblog.sim.place import Place, addresses_of
from p2pblog.sim.truth import Truth
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_message, encode_message


class Boaster(Liar):
    """Offers more of every log than there is."""

    def lie(self, message: m.Message) -> list[m.Message | bytes]:
        if not isinstance(message, m.Have):
            return [message]
        return [m.Have([self._boast(offer) for offer in message.offers])]

    def _boast(self, offer: m.Offer) -> m.Offer:
        high = offer.high + self.chance.choice([0, 1, 5, 600, 1_000_000])
        return offer._replace(high=high, high_id=self.chance.randbytes(limits.ID_BYTES))

    def pester(self, node: Node, peer: Peer) -> None:
        if self.chance.random() < 0.3:
            high = self.chance.choice([1, 64, 5000, limits.SEQ_MAX])
            high_id = self.chance.randbytes(limits.ID_BYTES)
            self.ask(peer, m.Have([m.Offer(self.a_log(node), 1, high, high_id)]))


class Withholder(Liar):
    """Sends entries without their bodies."""

    def lie(self, message: m.Message) -> list[m.Message | bytes]:
        if not isinstance(message, m.Entries):
            return [message]
        bodies = [
            segments.withheld(body) if self.chance.random() < 0.7 else body
            for body in message.segment.bodies
        ]
        return [m.Entries(message.number, message.segment._replace(bodies=bodies))]


class Forger(Liar):
    """Alters what it passes on."""

    def lie(self, message: m.Message) -> list[m.Message | bytes]:
        if isinstance(message, m.Fork) and self.chance.random() < 0.5:
            return [m.Fork(message.proof._replace(other=message.proof.one))]
        if not isinstance(message, m.Entries) or self.chance.random() < 0.5:
            return [message]
        return [m.Entries(message.number, self._forged(message.segment))]

    def _forged(self, segment: segments.Segment) -> segments.Segment:
        at = self.chance.randrange(len(segment.bodies))
        match self.chance.randrange(6):
            case 0:
                bodies = list(segment.bodies)
                bodies[at] = self.chance.randbytes(40)
                return segment._replace(bodies=bodies)
            case 1:
                times = list(segment.times_ms)
                times[at] ^= 1
                return segment._replace(times_ms=times)
            case 2 if segment.prev is not None:
                return segment._replace(prev=self.chance.randbytes(limits.ID_BYTES))
            case 3 if segment.signatures:
                return segment._replace(
                    signatures=[self.chance.randbytes(limits.SIGNATURE_BYTES)]
                    * len(segment.signatures)
                )
            case 4 if self.node is not None:
                return segment._replace(log=self.a_log(self.node))
            case _:
                bodies = [*segment.bodies[1:], segment.bodies[0]]
                return segment._replace(bodies=bodies)


class Noter(Liar):
    """Notes what there is not, in great numbers."""

    def pester(self, node: Node, peer: Peer) -> None:
        seqs = [self.chance.choice([1, 7, 70, 10**6, limits.SEQ_MAX]) for _ in range(300)]
        self.ask(peer, m.Note([(self.a_log(node), seq) for seq in seqs]))


class Garbler(Liar):
    """Compares with junk."""

    def lie(self, message: m.Message) -> list[m.Message | bytes]:
        match message:
            case m.Compare(prefix, items, digests) if digests and self.chance.random() < 0.7:
                return [m.Compare(prefix, items, self._junk(len(digests)))]
            case m.Compared(prefix, parts, lacking) if self.chance.random() < 0.7:
                junk = [part._replace(digests=self._junk(len(part.digests))) for part in parts]
                return [m.Compared(prefix, junk, lacking)]
            case _:
                return [message]

    def pester(self, node: Node, peer: Peer) -> None:
        prefix = "".join(self.chance.choices("0123456789abcdef", k=self.chance.randrange(4)))
        if not peer.initiator:
            return  # it would be refused at once
        for _ in range(20):
            self.ask(peer, m.Compare(prefix, False, self._junk(128)))
        self.ask(peer, m.Reveal(prefix, self._junk(16)))

    def _junk(self, size: int) -> bytes:
        cut = limits.FRONTIER_DIGEST_BYTES
        return b"".join(sorted(self.chance.randbytes(cut) for _ in range(size // cut)))


class Deaf(Liar):
    """Grafts all and asks for all, and reads nothing of it."""

    def __init__(self, chance: Random, truth: Truth) -> None:
        super().__init__(chance, truth)
        self._read: dict[Peer, int] = {}
        self._asked = 0

    def reads(self, peer: Peer) -> bool:
        self._read[peer] = self._read.get(peer, 0) + 1
        return self.idle or self._read[peer] < 30

    def pester(self, node: Node, peer: Peer) -> None:
        self.ask(peer, m.Ping(1))
        for log in list(node.store.logs)[:8]:
            self._asked += 1
            self.ask(
                peer,
                m.Graft(log, 0),
                m.WantLatest(OWN_NUMBERS + self._asked, log, limits.SEGMENT_ENTRIES_MAX),
            )


class Glutton(Liar):
    """Asks for ranges of millions, one after the other."""

    def __init__(self, chance: Random, truth: Truth) -> None:
        super().__init__(chance, truth)
        self._asked = 0

    def pester(self, node: Node, peer: Peer) -> None:
        for _ in range(self.chance.choice([3, 30, 100])):
            self._asked += 1
            number = OWN_NUMBERS + self._asked
            log = self.a_log(node)
            most = limits.WANT_ENTRIES_MAX
            low = self.chance.choice([1, 1, 100, 10**6, limits.SEQ_MAX - most])
            down = self.chance.random() < 0.5
            question = m.Want(number, log, low, low + most - 1, down)
            self.ask(peer, question if self.chance.random() < 0.8 else _latest(number, log))


class Staller(Liar):
    """Offers all and answers nothing, but for signs of life."""

    def lie(self, message: m.Message) -> list[m.Message | bytes]:
        return [] if isinstance(message, m.Entries | m.Done) else [message]


class Mute(Liar):
    """Greets, and says nothing more."""

    def lie(self, message: m.Message) -> list[m.Message | bytes]:
        return [message] if isinstance(message, m.Hello) else []


class Parrot(Liar):
    """Says everything again that it has said in earlier sessions."""

    def __init__(self, chance: Random, truth: Truth) -> None:
        super().__init__(chance, truth)
        self._said: list[bytes] = []

    def twisted(self, peer: Peer, data: bytes) -> list[bytes]:
        match decode_message(data):
            case m.Have() | m.Note() | m.Fork() | m.Graft() | m.Prune() | m.Seek() | m.Entries(0):
                self._said.append(data)
        return [data]

    def pester(self, node: Node, peer: Peer) -> None:
        if self._said:
            peer.say(*self.chance.choices(self._said, k=5))


class Promiser(Liar):
    """Shows tokens that it was not given, and gives some before it has told anything."""

    def lie(self, message: m.Message) -> list[m.Message | bytes]:
        token = self.chance.randbytes(self.chance.randint(1, limits.TOKEN_BYTES_MAX))
        match message:
            case m.Hello(version, _) if self.chance.random() < 0.7:
                return [m.Hello(version, token)]
            case m.Have():
                return [m.Told(token), message] if self.chance.random() < 0.5 else [m.Told(token)]
            case _:
                return [message]


class Boor(Liar):
    """Says what no session allows."""

    def pester(self, node: Node, peer: Peer) -> None:
        if self.chance.random() < 0.2:
            junk = [
                self.chance.randbytes(self.chance.randint(1, 200)),
                encode([99, 1]),
                encode([21, 10**9, b"x"]),
                encode_message(m.Hello(1, None)),
                encode_message(m.Agreed()),
                encode_message(m.Compared("", [], b"")),
            ]
            peer.say(self.chance.choice(junk))


class Fickle(Liar):
    """Grafts and prunes, and asks for signs of life without end."""

    def pester(self, node: Node, peer: Peer) -> None:
        for _ in range(20):
            log = self.a_log(node)
            grafts = self.chance.random() < 0.5
            wish = m.Graft(log, self.chance.randrange(100)) if grafts else m.Prune(log)
            self.ask(peer, wish, m.Ping(self.chance.randrange(1000)))


class Inventor(Liar):
    """Makes logs that nobody asked for, and forks some of them."""

    def pester(self, node: Node, peer: Peer) -> None:
        if self.chance.random() > 0.3:
            return
        key = SigningKey(self.chance.randbytes(limits.KEY_BYTES))
        branches = [self._log(key) for _ in range(2)]
        segment, newest = branches[0]
        offer = m.Offer(key.public, 1, segment.last, newest)
        self.ask(peer, m.Have([offer]), m.Entries(0, segment))
        if self.chance.random() < 0.3:
            self.ask(peer, m.Fork(prove(segment, branches[1][0])))

    def _log(self, key: SigningKey) -> tuple[segments.Segment, bytes]:
        tip: Tip | None = None
        entries: list[Entry] = []
        for _ in range(self.chance.randint(1, 5)):
            entries.append(make_entry(key.public, tip, 1, self.chance.randbytes(30)))
            tip = Tip(entries[-1].seq, entries[-1].id)
        self.truth.wrote(entries)
        bodies: list[bytes | segments.Withheld] = [entry.body or b"" for entry in entries]
        signature = sign_id(key, entries[-1].id)
        times = [1] * len(entries)
        segment = segments.Segment(key.public, 1, None, times, bodies, [signature])
        return segment, entries[-1].id


class Meddler(Liar):
    """Tells of members that there are not, or elsewhere than they are, and relays junk."""

    def pester(self, node: Node, peer: Peer) -> None:
        members = [self._member(node) for _ in range(limits.SHUFFLE_MEMBERS_MAX)]
        junk = self.chance.randbytes(self.chance.randint(1, 300))
        target = self.chance.choice([node.network.device_at(0), members[0].device])
        self.ask(
            peer,
            m.Join(self.chance.randrange(limits.JOIN_HOPS + 1), members[0]),
            m.Shuffle(self.chance.randrange(limits.SHUFFLE_HOPS + 1), members),
            m.Relay(limits.RELAY_HOPS, members[1].device, target, junk),
        )

    def _member(self, node: Node) -> m.Member:
        number = self.chance.choice([*node.network.sites, 1000])
        addresses = addresses_of(number, Place(0, hidden=self.chance.random() < 0.5))
        if self.chance.random() < 0.3:
            addresses = ("127.0.0.1:631", "[ff02::1]:9", "a.example:4114", "8.8.8.8:4114")
        if self.chance.random() < 0.5:
            return m.Member(self.chance.randbytes(limits.KEY_BYTES), addresses)
        whose = self.chance.choice([*node.network.sites])
        return m.Member(node.network.device_at(whose), addresses)


LIARS: tuple[type[Liar], ...] = (
    Boaster,
    Withholder,
    Forger,
    Noter,
    Garbler,
    Deaf,
    Glutton,
    Staller,
    Mute,
    Parrot,
    Promiser,
    Boor,
    Fickle,
    Inventor,
    Meddler,
)


def _latest(number: int, log: bytes) -> m.WantLatest:
    return m.WantLatest(number, log, limits.SEGMENT_ENTRIES_MAX)
