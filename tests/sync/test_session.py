"""Sessions between stores in memory: no sockets, no clock, every order of delivery replayable."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pblog.content.bodies import Post, serialize
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import (
    BadSignature,
    PeerTimeout,
    ProtocolError,
    TooLarge,
    UnexpectedMessage,
)
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.store.verify import verify_logs
from p2pblog.sync import messages as m
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.session import LogReleased, Replica, SegmentArrived, Session

NOW_S = 1000.0


def key(number: int) -> SigningKey:
    return SigningKey(bytes([number]) * 32)


class Node:
    """A store, and its ends of sessions; counts the entries that were sent twice."""

    def __init__(self, depth: Callable[[bytes, bool], int] = lambda log, near: WHOLE) -> None:
        self.store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
        self.replica = Replica(self.store.logs, depth)
        self.sessions: list[Session] = []
        self.received = 0

    def write(self, number: int, count: int) -> None:
        bodies = [(NOW_S.__trunc__() + i, post(f"{number}: {i}")) for i in range(count)]
        self.store.append(key(number), bodies, 5)
        self.tell(key(number).public)

    def tell(self, log: bytes) -> None:
        for session in self.sessions:
            session.log_changed(log, NOW_S)

    def settle(self, session: Session) -> None:
        for event in session.events():
            match event:
                case SegmentArrived(segment):
                    self.received += len(segment.bodies)
                    if self.store.ingest(segment, 5):
                        self.tell(segment.log)
                case LogReleased(log):
                    for other in self.sessions:
                        other.consider((log,), NOW_S)

    def output(self, session: Session) -> list[bytes]:
        out = session.messages()
        while serve := session.next_serve():
            read = self.store.segment_down if serve.down else self.store.segment_up
            session.serve(serve, read(serve.log, serve.low, serve.high))
            out += session.messages()
        return out


def post(text: str) -> bytes:
    return serialize(Post(text), bytes(16))


def join(a: Node, b: Node, *, near: bool = True) -> tuple[Session, Session]:
    ends = []
    for node in (a, b):
        session = Session(node.replica, near=near, now_s=NOW_S)
        node.sessions.append(session)
        session.start()
        ends.append(session)
    return ends[0], ends[1]


def carry(*pairs: tuple[Node, Session, Node, Session], rounds: int = 400) -> int:
    """Deliver until all is quiet; return the bytes carried."""
    total = 0
    for _ in range(rounds):
        quiet = True
        for a, at_a, b, at_b in pairs:
            for source, end, target, other in ((a, at_a, b, at_b), (b, at_b, a, at_a)):
                for message in source.output(end):
                    quiet = False
                    total += len(message)
                    other.receive(message, NOW_S)
                    target.settle(other)
        if quiet:
            return total
    raise AssertionError("the sessions never fall silent")


def same(a: Node, b: Node) -> bool:
    return {log: held.newest for log, held in a.store.logs.items()} == {
        log: held.newest for log, held in b.store.logs.items()
    }


def test_a_cold_node_takes_in_everything_once() -> None:
    a, b = Node(), Node()
    for number, count in ((1, 1), (2, 64), (3, 65), (4, 700), (5, 5000)):
        a.write(number, count)
    ends = join(a, b)
    carry((a, ends[0], b, ends[1]))
    assert same(a, b)
    assert b.received == a.store.entries
    (*_, report) = verify_logs(b.store, list(b.store.logs))
    assert (report.entries, report.errors) == (a.store.entries, [])


def test_the_newest_hundred_come_first() -> None:
    a, b = Node(), Node()
    a.write(1, 3000)
    at_a, at_b = join(a, b)
    segments = []
    for _ in range(40):
        for message in b.output(at_b):
            at_a.receive(message, NOW_S)
        for message in a.output(at_a):
            at_b.receive(message, NOW_S)
            for event in at_b.events():
                if isinstance(event, SegmentArrived):
                    segments.append((event.segment.first, event.segment.last))
                    b.store.ingest(event.segment, 5)
    assert segments[0] == (2901, 3000)
    assert [last for _, last in segments] == sorted((last for _, last in segments), reverse=True)
    assert same(a, b)


def test_what_is_new_is_pushed_at_once_over_two_hops() -> None:
    a, b, c = Node(), Node(), Node()
    a.write(1, 3)
    ab, bc = join(a, b), join(b, c)
    pairs = ((a, ab[0], b, ab[1]), (b, bc[0], c, bc[1]))
    carry(*pairs)
    b.received = c.received = 0
    a.write(1, 1)
    carry(*pairs)
    assert same(a, c)
    assert (b.received, c.received) == (1, 1)


def test_two_peers_do_not_send_the_same_log_twice() -> None:
    a, b, c = Node(), Node(), Node()
    for node in (a, b):
        node.write(1, 2000)
    ca, cb = join(c, a), join(c, b)
    carry((c, ca[0], a, ca[1]), (c, cb[0], b, cb[1]))
    assert same(a, c)
    assert c.received == 2000


def test_another_peer_takes_over_when_one_leaves_in_the_middle() -> None:
    a, b, c = Node(), Node(), Node()
    for node in (a, b):
        node.write(1, 2000)
    ca, cb = join(c, a), join(c, b)
    for message in c.output(ca[0]):
        ca[1].receive(message, NOW_S)
    for message in a.output(ca[1])[:2]:
        ca[0].receive(message, NOW_S)
        c.settle(ca[0])
    ca[0].close()
    c.settle(ca[0])
    c.sessions.remove(ca[0])
    carry((c, cb[0], b, cb[1]))
    assert same(b, c)


def test_one_who_was_away_gets_the_latest_first_and_then_the_gap() -> None:
    a, b = Node(), Node()
    a.write(1, 200)
    ends = join(a, b)
    carry((a, ends[0], b, ends[1]))
    a.sessions.clear()
    b.sessions.clear()
    a.write(1, 5000)
    at_a, at_b = join(a, b)
    for message in a.output(at_a):
        at_b.receive(message, NOW_S)
    for message in b.output(at_b):
        at_a.receive(message, NOW_S)
    first, *rest = a.output(at_a)
    at_b.receive(first, NOW_S)
    b.settle(at_b)
    held = b.store.logs[key(1).public]
    assert (held.newest.low, held.newest.high, held.older and held.older.high) == (5101, 5200, 200)
    for message in rest:
        at_b.receive(message, NOW_S)
        b.settle(at_b)
    carry((a, at_a, b, at_b))
    assert same(a, b)


def test_only_as_much_as_policy_asks_for_is_fetched() -> None:
    a, b = Node(), Node(lambda log, near: 0 if log == key(2).public else 150)
    a.write(1, 1000)
    a.write(2, 1000)
    ends = join(a, b)
    carry((a, ends[0], b, ends[1]))
    assert set(b.store.logs) == {key(1).public}
    assert b.store.logs[key(1).public].newest.low == 851


def test_a_wish_for_more_fetches_the_rest() -> None:
    depth = {"now": 100}
    a, b = Node(), Node(lambda log, near: depth["now"])
    a.write(1, 1000)
    ends = join(a, b)
    carry((a, ends[0], b, ends[1]))
    depth["now"] = WHOLE
    ends[1].consider_all(NOW_S)
    carry((a, ends[0], b, ends[1]))
    assert same(a, b)


def test_a_peer_that_offers_what_it_does_not_hold_is_not_asked_for_ever() -> None:
    b = Node()
    session = Session(b.replica, near=True, now_s=NOW_S)
    session.receive(m.encode_message(m.Hello(1)), NOW_S)
    session.receive(m.encode_message(m.Have([m.Offer(key(1).public, 1, 9, bytes(32))])), NOW_S)
    session.messages()
    session.receive(m.encode_message(m.Done(1)), NOW_S)
    assert session.messages() == []


def test_one_flipped_bit_anywhere_in_a_segment_is_never_stored() -> None:
    a = Node()
    a.write(1, 100)
    wire = m.encode_message(m.Entries(0, a.store.segment_up(key(1).public, 1, 100)))
    chance = random.Random(7)
    refused = 0
    for _ in range(400):
        broken = bytearray(wire)
        broken[chance.randrange(len(wire))] ^= 1 << chance.randrange(8)
        b = Node()
        session = Session(b.replica, near=True, now_s=NOW_S)
        session.receive(m.encode_message(m.Hello(1)), NOW_S)
        try:
            session.receive(bytes(broken), NOW_S)
            b.settle(session)
        except ProtocolError:
            refused += 1
        for log in b.store.logs:
            assert log == key(1).public
            assert list(b.store.read(log, 1, 100)) == list(a.store.read(log, 1, 100))
    assert refused > 390


def test_entries_of_another_log_do_not_answer_a_question() -> None:
    a, b = Node(), Node()
    a.write(1, 5)
    a.write(2, 5)
    session = Session(b.replica, near=True, now_s=NOW_S)
    session.receive(m.encode_message(m.Hello(1)), NOW_S)
    session.receive(m.encode_message(m.Have([m.Offer(key(1).public, 1, 5, bytes(32))])), NOW_S)
    other = a.store.segment_up(key(2).public, 1, 5)
    with pytest.raises(UnexpectedMessage):
        session.receive(m.encode_message(m.Entries(1, other)), NOW_S)


def test_a_valid_chain_under_another_logs_name_is_refused() -> None:
    a, b = Node(), Node()
    a.write(1, 5)
    stolen = a.store.segment_up(key(1).public, 1, 5)._replace(log=key(2).public)
    with pytest.raises(BadSignature):
        b.store.ingest(stolen, 5)


def test_a_session_begins_with_a_greeting_of_this_version() -> None:
    for first in (m.Ping(1), m.Hello(2)):
        session = Session(Node().replica, near=True, now_s=NOW_S)
        with pytest.raises(UnexpectedMessage):
            session.receive(m.encode_message(first), NOW_S)


def test_questions_beyond_the_bound_end_the_session() -> None:
    session = Session(Node().replica, near=True, now_s=NOW_S)
    session.receive(m.encode_message(m.Hello(1)), NOW_S)
    want = m.encode_message(m.Want(1, key(1).public, 1, 5, down=True))
    with pytest.raises(UnexpectedMessage):
        for _ in range(limits.WANTS_QUEUED_MAX + 1):
            session.receive(want, NOW_S)


def test_pings_that_are_never_read_end_the_session() -> None:
    session = Session(Node().replica, near=True, now_s=NOW_S)
    session.receive(m.encode_message(m.Hello(1)), NOW_S)
    with pytest.raises(TooLarge):
        for _ in range(limits.ANSWERS_QUEUED_MAX + 1):
            session.receive(m.encode_message(m.Ping(1)), NOW_S)


def test_silence_is_asked_after_and_then_ends_the_session() -> None:
    session = Session(Node().replica, near=True, now_s=NOW_S)
    session.tick(NOW_S + limits.PING_AFTER_S)
    assert m.decode_message(session.messages()[0]) == m.Ping(0)
    assert session.deadline_s() == NOW_S + limits.SILENCE_S_MAX
    with pytest.raises(PeerTimeout):
        session.tick(NOW_S + limits.SILENCE_S_MAX)


def test_a_question_without_an_answer_ends_the_session() -> None:
    session = Session(Node().replica, near=True, now_s=NOW_S)
    session.receive(m.encode_message(m.Hello(1)), NOW_S)
    session.receive(m.encode_message(m.Have([m.Offer(key(1).public, 1, 5, bytes(32))])), NOW_S)
    later = NOW_S + limits.WANT_S_MAX
    session.receive(m.encode_message(m.Ping(1)), later - 1)
    with pytest.raises(PeerTimeout):
        session.tick(later)


@settings(max_examples=40, deadline=None)
@given(
    logs=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 400)), min_size=1, max_size=8),
    links=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=6),
    writer=st.integers(0, 3),
)
def test_every_connected_node_ends_up_with_the_same_logs(
    logs: list[tuple[int, int]], links: list[tuple[int, int]], writer: int
) -> None:
    nodes = [Node() for _ in range(4)]
    pairs = []
    reach = {writer}
    for left, right in [*links, *links, *links]:
        if left != right and reach & {left, right}:
            reach |= {left, right}
    for left, right in dict.fromkeys(tuple(sorted(pair)) for pair in links):
        if left != right:
            ends = join(nodes[left], nodes[right])
            pairs.append((nodes[left], ends[0], nodes[right], ends[1]))
    for number, count in logs:
        nodes[writer].write(number, count)
    carry(*pairs)
    for index in reach:
        assert same(nodes[writer], nodes[index])
