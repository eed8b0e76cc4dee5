from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from p2pblog.api import wire
from p2pblog.core.encoding import encode
from p2pblog.core.errors import BadStructure, HomeUnusable, NonCanonical, TooLarge, Unencodable
from p2pblog.core.limits import API_FRAME_BYTES_MAX


def long_home(tmp_path: Path, path_bytes: int) -> Path:
    """Return a home whose node.sock would have a path of exactly that many bytes."""
    missing = path_bytes - len(os.fsencode(tmp_path / wire.SOCKET_NAME)) - 1
    home = tmp_path
    while missing > 200:
        home, missing = home / ("x" * 100), missing - 101
    home /= "y" * missing
    assert len(os.fsencode(home / wire.SOCKET_NAME)) == path_bytes
    return home


def test_a_frame_comes_back_as_it_was() -> None:
    frame = {"id": 7, "method": "timeline", "params": {"limit": 40, "view": "home"}}
    data = wire.pack(frame)
    assert wire.payload_bytes(data[:4]) == len(data) - 4
    assert wire.unpack(data[4:]) == frame


@pytest.mark.parametrize("size", [0, API_FRAME_BYTES_MAX + 1, 2**32 - 1])
def test_a_length_out_of_bounds_is_refused(size: int) -> None:
    with pytest.raises(TooLarge):
        wire.payload_bytes(size.to_bytes(4))


def test_the_longest_frame_is_packed_and_one_byte_more_is_refused() -> None:
    room = API_FRAME_BYTES_MAX - len(encode({"text": b"x" * 2**17})) + 2**17
    assert wire.payload_bytes(wire.pack({"text": b"x" * room})[:4]) == API_FRAME_BYTES_MAX
    with pytest.raises(TooLarge):
        wire.pack({"text": b"x" * (room + 1)})


def test_a_float_cannot_be_sent() -> None:
    with pytest.raises(Unencodable):
        wire.pack({"id": 1, "result": {"share": 0.5}})


def test_a_frame_that_is_no_map_is_refused() -> None:
    with pytest.raises(BadStructure):
        wire.unpack(encode([1, "hello", {}]))


def test_a_frame_with_its_keys_out_of_order_is_refused() -> None:
    frame = encode({"id": 1, "method": "hello"})
    assert frame[0] == 0x82
    first, second = encode({"id": 1})[1:], encode({"method": "hello"})[1:]
    assert wire.unpack(b"\x82" + first + second)
    with pytest.raises(NonCanonical):
        wire.unpack(b"\x82" + second + first)


def test_a_short_home_has_its_socket_inside(tmp_path: Path) -> None:
    home = long_home(tmp_path, wire.SOCKET_PATH_BYTES_MAX)
    assert wire.socket_path(home) == home / "node.sock"


def test_the_longest_path_that_stays_inside_can_be_bound_and_the_fallback_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_TEMPORARY", tmp_path)
    inside = long_home(tmp_path, wire.SOCKET_PATH_BYTES_MAX)
    outside = long_home(tmp_path, wire.SOCKET_PATH_BYTES_MAX + 1)
    for home in (inside, outside):
        path = wire.socket_path(home)
        path.parent.mkdir(parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(os.fspath(path))
    assert wire.socket_path(outside).parent == tmp_path / f"p2pblog-{os.getuid()}"


def test_long_homes_have_sockets_of_their_own(tmp_path: Path) -> None:
    one, other = long_home(tmp_path, 150), long_home(tmp_path, 151)
    assert wire.socket_path(one) != wire.socket_path(other)


def test_every_spelling_of_a_home_leads_to_one_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = long_home(tmp_path, 150)
    home.mkdir(parents=True)
    (tmp_path / "short").symlink_to(home)
    monkeypatch.chdir(home.parent)
    assert wire.socket_path(tmp_path / "short") == wire.socket_path(home)
    assert wire.socket_path(Path(home.name)) == wire.socket_path(home)


def test_the_temporary_folder_of_a_shell_does_not_move_the_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = long_home(tmp_path, 150)
    before = wire.socket_path(home)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert wire.socket_path(home) == before


def test_a_socket_folder_of_ours_alone_is_accepted_and_so_is_none(tmp_path: Path) -> None:
    wire.check_folder(tmp_path / "none")
    (tmp_path / "ours").mkdir(mode=0o700)
    wire.check_folder(tmp_path / "ours")


def test_a_socket_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o710)
    with pytest.raises(HomeUnusable, match="other users may enter"):
        wire.check_folder(tmp_path / "open")


def test_a_link_to_a_socket_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "ours")
    with pytest.raises(HomeUnusable, match="in the way"):
        wire.check_folder(tmp_path / "link")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_socket_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o700)
    os.chown(tmp_path / "theirs", 12345, -1)
    with pytest.raises(HomeUnusable, match="another user"):
        wire.check_folder(tmp_path / "theirs")


def test_the_other_end_of_a_socket_is_this_user() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert wire.peer_uid(one) in (os.getuid(), None)


def test_a_blocking_face_imports_nothing_heavy() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, p2pblog.api.client; print(*sys.modules)"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split()
    heavy = {"asyncio", "nacl", "textual", "zeroconf", "subprocess", "logging", "hashlib", "plyvel"}
    assert not heavy & set(loaded)
