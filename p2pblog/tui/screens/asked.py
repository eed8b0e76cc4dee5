"""Screens of what is asked for once: while it is read, nothing in it moves by itself."""

from __future__ import annotations

from p2pblog.core.errors import P2PBlogError
from p2pblog.tui.context import Context
from p2pblog.tui.screens.base import BlogScreen


class AskedScreen(BlogScreen):
    """Asks when one comes here and at the top (`g g`); what failed is asked again."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._asks = True

    async def ask(self) -> None:
        """Ask, and show what has come (for subclasses)."""
        raise NotImplementedError

    def may_ask(self) -> bool:
        """Tell whether the reader is where nothing is taken from under their eyes."""
        return True

    def on_screen_resume(self) -> None:
        """Ask again when one comes back."""
        self._asks = True

    async def fresh(self) -> None:
        """See `BlogScreen`."""
        if not self._asks or not self.may_ask():
            return
        self._asks = False
        try:
            await self.ask()
        except P2PBlogError:
            self._asks = True  # with the next change, or when the node is back
            raise

    def ask_again(self) -> None:
        """Ask now."""
        self._asks = True
        self.changed()

    def go_top(self) -> None:
        """Go to the first, as they stand now."""
        super().go_top()
        self.ask_again()
