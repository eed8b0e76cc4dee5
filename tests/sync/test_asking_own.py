"""What peers hold of a log that is written here is asked of all of them, and first."""

from __future__ import annotations

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_message
from p2pblog.sync.events import SegmentArrived
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.replica import Replica
from p2pblog.sync.session import Session
from tests.ends import NOW_S, SALT

KEY = SigningKey(b"k" * 32)
OWN = KEY.public


def written(count: int) -> LogStore:
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    store.append(KEY, [(1, b"x")] * count, 5)
    return store


def node(store: LogStore) -> Replica:
    return Replica(store.logs, store.forked, lambda log, near: WHOLE, store.bare, own=(OWN,))


def session(replica: Replica) -> Session:
    one = Session(replica, near=True, leads=False, salt=SALT, now_s=NOW_S)
    one.receive(m.Hello(1, None), NOW_S)
    one.events()
    return one


def offers(*pairs: tuple[bytes, int]) -> m.Have:
    newest = written(9).logs[OWN].newest
    return m.Have([m.Offer(log, 1, high, newest.high_id) for log, high in pairs])


def asked(one: Session) -> list[m.Want | m.WantLatest]:
    said = map(decode_message, one.messages(NOW_S))
    return [message for message in said if isinstance(message, m.Want | m.WantLatest)]


def test_everybody_who_offers_more_is_asked_and_nobody_twice_at_once() -> None:
    store, truth = written(3), written(9)
    liar, honest = session(replica := node(store)), session(replica)
    for number, one in enumerate((liar, honest), 1):
        one.receive(offers((OWN, 9), (bytes(32), 9)), NOW_S)
        one.receive(offers((OWN, 9)), NOW_S)
        # The other log is fetched by whoever offered it first.
        assert [question.log for question in asked(one)] == [OWN, bytes(32)][: 3 - number]
    honest.receive(m.Entries(1, truth.segment_up(OWN, 4, 9)), NOW_S)
    [event] = honest.events()
    assert isinstance(event, SegmentArrived)
    new = store.ingest(event.segment, 5)
    assert new == 6
    for one in (liar, honest):
        one.took(event, new, NOW_S)
        one.receive(m.Done(1), NOW_S)
        assert OWN not in {question.log for question in asked(one)}


def test_what_was_asked_in_vain_is_not_asked_again() -> None:
    liar = session(node(written(3)))
    liar.receive(offers((OWN, 9)), NOW_S)
    [question] = asked(liar)
    liar.receive(m.Done(question.number), NOW_S)
    assert asked(liar) == []
    assert liar.offered(OWN) == 0


def test_it_is_asked_for_before_all_that_waits() -> None:
    one = session(node(written(3)))
    others = [(number.to_bytes(32), 5) for number in range(1, 40)]
    one.receive(offers(*others), NOW_S)
    first = asked(one)
    assert len(first) == limits.WANTS_IN_FLIGHT_MAX
    one.receive(offers((OWN, 9)), NOW_S)
    one.receive(m.Done(first[0].number), NOW_S)
    assert asked(one)[0].log == OWN
