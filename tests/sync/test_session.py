"""Sessions between stores in memory: no sockets, no clock, every order of delivery replayable."""

from __future__ import annotations

import random

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
from p2pblog.log.fork import check_proof, prove
from p2pblog.log.segment import Segment, withheld
from p2pblog.store.verify import Report, verify_logs
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_message, encode_message
from p2pblog.sync.events import SegmentArrived
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.serving import Serve
from p2pblog.sync.session import Session
from tests.ends import NOW_S, SALT, End, carry, join


def key(number: int) -> SigningKey:
    return SigningKey(bytes([number]) * 32)


class Node(End):
    """An end that writes logs of its own, and may withhold all bodies."""

    without_bodies = False

    def read(self, asked: Serve) -> Segment | None:
        segment = super().read(asked)
        if segment is None or not self.without_bodies:
            return segment
        return segment._replace(bodies=[withheld(body) for body in segment.bodies])

    def write(self, number: int, count: int) -> None:
        bodies = [(NOW_S.__trunc__() + i, post(f"{number}: {i}")) for i in range(count)]
        self.store.append(key(number), bodies, 5)
        self.tell(key(number).public)


def post(text: str) -> bytes:
    return serialize(Post(text), bytes(16))


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
    report = Report()
    assert set(verify_logs(b.store, list(b.store.logs), report)) == set(b.store.logs)
    assert (report.entries, report.errors) == (a.store.entries, [])


def test_the_newest_hundred_come_first() -> None:
    a, b = Node(), Node()
    a.write(1, 3000)
    at_a, at_b = join(a, b)
    segments = []
    for _ in range(40):
        for message in b.output(at_b):
            a.receive(at_a, message)
        for message in a.output(at_a):
            if isinstance(read := decode_message(message), m.Entries):
                segments.append((read.segment.first, read.segment.last))
            b.receive(at_b, message)
    assert segments[0] == (2901, 3000)
    assert [last for _, last in segments] == sorted((last for _, last in segments), reverse=True)
    assert same(a, b)


@pytest.mark.proves("R-6")
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


@pytest.mark.proves("R-3")
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
        ca[1].receive(decode_message(message), NOW_S)
    for message in a.output(ca[1])[:2]:
        ca[0].receive(decode_message(message), NOW_S)
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
    came: list[tuple[int, int, int | None]] = []
    while not came or came[-1][2] is not None:
        for node, end, other, at_other in ((a, at_a, b, at_b), (b, at_b, a, at_a)):
            for message in node.output(end):
                other.receive(at_other, message)
                held = b.store.logs[key(1).public]
                state = (held.newest.low, held.newest.high, held.older and held.older.high)
                if state != (1, 200, None) and (not came or came[-1] != state):
                    came.append(state)
    assert came[0] == (5101, 5200, 200)
    carry((a, at_a, b, at_b))
    assert same(a, b)


@pytest.mark.proves("R-1")
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


@pytest.mark.proves("R-4")
def test_a_peer_that_offers_what_it_does_not_hold_is_not_asked_for_ever() -> None:
    b = Node()
    session = Session(b.replica, near=True, leads=False, salt=SALT, now_s=NOW_S)
    session.receive(m.Hello(1, None), NOW_S)
    session.receive(m.Have([m.Offer(key(1).public, 1, 9, bytes(32))]), NOW_S)
    session.messages(NOW_S)
    session.receive(m.Done(1), NOW_S)
    assert session.messages(NOW_S) == []


@pytest.mark.proves("R-5")
def test_one_flipped_bit_anywhere_in_a_segment_is_never_stored() -> None:
    a = Node()
    a.write(1, 100)
    wire = encode_message(m.Entries(0, a.store.segment_up(key(1).public, 1, 100)))
    chance = random.Random(7)
    refused = 0
    for _ in range(400):
        broken = bytearray(wire)
        broken[chance.randrange(len(wire))] ^= 1 << chance.randrange(8)
        b = Node()
        try:
            message = decode_message(bytes(broken))
            if isinstance(message, m.Entries):
                b.store.ingest(message.segment, 5)
        except ProtocolError:
            refused += 1
        for log in b.store.logs:
            assert log == key(1).public
            assert list(b.store.read(log, 1, 100)) == list(a.store.read(log, 1, 100))
    assert refused > 390


@pytest.mark.proves("R-7")
def test_a_push_is_neither_fetched_again_nor_sent_back() -> None:
    a, b = Node(), Node()
    a.write(1, 3)
    at_a, at_b = join(a, b)
    carry((a, at_a, b, at_b))
    a.write(1, 1)
    carry((a, at_a, b, at_b))
    a.write(1, 1)
    (push,) = a.output(at_a)
    b.receive(at_b, push)
    assert b.output(at_b) == []
    assert same(a, b)


def test_a_log_is_noted_once_and_then_pushed() -> None:
    a, b = Node(), Node()
    a.write(1, 3)
    at_a, at_b = join(a, b)
    carry((a, at_a, b, at_b))
    a.write(1, 1)
    (note,) = a.output(at_a)
    assert decode_message(note) == m.Note([(key(1).public, 4)])
    b.receive(at_b, note)
    (graft,) = b.output(at_b)
    assert decode_message(graft) == m.Graft(key(1).public, 3)
    a.receive(at_a, graft)
    for seq in range(4, 8):
        (push,) = a.output(at_a)
        message = decode_message(push)
        assert isinstance(message, m.Entries)
        assert (message.number, message.segment.first, message.segment.last) == (0, seq, seq)
        b.receive(at_b, push)
        a.write(1, 1)


@pytest.mark.proves("S-14")
def test_a_question_that_crosses_a_new_entry_is_answered_all_the_same() -> None:
    a, b = Node(), Node()
    a.write(1, 10)
    at_a, at_b = join(a, b)
    for message in a.output(at_a):
        at_b.receive(decode_message(message), NOW_S)
    questions = b.output(at_b)
    a.write(1, 700)
    for message in questions:
        at_a.receive(decode_message(message), NOW_S)
    carry((a, at_a, b, at_b))
    assert same(a, b)


@pytest.mark.proves("S-19")
def test_entries_below_what_was_asked_for_are_refused() -> None:
    a, b = Node(), Node(lambda log, near: 100)
    a.write(1, 1000)
    session = Session(b.replica, near=True, leads=False, salt=SALT, now_s=NOW_S)
    session.receive(m.Hello(1, None), NOW_S)
    session.receive(m.Have([m.Offer(key(1).public, 1, 1000, bytes(32))]), NOW_S)
    with pytest.raises(UnexpectedMessage):
        segment = a.store.segment_down(key(1).public, 600, 1000)
        session.receive(m.Entries(1, segment), NOW_S)


@pytest.mark.proves("S-22")
def test_a_peer_that_repeats_itself_does_not_keep_a_log_to_itself() -> None:
    a, b = Node(), Node()
    a.write(1, 300)
    session = Session(b.replica, near=True, leads=False, salt=SALT, now_s=NOW_S)
    session.receive(m.Hello(1, None), NOW_S)
    session.receive(m.Have([m.Offer(key(1).public, 1, 300, bytes(32))]), NOW_S)
    old = a.store.segment_latest(key(1).public, 100)
    now_s = NOW_S
    with pytest.raises(PeerTimeout):
        for _ in range(100):
            now_s += limits.WANT_S_MAX / 3
            session.receive(m.Entries(1, old), now_s)
            for event in session.events():
                if isinstance(event, SegmentArrived):
                    session.took(event, b.store.ingest(old, 5), now_s)
            session.tick(now_s)
    assert now_s - NOW_S < 3 * limits.WANT_S_MAX


def test_pushes_do_not_count_as_the_peers_questions() -> None:
    a, b = Node(), Node()
    for number in range(1, limits.WANTS_QUEUED_MAX + 20):
        a.write(number, 1)
    at_a, at_b = join(a, b)
    carry((a, at_a, b, at_b))
    for _ in range(2):  # noted at first, pushed then
        for number in range(1, limits.WANTS_QUEUED_MAX + 20):
            a.write(number, 1)
            a.write(number, 1)
        at_a.receive(m.Want(77, key(1).public, 1, 1, down=True), NOW_S)
        for data in a.output(at_a):
            message = decode_message(data)
            if not isinstance(message, m.Entries | m.Done) or message.number == 0:
                b.receive(at_b, data)
        for data in b.output(at_b):
            a.receive(at_a, data)
    assert same(a, b)


def test_the_past_that_has_come_is_offered_on() -> None:
    a, b, c = Node(), Node(), Node()
    a.write(1, 3000)
    limited = {"depth": 100}
    b.replica.depth = lambda log, near: limited["depth"]
    ab, bc = join(a, b), join(b, c)
    pairs = ((a, ab[0], b, ab[1]), (b, bc[0], c, bc[1]))
    carry(*pairs)
    assert c.store.logs[key(1).public].newest.low == 2901
    limited["depth"] = WHOLE
    for session in b.sessions:
        session.consider_all(NOW_S)
    carry(*pairs)
    assert same(a, c)


def test_who_closes_a_gap_upward_tells_who_has_it_still() -> None:
    author, a, b = Node(), Node(), Node()
    author.write(1, 40)
    for node in (a, b):
        node.store.ingest(author.store.segment_up(key(1).public, 1, 40), 5)
        node.tell(key(1).public)
    at_a, at_b = join(a, b)
    carry((a, at_a, b, at_b))
    author.write(1, 60)
    a.store.ingest(author.store.segment_up(key(1).public, 81, 100), 5)
    a.tell(key(1).public)
    for data in a.output(at_a):
        b.receive(at_b, data)
    b.store.ingest(author.store.segment_up(key(1).public, 41, 100), 5)
    b.tell(key(1).public)
    carry((a, at_a, b, at_b))
    assert same(a, b)


def test_two_that_begin_anew_behind_a_gap_learn_who_holds_more_of_the_past() -> None:
    author, a, b = Node(), Node(), Node()
    author.write(1, 40)
    a.replica.depth = lambda log, near: 100
    b.replica.depth = lambda log, near: 50
    for node in (a, b):
        node.store.ingest(author.store.segment_up(key(1).public, 1, 40), 5)
        node.tell(key(1).public)
    at_a, at_b = join(a, b)
    carry((a, at_a, b, at_b))
    # While the link stands, each hears of what is new from somebody else, and of another part.
    author.write(1, 1000)
    for node, low in ((a, 991), (b, 971)):
        node.store.ingest(author.store.segment_up(key(1).public, low, 1040), 5)
        node.tell(key(1).public)
    carry((a, at_a, b, at_b))
    assert a.store.logs[key(1).public].newest.low == 971


@pytest.mark.proves("S-30", "L-18")
@pytest.mark.parametrize("lengths", [(50, 50), (50, 80), (1, 1), (600, 30)])
def test_a_fork_is_proven_to_everybody_wherever_the_branches_meet(
    lengths: tuple[int, int],
) -> None:
    nodes = [Node() for _ in range(4)]
    for index, count in ((0, lengths[0]), (3, lengths[1])):
        nodes[index].write(1, 20)
        bodies = [(7, post(f"branch {index}: {number}")) for number in range(count)]
        nodes[index].store.append(key(1), bodies, 5)
    pairs = []
    for left, right in ((0, 1), (1, 2), (2, 3)):
        ends = join(nodes[left], nodes[right])
        pairs.append((nodes[left], ends[0], nodes[right], ends[1]))
        carry(*pairs)
    for node in nodes:
        assert node.store.forked[key(1).public] >= 20
        proof = node.store.fork_proof(key(1).public)
        assert proof is not None
        assert check_proof(proof) == node.store.forked[key(1).public]


def test_bodies_that_one_peer_withholds_come_from_another() -> None:
    a, liar, c = Node(), Node(), Node()
    a.write(1, 700)
    ends = join(a, liar)
    carry((a, ends[0], liar, ends[1]))
    liar.without_bodies = True
    at_liar, at_c = join(liar, c)
    carry((liar, at_liar, c, at_c))
    assert same(a, c)
    assert len(c.store.bare[key(1).public]) == 700
    c_a = join(c, a)
    carry((c, c_a[0], a, c_a[1]), (liar, at_liar, c, at_c))
    assert not c.store.bare
    log = key(1).public
    assert list(c.store.read(log, 1, 700)) == list(a.store.read(log, 1, 700))
    again = c.store.journal(700, 1000)
    assert sorted(item.entry.seq for item in again) == list(range(1, 701))
    assert all(item.entry.body for item in again)


def test_a_newcomer_is_told_of_a_fork_it_could_not_see() -> None:
    a, b = Node(), Node()
    for node, word in ((a, "one"), (b, "two")):
        node.store.append(key(1), [(7, post(word))], 5)
    proof = prove(a.store.segment_up(key(1).public, 1, 1), b.store.segment_up(key(1).public, 1, 1))
    a.store.add_fork(proof)
    c = Node()
    at_a, at_c = join(a, c)
    at_a.fork_found(proof, 1)
    carry((a, at_a, c, at_c))
    assert c.store.forked == {key(1).public: 1}
    assert key(1).public not in c.store.logs


@pytest.mark.proves("S-17")
def test_entries_of_another_log_do_not_answer_a_question() -> None:
    a, b = Node(), Node()
    a.write(1, 5)
    a.write(2, 5)
    session = Session(b.replica, near=True, leads=False, salt=SALT, now_s=NOW_S)
    session.receive(m.Hello(1, None), NOW_S)
    session.receive(m.Have([m.Offer(key(1).public, 1, 5, bytes(32))]), NOW_S)
    other = a.store.segment_up(key(2).public, 1, 5)
    with pytest.raises(UnexpectedMessage):
        session.receive(m.Entries(1, other), NOW_S)


def test_a_valid_chain_under_another_logs_name_is_refused() -> None:
    a, b = Node(), Node()
    a.write(1, 5)
    stolen = a.store.segment_up(key(1).public, 1, 5)._replace(log=key(2).public)
    with pytest.raises(BadSignature):
        b.store.ingest(stolen, 5)


@pytest.mark.proves("S-4", "S-5")
def test_a_session_begins_with_a_greeting_of_this_version() -> None:
    for first in (m.Ping(1), m.Hello(2, None)):
        session = Session(Node().replica, near=True, leads=False, salt=SALT, now_s=NOW_S)
        with pytest.raises(UnexpectedMessage):
            session.receive(first, NOW_S)


@pytest.mark.proves("S-21")
def test_questions_beyond_the_bound_end_the_session() -> None:
    session = Session(Node().replica, near=True, leads=False, salt=SALT, now_s=NOW_S)
    session.receive(m.Hello(1, None), NOW_S)
    want = m.Want(1, key(1).public, 1, 5, down=True)
    with pytest.raises(UnexpectedMessage):
        for _ in range(limits.WANTS_QUEUED_MAX + 1):
            session.receive(want, NOW_S)


def test_pings_that_are_never_read_end_the_session() -> None:
    session = Session(Node().replica, near=True, leads=False, salt=SALT, now_s=NOW_S)
    session.receive(m.Hello(1, None), NOW_S)
    with pytest.raises(TooLarge):
        for _ in range(limits.ANSWERS_QUEUED_MAX + 1):
            session.receive(m.Ping(1), NOW_S)


def test_silence_is_asked_after_and_then_ends_the_session() -> None:
    session = Session(Node().replica, near=True, leads=False, salt=SALT, now_s=NOW_S)
    session.tick(NOW_S + limits.PING_AFTER_S)
    assert decode_message(session.messages(NOW_S)[0]) == m.Ping(0)
    assert session.deadline_s() == NOW_S + limits.SILENCE_S_MAX
    with pytest.raises(PeerTimeout):
        session.tick(NOW_S + limits.SILENCE_S_MAX)


@pytest.mark.proves("S-22")
def test_a_question_without_an_answer_ends_the_session() -> None:
    session = Session(Node().replica, near=True, leads=False, salt=SALT, now_s=NOW_S)
    session.receive(m.Hello(1, None), NOW_S)
    session.receive(m.Have([m.Offer(key(1).public, 1, 5, bytes(32))]), NOW_S)
    later = NOW_S + limits.WANT_S_MAX
    session.receive(m.Ping(1), later - 1)
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
