"""A LevelDB folder with a damaged file is not opened, the file is named, and no byte changes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from p2pblog.core.errors import StoreCorrupt
from p2pblog.store import records, tables
from p2pblog.store.files import examine, has_zero_tail
from p2pblog.store.leveldb import LevelKeyValue

VALUE = bytes(range(256))
ROWS = 40_000


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tables, and a log that holds a few rows of its own."""
    path = tmp_path_factory.mktemp("written") / "db"
    store = LevelKeyValue(path)
    for first in range(0, ROWS, 100):
        # Halves of it are compressed, as timestamps and texts are.
        store.write([(b"%06d" % n, VALUE) for n in range(first, first + 100)], [])
    store.close()
    store = LevelKeyValue(path)
    for number in range(3):
        store.write([(b"late %d" % number, b"value %d" % number)], [], sync=True)
    store.close()
    return path


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "db"))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but LevelDB's notes for people (LOG, and the one before it)."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith("LOG.") and path.name != "LOG"
    }


def remove(path: Path) -> None:
    path.unlink()


def garble(path: Path) -> None:
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + bytes([data[middle] ^ 4]) + data[middle + 1 :])


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def zero_first_header(path: Path) -> None:
    path.write_bytes(bytes(7) + path.read_bytes()[7:])


def lengthen_first_record(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[5] ^= 0x40
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        *((kind, how) for kind in ("CURRENT", "MANIFEST-*") for how in (remove, garble, halve)),
        ("CURRENT", empty),
        ("MANIFEST-*", empty),
        ("MANIFEST-*", zero_first_header),
        ("MANIFEST-*", lengthen_first_record),
        *(("*.ldb", how) for how in (remove, halve, empty)),
        *(("*.log", how) for how in (remove, garble, zero_first_header, lengthen_first_record)),
    ],
)
def test_what_would_lose_something_is_refused_and_named(
    folder: Path, kind: str, damage: Callable[[Path], None]
) -> None:
    victim = sorted(folder.glob(kind))[0]
    damage(victim)
    before = contents(folder)
    with pytest.raises(StoreCorrupt):
        LevelKeyValue(folder)
    assert contents(folder) == before
    (found,) = examine(folder, whole=True)
    assert found.file == victim.name
    assert contents(folder) == before


def test_a_block_of_a_table_that_rotted_is_found_by_a_whole_check_and_when_it_is_read(
    folder: Path,
) -> None:
    victim = sorted(folder.glob("*.ldb"))[0]
    data = bytearray(victim.read_bytes())
    for at in (10, len(data) // 3, len(data) // 2, len(data) - 400, len(data) - 60):
        data[at] ^= 1
        victim.write_bytes(data)
        (found,) = examine(folder, whole=True)
        assert found.file == victim.name
        data[at] ^= 1
    data[10] ^= 1
    victim.write_bytes(data)
    store = LevelKeyValue(folder)
    with pytest.raises(StoreCorrupt):
        list(store.scan(b"", b"\xff"))
    store.close()


def test_a_whole_folder_a_new_one_and_a_lock_that_is_gone_are_all_well(folder: Path) -> None:
    assert examine(folder, whole=True) == []
    assert examine(folder.with_name("none"), whole=True) == []
    (folder / "LOCK").unlink()
    assert examine(folder, whole=True) == []
    store = LevelKeyValue(folder)
    assert store.get(b"late 2") == b"value 2"
    store.close()


def test_a_last_record_torn_at_any_length_does_not_block_a_start(folder: Path) -> None:
    (log,) = folder.glob("*.log")
    data = log.read_bytes()
    last = data.rindex(b"late 2") - 7 - 12 - 2  # the headers of the record, the batch and the row
    assert records.damage(data[:last], whole=True) == ""
    for length in range(last, len(data)):
        torn = Path(shutil.copytree(folder, folder.with_name(f"torn {length}")))
        (torn / log.name).write_bytes(data[:length])
        assert examine(torn, whole=True) == []
        store = LevelKeyValue(torn)
        assert (store.get(b"late 1"), store.get(b"late 2")) == (b"value 1", None)
        store.close()
        shutil.rmtree(torn)


def test_a_last_record_whose_end_was_never_written_does_not_block_a_start(tmp_path: Path) -> None:
    store = LevelKeyValue(tmp_path / "db")
    store.write([(b"a", b"kept")], [], sync=True)
    store.write([(b"b", VALUE * 8)], [])
    store.close()
    (log,) = (tmp_path / "db").glob("*.log")
    data = log.read_bytes()
    log.write_bytes(data[:1024] + bytes(len(data) - 1024))
    assert has_zero_tail(tmp_path / "db")
    store = LevelKeyValue(tmp_path / "db")
    assert (store.get(b"a"), store.get(b"b")) == (b"kept", None)
    store.close()


def test_a_damaged_last_record_is_not_taken_for_a_torn_one(folder: Path) -> None:
    (log,) = folder.glob("*.log")
    data = bytearray(log.read_bytes())
    data[-1] ^= 1
    log.write_bytes(data)
    before = contents(folder)
    assert not has_zero_tail(folder)
    with pytest.raises(StoreCorrupt):
        LevelKeyValue(folder)
    assert contents(folder) == before


def test_the_checksum_is_leveldbs_own() -> None:
    # CRC-32C of nine digits, the check value of its definition, before the mask.
    masked = records.checksum(b"123456789")
    crc = (masked - 0xA282EAD8) & 0xFFFFFFFF
    assert (crc >> 17 | crc << 15) & 0xFFFFFFFF == 0xE3069283


def test_numbers_that_never_end_are_refused() -> None:
    with pytest.raises(ValueError, match="64 bits"):
        tables.varint(b"\xff" * 11, 0)
