"""Ask for an address and link to the node there."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from p2pblog.content.text import clean_line
from p2pblog.core.errors import P2PBlogError
from p2pblog.tui.context import Context
from p2pblog.tui.here import with_keys
from p2pblog.tui.keys import CONNECT_BINDINGS
from p2pblog.tui.leaving import Dialog
from p2pblog.tui.screens.base import said_or_gone
from p2pblog.tui.words import own_address


class ConnectScreen(Dialog[str]):
    """Connect to HOST:PORT; the result is the address that answered, or ""."""

    BINDINGS: ClassVar[list[BindingType]] = CONNECT_BINDINGS
    DEFAULT_CSS = """
    ConnectScreen { align: center middle; background: $background 60%; }
    ConnectScreen Vertical {
        width: 60; max-width: 100%; height: auto; padding: 0 1;
        background: $surface; border: round $primary; border-title-color: $primary;
    }
    ConnectScreen Static { height: auto; }
    ConnectScreen #own { margin: 0 0 1 0; }
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._shared = context

    def compose(self) -> ComposeResult:
        """Ask."""
        with Vertical() as box:
            box.border_title = "Connect"
            yield Static(own_address(self._shared.status), id="own", markup=False)
            yield Static("The address that the other one sees here:", markup=False)
            yield Input(placeholder="192.168.1.5:4114", max_length=255)
            yield Static(
                with_keys("Enter connects   {connect.leave} leaves"), id="said", markup=False
            )

    def on_mount(self) -> None:
        """Begin in the line."""
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _connect(self, message: Input.Submitted) -> None:
        said = self.query_one("#said", Static)
        if not (address := message.value.strip()):
            said.update("Type the address of the other one first.")
        else:
            said.update("calling ...")
            self.run_worker(said_or_gone(self, lambda: self._dial(address)), exclusive=True)

    async def _dial(self, address: str) -> None:
        try:
            await self._shared.connection.call("connect", address=address)
        except P2PBlogError as error:
            self.query_one("#said", Static).update(Text(clean_line(str(error)), "red"))
            return
        self.dismiss(address)

    def action_leave(self) -> None:
        """Leave; a call that is under way is given up."""
        self.dismiss("")
