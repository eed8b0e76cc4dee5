"""Every target by its name, with the largest input that is worth trying."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.fuzz import comparing, decoders, differing, links, sessions


class Target(NamedTuple):
    """A function that raises when the code breaks a promise, and the bytes it takes at most."""

    run: Callable[[bytes], None]
    bytes_max: int = 4096


TARGETS: dict[str, Target] = {
    "encoding": Target(decoders.encoding),
    "segment": Target(decoders.segment),
    "fork": Target(decoders.fork),
    "message": Target(decoders.message),
    "body": Target(decoders.body, 8192),
    "textform": Target(decoders.textform, 128),
    "bundle": Target(decoders.bundle),
    "api_frame": Target(decoders.api_frame),
    "lan_record": Target(decoders.lan_record, 1024),
    "archive": Target(decoders.archive),
    "clean": Target(decoders.clean),
    "signal": Target(decoders.signal, 520),
    "signal_text": Target(decoders.signal_text, 1200),
    "frames": Target(links.frames),
    "channel": Target(links.channel, 1 << 20),
    "handshake": Target(links.handshake, 1024),
    "packets": Target(links.packets),
    "session": Target(sessions.session, 8192),
    "differing_encoding": Target(differing.encoding),
    "differing_body": Target(differing.body, 8192),
    "differing_message": Target(differing.message),
    "differing_packed": Target(differing.packed),
    "differing_reconcile": Target(comparing.reconcile, 8192),
    "differing_segment": Target(differing.segment),
    "differing_fork": Target(differing.fork),
    "differing_textform": Target(differing.textform, 128),
    "differing_frames": Target(differing.frames),
    "differing_signal": Target(differing.signal, 520),
    "differing_signal_text": Target(differing.signal_text, 1200),
    "differing_channel": Target(differing.channel, 1 << 20),
    "differing_bundle": Target(differing.bundle),
    "differing_signature": Target(differing.signature, 256),
    "differing_devices": Target(differing.devices, 200),
}
