"""The tables of the views, and how their file is opened.

Specified in docs/views.md.  A file of another version, of another log store, or damaged, is
thrown away: everything in it can be folded again from the arrival journal.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

VERSION = 1

# Entries, logs and identities are numbers inside (an entry its arrival number, `n`): rows
# stay small and joins are by integer.
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE kinds (name TEXT PRIMARY KEY, entries INTEGER NOT NULL) WITHOUT ROWID;

-- person: the identity that the log belongs to, NULL while unknown.
CREATE TABLE logs (
    lid INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, person INTEGER,
    posts INTEGER NOT NULL DEFAULT 0, last_ms INTEGER,
    home INTEGER NOT NULL DEFAULT 0, near INTEGER NOT NULL DEFAULT 0);
CREATE INDEX logs_person ON logs(person) WHERE person IS NOT NULL;
CREATE INDEX logs_home ON logs(home) WHERE home;

CREATE TABLE people (
    pid INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, name TEXT, folded TEXT, bio TEXT,
    posts INTEGER NOT NULL DEFAULT 0, last_ms INTEGER,
    followers INTEGER NOT NULL DEFAULT 0, following INTEGER NOT NULL DEFAULT 0,
    near INTEGER NOT NULL DEFAULT 0);
CREATE INDEX people_folded ON people(folded) WHERE folded IS NOT NULL;
CREATE INDEX people_active ON people(near, last_ms) WHERE last_ms IS NOT NULL;

-- What each log said last about its identity's name; each device.add; who owns which log.
CREATE TABLE profiles (
    lid INTEGER PRIMARY KEY, seq INTEGER NOT NULL, time_ms INTEGER NOT NULL,
    name TEXT NOT NULL, bio TEXT NOT NULL);
CREATE TABLE adds (
    lid INTEGER, device BLOB, consent BLOB, PRIMARY KEY (lid, device, consent)) WITHOUT ROWID;
CREATE TABLE owners (lid INTEGER, pid INTEGER, PRIMARY KEY (lid, pid)) WITHOUT ROWID;

-- place: NULL while in no timeline (a repost that was taken back, an unknown kind).
-- sort_ms: NULL where it is time_ms.  root: of replies, the ref of their thread.
CREATE TABLE entries (
    n INTEGER PRIMARY KEY, id BLOB NOT NULL, lid INTEGER NOT NULL, seq INTEGER NOT NULL,
    kind INTEGER NOT NULL, place INTEGER, time_ms INTEGER NOT NULL, sort_ms INTEGER,
    root INTEGER, body BLOB);
CREATE INDEX entries_id ON entries(substr(id, 1, 8));
CREATE UNIQUE INDEX entries_place ON entries(place) WHERE place IS NOT NULL;
CREATE INDEX entries_log ON entries(lid, place) WHERE place IS NOT NULL;
CREATE INDEX entries_root ON entries(root, place) WHERE root IS NOT NULL;

CREATE TABLE home (place INTEGER PRIMARY KEY);

-- Entries that others refer to, here or not, with what they count.
CREATE TABLE refs (
    rid INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, likes INTEGER NOT NULL DEFAULT 0,
    reposts INTEGER NOT NULL DEFAULT 0, replies INTEGER NOT NULL DEFAULT 0);

-- What each log said last about a subject.  actor: pid, or -lid while it is unknown.
CREATE TABLE acts (
    kind INTEGER, subject INTEGER, actor INTEGER, lid INTEGER, seq INTEGER NOT NULL,
    time_ms INTEGER NOT NULL, active INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (kind, subject, actor, lid)) WITHOUT ROWID;
CREATE INDEX acts_actor ON acts(actor, kind);

CREATE TABLE origins (
    lid INTEGER, hash INTEGER, n INTEGER, PRIMARY KEY (lid, hash, n)) WITHOUT ROWID;

-- No text is kept here, only the index; rowid is the place.  `marks` holds the log, the
-- tags and those addressed, so that these combine with words in one query.
CREATE VIRTUAL TABLE words USING fts5(
    text, marks, content='', columnsize=0, tokenize='unicode61 remove_diacritics 2');
INSERT INTO words(words, rank) VALUES ('hashsize', 16777216);
INSERT INTO words(words, rank) VALUES ('automerge', 8);
"""

# What a fold says of an entry or an act.
POST, REPOST, UNKNOWN = 1, 2, 3
LIKES, REPOSTS, FOLLOWS = 1, 2, 3

_WRITER_CACHE_KIB = 64 * 1024
_READER_CACHE_KIB = 8 * 1024
_CHECKPOINT_PAGES = 16_000  # 64 MB: pages of indexes are written again and again meanwhile
_WAL_KEPT_BYTES = 64 * 1024 * 1024
_BUSY_S = 5


def open_writer(path: Path) -> sqlite3.Connection:
    """Return a connection that may write, with transactions begun and ended by hand.

    WAL with synchronous=NORMAL: a killed process loses nothing, a power cut at most the
    last batches, which the journal gives again; the file itself stays whole.
    """
    conn = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_BUSY_S)
    try:
        conn.execute("PRAGMA journal_mode = WAL").fetchall()
        conn.execute("PRAGMA synchronous = NORMAL")
        conn.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")
        conn.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}").fetchall()
        conn.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}").fetchall()
        conn.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        conn.close()
        raise
    return conn


def open_reader(path: Path) -> sqlite3.Connection:
    """Return a connection that can only read; it sees whole batches only."""
    conn = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=_BUSY_S,
    )
    try:
        conn.execute("PRAGMA query_only = 1")
        conn.execute(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")
        conn.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        conn.close()
        raise
    return conn


def create(conn: sqlite3.Connection, epoch: bytes) -> None:
    """Make the tables in an empty file, for the log store named `epoch`, all or nothing."""
    conn.executescript(f"BEGIN;{SCHEMA}")
    rows = [("version", VERSION), ("epoch", epoch), ("indexed", 0), ("self", None)]
    conn.executemany("INSERT INTO meta VALUES (?, ?)", rows)
    conn.execute("COMMIT")


def read_meta(conn: sqlite3.Connection) -> dict[str, object] | None:
    """Return the meta table, or None where the file is not a whole one of ours."""
    try:
        names = {name for (name,) in conn.execute("SELECT name FROM sqlite_master")}
        if not {"meta", "entries", "words"} <= names:
            return None
        return dict(conn.execute("SELECT name, value FROM meta").fetchall())
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return None
        raise


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether SQLite found its file damaged, or not its own."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def remove(path: Path) -> None:
    """Throw the file of the views away, with what belongs to it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
