"""Say in a sentence or two why an entry is read, from the facts that the node gives.

Pure; the command line says the same.  Facts are those of docs/api.md, "why"; one that is not
known here, of a newer node, is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from p2pblog.content.text import clean_line

SENTENCES_MAX = 2
_ID_CHARS = 10  # of an identity without a name
_PLAIN = {
    "own": "You wrote it.",
    "passed-on-by-you": "You reposted it.",
    "answers-you": "It answers you.",
    "quotes-you": "It quotes you.",
    "mentions-you": "It mentions you.",
    "bookmarked": "You bookmarked it.",
    "held": "Nobody you follow wrote it or reposted it; it came from a peer, and is kept here.",
}


def sentences(found: Mapping[str, Any]) -> list[str]:
    """Return why, in at most two sentences, the weightiest first.

    Args:
        found: the answer to `why`.
    """
    reasons = found.get("reasons")
    said = (
        _sentence(one, _called(found, "author"))
        for one in (reasons if isinstance(reasons, list) else ())
        if isinstance(one, Mapping)
    )
    return list(filter(None, said))[:SENTENCES_MAX]


def _sentence(reason: Mapping[str, Any], author: str) -> str:
    """Return what one reason says, "" where it is not known here."""
    people, count = _people(reason), reason.get("count")
    names = _listed(people, count)
    match reason.get("why"):
        case "followed":
            return f"You follow {author}."
        case "passed-on":
            return f"{names}, whom you follow, reposted it."
        case "followed-by":
            follow = "follows" if count == 1 else "follow"
            return f"{names}, whom you follow, {follow} {author}."
        case "near" if people:
            return f"{names} was met on your local network."
        case "near":
            return "It came from a device that was met on your local network."
        case "tag":
            tags = [f"#{one}" for one in _lines(reason, "tags")]
            which = "tags that you follow" if len(tags) > 1 else "a tag that you follow"
            which = which if reason.get("followed") is True else "as you asked"
            return f"It bears {_listed(tags)}, {which}."
        case "list":
            return f"{author} is on your list {_listed(_lines(reason, 'lists'), count)}."
        case "conversation":
            answered = "person answered" if count == 1 else "people answered"
            return f"{count} {answered} in its conversation in the last {_days(reason)} days."
        case str(plain):
            return _PLAIN.get(plain, "")
        case _:
            return ""


def _people(reason: Mapping[str, Any]) -> list[str]:
    people = reason.get("people")
    return [
        _called(one, "identity")
        for one in (people if isinstance(people, list) else ())
        if isinstance(one, Mapping)
    ]


def _listed(shown: list[str], count: object = None) -> str:
    """Return names in one text: "a", "a and b", "a, b and 3 others"."""
    more = count - len(shown) if isinstance(count, int) else 0
    if more > 0:
        shown = [*shown, "1 other" if more == 1 else f"{more:,} others"]
    return ", ".join(shown[:-1]) + " and " * (len(shown) > 1) + (shown[-1] if shown else "")


def _called(one: Mapping[str, Any], key: str) -> str:
    """Return what to call somebody, whose identity stands under `key`."""
    name, identity = one.get("name"), one.get(key)
    said = clean_line(name) if isinstance(name, str) else ""
    said = said or (identity[:_ID_CHARS] if isinstance(identity, str) else "its author")
    return f"{said} (look-alike)" if isinstance(one.get("looks_like"), Mapping) else said


def _lines(reason: Mapping[str, Any], key: str) -> list[str]:
    found = reason.get(key)
    return [clean_line(str(one)) for one in (found if isinstance(found, list) else ())]


def _days(reason: Mapping[str, Any]) -> int:
    hours = reason.get("hours")
    return max(1, hours // 24) if isinstance(hours, int) else 1
