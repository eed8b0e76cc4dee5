"""The client on a node that holds 1,000,000 posts by 200 people, all of whom are followed.

It runs in a terminal of its own, of 80x24.  It is started and its timelines are opened; keys are
pressed as a person does who holds them, far from where a timeline begins as well; and names and
tags are completed.  Nothing arrives meanwhile: `keys` measures that.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles

from tests.benchmarks import material
from tests.benchmarks.figures import Figure
from tests.benchmarks.nodes import folded_home
from tests.benchmarks.terminal import Moved, WatchedClient
from tests.benchmarks.watched import WatchedNode

PEOPLE, POSTS, DISTINCT = 200, 5_000, 20_000
STARTS = 5
SPACE, BACK, HALF_DOWN, HALF_UP, HOME = b" ", b"\x7f", b"\x04", b"\x15", b"\x1b[H"
MIXED = [*[b"j"] * 8, *[b"k"] * 4, SPACE, SPACE, BACK, HALF_DOWN, HALF_DOWN, HALF_UP]
JUMPS = [b"G", HOME]
PRESSED, JUMPED, FAR = 540, 40, 400
COMPLETED = 25
_LOOK_S = 0.2  # a person sees where they are before the next key of another kind


def measure() -> Iterator[list[Figure]]:
    """Yield the figures of several starts, then of one long reading, then of a way back up."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name, "home")
        folded_home(home, PEOPLE, POSTS, distinct=DISTINCT)
        node = WatchedNode(home).start()
        try:
            for _ in range(STARTS):
                yield _opened(home)
            yield _read(home)
            yield _returned(home)
        finally:
            node.stop()


def _opened(home: Path) -> list[Figure]:
    with WatchedClient(home) as client:
        first_s = _go(client, b"l")
        again_s = [_go(client, where) for where in (b"h", b"l") * 3]
        client.leave()
    return [
        Figure("started, until posts are painted", client.began_s * 1e3, "ms"),
        Figure("local opened for the first time", first_s * 1e3, "ms", at_most=150),
        Figure("a timeline shown again, the longest of 6", max(again_s) * 1e3, "ms", at_most=150),
    ]


def _read(home: Path) -> list[Figure]:
    texts = material.Texts()
    with WatchedClient(home) as client:
        _go(client, b"l")
        mixed = _held(client, islice(cycle(MIXED), PRESSED))
        jumped = _held(client, islice(cycle(JUMPS), JUMPED))
        far = _held(client, [SPACE] * FAR)
        client.press(b"c")
        time.sleep(_LOOK_S)
        every = PEOPLE // COMPLETED
        named_s = _completed(client, b"@", material.names(texts, PEOPLE)[::every])
        tagged_s = _completed(client, b"#", texts.words[1 : COMPLETED + 1])  # the commonest
        client.leave()
        step_s, peak = client.next("step"), client.next("peak")
    return [
        *_keys("a key until it is painted", mixed),
        *_keys("first and last, until painted", jumped),
        *_keys(f"{FAR} pages down, each", far),
        *_letters("a letter of a name until candidates are shown", named_s),
        *_letters("a letter of a tag until candidates are shown", tagged_s),
        Figure("longest step of the client's loop", step_s * 1e3, "ms", at_most=16),
        Figure("peak memory of the client", peak / 2**20, "MiB", at_most=120),
    ]


def _returned(home: Path) -> list[Figure]:
    """Begin where the last one went to, far from the newest, and go back up."""
    with WatchedClient(home) as client:
        there_s = _go(client, b"l")
        up = _held(client, [BACK] * FAR)
        client.leave()
        peak = client.next("peak")
    return [
        Figure("local opened where one was, far down", there_s * 1e3, "ms", at_most=150),
        *_keys(f"{FAR} pages up, each", up),
        Figure("peak memory of the client, going up", peak / 2**20, "MiB", at_most=120),
    ]


def _go(client: WatchedClient, where: bytes) -> float:
    """Return how long it took (seconds) from the last key of `g` and where to go."""
    client.press(b"g")
    time.sleep(_LOOK_S)
    client.press(where)
    took_s = client.next("opened")
    time.sleep(_LOOK_S)
    return took_s


def _held(client: WatchedClient, keys: Iterable[bytes]) -> Moved:
    pressed = list(keys)
    client.hold(pressed)
    return client.moved(len(pressed))


def _completed(client: WatchedClient, sign: bytes, words: list[str]) -> list[float]:
    """Begin to write each of these words after a sign; return what its letter took."""
    took_s = []
    for word in words:
        client.press(sign + word[:1].encode())
        took_s.append(client.next("completed"))
        client.press(BACK * 2)
        time.sleep(_LOOK_S)
    return took_s


def _keys(name: str, moved: Moved) -> Iterator[Figure]:
    p99_s, worked_s = (quantiles(each, n=100)[-1] for each in moved)
    yield Figure(f"{name}, median", median(moved.took_s) * 1e3, "ms")
    yield Figure(f"{name}, p99", p99_s * 1e3, "ms", at_most=16)
    yield Figure(f"{name}, longest", max(moved.took_s) * 1e3, "ms")
    yield Figure(f"{name}, p99 by CPU time", worked_s * 1e3, "ms")


def _letters(name: str, took_s: list[float]) -> Iterator[Figure]:
    yield Figure(f"{name}, median", median(took_s) * 1e3, "ms")
    yield Figure(f"{name}, p95", quantiles(took_s, n=20)[-1] * 1e3, "ms")
