"""The tables of the views, and how their file is opened.

Specified in docs/views.md.  A file of another version, of another log store, or damaged, is
thrown away: everything in it can be folded again from the arrival journal.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from p2pblog.core.limits import SEQ_END

VERSION = 9

END = SEQ_END
"""Beyond every seq: all of a log counts."""

# Entries, logs and identities are numbers inside (an entry its arrival number, `n`): rows
# stay small and joins are by integer.
_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE kinds (name TEXT PRIMARY KEY, entries INTEGER NOT NULL) WITHOUT ROWID;

-- person: the identity that the log belongs to, NULL while unknown.  fork, void: the first
-- seq that counts for nothing since the log forks there; for that or since its device was
-- revoked.
CREATE TABLE logs (
    lid INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, person INTEGER,
    posts INTEGER NOT NULL DEFAULT 0, last_ms INTEGER,
    home INTEGER NOT NULL DEFAULT 0, near INTEGER NOT NULL DEFAULT 0,
    fork INTEGER NOT NULL DEFAULT {END}, void INTEGER NOT NULL DEFAULT {END});
CREATE INDEX logs_person ON logs(person) WHERE person IS NOT NULL;
CREATE INDEX logs_home ON logs(home) WHERE home;

CREATE TABLE people (
    pid INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, name TEXT, folded TEXT, bio TEXT,
    fields BLOB,
    posts INTEGER NOT NULL DEFAULT 0, last_ms INTEGER,
    followers INTEGER NOT NULL DEFAULT 0, following INTEGER NOT NULL DEFAULT 0,
    near INTEGER NOT NULL DEFAULT 0);
CREATE INDEX people_folded ON people(folded) WHERE folded IS NOT NULL;
CREATE INDEX people_active ON people(near, last_ms) WHERE last_ms IS NOT NULL;

-- What each log said about its identity's name; each device.add and device.revoke (pin: the
-- last seq that counts); who owns which log.
CREATE TABLE profiles (
    lid INTEGER, seq INTEGER, time_ms INTEGER NOT NULL, name TEXT NOT NULL, bio TEXT NOT NULL,
    fields BLOB NOT NULL, PRIMARY KEY (lid, seq)) WITHOUT ROWID;
CREATE TABLE adds (
    lid INTEGER, seq INTEGER, device BLOB NOT NULL, consent BLOB NOT NULL,
    PRIMARY KEY (lid, seq)) WITHOUT ROWID;
CREATE TABLE revokes (
    lid INTEGER, device BLOB, pin INTEGER, seq INTEGER,
    PRIMARY KEY (lid, device, pin, seq)) WITHOUT ROWID;
CREATE TABLE owners (lid INTEGER, pid INTEGER, PRIMARY KEY (lid, pid)) WITHOUT ROWID;

-- place: NULL while in no timeline (a repost that was taken back, an unknown kind).  kind:
-- negative while the entry counts for nothing.
-- sort_ms: NULL where it is time_ms.  root: of replies, the ref of their thread.
CREATE TABLE entries (
    n INTEGER PRIMARY KEY, id BLOB NOT NULL, lid INTEGER NOT NULL, seq INTEGER NOT NULL,
    kind INTEGER NOT NULL, place INTEGER, time_ms INTEGER NOT NULL, sort_ms INTEGER,
    root INTEGER, body BLOB);
CREATE INDEX entries_id ON entries(substr(id, 1, 8));
CREATE UNIQUE INDEX entries_place ON entries(place) WHERE place IS NOT NULL;
CREATE INDEX entries_log ON entries(lid, place) WHERE place IS NOT NULL;
CREATE INDEX entries_seq ON entries(lid, seq);
CREATE INDEX entries_root ON entries(root, place) WHERE root IS NOT NULL;
CREATE INDEX entries_answer ON entries(place, root, lid)
    WHERE root IS NOT NULL AND place IS NOT NULL;

-- The tags (with #) and links of the posts that stand in timelines, in the version that is shown.
CREATE TABLE topics (
    place INTEGER, topic TEXT, lid INTEGER NOT NULL, PRIMARY KEY (place, topic)) WITHOUT ROWID;

CREATE TABLE home (place INTEGER PRIMARY KEY);

-- Entries that others refer to, here or not, with what they count.  own: it is one's own, and
-- shown; every one of those stands here.
CREATE TABLE refs (
    rid INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, likes INTEGER NOT NULL DEFAULT 0,
    reposts INTEGER NOT NULL DEFAULT 0, replies INTEGER NOT NULL DEFAULT 0,
    own INTEGER NOT NULL DEFAULT 0);

-- What each log said last about a subject.  actor: pid, or -lid while it is unknown.  active: of
-- a vote, a bit for each answer chosen.  said: what it said beside that, earlier or where nothing
-- counts.
CREATE TABLE acts (
    kind INTEGER, subject INTEGER, actor INTEGER, lid INTEGER, seq INTEGER NOT NULL,
    time_ms INTEGER NOT NULL, active INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (kind, subject, actor, lid)) WITHOUT ROWID;
CREATE INDEX acts_actor ON acts(actor, kind);
CREATE INDEX acts_entry ON acts(lid, seq);
CREATE TABLE said (
    lid INTEGER, kind INTEGER, subject INTEGER, seq INTEGER, time_ms INTEGER NOT NULL,
    active INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (lid, kind, subject, seq)) WITHOUT ROWID;
CREATE INDEX said_entry ON said(lid, seq);

-- Who likes and passes on what oneself wrote, and who follows oneself: acts of others that hold.
-- day: since 1970 UTC.  bundles: the same by subject and day, with the newest time of each; tie:
-- in which order those of one time stand.
CREATE TABLE notices (
    kind INTEGER, subject INTEGER, actor INTEGER, day INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, subject, actor)) WITHOUT ROWID;
CREATE INDEX notices_bundle ON notices(kind, subject, day, at_ms);
CREATE TABLE bundles (
    kind INTEGER, subject INTEGER, day INTEGER, at_ms INTEGER NOT NULL, tie BLOB NOT NULL,
    PRIMARY KEY (kind, subject, day)) WITHOUT ROWID;
CREATE INDEX bundles_newest ON bundles(at_ms, tie);

-- Posts of others that address oneself.  who: of those one knows of, a stranger, nobody knows; NULL
-- until that is found.
CREATE TABLE calls (place INTEGER PRIMARY KEY, lid INTEGER NOT NULL, who INTEGER);
CREATE INDEX calls_who ON calls(who, place);
CREATE INDEX calls_log ON calls(lid, who, place);

-- Which posts ask something, and until when.
CREATE TABLE polls (n INTEGER PRIMARY KEY, lid INTEGER NOT NULL, until_ms INTEGER NOT NULL);
CREATE INDEX polls_log ON polls(lid, until_ms);

-- Oneself and whom one follows; and what their names look like.
CREATE TABLE circle (pid INTEGER PRIMARY KEY);
CREATE TABLE looks (look TEXT, pid INTEGER, PRIMARY KEY (look, pid)) WITHOUT ROWID;
CREATE INDEX looks_pid ON looks(pid);

-- What entry (by_lid, by_seq) wants erased; what is erased, here or not; which post shows
-- which picture, and pictures that lost a post.
CREATE TABLE erases (
    lid INTEGER, seq INTEGER, id BLOB NOT NULL, by_lid INTEGER, by_seq INTEGER,
    PRIMARY KEY (lid, seq, by_lid, by_seq)) WITHOUT ROWID;
CREATE INDEX erases_by ON erases(by_lid);
CREATE TABLE erased (
    lid INTEGER, seq INTEGER, id BLOB NOT NULL, PRIMARY KEY (lid, seq)) WITHOUT ROWID;
CREATE TABLE media (blob BLOB, n INTEGER, PRIMARY KEY (blob, n)) WITHOUT ROWID;
CREATE TABLE unused (blob BLOB PRIMARY KEY) WITHOUT ROWID;

-- Of which edit (its n) the index holds the words instead of the post's (n).
CREATE TABLE versions (n INTEGER PRIMARY KEY, edit INTEGER NOT NULL);
CREATE INDEX versions_edit ON versions(edit);

CREATE TABLE origins (
    lid INTEGER, hash INTEGER, n INTEGER, PRIMARY KEY (lid, hash, n)) WITHOUT ROWID;

-- No text is kept here, only the index; rowid is the place.  `marks` holds the log, the
-- tags, what it has, its language and those addressed, so that these combine with words in one
-- query.
CREATE VIRTUAL TABLE words USING fts5(
    text, marks, content='', columnsize=0, tokenize='unicode61 remove_diacritics 2');
INSERT INTO words(words, rank) VALUES ('hashsize', 16777216);
INSERT INTO words(words, rank) VALUES ('automerge', 8);
"""

# What a fold says of an entry or an act.
POST, REPOST, WITHHELD, EDIT, UNKNOWN, ERASED = 1, 2, 3, 4, 5, 6
NAMED = UNKNOWN
"""From this kind on, an entry is found by its id although it is in no timeline."""
LIKES, REPOSTS, FOLLOWS, VOTES, PINS, EDITS = 1, 2, 3, 4, 5, 6
BY_KNOWN, BY_STRANGER, BY_NOBODY = 1, 2, 3

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
        # What is erased must not stay behind in pages that were split or freed.
        conn.execute("PRAGMA secure_delete = ON").fetchall()
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
    conn.executescript(f"BEGIN;{_SCHEMA.replace('{END}', str(END))}")
    rows = [
        ("version", VERSION),
        ("epoch", epoch),
        ("indexed", 0),
        ("self", None),
        ("scrub", 0),
    ]
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


def scrub(conn: sqlite3.Connection) -> bool:
    """Take from the file what was deleted; False while readers keep the old pages.

    The search index keeps a deleted word, as such, until its segments are merged.
    """
    conn.execute("INSERT INTO words(words) VALUES ('optimize')")
    if conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        return False
    conn.execute("UPDATE meta SET value = 0 WHERE name = 'scrub'")
    return True


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether SQLite found its file damaged, or not its own."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def remove(path: Path) -> None:
    """Throw the file of the views away, with what belongs to it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
