"""What whoever asks wants to read, and how: filters, lists, tags, bookmarks, strangers.  Pure.

Specified in docs/views.md.  None of it is in the logs: the node keeps it for its owner, and
hands it to every question.  A filter hides entries, or has them shown behind a line that says
why; words are compared one by one, so that no filter, however many there are, makes a long text
slow to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from p2pblog.content.bodies import Ref
from p2pblog.content.text import tags
from p2pblog.views.marks import words_of
from p2pblog.views.names import folded

_WORD = re.compile(r"\w+")
Row = dict[str, Any]


class What(StrEnum):
    """What a filter looks at."""

    WORD = "word"
    TAG = "tag"
    PERSON = "person"
    POST = "post"


class Filter(NamedTuple):
    """One filter.

    Fields:
        value: as it was typed; of a tag, as `content.text.tags` gives it; of a person or a post,
            the text form of the identity or id.
        warns: the entry is shown behind a line, instead of not at all.
        until_ms: when it ends; 0: it does not.
    """

    what: What
    value: str
    warns: bool = False
    until_ms: int = 0


class Bookmark(NamedTuple):
    """An entry that is kept in mind, and since when."""

    ref: Ref
    since_ms: int


def words(text: str) -> list[str]:
    """Return the words of a text as filters compare them."""
    return _WORD.findall(words_of(folded(text)))


class Filters:
    """Filters that hold now, ready to look at entries."""

    def __init__(self, filters: Iterable[Filter] = ()) -> None:
        self._persons: dict[str, Filter] = {}
        self._posts: dict[str, Filter] = {}
        self._tags: dict[str, Filter] = {}
        self._phrases: dict[str, list[tuple[list[str], Filter]]] = {}
        # What hides goes before what warns.
        for one in sorted(filters, key=lambda one: one.warns):
            match one.what:
                case What.PERSON:
                    self._persons.setdefault(one.value, one)
                case What.POST:
                    self._posts.setdefault(one.value, one)
                case What.TAG:
                    self._tags.setdefault(one.value, one)
                case What.WORD:
                    phrase = words(one.value)
                    self._phrases.setdefault(phrase[0], []).append((phrase, one))

    @property
    def people(self) -> Mapping[str, Filter]:
        """Those (text forms) whom a filter is about, hidden or behind a line, and which."""
        return self._persons

    def hides_topic(self, topic: str) -> bool:
        """Tell whether a tag (with `#`) or a link is, or holds, what is not to be shown at all."""
        met = [*self._met_by_words(topic)] if self._phrases else []
        if topic.startswith("#") and topic[1:] in self._tags:
            met.append(self._tags[topic[1:]])
        return any(not one.warns for one in met)

    def met_by(self, row: Row) -> Filter | None:
        """Return the filter that an entry meets, one that hides before one that warns.

        Args:
            row: an entry as the local API shows it.
        """
        if not (self._persons or self._posts or self._tags or self._phrases):
            return None
        return min(self._met(row), key=lambda one: one.warns, default=None)

    def concerns(self, person: str) -> bool:
        """Tell whether one of these looks for a person (the text form of an identity)."""
        return person in self._persons

    def _met(self, row: Row) -> Iterator[Filter]:
        for one in (row, row["target"], row["quoted"]):
            if one is None:
                continue
            if one["author"] is not None and one["author"] in self._persons:
                yield self._persons[one["author"]]
            if one["id"] in self._posts:
                yield self._posts[one["id"]]
        for text in _texts(row):
            for tag in tags(text) if self._tags else ():
                if tag in self._tags:
                    yield self._tags[tag]
            yield from self._met_by_words(text) if self._phrases else ()

    def _met_by_words(self, text: str) -> Iterator[Filter]:
        said = words(text)
        for at, word in enumerate(said):
            for phrase, one in self._phrases.get(word, ()):
                if said[at : at + len(phrase)] == phrase:
                    yield one


class Floor(NamedTuple):
    """Up to which place, and of what had arrived up to where, all counts as looked at."""

    place: int
    arrival: int


NO_FLOOR = Floor(0, 0)


@dataclass(frozen=True, slots=True)
class Lens:
    """Everything that one person wants, as of now.

    Fields:
        lists: identities by the folded name of their list.
        tags: those that are followed, as `content.text.tags` gives them.
        bookmarks: entries that are kept in mind, by their id, the latest first.
        welcome: strangers (identities) whose mentions are let through.
        dismissed: until when (ms) the mentions of a stranger are not asked about any more.
        seen: which notifications have been looked at (`looked.digest`).
        floor: below which all of them have been.
    """

    filters: Filters = field(default_factory=Filters)
    lists: Mapping[str, frozenset[bytes]] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    bookmarks: Mapping[bytes, Bookmark] = field(default_factory=dict)
    welcome: frozenset[bytes] = frozenset()
    dismissed: Mapping[bytes, int] = field(default_factory=dict)
    seen: frozenset[bytes] = frozenset()
    floor: Floor = NO_FLOOR


def _texts(row: Row) -> Iterable[str]:
    yield row["text"]
    yield row["warning"]
    yield from (media["alt"] for media in row["media"])
    if row["quoted"] is not None:
        yield row["quoted"]["text"]
