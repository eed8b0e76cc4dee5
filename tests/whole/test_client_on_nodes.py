"""The client itself, on a real node, with another real node across the link."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from p2pblog.api.live import NodeClient
from p2pblog.tui.app import P2PBlogApp
from p2pblog.tui.sample import SampleNode
from tests.tui.driving import Driver
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until


async def answer_when_heard(bob: RunningNode, author: str) -> None:
    """Let Bob, who follows, reply to the first post that reaches him."""

    def work() -> None:
        found: list[Any] = until(lambda: bob.call("timeline", view=f"user:{author}")["entries"])
        bob.call("post", text="nice to hear from you", reply_to=found[0]["id"])

    await asyncio.to_thread(work)


async def test_from_onboarding_to_a_visible_reply_between_two_nodes(
    make_node: MakeNode, tmp_path: Path
) -> None:
    bob = make_node("bob")
    ada = RunningNode(tmp_path / "ada").start()

    async def dial() -> NodeClient:
        return await NodeClient.connect(ada.home, start=False)

    app = P2PBlogApp(dial, clock=lambda: time.time_ns() // 1_000_000)
    try:
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            # The driver's stand-in is only asked for its calls; the client speaks to `ada`.
            driver = Driver(app, pilot, SampleNode())
            await driver.see("What shall people call you?")
            await driver.type("Ada")
            await driver.press("enter")
            await driver.see("Your 24 words")
            await driver.press("s")
            await driver.see("Nothing here yet")
            who = await asyncio.to_thread(ada.call, "whoami")
            assert who["name"] == "Ada"
            await asyncio.to_thread(bob.call, "follow", id=who["identity"])
            await asyncio.to_thread(bob.link_to, ada)
            bobs = await asyncio.to_thread(bob.call, "whoami")
            await asyncio.to_thread(ada.call, "follow", id=bobs["identity"])
            await driver.press("c")
            await driver.type("is anybody there?")
            await driver.press("ctrl+s")
            await driver.see("is anybody there?", "Ada")
            await answer_when_heard(bob, who["identity"])
            await driver.see("nice to hear from you", "bob")
    finally:
        ada.stop()
