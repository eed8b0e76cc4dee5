"""Let a key wait until what was typed before it has arrived.

A key with priority is heard at once; a character waits in the queue of its field.  Without this,
Ctrl+S right behind a word would send a post that lacks it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from textual.screen import Screen

_Asked = TypeVar("_Asked", bound=Screen[Any])


def after_typing(action: Callable[[_Asked], None]) -> Callable[[_Asked], None]:
    """Return an action of a screen that waits until its fields have taken all earlier keys."""

    @wraps(action)
    def later(screen: _Asked) -> None:
        waiting = [one for one in screen.query("Input, TextArea") if one.message_queue_size]

        def next_field() -> None:
            if waiting:
                waiting.pop().call_later(next_field)
            else:
                action(screen)

        next_field()

    return later
