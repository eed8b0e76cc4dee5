from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.views.views_world import Person, Shelf, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def me(world: World) -> Person:
    return world.person("ada")


@pytest.fixture
def shelf(tmp_path: Path, world: World, me: Person) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "views.sqlite", world, me)
    yield shelf
    shelf.views.close()
