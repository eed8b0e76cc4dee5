"""Properties of protocol/09-sessions.md sections 3, 7, 8 and 10: greeting, life, ends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.core.encoding import encode
from p2pblog.core.errors import ProtocolError, UnexpectedMessage, error_codes
from p2pblog.log.fork import prove
from p2pblog.sync import messages as m
from p2pblog.sync.admission import first_stays
from p2pblog.sync.codec import decode_message, decode_messages
from p2pblog.sync.session import Session
from tests.ends import NOW_S, End, key, source
from tests.sync.message_forms import FORMS, arrays

STORE, RIVAL = source("one"), source("other")
LOG = key(1).public
PROOF = prove(STORE.segment_up(LOG, 1, 40), RIVAL.segment_up(LOG, 1, 40))
BYE = 7
# What may come in any order, at either end, and is refused by no one.
HARMLESS = st.sampled_from([1, 2, 4, 6, 8, 9, 10, 16, 17, 18, 19, 20, 22, 23, 24])

locals_ = st.sampled_from(["changed", "fork", "suspect", "tick", "said", "wishes"])


def decoded(array: list[Any]) -> m.Message:
    return decode_message(encode(array))


def said(session: Session) -> list[m.Message]:
    return [one for data in session.messages(NOW_S) for one in decode_messages(data)]


def happens(session: Session, what: str) -> list[m.Message]:
    """Have something happen at this end; return what is said meanwhile."""
    match what:
        case "changed":
            session.log_changed(LOG, NOW_S)
        case "fork":
            session.fork_found(PROOF, 1)
        case "suspect":
            session.suspect(NOW_S)
        case "tick":
            session.tick(NOW_S)
        case "wishes":
            session.consider_all(NOW_S)
        case "close":
            session.close()
        case _:
            return said(session)
    return []


def greeted(*, leads: bool = False) -> Session:
    session = End(store=STORE).begin(leads=leads)
    session.receive(m.Hello(1, None), NOW_S)
    session.events()
    said(session)
    return session


@pytest.mark.proves("S-3")
@settings(deadline=None, max_examples=60)
@given(
    st.lists(locals_ | st.just("close"), max_size=6),
    st.none() | st.binary(min_size=1, max_size=64),
    st.booleans(),
)
def test_hello_is_said_first_and_waits_for_nobody(
    before: list[str], token: bytes | None, leads: bool
) -> None:
    session = End(store=STORE).begin(leads=leads, token=token)
    out = [one for what in before for one in happens(session, what)] + said(session)
    assert out[0] == m.Hello(1, token)
    assert not any(isinstance(one, m.Hello) for one in out[1:])


@pytest.mark.proves("S-4", "S-5")
@settings(deadline=None, max_examples=150)
@given(
    arrays(),
    st.sampled_from([0, 2, 3, 255, 2**53 - 1]),
    st.lists(locals_, max_size=3),
    st.booleans(),
)
def test_nothing_but_a_hello_of_this_version_opens_a_session(
    array: list[Any], version: int, before: list[str], leads: bool
) -> None:
    session = End(store=STORE).begin(leads=leads)
    for what in before:
        happens(session, what)
    if array[0] == 0:
        other = decoded([0, version, *array[2:], 5])
        with pytest.raises(UnexpectedMessage):
            session.receive(other, NOW_S)
        assert session.events() == []
        session.receive(decoded(array), NOW_S)
        assert len(session.events()) == 1
    else:
        with pytest.raises(UnexpectedMessage):
            session.receive(decoded(array), NOW_S)
        assert session.events() == []


@pytest.mark.proves("S-6")
@settings(deadline=None, max_examples=60)
@given(
    st.lists(arrays(HARMLESS.filter(lambda kind: kind not in (3, 11))), max_size=10),
    st.sampled_from([None, b"token"]),
    st.booleans(),
)
def test_a_second_hello_is_refused_whatever_came_between(
    between: list[list[Any]], token: bytes | None, leads: bool
) -> None:
    session = greeted(leads=leads)
    for array in between:
        session.receive(decoded(array), NOW_S)
    with pytest.raises(UnexpectedMessage):
        session.receive(m.Hello(1, token), NOW_S)


@pytest.mark.proves("S-25")
@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.one_of(
            st.sampled_from([0, 1, 2, 127, 128, 2**53 - 1]).map(lambda number: [5, number]),
            st.sampled_from([0, 1, 2**53 - 1]).map(lambda number: [6, number]),
            arrays(HARMLESS),
            locals_,
        ),
        max_size=20,
    )
)
def test_each_ping_gets_a_pong_of_its_number_and_a_pong_gets_nothing(
    happening: list[Any],
) -> None:
    session = greeted()
    out: list[m.Message] = []
    for one in happening:
        if isinstance(one, str):
            out += happens(session, one)
            continue
        before = session.sizes()["messages"]
        session.receive(decoded(one), NOW_S)
        if one[0] == 6:
            assert session.sizes()["messages"] == before
            assert session.events() == []
        session.events()
    out += said(session)
    pongs = [message.number for message in out if isinstance(message, m.Pong)]
    assert pongs == [one[1] for one in happening if one[0] == 5]


REFUSALS = {
    code: error for code, error in error_codes().items() if issubclass(error, ProtocolError)
}


@pytest.mark.proves("S-26", "S-27", "S-28")
@settings(deadline=None, max_examples=150)
@given(
    st.lists(arrays(HARMLESS) | locals_, max_size=6),
    st.sampled_from(["refused", "closed", "their bye"]),
    st.sampled_from(sorted(REFUSALS)),
    st.lists(arrays(st.sampled_from(sorted(FORMS))) | locals_, max_size=8),
)
def test_a_bye_is_the_last_thing_that_is_said_or_heard(
    before: list[Any], how: str, code: str, after: list[Any]
) -> None:
    session = greeted()
    for one in before:
        if isinstance(one, str):
            happens(session, one)
        else:
            session.receive(decoded(one), NOW_S)
    match how:
        case "refused":
            session.fail(REFUSALS[code]("x"))
            assert said(session) == [m.Bye(code)]
        case "closed":
            session.close()
            out = said(session)
            assert out[-1] == m.Bye("")
            assert sum(isinstance(one, m.Bye) for one in out) == 1
        case _:
            session.receive(m.Bye(code), NOW_S)
            assert said(session) == []
    session.events()
    assert session.ended
    for one in after:
        if isinstance(one, str):
            assert happens(session, one) == []
        else:
            session.receive(decoded(one), NOW_S)
    assert session.events() == []
    session.close()
    session.fail(UnexpectedMessage("x"))
    assert said(session) == []


keys = st.one_of(
    st.binary(min_size=32, max_size=32),
    st.integers(0, 255).map(lambda last: bytes(31) + bytes([last])),
    st.integers(0, 255).map(lambda first: bytes([first]) + bytes(31)),
)


@pytest.mark.proves("S-29")
@settings(deadline=None)
@given(
    st.tuples(keys, keys).filter(lambda pair: pair[0] != pair[1]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0.0, 0.1, limits.DIAL_S_MAX - 0.1, limits.DIAL_S_MAX, 60.0]),
)
def test_both_ends_keep_the_same_one_of_two_links(
    pair: tuple[bytes, bytes], first_by_left: bool, second_by_left: bool, gap_s: float
) -> None:
    left, right = pair
    kept = first_stays(
        left,
        right,
        first_began_here=first_by_left,
        second_began_here=second_by_left,
        gap_s=gap_s,
    )
    assert kept == first_stays(
        right,
        left,
        first_began_here=not first_by_left,
        second_began_here=not second_by_left,
        gap_s=gap_s,
    )
    if gap_s < 5 and first_by_left != second_by_left:
        assert kept == (first_by_left == (left < right))  # both dialled at once
    else:
        assert not kept  # the first is a dead one
