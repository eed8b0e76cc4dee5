"""A progress bar on stderr for what takes longer than a breath; nothing without a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from p2pblog.cli.face import Progress


@contextmanager
def progress(label: str, *, hidden: bool = False) -> Iterator[Progress]:
    """Give a function that is called with what is done and the total, as often as one likes."""
    if hidden or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda done, total: None
        return
    with click.progressbar(length=1, label=label, file=sys.stderr, show_pos=True) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, done, 1)
            bar.update(done - bar.pos)

        yield show
