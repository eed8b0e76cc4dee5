"""Measure a cold sync between two real nodes over encrypted TCP on 127.0.0.1.

    python tests/benchmarks/bench_sync.py [LOGS] [POSTS]

Node A holds LOGS logs of POSTS posts of 140 characters each; node B follows all their
writers, links to A, and is timed until everything is stored, and until it is indexed as
well.  Prints one row; wire bytes are both directions, handshake included.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path

from p2pblog.content.bodies import Post, Profile, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.core.textform import Kind, to_text
from p2pblog.log.identity import add_device
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import LogStore
from tests.whole.running import RunningNode

NOW_MS = 1_700_000_000_000


def main(logs: int, posts: int) -> None:
    """Build, sync, print."""
    with tempfile.TemporaryDirectory() as folder:
        a, b = (RunningNode(Path(folder, name)) for name in "ab")
        a.start().init("a")
        a.stop()
        identities, body_bytes = fill(a.home / "store", logs, posts)
        a.start()
        b.start().init("b")
        for identity in identities:
            b.call("follow", id=identity)
        total = a.call("status")["entries"]
        own = b.call("status")["entries"]
        begin_s = time.perf_counter()
        b.link_to(a)
        stored_s = wait(b, "entries", total + own, begin_s)
        indexed_s = wait(b, "indexed", total + own, begin_s)
        for node in (a, b):
            node.stop()
        size = sum(file.stat().st_size for file in (b.home / "store").iterdir())
    print(
        f"{total:,} entries: stored in {stored_s:.2f} s ({total / stored_s:,.0f}/s), "
        f"indexed in {indexed_s:.2f} s ({total / indexed_s:,.0f}/s), "
        f"{size / total:.0f} B an entry on disk, {body_bytes / total:.0f} of them body"
    )


def fill(path: Path, logs: int, posts: int) -> tuple[list[str], int]:
    """Write the logs of `logs` identities; return their ids and the bytes of all bodies."""
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9)))
             for _ in range(5000)]  # fmt: skip
    store = LogStore(LevelKeyValue(path), new_epoch=os.urandom(16))
    identities, size = [], 0
    for number in range(logs):
        root, device = (SigningKey(bytes([kind]) + number.to_bytes(31)) for kind in (1, 2))
        store.append(root, [(NOW_MS, serialize(add_device(root.public, device), bytes(16)))], 1)
        bodies = [serialize(Profile(f"writer {number}"), os.urandom(16))]
        while len(bodies) < posts:
            text = ""
            while len(text) < 140:
                text += chance.choice(words) + " "
            bodies.append(serialize(Post(text[:140]), os.urandom(16)))
        times = sorted(NOW_MS + chance.randrange(10**10) for _ in bodies)
        store.append(device, zip(times, bodies, strict=True), 1)
        size += sum(map(len, bodies))
        identities.append(to_text(Kind.IDENTITY, root.public))
    store.close()
    return identities, size


def wait(node: RunningNode, field: str, target: int, begin_s: float) -> float:
    """Return the seconds from `begin_s` until a field of the status reaches `target`."""
    while node.call("status")[field] < target:
        time.sleep(0.005)
    return time.perf_counter() - begin_s


if __name__ == "__main__":
    main(*(int(argument) for argument in (sys.argv[1:] + ["20", "1000"][len(sys.argv) - 1 :])))
