"""The other two doors: being brought back by the 24 words, and becoming another device of oneself.

Being brought back goes on in the node when its screen is left; becoming another device does not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static, TextArea

from p2pblog.content.text import clean_line
from p2pblog.core.errors import P2PBlogError
from p2pblog.core.limits import WORDS_CHARS_MAX
from p2pblog.tui.context import Context
from p2pblog.tui.here import with_keys
from p2pblog.tui.keys import DOOR_BINDINGS
from p2pblog.tui.leaving import LeftOnce
from p2pblog.tui.screens.base import said_or_gone
from p2pblog.tui.words import count, digits_said

BOX_CSS = """
    align: center middle;
    & > VerticalScroll {
        width: 70; max-width: 100%; height: auto; max-height: 100%; padding: 0 2;
        background: $surface; border: round $primary; border-title-color: $accent;
    }
    & Static { height: auto; margin: 0 0 1 0; }
    & #trouble { color: $error; margin: 0; }
    & Label { width: 100%; }
    & Horizontal { height: auto; }
    &.-narrow Horizontal { layout: vertical; }
    & Button { margin: 0 2 0 0; }
    & Input { margin: 0 0 1 0; }
"""
"""How the screens of the first minutes look: a box in the middle."""

_ADDRESS_CHARS_MAX = 300
_WAITING = "Waiting for somebody who has what you wrote ..."


class DoorScreen(LeftOnce[dict[str, Any] | None]):
    """A screen that leads to an identity; its result says whose, None: another door."""

    BINDINGS: ClassVar[list[BindingType]] = DOOR_BINDINGS
    DEFAULT_CSS = f"""
    DoorScreen {{ {BOX_CSS} }}
    DoorScreen Label {{ margin: 0; }}
    DoorScreen Input {{
        border: none; height: 1; padding: 0; background: $panel;
        &:focus {{ border: none; }}
    }}
    DoorScreen TextArea {{ height: 5; margin: 0 0 1 0; }}
    DoorScreen #said {{ margin: 0; }}
    """
    TITLE_SAID = ""
    ABOUT = ""
    BUTTON = ""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._shared = context
        self._call = context.connection.call
        self._busy = False

    def compose(self) -> ComposeResult:
        """Say what this is, and ask."""
        with VerticalScroll(can_focus=False) as box:
            box.border_title = self.TITLE_SAID
            yield Static(with_keys(self.ABOUT), markup=False)
            yield from self.questions()
            yield Label("Where to look (HOST:PORT), if nobody is found by itself")
            yield Input(placeholder="192.168.1.5:4114", max_length=_ADDRESS_CHARS_MAX, id="address")
            yield Static(id="trouble", markup=False)
            yield Static(id="said", markup=False)
            with Horizontal():
                yield Button(self.BUTTON, variant="primary", id="go")
                yield Button(with_keys("Back ({door.back})"), id="back")

    def questions(self) -> ComposeResult:
        """Yield what is asked for at this door."""
        raise NotImplementedError

    def pass_through(self) -> Callable[[], Awaitable[dict[str, Any]]] | str:
        """Return what leads through the door, or what is wrong with what was typed."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Begin in what is asked for first."""
        self._ask()

    def _ask(self) -> None:
        self.query("Input, TextArea").first(Widget).focus()

    @on(Button.Pressed, "#go")
    @on(Input.Submitted)
    def action_go(self) -> None:
        """Go through, if that is not under way already."""
        if self._busy:
            self.meanwhile()
            return
        step = self.pass_through()
        self.query_one("#trouble", Static).update(Text(step if isinstance(step, str) else ""))
        if isinstance(step, str):
            self._ask()
        else:
            self._busy = True
            self.run_worker(
                said_or_gone(self, lambda: self._go(step)), group="door", exclusive=True
            )

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """Go to another door."""
        self.leave()
        self.dismiss(None)

    def meanwhile(self) -> None:
        """Do what can be done while it is under way (for subclasses)."""

    def leave(self) -> None:
        """Break off what does not go on in the node without this screen (for subclasses)."""

    def say(self, words: str) -> None:
        """Tell how far it is."""
        self.query_one("#said", Static).update(Text(words))

    @property
    def address(self) -> str | None:
        """Where to look, if it was typed."""
        return self.query_one("#address", Input).value.strip() or None

    async def _go(self, step: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        try:
            done = await step()
        except P2PBlogError as error:
            self.say("")
            self.query_one("#trouble", Static).update(Text(clean_line(str(error))))
            self._busy = False
            self._ask()
            return
        self.dismiss(done)


class RestoreScreen(DoorScreen):
    """Asks for the 24 words."""

    TITLE_SAID = "Your 24 words"
    ABOUT = (
        "They bring you back on this empty machine. What you wrote comes from those who have it: "
        "somebody who follows you must be within reach. Until it is here, nothing can be written. "
        "The words are not kept."
    )
    BUTTON = "Bring me back"

    def questions(self) -> ComposeResult:
        """Ask for the words."""
        yield Label("The words, with blanks between them")
        yield TextArea(tab_behavior="focus", id="words")

    def pass_through(self) -> Callable[[], Awaitable[dict[str, Any]]] | str:
        """Return what fetches the history."""
        words = " ".join(self.query_one(TextArea).text.split())
        if not words or len(words) > WORDS_CHARS_MAX:
            return "Type the 24 words from your paper."

        async def step() -> dict[str, Any]:
            self.say(_WAITING)
            return await self._call(
                "restore", on_progress=self._progress, words=words, connect=self.address
            )

        return step

    def meanwhile(self) -> None:
        """Look at an address that was typed later."""
        if (address := self.address) is not None:
            self.run_worker(self._look_at(address), group="address", exclusive=True)

    async def _look_at(self, address: str) -> None:
        trouble = self.query_one("#trouble", Static)
        trouble.update("")
        self.say(f"Looking at {address} ...")
        try:
            await self._call("connect", address=address)
        except P2PBlogError as error:
            trouble.update(Text(clean_line(str(error))))
            self.say(_WAITING)
        else:
            self.say(f"Linked with {address}. Waiting for what you wrote ...")

    def _progress(self, done: int, total: int) -> None:
        if done and self.is_attached:
            self.say(f"{done:,} of {count(total, 'entry', 'entries')} are here ...")


class JoinScreen(DoorScreen):
    """Asks for the six words that another device shows."""

    TITLE_SAID = "Another device of yours"
    ABOUT = (
        "On the device where you are somebody already, choose Add a device ({palette}), or type "
        "p2pblog device add. It shows six words; type them here. Both will be you, and each "
        "writes a log of its own."
    )
    BUTTON = "Look for it"

    def questions(self) -> ComposeResult:
        """Ask for the code."""
        yield Label("The six words")
        yield Input(id="code", max_length=WORDS_CHARS_MAX)

    def pass_through(self) -> Callable[[], Awaitable[dict[str, Any]]] | str:
        """Return what meets the other device."""
        code = self.query_one("#code", Input).value.strip()
        if not code:
            return "Type the six words that the other device shows."

        async def step() -> dict[str, Any]:
            self.say("Looking for the other device ...")
            shown = await self._call("device.join", code=code, at=self.address)
            self.say(
                f"The other device must show this number:  {digits_said(shown['compare'])}\n"
                "If it does, say yes there. If not, somebody stands in between: go back."
            )
            return await self._call("device.joined")

        return step

    def leave(self) -> None:
        """Tell the other device: nobody is to say yes to whom has gone."""

        async def tell() -> None:
            with suppress(P2PBlogError):  # there is nothing to leave
                await self._call("device.leave")

        self.app.run_worker(tell())
