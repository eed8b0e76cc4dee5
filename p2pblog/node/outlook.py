"""What the owner of a home wants to read, from what they keep for themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from p2pblog.content.bodies import Ref
from p2pblog.core.encoding import Value
from p2pblog.core.limits import TIME_MS_MAX
from p2pblog.store.personal import Personal, Section
from p2pblog.views.lens import NO_FLOOR, Bookmark, Filter, Filters, Floor, Lens, What

_KINDS = {b"w": What.WORD, b"t": What.TAG, b"p": What.PERSON, b"e": What.POST}


class PeopleList(NamedTuple):
    """A list: its name as it was typed, and the identities on it in the order of coming."""

    name: str
    members: tuple[bytes, ...]


class Decision(NamedTuple):
    """What was decided about a stranger; what they said until then (ms) is not asked about."""

    welcome: bool
    dismissed_ms: int


class Outlook:
    """Reads what is kept; safe from any thread.  What nobody can read is passed over."""

    def __init__(self, personal: Personal, clock_ms: Callable[[], int]) -> None:
        self._personal = personal
        self._clock_ms = clock_ms
        self._made = -1, 0, Lens()  # of which revision, until when (ms), what

    def lens(self) -> Lens:
        """Return everything together, as of now."""
        revision, until_ms, lens = self._made
        if revision == self._personal.revision and self._clock_ms() < until_ms:
            return lens
        revision = self._personal.revision
        filters, strangers = self.filters(), self.strangers()
        seen, floor = self.seen()
        lens = Lens(
            Filters(filters.values()),
            {name: frozenset(one.members) for name, one in self.lists().items()},
            self.tags(),
            self.bookmarks(),
            frozenset(one for one, decided in strangers.items() if decided.welcome),
            {one: decided.dismissed_ms for one, decided in strangers.items()},
            frozenset(seen),
            floor,
        )
        ends = [one.until_ms for one in filters.values() if one.until_ms]
        self._made = revision, min(ends, default=TIME_MS_MAX), lens
        return lens

    def bookmarks(self) -> dict[bytes, Bookmark]:
        """Return the bookmarks by entry id, the latest first."""
        found: dict[bytes, Bookmark] = {}
        for key, value in self._personal.all(Section.BOOKMARKS).items():
            match value:
                case [bytes(log), int(seq), int(since_ms)]:
                    found[key] = Bookmark(Ref(log, seq, key), since_ms)
        return dict(sorted(found.items(), key=lambda item: -item[1].since_ms))

    def lists(self) -> dict[str, PeopleList]:
        """Return the lists by their folded names."""
        found: dict[str, PeopleList] = {}
        for key, value in self._personal.all(Section.LISTS).items():
            match value:
                case [str(name), list(members)]:
                    identities = tuple(one for one in members if isinstance(one, bytes))
                    found[key.decode()] = PeopleList(name, identities)
        return found

    def tags(self) -> tuple[str, ...]:
        """Return the tags that are followed, in order."""
        return tuple(sorted(key.decode() for key in self._personal.all(Section.TAGS)))

    def strangers(self) -> dict[bytes, Decision]:
        """Return what was decided about strangers, by identity."""
        found: dict[bytes, Decision] = {}
        for key, value in self._personal.all(Section.STRANGERS).items():
            match value:
                case [bool(welcome), int(dismissed_ms)]:
                    found[key] = Decision(welcome, dismissed_ms)
        return found

    def seen(self) -> tuple[dict[bytes, int], Floor]:
        """Return which notifications were looked at (digests, with their places), and the floor."""
        found: dict[bytes, int] = {}
        floor = NO_FLOOR
        match self._personal.all(Section.SEEN).get(b""):
            case [int(place), int(arrival), list(marks)]:
                floor = Floor(place, arrival)
                for mark in marks:
                    match mark:
                        case [bytes(one), int(place)]:
                            found[one] = place
            case [*digests]:  # as they were kept before there was a floor
                found = {one: 0 for one in digests if isinstance(one, bytes)}
        return found, floor

    def filters(self) -> dict[bytes, Filter]:
        """Return the filters that have not ended, by their keys."""
        now_ms = self._clock_ms()
        found: dict[bytes, Filter] = {}
        for key, value in self._personal.all(Section.FILTERS).items():
            match value:
                case [str(said), bool(warns), int(until_ms)] if not 0 < until_ms <= now_ms:
                    found[key] = Filter(_KINDS[key[:1]], said, warns, until_ms)
        return found


class Own(NamedTuple):
    """What is kept for oneself, and how it is read."""

    personal: Personal
    outlook: Outlook


def filter_key(what: What, folded: bytes) -> bytes:
    """Return the key of the filter that looks for a folded word or tag, or an identity."""
    [letter] = [letter for letter, kind in _KINDS.items() if kind is what]
    return letter + folded


def filter_value(one: Filter) -> Value:
    """Return what is kept of a filter under its key."""
    return [one.value, one.warns, one.until_ms]
