"""What can be saved of a damaged store is saved, nothing else is, and no log forks by it."""

from __future__ import annotations

import os
import random
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import encode
from p2pblog.core.errors import OwnLogBehind, StoreCorrupt
from p2pblog.log.entry import Tip, make_entry
from p2pblog.log.fork import ForkProof, proof_to_wire, prove
from p2pblog.store import layout
from p2pblog.store.blocks import block_of
from p2pblog.store.keyvalue import KeyValue, MemoryKeyValue
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import Arrived, LogStore
from p2pblog.store.peers import KnownPeer, PeerBook
from p2pblog.store.personal import Personal, Section
from p2pblog.store.repair import Owner, Repair, declare_lost, find_problems, repair_store
from p2pblog.store.verify import Report, verify_logs

ME, MIA, OTIS = (SigningKey(bytes([number]) * 32) for number in (1, 2, 3))
NOW_MS = 1_790_000_000_000
EPOCH = b"e" * 16
NEW_EPOCH = b"n" * 16
MINE = {ME.public: Owner(ME, 0)}


def bodies(chance: random.Random, first: int, count: int) -> list[tuple[int, bytes]]:
    return [(NOW_MS - 10**6 + n, chance.randbytes(120)) for n in range(first, first + count)]


def a_store(path: Path, sizes: dict[SigningKey, int]) -> Path:
    """A store of these logs, in several tables and a log."""
    chance = random.Random(7)
    source = LogStore(LevelKeyValue(path.with_name("source")), new_epoch=EPOCH)
    keyvalue = LevelKeyValue(path)
    store = LogStore(keyvalue, new_epoch=EPOCH)
    for key, size in sizes.items():
        if key is ME:
            for first in range(1, size + 1, 50):
                count = min(50, size + 1 - first)
                store.append(key, bodies(chance, first, count), NOW_MS + first)
            continue
        source.append(key, bodies(chance, 1, size), NOW_MS)
        high = size
        while high:
            segment = source.segment_down(key.public, 1, high)
            store.ingest(segment, NOW_MS - high)
            high = segment.first - 1
    PeerBook(keyvalue).remember(KnownPeer(bytes(32), "127.0.0.1:1", NOW_MS))
    store.close()
    source.close()
    # Opened twice: what was in the log stands in a table of its own.
    LevelKeyValue(path).close()
    LevelKeyValue(path).close()
    return path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_store(tmp_path_factory.mktemp("written") / "store", {ME: 300, MIA: 5000, OTIS: 700})


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "store"))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def ids(path: Path) -> dict[tuple[bytes, int], bytes]:
    """The id of every entry, once the store has passed every check."""
    store = LogStore(LevelKeyValue(path), new_epoch=bytes(16))
    try:
        report = Report()
        for _ in verify_logs(store, list(store.logs), report):
            pass
        assert report.errors == []
        found = {
            (log, entry.seq): entry.id
            for log, held in store.logs.items()
            for part in held.ranges
            for entry in store.read(log, part.low, part.high)
        }
        assert len(found) == store.arrival == report.entries
        journal: list[Arrived] = []
        while batch := store.journal(len(journal)):
            journal += batch
        assert [item.arrival for item in journal] == list(range(1, store.arrival + 1))
        return found
    finally:
        store.close()


def tamper(path: Path, change: Callable[[KeyValue, LogStore], None]) -> None:
    """Change records behind the store's back, with checksums that are right again."""
    keyvalue = LevelKeyValue(path)
    change(keyvalue, LogStore(keyvalue, new_epoch=EPOCH))
    keyvalue.close()


def number_of(store: LogStore, log: bytes) -> int:
    return store._numbers[log]


def repaired(path: Path, own: dict[bytes, Owner] = MINE) -> Repair:
    return repair_store(path, own, new_epoch=NEW_EPOCH, now_ms=NOW_MS)


def test_a_store_without_a_fault_is_left_alone(path: Path) -> None:
    before = ids(path)
    found = repaired(path)
    assert (found.problems, found.aside, found.logs) == ([], None, [])
    assert ids(path) == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("victim", ["CURRENT", "MANIFEST-*"])
def test_without_its_lists_of_files_a_store_is_saved_whole(path: Path, victim: str) -> None:
    before = ids(shutil.copytree(path, path.with_name("copy")))
    next(path.glob(victim)).unlink()
    damaged = contents(path)
    found = repaired(path)
    assert len(found.problems) == 1
    assert found.aside is not None
    assert contents(found.aside) == damaged
    assert ids(path) == before
    assert all(not saved.missing and not saved.behind for saved in found.logs)
    keyvalue = LevelKeyValue(path)
    assert keyvalue.get(layout.META_EPOCH) == NEW_EPOCH
    assert [peer.address for peer in PeerBook(keyvalue).known()] == ["127.0.0.1:1"]
    keyvalue.close()


@pytest.mark.parametrize("seed", range(6))
def test_of_a_damaged_table_all_but_the_damage_is_saved(path: Path, seed: int) -> None:
    before = ids(shutil.copytree(path, path.with_name("copy")))
    chance = random.Random(seed)
    victim = max(path.glob("*.ldb"), key=lambda file: file.stat().st_size)
    data = bytearray(victim.read_bytes())
    for _ in range(3):
        data[chance.randrange(len(data) - 4096)] ^= 1 << chance.randrange(8)
    victim.write_bytes(data)
    damaged = contents(path)
    found = repaired(path)
    assert found.aside is not None
    assert contents(found.aside) == damaged
    after = ids(path)
    assert after.items() <= before.items()
    assert len(after) > len(before) // 3
    missing = {
        (saved.log, seq)
        for saved in found.logs
        for low, high in saved.missing
        for seq in range(low, high + 1)
    }
    assert missing == before.keys() - after.keys()


def test_a_chain_cut_twice_keeps_its_newest_part_and_the_longest_other_one(path: Path) -> None:
    def change(keyvalue: KeyValue, store: LogStore) -> None:
        number = number_of(store, MIA.public)
        for seq in (900, 4000):
            key = layout.entry_key(number, seq)
            value = bytearray(keyvalue.get(key) or b"")
            value[-1] ^= 1
            keyvalue.write([(key, bytes(value))], [])

    tamper(path, change)
    assert len(find_problems(path)) == 1
    found = repaired(path)
    (mia,) = [saved for saved in found.logs if saved.log == MIA.public]
    # Between the last checkpoint below a cut and the cut nothing is signed.
    assert mia.ranges == [(4001, 5000), (901, 3968)]
    assert mia.missing == [(1, 900), (3969, 4000)]
    assert ids(path).keys() >= {(MIA.public, 4001), (MIA.public, 901), (ME.public, 1)}


def test_without_a_checkpoints_signature_only_what_it_alone_vouches_for_is_lost(
    path: Path,
) -> None:
    def change(keyvalue: KeyValue, store: LogStore) -> None:
        keyvalue.write([], [layout.signature_key(number_of(store, MIA.public), 640)])
        keyvalue.write([], [layout.signature_key(number_of(store, ME.public), 128)])
        keyvalue.write([], [layout.signature_key(number_of(store, ME.public), 300)])

    tamper(path, change)
    found = {saved.log: saved for saved in repaired(path).logs}
    assert found[MIA.public].missing == [(577, 640)]
    # One's own signatures are made again: Ed25519 signs alike each time.
    assert found[ME.public].missing == []
    ids(path)


def test_a_forged_entry_is_not_taken_in(path: Path) -> None:
    def change(keyvalue: KeyValue, store: LogStore) -> None:
        number = number_of(store, OTIS.public)
        tip = store.entry(OTIS.public, 700)
        forged = make_entry(OTIS.public, Tip(700, tip.id), NOW_MS, b"not his")
        held = store.logs[OTIS.public]
        held = held._replace(newest=held.newest._replace(high=701, high_id=forged.id))
        keyvalue.write(
            [
                (layout.entry_key(number, 701), layout.write_entry(forged)),
                (layout.signature_key(number, 701), ME.sign(forged.id)),
                (layout.log_key(OTIS.public), layout.write_state(layout.State(number, held, 0))),
            ],
            [],
        )

    tamper(path, change)
    repaired(path)
    found = ids(path)
    assert (OTIS.public, 700) in found
    assert (OTIS.public, 701) not in found


def test_a_log_whose_state_is_gone_is_known_by_its_entries(path: Path) -> None:
    before = ids(shutil.copytree(path, path.with_name("copy")))

    def change(keyvalue: KeyValue, store: LogStore) -> None:
        keyvalue.write([], [layout.log_key(ME.public)])
        keyvalue.write([], [layout.log_key(OTIS.public)])

    tamper(path, change)
    next(path.glob("MANIFEST-*")).unlink()
    found = repaired(path)
    assert found.nameless == 700  # nothing says that these are Otis's
    after = ids(path)
    assert {key for key in before if key[0] != OTIS.public} == after.keys()


def test_keys_that_rotted_into_none_of_ours_are_passed_over(path: Path) -> None:
    before = ids(shutil.copytree(path, path.with_name("copy")))

    def change(keyvalue: KeyValue, store: LogStore) -> None:
        number = number_of(store, MIA.public)
        entry = keyvalue.get(layout.entry_key(number, 7)) or b""
        peer = keyvalue.get(b"p" + bytes(32)) or b""
        puts = [
            (layout.entry_key(number, 7) + b"~", entry),
            (layout.signature_key(number, 64) + b"~", bytes(64)),
            (layout.log_key(MIA.public)[:-1], keyvalue.get(layout.log_key(MIA.public)) or b""),
            (b"p" + bytes(31), peer),
        ]
        keyvalue.write(puts, [])

    tamper(path, change)
    next(path.glob("MANIFEST-*")).unlink()
    assert repaired(path).nameless == 0
    assert ids(path) == before
    keyvalue = LevelKeyValue(path)
    assert [known.device for known in PeerBook(keyvalue).known()] == [bytes(32)]
    keyvalue.close()


def test_one_s_own_log_waits_for_its_newest_entries_until_they_are_declared_lost(
    path: Path,
) -> None:
    def change(keyvalue: KeyValue, store: LogStore) -> None:
        key = layout.entry_key(number_of(store, ME.public), 280)
        keyvalue.write([(key, struct.pack(">Q", NOW_MS) + os.urandom(100))], [])
        # Without signatures above it nothing there is proven.
        number = number_of(store, ME.public)
        keyvalue.write([], [layout.signature_key(number, 300)])

    tamper(path, change)
    found = repaired(path, {ME.public: Owner(None, 0)})
    (saved,) = [each for each in found.logs if each.log == ME.public]
    assert (saved.ranges, saved.reached, saved.behind) == ([(1, 256)], 300, 44)
    store = LogStore(LevelKeyValue(path), new_epoch=EPOCH)
    with pytest.raises(OwnLogBehind):
        store.append(ME, [(NOW_MS, b"too early")], NOW_MS)
    store.close()
    assert repaired(path).problems == []  # the store is whole; only its end is missing
    assert declare_lost(path, MINE) == {ME.public: 256}
    assert declare_lost(path, MINE) == {}
    store = LogStore(LevelKeyValue(path), new_epoch=EPOCH)
    (entry,) = store.append(ME, [(NOW_MS, b"now")], NOW_MS)
    assert entry.seq == 257
    store.close()


def test_what_only_the_views_know_of_one_s_own_log_holds_it_back_too(path: Path) -> None:
    next(path.glob("CURRENT")).unlink()
    found = repaired(path, {ME.public: Owner(ME, 305)})
    (saved,) = [each for each in found.logs if each.log == ME.public]
    assert (saved.reached, saved.behind) == (305, 5)


def test_one_flipped_bit_in_a_number_does_not_hold_one_s_own_log_back_for_ever(
    path: Path,
) -> None:
    def change(keyvalue: KeyValue, store: LogStore) -> None:
        number = number_of(store, ME.public)
        keyvalue.write([(layout.entry_key(number, 2**40), bytes(60))], [])
        keyvalue.write([(layout.arrival_key(2**30), encode([number, 2**41, 1, NOW_MS]))], [])

    tamper(path, change)
    (saved,) = [each for each in repaired(path).logs if each.log == ME.public]
    assert (saved.reached, saved.behind) == (300, 0)


def test_when_nothing_is_left_an_empty_store_takes_its_place(path: Path) -> None:
    for file in path.iterdir():
        if file.name != "CURRENT" and not file.name.startswith("MANIFEST"):
            file.unlink()
    found = repaired(path, {ME.public: Owner(ME, 300)})
    assert found.aside is not None
    assert ids(path) == {}
    store = LogStore(LevelKeyValue(path), new_epoch=EPOCH)
    assert store.own_floor(ME.public) == 300
    store.close()


def test_a_repair_killed_before_its_last_step_is_finished_by_the_next_start(path: Path) -> None:
    before = ids(path)
    path.rename(path.with_name("store.new"))
    assert ids(path) == before


def test_when_it_came_is_kept_of_what_is_saved(path: Path) -> None:
    next(path.glob("CURRENT")).unlink()
    repaired(path)
    store = LogStore(LevelKeyValue(path), new_epoch=EPOCH)
    came: dict[tuple[bytes, int], int] = {}
    while batch := store.journal(len(came)):
        came |= {(item.entry.log, item.entry.seq): item.received_ms for item in batch}
    assert (came[ME.public, 51], came[ME.public, 101]) == (NOW_MS + 51, NOW_MS + 101)
    assert came[OTIS.public, 700] == NOW_MS - 700
    store.close()


def test_a_check_of_rotten_bits_names_the_log_and_the_entry_and_goes_on(path: Path) -> None:
    before = ids(shutil.copytree(path, path.with_name("copy")))
    victim = max(path.glob("*.ldb"), key=lambda file: file.stat().st_size)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    store = LogStore(LevelKeyValue(path), new_epoch=EPOCH)
    report = Report()
    done = list(verify_logs(store, list(store.logs), report))
    assert sorted(done) == sorted(key.public for key in (ME, MIA, OTIS))
    ((log, seq, error),) = report.errors
    assert (log, seq) in before
    assert error.code == "store-corrupt"
    assert store.entry(log, seq - 1).id == before[log, seq - 1]
    with pytest.raises(StoreCorrupt):
        store.entry(log, seq)
    store.close()


def test_what_was_erased_stays_erased(path: Path) -> None:
    def change(keyvalue: KeyValue, store: LogStore) -> None:
        # The mark is there, and so is the body: a stale table came back to life.
        keyvalue.write([(layout.erased_key(OTIS.public, 30), b"")], [])

    tamper(path, change)
    next(path.glob("CURRENT")).unlink()
    repaired(path)
    keyvalue = LevelKeyValue(path)
    assert keyvalue.get(layout.erased_key(OTIS.public, 30)) == b""
    keyvalue.close()
    ids(path)


@pytest.mark.parametrize("swept", [False, True])
def test_who_was_blocked_stays_blocked_and_away(path: Path, swept: bool) -> None:
    identity = b"i" * 32

    def change(keyvalue: KeyValue, store: LogStore) -> None:
        store.block(identity, [OTIS.public], NOW_MS)
        while swept and store.gone.sweep():
            pass
        stale = layout.fork_key(OTIS.public), encode(proof_to_wire(fork_of(OTIS)))
        keyvalue.write([stale, (layout.block_key(b"short"), encode([NOW_MS, []]))], [])

    tamper(path, change)
    next(path.glob("CURRENT")).unlink()
    found = repaired(path)
    assert OTIS.public not in [saved.log for saved in found.logs]
    keyvalue = LevelKeyValue(path)
    store = LogStore(keyvalue, new_epoch=EPOCH)
    assert store.blocks.identities == {identity: block_of(identity, [OTIS.public], NOW_MS)}
    assert sorted(store.logs) == sorted([ME.public, MIA.public])
    assert store.forked == {}
    keyvalue.close()


def test_what_somebody_keeps_for_themselves_is_saved(path: Path) -> None:
    def change(keyvalue: KeyValue, store: LogStore) -> None:
        Personal(keyvalue).put(Section.TAGS, b"bread", [NOW_MS])
        keyvalue.write(
            [(layout.personal_key(b"?", b"of no section"), encode([1])), (b"utcut", b"\x92")], []
        )

    tamper(path, change)
    next(path.glob("CURRENT")).unlink()
    repaired(path)
    keyvalue = LevelKeyValue(path)
    assert Personal(keyvalue).all(Section.TAGS) == {b"bread": [NOW_MS]}
    assert len(list(keyvalue.scan(*layout.PERSONAL))) == 1
    keyvalue.close()


def fork_of(key: SigningKey) -> ForkProof:
    """Return a proof that somebody has written two first entries."""
    segments = []
    for time_ms in (1, 2):
        store = LogStore(MemoryKeyValue(), new_epoch=EPOCH)
        store.append(key, [(time_ms, b"one of two")], NOW_MS)
        segments.append(store.segment_up(key.public, 1, 1))
    return prove(*segments)


def test_bodies_that_were_let_go_of_are_not_asked_for(path: Path) -> None:
    def change(keyvalue: KeyValue, store: LogStore) -> None:
        store.let_go(OTIS.public, range(10, 61))

    tamper(path, change)
    next(path.glob("CURRENT")).unlink()
    repaired(path)
    keyvalue = LevelKeyValue(path)
    store = LogStore(keyvalue, new_epoch=EPOCH)
    assert store.bare == {}
    assert store.let_go_of == {OTIS.public: (10, 60)}
    assert store.recall(OTIS.public) == 51
    keyvalue.close()
