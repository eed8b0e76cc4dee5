"""The log store: whatever comes in whatever order, only authentic entries, none lost."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pblog.content.bodies import Post, serialize
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import (
    BadSignature,
    BadStructure,
    BrokenChain,
    ForkFound,
    NotFound,
    OwnLogBehind,
    ProtocolError,
    SeqGap,
    StoreTooNew,
)
from p2pblog.log.entry import Entry
from p2pblog.log.fork import proof_from_wire, proof_to_wire, prove
from p2pblog.log.segment import Segment, Withheld, check_segment
from p2pblog.store import layout
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.store.verify import Report, verify_logs

KEY = SigningKey(b"k" * 32)
LOG = KEY.public


def empty() -> LogStore:
    return LogStore(MemoryKeyValue(), new_epoch=bytes(16))


def write(store: LogStore, count: int, *, key: SigningKey = KEY, word: str = "post") -> list[Entry]:
    bodies = [
        (1000 * number, serialize(Post(f"{word} {number}"), bytes(16))) for number in range(count)
    ]
    return store.append(key, bodies, 7)


@pytest.fixture(scope="module")
def origin() -> LogStore:
    store = empty()
    write(store, 1000)
    return store


def held(store: LogStore) -> list[tuple[int, int]]:
    return [(part.low, part.high) for part in store.logs[LOG].ranges]


def report_on(store: LogStore) -> Report:
    report = Report()
    assert list(verify_logs(store, [LOG], report)) == [LOG]
    return report


def whole(store: LogStore) -> bool:
    return not report_on(store).errors


@pytest.mark.proves("H-6", "S-14")
def test_own_entries_come_back_as_they_were_written(tmp_path: Path) -> None:
    store = LogStore(LevelKeyValue(tmp_path / "db"), new_epoch=b"e" * 16)
    written = write(store, 3) + write(store, 130)
    store.close()
    again = LogStore(LevelKeyValue(tmp_path / "db"), new_epoch=b"f" * 16)
    assert list(again.read(LOG, 1, 133)) == written
    assert (again.epoch, again.arrival, again.entries) == (b"e" * 16, 133, 133)
    assert sorted(again.signatures(LOG, 1, 133)) == [3, 64, 128, 133]
    write(again, 70)
    assert sorted(again.signatures(LOG, 1, 300)) == [64, 128, 133, 192, 203]
    write(again, 60)
    assert sorted(again.signatures(LOG, 1, 300)) == [64, 128, 133, 192, 203, 256, 263]
    again.close()


@pytest.mark.proves("L-11", "L-12")
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 400))
def test_segments_in_any_order_never_break_the_rules_and_end_whole(seed: int, size: int) -> None:
    chance = random.Random(seed)
    source, target = empty(), empty()
    write(source, size)
    seen: set[int] = set()
    for _ in range(60):
        low = chance.randint(1, size)
        high = min(size, low + chance.randint(0, 200))
        downward = chance.random() < 0.6
        read = source.segment_down if downward else source.segment_up
        # It may touch nothing held, or have to stand on a signature that it lacks.
        with suppress(SeqGap, BadSignature):
            target.ingest(read(LOG, low, high), 9)
        if LOG in target.logs:
            ranges = held(target)
            now = {seq for low, high in ranges for seq in range(low, high + 1)}
            assert seen <= now
            seen = now
            assert [entry.seq for entry in target.read(LOG, 1, size)] == sorted(now)
            assert len(ranges) <= 2
            assert whole(target)
    # However it went, asking for the newest first fills the rest.
    while LOG not in target.logs or held(target) != [(1, size)]:
        parts = target.logs[LOG].ranges if LOG in target.logs else ()
        if not parts or parts[0].high < size:
            next_one = (
                source.segment_up(LOG, parts[0].high + 1, size)
                if parts
                else source.segment_down(LOG, 1, size)
            )
        else:
            next_one = source.segment_down(LOG, 1, parts[0].low - 1)
        target.ingest(next_one, 9)
    assert list(target.read(LOG, 1, size)) == list(source.read(LOG, 1, size))
    arrivals = target.journal(0, 10_000)
    assert [item.arrival for item in arrivals] == list(range(1, size + 1))
    assert {item.entry.seq for item in arrivals} == set(range(1, size + 1))


@pytest.mark.proves("L-14")
def test_a_log_grows_down_to_meet_what_it_had(origin: LogStore) -> None:
    target = empty()
    target.ingest(origin.segment_up(LOG, 1, 128), 9)
    target.ingest(origin.segment_down(LOG, 901, 1000), 9)
    assert held(target) == [(901, 1000), (1, 128)]
    with pytest.raises(SeqGap):
        target.ingest(origin.segment_down(LOG, 300, 448), 9)
    while len(held(target)) > 1:
        low = target.logs[LOG].newest.low
        target.ingest(origin.segment_down(LOG, 1, low - 1), 9)
    assert held(target) == [(1, 1000)]
    assert whole(target)


def test_journal_goes_on_from_any_number(origin: LogStore) -> None:
    target = empty()
    target.ingest(origin.segment_down(LOG, 901, 1000), 9)
    target.ingest(origin.segment_down(LOG, 701, 900), 11)
    everything = target.journal(0, 1000)
    assert [item.entry.seq for item in everything] == [*range(901, 1001), *range(701, 901)]
    assert {item.received_ms for item in everything[:100]} == {9}
    for after in (0, 1, 50, 99, 100, 101, 250, 299, 300):
        assert target.journal(after, 1000) == everything[after:]
        assert target.journal(after, 7) == everything[after : after + 7]


@pytest.mark.proves("L-10", "L-11")
@pytest.mark.parametrize("at", ["first", "checkpoint", "last"])
def test_a_changed_body_is_refused(origin: LogStore, at: str) -> None:
    segment = origin.segment_up(LOG, 1, 512)
    index = {"first": 0, "checkpoint": 63, "last": 511}[at]
    bodies = list(segment.bodies)
    bodies[index] = serialize(Post("something else"), bytes(16))
    target = empty()
    with pytest.raises(BadSignature):
        target.ingest(segment._replace(bodies=bodies), 9)
    assert not target.logs


@pytest.mark.proves("L-8", "L-11")
def test_a_changed_entry_below_is_refused_without_a_signature(origin: LogStore) -> None:
    target = empty()
    target.ingest(origin.segment_down(LOG, 901, 1000), 9)
    segment = origin.segment_down(LOG, 850, 900)
    times = list(segment.times_ms)
    times[0] += 1
    with pytest.raises(BrokenChain):
        target.ingest(segment._replace(times_ms=times), 9)
    assert held(target) == [(901, 1000)]


@pytest.mark.proves("L-10")
def test_a_segment_without_its_checkpoints_signature_is_refused(origin: LogStore) -> None:
    segment = origin.segment_up(LOG, 1, 128)
    forged = [bytes(64), segment.signatures[1]]
    with pytest.raises(BadSignature):
        empty().ingest(segment._replace(signatures=forged), 9)


def test_a_withheld_body_leaves_the_log_whole(origin: LogStore) -> None:
    segment = origin.segment_up(LOG, 1, 64)
    bodies = list(segment.bodies)
    gone = origin.entry(LOG, 5)
    bodies[4] = Withheld(gone.body_size, gone.body_hash)
    target = empty()
    assert target.ingest(segment._replace(bodies=bodies), 9) == 64
    assert target.entry(LOG, 5) == gone._replace(body=None)
    assert whole(target)
    served = target.segment_up(LOG, 1, 64)
    assert served.bodies[4] == bodies[4]
    assert empty().ingest(served, 9) == 64


def forked(at: int, count: int) -> LogStore:
    """Return a store whose log agrees with `origin` below `at` and then goes its own way."""
    store = empty()
    write(store, at - 1)
    write(store, count, word="other")
    return store


def assert_closed(target: LogStore, lowest: int) -> None:
    """The log takes no more, and the proof convinces whoever holds nothing."""
    assert target.forked[LOG] == lowest
    proof = target.fork_proof(LOG)
    assert proof is not None
    stranger = empty()
    assert stranger.add_fork(proof_from_wire(decode(encode(proof_to_wire(proof)))))
    assert not stranger.add_fork(proof)
    assert stranger.forked[LOG] == lowest
    assert not any(isinstance(body, bytes) for part in proof for body in part.bodies)


@pytest.mark.proves("L-15", "L-17", "L-18", "L-19")
@pytest.mark.parametrize("at", [2, 64, 65, 101])
def test_a_fork_is_kept_as_proof_and_closes_the_log(origin: LogStore, at: int) -> None:
    target = empty()
    target.ingest(origin.segment_up(LOG, 1, 100), 9)
    before = held(target)
    high = before[0][1]
    other = forked(at, 200)
    with pytest.raises(ForkFound):
        target.ingest(other.segment_up(LOG, high + 1, high + 50), 9)
    assert_closed(target, high)
    assert held(target) == before
    with pytest.raises(ForkFound):
        target.ingest(origin.segment_up(LOG, high + 1, 300), 9)
    assert whole(target)


@pytest.mark.proves("L-15")
@pytest.mark.parametrize(("count", "step"), [(500, 512), (500, 30), (200, 512), (150, 10)])
def test_a_fork_shows_when_a_log_grows_down_to_what_was_held(
    origin: LogStore, count: int, step: int
) -> None:
    target = empty()
    target.ingest(origin.segment_up(LOG, 1, 128), 9)
    other = forked(100, count)
    high = other.logs[LOG].newest.high
    target.ingest(other.segment_down(LOG, high - 20, high), 9)
    with pytest.raises(ForkFound):
        while True:
            low = target.logs[LOG].newest.low
            target.ingest(other.segment_down(LOG, low - step, low - 1), 9)
    assert_closed(target, 128)
    assert whole(target)


def test_two_branches_of_one_length_show_as_soon_as_they_meet() -> None:
    target = forked(90, 60)
    target_high = target.logs[LOG].newest.high
    rival = empty()
    write(rival, 89)
    write(rival, 60, word="third")
    with pytest.raises(ForkFound):
        target.ingest(rival.segment_up(LOG, target_high, target_high), 9)
    assert_closed(target, target_high - 1)  # by its `prev` the one entry names two ids


@pytest.mark.proves("L-18")
def test_a_lower_fork_is_better_proof(origin: LogStore) -> None:
    target = empty()
    target.ingest(origin.segment_up(LOG, 1, 192), 9)
    late, early = forked(150, 43), forked(10, 60)
    assert target.add_fork(prove(origin.segment_up(LOG, 150, 192), late.segment_up(LOG, 150, 192)))
    assert target.forked[LOG] == 150
    assert target.add_fork(prove(origin.segment_up(LOG, 1, 64), early.segment_up(LOG, 1, 64)))
    assert target.forked[LOG] == 10
    assert not target.add_fork(
        prove(origin.segment_up(LOG, 150, 192), late.segment_up(LOG, 150, 192))
    )


@pytest.mark.proves("S-32")
def test_agreement_and_strangers_prove_nothing(origin: LogStore) -> None:
    other = empty()
    write(other, 64, key=SigningKey(b"o" * 32))
    ours = origin.segment_up(LOG, 1, 64)
    for theirs in (
        ours,
        origin.segment_up(LOG, 65, 128),
        other.segment_up(SigningKey(b"o" * 32).public, 1, 64),
    ):
        with pytest.raises(BadStructure):
            empty().add_fork(prove(ours, theirs))
    forged = ours._replace(times_ms=[*ours.times_ms[:-1], ours.times_ms[-1] + 1])
    with pytest.raises(BadSignature):
        empty().add_fork(prove(ours, forged))


def test_a_single_entry_is_proven_by_headers_up_to_a_signature(origin: LogStore) -> None:
    for seq in (1, 63, 64, 65, 1000):
        proof = origin.prove(LOG, seq)
        assert proof.last - proof.first <= 63
        entry = check_segment(proof).entries[0]
        assert entry == origin.entry(LOG, seq)
        assert sum(isinstance(body, bytes) for body in proof.bodies) == 1


@pytest.mark.proves("L-22")
def test_a_writer_that_knows_to_be_behind_does_not_write() -> None:
    keyvalue = MemoryKeyValue()
    store = LogStore(keyvalue, new_epoch=bytes(16))
    write(store, 3)
    keyvalue.write([(layout.META_OWN_FLOOR + LOG, (5).to_bytes(8))], [])
    with pytest.raises(OwnLogBehind):
        write(store, 1)
    elsewhere = empty()
    write(elsewhere, 3)
    write(elsewhere, 2, word="written elsewhere")
    store.ingest(elsewhere.segment_up(LOG, 4, 5), 9)
    assert write(store, 1)[0].seq == 6


def test_what_is_not_held_is_not_served(origin: LogStore) -> None:
    target = empty()
    target.ingest(origin.segment_down(LOG, 901, 1000), 9)
    for low, high in ((1, 50), (850, 900)):
        with pytest.raises(NotFound):
            target.segment_down(LOG, low, high)
        with pytest.raises(NotFound):
            target.segment_up(LOG, low, high)
    with pytest.raises(NotFound):
        target.entry(LOG, 900)


@pytest.mark.proves("L-7")
def test_large_bodies_make_shorter_segments_that_still_stand_on_their_own() -> None:
    source = empty()
    body = serialize(Post("x" * 6000), bytes(16))
    source.append(KEY, [(1, body)] * 700, 7)
    target = empty()
    low = 1
    while low <= 700:
        segment = source.segment_up(LOG, low, 700)
        assert sum(map(len, segment.bodies)) < limits.MESSAGE_BYTES_MAX
        target.ingest(segment, 9)
        low = segment.last + 1
    assert held(target) == [(1, 700)]


def test_verify_finds_what_was_changed_on_disk(origin: LogStore) -> None:
    keyvalue = MemoryKeyValue()
    store = LogStore(keyvalue, new_epoch=bytes(16))
    write(store, 200)
    value = keyvalue.get(layout.entry_key(1, 100))
    assert value is not None
    keyvalue.write([(layout.entry_key(1, 100), value[:-1] + b"?")], [])
    report = report_on(store)
    assert [(log, seq, error.code) for log, seq, error in report.errors] == [
        (LOG, 100, "broken-chain")
    ]
    keyvalue.write([], [layout.entry_key(1, 50)])
    report = report_on(store)
    assert report.errors[0][1] == 50


def test_a_store_of_the_future_is_left_alone() -> None:
    keyvalue = MemoryKeyValue()
    keyvalue.write([(layout.META_VERSION, bytes([layout.VERSION + 1]))], [])
    with pytest.raises(StoreTooNew):
        LogStore(keyvalue, new_epoch=bytes(16))


@pytest.mark.proves("H-1", "L-9")
@given(st.integers(0, 2**16), st.data())
@settings(max_examples=100, deadline=None)
def test_no_mutation_of_a_segment_gets_a_foreign_entry_in(seed: int, data: st.DataObject) -> None:
    source = empty()
    entries = write(source, 130)
    chance = random.Random(seed)
    low = chance.randint(1, 130)
    segment: Segment = source.segment_up(LOG, low, 130)
    match data.draw(st.integers(0, 5)):
        case 0:
            segment = segment._replace(first=segment.first + 1)
        case 1:
            segment = segment._replace(prev=bytes(32) if segment.prev else segment.prev)
        case 2:
            segment = segment._replace(log=SigningKey(b"o" * 32).public)
        case 3:
            times = list(segment.times_ms)
            times[chance.randrange(len(times))] ^= 1
            segment = segment._replace(times_ms=times)
        case 4:
            bodies = list(segment.bodies)
            chance.shuffle(bodies)
            segment = segment._replace(bodies=bodies)
        case _:
            segment = segment._replace(signatures=segment.signatures[::-1])
    target = empty()
    try:
        target.ingest(segment, 9)
    except (ProtocolError, ValueError):
        assert not target.logs
        return
    for log in target.logs:
        assert log == LOG
        for entry in target.read(LOG, 1, 200):
            assert entry == entries[entry.seq - 1]


def test_the_journal_may_be_read_while_logs_are_written(tmp_path: Path) -> None:
    store = LogStore(LevelKeyValue(tmp_path / "db"), new_epoch=bytes(16))
    logs = [SigningKey(number.to_bytes(32)) for number in range(300)]
    read: list[int] = []
    failures: list[BaseException] = []

    def follow() -> None:
        try:
            while not read or read[-1] < len(logs):
                read.extend(item.arrival for item in store.journal(read[-1] if read else 0))
        except BaseException as error:
            failures.append(error)

    reader = threading.Thread(target=follow)
    reader.start()
    for key in logs:
        write(store, 1, key=key)
    reader.join()
    assert not failures
    assert read == list(range(1, len(logs) + 1))
    store.close()
