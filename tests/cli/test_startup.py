"""A command starts light: what `p2pblog post` imports, and how long it takes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.cli_fakes import entry, only_loopback
from tests.cli.fake_socket import answering

HEAVY = {
    "asyncio", "nacl", "cffi", "textual", "rich", "zeroconf", "regex", "sqlite3", "plyvel",
    "subprocess", "tempfile", "multiprocessing", "email", "http", "ssl", "mnemonic", "platformdirs",
    "importlib.metadata", "difflib", "logging", "traceback",
}  # fmt: skip
DONE = {"id": entry()["id"], "log": entry()["log"], "seq": 1}

_RUN_AND_TELL = """
import sys
before = set(sys.modules)
from p2pblog.__main__ import main
sys.argv[1:] = {args!r}
status = main()
import json
print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)
sys.exit(status)
"""


def modules_of(home: Path, args: list[str]) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _RUN_AND_TELL.format(args=args)],
        env={**only_loopback(), "P2PBLOG_HOME": str(home)},
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert done.stdout
    return set(json.loads(done.stderr))


@pytest.mark.parametrize(
    "args",
    [["post", "hello"], ["post", "hello", "--json"], ["like", "eaaaa"], ["timeline", "--json"]],
    ids=" ".join,
)
def test_light_commands_import_nothing_heavy(tmp_path: Path, args: list[str]) -> None:
    answers = {"post": DONE, "like": DONE, "timeline": {"entries": [], "next": None}}
    with answering(tmp_path, answers):
        found = modules_of(tmp_path, args)
    assert not found & HEAVY
    ours = {name for name in found if name.startswith("p2pblog.")}
    assert not {name for name in ours if name.split(".")[1] in ("tui", "node", "content", "net")}


def test_a_command_imports_its_own_module_only(tmp_path: Path) -> None:
    with answering(tmp_path, {"post": DONE}):
        found = modules_of(tmp_path, ["post", "hello"])
    ours = {name.removeprefix("p2pblog.cli.") for name in found if "p2pblog.cli." in name}
    assert ours == {"main", "face", "group", "root", "writing"}


def test_posting_takes_under_150_ms_in_all(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "p2pblog", "--home", str(tmp_path), "post", "hello"]
    taken = []
    with answering(tmp_path, {"post": DONE}) as asked:
        for _ in range(8):  # the machine may be busy: the best of a few is the program's own time
            began = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, timeout=30)
            taken.append(time.perf_counter() - began)
            if taken[-1] < 0.15:
                break
    assert asked[-1]["params"] == {"text": "hello"}
    assert min(taken) < 0.15
