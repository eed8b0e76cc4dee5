"""A full disk: everything says so, nothing confirmed is lost, and all goes on once there is room.

Each scene of full_disk.py runs on a tmpfs of its own, mounted where nobody else sees it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fire.full_disk import SCENES

DISK = "64m"


def alone_with_a_small_disk(folder: Path, argv: list[str]) -> list[str]:
    mounted = 'mount -t tmpfs -o "size=$1" none "$2" && shift 2 && exec "$@"'
    return ["unshare", "-m", "sh", "-c", mounted, "sh", DISK, str(folder), *argv]


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    if shutil.which("unshare") is None:
        pytest.skip("no program unshare, so no small disk")
    probe = alone_with_a_small_disk(tmp_path, ["true"])
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small disk")
    return tmp_path


@pytest.mark.parametrize("scene", SCENES)
def test_on_a_full_disk(small_disk: Path, scene: str) -> None:
    argv = [sys.executable, "-m", "tests.fire.full_disk", scene, str(small_disk)]
    done = subprocess.run(
        alone_with_a_small_disk(small_disk, argv),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
