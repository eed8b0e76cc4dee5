"""Keep what was written and not sent, on disk, so that nothing a person typed is lost.

One small JSON file in the home, which one client at a time changes: each writes its own change
into what is there, whole and at once.  Whatever the file holds or is, no draft is lost silently:
one that cannot be read is kept aside, and where none can be kept, drafts live as long as the
client, which says so.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from p2pblog.api.alone import alone
from p2pblog.content.text import clean_line
from p2pblog.core.limits import (
    POLL_OPTION_BYTES_MAX,
    POLL_OPTIONS_MAX,
    TOKEN_CHARS_MAX,
    TOKEN_CHARS_MIN,
    WARNING_BYTES_MAX,
)

DRAFT_TEXT_BYTES_MAX: Final = 16 * 1024
DRAFT_WARNING_BYTES_MAX: Final = 4 * WARNING_BYTES_MAX
DRAFT_OPTION_BYTES_MAX: Final = 4 * POLL_OPTION_BYTES_MAX
DRAFT_SHORT_BYTES_MAX: Final = 100  # of a span, a time, a language
_ABOUT_CHARS_MAX = 300
_DRAFTS_MAX = 50
_FILE_BYTES_MAX = 1024 * 1024
_ASIDE_MAX = 5
_LOCK_S = 0.03  # a key waits no longer: what is not written now is with the next


@dataclass(frozen=True, slots=True)
class Draft:
    """What was begun.

    Fields:
        options, span, many: of a poll, as they were typed; no options: no poll.
        at: when it is to be published, as it was typed.
        lang: the language that was chosen; None: none was.
        token: under which it was given to the node, "" if it never was: sent again it is the
            same post.
    """

    text: str = ""
    warning: str = ""
    options: tuple[str, ...] = ()
    span: str = "1d"
    many: bool = False
    at: str = ""
    lang: str | None = None
    token: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing is worth keeping."""
        return not (self.text.strip() or self.warning.strip() or self.options)


class _NotOurs(Exception):
    """Nothing can be kept in what is there, and it stays as it is."""


class Drafts:
    """Drafts by what they are about: "" for a new post, else the entry and what is done with it.

    Args:
        path: the file to keep them in, or None to keep them in memory only.
    """

    def __init__(self, path: Path | None = None) -> None:
        # A link is followed: what it leads to is changed, and it stays a link.
        self._path = None if path is None else Path(os.path.realpath(path))
        self._name = "" if path is None else path.name
        self._drafts: dict[str, Draft] = {}
        self._unwritten: dict[str, Draft | None] = {}
        self._seen: _Looks | None = None  # the file as it was when it was read last
        self._trouble = self._told = ""
        self._refresh()

    def get(self, about: str) -> Draft | None:
        """Return the draft about `about`, if there is one."""
        self._refresh()
        return self._drafts.get(about)

    def kept(self) -> list[tuple[str, Draft]]:
        """Return every draft with what it is about, the newest first."""
        self._refresh()
        return list(reversed(self._drafts.items()))

    def put(self, about: str, draft: Draft | None) -> Draft | None:
        """Keep a draft, or forget it when it is None or blank; the oldest goes beyond 50.

        Returns:
            What is kept of it: no part is longer than any post could use.
        """
        kept = None if draft is None or draft.is_blank else _bounded(draft)
        self._change({about: kept})
        return kept

    def move(self, about: str, to: str, draft: Draft) -> None:
        """Keep as `to` what was kept as `about`, the way it is now, in one step."""
        self._change({about: None, to: _bounded(draft)})

    def trouble(self) -> str:
        """Return in one line where drafts went or why none are kept, each such line once, or ""."""
        if self._trouble == self._told:
            return ""
        self._told = self._trouble
        return self._told

    def _change(self, changes: dict[str, Draft | None]) -> None:
        changes = {one: draft for one, draft in changes.items() if draft != self._drafts.get(one)}
        if not changes:
            return
        self._unwritten |= changes
        _take(self._drafts, changes)
        if self._path is None:
            self._unwritten.clear()
            return
        with self._told_of_trouble():
            _look(self._path)
            with alone(self._path, _LOCK_S):
                self._read(self._path, is_alone=True)
                self._write(self._path)

    def _refresh(self) -> None:
        """Take in what another client of this home has changed."""
        if self._path is not None:
            with self._told_of_trouble():
                self._read(self._path, is_alone=False)

    def _read(self, path: Path, *, is_alone: bool) -> None:
        looks = _look(path)
        if looks == self._seen:
            return
        drafts, is_whole = (self._drafts, True) if looks is None else _load(path)
        if is_whole:
            self._seen, self._drafts = looks, drafts
            _take(self._drafts, self._unwritten)
        elif is_alone:
            aside = _put_aside(path)
            self._trouble = f"Not all of {self._name} are drafts: it is kept as {aside.name}."
            self._unwritten = {**drafts, **self._unwritten}
            self._seen, self._drafts = None, {}
            _take(self._drafts, self._unwritten)
            self._write(path)
        else:
            with alone(path, _LOCK_S):  # where another client may have done it by now
                self._read(path, is_alone=True)

    def _write(self, path: Path) -> None:
        data = _encoded(self._drafts)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(part, path)  # noqa: PTH105
        except BaseException:
            with suppress(OSError):
                os.unlink(part)  # noqa: PTH108
            raise
        self._seen = _look(path)
        self._unwritten.clear()

    @contextmanager
    def _told_of_trouble(self) -> Iterator[None]:
        try:
            yield
        except _NotOurs as error:
            reason = str(error)
        except OSError as error:
            reason = error.strerror or "another program keeps it"
        else:
            return
        said = f"{self._name}: {clean_line(reason)}; drafts live only as long as this client."
        self._trouble = said


_Looks = tuple[int, int, int]


def _look(path: Path) -> _Looks | None:
    """Return what tells one version of a file from another, or None where there is none.

    Raises:
        _NotOurs: it is a pipe, a device, a folder: to open it could take for ever.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise _NotOurs("that is no file")
    return found.st_ino, found.st_mtime_ns, found.st_size


def _load(path: Path) -> tuple[dict[str, Draft], bool]:
    """Return the drafts in a file, and whether that is all there is in it."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        data = file.read(_FILE_BYTES_MAX + 1)
    found: Any = None
    if len(data) <= _FILE_BYTES_MAX:
        with suppress(ValueError, RecursionError):
            found = json.loads(data)
    if not isinstance(found, dict):
        return {}, False
    drafts: dict[str, Draft] = {}
    is_whole = len(found) <= _DRAFTS_MAX
    for about, value in found.items():
        draft = _draft(value)
        kept = None if draft is None else _bounded(draft)
        if len(about) > _ABOUT_CHARS_MAX:
            kept = None
        is_whole = is_whole and kept is not None and draft == kept
        if kept is not None:
            drafts[about] = kept
    return dict(list(drafts.items())[-_DRAFTS_MAX:]), is_whole


def _put_aside(path: Path) -> Path:
    """Give the file another name, which nothing has yet, and return that."""
    for number in range(1, _ASIDE_MAX + 1):
        aside = path.with_name(f"{path.name}.bad{number if number > 1 else ''}")
        if not os.path.lexists(aside):
            path.rename(aside)
            return aside
    raise _NotOurs(f"it cannot be read, and there are {_ASIDE_MAX} such files beside it already")


def _take(drafts: dict[str, Draft], changes: Mapping[str, Draft | None]) -> None:
    """Make changes, the newest of which stand last; let go of the oldest beyond the bounds."""
    for about, draft in changes.items():
        drafts.pop(about, None)
        if draft is not None:
            drafts[about] = draft
    while len(drafts) > _DRAFTS_MAX:
        del drafts[next(iter(drafts))]


def _encoded(drafts: dict[str, Draft]) -> bytes:
    """Return what is written, which can be read again; let go of the oldest until it is."""
    while True:
        kept = {about: asdict(draft) for about, draft in drafts.items()}
        data = json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")
        if len(data) <= _FILE_BYTES_MAX:
            return data
        del drafts[next(iter(drafts))]


def _bounded(draft: Draft) -> Draft:
    """Return a draft no part of which is longer than any post could use."""
    options = draft.options[:POLL_OPTIONS_MAX]
    return replace(
        draft,
        text=clipped(draft.text, DRAFT_TEXT_BYTES_MAX),
        warning=clipped(draft.warning, DRAFT_WARNING_BYTES_MAX),
        options=tuple(clipped(one, DRAFT_OPTION_BYTES_MAX) for one in options),
        span=clipped(draft.span, DRAFT_SHORT_BYTES_MAX),
        at=clipped(draft.at, DRAFT_SHORT_BYTES_MAX),
        lang=None if draft.lang is None else clipped(draft.lang, DRAFT_SHORT_BYTES_MAX),
    )


def clipped(text: str, bytes_max: int) -> str:
    """Return as much of the beginning of `text` as takes `bytes_max` bytes of UTF-8."""
    data = text.encode("utf-8", "replace")
    return data[:bytes_max].decode("utf-8", "ignore")


def _draft(value: Any) -> Draft | None:
    """Return a draft from what the file says, None where that makes no sense."""
    match value:
        case str():  # as versions before polls wrote it
            return Draft(value)
        case {"text": str(text), "warning": str(warning), **more}:
            pass
        case _:
            return None
    draft = Draft(text, warning)
    match more:
        case {"options": list(options), "span": str(span), "many": bool(many)} if all(
            isinstance(one, str) for one in options
        ):
            draft = replace(draft, options=tuple(options), span=span, many=many)
    match more:
        case {"at": str(at), "lang": None | str() as lang}:
            draft = replace(draft, at=at, lang=lang)
    match more:
        case {"token": str(token)} if len(token) in range(TOKEN_CHARS_MIN, TOKEN_CHARS_MAX + 1):
            draft = replace(draft, token=token)
    return draft


def write_small(path: Path, value: Any) -> None:
    """Put `value` (JSON) into the file `path` at once and whole, for its owner only, if it can be.

    What cannot be written is let go: such a file is a convenience.
    """
    part = path.with_suffix(".part")
    with suppress(OSError):
        part.touch(mode=0o600)
        part.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8", errors="replace")
        part.replace(path)
