"""Fuzz the targets: `python -m tests.fuzz.run [TARGET ...] [--seconds N] [--jobs N]`.

Each target runs for N seconds (20) in a process of its own, two at a time, and begins with the
seeds.  What breaks a promise is written to regressions/TARGET/, where the tests find it from
then on, and makes this fail.  Needs atheris: `pip install -e '.[fuzz]'`.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

SECONDS, JOBS = 20, 2
ONE_INPUT_S_MAX = 10
MEMORY_MIB_MAX = 2048
# Beyond the seconds asked for: importing with instruments, the seeds, writing down a crash.
SLACK_S = 60
ROOT = Path(__file__).parents[2]
REGRESSIONS = Path(__file__).parent / "regressions"
_EXECUTED = re.compile(rb"stat::number_of_executed_units:\s*(\d+)")
_STEPS = {"session", "reconcile"}
_VALUES = {"encoding", "segment", "fork", "message", "body", "signal"}


class Outcome(NamedTuple):
    """What became of one target: how many inputs it took, and what it said when it failed."""

    target: str
    executions: int
    failure: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the targets named, or all; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--inside", metavar="FOLDER", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if find_spec("atheris") is None:
        print("fuzzing needs atheris (Linux): pip install -e '.[fuzz]'", file=sys.stderr)
        return 2
    if asked.inside is not None:
        _fuzz(asked.targets[0], asked.seconds, Path(asked.inside))
        return 1  # not reached: libFuzzer ends the process
    from tests.fuzz.targets import TARGETS

    unknown = set(asked.targets) - TARGETS.keys()
    if unknown or asked.seconds < 1 or asked.jobs < 1:
        parser.error(f"targets: {' '.join(TARGETS)}")
    with ThreadPoolExecutor(asked.jobs) as pool:
        outcomes = []
        for outcome in pool.map(lambda name: _run(name, asked.seconds), asked.targets or TARGETS):
            outcomes.append(outcome)
            print(f"{outcome.target:24}{outcome.executions:>12,}  {outcome.failure and 'FAILED'}")
            sys.stdout.flush()
    total = sum(outcome.executions for outcome in outcomes)
    print(f"{'executions in total':24}{total:>12,}")
    failed = [outcome for outcome in outcomes if outcome.failure]
    for outcome in failed:
        print(f"\n--- {outcome.target}\n{outcome.failure}", file=sys.stderr)
    return 1 if failed else 0


def _run(target: str, seconds: int) -> Outcome:
    """Fuzz one target in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="p2pblog-fuzz-") as folder:
        command = [sys.executable, "-m", "tests.fuzz.run", target, "--inside", folder]
        try:
            done = subprocess.run(
                [*command, "--seconds", str(seconds)],
                cwd=ROOT,
                env=os.environ | {"TMPDIR": folder},
                capture_output=True,
                timeout=seconds + SLACK_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            return Outcome(target, 0, f"it does not end\n{_tail(error.stderr or b'')}")
        finally:
            with suppress(OSError):  # where nothing was found, nothing stays
                (REGRESSIONS / target).rmdir()
    executed = _EXECUTED.search(done.stderr)
    executions = int(executed[1]) if executed else 0
    well = done.returncode == 0 and executions > 0
    return Outcome(target, executions, "" if well else _tail(done.stdout + done.stderr))


def _tail(said: bytes) -> str:
    lines = said.decode(errors="replace").splitlines()
    # What was instrumented and covered is of no use to whoever reads about a failure.
    told = [line for line in lines if not line.startswith(("#", "INFO: ", "NEW_FUNC"))]
    return "\n".join(told[-40:])


def _fuzz(target: str, seconds: int, folder: Path) -> None:
    """Fuzz `target` in this process, which ends here."""
    import atheris

    with atheris.instrument_imports(include=["p2pblog", "tests.fuzz"]):
        from tests.fuzz.mutate import mutate_steps, mutate_value
        from tests.fuzz.seeds import seeds
        from tests.fuzz.targets import TARGETS

    corpus, found = folder / "corpus", REGRESSIONS / target
    corpus.mkdir()
    for number, data in enumerate(seeds(target)):
        (corpus / f"seed-{number}").write_bytes(data)
    found.mkdir(exist_ok=True)
    kind = target.removeprefix("differing_")
    mutate = mutate_steps if kind in _STEPS else mutate_value if kind in _VALUES else None
    run, bytes_max = TARGETS[target]
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={bytes_max}",
        f"-timeout={ONE_INPUT_S_MAX}",
        f"-rss_limit_mb={MEMORY_MIB_MAX}",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
    ]
    if mutate is None:
        atheris.Setup([sys.argv[0], *options, str(corpus)], run)
    else:
        # Looked up when it is called: fuzzing replaces what atheris.Mutate is.
        mutator = _mutator(mutate, lambda data, size: bytes(atheris.Mutate(data, size)))
        atheris.Setup([sys.argv[0], *options, str(corpus)], run, custom_mutator=mutator)
    atheris.Fuzz()


def _mutator(
    near: Callable[[bytes, int], bytes | None], by_bytes: Callable[[bytes, int], bytes]
) -> Callable[[bytes, int, int], bytes]:
    """Return a mutator that makes a near miss in every second try, where it can."""

    def mutate(data: bytes, bytes_max: int, seed: int) -> bytes:
        missed = near(data, seed) if seed % 2 else None
        if missed is None or len(missed) > bytes_max:
            return by_bytes(data, bytes_max)
        return missed

    return mutate


if __name__ == "__main__":
    sys.exit(main())
