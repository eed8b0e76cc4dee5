"""What one record of an archive becomes, whichever generation wrote it and however badly."""

from __future__ import annotations

from typing import Any

import pytest
import regex

from p2pblog.core import limits
from p2pblog.exchange.twitter_record import Damaged, Notes, Tweet, read_time, read_tweet

NOON = 1_539_202_764_000  # Wed Oct 10 20:19:24 +0000 2018
LINK = "https://t.co/abcDEF1234"
PAGE = "https://example.org/?a=1&b=2"


def _new(text: str, /, **more: Any) -> dict[str, Any]:
    fields = {"id_str": "77", "created_at": "Wed Oct 10 20:19:24 +0000 2018", "full_text": text}
    return {"tweet": fields | more}


def _old(text: str, /, **more: Any) -> dict[str, Any]:
    return {"id": 77, "created_at": "2018-10-10 20:19:24 +0000", "text": text} | more


def _read(record: dict[str, Any], notes: Notes | None = None) -> Tweet:
    return read_tweet(record, notes or Notes())


def _urls(short: Any, target: Any) -> dict[str, Any]:
    return {"urls": [{"url": short, "expanded_url": target, "indices": ["0", "23"]}]}


def _photo(name: str, short: str = LINK, **more: Any) -> dict[str, Any]:
    page = "https://twitter.com/gardener/status/77/photo/1"
    picture = f"https://pbs.twimg.com/media/{name}.jpg"
    return {"url": short, "media_url_https": picture, "expanded_url": page, "type": "photo"} | more


@pytest.mark.parametrize("make", [_new, _old])
def test_both_generations_say_the_same(make: Any) -> None:
    tweet = _read(make("Rain &amp; bread", lang="en"))
    assert tweet == Tweet(77, NOON, "Rain & bread", "en", 0, "", "", None, False)


@pytest.mark.parametrize(
    ("written", "time_ms"),
    [
        ("2014-01-31 23:41:34 +0000", 1_391_211_694_000),
        ("2007-03-30 00:00:00 +0000", 1_175_212_800_000),
        ("Sun Mar 21 20:50:14 +0000 2010", 1_269_204_614_000),
        ("Sun Mar 21 22:50:14 +0200 2010", 1_269_204_614_000),
        ("Sun Mar 21 13:20:14 -0730 2010", 1_269_204_614_000),
        ("2023-10-13T14:58:50.000Z", 1_697_209_130_000),
    ],
)
def test_every_spelling_of_a_date_is_read(written: str, time_ms: int) -> None:
    assert read_time(written) == time_ms


@pytest.mark.parametrize(
    "written",
    [
        None,
        1539202764,
        "",
        "Wed Oct 10 20:19:24 2018",
        "Wed Okt 10 20:19:24 +0000 2018",
        "Wed Feb 30 20:19:24 +0000 2018",
        "2018-13-10 20:19:24 +0000",
        "2018-10-10 24:19:24 +0000",
        "2018-10-10 20:19:24 +0000 ",
        "٢٠١٨-10-10 20:19:24 +0000",
        "1970-01-01 00:00:00 +0000",
        "2100-01-01 00:00:00 +0000",
        "0000-01-01 00:00:00 +0000",
    ],
)
def test_a_date_that_cannot_be_is_refused(written: Any) -> None:
    with pytest.raises(Damaged):
        _read(_new("x", created_at=written))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("&lt;b&gt; &amp; &quot;c&quot; &#39;d&#x27; &hearts;", "<b> & \"c\" 'd' ♥"),
        ("&amp;lt;", "&lt;"),
        ("&amp;amp;lt;", "&amp;lt;"),
        ("?a=1&copy=2 &notit; &; &#; AT&T", "?a=1&copy=2 &notit; &; &#; AT&T"),
        ("a&#0;b&#xD800;c", "a\ufffdb\ufffdc"),
        ("&#9999999;", "\ufffd"),
    ],
)
def test_references_are_decoded_once_and_only_whole_ones(written: str, read: str) -> None:
    assert _read(_new(written)).text == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a\0b\x07c\x1b[31md\x7f\x9be", "abc[31mde"),
        ("one\r\ntwo\rthree\u2028four\x0bfive", "one\ntwo\nthree\nfour\nfive"),
        ("\ud83d\ude00 and \ud83d alone", "\U0001f600 and \ufffd alone"),
        ("  kept\tinside  \n", "kept\tinside"),
        ("👩‍🌾 🇺🇳 é\u0301", "👩‍🌾 🇺🇳 é\u0301"),
    ],
)
def test_what_no_text_may_hold_is_dropped(written: str, read: str) -> None:
    joined = written.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    assert _read(_new(joined)).text == read


def test_a_link_gives_way_to_what_it_leads_to() -> None:
    text = f"see {LINK}, not {LINK}x"
    tweet = _read(_new(text, entities=_urls(LINK, PAGE)))
    assert tweet.text == f"see {PAGE}, not {LINK}x"


@pytest.mark.parametrize(
    ("short", "target"),
    [
        (LINK, None),
        (LINK, "javascript:alert(1)"),
        (LINK, "https://example.org/\x1b[2J"),
        (LINK, "https://example.org/ b"),
        (LINK, "https://example.org/" + "a" * 3000),
        (None, PAGE),
        ("see", PAGE),
        ([LINK], PAGE),
    ],
)
def test_a_link_to_nothing_usable_stays_as_it_is(short: Any, target: Any) -> None:
    assert _read(_new(f"see {LINK}", entities=_urls(short, target))).text == f"see {LINK}"


def test_pictures_keep_their_own_addresses() -> None:
    photos = [_photo("one"), _photo("two")]
    record = _new(LINK, entities={"media": photos[:1]}, extended_entities={"media": photos})
    one, two = (photo["media_url_https"] for photo in photos)
    assert _read(record).text == f"{one} {two}"
    assert _read(_old(f"look {LINK}", entities={"media": photos[:1]})).text == f"look {one}"


def test_a_tweet_without_text_keeps_its_picture() -> None:
    photo = _photo("one")
    assert _read(_new("", entities={"media": [photo]})).text == photo["media_url_https"]


def test_a_film_is_linked_and_not_its_still() -> None:
    variants = [
        {"content_type": "application/x-mpegURL", "url": "https://video.twimg.com/a.m3u8"},
        {"content_type": "video/mp4", "bitrate": "832000", "url": "https://video.twimg.com/s.mp4"},
        {"content_type": "video/mp4", "bitrate": 2176000, "url": "https://video.twimg.com/l.mp4"},
    ]
    film = _photo("still", type="video", video_info={"variants": variants})
    record = _new(LINK, extended_entities={"media": [film]})
    assert _read(record).text == "https://video.twimg.com/l.mp4"
    film["video_info"] = {"variants": "none"}
    assert _read(record).text == film["expanded_url"]
    thumb = "https://pbs.twimg.com/ext_tw_video_thumb/1/pu/img/a.jpg"
    old = _photo("", media_url_https=thumb)
    assert _read(_old(LINK, entities={"media": [old]})).text == old["expanded_url"]


def test_a_text_too_long_is_cut_between_graphemes_and_marked() -> None:
    family = "👩‍👩‍👧‍👦"
    for before in range(26):
        tweet = _read(_new("a" * before + family * 400))
        assert tweet.cut
        assert len(tweet.text.encode()) <= limits.TEXT_BYTES_MAX
        assert tweet.text.endswith(family + "…")
        assert len(tweet.text.encode()) > limits.TEXT_BYTES_MAX - 30


def test_one_grapheme_longer_than_an_entry_is_cut_all_the_same() -> None:
    tweet = _read(_new("a" + "\u0301" * 5000))
    assert tweet.cut
    assert len(regex.findall(r"\X", tweet.text)) == 2
    assert limits.TEXT_BYTES_MAX - 4 <= len(tweet.text.encode()) <= limits.TEXT_BYTES_MAX


def test_a_text_that_just_fits_is_left_alone() -> None:
    fits = "é" * (limits.TEXT_BYTES_MAX // 2)
    assert (_read(_new(fits)).text, _read(_new(fits)).cut) == (fits, False)
    assert _read(_new(fits + "a")).cut


@pytest.mark.parametrize("make", [_new, _old])
def test_a_retweet_without_the_record_inside_names_author_and_text(make: Any) -> None:
    tweet = _read(make(f"RT @baker_jo: bread &gt; all {LINK}", entities=_urls(LINK, PAGE)))
    assert tweet.repost == ("baker_jo", f"bread > all {PAGE}")
    assert tweet.text == f"bread > all {PAGE}"


def test_a_retweet_with_the_record_inside_has_the_whole_text() -> None:
    whole = "bread " * 30
    original = _old(whole, user={"screen_name": "BakerJo"}, id=5)
    tweet = _read(_old("RT @baker_jo: " + whole[:100] + "…", retweeted_status=original))
    assert tweet.repost == ("BakerJo", whole.strip())
    assert tweet.id == 77


@pytest.mark.parametrize("user", [None, {}, {"screen_name": ""}, {"screen_name": 5}, "gone"])
def test_the_author_of_a_retweet_who_is_gone_is_known_from_the_text(user: Any) -> None:
    original = _old("bread", user=user)
    assert _read(_old("RT @baker_jo: bread", retweeted_status=original)).repost == (
        "baker_jo",
        "bread",
    )
    with pytest.raises(Damaged, match="author"):
        _read(_old("bread", retweeted_status=original))


@pytest.mark.parametrize("text", ["so true RT @baker_jo: bread", "RT @baker_jo bread", "RT if you"])
def test_a_text_that_only_mentions_a_retweet_is_a_post(text: str) -> None:
    assert _read(_new(text)).repost is None


def test_a_link_cut_in_two_leaves_only_the_mark() -> None:
    assert _read(_new("RT @baker_jo: bread https://t.co/ab…")).text == "bread …"


def test_whom_a_reply_answers_is_found_even_without_a_handle() -> None:
    named = {"in_reply_to_status_id_str": "5", "in_reply_to_user_id": 9}
    mentions = {
        "user_mentions": [{"id": "8", "screen_name": "no"}, {"id": 9, "screen_name": "yes"}]
    }
    tweet = _read(_new("@yes hello", **named, entities=mentions))
    assert (tweet.reply_id, tweet.reply_user, tweet.reply_handle) == (5, "9", "yes")
    assert _read(_new("hello", **named)).reply_handle == ""


@pytest.mark.parametrize(
    ("lang", "read"),
    [("de", "de"), ("und", ""), ("iw", "he"), ("zh-cn", "zh-cn"), ("<b>", ""), (5, "")],
)
def test_languages_are_codes_or_nothing(lang: Any, read: str) -> None:
    assert _read(_new("x", lang=lang)).lang == read


@pytest.mark.parametrize("value", [None, True, -1, 1.5e18, "", "x", "1" * 21, 10**21, [], {}])
def test_an_id_of_another_kind_is_refused(value: Any) -> None:
    with pytest.raises(Damaged):
        _read(_new("x", id_str=value, id=value))


def test_the_string_form_of_an_id_counts() -> None:
    assert _read(_new("x", id_str="1855222380982907193", id=1855222380982907000)).id % 1000 == 193


@pytest.mark.parametrize("value", [None, True, 0, -1, 1e300, "x" * 9, [], [[]], {}])
@pytest.mark.parametrize(
    "field",
    [
        "entities",
        "extended_entities",
        "retweeted_status",
        "user",
        "lang",
        "in_reply_to_status_id",
        "in_reply_to_screen_name",
        "in_reply_to_user_id",
        "text",
        "truncated",
    ],
)
def test_any_type_in_any_field_does_no_harm(field: str, value: Any) -> None:
    tweet = _read(_new("bread", **{field: value}))
    assert tweet.text == "bread"
    lists = {"urls": [value], "media": [value, {"url": value}], "user_mentions": [value]}
    assert _read(_new("bread", entities=lists, in_reply_to_user_id=4)).text == "bread"
    inside = {"media": value, "urls": value, "user_mentions": value}
    assert _read(_new("bread", entities=inside, in_reply_to_user_id=4)).text == "bread"


@pytest.mark.parametrize("record", [{}, {"tweet": None}, {"tweet": []}, {"tweet": {"tweet": {}}}])
def test_a_record_that_is_no_tweet_is_damaged(record: dict[str, Any]) -> None:
    with pytest.raises(Damaged):
        _read(record)


@pytest.mark.parametrize("text", ["", " \n", "\0", None, 5])
def test_a_tweet_of_nothing_is_damaged(text: Any) -> None:
    with pytest.raises(Damaged, match="tweet 77"):
        _read(_new(text))


def _note(text: str, created: str = "2018-10-10T20:19:24.000Z", **core: Any) -> dict[str, Any]:
    return {"noteTweet": {"createdAt": created, "core": {"text": text} | core}}


@pytest.mark.parametrize("second", ["23", "24", "25"])
@pytest.mark.parametrize("tail", ["…", f"… {LINK}"])
def test_a_long_text_takes_the_place_of_its_beginning(second: str, tail: str) -> None:
    whole = "All about bread & butter, " * 20 + "https://t.co/zz"
    notes = Notes()
    urls = [{"shortUrl": "https://t.co/zz", "expandedUrl": PAGE}]
    notes.add(_note("something else", urls=urls))
    notes.add(_note(whole, f"2018-10-10T20:19:{second}.000Z", urls=urls))
    short = whole[:260].replace("&", "&amp;") + tail
    assert _read(_new(short), notes).text == whole.replace("https://t.co/zz", PAGE)


def test_a_long_reply_keeps_whom_it_addresses_and_its_picture() -> None:
    notes = Notes()
    notes.add(_note("Bread " * 60))
    photo = _photo("one")
    record = _new("@baker_jo " + "Bread " * 40 + f"… {LINK}", entities={"media": [photo]})
    text = "@baker_jo " + ("Bread " * 60).strip() + "\n" + photo["media_url_https"]
    assert _read(record, notes).text == text


def test_a_note_of_another_time_or_beginning_changes_nothing() -> None:
    notes = Notes()
    notes.add(_note("Bread " * 60, "2018-10-10T20:19:27.000Z"))
    notes.add(_note("Butter " * 60))
    for text in ("Bread Bread…", "@baker_jo …", "…", "Butter, whole"):
        assert _read(_new(text), notes).text == text


@pytest.mark.parametrize(
    "record", [{}, {"noteTweet": 5}, _note("x", "yesterday"), {"noteTweet": {"core": {"text": 4}}}]
)
def test_a_note_without_text_or_time_is_damaged(record: dict[str, Any]) -> None:
    with pytest.raises(Damaged):
        Notes().add(record)
