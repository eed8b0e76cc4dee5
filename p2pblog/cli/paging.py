"""What commands that show pages share: their options, and reading more than one page holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from p2pblog.cli.face import Document, Node
from p2pblog.core.limits import PAGE_ENTRIES, PAGE_ENTRIES_MAX

_LIMIT_MAX = 10_000

before_option = click.option(
    "--before", metavar="CURSOR", help="Go on from here: the cursor that the page before named."
)


def limit_option(
    what: str = "entries", *, most: int = PAGE_ENTRIES_MAX
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option --limit of a command that shows up to `most` of something."""
    return click.option(
        "--limit",
        type=click.IntRange(1, most),
        default=PAGE_ENTRIES,
        show_default=True,
        metavar="N",
        help=f"How many {what}, up to {most:,}.",
    )


pages_option = limit_option(most=_LIMIT_MAX)
"""For as many entries as take several pages of the node's; see `read_pages`."""


def read_pages(node: Node, method: str, limit: int, before: str | None, **params: Any) -> Document:
    """Return {"entries", "next"}: up to `limit` entries, in as many pages as that takes."""
    entries: list[Document] = []
    cursor = before
    while True:
        asked = min(limit - len(entries), PAGE_ENTRIES_MAX)
        start: Document = {} if cursor is None else {"before": cursor}
        page = node.call(method, limit=asked, **start, **params)
        entries += page["entries"]
        cursor = page.get("next")
        if cursor is None or len(entries) >= limit or not page["entries"]:
            return {**page, "entries": entries, "next": cursor}
