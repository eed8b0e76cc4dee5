from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from p2pblog.api.spawn import LOCK_NAME, is_locked
from p2pblog.core.errors import DiskFull, HomeBusy, HomeUnusable
from p2pblog.core.textform import Kind, to_text
from p2pblog.node.home import Home, HomeLock, Identity, default_home, open_home, write_private

SEED = bytes(range(32))
WHO = Identity(identity=b"\x01" * 32, device=b"\x02" * 32)
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


def test_a_new_home_is_made_with_its_parents_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    home = open_home(tmp_path / "a" / "b" / "home")
    assert home.path.is_dir()
    assert mode(home.path) == 0o700
    assert mode(home.path / LOCK_NAME) == 0o600


def test_an_empty_folder_becomes_a_home_and_is_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(0o755)
    assert mode(open_home(tmp_path / "home").path) == 0o700


def test_a_home_that_was_opened_to_others_is_closed_again(home: Home) -> None:
    home.path.chmod(0o755)
    open_home(home.path)
    assert mode(home.path) == 0o700


def test_a_folder_with_other_things_that_others_may_enter_is_left_alone(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    documents.chmod(0o755)
    (documents / "letter").touch()
    with pytest.raises(HomeUnusable, match="holds other things"):
        open_home(documents)
    assert mode(documents) == 0o755
    assert [file.name for file in documents.iterdir()] == ["letter"]


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(HomeUnusable, match="home is a file, where a folder is needed"):
        open_home(tmp_path / "home")
    with pytest.raises(HomeUnusable, match=r"home.* is a file, where a folder is needed"):
        open_home(tmp_path / "home" / "below")


@as_root
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o700)
    os.chown(tmp_path / "theirs", 12345, -1)
    with pytest.raises(HomeUnusable, match="another user"):
        open_home(tmp_path / "theirs")


@pytest.mark.parametrize(
    ("number", "error", "says"),
    [
        (errno.EROFS, HomeUnusable, "read-only disk"),
        (errno.EACCES, HomeUnusable, "may not be written"),
        (errno.EIO, HomeUnusable, "Input/output error"),
        (errno.ENOSPC, DiskFull, "home"),
        (errno.EDQUOT, DiskFull, "home"),
    ],
)
def test_a_home_that_cannot_be_written_says_why(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    error: type[Exception],
    says: str,
) -> None:
    def refuse(*args: object, **kwargs: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(error, match=says):
        open_home(tmp_path / "home")


def test_a_lock_is_held_by_one_and_names_its_process(home: Home) -> None:
    with home.lock():
        with pytest.raises(HomeBusy, match=f"process {os.getpid()}"), home.lock():
            pytest.fail("two hold one lock")
        assert is_locked(home.path)
    assert not is_locked(home.path)
    with home.lock():
        pass


def test_a_lock_can_be_released_early_and_only_then_taken(home: Home) -> None:
    with home.lock() as first:
        first.release()
        with home.lock():
            first.release()
            assert is_locked(home.path)


def test_looking_at_a_lock_does_not_keep_a_node_from_taking_it(home: Home) -> None:
    from fcntl import LOCK_SH, flock

    with (home.path / LOCK_NAME).open() as looking:
        flock(looking, LOCK_SH)
        assert not is_locked(home.path)  # another face looks at the same moment
        looked = threading.Timer(0.03, looking.close)
        looked.start()
        with home.lock():
            assert is_locked(home.path)
        looked.join()


def test_the_lock_of_a_killed_process_is_free_though_its_file_is_there(home: Home) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\nfrom pathlib import Path\nfrom p2pblog.node.home import HomeLock\n"
            "lock = HomeLock(Path(sys.argv[1]))\nprint('held', flush=True)\ntime.sleep(60)",
            str(home.path / LOCK_NAME),
        ],
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_locked(home.path)
        with pytest.raises(HomeBusy, match=f"process {holder.pid}"):
            HomeLock(home.path / LOCK_NAME)
        holder.send_signal(signal.SIGKILL)
    assert not is_locked(home.path)
    with home.lock():
        pass


def test_a_home_without_a_lock_file_is_not_locked(tmp_path: Path) -> None:
    assert not is_locked(tmp_path)
    assert not is_locked(tmp_path / "none")


def test_a_device_key_is_kept_and_is_for_its_owner_alone(home: Home) -> None:
    assert home.device_seed() is None
    home.keep_device_seed(SEED)
    assert home.device_seed() == SEED
    assert mode(home.path / "device.key") == 0o600


def test_a_device_key_is_never_overwritten(home: Home) -> None:
    home.keep_device_seed(SEED)
    with pytest.raises(HomeUnusable, match="exists already"):
        home.keep_device_seed(SEED[::-1])
    assert home.device_seed() == SEED


def test_a_device_key_that_others_may_read_is_closed_to_them(home: Home) -> None:
    home.keep_device_seed(SEED)
    (home.path / "device.key").chmod(0o644)
    assert home.device_seed() == SEED
    assert mode(home.path / "device.key") == 0o600


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_device_key_of_another_length_is_refused(home: Home, length: int) -> None:
    (home.path / "device.key").write_bytes(b"k" * length)
    with pytest.raises(HomeUnusable, match="not a device key"):
        home.device_seed()


def test_a_pipe_in_place_of_a_device_key_is_refused_at_once(home: Home) -> None:
    os.mkfifo(home.path / "device.key")
    with pytest.raises(HomeUnusable, match="not a device key"):
        home.device_seed()


@as_root
def test_a_device_key_of_another_user_is_refused(home: Home) -> None:
    home.keep_device_seed(SEED)
    os.chown(home.path / "device.key", 12345, -1)
    with pytest.raises(HomeUnusable, match="another user"):
        home.device_seed()


def test_who_lives_in_a_home_is_kept(home: Home) -> None:
    assert home.identity() is None
    home.keep_identity(WHO)
    assert home.identity() == WHO


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        "\udcff",
        '{"identity": 1, "device": 2}',
        f'{{"identity": "{to_text(Kind.IDENTITY, WHO.identity)}"}}',
        # The two the other way round: the kind letters tell.
        f'{{"identity": "{to_text(Kind.DEVICE, WHO.device)}",'
        f' "device": "{to_text(Kind.IDENTITY, WHO.identity)}"}}',
    ],
)
def test_a_damaged_identity_file_is_named_and_left_as_it_is(home: Home, text: str) -> None:
    file = home.path / "identity.json"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(HomeUnusable, match=r"identity\.json does not say who"):
        home.identity()
    assert file.read_bytes() == text.encode(errors="surrogateescape")


def test_a_failed_write_leaves_what_stood_there_and_no_litter(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.keep_identity(WHO)

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    before = sorted(home.path.iterdir())
    with pytest.raises(DiskFull):
        home.keep_identity(Identity(WHO.device, WHO.identity))
    assert home.identity() == WHO
    assert sorted(home.path.iterdir()) == before


def test_what_a_killed_writer_left_behind_is_no_obstacle(home: Home) -> None:
    (home.path / f".note.{os.getpid()}").write_text("half")
    write_private(home.path / "note", b"whole")
    assert (home.path / "note").read_bytes() == b"whole"
    assert mode(home.path / "note") == 0o600


def test_the_default_home_is_where_this_system_keeps_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    home = default_home()
    assert home.is_absolute()
    assert home.name == "p2pblog"
    if sys.platform == "linux":
        assert home == Path("/data/p2pblog")


def test_asking_where_the_home_is_imports_nothing_heavy() -> None:
    script = "import sys\nfrom p2pblog.node.home import default_home\ndefault_home()\n"
    loaded = subprocess.run(
        [sys.executable, "-c", script + "print(*sys.modules)"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split()
    assert not {"asyncio", "nacl", "logging", "tomllib", "plyvel"} & set(loaded)
