"""Real nodes for tests of the whole program: processes of their own, on 127.0.0.1 or a host.

Nothing here starts a node on any other address: traffic of tests stays on this machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from p2pblog.api.client import SyncClient
from p2pblog.core.errors import P2PBlogError

WAIT_S = 15
_POLL_S = 0.02


def until(check: Callable[[], Any], *, within_s: float = WAIT_S) -> Any:
    """Return what `check` returns as soon as that is true, asking again and again."""
    deadline_s = time.monotonic() + within_s
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < deadline_s, f"not within {within_s} s"
        time.sleep(_POLL_S)


class RunningNode:
    """`p2pblog node` on one home, and the command line beside it."""

    def __init__(
        self,
        home: Path,
        *,
        listen: str = "127.0.0.1:0",
        lan: bool = False,
        overlay: bool = False,
        on_host: Callable[[Sequence[str]], list[str]] = list,
        env: dict[str, str] | None = None,
    ) -> None:
        """Args: on_host turns a command into one that runs on another host."""
        self.home = home
        self.words: list[str] = []
        self._listen = listen
        self._lan = lan
        self._on_host = on_host
        self.env = os.environ | {"P2PBLOG_LISTEN": listen} | (env or {})
        if not lan:
            self.env["P2PBLOG_NO_LAN"] = "1"
        if not overlay:
            self.env["P2PBLOG_NO_OVERLAY"] = "1"
        self.process: subprocess.Popen[str] | None = None

    def argv(self, *args: str) -> list[str]:
        """Return the command line `p2pblog ARGS` for this home."""
        command = [sys.executable, "-m", "p2pblog", "--home", str(self.home), *args]
        return self._on_host(command)

    def start(self) -> Self:
        """Start the node and wait until it answers."""
        self.spawn()
        until(self._answers)
        return self

    def spawn(self) -> None:
        """Start the node, and do not wait for it."""
        args = ["node", "--listen", self._listen] + ([] if self._lan else ["--no-lan"])
        self.process = subprocess.Popen(
            self.argv(*args),
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self._reap()

    def stop(self) -> str:
        """End the node in peace; return what it said."""
        if self.process is None:
            return ""
        self.process.terminate()
        return self._reap()

    def call(self, method: str, **params: Any) -> Any:
        """Ask the node by the local API."""
        with SyncClient(self.home, start=False) as client:
            return client.call(method, **params)

    def run(
        self, *args: str, status: int | None = 0, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on this home, with or without a node running."""
        done = subprocess.run(
            self.argv(*args),
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if status is not None:
            assert done.returncode == status, f"{args}: {done.stdout}{done.stderr}"
        return done

    def json(self, *args: str) -> Any:
        """Run a command with --json and return its document."""
        return json.loads(self.run(*args, "--json").stdout)

    def init(self, name: str) -> Self:
        """Make an identity."""
        self.words = self.call("init", name=name)["words"]
        return self

    def address(self) -> str:
        """Return where it listens."""
        address: str = self.call("status")["listening"][0]
        return address

    def link_to(self, other: RunningNode) -> None:
        """Connect to another node."""
        self.call("connect", address=other.address())

    def texts(self, view: str = "home", limit: int = 200) -> list[str]:
        """Return the texts in a timeline, newest first."""
        page = self.call("timeline", view=view, limit=limit)
        return [entry["text"] for entry in page["entries"]]

    def _answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None and self.process.stderr is not None:
            raise AssertionError(self.process.stderr.read())
        try:
            self.call("hello")
        except P2PBlogError:
            return False
        return True

    def _reap(self) -> str:
        assert self.process is not None
        try:
            _, said = self.process.communicate(timeout=WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise AssertionError("the node does not end") from None
        finally:
            self.process = None
        return said
