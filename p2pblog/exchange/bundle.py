"""Carry logs in one file: to a USB stick, a backup, a machine without a network.

Implements protocol/08-bundles.md.  Touches one file, in one pass, holding one record at a
time.  A bundle is as hostile as a peer: it shows only that it is whole; whether its segments
may be believed is for the reader of each to check, with `p2pblog.log.segment`.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import IO, NamedTuple

from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import BadArchive, DiskFull, NonCanonical, TooLarge, Unwritable
from p2pblog.core.limits import BUNDLE_RECORD_BYTES_MAX, ID_BYTES
from p2pblog.log.segment import encode_segment, from_wire
from p2pblog.store.logs import LogStore

MAGIC = b"p2pblog bundle 1\n"

_LENGTH_BYTES = 4


class BundleCounts(NamedTuple):
    """What a bundle holds: logs, their entries, and the segments that carry them."""

    logs: int
    entries: int
    segments: int


def write_bundle(path: Path, segments: Iterable[bytes]) -> BundleCounts:
    """Write a bundle of encoded segments to `path`, in their order.

    The file appears under its name when it is whole and on the disk, or not at all; one
    that stood there is replaced.
    Raises:
        TooLarge: a segment of more than 1 MiB.
        NonCanonical, BadStructure: something that is no segment.
        DiskFull, Unwritable: the file could not be written.
        Whatever `segments` raises.
    Source: protocol/08-bundles.md section 2.
    """
    try:
        path = path.resolve()  # what a link points to is replaced, and not the link
        if path.exists() and not path.is_file():
            raise Unwritable(f"{path}: something that is no file stands there")
    except (OSError, ValueError, RuntimeError) as error:
        raise Unwritable(f"{path!r}: {getattr(error, 'strerror', None) or error}") from error
    part = path.with_name(f".p2pblog-{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            counts = _write(file, segments)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        _drop(part)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(str(path)) from error
        raise Unwritable(f"{path}: {error.strerror or error}") from error
    except BaseException:
        _drop(part)
        raise
    return counts


def segments_of(store: LogStore) -> Iterator[bytes]:
    """Yield all that a store holds as encoded segments, in the order of a bundle.

    Source: protocol/08-bundles.md section 2.
    """
    for log, held in sorted(store.logs.items()):
        # The newest first and from the top, as replication does: so each segment fits
        # onto the one before it, and a cut file is still of use.  An older range comes
        # before the newest: a reader may jump up over a gap, and not down.
        for part in reversed(held.ranges):
            high = part.high
            while high >= part.low:
                segment = store.segment_down(log, part.low, high)
                yield encode_segment(segment)
                high = segment.first - 1


def read_bundle(path: Path) -> Iterator[bytes]:
    """Yield the encoded segments of the bundle at `path`, in their order.

    Damage is found when it is reached: what was yielded before it was written whole.
    Raises:
        BadArchive: no bundle, one of a newer version, cut off, or damaged.
    Source: protocol/08-bundles.md section 3.
    """
    try:
        if path.exists() and not path.is_file():
            raise BadArchive("not a file")
        with path.open("rb") as file:
            yield from read_segments(file)
    except (OSError, ValueError) as error:
        raise BadArchive(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    except BadArchive as error:
        raise BadArchive(f"{path}: {error.detail}") from None


def read_segments(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the encoded segments of the bundle in an open file; as `read_bundle` otherwise."""
    magic = file.read(len(MAGIC))
    if magic != MAGIC:
        other = magic.startswith(b"p2pblog bundle ")
        raise BadArchive("of another version of p2pblog" if other else "not a bundle")
    total = blake2b(magic, digest_size=ID_BYTES)
    count = 0
    while True:
        record = _record(file, count)
        try:
            value = decode(record)
        except NonCanonical as error:
            raise BadArchive(f"damaged after segment {count}") from error
        if type(value) is not bytes:
            break
        total.update(record)
        count += 1
        yield value
    match value:
        case [dict(counts), bytes(digest)] if type(counts.get("segments")) is int:
            total.update(encode(counts))
            whole = (counts["segments"], digest) == (count, total.digest())
        case _:
            whole = False
    if not whole:
        raise BadArchive(f"damaged: its {count} segments are not those that were written")
    if file.read(1):
        raise BadArchive("something follows its end")


def _write(file: IO[bytes], segments: Iterable[bytes]) -> BundleCounts:
    total = blake2b(MAGIC, digest_size=ID_BYTES)
    logs: set[bytes] = set()
    entries = count = 0
    file.write(MAGIC)
    for data in segments:
        record = encode(data)
        if len(record) > BUNDLE_RECORD_BYTES_MAX:
            raise TooLarge(f"a segment of {len(data)} bytes")
        segment = from_wire(decode(data))
        logs.add(segment.log)
        entries += len(segment.bodies)
        count += 1
        total.update(record)
        file.write(len(record).to_bytes(_LENGTH_BYTES))
        file.write(record)
    counts = BundleCounts(len(logs), entries, count)
    total.update(encode(counts._asdict()))
    end = encode([counts._asdict(), total.digest()])
    file.write(len(end).to_bytes(_LENGTH_BYTES))
    file.write(end)
    return counts


def _record(file: IO[bytes], count: int) -> bytes:
    length = file.read(_LENGTH_BYTES)
    size = int.from_bytes(length)
    if len(length) == _LENGTH_BYTES and not 0 < size <= BUNDLE_RECORD_BYTES_MAX:
        raise BadArchive(f"damaged after segment {count}")
    record = file.read(size)
    if len(length) < _LENGTH_BYTES or len(record) < size:
        raise BadArchive(f"cut off after segment {count}")
    return record


def _sync_folder(folder: Path) -> None:
    # Some file systems of sticks cannot sync a folder; the file itself is on the disk.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _drop(part: Path) -> None:
    with suppress(OSError):
        part.unlink()
