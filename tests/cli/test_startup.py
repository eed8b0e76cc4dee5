"""A command starts light: what it imports, and how long `p2pblog post` takes.

What is imported tells more than a time, which depends on the machine and on what else it does;
tests/benchmarks/imports.py measures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.cli_fakes import DEVICE, MIA, entry, only_loopback
from tests.cli.fake_socket import answering

CLIENT = {"textual", "rich", "pygments", "markdown_it"}
NETWORK = {"zeroconf", "ifaddr", "aiortc", "aioice", "av", "libtorrent", "ssl"}
HEAVY = CLIENT | NETWORK | {
    "asyncio", "concurrent", "nacl", "cffi", "regex", "sqlite3", "plyvel", "plyvel_next",
    "subprocess", "tempfile", "multiprocessing", "email", "http", "mnemonic", "platformdirs",
    "importlib.metadata", "difflib", "logging", "traceback",
}  # fmt: skip
ME = {"identity": MIA, "device": DEVICE, "name": "Mia"}
DONE = {"id": entry()["id"], "log": entry()["log"], "seq": 1}

_RUN_AND_TELL = """
import sys
before = set(sys.modules)
{run}
found = sorted(set(sys.modules) - before)
import json
print(json.dumps(found), file=sys.stderr)
"""
_COMMAND = """
from p2pblog.__main__ import main
sys.argv[1:] = {args!r}
if main():
    sys.exit(1)
"""


def modules_after(run: str, home: Path) -> set[str]:
    """Return what is imported by the time at which `run` has been run."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN_AND_TELL.format(run=run)],
        env={**only_loopback(), "P2PBLOG_HOME": str(home)},
        capture_output=True,
        check=True,
        timeout=30,
    )
    return set(json.loads(done.stderr))


def modules_of(args: list[str], home: Path) -> set[str]:
    """Return what the command line imports to run a command."""
    return modules_after(_COMMAND.format(args=args), home)


def layers(modules: set[str]) -> set[str]:
    return {name.split(".")[1] for name in modules if name.startswith("p2pblog.")}


def test_importing_the_package_imports_nothing_else(tmp_path: Path) -> None:
    assert modules_after("import p2pblog", tmp_path) == {"p2pblog"}


@pytest.mark.parametrize("args", [["--version"], ["post", "--help"]], ids=" ".join)
def test_what_needs_no_node_knows_nothing_of_one(args: list[str], tmp_path: Path) -> None:
    found = modules_of(args, tmp_path)
    assert not found & (HEAVY | {"socket", "msgpack"})
    assert layers(found) <= {"cli", "core", "__main__"}


@pytest.mark.parametrize(
    "args",
    [
        ["whoami"],
        ["post", "hello"],
        ["post", "hello", "--json"],
        ["like", "eaaaa"],
        ["timeline"],
        ["timeline", "--json"],
    ],
    ids=" ".join,
)
def test_light_commands_import_nothing_heavy(tmp_path: Path, args: list[str]) -> None:
    timeline = {"entries": [entry()], "next": None}
    with answering(tmp_path, {"whoami": ME, "post": DONE, "like": DONE, "timeline": timeline}):
        found = modules_of(args, tmp_path)
    assert not found & HEAVY
    assert not layers(found) & {"tui", "node", "net", "store", "views", "sync", "log", "exchange"}


def test_a_node_does_not_pay_for_faces_nor_for_what_it_was_not_asked_to_do(tmp_path: Path) -> None:
    found = modules_after("import p2pblog.node.main, p2pblog.node.service", tmp_path)
    assert {"asyncio", "sqlite3", "nacl"} <= found  # else this would prove nothing
    assert not found & (CLIENT | {"click", "zeroconf", "aiortc", "aioice", "av", "libtorrent"})
    assert not layers(found) & {"cli", "tui"}


def test_a_command_imports_its_own_module_only(tmp_path: Path) -> None:
    with answering(tmp_path, {"post": DONE}):
        found = modules_of(["post", "hello"], tmp_path)
    ours = {name.removeprefix("p2pblog.cli.") for name in found if "p2pblog.cli." in name}
    assert ours == {"main", "face", "group", "root", "writing"}


def test_posting_takes_under_150_ms_of_the_processor(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "p2pblog", "--home", str(tmp_path), "post", "hello"]
    taken = []
    with answering(tmp_path, {"post": DONE}) as asked:
        for _ in range(8):  # the machine may be busy: the best of a few is the program's own time
            before = os.times()
            subprocess.run(command, check=True, capture_output=True, timeout=30)
            after = os.times()
            taken.append(
                after.children_user
                - before.children_user
                + after.children_system
                - before.children_system
            )
            if taken[-1] < 0.15:
                break
    assert asked[-1]["params"] == {"text": "hello"}
    assert min(taken) < 0.15
