"""Give a node that was only just started a moment to meet its peers.

A command that finds no node starts one, and would be answered before anybody has been found:
an empty timeline where there is much to read.  So commands that read what peers bring wait
for the first link, and until nothing more comes in, but for two seconds at most, and not at
all where nobody can be expected.  A node that ran before is asked at once.
"""

from __future__ import annotations

import sys
import time
from typing import Final

import click

from p2pblog.cli.face import Document, Node

MEET_S_MAX: Final = 2.0
QUIET_S: Final = 0.3  # nothing new for so long: what peers had to send has come
_POLL_S: Final = 0.05


no_wait_option = click.option(
    "--no-wait",
    is_flag=True,
    envvar="P2PBLOG_NO_WAIT",
    help="Where no node runs yet: answer from what is here, without looking for peers first.",
)


def meet(node: Node, *, no_wait: bool) -> None:
    """Wait until a node that was started for this command has met somebody, if it may."""
    if no_wait or not node.fresh:
        return
    now_s = quiet_s = time.monotonic()
    deadline_s = now_s + MEET_S_MAX
    before: tuple[int, ...] = ()
    said = False
    while now_s < deadline_s:
        status = node.call("status")
        state = (status["arrival"], status["indexed"], len(status["peers"]))
        if state != before:
            before, quiet_s = state, now_s
        if status["peers"]:
            if status["indexed"] >= status["arrival"] and now_s - quiet_s >= QUIET_S:
                return
        elif not _somebody_may_come(node, status):
            return
        if not said and sys.stderr is not None and sys.stderr.isatty():
            click.echo("looking for peers ...", err=True)
            said = True
        time.sleep(_POLL_S)
        now_s = time.monotonic()


def _somebody_may_come(node: Node, status: Document) -> bool:
    """Tell whether there is a network to look on, or a peer that has not failed to answer."""
    if not status["listening"]:
        return False  # nobody lives here yet
    if (status["lan"] and not status.get("lan_error")) or status["looking"]:
        return True
    known = node.call("peers")["peers"]
    return any(not peer["linked"] and not peer["last_error"] for peer in known)
