"""What nobody sees holds up no key: garbage is collected, and pages come, without a paint."""

from __future__ import annotations

import gc

import pytest

from p2pblog.tui import sparing
from p2pblog.tui.sparing import Sparing
from p2pblog.tui.timeline import Timeline
from tests.tui.driving import running
from tests.tui.test_client import long_node


@pytest.fixture
def due(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Have a collection be due; return those that were carried out."""
    done: list[bool] = []
    monkeypatch.setattr(gc, "get_count", lambda: (0, 0, 10))
    monkeypatch.setattr(gc, "collect", lambda: done.append(True))
    return done


def test_garbage_waits_for_a_second_without_a_key(due: list[bool]) -> None:
    one = Sparing()
    one.heard(100.0)
    assert not one.look(100.9)
    assert not due
    assert one.look(101.0)
    assert due == [True]


def test_what_is_not_due_is_not_collected(due: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gc, "get_count", lambda: (699, 9, 9))
    assert not Sparing().look(100.0)
    assert not due


def test_few_collections_look_at_everything_by_themselves() -> None:
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)  # another client of this process may have raised the last
    try:
        sparing.spare_collections()
        assert gc.get_threshold()[:2] == (700, 10)
        assert gc.get_threshold()[2] > 50 * 10
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


async def test_the_client_collects_only_while_no_key_is_pressed(due: list[bool]) -> None:
    async with running(long_node(30)) as driver:
        now_s = 1000.0
        driver.app.monotonic = lambda: now_s
        await driver.see("post number 2")
        await driver.press("j")
        due.clear()
        driver.app._sparing.look(now_s + 0.5)
        assert not due
        now_s += 2
        await driver.until(lambda: due)


async def test_pages_that_went_by_leave_no_painted_lines_behind() -> None:
    async with running(long_node(600)) as driver:
        await driver.see("post number 599")
        timeline = driver.app.screen.query_one(Timeline)
        while timeline.place.top < 400:
            await driver.press("space")
        assert len(timeline._painted) <= driver.app.size.height


async def test_a_page_that_comes_out_of_sight_is_not_painted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(long_node(300)) as driver:
        await driver.see("post number 299")
        timeline = driver.app.screen.query_one(Timeline)
        painted: list[bool] = []
        monkeypatch.setattr(timeline, "refresh", lambda *args, **how: painted.append(True))
        await timeline.load_older()
        assert (len(timeline.rows), painted) == (200, [])
        monkeypatch.undo()
        timeline.place.end()
        monkeypatch.setattr(timeline, "changed", lambda: painted.append(True))
        await timeline.load_older()
        assert (len(timeline.rows), painted) == (300, [True])
