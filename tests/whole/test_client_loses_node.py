"""A node that is killed under the client is started again, and nothing that was typed is lost."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from pathlib import Path

import pytest
from textual.widgets import TextArea

from p2pblog.api.client import SyncClient
from p2pblog.api.live import NodeClient
from p2pblog.api.spawn import is_locked
from p2pblog.tui.app import DRAFTS_NAME, P2PBlogApp
from p2pblog.tui.drafts import Drafts
from p2pblog.tui.sample import SampleNode
from p2pblog.tui.screens.compose import ComposeScreen
from tests.tui.driving import Driver
from tests.whole.running import RunningNode, until


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nodes that the client starts keep to themselves."""
    monkeypatch.setenv("P2PBLOG_LISTEN", "127.0.0.1:0")
    monkeypatch.setenv("P2PBLOG_NO_LAN", "1")
    monkeypatch.setenv("P2PBLOG_NO_OVERLAY", "1")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    node = RunningNode(tmp_path / "ada").start().init("ada")
    node.call("post", text="what was there before")
    node.stop()
    return node.home


def pid_of(home: Path) -> int:
    with SyncClient(home, start=False) as node:
        pid: int = node.hello["pid"]
        return pid


async def kill(home: Path) -> int:
    pid = await asyncio.to_thread(pid_of, home)
    os.kill(pid, signal.SIGKILL)
    return pid


def client(home: Path) -> P2PBlogApp:
    drafts = Drafts(home / DRAFTS_NAME)
    return P2PBlogApp(partial(NodeClient.connect, home), drafts=drafts, home=home)


async def test_the_node_dies_while_one_writes_and_comes_back(home: Path) -> None:
    app = client(home)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        driver = Driver(app, pilot, SampleNode())
        await driver.see("what was there before")
        await driver.press("c")
        await driver.see("New post")
        area = app.screen.query_one(TextArea)
        await driver.press(*"half of a tho")
        killed = await kill(home)
        await driver.press(*"ught, and the rest @a")
        await driver.until(lambda: not app.context.away)
        # Either the person sees that it is away, or it is back before they could.
        again = await asyncio.to_thread(pid_of, home)
        assert again != killed
        assert area.text == "half of a thought, and the rest @a"
        kept = Drafts(home / DRAFTS_NAME).get("")
        assert kept is not None
        assert kept.text == area.text
        await driver.press("ctrl+s")
        await driver.until(lambda: not isinstance(app.screen, ComposeScreen))
        await driver.see("half of a thought, and the rest @a", "ada")
        assert Drafts(home / DRAFTS_NAME).get("") is None
    await asyncio.to_thread(until, lambda: not is_locked(home))


async def test_what_is_sent_while_the_node_is_dead_is_still_a_draft(home: Path) -> None:
    app = client(home)
    held = asyncio.Event()

    async def dial() -> NodeClient:
        await held.wait()
        return await NodeClient.connect(home)

    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        driver = Driver(app, pilot, SampleNode())
        await driver.see("what was there before")
        app.context.connection._dial = dial  # it stays away until the test lets it come
        await driver.press("c")
        await driver.see("New post")
        await kill(home)
        await driver.until(lambda: app.context.away)
        await driver.type("written to nobody")
        await driver.press("ctrl+s")
        await driver.see("the node is away")
        await driver.see("Not sent, kept as a draft.")
        assert [one.text for _, one in Drafts(home / DRAFTS_NAME).kept()] == ["written to nobody"]
        held.set()
        await driver.until(lambda: not app.context.away)
        await driver.press("c")
        await driver.see("New post", "written to nobody")
        await driver.press("ctrl+s")
        await driver.until(lambda: not isinstance(app.screen, ComposeScreen))
        await driver.until(lambda: not Drafts(home / DRAFTS_NAME).kept())
        await driver.see("written to nobody", "ada")
    await asyncio.to_thread(until, lambda: not is_locked(home))


async def test_the_client_itself_dies_and_the_draft_is_there(home: Path) -> None:
    app = client(home)
    async with app.run_test(size=(80, 24)) as pilot:
        driver = Driver(app, pilot, SampleNode())
        await driver.see("what was there before")
        await driver.press("c")
        await driver.see("New post")
        await driver.press(*"never sent")
        await kill(home)
        app.exit()  # with the composer open: nothing was kept on purpose
    again = client(home)
    async with again.run_test(size=(80, 24)) as pilot:
        driver = Driver(again, pilot, SampleNode())
        await driver.see("what was there before")
        await driver.press("c")
        await driver.see("New post", "never sent")
    await asyncio.to_thread(until, lambda: not is_locked(home))
