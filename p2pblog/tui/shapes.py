"""What the local API says about entries and people, checked and cleaned at the door.

Shapes are those of docs/api.md, "Values".  Everything a stranger wrote passes through
`content.text` here, once, so nothing behind this module holds a text that could do harm.
A field that is absent, or of another type than documented, reads as empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from p2pblog.content.text import clean, clean_line, with_names
from p2pblog.core.limits import MENTIONS_MAX, POLL_OPTIONS_MAX, PROFILE_FIELDS_MAX

_SHORT_ID_CHARS = 8


def short_id(text_form: str) -> str:
    """Return the beginning of a key or id: enough to tell apart, and to type as a prefix."""
    return text_form[:_SHORT_ID_CHARS]


def called(name: str, identity: str, imitates: bool = False) -> str:
    """Return what to call somebody: the name they chose, else the start of their key.

    Args:
        imitates: whether the name looks like that of somebody else, which is said behind it.
    """
    said = name or short_id(identity) or "someone"
    return f"{said} (look-alike)" if imitates else said


def is_imitation(value: Mapping[str, Any]) -> bool:
    """Tell whether the API says of somebody, or of whose an entry is, that their name imitates."""
    return isinstance(value.get("looks_like"), Mapping)


def imitation(value: Any) -> str:
    """Return in a sentence whose name another looks like (the API's `looks_like`); "" for none."""
    if not isinstance(value, Mapping):
        return ""
    if value.get("self") is True:
        return "This is not you: the name looks like yours."
    identity = _line(value, "identity")
    name = called(_line(value, "name"), identity)
    return f"Not the {name} you follow; that one is {short_id(identity)}."


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of an entry: what it shows in words, and whether it is here."""

    alt: str
    type: str
    have: bool


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody whom a text names by a key: what stands after `@` (casefolded), and who it is."""

    written: str
    called: str
    identity: str


@dataclass(frozen=True, slots=True)
class Inner:
    """An entry inside another: quoted, or passed on."""

    id: str
    author: str = ""
    name: str = ""
    text: str = ""
    warning: str = ""
    time_ms: int = 0
    erased: bool = False
    imitates: bool = False
    mentions: tuple[Mention, ...] = ()

    @property
    def said(self) -> str:
        """Its text with the names of those whom it mentions."""
        return with_names(self.text, {one.written: one.called for one in self.mentions})


@dataclass(frozen=True, slots=True)
class Notice:
    """Why an entry stands among notifications.

    Fields:
        what: "reply", "mention", "quote", "like", "repost", "follow" or "poll".
        id, mark: by which its people are asked for; by which it is taken as looked at.
        new: whether it has not been looked at.
        rings: whether somebody is told of it who does not look.
        people: the latest who did so, as they are to be called; each with their identity.
        count: how many did so.
    """

    what: str
    id: str
    mark: str
    new: bool
    rings: bool
    people: tuple[tuple[str, str], ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a poll: how many chose it, and whether we did."""

    text: str
    votes: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Poll:
    """A question: its answers, how many people voted, when it ends, whether several are chosen."""

    answers: tuple[Answer, ...]
    voters: int
    until_ms: int
    many: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as timelines, threads and searches show it."""

    id: str
    author: str = ""
    name: str = ""
    kind: str = "post"
    text: str = ""
    time_ms: int = 0
    reply_to: str = ""
    quote: str = ""
    quoted: Inner | None = None
    target: Inner | None = None
    outside: str = ""
    warning: str = ""
    media: tuple[Picture, ...] = ()
    likes: int = 0
    reposts: int = 0
    replies: int = 0
    liked: bool = False
    reposted: bool = False
    bookmarked: bool = False
    poll: Poll | None = None
    lang: str = ""
    edited_ms: int = 0
    filtered: str = ""  # what of it we filter, in words
    imported: str = ""
    cursor: str = ""
    depth: int = 0
    missing: bool = False
    erased: bool = False
    imitates: bool = False  # its author's name looks like that of somebody we follow
    notice: Notice | None = None
    people: int = 0  # who answered lately, among conversations
    mentions: tuple[Mention, ...] = ()

    @property
    def said(self) -> str:
        """Its text with the names of those whom it mentions; what is written has keys for them."""
        if not self.text and self.target is not None:
            return self.target.said
        return with_names(self.text, {one.written: one.called for one in self.mentions})

    @property
    def subject(self) -> str:
        """The id that a like, reply or repost of this is about: what was passed on, if so."""
        return self.target.id if self.target else self.id

    @property
    def subject_author(self) -> str:
        """The identity that wrote what is read here ("" while unknown, or outside)."""
        return self.target.author if self.target else self.author

    @property
    def subject_called(self) -> str:
        """What to call who wrote what is read here."""
        by = self.target or self
        return called(by.name, by.author, by.imitates)


@dataclass(frozen=True, slots=True)
class Person:
    """An identity: what it says about itself, and how it stands to us."""

    identity: str
    name: str = ""
    bio: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    self: bool = False
    followed: bool = False
    follows_me: bool = False
    near: bool = False
    posts: int = 0
    following: int = 0
    followers: int = 0
    last_ms: int = 0
    imitates: str = ""  # whose name theirs looks like, in a sentence

    @property
    def called(self) -> str:
        """What to call them."""
        return called(self.name, self.identity, bool(self.imitates))


def read_entry(value: Mapping[str, Any]) -> Entry:
    """Return the entry that the API's map `value` describes."""
    media = value.get("media")
    imported = value.get("imported")
    outside = value.get("outside")
    return Entry(
        id=_line(value, "id"),
        author=_line(value, "author"),
        name=_line(value, "name"),
        kind=_line(value, "kind") or "post",
        text=_text(value, "text"),
        time_ms=_number(value, "time_ms"),
        reply_to=_line(value, "reply_to"),
        quote=_line(value, "quote"),
        quoted=_inner(value.get("quoted")),
        target=_inner(value.get("target")),
        outside=_line(outside, "handle") if isinstance(outside, Mapping) else "",
        warning=_line(value, "warning"),
        media=tuple(
            Picture(_line(item, "alt"), _line(item, "type"), item.get("have") is True)
            for item in (media if isinstance(media, list) else ())
            if isinstance(item, Mapping)
        ),
        likes=_number(value, "likes"),
        reposts=_number(value, "reposts"),
        replies=_number(value, "replies"),
        liked=value.get("liked") is True,
        reposted=value.get("reposted") is True,
        bookmarked=value.get("bookmarked") is True,
        poll=_poll(value.get("poll")),
        lang=_line(value, "lang"),
        edited_ms=_number(value, "edited_ms"),
        filtered=filter_name(value.get("filtered")),
        imported=_line(imported, "source") if isinstance(imported, Mapping) else "",
        cursor=_line(value, "cursor"),
        depth=_number(value, "depth"),
        missing=value.get("missing") is True,
        erased=value.get("erased") is True,
        imitates=is_imitation(value),
        people=_number(value, "people"),
        mentions=_mentions(value.get("mentions")),
    )


def read_person(value: Mapping[str, Any]) -> Person:
    """Return the person that the API's map `value` describes."""
    fields = value.get("fields")
    return Person(
        identity=_line(value, "identity"),
        name=_line(value, "name"),
        bio=_text(value, "bio"),
        fields=tuple(
            (_line(one, "name"), _line(one, "value"))
            for one in (fields if isinstance(fields, list) else ())[:PROFILE_FIELDS_MAX]
            if isinstance(one, Mapping)
        ),
        self=value.get("self") is True,
        followed=value.get("followed") is True,
        follows_me=value.get("follows_me") is True,
        near=value.get("near") is True,
        posts=_number(value, "posts"),
        following=_number(value, "following"),
        followers=_number(value, "followers"),
        last_ms=_number(value, "last_ms"),
        imitates=imitation(value.get("looks_like")),
    )


def filter_name(value: Any) -> str:
    """Return what a filter of the API looks for, in words; "" for none."""
    if not isinstance(value, Mapping):
        return ""
    said = _line(value, "value")
    match value.get("what"):
        case "person":
            return _line(value, "name") or f"its author {short_id(said)}"
        case "tag":
            return f"#{said}"
        case "post":
            return f"the post {short_id(said)}"
        case _:
            return f"“{said}”"


def _mentions(value: Any) -> tuple[Mention, ...]:
    found = list(value.items())[:MENTIONS_MAX] if isinstance(value, Mapping) else []
    named = [
        Mention(
            clean_line(str(written)).casefold(),
            called(_line(one, "name"), _line(one, "identity"), is_imitation(one)),
            _line(one, "identity"),
        )
        for written, one in found
        if isinstance(one, Mapping)
    ]
    return tuple(one for one in named if one.identity)


def _poll(value: Any) -> Poll | None:
    if not isinstance(value, Mapping):
        return None
    options = value.get("options")
    return Poll(
        tuple(
            Answer(_line(one, "text"), _number(one, "votes"), one.get("chosen") is True)
            for one in (options if isinstance(options, list) else ())[:POLL_OPTIONS_MAX]
            if isinstance(one, Mapping)
        ),
        _number(value, "voters"),
        _number(value, "until_ms"),
        value.get("many") is True,
    )


def _inner(value: Any) -> Inner | None:
    if isinstance(value, str) and value:
        return Inner(clean_line(value))
    if not isinstance(value, Mapping):
        return None
    return Inner(
        id=_line(value, "id"),
        author=_line(value, "author"),
        name=_line(value, "name"),
        text=_text(value, "text"),
        warning=_line(value, "warning"),
        time_ms=_number(value, "time_ms"),
        erased=value.get("erased") is True,
        imitates=is_imitation(value),
        mentions=_mentions(value.get("mentions")),
    )


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return clean(found) if isinstance(found, str) else ""


def _line(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return clean_line(found) if isinstance(found, str) else ""


def _number(value: Mapping[str, Any], key: str) -> int:
    found = value.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else 0
