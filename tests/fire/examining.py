"""Examine what a killed life has left: every promise kept, and views like those of a fresh start.

Views that were caught up after kills are held against views made anew from the whole journal:
table by table while nothing is erased, and by what they answer after that.  Views that knew a
text before it went number some things differently from views that never did, and may show
entries of one quarter of a second in another order.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from p2pblog.core.textform import Kind, to_text
from p2pblog.store.logs import LogStore
from p2pblog.store.verify import Report, verify_logs
from p2pblog.views.database import Views
from p2pblog.views.reader import Reader
from p2pblog.views.schema import FOLLOWS
from tests.fire.home import ME, ROOT, Home, tell

_WHO = to_text(Kind.IDENTITY, ROOT.public)
_MINE = f"user:{_WHO}"
_VIEWS = ("home", "local", "mentions", "tag:fire", _MINE)
_QUERIES = ("fire", "another thing", "#log 77")


def examine(
    folder: Path,
    known: dict[int, str],
    taken: set[tuple[bytes, int, int]],
    erased: set[int] | None,
    whole: bool,
    say: TextIO,
) -> None:
    """Check what is left; tell which own entries are there.

    Args:
        known: ids of own entries by seq, which were confirmed or found before.
        taken: (log, first, last) of what was ingested.
        erased: seqs of own entries that were erased; None while nothing ever was.
        whole: look at everything, and hold the views against a rebuild.
    """
    home = Home(folder)
    store = home.store
    held = store.logs.get(ME.public)
    high = held.newest.high if held else 0
    assert high >= max(known, default=0), "a confirmed entry is gone"
    low = 1 if whole else max(1, max(known, default=0) - 100)
    for entry in store.read(ME.public, low, high):
        assert known.get(entry.seq, entry.id.hex()) == entry.id.hex(), "a seq with two ids"
        tell(say, "own", entry.seq, entry.id.hex())
    for log, first, last in taken:  # a kill, unlike a power cut, loses nothing that was written
        assert store.logs[log].holds(first)
        assert store.logs[log].holds(last)
    assert all(store.entry(ME.public, seq).body is None for seq in erased or ()), "an erased text"
    assert home.views.indexed <= store.arrival
    if whole:
        _examine_logs(store)
        while home.fold(512):
            pass
        _examine_views(folder, home, exactly=erased is None)
    home.close()


def _examine_logs(store: LogStore) -> None:
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


def _examine_views(folder: Path, home: Home, *, exactly: bool) -> None:
    path = folder / "fresh.sqlite"
    fresh = Views(path, epoch=home.store.epoch, self_identity=ROOT.public)
    while batch := home.store.journal(fresh.indexed, 4096):
        fresh.apply(batch)
    with home.views.reader() as one, fresh.reader() as other:
        caught_up, anew = (_answers(reader, home.store, exactly) for reader in (one, other))
    assert caught_up.keys() == anew.keys()
    for question, answer in anew.items():
        assert caught_up[question] == answer, f"the views differ from a rebuild: {question}"
    fresh.close()
    if exactly:
        kept, made = _tables(folder / "views.sqlite"), _tables(path)
        assert kept.keys() == made.keys()
        for name, rows in made.items():
            assert kept[name] == rows, f"the views differ from a rebuild: {name}"
    for file in folder.glob("fresh.sqlite*"):
        file.unlink()


def _answers(reader: Reader, store: LogStore, ordered: bool) -> dict[str, Any]:
    """What the views answer to questions about all that is there."""
    found: dict[str, Any] = {view: [*_pages(partial(reader.timeline, view))] for view in _VIEWS}
    found |= {query: [*_pages(partial(reader.search, query, now_ms=0))] for query in _QUERIES}
    if not ordered:
        for entries in found.values():
            entries.sort(key=lambda entry: entry["id"])
    for entry in found[_MINE][:200]:
        found[entry["id"]] = _plain(reader.thread(entry["id"]))
    found["person"] = reader.profile(_WHO)
    found["erased"] = {(ref.log, ref.seq): ref.id for ref in reader.erased()}
    found["logs"] = {log.hex(): reader.identity_of(log) for log in store.logs}
    return found


def _pages(ask: Callable[..., Any]) -> Iterator[Any]:
    before = None
    while True:
        page = ask(200, before=before)
        yield from _plain(page["entries"])
        before = page["next"]
        if before is None:
            return


def _plain(value: Any) -> Any:
    """An answer without cursors, which depend on how entries are numbered."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key not in ("cursor", "next")}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _tables(path: Path) -> dict[str, list[Any]]:
    """Every table of a views' file, and every word of its index; but not who it belongs to.

    Entries that others refer to stand by their ids: their numbers mean nothing outside the file.
    """
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, words, 'row')")
        names = [
            name
            for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not name.startswith(("words", "sqlite_"))
        ]
        ids = dict(conn.execute("SELECT rid, id FROM refs"))
        conn.row_factory = sqlite3.Row
        return {
            name: sorted(
                (_by_ids(dict(row), ids) for row in conn.execute(f"SELECT * FROM {name}")),
                key=repr,
            )
            for name in names
        } | {"words": sorted(map(tuple, conn.execute("SELECT * FROM temp.terms")))}


def _by_ids(row: dict[str, Any], ids: dict[int, bytes]) -> list[Any]:
    for name in ("rid", "root", "subject"):
        if row.get(name) is not None and row.get("kind") != FOLLOWS:
            row[name] = ids[row[name]]
    return [*row.values()]
