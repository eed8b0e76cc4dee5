"""Erased bodies are gone from the store and its files, and do not come back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from p2pblog.content.bodies import Body, DeviceRevoke, Erase, Post, Ref, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.log.entry import Entry
from p2pblog.log.identity import add_device
from p2pblog.store.keyvalue import KeyValue, MemoryKeyValue
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.store.verify import Report, verify_logs

KEY = SigningKey(b"k" * 32)
NOW_MS = 1_780_000_000_000


@pytest.fixture(params=["memory", "leveldb"])
def keyvalue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyValue]:
    made = MemoryKeyValue() if request.param == "memory" else LevelKeyValue(tmp_path / "store")
    yield made
    made.close()


def opened(keyvalue: KeyValue) -> LogStore:
    return LogStore(keyvalue, new_epoch=bytes(16))


def write(store: LogStore, *bodies: Body) -> list[Ref]:
    data = [(NOW_MS, serialize(body, bytes(16))) for body in bodies]
    return [ref(entry) for entry in store.append(KEY, data, NOW_MS)]


def ref(entry: Entry) -> Ref:
    return Ref(entry.log, entry.seq, entry.id)


@pytest.mark.proves("L-23", "L-25")
def test_an_erased_entry_keeps_its_header_and_the_log_verifies(keyvalue: KeyValue) -> None:
    store = opened(keyvalue)
    erasures = store.erasures
    refs = write(store, Post("one"), Post("two"), Post("three"))
    before = store.entry(KEY.public, 2)
    assert erasures.erase([refs[1]]) == 1
    store.scrub.run()
    assert store.entry(KEY.public, 2) == before._replace(body=None)
    assert store.entry(KEY.public, 3).body is not None
    report = Report()
    for _ in verify_logs(store, [KEY.public], report):
        pass
    assert (report.entries, report.errors) == (3, [])
    [_, withheld, _] = store.segment_up(KEY.public, 1, 3).bodies
    assert withheld == (before.body_size, before.body_hash)


@pytest.mark.proves("L-24")
def test_marks_outlive_the_node_and_strip_what_comes_later(keyvalue: KeyValue) -> None:
    store = opened(keyvalue)
    erasures = store.erasures
    other = SigningKey(b"o" * 32).public
    [kept, gone] = write(store, Post("kept"), Post("gone"))
    came = [store.entry(KEY.public, 1), store.entry(KEY.public, 2)]
    assert erasures.erase([gone, Ref(other, 7, bytes(32))]) == 1
    assert store.scrub.is_due
    newly = opened(keyvalue)
    assert newly.scrub.is_due
    newly.scrub.run()
    assert not newly.scrub.is_due
    again = newly.erasures
    assert [again.is_erased(KEY.public, seq) for seq in (1, 2, 3)] == [False, True, False]
    assert [again.is_erased(other, seq) for seq in (6, 7)] == [False, True]
    assert again.without_erased(came) == [came[0], came[1]._replace(body=None)]
    assert again.erase([gone, kept]) == 1


@pytest.mark.proves("B-15", "L-24")
def test_what_says_whose_devices_are_whose_is_kept(keyvalue: KeyValue) -> None:
    store = opened(keyvalue)
    erasures = store.erasures
    spared = write(
        store,
        add_device(KEY.public, SigningKey(b"d" * 32)),
        DeviceRevoke(b"d" * 32, 0, None),
        Erase((Ref(KEY.public, 9, bytes(32)),)),
    )
    assert erasures.erase(spared) == 0
    entries = [store.entry(KEY.public, seq) for seq in (1, 2, 3)]
    assert None not in [entry.body for entry in entries]
    assert erasures.without_erased(entries) == entries


@pytest.mark.proves("L-23")
@pytest.mark.parametrize("seed", range(10))
def test_no_file_holds_an_erased_text(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    keyvalue = LevelKeyValue(tmp_path / "store")
    store = opened(keyvalue)
    erasures = store.erasures
    secret = f"{chance.getrandbits(64):016x}"
    for position in range(chance.randrange(1, 12)):
        noise = [Post(chance.randbytes(500).hex()) for _ in range(400)]
        write(store, *noise)
        if position == 0:
            refs = write(store, Post(f"it says {secret}"), Post(secret))
    assert held(tmp_path / "store", secret)
    assert erasures.erase(refs) == 2
    store.scrub.run()
    assert not held(tmp_path / "store", secret)
    keyvalue.close()


@pytest.mark.proves("L-24")
def test_an_erased_body_that_arrives_is_neither_stored_nor_wanted(keyvalue: KeyValue) -> None:
    source = opened(MemoryKeyValue())
    [_, gone, bare] = write(source, Post("one"), Post("two"), Post("three"))
    source.erase([bare])
    store = opened(keyvalue)
    store.erase([gone])
    assert store.ingest(source.segment_up(KEY.public, 1, 3), NOW_MS) == 3
    bodies = [store.entry(KEY.public, seq).body is None for seq in (1, 2, 3)]
    assert bodies == [False, True, True]
    assert store.bare == {KEY.public: {3}}
    store.erase([bare])
    assert store.bare == {}
    assert opened(keyvalue).bare == {}


def test_a_crash_before_the_scrub_is_made_good(tmp_path: Path) -> None:
    keyvalue = LevelKeyValue(tmp_path / "store")
    refs = write(opened(keyvalue), Post("secret-7f3a"))
    opened(keyvalue).erase(refs)
    keyvalue.close()
    keyvalue = LevelKeyValue(tmp_path / "store")
    opened(keyvalue).scrub.run()
    assert not held(tmp_path / "store", "secret-7f3a")
    keyvalue.close()


def held(folder: Path, text: str) -> bool:
    return any(text.encode() in path.read_bytes() for path in folder.iterdir())
