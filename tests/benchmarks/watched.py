"""A node in a process of its own that tells how it fared; `WatchedNode` runs and asks it.

It is the node that `p2pblog node` runs, with a task beside it that notices when the event loop
keeps others waiting: by a long step of its own (in CPU time of its thread), or for whatever
reason (a thread that holds the interpreter, a machine that has other things to do).
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from p2pblog.node.config import Config, read_config
from p2pblog.node.home import Home
from p2pblog.node.process import OnEvent, run_node
from p2pblog.node.server import Handler, Request
from p2pblog.node.service import NodeService
from tests.benchmarks.figures import peak_bytes
from tests.whole.running import RunningNode

_BEAT_S = 0.002


class Fared(NamedTuple):
    """What became of a node since it was last asked, or, of memory and CPU, since it began."""

    longest_step_ms: float
    longest_wait_ms: float
    peak_mib: float
    cpu_s: float


class WatchedNode(RunningNode):
    """A `RunningNode` that can be asked how it fares."""

    def argv(self, *args: str) -> list[str]:
        """Return the command line of `p2pblog ARGS`, or of the watched node for `node`."""
        if args[0] == "node":
            return [sys.executable, "-m", __name__, str(self.home)]
        return super().argv(*args)

    def fared(self) -> Fared:
        """Ask how it fared."""
        told = self.call("fared")
        return Fared(
            told["step_us"] / 1e3, told["wait_us"] / 1e3, told["peak"] / 2**20, told["cpu_us"] / 1e6
        )


class _Watched:
    """A node's service with the task that watches its loop; see `process.Service`."""

    def __init__(self, service: NodeService) -> None:
        self._service = service
        self._step_s = self._wait_s = 0.0
        self.methods: Mapping[str, Handler] = {**service.methods, "fared": self._fared}

    @property
    def on_event(self) -> OnEvent:
        return self._service.on_event

    @on_event.setter
    def on_event(self, value: OnEvent) -> None:
        self._service.on_event = value

    @property
    def listening(self) -> list[str]:
        return self._service.listening

    async def start(self) -> None:
        await self._service.start()
        self._task = asyncio.create_task(self._watch())

    async def close(self) -> None:
        self._task.cancel()
        await self._service.close()

    async def _watch(self) -> None:
        begun_s, worked_s = time.perf_counter(), time.thread_time()
        while True:
            await asyncio.sleep(_BEAT_S)
            now_s, work_s = time.perf_counter(), time.thread_time()
            self._step_s = max(self._step_s, work_s - worked_s)
            self._wait_s = max(self._wait_s, now_s - begun_s - _BEAT_S)
            begun_s, worked_s = now_s, work_s

    async def _fared(self, request: Request) -> Mapping[str, Any]:
        step_s, wait_s = self._step_s, self._wait_s
        self._step_s = self._wait_s = 0.0
        return {
            "step_us": round(step_s * 1e6),
            "wait_us": round(wait_s * 1e6),
            "peak": peak_bytes(),
            "cpu_us": round(time.process_time() * 1e6),
        }


def main(home: Path) -> int:
    """Run the node of `home`."""

    def configure(opened: Home) -> Config:
        return read_config(opened.config, os.environ)

    async def build(opened: Home, config: Config) -> _Watched:
        return _Watched(NodeService(opened, config))

    return run_node(home, configure, build, linger=False)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
