"""Decide when a node lives: from taking its home's lock to the end of its last request.

Implements docs/node.md, "Starting and ending".  What the node does is the service's business,
which is handed in; this is its frame: lock, log, socket, signals, and their order.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from p2pblog import __version__
from p2pblog.core import limits
from p2pblog.core.errors import P2PBlogError
from p2pblog.node.config import Config
from p2pblog.node.face import known
from p2pblog.node.home import Home, HomeLock, open_home
from p2pblog.node.server import Handler, Request, Server
from p2pblog.node.words import Words

logger = logging.getLogger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

OnEvent: TypeAlias = Callable[[str, Mapping[str, Any]], None]


class Service(Protocol):
    """What a node does, seen from its process; used from one event loop.

    Fields:
        methods: a handler for each method of docs/api.md but `hello` (which it may extend:
            version, pid and home are filled in), `subscribe` and `stop`.
        on_event: set before `start`; to be called, from the event loop, with each event.
    """

    methods: Mapping[str, Handler]
    on_event: OnEvent

    @property
    def listening(self) -> Sequence[str]:
        """HOST:PORT of each listener, once started."""

    async def start(self) -> None:
        """Open the store and the links; on return every method may be called."""

    async def close(self) -> None:
        """Close what is open, also after a `start` that failed; on return all is on disk."""


Build: TypeAlias = Callable[[Home, Config], Awaitable[Service]]


def run_node(path: Path, configure: Callable[[Home], Config], build: Build, *, linger: bool) -> int:
    """Run the node of the home at `path` until it is told to end; return the exit status.

    Errors are said here, in one line: on stderr, or, with `linger`, to the face that started
    this process.

    Args:
        configure: reads the configuration of the home that was opened.
        build: makes the service; what it raises ends the node.
        linger: end when the last face has left for 2 s, and no request is under way.
    Returns:
        0 after `stop`, a signal, or lingering in vain; 1 when the node could not run.
    """
    before = os.umask(0o077)  # whatever the store or the views make is for us alone
    with Words(linger=linger) as words:
        try:
            home = open_home(path)
            with home.lock() as lock:
                words.open_log(home.log)
                if linger:
                    os.chdir(home.path)  # the folder that a face stood in is not ours to hold
                life = _Life(home, lock, words, linger=linger)
                with asyncio.Runner() as runner:
                    runner.run(life.run(configure(home), build))
        except P2PBlogError as error:
            words.failed(error)
            return 1
        except Exception as error:
            words.failed(known(error), error)
            return 1
        finally:
            os.umask(before)
    return 0


class _Life:
    """One run of a node, in the order that keeps every promise made to a face."""

    def __init__(self, home: Home, lock: HomeLock, words: Words, *, linger: bool) -> None:
        self._home = home
        self._lock = lock
        self._words = words
        self._linger = linger
        self._over = asyncio.Event()

    async def run(self, config: Config, build: Build) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._end)
        service = await build(self._home, config)
        own: dict[str, Handler] = {"hello": partial(self._hello, service), "stop": self._stop}
        server = Server(self._home.socket, {**service.methods, **own})
        service.on_event = server.broadcast
        try:
            await service.start()
            await server.start()
            self._announce(service, config)
            await self._until_over(server)
        finally:
            # Whoever comes from here on finds no socket, waits for the lock, and starts the
            # next node. Faces are hung up on last: for them, that means all is done.
            try:
                await server.retire()
            finally:
                await service.close()
            self._lock.release()
            await server.close()

    def _announce(self, service: Service, config: Config) -> None:
        logger.info("p2pblog %s runs for %s", __version__, self._home.path)
        if service.listening:
            listening = ", ".join(service.listening)
            lan = "looking for peers" if config.lan else "not looking for peers"
            logger.info("listening on %s; %s on the local network", listening, lan)
        else:
            logger.info("nobody lives here yet; make an identity with: p2pblog init --name NAME")
        if not self._linger:
            logger.info("Ctrl+C ends it")
        self._words.ready()

    async def _until_over(self, server: Server) -> None:
        waiting: list[asyncio.Task[Any]] = [asyncio.create_task(self._over.wait())]
        if self._linger:
            waiting.append(asyncio.create_task(_left_alone(server)))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def _hello(self, service: Service, request: Request) -> Mapping[str, Any]:
        extra = service.methods.get("hello")
        more = await extra(request) if extra is not None else {}
        return {"version": __version__, "pid": os.getpid(), "home": str(self._home.path), **more}

    async def _stop(self, request: Request) -> Mapping[str, Any]:
        self._end()
        return {}

    def _end(self) -> None:
        self._over.set()
        # A second Ctrl+C does not wait; the store outlives even that.
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)


async def _left_alone(server: Server) -> None:
    """Return when the last face has left for a while; the first one gets longer to come."""
    with suppress(TimeoutError):
        async with asyncio.timeout(limits.API_WAIT_S_MAX):
            await server.occupied.wait()
    while True:
        await server.empty.wait()
        try:
            async with asyncio.timeout(limits.NODE_LINGER_S):
                await server.occupied.wait()
        except TimeoutError:
            if server.empty.is_set():
                return
