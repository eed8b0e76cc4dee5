"""`python -m p2pblog.sim`: run networks, and say what came of them.

Exit status: 0 all was as it must be, 1 something was not, 2 misused.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from p2pblog.sim.many import run_many
from p2pblog.sim.run import Outcome, run

PROCESSES = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m p2pblog.sim", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--seed", type=int, metavar="N", help="run one small network")
    what.add_argument("--seeds", type=_span, metavar="A-B", help="run many small networks")
    parser.add_argument("--trace", action="store_true", help="with --seed: say all that happens")
    parser.add_argument(
        "--processes", type=int, default=PROCESSES, metavar="N", help="with --seeds"
    )
    chosen = parser.parse_args(argv)
    if chosen.seed is not None:
        return _one(chosen.seed, trace=chosen.trace)
    return _many(chosen.seeds, chosen.processes)


def _one(seed: int, *, trace: bool) -> int:
    outcome = run(seed, print if trace else None)
    print(outcome)
    return 1 if outcome.failure else 0


def _many(seeds: range, processes: int) -> int:
    begin_s = time.perf_counter()
    failed: list[int] = []
    messages = 0
    for seed, outcome in zip(seeds, run_many(seeds, processes), strict=True):
        if isinstance(outcome, Outcome) and not outcome.failure:
            messages += outcome.messages
            continue
        failed.append(seed)
        print(outcome, flush=True)
    took_s = time.perf_counter() - begin_s
    print(
        f"seeds {seeds[0]}-{seeds[-1]}: {len(failed)} of {len(seeds)} failed, "
        f"{messages} messages, {took_s:.0f} s"
    )
    for seed in failed:
        print(f"again: python -m p2pblog.sim --seed {seed} --trace")
    return 1 if failed else 0


def _span(text: str) -> range:
    first, dash, last = text.partition("-")
    try:
        span = range(int(first), int(last if dash else first) + 1)
    except ValueError:
        raise argparse.ArgumentTypeError("write A-B, for example 0-199") from None
    if not span:
        raise argparse.ArgumentTypeError("the second number is smaller than the first")
    return span


if __name__ == "__main__":
    sys.exit(main())
