"""Whom a text mentions by the beginning of an identity, so that a reader sees names and no keys.

Specified in docs/api.md, "entry".  Names are those that the reader's own views know.  Whom the
author says they mean counts before what a beginning is found to mean here.
"""

from __future__ import annotations

from typing import Any

from p2pblog.content.bodies import Post
from p2pblog.content.text import mention_tokens
from p2pblog.core.errors import Ambiguous, BadRequest, BadTextForm, NotFound
from p2pblog.core.textform import Kind
from p2pblog.views import lookup
from p2pblog.views.snapshot import Snapshot
from p2pblog.views.strangers import imitated

_CHARS_MIN = 8  # what is shorter may be somebody's name, and begin a stranger's key by chance


def named(s: Snapshot, post: Post) -> dict[str, dict[str, Any]]:
    """Return by what stands after `@` in a post (at most 16) those it means: {identity, name,
    looks_like}.

    Left out are mentions by name, and of people whose name is not known here.
    """
    if "@" not in post.text or post.origin is not None:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for token in mention_tokens(post.text):
        if len(token) < _CHARS_MIN or token[0].lower() != Kind.IDENTITY:
            continue
        if (key := _meant(s, post, token.lower())) is None:
            continue
        row = s.conn.execute("SELECT pid, name FROM people WHERE key = ?", (key,)).fetchone()
        if row is not None and row[1]:
            pid, name = row
            found[token] = {
                "identity": s.text(Kind.IDENTITY, key),
                "name": name,
                "looks_like": imitated(s, pid, name),
            }
    return found


def _meant(s: Snapshot, post: Post, token: str) -> bytes | None:
    said = [one for one in post.mentions if s.text(Kind.IDENTITY, one).startswith(token)]
    if len(said) == 1:
        return said[0]
    try:
        key = lookup.person_key(s, token)
    except (NotFound, Ambiguous, BadTextForm, BadRequest):
        return None
    return key if s.text(Kind.IDENTITY, key).startswith(token) else None
