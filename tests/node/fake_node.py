"""A node with a service that does nothing: `python fake_node.py HOME [option ...]`.

Options: `linger`; `fail=CODE` (the service cannot start), `crash` (nor can the interpreter),
`slow=S` (seconds that starting takes), and `NAME=VALUE` for a limit to be changed.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from p2pblog.core import limits
from p2pblog.core.errors import error_from_code
from p2pblog.node.config import Config
from p2pblog.node.home import Home
from p2pblog.node.process import OnEvent, run_node
from p2pblog.node.server import Handler, Request


class FakeService:
    """Answers `echo`, waits in `sleep`, counts in `count`, and keeps a diary in its home."""

    def __init__(self, home: Home, options: dict[str, str]) -> None:
        self.methods: Mapping[str, Handler] = {
            "hello": self._hello,
            "echo": self._echo,
            "sleep": self._sleep,
            "fall": self._fall,
        }
        self.listening: Sequence[str] = ["127.0.0.1:4114"]
        self.on_event: OnEvent = lambda name, data: None
        self._home = home
        self._options = options

    def note(self, word: str) -> None:
        with Path(self._home.path, "diary").open("a") as diary:
            diary.write(f"{word} {os.getpid()}\n")

    async def start(self) -> None:
        await asyncio.sleep(float(self._options.get("slow", "0")))
        if code := self._options.get("fail"):
            raise error_from_code(code, "for a test")
        self.note("start")

    async def close(self) -> None:
        await asyncio.sleep(float(self._options.get("slow_close", "0")))
        self.note("close")

    async def _hello(self, request: Request) -> Mapping[str, Any]:
        return {"arrival": 7}

    async def _echo(self, request: Request) -> Mapping[str, Any]:
        return request.params

    async def _sleep(self, request: Request) -> Mapping[str, Any]:
        self.note("asleep")
        await asyncio.sleep(float(request.params["ms"]) / 1000)
        self.note("awake")
        return {}

    async def _fall(self, request: Request) -> Mapping[str, Any]:
        raise ZeroDivisionError("as the test wants it")


def main(path: str, *options: str) -> int:
    chosen = dict(option.partition("=")[::2] for option in options)
    for name, value in chosen.items():
        if name.isupper():
            setattr(limits, name, float(value))
    if "crash" in chosen:
        raise ImportError("no such library")

    async def build(home: Home, config: Config) -> FakeService:
        return FakeService(home, chosen)

    return run_node(Path(path), lambda home: Config(), build, linger="linger" in chosen)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
