"""Many seeds in a few processes: a run shares nothing with another."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from p2pblog.sim.run import Outcome, run

_SEEDS_AT_ONCE = 8  # that a process takes


def run_many(seeds: Sequence[int], processes: int) -> Iterator[Outcome | str]:
    """Yield what came of each seed, in order: an outcome, or the traceback of a crash."""
    if processes == 1:
        yield from map(_run, seeds)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(_run, seeds, chunksize=_SEEDS_AT_ONCE)


def _run(seed: int) -> Outcome | str:
    try:
        return run(seed)
    except Exception:
        return f"seed {seed}: {traceback.format_exc()}"
