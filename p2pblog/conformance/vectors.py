"""How the cases of protocol/vectors/ become requests, file by file.

A case names its input fields and, if it is valid, its output fields as the operations of
protocol/conformance.md do; most files are therefore one operation and a list of names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from p2pblog.conformance.turns import comparable
from p2pblog.conformance.values import Json
from p2pblog.content.bodies import Post, serialize
from p2pblog.core.crypto import SigningKey, digest
from p2pblog.log.segment import encode_segment
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync.noise import CipherState

Case: TypeAlias = dict[str, Any]

BYTES = frozenset(
    {"bytes", "body", "list", "chunk", "stream", "segment", "in", "out", "say", "hears", "sealed"}
)
"""The fields that may be abbreviated."""
_AGREED = "910f"
_START_MS, _MINUTE_MS = 1_700_000_000_000, 60_000  # of the logs that are spoken of by number


class Step(NamedTuple):
    """One request, and what its answer must be: an error code, or a value with these fields.

    `comparable` returns, of a field's name and value, what is the same where the values need
    not be.
    """

    op: str
    fields: dict[str, Json]
    expected: dict[str, Json]
    error: str | None = None
    comparable: Callable[[str, Json], Json] = lambda name, value: value


Steps: TypeAlias = Callable[[Case], Iterator[Step]]


def read_file(path: Path) -> list[Case]:
    """Return the cases of a file, with bytes that it abbreviates written out."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return [whole(case) for case in document["tests"]]


def whole(value: Json) -> Any:
    """Return `value` with bytes written out where they are [[HEX, COUNT], ...]."""
    if isinstance(value, dict):
        return {
            key: _bytes(item) if key in BYTES and isinstance(item, list) else whole(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [whole(item) for item in value]
    return value


def _bytes(pieces: list[tuple[str, int]]) -> str:
    return "".join(text * count for text, count in pieces)


def pick(case: Case, names: str) -> dict[str, Json]:
    """Return those of the named fields that the case has."""
    return {name: case[name] for name in names.split() if name in case}


def simple(op: str, inputs: str, outputs: str = "") -> Steps:
    """Return the steps of a file whose cases are one request each."""

    def steps(case: Case) -> Iterator[Step]:
        yield Step(op, pick(case, inputs), pick(case, outputs), case.get("error"))

    return steps


def encoding(case: Case) -> Iterator[Step]:
    """Decode; and what was valid must also be written so."""
    yield Step("encoding.decode", pick(case, "bytes"), pick(case, "value"), case.get("error"))
    if "value" in case:
        yield Step("encoding.encode", pick(case, "value"), pick(case, "bytes"))


def textform(case: Case) -> Iterator[Step]:
    """Read; and what was valid must be written as the case says."""
    yield Step("text.from", pick(case, "kind text"), pick(case, "bytes"), case.get("error"))
    if "written" in case:
        yield Step("text.to", pick(case, "kind bytes"), {"text": case["written"]})


def entry(case: Case) -> Iterator[Step]:
    """Make the header and its id, and sign it."""
    inputs = pick(case, "log seq prev time_ms body")
    yield Step(
        "entry.id", inputs, pick(case, "header entry_id body_size body_hash"), case.get("error")
    )
    if "signature" in case:
        yield Step("entry.sign", pick(case, "seed entry_id"), pick(case, "signature"))


def _arriving(step: dict[str, Any]) -> dict[str, Json]:
    """Return a step as it is asked for; a long packet stands in the file unsealed."""
    if "sealed" not in step:
        return pick(step, "in say")
    cipher = CipherState(bytes.fromhex(step["key"]))
    cipher.n = step["n"]
    return {"in": cipher.encrypt_with_ad(b"", bytes.fromhex(step["sealed"])).hex()}


def placing(case: Case) -> Iterator[Step]:
    """Take the segments in, one after the other, and say after each what is held."""
    expected = []
    for step in case["steps"]:
        result = {"new": step["new"]} if "new" in step else {"error": case["error"]}
        expected.append(result | pick(step, "newest older"))
    segments = [step["segment"] for step in case["steps"]]
    yield Step("log.take", {"segments": segments}, {"results": expected})


def identity(case: Case) -> Iterator[Step]:
    """Three kinds of cases: words, the consent of a device, a set of devices."""
    op, inputs, outputs = {
        "words": ("identity.root", "words", "root"),
        "consent": ("identity.consent", "root device consent", ""),
        "devices": ("identity.devices", "root adds revokes", "devices"),
    }[case["op"]]
    yield Step(op, pick(case, inputs), pick(case, outputs), case.get("error"))


def body(case: Case) -> Iterator[Step]:
    """Whether a body has a meaning, and whether its kind is known."""
    expected = pick(case, "kind")
    if "means" in case:
        expected["known"] = case["means"] is not None
    yield Step("body.parse", pick(case, "bytes"), expected, case.get("error"))


def blob(case: Case) -> Iterator[Step]:
    """Two kinds of cases: the list of a blob, and one of its chunks."""
    inputs = {"list": "blob list", "chunk": "list index chunk"}[case["op"]]
    expected = pick(case, "size chunks")
    yield Step(f"blob.{case['op']}", pick(case, inputs), expected, case.get("error"))


def frame(case: Case) -> Iterator[Step]:
    """What comes before a refusal counts, so both are looked at."""
    expected = {"lengths": case["lengths"], "refused": case.get("error")}
    yield Step("frame.split", pick(case, "role stream"), expected)


def link(case: Case) -> Iterator[Step]:
    """One end of a link: packets that come in and messages to be said, in their order."""
    steps = case["steps"]
    fields = pick(case, "role seed ephemeral network expect packet_most")
    given = [_arriving(step) for step in steps if "out" not in step]
    expected: dict[str, Json] = {
        "out": [step["out"] for step in steps if "out" in step],
        "heard": [step["hears"] for step in steps if "hears" in step],
        "refused": case.get("error"),
        **pick(case, "remote handshake_hash"),
    }
    yield Step("link.run", fields | {"steps": given}, expected)


def signal(case: Case) -> Iterator[Step]:
    """Two kinds of cases: an offer or answer, and the text form of one."""
    inputs = {"read": "bytes", "text": "letter text"}[case["op"]]
    outputs = {"read": "type candidates", "text": "bytes written"}[case["op"]]
    yield Step(f"signal.{case['op']}", pick(case, inputs), pick(case, outputs), case.get("error"))


def channel(case: Case) -> Iterator[Step]:
    """What comes before a refusal counts, so both are looked at."""
    messages = [_bytes(one) if isinstance(one, list) else one for one in case["messages"]]
    expected = {"lengths": case["lengths"], "refused": case.get("error"), **pick(case, "ended")}
    yield Step("channel.feed", pick(case, "role") | {"messages": messages}, expected)


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


def pairing(case: Case) -> Iterator[Step]:
    """A code, something derived, or one end of a pairing."""
    if case["op"] not in ("old", "new"):
        inputs, outputs = {
            "code": ("typed", "code"),
            "key": ("code network", "key"),
            "commitment": ("nonce", "commitment"),
            "number": ("handshake_hash root device joiner nonce answer", "number"),
        }[case["op"]]
        yield Step(
            f"pairing.{case['op']}", pick(case, inputs), pick(case, outputs), case.get("error")
        )
        return
    inputs, outputs = {
        "old": ("root device joiner", "number called consent"),
        "new": ("seed", "number called root device addresses declined"),
    }[case["op"]]
    given = pick(case, f"handshake_hash name nonce {inputs}")
    given["steps"] = [step for step in case["steps"] if "out" not in step]
    out = [step["out"] for step in case["steps"] if "out" in step]
    expected = {"out": out, "refused": case.get("error"), **pick(case, outputs)}
    yield Step(f"pairing.{case['op']}", given, expected)


def bundle(case: Case) -> Iterator[Step]:
    """What comes before a refusal counts, so both are looked at."""
    expected = pick(case, "segments") | {"refused": case.get("error")}
    yield Step("bundle.read", pick(case, "bytes"), expected)


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


def noise(case: Case) -> Iterator[Step]:
    """Both ends write every message that is theirs, and read the others."""
    for role in ("initiator", "responder"):
        own = [message["from"] == role for message in case["messages"]]
        done = [
            message["ciphertext" if mine else "payload"]
            for message, mine in zip(case["messages"], own, strict=True)
        ]
        fields = {"initiator": role == "initiator", **pick(case, "prologue psk messages")}
        yield Step("noise.handshake", fields | case[role], {"messages": done})


FILES: dict[str, Steps] = {
    "encoding": encoding,
    "textform": textform,
    "entry": entry,
    "signature": simple("entry.verify", "log entry_id signature"),
    "segment": simple("segment.check", "bytes pinned", "first last last_id signed"),
    "fork": simple("fork.check", "bytes", "seq"),
    "placing": placing,
    "identity": identity,
    "body": body,
    "blob": blob,
    "frame": frame,
    "link": link,
    "message": simple("message.decode", "bytes", "type"),
    "reconcile": reconcile,
    "session": session,
    "pairing": pairing,
    "bundle": bundle,
    "signal": signal,
    "channel": channel,
    "noise": noise,
}
