"""This implementation behind the line protocol: `python -m p2pblog.conformance.reference`.

Implements protocol/conformance.md, so that the driver can be proven against the implementation
that the vectors are about, and other implementations have somebody to exchange logs with.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable

import p2pblog
from p2pblog.conformance.home import Home
from p2pblog.conformance.operations import PURE, write_held
from p2pblog.conformance.values import Fields, Json, maybe_hex, maybe_unhex, unhex
from p2pblog.core.errors import BadRequest, P2PBlogError


class Reference:
    """Answers requests; holds the home of the live part."""

    def __init__(self) -> None:
        self._home: Home | None = None
        self._live: dict[str, Callable[[Fields], Awaitable[Json]]] = {
            "home": self._begin,
            "listen": self._listen,
            "dial": self._dial,
            "links": self._links,
            "append": self._append,
            "frontier": self._frontier,
            "log": self._log,
            "close": self._close,
        }

    async def answer(self, line: bytes) -> Json:
        """Return the answer to one request."""
        request = json.loads(line)
        number, op = request.get("id"), request.get("op")
        try:
            if op == "capabilities":
                return {"id": number, "ok": self._capabilities()}
            if op in PURE:
                return {"id": number, "ok": PURE[op](request)}
            if op in self._live:
                return {"id": number, "ok": await self._live[op](request)}
        except P2PBlogError as error:
            return {"id": number, "error": error.code, "detail": error.detail}
        except (KeyError, TypeError, ValueError) as error:
            return {"id": number, "error": BadRequest.code, "detail": repr(error)}
        return {"id": number, "error": "unsupported"}

    async def stop(self) -> None:
        """End what is linked."""
        if self._home is not None:
            await self._home.close()

    @property
    def home(self) -> Home:
        """The home of the live part.

        Raises:
            BadRequest: there is none yet.
        """
        if self._home is None:
            raise BadRequest("begin with home")
        return self._home

    def _capabilities(self) -> Json:
        ops = ["capabilities", *PURE, *self._live]
        return {"name": "p2pblog", "version": p2pblog.__version__, "ops": ops}

    async def _begin(self, f: Fields) -> Json:
        await self.stop()
        self._home = Home(unhex(f["seed"]), unhex(f["network"]))
        return {"device": self._home.key.public.hex()}

    async def _listen(self, f: Fields) -> Json:
        return {"address": await self.home.listen()}

    async def _dial(self, f: Fields) -> Json:
        device = await self.home.dial(f["address"], maybe_unhex(f.get("expect")))
        return {"device": device.hex()}

    async def _links(self, f: Fields) -> Json:
        return [device.hex() for device in self.home.links]

    async def _append(self, f: Fields) -> Json:
        bodies = [(entry["time_ms"], unhex(entry["body"])) for entry in f["entries"]]
        last = self.home.append(bodies)
        return {"seq": last.seq, "entry_id": last.id.hex()}

    async def _frontier(self, f: Fields) -> Json:
        home = self.home
        return [write_held(log, held, home.forked(log)) for log, held in home.logs.items()]

    async def _log(self, f: Fields) -> Json:
        entries = self.home.store.read(unhex(f["log"]), f["low"], f["high"])
        return [
            {"seq": entry.seq, "entry_id": entry.id.hex(), "body": maybe_hex(entry.body)}
            for entry in entries
        ]

    async def _close(self, f: Fields) -> Json:
        await self.home.close()
        return True


async def run() -> None:
    """Answer the lines of standard input until it ends."""
    reference = Reference()
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        print(json.dumps(await reference.answer(line)), flush=True)
    await reference.stop()


if __name__ == "__main__":
    asyncio.run(run())
