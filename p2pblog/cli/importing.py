"""Commands that bring in a past from elsewhere: import twitter.

The one place where a face reads more than the local API: the archive lies where the face
runs, so p2pblog.exchange reads it here, and the node gets its items in batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from p2pblog.cli.face import Document, Face, FaceCommand, Node, Progress
from p2pblog.cli.group import LazyGroup
from p2pblog.core.limits import IMPORT_BATCH_ENTRIES

if TYPE_CHECKING:
    from p2pblog.exchange.twitter import Archive, Item

PROBLEMS_SHOWN_MAX = 20
IMPORT_SECTIONS = {"Sources": {"twitter": "p2pblog.cli.importing:twitter"}}


@click.command(cls=LazyGroup, sections=IMPORT_SECTIONS, no_args_is_help=False)
def import_group() -> None:
    """Bring in what you published elsewhere."""


@click.command(
    cls=FaceCommand,
    shape='{"account", "added", "known", "problems": [{"file", "reason"}]}',
    note="Exit status 1: something could not be read; the rest is imported all the same.",
)
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.pass_obj
def twitter(face: Face, path: Path) -> int:
    """Import a Twitter archive, a folder or a zip file, of any age.

    Posts keep their time and are marked as imported; nobody is notified. Running it again
    adds nothing that is here already.
    """
    from p2pblog.exchange.twitter import open_archive

    archive = open_archive(path)
    with face.node() as node:
        node.call("whoami")  # without an identity, say so before reading for seconds
        with face.progress("Importing") as progress:
            done = send(node, archive, progress)
    problems = [{"file": str(each.file), "reason": each.reason} for each in archive.problems]
    document = {"account": archive.account, **done, "problems": problems}
    face.say(document, lambda: _summary(document))
    return 1 if problems else 0


def send(node: Node, archive: Archive, progress: Progress) -> dict[str, int]:
    """Give the items of `archive` to the node; return how many were added, and known before."""
    added = known = 0
    for batch in _batches(map(item_fields, archive)):
        result = node.call("import.batch", source="twitter", account=archive.account, items=batch)
        added += result["added"]
        known += result["known"]
        progress(added + known, archive.total)
    return {"added": added, "known": known}


def item_fields(item: Item) -> Document:
    """Return the fields of an item as `import.batch` takes them, without the empty ones."""
    optional = {
        "lang": item.lang,
        "reply_to_id": item.reply_to_id,
        "reply_to": item.reply_to,
        "repost_of": item.repost_of,
    }
    fields: Document = {"id": item.id, "time_ms": item.time_ms, "text": item.text}
    return fields | {name: value for name, value in optional.items() if value}


def _batches(items: Iterable[Document]) -> Iterator[list[Document]]:
    iterator = iter(items)
    while batch := list(islice(iterator, IMPORT_BATCH_ENTRIES)):
        yield batch


def _summary(document: Document) -> Iterator[str]:
    from p2pblog.cli.show import count, plain

    yield f"{document['added']:,} added, {document['known']:,} known already"
    problems = document["problems"]
    if not problems:
        return
    yield f"{count(len(problems), 'thing')} could not be read:"
    for problem in problems[:PROBLEMS_SHOWN_MAX]:
        yield f"  {plain(problem['file'])}: {plain(problem['reason'])}"
    if len(problems) > PROBLEMS_SHOWN_MAX:
        yield f"  and {len(problems) - PROBLEMS_SHOWN_MAX:,} more; all of them: --json"
