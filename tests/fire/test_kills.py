"""kill -9 in the middle of append, ingest, erase and view commits: nothing confirmed is lost.

P2PBLOG_FIRE_SEED replays a run; P2PBLOG_FIRE_KILLS sets how many kills there are.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Figures

KILLS = 500


@pytest.mark.proves("H-3", "L-16")
@pytest.mark.timeout(600)
def test_a_store_killed_again_and_again_keeps_every_promise(
    tmp_path: Path, figures: Figures
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
    counted = json.loads(done.stdout)
    during = {
        what: counted["during"].get(what, 0) for what in ("append", "ingest", "erase", "fold")
    }
    figures.tell(
        f"{counted['kills']} kills of a store (seed {seed}): {during['append']} in appends, "
        f"{during['ingest']} in ingests, {during['erase']} in erasures, {during['fold']} in view "
        f"commits; {counted['confirmed']:,} entries confirmed, {counted['examined']} times all was "
        f"verified and the views were as built anew; {counted['seconds']} s"
    )
    assert counted["kills"] == kills
    assert counted["confirmed"] > kills
    # Each was interrupted, and each was finished, many times.
    assert min(during.values()) >= kills // 50
    assert counted["folded"] >= kills // 10
    assert counted["erased"] >= kills // 50
