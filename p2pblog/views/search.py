"""Read what a person types to search, and search.

Specified in docs/api.md and docs/views.md.  All words are required; `"a phrase"` stands
together; `-word` must be absent; `#tag`; `from:NAME-or-ID`.  Nothing that is typed reaches
the search engine as syntax: every word goes in as a quoted string.
"""

from __future__ import annotations

import re
from typing import Any

from p2pblog.core.errors import BadRequest
from p2pblog.core.limits import LOGS_PER_QUERY_MAX, QUERY_CHARS_MAX
from p2pblog.views import lookup
from p2pblog.views.marks import any_of, log_mark, mark_of_tag, words_of
from p2pblog.views.snapshot import Snapshot
from p2pblog.views.timelines import matching, page, span_of

# A minus, perhaps; then `from:"two words"`, `"a phrase"` (perhaps not closed), or one word.
_TERM = re.compile(
    r"""(?P<no>-?)
    (?: (?P<who>from:) (?: "(?P<full_name>[^"]*)"? | (?P<name>[^\s"]*) )
      | "(?P<phrase>[^"]*)"?
      | (?P<word>[^\s"]+) )""",
    re.IGNORECASE | re.VERBOSE,
)
_PROHIBITED = re.compile("[\0\ud800-\udfff]")


def search(s: Snapshot, query: str, limit: int, before: str | None) -> dict[str, Any]:
    """Return {entries, next} of what `query` finds, newest first.

    Raises:
        BadRequest: nothing to look for, too long, or it takes too long.
        NotFound, Ambiguous: of `from:`, whom.
    """
    match = to_match(s, query)
    return page(s, matching(s, match, span_of(before, None)), limit)


def to_match(s: Snapshot, query: str) -> str:
    """Return what the search engine is asked for `query`."""
    if not isinstance(query, str) or len(query) > QUERY_CHARS_MAX:
        raise BadRequest(f"a search has at most {QUERY_CHARS_MAX} characters")
    wanted: list[str] = []
    unwanted: list[str] = []
    for term in _TERM.finditer(_PROHIBITED.sub(" ", query)):
        part = _part(s, term)
        if part is not None:
            (unwanted if term["no"] else wanted).append(part)
    if not wanted:
        raise BadRequest("type a word, a #tag or from:NAME to look for")
    match = " AND ".join(f"({part})" for part in wanted)
    if unwanted:
        match = f"({match}) NOT ({' OR '.join(f'({part})' for part in unwanted)})"
    return match


def _part(s: Snapshot, term: re.Match[str]) -> str | None:
    if term["who"]:
        lids = s.lids_of(lookup.person(s, term["full_name"] or term["name"] or ""))[
            :LOGS_PER_QUERY_MAX
        ]
        return any_of([log_mark(lid) for lid in lids] or [log_mark(0)])
    word = term["word"]
    tag = None if word is None else mark_of_tag(word)
    if tag is not None:
        return any_of([tag])
    text = term["phrase"] if word is None else word
    if not any(char.isalnum() for char in text):
        return None  # no letter of it is in the index: it would never be found
    quoted = words_of(text).replace('"', " ")
    return f'text : "{quoted}"'
