"""A terminal made as small as one can is no reason to end."""

from __future__ import annotations

import pytest

from tests.tui.driving import running
from tests.tui.scenes import SCENES, PicturedApp, Scene, go

ASKING = [one for one in SCENES if one.name in ("vote", "more", "report", "help", "home")]


@pytest.mark.parametrize("scene", ASKING, ids=[one.name for one in ASKING])
async def test_a_screen_survives_any_size(scene: Scene) -> None:
    app = PicturedApp(scene.node())
    async with app.run_test(size=(80, 24)) as pilot:
        await go(pilot, scene)
        for size in ((1, 1), (4, 10), (2, 50), (200, 1), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.02)
            await pilot.press("pagedown", "pageup")
        assert isinstance(app.screen, scene.screen)


async def test_the_palette_survives_any_size() -> None:
    scene = SCENES[0]
    app = PicturedApp(scene.node())
    async with app.run_test(size=(80, 24)) as pilot:
        await go(pilot, scene)
        await pilot.press("ctrl+p")
        await pilot.pause(0.6)
        for size in ((1, 1), (200, 1), (1, 50)):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.02)
            await pilot.press("pagedown", "end", "pageup", "home")


async def test_the_client_starts_in_the_smallest_of_terminals() -> None:
    async with running(SCENES[0].node(), (1, 1)) as driver:
        await driver.pilot.resize_terminal(80, 24)
        await driver.see("This. Everybody")
