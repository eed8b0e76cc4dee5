"""Know a post that is sent again: a face that had no answer sends it with the same token.

Specified in docs/api.md, "Sending again".  Nothing is kept for it: the salt of the body is made of
the token, so that the post is found among the newest of one's own entries, also after a kill.
To everybody else the salt is random: it takes the device's secret to make it (B-1).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from p2pblog.content.bodies import Edit, Post
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import encode
from p2pblog.core.errors import BadRequest
from p2pblog.log.entry import Entry
from p2pblog.node import params as take
from p2pblog.store.logs import LogStore

_PURPOSE: Final = b"p2pblog token"
# [salt(16), kind, ...] in the one encoding that there is: where the salt stands is known.
_BEFORE_SALT: Final = b"\x93\xc4\x10"


def token_of(params: take.Params) -> str | None:
    """Return the token that a face chose, None where it chose none.

    Raises:
        BadRequest: it is no text of 8 to 64 characters.
    """
    token = take.optional(params, "token", most=limits.TOKEN_CHARS_MAX)
    if token is not None and len(token) < limits.TOKEN_CHARS_MIN:
        raise BadRequest(f"'token' is shorter than {limits.TOKEN_CHARS_MIN} characters")
    return token


def salt_of_token(key: SigningKey, token: str, body: Post | Edit) -> bytes:
    """Return the salt (16 bytes) of what is said under a token.

    What the person wrote goes into it, so that two texts under one token are two posts; what the
    node finds out (whom an @word means, when a poll ends) does not.
    """
    about: list[object]
    match body:
        case Post():
            poll = None if body.poll is None else [list(body.poll.options), body.poll.many]
            refs = [None if ref is None else ref.id for ref in (body.reply, body.quote)]
            about = ["post", *refs, poll]
        case Edit():
            about = ["edit", body.target.id]
    media = [[one.blob, one.alt] for one in body.media]
    said = encode([token, about, body.text, body.warning, media])
    return blake2b(said, digest_size=limits.SALT_BYTES, key=key.seed, person=_PURPOSE).digest()


def salt_in(body: bytes | None) -> bytes:
    """Return the salt of a body, b"" where the body is gone."""
    if body is None or not body.startswith(_BEFORE_SALT):
        return b""
    at = len(_BEFORE_SALT)
    return body[at : at + limits.SALT_BYTES]


def said_with(store: LogStore, log: bytes, salt: bytes) -> Entry | None:
    """Return which of the newest entries of `log` has that salt, if one does."""
    held = store.logs.get(log)
    high = 0 if held is None else held.newest.high
    low = max(1, high - limits.AGAIN_ENTRIES_MAX + 1)
    return next((one for one in store.read(log, low, high) if salt_in(one.body) == salt), None)
