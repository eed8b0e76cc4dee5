"""Ask before an address that somebody wrote is opened: outside of here nobody is anonymous."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from p2pblog.tui.here import with_keys
from p2pblog.tui.keys import ADDRESS_BINDINGS
from p2pblog.tui.leaving import Dialog
from p2pblog.tui.links import host_of

Answer: TypeAlias = Literal["open", "copy", ""]


class AddressScreen(Dialog[Answer]):
    """Shows the whole of an address; the result is what to do with it, "" for nothing."""

    BINDINGS: ClassVar[list[BindingType]] = ADDRESS_BINDINGS
    DEFAULT_CSS = """
    AddressScreen { align: center middle; background: $background 60%; }
    AddressScreen VerticalScroll {
        width: 66; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: round $primary; border-title-color: $primary;
    }
    AddressScreen Static { height: auto; margin: 0 0 1 0; }
    """

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    def compose(self) -> ComposeResult:
        """Show it."""
        with VerticalScroll(can_focus=False) as box:
            box.border_title = "Open this address?"
            yield Static(Text(self._address, overflow="fold"), markup=False)
            host = host_of(self._address)
            yield Static(Text.assemble("It leads to ", (host, "bold")), markup=False)
            if host.startswith("xn--") or ".xn--" in host:
                yield Static(
                    "The name of that place is in another script: it may imitate another one.",
                    markup=False,
                )
            yield Static("Whoever runs that place sees your address on the network.", markup=False)
            keys = "{address.open} open  {address.copy} copy  {address.leave} leave it"
            yield Static(with_keys(keys), markup=False)

    def action_open(self) -> None:
        """Open it."""
        self.dismiss("open")

    def action_copy(self) -> None:
        """Copy it."""
        self.dismiss("copy")

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss("")
