"""Entries and people as lines for a person.

Whatever a peer wrote goes through content.text before it gets here a line of its own, so
that no escape sequence, bidi control or line end of theirs reaches the terminal.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from p2pblog.cli.face import Document, Face, short
from p2pblog.cli.width import cells, cut, wrap
from p2pblog.content.text import clean, clean_line, with_names

INDENT_CELLS = 2
DEPTH_SHOWN_MAX = 8  # deeper replies stand below each other
_YEAR_10000_MS = 253_402_300_800_000


def ago(time_ms: int, now_ms: int) -> str:
    """Return how long ago `time_ms` was, or after a week its date, in local time."""
    seconds = (now_ms - time_ms) // 1000
    if -60 <= seconds < 10:
        return "now"
    for below, unit_s, unit in ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h")):
        if 0 <= seconds < below:
            return f"{seconds // unit_s} {unit}"
    if 0 <= seconds < 7 * 86_400:
        return f"{seconds // 86_400} d"
    if not 0 <= time_ms < _YEAR_10000_MS - 86_400_000:
        return "some time"
    then, now = time.localtime(time_ms // 1000), time.localtime(now_ms // 1000)
    day = f"{then.tm_mday} {time.strftime('%b', then)}"
    return day if then.tm_year == now.tm_year else f"{day} {then.tm_year}"


def time_ago(time_ms: int, now_ms: int) -> str:
    """Return the same as the end of a sentence: "3 min ago", "just now", a date."""
    said = ago(time_ms, now_ms)
    if said == "now":
        return "just now"
    return f"{said} ago" if said.endswith((" s", " min", " h", " d")) else said


def count(number: int, one: str, many: str | None = None) -> str:
    """Return "1 reply", "1,200 replies" ..."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def person_name(name: str | None, identity: str | None) -> str:
    """Return a name that can be shown: the person's own, or the beginning of the identity."""
    return clean_line(name or "") or short(identity)


def called(found: Document, name: str) -> str:
    """Return the name of the author of an entry, or of a person, with a warning if it imitates."""
    likeness = found.get("looks_like")
    if likeness is None:
        return name
    if likeness["self"]:
        return f"{name} [not you]"
    return f"{name} [not the {person_name(likeness['name'], likeness['identity'])} you follow]"


def said(entry: Document) -> str:
    """Return the text of an entry as it may be shown, with names for the keys of mentions."""
    names = {
        written.casefold(): called(one, person_name(one["name"], one["identity"]))
        for written, one in (entry.get("mentions") or {}).items()
    }
    return with_names(clean(entry["text"]), names)


def filter_name(one: Document) -> str:
    """Return what a filter looks for."""
    match one["what"]:
        case "person":
            return person_name(one.get("name"), one["value"])
        case "post":
            return f"the post {short(one['value'])}"
        case "tag":
            return f"#{clean_line(one['value'])}"
        case _:
            return f'"{clean_line(one["value"])}"'


def table(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Lay `rows` (cleaned cells of text) out in columns; lines are cut at `width`, `Face.room`."""
    if not rows:
        return
    columns = list(zip(*rows, strict=True))
    widths = [max(map(cells, column)) for column in columns[:-1]]
    for row in rows:
        line = "".join(
            cell + " " * (most - cells(cell) + 2) for cell, most in zip(row, widths, strict=False)
        )
        yield cut((line + row[-1]).rstrip(), width)


def entries(face: Face, found: Iterable[Document], *, focus: str | None = None) -> Iterator[str]:
    """Return the lines of a timeline or, where entries have a depth, of a thread."""
    for index, entry in enumerate(found):
        if index:
            yield ""
        depth = min(entry.get("depth") or 0, DEPTH_SHOWN_MAX)
        indent = " " * min(INDENT_CELLS * depth, face.columns // 3)
        width = face.columns - len(indent)
        opened = focus is not None
        marked = opened and entry["id"] == focus
        for line in _entry(face, entry, width, opened=opened, marked=marked):
            yield (indent + line).rstrip()


def _entry(face: Face, entry: Document, width: int, *, opened: bool, marked: bool) -> Iterator[str]:
    margin = " " * INDENT_CELLS
    inner = width - INDENT_CELLS
    if entry.get("missing"):
        yield face.style("(an entry that has not arrived yet)", dim=True)
        yield margin + face.style(short(entry["id"]), dim=True)
        return
    yield _heading(face, entry, width, marked=marked)
    if entry.get("erased"):
        yield margin + face.style("(erased by its author)", dim=True)
        yield margin + face.style(short(entry["id"]), dim=True)
        return
    if context := _context(entry):
        yield margin + face.style(cut(context, face.room(inner)), dim=True)
    filtered = None if marked else entry.get("filtered")
    hidden = (bool(entry.get("warning")) and not opened) or filtered is not None
    if filtered is not None:
        why = cut(f"[you filter {filter_name(filtered)}]", face.room(inner))
        yield margin + face.style(why, fg="yellow")
    elif entry.get("warning"):
        for line in wrap(f"[{clean_line(entry['warning'])}]", inner):
            yield margin + face.style(line, fg="yellow")
    if hidden:
        how = f"to read it: p2pblog thread {short(entry['id'])}"
        yield margin + face.style(cut(how, face.room(inner)), dim=True)
    if not hidden:
        yield from (margin + line for line in _body(face, entry, inner))
    yield margin + face.style(cut(_footer(entry), face.room(inner)), dim=True)


def _heading(face: Face, entry: Document, width: int, *, marked: bool) -> str:
    when = ago(entry["time_ms"], face.now_ms())
    sign = "> " if marked else ""
    room = width - cells(when) - 2 - len(sign)
    name = cut(called(entry, person_name(entry["name"], entry["author"])), face.room(max(room, 4)))
    tag = f"  {short(entry['author'])}" if entry.get("name") else ""
    if entry["kind"] == "repost":
        tag = " reposted " + _original_author(entry)
    tag = cut(tag, face.room(max(room - cells(name), 0)))
    gap = " " * max(width - len(sign) - cells(name) - cells(tag) - cells(when), 1)
    return f"{sign}{face.style(name, bold=True)}{face.style(tag + gap + when, dim=True)}"


def _original_author(entry: Document) -> str:
    if (outside := entry.get("outside")) is not None:
        return f"@{clean_line(outside['handle'])}"
    target = entry.get("target")
    if target is None:
        return "an entry that has not arrived yet"
    return called(target, person_name(target["name"], target["author"]))


def _context(entry: Document) -> str:
    parts = []
    if entry.get("reply_to") and entry.get("depth") is None:
        parts.append(f"in reply to {short(entry['reply_to'])}")
    imported = entry.get("imported")
    if imported is not None:
        account = f" (@{clean_line(imported['account'])})" if imported.get("account") else ""
        parts.append(f"imported from {clean_line(imported['source'])}{account}")
        if imported.get("reply_to"):
            parts.append(f"in reply to @{clean_line(imported['reply_to'])} there")
    return ", ".join(parts)


def _body(face: Face, entry: Document, width: int) -> Iterator[str]:
    if entry.get("text"):
        yield from wrap(said(entry), width)
    if entry.get("quote"):
        quoted = entry.get("quoted")
        if quoted is None:
            line = f"| {short(entry['quote'])}, which has not arrived yet"
        else:
            text = f"[{quoted['warning']}]" if quoted.get("warning") else said(quoted)
            text = "(erased by its author)" if quoted.get("erased") else text
            name = called(quoted, person_name(quoted["name"], quoted["author"]))
            line = f"| {name}: {clean_line(text)}"
        yield face.style(cut(line, face.room(width)), dim=True)
    if entry.get("poll"):
        yield from _poll(face, entry["poll"], width)
    for number, picture in enumerate(entry.get("media") or [], start=1):
        shows = clean_line(picture.get("alt") or "") or "no description"
        where = f"p2pblog media {short(entry['id'])}" + (f" {number}" if number > 1 else "")
        yield from (
            face.style(line, fg="cyan") for line in wrap(f"[picture: {shows}] {where}", width)
        )


def _poll(face: Face, poll: Document, width: int) -> Iterator[str]:
    voters = poll["voters"]
    for number, option in enumerate(poll["options"], start=1):
        share = f"{100 * option['votes'] // voters:3d} %" if voters else "  0 %"
        sign = "*" if option["chosen"] else " "
        yield cut(f"{sign}{number}  {share}  {clean_line(option['text'])}", face.room(width))
    left_ms = poll["until_ms"] - face.now_ms()
    how = "ended" if left_ms < 0 else f"ends in {span(left_ms)}"
    several = ", several answers" if poll["many"] else ""
    votes = cut(f"{count(voters, 'vote')}{several}, {how}", face.room(width))
    yield face.style(votes, dim=True)


def span(span_ms: int) -> str:
    """Return how long that is, in its largest unit, rounded up."""
    minutes = -(-span_ms // 60_000)
    for below, unit, size in ((120, "min", 1), (48 * 60, "h", 60)):
        if minutes <= below:
            return f"{-(-minutes // size)} {unit}"
    return f"{-(-minutes // 1440)} d"


def _footer(entry: Document) -> str:
    counted = [
        count(entry.get("replies") or 0, "reply", "replies") if entry.get("replies") else "",
        count(entry.get("reposts") or 0, "repost") if entry.get("reposts") else "",
        count(entry.get("likes") or 0, "like") if entry.get("likes") else "",
        "liked by you" if entry.get("liked") else "",
        "reposted by you" if entry.get("reposted") else "",
        "bookmarked" if entry.get("bookmarked") else "",
        "edited" if entry.get("edited_ms") else "",
    ]
    return "  ".join([short(entry["id"]), *filter(None, counted)])


def person(face: Face, found: Document) -> Iterator[str]:
    """Return the lines of a profile."""
    name = person_name(found["name"], found["identity"])
    yield face.style(cut(name, face.room(face.columns)), bold=True)
    yield face.style(found["identity"], dim=True)
    if (likeness := found.get("looks_like")) is not None:
        yield from wrap(imitation(likeness), face.columns)
    if found.get("bio"):
        yield from wrap(clean(found["bio"]), face.columns)
    for one in found.get("fields") or ():
        yield from wrap(f"{clean_line(one['name'])}: {clean_line(one['value'])}", face.columns)
    yield (
        f"{count(found['posts'], 'post')}, follows {found['following']:,}, "
        f"followed by {found['followers']:,}"
    )
    if said := relation(found):
        yield said
    if found.get("last_ms") is not None:
        yield f"last heard of: {time_ago(found['last_ms'], face.now_ms())}"


def imitation(likeness: Document) -> str:
    """Return in a sentence whom a name imitates."""
    if likeness["self"]:
        return "This is not you: the name looks like yours."
    name = person_name(likeness["name"], likeness["identity"])
    return f"Not the {name} you follow; that one is {short(likeness['identity'])}."


def relation(found: Document) -> str:
    """Return in words how this person and the reader stand to each other, perhaps ""."""
    if found.get("self"):
        return "this is you"
    words = [
        "you follow each other" if found.get("followed") and found.get("follows_me") else "",
        "you follow them" if found.get("followed") and not found.get("follows_me") else "",
        "follows you" if found.get("follows_me") and not found.get("followed") else "",
        "near (on this network)" if found.get("near") else "",
    ]
    return ", ".join(filter(None, words))


def people(face: Face, found: Sequence[Document]) -> Iterator[str]:
    """Return one line for each person, aligned."""
    rows = [
        [
            cut(called(each, person_name(each["name"], each["identity"])), face.room(40)),
            short(each["identity"]),
            count(each["posts"], "post"),
            ago(each["last_ms"], face.now_ms()) if each.get("last_ms") is not None else "-",
            relation(each),
        ]
        for each in found
    ]
    return table(rows, face.room(face.columns))


def plain(value: Any) -> str:
    """Return a value of the node's own (an address, an error) in one harmless line."""
    return clean_line(str(value))
