"""What fuzzing begins with: inputs for every target, made from protocol/vectors.

Made anew each time, so that nothing large is kept and nothing grows stale.  What fuzzing has
found is kept, in regressions/TARGET/.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from p2pblog.core.encoding import decode, encode
from p2pblog.core.textform import Kind, to_text
from p2pblog.net.lan_records import write_txt
from p2pblog.sync.codec import encode_message
from p2pblog.sync.frames import frame
from p2pblog.sync.messages import Have, Hello, Offer
from tests.fuzz.comparing import HEARD, HERE, HONEST, LEAD, THERE
from tests.fuzz.decoders import NETWORK
from tests.fuzz.sessions import AS_IT_IS, KEYS, LINK, OUTPUT, SIGNED, TIME, WRITE, step_bytes
from tests.fuzz.targets import TARGETS

VECTORS = Path(__file__).parents[2] / "protocol" / "vectors"
REGRESSIONS = Path(__file__).parent / "regressions"

FILES = {
    "encoding": "encoding",
    "segment": "segment",
    "fork": "fork",
    "message": "message",
    "body": "body",
    "bundle": "bundle",
}
TEXTS = (
    "", "plain", "two\r\n\n\n\nlines ", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07x", "\u202eabc",
    "e" + "\u0301" * 12, "\U0001f468\u200d\U0001f469\u200d\U0001f467 family", "#tag @name.x #42",
    "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\x9b2Jx\x90q\x9c", "\ue000\uffff",
)  # fmt: skip
LISTS = (
    '[]', 'window.YTD.tweets.part0 = [ {"id": 1}, {"id": "2", "x": [{}]} ]',
    '\ufeff[{"id": 1}, {"id": }, {"id": 3}]', '[{"id": 1', '[1, "x", {"id": -1.5e3}];', "var a = {",
)  # fmt: skip


def seeds(target: str) -> list[bytes]:
    """Return the inputs that `target` begins with, regressions among them; none too large."""
    found = [*_made(target), *regressions(target)]
    return [data for data in dict.fromkeys(found) if len(data) <= TARGETS[target].bytes_max]


def regressions(target: str) -> list[bytes]:
    """Return what fuzzing found once for `target`."""
    folder = REGRESSIONS / target
    return [path.read_bytes() for path in sorted(folder.iterdir())] if folder.is_dir() else []


def vectors(name: str) -> list[dict[str, Any]]:
    """Return the cases of one file of vectors."""
    cases: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_text("ascii"))["tests"]
    return cases


def read_bytes(spelt: Any) -> bytes:
    """Return bytes that a file spells as hex, or as [hex, count] pairs."""
    if isinstance(spelt, str):
        return bytes.fromhex(spelt)
    return b"".join(bytes.fromhex(piece) * count for piece, count in spelt)


def _made(target: str) -> Iterator[bytes]:
    name = target.removeprefix("differing_")
    if name in FILES:
        for case in vectors(FILES[name]):
            yield read_bytes(case["bytes"])
    match name:
        case "textform":
            for case in vectors("textform"):
                yield case["text"].encode()
        case "signal":
            for case in vectors("signal"):
                if case["op"] == "read":
                    yield read_bytes(case["bytes"])
        case "signal_text":
            for case in vectors("signal"):
                if case["op"] == "text":
                    yield case["text"].encode()
        case "channel":
            for case in vectors("channel"):
                given = [read_bytes(message) for message in case["messages"]]
                yield b"".join(len(one).to_bytes(2) + one for one in given)
        case "api_frame":
            for case in vectors("encoding"):
                yield _counted(read_bytes(case["bytes"]))
            yield _counted(encode({"id": 1, "do": "post", "text": "x", "media": []}))
        case "lan_record":
            yield from _records()
        case "archive":
            yield from (item.encode() for item in LISTS)
        case "clean":
            yield from (item.encode() for item in TEXTS)
        case "frames":
            for case in vectors("frame"):
                yield b"\2" + read_bytes(case["stream"])
        case "handshake":
            for case in vectors("link"):
                yield frame(*(read_bytes(step["in"]) for step in case["steps"] if "in" in step))
        case "packets":
            yield from (frame(b"\1x", b"\1" + bytes(40)), frame(b"\0\1ab", b"\0\0c"), frame(b"\2"))
        case "session":
            yield from _sessions()
        case "packed":
            for case in vectors("message"):
                if "Packed" in case["flags"] and case["result"] == "valid":
                    yield _packed(read_bytes(case["bytes"]))
        case "reconcile":
            yield from _comparisons()
        case "signature":
            for case in vectors("signature"):
                said = b"p2pblog entry v1" + bytes.fromhex(case["entry_id"])
                yield bytes.fromhex(case["log"]) + bytes.fromhex(case["signature"]) + said
        case "devices":
            yield bytes([1, 0, 1, 0, 1, 2, 1, 2, 0, 1, 1, 0, 1, 0, 0, 3, 2, 1, 0, 1])
            yield bytes(
                [1, 0, 0, 0, 1, 2, 1, 0, 130, 1, 2, 3, 3, 0, 3, 2, 1, 3, 0, 3, 5, 0, 0, 0, 1]
            )


def _counted(payload: bytes) -> bytes:
    return len(payload).to_bytes(4) + payload


def _records() -> Iterator[bytes]:
    device = bytes(range(32))
    txt = write_txt(device, NETWORK)
    assert to_text(Kind.DEVICE, device).encode() in txt
    v4, v6 = bytes([192, 168, 7, 9]), bytes([0xFE, 0x80, *([0] * 13), 9])
    mapped = bytes(10) + b"\xff\xff" + v4
    for hosts in ([v4], [v6], [mapped, v4], [bytes([127, 0, 0, 1]), bytes(15) + b"\1"], [bytes(4)]):
        packed = b"".join(bytes([len(host), 2]) + host for host in hosts)
        yield (4114).to_bytes(2) + bytes([len(hosts)]) + packed + txt


def _packed(data: bytes) -> bytes:
    """Return a packed message as its target has it: three bytes size, and the stream."""
    match decode(data):
        case [_, int(size), bytes(deflated)]:
            return size.to_bytes(3) + deflated
        case _:
            raise ValueError("a packed message")


def _comparisons() -> Iterator[bytes]:
    """Yield comparisons of small and large sets, whole, and what the vectors say in them."""
    few = bytes([1, 2, 3, 0, 1, 3, 1, 0, 200, 7, 1, 2])
    many = bytes(byte for n in range(40) for byte in (n * 37 % 256, n * 11 % 256, 1 + n % 3, 0))
    alike = bytes(byte for n in range(40) for byte in (0x77, n * 5 % 256, 1, 0))
    sets = (b"", few, many, alike, many[:60])
    for lead in (b"", step_bytes(LEAD, b"")):
        for here in sets:
            for there in sets:
                held = lead + step_bytes(HERE, here) + step_bytes(THERE, there)
                yield held + step_bytes(HONEST, b"") * 40
        for case in vectors("message"):
            if case.get("type") in ("compare", "compared", "reveal", "agreed"):
                heard = step_bytes(HEARD, read_bytes(case["bytes"]))
                yield lead + step_bytes(HERE, many) + step_bytes(HONEST, b"") + heard


def _heard(end: str, case: dict[str, Any]) -> Iterator[bytes]:
    """Yield the steps of one end of a session: what it hears, and the links that it gets."""
    output = step_bytes(OUTPUT, b"")
    for item in [case, *case["transcript"]]:
        if "leads" in item:
            yield step_bytes(LINK, bytes([item["leads"] == end])) + output
        elif item.get("from", end) != end:
            yield step_bytes(AS_IT_IS, bytes.fromhex(item["bytes"])) + output
        elif "takes" in item:
            yield step_bytes(WRITE, b"\0") + output


def _sessions() -> Iterator[bytes]:
    hello = step_bytes(AS_IT_IS, encode_message(Hello(1, None)))
    output, tick = step_bytes(OUTPUT, b""), step_bytes(TIME, b"\x10")
    for case in vectors("session"):
        for end in case["ends"]:
            yield b"".join(_heard(end, case)) + output
    for case in vectors("segment"):
        data = read_bytes(case["bytes"])
        if len(data) < 2048:
            # An offer of the log, the question that follows, and this for an answer.
            offer = encode_message(Have([Offer(KEYS[0].public, 1, 70, bytes(32))]))
            answer = b"\x93\x03\x01" + data
            yield hello + step_bytes(AS_IT_IS, offer) + output + step_bytes(SIGNED, answer) + output
    for case in vectors("fork"):
        yield hello + step_bytes(SIGNED, b"\x92\x0b" + read_bytes(case["bytes"])) + output
    yield hello + tick + step_bytes(WRITE, b"\x45") + output + tick * 8
