"""Check what a store holds against the rules, entry by entry.

What is stored was verified when it came; this finds what has changed since: bits that
rotted, files that were tampered with.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from p2pblog.core.crypto import digest
from p2pblog.core.encoding import encode
from p2pblog.core.errors import BadSignature, BrokenChain, P2PBlogError, StoreCorrupt
from p2pblog.log.entry import HEADER_VERSION, is_checkpoint, verify_id
from p2pblog.log.held import Range
from p2pblog.store.logs import LogStore


@dataclass(slots=True)
class Report:
    """What a check found; `errors` are (log, seq, error).

    `signatures` are all that were checked, those of checkpoints and of the newest entries;
    `checkpoints` are those of them that stand at every 64th entry.
    """

    logs: int = 0
    entries: int = 0
    signatures: int = 0
    checkpoints: int = 0
    errors: list[tuple[bytes, int, P2PBlogError]] = field(default_factory=list)


def verify_logs(store: LogStore, logs: list[bytes], report: Report) -> Iterator[bytes]:
    """Check `logs` one after the other into `report`; yield each log that is done."""
    for log in logs:
        if log not in store.logs:
            continue
        report.logs += 1
        for held in store.logs[log].ranges:
            before = report.entries
            try:
                _verify_range(store, log, held, report)
            except (StoreCorrupt, struct.error) as error:
                # What cannot be read is named by the first entry that did not come.
                seq = held.low + report.entries - before
                damage = error if isinstance(error, StoreCorrupt) else StoreCorrupt(str(error))
                report.errors.append((log, seq, damage))
        yield log


def _verify_range(store: LogStore, log: bytes, held: Range, report: Report) -> None:
    expected, prev = held.low, held.low_prev
    signatures = store.signatures(log, held.low, held.high)
    for entry in store.read(log, held.low, held.high):
        if entry.seq != expected:
            report.errors.append((log, expected, BrokenChain("the entry is gone")))
            return
        header = [
            HEADER_VERSION,
            log,
            entry.seq,
            prev,
            entry.time_ms,
            entry.body_size,
            entry.body_hash,
        ]
        if digest(encode(header)) != entry.id:
            report.errors.append((log, entry.seq, BrokenChain("the entry was changed")))
            return
        if is_checkpoint(entry.seq) or entry.seq == held.high:
            signature = signatures.get(entry.seq, b"")
            if not verify_id(log, entry.id, signature):
                report.errors.append((log, entry.seq, BadSignature("its signature is gone")))
                return
            report.signatures += 1
            report.checkpoints += is_checkpoint(entry.seq)
        report.entries += 1
        expected, prev = entry.seq + 1, entry.id
    if prev != held.high_id or expected != held.high + 1:
        report.errors.append((log, held.high, BrokenChain("the newest entry is gone")))
