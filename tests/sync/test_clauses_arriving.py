"""Properties of protocol/09-sessions.md, S-24, and 10-replication.md, R-5: what arrives."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pblog.core.errors import ProtocolError
from p2pblog.log.held import Held
from p2pblog.log.segment import Segment
from p2pblog.sync import messages as m
from p2pblog.sync.codec import encode_message
from p2pblog.sync.events import SegmentArrived
from p2pblog.sync.planning import WHOLE
from tests.ends import NOW_S, End
from tests.sync.test_clauses_answers import LOG, MOST, Answerer, holdings, spots, written
from tests.sync.test_clauses_live import opened, said


def cut(first: int, last: int) -> Segment:
    """Return true entries, in a segment whose signature is worth nothing."""
    whole = written(MOST).segment_up(LOG, 1, MOST)
    prev = None if first == 1 else written(MOST).entry(LOG, first - 1).id
    return whole._replace(
        first=first,
        prev=prev,
        times_ms=whole.times_ms[first - 1 : last],
        bodies=whole.bodies[first - 1 : last],
        signatures=[bytes(64)] * (last // 64 - (first - 1) // 64 + bool(last % 64)),
    )


@pytest.mark.proves("S-24")
@settings(deadline=None, max_examples=200)
@given(
    st.none() | holdings,
    spots,
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from(["wanted", "wanted", "wanted", "unwanted", "forked"]),
)
def test_a_push_is_looked_at_only_where_it_is_wanted_and_goes_on_from_what_is_held(
    holding: tuple[int, int, int, int, bool] | None,
    spot: tuple[str, int],
    more: int,
    grafted: bool,
    wish: str,
) -> None:
    held: Held | None = None
    if holding is None:
        first = 1 if spot[1] >= 0 else 2
        end = End()
        session = opened(end)
    else:
        answerer = Answerer(holding)
        end, session, held = answerer.end, answerer.session, answerer.held
        first = min(answerer.at(spot), MOST - 3)
    if grafted:
        session.receive(m.Note([(LOG, MOST + 1)]), NOW_S)
        assert m.Graft(LOG, 0 if held is None else held.newest.high) in said(end, session)
    end.replica.depth = lambda log, near: 0 if wish == "unwanted" else WHOLE
    if wish == "forked":
        end.replica.forked = {LOG: 1}
    wanted = wish == "wanted"
    follows = first == 1 or (held is not None and held.holds(first - 1))
    taken = wanted and follows and (held is not None or grafted)
    session.receive(m.Entries(0, cut(first, first + more)), NOW_S)
    arrived = [one for one in session.events() if isinstance(one, SegmentArrived)]
    assert bool(arrived) == taken
    assert not session.ended
    session.receive(m.Ping(1), NOW_S)
    out = said(end, session)
    assert m.Pong(1) in out
    assert (m.Prune(LOG) in out) == (not wanted)


damages = st.sampled_from(
    ["bit", "swapped", "dropped", "time", "prev", "shifted", "signature", "unsigned", ""]
)


def damaged(segment: Segment, how: str, at: int, bit: int) -> Segment:
    """Return a segment that is not quite as its writer has made it."""
    count = len(segment.bodies)
    at %= count
    match how:
        case "bit":
            body = bytearray(segment.bodies[at])  # type: ignore[arg-type]
            body[bit // 8 % len(body)] ^= 1 << bit % 8
            bodies = [*segment.bodies[:at], bytes(body), *segment.bodies[at + 1 :]]
            return segment._replace(bodies=bodies)
        case "swapped":
            bodies = list(segment.bodies)
            bodies[at], bodies[at - 1] = bodies[at - 1], bodies[at]
            return segment._replace(bodies=bodies)
        case "dropped" if count > 1:
            return segment._replace(bodies=segment.bodies[:-1], times_ms=segment.times_ms[:-1])
        case "time":
            times = list(segment.times_ms)
            times[at] += 1
            return segment._replace(times_ms=times)
        case "prev" if segment.prev is not None:
            prev = bytearray(segment.prev)
            prev[bit // 8 % 32] ^= 1 << bit % 8
            return segment._replace(prev=bytes(prev))
        case "shifted" if segment.first > 1:
            return segment._replace(first=segment.first + 1)
        case "unsigned":
            return segment._replace(signatures=[])
        case "signature" if segment.signatures:
            signature = bytearray(segment.signatures[-1])
            signature[bit // 8 % 64] ^= 1 << bit % 8
            return segment._replace(signatures=[*segment.signatures[:-1], bytes(signature)])
    return segment


@pytest.mark.proves("R-5")
@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["pushed", "up", "down", "latest"]),
    damages,
    st.integers(0, 40),
    st.integers(0, 8 * 64 - 1),
)
def test_of_a_segment_that_is_not_its_writers_nothing_is_kept_or_passed_on(
    asked: str, how: str, at: int, bit: int
) -> None:
    true = {entry.seq: entry.id for entry in written(MOST).read(LOG, 1, MOST)}
    end = End()
    if asked == "down":
        end.take_up(written(40).segment_latest(LOG, 10))
    elif asked != "latest":
        end.take_up(written(10).segment_latest(LOG, 10))
    before = end.store.logs.get(LOG)
    session, other = opened(end), opened(end)
    number = 0
    if asked != "pushed":
        session.receive(m.Have([m.Offer(LOG, 1, 40, true[40])]), NOW_S)
        [ask] = [one for one in said(end, session) if isinstance(one, m.Want | m.WantLatest)]
        number = ask.number
    store = written(40)
    match asked:
        case "down":
            segment = store.segment_down(LOG, 1, 30)
        case "latest":
            segment = store.segment_latest(LOG, 40)
        case _:
            segment = store.segment_up(LOG, 11, 40)
    wrong = damaged(segment, how, at, bit)
    with suppress(ProtocolError):
        end.receive(session, encode_message(m.Entries(number, wrong)))
    after = end.store.logs.get(LOG)
    # Who knows the id of the last entry needs no signature.
    if wrong == segment or (asked, how) == ("down", "unsigned"):
        assert after is not None
        assert (after.newest.high, end.received) == (40, len(segment.bodies))
    else:
        assert after == before
        assert end.received == 0 or not end.store.forked
        end.now_s += 1
        assert not any(isinstance(one, m.Note | m.Have | m.Entries) for one in said(end, other))
