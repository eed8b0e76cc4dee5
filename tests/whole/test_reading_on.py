"""Hundreds of posts arrive at a real node while keys are pressed: nobody who reads is moved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from p2pblog.api.live import NodeClient
from p2pblog.core.limits import PAGE_ENTRIES_MAX
from p2pblog.tui.app import P2PBlogApp
from p2pblog.tui.sample import SampleNode
from p2pblog.tui.timeline import Timeline
from tests.tui.driving import Driver, nobody_opens
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode

NOW_MS = 1_780_000_000_000
OWN, OLDER = 60, 600
CHOSEN = 10


def has_written(node: RunningNode, word: str, count: int, first_ms: int) -> None:
    """Let somebody have written so many posts, one a millisecond."""
    items = [
        {"id": f"{word} {n}", "time_ms": first_ms + n, "text": f"{word} {n}"} for n in range(count)
    ]
    for at in range(0, count, 300):
        node.call("import.batch", source="archive", account=word, items=items[at : at + 300])


@pytest.mark.parametrize("newer", [150, 700])  # fewer than are asked for at once, and more
async def test_keys_act_on_what_is_read_however_much_arrives(
    make_node: MakeNode, newer: int
) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    has_written(ada, "mine", OWN, NOW_MS)
    has_written(bob, "older", OLDER, NOW_MS - 10_000)
    has_written(bob, "newer", newer, NOW_MS + 10_000)
    ada.call("follow", id=bob.call("whoami")["identity"])
    app = P2PBlogApp(
        lambda: NodeClient.connect(ada.home, start=False),
        clock=lambda: NOW_MS + 60_000,
        opener=nobody_opens,
    )
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        driver = Driver(app, pilot, SampleNode())  # stands in for its calls, which nobody asks for
        await driver.see(f"mine {OWN - 1}")
        await driver.press(*"j" * CHOSEN)
        await driver.until(lambda: driver.chosen == f"mine {OWN - 1 - CHOSEN}")
        timeline = app.screen.query_one(Timeline)

        def in_sight() -> list[str]:
            return [line.strip("▌ ") for line in driver.lines()[2:-1] if "mine" in line]

        rows, pressed = in_sight(), 0
        await asyncio.to_thread(ada.link_to, bob)

        def told(true: Callable[[dict[str, Any]], bool]) -> Any:
            return asyncio.to_thread(lambda: true(ada.call("status")))

        target = ada.call("status")["arrival"] + newer + OLDER
        while not await told(lambda status: status["indexed"] >= target):
            await driver.press("kj"[pressed % 2])
            pressed += 1
            assert driver.chosen == f"mine {OWN - 1 - CHOSEN + pressed % 2}"
            assert in_sight() == rows
        await driver.until(lambda: timeline.more_news or timeline.news == newer)
        said = f"more than {timeline.news} new" if timeline.more_news else f"{newer} new"
        await driver.see(said)
        assert timeline.news <= newer
        assert newer > PAGE_ENTRIES_MAX or not timeline.more_news
        assert in_sight() == rows
        await driver.press("n")
        await driver.see(f"newer {newer - 1}")
        seen = [row.text for row in timeline.rows]
        expected = [f"newer {n}" for n in reversed(range(newer))]
        expected += [f"mine {n}" for n in reversed(range(OWN))]
        assert seen == expected[: len(seen)]
