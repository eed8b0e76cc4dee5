"""What the composer makes of a draft: a letter, which says what the node is asked for.

Pure: the present and chance come in as arguments.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from p2pblog.api.when import read_span, read_time, said_time
from p2pblog.content.text import clean, clean_line, mention_tokens
from p2pblog.core.errors import BadRequest
from p2pblog.core.textform import Kind
from p2pblog.tui.context import Write
from p2pblog.tui.drafts import Draft
from p2pblog.tui.shapes import Entry

_HOUR_MS: Final = 3_600_000
_KEY_CHARS_MIN: Final = 8  # of what is shown by a name, see docs/api.md, "mentions"
_SENT: Final = "sent "


@dataclass(frozen=True, slots=True)
class Letter:
    """One post on its way.

    Fields:
        about: under which its draft is kept.
        draft: what it was made of.
        method, params: what the node is asked for.
        write: what opens the composer on it once more.
    """

    about: str
    method: str
    params: dict[str, Any]
    write: Write
    draft: Draft


def keys_in(text: str) -> list[str]:
    """Return what stands after `@` in a text and may be the beginning of somebody's key."""
    return [
        token
        for token in mention_tokens(text)
        if len(token) >= _KEY_CHARS_MIN and token[0].lower() == Kind.IDENTITY
    ]


def kept_under(write: Write) -> str:
    """Return what a draft of it is about; see `Drafts`."""
    if write.reply_to is not None:
        return write.reply_to.subject
    if write.quote is not None:
        return f"quote {write.quote.subject}"
    return f"edit {write.edit.subject}" if write.edit is not None else ""


def new_token(chance: random.Random) -> str:
    """Return what nobody else calls a letter."""
    return f"{chance.getrandbits(128):032x}"


def kept_sent(about: str, token: str) -> str:
    """Return under what the draft of a letter is kept, which begins no other one; see `Drafts`."""
    return f"{_SENT}{token} {subject_of(about)}"


def is_sent(about: str) -> bool:
    """Return whether a draft has a place of its own: it was sent, and perhaps did not arrive."""
    return about.startswith(_SENT)


def subject_of(about: str) -> str:
    """Return what a draft is about, whether it was sent or not."""
    return about.split(" ", 2)[-1] if is_sent(about) else about


def entry_of(about: str) -> str:
    """Return the id of the entry that a draft kept under `about` belongs to, "" for a new post."""
    return subject_of(about).removeprefix("quote ").removeprefix("edit ")


def write_of(about: str, entry: Entry) -> Write:
    """Return what opens the composer on a draft about `entry`."""
    match subject_of(about).partition(" "):
        case "quote", " ", _:
            return Write(quote=entry)
        case "edit", " ", _:
            return Write(edit=entry)
    return Write(entry)


def begun(write: Write) -> Draft:
    """Return what the composer begins with where there is no draft."""
    return Draft() if write.edit is None else Draft(write.edit.text, write.edit.warning)


def waited(one: Mapping[str, Any], now_ms: int) -> Draft:
    """Return the draft that a post for later was, from the answer to `later`."""
    draft = Draft(clean(one["text"]), clean_line(one["warning"]), lang=one.get("lang") or None)
    if one["at_ms"] > now_ms:
        draft = replace(draft, at=said_time(one["at_ms"]))
    if (poll := one.get("poll")) is not None:
        hours = max(1, -(-(poll["until_ms"] - now_ms) // _HOUR_MS))
        options = tuple(clean_line(option) for option in poll["options"])
        draft = replace(draft, options=options, span=f"{hours}h", many=poll["many"])
    return draft


def letter(about: str, write: Write, draft: Draft, *, lang: str, now_ms: int) -> Letter:
    """Return what is to be sent of a draft in which nothing is wrong.

    Args:
        about: under which the draft is kept.
        lang: the language it is in, chosen or guessed, "" for none.
    """
    params: dict[str, Any] = {"text": draft.text, "token": draft.token or None}
    if write.edit is not None:
        method = "edit"
        params |= {"entry": write.edit.subject, "warning": draft.warning}
        params["lang"] = draft.lang
    else:
        method = "post"
        params |= {"warning": draft.warning or None, "lang": lang or None}
        params["reply_to"] = write.reply_to.subject if write.reply_to else None
        params["quote"] = write.quote.subject if write.quote else None
        if draft.options:
            until_ms = now_ms + read_span(draft.span)
            options = list(draft.options)
            params["poll"] = {"options": options, "until_ms": until_ms, "many": draft.many}
        if draft.at:
            method = "post.later"
            params["at_ms"] = read_time(draft.at, now_ms)
    given = {name: value for name, value in params.items() if value is not None}
    return Letter(about, method, given, write, draft)


def wrong_time(typed: str, now_ms: int) -> str:
    """Return what is wrong with a time to publish at, "" if nothing is."""
    if not typed.strip():
        return ""
    try:
        at_ms = read_time(typed, now_ms)
    except BadRequest as error:
        return error.detail
    return "That time is past." if at_ms <= now_ms else ""
