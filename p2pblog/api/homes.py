"""Remember which homes a person has, by name: a list that commands and the client share.

Specified in docs/node.md, "Several homes".  The list says where homes are and what was last known
of them, and is never more than that: to take a home off it deletes nothing.  It is one small file
beside the person's other settings, which one program at a time changes.  Of one that is damaged
what can be read counts, for the homes themselves do not depend on it; and before it is written
again it is put aside whole, for the person may know what stood there.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from p2pblog.api.alone import alone
from p2pblog.api.regular import read_regular
from p2pblog.core.errors import BadRequest, HomeUnusable, NotFound
from p2pblog.core.limits import CONFIG_BYTES_MAX, HOME_NAME_CHARS_MAX, HOMES_MAX, PATH_CHARS_MAX

LIST_NAME: Final = "homes.json"
_TEXT_FORM_CHARS_MAX = 100
_LOCK_S = 3.0
_ASIDE_NAMES = tuple(f"{LIST_NAME}.bad{number}" for number in ("", "-2", "-3"))


class Known(NamedTuple):
    """A home: what it is called, its folder, and whose it was when that was last known ("")."""

    name: str
    path: Path
    identity: str = ""


class _Read(NamedTuple):
    """The list as it stands.

    Fields:
        damage: why the file, or some of it, does not count; "" if all of it does.
        unreadable: whether it is something that is not to be replaced.
    """

    homes: list[Known]
    damage: str = ""
    unreadable: bool = False


def list_path() -> Path:
    """Return where the list is; it need not exist."""
    from platformdirs import user_config_path  # asks the platform, which takes a moment

    return user_config_path("p2pblog", appauthor=False) / LIST_NAME


class Homes:
    """The list, read anew each time: several programs may change it.

    Args:
        path: the file, or None for the usual place.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or list_path()

    def all(self) -> list[Known]:
        """Return the homes in the order in which they were added."""
        return self._read().homes

    def damage(self) -> str:
        """Return in a sentence what is wrong with the list, and where what it lost is; or ""."""
        read = self._read()
        if read.unreadable:
            return f"{self._path} does not count: {read.damage}."
        if read.damage:
            aside = f"the next change keeps it as {_ASIDE_NAMES[0]}"
            return f"{self._path} does not count, or not all of it: {read.damage}; {aside}."
        if found := [name for name in _ASIDE_NAMES if os.path.lexists(self._path.with_name(name))]:
            path = self._path.with_name(found[0])
            return f"A list of homes that could not be read is {path}; delete it when you will."
        return ""

    def _read(self) -> _Read:
        try:
            raw = read_regular(self._path, CONFIG_BYTES_MAX + 1)
        except FileNotFoundError:
            return _Read([])
        except OSError as error:
            return _Read([], f"it cannot be read ({error.strerror})", unreadable=True)
        if len(raw) > CONFIG_BYTES_MAX:
            return _Read([], f"it is larger than {CONFIG_BYTES_MAX} bytes")
        try:
            value: Any = json.loads(raw.decode()) if raw.strip() else {"homes": []}
        except (ValueError, RecursionError):
            return _Read([], "it is no JSON")
        listed = value.get("homes") if isinstance(value, dict) else None
        if not isinstance(listed, list):
            return _Read([], "it is no list of homes")
        found: list[Known] = []
        for one in listed:
            known = _known(one)
            if known is not None and not _has(found, known.name, known.path):
                found.append(known)
        whole = len(listed) == len(found) <= HOMES_MAX
        return _Read(found[:HOMES_MAX], "" if whole else "some of it is no home, or one too many")

    def named(self, name: str) -> Path | None:
        """Return the folder of the home of that name, or None."""
        wanted = name.casefold()
        return next((one.path for one in self.all() if one.name.casefold() == wanted), None)

    def add(self, name: str, path: Path) -> Known:
        """Put a home on the list; it need not exist yet.

        Raises:
            BadRequest: no such name can be, another home has it, or there are too many.
            HomeUnusable: the list cannot be written.
        """
        name, path = name.strip(), absolute(path)
        if wrong := wrong_with_name(name):
            raise BadRequest(wrong)
        if len(str(path)) > PATH_CHARS_MAX:
            raise BadRequest(f"that path is longer than {PATH_CHARS_MAX} characters")
        known = Known(name, path)
        with self._alone():
            homes = [one for one in self.all() if one.path != path]
            if _has(homes, name, None):
                raise BadRequest(f"another home is called {name!r}; choose another name")
            if len(homes) >= HOMES_MAX:
                raise BadRequest(f"there are {HOMES_MAX} homes on the list; remove one first")
            self._write([*homes, known])
        return known

    def remove(self, typed: str) -> Known:
        """Take a home (a name or a path) off the list, and leave its files as they are.

        Raises:
            NotFound: none on the list is called that, or is there.
            HomeUnusable: the list cannot be written.
        """
        with self._alone():
            homes = self.all()
            path = self.named(typed) or absolute(Path(typed))
            for one in homes:
                if one.path == path:
                    self._write([other for other in homes if other is not one])
                    return one
        raise NotFound("no home on the list is called that; see: p2pblog homes")

    def learn(self, path: Path, identity: str) -> None:
        """Take in whose a home is, if it is on the list; a convenience, so it never fails."""
        path = absolute(path)

        def news() -> list[Known] | None:
            homes = self.all()
            learnt = [one._replace(identity=identity) if one.path == path else one for one in homes]
            return None if learnt == homes else learnt

        if news() is None:  # nearly always
            return
        with suppress(HomeUnusable, BadRequest), self._alone():
            if (learnt := news()) is not None:
                self._write(learnt)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep all others from changing the list: what is written rests on what was read."""
        with ExitStack() as held:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                held.enter_context(alone(self._path, _LOCK_S))
            except OSError as error:
                raise HomeUnusable(f"{self._path}: {error.strerror}") from error
            yield

    def _write(self, homes: list[Known]) -> None:
        listed = [{**one._asdict(), "path": str(one.path)} for one in homes]
        text = json.dumps({"homes": listed}, indent=1)  # ASCII: as long in bytes
        if len(text) > CONFIG_BYTES_MAX:
            raise BadRequest("the list of homes has become too long; remove one first")
        read = self._read()
        if read.unreadable:
            raise HomeUnusable(f"{self._path}: {read.damage}; move it away first")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self._path.resolve()  # a link to where the person keeps their files stays one
            # A name of its own, since several programs may write at once; mode 0600.
            handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{LIST_NAME}.")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                if read.damage:
                    self._put_aside(path)
                Path(part).replace(path)
            except BaseException:
                Path(part).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise HomeUnusable(f"{self._path}: {error.strerror}") from error

    def _put_aside(self, path: Path) -> None:
        """Keep a damaged list under another name, beside where the list is looked for."""
        for name in _ASIDE_NAMES:
            aside = self._path.with_name(name)
            if not os.path.lexists(aside):
                shutil.move(path, aside)  # a link may lead to another file system
                return
        kept = self._path.with_name(_ASIDE_NAMES[0])
        raise HomeUnusable(f"{self._path} is damaged; look at {kept} and the others, delete them")


def wrong_with_name(name: str) -> str:
    """Return what keeps a home from being called that, or ""."""
    if not name.strip():
        return "a home needs a name"
    if len(name) > HOME_NAME_CHARS_MAX:
        return f"the name of a home has at most {HOME_NAME_CHARS_MAX} characters"
    if not name.isprintable() or "/" in name or name.strip().startswith((".", "-", "~")):
        return "the name of a home has no / in it, and does not begin with . - or ~"
    return ""


def home_of(typed: str, homes: Homes | None = None) -> Path:
    """Return the folder that a person means by a name on the list, or else by a path."""
    if os.sep in typed or wrong_with_name(typed):
        return Path(typed)
    return (homes or Homes()).named(typed) or Path(typed)


def folder_for(name: str, beside: Path) -> Path:
    """Return a folder that does not exist for a new home: one beside another home."""
    plain = "".join(char if char.isalnum() else "-" for char in name.casefold()).strip("-")
    number = 1
    while True:
        suffix = f"-{number}" if number > 1 else ""
        path = beside.with_name(f"p2pblog-{plain or 'home'}{suffix}")
        if not os.path.lexists(path):
            return path
        number += 1


def _known(value: Any) -> Known | None:
    match value:
        case {"name": str(name), "path": str(path), **more} if not wrong_with_name(name):
            pass
        case _:
            return None
    if not Path(path).is_absolute() or len(path) > PATH_CHARS_MAX or not path.isprintable():
        return None
    match more:
        case {"identity": str(identity)} if (
            identity.isascii() and identity.isalnum() and len(identity) <= _TEXT_FORM_CHARS_MAX
        ):
            return Known(name, Path(path), identity)
    return Known(name, Path(path))


def _has(homes: list[Known], name: str, path: Path | None) -> bool:
    return any(one.name.casefold() == name.casefold() or one.path == path for one in homes)


def absolute(path: Path) -> Path:
    """Return the path by which a home is compared with others; links stay as they are."""
    return Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 (resolve follows links)
