"""What a question may look at: one state of the tables, and who is asking."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from p2pblog.core.textform import Kind, from_text, to_text
from p2pblog.views.acts import latest
from p2pblog.views.lens import Lens


@dataclass(slots=True)
class Snapshot:
    """One transaction of a reader.

    Fields:
        self_key, self_pid: whoever uses this node, None before there is an identity.
        has_blob: tells whether a picture (32 bytes) is here.
        lens: what they want to read.
        strangers, imitated: what was found out about people (pids) meanwhile.
    """

    conn: sqlite3.Connection
    self_key: bytes | None
    self_pid: int | None
    has_blob: Callable[[bytes], bool]
    lens: Lens
    strangers: dict[int, bool] = field(default_factory=dict)
    imitated: dict[int, dict[str, Any] | None] = field(default_factory=dict)
    _texts: dict[tuple[Kind, bytes], str] = field(default_factory=dict)

    def text(self, kind: Kind, value: bytes) -> str:
        """Return the text form of a key or id, worked out once a question."""
        known = self._texts.get((kind, value))
        if known is None:
            known = self._texts[kind, value] = to_text(kind, value)
        return known

    @property
    def self_text(self) -> str | None:
        """The text form of whoever uses this node."""
        return None if self.self_key is None else self.text(Kind.IDENTITY, self.self_key)

    def said_by_self(self, kind: int, subject: int) -> bool:
        """Tell whether oneself likes, passes on or follows a subject."""
        if self.self_pid is None:
            return False
        act = latest(self.conn, kind, subject, self.self_pid)
        return act is not None and bool(act.active)

    def muted(self, *, but_warned: bool = False) -> set[int]:
        """Return the people (pids) whom oneself does not want to hear, by a filter.

        but_warned: leave out those whose entries are shown behind a line.
        """
        select = "SELECT pid FROM people WHERE key = ?"
        people = self.lens.filters.people
        warned = [one for one in people if but_warned and people[one].warns]
        keys = (from_text(Kind.IDENTITY, one) for one in people if one not in warned)
        return {pid for key in keys for (pid,) in self.conn.execute(select, (key,))}

    def lids_of(self, pid: int) -> list[int]:
        """Return the logs of an identity, the one known longest first."""
        rows = self.conn.execute("SELECT lid FROM logs WHERE person = ? ORDER BY lid", (pid,))
        return [lid for (lid,) in rows]
