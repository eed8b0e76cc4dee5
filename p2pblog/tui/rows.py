"""Lay out an entry or a person as lines of text with roles, for a width in cells.

Pure, but for the names of keys.  A line is a tuple of (text, role) pieces; roles are names that
the list widget maps to styles of the theme, so the same layout serves every theme, and none.
What colour says is said in words or signs as well.  Texts come cleaned from `shapes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from rich.cells import cell_len

from p2pblog.content.text import with_names
from p2pblog.tui.here import here, key_said, with_keys
from p2pblog.tui.shapes import Entry, Inner, Person, Poll, called, short_id
from p2pblog.tui.words import ENDED, count
from p2pblog.tui.wrap import shorten, wrap

Piece: TypeAlias = tuple[str, str]
Line: TypeAlias = tuple[Piece, ...]

ROLES = ("text", "name", "dim", "accent", "mine", "warning", "link", "quote", "focus")
TEXT_LINES_MAX = 24  # of one entry in a timeline; its thread shows it whole
_QUOTE_LINES_MAX = 3
_INDENT_CELLS = 2
_NAME_MIN_CELLS = 8
_BAR_CELLS = 10
_NOT_HERE = "· a post that is not here"
_KEPT_NOT_HERE = "· a bookmarked post that is not here; {entry.bookmark} takes the bookmark back"
_ERASED = "erased by its author"
_LOOK_ALIKE = "⚠ look-alike"
_FOCUS = " ◂"  # after the name, so that names and texts stand in one line
_WHY = {
    "reply": "answers you",
    "mention": "mentions you",
    "quote": "quotes you",
    "poll": "its poll has ended",
}
LINK = re.compile(r"https?://\S+|(?<![\w/&#])#\w+|(?<![\w/.@])@\w[\w.-]*")
# While lines are broken, names that stand for keys are one word each, with an end that nobody
# sees: signs that no cleaned text holds.
_JOINED = str.maketrans({" ": "\ue000", "@": "\ue001"})
_APART = str.maketrans({"\ue000": " ", "\ue001": "@", "\u2060": None})
_NAME = re.compile(rf"@[^\s@\u2060]+\u2060|{LINK.pattern}")


def entry_lines(
    entry: Entry,
    width: int,
    *,
    when: str,
    ends: str = "",
    revealed: bool = False,
    whole: bool = False,
    focus: bool = False,
    lacking: str = "",
) -> tuple[Line, ...]:
    """Return the lines of `entry`, the last of which is blank; none is wider than `width`.

    Args:
        width: cells, at least 8.
        when: the time as it is to be said.
        ends: of a poll: how long it goes on, as it is to be said.
        revealed: show what stands behind a content warning.
        whole: do not cut long texts short (in threads).
        focus: mark it as the entry that was asked for.
        lacking: of one that is not here, what is to be said of that.
    """
    indent = min(entry.depth * _INDENT_CELLS, width // 3)
    if entry.missing:
        not_here = _KEPT_NOT_HERE if entry.bookmarked else _NOT_HERE
        said = wrap(with_keys(lacking or not_here), width - indent)
        lines: list[Line] = [((line, "dim"),) for line in said]
    else:
        lines = list(_body(entry, width - indent, when, ends, revealed, whole, focus))
    if indent:
        guide = "│ " * (indent // 2) + " " * (indent % 2)
        lines = [((guide, "dim"), *line) for line in lines]
        lines.append(((guide.rstrip(), "dim"),))
    else:
        lines.append(())
    return tuple(lines)


def _body(
    entry: Entry, width: int, when: str, ends: str, revealed: bool, whole: bool, focus: bool
) -> Iterator[Line]:
    author, name, text, warning = entry.author, entry.name, _named(entry), entry.warning
    imitates = entry.imitates
    if entry.kind == "repost":
        beside = [(f"  {_LOOK_ALIKE}", "warning")] * imitates
        imitates = False
        yield fitted([(f"↻ {called(name, author)} reposted", "dim"), *beside], width)
        if entry.target is not None:
            author, name = entry.target.author, entry.target.name
            imitates = entry.target.imitates
            warning = entry.target.warning or warning
            text = text or _named(entry.target)
        elif entry.outside:
            author, name = "", f"@{entry.outside.removeprefix('@')}"
        else:
            yield fitted([("· a post that has not arrived yet", "dim")], width)
            return
    elif entry.kind != "post":
        yield _head(author, name, when, width, "", focus, imitates)
        yield fitted([(f"needs a newer version of p2pblog to show ({entry.kind})", "dim")], width)
        return
    marks = " · reply" if entry.reply_to and not entry.depth else ""
    if entry.notice is not None:
        marks = f"{' · new' if entry.notice.new else ''} · {_WHY.get(entry.notice.what, '')}"
    marks += " · edited" if entry.edited_ms else ""
    yield _head(author, name, when, width, marks, focus, imitates)
    if entry.erased or (entry.target is not None and entry.target.erased):
        yield fitted([(_ERASED, "dim")], width)
        return
    if entry.filtered and not revealed:
        yield fitted(
            [
                (f"you filter {entry.filtered}: ", "dim"),
                (with_keys("{entry.reveal} shows it"), "dim"),
            ],
            width,
        )
        return
    if warning and not revealed:
        yield from _warning(warning, width)
    else:
        if warning:
            yield fitted([(f"⚠ {warning}", "warning")], width)
        yield from _text(text, width, whole)
        if entry.poll is not None:
            yield from _poll(entry.poll, width, ends)
        yield from _media(entry, width)
    if entry.quoted is not None:
        yield from _quote(entry.quoted, width)
    elif entry.quote:
        yield fitted([("▏ a quoted post that has not arrived yet", "dim")], width)
    if counts := _counts(entry):
        yield fitted(counts, width)


def _head(
    author: str, name: str, when: str, width: int, marks: str, focus: bool, imitates: bool
) -> Line:
    room = width - cell_len(when) - 1
    beside: list[Piece] = [(_FOCUS, "focus")] * focus
    beside += [(f"  {_LOOK_ALIKE}", "warning")] * imitates
    taken = sum(cell_len(text) for text, _ in beside)
    shown = shorten(called(name, author), max(_NAME_MIN_CELLS, room - taken))
    left: list[Piece] = [(shown, "name"), *beside]
    used = cell_len(shown) + taken
    for extra in (f"  {short_id(author)}" if author and name else "", marks):
        if extra and used + len(extra) <= room:
            left.append((extra, "dim"))
            used += len(extra)
    if used > room:
        return fitted(left, width)
    return (*left, (" " * (room - used + 1), "text"), (when, "dim"))


def _text(text: str, width: int, whole: bool) -> Iterator[Line]:
    lines = wrap(text, width)
    over = 0 if whole else len(lines) - TEXT_LINES_MAX
    for line in lines[:TEXT_LINES_MAX] if over > 1 else lines:
        yield tuple(linked(line))
    if over > 1:
        yield fitted(
            [(f"… {count(over, 'more line')}: {key_said('list.open')} shows them", "dim")], width
        )


def _named(entry: Entry | Inner) -> str:
    """Return its text with names for keys, each of which is one word until it is `linked`."""
    names = {one.written: f"{one.called.translate(_JOINED)}\u2060" for one in entry.mentions}
    return with_names(entry.text, names)


def linked(line: str) -> Iterator[Piece]:
    """Yield the pieces of a line of text, its links apart."""
    at = 0
    for match in _NAME.finditer(line):
        if match.start() > at:
            yield line[at : match.start()].translate(_APART), "text"
        yield match[0].translate(_APART), "link"
        at = match.end()
    if at < len(line):
        yield line[at:].translate(_APART), "text"


def _warning(warning: str, width: int) -> Iterator[Line]:
    for line in wrap(f"⚠ {warning}", width)[:2]:
        yield ((line, "warning"),)
    yield fitted([(with_keys("hidden by its author: {entry.reveal} shows it"), "dim")], width)


def _poll(poll: Poll, width: int, ends: str) -> Iterator[Line]:
    for answer in poll.answers:
        share = answer.votes / poll.voters if poll.voters else 0
        bar = "▪" * round(share * _BAR_CELLS)
        sign = "✓" if answer.chosen else " "
        head = f"{sign} {bar:<{_BAR_CELLS}} {share:4.0%}  "
        if here().settings.plain:
            head = f"{share:.0%}{', your vote' if answer.chosen else ''}: "
        yield fitted([(head, "mine" if answer.chosen else "dim"), (answer.text, "text")], width)
    several = ", several answers" if poll.many else ""
    said = f"{count(poll.voters, 'vote')}{several}, {ends}"
    yield fitted(
        [(said, "dim"), ("" if ends == ENDED else with_keys("  {entry.vote} votes"), "dim")], width
    )


def _media(entry: Entry, width: int) -> Iterator[Line]:
    for picture in entry.media:
        where = "" if picture.have else ", not here yet"
        said = picture.alt or "without a description"
        yield fitted(
            [
                (f"▣ picture{where}: {said}", "quote"),
                (with_keys("  {entry.picture} opens it"), "dim"),
            ],
            width,
        )


def _quote(inner: Inner, width: int) -> Iterator[Line]:
    alike = f"  {_LOOK_ALIKE}" if inner.imitates else ""
    name = called(inner.name, inner.author)
    yield fitted([("▏ ", "dim"), (name, "quote"), (alike, "warning")], width)
    text = f"⚠ {inner.warning}" if inner.warning else inner.said
    text = _ERASED if inner.erased else text
    lines = [line for line in wrap(text, max(1, width - 2)) if line]
    for line in lines[:_QUOTE_LINES_MAX]:
        yield ("▏ ", "dim"), (line, "quote")
    if len(lines) > _QUOTE_LINES_MAX:
        yield fitted([("▏ …", "dim")], width)


def _counts(entry: Entry) -> list[Piece]:
    pieces: list[Piece] = []
    if entry.people:
        pieces.append((f"{count(entry.people, 'person', 'people')} answered", "accent"))
    if entry.replies:
        pieces.append((f"↩ {entry.replies:,}", "dim"))
    if entry.reposts or entry.reposted:
        mine = " you too" if entry.reposted and entry.reposts > 1 else " you" * entry.reposted
        pieces.append((f"↻ {entry.reposts:,}{mine}", "mine" if entry.reposted else "dim"))
    if entry.likes or entry.liked:
        sign = "♥" if entry.liked else "♡"
        pieces.append((f"{sign} {entry.likes:,}", "mine" if entry.liked else "dim"))
    if entry.bookmarked:
        pieces.append(("✦ bookmarked", "mine"))
    if entry.imported:
        pieces.append((f"imported from {entry.imported}", "dim"))
    spaced: list[Piece] = []
    for piece in pieces:
        spaced.extend([("   ", "dim"), piece] if spaced else [piece])
    return spaced


def person_lines(person: Person, width: int, *, when: str) -> tuple[Line, ...]:
    """Return the lines of `person` for a list of people, the last of which is blank."""
    if person.self:
        state = "you"
    elif person.followed:
        state = "✓ following"
    else:
        state = with_keys("{person.follow} to follow")
    role = "mine" if person.followed or person.self else "accent"
    room = width - cell_len(state) - 1
    name = shorten(called(person.name, person.identity), max(_NAME_MIN_CELLS, room))
    left: list[Piece] = [(name, "name")]
    used = cell_len(name)
    ident = f"  {short_id(person.identity)}" if person.name else ""
    if ident and used + len(ident) <= room:
        left.append((ident, "dim"))
        used += len(ident)
    head = (
        (*left, (" " * (room - used + 1), "text"), (state, role))
        if used <= room
        else fitted(left, width)
    )
    facts = [
        "on this network" if person.near else "",
        "follows you" if person.follows_me else "",
        count(person.posts, "post"),
        f"last {when}" if person.last_ms else "",
    ]
    lines = [head]
    if person.imitates:
        lines.append(fitted([(f"⚠ {person.imitates}", "warning")], width))
    if bio := " ".join(person.bio.split()):
        lines.append(fitted([(bio, "text")], width))
    lines.append(fitted([(" · ".join(filter(None, facts)), "dim")], width))
    lines.append(())
    return tuple(lines)


def fitted(pieces: Iterable[Piece], width: int) -> Line:
    """Cut a line where `width` cells are used up."""
    kept: list[Piece] = []
    for text, role in pieces:
        size = cell_len(text)
        if size > width:
            kept.append((shorten(text, width), role))
            break
        kept.append((text, role))
        width -= size
    return tuple(kept)


def fold(line: Line, width: int) -> Iterator[Line]:
    """Yield `line` in as many lines of `width` cells as it takes, roles kept by piece."""
    current: list[Piece] = []
    used = 0
    for text, role in line:
        parts = wrap(text, width) if used == 0 else wrap(text, max(1, width - used))[:1]
        if used and (rest := text[len(parts[0]) :].strip()):
            parts += wrap(rest, width)
        for at, part in enumerate(parts):
            if at:
                yield tuple(current)
                current, used = [], 0
            current.append((part, role))
            used += cell_len(part)
    yield tuple(current)
