"""Read what a person types to search.

Specified in docs/api.md and docs/views.md.  All words are required; `"a phrase"` stands together;
`-` before anything asks for the contrary; `name:value` is an operator.  Nothing that is typed
reaches the search engine as syntax: every word goes in as a quoted string.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import tzinfo

from p2pblog.content.text import is_language
from p2pblog.core.errors import BadRequest, NotFound
from p2pblog.core.limits import LOGS_PER_QUERY_MAX, QUERY_CHARS_MAX
from p2pblog.views import lookup
from p2pblog.views.dates import read_date
from p2pblog.views.marks import (
    any_of,
    has_mark,
    language_mark,
    log_mark,
    mark_of_tag,
    words_of,
)
from p2pblog.views.names import folded
from p2pblog.views.places import PLACE_END, first_place
from p2pblog.views.snapshot import Snapshot

# A minus, perhaps; then `name:"two words"`, `"a phrase"` (perhaps not closed), or one word.
_TERM = re.compile(
    r"""(?P<no>-?)
    (?: (?P<name>[a-z]+): (?!//) (?: "(?P<quoted>[^"]*)"? | (?P<value>[^\s"]*) )
      | "(?P<phrase>[^"]*)"?
      | (?P<word>[^\s"]+) )""",
    re.IGNORECASE | re.VERBOSE,
)
_PROHIBITED = re.compile("[\0\ud800-\udfff]")
OPERATORS = ("from", "tag", "before", "after", "has", "lang", "in", "list")
KEPT = ("bookmarks", "likes", "lists")
_NOTHING = "type a word, a #tag, from:NAME, has:, lang: or in: to look for"


@dataclass(slots=True)
class Query:
    """What is looked for.

    Fields:
        wanted, unwanted: parts of a query of the search engine.
        low, high: places between which it stands; both are outside.
        inside, outside: which of "bookmarks" and "likes" it must be among, and which not.
    """

    wanted: list[str] = field(default_factory=list)
    unwanted: list[str] = field(default_factory=list)
    low: int = -1
    high: int = PLACE_END
    inside: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    @property
    def match(self) -> str:
        """What the search engine is asked, "" where it needs not be asked."""
        match = " AND ".join(f"({part})" for part in self.wanted)
        if match and self.unwanted:
            match = f"({match}) NOT ({' OR '.join(f'({part})' for part in self.unwanted)})"
        return match


def read_query(s: Snapshot, typed: str, *, now_ms: int, zone: tzinfo | None) -> Query:
    """Return what `typed` asks for.

    Raises:
        BadRequest: nothing to look for, too long, no such operator, or none of its values.
        NotFound, Ambiguous: of `from:` or `list:`, whom.
    """
    if not isinstance(typed, str) or len(typed) > QUERY_CHARS_MAX:
        raise BadRequest(f"a search has at most {QUERY_CHARS_MAX} characters")
    query = Query()
    for term in _TERM.finditer(_PROHIBITED.sub(" ", typed)):
        value = term["quoted"] if term["quoted"] is not None else term["value"]
        if term["name"] and (value or term["name"].lower() in OPERATORS):
            _take_in(s, query, term, value, now_ms, zone)
        elif (part := _said(term)) is not None:
            (query.unwanted if term["no"] else query.wanted).append(part)
    if not (query.wanted or query.inside):
        raise BadRequest(_NOTHING)
    return query


def _said(term: re.Match[str]) -> str | None:
    """Return the part that asks for a word, a phrase or a #tag; None for nothing to be found."""
    text = term["phrase"]
    if text is None:
        text = term["word"] or f"{term['name']}:"
        if (tag := mark_of_tag(text)) is not None:
            return any_of([tag])
    if not any(char.isalnum() for char in text):
        return None  # no letter of it is in the index: it would never be found
    quoted = words_of(text).replace('"', " ")
    return f'text : "{quoted}"'


def _take_in(
    s: Snapshot,
    query: Query,
    term: re.Match[str],
    value: str,
    now_ms: int,
    zone: tzinfo | None,
) -> None:
    name, no = term["name"].lower(), bool(term["no"])
    said = f"{name}:{value}"
    match name:
        case "before" | "after":
            _bound(query, said, no, lambda: read_date(value, now_ms, zone))
            return
        case "in" if value.lower() in ("bookmarks", "likes"):
            (query.outside if no else query.inside).append(value.lower())
            return
        case "in" if value.lower() == "lists":
            marks = _of_members(s, said, (one for each in s.lens.lists.values() for one in each))
        case "list":
            marks = _of_members(s, said, _members(s, said, value))
        case "from":
            lids = s.lids_of(lookup.person(s, value))[:LOGS_PER_QUERY_MAX]
            marks = [log_mark(lid) for lid in lids]
        case "tag":
            tag = mark_of_tag("#" + value.removeprefix("#"))
            if tag is None:
                raise BadRequest(f"{said}: that is no tag; write tag:bread for #bread")
            marks = [tag]
        case "has":
            marks = [_has(said, value.lower())]
        case "lang":
            if not is_language(value):
                raise BadRequest(f"{said}: a language is a code such as en or pt-BR")
            marks = [language_mark(value)]
        case "in":
            raise BadRequest(f"{said}: one can look in:{', in:'.join(KEPT)} and list:NAME")
        case _:
            known = ":, ".join(OPERATORS)
            raise BadRequest(
                f'there is no "{name}:" in a search, but {known}:; in quotes, it is looked for'
            )
    (query.unwanted if no else query.wanted).append(any_of(marks or [log_mark(0)]))


def _bound(query: Query, said: str, no: bool, read: Callable[[], tuple[int, int]]) -> None:
    """Bound what is looked for in time; `-before:` is from then on, `-after:` until then."""
    try:
        begin_ms, end_ms = read()
    except BadRequest as error:
        raise BadRequest(f"{said}: {error.detail}") from None
    match said.partition(":")[0], no:
        case ("before", False):
            query.high = min(query.high, first_place(begin_ms))
        case ("before", True):
            query.low = max(query.low, first_place(begin_ms) - 1)
        case ("after", False):
            query.low = max(query.low, first_place(end_ms) - 1)
        case _:
            query.high = min(query.high, first_place(end_ms))


def _has(said: str, value: str) -> str:
    match value:
        case "media" | "link" | "poll":
            return has_mark(value)
        case _:
            raise BadRequest(f"{said}: a post can be looked for that has:media, has:link, has:poll")


def _members(s: Snapshot, said: str, name: str) -> Iterable[bytes]:
    members = s.lens.lists.get(folded(name))
    if members is None:
        raise NotFound(f"{said}: no list of yours has that name")
    return members


def _of_members(s: Snapshot, said: str, members: Iterable[bytes]) -> list[str]:
    """Return the marks of what people on lists write."""
    marks: list[str] = []
    for key in sorted(set(members)):
        rows = s.conn.execute(
            "SELECT l.lid FROM people p JOIN logs l ON l.person = p.pid WHERE p.key = ?", (key,)
        )
        marks += [log_mark(lid) for (lid,) in rows]
        if len(marks) > LOGS_PER_QUERY_MAX:
            raise BadRequest(f"{said}: too many devices to search at once; try from:NAME")
    return marks
