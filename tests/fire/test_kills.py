"""kill -9 at random instants of append, ingest and view commits: nothing confirmed is lost.

P2PBLOG_FIRE_SEED replays a run; P2PBLOG_FIRE_KILLS sets how many kills there are.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = 500


@pytest.mark.proves("H-3", "L-16")
@pytest.mark.timeout(600)
def test_a_store_killed_again_and_again_keeps_every_promise(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("P2PBLOG_FIRE_SEED") or random.randrange(2**32))
    kills = int(os.environ.get("P2PBLOG_FIRE_KILLS") or KILLS)
    done = subprocess.run(
        [sys.executable, "-m", "tests.fire.lives", str(tmp_path), str(seed), str(kills)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"P2PBLOG_FIRE_SEED={seed}\n{done.stderr}"
    with capfd.disabled():
        print(f"\n{done.stdout.strip()}")
    confirmed = int(done.stdout.split(" entries confirmed")[0].split()[-1])
    assert confirmed > kills
