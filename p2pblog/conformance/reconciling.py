"""Operations about what is held, summed up, and about comparing it.

Implements protocol/conformance.md section 3, over p2pblog.sync.frontier and reconcile.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, cast

from p2pblog.conformance.values import Json
from p2pblog.log.held import Held, Range
from p2pblog.sync.codec import decode_message, encode_message
from p2pblog.sync.frontier import Frontier, digest_of, item_of, number_of
from p2pblog.sync.messages import Compared, Message
from p2pblog.sync.reconcile import Comparing, Comparison, summary
from p2pblog.sync.states import Role, State, admit

Fields: TypeAlias = dict[str, Any]
unhex = bytes.fromhex
_NUMBER_BYTES = 256


def frontier_item(f: Fields) -> Json:
    item = item_of(unhex(f["log"]), _held(f["ranges"]), f["forked"])
    return {
        "item": item.hex(),
        "number": number_of(item).to_bytes(_NUMBER_BYTES, "little").hex(),
        "digest": digest_of(item, unhex(f["h"])).hex(),
    }


def frontier_digests(f: Fields) -> Json:
    frontier, prefix, salt = _frontier(f["logs"]), f["prefix"], unhex(f["h"])
    items, digests = summary(frontier, prefix, salt)
    return {
        "count": frontier.count(prefix),
        "digest": frontier.digest(prefix, salt).hex(),
        "items": items,
        "digests": digests.hex(),
    }


def compare_follow(f: Fields) -> Json:
    comparing = Comparing(_frontier(f["logs"]), unhex(f["h"]), leads=False)
    steps = []
    for message in f["messages"]:
        told, said = _take(comparing, Role.FOLLOWER, unhex(message))
        answers = [encode_message(one).hex() for one in said if isinstance(one, Compared)]
        steps.append({"answer": answers[0] if answers else None, "told": _names(told)})
    return {"steps": steps}


def compare_lead(f: Fields) -> Json:
    answers = {unhex(asked): unhex(answer) for asked, answer in f["answers"]}
    comparing = Comparing(_frontier(f["logs"]), unhex(f["h"]), leads=True)
    waits = [encode_message(message) for message in comparing.begin()]
    said: list[bytes] = []
    tells: list[bytes] = []
    while waits:
        said.append(waits.pop(0))
        if (answer := answers.get(said[-1])) is not None:
            told, more = _take(comparing, Role.LEADER, answer)
            tells += told
            waits += map(encode_message, more)
    return {"said": sorted(message.hex() for message in said), "told": _names(tells)}


def _take(
    comparing: Comparing, role: Role, data: bytes
) -> tuple[Iterable[bytes], Iterable[Message]]:
    message = decode_message(data)
    admit(message, State.OPEN, role)
    return comparing.take(cast("Comparison", message))


def _frontier(logs: Iterable[Fields]) -> Frontier:
    frontier = Frontier()
    for one in logs:
        frontier.put(unhex(one["log"]), _held(one["ranges"]), one["forked"])
    return frontier


def _held(ranges: list[Any]) -> Held | None:
    if not ranges:
        return None
    low, high, high_id, *older = ranges
    # What comes before a range, and how the older one ends, is no part of an item.
    newest = Range(low, high, None, unhex(high_id))
    return Held(newest, Range(older[0], older[1], None, b"") if older else None)


def _names(logs: Iterable[bytes]) -> list[str]:
    return sorted({log.hex() for log in logs})


RECONCILING: dict[str, Callable[[Fields], Json]] = {
    "frontier.item": frontier_item,
    "frontier.digests": frontier_digests,
    "compare.follow": compare_follow,
    "compare.lead": compare_lead,
}
