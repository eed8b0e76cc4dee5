"""What a benchmark finds: named figures with units, medians over its runs, one table."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

_STATUS = Path("/proc/self/status")


class Figure(NamedTuple):
    """One thing measured in one run; the aim, if there is one, is a bound on either side."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None


class Summary(NamedTuple):
    """A figure over all runs: its median as `figure`, and the least and the most it was."""

    figure: Figure
    least: float
    most: float


def timed(work: Callable[..., object], *args: object, **named: object) -> float:
    """Return how many seconds a call takes."""
    begin_s = time.perf_counter()
    work(*args, **named)
    return time.perf_counter() - begin_s


def peak_bytes() -> int:
    """Return the most memory that this process has had."""
    # Linux counts for ru_maxrss what the parent had before this process was another program.
    if _STATUS.exists():
        fields = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
        return int(fields["VmHWM"].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS: in bytes


def summarise(runs: Iterable[Sequence[Figure]]) -> list[Summary]:
    """Return each figure of the runs, in the order of the first one."""
    found: dict[tuple[str, str], list[Figure]] = {}
    for run in runs:
        for figure in run:
            found.setdefault((figure.name, figure.unit), []).append(figure)
    summaries = []
    for figures in found.values():
        values = [figure.value for figure in figures]
        middle = figures[0]._replace(value=median(values))
        summaries.append(Summary(middle, min(values), max(values)))
    return summaries


def document(summary: Summary) -> dict[str, Any]:
    """Return a figure as it stands in the JSON file."""
    figure = {name: value for name, value in summary.figure._asdict().items() if value is not None}
    return {**figure, "least": summary.least, "most": summary.most}


def table(title: str, summaries: Iterable[Summary]) -> str:
    """Return the lines of the table for one benchmark."""
    lines = [title]
    for (name, value, unit, at_least, at_most), least, most in summaries:
        spread = f"{written(least)} to {written(most)}"
        aim = ""
        if at_least is not None:
            aim = f"aim: at least {written(at_least)}"
        if at_most is not None:
            aim = f"aim: at most {written(at_most)}"
        lines.append(f"  {name:<52}{written(value):>10} {unit:<12}{spread:>24}  {aim}".rstrip())
    return "\n".join(lines)


def written(value: float) -> str:
    """Return a number with three figures or more that mean something."""
    for places, below in ((3, 1), (2, 10), (1, 100)):
        if abs(value) < below:
            return f"{value:.{places}f}"
    return f"{value:,.0f}"
