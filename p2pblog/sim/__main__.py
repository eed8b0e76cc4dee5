"""`python -m p2pblog.sim`: run networks, and say what came of them.

Exit status: 0 all was as it must be, 1 something was not, 2 misused.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from p2pblog.sim.large import Large
from p2pblog.sim.many import run_many
from p2pblog.sim.report import PAYLOADS_AIM, TAIL_AIM, payloads, tail_ratio, write_report
from p2pblog.sim.run import Outcome, run

PROCESSES = 2
SEED = 1  # of large networks
NODES_MIN = 10  # in them
WAVES = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m p2pblog.sim", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--seed", type=int, metavar="N", help="run one small network")
    what.add_argument("--seeds", type=_span, metavar="A-B", help="run many small networks")
    what.add_argument("--large", type=int, metavar="N", help="measure live delivery among N nodes")
    parser.add_argument("--trace", action="store_true", help="with --seed: say all that happens")
    parser.add_argument(
        "--processes", type=int, default=PROCESSES, metavar="N", help="with --seeds"
    )
    parser.add_argument("--authors", type=int, default=40, metavar="N", help="with --large")
    parser.add_argument(
        "--out", type=Path, default=Path("docs"), metavar="DIR", help="with --large: for the page"
    )
    chosen = parser.parse_args(argv)
    if chosen.large is not None:
        if chosen.large < NODES_MIN:
            parser.error(f"--large takes {NODES_MIN} nodes or more")
        return _large(chosen.large, chosen.authors, chosen.out)
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
    nodes = messages = 0
    for seed, outcome in zip(seeds, run_many(seeds, processes), strict=True):
        if isinstance(outcome, Outcome) and not outcome.failure:
            nodes += outcome.nodes
            messages += outcome.messages
            continue
        failed.append(seed)
        print(outcome, flush=True)
    took_s = time.perf_counter() - begin_s
    print(
        f"seeds {seeds[0]}-{seeds[-1]}: {len(failed)} of {len(seeds)} failed, "
        f"{nodes} nodes, {messages} messages, {took_s:.0f} s"
    )
    for seed in failed:
        print(f"again: python -m p2pblog.sim --seed {seed} --trace")
    return 1 if failed else 0


def _large(nodes: int, authors: int, out: Path) -> int:
    gc.disable()  # what is made here lives to the end, and is looked at for nothing
    measured = []
    for size in sorted({max(NODES_MIN, nodes // 10), max(NODES_MIN, nodes * 3 // 10), nodes}):
        network = Large(SEED, size, min(authors, size))
        measured.append(network.run(WAVES, partial(_progress, size)))
    write_report(measured, out)
    grown = measured[-1].waves[-1]
    print(
        f"{nodes} nodes: {payloads(grown):.3f} payloads a delivery; times flooding: "
        f"{tail_ratio(grown, 0.99):.2f} for 99 %, {tail_ratio(grown, 1.0):.2f} for all"
    )
    met = payloads(grown) <= PAYLOADS_AIM and tail_ratio(grown, 0.99) <= TAIL_AIM
    return 0 if met else 1


def _progress(size: int, line: str) -> None:
    print(f"{size} nodes, {line}", file=sys.stderr, flush=True)


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
