"""A disk that runs full under a store, its views, its pictures and a whole node.

Run as `python -m tests.fire.full_disk SCENE FOLDER` with FOLDER on a small file system of its
own.  Every scene fills it, sees what is said, makes room and goes on.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from p2pblog.content.bodies import Post, Ref, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import DiskFull
from p2pblog.store import leveldb
from p2pblog.store.blobs import BlobStore
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.store.verify import Report, verify_logs
from p2pblog.views.database import Views
from tests.whole.running import RunningNode, until

ME, MIA = SigningKey(b"m" * 32), SigningKey(b"o" * 32)
EPOCH = b"e" * 16
NOW_MS = 1_780_000_000_000


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Fill the file system to its last byte, and free all of that again."""
    path = folder / "ballast"
    with path.open("wb", buffering=0) as ballast:
        for size in (1024 * 1024, 4096, 1):
            try:
                while ballast.write(bytes(size)):
                    pass
            except OSError:
                continue
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def refused(work: Callable[[], object]) -> None:
    with pytest.raises(DiskFull) as error:
        work()
    assert str(error.value).startswith("The disk is full, nothing was written")
    assert str(error.value).rstrip(".").endswith("; free some space and try again")


def body(chance: random.Random, size: int = 400) -> bytes:
    return serialize(Post(chance.randbytes(size).hex()), chance.randbytes(16))


def check(store: LogStore, confirmed: dict[int, bytes]) -> None:
    report = Report()
    for _ in verify_logs(store, list(store.logs), report):
        pass
    assert report.errors == []
    assert report.entries == store.arrival
    own = store.logs[ME.public].newest
    assert {entry.seq: entry.id for entry in store.read(ME.public, 1, own.high)} == confirmed


def everything_says_so_and_goes_on(folder: Path) -> None:
    chance = random.Random(1)
    source = LogStore(MemoryKeyValue(), new_epoch=EPOCH)
    source.append(MIA, [(NOW_MS, body(chance)) for _ in range(128)], NOW_MS)
    segment = source.segment_up(MIA.public, 1, 128)
    store = LogStore(LevelKeyValue(folder / "store"), new_epoch=EPOCH)
    views = Views(folder / "views.sqlite", epoch=EPOCH)
    blobs = BlobStore(folder / "blobs")
    picture = chance.randbytes(300_000)
    confirmed = {
        entry.seq: entry.id for entry in store.append(ME, [(NOW_MS, body(chance))], NOW_MS)
    }
    gone = [Ref(ME.public, seq, entry_id) for seq, entry_id in confirmed.items()]
    with full(folder):
        refused(lambda: store.append(ME, [(NOW_MS, body(chance))], NOW_MS))
        refused(lambda: store.ingest(segment, NOW_MS))
        refused(lambda: store.erase(gone))
        assert store.entry(ME.public, gone[0].seq).body is not None
        refused(lambda: views.apply(store.journal(0)))
        refused(lambda: blobs.put(picture))
        check(store, confirmed)
    confirmed |= {
        entry.seq: entry.id for entry in store.append(ME, [(NOW_MS, body(chance))], NOW_MS)
    }
    assert store.ingest(segment, NOW_MS) == 128
    assert store.erase(gone) == 1
    assert store.entry(ME.public, gone[0].seq).body is None
    assert views.apply(store.journal(0)).indexed == 130
    assert blobs.has(blobs.put(picture))
    check(store, confirmed)
    store.close()


def leveldb_itself_runs_out(folder: Path) -> None:
    leveldb.DISK_RESERVE_BYTES = 0  # type: ignore[attr-defined]
    chance = random.Random(2)
    keyvalue = LevelKeyValue(folder / "store")
    store = LogStore(keyvalue, new_epoch=EPOCH)
    confirmed: dict[int, bytes] = {}
    refusals = 0
    for _ in range(4):

        def append(count: int) -> None:
            bodies = [(NOW_MS, body(chance, 2500)) for _ in range(count)]
            confirmed.update({e.seq: e.id for e in store.append(ME, bodies, NOW_MS)})

        append(3)
        with full(folder):
            for _ in range(8):
                # What is left in the last block of the file may still take a small one.
                try:
                    append(chance.randint(1, 30))
                except DiskFull:
                    refusals += 1
            check(store, confirmed)
        append(2)
        check(store, confirmed)
        # More than LevelDB holds in memory, so that its tables meet the end of the disk, too.
        with full(folder):
            (folder / "ballast").unlink()
            with (folder / "ballast").open("wb") as ballast:
                ballast.write(bytes(6 * 1024 * 1024))
            for _ in range(60):
                try:
                    append(30)
                except DiskFull:
                    refusals += 1
        append(1)
        check(store, confirmed)
    assert refusals >= 20
    store.close()
    store = LogStore(LevelKeyValue(folder / "store"), new_epoch=EPOCH)
    check(store, confirmed)
    store.close()
    print(f"{refusals} writes refused, {len(confirmed)} confirmed and kept")


def a_node_goes_on_without_a_restart(folder: Path) -> None:
    node = RunningNode(folder / "ada").start().init("Ada")
    try:
        pid = node.call("hello")["pid"]
        kept = [node.call("post", text="before")["id"]]
        bundle = folder / "bundle"
        node.call("log.export", path=str(bundle))
        picture = folder / "picture.png"
        picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100_000))
        item = {"id": "1", "time_ms": NOW_MS, "text": "imported"}
        with full(folder):
            said = node.run("post", "while it is full", status=1).stderr
            assert said.count("\n") == 1
            assert said.startswith("p2pblog: The disk is full, nothing was written")
            refused(lambda: node.call("import.batch", source="test", account="ada", items=[item]))
            refused(
                lambda: node.call(
                    "post", text="with a picture", media=[{"path": str(picture), "alt": "none"}]
                )
            )
            assert node.texts() == ["before"]
            assert node.call("log.import", path=str(bundle))["new"] == 0
        kept.append(node.call("post", text="after")["id"])
        node.call("import.batch", source="test", account="ada", items=[item])
        until(lambda: sorted(node.texts()) == ["after", "before", "imported"])
        assert node.call("hello")["pid"] == pid
        assert node.json("log", "verify")["errors"] == []
        for entry in kept:
            assert node.call("entry", entry=entry)["id"] == entry
    finally:
        node.stop()


SCENES = {
    scene.__name__: scene
    for scene in (
        everything_says_so_and_goes_on,
        leveldb_itself_runs_out,
        a_node_goes_on_without_a_restart,
    )
}

if __name__ == "__main__":
    SCENES[sys.argv[1]](Path(sys.argv[2]))
