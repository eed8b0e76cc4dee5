"""What a face may ask of a store that no node can run on: what is wrong, and mend it.

Implements docs/node.md, "When the disk fails".  The home's lock is held meanwhile, so no node
starts on a store that is half mended.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import NotFound
from p2pblog.core.textform import Kind, to_text
from p2pblog.node.home import Home, open_home
from p2pblog.node.mark import Mark
from p2pblog.node.params import Document
from p2pblog.store.files import examine
from p2pblog.store.repair import Owner, Repair, Saved, declare_lost, repair_store
from p2pblog.views.newest import newest_seqs


def damaged_files(home: Path) -> list[str]:
    """Return which files of the home's store are damaged and how, one line each.

    Raises:
        OSError: they cannot be read.
    """
    return [str(damage) for damage in examine(Home(home).store, whole=True)]


def repair_home(
    path: Path, *, progress: Callable[[int, int], None], declare: bool = False
) -> Document:
    """Mend the store of the home at `path`; return what `p2pblog log repair --json` prints.

    Args:
        progress: called with the logs that are done, and how many there are.
        declare: let one's own logs go on without their lost entries.
    Raises:
        HomeBusy: a node runs.
        NotFound: there is no store yet.
        HomeUnusable, DiskFull: the new store could not be written.
    """
    home = open_home(path)
    with home.lock():
        if not home.store.exists():
            raise NotFound(f"a store in {path}")
        own = _own_logs(home)
        found = repair_store(
            home.store,
            own,
            new_epoch=os.urandom(16),
            now_ms=time.time_ns() // 1_000_000,
            progress=progress,
        )
        declared = declare_lost(home.store, own) if declare else {}
        if (who := home.identity()) is not None and who.device in declared:
            Mark(home).keep(who.device, declared[who.device])
    return _document(found, declared)


def _own_logs(home: Home) -> dict[bytes, Owner]:
    who = home.identity()
    if who is None:
        return {}
    seed = home.device_seed()
    key = None if seed is None else SigningKey(seed)
    reached = newest_seqs(home.views, who)
    reached[who.device] = max(Mark(home).seq(who.device), reached.get(who.device, 0))
    own = {log: Owner(None, reached.get(log, 0)) for log in who}
    if key is not None and key.public == who.device:
        own[who.device] = own[who.device]._replace(key=key)
    return own


def _document(found: Repair, declared: Iterable[bytes]) -> Document:
    return {
        "repaired": found.aside is not None,
        "problems": found.problems,
        "aside": None if found.aside is None else str(found.aside),
        "entries": sum(saved.entries for saved in found.logs),
        "missing": sum(high - low + 1 for saved in found.logs for low, high in saved.missing),
        "nameless": found.nameless,
        "logs": [_log_document(saved) for saved in found.logs],
        "declared": [to_text(Kind.DEVICE, log) for log in declared],
    }


def _log_document(saved: Saved) -> Document:
    return {
        "log": to_text(Kind.DEVICE, saved.log),
        "entries": saved.entries,
        "ranges": [list(gap) for gap in saved.ranges],
        "missing": [list(gap) for gap in saved.missing],
        "behind": saved.behind,
    }
