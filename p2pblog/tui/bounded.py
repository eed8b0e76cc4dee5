"""Fields that take no more than anybody could use: a large paste would make every key slow.

What is beyond the bound is left out, and the screen is told, which says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from textual.message import Message
from textual.widgets import Input, TextArea
from textual.widgets.text_area import Edit, EditResult

from p2pblog.tui.drafts import clipped

SAID_FULL: Final = "No more fits here: what is beyond is left out."


class Full(Message):
    """Not all that was typed or pasted into a field has room in it."""


class BoundedArea(TextArea):
    """A text of several lines, of at most `bytes_max` bytes of UTF-8."""

    def __init__(self, text: str = "", *, bytes_max: int, **more: Any) -> None:
        super().__init__(clipped(text, bytes_max), **more)
        self._bytes_max = bytes_max

    def edit(self, edit: Edit) -> EditResult:
        """See `TextArea`."""
        if edit.text:
            replaced = self.get_text_range(*sorted((edit.from_location, edit.to_location)))
            room = self._bytes_max - _size(self.text) + _size(replaced)
            if _size(edit.text) > room:
                edit = replace(edit, text=clipped(edit.text, max(0, room)))
                self.post_message(Full())
        return super().edit(edit)


class BoundedInput(Input):
    """A line of at most `bytes_max` bytes of UTF-8."""

    def __init__(self, value: str = "", *, bytes_max: int, **more: Any) -> None:
        super().__init__(clipped(value, bytes_max), **more)
        self._bytes_max = bytes_max

    def replace(self, text: str, start: int, end: int) -> None:
        """See `Input`."""
        low, high = sorted((max(0, start), min(len(self.value), end)))
        room = self._bytes_max - _size(self.value[:low]) - _size(self.value[high:])
        if _size(text) > room:
            text = clipped(text, max(0, room))
            self.post_message(Full())
        super().replace(text, start, end)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
