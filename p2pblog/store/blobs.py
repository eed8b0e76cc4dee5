"""Pictures, as files named by what they hold.

Implements protocol/11-blobs.md.  A blob's id is the BLAKE2b-256 of its list: its size and
the hashes of its 64 KiB chunks.  So whoever fetches one can check the list against the id,
and each chunk against the list, as they come.
"""

from __future__ import annotations

import errno
import os
from functools import lru_cache
from pathlib import Path

from p2pblog.core import limits
from p2pblog.core.crypto import digest
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import BadStructure, BrokenChain, DiskFull, HomeUnusable, TooLarge

LIST = -1
"""The index that asks for a blob's list instead of a chunk."""


def chunk_list(data: bytes) -> bytes:
    """Return the canonical list of a blob: [size, [hash of each chunk]].

    Raises:
        TooLarge: more than 8 MiB, or nothing at all.
    """
    if not 0 < len(data) <= limits.BLOB_BYTES_MAX:
        raise TooLarge(f"a picture of {len(data)} bytes; at most {limits.BLOB_BYTES_MAX}")
    size = limits.BLOB_CHUNK_BYTES
    return encode([len(data), [digest(data[at : at + size]) for at in range(0, len(data), size)]])


def read_chunk_list(blob: bytes, data: bytes) -> tuple[int, list[bytes]]:
    """Return size and chunk hashes from the list of the blob with this id.

    Raises:
        BrokenChain: it is another blob's list.
        BadStructure, TooLarge: it is none, though its hash is right.
    """
    if digest(data) != blob:
        raise BrokenChain("the list of a blob")
    match decode(data):
        case [int(size), list(hashes)] if type(size) is int:
            pass
        case _:
            raise BadStructure("the list of a blob")
    if not 0 < size <= limits.BLOB_BYTES_MAX:
        raise TooLarge("a blob")
    if len(hashes) != -(-size // limits.BLOB_CHUNK_BYTES) or any(
        type(item) is not bytes or len(item) != limits.ID_BYTES for item in hashes
    ):
        raise BadStructure("the list of a blob")
    return size, hashes


def check_chunk(data: bytes, at: int, size: int, hashes: list[bytes]) -> bytes:
    """Return the chunk number `at` of a blob of `size` bytes, once it is the one listed.

    Raises:
        BrokenChain: it is not.
    """
    length = min(limits.BLOB_CHUNK_BYTES, size - at * limits.BLOB_CHUNK_BYTES)
    if len(data) != length or digest(data) != hashes[at]:
        raise BrokenChain("a chunk of a blob")
    return data


class BlobStore:
    """The blobs that a node holds, one file each, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._list = lru_cache(maxsize=64)(self._make_list)

    def path(self, blob: bytes) -> Path:
        """Return where the blob's file stands, or would stand."""
        return self._folder / blob.hex()

    def has(self, blob: bytes) -> bool:
        """Tell whether the blob is held, whole."""
        return self.path(blob).is_file()

    def put(self, data: bytes) -> bytes:
        """Keep a blob, on disk when this returns; return its id (32 bytes).

        Raises:
            TooLarge: more than 8 MiB, or empty.
            DiskFull, HomeUnusable: it could not be written.
        """
        blob = digest(chunk_list(data))
        path = self.path(blob)
        if path.is_file():
            return blob
        temporary = path.with_suffix(".part")
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(f"{path}") from error
            raise HomeUnusable(f"{path}: {error.strerror}") from error
        return blob

    def remove(self, blob: bytes) -> None:
        """Let go of a blob, held or not.

        Raises:
            HomeUnusable: its file cannot be deleted.
        """
        try:
            self.path(blob).unlink(missing_ok=True)
        except OSError as error:
            raise HomeUnusable(f"{self.path(blob)}: {error.strerror}") from error

    def part(self, blob: bytes, index: int) -> bytes | None:
        """Return the list (index LIST) or a chunk of a blob; None when it is not held."""
        if not self.has(blob):
            return None
        try:
            if index == LIST:
                return self._list(blob)
            with self.path(blob).open("rb") as file:
                file.seek(index * limits.BLOB_CHUNK_BYTES)
                return file.read(limits.BLOB_CHUNK_BYTES) or None
        except (OSError, TooLarge, BrokenChain):
            return None  # the file is damaged: as good as not held

    def _make_list(self, blob: bytes) -> bytes:
        listed = chunk_list(self.path(blob).read_bytes())
        if digest(listed) != blob:
            raise BrokenChain("a picture that is kept here")
        return listed
