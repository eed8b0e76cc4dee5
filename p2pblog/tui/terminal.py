"""Take in what the terminal sends, whatever it sends, and never end over it.

Textual's own driver reads strictly: one byte that is not UTF-8 (an old mouse report beyond column
95, a terminal set to Latin-1) or one report that its parser did not foresee (a key beyond Unicode)
ends the program, and what was being written with it.  Nobody needs the report; everybody needs the
program.  So here a byte that is no text is shown as U+FFFD, and of what the parser stumbles over
the one sequence is dropped.  For Linux and macOS, which are read alike.
"""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder
from collections.abc import Generator
from contextlib import suppress

from textual._parser import Peek1, Read1, TokenCallback
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.message import Message

_READ_BYTES = 4096
_WAIT_S = 0.1  # how soon the end of the program is noticed; Textual's own


class TerminalParser(XTermParser):
    """Textual's parser, which begins anew after a sequence that it cannot read."""

    def parse(self, token_callback: TokenCallback[Message]) -> Generator[Read1 | Peek1, str, None]:
        """Parse until the end of the input."""

        def taken(message: Message) -> None:
            if not (isinstance(message, Key) and _is_half(message.key)):
                token_callback(message)

        while not self.is_eof:
            with suppress(Exception):
                yield from super().parse(taken)


class TerminalDriver(LinuxDriver):
    """Textual's driver, but for how it reads."""

    def run_input_thread(self) -> None:
        """Read what the terminal sends until the program ends."""
        parser = TerminalParser(self._debug)
        decoder = getincrementaldecoder("utf-8")(errors="replace")

        def take(wait_s: float) -> None:
            if selector.select(wait_s):
                text = decoder.decode(os.read(self.fileno, _READ_BYTES))
                for message in parser.feed(text) if text else ():  # to be fed nothing ends it
                    self.process_message(message)
            for message in parser.tick():
                self.process_message(message)

        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                take(_WAIT_S)
        for _ in parser.feed(""):
            pass


def _is_half(key: str) -> bool:
    """Tell whether a key is half of a surrogate pair, which cannot be written down anywhere."""
    return any("\ud800" <= char <= "\udfff" for char in key)
