"""Find where the links in a laid-out text lead: to a tag, a person, or an address.

Pure.  Nothing else leads anywhere, other schemes of addresses above all.  A line may hold only
the beginning of an address that was broken in two, so each link in the lines is matched, in
order, to the whole ones in the text: no click ever leads to half an address.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from rich.cells import cell_len

from p2pblog.content.links import trimmed
from p2pblog.content.text import mention_tokens, tags
from p2pblog.core.limits import QUERY_CHARS_MAX
from p2pblog.tui.rows import LINK, Line
from p2pblog.tui.shapes import Mention

Kind: TypeAlias = Literal["tag", "person", "address"]
_ADDRESS_CHARS_MAX: Final = 2048


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads: what kind of place, its name there, and how it is shown if otherwise."""

    kind: Kind
    value: str
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A link as it is laid out: in which line, from which cell, how wide, where to."""

    line: int
    x: int
    cells: int
    target: Target


def target_of(link: str) -> Target | None:
    """Return where a whole link of a text leads, or None: nowhere."""
    if link.startswith("#"):
        found = tags(link)
        return Target("tag", found[0]) if found else None
    if link.startswith("@"):
        named = mention_tokens(link)
        return Target("person", named[0]) if named else None
    address = trimmed(link)
    return Target("address", address) if host_of(address) else None


def host_of(address: str) -> str:
    """Return the host that an http(s) address leads to, as the network calls it; "" for none.

    Names in other scripts are given in their ASCII form, so that one that imitates another shows.
    """
    if len(address) > _ADDRESS_CHARS_MAX or any(not char.isprintable() for char in address):
        return ""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        if parts.scheme not in ("http", "https") or not host or set(host) & set(" \\<>\"'"):
            return ""
        return host.encode("idna").decode() + port if not host.isascii() else host + port
    except ValueError:  # UnicodeError, too
        return ""


def query_for(address: str) -> str:
    """Return what is searched for to find an address: a phrase, as long as a search may be.

    What is too long is cut between words, since half a word is found nowhere.
    """
    phrase = address.replace('"', " ")
    room = QUERY_CHARS_MAX - len('""')
    if len(phrase) > room:
        cut = next((at for at in range(room, 0, -1) if not phrase[at].isalnum()), room)
        phrase = phrase[:cut]
    return f'"{phrase.strip()}"'


def placed(
    lines: Sequence[Line], text: str, margin: int = 0, mentions: Sequence[Mention] = ()
) -> Iterator[Placed]:
    """Yield the links in `lines` that lead somewhere, in reading order.

    Args:
        text: the whole text that the lines were made of.
        margin: cells before each line.
        mentions: whom the lines call by a name where the text has a key.
    """
    links = [_link(match[0], mentions) for match in LINK.finditer(text)]
    whole = [shown for shown, _ in links]
    at = 0
    for number, line in enumerate(lines):
        x = margin
        for index, (part, role) in enumerate(line):
            size = cell_len(part)
            if role == "link":
                last = index == len(line) - 1
                found = next(
                    (
                        one
                        for one in range(at, len(whole))
                        if whole[one] == part or (last and whole[one].startswith(part))
                    ),
                    None,
                )
                if found is not None:
                    at = found + 1
                    if (target := links[found][1]) is not None:
                        yield Placed(number, x, size, target)
            x += size


def _link(written: str, mentions: Sequence[Mention]) -> tuple[str, Target | None]:
    """Return how a link of a text is shown, and where it leads."""
    target = target_of(written)
    if target is not None and target.kind == "person":
        for one in mentions:
            if one.written == target.value.casefold():
                return f"@{one.called}", Target("person", one.identity, one.called)
    return written, target
