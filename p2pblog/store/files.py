"""Look at the files of a LevelDB folder without changing one of them.

LevelDB itself is no judge of its own files.  Where CURRENT is gone it begins anew and deletes
every table; a log file that is gone, or whose record lengths were damaged, it takes for one
that ends there.  So a folder is examined before it is opened, and what would lose something
is refused, by the name of the file.

Format of the manifest's records: LevelDB's db/version_edit.cc.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from p2pblog.store import records, tables

_TABLE_NAME = re.compile(r"(\d{6,})\.(ldb|sst)")
_LOG_NAME = re.compile(r"(\d{6,})\.log")
_MANIFEST_NAME = re.compile(r"MANIFEST-\d{6,}")
MANIFEST_BYTES_MAX = 64 * 1024 * 1024  # LevelDB writes a new one at each start


class Damage(NamedTuple):
    """A file that is not as LevelDB left it, and what is wrong with it, in a few words."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file} {self.what}"


class Version(NamedTuple):
    """What a manifest says is there: sizes in bytes by table number; the oldest log needed."""

    tables: dict[int, int]
    log: int


def examine(folder: Path, *, whole: bool = False) -> list[Damage]:
    """Return what is damaged in a LevelDB folder; nothing where there is none yet.

    Args:
        whole: check every checksum, which takes a second for each few MiB.  Without it only
            what LevelDB would not notice in time is looked at.
    Raises:
        OSError: a file cannot be read.
    """
    names = sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []
    present = {int(m[1]): name for name in names if (m := _TABLE_NAME.fullmatch(name))}
    logs = {int(m[1]): name for name in names if (m := _LOG_NAME.fullmatch(name))}
    manifests = [name for name in names if _MANIFEST_NAME.fullmatch(name)]
    if "CURRENT" not in names:
        # A first start that was killed has a manifest and nothing else.
        return [Damage("CURRENT", "is missing")] if present or logs else []
    named = (folder / "CURRENT").read_bytes()[:256]
    manifest = named[:-1].decode("ascii", "replace")
    if not named.endswith(b"\n") or not _MANIFEST_NAME.fullmatch(manifest):
        return [Damage("CURRENT", "does not name a manifest")]
    if manifest not in manifests:
        return [Damage(manifest, "is missing")]
    if (folder / manifest).stat().st_size > MANIFEST_BYTES_MAX:
        return [Damage(manifest, "is far too large")]
    data = (folder / manifest).read_bytes()
    if problem := records.damage(data, whole=True):
        return [Damage(manifest, problem)]
    version = read_manifest(data)
    if version is None:
        return [Damage(manifest, "is cut short")]
    found = [*_table_damages(folder, version, present, whole=whole)]
    if version.log and version.log not in logs:
        # The record that made it the oldest one needed was written after the file.
        found.append(Damage(f"{version.log:06}.log", f"is missing, or {manifest} is cut short"))
    for number, name in logs.items():
        if number >= version.log and (
            problem := records.damage((folder / name).read_bytes(), whole=whole)
        ):
            found.append(Damage(name, problem))
    return found


def read_manifest(data: bytes) -> Version | None:
    """Return what the edits in a manifest add up to, None where they do not say enough."""
    sizes: dict[int, int] = {}
    log: int | None = None
    try:
        for edit in records.whole_records(data):
            log = _apply(edit, sizes, log)
    except (IndexError, ValueError):
        return None
    return None if log is None else Version(sizes, log)


def has_zero_tail(folder: Path) -> bool:
    """Tell whether nothing is wrong with a folder but a log's last record, cut by a power cut."""
    logs = [path for path in folder.iterdir() if _LOG_NAME.fullmatch(path.name)]
    if not any(records.is_zero_tail(path.read_bytes()) for path in logs):
        return False
    return not examine(folder, whole=True)


def _table_damages(
    folder: Path, version: Version, present: dict[int, str], *, whole: bool
) -> Iterator[Damage]:
    for number, size in sorted(version.tables.items()):
        if number not in present:
            yield Damage(f"{number:06}.ldb", "is missing")
            continue
        name = present[number]
        found = (folder / name).stat().st_size
        if found != size:
            yield Damage(name, f"has {found} bytes instead of {size}")
            continue
        with (folder / name).open("rb") as file:
            if whole:
                problem = tables.damage(file.read())
            else:
                file.seek(max(0, size - tables.FOOTER_BYTES))
                problem = "" if tables.is_footer(file.read()) else "does not end as a table does"
        if problem:
            yield Damage(name, problem)


def _apply(edit: bytes, sizes: dict[int, int], log: int | None) -> int | None:
    """Fold an edit into the sizes of the tables; return the oldest log needed from then on."""
    at = 0
    while at < len(edit):
        tag, at = tables.varint(edit, at)
        match tag:
            case 1:  # its comparator
                size, at = tables.varint(edit, at)
                at += size
            case 2:  # the oldest log needed
                log, at = tables.varint(edit, at)
            case 3 | 4 | 9:  # the next file, the last sequence, a log of long ago
                _, at = tables.varint(edit, at)
            case 5:  # where a compaction goes on
                _, at = tables.varint(edit, at)
                size, at = tables.varint(edit, at)
                at += size
            case 6:  # a table gone
                _, at = tables.varint(edit, at)
                number, at = tables.varint(edit, at)
                sizes.pop(number, None)
            case 7:  # a table added
                _, at = tables.varint(edit, at)
                number, at = tables.varint(edit, at)
                sizes[number], at = tables.varint(edit, at)
                for _ in range(2):  # its smallest and largest key
                    size, at = tables.varint(edit, at)
                    at += size
            case _:
                raise ValueError(f"tag {tag}")
    return log
