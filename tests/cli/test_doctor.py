"""Each thing that can be wrong is named, by the check that is meant to name it."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from p2pblog import __version__
from p2pblog.cli import doctor, doctor_node
from p2pblog.cli.doctor import Check
from p2pblog.core.errors import NodeUnreachable, StoreCorrupt
from p2pblog.core.limits import DISK_RESERVE_BYTES
from p2pblog.core.textform import Kind
from p2pblog.net.interfaces import InterfaceAddress, InterfaceKind
from p2pblog.node.config import Config
from tests.cli.cli_fakes import NOW_MS, FakeNode, invoke, name_of

UID = os.getuid()
CAN_BE_DENIED = UID != 0  # an administrator may write where the mode says nobody may


@pytest.fixture(autouse=True)
def only_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P2PBLOG_LISTEN", "127.0.0.1:0")
    monkeypatch.setenv("P2PBLOG_NO_LAN", "1")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    path.mkdir(mode=0o700)
    return path


def advised(check: Check, state: str) -> bool:
    return check.state == state and bool(check.message) and bool(check.advice)


def test_an_old_python_fails() -> None:
    assert advised(doctor.check_python((3, 10, 9)), "fail")
    assert doctor.check_python((3, 11, 0)).state == "ok"


def test_an_sqlite_that_is_old_or_cannot_search_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    assert advised(doctor.check_sqlite((3, 34, 1)), "fail")
    assert doctor.check_sqlite().state == "ok"

    class WithoutSearch:
        def execute(self, _: str) -> None:
            raise sqlite3.OperationalError("no such module: fts5")

        def close(self) -> None:
            return

    monkeypatch.setattr("sqlite3.connect", lambda _: WithoutSearch())
    assert advised(doctor.check_sqlite(), "fail")


def test_a_library_that_cannot_be_loaded_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor.check_libraries().state == "ok"
    monkeypatch.setitem(__import__("sys").modules, "msgpack", None)
    assert advised(doctor.check_libraries(), "fail")


def test_a_clock_that_was_never_set_fails() -> None:
    assert advised(doctor.check_clock(0), "fail")
    assert doctor.check_clock(NOW_MS).state == "ok"


@pytest.mark.parametrize(
    ("encoding", "state"), [("utf-8", "ok"), ("UTF8", "ok"), ("ascii", "warn"), ("latin-1", "warn")]
)
def test_a_locale_without_utf8_is_noted(encoding: str, state: str) -> None:
    assert doctor.check_locale(encoding).state == state


@pytest.mark.parametrize(
    ("term", "columns", "lines", "state"),
    [
        ("xterm-256color", 80, 24, "ok"),
        ("xterm", 40, 12, "ok"),
        ("xterm", 39, 12, "warn"),
        ("xterm", 40, 11, "warn"),
        ("dumb", 80, 24, "warn"),
        ("", 80, 24, "warn"),
    ],
)
def test_a_terminal_too_simple_or_too_small_is_noted(
    term: str, columns: int, lines: int, state: str
) -> None:
    check = doctor.check_terminal(is_terminal=True, term=term, columns=columns, lines=lines)
    assert check.state == state
    assert bool(check.advice) == (state == "warn")


def test_where_there_is_no_terminal_none_is_judged() -> None:
    check = doctor.check_terminal(is_terminal=False, term="", columns=0, lines=0)
    assert check.state == "ok"


def test_a_good_home_and_one_that_will_be_made(home: Path) -> None:
    assert doctor.check_home(home, UID).state == "ok"
    assert doctor.check_home(home / "not" / "yet", UID).state == "ok"
    assert not (home / "not").exists()
    assert list(home.iterdir()) == []


def test_a_file_in_the_place_of_the_home_or_above_it_fails(home: Path) -> None:
    (home / "file").write_text("x")
    assert advised(doctor.check_home(home / "file", UID), "fail")
    assert advised(doctor.check_home(home / "file" / "home", UID), "fail")
    (home / "dangling").symlink_to(home / "nowhere")
    assert advised(doctor.check_home(home / "dangling" / "home", UID), "fail")


def test_a_home_of_somebody_else_fails(home: Path) -> None:
    assert advised(doctor.check_home(home, UID + 1), "fail")


def test_a_home_that_others_may_enter_is_noted(home: Path) -> None:
    home.chmod(0o750)
    assert advised(doctor.check_home(home, UID), "warn")


def test_a_read_only_home_fails(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    check = doctor.check_home(home, UID)
    assert advised(check, "fail")
    assert "Read-only file system" in check.message
    assert advised(doctor.check_home(home / "new", UID), "fail")


@pytest.mark.skipif(not CAN_BE_DENIED, reason="an administrator may write everywhere")
def test_a_home_that_may_not_be_written_fails(home: Path) -> None:
    home.chmod(0o500)
    assert advised(doctor.check_home(home, UID), "fail")


def test_a_home_on_a_network_file_system_is_noted(home: Path) -> None:
    real = os.path.realpath(home)
    for kind, state in (("nfs4", "warn"), ("fuse.sshfs", "warn"), ("ext4", "ok")):
        mounts = f"dev / ext4 rw 0 0\nserver:/x {Path(real).parent} {kind} rw 0 0\n"
        assert doctor.check_file_system(home, mounts).state == state
    beside = f"dev / ext4 rw 0 0\nserver:/x {real[:-1]} nfs4 rw 0 0\n"
    assert doctor.check_file_system(home, beside).state == "ok"
    local_below = f"s:/ / nfs rw 0 0\ndev {real} btrfs rw 0 0\n"
    assert doctor.check_file_system(home / "new", local_below).state == "ok"


def test_mount_points_with_spaces_are_understood(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    point = str(folder.resolve()).replace(" ", "\\040")
    check = doctor.check_file_system(folder / "home", f"dev / ext4 rw\nserver:/x {point} cifs rw\n")
    assert check.state == "warn"


@pytest.mark.parametrize(
    ("free", "state"),
    [
        (0, "fail"),
        (DISK_RESERVE_BYTES - 1, "fail"),
        (DISK_RESERVE_BYTES, "warn"),
        (None, "warn"),
        (10**12, "ok"),
    ],
)
def test_a_full_disk_fails(free: int | None, state: str) -> None:
    check = doctor.check_disk(free)
    assert check.state == state
    assert bool(check.advice) == (state != "ok")


def test_free_room_is_found_out_for_homes_that_are_not_there_yet(tmp_path: Path) -> None:
    assert doctor.free_bytes(tmp_path / "not" / "yet") == pytest.approx(
        doctor.free_bytes(tmp_path), rel=0.2
    )


def test_a_device_key_that_is_open_damaged_or_not_ours_fails(home: Path) -> None:
    key = home / "device.key"
    assert doctor.check_key(key, UID).state == "ok"
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    assert doctor.check_key(key, UID).state == "ok"
    assert advised(doctor.check_key(key, UID + 1), "fail")
    key.chmod(0o640)
    check = doctor.check_key(key, UID)
    assert advised(check, "fail")
    assert "chmod 600" in check.advice
    key.write_bytes(bytes(31))
    assert advised(doctor.check_key(key, UID), "fail")
    key.unlink()
    key.symlink_to("/etc/hostname")
    assert advised(doctor.check_key(key, UID), "fail")


def test_an_identity_that_is_damaged_or_has_lost_its_key_fails(home: Path) -> None:
    assert doctor_node.check_identity(home).state == "ok"
    (home / "device.key").write_bytes(bytes(32))
    (home / "store").mkdir()
    assert advised(doctor_node.check_identity(home), "warn")
    (home / "device.key").unlink()
    (home / "store").rmdir()
    names = {"identity": name_of(Kind.IDENTITY, 1), "device": name_of(Kind.DEVICE, 2)}
    (home / "identity.json").write_text(json.dumps(names))
    assert advised(doctor_node.check_identity(home), "fail")
    (home / "device.key").write_bytes(bytes(32))
    assert doctor_node.check_identity(home).state == "ok"
    (home / "identity.json").write_text("{}")
    assert advised(doctor_node.check_identity(home), "fail")


def test_a_mistake_in_the_settings_fails_and_is_named(home: Path) -> None:
    (home / "config.toml").write_text("lsiten = []")
    check, config = doctor_node.check_config(home, {})
    assert advised(check, "fail")
    assert "lsiten" in check.message
    assert check.advice == f"mend it in {home / 'config.toml'}"
    assert config is None


@pytest.mark.parametrize(
    ("name", "value"), [("P2PBLOG_LISTEN", "8.8.8.8"), ("P2PBLOG_NO_LAN", "maybe")]
)
def test_a_mistake_in_the_environment_is_not_blamed_on_the_file(
    home: Path, name: str, value: str
) -> None:
    check, config = doctor_node.check_config(home, {name: value})
    assert advised(check, "fail")
    assert name in check.message
    assert "config.toml" not in check.message + check.advice
    assert config is None


@pytest.fixture
def taken() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_taken_port_fails_where_it_was_asked_for_and_is_noted_otherwise(taken: str) -> None:
    asked = doctor_node.check_ports(Config(listen=(taken,), listen_asked=True))
    assert advised(asked, "fail")
    assert taken in asked.message
    assert doctor_node.check_ports(Config(listen=(taken,))).state == "warn"
    assert doctor_node.check_ports(Config(listen=("127.0.0.1:0",))).state == "ok"


def test_an_address_of_another_machine_is_named() -> None:
    check = doctor_node.check_ports(Config(listen=("192.0.2.1:0",), listen_asked=True))
    assert advised(check, "fail")
    assert "does not have that address" in check.message
    assert check.advice.startswith("name another address")
    assert "P2PBLOG_LISTEN" in check.advice


def test_a_port_that_another_program_has_on_one_family_only_is_judged_as_the_node_does(
    taken: str,
) -> None:
    port = taken.rpartition(":")[2]
    everywhere = doctor_node.check_ports(Config(listen=(f"[::]:{port}",), listen_asked=True))
    assert advised(everywhere, "fail")  # [::] takes IPv4 as well
    assert "end that program" in everywhere.advice


def test_a_node_of_nobody_takes_no_links_and_that_is_no_fault(home: Path) -> None:
    node = a_running_node()
    node.answers["status"] = {"listening": []}
    result = invoke("doctor", "--json", node=node, home=home)
    ports = next(each for each in json.loads(result.stdout)["checks"] if each["name"] == "ports")
    assert (result.exit_code, ports["state"]) == (0, "ok")
    assert "p2pblog init" in ports["advice"]
    assert doctor_node.check_listening([]).state == "fail"


def interface(name: str, kind: InterfaceKind, address: str = "192.168.1.5") -> InterfaceAddress:
    return InterfaceAddress(name, 2, address, 24, kind)


LOOPBACK = interface("lo", InterfaceKind.LOOPBACK, "127.0.0.1")


def test_a_machine_without_a_network_is_noted() -> None:
    lan = interface("wlan0", InterfaceKind.LAN)
    tunnel = interface("tun0", InterfaceKind.TUNNEL, "10.8.0.2")
    everywhere = Config(listen=("0.0.0.0:0",))
    assert doctor_node.check_interfaces(everywhere, [LOOPBACK, lan]).state == "ok"
    assert advised(doctor_node.check_interfaces(everywhere, [LOOPBACK]), "warn")
    only_vpn = doctor_node.check_interfaces(everywhere, [LOOPBACK, tunnel])
    assert advised(only_vpn, "warn")
    assert "tun0" in only_vpn.advice
    named = Config(listen=("0.0.0.0:0",), interfaces=("eth9",))
    assert "eth9" in doctor_node.check_interfaces(named, [LOOPBACK, lan]).advice
    assert doctor_node.check_interfaces(Config(lan=False), []).state == "ok"


def states(result_stdout: str) -> dict[str, str]:
    return {each["name"]: each["state"] for each in json.loads(result_stdout)["checks"]}


def test_with_no_node_and_no_home_nothing_fails_and_nothing_is_made(tmp_path: Path) -> None:
    node = FakeNode()
    node.running = False
    result = invoke("doctor", "--json", node=node, home=tmp_path / "home")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["ok"] is True
    assert all(set(each) == {"name", "state", "message", "advice"} for each in document["checks"])
    assert node.started == [False]
    assert not (tmp_path / "home").exists()


def a_running_node(**hello: object) -> FakeNode:
    status = {"listening": ["127.0.0.1:4114"]}
    return FakeNode(hello={"version": __version__, "pid": 7, **hello}, status=status)


def test_a_running_node_is_asked_where_it_listens(home: Path) -> None:
    lines = invoke("doctor", node=a_running_node(), home=home).stdout.splitlines()
    assert any(line.startswith("ok    ports") and "127.0.0.1:4114" in line for line in lines)


def test_a_node_of_another_version_is_noted(home: Path) -> None:
    result = invoke("doctor", "--json", node=a_running_node(version="0.0.1"), home=home)
    assert (result.exit_code, states(result.stdout)["node"]) == (0, "warn")


def test_why_a_node_cannot_start_is_shown(home: Path) -> None:
    (home / "store").mkdir()
    node = FakeNode(hello=StoreCorrupt("a checksum is wrong"))
    result = invoke("doctor", node=node, home=home)
    assert result.exit_code == 1
    assert node.started == [True]
    line = next(line for line in result.stdout.splitlines() if line.startswith("fail  node"))
    assert "a checksum is wrong" in line
    assert "To do: " in line


@pytest.mark.parametrize(
    ("spoil", "culprit"),
    [
        (lambda home: (home / "config.toml").write_text("=", encoding="utf-8"), "settings"),
        (lambda home: (home / "identity.json").write_text("=", encoding="utf-8"), "identity"),
        (lambda home: (home / "device.key").write_bytes(b"short"), "device key"),
    ],
)
def test_no_node_is_started_on_spoilt_files(
    home: Path, spoil: Callable[[Path], object], culprit: str
) -> None:
    (home / "store").mkdir()
    spoil(home)
    node = FakeNode(hello=NodeUnreachable())
    result = invoke("doctor", "--json", node=node, home=home)
    assert result.exit_code == 1
    assert states(result.stdout)[culprit] == "fail"
    assert states(result.stdout)["node"] == "warn"
    assert node.started == []
