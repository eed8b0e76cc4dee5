"""A store that is killed again and again: one process forks its lives and its examiners.

Run as `python -m tests.fire.lives FOLDER SEED KILLS`.  This process has one thread and opens
nothing itself, so a life costs a fork, not a start of Python.  A life opens the store and the
views, appends, ingests, erases and folds as its seed says, and tells each thing that was
confirmed on a pipe; it is killed at a random moment.  An examiner then opens what was left.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from p2pblog.content.bodies import Erase, Post, Profile, Ref, parse, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.log.identity import add_device
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.store.verify import Report, verify_logs
from p2pblog.views.database import Views

ROOT, ME = SigningKey(b"r" * 32), SigningKey(b"m" * 32)
OTHERS = [SigningKey(bytes([number]) * 32) for number in (1, 2, 3)]
OTHER_ENTRIES = 6_000
START_MS = 1_780_000_000_000
EPOCH = b"e" * 16
LIFE_S_MAX = 0.06
WHOLE_EVERY = 100
_READ_BYTES = 64 * 1024


class Home:
    """The folder that lives through all of it, opened."""

    def __init__(self, folder: Path) -> None:
        self.store = LogStore(LevelKeyValue(folder / "store"), new_epoch=EPOCH)
        self.views = Views(
            folder / "views.sqlite",
            epoch=self.store.epoch,
            self_identity=ROOT.public,
            journal_end=self.store.arrival,
        )

    def fold(self, most: int) -> bool:
        """Fold up to `most` entries; False when there are none."""
        batch = self.store.journal(self.views.indexed, most)
        self.views.apply(batch)
        return bool(batch)

    def close(self) -> None:
        self.views.close()
        self.store.close()


def others() -> LogStore:
    """What peers would send: three logs, in memory."""
    store = LogStore(MemoryKeyValue(), new_epoch=EPOCH)
    for key in OTHERS:
        bodies = (
            (START_MS + n, serialize(Post(f"entry {n} of a #log"), n.to_bytes(16)))
            for n in range(OTHER_ENTRIES)
        )
        store.append(key, bodies, START_MS)
    return store


def live(folder: Path, source: LogStore, seed: str, erasing: bool, say: TextIO) -> None:
    """Write until killed; every line said is a promise."""
    chance = random.Random(seed)
    home = Home(folder)
    if ROOT.public not in home.store.logs:
        body = serialize(add_device(ROOT.public, ME), bytes(16))
        home.store.append(ROOT, [(START_MS, body)], START_MS)
    now_ms = START_MS + 10**6 + home.store.arrival
    while True:
        now_ms += 1
        match chance.choices(("append", "ingest", "fold", "erase"), (12, 9, 9, 6 * erasing))[0]:
            case "append":
                bodies = [
                    (now_ms, serialize(_body(home, chance), chance.randbytes(16)))
                    for _ in range(chance.randint(1, 3))
                ]
                for entry in home.store.append(ME, bodies, now_ms):
                    _say(say, "own", entry.seq, entry.id.hex())
            case "ingest":
                segment = _next(home.store, source, chance)
                if segment is not None:
                    home.store.ingest(segment, now_ms)
                    _say(say, "taken", segment.log.hex(), segment.first, segment.last)
            case "erase" if refs := _erasable(home.store, chance):
                body = serialize(Erase(tuple(refs)), chance.randbytes(16))
                for entry in home.store.append(ME, [(now_ms, body)], now_ms):
                    _say(say, "own", entry.seq, entry.id.hex())
                while home.fold(512):  # the views say what may be erased
                    pass
                home.store.erase(refs)
                if chance.random() < 0.5:
                    home.store.erasures.scrub()
                _say(say, "erased", [ref.seq for ref in refs])
            case _:
                home.fold(chance.choice((1, 16, 512)))
                _say(say, "folded", home.views.indexed)


def examine(
    folder: Path,
    known: dict[int, str],
    taken: set[tuple[bytes, int, int]],
    erased: set[int] | None,
    whole: bool,
    say: TextIO,
) -> None:
    """Check what a killed life has left; say which own entries are there."""
    home = Home(folder)
    store = home.store
    held = store.logs.get(ME.public)
    high = held.newest.high if held else 0
    assert high >= max(known, default=0), "a confirmed entry is gone"
    low = 1 if whole else max(1, max(known, default=0) - 100)
    for entry in store.read(ME.public, low, high):
        assert known.get(entry.seq, entry.id.hex()) == entry.id.hex(), "a seq with two ids"
        _say(say, "own", entry.seq, entry.id.hex())
    for log, first, last in taken:  # a kill, unlike a power cut, loses nothing that was written
        assert store.logs[log].holds(first)
        assert store.logs[log].holds(last)
    assert all(store.entry(ME.public, seq).body is None for seq in erased or ()), "an erased text"
    assert home.views.indexed <= store.arrival
    if whole:
        report = Report()
        for _ in verify_logs(store, list(store.logs), report):
            pass
        assert report.errors == []
        assert report.entries == store.arrival
        assert store.forked == {}
        seen, arrival = set(), 0
        while batch := store.journal(arrival):
            assert [item.arrival for item in batch] == [*range(arrival + 1, batch[-1].arrival + 1)]
            arrival = batch[-1].arrival
            seen |= {(item.entry.log, item.entry.seq) for item in batch}
        assert len(seen) == arrival == store.arrival
        while home.fold(512):
            pass
    # Once texts are erased, views that knew them and views that never did may differ.
    if whole and erased is None:
        caught_up = _tables(folder / "views.sqlite")
        fresh = folder / "fresh.sqlite"
        views = Views(fresh, epoch=store.epoch, self_identity=ROOT.public)
        while batch := store.journal(views.indexed, 4096):
            views.apply(batch)
        views.close()
        anew = _tables(fresh)
        assert caught_up.keys() == anew.keys()
        for name, rows in anew.items():
            assert caught_up[name] == rows, f"the views differ from a rebuild: {name}"
        for file in folder.glob("fresh.sqlite*"):
            file.unlink()
    _say(say, "entries", store.arrival, high)
    home.close()


def main(folder: Path, seed: int, kills: int) -> None:
    """Let `kills` lives end early; print what was promised, and kept."""
    source = others()
    chance = random.Random(seed)
    promised: dict[int, str] = {}  # own entries by seq: confirmed, or found on the disk
    taken: set[tuple[bytes, int, int]] = set()
    erased: set[int] = set()
    erasing_from = kills * 4 // 5
    confirmed = entries = folded = 0
    began_s = time.monotonic()
    for kill in range(1, kills + 1):
        # Files are written anew for an erasure, which takes longer.
        lasting_s = chance.random() * LIFE_S_MAX * (1 + 2 * (kill > erasing_from))
        life = partial(live, folder, source, f"{seed} {kill}", kill > erasing_from)
        for kind, *rest in _fork(life, lasting_s):
            match kind:
                case "own":
                    confirmed += 1
                    _promise(promised, *rest)
                case "taken":
                    taken.add((bytes.fromhex(rest[0]), *rest[1:]))
                case "erased":
                    erased.update(rest[0])
                case "folded":
                    folded += 1
        whole = kill % WHOLE_EVERY == 0 or kill in (erasing_from, kills)
        examiner = partial(
            examine, folder, promised, taken, erased if kill > erasing_from else None, whole
        )
        for kind, *rest in _fork(examiner, None):
            if kind == "own":
                _promise(promised, *rest)
            if kind == "entries":
                entries = rest[0]
    seconds = time.monotonic() - began_s
    print(
        f"seed {seed}: {kills} kills, {confirmed} entries confirmed, {entries} held, "
        f"{len(erased)} erased, {folded} batches folded, {seconds:.0f} s"
    )


def _promise(promised: dict[int, str], seq: int, entry_id: str) -> None:
    assert promised.setdefault(seq, entry_id) == entry_id, f"entry {seq} has two ids"


def _fork(work: Callable[[TextIO], None], lasting_s: float | None) -> Iterator[list[Any]]:
    """Run `work` in a child, killed after `lasting_s` unless that is None; yield what it said."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        try:
            with os.fdopen(writing, "w", buffering=1) as say:
                work(say)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
    os.close(writing)
    os.set_blocking(reading, lasting_s is None)
    said = b""
    if lasting_s is not None:
        # What was said before is read meanwhile, so that a full pipe does not hold it up.
        deadline_s = time.monotonic() + lasting_s
        while (left_s := deadline_s - time.monotonic()) > 0:
            time.sleep(min(left_s, 0.005))
            said += _available(reading)
        os.kill(pid, signal.SIGKILL)
        os.set_blocking(reading, True)
    while data := os.read(reading, _READ_BYTES):
        said += data
    os.close(reading)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code == 0 or (lasting_s is not None and code == -signal.SIGKILL), "see above"
    for line in said.split(b"\n")[:-1]:  # a line cut by the kill was not said
        yield json.loads(line)


def _available(reading: int) -> bytes:
    try:
        return os.read(reading, _READ_BYTES)
    except BlockingIOError:
        return b""


def _say(say: TextIO, *words: object) -> None:
    say.write(json.dumps(words) + "\n")


def _body(home: Home, chance: random.Random) -> Post | Profile:
    if chance.random() < 0.1:
        return Profile(f"Ada {chance.randrange(100)}")
    held = home.store.logs.get(ME.public)
    if held is not None and chance.random() < 0.3:
        target = home.store.entry(ME.public, held.newest.high)
        ref = Ref(ME.public, target.seq, target.id)
        return Post("and another thing", reply=ref, root=ref)
    return Post(f"number {chance.randrange(10**9)} #fire")


def _erasable(store: LogStore, chance: random.Random) -> list[Ref]:
    """One or two of one's own posts that still have their text."""
    held = store.logs.get(ME.public)
    seqs = {chance.randint(1, held.newest.high) for _ in range(2)} if held else set()
    entries = [store.entry(ME.public, seq) for seq in sorted(seqs)]
    return [
        Ref(ME.public, entry.seq, entry.id)
        for entry in entries
        if entry.body is not None and isinstance(parse(entry.body), Post)
    ]


def _next(store: LogStore, source: LogStore, chance: random.Random) -> Any:
    """What a session could take next of some log: newer, ahead of a gap, or older."""
    log = chance.choice(OTHERS).public
    held = store.logs.get(log)
    if held is None:
        return source.segment_up(log, 1, 10)
    newest = held.newest
    if held.older is not None:
        low = max(held.older.high + 1, newest.low - chance.randint(1, 100))
        return source.segment_down(log, low, newest.low - 1)
    ahead = newest.high + (chance.randint(2, 300) if chance.random() < 0.5 else 1)
    return None if ahead > OTHER_ENTRIES else source.segment_up(log, ahead, ahead + 5)


def _tables(path: Path) -> dict[str, list[Any]]:
    """Every table of a views' file, and every word of its index; but not who it belongs to."""
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, words, 'row')")
        names = [
            name
            for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not name.startswith(("words", "sqlite_"))
        ]
        return {name: sorted(conn.execute(f"SELECT * FROM {name}"), key=repr) for name in names} | {
            "words": sorted(conn.execute("SELECT * FROM temp.terms"))
        }


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
