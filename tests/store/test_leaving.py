"""What a store lets go of is gone, from its files too, and leads nobody astray."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from p2pblog.content.bodies import Post, Ref, serialize
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import NotFound
from p2pblog.log.segment import Segment
from p2pblog.store import gone, layout
from p2pblog.store.blocks import block_of
from p2pblog.store.keyvalue import KeyValue, MemoryKeyValue
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.store.verify import Report, verify_logs

ME, EVE, OTIS = (SigningKey(bytes([number]) * 32) for number in (1, 2, 3))
IDENTITY = b"i" * 32
NOW_MS = 1_780_000_000_000


@pytest.fixture(params=["memory", "leveldb"])
def keyvalue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyValue]:
    made = MemoryKeyValue() if request.param == "memory" else LevelKeyValue(tmp_path / "store")
    yield made
    made.close()


def opened(keyvalue: KeyValue) -> LogStore:
    return LogStore(keyvalue, new_epoch=bytes(16))


def said(text: str) -> bytes:
    return serialize(Post(text), bytes(16))


def write(store: LogStore, key: SigningKey, *texts: str, at_ms: int = NOW_MS) -> None:
    store.append(key, [(at_ms, said(text)) for text in texts], at_ms)


def segments(key: SigningKey, count: int) -> list[Segment]:
    """Return a log of somebody else's, as segments of 64 that stand on their own."""
    source = opened(MemoryKeyValue())
    write(source, key, *(f"post {number}" for number in range(1, count + 1)))
    return [source.segment_up(key.public, low, low) for low in range(1, count + 1, 64)]


def sweep(store: LogStore) -> None:
    while store.gone.sweep():
        pass


def keys_of(keyvalue: KeyValue, log: bytes, number: int) -> list[bytes]:
    """Return every key that belongs to a log but those of the journal."""
    named = [key for key, _ in keyvalue.scan(b"a", b"j") if key[1:5] == number.to_bytes(4)]
    named += [key for key, _ in keyvalue.scan(b"s", b"t") if key[1:5] == number.to_bytes(4)]
    return named + [key for key, _ in keyvalue.scan(b"f", b"m") if key[1:33] == log]


def checked(store: LogStore) -> tuple[int, list[object]]:
    report = Report()
    for _ in verify_logs(store, list(store.logs), report):
        pass
    return report.entries, list(report.errors)


# --- blocks -----------------------------------------------------------------------------


def test_of_a_blocked_identity_nothing_is_left_and_nothing_is_taken(keyvalue: KeyValue) -> None:
    store = opened(keyvalue)
    write(store, ME, "mine", "too")
    parts = segments(EVE, 200)
    for part in parts:
        store.ingest(part, NOW_MS)
    write(store, ME, "three")
    number = store._numbers[EVE.public]
    assert store.block(IDENTITY, [EVE.public, OTIS.public], NOW_MS) == [EVE.public]
    for again in (store, opened(keyvalue)):
        assert EVE.public not in again.logs
        assert EVE.public not in again.sizes
        assert again.blocks.logs == {IDENTITY, EVE.public, OTIS.public}
        assert again.blocks.identities[IDENTITY].since_ms == NOW_MS
        assert again.ingest(parts[0], NOW_MS) == 0
        with pytest.raises(NotFound):
            again.segment_latest(EVE.public, 10)
        assert list(again.read(EVE.public, 1, 200)) == []
    sweep(store)
    assert keys_of(keyvalue, EVE.public, number) == []
    assert not opened(keyvalue).gone.pending
    assert checked(store) == (3, [])


def test_the_journal_and_tokens_pass_over_what_is_gone(keyvalue: KeyValue) -> None:
    store = opened(keyvalue)
    write(store, ME, "one")
    token = store.token(store.arrival, 0)
    for part in segments(EVE, 130):
        store.ingest(part, NOW_MS)
    write(store, ME, "two", "three")
    store.block(IDENTITY, [EVE.public], NOW_MS)
    for again in (store, opened(keyvalue)):
        assert again.arrival == 133
        found = again.journal(0)
        assert [(one.arrival, one.entry.log) for one in found] == [
            (1, ME.public),
            (132, ME.public),
            (133, ME.public),
        ]
        assert [one.arrival for one in again.journal(50)] == [132, 133]
        changes = again.since(token)
        assert changes is not None
        assert changes.logs == [ME.public]
    write(store, ME, "four")
    assert store.journal(133)[0].arrival == 134


def test_a_log_that_comes_back_shares_nothing_with_what_was_gone(keyvalue: KeyValue) -> None:
    store = opened(keyvalue)
    parts = segments(EVE, 200)
    for part in parts:
        store.ingest(part, NOW_MS)
    store.block(IDENTITY, [EVE.public], NOW_MS)
    # The highest number is gone: after a restart, too, nobody gets it.
    store = opened(keyvalue)
    write(store, OTIS, "hello")
    assert store._numbers[OTIS.public] == 2
    store.unblock(IDENTITY)
    assert store.blocks.logs == opened(keyvalue).blocks.logs == frozenset()
    # Before everything is swept: it must not go with what was there before.
    assert store.ingest(parts[-1], NOW_MS) == 8
    sweep(store)
    assert [entry.seq for entry in store.read(EVE.public, 1, 200)] == list(range(193, 201))
    assert [one.arrival for one in store.journal(0)] == [201, *range(202, 210)]
    assert checked(store) == (9, [])


def test_more_logs_of_a_blocked_identity_join_it(keyvalue: KeyValue) -> None:
    store = opened(keyvalue)
    write(store, OTIS, "hello")
    store.block(IDENTITY, [EVE.public], NOW_MS)
    assert store.block(IDENTITY, [OTIS.public], NOW_MS + 5) == [OTIS.public]
    block = opened(keyvalue).blocks.identities[IDENTITY]
    assert block == block_of(IDENTITY, [EVE.public, OTIS.public], NOW_MS)
    store.block(b"j" * 32, [OTIS.public], NOW_MS)
    store.unblock(IDENTITY)
    assert store.blocks.logs == {b"j" * 32, OTIS.public}


def test_no_file_holds_the_text_of_a_blocked_log(tmp_path: Path) -> None:
    keyvalue = LevelKeyValue(tmp_path / "store")
    store = opened(keyvalue)
    for number in range(20):
        write(store, ME, *(f"{number} {one} {'noise' * 50}" for one in range(200)))
        write(store, EVE, f"secret-{number}")
    assert held(tmp_path / "store", "secret-")
    store.block(IDENTITY, [EVE.public], NOW_MS)
    store.scrub.compact(store.gone.spans)
    sweep(store)
    assert store.scrub.is_due
    store.scrub.run()
    assert not held(tmp_path / "store", "secret-")
    assert checked(store) == (4000, [])
    keyvalue.close()


def test_a_crash_between_block_and_sweep_is_made_good(tmp_path: Path) -> None:
    keyvalue = LevelKeyValue(tmp_path / "store")
    store = opened(keyvalue)
    write(store, EVE, *(f"secret-{number}" for number in range(limits.SWEEP_KEYS_MAX + 10)))
    store.block(IDENTITY, [EVE.public], NOW_MS)
    store.scrub.compact(store.gone.spans)
    assert store.gone.sweep()
    keyvalue.close()
    keyvalue = LevelKeyValue(tmp_path / "store")
    store = opened(keyvalue)
    assert store.gone.pending
    store.scrub.compact(store.gone.spans)
    sweep(store)
    store.scrub.run()
    assert not held(tmp_path / "store", "secret-")
    keyvalue.close()


def test_scrubbing_before_everything_is_swept_does_not_do(tmp_path: Path) -> None:
    keyvalue = LevelKeyValue(tmp_path / "store")
    store = opened(keyvalue)
    write(store, EVE, "secret-1")
    store.block(IDENTITY, [EVE.public], NOW_MS)
    store.scrub.run()
    sweep(store)
    assert store.scrub.is_due
    keyvalue.close()


# --- what is forgotten below ------------------------------------------------------------


def test_the_lower_end_of_a_log_is_forgotten_and_can_come_again(keyvalue: KeyValue) -> None:
    store = opened(keyvalue)
    parts = segments(EVE, 300)
    for part in parts:
        store.ingest(part, NOW_MS)
    size = store.sizes[EVE.public]
    store.forget(EVE.public, 201)
    for again in (store, opened(keyvalue)):
        newest = again.logs[EVE.public].newest
        assert (newest.low, newest.high) == (201, 300)
        assert again.sizes[EVE.public] == pytest.approx(size / 3, rel=0.02)
        assert [one.arrival for one in again.journal(0)] == list(range(201, 301))
        assert [one.arrival for one in again.journal(180, 30)] == list(range(201, 231))
        assert checked(again) == (100, [])
        assert again.segment_up(EVE.public, 201, 256).last == 256
    # The past comes back before it is swept: the new must not go with the old.
    assert store.ingest(parts[3], NOW_MS) == 8
    sweep(store)
    assert store.logs[EVE.public].newest.low == 193
    assert checked(store) == (108, [])


def test_an_older_range_goes_with_the_gap_above_it(keyvalue: KeyValue) -> None:
    store = opened(keyvalue)
    parts = segments(EVE, 300)
    store.ingest(parts[0], NOW_MS)
    store.ingest(parts[-1], NOW_MS)
    assert store.logs[EVE.public].older is not None
    store.forget(EVE.public, 257)
    assert store.logs[EVE.public].older is None
    sweep(store)
    assert [entry.seq for entry in store.read(EVE.public, 1, 300)] == list(range(257, 301))
    assert checked(opened(keyvalue)) == (44, [])


def test_what_goes_while_it_is_read_is_not_found_and_not_taken_for_other_entries(
    keyvalue: KeyValue,
) -> None:
    store = opened(keyvalue)
    for part in segments(EVE, 300):
        store.ingest(part, NOW_MS)
    number = store._numbers[EVE.public]
    # Whoever began to read before the cut still takes these for held.
    keyvalue.write([], [layout.entry_key(number, seq) for seq in range(1, 101)])
    for low, high in ((1, 64), (65, 128), (100, 128)):
        with pytest.raises(NotFound):
            store.segment_up(EVE.public, low, high)
    for low, high in ((1, 100), (1, 192), (101, 192)):
        with pytest.raises(NotFound):
            store.segment_down(EVE.public, low, high)
    assert store.segment_up(EVE.public, 102, 128).first == 102
    assert store.segment_down(EVE.public, 102, 192).first == 102
    assert store.segment_latest(EVE.public, 64).last == 300


# --- bodies whose time is over ----------------------------------------------------------


def test_bodies_let_go_of_are_not_wanted_until_they_are_recalled(keyvalue: KeyValue) -> None:
    store = opened(keyvalue)
    [part] = segments(EVE, 9)
    store.ingest(part, NOW_MS)
    size = store.sizes[EVE.public]
    assert store.let_go(EVE.public, [2, 3, 5]) == 3
    assert store.let_go(EVE.public, [3]) == 0
    without = {2, 3, 5}
    for again in (store, opened(keyvalue)):
        assert again.let_go_of == {EVE.public: (2, 5)}
        assert again.bare == {}
        assert again.sizes[EVE.public] < size
        bodies = {one.seq for one in again.read(EVE.public, 1, 9) if one.body is None}
        assert bodies == without
        assert checked(again) == (9, [])
    assert store.ingest(part, NOW_MS) == 0
    assert store.entry(EVE.public, 2).body is None
    assert store.recall(EVE.public) == 3
    assert store.recall(EVE.public) == 0
    assert opened(keyvalue).bare == store.bare == {EVE.public: without}
    assert store.let_go_of == {}
    assert store.ingest(part, NOW_MS) == 3
    assert store.entry(EVE.public, 2).body == said("post 2")


def test_what_was_erased_is_not_recalled(keyvalue: KeyValue) -> None:
    store = opened(keyvalue)
    [part] = segments(EVE, 9)
    store.ingest(part, NOW_MS)
    store.let_go(EVE.public, [2, 3])
    store.erase([Ref(EVE.public, 3, bytes(32))])
    assert store.recall(EVE.public) == 1
    assert store.bare == {EVE.public: {2}}


def test_no_file_holds_a_body_that_was_let_go_of(tmp_path: Path) -> None:
    keyvalue = LevelKeyValue(tmp_path / "store")
    store = opened(keyvalue)
    for number in range(10):
        write(store, ME, *(f"{number} {one} {'noise' * 50}" for one in range(200)))
        write(store, EVE, f"secret-{number}")
    gone = list(range(1, 10))
    store.scrub.compact([store.let_go_span(EVE.public, gone)])
    assert store.let_go(EVE.public, gone) == 9
    store.scrub.run()
    for number in range(9):
        assert not held(tmp_path / "store", f"secret-{number}")
    assert held(tmp_path / "store", "secret-9")
    keyvalue.close()


# --- a store of before ------------------------------------------------------------------


def test_a_store_without_sizes_is_read_and_written_on(keyvalue: KeyValue) -> None:
    store = opened(keyvalue)
    write(store, ME, *(f"{number}" for number in range(10)))
    key = layout.log_key(ME.public)
    number, newest, older, _ = decode(keyvalue.get(key) or b"")
    keyvalue.write([(key, encode([number, newest, older])), (layout.META_VERSION, b"\1")], [])
    store = opened(keyvalue)
    assert store.logs[ME.public].newest.high == 10
    assert 1000 < store.sizes[ME.public] < 4000
    write(store, ME, "eleven")
    assert opened(keyvalue).logs[ME.public].newest.high == 11
    assert keyvalue.get(layout.META_VERSION) == bytes([layout.VERSION])


def held(folder: Path, text: str) -> bool:
    return any(text.encode() in path.read_bytes() for path in folder.iterdir())


# --- wherever it stops ------------------------------------------------------------------


class Stopping(MemoryKeyValue):
    """Takes so many writes; at the next one the power goes."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 10**9

    def write(
        self, puts: list[tuple[bytes, bytes]], deletes: list[bytes], *, sync: bool = False
    ) -> None:
        if not self.left:
            raise InterruptedError
        self.left -= 1
        super().write(puts, deletes, sync=sync)


def test_wherever_it_stops_the_next_start_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gone, "SWEEP_KEYS_MAX", 50)
    parts = segments(EVE, 200)

    def live(keyvalue: Stopping) -> None:
        store = opened(keyvalue)
        write(store, ME, "mine")
        for part in parts:
            store.ingest(part, NOW_MS)
        store.let_go(EVE.public, range(10, 20))
        store.forget(EVE.public, 65)
        store.block(IDENTITY, [EVE.public], NOW_MS)
        sweep(store)
        store.scrub.run()
        store.unblock(IDENTITY)
        for part in parts:
            store.ingest(part, NOW_MS)

    stops = 0
    while True:
        keyvalue = Stopping()
        keyvalue.left = stops
        try:
            live(keyvalue)
            break
        except InterruptedError:
            stops += 1
        keyvalue.left = 10**9
        store = opened(keyvalue)
        _, errors = checked(store)
        assert errors == []
        assert not (EVE.public in store.blocks.logs and EVE.public in store.logs)
        held = sum(held.entries for held in store.logs.values())
        assert len(store.journal(0, 1000)) == held
        sweep(store)
        store.scrub.run()
        numbers = {number.to_bytes(4) for number in store._numbers.values()}
        assert {key[1:5] for key, _ in keyvalue.scan(b"e", b"f")} <= numbers
        assert {key[1:5] for key, _ in keyvalue.scan(b"s", b"t")} <= numbers
        for part in parts:
            store.ingest(part, NOW_MS)
        assert checked(store)[1] == []
    assert stops > 15
