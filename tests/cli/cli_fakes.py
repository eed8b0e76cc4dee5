"""A node that answers from a table, and a way to run commands against it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from p2pblog.cli.face import Document, Face, Progress
from p2pblog.cli.root import root
from p2pblog.core.errors import NodeUnreachable
from p2pblog.core.textform import Kind, to_text

NOW_MS = 1_800_000_000_000
HOME = Path("/nowhere/home")

Answer = Document | Exception | Callable[..., Document]


def name_of(kind: Kind, number: int) -> str:
    """Return a well-formed key or id, the same for the same number."""
    return to_text(kind, bytes([number]) * 32)


ME, MIA, OTIS = (name_of(Kind.IDENTITY, number) for number in (1, 2, 3))
DEVICE = name_of(Kind.DEVICE, 9)


class FakeNode:
    """Answers each method from `answers`, and remembers what it was asked in `calls`."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = {name.replace("__", "."): answer for name, answer in answers.items()}
        self.calls: list[tuple[str, Document]] = []
        self.started: list[bool] = []
        self.running = True
        self.fresh = False

    def __enter__(self) -> FakeNode:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def open(self, home: Path, start: bool) -> FakeNode:
        """Stand in for connecting."""
        self.started.append(start)
        if not self.running and not start:
            raise NodeUnreachable("none is running")
        return self

    def call(
        self, method: str, /, *, on_progress: Progress | None = None, **params: Any
    ) -> Document:
        """Answer as the table says."""
        self.calls.append((method, params))
        answer = self.answers[method]
        if isinstance(answer, Exception):
            raise answer
        return answer(**params) if callable(answer) else answer


def invoke(
    *args: str,
    node: FakeNode | None = None,
    stdin: bytes = b"",
    home: Path = HOME,
    columns: int = 60,
    colour: bool = False,
    cuts: bool = True,
) -> Result:
    """Run one command line against `node`, as a program would be run."""
    face = Face(
        chosen_home=home,
        open_node=(node or FakeNode()).open,
        is_begun=lambda home: True,
        now_ms=lambda: NOW_MS,
        columns=columns,
        colour=colour,
        cuts=cuts,
    )
    return CliRunner().invoke(root, list(args), obj=face, input=stdin)


def entry(number: int = 1, **fields: Any) -> Document:
    """Return an entry as the local API gives it."""
    return {
        "id": name_of(Kind.ENTRY, number),
        "log": DEVICE,
        "seq": number,
        "author": MIA,
        "name": "Mia",
        "kind": "post",
        "text": f"entry {number}",
        "time_ms": NOW_MS - 180_000,
        "reply_to": None,
        "root": None,
        "quote": None,
        "quoted": None,
        "target": None,
        "outside": None,
        "warning": "",
        "lang": "",
        "media": [],
        "likes": 0,
        "reposts": 0,
        "replies": 0,
        "liked": False,
        "reposted": False,
        "imported": None,
        "cursor": f"c{number}",
    } | fields


def person(**fields: Any) -> Document:
    """Return a person as the local API gives them."""
    return {
        "identity": MIA,
        "name": "Mia",
        "bio": "Bakes.",
        "self": False,
        "followed": True,
        "follows_me": True,
        "near": False,
        "posts": 1200,
        "following": 4,
        "followers": 5,
        "last_ms": NOW_MS - 60_000,
    } | fields


def only_loopback() -> dict[str, str]:
    """Return an environment in which a node stays on this machine."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("P2PBLOG_")},
        "P2PBLOG_LISTEN": "127.0.0.1:0",
        "P2PBLOG_NO_LAN": "1",
        "P2PBLOG_NO_OVERLAY": "1",
    }
