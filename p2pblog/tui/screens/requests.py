"""Posts by strangers that mention us: they wait here until it is decided who is let through."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from p2pblog.tui.hints import HELP, MOVE
from p2pblog.tui.keys import REQUEST_BINDINGS
from p2pblog.tui.screens.timeline import TimelineScreen


class RequestsScreen(TimelineScreen):
    """The tray.  To follow, mute or block their author is as with any other post."""

    BINDINGS: ClassVar[list[BindingType]] = REQUEST_BINDINGS
    keys_first = ("Among requests",)
    hints = (
        "{request.accept} accept", "{request.dismiss} dismiss", HELP, "{entry.follow} follow",
        "{entry.mute} mute", "{entry.block} block", MOVE,
    )  # fmt: skip

    def action_accept(self) -> None:
        """Let the author's mentions through from now on."""
        self._decide("requests.accept", "{name} may mention you from now on.")

    def action_dismiss_author(self) -> None:
        """Let go of what the author has said so far."""
        self._decide("requests.dismiss", "What {name} said so far waits no longer.")

    def _decide(self, method: str, said: str) -> None:
        entry = self.timeline.selected
        if entry is None or not entry.author:
            return
        name = entry.subject_called

        async def decide() -> None:
            await self.context.connection.call(method, id=entry.author)
            self.notify(said.replace("{name}", name), markup=False)
            self.changed()

        self.guard(decide)
