"""This implementation behind the line protocol: `python -m p2pblog.conformance.reference`.

Implements protocol/conformance.md.  Each operation is one small method over the package's own
functions, so that the driver can be proven against the implementation that the vectors are
about, and other implementations have somebody to exchange logs with.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import p2pblog
from p2pblog.conformance.home import Home
from p2pblog.conformance.values import Json, from_json, to_json
from p2pblog.content.bodies import DeviceAdd, DeviceRevoke, Unknown, parse
from p2pblog.core.crypto import SigningKey, digest
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import BadRequest, BadSignature, P2PBlogError, ProtocolError
from p2pblog.core.textform import Kind, from_text, to_text
from p2pblog.log import segment as segments
from p2pblog.log.entry import HEADER_VERSION, sign_id, verify_id
from p2pblog.log.fork import check_proof, proof_from_wire
from p2pblog.log.held import Held, Range
from p2pblog.log.identity import Adds, device_set, has_consent, root_from_words
from p2pblog.log.placing import place
from p2pblog.log.segment import Segment, check_segment
from p2pblog.sync.frames import FrameSplitter
from p2pblog.sync.link import SecureLink, handshake_bytes
from p2pblog.sync.messages import Type, decode_message
from p2pblog.sync.noise import HandshakeState

Fields: TypeAlias = dict[str, Any]
_bin = bytes.fromhex


def _maybe(text: str | None) -> bytes | None:
    return None if text is None else _bin(text)


def _hex(data: bytes | None) -> str | None:
    return None if data is None else data.hex()


def _segment(text: str) -> Segment:
    value = decode(_bin(text))
    return segments.from_wire(value)


# --- one after the other, without state --------------------------------------------------


def encoding_decode(f: Fields) -> Json:
    return {"value": to_json(decode(_bin(f["bytes"])))}


def encoding_encode(f: Fields) -> Json:
    return {"bytes": encode(from_json(f["value"])).hex()}


def text_to(f: Fields) -> Json:
    return {"text": to_text(Kind(f["kind"]), _bin(f["bytes"]))}


def text_from(f: Fields) -> Json:
    return {"bytes": from_text(Kind(f["kind"]), f["text"]).hex()}


def entry_id(f: Fields) -> Json:
    body = _maybe(f.get("body"))
    size = f["body_size"] if body is None else len(body)
    body_hash = _bin(f["body_hash"]) if body is None else digest(body)
    fields = [_bin(f["log"]), f["seq"], _maybe(f["prev"]), f["time_ms"], size, body_hash]
    header = encode([HEADER_VERSION, *fields])
    return {
        "header": header.hex(),
        "entry_id": digest(header).hex(),
        "body_size": size,
        "body_hash": body_hash.hex(),
    }


def entry_sign(f: Fields) -> Json:
    return {"signature": sign_id(SigningKey(_bin(f["seed"])), _bin(f["entry_id"])).hex()}


def entry_verify(f: Fields) -> Json:
    if not verify_id(_bin(f["log"]), _bin(f["entry_id"]), _bin(f["signature"])):
        raise BadSignature
    return {}


def segment_check(f: Fields) -> Json:
    checked = check_segment(_segment(f["bytes"]), _maybe(f.get("pinned")))
    first, last = checked.entries[0], checked.entries[-1]
    return {
        "first": first.seq,
        "last": last.seq,
        "last_id": last.id.hex(),
        "signed": sorted(checked.signatures),
    }


def fork_check(f: Fields) -> Json:
    return {"seq": check_proof(proof_from_wire(decode(_bin(f["bytes"]))))}


def log_take(f: Fields) -> Json:
    logs: dict[bytes, Held] = {}
    results: list[Json] = []
    for text in f["segments"]:
        segment = _segment(text)
        held = logs.get(segment.log)
        try:
            placed = place(held, segment)
            new = 0
            if placed is not None:
                placing, part = placed
                entries = placing.settle(check_segment(part, placing.pinned))
                new, held = len(entries), placing.held_after(entries)
                logs[segment.log] = held
            result: Json = {"new": new}
        except ProtocolError as error:
            result = {"error": error.code}
        newest, older = (None, None) if held is None else (held.newest, held.older)
        results.append(result | {"newest": _range(newest), "older": _range(older)})
    return {"results": results}


def identity_root(f: Fields) -> Json:
    return {"root": root_from_words(f["words"].split()).public.hex()}


def identity_consent(f: Fields) -> Json:
    if not has_consent(_bin(f["root"]), DeviceAdd(_bin(f["device"]), _bin(f["consent"]))):
        raise BadSignature
    return {}


def identity_devices(f: Fields) -> Json:
    adds = [
        Adds(_bin(log), seq, DeviceAdd(_bin(device), _bin(consent)))
        for log, seq, device, consent in f["adds"]
    ]
    revokes = [DeviceRevoke(_bin(device), seq, _maybe(id_)) for device, seq, id_ in f["revokes"]]
    found = device_set(_bin(f["root"]), adds, revokes)
    return {
        "devices": [
            [device.hex(), None if pin is None else [pin.seq, _hex(pin.id)]]
            for device, pin in sorted(found.items())
        ]
    }


def body_parse(f: Fields) -> Json:
    data = _bin(f["bytes"])
    known = not isinstance(parse(data), Unknown)
    return {"kind": decode(data)[1], "known": known}


def frame_split(f: Fields) -> Json:
    splitter = FrameSplitter(handshake_bytes(initiator=f["role"] == "initiator"))
    packets = splitter.feed(_bin(f["stream"]))
    refused = splitter.refused
    return {
        "lengths": [len(packet) for packet in packets],
        "refused": None if refused is None else refused.code,
    }


def noise_handshake(f: Fields) -> Json:
    state = HandshakeState(
        initiator=f["initiator"],
        prologue=_bin(f["prologue"]),
        psk=_bin(f["psk"]),
        s=_bin(f["static"]),
        e=_bin(f["ephemeral"]),
    )
    made: list[str] = []
    for message in f["messages"]:
        ciphers = state.transport
        if (message["from"] == "initiator") == f["initiator"]:
            payload = _bin(message["payload"])
            if ciphers is None:
                done = state.write_message(payload)
            else:
                done = ciphers[0].encrypt_with_ad(b"", payload)
        else:
            sealed = _bin(message["ciphertext"])
            if ciphers is None:
                done = state.read_message(sealed)
            else:
                done = ciphers[1].decrypt_with_ad(b"", sealed)
        made.append(done.hex())
    return {"messages": made, "hash": state.handshake_hash.hex()}


def link_run(f: Fields) -> Json:
    link = SecureLink(
        initiator=f["role"] == "initiator",
        device=SigningKey(_bin(f["seed"])),
        network_key=_bin(f["network"]),
        ephemeral=_bin(f["ephemeral"]),
        expect=_maybe(f.get("expect")),
        packet_bytes_max=f["packet_most"],
    )
    out, heard = link.start(), []
    refused: str | None = None
    try:
        for step in f["steps"]:
            if "in" in step:
                heard += link.receive(_bin(step["in"]))
                out += link.packets_to_send()
            else:
                out += link.seal(_bin(step["say"]))
    except ProtocolError as error:
        refused = error.code
    return {
        "out": [packet.hex() for packet in out],
        "heard": [message.hex() for message in heard],
        "remote": _hex(link.remote_device),
        "refused": refused,
    }


def message_decode(f: Fields) -> Json:
    data = _bin(f["bytes"])
    decode_message(data)
    return {"type": Type(decode(data)[0]).name.lower()}


def _range(part: Range | None) -> Json:
    if part is None:
        return None
    return [part.low, part.high, _hex(part.low_prev), part.high_id.hex()]


def _held(log: bytes, held: Held, forked: bool) -> Json:
    newest, older = held.newest, held.older
    return {
        "log": log.hex(),
        "low": newest.low,
        "high": newest.high,
        "high_id": newest.high_id.hex(),
        "older": None if older is None else [older.low, older.high],
        "forked": forked,
    }


PURE: dict[str, Callable[[Fields], Json]] = {
    "encoding.decode": encoding_decode,
    "encoding.encode": encoding_encode,
    "text.to": text_to,
    "text.from": text_from,
    "entry.id": entry_id,
    "entry.sign": entry_sign,
    "entry.verify": entry_verify,
    "segment.check": segment_check,
    "fork.check": fork_check,
    "log.take": log_take,
    "identity.root": identity_root,
    "identity.consent": identity_consent,
    "identity.devices": identity_devices,
    "body.parse": body_parse,
    "frame.split": frame_split,
    "noise.handshake": noise_handshake,
    "link.run": link_run,
    "message.decode": message_decode,
}


# --- the live part -----------------------------------------------------------------------


class Reference:
    """Answers requests; holds the home of the live part."""

    def __init__(self) -> None:
        self._home: Home | None = None
        self._live: dict[str, Callable[[Fields], Awaitable[Json]]] = {
            "home": self._begin,
            "listen": self._listen,
            "dial": self._dial,
            "links": self._links,
            "append": self._append,
            "frontier": self._frontier,
            "log": self._log,
            "close": self._close,
        }

    async def answer(self, line: bytes) -> Json:
        """Return the answer to one request."""
        request = json.loads(line)
        number, op = request.get("id"), request.get("op")
        try:
            if op == "capabilities":
                return {"id": number, "ok": self._capabilities()}
            if op in PURE:
                return {"id": number, "ok": PURE[op](request)}
            if op in self._live:
                return {"id": number, "ok": await self._live[op](request)}
        except P2PBlogError as error:
            return {"id": number, "error": error.code, "detail": error.detail}
        except (KeyError, TypeError, ValueError) as error:
            return {"id": number, "error": BadRequest.code, "detail": repr(error)}
        return {"id": number, "error": "unsupported"}

    async def stop(self) -> None:
        """End what is linked."""
        if self._home is not None:
            await self._home.close()

    @property
    def home(self) -> Home:
        """The home of the live part.

        Raises:
            BadRequest: there is none yet.
        """
        if self._home is None:
            raise BadRequest("begin with home")
        return self._home

    def _capabilities(self) -> Json:
        ops = ["capabilities", *PURE, *self._live]
        return {"name": "p2pblog", "version": p2pblog.__version__, "ops": ops}

    async def _begin(self, f: Fields) -> Json:
        await self.stop()
        self._home = Home(_bin(f["seed"]), _bin(f["network"]))
        return {"device": self._home.key.public.hex()}

    async def _listen(self, f: Fields) -> Json:
        return {"address": await self.home.listen()}

    async def _dial(self, f: Fields) -> Json:
        device = await self.home.dial(f["address"], _maybe(f.get("expect")))
        return {"device": device.hex()}

    async def _links(self, f: Fields) -> Json:
        return [device.hex() for device in self.home.links]

    async def _append(self, f: Fields) -> Json:
        bodies = [(entry["time_ms"], _bin(entry["body"])) for entry in f["entries"]]
        last = self.home.append(bodies)
        return {"seq": last.seq, "entry_id": last.id.hex()}

    async def _frontier(self, f: Fields) -> Json:
        home = self.home
        return [_held(log, held, home.forked(log)) for log, held in home.logs.items()]

    async def _log(self, f: Fields) -> Json:
        entries = self.home.store.read(_bin(f["log"]), f["low"], f["high"])
        return [
            {"seq": entry.seq, "entry_id": entry.id.hex(), "body": _hex(entry.body)}
            for entry in entries
        ]

    async def _close(self, f: Fields) -> Json:
        await self.home.close()
        return True


async def run() -> None:
    """Answer the lines of standard input until it ends."""
    reference = Reference()
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        print(json.dumps(await reference.answer(line)), flush=True)
    await reference.stop()


if __name__ == "__main__":
    asyncio.run(run())
