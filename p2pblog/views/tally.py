"""What a batch of entries adds up to, written to the tables once, at its end.

Specified in docs/views.md.  A log has hundreds of entries in a batch: its counts, and the rows
of the search index and of the home timeline, cost less together than one by one.
"""

from __future__ import annotations

import sqlite3
from collections import Counter

from p2pblog.core.limits import KIND_COUNTERS_MAX
from p2pblog.views import words
from p2pblog.views.home import Home
from p2pblog.views.numbers import Numbers
from p2pblog.views.words import Said, Topic, Word


class Tally:
    """Collects during one batch; for the one writer.

    Fields:
        kinds: how many entries there were of each kind.
        posts: how many posts that count, by log (lid).
        last_ms: the newest time that each log of the batch shows.
        home: places for the home timeline.
        words, topics: what entries say: rows of the search index, and of the topics.
    """

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.posts: Counter[int] = Counter()
        self.last_ms: dict[int, int] = {}
        self.home: list[int] = []
        self.words: list[Word] = []
        self.topics: list[Topic] = []

    def say(self, place: int, lid: int, said: Said) -> None:
        """Take in what an entry of a log says."""
        text, marks, topics = said
        self.words.append((place, text, marks))
        if topics:
            self.topics += [(place, topic, lid) for topic in topics]

    def write(self, conn: sqlite3.Connection, numbers: Numbers, home: Home) -> None:
        """Write everything down, within the transaction of the batch."""
        words.put_all(conn, self.words, self.topics)
        home.add(self.home)
        for lid, last_ms in self.last_ms.items():
            row = (self.posts[lid], last_ms, lid)
            conn.execute(
                "UPDATE logs SET posts = posts + ?, last_ms = max(coalesce(last_ms, 0), ?)"
                " WHERE lid = ?",
                row,
            )
            pid = numbers.actor(lid)
            if pid > 0:
                conn.execute(
                    "UPDATE people SET posts = posts + ?,"
                    " last_ms = max(coalesce(last_ms, 0), ?) WHERE pid = ?",
                    (*row[:2], pid),
                )
        self._count_kinds(conn)

    def _count_kinds(self, conn: sqlite3.Connection) -> None:
        known = {name for (name,) in conn.execute("SELECT name FROM kinds")}
        counts: Counter[str] = Counter()
        for name, entries in self.kinds.items():
            if name not in known and len(known) >= KIND_COUNTERS_MAX:
                name = "unknown: others"
            known.add(name)
            counts[name] += entries
        conn.executemany(
            "INSERT INTO kinds VALUES (?, ?)"
            " ON CONFLICT(name) DO UPDATE SET entries = entries + excluded.entries",
            counts.items(),
        )
