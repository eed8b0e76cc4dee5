"""Checks of the program, the terminal and the files of a home; each says what is wrong.

A check is a function of what it looks at, changes nothing, and never raises: what it cannot
find out it says.  The checks of the node stand in doctor_node.py, the command that runs them
all in examine.py.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from p2pblog.core.limits import DISK_RESERVE_BYTES

State = Literal["ok", "warn", "fail"]

PYTHON_MIN = (3, 11)
SQLITE_MIN = (3, 35, 0)
COLUMNS_MIN, LINES_MIN = 40, 12
FIRST_SANE_MS = 1_735_689_600_000  # 2025; a clock before this was never set
DISK_LOW_BYTES = 16 * DISK_RESERVE_BYTES

# Their locks and their memory mapping cannot be relied on, which LevelDB and SQLite do.
_NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "glusterfs", "lustre", "davfs"}
    | {"fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.s3fs", "fuse.davfs2", "fuse.gcsfuse"}
)


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found; `advice` says what to do, and is empty when all is well."""

    name: str
    state: State
    message: str
    advice: str = ""


def check_python(version: Sequence[int]) -> Check:
    """Check that Python is new enough; `version` begins with major and minor."""
    said = ".".join(map(str, version[:3]))
    if tuple(version[:2]) < PYTHON_MIN:
        return Check("python", "fail", f"Python {said}", "install Python 3.11 or newer")
    return Check("python", "ok", f"Python {said}")


def check_libraries() -> Check:
    """Check that the libraries with compiled parts are there and can be loaded."""
    try:
        import msgpack  # noqa: F401
        import nacl.bindings  # noqa: F401

        try:
            import plyvel  # noqa: F401
        except ImportError:
            import plyvel_next  # noqa: F401
    except (ImportError, OSError) as error:
        advice = "install p2pblog again: pip install --force-reinstall p2pblog"
        return Check("libraries", "fail", str(error) or type(error).__name__, advice)
    return Check("libraries", "ok", "all can be loaded")


def check_sqlite(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> Check:
    """Check that SQLite is new enough and can search text (FTS5)."""
    said = "SQLite " + ".".join(map(str, version))
    advice = "use a Python that was built with a newer SQLite, from python.org for example"
    if version < SQLITE_MIN:
        return Check("sqlite", "fail", f"{said} is too old", advice)
    database = sqlite3.connect(":memory:")
    try:
        database.execute("CREATE VIRTUAL TABLE probe USING fts5(text)")
    except sqlite3.Error:
        return Check("sqlite", "fail", f"{said} has no full-text search (FTS5)", advice)
    finally:
        database.close()
    return Check("sqlite", "ok", f"{said} with full-text search")


def check_clock(now_ms: int) -> Check:
    """Check that the clock (milliseconds since 1970) was ever set: posts carry its time."""
    if now_ms < FIRST_SANE_MS:
        year = time.gmtime(max(now_ms, 0) // 1000).tm_year
        return Check("clock", "fail", f"it says that this is {year}", "set the clock")
    return Check("clock", "ok", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now_ms // 1000)))


def check_locale(encoding: str) -> Check:
    """Check that the terminal's encoding has the characters people write."""
    if encoding.lower().replace("-", "").replace("_", "") != "utf8":
        advice = "set a UTF-8 locale: export LC_ALL=C.UTF-8"
        return Check("locale", "warn", f"{encoding}: many characters will show as ?", advice)
    return Check("locale", "ok", encoding)


def check_terminal(*, is_terminal: bool, term: str, columns: int, lines: int) -> Check:
    """Check that the client can be shown here: a terminal that can do it, 40 by 12 or larger."""
    if not is_terminal:
        return Check("terminal", "ok", "not a terminal here, so not looked at")
    size = f"{columns} by {lines}"
    if term in ("", "dumb", "unknown"):
        advice = "use another terminal for the client; the commands work here as well"
        return Check("terminal", "warn", f"TERM is {term or 'not set'}", advice)
    if columns < COLUMNS_MIN or lines < LINES_MIN:
        advice = f"enlarge it to {COLUMNS_MIN} by {LINES_MIN} or more for the client"
        return Check("terminal", "warn", f"{size} is small", advice)
    return Check("terminal", "ok", f"{term}, {size}")


def check_home(home: Path, uid: int) -> Check:
    """Check that the home can be used by the user `uid`, or be made if there is none."""
    advice = "pick another with --home DIR"
    try:
        found = home.stat()
    except FileNotFoundError:
        return _check_parent(home)
    except OSError as error:
        return Check("home", "fail", f"{home}: {error.strerror}", advice)
    if not stat.S_ISDIR(found.st_mode):
        return Check("home", "fail", f"{home} is not a folder", f"move it away, or {advice}")
    if found.st_uid != uid:
        return Check("home", "fail", f"{home} belongs to user {found.st_uid}", advice)
    if problem := _why_not_writable(home):
        return Check("home", "fail", f"{home}: {problem}", f"make it writable, or {advice}")
    if stat.S_IMODE(found.st_mode) & 0o077:
        return Check("home", "warn", f"other users may enter {home}", f"run: chmod 700 {home}")
    return Check("home", "ok", str(home))


def _check_parent(home: Path) -> Check:
    parent = next(
        (folder for folder in home.absolute().parents if os.path.lexists(folder)), Path("/")
    )
    if not parent.is_dir():
        advice = "move it away, or pick another home with --home DIR"
        return Check("home", "fail", f"{parent} is not a folder", advice)
    if problem := _why_not_writable(parent):
        advice = "pick another home with --home DIR"
        return Check("home", "fail", f"{home} cannot be made in {parent}: {problem}", advice)
    return Check("home", "ok", f"{home}, which the first command will make")


def _why_not_writable(folder: Path) -> str:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or type(error).__name__


def check_file_system(home: Path, mounts: str) -> Check:
    """Check that the home lies on this machine's own disk.

    `mounts` is what /proc/self/mounts says, "" where there is none.
    """
    path = os.path.realpath(home)
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = _unescape(fields[1])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):  # of two mounts at one place the later one shows
            best, kind = point, fields[2]
    if kind in _NETWORK_FILE_SYSTEMS:
        advice = "move the home to a disk of this machine: --home DIR"
        return Check("file system", "warn", f"{home} lies on a network ({kind})", advice)
    return Check("file system", "ok", kind or "not looked at on this system")


def _unescape(field: str) -> str:
    return field.encode().decode("unicode_escape") if "\\" in field else field


def check_disk(free_bytes: int | None) -> Check:
    """Check that there is room to write; None when nobody can tell."""
    if free_bytes is None:
        return Check("disk", "warn", "cannot tell how much room there is", "see: df -h")
    said = f"{free_bytes // 1024**2:,} MiB free"
    if free_bytes < DISK_RESERVE_BYTES:
        needed = f"free some: at least {DISK_RESERVE_BYTES // 1024**2} MiB are needed to write"
        return Check("disk", "fail", said, needed)
    if free_bytes < DISK_LOW_BYTES:
        return Check("disk", "warn", said, "free some before it runs out")
    return Check("disk", "ok", said)


def free_bytes(home: Path) -> int | None:
    """Return how many bytes may be written where `home` is or will be; None if unknown."""
    for folder in (home, *home.parents):
        try:
            found = os.statvfs(folder)
        except FileNotFoundError:
            continue
        except OSError:
            return None
        return found.f_bavail * found.f_frsize
    return None


def check_key(path: Path, uid: int) -> Check:
    """Check that the device key at `path` is whole, and only for the user `uid` to read."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return Check("device key", "ok", "none yet")
    except OSError as error:
        return Check("device key", "fail", f"{path}: {error.strerror}", f"see: ls -l {path}")
    if not stat.S_ISREG(found.st_mode) or found.st_size != 32:
        advice = "restore it from a copy; without it this device cannot write"
        return Check("device key", "fail", f"{path} is damaged", advice)
    if found.st_uid != uid:
        advice = f"run, as an administrator: chown {uid} {path}"
        return Check("device key", "fail", f"{path} belongs to user {found.st_uid}", advice)
    if stat.S_IMODE(found.st_mode) & 0o077:
        return Check("device key", "fail", f"other users may read {path}", f"run: chmod 600 {path}")
    return Check("device key", "ok", "whole, and yours alone")


def check_program(now_ms: int) -> list[Check]:
    """Check Python, its libraries and the clock."""
    return [
        check_python(sys.version_info[:3]),
        check_libraries(),
        check_sqlite(),
        check_clock(now_ms),
    ]


def check_screen(environment: Mapping[str, str]) -> list[Check]:
    """Check the terminal that this process has."""
    is_terminal = sys.stdout.isatty() and sys.stdin.isatty()
    columns, lines = (0, 0)
    if is_terminal:
        columns, lines = os.get_terminal_size(sys.stdout.fileno())
    term = environment.get("TERM", "")
    return [
        check_locale(sys.stdout.encoding or "unknown"),
        check_terminal(is_terminal=is_terminal, term=term, columns=columns, lines=lines),
    ]


def check_place(home: Path) -> list[Check]:
    """Check the home and where it lies."""
    uid = os.getuid()
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        mounts = ""
    return [
        check_home(home, uid),
        check_file_system(home, mounts),
        check_disk(free_bytes(home)),
    ]
