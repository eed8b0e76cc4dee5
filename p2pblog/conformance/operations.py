"""The operations of the line protocol that need no home, over the package's own functions.

Implements protocol/conformance.md section 3.  Each takes the fields of a request and returns the
value of its answer, or raises the refusal.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from p2pblog.conformance.bundling import BUNDLING
from p2pblog.conformance.hearsay import HEARSAY
from p2pblog.conformance.reconciling import RECONCILING
from p2pblog.conformance.runs import RUNS
from p2pblog.conformance.saying import SAYING
from p2pblog.conformance.values import (
    Fields,
    Json,
    from_json,
    maybe_hex,
    maybe_unhex,
    to_json,
    unhex,
    unhex_segment,
)
from p2pblog.content.bodies import DeviceAdd, DeviceRevoke, Unknown, parse
from p2pblog.content.text import clean, clean_line, mention_tokens, tags
from p2pblog.core.crypto import SigningKey, digest
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import BadArchive, BadSignature, ForkFound, ProtocolError
from p2pblog.core.textform import Kind, from_text, to_text
from p2pblog.exchange.bundle import read_segments
from p2pblog.log.entry import HEADER_VERSION, sign_id, verify_id
from p2pblog.log.fork import check_proof, proof_from_wire
from p2pblog.log.held import Held, Range
from p2pblog.log.identity import Adds, device_set, has_consent, root_from_words
from p2pblog.log.placing import place
from p2pblog.log.segment import check_segment
from p2pblog.store.blobs import check_chunk, read_chunk_list
from p2pblog.sync.channel import ChannelStream
from p2pblog.sync.codec import decode_message
from p2pblog.sync.messages import KINDS
from p2pblog.sync.signal import SignalType, decode_signal
from p2pblog.sync.signal_text import SignalLetter, signal_from_text, signal_to_text


def encoding_decode(f: Fields) -> Json:
    return {"value": to_json(decode(unhex(f["bytes"])))}


def encoding_encode(f: Fields) -> Json:
    return {"bytes": encode(from_json(f["value"])).hex()}


def text_to(f: Fields) -> Json:
    return {"text": to_text(Kind(f["kind"]), unhex(f["bytes"]))}


def text_from(f: Fields) -> Json:
    return {"bytes": from_text(Kind(f["kind"]), f["text"]).hex()}


def entry_id(f: Fields) -> Json:
    body = unhex(f["body"])
    hashed = digest(body)
    prev = maybe_unhex(f["prev"])
    header = encode(
        [HEADER_VERSION, unhex(f["log"]), f["seq"], prev, f["time_ms"], len(body), hashed]
    )
    return {
        "header": header.hex(),
        "entry_id": digest(header).hex(),
        "body_size": len(body),
        "body_hash": hashed.hex(),
    }


def entry_sign(f: Fields) -> Json:
    return {"signature": sign_id(SigningKey(unhex(f["seed"])), unhex(f["entry_id"])).hex()}


def entry_verify(f: Fields) -> Json:
    if not verify_id(unhex(f["log"]), unhex(f["entry_id"]), unhex(f["signature"])):
        raise BadSignature
    return {}


def segment_check(f: Fields) -> Json:
    checked = check_segment(unhex_segment(f["bytes"]), maybe_unhex(f.get("pinned")))
    first, last = checked.entries[0], checked.entries[-1]
    return {
        "first": first.seq,
        "last": last.seq,
        "last_id": last.id.hex(),
        "signed": sorted(checked.signatures),
    }


def fork_check(f: Fields) -> Json:
    return {"seq": check_proof(proof_from_wire(decode(unhex(f["bytes"]))))}


def log_take(f: Fields) -> Json:
    logs: dict[bytes, Held] = {}
    forked: set[bytes] = set()
    results: list[Json] = []
    for text in f["segments"]:
        segment = unhex_segment(text)
        held = logs.get(segment.log)
        try:
            if segment.log in forked:
                raise ForkFound("known")
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
            if isinstance(error, ForkFound):
                forked.add(segment.log)
        newest, older = (None, None) if held is None else (held.newest, held.older)
        results.append(result | {"newest": _range(newest), "older": _range(older)})
    return {"results": results}


def identity_root(f: Fields) -> Json:
    return {"root": root_from_words(f["words"].split()).public.hex()}


def identity_consent(f: Fields) -> Json:
    if not has_consent(unhex(f["root"]), DeviceAdd(unhex(f["device"]), unhex(f["consent"]))):
        raise BadSignature
    return {}


def identity_devices(f: Fields) -> Json:
    adds = [
        Adds(unhex(log), seq, DeviceAdd(unhex(device), unhex(consent)))
        for log, seq, device, consent in f["adds"]
    ]
    revokes = [
        DeviceRevoke(unhex(device), seq, maybe_unhex(id_)) for device, seq, id_ in f["revokes"]
    ]
    found = device_set(unhex(f["root"]), adds, revokes)
    return {
        "devices": [
            [device.hex(), None if pin is None else [pin.seq, maybe_hex(pin.id)]]
            for device, pin in sorted(found.items())
        ]
    }


def body_parse(f: Fields) -> Json:
    data = unhex(f["bytes"])
    known = not isinstance(parse(data), Unknown)
    return {"kind": decode(data)[1], "known": known}


def text_clean(f: Fields) -> Json:
    return {"shown": clean(f["text"])}


def text_name(f: Fields) -> Json:
    return {"shown": clean_line(f["text"])}


def text_tags(f: Fields) -> Json:
    return {"tags": tags(f["text"])}


def text_mentions(f: Fields) -> Json:
    return {"names": mention_tokens(f["text"])}


def blob_list(f: Fields) -> Json:
    size, hashes = read_chunk_list(unhex(f["blob"]), unhex(f["list"]))
    return {"size": size, "chunks": len(hashes)}


def blob_chunk(f: Fields) -> Json:
    listed = unhex(f["list"])
    size, hashes = read_chunk_list(digest(listed), listed)
    check_chunk(unhex(f["chunk"]), f["index"], size, hashes)
    return {}


def message_decode(f: Fields) -> Json:
    return {"type": KINDS[type(decode_message(unhex(f["bytes"])))].name.lower()}


def bundle_read(f: Fields) -> Json:
    read: list[str] = []
    refused: str | None = None
    try:
        for segment in read_segments(BytesIO(unhex(f["bytes"]))):
            read.append(segment.hex())  # noqa: PERF401 (what came before a refusal counts)
    except BadArchive as error:
        refused = error.code
    return {"segments": read, "refused": refused}


def signal_read(f: Fields) -> Json:
    found = decode_signal(unhex(f["bytes"]))
    return {
        "type": found.type.name.lower(),
        "candidates": [[one.host, one.port] for one in found.candidates],
    }


def signal_text(f: Fields) -> Json:
    kind = SignalType.OFFER if f["letter"] == SignalLetter.OFFER else SignalType.ANSWER
    data = signal_from_text(kind, f["text"])
    return {"bytes": data.hex(), "written": signal_to_text(kind, data)}


def channel_feed(f: Fields) -> Json:
    stream = ChannelStream(initiator=f["role"] == "initiator")
    packets = [packet for text in f["messages"] for packet in stream.feed(unhex(text))]
    refused = stream.refused
    return {
        "lengths": [len(packet) for packet in packets],
        "ended": stream.ended,
        "refused": None if refused is None else refused.code,
    }


def _range(part: Range | None) -> Json:
    if part is None:
        return None
    return [part.low, part.high, maybe_hex(part.low_prev), part.high_id.hex()]


def write_held(log: bytes, held: Held, forked: bool) -> Json:
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
    "text.clean": text_clean,
    "text.name": text_name,
    "text.tags": text_tags,
    "text.mentions": text_mentions,
    "blob.list": blob_list,
    "blob.chunk": blob_chunk,
    "message.decode": message_decode,
    "bundle.read": bundle_read,
    "signal.read": signal_read,
    "signal.text": signal_text,
    "channel.feed": channel_feed,
    **BUNDLING,
    **HEARSAY,
    **RECONCILING,
    **RUNS,
    **SAYING,
}
