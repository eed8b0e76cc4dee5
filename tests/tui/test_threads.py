"""What a thread lacks: the place says that it is asked for, that nobody has it, or fills."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual.screen import Screen

from p2pblog.core.errors import NodeUnreachable
from p2pblog.tui.sample import MINUTE_MS, SampleNode, Stored
from p2pblog.tui.sample_client import SampleClient
from p2pblog.tui.screens import compose
from tests.tui.driving import Driver, running


class Seeker(SampleNode):
    """A node whose search for what a thread lacks ends when the test says so."""

    def __init__(self) -> None:
        super().__init__("Noor")
        self.mia = self.person("Mia")
        self.follows.add((self.me, self.mia))
        gone = self.write(self.mia, "who has flour?", 3 * MINUTE_MS)
        self.answer_id = self.write(self.mia, "I do", 2 * MINUTE_MS, reply_to=gone)
        self.away: Stored = self.entries.pop(0)
        self.found = asyncio.Event()
        self.peers_now = 1

    async def connect(self) -> SampleClient:
        client = await super().connect()
        call = client.call

        async def waiting(method: str, /, **params: Any) -> dict[str, Any]:
            answer = await call(method, **params)
            if method == "thread.seek":
                await self.found.wait()
                if self.down:
                    raise NodeUnreachable
                answer = await call("thread", **params)
                lacking = [row["id"] for row in answer["entries"] if row.get("missing")]
                return {"missing": lacking, "peers": self.peers_now}
            return answer

        client.call = waiting  # type: ignore[method-assign]
        return client

    def come(self) -> None:
        self.entries.insert(0, self.away)
        self.tell()


async def opened(driver: Driver) -> None:
    await driver.see("I do")
    await driver.press("enter")
    await driver.see("Thread", "has not arrived yet; asking peers for it", "Mia ◂")


async def test_the_place_fills_when_what_lacked_comes() -> None:
    node = Seeker()
    async with running(node) as driver:
        await opened(driver)
        assert driver.chosen == "I do"
        node.come()
        node.found.set()
        await driver.see("who has flour?")
        await driver.gone("asking")
        assert driver.chosen == "I do"
        assert len(driver.called("thread.seek")) == 1


@pytest.mark.parametrize(("peers", "said"), [(1, "nobody you are linked to has"), (0, "to nobody")])
async def test_after_a_while_it_says_that_nobody_has_it_and_r_asks_again(
    peers: int, said: str
) -> None:
    node = Seeker()
    node.peers_now = peers
    async with running(node) as driver:
        await opened(driver)
        node.found.set()
        await driver.see(said, "r asks again")
        node.tell()  # something else has come: that is no reason to ask again
        await driver.pilot.pause(0.3)
        await driver.see(said)
        assert len(driver.called("thread.seek")) == 1
        node.found.clear()
        await driver.press("k", "r")
        await driver.see("asking peers for it")
        assert len(driver.called("thread.seek")) == 2
        node.come()
        node.found.set()
        await driver.see("who has flour?")


async def test_what_comes_later_fills_the_place_as_well() -> None:
    node = Seeker()
    async with running(node) as driver:
        await opened(driver)
        node.found.set()
        await driver.see("r asks again")
        node.come()
        await driver.see("who has flour?")
        await driver.gone("r asks again")


async def test_no_other_key_does_anything_to_what_is_not_here() -> None:
    node = Seeker()
    node.found.set()
    async with running(node) as driver:
        await driver.see("I do")
        await driver.press("enter")
        await driver.see("r asks again")
        await driver.press("k", *"bfmuFxovQEiDaMByY")
        await driver.pilot.pause()
        await driver.see("Thread", "r asks again")
        assert not {"like", "repost", "bookmark"} & {name for name, _ in node.calls}


async def test_it_is_asked_again_when_the_node_was_away() -> None:
    node = Seeker()
    async with running(node) as driver:
        await opened(driver)
        node.crash()
        node.found.set()
        await driver.see("the node is away")
        node.found.clear()
        node.down = False
        await driver.until(lambda: len(driver.called("thread.seek")) == 2)
        await driver.see("asking peers for it")


async def test_on_a_narrow_screen_it_is_said_whole() -> None:
    node = Seeker()
    node.found.set()
    async with running(node, size=(40, 20)) as driver:
        await driver.see("I do")
        await driver.press("enter")
        await driver.see("nobody you are linked", "asks again")


async def left(driver: Driver) -> None:
    """Have the screen in front out of sight, but for what another lets through."""
    for _ in range(2):
        await driver.app.push_screen(Screen[None]())


async def test_what_is_found_for_a_thread_that_is_being_left_ends_nothing() -> None:
    node = Seeker()
    async with running(node) as driver:
        await opened(driver)
        thread = driver.app.screen
        await left(driver)
        await thread.remove_children()  # as when a screen goes
        node.found.set()
        await driver.until(lambda: not any(one.group == "seek" for one in driver.app.workers))
        assert driver.called("thread.seek")


async def test_a_guess_about_a_text_that_is_being_left_ends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compose, "_GUESS_AFTER_S", 0.01)
    node = SampleNode("Noor")
    held = node.held_up["language"] = asyncio.Event()
    async with running(node) as driver:
        await driver.press("c")
        await driver.type("Bread is ready in the oven")
        writing = driver.app.screen
        await driver.until(lambda: any(one.group == "language" for one in driver.app.workers))
        await left(driver)
        await writing.remove_children()
        held.set()
        await driver.until(lambda: not any(one.group == "language" for one in driver.app.workers))
        assert driver.called("language")
