"""The file of the views: begun anew when it must be, and never ahead of or behind the journal."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from p2pblog.core.errors import DiskFull, HomeUnusable, ViewsDamaged
from p2pblog.views import schema
from p2pblog.views.database import Views
from p2pblog.views.tally import Tally
from tests.views.views_world import EPOCH, Person, Shelf, World, arrived


def filled(shelf: Shelf, posts: int = 50) -> None:
    assert shelf.me is not None
    for number in range(posts):
        shelf.me.post(f"post {number} about bread")
    shelf.feed()


def test_views_go_on_where_they_were(shelf: Shelf, me: Person) -> None:
    filled(shelf)
    before = shelf.texts("home")
    shelf.views.close()
    shelf.views = shelf.open()
    assert shelf.views.indexed == len(shelf.world.entries)
    me.post("later")
    shelf.feed()
    assert shelf.texts("home") == ["later", *before][:40]


def test_what_was_folded_already_is_skipped(shelf: Shelf, world: World) -> None:
    filled(shelf)
    before = shelf.texts("home")
    assert shelf.views.apply(arrived(world.entries)).indexed == len(world.entries)
    assert shelf.texts("home") == before
    assert shelf.profile("ada")["posts"] == 50


def test_a_batch_is_taken_in_whole_or_not_at_all(
    shelf: Shelf, world: World, me: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(shelf)
    mia = world.person("mia")
    me.follow(mia.identity)
    mia.post("lost and found")
    batch = world.entries[shelf.taken :]

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Tally, "_count_kinds", fail)  # the last that is written of a batch
    with pytest.raises(KeyboardInterrupt):
        shelf.feed(batch)
    monkeypatch.undo()
    assert shelf.views.indexed == shelf.taken
    assert shelf.found("lost") == []
    shelf.feed(batch)
    assert shelf.texts("home", limit=1) == ["lost and found"]
    assert shelf.profile("mia")["posts"] == 1
    assert shelf.profile("mia")["followers"] == 1


@pytest.mark.parametrize("why", ["version", "epoch", "beyond the journal"])
def test_a_file_that_does_not_fit_is_begun_anew(
    shelf: Shelf, me: Person, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(shelf)
    shelf.views.close()
    epoch, journal_end = EPOCH, len(shelf.world.entries)
    if why == "version":
        monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    elif why == "epoch":
        epoch = b"another store   "
    else:
        journal_end -= 1
    shelf.views = Views(shelf.path, epoch=epoch, self_identity=me.identity, journal_end=journal_end)
    assert shelf.views.indexed == 0
    shelf.feed(shelf.world.entries)
    assert len(shelf.texts("home")) == 40


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"not a database at all, but long enough to have a header" * 100,
        b"SQLite format 3\0" + b"\xff" * 5000,
    ],
)
def test_a_damaged_file_is_begun_anew_when_it_is_opened(shelf: Shelf, damage: bytes) -> None:
    filled(shelf)
    shelf.views.close()
    shelf.path.write_bytes(damage)
    shelf.views = shelf.open()
    assert shelf.views.indexed == 0
    shelf.feed(shelf.world.entries)
    assert len(shelf.texts("home")) == 40


def test_a_file_cut_short_is_begun_anew(shelf: Shelf) -> None:
    filled(shelf, 2000)
    shelf.views.close()
    data = shelf.path.read_bytes()
    shelf.path.write_bytes(data[: len(data) // 3])
    shelf.views = shelf.open()
    shelf.feed(shelf.world.entries)
    while shelf.views.indexed < len(shelf.world.entries):
        shelf.views.apply(arrived(shelf.world.entries))
    assert len(shelf.texts("home")) == 40
    assert len(shelf.found("bread")) == 40


def test_damage_found_while_running_is_healed_under_open_readers(shelf: Shelf, me: Person) -> None:
    filled(shelf, 500)
    shelf.views._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with shelf.views.reader() as reader:
        size = shelf.path.stat().st_size
        with shelf.path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\x99" * (size - 4096))
        with pytest.raises(ViewsDamaged):
            reader.search("bread", now_ms=0)
        shelf.views._conn.execute("PRAGMA shrink_memory").fetchall()
        me.post("after the damage")
        changes = shelf.feed()
        if not changes.rebuilt:  # it was all in memory still: the reader's word counts
            shelf.views.rebuild()
        assert shelf.views.indexed == 0
        shelf.views.apply(arrived(shelf.world.entries))
        rows = reader.timeline("home", 1)["entries"]
        assert [row["text"] for row in rows] == ["after the damage"]


def test_a_full_disk_is_said_and_loses_nothing(shelf: Shelf, me: Person) -> None:
    filled(shelf)
    before = shelf.texts("home")
    conn = shelf.views._conn
    [(pages,)] = conn.execute("PRAGMA page_count").fetchall()
    conn.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    for _ in range(3):
        me.post("x " * 2000)
    batch = shelf.world.entries[shelf.taken :]
    with pytest.raises(DiskFull):
        shelf.feed(batch)
    assert shelf.texts("home") == before
    conn.execute("PRAGMA max_page_count = 1000000").fetchall()
    shelf.feed(batch)
    assert len(shelf.texts("home", limit=200)) == 53


def test_a_place_that_cannot_hold_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HomeUnusable):
        Views(tmp_path / "absent" / "views.sqlite", epoch=EPOCH)
    (tmp_path / "folder").mkdir()
    with pytest.raises(HomeUnusable):
        Views(tmp_path / "folder", epoch=EPOCH)


def test_an_identity_made_later_gets_its_views(tmp_path: Path, world: World) -> None:
    shelf = Shelf(tmp_path / "views.sqlite", world, None)
    me, mia = world.person("ada"), world.person("mia")
    post = me.post("mine")
    me.follow(mia.identity)
    mia.post("hers")
    mia.reply(post, "an answer")
    me.like(post)
    shelf.feed()
    assert shelf.texts("home") == []
    assert shelf.texts("mentions") == []
    shelf.views.set_self(me.identity)
    assert shelf.texts("home") == ["an answer", "hers", "mine"]
    assert shelf.texts("mentions") == ["an answer"]
    assert shelf.entry(post)["liked"]
    shelf.views.close()
    shelf.me = me
    shelf.views = shelf.open()
    assert shelf.texts("home") == ["an answer", "hers", "mine"]
    shelf.views.close()


def test_readers_in_other_threads_see_whole_batches_only(shelf: Shelf, me: Person) -> None:
    shelf.feed()
    done = threading.Event()
    seen: list[int] = []
    wrong: list[str] = []

    def read() -> None:
        with shelf.views.reader() as reader:
            while not done.is_set():
                posts = reader.profile("ada")["posts"]
                shown = len(reader.timeline("home", 200)["entries"])
                seen.append(posts)
                if posts % 10 or shown % 10:
                    wrong.append(f"{posts} posts, {shown} shown")

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(15):
        for number in range(10):
            me.post(str(number))
        shelf.feed()
    done.set()
    for thread in threads:
        thread.join()
    assert seen
    assert not wrong


def test_a_reader_may_be_shared_between_threads(shelf: Shelf, me: Person) -> None:
    filled(shelf)
    answers: list[int] = []
    with shelf.views.reader() as reader:

        def read() -> None:
            answers.extend(len(reader.search("bread", now_ms=0)["entries"]) for _ in range(20))

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [40] * 80


FEEDER = """
import sys
from pathlib import Path
from tests.views.test_views_file import story
from tests.views.views_world import Shelf
world, me = story()
shelf = Shelf(Path(sys.argv[1]), world, me)
while shelf.views.indexed < len(world.entries):
    start = shelf.views.indexed
    shelf.feed(world.entries[start : start + 7])
    print(shelf.views.indexed, flush=True)
"""


def story() -> tuple[World, Person]:
    """Return the same world every time."""
    world = World()
    me, mia = world.person("ada"), world.person("mia")
    me.follow(mia.identity)
    for number in range(150):
        post = mia.post(f"post {number} #bread")
        me.like(post)
        mia.repost(me.reply(post, f"answer {number}"))
    return world, me


def test_a_process_killed_between_log_and_view_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "views.sqlite"
    confirmed = 0
    for lines in (1, 9, 4, 17):
        with subprocess.Popen(
            [sys.executable, "-c", FEEDER, str(path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for _ in range(lines):
                confirmed = int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
        world, me = story()
        shelf = Shelf(path, world, me)
        assert shelf.views.indexed >= confirmed
        shelf.views.close()
    shelf = Shelf(path, world, me)
    assert 0 < shelf.views.indexed < len(world.entries)
    shelf.views.apply(arrived(world.entries))
    whole = Shelf(tmp_path / "whole.sqlite", world, me)
    whole.feed()
    for view in ("home", "local", "mentions", "tag:bread", "user:mia"):
        assert shelf.texts(view, limit=200) == whole.texts(view, limit=200)
    assert shelf.profile("mia") == whole.profile("mia")
    shelf.views.close()
    whole.views.close()
    check = sqlite3.connect(path)
    assert check.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    check.close()
