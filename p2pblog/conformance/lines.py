"""One end under test: a process that answers a JSON object a line.

Implements protocol/conformance.md section 1.  The only module that starts the processes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from p2pblog.conformance.values import Json

LINE_BYTES_MAX = 16 * 1024 * 1024
ANSWER_S_MAX = 30
END_S_MAX = 5
UNSUPPORTED = "unsupported"


class Broken(Exception):
    """The end does not speak the line protocol: it ended, fell silent, or answered nonsense."""


class Failed(Exception):
    """The end under test does not do what the protocol says."""


def expect(condition: object, what: str) -> None:
    """Say that an end does not conform, unless `condition` holds.

    Raises:
        Failed: it does not.
    """
    if not condition:
        raise Failed(what)


class Answer(NamedTuple):
    """What an end said: a value, or the code of an error (then `ok` is None)."""

    ok: Json
    error: str | None = None
    detail: str = ""

    @property
    def unsupported(self) -> bool:
        """Whether the end does not offer this at all."""
        return self.error == UNSUPPORTED


class End:
    """A process that is driven by lines; made by `start`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._number = 0

    @classmethod
    async def start(cls, command: Sequence[str]) -> End:
        """Start `command`; what it writes to stderr is shown as it comes.

        Raises:
            Broken: there is no such program.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=LINE_BYTES_MAX,
            )
        except OSError as error:
            raise Broken(f"cannot start {command[0]}: {error.strerror}") from error
        return cls(process)

    async def ask(self, op: str, **fields: Json) -> Answer:
        """Send one request and return its answer.

        Raises:
            Broken: no answer within 30 s, or one that is none.
        """
        self._number += 1
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise Broken("without pipes")
        request = json.dumps({"id": self._number, "op": op, **fields})
        try:
            stdin.write(request.encode() + b"\n")
            await stdin.drain()
            line = await asyncio.wait_for(stdout.readline(), ANSWER_S_MAX)
        except TimeoutError:
            raise Broken(f"no answer to {op} within {ANSWER_S_MAX} s") from None
        except (ConnectionError, ValueError) as error:
            raise Broken(f"{op}: {error}") from error
        if not line:
            raise Broken(f"the end is gone after {op}")
        return self._read(op, line)

    async def need(self, op: str, **fields: Json) -> Any:
        """Return the value that an end answers with.

        Raises:
            Failed: it answered with an error.
            Broken: as in `ask`.
        """
        answer = await self.ask(op, **fields)
        expect(answer.error is None, f"{op}: {answer.error} {answer.detail}".strip())
        return answer.ok

    async def stop(self) -> None:
        """Close its standard input, and end it if that does not."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), END_S_MAX)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _read(self, op: str, line: bytes) -> Answer:
        try:
            said = json.loads(line)
        except ValueError as error:
            raise Broken(f"{op}: no JSON: {line[:80]!r}") from error
        match said:
            case {"id": self._number, "error": str(code)}:
                return Answer(None, code, str(said.get("detail", "")))
            case {"id": self._number, "ok": ok}:
                return Answer(ok)
            case _:
                raise Broken(f"{op}: no answer to request {self._number}: {line[:80]!r}")
