"""A box to tick that says in its sign whether it is ticked, as the lists to choose from do.

Textual's own shows the same X either way, and only its colour tells.
"""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Checkbox


class TickBox(Checkbox):
    """`[x]` or `[ ]` and what it is about."""

    DEFAULT_CSS = """
    TickBox { border: none; padding: 0; background: $surface; }
    TickBox:focus { border: none; }
    """

    @property
    def _button(self) -> Content:
        return Content("[x]" if self.value else "[ ]")
