"""How the cases of sessions and of comparisons become requests: each end by itself.

Implements what protocol/vectors/README.md says of session.json and reconcile.json.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from p2pblog.conformance.steps import Case, Step, pick
from p2pblog.conformance.turns import comparable
from p2pblog.conformance.values import Json
from p2pblog.content.bodies import Post, serialize
from p2pblog.core.crypto import SigningKey, digest
from p2pblog.log.segment import encode_segment
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore

_START_MS, _MINUTE_MS = 1_700_000_000_000, 60_000  # of the logs that are spoken of by number
_AGREED = "910f"


def session(case: Case) -> Iterator[Step]:
    """Each end by itself: what it hears, or what happens to it, between two turns of its own."""
    for name, holdings in case["ends"].items():
        steps, out = _turns(name, case["transcript"])
        fields = pick(case, "h") | {
            "leads": case["leads"] == name,
            "held": [segment for one in holdings if "log" in one for segment in _held(one)],
            "proofs": [one["proof"] for one in holdings if "proof" in one],
            "steps": steps,
        }
        expected = {"out": out, "refused": case.get("error")}
        yield Step("session.run", fields, expected, comparable=_turn_by_turn)


def _turns(name: str, transcript: list[Case]) -> tuple[list[Json], list[list[str]]]:
    """Return what happens to an end, step by step, and what it says first and after each step.

    A greeting waits for nothing, wherever it stands.
    """
    steps: list[Json] = []
    out: list[list[str]] = [[]]
    hears: list[str] = []
    begins = 0

    def happens(step: Json) -> None:
        steps.append(step)
        out.append([])

    for item in [*transcript, {"at": name}]:
        theirs = "from" in item and item["from"] != name
        if theirs:
            hears.append(item["bytes"])
        elif item.get("type") == "hello":
            out[begins].append(item["bytes"])
        elif item.get("at", name) == name:
            if hears:
                happens({"in": hears})
                hears = []
            if "from" in item:
                out[-1].append(item["bytes"])
            elif "takes" in item:
                happens({"takes": list(_held(item["takes"], in_order=True))})
            elif "leads" in item:
                meanwhile = item["away"].get(name, [])
                held = [part for one in meanwhile for part in _held(one, in_order=True)]
                happens(pick(item, "h") | {"leads": item["leads"] == name, "away": held})
                begins = len(out) - 1
    return steps, out


def _turn_by_turn(name: str, value: Json) -> Json:
    return [comparable(turn) for turn in value] if name == "out" else value


def _held(holding: dict[str, Any], *, in_order: bool = False) -> Iterator[str]:
    """Yield what an end holds of a log that the file speaks of by number, as segments.

    The newest range comes first, and is placed last, unless they are to come in their order.
    """
    key = SigningKey(bytes([holding["log"]]) * 32)
    for first, last in holding["ranges"] if in_order else reversed(holding["ranges"]):
        store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
        texts = [holding["changed"].get(str(seq), str(seq)) for seq in range(1, last + 1)]
        bodies = [serialize(Post(text), bytes(16)) for text in texts]
        times = range(_START_MS, _START_MS + last * _MINUTE_MS, _MINUTE_MS)
        store.append(key, zip(times, bodies, strict=True), _START_MS)
        while first <= last:
            segment = store.segment_up(key.public, first, last)
            yield encode_segment(segment).hex()
            first = segment.last + 1


def reconcile(case: Case) -> Iterator[Step]:
    """An item, a summary, or what either end does; a whole comparison for each end by itself."""
    match case["op"]:
        case "item":
            inputs, outputs = pick(case, "log ranges forked h"), pick(case, "item number digest")
            yield Step("frontier.item", inputs, outputs)
        case "summary":
            fields = pick(case, "prefix h") | {"logs": _logs(case["logs"])}
            yield Step("frontier.digests", fields, pick(case, "count digest items digests"))
        case "follow":
            yield _follow(case, case["logs"], case["steps"], "in")
        case "lead":
            yield _lead(case, case["logs"], case["answers"])
        case "compare":
            exchange = case["exchange"]
            yield _follow(case, case["follower"], exchange, "said")
            answers = [[step["said"], step["answer"]] for step in exchange if step["answer"]]
            said = sorted([*(step["said"] for step in exchange), _AGREED])
            yield _lead(case | {"said": said}, case["leader"], answers)


def _follow(case: Case, logs: Json, steps: list[Case], said: str) -> Step:
    fields = {"logs": _logs(logs), "messages": [step[said] for step in steps]} | pick(case, "h")
    expected = [pick(step, "answer told") for step in steps]
    return Step("compare.follow", fields, {"steps": expected}, case.get("error"))


def _lead(case: Case, logs: Json, answers: Json) -> Step:
    fields = {"logs": _logs(logs), "answers": answers} | pick(case, "h")
    return Step("compare.lead", fields, pick(case, "said told"), case.get("error"))


def _logs(spelt: list[Case]) -> list[Json]:
    """Return logs one by one, the last item of each, where a file has runs of them by number."""
    logs: dict[str, Json] = {}
    for one in spelt:
        if "log" in one:
            logs[one["log"]] = one
            continue
        for n in range(one["from"], one["to"] + 1):
            log = (one["prefix"] + digest(n.to_bytes(4)).hex())[:64]
            ranges = [1, n, digest(bytes.fromhex(log)).hex()]
            logs[log] = {"log": log, "ranges": ranges, "forked": None}
    return list(logs.values())
