"""The operations of links, sessions and pairings: most run one end, step by step.

Implements protocol/conformance.md section 3.  What came before a refusal counts, so the
answer of such an operation names the refusal beside it.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable

from p2pblog.conformance.speaking import session_run
from p2pblog.conformance.values import (
    Fields,
    Json,
    maybe_hex,
    maybe_unhex,
    unhex,
)
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import ProtocolError
from p2pblog.sync.frames import FrameSplitter
from p2pblog.sync.link import SecureLink, handshake_bytes
from p2pblog.sync.noise import HandshakeState
from p2pblog.sync.pairing import (
    Joiner,
    Offerer,
    commitment,
    compared_number,
    pairing_key,
    read_code,
)


def frame_split(f: Fields) -> Json:
    splitter = FrameSplitter(handshake_bytes(initiator=f["role"] == "initiator"))
    packets = splitter.feed(unhex(f["stream"]))
    refused = splitter.refused
    return {
        "lengths": [len(packet) for packet in packets],
        "refused": None if refused is None else refused.code,
    }


def noise_handshake(f: Fields) -> Json:
    state = HandshakeState(
        initiator=f["initiator"],
        prologue=unhex(f["prologue"]),
        psk=unhex(f["psk"]),
        s=unhex(f["static"]),
        e=unhex(f["ephemeral"]),
    )
    made: list[str] = []
    for message in f["messages"]:
        ciphers = state.transport
        if (message["from"] == "initiator") == f["initiator"]:
            payload = unhex(message["payload"])
            if ciphers is None:
                done = state.write_message(payload)
            else:
                done = ciphers[0].encrypt_with_ad(b"", payload)
        else:
            sealed = unhex(message["ciphertext"])
            if ciphers is None:
                done = state.read_message(sealed)
            else:
                done = ciphers[1].decrypt_with_ad(b"", sealed)
        made.append(done.hex())
    return {"messages": made}


def link_run(f: Fields) -> Json:
    link = SecureLink(
        initiator=f["role"] == "initiator",
        device=SigningKey(unhex(f["seed"])),
        network_key=unhex(f["network"]),
        ephemeral=unhex(f["ephemeral"]),
        expect=maybe_unhex(f.get("expect")),
        packet_bytes_max=f["packet_most"],
    )
    out, heard = link.start(), []
    refused: str | None = None
    try:
        for step in f["steps"]:
            if "in" in step:
                heard += link.receive(unhex(step["in"]))
                out += link.packets_to_send()
            else:
                out += link.seal(unhex(step["say"]))
    except ProtocolError as error:
        refused = error.code
    return {
        "out": [packet.hex() for packet in out],
        "heard": [message.hex() for message in heard],
        "remote": maybe_hex(link.remote_device),
        "handshake_hash": link.handshake_hash.hex() if link.established else None,
        "refused": refused,
    }


def pairing_code(f: Fields) -> Json:
    return {"code": read_code(f["typed"])}


def pairing_key_of(f: Fields) -> Json:
    return {"key": pairing_key(f["code"], unhex(f["network"])).hex()}


def pairing_commitment(f: Fields) -> Json:
    return {"commitment": commitment(unhex(f["nonce"])).hex()}


def pairing_number(f: Fields) -> Json:
    names = ("handshake_hash", "root", "device", "joiner", "nonce", "answer")
    return {"number": compared_number(*(unhex(f[name]) for name in names))}


def pairing_old(f: Fields) -> Json:
    end = Offerer(
        root=unhex(f["root"]),
        device=unhex(f["device"]),
        name=f["name"],
        joiner=unhex(f["joiner"]),
        handshake_hash=unhex(f["handshake_hash"]),
        nonce=unhex(f["nonce"]),
    )
    out = end.start()
    addresses: list[str] | None = None  # to be told: the person has said yes
    refused: str | None = None
    try:
        for step in f["steps"]:
            if "in" in step:
                out += end.receive(unhex(step["in"]))
            elif "yes" in step:
                addresses = step["yes"]
            else:
                out.append(end.refused())
            if addresses is not None and end.add is not None:
                out.append(end.done(addresses))
                addresses = None
    except ProtocolError as error:
        refused = error.code
    return {
        "out": [message.hex() for message in out],
        "number": end.compare or None,
        "called": end.name if end.compare else None,
        "consent": None if end.add is None else end.add.consent.hex(),
        "refused": refused,
    }


def pairing_new(f: Fields) -> Json:
    end = Joiner(
        key=SigningKey(unhex(f["seed"])),
        name=f["name"],
        handshake_hash=unhex(f["handshake_hash"]),
        nonce=unhex(f["nonce"]),
    )
    out: list[bytes] = []
    refused: str | None = None
    try:
        for step in f["steps"]:
            out += end.receive(unhex(step["in"]))
    except ProtocolError as error:
        refused = error.code
    return {
        "out": [message.hex() for message in out],
        "number": end.compare or None,
        "called": end.name if end.root else None,
        "root": end.root.hex() or None,
        "device": end.device.hex() or None,
        "addresses": end.addresses,
        "declined": end.refused,
        "refused": refused,
    }


RUNS: dict[str, Callable[[Fields], Json]] = {
    "frame.split": frame_split,
    "noise.handshake": noise_handshake,
    "link.run": link_run,
    "session.run": session_run,
    "pairing.code": pairing_code,
    "pairing.key": pairing_key_of,
    "pairing.commitment": pairing_commitment,
    "pairing.number": pairing_number,
    "pairing.old": pairing_old,
    "pairing.new": pairing_new,
}
