"""Turn the text of a tweet as an archive stores it into the text that its reader saw.

Specified in docs/import.md.  Pure.  Character references are decoded once, t.co links give
way to what they lead to, what no text may hold is dropped, and what is too long is cut.
Every argument comes from a file and may be of any type and size.
"""

from __future__ import annotations

import html
import re
from html.entities import html5
from typing import Any

from p2pblog.content.patterns import GRAPHEME
from p2pblog.core.limits import TEXT_BYTES_MAX

CUT_MARK = "\u2026"

_LINKS_MAX = 100  # in one record; a tweet has room for a dozen
_URL_CHARS_MAX = 2048
_REFERENCE = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SHORT_LINK = re.compile(r"https?://t\.co/\w+", re.ASCII)
_WEB_LINK = re.compile(r"https?://[^\s\x00-\x20\x7f-\x9f\"<>\ud800-\udfff]+")
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_SUSPECT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_VIDEO_STILL = re.compile(r"/(?:ext_tw_video|amplify_video|tweet_video)_thumb/")


def decode_references(text: str) -> str:
    """Return `text` with its character references (`&lt;`, `&#39;`) decoded, once."""
    return _REFERENCE.sub(_referenced, text) if "&" in text else text


def clean(text: str) -> str:
    """Return `text` without control characters and lone surrogates, stripped."""
    if _SUSPECT.search(text):
        text = _LINE_END.sub("\n", text)
        text = _UNWANTED.sub("", text)
        text = _LONE_SURROGATE.sub("\ufffd", text)
    return text.strip()


def expand(text: str, links: dict[str, str]) -> str:
    """Return `text` with each t.co link that `links` knows replaced."""
    if not links or "://t.co/" not in text:
        return text
    return _SHORT_LINK.sub(lambda match: links.get(match[0], match[0]), text)


def record_links(record: dict[str, Any]) -> dict[str, str]:
    """Return what the t.co links of a tweet record lead to."""
    links = {
        short: target
        for item in dicts(inner(record, "entities").get("urls"))
        if (short := _short(item)) and (target := _web(item.get("expanded_url")))
    }
    return links | media_links(record)


def media_links(record: dict[str, Any]) -> dict[str, str]:
    """Return the addresses of a record's pictures and films by the t.co link in its text.

    Several pictures share one link: it becomes their addresses, a space between them.
    """
    media = dicts(inner(record, "extended_entities").get("media"))
    found: dict[str, dict[str, None]] = {}
    for item in media or dicts(inner(record, "entities").get("media")):
        if (short := _short(item)) and (target := _media_target(item)):
            found.setdefault(short, {})[target] = None
    return {short: " ".join(targets) for short, targets in found.items()}


def cut(text: str) -> str:
    """Return the longest start of `text` that an entry can hold, between graphemes, marked."""
    room = TEXT_BYTES_MAX - len(CUT_MARK.encode())
    kept = len(text.encode()[:room].decode(errors="ignore"))
    end = 0
    for match in GRAPHEME.finditer(text[: kept + 256]):
        if match.end() > kept:
            break
        end = match.end()
    # A single grapheme can be longer than all the room there is.
    return text[: end or kept].rstrip() + CUT_MARK


def is_too_long(text: str) -> bool:
    """Tell whether an entry cannot hold `text` whole."""
    return len(text) * 4 > TEXT_BYTES_MAX and len(text.encode()) > TEXT_BYTES_MAX


def inner(record: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the object in a field, an empty one when something else stands there."""
    value = record.get(name)
    return value if type(value) is dict else {}


def dicts(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a list, none when it is no list."""
    if type(value) is not list:
        return []
    return [item for item in value[:_LINKS_MAX] if type(item) is dict]


def _referenced(match: re.Match[str]) -> str:
    name = match[1]
    # html.unescape would also take "&notit;" for "&not" and "it;".
    return html.unescape(match[0]) if name[0] == "#" else html5.get(name + ";", match[0])


def _short(item: dict[str, Any]) -> str:
    url = item.get("url")
    return url if type(url) is str and _SHORT_LINK.fullmatch(url) else ""


def _web(url: Any) -> str:
    if type(url) is not str or len(url) > _URL_CHARS_MAX or not _WEB_LINK.fullmatch(url):
        return ""
    return url


def _media_target(item: dict[str, Any]) -> str:
    films = [
        (_number(variant.get("bitrate")), url)
        for variant in dicts(inner(item, "video_info").get("variants"))
        if variant.get("content_type") == "video/mp4" and (url := _web(variant.get("url")))
    ]
    if films:
        return max(films)[1]
    page = _web(item.get("expanded_url"))
    still = _web(item.get("media_url_https")) or _web(item.get("media_url"))
    if item.get("type", "photo") != "photo" or _VIDEO_STILL.search(still):
        return page or still
    return still or page


def _number(value: Any) -> int:
    text = str(value) if type(value) in (int, str) else ""
    return int(text) if text.isdecimal() and len(text) < 12 else 0
