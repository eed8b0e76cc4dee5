"""Nodes for benchmarks: filled before they run, waited for as cheaply as can be."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from p2pblog.api.client import SyncClient
from p2pblog.core.limits import INDEX_BATCH_ENTRIES
from p2pblog.core.textform import Kind, from_text
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import Arrived, LogStore
from p2pblog.views.database import Views
from tests.benchmarks import material
from tests.benchmarks.watched import WatchedNode

_WAIT_S_MAX = 300
_KEEPS_ALL = """[policy.near]
logs = "unlimited"
log_entries = "unlimited"
total_bytes = "unlimited"
body_days = "unlimited"
"""


def filled_home(home: Path, writers: int, posts: int, *, distinct: int = 0) -> int:
    """Make a home that holds the logs of people; return the bytes of their bodies.

    Its views say that they have it all: what this node shows is not what is measured.  It follows
    nobody, and keeps strangers' logs whole all the same.
    """
    arrival, _ = _begun(WatchedNode(home).start().init("giver"))
    size = material.fill(home / "store", writers, posts, distinct=distinct)
    arrival += writers * (posts + 1)
    with closing(sqlite3.connect(home / "views.sqlite")) as conn, conn:
        conn.execute("UPDATE meta SET value = ? WHERE name = 'indexed'", (arrival,))
    return size


def folded_home(home: Path, writers: int, posts: int, *, distinct: int) -> None:
    """Make a home that follows people with lively logs, holds all of these, and shows them."""
    people = [material.writer(number) for number in range(1, writers + 1)]
    arrival, who = _begun(follower(home, people))
    store = LogStore(LevelKeyValue(home / "store"), new_epoch=bytes(16))
    epoch = store.epoch
    store.close()
    views = Views(home / "views.sqlite", epoch=epoch, self_identity=who)
    assert views.indexed == arrival, "the views were begun anew"
    waiting: list[Arrived] = []

    def fold(items: list[Arrived]) -> None:
        waiting.extend(items)
        if len(waiting) >= INDEX_BATCH_ENTRIES:
            views.apply(waiting)
            waiting.clear()

    material.fill(home / "store", writers, posts, distinct=distinct, lively=True, fold=fold)
    views.apply(waiting)
    views.close()


def _begun(node: WatchedNode) -> tuple[int, bytes]:
    """Stop a node whose home is to be filled; return the arrival number, and who lives there."""
    arrival: int = node.call("hello")["arrival"]
    identity = from_text(Kind.IDENTITY, node.call("whoami")["identity"])
    wait_for_views(node, arrival)
    node.stop()
    (node.home / "config.toml").write_text(_KEEPS_ALL)
    return arrival, identity


def follower(home: Path, writers: Iterable[material.Writer]) -> WatchedNode:
    """Return a node that runs, has nothing, and follows these people."""
    node = WatchedNode(home)
    node.start().init("taker")
    for who in writers:
        node.call("follow", id=who.id)
    return node


def wait_for_views(node: WatchedNode, arrival: int) -> None:
    """Wait until a node's views show everything up to `arrival`."""
    deadline_s = time.monotonic() + _WAIT_S_MAX
    while node.call("wait", arrival=arrival)["indexed"] < arrival:
        assert time.monotonic() < deadline_s, "the views do not catch up"


def wait_for_store(node: WatchedNode, arrival: int, *, poll_s: float) -> None:
    """Wait until a node has stored so much."""
    deadline_s = time.monotonic() + _WAIT_S_MAX
    with SyncClient(node.home, start=False) as client:
        while client.call("hello")["arrival"] < arrival:
            assert time.monotonic() < deadline_s, "the entries do not come"
            time.sleep(poll_s)
