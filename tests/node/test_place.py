"""A home that was copied is told from one that stayed, or was only given another name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from p2pblog.node.home import Home, open_home
from p2pblog.node.place import PLACE_NAME, Place


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = open_home(tmp_path / "home")
    made.keep_device_seed(bytes(32))
    return made


def test_a_home_that_was_never_written_to_is_no_copy(home: Home, tmp_path: Path) -> None:
    assert not Place(home).is_copy
    assert not Place(Home(Path(shutil.copytree(home.path, tmp_path / "copy")))).is_copy


def test_a_home_that_stays_is_no_copy(home: Home) -> None:
    for _ in range(3):
        place = Place(home)
        assert not place.is_copy
        place.keep()
    assert (home.path / PLACE_NAME).stat().st_mode & 0o777 == 0o600


def test_another_name_makes_no_copy(home: Home, tmp_path: Path) -> None:
    Place(home).keep()
    assert not Place(Home(home.path.rename(tmp_path / "elsewhere"))).is_copy


def test_a_copy_is_one_until_it_is_written_to(home: Home, tmp_path: Path) -> None:
    Place(home).keep()
    copy = Home(Path(shutil.copytree(home.path, tmp_path / "copy")))
    assert Place(copy).is_copy
    place = Place(copy)
    place.keep()
    assert not Place(copy).is_copy
    assert not Place(home).is_copy


def test_a_backup_in_the_place_of_what_it_was_made_of_is_a_copy(home: Home, tmp_path: Path) -> None:
    Place(home).keep()
    backup = Path(shutil.copytree(home.path, tmp_path / "backup"))
    for _ in range(20):  # the file system likes to give numbers of files that are gone again
        shutil.rmtree(home.path)
        shutil.copytree(backup, home.path)
        assert Place(home).is_copy


def test_what_cannot_be_kept_is_no_reason_to_fail(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    (home.path / PLACE_NAME).mkdir()
    Place(home).keep()
    assert "cannot keep where this home is" in caplog.text
