"""Keep what was written and not sent, on disk, so that nothing a person typed is lost.

One small JSON file in the home, written whole and put in place at once.  It is a
convenience: where it cannot be read or written, drafts live as long as the client.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from p2pblog.core.limits import BODY_BYTES_MAX

_DRAFTS_MAX = 50
_FILE_BYTES_MAX = _DRAFTS_MAX * 2 * BODY_BYTES_MAX


@dataclass(frozen=True, slots=True)
class Draft:
    """What was begun.

    Fields:
        options, span, many: of a poll, as they were typed; no options: no poll.
        at: when it is to be published, as it was typed.
        lang: the language that was chosen; None: none was.
    """

    text: str = ""
    warning: str = ""
    options: tuple[str, ...] = ()
    span: str = "1d"
    many: bool = False
    at: str = ""
    lang: str | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nothing is worth keeping."""
        return not (self.text.strip() or self.warning.strip() or self.options)


class Drafts:
    """Drafts by what they are about: "" for a new post, else the entry and what is done with it.

    Args:
        path: the file to keep them in, or None to keep them in memory only.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._drafts: dict[str, Draft] = {}
        if path is not None:
            self._drafts = _read(path)

    def get(self, about: str) -> Draft | None:
        """Return the draft about `about`, if there is one."""
        return self._drafts.get(about)

    def kept(self) -> list[tuple[str, Draft]]:
        """Return every draft with what it is about, the newest first."""
        return list(reversed(self._drafts.items()))

    def put(self, about: str, draft: Draft | None) -> None:
        """Keep a draft, or forget it when it is None or blank; the oldest goes beyond 50."""
        before = self._drafts.pop(about, None)
        if draft is not None and not draft.is_blank:
            self._drafts[about] = replace(draft, text=draft.text[:BODY_BYTES_MAX])
        while len(self._drafts) > _DRAFTS_MAX:
            del self._drafts[next(iter(self._drafts))]
        if before != self._drafts.get(about) and self._path is not None:
            kept = {name: asdict(one) for name, one in self._drafts.items()}
            write_small(self._path, kept)


def _read(path: Path) -> dict[str, Draft]:
    with suppress(OSError, ValueError, RecursionError):
        if path.stat().st_size <= _FILE_BYTES_MAX:
            found: Any = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(found, dict):
                drafts = {about: _draft(value) for about, value in found.items()}
                kept = {about: draft for about, draft in drafts.items() if draft is not None}
                return dict(list(kept.items())[-_DRAFTS_MAX:])
    return {}


def _draft(value: Any) -> Draft | None:
    """Return a draft from what the file says; what makes no sense is passed over."""
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
