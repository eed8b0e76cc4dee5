"""Add another device of oneself: show a code, compare a number, say yes."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from p2pblog.content.text import clean_line
from p2pblog.core.errors import P2PBlogError
from p2pblog.tui.context import Context
from p2pblog.tui.here import with_keys
from p2pblog.tui.keys import ADD_DEVICE_BINDINGS
from p2pblog.tui.leaving import Dialog
from p2pblog.tui.screens.base import said_or_gone
from p2pblog.tui.screens.doors import BOX_CSS
from p2pblog.tui.words import digits_said


class AddDeviceScreen(Dialog[bool]):
    """The result tells whether a device was added."""

    AUTO_FOCUS = ""  # no button before there is a number to compare
    BINDINGS: ClassVar[list[BindingType]] = ADD_DEVICE_BINDINGS
    DEFAULT_CSS = f"""
    AddDeviceScreen {{ background: $background 60%; {BOX_CSS} }}
    AddDeviceScreen Horizontal {{ display: none; }}
    AddDeviceScreen.met Horizontal {{ display: block; }}
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._call = context.connection.call
        self._compare = ""  # the number that is shown

    def compose(self) -> ComposeResult:
        """Leave room for what comes."""
        with VerticalScroll(can_focus=False) as box:
            box.border_title = "Add a device"
            yield Static("Asking for a code ...", id="said", markup=False)
            yield Static(id="trouble", markup=False)
            with Horizontal():
                yield Button(
                    with_keys("It is the same: add it ({adding.accept})"),
                    variant="primary",
                    id="accept",
                )
                yield Button(with_keys("No ({adding.leave})"), id="leave")
            yield Static(
                with_keys("{adding.leave} leaves; nobody is added then."), id="hint", markup=False
            )

    def on_mount(self) -> None:
        """Offer."""
        self.run_worker(said_or_gone(self, self._offer), group="adding", exclusive=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say yes only to somebody who has come."""
        return self.has_class("met") if action == "accept" else True

    async def _offer(self) -> None:
        try:
            offer = await self._call("device.offer")
            said = Text("On the new device choose Another device, and type these words:\n\n")
            said.append(clean_line(str(offer["code"])), "bold")
            if addresses := [clean_line(str(one)) for one in offer.get("addresses") or ()]:
                said.append("\n\nIf it finds nothing, the address is ")
                said.append(addresses[0], "bold")
            said.append("\n\nThe words are good for one device and a few minutes. Waiting ...")
            self._say(said)
            self._meet(await self._call("device.wait"))
            await self._call("device.ended")
        except P2PBlogError as error:
            self._end(error)

    def _meet(self, came: dict[str, Any]) -> None:
        name = clean_line(str(came.get("name") or "")) or "A device"
        said = Text.assemble((name, "bold"), " has come. It must show this number:\n\n")
        self._compare = str(came["compare"])
        said.append(digits_said(self._compare), "bold")
        said.append("\n\nIf it shows another one, somebody stands in between.")
        self._say(said)
        self.add_class("met")
        self.query_one("#accept", Button).focus()

    def _end(self, error: P2PBlogError) -> None:
        """Say that nobody can be added any more."""
        self._compare = ""
        self.remove_class("met")
        self._say(Text("The words are used up; leave, and choose Add a device again for others."))
        self.query_one("#trouble", Static).update(Text(clean_line(str(error))))

    def _say(self, said: Text) -> None:
        self.query_one("#said", Static).update(said)

    @on(Button.Pressed, "#accept")
    def action_accept(self) -> None:
        """Add who has come, if their number is shown."""
        if self._compare:
            self.run_worker(self._answer(self._compare), group="adding", exclusive=True)

    @on(Button.Pressed, "#leave")
    def action_leave(self) -> None:
        """Add nobody."""
        self.run_worker(self._answer(None), group="adding", exclusive=True)

    async def _answer(self, compare: str | None) -> None:
        accept = compare is not None
        try:
            done = await self._call("device.confirm", accept=accept, compare=compare)
        except P2PBlogError as error:
            if accept:
                self._end(error)
                return
            done = {"added": False}  # there is no offer any more
        self.dismiss(bool(done.get("added")))
