"""Tell of new notifications where one does not look at the client: by the bell, or on the
desktop.

What comes within 30 seconds is one alert.  When to tell is decided by `Alerts`, which is pure; a
desktop is told through D-Bus (org.freedesktop.Notifications) by `jeepney`, which is imported only
then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from p2pblog.content.text import clean_line
from p2pblog.tui.notices import deed_said, people_said
from p2pblog.tui.shapes import Entry, called
from p2pblog.tui.words import count
from p2pblog.tui.wrap import shorten

EVERY_S: Final = 30.0
_TEXT_CELLS = 120
_FILTERED = "a post that a filter of yours hides"
_BUS_S = 3.0
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True)
class Alert:
    """What to tell: one line of who, one of what."""

    title: str
    text: str


@dataclass(slots=True)
class Alerts:
    """Decides what is told and when.

    Fields:
        known: ids that have been told of, or were there when the client began.
    """

    known: set[str] | None = None
    _waiting: list[Entry] = field(default_factory=list)
    _last_s: float | None = None

    def heard(self, entries: Iterable[Entry]) -> None:
        """Take in the newest notifications; those of the first time are known already."""
        found = [entry for entry in entries if entry.notice is not None and entry.notice.rings]
        if self.known is not None:
            self._waiting += [entry for entry in found if _mark(entry) not in self.known]
        self.known = (self.known or set()) | {_mark(entry) for entry in found}

    def looked(self) -> None:
        """Forget what waits: the person has looked themselves."""
        self._waiting.clear()

    def due(self, now_s: float) -> Alert | float | None:
        """Return what to tell now, or in how many seconds to ask again, or None: nothing waits."""
        if not self._waiting:
            return None
        if self._last_s is not None and (left := self._last_s + EVERY_S - now_s) > 0:
            return left
        waiting, self._waiting = self._waiting, []
        self._last_s = now_s
        return said_of(waiting)


def said_of(entries: list[Entry]) -> Alert:
    """Return what to tell of these notifications; text that others wrote is cleaned, and short."""
    if len(entries) > 1:
        names = list(dict.fromkeys(_name(entry) for entry in entries))
        return Alert(count(len(entries), "notification"), shorten(", ".join(names), _TEXT_CELLS))
    entry = entries[0]
    text = f"Warning: {entry.warning}" if entry.warning else entry.said
    if entry.filtered:  # what they want behind a line does not stand on their desktop
        text = _FILTERED
    if entry.notice is not None and entry.notice.people:
        text = f"{deed_said(entry.notice)}: {text}" if text else deed_said(entry.notice)
    return Alert(_name(entry), shorten(clean_line(text), _TEXT_CELLS))


def _mark(entry: Entry) -> str:
    return entry.notice.mark if entry.notice is not None else entry.id


def _name(entry: Entry) -> str:
    if entry.notice is not None and entry.notice.people:
        name = people_said(entry.notice)
    else:
        name = called(entry.name, entry.author, entry.imitates)
    return shorten(clean_line(name), _TEXT_CELLS // 2)


def has_bus(environ: Mapping[str, str]) -> bool:
    """Tell whether there is a session bus, at which a desktop may listen."""
    return bool(environ.get("DBUS_SESSION_BUS_ADDRESS")) and not environ.get("SSH_CONNECTION")


async def tell_desktop(alert: Alert) -> bool:
    """Show `alert` on the desktop; return whether there was one that took it."""
    try:
        async with asyncio.timeout(_BUS_S):
            return await _notify(alert)
    except (OSError, TimeoutError, ValueError, KeyError):
        return False  # no bus, or one that does not answer


async def _notify(alert: Alert) -> bool:
    from jeepney import DBusAddress, MessageType, new_method_call
    from jeepney.io.asyncio import open_dbus_router

    desktop = DBusAddress(
        "/org/freedesktop/Notifications",
        bus_name="org.freedesktop.Notifications",
        interface="org.freedesktop.Notifications",
    )
    text = alert.text.translate(_MARKUP)  # desktops read a little HTML there
    body: tuple[Any, ...] = (
        "p2pblog",
        0,
        "",
        alert.title,
        text,
        [],
        {"category": ("s", "im.received")},
        -1,
    )
    async with open_dbus_router(bus="SESSION") as router:
        reply = await router.send_and_get_reply(
            new_method_call(desktop, "Notify", "susssasa{sv}i", body)
        )
    return bool(reply.header.message_type is MessageType.method_return)
