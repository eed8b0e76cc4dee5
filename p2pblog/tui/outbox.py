"""What was sent and is held for a few seconds, in which it can be taken back.

The text stays a draft until the node has it: whatever happens to the client meanwhile, nothing
that a person wrote is lost, and nothing is said twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from p2pblog.tui.letters import Letter

HOLD_S = 5.0


class Outbox:
    """Holds one post at a time; another one sends the one before at once."""

    def __init__(self, send: Callable[[Letter], Awaitable[None]]) -> None:
        """Args: send gives a post to the node."""
        self._send = send
        self._held: Letter | None = None

    @property
    def holds(self) -> bool:
        """Whether there is something that can be taken back."""
        return self._held is not None

    async def put(self, letter: Letter) -> None:
        """Hold a post; call `release` with it when its time is over."""
        before, self._held = self._held, letter
        if before is not None:
            await self._send(before)

    async def release(self, letter: Letter | None = None) -> None:
        """Send what is held; with a post, only if it is still that one."""
        held = self._held
        if held is not None and letter in (None, held):
            self._held = None
            await self._send(held)

    def take_back(self) -> Letter | None:
        """Return what is held, which is not sent then; None: it is too late."""
        held, self._held = self._held, None
        return held
