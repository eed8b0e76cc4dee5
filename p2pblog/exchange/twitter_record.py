"""Turn one record of a Twitter archive into a tweet, or say why it is damaged.

Specified in docs/import.md.  Pure.  Both generations of records are read: `text` or
`full_text`, two spellings of dates, numbers as numbers or as strings, a retweet with the
retweeted record inside or only with "RT @handle:" before its text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from p2pblog.core.limits import LANG_BYTES_MAX
from p2pblog.exchange.json_stream import Record
from p2pblog.exchange.twitter_text import (
    CUT_MARK,
    clean,
    cut,
    decode_references,
    dicts,
    expand,
    inner,
    is_too_long,
    media_links,
    record_links,
)

# The first tweet is of March 2006; a date beyond these years would disturb every timeline.
_FIRST_YEAR, _LAST_YEAR = 2006, 2099
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DASHED_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.\d{1,6})? ?(Z|[+-]\d{4})", re.ASCII
)
_WORDED_TIME = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d?) (\d\d):(\d\d):(\d\d) ([+-]\d{4}) (\d{4})", re.ASCII
)
_ID = re.compile(r"[0-9]{1,20}")
_HANDLE = re.compile(r"\w{1,30}", re.ASCII)
_RETWEET = re.compile(r"RT @(\w{1,30}):\s*(.*)", re.ASCII | re.DOTALL)
_LANG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_NO_LANG = {"und", "zxx", "art", "qam", "qct", "qht", "qme", "qst"}
_RENAMED_LANG = {"in": "id", "iw": "he", "ji": "yi"}
_CUT_SHORT = re.compile(rf"(.*){CUT_MARK}(?:\s*https?://t\.co/\w+)*\s*", re.ASCII | re.DOTALL)
_CUT_LINK = re.compile(rf"https?://t\.co/\w*{CUT_MARK}$", re.ASCII)
_ADDRESSED = re.compile(r"(?:@\w{1,30} )*", re.ASCII)


class Damaged(ValueError):
    """A record cannot be read; the argument says why, in a few words."""


@dataclass(frozen=True, slots=True)
class Tweet:
    """One tweet; `reply_*` are what it answers, empty when nothing or unknown.

    Fields:
        time_ms: milliseconds since 1970 UTC; archives have seconds, very old tweets days.
        repost: handle of the author and text, when it is a retweet.
        cut: its text was longer than an entry can hold.
    """

    id: int
    time_ms: int
    text: str
    lang: str
    reply_id: int
    reply_user: str
    reply_handle: str
    repost: tuple[str, str] | None
    cut: bool


@dataclass(frozen=True, slots=True)
class _Note:
    text: str
    links: dict[str, str]


class Notes:
    """Long texts, which archives keep apart from the tweets that they belong to.

    Nothing names the one in the other: they share the time, and the tweet's text is the
    beginning of the note's with a mark where it was cut.
    """

    def __init__(self) -> None:
        self._by_second: dict[int, list[_Note]] = {}

    def add(self, record: Record) -> int:
        """Take in a record of note-tweet.js; return how many characters it has.

        Raises:
            Damaged: it has no text or no time.
        """
        note = inner(record, "noteTweet")
        core = inner(note, "core")
        text = core.get("text")
        if type(text) is not str:
            raise Damaged("a note has no text")
        # The same fields as in a tweet, by other names.
        urls = [
            {"url": item.get("shortUrl"), "expanded_url": item.get("expandedUrl")}
            for item in dicts(core.get("urls"))
        ]
        links = record_links({"entities": {"urls": urls}})
        second = read_time(note.get("createdAt")) // 1000
        self._by_second.setdefault(second, []).append(_Note(text, links))
        return len(text)

    def whole(self, time_ms: int, text: str) -> _Note | None:
        """Return the whole of a `text` that was cut short, None when there is no more."""
        if not self._by_second or not (short := _CUT_SHORT.fullmatch(text)):
            return None
        begins = short[1].rstrip()
        # Whom a reply is to stands before its text, but not before the note's.
        addressed = match[0] if (match := _ADDRESSED.match(begins)) else ""
        for second in (time_ms // 1000 + offset for offset in (0, -1, 1)):
            for note in self._by_second.get(second, ()):
                if begins and note.text.startswith(begins):
                    return note
                if len(begins) > len(addressed) and note.text.startswith(begins[len(addressed) :]):
                    return _Note(addressed + note.text, note.links)
        return None


def read_tweet(record: Record, notes: Notes) -> Tweet:
    """Return the tweet that a record, wrapped in {"tweet": ...} or bare, describes.

    Raises:
        Damaged: it has no usable id, time, text or, for a retweet, author.
    """
    fields = inner(record, "tweet") if "tweet" in record else record
    tweet_id = read_id(fields, "id")
    if not tweet_id:
        raise Damaged("a tweet has no id")
    try:
        time_ms = read_time(fields.get("created_at"))
        repost = _read_repost(fields)
        text = repost[1] if repost else _read_text(fields, notes, time_ms)
        if not text:
            raise Damaged("it has no text")
    except Damaged as damage:
        raise Damaged(f"tweet {tweet_id}: {damage}") from None
    if too_long := is_too_long(text):
        text = cut(text)
        repost = repost and (repost[0], text)
    return Tweet(
        id=tweet_id,
        time_ms=time_ms,
        text=text,
        lang=_read_lang(fields.get("lang")),
        reply_id=read_id(fields, "in_reply_to_status_id"),
        reply_user=str(read_id(fields, "in_reply_to_user_id") or ""),
        reply_handle=_reply_handle(fields),
        repost=repost,
        cut=too_long,
    )


def read_id(fields: dict[str, Any], name: str) -> int:
    """Return the id in `name`_str or `name`, 0 when there is none."""
    for value in (fields.get(name + "_str"), fields.get(name)):
        if type(value) is str and _ID.fullmatch(value):
            return int(value)
        if type(value) is int and 0 < value < 10**20:
            return value
    return 0


def read_handle(value: Any) -> str:
    """Return a handle without its @, "" when it is none."""
    return value if type(value) is str and _HANDLE.fullmatch(value) else ""


def read_time(value: Any) -> int:
    """Return the milliseconds since 1970 UTC that an archive's date stands for.

    Raises:
        Damaged: no date, no such date, or one before 2006 or after 2099.
    """
    if type(value) is not str:
        raise Damaged("it has no date")
    if match := _WORDED_TIME.fullmatch(value):
        name, day, hour, minute, second, zone, year = match.groups()
        month = _MONTHS.index(name) + 1 if name in _MONTHS else 0
    elif match := _DASHED_TIME.fullmatch(value):
        year, number, day, hour, minute, second, zone = match.groups()
        month = int(number)
    else:
        raise Damaged("its date cannot be read")
    try:
        time = datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        raise Damaged("its date does not exist") from None
    if not _FIRST_YEAR <= time.year <= _LAST_YEAR:
        raise Damaged("its date is out of range")
    if zone not in ("+0000", "Z"):
        ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
        time = time - ahead if zone[0] == "+" else time + ahead
    return int(time.timestamp()) * 1000


def _read_text(fields: dict[str, Any], notes: Notes, time_ms: int) -> str:
    stored = decode_references(_stored_text(fields))
    links = record_links(fields)
    if note := notes.whole(time_ms, stored):
        media = media_links(fields)
        whole = clean(expand(note.text, note.links | links))
        shown = [target for short, target in media.items() if short not in note.text]
        return "\n".join([whole, *shown])
    return clean(expand(stored, links)) or " ".join(media_links(fields).values())


def _stored_text(fields: dict[str, Any]) -> str:
    for name in ("full_text", "text"):
        if type(text := fields.get(name)) is str:
            return text
    raise Damaged("it has no text")


def _read_repost(fields: dict[str, Any]) -> tuple[str, str] | None:
    """Return author and text of a retweet, None for anything else."""
    written = clean(expand(decode_references(_stored_text(fields)), record_links(fields)))
    quoted = _RETWEET.fullmatch(written)
    original = inner(fields, "retweeted_status")
    if not original:
        return (quoted[1], _CUT_LINK.sub(CUT_MARK, quoted[2])) if quoted else None
    author = read_handle(inner(original, "user").get("screen_name"))
    if not author and not quoted:
        raise Damaged("a retweet without its author")
    try:
        text = _read_text(original, Notes(), 0)
    except Damaged:
        text = quoted[2] if quoted else ""
    return author or (quoted[1] if quoted else ""), text


def _reply_handle(fields: dict[str, Any]) -> str:
    if handle := read_handle(fields.get("in_reply_to_screen_name")):
        return handle
    # The handle of an account that is gone is missing here, but stands among the mentions.
    if answered := read_id(fields, "in_reply_to_user_id"):
        for mention in dicts(inner(fields, "entities").get("user_mentions")):
            if read_id(mention, "id") == answered:
                return read_handle(mention.get("screen_name"))
    return ""


def _read_lang(value: Any) -> str:
    if type(value) is not str or len(value) > LANG_BYTES_MAX or not _LANG.fullmatch(value):
        return ""
    return "" if value in _NO_LANG else _RENAMED_LANG.get(value, value)
