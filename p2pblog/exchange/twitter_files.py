"""Find the files of a Twitter archive, in a folder or a zip, and open them within bounds.

Specified in docs/import.md.  Touches only files, and only to read; the names inside a zip
choose what is read and are never used as paths.  Both layouts are known: up to 2018
(`data/js/tweets/2014_01.js`) and since (`data/tweets.js`, `tweet.js`, `tweets-part1.js`), with
or without `data/`, with or without one folder around everything.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from p2pblog.core import limits
from p2pblog.core.errors import BadArchive

# What reading a damaged file or member may raise, whoever packed it.
READ_ERRORS = (
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,  # it is encrypted
    NotImplementedError,  # packed with a method that Python does not know
)

_FOLDERS = ("", "data", "js", "data/js", "js/tweets", "data/js/tweets")
_LAYOUT = re.compile(
    r"(?P<lead>(?:[^/]+/)??)"
    r"(?P<name>(?:data/)?(?:"
    r"(?P<month>js/tweets/\d{4}_\d{2}\.js)"
    r"|(?P<tweets>tweets?(?:-part\d{1,4})?\.js)"
    r"|(?P<notes>note-tweets?(?:-part\d{1,4})?\.js)"
    r"|(?P<details>js/user_details\.js)"
    r"|(?P<account>account\.js)"
    r"))"
)


class Source(Protocol):
    """A folder or a zip: names with `/`, their sizes in bytes, their contents."""

    def sizes(self) -> dict[str, int]:
        """Return the size of every file that could matter."""
        ...

    def refusal(self, name: str) -> str:
        """Return why this file must not be read, "" if it may."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """Open one of the files for reading."""
        ...

    def close(self) -> None:
        """Let go of the archive."""
        ...


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one archive; each name is relative to `lead`, the folder around all.

    Fields:
        tweets: in the order to read them.
        notes: texts that are too long for `tweets`.
        details: the file that names the account, of either generation, or "".
        sizes: of all of them, in bytes.
    """

    lead: str
    tweets: list[str]
    notes: list[str]
    details: str
    sizes: dict[str, int]


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open the folder or zip at `path`, and close it at the end of the block.

    Raises:
        BadArchive: there is none, it cannot be read, or it is something else.
    """
    try:
        if not path.exists():
            raise BadArchive(f"{path} does not exist")
        if not (path.is_dir() or path.is_file()):
            raise BadArchive(f"{path} is neither a folder nor a zip")
        source: Source = _Folder(path) if path.is_dir() else _Zip(path)
    except zipfile.BadZipFile as error:
        raise BadArchive(f"{path} is no zip, or not a whole one") from error
    except (*READ_ERRORS, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or type(error).__name__
        raise BadArchive(f"{path}: {reason}") from error
    try:
        yield source
    finally:
        source.close()


def find_layout(sizes: dict[str, int]) -> Layout | None:
    """Return the files that matter among `sizes`, None when there are no tweets.

    Where several folders hold an archive, the outermost (then the first by name) counts.
    """
    found: dict[str, list[re.Match[str]]] = {}
    for name in sizes:
        if match := _LAYOUT.fullmatch(name):
            found.setdefault(match["lead"], []).append(match)
    for lead in sorted(found, key=lambda lead: (lead != "", lead)):
        files = sorted(found[lead], key=lambda match: _natural(match["name"]))
        # The newer layout first: where both hold a tweet, it has the language and the media.
        tweets = [m["name"] for m in files if m["tweets"]] + [
            m["name"] for m in files if m["month"]
        ]
        if tweets:
            details = [m["name"] for m in files if m["account"] or m["details"]]
            notes = [m["name"] for m in files if m["notes"]]
            names = [*tweets, *notes, *details[:1]]
            return Layout(
                lead, tweets, notes, "".join(details[:1]), {n: sizes[lead + n] for n in names}
            )
    return None


def _natural(name: str) -> list[str | int]:
    """Sort `part10` after `part9`."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path
        next(path.iterdir(), None)  # a folder that cannot be listed is refused at once

    def sizes(self) -> dict[str, int]:
        found = dict(self._files_below(""))
        if find_layout(found) is None:
            for folder in sorted(self._path.iterdir()):
                if folder.is_dir():
                    found.update(self._files_below(folder.name + "/"))
        return found

    def _files_below(self, lead: str) -> Iterable[tuple[str, int]]:
        for folder in _FOLDERS:
            with suppress(OSError):
                for file in (self._path / lead / folder).iterdir():
                    name = f"{lead}{folder}/{file.name}" if folder else lead + file.name
                    if _LAYOUT.fullmatch(name) and file.is_file():
                        yield name, file.stat().st_size

    def refusal(self, name: str) -> str:
        return ""

    def open(self, name: str) -> IO[bytes]:
        return (self._path / name).open("rb")

    def close(self) -> None:
        pass


class _Zip:
    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)
        members = self._zip.infolist()
        if len(members) > limits.IMPORT_ZIP_FILES_MAX:
            self._zip.close()
            raise BadArchive(f"{path} holds {len(members)} files")
        self._members = {m.filename: m for m in members if _LAYOUT.fullmatch(m.filename)}

    def sizes(self) -> dict[str, int]:
        return {name: member.file_size for name, member in self._members.items()}

    def refusal(self, name: str) -> str:
        member = self._members[name]
        ratio = member.file_size // max(1, member.compress_size)
        if (
            member.file_size > limits.IMPORT_ZIP_RATIO_FROM_BYTES
            and ratio > limits.IMPORT_ZIP_RATIO_MAX
        ):
            return f"it unpacks to {ratio} times its size, as no archive does"
        return ""

    def open(self, name: str) -> IO[bytes]:
        return self._zip.open(self._members[name])

    def close(self) -> None:
        self._zip.close()
