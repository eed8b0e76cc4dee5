"""How the cases of protocol/vectors/ become requests, file by file.

A case names its input fields and, if it is valid, its output fields as the operations of
protocol/conformance.md do; most files are therefore one operation and a list of names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from p2pblog.conformance.bundling import comparable
from p2pblog.conformance.steps import Case, Step, Steps, pick, simple
from p2pblog.conformance.talks import reconcile, session
from p2pblog.conformance.values import Json
from p2pblog.sync.noise import CipherState

BYTES = frozenset(
    {"bytes", "body", "list", "chunk", "stream", "segment", "in", "out", "say", "hears", "sealed"}
)
"""The fields that may be abbreviated."""


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


def text(case: Case) -> Iterator[Step]:
    """Show a text or a name, or find the tags or mentions in it."""
    yield Step(f"text.{case['op']}", pick(case, "text"), pick(case, "shown tags names"))


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


def hearsay(case: Case) -> Iterator[Step]:
    """An announcement on the LAN, or addresses that a peer tells of."""
    inputs = {"lan": "network device here name txt port addresses", "member": "addresses"}
    op = {"lan": "lan.read", "member": "member.dial"}[case["op"]]
    yield Step(op, pick(case, inputs[case["op"]]), pick(case, "found dial"))


def bundling(case: Case) -> Iterator[Step]:
    """A bundle of all that is held."""
    fields, expected = pick(case, "held"), pick(case, "bytes")
    yield Step("bundle.write", fields, expected, comparable=comparable)


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
    "said": simple(
        "identity.said",
        "root arrivals",
        "logs posts versions votes pinned likes reposts follows name bio fields erased",
    ),
    "body": body,
    "text": text,
    "blob": blob,
    "frame": frame,
    "link": link,
    "message": simple("message.decode", "bytes", "type"),
    "reconcile": reconcile,
    "session": session,
    "pairing": pairing,
    "bundle": bundle,
    "bundling": bundling,
    "signal": signal,
    "channel": channel,
    "hearsay": hearsay,
    "noise": noise,
}
