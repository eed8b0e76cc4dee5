"""Make a store anew from the files of one that was damaged.

Implements docs/node.md, "When the disk fails".  The damaged folder is only read, and then
moved aside.  LevelDB's own repair works on a copy of it, and what comes out goes through the
same checks as what peers send; so the new store holds nothing that is not authentic.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import decode
from p2pblog.core.errors import P2PBlogError, StoreCorrupt
from p2pblog.core.limits import KEY_BYTES
from p2pblog.core.textform import Kind, to_text
from p2pblog.log.fork import check_proof, proof_from_wire
from p2pblog.store import layout
from p2pblog.store.files import examine
from p2pblog.store.keyvalue import KeyValue
from p2pblog.store.leveldb import NEW_SUFFIX, LevelKeyValue, rebuild_folder
from p2pblog.store.logs import LogStore
from p2pblog.store.peers import PEERS
from p2pblog.store.personal import is_personal
from p2pblog.store.salvage import Run, Salvage
from p2pblog.store.verify import Report, verify_logs

_SOME_ERASED = layout.erased_key(bytes(KEY_BYTES), 1)
_COPY_SUFFIX = ".salvage"
_ASIDE_SUFFIX = ".damaged-"

Gap = tuple[int, int]
"""Entries that were held and are not any more: the first seq and the last."""


class Owner(NamedTuple):
    """A log of one's own: its key, where that is here, and the seq it is known to have reached."""

    key: SigningKey | None
    reached: int


class Saved(NamedTuple):
    """What became of one log.

    Fields:
        entries: how many are in the new store.
        ranges: which, the newest first, as (low, high).
        missing: which were held before and are not now, lowest first.
        reached: of one's own log: its highest seq that anything speaks of, else 0.
    """

    log: bytes
    entries: int
    ranges: list[Gap]
    missing: list[Gap]
    reached: int = 0

    @property
    def behind(self) -> int:
        """How many of the newest entries of one's own log are lost here."""
        return max(0, self.reached - (self.ranges[0][1] if self.ranges else 0))


@dataclass(slots=True)
class Repair:
    """What a repair found and did.

    Fields:
        problems: what was wrong, one line each; empty when all was well.
        aside: where the damaged folder is now; None when nothing had to be done.
        nameless: entries of logs that nothing names any more; they are not in the new store.
    """

    problems: list[str] = field(default_factory=list)
    aside: Path | None = None
    logs: list[Saved] = field(default_factory=list)
    nameless: int = 0


def find_problems(path: Path) -> list[str]:
    """Return what is wrong with the store in the folder `path`, one line each.

    Its files are looked at first, and only a folder whose files are whole is opened.
    """
    try:
        if damages := examine(path, whole=True):
            return [str(damage) for damage in damages]
        with closing(LevelKeyValue(path)) as keyvalue:
            store = LogStore(keyvalue, new_epoch=os.urandom(16))
            report = Report()
            for _ in verify_logs(store, list(store.logs), report):
                pass
            problems = [
                f"log {to_text(Kind.DEVICE, log)}, entry {seq}: {error}"
                for log, seq, error in report.errors
            ]
            expected = 1
            for key, value in keyvalue.scan(layout.arrival_key(0), layout.arrival_key(2**64 - 1)):
                batch = layout.read_batch(key, value)
                if batch.arrival != expected:
                    problems.append(f"the journal lacks {expected} to {batch.arrival - 1}")
                expected = batch.arrival + batch.length
            return problems
    except StoreCorrupt as error:
        return [error.detail]


def repair_store(
    path: Path,
    own: Mapping[bytes, Owner],
    *,
    new_epoch: bytes,
    now_ms: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Repair:
    """Save what can be saved of the store at `path` into a new one in its place.

    Args:
        own: one's own logs.
        new_epoch: 16 random bytes: peers must not go on from arrival numbers of the old one.
        now_ms: milliseconds since 1970.
        progress: called with the logs that are done, and how many there are.
    Returns:
        What was wrong, and what is left; a store without a fault is left as it is.
    Raises:
        DiskFull, HomeUnusable: the new store could not be written; the old one stands where
            it stood, unchanged.
    """
    repair = Repair(find_problems(path))
    if not repair.problems:
        return repair
    copy, new = path.with_name(path.name + _COPY_SUFFIX), path.with_name(path.name + NEW_SUFFIX)
    for leftover in (copy, new):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        _copy(path, copy)
        rebuild_folder(copy)
        with closing(LevelKeyValue(copy)) as old, closing(LevelKeyValue(new)) as fresh:
            _fill(repair, old, fresh, own, new_epoch, now_ms, progress)
        _sync(new)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(copy, ignore_errors=True)
    # Killed between these two, the next start finds the new store and puts it in place.
    repair.aside = _aside(path, now_ms)
    path.rename(repair.aside)
    new.rename(path)
    return repair


def declare_lost(path: Path, own: Mapping[bytes, Owner]) -> dict[bytes, int]:
    """Let one's own logs go on from the entries that are here.

    A replica elsewhere that does hold the others will find that the log forks.
    Returns the seqs from which those logs go on that it changed.
    """
    changed: dict[bytes, int] = {}
    with closing(LevelKeyValue(path)) as keyvalue:
        store = LogStore(keyvalue, new_epoch=os.urandom(16))
        for log in own:
            high = store.logs[log].newest.high if log in store.logs else 0
            floor = int.from_bytes(keyvalue.get(layout.META_OWN_FLOOR + log) or b"")
            if max(floor, own[log].reached) > high:
                keyvalue.write([(layout.META_OWN_FLOOR + log, high.to_bytes(8))], [], sync=True)
                changed[log] = high
    return changed


def _fill(
    repair: Repair,
    old: KeyValue,
    fresh: KeyValue,
    own: Mapping[bytes, Owner],
    new_epoch: bytes,
    now_ms: int,
    progress: Callable[[int, int], None],
) -> None:
    # First of all, so that nothing of it is taken in that a stale table still has.
    erased = [key for key, _ in old.scan(*layout.ERASED) if len(key) == len(_SOME_ERASED)]
    blocks = [(key, value) for key, value in old.scan(*layout.BLOCKS) if _is_block(key, value)]
    personal = [
        (key, value) for key, value in old.scan(*layout.PERSONAL) if is_personal(key, value)
    ]
    fresh.write([*((key, b"") for key in erased), *blocks, *personal], [])
    store = LogStore(fresh, new_epoch=new_epoch)
    peers = [(key, value) for key, value in old.scan(*PEERS) if _is_peer(key, value)]
    salvage = Salvage(old, [*own, *(key[1:] for key, _ in peers)])
    repair.nameless = salvage.nameless
    puts = list(peers)
    logs = (salvage.logs.keys() | own.keys()) - store.blocks.logs
    for done, log in enumerate(sorted(logs), 1):
        saved = Saved(log, 0, [], [])
        if log in salvage.logs:
            owner = own.get(log)
            saved = _save_log(salvage, store, log, owner.key if owner else None, now_ms)
            _keep_let_go(salvage, old, store, log)
        if log in own:
            known = salvage.logs[log].newest if log in salvage.logs else 0
            floor = int.from_bytes(old.get(layout.META_OWN_FLOOR + log) or b"")
            saved = saved._replace(reached=max(known, floor, own[log].reached))
            puts.append((layout.META_OWN_FLOOR + log, saved.reached.to_bytes(8)))
        repair.logs.append(saved)
        progress(done, len(logs))
    proofs = [(key, value) for key, value in old.scan(*layout.FORKS) if _is_proof(key, value)]
    puts += [(key, value) for key, value in proofs if key[1:] not in store.blocks.logs]
    fresh.write(puts, [], sync=True)


def _save_log(
    salvage: Salvage, store: LogStore, log: bytes, key: SigningKey | None, now_ms: int
) -> Saved:
    runs = salvage.runs(log, key)
    # A log is held as two ranges at most: its newest entries, and of the others the most.
    newest, others = runs[:1], runs[1:]
    kept = [*newest, *([max(others, key=lambda run: run.entries)] if others else [])]
    for run in reversed(kept):  # the newest one jumps ahead of the older one, as in a sync
        for segment, received_ms in salvage.segments(log, run, now_ms):
            store.ingest(segment, received_ms)
    ranges = [(run.low, run.high) for run in kept]
    missing = [gap for low, high in salvage.logs[log].claimed for gap in _without(low, high, kept)]
    return Saved(log, sum(run.entries for run in kept), ranges, missing)


def _keep_let_go(salvage: Salvage, old: KeyValue, store: LogStore, log: bytes) -> None:
    """See to it that bodies which were let go of are not asked for."""
    value = old.get(layout.let_go_key(salvage.logs[log].number))
    if value is None or log not in store.logs:
        return
    with suppress(P2PBlogError):
        match decode(value):
            case [int(low), int(high)]:
                store.renounce(log, low, high)


def _without(low: int, high: int, kept: list[Run]) -> list[Gap]:
    gaps = []
    for run in sorted(kept):
        if run.high >= low and run.low <= high:
            if run.low > low:
                gaps.append((low, run.low - 1))
            low = run.high + 1
    return [*gaps, (low, high)] if low <= high else gaps


def _is_peer(key: bytes, value: bytes) -> bool:
    with suppress(P2PBlogError):
        match decode(value):
            case [str(), int()]:
                return len(key) == 1 + KEY_BYTES
    return False


def _is_block(key: bytes, value: bytes) -> bool:
    with suppress(P2PBlogError):
        match decode(value):
            case [int(), list(logs)] if len(key) == 1 + KEY_BYTES:
                return all(type(log) is bytes and len(log) == KEY_BYTES for log in logs)
    return False


def _is_proof(key: bytes, value: bytes) -> bool:
    with suppress(P2PBlogError):
        proof = proof_from_wire(decode(value))
        return check_proof(proof) > 0 and key == layout.fork_key(proof.log)
    return False


def _copy(path: Path, copy: Path) -> None:
    """Copy a folder's files; tables, which nothing ever changes in place, as links."""
    copy.mkdir(mode=0o700)
    for file in path.iterdir():
        if not file.is_file():
            continue
        if file.suffix in (".ldb", ".sst"):
            with suppress(OSError):  # a file system without links
                os.link(file, copy / file.name)
                continue
        shutil.copyfile(file, copy / file.name)


def _sync(folder: Path) -> None:
    for path in (*folder.iterdir(), folder):
        opened = os.open(path, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _aside(path: Path, now_ms: int) -> Path:
    date = time.strftime("%Y-%m-%d", time.gmtime(now_ms // 1000))
    aside = path.with_name(f"{path.name}{_ASIDE_SUFFIX}{date}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}{_ASIDE_SUFFIX}{date}-{number}")
    return aside
