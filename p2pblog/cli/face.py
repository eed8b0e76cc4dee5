"""What a command knows of the world it runs in: the home, the node, the terminal, the clock.

A command gets one `Face` and nothing else, so that a test can hand in its own.  It speaks to
the node through the local API only (docs/api.md), and says what came of it either in lines
for a person or, with --json, as one document.

Start-up is counted in milliseconds here: whatever only some commands need is imported where
it is used.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import click

from p2pblog.core.errors import NoIdentity

COLUMNS_MIN = 24  # narrower than this, lines are left to the terminal to wrap
COLUMNS_MAX = 100  # longer lines are hard to read
WHOLE_CELLS = 1_000_000  # of a line that nothing is cut from
SHORT_CHARS = 10  # of a key or id in running text: enough to be typed back as a prefix

Document: TypeAlias = dict[str, Any]
Progress: TypeAlias = Callable[[int, int], None]
"""Called with what is done and the total, in the same unit."""


class Node(Protocol):
    """The node as a command sees it: one blocking call of the local API at a time."""

    @property
    def fresh(self) -> bool:
        """Whether this command started it, so that it has met nobody yet."""

    def call(
        self, method: str, /, *, on_progress: Progress | None = None, **params: Any
    ) -> Document: ...


OpenNode: TypeAlias = Callable[[Path, bool], AbstractContextManager[Node]]
"""Called with the home, and whether to start a node when none runs."""


def connect(home: Path, start: bool) -> AbstractContextManager[Node]:
    """Return the client side of the local API, to be entered."""
    from p2pblog.api.client import SyncClient

    return SyncClient(home, start=start)


def is_begun(home: Path) -> bool:
    """Tell whether a node has ever made something of `home`."""
    from p2pblog.api import spawn

    return spawn.is_begun(home)


def _colour_wanted() -> bool:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not plain and sys.stdout is not None and sys.stdout.isatty()


def _to_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _columns() -> int:
    # COLUMNS first, then the terminal; a pipe gets lines of a usual width.
    from shutil import get_terminal_size

    return max(COLUMNS_MIN, min(get_terminal_size().columns, COLUMNS_MAX))


def _default_home() -> Path:
    chosen = os.environ.get("P2PBLOG_HOME")
    if chosen:
        return Path(chosen)
    from p2pblog.node.home import default_home  # asks the platform, which takes a moment

    return default_home()


@dataclass
class Face:
    """One run of the command line.

    Fields:
        chosen_home: what --home said, if anything.
        json: say one JSON document on stdout instead of lines for a person.
        open_node, is_begun, now_ms, columns, colour: the world; milliseconds and terminal cells.
        cuts: whether what does not fit a line is cut; what goes to a file or program is whole.
    """

    chosen_home: Path | None = None
    json: bool = False
    open_node: OpenNode = connect
    is_begun: Callable[[Path], bool] = is_begun
    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    columns: int = field(default_factory=_columns)
    colour: bool = field(default_factory=_colour_wanted)
    cuts: bool = field(default_factory=_to_terminal)

    @property
    def home(self) -> Path:
        """The home directory, absolute: --home, else P2PBLOG_HOME, else the platform's place."""
        return Path.cwd() / (self.chosen_home or _default_home())

    def node(self, *, start: bool = True, begins: bool = False) -> AbstractContextManager[Node]:
        """Return the node of this home, to be entered; with `start`, one that surely runs.

        Args:
            begins: whether a home is made where there is none; a command that asks, or that needs
                somebody to live there, leaves nothing behind.
        Raises:
            NoIdentity: there is no such home, and none was to be made.
        Raises (on entering):
            NodeUnreachable: none runs and none was to be started, or it does not answer.
            P2PBlogError: why a node could not be started.
        """
        if start and not begins and not self.is_begun(self.home):
            raise NoIdentity(str(self.home))
        return self.open_node(self.home, start)

    def repair_store(self, progress: Progress, *, declare_lost: bool) -> Document:
        """Mend the store of this home, which no node may be using; return what came of it.

        Raises:
            P2PBlogError: why that could not be done; the store is as it was.
        """
        from p2pblog.node.mending import repair_home

        return repair_home(self.home, progress=progress, declare=declare_lost)

    def say(self, document: Mapping[str, Any], lines: Callable[[], Iterable[str]]) -> None:
        """Print `document` where JSON was asked for, else the lines that `lines` makes."""
        if self.json:
            import json

            # ASCII: inert on any terminal whatever peers wrote, and the same in any locale.
            click.echo(json.dumps(document))
            return
        for line in lines():
            click.echo(line, color=self.colour)

    def style(self, text: str, **style: Any) -> str:
        """Return `text` with colours and weights where the terminal is to have them."""
        return click.style(text, **style) if self.colour and text else text

    def room(self, width: int) -> int:
        """Return how many cells a line may have that is cut behind `width` on a terminal."""
        return width if self.cuts else WHOLE_CELLS

    def progress(self, label: str) -> AbstractContextManager[Progress]:
        """Return a progress bar on stderr, to be entered; invisible without a terminal."""
        from p2pblog.cli.progress import progress

        return progress(label, hidden=self.json)


def short(text_form: str | None) -> str:
    """Return the beginning of a key or id, long enough to be typed back; "?" for none."""
    return text_form[:SHORT_CHARS] if text_form else "?"


def home_option() -> click.Option:
    """Return --home, which may stand before or after the name of a command."""

    def chosen(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
        if value is not None:
            from p2pblog.api.homes import home_of

            _face(ctx).chosen_home = home_of(value)

    return click.Option(
        ["--home"],
        type=click.Path(),
        metavar="DIR",
        expose_value=False,
        callback=chosen,
        help="The home directory to use, or its name on your list (p2pblog homes), instead of "
        "P2PBLOG_HOME or the usual place.",
    )


def json_option() -> click.Option:
    """Return --json, which may stand before or after the name of a command."""

    def chosen(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        if value:
            _face(ctx).json = True

    return click.Option(
        ["--json"],
        is_flag=True,
        expose_value=False,
        callback=chosen,
        help="Print one JSON document, for programs.",
    )


def _face(ctx: click.Context) -> Face:
    face = ctx.find_object(Face)
    if face is None:
        raise RuntimeError("a command ran without its face")
    return face


class FaceCommand(click.Command):
    """A command that takes --home and --json like every other one.

    Args:
        shape: what the JSON document looks like, shown in help and reference; "" for a
            command that has nothing to say as JSON, and takes no --json then.
        note: one more sentence for both.
    """

    def __init__(self, *args: Any, shape: str = "", note: str = "", **kwargs: Any) -> None:
        kwargs["epilog"] = "\n\n".join(filter(None, [shape and f"JSON: {shape}", note])) or None
        super().__init__(*args, **kwargs)
        self.shape, self.note = shape, note
        if shape:
            self.params.append(json_option())
        self.params.append(home_option())
