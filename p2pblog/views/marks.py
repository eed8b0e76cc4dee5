"""What the search index holds of an entry beside its words, and how to ask for it.

Specified in docs/views.md.  Pure.  Marks are words of a second column, which text cannot
reach: the log, the tags, what the entry has, its language, and whom it addresses.  So
`from:mia #bread -rye`, a tag's timeline and the mentions of oneself are all one query of the
index, newest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Literal, TypeAlias

from p2pblog.content.bodies import Origin, Outside, Post
from p2pblog.content.links import addresses
from p2pblog.content.text import tags, typed_tag
from p2pblog.core.encoding import encode

# Scripts written without spaces become one word a character, in the index and in queries;
# a query's characters are a phrase then.
_UNSPACED = re.compile("[\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_ADDRESS_BYTES = 10

Has: TypeAlias = Literal["media", "link", "poll"]


def words_of(text: str) -> str:
    """Return `text` as the index takes it in."""
    return text if text.isascii() else _UNSPACED.sub(r" \g<0> ", text)


def words_of_post(post: Post) -> str:
    """Return everything in a post that a search may find."""
    if not post.warning and not post.media and post.poll is None:
        return words_of(post.text)
    options = () if post.poll is None else post.poll.options
    return words_of("\n".join((post.text, post.warning, *(m.alt for m in post.media), *options)))


def log_mark(lid: int) -> str:
    """Return the mark of the entries of a log."""
    return f"l{lid}"


def tag_mark(tag: str) -> str:
    """Return the mark of a tag, which is as `content.text.tags` gives it."""
    return f"t{tag.encode().hex()}"


def mark_of_tag(typed: str) -> str | None:
    """Return the mark of a tag that a person typed, `#` included, or None if it is not one."""
    tag = typed_tag(typed)
    return None if tag is None else tag_mark(tag)


def answer_mark(log: bytes) -> str:
    """Return the mark of posts that answer or quote an entry of a log."""
    return f"a{log[:_ADDRESS_BYTES].hex()}"


def mention_mark(identity: bytes) -> str:
    """Return the mark of posts that mention an identity."""
    return f"m{identity[:_ADDRESS_BYTES].hex()}"


def has_mark(what: Has) -> str:
    """Return the mark of entries that have a picture, a link or a poll."""
    return f"h{what}"


def language_mark(language: str) -> str:
    """Return the mark of posts in a language: "pt" is of those in "pt-BR", too."""
    return f"g{language.lower().encode().hex()}"


def topics_of(text: str) -> Sequence[str]:
    """Return the tags in a text, with `#`, and the links."""
    if "#" not in text and "://" not in text:
        return ()
    return [*(f"#{tag}" for tag in tags(text)), *addresses(text)]


def marks_of_post(lid: int, post: Post, topics: Sequence[str]) -> str:
    """Return the marks of a post in log `lid`; an imported one addresses nobody.

    Args:
        topics: what `topics_of` says of its text.
    """
    marks = log_mark(lid)
    if topics:
        said = [tag_mark(one[1:]) for one in topics if one.startswith("#")]
        links = [has_mark("link")] * (len(said) < len(topics))
        marks = " ".join((marks, *said, *links))
    if post.media:
        marks += " " + has_mark("media")
    if post.poll is not None:
        marks += " " + has_mark("poll")
    if post.lang:
        marks += " " + language_mark(post.lang)
        if "-" in post.lang:
            marks += " " + language_mark(post.lang.partition("-")[0])
    if post.origin is None:
        if post.reply is not None:
            marks += " " + answer_mark(post.reply.log)
        if post.quote is not None:
            marks += " " + answer_mark(post.quote.log)
        for identity in post.mentions:
            marks += " " + mention_mark(identity)
    return marks


def marks_of_outside(lid: int, outside: Outside) -> str:
    """Return the marks of an outside text that is passed on in log `lid`."""
    marks = log_mark(lid)
    return f"{marks} {has_mark('link')}" if addresses(outside.text) else marks


def any_of(marks: Iterable[str]) -> str:
    """Return the part of a query that asks for one of these marks."""
    return "marks : (" + " OR ".join(f'"{mark}"' for mark in marks) + ")"


def beginning_with(mark: str) -> str:
    """Return the part of a query that asks for marks that begin with `mark`."""
    return f'marks : "{mark}" *'


def origin_hash(origin: Origin) -> int:
    """Return a number (64 bits, signed) for the place that an imported entry came from."""
    name = encode([origin.source, origin.account, origin.id])
    return int.from_bytes(blake2b(name, digest_size=8).digest(), signed=True)
