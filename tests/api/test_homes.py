"""The list of homes: small, tolerant of damage, and never more than a list."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from p2pblog.api.homes import Homes, Known, absolute, folder_for, home_of
from p2pblog.core.errors import BadRequest, HomeUnusable, NotFound
from p2pblog.core.limits import CONFIG_BYTES_MAX, HOMES_MAX


@pytest.fixture
def homes(tmp_path: Path) -> Homes:
    return Homes(tmp_path / "config" / "homes.json")


def test_homes_are_kept_in_their_order_and_found_by_name(homes: Homes, tmp_path: Path) -> None:
    assert homes.all() == []
    work = homes.add(" work ", tmp_path / "one" / ".." / "two")
    play = homes.add("play", tmp_path / "three")
    assert homes.all() == [work, play] == Homes(homes._path).all()
    assert work == Known("work", tmp_path / "two")
    assert homes.named("WORK") == tmp_path / "two"
    assert homes.named("x") is None
    assert homes._path.stat().st_mode & 0o777 == 0o600
    assert homes.add("office", tmp_path / "two").name == "office"  # called something else now
    assert [one.name for one in homes.all()] == ["play", "office"]


def test_to_forget_a_home_leaves_its_files(homes: Homes, tmp_path: Path) -> None:
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "device.key").write_text("kept")
    homes.add("work", tmp_path / "two")
    homes.add("play", tmp_path / "three")
    assert homes.remove("Work").path == tmp_path / "two"
    assert homes.remove(str(tmp_path / "three")).name == "play"
    assert (tmp_path / "two" / "device.key").read_text() == "kept"
    with pytest.raises(NotFound):
        homes.remove("work")


@pytest.mark.parametrize("name", ["", " ", "a/b", ".x", "-x", "~x", "x" * 41, "a\nb", "\x1b[2J"])
def test_names_that_would_confuse_are_refused(homes: Homes, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadRequest):
        homes.add(name, tmp_path)


def test_names_are_clear_and_there_are_not_too_many(homes: Homes, tmp_path: Path) -> None:
    homes.add("work", tmp_path / "0")
    with pytest.raises(BadRequest, match="another home"):
        homes.add("Work", tmp_path / "1")
    for number in range(1, HOMES_MAX):
        homes.add(f"home {number}", tmp_path / str(number))
    with pytest.raises(BadRequest, match="remove one"):
        homes.add("one more", tmp_path / "more")
    assert len(homes.all()) == HOMES_MAX


def test_what_would_not_be_read_again_is_not_written(homes: Homes) -> None:
    for number in range(20):
        long = Path("/" + "/".join(["x" * 200] * 18) + str(number))
        try:
            homes.add(f"home {number}", long)
        except BadRequest:
            break
    else:
        raise AssertionError("the list grew without bound")
    assert len(homes.all()) == number


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"homes": 5}',
        b'{"homes": [5, null, {"name": "x"}, {"name": 5, "path": "/x"}]}',
        b'{"homes": [{"name": "x", "path": "not/absolute"}, {"name": "../x", "path": "/x"}]}',
        b'{"homes": [{"name": "x", "path": "/a\\u001b[2Jb"}]}',
        b" " * (CONFIG_BYTES_MAX + 1),
    ],
)
def test_a_damaged_list_is_an_empty_one_and_is_kept(
    homes: Homes, damage: bytes, tmp_path: Path
) -> None:
    homes._path.parent.mkdir()
    homes._path.write_bytes(damage)
    assert homes.all() == []
    assert bool(homes.damage()) == bool(damage)
    homes.add("work", tmp_path)
    assert [one.name for one in homes.all()] == ["work"]
    aside = homes._path.with_name("homes.json.bad")
    if damage:
        assert aside.read_bytes() == damage
        assert str(aside) in homes.damage()
    homes.add("play", tmp_path / "play")
    assert len(list(homes._path.parent.glob("*.bad*"))) == bool(damage)


def test_few_damaged_lists_are_kept_and_none_is_lost(homes: Homes, tmp_path: Path) -> None:
    homes._path.parent.mkdir()
    for number in range(3):
        homes._path.write_text(f"[{number}]")
        homes.add("work", tmp_path)
    homes._path.write_text("[3]")
    with pytest.raises(HomeUnusable, match=r"homes\.json\.bad"):
        homes.add("work", tmp_path)
    kept = sorted(homes._path.parent.glob("homes.json*"))
    assert [path.read_text() for path in kept] == ["[3]", "[0]", "[1]", "[2]"]


def test_a_list_behind_a_link_is_written_where_it_is(homes: Homes, tmp_path: Path) -> None:
    homes._path.parent.mkdir()
    real = tmp_path / "mine.json"
    homes._path.symlink_to(real)
    homes.add("work", tmp_path)
    real.write_text("{")
    homes.add("play", tmp_path)
    assert homes._path.is_symlink()
    assert [one["name"] for one in json.loads(real.read_text())["homes"]] == ["play"]
    assert homes._path.with_name("homes.json.bad").read_text() == "{"


@pytest.mark.parametrize("what", ["pipe", "device", "folder", "loop"])
def test_what_is_no_file_is_neither_waited_for_nor_replaced(
    homes: Homes, tmp_path: Path, what: str
) -> None:
    homes._path.parent.mkdir()
    match what:
        case "pipe":
            os.mkfifo(homes._path)
        case "device":
            homes._path.symlink_to("/dev/zero")
        case "folder":
            homes._path.mkdir()
        case _:
            homes._path.symlink_to(homes._path)
    before = homes._path.lstat()
    assert homes.all() == []
    assert "cannot be read" in homes.damage()
    with pytest.raises(HomeUnusable, match="cannot be read"):
        homes.add("work", tmp_path)
    assert homes._path.lstat().st_ino == before.st_ino
    assert homes._path.lstat().st_mode == before.st_mode


def test_of_a_list_that_is_damaged_in_part_the_rest_counts(homes: Homes) -> None:
    listed: list[Any] = [
        {"name": "one", "path": "/one", "identity": "iabc", "more": 1},
        {"name": "ONE", "path": "/other"},
        {"name": "two", "path": "/one"},
        {"name": "three", "path": "/three", "identity": "\x1b[2J"},
    ]
    homes._path.parent.mkdir()
    homes._path.write_text(json.dumps({"homes": listed}))
    assert homes.all() == [Known("one", Path("/one"), "iabc"), Known("three", Path("/three"))]
    homes.add("four", Path("/four"))
    assert json.loads(homes._path.with_name("homes.json.bad").read_text()) == {"homes": listed}


def test_whose_a_home_is_is_learnt_only_of_those_on_the_list(homes: Homes, tmp_path: Path) -> None:
    homes.add("work", tmp_path)
    homes.learn(tmp_path, "iabc")
    homes.learn(tmp_path / "other", "idef")
    assert homes.all() == [Known("work", tmp_path, "iabc")]


def test_homes_that_are_added_and_learnt_at_the_same_time_are_all_kept(
    homes: Homes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Homes._write

    def slowly(self: Homes, listed: list[Known]) -> None:
        time.sleep(0.01)
        write(self, listed)

    monkeypatch.setattr(Homes, "_write", slowly)
    homes.add("work", tmp_path / "work")

    def change(number: int) -> None:
        mine = Homes(homes._path)
        if number % 2:
            mine.learn(tmp_path / "work", f"iabc{number}")
        else:
            mine.add(f"home {number}", tmp_path / str(number))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(change, range(8)))
    names = {one.name for one in homes.all()}
    assert names == {"work", "home 0", "home 2", "home 4", "home 6"}
    assert homes.all()[0].identity.startswith("iabc")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(homes.remove, names))
    assert homes.all() == []


def test_a_list_that_another_program_keeps_is_said_and_nothing_is_learnt(
    homes: Homes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("p2pblog.api.homes._LOCK_S", 0.02)
    homes.add("work", tmp_path)
    with homes._alone():
        with pytest.raises(HomeUnusable, match="another program"):
            homes.add("play", tmp_path / "play")
        homes.learn(tmp_path, "iabc")
    assert homes.all() == [Known("work", tmp_path)]


def test_a_list_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HomeUnusable, match="file"):
        Homes(tmp_path / "file" / "homes.json").add("work", tmp_path)


def test_a_name_goes_before_a_path_that_has_no_slash(homes: Homes, tmp_path: Path) -> None:
    homes.add("work", tmp_path)
    assert home_of("work", homes) == tmp_path
    assert home_of("./work", homes) == Path("./work")
    assert home_of("other", homes) == Path("other")
    assert home_of("..", homes) == Path("..")


def test_a_new_home_gets_a_folder_of_its_own_beside_the_other(tmp_path: Path) -> None:
    first = folder_for("My Work!", tmp_path / "home")
    assert first == tmp_path / "p2pblog-my-work"
    first.mkdir()
    assert folder_for("My Work!", tmp_path / "home") == tmp_path / "p2pblog-my-work-2"
    assert folder_for("/../", tmp_path / "home") == tmp_path / "p2pblog-home"
    assert absolute(Path("/a/../b")) == Path("/b")
