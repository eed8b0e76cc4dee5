"""Read the records of one large, perhaps damaged, JSON array without holding it.

An export of another service is a script that assigns an array of objects:
`window.YTD.tweets.part0 = [ {...}, {...} ]`.  This module yields the objects one by one from
a stream of bytes, in constant memory, and gets past damage: what cannot be read is reported,
and reading goes on at the next record that can.  Touches nothing but the stream it is given.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeAlias

from p2pblog.core.limits import IMPORT_RECORD_CHARS_MAX, IMPORT_SALVAGE_CHARS_MAX

Record: TypeAlias = dict[str, Any]

_CHUNK_BYTES = 128 * 1024
_HEAD_CHARS_MAX = 1024
_HEAD = re.compile(r"\ufeff?\s*+(?:[^=\[{]{1,200}=\s*+)?(?=[\[{])")
_BLANK = re.compile(r"\s*+")
_NEXT_RECORD = re.compile(r"\}\s*+(?:,\s*+)?(?=\{)")
_NEXT_RECORD_CHARS_MAX = 256  # between the records of a list: a comma, some white space
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how the decoder below hands such bytes through
_LONGEST_TOKEN_CHARS = 16  # of those that are no strings: a number, -Infinity, \ud83d\ude00
_SALVAGE_STEP_CHARS = 4096  # what one look costs at least, however soon it fails
_LEFT_OUT: Record = {"": None}  # stands for a record that was reported and is not passed on

_decode = json.JSONDecoder().raw_decode


class Readable(Protocol):
    """Anything that bytes can be read from: a file, a member of a zip."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end."""
        ...


class NotAssigned(ValueError):
    """The file does not begin as an array (or object) that something is assigned to.

    The argument says so in a few words.
    """


def read_object(data: bytes) -> Any:
    """Return the value that a small file assigns: `var user_details = {...}`.

    Raises:
        NotAssigned: it is no such file.
    """
    try:
        text = data.decode()
        head = _HEAD.match(text)
        if head is not None:
            return _decode(text, head.end())[0]
    except (ValueError, RecursionError):
        pass
    raise NotAssigned("it is not what an archive has there")


def read_records(
    stream: Readable, plausible: Callable[[Record], bool], report: Callable[[str], None]
) -> Iterator[Record]:
    """Yield the objects of the array in `stream`, in its order.

    Args:
        plausible: tells a record from an object inside one; asked only past damage.
        report: called with a short reason for each thing that could not be read.
    Raises:
        NotAssigned: the stream is no such file at all.
        Whatever `stream` raises; what was yielded before is good.
    """
    return _Reader(stream, plausible, report).records()


class _Reader:
    """One pass over one stream; `_text[_at:]` is what is read but not yet taken."""

    def __init__(
        self,
        stream: Readable,
        plausible: Callable[[Record], bool],
        report: Callable[[str], None],
    ) -> None:
        self._stream = stream
        self._plausible = plausible
        self._report = report
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._text = ""
        self._at = 0
        self._ended = False
        self._bad_bytes = False
        self._number = 0
        self._salvage_left = IMPORT_SALVAGE_CHARS_MAX

    def records(self) -> Iterator[Record]:
        self._begin()
        while True:
            match self._peek():
                case ",":
                    self._at += 1
                    continue
                case "":
                    self._report("the file is cut off; what comes before the cut was read")
                    return
                case "]":
                    if self._at_end():
                        return
                    self._report("something follows the end of the list")
                    record = self._salvage()
                case _:
                    self._number += 1
                    record = self._take()
                    if record is None:
                        record = self._salvage()
            if record is None:
                return
            if record is not _LEFT_OUT:
                yield record

    def _at_end(self) -> bool:
        self._at += 1
        if self._peek() == ";":
            self._at += 1
        return self._peek() == ""

    def _begin(self) -> None:
        while len(self._text) < _HEAD_CHARS_MAX and self._more():
            pass
        if not self._text:
            raise NotAssigned("the file is empty")
        head = _HEAD.match(self._text)
        if head is None or self._text[head.end()] != "[":
            raise NotAssigned("it is not what an archive has there")
        self._at = head.end() + 1

    def _more(self) -> bool:
        """Take in the next chunk; false at the end."""
        if self._ended:
            return False
        data = self._stream.read(_CHUNK_BYTES)
        self._ended = not data
        chunk = self._decoder.decode(data, final=self._ended)
        if not self._bad_bytes and not chunk.isascii():
            self._bad_bytes = _NOT_UTF8.search(chunk) is not None
        self._text = self._text[self._at :] + chunk
        self._at = 0
        return True

    def _peek(self) -> str:
        """Return the next character that is not white space, "" at the end."""
        while True:
            if blank := _BLANK.match(self._text, self._at):
                self._at = blank.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _take(self) -> Record | None:
        """Return the record that begins here and step over it; None when it is damaged."""
        while True:
            try:
                value, end = _decode(self._text, self._at)
                return self._accept(value, end)
            except RecursionError:
                self._report(f"record {self._number} is nested too deep")
                return None
            except ValueError as error:
                if not self._wants_more(error):
                    self._report(f"record {self._number} is damaged")
                    return None
                if not self._more():
                    self._report(f"the file is cut off in record {self._number}")
                    return None

    def _salvage(self) -> Record | None:
        """Return the next plausible record after damage; None when there is none."""
        self._at += 1
        while True:
            boundary = _NEXT_RECORD.search(self._text, self._at)
            if boundary is None:
                # A boundary may lie across two chunks: keep the end of this one.
                self._at = max(self._at, len(self._text) - _NEXT_RECORD_CHARS_MAX)
                if not self._more():
                    return None
                continue
            self._at = boundary.end()
            if self._salvage_left <= 0:
                self._report("too much of the file is damaged; the rest was left out")
                return None
            record = self._try()
            if record is not None:
                self._number += 1
                return record

    def _try(self) -> Record | None:
        """Return what begins here if it is a plausible record, and step over it."""
        while True:
            try:
                value, end = _decode(self._text, self._at)
            except RecursionError:
                self._salvage_left -= IMPORT_RECORD_CHARS_MAX
                return None
            except ValueError as error:
                reached = error.pos if isinstance(error, json.JSONDecodeError) else self._at
                self._salvage_left -= max(_SALVAGE_STEP_CHARS, reached - self._at)
                if self._wants_more(error) and self._more():
                    continue
                return None
            self._salvage_left -= _SALVAGE_STEP_CHARS
            if type(value) is dict and self._plausible(value):
                return self._accept(value, end)
            return None

    def _wants_more(self, error: ValueError) -> bool:
        """Tell whether decoding failed only because the rest has not been read yet."""
        if not isinstance(error, json.JSONDecodeError):
            return False
        if len(self._text) - self._at > IMPORT_RECORD_CHARS_MAX:
            return False
        # An unterminated string is one that runs to the end of what is there.
        unterminated = error.msg.startswith("Unterminated string")
        return unterminated or len(self._text) - error.pos <= _LONGEST_TOKEN_CHARS

    def _accept(self, value: Any, end: int) -> Record:
        start, self._at = self._at, end
        if self._bad_bytes and _NOT_UTF8.search(self._text, start, end):
            self._report(f"record {self._number} is not UTF-8")
            return _LEFT_OUT
        if type(value) is not dict:
            self._report(f"record {self._number} is not an object")
            return _LEFT_OUT
        return value
