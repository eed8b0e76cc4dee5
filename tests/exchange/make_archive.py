"""Make a Twitter archive that nobody wrote, of either generation, the same for the same seed.

    python tests/exchange/make_archive.py PATH --generation 2 --tweets 20000 --zipped

The layout, the spelling of every field and the mixture (replies to oneself and to others,
retweets, links, pictures, emoji, character references) follow archives as they were
handed out: generation 1 until 2018, generation 2 since.
"""

from __future__ import annotations

import argparse
import json
import random
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HANDLE = "gardener"
USER_ID = 4711
PART_TWEETS = 10_000  # generation 2 starts another file after so many

_STRANGERS = {"baker_jo": 101, "hill_walker": 102, "night_bus": 103, "Zaunkoenig7": 104}
_WORDS = """
    rain bread window garden bicycle the a of and morning tea soup neighbour market lantern
    river slow bright again tomorrow yesterday found lost three seven kitchen train letter
    Regenwurm Straße Äpfel été crème señal дождь яблоко 雨 りんご 정원 שלום مرحبا
""".split()  # noqa: SIM905
_EXTRAS = ("🌧️", "👩‍🌾", "🍞🍞", "🇺🇳", "fish &amp; chips", "a &lt; b", "&amp;lt; stays", "#garden")


def make_archive(
    path: Path, *, generation: int, tweets: int, seed: int, zipped: bool = False
) -> None:
    """Write an archive of `tweets` tweets to `path`: a new folder, or a zip file.

    Args:
        generation: 1 (until 2018) or 2 (since).
    """
    records = [_record(n, generation, tweets, seed) for n in range(tweets)]
    files = _files_1(records) if generation == 1 else _files_2(records)
    write_files(path, files, zipped=zipped)


def write_files(path: Path, files: dict[str, bytes], *, zipped: bool = False) -> None:
    """Write `files` (contents by name) below the folder `path`, or into the zip `path`."""
    if zipped:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return
    for name, data in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def script(variable: str, value: Any, *, ascii_only: bool = False) -> bytes:
    """Return the JavaScript file that assigns `value` to `variable`, spelled as they are."""
    text = json.dumps(value, indent=2, separators=(",", " : "), ensure_ascii=ascii_only)
    return f"{variable} = {text}".encode()


def snowflake(time_ms: int, low: int = 0) -> int:
    """Return an id as tweets have had it since the end of 2010."""
    return (time_ms - 1288834974657) << 22 | low


def _files_1(records: list[dict[str, Any]]) -> dict[str, bytes]:
    months: dict[str, list[dict[str, Any]]] = {}
    for record in reversed(records):  # newest first, as archives are
        months.setdefault(record["created_at"][:7].replace("-", "_"), []).append(record)
    files = {
        f"data/js/tweets/{month}.js": script(f"Grailbird.data.tweets_{month}", of, ascii_only=True)
        for month, of in months.items()
    }
    details = {"screen_name": HANDLE, "full_name": "Gardener", "id": str(USER_ID)}
    files["data/js/user_details.js"] = script("var user_details", details)
    files["data/js/payload_details.js"] = script("var payload_details", {"tweets": len(records)})
    files["index.html"] = b"<!doctype html><title>Archive</title>"
    return files


def _files_2(records: list[dict[str, Any]]) -> dict[str, bytes]:
    wrapped = [{"tweet": record} for record in reversed(records)]
    files = {}
    for part, start in enumerate(range(0, max(1, len(wrapped)), PART_TWEETS)):
        name = f"data/tweets-part{part}.js" if part else "data/tweets.js"
        of = wrapped[start : start + PART_TWEETS]
        files[name] = script(f"window.YTD.tweets.part{part}", of)
    account = {"username": HANDLE, "accountId": str(USER_ID), "accountDisplayName": "Gardener"}
    files["data/account.js"] = script("window.YTD.account.part0", [{"account": account}])
    files["data/manifest.js"] = script("window.__THAR_CONFIG", {"userInfo": {"userName": HANDLE}})
    files["Your archive.html"] = b"<!doctype html><title>Archive</title>"
    return files


def _record(number: int, generation: int, tweets: int, seed: int) -> dict[str, Any]:
    rng = random.Random(f"{seed}/{number}")
    time_ms = _time_ms(number, generation, tweets)
    record = _plain(rng, snowflake(time_ms, number % 4096), time_ms, generation)
    match number % 10:
        case 3 if number > 10:  # goes on with a thread of one's own
            before = number - 3
            _answer(record, snowflake(_time_ms(before, generation, tweets), before % 4096), HANDLE)
        case 5 | 6:
            stranger = rng.choice(sorted(_STRANGERS))
            _answer(record, rng.randrange(1, 10**15), stranger)
            _set_text(record, generation, f"@{stranger} " + _text_of(record))
        case 8:
            record = _retweet(rng, record, generation)
        case _:
            pass
    return record


def _time_ms(number: int, generation: int, tweets: int) -> int:
    first, last = ((2011, 2017), (2012, 2024))[generation - 1]
    begin, end = (int(datetime(y, 2, 3, tzinfo=UTC).timestamp()) for y in (first, last))
    return (begin + (end - begin) * number // max(1, tweets)) * 1000


def _plain(rng: random.Random, tweet_id: int, time_ms: int, generation: int) -> dict[str, Any]:
    words = rng.choices(_WORDS, k=rng.randrange(4, 28 if generation == 2 else 15))
    if rng.random() < 0.4:
        words.append(rng.choice(_EXTRAS))
    urls, media = [], []
    if rng.random() < 0.25:
        short = f"https://t.co/{rng.getrandbits(40):010x}"
        page = f"https://example.org/{rng.choice(_WORDS[:9])}?a=1&b={rng.randrange(99)}"
        urls.append({"url": short, "expanded_url": page, "display_url": "example.org/…"})
        words.append(short)
    if rng.random() < 0.1:
        short = f"https://t.co/{rng.getrandbits(40):010x}"
        media.append(_picture(short, tweet_id, rng))
        words.append(short)
    entities = {"user_mentions": [], "media": media, "hashtags": [], "urls": urls}
    created = datetime.fromtimestamp(time_ms // 1000, UTC)
    if generation == 1:
        return {
            "source": '<a href="http://example.org" rel="nofollow">Example</a>',
            "entities": entities,
            "geo": {},
            "id_str": str(tweet_id),
            "text": " ".join(words),
            "id": tweet_id,
            "created_at": created.strftime("%Y-%m-%d %H:%M:%S +0000"),
            "user": _user(HANDLE, USER_ID),
        }
    return {
        "edit_info": {"initial": {"editTweetIds": [str(tweet_id)], "editsRemaining": "5"}},
        "retweeted": False,
        "source": '<a href="http://example.org" rel="nofollow">Example</a>',
        "entities": entities,
        "display_text_range": ["0", "100"],
        "favorite_count": str(rng.randrange(9)),
        "id_str": str(tweet_id),
        "truncated": False,
        "retweet_count": "0",
        "id": str(tweet_id),
        "created_at": created.strftime("%a %b %d %H:%M:%S +0000 %Y"),
        "favorited": False,
        "full_text": " ".join(words),
        "lang": rng.choice(["en", "en", "de", "und", "iw"]),
    } | ({"extended_entities": {"media": media}} if media else {})


def _picture(short: str, tweet_id: int, rng: random.Random) -> dict[str, Any]:
    return {
        "expanded_url": f"https://twitter.com/{HANDLE}/status/{tweet_id}/photo/1",
        "url": short,
        "media_url": f"http://pbs.twimg.com/media/{rng.getrandbits(60):x}.jpg",
        "media_url_https": f"https://pbs.twimg.com/media/{rng.getrandbits(60):x}.jpg",
        "type": "photo",
        "sizes": {"small": {"w": "680", "h": "510", "resize": "fit"}},
        "display_url": "pic.twitter.com/" + short.rsplit("/", 1)[1],
    }


def _user(handle: str, user_id: int) -> dict[str, Any]:
    return {
        "name": handle.title(),
        "screen_name": handle,
        "protected": False,
        "id_str": str(user_id),
        "id": user_id,
        "verified": False,
    }


def _answer(record: dict[str, Any], tweet_id: int, handle: str) -> None:
    user_id = _STRANGERS.get(handle, USER_ID)
    record |= {
        "in_reply_to_status_id_str": str(tweet_id),
        "in_reply_to_status_id": str(tweet_id),
        "in_reply_to_user_id_str": str(user_id),
        "in_reply_to_user_id": str(user_id),
        "in_reply_to_screen_name": handle,
    }


def _retweet(rng: random.Random, record: dict[str, Any], generation: int) -> dict[str, Any]:
    handle = rng.choice(sorted(_STRANGERS))
    text = f"RT @{handle}: {_text_of(record)}"
    if generation == 1:
        original = record | {"user": _user(handle, _STRANGERS[handle])}
        record = record | {"retweeted_status": original}
    _set_text(record, generation, text if len(text) <= 140 else text[:139] + "…")
    return record


def _text_of(record: dict[str, Any]) -> str:
    text: str = record["full_text"] if "full_text" in record else record["text"]
    return text


def _set_text(record: dict[str, Any], generation: int, text: str) -> None:
    record["text" if generation == 1 else "full_text"] = text


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a synthetic Twitter archive.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--generation", type=int, choices=(1, 2), default=2)
    parser.add_argument("--tweets", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--zipped", action="store_true")
    options = parser.parse_args()
    make_archive(**vars(options))


if __name__ == "__main__":
    main()
