"""What a bundle gives back, whole, cut off or tampered with."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import (
    BadArchive,
    BadStructure,
    DiskFull,
    NonCanonical,
    P2PBlogError,
    TooLarge,
    Unwritable,
)
from p2pblog.core.limits import BUNDLE_RECORD_BYTES_MAX, MESSAGE_BYTES_MAX
from p2pblog.exchange import bundle
from p2pblog.exchange.bundle import MAGIC, BundleCounts, read_bundle, write_bundle
from p2pblog.log.entry import Tip, make_entry, sign_id
from p2pblog.log.segment import Segment, check_segment, encode_segment, from_wire


def _segment(seed: int, count: int = 3) -> bytes:
    key = SigningKey(bytes([seed]) * 32)
    bodies: list[Any] = [b"body %d" % n for n in range(count)]
    tip: Tip | None = None
    for body in bodies:
        entry = make_entry(key.public, tip, 1000, body)
        tip = Tip(entry.seq, entry.id)
    assert tip is not None
    signatures = [sign_id(key, tip.id)]
    return encode_segment(Segment(key.public, 1, None, [1000] * count, bodies, signatures))


SEGMENTS = [_segment(1), _segment(2, 5), _segment(3, 1)]


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    path = tmp_path / "logs.bundle"
    assert write_bundle(path, iter(SEGMENTS)) == BundleCounts(logs=3, entries=9, segments=3)
    return path


def _read_until_error(path: Path) -> tuple[list[bytes], BadArchive | None]:
    found = []
    try:
        for segment in read_bundle(path):
            found.append(segment)  # noqa: PERF402  what came before the error counts
    except BadArchive as error:
        return found, error
    return found, None


def test_what_was_written_is_read_and_still_proves_itself(whole: Path) -> None:
    found = list(read_bundle(whole))
    assert found == SEGMENTS
    for data in found:
        check_segment(from_wire(decode(data)))


def test_the_format_is_the_one_that_is_specified(whole: Path) -> None:
    data = whole.read_bytes()
    assert data.startswith(b"p2pblog bundle 1\n")
    at, values = len(MAGIC), []
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        values.append(decode(data[at + 4 : at + 4 + size]))
        at += 4 + size
    assert values[:-1] == SEGMENTS
    counts = {"entries": 9, "logs": 3, "segments": 3}
    digest = blake2b(MAGIC + b"".join(map(encode, [*SEGMENTS, counts])), digest_size=32).digest()
    assert values[-1] == [counts, digest]


def test_an_empty_bundle_is_a_bundle(tmp_path: Path) -> None:
    assert write_bundle(tmp_path / "b", []) == BundleCounts(0, 0, 0)
    assert list(read_bundle(tmp_path / "b")) == []


@pytest.mark.proves("X-6", "X-7")
def test_a_bundle_cut_anywhere_is_noticed_and_gives_what_is_whole(whole: Path) -> None:
    data = whole.read_bytes()
    for size in range(len(data)):
        whole.write_bytes(data[:size])
        found, error = _read_until_error(whole)
        assert error is not None
        assert found == SEGMENTS[: len(found)]
    assert len(found) == 3


@pytest.mark.proves("X-6")
def test_every_flipped_bit_is_noticed(whole: Path) -> None:
    data = whole.read_bytes()
    for at in range(len(data)):
        damaged = bytearray(data)
        damaged[at] ^= 1 << at % 8
        whole.write_bytes(damaged)
        found, error = _read_until_error(whole)
        assert error is not None
        assert len(found) <= 3


@pytest.mark.proves("X-6")
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a bundle"),
        (b"PK\x03\x04 something else", "not a bundle"),
        (b"p2pblog bundle 2\n\0\0\0\1", "another version"),
        (MAGIC, "cut off"),
        (MAGIC + b"\xff\xff\xff\xff", "damaged"),
        (MAGIC + (BUNDLE_RECORD_BYTES_MAX + 1).to_bytes(4) + b"\0" * 2**21, "damaged"),
        (MAGIC + b"\0\0\0\0", "damaged"),
        (MAGIC + b"\0\0\0\1\xc0", "damaged"),
        (MAGIC + b"\0\0\0\3\xc4\1", "cut off"),
        (MAGIC + b"\0\0\0\2\xc4\1", "damaged"),
    ],
)
def test_what_is_no_bundle_is_refused_with_a_reason(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    (tmp_path / "b").write_bytes(data)
    with pytest.raises(BadArchive, match=reason):
        list(read_bundle(tmp_path / "b"))


@pytest.mark.proves("X-6")
def test_an_end_with_wrong_counts_or_something_after_it_is_refused(whole: Path) -> None:
    data = whole.read_bytes()
    whole.write_bytes(data + b"\0")
    assert len(_read_until_error(whole)[0]) == 3
    assert _read_until_error(whole)[1] is not None
    for end in ([{"segments": 0}, bytes(32)], {"segments": 0}, [{}, b""], [], None, 0, [[], b""]):
        record = encode(end)
        whole.write_bytes(MAGIC + len(record).to_bytes(4) + record)
        assert _read_until_error(whole)[1] is not None


@pytest.mark.proves("X-6")
def test_segments_left_out_or_swapped_are_noticed(whole: Path) -> None:
    data = whole.read_bytes()
    framed = [len(encode(s)).to_bytes(4) + encode(s) for s in SEGMENTS]
    end = data[len(MAGIC) + sum(map(len, framed)) :]
    for kept in (framed[:2], framed[::-1], [*framed, framed[0]], []):
        whole.write_bytes(MAGIC + b"".join(kept) + end)
        assert _read_until_error(whole)[1] is not None


@pytest.mark.proves("X-2")
@pytest.mark.parametrize(
    ("data", "error"),
    [(b"", NonCanonical), (encode([1]), BadStructure), (b"\0" * MESSAGE_BYTES_MAX, TooLarge)],
)
def test_only_segments_are_written(tmp_path: Path, data: bytes, error: type[P2PBlogError]) -> None:
    with pytest.raises(error):
        write_bundle(tmp_path / "b", [SEGMENTS[0], data])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.proves("X-3")
def test_a_bundle_is_replaced_whole_or_not_at_all(whole: Path) -> None:
    before = whole.read_bytes()

    def broken() -> Iterator[bytes]:
        yield SEGMENTS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_bundle(whole, broken())
    assert whole.read_bytes() == before
    assert list(whole.parent.iterdir()) == [whole]
    write_bundle(whole, SEGMENTS[:1])
    assert list(read_bundle(whole)) == SEGMENTS[:1]


def test_the_file_may_be_read_by_whom_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_bundle(tmp_path / "b", [])
    finally:
        os.umask(before)
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o644


def test_a_place_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "no" / "b", tmp_path, tmp_path / "pipe", tmp_path / ("x" * 300)):
        with pytest.raises(Unwritable):
            write_bundle(path, [])

    def full(file: object, segments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(bundle, "_write", full)
    with pytest.raises(DiskFull):
        write_bundle(tmp_path / "b", [])
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_a_link_stays_a_link(whole: Path) -> None:
    link = whole.with_name("link")
    link.symlink_to(whole.name)
    write_bundle(link, [])
    assert link.is_symlink()
    assert list(read_bundle(whole)) == []


def test_reading_what_is_not_there_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "none", tmp_path, tmp_path / "pipe", Path("\0")):
        with pytest.raises(BadArchive):
            list(read_bundle(path))
