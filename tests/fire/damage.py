"""Files of a store that are damaged at random, as disks and power cuts damage them.

Whatever was done to its files: a store is refused in our own words, or what it gives is what
was written; a repair makes it whole of nothing but that; and no log of one's own goes on from
an entry before its newest one.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

from p2pblog.content.bodies import Post, Ref, serialize
from p2pblog.core.errors import LocalError, OwnLogBehind
from p2pblog.log.identity import add_device
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.store.repair import Owner, find_problems, repair_store
from p2pblog.store.verify import Report, verify_logs
from p2pblog.views.newest import newest_seqs
from tests.fire.home import EPOCH, ME, OTHERS, ROOT, START_MS, Home

Truth = dict[tuple[bytes, int], bytes]
"""The id of every entry by its log and seq."""

_PAGE_BYTES = 4096
_NOW_MS = START_MS + 10**9


def write_home(folder: Path, chance: random.Random) -> Truth:
    """Make a store of several tables and a log, with views; return what is in it."""

    def bodies(count: int) -> list[tuple[int, bytes]]:
        texts = [chance.randbytes(chance.randint(10, 90)).hex() for _ in range(count)]
        return [(START_MS + n, serialize(Post(text), bytes(16))) for n, text in enumerate(texts)]

    source = LogStore(MemoryKeyValue(), new_epoch=EPOCH)
    for key in OTHERS:
        source.append(key, bodies(320), START_MS)
    folder.mkdir(exist_ok=True)
    for opened in range(4):
        home = Home(folder)
        if not opened:
            device = serialize(add_device(ROOT.public, ME), bytes(16))
            home.store.append(ROOT, [(START_MS, device)], START_MS)
        home.store.append(ME, bodies(40), _NOW_MS)
        for key in OTHERS[: 3 if opened < 2 else 0]:
            first = 1 + 192 * opened  # the second time above a gap
            home.store.ingest(source.segment_up(key.public, first, first + 127), _NOW_MS)
        gone = home.store.entry(ME.public, opened + 1)
        home.store.erase([Ref(gone.log, gone.seq, gone.id)])
        home.store.scrub.run()
        for _ in range(20):  # these stay in the file of the latest writes
            home.store.append(ME, bodies(chance.randint(1, 4)), _NOW_MS)
        while home.fold(512):
            pass
        truth = _read(home.store)
        home.close()
    return truth


def _read(store: LogStore) -> Truth:
    return {
        (log, entry.seq): entry.id
        for log, held in store.logs.items()
        for part in held.ranges
        for entry in store.read(log, part.low, part.high)
    }


# --- what happens to files --------------------------------------------------------------


def torn(store: Path, chance: random.Random) -> None:
    """The last write did not get to the disk whole."""
    (log,) = store.glob("*.log")
    data = log.read_bytes()
    log.write_bytes(data[: chance.randrange(len(data) + 1)])


def flipped(store: Path, chance: random.Random) -> None:
    """Some bits of a file rot."""
    file, data = _some(store, chance)
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    file.write_bytes(data)


def zeroed(store: Path, chance: random.Random) -> None:
    """A page of a file reads as zeros."""
    file, data = _some(store, chance)
    start = chance.randrange(0, len(data), _PAGE_BYTES)
    size = min(_PAGE_BYTES, len(data) - start)
    data[start : start + size] = bytes(size)
    file.write_bytes(data)


def cut(store: Path, chance: random.Random) -> None:
    """A file lost its end."""
    file, data = _some(store, chance)
    file.write_bytes(data[: chance.randrange(len(data))])


def removed(store: Path, chance: random.Random) -> None:
    """A file is gone."""
    _some(store, chance)[0].unlink()


DAMAGES: dict[str, Callable[[Path, random.Random], None]] = {
    damage.__name__: damage for damage in (torn, flipped, zeroed, cut, removed)
}


def _some(store: Path, chance: random.Random) -> tuple[Path, bytearray]:
    files = sorted(file for file in store.iterdir() if file.is_file() and file.stat().st_size)
    file = chance.choice(files)
    return file, bytearray(file.read_bytes())


# --- what must hold ---------------------------------------------------------------------


def endure(home: Path, truth: Truth, *, is_torn: bool) -> str:
    """Use the damaged home, then mend it; return what became of it, in a word."""
    used = Path(shutil.copytree(home, home.with_name("used")))
    found = _use(used, truth, is_torn=is_torn)
    refused = found is None
    assert not (refused and is_torn), "a torn write keeps a node from starting"
    problems = find_problems(home / "store")
    if refused:
        assert problems, "refused, and nothing to repair"
    reached = newest_seqs(home / "views.sqlite", [ME.public])[ME.public]
    repair_store(home / "store", {ME.public: Owner(ME, reached)}, new_epoch=EPOCH, now_ms=_NOW_MS)
    assert find_problems(home / "store") == []
    assert _use(home, truth, is_torn=True) is not None, "what was repaired does not open"
    if refused:
        return "refused and repaired"
    if problems:
        return "opened and repaired"
    return "opened without its end" if found != len(truth) else "used as it was"


def _use(home: Path, truth: Truth, *, is_torn: bool) -> int | None:
    """Open, read, fold and write; return how many entries were there, None where it is refused."""
    # As a node does, before it opens the views: those that are ahead of the store are dropped.
    reached = newest_seqs(home / "views.sqlite", [ME.public])
    try:
        opened = Home(home)
    except LocalError:
        return None
    try:
        store = opened.store
        arrival = store.arrival
        report = Report()
        for _ in verify_logs(store, list(store.logs), report):
            pass
        bad = {log for log, _, _ in report.errors}
        assert not (bad and is_torn)
        whole = {log: held for log, held in store.logs.items() if log not in bad}
        for log, held in whole.items():
            for part in held.ranges:
                for entry in store.read(log, part.low, part.high):
                    assert truth[log, entry.seq] == entry.id, "an entry that was never written"
        try:
            while opened.fold(512):
                pass
        except LocalError:
            assert not is_torn
        _write_on(store, reached.get(ME.public, 0), truth, is_torn=is_torn)
    finally:
        opened.close()
    return arrival


def _write_on(store: LogStore, reached: int, truth: Truth, *, is_torn: bool) -> None:
    """Append as a node does that knows how far the log had come; it must not fork."""
    newest = max(seq for log, seq in truth if log == ME.public)
    body = serialize(Post("after the damage"), bytes(16))
    try:
        store.raise_own_floor(ME.public, reached)
        [entry] = store.append(ME, [(_NOW_MS, body)], _NOW_MS)
    except OwnLogBehind:
        held = store.logs.get(ME.public)
        assert held is None or held.newest.high < newest
    except LocalError:
        assert not is_torn
    else:
        assert entry.seq == newest + 1, "a second entry with one number"
