"""The past of a log and bodies that are lacking: whoever comes to have them is found."""

from __future__ import annotations

import pytest

from p2pblog.content.bodies import Post, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.log.segment import Segment, withheld
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_message, encode_message
from p2pblog.sync.serving import Serve
from p2pblog.sync.session import Session
from tests.ends import RECEIVED_MS, End, carry, join

KEY = SigningKey(b"k" * 32)
LOG = KEY.public


def author(count: int) -> End:
    end = End()
    write(end, count)
    return end


def write(end: End, count: int) -> None:
    end.store.append(KEY, [(1, b"body %d" % number) for number in range(count)], RECEIVED_MS)
    end.tell(LOG)


def give(source: End, target: End, low: int, high: int, *, bodies: bool = True) -> None:
    """Store entries of the log at `target`, as when somebody else has brought them."""
    held = target.store.logs.get(LOG)
    down = held is not None and high < held.newest.low
    read = source.store.segment_down if down else source.store.segment_up
    segment = read(LOG, low, high)
    target.store.ingest(segment if bodies else bare(segment), RECEIVED_MS)
    target.tell(LOG)


def bare(segment: Segment) -> Segment:
    return segment._replace(bodies=[withheld(body) for body in segment.bodies])


def wants_the_rest(end: End) -> None:
    end.replica.missing = lambda: [LOG]


def low(end: End) -> int:
    return end.store.logs[LOG].newest.low


@pytest.mark.parametrize("first", ["equal", "offered", "noted"])
def test_the_past_that_comes_to_a_peer_later_is_found_there(first: str) -> None:
    a, b, c = author(200), End(), End()
    if first in ("equal", "offered"):
        give(a, b, 129, 200)
    if first == "equal":
        give(a, c, 129, 200)
    wants_the_rest(c)
    bc = join(b, c)
    carry((b, bc[0], c, bc[1]))
    if first == "noted":
        give(a, b, 129, 200)
        carry((b, bc[0], c, bc[1]))
    assert (low(b), low(c)) == (129, 129)
    give(a, b, 1, 128)
    carry((b, bc[0], c, bc[1]))
    assert low(c) == 1


def test_the_past_is_offered_to_a_peer_that_has_said_it_has_less() -> None:
    a, b, c = author(200), End(), End()
    give(a, c, 129, 200)
    bc = join(b, c)
    carry((b, bc[0], c, bc[1]))
    assert (low(b), low(c)) == (129, 129)
    give(a, b, 1, 128)
    carry((b, bc[0], c, bc[1]))
    assert low(c) == 1


@pytest.mark.parametrize("told", ["offered", "noted"])
def test_who_gets_a_log_at_once_whole_tells_those_who_told_of_its_end(told: str) -> None:
    a, b = author(200), End()
    session = b.begin()
    b.receive(session, encode_message(m.Hello(1, None)))
    high_id = a.store.logs[LOG].newest.high_id
    if told == "noted":
        b.replica.parents[LOG] = object()  # pushed by another, who brings it
        b.receive(session, encode_message(m.Note([(LOG, 200)])))
    else:
        b.receive(session, encode_message(m.Have([m.Offer(LOG, 129, 200, high_id)])))
    said(b, session)
    give(a, b, 1, 200)
    if told == "offered":
        b.receive(session, encode_message(m.Done(1)))
    assert m.Have([m.Offer(LOG, 1, 200, high_id)]) in said(b, session)


@pytest.mark.parametrize("before", [True, False])
def test_a_body_that_one_peer_withholds_is_found_where_it_is_noted(*, before: bool) -> None:
    a, b, c = author(3), End(), End()
    for end in (b, c):
        give(a, end, 1, 3)
    bc = join(b, c)
    carry((b, bc[0], c, bc[1]))
    write(a, 1)
    if before:
        give(a, c, 4, 4, bodies=False)
        give(a, b, 4, 4)
    else:
        give(a, b, 4, 4)
        give(a, c, 4, 4, bodies=False)
    carry((b, bc[0], c, bc[1]))
    assert not c.store.bare


def test_bodies_that_come_to_a_peer_later_are_found_there() -> None:
    a, b, c = author(100), End(), End()
    for end in (b, c):
        give(a, end, 1, 100, bodies=False)
    bc = join(b, c)
    carry((b, bc[0], c, bc[1]))
    assert len(c.store.bare[LOG]) == 100
    give(a, b, 1, 100)
    carry((b, bc[0], c, bc[1]))
    assert not c.store.bare


def test_a_peer_that_gives_no_bodies_is_not_asked_for_ever() -> None:
    a, b, c = author(100), End(), End()
    give(a, b, 1, 100, bodies=False)
    bc = join(b, c)
    carry((b, bc[0], c, bc[1]))
    assert len(c.store.bare[LOG]) == 100
    assert said(c, bc[1]) == said(b, bc[0]) == []


def said(end: End, session: Session) -> list[m.Message]:
    return [decode_message(data) for data in end.output(session)]


def test_what_is_pushed_and_not_wanted_is_not_remembered() -> None:
    a, b = author(3), End(depth=lambda log, near: 0)
    session = b.begin()
    b.receive(session, encode_message(m.Hello(1, None)))
    segment = a.read(Serve(0, LOG, 1, 3, down=False))
    assert segment is not None
    b.receive(session, encode_message(m.Entries(0, segment)))
    assert session.sizes()["offers"] == 0


def test_what_was_offered_is_forgotten_once_it_is_neither_wanted_nor_held() -> None:
    a, wanted = author(3), {LOG}
    b = End(depth=lambda log, near: 3 if log in wanted else 0)
    session = b.begin()
    b.receive(session, encode_message(m.Hello(1, None)))
    b.receive(session, encode_message(m.Have([offer(a)])))
    assert session.sizes()["offers"] == 1
    wanted.clear()
    b.wishes_changed()
    assert session.sizes()["offers"] == 0


def test_what_lay_between_is_told_to_who_holds_both_sides_of_it() -> None:
    """A writes much at once; B tells C of the newest first, and the gap closes on B's side then."""
    a, b, c = End(), End(), End()
    key = SigningKey(b"g" * 32)

    def write(count: int) -> None:
        body = serialize(Post("x"), bytes(16))
        a.store.append(key, [(1, body)] * count, RECEIVED_MS)
        a.log_grew(key.public)

    write(1500)
    ab, bc = join(a, b), join(b, c)
    pairs = ((a, ab[0], b, ab[1]), (b, bc[0], c, bc[1]))
    carry(*pairs)
    write(3)
    carry(*pairs)
    write(700)
    carry(*pairs)
    assert c.store.logs[key.public] == a.store.logs[key.public]


def test_a_body_is_sought_from_a_peer_that_has_only_offered_the_log() -> None:
    a, c = author(3), End()
    session = c.begin()
    c.receive(session, encode_message(m.Hello(1, None)))
    give(a, c, 1, 3)
    c.receive(session, encode_message(m.Have([offer(a)])))
    c.output(session)
    write(a, 1)
    give(a, c, 4, 4, bodies=False)  # from somebody else, who withholds it
    assert m.Seek([LOG]) in said(c, session)


def test_the_past_that_a_peer_has_offered_is_there_after_a_push_beyond_a_gap() -> None:
    a, b = author(200), End()
    give(a, b, 129, 200)
    staller, honest = b.begin(leads=False), b.begin(leads=False)
    for session in (staller, honest):
        b.receive(session, encode_message(m.Hello(1, None)))
        b.receive(session, encode_message(m.Have([offer(a)])))
    assert m.Want(1, LOG, 1, 128, True) in said(b, staller)
    assert not [one for one in said(b, honest) if isinstance(one, m.Want)]
    write(a, 6)
    give(a, b, 201, 205)
    b.receive(honest, encode_message(m.Entries(0, a.store.segment_up(LOG, 206, 206))))
    assert b.store.logs[LOG].newest.high == 206
    b.end(staller)
    assert m.Want(1, LOG, 1, 128, True) in said(b, honest)


def offer(end: End) -> m.Offer:
    newest = end.store.logs[LOG].newest
    return m.Offer(LOG, newest.low, newest.high, newest.high_id)
