"""Every screen looks as it did when somebody last looked at it, at three sizes.

`make snapshots` takes what is shown now for what shall be shown.
"""

from __future__ import annotations

import pkgutil
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from p2pblog.tui import screens
from p2pblog.tui.screens.asked import AskedScreen, TouchedScreen
from p2pblog.tui.screens.base import BlogScreen
from p2pblog.tui.screens.doors import DoorScreen
from tests.tui.scenes import SCENES, PicturedApp, Scene, go

SIZES = ((80, 24), (120, 40), (40, 20))
BASES = {AskedScreen, BlogScreen, DoorScreen, TouchedScreen}  # only shown as what is made of them


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let nothing of this machine show."""
    for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_THEME", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TZ": "UTC", "LC_ALL": "C.UTF-8", "TEXTUAL_ANIMATIONS": "none"}.items():
        monkeypatch.setenv(name, value)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_screen_looks_as_before(
    snap_compare: Callable[..., bool], scene: Scene, size: tuple[int, int]
) -> None:
    async def lead(pilot: Pilot[Any]) -> None:
        await go(pilot, scene)

    assert snap_compare(PicturedApp(scene.node()), terminal_size=size, run_before=lead)


def test_every_screen_has_a_scene() -> None:
    modules = [
        import_module(f"{screens.__name__}.{found.name}")
        for found in pkgutil.iter_modules(screens.__path__)
    ]
    made = {
        found
        for module in modules
        for found in vars(module).values()
        if isinstance(found, type)
        and issubclass(found, Screen)
        and found.__module__ == module.__name__
    }
    assert len(made) > 20
    missing = made - BASES - {scene.screen for scene in SCENES}
    assert not missing, f"no scene in tests/tui/scenes.py shows {missing}"
