"""Measure the views: python tests/benchmarks/bench_views.py [POSTS]

Folds POSTS (100,000) posts of 140 characters by 200 identities, whose words are as common and
as rare as in a natural language, log by log as a cold sync brings them; then asks as a face
does.  One of the identities is quiet, and it is the only one followed.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate
from pathlib import Path
from statistics import quantiles

from p2pblog.content.bodies import Follow, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import encode
from p2pblog.log.entry import Entry
from p2pblog.log.identity import add_device
from p2pblog.store.logs import Arrived
from p2pblog.views.database import Views
from p2pblog.views.reader import Reader

IDENTITIES = 200
QUIET_POSTS = 60
BATCH_ENTRIES = 2048
YEAR_MS = 365 * 24 * 3600 * 1000
NOW_MS = 1_790_000_000_000
ASKED = 200


class World:
    """Makes entries; nothing is signed, since views only see what the log has verified."""

    def __init__(self) -> None:
        self.chance = random.Random(1)
        letters = "eeeetttaaaooiinnsshhrrdlucmfwypvbgkjqxz"
        words = ["".join(self.chance.choices(letters, k=n % 9 + 2)) for n in range(40_000)]
        self.words = list(dict.fromkeys(words))
        self.weights = list(accumulate(1 / (rank + 3) for rank in range(len(self.words))))
        self.arrival = 0
        self.seqs: dict[bytes, int] = {}

    def text(self) -> str:
        words = self.chance.choices(self.words, cum_weights=self.weights, k=40)
        return " ".join(words)[:140]

    def arrived(self, log: bytes, time_ms: int, body: bytes) -> Arrived:
        self.arrival += 1
        seq = self.seqs[log] = self.seqs.get(log, 0) + 1
        entry_id, zero = self.chance.randbytes(32), bytes(32)
        entry = Entry(log, seq, zero, time_ms, len(body), zero, entry_id, body)
        return Arrived(self.arrival, NOW_MS, entry)


def identity(number: int) -> tuple[SigningKey, SigningKey]:
    root = SigningKey(number.to_bytes(32))
    return root, SigningKey((number + 10_000).to_bytes(32))


def posts_of(world: World, log: bytes, posts: int) -> Iterator[Arrived]:
    step_ms = 2 * YEAR_MS // posts
    for number in range(posts):
        time_ms = NOW_MS - 2 * YEAR_MS + number * step_ms + world.chance.randrange(step_ms)
        salt, content = world.chance.randbytes(16), {"text": world.text()}
        yield world.arrived(log, time_ms, encode([salt, "post", content]))


def measure(ask: Callable[[int], object], times: int = ASKED) -> str:
    took = []
    for number in range(times):
        start = time.perf_counter()
        ask(number)
        took.append((time.perf_counter() - start) * 1000)
    cuts = quantiles(took, n=100)
    return f"p50 {cuts[49]:7.2f} ms   p95 {cuts[94]:7.2f} ms   first {took[0]:7.2f} ms"


def main(posts: int, folder: Path) -> None:
    world = World()
    people = [identity(number) for number in range(1, IDENTITIES + 1)]
    path = folder / "views.sqlite"
    views = Views(path, epoch=bytes(16), self_identity=people[0][0].public)
    first = []
    for root, device in people:
        body = serialize(add_device(root.public, device), bytes(16))
        first.append(world.arrived(root.public, NOW_MS - 3 * YEAR_MS, body))
    quiet = people[1]
    follow = serialize(Follow(quiet[0].public), bytes(16))
    first.append(world.arrived(people[0][1].public, NOW_MS, follow))
    first.extend(posts_of(world, quiet[1].public, QUIET_POSTS))
    views.apply(first)

    took_s, batch = 0.0, []
    each = posts // (IDENTITIES - 2)
    total = each * (IDENTITIES - 2)
    slowest_s = 0.0
    for number, (_, device) in enumerate(people[2:], 1):
        for item in posts_of(world, device.public, each):
            batch.append(item)
            if len(batch) == BATCH_ENTRIES:
                start = time.perf_counter()
                views.apply(batch)
                slowest_s = max(slowest_s, time.perf_counter() - start)
                took_s += time.perf_counter() - start
                batch = []
        if number % 50 == 0:
            done = number * each
            print(f"  {done:>9,} posts folded, {done / took_s:,.0f}/s so far", flush=True)
    start = time.perf_counter()
    views.apply(batch)
    took_s += time.perf_counter() - start
    one_s = []
    for item in posts_of(world, people[5][1].public, 200):
        start = time.perf_counter()
        views.apply([item])
        one_s.append((time.perf_counter() - start) * 1000)
    bytes_each = sum(file.stat().st_size for file in folder.glob("views.sqlite")) / total
    print(f"fold, batches of {BATCH_ENTRIES}   {total / took_s:>9,.0f} posts/s")
    print(f"slowest batch         {slowest_s * 1000:>9,.0f} ms")
    print(f"fold one live post    {quantiles(one_s, n=100)[49]:>9.2f} ms")
    print(f"disk                  {bytes_each:>9,.0f} bytes a post")

    start = time.perf_counter()
    reader = views.reader()
    shown = len(reader.timeline("home", 40)["entries"])
    print(f"home, new reader      {(time.perf_counter() - start) * 1000:>9.2f} ms ({shown} posts)")
    middle = reader.timeline("local", 1)["next"]
    names = {"of the 300 commonest": 300, "of the 5,000 commonest": 5_000, "of all": 40_000}
    print("home                 ", measure(lambda _: reader.timeline("home", 40)))
    print("local                ", measure(lambda _: reader.timeline("local", 40)))
    print("local, next page     ", measure(lambda _: reader.timeline("local", 40, before=middle)))
    print("people               ", measure(lambda _: reader.people(limit=40)))
    for name, most in names.items():
        for count in (1, 2, 3):
            queries = iter(
                [" ".join(world.chance.sample(world.words[:most], count)) for _ in range(ASKED)]
            )
            print(f"search {count} {name:<23}", measure(partial(ask, reader, queries)))
    reader.close()

    start = time.perf_counter()
    views.apply([world.arrived(people[0][1].public, NOW_MS, follow_of(people[3][0]))])
    print(f"follow {each:,} posts     {(time.perf_counter() - start) * 1000:>9.2f} ms")
    views.close()


def ask(reader: Reader, queries: Iterator[str], _: int) -> None:
    reader.search(next(queries), 40)


def follow_of(root: SigningKey) -> bytes:
    return serialize(Follow(root.public), bytes(16))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        main(int(sys.argv[1].replace(",", "")) if sys.argv[1:] else 100_000, Path(name))
