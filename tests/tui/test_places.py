"""A restart goes on where one was, and what came meanwhile is announced above."""

from __future__ import annotations

from pathlib import Path

import pytest

from p2pblog.tui.places import Place, Places
from p2pblog.tui.sample import MINUTE_MS, SampleNode
from tests.tui.driving import running
from tests.tui.test_client import long_node


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
        before = [line[:-3] for line in driver.lines()[2:-1]]  # without the scroll bar
    for number in range(5):
        node.write(node.entries[0].author, f"fresh {number}", MINUTE_MS - number)
    async with running(node, places=Places(path)) as driver:
        await driver.until(lambda: driver.chosen == "post number 279")
        assert [line[:-3] for line in driver.lines()[2:-1]] == before
        await driver.see("new: n shows them")
        await driver.press("n")
        await driver.see("fresh 4")
        assert driver.chosen != "post number 279"
    async with running(node, places=Places(path)) as driver:
        await driver.see("fresh 4")


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
