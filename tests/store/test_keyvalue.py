"""One suite for every implementation of `KeyValue`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

try:
    import plyvel
except ImportError:
    import plyvel_next as plyvel

from p2pblog.core.errors import DiskFull, HomeBusy, HomeUnusable, StoreCorrupt
from p2pblog.store import leveldb
from p2pblog.store.keyvalue import KeyValue, MemoryKeyValue
from p2pblog.store.leveldb import LevelKeyValue


@pytest.fixture(params=["memory", "leveldb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyValue]:
    made = MemoryKeyValue() if request.param == "memory" else LevelKeyValue(tmp_path / "db")
    yield made
    made.close()
    made.close()


def test_puts_gets_and_deletes(store: KeyValue) -> None:
    assert store.get(b"a") is None
    store.write([(b"a", b"1"), (b"b", b"")], [])
    assert (store.get(b"a"), store.get(b"b")) == (b"1", b"")
    store.write([(b"a", b"2")], [b"b", b"never"], sync=True)
    assert (store.get(b"a"), store.get(b"b")) == (b"2", None)


def test_scans_in_byte_order_both_ways(store: KeyValue) -> None:
    keys = [b"a", b"a\x00", b"a\xff", b"b", b"c"]
    store.write([(key, key) for key in reversed(keys)], [])
    assert [key for key, _ in store.scan(b"a", b"c")] == keys[:-1]
    assert [key for key, _ in store.scan(b"a\x00", b"b", reverse=True)] == [b"a\xff", b"a\x00"]
    assert [key for key, _ in store.scan(b"a", b"a\x00", reverse=True)] == [b"a"]
    assert [key for key, _ in store.scan(b"0", b"9", reverse=True)] == []
    assert list(store.scan(b"x", b"z")) == []


def test_a_scan_does_not_see_what_comes_after_it_began(store: KeyValue) -> None:
    store.write([(b"a", b"1"), (b"b", b"1")], [])
    scan = store.scan(b"", b"z")
    first = next(scan)
    store.write([(b"c", b"1")], [b"b"])
    assert [first, *scan] == [(b"a", b"1"), (b"b", b"1")]


@pytest.mark.parametrize("reverse", [False, True])
def test_a_long_scan_does_not_see_what_comes_after_it_began(
    store: KeyValue, *, reverse: bool
) -> None:
    pairs = [(bytes([at]), b"1") for at in range(100)]
    store.write(pairs, [])
    scan = store.scan(b"", b"z", reverse=reverse)
    first = next(scan)
    new, gone = bytes([100]), [bytes([50]), bytes([98])]
    store.write([(bytes([99]), b"2"), (new, b"1")], gone)
    assert [first, *scan] == (pairs[::-1] if reverse else pairs)
    left = dict(store.scan(b"", b"z"))
    assert left.keys() == {key for key, _ in pairs} - set(gone) | {new}
    assert left[bytes([99])] == b"2"


def test_leveldb_is_held_by_one(tmp_path: Path) -> None:
    held = LevelKeyValue(tmp_path / "db")
    with pytest.raises(HomeBusy):
        LevelKeyValue(tmp_path / "db")
    held.close()


OLD = [(b"a", b"1"), (b"c", None), (b"b", b"1")]


def filled(path: Path) -> Path:
    store = LevelKeyValue(path)
    for number in range(2000):
        store.write([(b"%06d" % number, bytes(range(256)))], [])
    store.close()
    return path


def test_a_damaged_leveldb_says_so_and_changes_nothing(tmp_path: Path) -> None:
    path = filled(tmp_path / "db")
    (log,) = path.glob("*.log")
    data = bytearray(log.read_bytes())
    data[len(data) // 2] ^= 1
    log.write_bytes(data)
    before = sorted((file.name, file.stat().st_size) for file in path.iterdir())
    with pytest.raises(StoreCorrupt):
        LevelKeyValue(path)
    after = sorted((file.name, file.stat().st_size) for file in path.iterdir())
    assert [name for name in before if name[0].endswith(".log")] == [
        name for name in after if name[0].endswith(".log")
    ]


@pytest.mark.parametrize("victim", ["CURRENT", "MANIFEST-*"])
def test_a_lost_or_garbled_file_says_so(tmp_path: Path, victim: str) -> None:
    path = filled(tmp_path / "db")
    (file,) = path.glob(victim)
    file.write_bytes(b"garbage")
    with pytest.raises(StoreCorrupt):
        LevelKeyValue(path)


def test_a_torn_last_write_does_not_block_a_start(tmp_path: Path) -> None:
    path = filled(tmp_path / "db")
    (log,) = path.glob("*.log")
    log.write_bytes(log.read_bytes()[:-100])
    store = LevelKeyValue(path)
    assert store.get(b"001998") == bytes(range(256))
    assert store.get(b"001999") is None
    store.close()


def test_a_full_disk_is_refused_before_anything_is_torn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LevelKeyValue(tmp_path / "db")
    store.write([(b"a", b"1")], [])
    monkeypatch.setattr(leveldb, "DISK_RESERVE_BYTES", 2**62)
    with pytest.raises(DiskFull):
        store.write([(b"b", b"1")], [])
    monkeypatch.undo()
    store.write([(b"c", b"1")], [])
    assert [key for key, _ in store.scan(b"", b"z")] == [b"a", b"c"]
    store.close()


@pytest.mark.parametrize("reaches_the_disk", [True, False])
def test_a_write_that_failed_never_comes_back_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reaches_the_disk: bool
) -> None:
    store = LevelKeyValue(tmp_path / "db")
    store.write([(b"a", b"1"), (b"b", b"1")], [])
    write = leveldb._write

    def fail(*args: Any, **kwargs: Any) -> None:
        if reaches_the_disk:  # written whole, and then not synced
            write(*args, **kwargs)
        raise plyvel.IOError(b"IO error: No space left on device")

    monkeypatch.setattr(leveldb, "_write", fail)
    # LevelDB shows what it could not sync to nobody: here that is played by the old values.
    monkeypatch.setattr(LevelKeyValue, "_before", lambda self, keys: OLD, raising=True)
    with pytest.raises(DiskFull):
        store.write([(b"a", b"2"), (b"c", b"2")], [b"b"], sync=True)
    monkeypatch.setattr(leveldb, "_write", write)
    half = store.scan(b"", b"z")
    assert next(half)[0] == b"a"
    store.write([(b"d", b"3")], [])
    assert list(store.scan(b"", b"z")) == [(b"a", b"1"), (b"b", b"1"), (b"d", b"3")]
    assert list(half) == [(b"b", b"1"), (b"d", b"3")]  # it goes on after its last row
    store.close()


def test_a_place_that_cannot_be_a_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeUnusable):
        LevelKeyValue(tmp_path / "file")
    shutil.rmtree(tmp_path)
