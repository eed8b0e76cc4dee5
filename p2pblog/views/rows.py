"""Turn rows into entries as the local API shows them.

Specified in docs/api.md, "entry".  Bodies are parsed here, when a page is read, so that the
tables need no column for each of their fields.  A page costs a few look-ups an entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from p2pblog.content.bodies import Body, Media, Origin, Post, Ref, Repost, parse
from p2pblog.core.errors import BadBody, BadRequest
from p2pblog.core.textform import Kind
from p2pblog.views import polls
from p2pblog.views.lookup import by_id
from p2pblog.views.mentioned import named
from p2pblog.views.places import to_cursor
from p2pblog.views.schema import ERASED, LIKES, REPOST, REPOSTS, UNKNOWN
from p2pblog.views.snapshot import Snapshot
from p2pblog.views.strangers import imitated
from p2pblog.views.versions import edit_in, merged

_KINDS = {REPOST: "repost", UNKNOWN: "unknown"}
_SELECT = (
    "SELECT e.id, l.key, e.seq, p.pid, p.key, p.name, e.kind, e.time_ms, e.place, e.body,"
    " x.time_ms, x.body FROM entries e JOIN logs l ON l.lid = e.lid"
    " LEFT JOIN people p ON p.pid = l.person LEFT JOIN versions v ON v.n = e.n"
    " LEFT JOIN entries x ON x.n = v.edit WHERE e.n = ?"
)
# What a repost shows of the entry that it passes on.
_PASSED_ON = (
    "text",
    "mentions",
    "warning",
    "lang",
    "media",
    "poll",
    "edited_ms",
    "likes",
    "reposts",
    "replies",
    "liked",
    "reposted",
    "bookmarked",
)

Row = dict[str, Any]


def entries(s: Snapshot, numbers: Iterable[int]) -> list[Row]:
    """Return the entries with these arrival numbers, in this order, whatever a filter says."""
    return [entry(s, n) for n in numbers]


def entry(s: Snapshot, n: int) -> Row:
    """Return the entry with this arrival number, with the filter that it meets."""
    row = _entry(s, n, with_target=True)
    if row["author"] is not None and row["author"] == s.self_text:
        return row
    if (met := s.lens.filters.met_by(row)) is not None:
        row["filtered"] = {"what": met.what.value, "value": met.value, "warns": met.warns}
    return row


def placeholder(s: Snapshot, ref: Ref) -> Row:
    """Return an entry that stands for one that is answered but not here."""
    return _blank() | {
        "id": s.text(Kind.ENTRY, ref.id),
        "log": s.text(Kind.DEVICE, ref.log),
        "seq": ref.seq,
        "missing": True,
        "bookmarked": ref.id in s.lens.bookmarks,
        **_counts(s, ref.id),
    }


def shown_post(s: Snapshot, n: int) -> Post:
    """Return a post as its author said it last.

    Raises:
        BadRequest: it is none.
    """
    *_, kind, _, _, data, _, edit_data = s.conn.execute(_SELECT, (n,)).fetchone()
    post, edit = body_of(kind, data), edit_in(edit_data)
    if not isinstance(post, Post):
        raise BadRequest("that is no post")
    return post if edit is None else merged(post, edit)


def body_of(kind: int, data: bytes | None) -> Body | None:
    """Return the body in a row, or None where there is none that this version can read."""
    if kind >= UNKNOWN or data is None:
        return None
    try:
        return parse(data)
    except BadBody:  # no row is made of one; a damaged file may hold one
        return None


def _entry(s: Snapshot, n: int, *, with_target: bool) -> Row:
    found = s.conn.execute(_SELECT, (n,)).fetchone()
    entry_id, log, seq, pid, author, name, kind, time_ms, place, data, edited_ms, edit_data = found
    row = _blank() | {
        "id": s.text(Kind.ENTRY, entry_id),
        "log": s.text(Kind.DEVICE, log),
        "seq": seq,
        "author": None if author is None else s.text(Kind.IDENTITY, author),
        "name": name,
        "looks_like": imitated(s, pid, name),
        "kind": _KINDS.get(kind, "post"),
        "erased": kind == ERASED,
        "time_ms": time_ms,
        "cursor": None if place is None else to_cursor(place),
        "bookmarked": entry_id in s.lens.bookmarks,
        **_counts(s, entry_id),
    }
    match body_of(kind, data):
        case Post() as post:
            if (edit := edit_in(edit_data)) is not None:
                post = merged(post, edit)
                row["edited_ms"] = edited_ms
            _fill_post(s, row, post)
            if post.poll is not None:
                row["poll"] = polls.shown(s, entry_id, post.poll)
        case Repost(target, outside, _, origin):
            row["imported"] = _imported(origin)
            if outside is not None:
                row["text"] = outside.text
                row["outside"] = {"handle": outside.handle}
            elif target is not None and with_target:
                _fill_target(s, row, target)
        case _:
            pass
    return row


def _fill_post(s: Snapshot, row: Row, post: Post) -> None:
    row["text"] = post.text
    row["mentions"] = named(s, post)
    row["warning"] = post.warning
    row["lang"] = post.lang
    row["imported"] = _imported(post.origin)
    if post.media:
        row["media"] = [picture(s, media) for media in post.media]
    answered, first = post.reply or post.root, post.root or post.reply
    if answered is not None and first is not None:
        row["reply_to"] = s.text(Kind.ENTRY, answered.id)
        row["root"] = s.text(Kind.ENTRY, first.id)
    if post.quote is not None:
        row["quote"] = s.text(Kind.ENTRY, post.quote.id)
        row["quoted"] = _quoted(s, post.quote)


def _fill_target(s: Snapshot, row: Row, target: Ref) -> None:
    n = by_id(s, target.id)
    if n is None:
        row |= _counts(s, target.id) | {"bookmarked": target.id in s.lens.bookmarks}
        return
    passed_on = _entry(s, n, with_target=False)
    row["target"] = passed_on
    row |= {name: passed_on[name] for name in _PASSED_ON}


def _quoted(s: Snapshot, ref: Ref) -> Row | None:
    n = by_id(s, ref.id)
    if n is None:
        return None
    found = s.conn.execute(_SELECT, (n,)).fetchone()
    entry_id, _, _, pid, author, name, kind, time_ms, _, data, _, edit_data = found
    text, warning, mentions = "", "", {}
    match body_of(kind, data):
        case Post() as post:
            said = post if (edit := edit_in(edit_data)) is None else merged(post, edit)
            text, warning, mentions = said.text, said.warning, named(s, said)
        case Repost(_, outside) if outside is not None:
            text = outside.text
        case _:
            pass
    return {
        "id": s.text(Kind.ENTRY, entry_id),
        "author": None if author is None else s.text(Kind.IDENTITY, author),
        "name": name,
        "looks_like": imitated(s, pid, name),
        "text": text,
        "mentions": mentions,
        "warning": warning,
        "time_ms": time_ms,
        "erased": kind == ERASED,
    }


def _counts(s: Snapshot, entry_id: bytes) -> Row:
    found = s.conn.execute(
        "SELECT rid, likes, reposts, replies FROM refs WHERE id = ?", (entry_id,)
    ).fetchone()
    if found is None:
        return {"likes": 0, "reposts": 0, "replies": 0, "liked": False, "reposted": False}
    rid, likes, reposts, replies = found
    return {
        "likes": likes,
        "reposts": reposts,
        "replies": replies,
        "liked": likes > 0 and s.said_by_self(LIKES, rid),
        "reposted": reposts > 0 and s.said_by_self(REPOSTS, rid),
    }


def _imported(origin: Origin | None) -> Row | None:
    if origin is None:
        return None
    return {
        "source": origin.source,
        "id": origin.id,
        "account": origin.account,
        "reply_to": origin.reply_to,
    }


def picture(s: Snapshot, media: Media) -> Row:
    """Return a picture of a post."""
    return {
        "blob": s.text(Kind.BLOB, media.blob),
        "size": media.size,
        "type": media.type,
        "alt": media.alt,
        "have": s.has_blob(media.blob),
    }


def _blank() -> Row:
    return {
        "author": None,
        "name": None,
        "looks_like": None,
        "kind": "post",
        "erased": False,
        "text": "",
        "mentions": {},
        "time_ms": 0,
        "reply_to": None,
        "root": None,
        "quote": None,
        "quoted": None,
        "target": None,
        "outside": None,
        "warning": "",
        "lang": "",
        "media": [],
        "poll": None,
        "edited_ms": None,
        "imported": None,
        "filtered": None,
        "bookmarked": False,
        "cursor": None,
    }
