"""Runs an end through the vectors and the live exchange, and counts.

Implements protocol/conformance.md section 5.  What it prints is for people; whether the
end conforms is in the exit status, and in `Tally`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from p2pblog.conformance import forks, hostile, live, telling
from p2pblog.conformance.lines import UNSUPPORTED, Answer, Broken, End, Failed
from p2pblog.conformance.steps import Case, Step
from p2pblog.conformance.vectors import FILES, read_file
from p2pblog.core.errors import P2PBlogError

REFERENCE = (sys.executable, "-m", "p2pblog.conformance.reference")
LIVE_OPS = frozenset({"home", "listen", "dial", "links", "append", "frontier", "log", "close"})
EXCHANGES = {
    "live": live.SCENARIOS,
    "telling": telling.SCENARIOS,
    "refusals": hostile.SCENARIOS,
    "forks": forks.SCENARIOS,
}

Say = Callable[[str], None]


@dataclass
class Tally:
    """What became of the cases under one name."""

    name: str
    passed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Return the row of the table."""
        verdict = "FAIL" if self.failures else "ok" if self.passed else "-"
        counts = f"{self.passed:7}{len(self.failures):7}{self.skipped:7}"
        return f"{self.name:16}{counts}  {verdict}"


def failure(step: Step, answer: Answer) -> str | None:
    """Return what is wrong with an answer, or None."""
    if step.error is not None:
        if answer.error == step.error:
            return None
        given = answer.error or f"took it: {answer.ok}"
        return f"{step.op}: {given} instead of {step.error} {answer.detail}".rstrip()
    if answer.error is not None:
        return f"{step.op}: refused, {answer.error} {answer.detail}".rstrip()
    for name, wanted in step.expected.items():
        found = answer.ok.get(name) if isinstance(answer.ok, dict) else answer.ok
        found, wanted = step.comparable(name, found), step.comparable(name, wanted)
        if found != wanted or isinstance(found, bool) != isinstance(wanted, bool):
            return f"{step.op}: {name} is {found!r:.200} instead of {wanted!r:.200}"
    return None


async def run_case(end: End, name: str, case: Case, tally: Tally) -> None:
    """Send the requests of one case, until one goes wrong."""
    for step in FILES[name](case):
        answer = await end.ask(step.op, **step.fields)
        if answer.unsupported and step.error != UNSUPPORTED:
            tally.skipped += 1
            return
        if wrong := failure(step, answer):
            tally.failures.append(f"{name} {case['id']} ({case['comment']}): {wrong}")
            return
    tally.passed += 1


async def run_vectors(end: End, paths: Iterable[Path]) -> list[Tally]:
    """Run every file of vectors; a file of a name that is not known counts as skipped."""
    tallies = []
    for path in paths:
        tally = Tally(path.stem)
        for case in read_file(path):
            if path.stem in FILES:
                await run_case(end, path.stem, case, tally)
            else:
                tally.skipped += 1
        tallies.append(tally)
    return tallies


async def run_scenarios(
    pair: live.Pair, name: str, scenarios: Sequence[live.Scenario], *, supported: bool
) -> Tally:
    """Run the scenarios of the live exchange, each with fresh homes."""
    tally = Tally(name)
    for scenario in scenarios:
        if not supported:
            tally.skipped += 1
            continue
        try:
            await scenario(pair)
        except (Failed, P2PBlogError, TimeoutError, OSError) as error:
            told = (scenario.__doc__ or "").strip().rstrip(".")
            tally.failures.append(f"{name} ({told}): {str(error) or type(error).__name__}")
        else:
            tally.passed += 1
    return tally


async def run(command: Sequence[str], vectors: Sequence[Path], *, say: Say = print) -> int:
    """Run everything against `command`, print a table; return the exit status.

    Returns:
        0 if nothing failed and something passed, 1 otherwise.
    """
    end, ours = await End.start(command), await End.start(REFERENCE)
    try:
        able = await end.need("capabilities")
        say(f"{able['name']} {able['version']}: {len(able['ops'])} operations")
        tallies = await run_vectors(end, vectors)
        pair, supported = live.Pair(end, ours), set(able["ops"]) >= LIVE_OPS
        for name, scenarios in EXCHANGES.items():
            tallies.append(await run_scenarios(pair, name, scenarios, supported=supported))
    except (Broken, Failed, KeyError, TypeError) as error:
        say(f"FAIL: {error}")
        return 1
    finally:
        await asyncio.gather(end.stop(), ours.stop())
    return report(tallies, say)


def report(tallies: Sequence[Tally], say: Say) -> int:
    """Print the failures, the table and the sums; return the exit status."""
    failures = [line for tally in tallies for line in tally.failures]
    for line in failures:
        say(f"FAIL {line}")
    say(f"{'':16}{'passed':>7}{'failed':>7}{'skipped':>8}")
    for tally in tallies:
        say(tally.line())
    passed = sum(tally.passed for tally in tallies)
    skipped = sum(tally.skipped for tally in tallies)
    say(f"{passed} passed, {len(failures)} failed, {skipped} skipped")
    return 1 if failures or not passed else 0
