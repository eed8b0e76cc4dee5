"""Damage at random places of a store's files, and a last write torn anywhere.

P2PBLOG_FIRE_SEED replays a run; P2PBLOG_FIRE_DAMAGES sets how many times each damage is done.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import Figures
from tests.fire.damage import DAMAGES, Truth, endure, write_home

TIMES = 20


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("written") / "home"
    return folder, write_home(folder, random.Random(1))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("damage", DAMAGES)
def test_no_damage_passes_for_what_was_written_and_none_forks_a_log(
    written: tuple[Path, Truth], tmp_path: Path, damage: str, figures: Figures
) -> None:
    home, truth = written
    seed = int(os.environ.get("P2PBLOG_FIRE_SEED") or random.randrange(2**32))
    ends: Counter[str] = Counter()
    for time in range(int(os.environ.get("P2PBLOG_FIRE_DAMAGES") or TIMES)):
        chance = random.Random(f"{seed} {damage} {time}")
        one = Path(shutil.copytree(home, tmp_path / str(time) / "home"))
        DAMAGES[damage](one / "store", chance)
        try:
            ends[endure(one, truth, is_torn=damage == "torn")] += 1
        except Exception as error:
            error.add_note(f"P2PBLOG_FIRE_SEED={seed}, {damage} {time}")
            raise
        shutil.rmtree(one.parent)
    said = ", ".join(f"{number} {end}" for end, number in sorted(ends.items()))
    figures.tell(f"{ends.total()} stores with a file {damage} (seed {seed}): {said}")
    assert ends.keys() - {"used as it was"}, "nothing was damaged"
