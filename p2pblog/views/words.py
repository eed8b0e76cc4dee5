"""Put what an entry says into the search index and among the topics, and take it out again.

Specified in docs/views.md.  The search index keeps no text: it can only let go of words that it
is told, so what goes out is made in the same way as what went in.  A topic is a tag or a link of
a post; trends are counted from them when they are asked for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TypeAlias

from p2pblog.content.bodies import Outside, Post
from p2pblog.views import calls
from p2pblog.views.marks import (
    marks_of_outside,
    marks_of_post,
    topics_of,
    words_of,
    words_of_post,
)

Said: TypeAlias = tuple[str, str, Sequence[str]]
"""What an entry says, as the index takes it: its words, its marks, its topics."""

Word: TypeAlias = tuple[int, str, str]
"""A row of the search index: place, words, marks."""

Topic: TypeAlias = tuple[int, str, int]
"""A row of the topics: place, topic, log (lid)."""


def said_by_post(lid: int, post: Post) -> Said:
    """Return what a post in log `lid` says."""
    topics = topics_of(post.text)
    return words_of_post(post), marks_of_post(lid, post, topics), topics


def said_by_outside(lid: int, outside: Outside) -> Said:
    """Return what an outside text that log `lid` passes on says; it has no topics of theirs."""
    return words_of(outside.text), marks_of_outside(lid, outside), ()


def put(conn: sqlite3.Connection, place: int, lid: int, said: Said) -> None:
    """Take in what an entry of a log says, at its place."""
    text, marks, topics = said
    put_all(conn, [(place, text, marks)], [(place, topic, lid) for topic in topics])


def put_all(conn: sqlite3.Connection, words: list[Word], topics: list[Topic]) -> None:
    """Take in what many entries say."""
    # The search index writes a new segment whenever a row number falls.
    words.sort()
    conn.executemany("INSERT INTO words(rowid, text, marks) VALUES (?, ?, ?)", words)
    conn.executemany("INSERT INTO topics VALUES (?, ?, ?)", topics)
    calls.put(conn, ((place, marks) for place, _, marks in words))


def take_out(conn: sqlite3.Connection, place: int, said: Said) -> None:
    """Let go of what the entry at a place says."""
    text, marks, topics = said
    # The index keeps no text: it must be told what it was given.
    conn.execute(
        "INSERT INTO words(words, rowid, text, marks) VALUES ('delete', ?, ?, ?)",
        (place, text, marks),
    )
    if topics:
        conn.execute("DELETE FROM topics WHERE place = ?", (place,))
    calls.take_out(conn, place)
