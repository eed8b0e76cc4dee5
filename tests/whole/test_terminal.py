"""The program as a person meets it: in a real terminal (tmux), from the first start to leaving.

Nothing is asked of the client but what its screen says; skipped, and told, where tmux is missing.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Figures
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until

Terminal = Callable[[RunningNode], "Tmux"]


class Tmux:
    """A terminal of 80x24 that runs the client, with a server of its own."""

    def __init__(self, node: RunningNode, folder: Path) -> None:
        """Args: node is where the client lives; the client starts it by itself."""
        self._env = node.env | {"TMUX_TMPDIR": str(folder), "LC_ALL": "C.UTF-8"}
        self._env.pop("TMUX", None)
        command = f"{shlex.join(node.argv())}; echo it left with $?; exec sleep 100"
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", command)

    def _tmux(self, *args: str) -> str:
        argv = ["tmux", "-L", "p2pblog", *args]
        return subprocess.run(
            argv, env=self._env, check=True, capture_output=True, text=True, timeout=20
        ).stdout

    def screen(self) -> str:
        """Return what a person sees."""
        return self._tmux("capture-pane", "-p")

    def see(self, *texts: str) -> None:
        """Wait until all of these are on the screen."""
        try:
            until(lambda: all(text in self.screen() for text in texts), within_s=30)
        except AssertionError:
            raise AssertionError(f"not there: {texts}\n{self.screen()}") from None

    def press(self, *keys: str) -> None:
        """Press keys, by the names that tmux gives them."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type a text, key by key."""
        self._tmux("send-keys", "-l", text)

    def close(self) -> None:
        """End the terminal with all that runs in it."""
        self._tmux("kill-server")


@pytest.fixture
def terminal(tmp_path: Path, figures: Figures) -> Iterator[Terminal]:
    """Open a terminal that runs the client on a home."""
    if shutil.which("tmux") is None:
        figures.tell("no tmux: the client was not run in a real terminal")
        pytest.skip("tmux is missing")
    opened: list[Tmux] = []

    def make(node: RunningNode) -> Tmux:
        opened.append(Tmux(node, tmp_path))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def test_from_the_first_start_to_leaving_by_what_the_screen_says(
    make_node: MakeNode, terminal: Terminal, tmp_path: Path, figures: Figures
) -> None:
    bob = make_node("bob")
    bob.call("post", text="good morning from the other side")
    ada = RunningNode(tmp_path / "ada")  # not started: the client has to
    shown = terminal(ada)

    shown.see("What shall people call you?")
    shown.type("Ada")
    shown.press("Enter")
    shown.see("Your 24 words", "I have them (s)")
    shown.press("s")
    shown.see("Nothing here yet", "c       write your first post", "? help")

    shown.press("c")
    shown.see("New post", "Ctrl+S send")
    shown.type("hello from a terminal")
    shown.press("C-s")
    shown.see("Ada", "hello from a terminal", "now")

    shown.press("C-p")
    shown.type("connect")
    shown.see("Link to a node by its address")
    shown.press("Enter")
    shown.see("The address that the other one sees here")
    shown.type(bob.address())
    shown.press("Enter")
    shown.see("1 peer: bob")

    shown.press("g")
    shown.see("p people")
    shown.press("p")
    shown.see("bob", "F to follow")
    shown.press("F")
    shown.see("You follow bob.")
    shown.press("g", "h")
    shown.see("good morning from the other side")

    shown.press("j", "k")
    until(lambda: _chosen(shown, "good morning"))
    shown.press("r")
    shown.see("Reply", "to bob")
    shown.type("good morning to you")
    shown.press("C-s")
    shown.see("Sent in 5 seconds")
    bob.call("follow", id=ada.call("whoami")["identity"])
    until(lambda: "good morning to you" in bob.texts())
    answer = bob.call("timeline", view="mentions", limit=5)["entries"][0]
    assert answer["text"] == "good morning to you"
    shown.see("1 new: n shows it")
    shown.press("n")
    shown.see("good morning to you")

    shown.press("?")
    shown.see("Keys", "On a post", "q closes")
    shown.press("q")
    shown.see("c write")
    shown.press("q")
    shown.see("it left with 0")
    assert "good morning" not in shown.screen(), "the terminal is not given back as it was"
    figures.tell("the client was gone through in a real terminal, of 80x24")


def _chosen(shown: Tmux, text: str) -> bool:
    """Choose the post with `text`, a step at a time; tell whether it is chosen."""
    lines = shown.screen().splitlines()
    if any(line.startswith("▌") and text in line for line in lines):
        return True
    shown.press("j" if any(line.startswith("▌") for line in lines[:6]) else "k")
    return False
