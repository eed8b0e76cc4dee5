"""Decide where the words of a node go: its log, a terminal, or the face that started it.

Implements docs/node.md, "Starting and ending" and "The log".  A lingering node tells whoever
started it, in one line on standard output, that it is up or why it is not; from the moment
that its log is open, nothing else of it goes there.  A node in the foreground speaks to the
terminal, one line for each thing; tracebacks go to the log only.
"""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from p2pblog.api.spawn import FAILED, READY
from p2pblog.core.errors import P2PBlogError
from p2pblog.core.limits import API_MESSAGE_CHARS_MAX, LOG_LINES_A_MINUTE, NODE_LOG_BYTES_MAX
from p2pblog.node.home import said_plainly

_STDOUT, _STDERR = 1, 2


class Words:
    """Everything that a node says; a context manager, so that nothing of it outlives the node."""

    def __init__(self, *, linger: bool) -> None:
        self._linger = linger
        self._starter = -1
        if linger:
            with suppress(OSError):  # closed: nobody waits to hear
                self._starter = os.dup(_STDOUT)  # not inherited by anything that we start
        self._handlers: list[tuple[logging.Logger, logging.Handler]] = []
        self._logger = logging.getLogger("p2pblog")
        self._before = self._logger.level, logging.raiseExceptions
        logging.raiseExceptions = False  # a full disk is no reason for lines on the terminal

    def open_log(self, path: Path) -> None:
        """Say everything to the log at `path` from now on, in the foreground also to people.

        Raises:
            HomeUnusable, DiskFull: it cannot be opened.
        """
        with said_plainly(path):
            log = RotatingFileHandler(
                path, maxBytes=NODE_LOG_BYTES_MAX, backupCount=1, encoding="utf-8", errors="replace"
            )
        log.addFilter(_Sparing())
        log.setFormatter(_Safe("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
        self._add(logging.getLogger(), log)  # libraries may complain there, too
        if self._linger:
            fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            os.dup2(fd, _STDOUT)
            os.dup2(fd, _STDERR)  # where an interpreter that falls over says why
            os.close(fd)
        else:
            terminal = logging.StreamHandler(sys.stderr)
            terminal.addFilter(_Sparing())
            terminal.setFormatter(_OneLine("%(message)s"))
            self._add(self._logger, terminal)
        self._logger.setLevel(logging.INFO)

    def ready(self) -> None:
        """Tell the starter that faces are answered from now on."""
        self._tell(READY)

    def failed(self, error: P2PBlogError, cause: Exception | None = None) -> None:
        """Tell the starter, or the terminal, why there is no node; and the log, if it is open.

        Args:
            cause: what the log is to show the traceback of.
        """
        line = " ".join(str(error).split())[:API_MESSAGE_CHARS_MAX]
        if self._handlers:
            self._logger.error("%s", line, exc_info=cause)
        elif not self._linger:
            print(f"p2pblog: {_inert(line)}", file=sys.stderr)
        self._tell(f"{FAILED} {error.code} {line}")

    def __enter__(self) -> Words:
        return self

    def __exit__(self, *error: object) -> None:
        for logger, handler in self._handlers:
            logger.removeHandler(handler)
            handler.close()
        level, logging.raiseExceptions = self._before
        self._logger.setLevel(level)
        if self._starter >= 0:
            os.close(self._starter)

    def _add(self, logger: logging.Logger, handler: logging.Handler) -> None:
        self._handlers.append((logger, handler))
        logger.addHandler(handler)

    def _tell(self, line: str) -> None:
        if self._starter < 0:
            return
        try:
            os.write(self._starter, line.encode(errors="replace") + b"\n")
        except OSError:
            self._logger.info("whoever started this node did not wait for it")
        os.close(self._starter)
        self._starter = -1


class _Sparing(logging.Filter):
    """Lets so many lines of one kind through in a minute: peers decide how often one is refused.

    Where nobody reads a terminal, the node would stand still once it is full.
    """

    def __init__(self) -> None:
        super().__init__()
        self._since_s = 0.0
        self._seen: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        if not 0 <= record.created - self._since_s < 60:
            self._since_s = record.created
            self._seen.clear()
        self._seen[record.msg] += 1
        return self._seen[record.msg] <= LOG_LINES_A_MINUTE or record.levelno >= logging.ERROR


class _Safe(logging.Formatter):
    """What peers and files say stays inert, and in its own line; tracebacks keep theirs."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        return _inert(super().formatMessage(record))


class _OneLine(_Safe):
    """As `_Safe`; errors look like those of every command, a traceback is left to the log."""

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        line = self.formatMessage(record)
        return f"p2pblog: {line}" if record.levelno >= logging.ERROR else line


def _inert(text: str) -> str:
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
