"""The answering half of a session: the peer's questions, answered a segment at a time, in turn.

Implements protocol/09-sessions.md section 5.  Sans-IO.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from p2pblog.core import limits
from p2pblog.core.errors import UnexpectedMessage
from p2pblog.log.segment import Segment
from p2pblog.sync.messages import AskBlob, Want, WantLatest


class Serve(NamedTuple):
    """Entries to read from the store for the peer: number 0 is a push of what is new.

    With `latest` not 0, that many of the newest entries; `low` and `high` mean nothing then.
    """

    number: int
    log: bytes
    low: int
    high: int
    down: bool
    latest: int = 0


class Serving:
    """The questions of one peer that are not answered yet."""

    def __init__(self) -> None:
        self._waiting: deque[Serve | AskBlob] = deque()

    @property
    def waiting(self) -> int:
        """How many questions wait for their answers."""
        return len(self._waiting)

    def ask(self, question: Want | WantLatest | AskBlob) -> None:
        """Take in a question.

        Raises:
            UnexpectedMessage: more wait than a peer may have.
        """
        if len(self._waiting) >= limits.WANTS_QUEUED_MAX:
            raise UnexpectedMessage("too many questions at once")
        match question:
            case Want(number, log, low, high, down):
                self._waiting.append(Serve(number, log, low, high, down))
            case WantLatest(number, log, most):
                self._waiting.append(Serve(number, log, 0, 0, down=True, latest=most))
            case AskBlob():
                self._waiting.append(question)

    def next(self) -> Serve | AskBlob | None:
        """Return the next thing to read, or None."""
        return self._waiting.popleft() if self._waiting else None

    def served(self, serve: Serve, segment: Segment) -> bool:
        """Hear what was sent for `serve`; tell whether that was all.

        The rest of a longer answer queues up behind other answers.
        """
        if serve.latest:
            bottom = segment.last - serve.latest + 1
            serve = serve._replace(low=max(1, bottom), high=segment.last, latest=0)
        if serve.down:
            rest = serve._replace(high=segment.first - 1)
        else:
            rest = serve._replace(low=segment.last + 1)
        if rest.low > rest.high:
            return True
        self._waiting.append(rest)
        return False
