"""Decide what a home directory is, whether it can be used, and who may use it.

Implements docs/node.md, "The home".  One node at a time holds the lock of a home; whatever is
in it is readable by its owner alone.  Light enough for a face to ask where the home is.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

from p2pblog.api.spawn import DEVICE_KEY_NAME, IDENTITY_NAME, LOCK_NAME, STORE_NAME
from p2pblog.api.wire import socket_path
from p2pblog.core.errors import BadTextForm, DiskFull, HomeBusy, HomeUnusable, LocalError
from p2pblog.core.limits import KEY_BYTES
from p2pblog.core.textform import Kind, from_text, to_text

# A face that looks whether the lock is held has it for a moment itself.
_LOCK_TRIES = 10
_LOCK_RETRY_S = 0.01


class Identity(NamedTuple):
    """Who lives in a home: the identity's and this device's public keys (32 bytes each)."""

    identity: bytes
    device: bytes


def default_home() -> Path:
    """Return the home that is used when none is named; it need not exist."""
    from platformdirs import user_data_path

    return user_data_path("p2pblog", appauthor=False)


class Home:
    """A home directory that exists, is ours and can be written to; made by `open_home`."""

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def store(self) -> Path:
        """The folder of the log store (LevelDB)."""
        return self.path / STORE_NAME

    @property
    def blobs(self) -> Path:
        """The folder of the pictures."""
        return self.path / "blobs"

    @property
    def views(self) -> Path:
        """The SQLite file of the views; may be deleted at any time that no node runs."""
        return self.path / "views.sqlite"

    @property
    def config(self) -> Path:
        """The configuration file; need not exist."""
        return self.path / "config.toml"

    @property
    def log(self) -> Path:
        """What the node had to say; the log before this one stands beside it."""
        return self.path / "node.log"

    @property
    def socket(self) -> Path:
        """Where the node listens for faces; outside the home if that path is too long."""
        return socket_path(self.path)

    @contextmanager
    def lock(self) -> Iterator[HomeLock]:
        """Hold this home against every other node, until left or released, or this process ends.

        Raises:
            HomeBusy: another living process holds it.
            HomeUnusable: its file system has no locks.
        """
        lock = HomeLock(self.path / LOCK_NAME)
        try:
            yield lock
        finally:
            lock.release()

    def device_seed(self) -> bytes | None:
        """Return the seed of this device's key (32 bytes), or None if it has none yet.

        A key file that others may read is closed to them first.

        Raises:
            HomeUnusable: the file is not a key, is not ours, or cannot be read.
        """
        path = self.path / DEVICE_KEY_NAME
        with said_plainly(path):
            try:
                fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            except FileNotFoundError:
                return None
            with os.fdopen(fd, "rb") as file:
                found = os.fstat(fd)
                if not stat.S_ISREG(found.st_mode) or found.st_size != KEY_BYTES:
                    raise HomeUnusable(f"{path} is not a device key; restore it from a copy")
                if found.st_uid != os.getuid():
                    raise HomeUnusable(f"{path} belongs to another user")
                if stat.S_IMODE(found.st_mode) & 0o077:
                    os.fchmod(fd, 0o600)
                return file.read(KEY_BYTES)

    def keep_device_seed(self, seed: bytes) -> None:
        """Write the seed of this device's key (32 bytes), which is on disk on return.

        Raises:
            HomeUnusable: there is a device key already: its log would lose its only writer.
            DiskFull: there is no room for it.
        """
        if len(seed) != KEY_BYTES:
            raise ValueError("an Ed25519 seed has 32 bytes")
        path = self.path / DEVICE_KEY_NAME
        if path.exists():
            raise HomeUnusable(f"{path} exists already")
        write_private(path, seed)

    def put_device_seed_aside(self) -> None:
        """Give the device key's file another name, so that the next one can be kept.

        Raises:
            HomeUnusable: it cannot be renamed.
        """
        path = self.path / DEVICE_KEY_NAME
        with said_plainly(path):
            number = next(n for n in count(1) if not path.with_suffix(f".unused-{n}").exists())
            path.rename(path.with_suffix(f".unused-{number}"))

    def identity(self) -> Identity | None:
        """Return who lives here, or None while nobody does.

        Raises:
            HomeUnusable: the file cannot be read, or does not say who.
        """
        path = self.path / IDENTITY_NAME
        with said_plainly(path):
            try:
                text = path.read_text(encoding="utf-8")
            except FileNotFoundError:
                return None
            except UnicodeDecodeError:
                text = ""
        try:
            match json.loads(text):
                case {"identity": str(identity), "device": str(device)}:
                    return Identity(
                        from_text(Kind.IDENTITY, identity), from_text(Kind.DEVICE, device)
                    )
        except (ValueError, RecursionError, BadTextForm):
            pass
        raise HomeUnusable(f"{path} does not say who lives here; restore it from a copy")

    def is_restoring(self) -> bool:
        """Tell whether the history of who lives here has not come back yet.

        Raises:
            HomeUnusable: as `identity`.
        """
        if self.identity() is None:
            return False
        document = json.loads((self.path / IDENTITY_NAME).read_text(encoding="utf-8"))
        return document.get("restoring") is True

    def keep_identity(self, who: Identity, *, restoring: bool = False) -> None:
        """Write who lives here, which is on disk on return.

        Args:
            restoring: their history has not come back yet, and nothing may be written.
        Raises:
            HomeUnusable, DiskFull: it could not be written.
        """
        document: dict[str, str | bool] = {
            "identity": to_text(Kind.IDENTITY, who.identity),
            "device": to_text(Kind.DEVICE, who.device),
        }
        if restoring:
            document["restoring"] = True
        write_private(self.path / IDENTITY_NAME, (json.dumps(document) + "\n").encode())


class HomeLock:
    """The lock of a home, held from construction until `release`, or until the process ends."""

    def __init__(self, path: Path) -> None:
        """Take the lock that the file at `path` carries; errors as `Home.lock` says."""
        from fcntl import LOCK_EX, LOCK_NB, flock

        with said_plainly(path):
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            for left in reversed(range(_LOCK_TRIES)):
                try:
                    flock(self._fd, LOCK_EX | LOCK_NB)
                    break
                except BlockingIOError:
                    if not left:
                        holder = os.pread(self._fd, 20, 0).decode("ascii", "replace").strip()
                        raise HomeBusy(f"process {holder}" if holder.isdigit() else "") from None
                    time.sleep(_LOCK_RETRY_S)
            # The number is for people and `doctor`; the lock itself is what counts.
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, b"%d\n" % os.getpid(), 0)
        except OSError as error:
            os.close(self._fd)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull from error
            raise HomeUnusable(f"{path} cannot be locked ({error.strerror})") from error
        except BaseException:
            os.close(self._fd)
            raise

    def release(self) -> None:
        """Let the next node have the home; more than once does nothing more."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def open_home(path: Path) -> Home:
    """Return the home at `path`, made if there is none, closed to other users.

    A folder that holds other things is not ours to close: that one is refused while others
    may enter it.

    Raises:
        HomeUnusable: no folder, not ours, not to be written, or on a read-only disk.
        DiskFull: there is no room to make it.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 (keeps symbolic links)
    with said_plainly(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
        if found.st_uid != os.getuid():
            raise HomeUnusable(f"{path} belongs to another user")
        if stat.S_IMODE(found.st_mode) & 0o077:
            names = {entry.name for entry in os.scandir(path)}
            if names and LOCK_NAME not in names:
                raise HomeUnusable(
                    f"{path} holds other things and other users may enter it; name a new folder"
                )
            path.chmod(0o700)
        probe = os.open(path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.close(probe)
    return Home(path)


def write_private(path: Path, data: bytes) -> None:
    """Write `data` to `path`, mode 0600: on return all of it is on disk; before, none is seen.

    Raises:
        HomeUnusable, DiskFull: it could not be written; what stood there still does.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with said_plainly(path):
        try:
            with suppress(FileNotFoundError):
                temporary.unlink()  # of a process with our number that was killed right here
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(fd)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def said_plainly(path: Path) -> Iterator[None]:
    """Turn what the system says about `path` into the error that says what to do."""
    try:
        yield
    except OSError as error:
        raise _plain(path, error) from error


def _plain(path: Path, error: OSError) -> LocalError:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return DiskFull(str(path))
        case errno.EROFS:
            return HomeUnusable(f"{path} is on a read-only disk")
        case errno.EEXIST | errno.ENOTDIR:
            return HomeUnusable(f"{error.filename or path} is a file, where a folder is needed")
        case errno.EACCES | errno.EPERM:
            return HomeUnusable(f"{path} may not be written or read by this user")
        case errno.ENAMETOOLONG:
            return HomeUnusable(f"{str(path)[:40]}... is too long a name")
        case _:
            return HomeUnusable(f"{path}: {error.strerror or error}")
