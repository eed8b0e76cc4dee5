"""Writing bundles: the operation `bundle.write`, and what a right bundle comes to.

Implements protocol/conformance.md section 3.  How a log is cut, and which comes first, is for the
writer to choose; so bundles are compared by what a reader has after each is read in its order.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from p2pblog.conformance.values import Fields, Json, unhex, unhex_segment
from p2pblog.core.encoding import decode
from p2pblog.core.errors import P2PBlogError
from p2pblog.exchange.bundle import read_segments, segments_of, write_bundle
from p2pblog.log.segment import from_wire
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore

_RECEIVED_MS = 5


def bundle_write(f: Fields) -> Json:
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    for segment in map(unhex_segment, f["held"]):
        store.ingest(segment, _RECEIVED_MS)
    with TemporaryDirectory(prefix="p2pblog-bundle-") as folder:
        path = Path(folder) / "bundle"
        write_bundle(path, segments_of(store))
        return {"bytes": path.read_bytes().hex()}


def comparable(name: str, value: Json) -> Json:
    """Return what a bundle gives its reader; of one that breaks a rule, which one."""
    if name != "bytes" or not isinstance(value, str):
        return value
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    due: dict[bytes, int] = {}
    try:
        for data in read_segments(BytesIO(unhex(value))):
            segment = from_wire(decode(data))
            if store.ingest(segment, _RECEIVED_MS) != len(segment.bodies):
                return "something is there twice"
            held = store.logs[segment.log]
            # Downward within a range: either right below what came before, or a newer range.
            if segment.last != due.get(segment.log) and segment.last != held.newest.high:
                return "not from the top downward"
            due[segment.log] = segment.first - 1
    except (P2PBlogError, ValueError) as error:
        return f"refused in its turn: {error}"
    return {
        log.hex(): [
            *([part.low, part.high, part.high_id.hex()] for part in held.ranges),
            sorted(store.bare.get(log, ())),
        ]
        for log, held in sorted(store.logs.items())
    }


BUNDLING: dict[str, Callable[[Fields], Json]] = {"bundle.write": bundle_write}
