"""What a run of the tests counted, told at its end: kills, test vectors, clauses, fuzzed inputs.

The tests may run in several processes; each hands what it counted to the one that tells it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from typing import Any

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

    def add(self, lines: list[str], counts: dict[str, int]) -> None:
        """Add what another process counted."""
        self.lines += lines
        self.counts.update(counts)


_LONG = {"fire", "interop", "netns", "sim", "whole"}
_FIGURES = pytest.StashKey[Figures]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with those that take long, so that none is left over when all others are done."""
    items.sort(key=lambda item: item.nodeid.split("/")[1] not in _LONG)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = Figures()


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Figures:
    """Return where figures for the summary go."""
    return pytestconfig.stash[_FIGURES]


def pytest_sessionfinish(session: pytest.Session) -> None:
    handed: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if handed is not None:  # this is one of several processes
        figures = session.config.stash[_FIGURES]
        handed["figures"] = (figures.lines, dict(figures.counts))


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, object, object]:
    """Let reports pass between processes that quote halves of surrogate pairs."""
    return _unicode((yield))


def _unicode(data: object) -> object:
    match data:
        case str():
            return data.encode(errors="backslashreplace").decode()
        case dict():
            return {_unicode(key): _unicode(value) for key, value in data.items()}
        case list() | tuple():
            return type(data)(map(_unicode, data))
        case _:
            return data


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take in what a process counted, unless it died."""
    if (handed := getattr(node, "workeroutput", None)) is not None:
        node.config.stash[_FIGURES].add(*handed["figures"])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    figures = config.stash[_FIGURES]
    lines = [*figures.lines, *(f"{number:,} {what}" for what, number in figures.counts.items())]
    if lines:
        terminalreporter.section("figures")
    for line in sorted(lines):
        terminalreporter.write_line(line)
