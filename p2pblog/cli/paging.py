"""What commands that show pages share: their options, and reading more than one page holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from p2pblog.cli.face import Document, Node
from p2pblog.cli.number import Number
from p2pblog.core.limits import PAGE_ENTRIES, PAGE_ENTRIES_MAX

_LIMIT_MAX = 10_000
_EMPTY_PAGES_MAX = 20

before_option = click.option(
    "--before", metavar="CURSOR", help="Go on from here: the cursor that the page before named."
)


def limit_option(
    what: str = "entries", *, most: int = PAGE_ENTRIES_MAX
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option --limit of a command that shows up to `most` of something."""
    return click.option(
        "--limit",
        type=Number(1, most),
        default=PAGE_ENTRIES,
        show_default=True,
        metavar="N",
        help=f"How many {what}, up to {most:,}.",
    )


pages_option = limit_option(most=_LIMIT_MAX)
"""For as many entries as take several pages of the node's; see `read_pages`."""


def read_pages(
    node: Node, method: str, limit: int, before: str | None, rows: str = "entries", **params: Any
) -> Document:
    """Return {rows, "next"}: up to `limit` rows, in as many pages as that takes.

    A page may be empty and go on, where a filter hides much; after twenty of these it is enough.
    """
    found: list[Document] = []
    cursor, empty = before, 0
    while True:
        asked = min(limit - len(found), PAGE_ENTRIES_MAX)
        start: Document = {} if cursor is None else {"before": cursor}
        page = node.call(method, limit=asked, **start, **params)
        found += page[rows]
        cursor = page.get("next")
        empty += not page[rows]
        if cursor is None or len(found) >= limit or empty == _EMPTY_PAGES_MAX:
            return {**page, rows: found, "next": cursor}
