"""Screens that are left once, however many keys had been pressed before they were gone.

Textual's `dismiss` gives its result, and takes away whatever stands in front, each time that it is
called; but a second Enter, click or letter may be on its way already when the first is heard.
"""

from __future__ import annotations

from typing import ClassVar

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.message import Message
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widgets import Input, OptionList


class LeftOnce(Screen[ScreenResultType]):
    """A screen that gives one result, and that when nothing stands in front of it any more."""

    _leaves = False
    _left = False

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave with a result; whatever comes after that is late."""
        if self._leaves:
            return AwaitComplete()
        self._leaves = True
        self._result: ScreenResultType | None = result
        return self._leave_now()

    def on_screen_resume(self) -> None:
        """Leave now, if that was asked for while something stood in front."""
        if self._leaves:
            self._leave_now()

    def _leave_now(self) -> AwaitComplete:
        if self._left or self.app.screen is not self:
            return AwaitComplete()
        self._left = True
        return super().dismiss(self._result)


class Dialog(ModalScreen[ScreenResultType], LeftOnce[ScreenResultType]):
    """A dialog that is left once."""


class Palette(CommandPalette, LeftOnce[None]):
    """The palette: left once, and of what is chosen the first is done."""

    _CHOOSES: ClassVar[tuple[type[Message], ...]] = (Input.Submitted, OptionList.OptionSelected)

    async def _dispatch_message(self, message: Message) -> None:
        if not (self._leaves and isinstance(message, self._CHOOSES)):
            await super()._dispatch_message(message)
