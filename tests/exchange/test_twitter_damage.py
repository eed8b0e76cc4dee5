"""Archives damaged at random: how much one mistake may cost, and that nothing else happens."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pytest

from p2pblog.core import limits
from p2pblog.core.errors import BadArchive
from p2pblog.exchange.twitter import Item, open_archive
from tests.exchange.make_archive import make_archive

TWEETS = 60
BITS = [
    *(b'"', b"{", b"}", b"[", b"]", b",", b"\\", b"\\ud83d", b"\xff", b"\xed\xa0\xbd", b"\0"),
    *(b"null", b"NaN", b"1e999", b"9" * 50, b"[[[[", b'{"tweet":', b"},{", b"\xef\xbb\xbf"),
]


def _main_file(archive: Path, generation: int) -> Path:
    if generation == 2:
        return archive / "data" / "tweets.js"
    return max((archive / "data" / "js" / "tweets").iterdir(), key=lambda f: f.stat().st_size)


def _read(archive: Path) -> tuple[dict[str, Item], int]:
    opened = open_archive(archive)
    return {item.id: item for item in opened}, len(opened.problems)


@pytest.mark.parametrize("generation", [1, 2])
def test_one_flipped_bit_costs_two_tweets_at_most(tmp_path: Path, generation: int) -> None:
    make_archive(tmp_path, generation=generation, tweets=TWEETS, seed=5)
    file = _main_file(tmp_path, generation)
    before, _ = _read(tmp_path)
    data = file.read_bytes()
    rng = random.Random(11)
    for _ in range(150):
        damaged = bytearray(data)
        at = rng.randrange(data.index(b"{"), len(data))
        damaged[at] ^= 1 << rng.randrange(8)
        file.write_bytes(damaged)
        after, problems = _read(tmp_path)
        lost = [tweet_id for tweet_id in before if tweet_id not in after]
        assert len(lost) <= 2, (at, lost)
        # An id that changed has not been lost without a word: it stands under another number.
        assert problems or len(after) >= TWEETS - 1


def test_what_stands_before_the_damage_in_a_zip_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    make_archive(path, generation=2, tweets=1000, seed=8, zipped=True)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("data/tweets.js")
    data[info.header_offset + info.compress_size // 2] ^= 0xFF
    path.write_bytes(data)
    after, problems = _read(path)
    assert len(after) > 450
    assert problems


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("generation", [1, 2])
def test_whatever_happens_to_an_archive_its_items_can_be_imported(
    tmp_path: Path, generation: int, zipped: bool
) -> None:
    archive = tmp_path / "archive"
    make_archive(archive, generation=generation, tweets=TWEETS, seed=6, zipped=zipped)
    file = archive if zipped else _main_file(archive, generation)
    data = file.read_bytes()
    rng = random.Random(12)
    read = 0
    for _ in range(120):
        file.write_bytes(_damaged(data, rng))
        try:
            items, _ = _read(archive)
        except BadArchive:
            assert zipped
            continue
        read += len(items)
        for item in items.values():
            assert item.text == item.text.strip() != ""
            assert len(item.text.encode()) <= limits.TEXT_BYTES_MAX
            assert 0 < item.time_ms <= limits.TIME_MS_MAX
            assert item.id.isascii() and item.id.isdecimal()  # noqa: PT018
            assert not item.reply_to_id or int(item.reply_to_id) != int(item.id)
    assert read > 5 * TWEETS


def _damaged(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(rng.choice((1, 2, 5, 30))):
        at = rng.randrange(len(damaged))
        match rng.randrange(5):
            case 0:
                damaged[at] ^= 1 << rng.randrange(8)
            case 1:
                del damaged[at : at + rng.randrange(1, 300)]
            case 2:
                damaged[at:at] = rng.choice(BITS)
            case 3:
                start = rng.randrange(len(damaged))
                damaged[at:at] = damaged[start : start + 500]
            case _:
                if rng.random() < 0.2:
                    del damaged[at:]
        if len(damaged) < 100:
            break
    return bytes(damaged)
