"""Look at the homes of a person: whose each is, whether its node runs, and what waits there.

For the client and the command line.  A node that does not run is not started for that: of such a
home is said what was last known.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from p2pblog.api.client import SyncClient
from p2pblog.api.homes import Homes, Known
from p2pblog.api.spawn import is_locked
from p2pblog.content.text import clean_line
from p2pblog.core.errors import P2PBlogError
from p2pblog.core.limits import NOTICES_COUNTED_MAX
from p2pblog.tui.notices import count_new, read_notices


class Seen(NamedTuple):
    """A home as it is now.

    Fields:
        called: the name of its identity; "" while that is not known.
        unread: how many notifications wait there; None while its node does not say.
    """

    known: Known
    running: bool = False
    called: str = ""
    unread: int | None = None


def with_here(homes: list[Known], here: Path) -> list[Known]:
    """Return the homes, and the one that is open first if it is not among them."""
    if any(one.path == here for one in homes):
        return homes
    return [Known(here.name, here), *homes]


def look_at(known: Known, homes: Homes) -> Seen:
    """Return a home as it is now; blocking, five seconds at most where its node is silent."""
    if not is_locked(known.path):
        return Seen(known)
    try:
        with SyncClient(known.path, start=False) as node:
            me = node.call("whoami")
            page = node.call("notifications", limit=NOTICES_COUNTED_MAX)
    except P2PBlogError:
        return Seen(known, running=True)
    identity = clean_line(str(me.get("identity") or ""))
    if identity != known.identity:
        homes.learn(known.path, identity)
    called = clean_line(str(me.get("name") or ""))
    unread = count_new(read_notices(page))
    return Seen(known._replace(identity=identity), running=True, called=called, unread=unread)
