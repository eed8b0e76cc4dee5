"""Decide what a frame of the local API looks like, and on which socket it travels.

Implements docs/api.md, "Frames".  Faces and nodes both use this, so it imports nothing heavy:
a command has to be done before anybody notices that it began.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
import sys
from pathlib import Path
from typing import Any, Final, TypeAlias

from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import BadStructure, HomeUnusable, TooLarge
from p2pblog.core.limits import API_FRAME_BYTES_MAX

Frame: TypeAlias = dict[str, Any]

HEADER_BYTES: Final = 4
SOCKET_NAME: Final = "node.sock"

# sun_path holds 108 bytes on Linux and 104 on macOS and the BSDs, one of them a NUL.
SOCKET_PATH_BYTES_MAX: Final = 107 if sys.platform == "linux" else 103

# Not TMPDIR, where it can be helped: a face in another shell than the node's must come to
# the same path, and nothing else tells it where to look.
_TEMPORARY = Path("/tmp")  # noqa: S108 (what is in it is checked by `check_folder`)


def pack(frame: Frame) -> bytes:
    """Return the bytes of `frame`, its four-byte length first.

    Raises:
        Unencodable: a value that the canonical encoding does not have (a float, say).
        TooLarge: more than 8 MiB.
    """
    payload = encode(frame)
    if len(payload) > API_FRAME_BYTES_MAX:
        raise TooLarge(f"a frame of {len(payload)} bytes")
    return len(payload).to_bytes(HEADER_BYTES) + payload


def payload_bytes(header: bytes) -> int:
    """Return how many bytes follow the four of `header`.

    Raises:
        TooLarge: none, or more than 8 MiB; what comes after cannot be made sense of.
    """
    size = int.from_bytes(header)
    if not 0 < size <= API_FRAME_BYTES_MAX:
        raise TooLarge(f"a frame of {size} bytes")
    return size


def unpack(payload: bytes) -> Frame:
    """Return the frame that `payload` (without its length) is.

    Raises:
        NonCanonical: not canonical MessagePack.
        BadStructure: canonical, but not a map.
    """
    frame = decode(payload)
    if type(frame) is not dict:
        raise BadStructure("a frame is a map")
    return frame


def socket_path(home: Path) -> Path:
    """Return where the node of `home` listens, whichever way `home` is spelt.

    `node.sock` in the home; where that is too long for a socket address,
    `p2pblog-UID/HASH.sock` in the system's temporary folder.  The folder need not exist.
    """
    real = Path(os.path.realpath(home))
    path = real / SOCKET_NAME
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES_MAX:
        return path
    from hashlib import blake2b  # 4 ms of OpenSSL, which hardly any home needs

    temporary = _TEMPORARY
    if not temporary.is_dir():  # as on Android
        from tempfile import gettempdir

        temporary = Path(gettempdir())
    name = blake2b(os.fsencode(real), digest_size=8).hexdigest()
    return temporary / f"p2pblog-{os.getuid()}" / f"{name}.sock"


def check_folder(folder: Path) -> None:
    """Make sure that nobody else could have put a socket into `folder`, if it exists at all.

    Raises:
        HomeUnusable: it is a link or no folder, is somebody else's, or others may enter it.
    """
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise HomeUnusable(f"{folder}: {error.strerror}") from error
    if not stat.S_ISDIR(found.st_mode):
        raise HomeUnusable(f"{folder} is in the way; remove it")
    if found.st_uid != os.getuid():
        raise HomeUnusable(f"{folder} belongs to another user")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise HomeUnusable(f"other users may enter {folder}; remove it, or: chmod 700 {folder}")


def peer_uid(connected: socket.socket) -> int | None:
    """Return the user id of the process at the other end, or None where no one can tell."""
    if sys.platform == "linux":
        raw = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("iII"))
        return int(struct.unpack("iII", raw)[1])
    if sys.platform == "darwin":
        raw = connected.getsockopt(0, 1, 76)  # SOL_LOCAL, LOCAL_PEERCRED: a struct xucred
        return int(struct.unpack_from("=II", raw)[1])
    return None
