"""A store that is killed again and again: one process forks its lives and its examiners.

Run as `python -m tests.fire.lives FOLDER SEED KILLS`.  This process has one thread and opens
nothing itself, so a life costs a fork, not a start of Python.  A life opens the store and the
views, appends, ingests, erases and folds as its seed says, and tells what it begins and each
thing that was confirmed on a pipe; it is killed at a random moment of one of these.  An examiner
then opens what was left.  What was going on at the kills is counted, and printed as JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from p2pblog.content.bodies import Erase, Post, Profile, Ref, parse, serialize
from p2pblog.log.identity import add_device
from p2pblog.log.segment import Segment
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from tests.fire.examining import examine
from tests.fire.home import EPOCH, ME, OTHERS, ROOT, START_MS, Home, tell

OTHER_ENTRIES = 4_000
DEEDS_MAX = 12  # in one life
FOLDER_KILLS = 100  # then a fresh folder, so that looking at everything stays quick
WHOLE_EVERY = 25
_LIFE_S_MAX = 30
_POLL_S = 0.0005
_READ_BYTES = 64 * 1024


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
    """Write until killed; every line said but "begins" is a promise."""
    chance = random.Random(seed)
    home = Home(folder)
    if ROOT.public not in home.store.logs:
        body = serialize(add_device(ROOT.public, ME), bytes(16))
        home.store.append(ROOT, [(START_MS, body)], START_MS)
    now_ms = START_MS + 10**6 + home.store.arrival
    while True:
        now_ms += 1
        what = chance.choices(("append", "ingest", "fold", "erase"), (12, 12, 6, 6 * erasing))[0]
        tell(say, "begins", what)
        match what:
            case "append":
                bodies = [
                    (now_ms, serialize(_body(home, chance), chance.randbytes(16)))
                    for _ in range(chance.randint(1, 3))
                ]
                for entry in home.store.append(ME, bodies, now_ms):
                    tell(say, "own", entry.seq, entry.id.hex())
            case "ingest":
                segment = _next(home.store, source, chance)
                if segment is not None:
                    home.store.ingest(segment, now_ms)
                    tell(say, "taken", segment.log.hex(), segment.first, segment.last)
            case "erase":
                _erase(home, chance, now_ms, say)
            case _:
                home.fold(chance.choice((1, 16, 512)))
                tell(say, "folded", home.views.indexed)


def _erase(home: Home, chance: random.Random, now_ms: int, say: TextIO) -> None:
    refs = _erasable(home.store, chance)
    if not refs:
        return
    body = serialize(Erase(tuple(refs)), chance.randbytes(16))
    for entry in home.store.append(ME, [(now_ms, body)], now_ms):
        tell(say, "own", entry.seq, entry.id.hex())
    while home.fold(512):  # the views say what may be erased
        pass
    home.store.erase(refs)
    if chance.random() < 0.5:
        tell(say, "begins", "scrub")
        home.store.scrub.run()
    tell(say, "erased", [ref.seq for ref in refs])


def main(folder: Path, seed: int, kills: int) -> None:
    """Let `kills` lives end early, in a fresh folder every so often; print what was counted."""
    source = others()
    counted: Counter[str] = Counter()
    during: Counter[str] = Counter()
    began_s = time.monotonic()
    for first in range(0, kills, FOLDER_KILLS):
        here = folder / str(first)
        here.mkdir()
        generation(
            here, source, f"{seed} {first}", min(FOLDER_KILLS, kills - first), counted, during
        )
    seconds = round(time.monotonic() - began_s)
    print(json.dumps({"kills": during.total(), "during": during, "seconds": seconds} | counted))


def generation(
    folder: Path,
    source: LogStore,
    seed: str,
    kills: int,
    counted: Counter[str],
    during: Counter[str],
) -> None:
    """Let `kills` lives follow each other in one folder; every promise holds to the end."""
    chance = random.Random(seed)
    promised: dict[int, str] = {}  # own entries by seq: confirmed, or found on the disk
    taken: set[tuple[bytes, int, int]] = set()
    erased: set[int] = set()
    erasing_from = kills // 2
    pace = Pace()
    for kill in range(1, kills + 1):
        erasing = kill > erasing_from
        life = partial(live, folder, source, f"{seed} {kill}", erasing)
        doing = "opening"
        for kind, *rest in _killed(life, chance.randint(0, DEEDS_MAX), chance.random(), pace):
            match kind:
                case "begins":
                    doing = rest[0]
                case "own":
                    counted["confirmed"] += 1
                    _promise(promised, *rest)
                case "taken":
                    taken.add((bytes.fromhex(rest[0]), *rest[1:]))
                case "erased":
                    counted["erased"] += len(rest[0])
                    erased.update(rest[0])
                case "folded":
                    counted["folded"] += 1
        during[doing] += 1
        whole = kill % WHOLE_EVERY == 0 or kill in (erasing_from, kills)
        counted["examined"] += whole
        examiner = partial(examine, folder, promised, taken, erased if erasing else None, whole)
        for kind, *rest in _ended(examiner):
            if kind == "own":
                _promise(promised, *rest)
    counted["held"] += len(promised) + sum(last - first + 1 for _, first, last in taken)


def _promise(promised: dict[int, str], seq: int, entry_id: str) -> None:
    assert promised.setdefault(seq, entry_id) == entry_id, f"entry {seq} has two ids"


# --- processes -------------------------------------------------------------------------


class Pace:
    """How long it takes here to open, and to do one thing: so that kills fall anywhere in it."""

    def __init__(self) -> None:
        self.opening_s = 0.02
        self.deed_s = 0.005

    def learn(self, begun_s: list[float]) -> None:
        """Take in when a life began, and each of its deeds."""
        if len(begun_s) > 1:
            self.opening_s += (begun_s[1] - begun_s[0] - self.opening_s) / 8
        if len(begun_s) > 2:
            deed_s = (begun_s[-1] - begun_s[1]) / (len(begun_s) - 2)
            self.deed_s += (deed_s - self.deed_s) / 8


def _killed(
    work: Callable[[TextIO], None], deeds: int, part: float, pace: Pace
) -> Iterator[list[Any]]:
    """Run `work` in a child that is killed, and yield what it said.

    Args:
        deeds: which of its deeds it is killed in; 0 while it opens.
        part: how far in that, from 0 to 1.
    """
    begun_s = [time.monotonic()]
    pid, reading = _fork(work)
    os.set_blocking(reading, False)
    said, deadline_s = b"", begun_s[0] + _LIFE_S_MAX
    while (now_s := time.monotonic()) < deadline_s:
        # What was said before is read meanwhile, so that a full pipe does not hold it up.
        said += _available(reading)
        begun_s += [now_s] * (said.count(b'["begins"') + 1 - len(begun_s))
        if len(begun_s) > deeds:
            # Deeds differ: some last longer than most.
            lasts_s = 1.5 * pace.deed_s if deeds else pace.opening_s
            deadline_s = begun_s[deeds] + part * lasts_s
        time.sleep(_POLL_S)
    os.kill(pid, signal.SIGKILL)
    pace.learn(begun_s)
    yield from _words(pid, reading, said, -signal.SIGKILL)


def _ended(work: Callable[[TextIO], None]) -> Iterator[list[Any]]:
    """Run `work` in a child to its end, and yield what it said."""
    pid, reading = _fork(work)
    yield from _words(pid, reading, b"", 0)


def _fork(work: Callable[[TextIO], None]) -> tuple[int, int]:
    """Begin `work` in a child; return its pid, and where to read what it says."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    os.close(reading)
    try:
        with os.fdopen(writing, "w", buffering=1) as say:
            work(say)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def _words(pid: int, reading: int, said: bytes, expected: int) -> Iterator[list[Any]]:
    os.set_blocking(reading, True)
    while data := os.read(reading, _READ_BYTES):
        said += data
    os.close(reading)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == expected, "see above"
    for line in said.split(b"\n")[:-1]:  # a line cut by the kill was not said
        yield json.loads(line)


def _available(reading: int) -> bytes:
    try:
        return os.read(reading, _READ_BYTES)
    except BlockingIOError:
        return b""


# --- what a life does ------------------------------------------------------------------


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


def _next(store: LogStore, source: LogStore, chance: random.Random) -> Segment | None:
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
    return None if ahead > OTHER_ENTRIES else source.segment_up(log, ahead, ahead + 2)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
