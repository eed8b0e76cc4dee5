"""What a run of the tests counted, told at its end: kills, test vectors, clauses, fuzzed inputs."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import settings

# The same examples in every run, so that a change is judged by itself; with CHANCE=1 others, for
# who looks for what nobody has thought of.
settings.register_profile("same", derandomize=True)
settings.register_profile("chance", derandomize=False)
settings.load_profile("chance" if os.environ.get("CHANCE") else "same")


class Figures:
    """Lines for the summary, and counts that several tests add to."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.counts: Counter[str] = Counter()

    def tell(self, line: str) -> None:
        """Add a line."""
        self.lines.append(line)

    def count(self, what: str, number: int) -> None:
        """Add to the line that tells how many of something there were."""
        self.counts[what] += number


_FIGURES = pytest.StashKey[Figures]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = Figures()


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Figures:
    """Return where figures for the summary go."""
    return pytestconfig.stash[_FIGURES]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    figures = config.stash[_FIGURES]
    lines = [*figures.lines, *(f"{number:,} {what}" for what, number in figures.counts.items())]
    if lines:
        terminalreporter.section("figures")
    for line in sorted(lines):
        terminalreporter.write_line(line)
