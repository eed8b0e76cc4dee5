"""Read a Twitter archive: which tweets it holds, oldest first, ready to be imported.

Specified in docs/import.md.  Touches only files, and only to read; knows no node and no
network.  An archive is hostile until proven otherwise: what cannot be read becomes a
`Problem` that names file and reason, and everything else is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple, TypedDict

from p2pblog.core import limits
from p2pblog.core.errors import BadArchive
from p2pblog.exchange.json_stream import NotAssigned, Record, read_object, read_records
from p2pblog.exchange.twitter_files import READ_ERRORS, Layout, Source, find_layout, open_source
from p2pblog.exchange.twitter_record import (
    Damaged,
    Notes,
    Tweet,
    read_handle,
    read_id,
    read_tweet,
)
from p2pblog.exchange.twitter_text import dicts, inner

SOURCE = "twitter"

_TYPICAL_RECORD_BYTES = 1600
_PIECE_BYTES = 4096
_TOO_LARGE = "too large; the rest was left out"
_RECORDS_WITHOUT_OWNER_MAX = 2000
_OWN_PAGE = re.compile(r"https?://(?:twitter|x)\.com/(\w{1,30})/status/(\d{1,20})/", re.ASCII)


class RepostOf(TypedDict):
    """A text by somebody else that was passed on: the author's handle, the text."""

    handle: str
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """One item of `import.batch` (docs/api.md); what it does not have is empty or None."""

    id: str
    time_ms: int
    text: str
    lang: str = ""
    reply_to_id: str = ""
    reply_to: str = ""
    repost_of: RepostOf | None = None


class Problem(NamedTuple):
    """Something that could not be read: the file inside the archive, and why."""

    file: str
    reason: str


class Archive:
    """A Twitter archive; iterating reads it, the first time, and gives its items oldest first.

    Attributes:
        account: the owner's handle, "" when nothing in the archive says it.
        problems: what could not be read; complete once the first item has been given.
    """

    def __init__(self, path: Path, layout: Layout, owner: _Owner, problems: list[Problem]) -> None:
        self.account = owner.handle
        self.problems = problems
        self._path = path
        self._layout = layout
        self._owner = owner
        self._items: list[Item] | None = None

    @property
    def total(self) -> int:
        """Return how many items there are; before they are read, a guess by the files' size."""
        if self._items is not None:
            return len(self._items)
        tweets = sum(self._layout.sizes[name] for name in self._layout.tweets)
        return max(1, tweets // _TYPICAL_RECORD_BYTES)

    def __iter__(self) -> Iterator[Item]:
        if self._items is None:
            with open_source(self._path) as source:
                tweets = _Reading(source, self._layout, self.problems).tweets()
            self._items = list(_threaded(tweets, self._owner))
        return iter(self._items)


def open_archive(path: Path) -> Archive:
    """Return the Twitter archive, of any age, that the folder or zip at `path` holds.

    Raises:
        BadArchive: there is none, or it cannot be read at all.
    """
    problems: list[Problem] = []
    with open_source(path) as source:
        layout = find_layout(source.sizes())
        if layout is None:
            raise BadArchive(f"{path} has neither data/tweets.js nor data/js/tweets")
        reading = _Reading(source, layout, problems)
        owner = reading.named_owner() or _Reading(source, layout, []).shown_owner()
    return Archive(path, layout, owner, problems)


class _Owner(NamedTuple):
    handle: str
    id: str


class _Reading:
    """One pass over the files of an archive."""

    def __init__(self, source: Source, layout: Layout, problems: list[Problem]) -> None:
        self._source = source
        self._layout = layout
        self._problems = problems
        self._bytes_left = limits.IMPORT_TOTAL_BYTES_MAX
        self._chars_left = limits.IMPORT_TEXT_CHARS_MAX

    def tweets(self) -> dict[int, Tweet]:
        """Return every tweet that can be read, each once, by id."""
        notes = Notes()
        for name in self._layout.notes:
            for record in self._records(name, _is_note):
                try:
                    self._chars_left -= notes.add(record)
                except Damaged as damage:
                    self._report(name, str(damage))
                if self._chars_left < 0:
                    self._report(name, _TOO_LARGE)
                    break
        tweets: dict[int, Tweet] = {}
        for name in self._layout.tweets:
            for record in self._records(name, _is_tweet):
                try:
                    tweet = read_tweet(record, notes)
                except Damaged as damage:
                    self._report(name, str(damage))
                    continue
                if tweet.id in tweets:
                    continue
                self._chars_left -= len(tweet.text)
                if self._chars_left < 0 or len(tweets) == limits.IMPORT_ITEMS_MAX:
                    self._report(name, _TOO_LARGE)
                    return tweets
                tweets[tweet.id] = tweet
                if tweet.cut:
                    most = limits.TEXT_BYTES_MAX
                    self._report(name, f"tweet {tweet.id}: longer than {most} bytes, cut")
        return tweets

    def named_owner(self) -> _Owner | None:
        """Return whose archive the file that says so names, None without one."""
        if not (name := self._layout.details):
            return None
        if self._refused(name):
            return None
        try:
            with self._source.open(self._layout.lead + name) as file:
                value = read_object(file.read(limits.IMPORT_SMALL_FILE_BYTES_MAX))
        except NotAssigned as error:
            self._report(name, str(error))
            return None
        except READ_ERRORS as error:
            self._report(name, _said(error))
            return None
        account = inner(next(iter(dicts(value)), {}), "account")
        details = value if type(value) is dict else {}
        handle = read_handle(account.get("username")) or read_handle(details.get("screen_name"))
        number = read_id(account, "accountId") or read_id(details, "id")
        if not handle:
            self._report(name, "it does not name the account")
            return None
        return _Owner(handle, str(number or ""))

    def shown_owner(self) -> _Owner:
        """Return whose archive it is as far as the first tweets show."""
        seen = 0
        for name in self._layout.tweets:
            for record in self._records(name, _is_tweet):
                if owner := _owner_of(record):
                    return owner
                seen += 1
                if seen == _RECORDS_WITHOUT_OWNER_MAX:
                    return _Owner("", "")
        return _Owner("", "")

    def _records(self, name: str, plausible: Callable[[Record], bool]) -> Iterator[Record]:
        if self._refused(name):
            return
        try:
            with self._source.open(self._layout.lead + name) as file:
                bounded = _Bounded(file, min(self._bytes_left, limits.IMPORT_FILE_BYTES_MAX))
                try:
                    yield from read_records(
                        bounded, plausible, lambda reason: self._report(name, reason)
                    )
                finally:
                    self._bytes_left -= bounded.taken
        except NotAssigned as error:
            self._report(name, str(error))
        except _OverBound:
            self._report(name, _TOO_LARGE)
        except READ_ERRORS as error:
            self._report(name, _said(error))

    def _refused(self, name: str) -> bool:
        reason = self._source.refusal(self._layout.lead + name)
        if reason:
            self._report(name, reason)
        return bool(reason)

    def _report(self, name: str, reason: str) -> None:
        most = limits.IMPORT_PROBLEMS_MAX
        if len(self._problems) < most:
            self._problems.append(Problem(name, reason))
        elif len(self._problems) == most:
            self._problems.append(Problem(name, "and more, which are not listed"))


class _OverBound(Exception):
    pass


class _Bounded:
    """A file that gives no more than so many bytes, and all it can before it fails.

    A damaged zip fails with the first read that meets the damage, and what that read had
    unpacked by then is lost: so it is read in small pieces.
    """

    def __init__(self, file: IO[bytes], bytes_max: int) -> None:
        self.taken = 0
        self._file = file
        self._bytes_max = bytes_max
        self._failed: Exception | None = None

    def read(self, size: int, /) -> bytes:
        if self._failed is not None:
            raise self._failed
        pieces = []
        try:
            while size > 0 and (piece := self._file.read(min(size, _PIECE_BYTES))):
                pieces.append(piece)
                size -= len(piece)
                self.taken += len(piece)
                if self.taken > self._bytes_max:
                    raise _OverBound
        except (*READ_ERRORS, _OverBound) as error:
            self._failed = error
            if not pieces:
                raise
        return b"".join(pieces)


def _threaded(tweets: dict[int, Tweet], owner: _Owner) -> Iterator[Item]:
    """Give items oldest first; a reply to an own, earlier post names it."""
    posts: set[int] = set()
    for tweet in sorted(tweets.values(), key=lambda tweet: (tweet.time_ms, tweet.id)):
        if tweet.repost:
            handle, text = tweet.repost
            yield Item(
                str(tweet.id),
                tweet.time_ms,
                text,
                tweet.lang,
                repost_of=RepostOf(handle=handle, text=text),
            )
            continue
        reply_to_id = reply_to = ""
        if tweet.reply_id in posts:
            reply_to_id = str(tweet.reply_id)
        elif not _is_owner(tweet, owner):
            reply_to = tweet.reply_handle
        posts.add(tweet.id)
        yield Item(str(tweet.id), tweet.time_ms, tweet.text, tweet.lang, reply_to_id, reply_to)


def _is_owner(tweet: Tweet, owner: _Owner) -> bool:
    """Tell whether a tweet answers its own author (in a tweet that is gone)."""
    if tweet.reply_user and tweet.reply_user == owner.id:
        return True
    return tweet.reply_handle.casefold() == owner.handle.casefold()


def _owner_of(record: Record) -> _Owner | None:
    """Return the author of a tweet, where the record shows it.

    Records up to 2018 do; since then only the address of an own picture does.
    """
    fields = inner(record, "tweet") if "tweet" in record else record
    user = inner(fields, "user")
    if handle := read_handle(user.get("screen_name")):
        return _Owner(handle, str(read_id(user, "id") or ""))
    for media in dicts(inner(fields, "entities").get("media")):
        page = media.get("expanded_url")
        match = _OWN_PAGE.match(page) if type(page) is str else None
        if match and int(match[2]) == read_id(fields, "id"):
            return _Owner(match[1], "")
    return None


def _is_tweet(record: Record) -> bool:
    return "tweet" in record or ("created_at" in record and ("id_str" in record or "id" in record))


def _is_note(record: Record) -> bool:
    return "noteTweet" in record


def _said(error: Exception) -> str:
    """Return in a few words why a file could not be read."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, RuntimeError):
        return "it is encrypted or packed in a way that cannot be read here"
    return "the zip is damaged here; what could be read of the file was"
