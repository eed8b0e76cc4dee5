"""Find the entry or the person that a few typed characters mean.

Specified in docs/views.md.  Ids may be shortened as long as one thing here begins like that.
A name counts when one person here has it, or one of those oneself follows: so a stranger
cannot take a friend's name away.  A word that is one person's name and the beginning of
another's id is ambiguous.
"""

from __future__ import annotations

from collections.abc import Iterable

from p2pblog.content.bodies import Origin, Post, Ref, Repost, parse
from p2pblog.content.text import clean_line
from p2pblog.core.errors import Ambiguous, BadBody, BadRequest, BadTextForm, Nobody, NotFound
from p2pblog.core.limits import IMPORT_BATCH_ENTRIES, NAME_BYTES_MAX
from p2pblog.core.textform import TEXT_FORM_CHARS, Kind, from_text, prefix_bounds
from p2pblog.views.marks import origin_hash
from p2pblog.views.names import folded
from p2pblog.views.schema import NAMED
from p2pblog.views.snapshot import Snapshot

LAST = "\U0010ffff"  # sorts behind whatever a name goes on with
_SHORT = 8  # bytes of an id in its index


def entry(s: Snapshot, text: str) -> int:
    """Return the entry (n) whose id begins like `text`.

    Raises:
        BadTextForm: that cannot begin an id.
        NotFound, Ambiguous: no entry here, or several, begin like that.
    """
    low, high = prefix_bounds(Kind.ENTRY, _typed(text))
    rows = s.conn.execute(
        "SELECT n FROM entries WHERE substr(id, 1, 8) BETWEEN ? AND ? AND id BETWEEN ? AND ?"
        " AND (place IS NOT NULL OR kind >= ?) LIMIT 2",
        (low[:_SHORT], high[:_SHORT], low, high, NAMED),
    ).fetchall()
    if not rows:
        raise NotFound("no entry here has that id")
    if len(rows) > 1:
        raise Ambiguous("several entries")
    n: int = rows[0][0]
    return n


def by_id(s: Snapshot, entry_id: bytes) -> int | None:
    """Return the entry (n) with that id (32 bytes) if it is here to be shown."""
    row = s.conn.execute(
        "SELECT n FROM entries WHERE substr(id, 1, 8) = ? AND id = ?"
        " AND (place IS NOT NULL OR kind >= ?)",
        (entry_id[:_SHORT], entry_id, NAMED),
    ).fetchone()
    return None if row is None else row[0]


def refs(s: Snapshot, text: str) -> tuple[Ref, Ref]:
    """Return the reference to an entry, and to the first entry of its thread."""
    key, seq, entry_id, data = s.conn.execute(
        "SELECT l.key, e.seq, e.id, e.body FROM entries e JOIN logs l ON l.lid = e.lid"
        " WHERE e.n = ?",
        (entry(s, text),),
    ).fetchone()
    ref = Ref(key, seq, entry_id)
    body = None if data is None else parse(data)
    root = (body.root or body.reply) if isinstance(body, Post) else None
    return ref, root or ref


def known_origins(s: Snapshot, source: str, account: str, ids: Iterable[str]) -> dict[str, Ref]:
    """Return which of these outside ids oneself has imported already, and as what.

    Args:
        ids: at most as many as an import sends at once.
    """
    asked = list(ids)
    if len(asked) > IMPORT_BATCH_ENTRIES:
        raise BadRequest(f"ask for at most {IMPORT_BATCH_ENTRIES} at once")
    lids = [] if s.self_pid is None else s.lids_of(s.self_pid)
    found: dict[str, Ref] = {}
    for outside_id in asked:
        origin = Origin(source, outside_id, 0, account)
        for lid in lids:
            ref = _imported(s, lid, origin)
            if ref is not None:
                found[outside_id] = ref
    return found


def person(s: Snapshot, text: str) -> int:
    """Return the person (pid) that an id, a prefix of one or a name means.

    Raises:
        Nobody, Ambiguous: nobody here, or several, are called like that; of the only one whose
            name goes on from there it says that it may be meant.
    """
    typed = _typed(text).removeprefix("@")
    pids = {*_by_prefix(s, typed), *_by_name(s, typed)}
    if not pids:
        raise Nobody(clean_line(typed) + _meant(s, typed))
    if len(pids) > 1:
        raise Ambiguous("several people; use the beginning of an id")
    return pids.pop()


def person_key(s: Snapshot, text: str) -> bytes:
    """Return the identity that a text means; a whole id need not be known here."""
    typed = _typed(text)
    try:
        return from_text(Kind.IDENTITY, typed)
    except BadTextForm:
        if len(typed) == TEXT_FORM_CHARS and typed[0].lower() == Kind.IDENTITY:
            raise
    row = s.conn.execute("SELECT key FROM people WHERE pid = ?", (person(s, typed),)).fetchone()
    key: bytes = row[0]
    return key


def _typed(text: object) -> str:
    if not isinstance(text, str) or not 0 < len(text.strip()) <= NAME_BYTES_MAX:
        raise BadRequest("an id, the beginning of one, or a name was expected")
    return text.strip()


def _by_prefix(s: Snapshot, typed: str) -> list[int]:
    try:
        low, high = prefix_bounds(Kind.IDENTITY, typed)
    except BadTextForm:
        if len(typed) == TEXT_FORM_CHARS and typed[0].lower() == Kind.IDENTITY:
            raise  # a mistyped id is not a name
        return []
    rows = s.conn.execute("SELECT pid FROM people WHERE key BETWEEN ? AND ? LIMIT 2", (low, high))
    return [pid for (pid,) in rows]


def _by_name(s: Snapshot, typed: str) -> list[int]:
    # However many strangers have that name, the circle is asked first.
    for among in ("people CROSS JOIN circle USING (pid)", "people"):
        select = f"SELECT pid FROM {among} WHERE folded = ? LIMIT 2"  # noqa: S608
        if pids := [pid for (pid,) in s.conn.execute(select, (folded(typed),))]:
            return pids
    return []


def _meant(s: Snapshot, typed: str) -> str:
    """Return a question after the only person, of one's circle or else of all, who may be meant."""
    if not (start := folded(typed)):
        return ""
    for among in ("people CROSS JOIN circle USING (pid)", "people"):
        select = f"SELECT name FROM {among} WHERE folded >= ? AND folded < ? LIMIT 2"  # noqa: S608
        names = s.conn.execute(select, (start, start + LAST)).fetchall()
        if len(names) == 1:
            return f"; did you mean {clean_line(names[0][0])}?"
        if names:
            break
    return ""


def _imported(s: Snapshot, lid: int, origin: Origin) -> Ref | None:
    rows = s.conn.execute(
        "SELECT l.key, e.seq, e.id, e.body FROM origins o JOIN entries e ON e.n = o.n"
        " JOIN logs l ON l.lid = o.lid WHERE o.lid = ? AND o.hash = ?",
        (lid, origin_hash(origin)),
    )
    for key, seq, entry_id, data in rows:
        if data is None:  # erased: what was imported once is not imported again
            return Ref(key, seq, entry_id)
        try:
            body = parse(data)
        except BadBody:  # no row is made of one; a damaged file may hold one
            continue
        if isinstance(body, Post | Repost) and body.origin is not None:
            known = body.origin
            wanted = (origin.source, origin.account, origin.id)
            if (known.source, known.account, known.id) == wanted:
                return Ref(key, seq, entry_id)
    return None
