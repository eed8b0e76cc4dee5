"""A second implementation, in JavaScript and written from protocol/ alone, against ours.

Skipped where node or npm is missing, or where npm cannot install libsodium.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from p2pblog.conformance.__main__ import main

PROGRAM = Path(__file__).parent / "node"
INSTALL_S_MAX = 90


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Install the program outside the tree; return its command line."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("there is no node or npm on this machine")
    folder = tmp_path_factory.mktemp("node-end") / "node"
    shutil.copytree(PROGRAM, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S_MAX, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm ci does not end within {INSTALL_S_MAX} s")
    if done.returncode:
        pytest.skip(f"npm ci fails here: {done.stderr.strip()[-300:]}")
    return [node, str(folder / "main.js")]


@pytest.mark.timeout(240)
def test_it_passes_every_vector_and_exchanges_logs_with_ours(
    program: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["--", *program])
    said = capsys.readouterr().out
    assert status == 0, said
    assert said.splitlines()[-1].endswith(" passed, 0 failed, 0 skipped"), said


@pytest.mark.timeout(240)
def test_its_own_examples_come_out(program: list[str]) -> None:
    node, entry = program
    selftest = Path(entry).with_name("selftest.js")
    done = subprocess.run(
        [node, str(selftest)], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_one_pinned_dependency_and_no_download_hosts() -> None:
    assert '"libsodium-wrappers-sumo": "0.8.4"' in (PROGRAM / "package.json").read_text()
    lock = (PROGRAM / "package-lock.json").read_text()
    assert "integrity" in lock
    assert "http" not in lock
