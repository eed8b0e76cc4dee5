"""Whose logs are how far away: one's own, of whom one follows, and of whom those follow.

Specified in docs/views.md.  What whoever else says of whom they follow can be long; how much
of it is looked at is bounded, so that the answer costs about the same for one friend who
follows everybody as for thousands of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

from p2pblog.core.limits import SECOND_FOLLOWS_MAX, SECOND_PEOPLE_MAX
from p2pblog.views.acts import followed, latest
from p2pblog.views.schema import FOLLOWS
from p2pblog.views.snapshot import Snapshot

Logs = dict[bytes, list[bytes]]
"""Identities (root keys), each with the logs (keys) known of them."""


def logs_of(s: Snapshot, identity: bytes) -> list[bytes]:
    """Return the logs of an identity that are known: its root's and devices'."""
    found = s.conn.execute(
        "SELECT l.key FROM people p JOIN logs l ON l.person = p.pid WHERE p.key = ? ORDER BY l.lid",
        (identity,),
    )
    return [key for (key,) in found]


def claimed_by(s: Snapshot, identity: bytes) -> list[bytes]:
    """Return the logs that are an identity's, though they may be shown as another one's too."""
    found = s.conn.execute(
        "SELECT l.key FROM people p JOIN owners o ON o.pid = p.pid JOIN logs l ON l.lid = o.lid"
        " WHERE p.key = ?",
        (identity,),
    )
    return [key for (key,) in found]


def first(s: Snapshot, identity: bytes) -> Logs:
    """Return whom an identity follows."""
    return _logs(s, _followed(s, identity))


def second(s: Snapshot, identity: bytes) -> Logs:
    """Return whom those follow that an identity follows: those with most of them behind them.

    At most SECOND_PEOPLE_MAX.  Of each that the identity follows only a share is looked at,
    SECOND_FOLLOWS_MAX follows of all of them together.
    """
    near = _followed(s, identity)
    share = max(1, SECOND_FOLLOWS_MAX // max(1, len(near)))
    votes = Counter(pid for one in near for pid in _some_followed(s, one, share))
    for pid in (*near, *_pid(s, identity)):
        del votes[pid]
    chosen = sorted(votes, key=lambda pid: (-votes[pid], pid))[:SECOND_PEOPLE_MAX]
    return _logs(s, chosen)


def _some_followed(s: Snapshot, actor: int, most: int) -> Iterable[int]:
    """Yield whom somebody follows, of at most so many things that they said about that."""
    rows = s.conn.execute(
        "SELECT subject, active FROM acts INDEXED BY acts_actor"
        " WHERE actor = ? AND kind = ? ORDER BY subject LIMIT ?",
        (actor, FOLLOWS, most),
    )
    for subject, said in groupby(rows.fetchall(), key=lambda row: row[0]):
        word = [active for _, active in said]
        if len(word) > 1:  # several devices said something
            act = latest(s.conn, FOLLOWS, subject, actor)
            word = [act is not None and act.active]
        if word[0] and subject != actor:
            yield subject


def _followed(s: Snapshot, identity: bytes) -> set[int]:
    return {one for pid in _pid(s, identity) for one in followed(s.conn, pid)}


def _pid(s: Snapshot, identity: bytes) -> list[int]:
    found = s.conn.execute("SELECT pid FROM people WHERE key = ?", (identity,))
    return [pid for (pid,) in found]


def _logs(s: Snapshot, pids: Iterable[int]) -> Logs:
    found: Logs = {}
    for pid in pids:
        rows = s.conn.execute(
            "SELECT p.key, l.key FROM people p LEFT JOIN logs l ON l.person = p.pid"
            " WHERE p.pid = ? ORDER BY l.lid",
            (pid,),
        )
        for person, log in rows:
            found.setdefault(person, []).extend([log] if log is not None else [])
    return found
