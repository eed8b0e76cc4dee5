"""A restart goes on where one was, and what came meanwhile is announced above."""

from __future__ import annotations

from pathlib import Path

import pytest

from p2pblog.tui.places import Place, Places
from p2pblog.tui.sample import MINUTE_MS, SampleNode
from p2pblog.tui.timeline import Timeline
from tests.tui.driving import Driver, running
from tests.tui.test_client import long_node


def read_lines(driver: Driver) -> list[str]:
    """Return the lines between the bars, without the scroll bar."""
    return [line[:-3] for line in driver.lines()[2:-1]]


async def gone_on(newer: int) -> tuple[SampleNode, Places, list[str]]:
    """Leave in the middle of 20 posts, let so many newer ones come; return also what was read."""
    node, places = long_node(20), Places()
    async with running(node, places=places) as driver:
        await driver.press(*["j"] * 8)
        await driver.until(lambda: driver.chosen == "post number 11")
        before = read_lines(driver)
    for number in range(newer):
        node.write(node.entries[0].author, f"newer {number}", MINUTE_MS // 2 - number)
    return node, places, before


async def test_a_restart_goes_on_at_the_same_entry_and_line(tmp_path: Path) -> None:
    node = long_node(300)
    path = tmp_path / "places.json"
    async with running(node, places=Places(path)) as driver:
        await driver.see("post number 299")
        await driver.press(*["j"] * 20)
        await driver.until(lambda: driver.chosen == "post number 279")
        await driver.press("g", "l")
        await driver.see("post number 299")
        await driver.press("g", "h")
        await driver.until(lambda: driver.chosen == "post number 279")
        before = read_lines(driver)
    for number in range(5):
        node.write(node.entries[0].author, f"fresh {number}", MINUTE_MS - number)
    async with running(node, places=Places(path)) as driver:
        await driver.until(lambda: driver.chosen == "post number 279")
        assert read_lines(driver) == before
        await driver.see("new: n shows them")
        await driver.press("n")
        await driver.see("fresh 4")
        assert driver.chosen != "post number 279"
    async with running(node, places=Places(path)) as driver:
        await driver.see("fresh 4")


NEWER = 450  # three pages, of 200 at most


@pytest.mark.parametrize("up", ["k", "pageup", "wheel"])
async def test_who_goes_up_from_a_restored_place_meets_every_newer_post(up: str) -> None:
    node, places, before = await gone_on(NEWER)
    async with running(node, places=places) as driver:
        await driver.see("more than 200 new: n shows the newest")
        assert driver.chosen == "post number 11"
        assert read_lines(driver) == before
        timeline = driver.app.screen.query_one(Timeline)
        seen: list[str] = []

        def look() -> None:
            for index, _ in timeline.place.visible():
                if (text := timeline.rows[index].text) not in seen[-60:]:
                    seen.append(text)

        for _ in range(3000):
            look()
            if f"newer {NEWER - 1}" in seen:
                break
            if up == "wheel":
                timeline.wheel(-3)
            await driver.press(*[up] * (up != "wheel"))
        look()
        newer = [text for text in seen if text.startswith("newer")]
        assert sorted(newer, key=lambda text: int(text.split()[1])) == [
            f"newer {number}" for number in range(NEWER)
        ]
        assert not timeline.news
        assert not timeline.more_news
        assert len({row.id for row in timeline.rows}) == len(timeline.rows) == NEWER + 20


async def test_news_that_come_while_one_goes_up_leave_no_hole() -> None:
    node, places, _ = await gone_on(450)
    async with running(node, places=places) as driver:
        await driver.see("more than 200 new")
        timeline = driver.app.screen.query_one(Timeline)
        for number in range(300):
            await driver.press("k", "k")
            if not number % 30:
                came = 450 + number // 30
                node.write(node.entries[0].author, f"newer {came}", MINUTE_MS // 2 - came)
        await driver.until(lambda: driver.chosen == "newer 459")
        texts = [row.text for row in timeline.rows if row.text.startswith("newer")]
        assert texts == [f"newer {number}" for number in reversed(range(460))]


async def test_who_does_not_want_to_go_up_through_all_of_it_goes_to_the_newest() -> None:
    node, places, _ = await gone_on(450)
    async with running(node, places=places) as driver:
        await driver.see("more than 200 new")
        await driver.press("n")
        await driver.see("newer 449")
        await driver.gone("new: n shows")
        await driver.press("G")
        await driver.until(lambda: len(driver.entries.rows) > 100)
        texts = [row.text for row in driver.entries.rows]
        assert texts == [f"newer {449 - at}" for at in range(len(texts))]


async def test_who_is_at_the_top_begins_at_the_top(tmp_path: Path) -> None:
    node = long_node(30)
    path = tmp_path / "places.json"
    async with running(node, places=Places(path)) as driver:
        await driver.see("post number 29")
    node.write(node.me, "the newest", 1)
    async with running(node, places=Places(path)) as driver:
        await driver.see("the newest")


async def test_a_place_of_what_is_gone_does_no_harm() -> None:
    node = SampleNode("Noor")
    node.write(node.me, "all that is left", MINUTE_MS)
    places = Places()
    places.put("home", Place("0000000000000001.000000000", 7, 9))
    async with running(node, places=places) as driver:
        await driver.see("all that is left")


@pytest.mark.parametrize(
    "damage", [b"{", b"[1]", b"\xff", b'{"home": ["x", "y", 1]}', b'{"home": 5}', b"[" * 9999]
)
def test_a_damaged_file_is_no_file(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "places.json"
    path.write_bytes(damage)
    assert Places(path).get("home") is None


def test_places_are_kept_and_the_oldest_go(tmp_path: Path) -> None:
    places = Places(tmp_path / "places.json")
    for number in range(205):
        places.put(f"tag:{number}", Place(str(number), 1, 2))
    places.put("tag:204", None)
    again = Places(tmp_path / "places.json")
    assert again.get("tag:4") is None
    assert again.get("tag:204") is None
    assert again.get("tag:203") == Place("203", 1, 2)
