"""Whole archives: both layouts, folder and zip, whole and damaged."""

from __future__ import annotations

import dataclasses
import json
import os
import struct
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from p2pblog.core import limits
from p2pblog.core.errors import BadArchive
from p2pblog.exchange.twitter import Archive, Item, Problem, open_archive
from tests.exchange.make_archive import HANDLE, make_archive, script, write_files


def _tweet(number: int, text: str = "", /, **more: Any) -> dict[str, Any]:
    created = f"Wed Oct 10 20:{number // 60 % 60:02}:{number % 60:02} +0000 2018"
    fields = {"id_str": str(number), "created_at": created, "full_text": text or f"n{number}"}
    return {"tweet": fields | more}


def _answer(number: int, to: int, name: str | None = HANDLE, **more: Any) -> dict[str, Any]:
    fields = {"in_reply_to_status_id_str": str(to), "in_reply_to_screen_name": name}
    return _tweet(number, **fields, **more)


def _tweets(*records: Any) -> bytes:
    return script("window.YTD.tweets.part0", list(records))


def _month(*records: dict[str, Any]) -> bytes:
    old = [r["tweet"] | {"text": r["tweet"]["full_text"], "full_text": None} for r in records]
    return script("Grailbird.data.tweets_2018_10", old)


ACCOUNT = script("window.YTD.account.part0", [{"account": {"username": HANDLE, "accountId": "9"}}])
DETAILS = script("var user_details", {"screen_name": HANDLE, "id": 9})


def _open(path: Path, files: dict[str, bytes], *, zipped: bool = False) -> Archive:
    target = path / ("archive.zip" if zipped else "archive")
    write_files(target, files, zipped=zipped)
    return open_archive(target)


def _ids(archive: Archive) -> list[int]:
    return [int(item.id) for item in archive]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("generation", [1, 2])
def test_an_archive_of_either_generation_is_read_whole(
    tmp_path: Path, generation: int, zipped: bool
) -> None:
    make_archive(tmp_path / "a", generation=generation, tweets=400, seed=7, zipped=zipped)
    archive = open_archive(tmp_path / "a")
    assert archive.account == HANDLE
    assert 100 < archive.total < 1600
    items = list(archive)
    assert archive.total == len(items) == 400
    assert archive.problems == []
    assert items == sorted(items, key=lambda item: (item.time_ms, int(item.id)))
    assert sum(bool(item.reply_to_id) for item in items) == 39
    assert sum(bool(item.reply_to) for item in items) == 80
    assert sum(item.repost_of is not None for item in items) == 40
    assert not any("t.co/" in item.text or "&amp;" in item.text for item in items)


def test_the_same_seed_makes_the_same_archive(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        make_archive(tmp_path / name, generation=2, tweets=30, seed=seed)
    a, b, c = (list(open_archive(tmp_path / name)) for name in "abc")
    assert a == b != c


def test_an_archive_can_be_gone_through_twice(tmp_path: Path) -> None:
    archive = _open(tmp_path, {"data/tweets.js": _tweets(_tweet(2), None, _tweet(1))})
    assert list(archive) == list(archive)
    assert len(archive.problems) == 1


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("lead", ["", "twitter-2024-11-16-abc/"])
@pytest.mark.parametrize(
    ("account", "tweets"),
    [
        ("data/account.js", ["data/tweets.js", "data/tweets-part1.js", "data/tweets-part10.js"]),
        ("data/account.js", ["data/tweet.js", "data/tweet-part1.js"]),
        ("account.js", ["tweet.js"]),
        ("account.js", ["tweets.js", "tweets-part1.js"]),
    ],
)
def test_every_layout_since_2018_is_found(
    tmp_path: Path, account: str, tweets: list[str], lead: str, zipped: bool
) -> None:
    files = {lead + name: _tweets(_tweet(n)) for n, name in enumerate(tweets, 1)}
    archive = _open(tmp_path, {lead + account: ACCOUNT, **files}, zipped=zipped)
    assert archive.account == HANDLE
    assert _ids(archive) == list(range(1, len(tweets) + 1))


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("lead", ["", "old/", "data/", "old/data/"])
def test_the_layout_until_2018_is_found(tmp_path: Path, lead: str, zipped: bool) -> None:
    files = {
        lead + "js/tweets/2018_09.js": _month(_tweet(1)),
        lead + "js/tweets/2018_10.js": _month(_tweet(3), _tweet(2)),
        lead + "js/user_details.js": DETAILS,
    }
    archive = _open(tmp_path, files, zipped=zipped)
    assert (archive.account, _ids(archive), archive.problems) == (HANDLE, [1, 2, 3], [])


def test_the_folder_inside_an_archive_may_be_given(tmp_path: Path) -> None:
    make_archive(tmp_path / "a", generation=2, tweets=5, seed=1)
    assert len(list(open_archive(tmp_path / "a" / "data"))) == 5


def test_bare_records_of_early_exports_are_read(tmp_path: Path) -> None:
    bare = _tweet(1)["tweet"]
    assert _ids(_open(tmp_path, {"tweet.js": _tweets(bare)})) == [1]


def test_what_is_no_tweet_of_the_account_is_left_alone(tmp_path: Path) -> None:
    others = ["deleted-tweets.js", "community-tweet.js", "like.js", "tweets.js.bak", "._tweets.js"]
    files = {f"data/{name}": _tweets(_tweet(n)) for n, name in enumerate(others, 2)}
    files |= {"a/b/data/tweets.js": _tweets(_tweet(90)), "tweets/tweets.js": _tweets(_tweet(91))}
    archive = _open(tmp_path, files | {"data/tweets.js": _tweets(_tweet(1))}, zipped=True)
    assert (_ids(archive), archive.problems) == ([1], [])


@pytest.mark.parametrize(
    "files",
    [
        {"data/js/tweets/2018_10.js": _month(_tweet(1, user={"screen_name": HANDLE, "id": 9}))},
        {
            "data/tweets.js": _tweets(
                _tweet(2),
                _tweet(
                    3,
                    entities={
                        "media": [
                            {"expanded_url": "https://twitter.com/other/status/2/photo/1"},
                            {"expanded_url": f"https://twitter.com/{HANDLE}/status/3/photo/1"},
                        ]
                    },
                ),
            )
        },
    ],
)
def test_without_an_account_file_the_tweets_show_whose_they_are(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    archive = _open(tmp_path, files)
    assert archive.account == HANDLE
    assert list(archive)
    assert archive.problems == []


def test_an_archive_that_names_nobody_is_still_read(tmp_path: Path) -> None:
    archive = _open(tmp_path, {"tweets.js": _tweets(_tweet(1))})
    assert (archive.account, _ids(archive)) == ("", [1])


@pytest.mark.parametrize("data", [b"", b"var x", b"x = []", b'x = [{"account": {"username": 7}}]'])
def test_an_account_file_that_says_nothing_is_listed(tmp_path: Path, data: bytes) -> None:
    archive = _open(tmp_path, {"data/tweets.js": _tweets(_tweet(1)), "data/account.js": data})
    assert _ids(archive) == [1]
    assert [problem.file for problem in archive.problems] == ["data/account.js"]


def test_replies_to_oneself_make_a_thread_and_others_keep_a_handle(tmp_path: Path) -> None:
    records = [
        _tweet(1),
        _answer(2, 1),
        _answer(3, 2, name=None),  # the account had another handle then
        _answer(4, 99, name="baker_jo"),
        _answer(5, 98),  # an own tweet that was deleted
        _answer(6, 97, name="old_handle", in_reply_to_user_id_str="9"),  # so was this
        _tweet(7, "@baker_jo hello"),
        _answer(8, 9),  # what it answers comes later: it cannot be
        _tweet(9),
        _answer(10, 10),
        _tweet(11, "RT @baker_jo: bread"),
        _answer(12, 11),  # not a post
    ]
    archive = _open(
        tmp_path, {"data/tweets.js": _tweets(*records[::-1]), "data/account.js": ACCOUNT}
    )
    items = {int(item.id): item for item in archive}
    assert {n: item.reply_to_id for n, item in items.items() if item.reply_to_id} == {
        2: "1",
        3: "2",
    }
    assert {n: item.reply_to for n, item in items.items() if item.reply_to} == {4: "baker_jo"}
    assert items[11].repost_of == {"handle": "baker_jo", "text": "bread"}


def test_tweets_of_one_second_or_day_follow_their_ids_as_numbers(tmp_path: Path) -> None:
    day = "2007-03-30 00:00:00 +0000"
    records = [_tweet(n, created_at=day) for n in (10, 9, 100)]
    assert _ids(_open(tmp_path, {"data/js/tweets/2007_03.js": _month(*records)})) == [9, 10, 100]


def test_a_tweet_that_stands_twice_is_kept_once(tmp_path: Path) -> None:
    files = {
        "data/tweets.js": _tweets(_tweet(1), _tweet(2, lang="en"), _tweet(1, "again")),
        "data/js/tweets/2018_10.js": _month(_tweet(2), _tweet(3)),
    }
    archive = _open(tmp_path, files)
    items = {item.id: item for item in archive}
    assert sorted(items) == ["1", "2", "3"]
    assert (items["1"].text, items["2"].lang, archive.problems) == ("n1", "en", [])


def test_long_texts_are_taken_from_the_notes(tmp_path: Path) -> None:
    whole = "bread " * 100
    note = {"noteTweet": {"createdAt": "2018-10-10T20:00:01.000Z", "core": {"text": whole}}}
    files = {
        "data/tweets.js": _tweets(_tweet(1, whole[:270] + "…")),
        "data/note-tweet.js": script("window.YTD.note_tweet.part0", [note, {"noteTweet": {}}]),
    }
    archive = _open(tmp_path, files)
    assert [item.text for item in archive] == [whole.strip()]
    assert archive.problems == [Problem("data/note-tweet.js", "a note has no text")]


DAMAGE = {
    "an empty file": b"",
    "another kind of file": b"<html></html>",
    "UTF-16": _month(_tweet(5)).decode().encode("utf-16"),
    "a file cut off": _month(_tweet(5))[:-60],
    "bytes that are no text": bytes(range(256)) * 8,
    "a bad byte in a text": _month(_tweet(5)).replace(b"n5", b"n\xff"),
    "a surrogate as UTF-8": _month(_tweet(5)).replace(b"n5", b"\xed\xa0\xbd"),
    "no date": _month(_tweet(5, created_at="soon")),
    "deep": b"x = [" + b"[" * 100_000,
    "a huge number": b'x = [{"id": ' + b"9" * 10_000 + b"}]",
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_listed_and_every_other_is_read(
    tmp_path: Path, damage: bytes, zipped: bool
) -> None:
    files = {f"data/js/tweets/2018_{n:02}.js": _month(_tweet(n)) for n in (8, 9, 11, 12)}
    files["data/js/tweets/2018_10.js"] = damage
    archive = _open(tmp_path, files, zipped=zipped)
    assert _ids(archive) == [8, 9, 11, 12]
    assert {problem.file for problem in archive.problems} == {"data/js/tweets/2018_10.js"}
    assert all(problem.reason for problem in archive.problems)


def test_a_text_that_was_cut_is_listed_and_imported(tmp_path: Path) -> None:
    archive = _open(tmp_path, {"data/tweets.js": _tweets(_tweet(1, "a" * 9000))})
    (item,) = archive
    assert len(item.text.encode()) == limits.TEXT_BYTES_MAX
    assert "cut" in archive.problems[0].reason


def test_problems_beyond_the_bound_are_summed_up(tmp_path: Path) -> None:
    archive = _open(tmp_path, {"data/tweets.js": _tweets(*[None] * 1500, _tweet(1))})
    assert _ids(archive) == [1]
    assert len(archive.problems) == limits.IMPORT_PROBLEMS_MAX + 1
    assert "more" in archive.problems[-1].reason


def test_items_are_those_of_the_local_api(tmp_path: Path) -> None:
    (item,) = _open(tmp_path, {"data/tweets.js": _tweets(_tweet(1))})
    assert item == Item("1", 1_539_201_601_000, "n1", "", "", "", None)
    assert [field.name for field in dataclasses.fields(Item)] == [
        *("id", "time_ms", "text", "lang", "reply_to_id", "reply_to", "repost_of")
    ]


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.zip").write_text("no zip at all")
    write_files(tmp_path / "other.zip", {"photo.jpg": b"x"}, zipped=True)
    os.mkfifo(tmp_path / "pipe")
    make_archive(tmp_path / "whole.zip", generation=2, tweets=9, seed=1, zipped=True)
    whole = (tmp_path / "whole.zip").read_bytes()
    (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])
    for name in ("missing", "empty", "text.zip", "other.zip", "half.zip", "pipe"):
        with pytest.raises(BadArchive, match=name.split(".")[0]):
            open_archive(tmp_path / name)


def test_a_zip_damaged_in_one_file_gives_the_others(tmp_path: Path) -> None:
    files = {f"data/js/tweets/2018_{n:02}.js": _month(_tweet(n)) for n in (8, 9, 10)}
    write_files(tmp_path / "a.zip", files, zipped=True)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        info = archive.getinfo("data/js/tweets/2018_09.js")
    data[info.header_offset + 30 + len(info.filename) + 20] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(data)
    damaged = open_archive(tmp_path / "a.zip")
    assert _ids(damaged) == [8, 10]
    assert {problem.file for problem in damaged.problems} == {"data/js/tweets/2018_09.js"}


def test_an_encrypted_file_and_an_unknown_packing_are_listed(tmp_path: Path) -> None:
    for flag_at, value in ((6, 1), (8, 99)):  # flags, and method, in the two headers
        path = tmp_path / f"{value}.zip"
        write_files(path, {"data/tweets.js": _tweets(_tweet(1))}, zipped=True)
        data = bytearray(path.read_bytes())
        directory = data.rindex(b"PK\x01\x02")
        struct.pack_into("<H", data, flag_at, value)
        struct.pack_into("<H", data, directory + flag_at + 2, value)
        path.write_bytes(data)
        archive = open_archive(path)
        assert _ids(archive) == []
        assert [problem.file for problem in archive.problems] == ["data/tweets.js"]
        assert "encrypted" in archive.problems[0].reason


def test_a_zip_bomb_is_refused_unread(tmp_path: Path) -> None:
    bomb = b"x = [" + b" " * (limits.IMPORT_ZIP_RATIO_FROM_BYTES + 1)
    files = {"data/tweets.js": bomb, "data/tweets-part1.js": _tweets(_tweet(1))}
    started = time.process_time()
    archive = _open(tmp_path, files, zipped=True)
    assert _ids(archive) == [1]
    assert [problem.file for problem in archive.problems] == ["data/tweets.js"]
    assert time.process_time() - started < 2


@pytest.mark.parametrize("name", ["IMPORT_FILE_BYTES_MAX", "IMPORT_TOTAL_BYTES_MAX"])
def test_no_more_is_unpacked_than_the_bounds_allow(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, name, 300_000)
    files = {
        "data/tweets-part1.js": _tweets(*(_tweet(n, "a" * 500) for n in range(1, 1000))),
        "data/tweets-part2.js": _tweets(_tweet(2000)),
    }
    archive = _open(tmp_path, files, zipped=True)
    found = _ids(archive)
    assert 300 < len(found) < 600
    assert archive.problems[0].file == "data/tweets-part1.js"
    assert "large" in archive.problems[0].reason
    assert (2000 in found) == (name == "IMPORT_FILE_BYTES_MAX")


@pytest.mark.parametrize(
    ("name", "most"), [("IMPORT_ITEMS_MAX", 10), ("IMPORT_TEXT_CHARS_MAX", 50)]
)
def test_more_than_anybody_writes_is_left_out(
    tmp_path: Path, name: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, name, most)
    records = [_tweet(n, "12345") for n in range(1, 20)]
    archive = _open(tmp_path, {"data/tweets.js": _tweets(*records)})
    assert len(_ids(archive)) == 10
    assert len(archive.problems) == 1


def test_names_inside_a_zip_are_never_used_as_paths(tmp_path: Path) -> None:
    names = ["../data/tweets.js", "/data/tweets.js", "../../tweets.js", "..\\tweets.js"]
    files = {name: _tweets(_tweet(n)) for n, name in enumerate(names, 1)}
    files["\x1b[2J/data/tweets.js"] = _tweets(_tweet(9), None)
    before = sorted(tmp_path.rglob("*"))
    archive = _open(tmp_path, files, zipped=True)
    list(archive)
    assert sorted(tmp_path.rglob("*")) == [*before, tmp_path / "archive.zip"]
    assert all("\x1b" not in problem.file for problem in archive.problems)


def test_an_archive_that_disappears_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    archive = _open(tmp_path, {"data/tweets.js": _tweets(_tweet(1))}, zipped=True)
    (tmp_path / "archive.zip").unlink()
    with pytest.raises(BadArchive):
        list(archive)


def test_twenty_thousand_tweets_take_well_under_two_seconds(tmp_path: Path) -> None:
    make_archive(tmp_path / "a.zip", generation=2, tweets=20_000, seed=3, zipped=True)
    started = time.process_time()
    archive = open_archive(tmp_path / "a.zip")
    assert sum(1 for _ in archive) == 20_000
    assert time.process_time() - started < 2
    assert json.dumps(dataclasses.asdict(next(iter(archive))))
