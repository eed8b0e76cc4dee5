"""Measure starts: what imports take, commands beside a running node, and a node that has to start.

Run it as `PYTHONPATH=. python tests/benchmarks/bench_start.py`.  Imports are told without the
interpreter's own start.  Everything is run once a round, so that what else the machine does
meanwhile falls on all alike; the median and the best of the rounds are printed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.whole.running import RunningNode, until

ROUNDS = 15
IMPORTS = {
    "p2pblog": "p2pblog",
    "the command line": "p2pblog.cli.main, p2pblog.cli.root, p2pblog.cli.writing",
    "... and its end of the local API": "p2pblog.cli.main, p2pblog.cli.root, p2pblog.api.client",
    "the node": "p2pblog.node.main, p2pblog.node.service",
    "the client": "p2pblog.tui.app",
}
COMMANDS = (["--version"], ["whoami"], ["post", "hello"], ["timeline"])


def run(argv: list[str], env: dict[str, str]) -> float:
    """Return the milliseconds that a command takes."""
    began = perf_counter()
    subprocess.run(argv, env=env, stdout=subprocess.DEVNULL, check=True)
    return (perf_counter() - began) * 1e3


def start_to_post(node: RunningNode, env: dict[str, str]) -> float:
    """Return the milliseconds that a post takes when no node runs; wait until that has ended."""
    took_ms = run(node.argv("post", "hello"), env)
    pid = node.call("hello")["pid"]
    until(lambda: not Path(f"/proc/{pid}").exists())
    return took_ms


def measure(cases: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in cases}
    for case in cases.values():
        case()  # fills the cache of bytecode
    for _ in range(rounds):
        for name, case in cases.items():
            found[name].append(case())
    return found


def report(name: str, taken_ms: list[float], without_ms: float = 0.0) -> None:
    typical, best = (value - without_ms for value in (median(taken_ms), min(taken_ms)))
    print(f"{name:42} {typical:8.1f} ms   best {best:7.1f} ms")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        # An installed program has its bytecode beside it; a checkout perhaps has not.
        env = os.environ | {"PYTHONPYCACHEPREFIX": str(Path(folder, "bytecode"))}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        env |= {"P2PBLOG_LISTEN": "127.0.0.1:0", "P2PBLOG_NO_LAN": "1"}
        python = [sys.executable, "-c"]
        cases = {"python": partial(run, [*python, "pass"], env)} | {
            name: partial(run, [*python, f"import {modules}"], env)
            for name, modules in IMPORTS.items()
        }
        found = measure(cases, ROUNDS)
        alone = found.pop("python")
        report("python alone", alone)
        for name, taken_ms in found.items():
            report(f"import {name}", taken_ms, median(alone))
        node = RunningNode(Path(folder, "home")).start().init("ada")
        commands = {
            " ".join(["p2pblog", *args]): partial(run, node.argv(*args), env) for args in COMMANDS
        }
        try:
            for name, taken_ms in measure(commands, ROUNDS).items():
                report(name, taken_ms)
        finally:
            node.stop()
        alone_post = {"p2pblog post hello, no node running": partial(start_to_post, node, env)}
        for name, taken_ms in measure(alone_post, 3).items():
            report(name, taken_ms)


if __name__ == "__main__":
    main()
