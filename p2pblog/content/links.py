"""Find the addresses in a text, without the punctuation of the sentence that they stand in.

Pure.
"""

from __future__ import annotations

import re
from typing import Final

from p2pblog.content.text import clean
from p2pblog.core.limits import LINK_CHARS_MAX, LINKS_OF_POST_MAX

_ADDRESS: Final = re.compile(r"https?://\S+")
_CLOSING: Final = {")": "(", "]": "[", "}": "{"}
_TRAILING: Final = ".,;:!?'\"»”\u2019…>"


def addresses(text: str) -> list[str]:
    """Return the http(s) addresses in `text`, as written, each once, in reading order.

    At most LINKS_OF_POST_MAX; longer ones than LINK_CHARS_MAX are left out.
    """
    if "://" not in text:
        return []
    found: dict[str, None] = {}
    for match in _ADDRESS.finditer(clean(text)):
        address = trimmed(match[0])
        if len(address.partition("://")[2]) > 0 and len(address) <= LINK_CHARS_MAX:
            found[address] = None
            if len(found) == LINKS_OF_POST_MAX:
                break
    return list(found)


def trimmed(link: str) -> str:
    """Return an address without the punctuation of the sentence that it stands in."""
    while link:
        last = link[-1]
        opening = _CLOSING.get(last)
        alone = opening is not None and link.count(last) > link.count(opening)
        if last not in _TRAILING and not alone:
            break
        link = link[:-1]
    return link
