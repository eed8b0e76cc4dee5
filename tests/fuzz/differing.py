"""Targets: p2pblog against the plain second implementation: the same verdict, the same code.

Where several rules are broken at once any of their codes will do (protocol/README.md), and the
two look in another order: then both codes must be of the same stage.  Form comes before
authenticity, for nothing is hashed that could not be read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple
from unittest.mock import patch

from p2pblog.content.bodies import KINDS, DeviceAdd, DeviceRevoke, Unknown, parse, serialize
from p2pblog.core import crypto
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import BadArchive, P2PBlogError
from p2pblog.core.limits import BODY_BYTES_MAX
from p2pblog.core.textform import Kind, from_text
from p2pblog.exchange.bundle import read_bundle
from p2pblog.log.fork import check_proof, proof_from_wire
from p2pblog.log.identity import Adds, add_device, device_set
from p2pblog.log.segment import check_segment, encode_segment, from_wire
from p2pblog.sync.channel import ChannelStream
from p2pblog.sync.codec import decode_message
from p2pblog.sync.frames import FrameSplitter
from p2pblog.sync.link import handshake_bytes
from p2pblog.sync.messages import KINDS as MESSAGE_KINDS
from p2pblog.sync.messages import Type
from p2pblog.sync.signal import SignalType, decode_signal
from p2pblog.sync.signal_text import signal_from_text
from tests.fuzz.decoders import as_file
from tests.fuzz.links import messages
from tests.fuzz.sessions import KEYS, sign
from tests.plain import body as plain_body
from tests.plain import bundle as plain_bundle
from tests.plain import channel as plain_channel
from tests.plain import ed25519, identity, msgpack
from tests.plain import fork as plain_fork
from tests.plain import frames as plain_frames
from tests.plain import message as plain_message
from tests.plain import segment as plain_segment
from tests.plain import signal as plain_signal
from tests.plain import textform as plain_textform
from tests.plain.refused import Refused

FORM = {"bad-structure", "too-large"}
AUTHENTICITY = {"bad-signature", "broken-chain"}
STAGES = ({"non-canonical"}, {"bad-body"}, FORM, AUTHENTICITY)


class Verdict(NamedTuple):
    """What one implementation made of an input: a value, or the code of its refusal."""

    value: Any
    code: str | None


def encoding(data: bytes) -> None:
    """Bytes are the encoding of one and the same value, or of none, to both."""
    agreed(ours(decode, data), theirs(msgpack.decode, data))


def body(data: bytes) -> None:
    """A body means the same to both."""
    agreed(ours(_meaning, data), theirs(plain_body.read, data))


def message(data: bytes) -> None:
    """A message has the same type to both."""
    mine = ours(_type_of, data)
    agreed(mine, theirs(lambda given: plain_message.read(given)[0], data))


def packed(data: bytes) -> None:
    """Three bytes size, and a stream: it holds the same message to both, or none."""
    sent = encode([Type.PACKED.value, int.from_bytes(data[:3]), data[3:]])
    agreed(ours(_type_of, sent), theirs(lambda given: plain_message.read(given)[0], sent))


def segment(data: bytes) -> None:
    """A segment is authentic to both, and names the same ids; signed anew it is so again.

    Signatures have a target of their own, since the plain judge of them is slow.
    """
    with patch.object(plain_segment, "verify", crypto.verify):
        mine = ours(_checked, data)
        agreed(mine, theirs(_plain_checked, data))
        try:
            signed = encode_segment(sign(from_wire(decode(data))))
        except P2PBlogError:
            return
        verdict = ours(_checked, signed)
        assert verdict.code is None
        agreed(verdict, theirs(_plain_checked, signed))


def fork(data: bytes) -> None:
    """A proof shows a fork at the same entry to both."""
    with patch.object(plain_segment, "verify", crypto.verify):
        agreed(
            ours(lambda given: check_proof(proof_from_wire(decode(given))), data),
            theirs(lambda given: plain_fork.prove(msgpack.decode(given)), data),
        )


def textform(data: bytes) -> None:
    """A text form stands for the same 32 bytes to both, white space around it apart."""
    typed = data.decode("utf-8", "replace")
    for kind in Kind:
        mine = ours(partial(from_text, kind), typed)
        agreed(mine, theirs(partial(plain_textform.read, kind.value), typed.strip()))


def frames(data: bytes) -> None:
    """A stream (behind one byte that says nothing here) holds the same packets to both."""
    for initiator, role in ((True, "initiator"), (False, "responder")):
        splitter = FrameSplitter(handshake_bytes(initiator=initiator))
        packets = splitter.feed(data[1:])
        code = splitter.refused.code if splitter.refused else None
        assert (packets, code) == plain_frames.split(role, data[1:])


def signal(data: bytes) -> None:
    """An offer or answer leads to the same places to both."""

    def read(given: bytes) -> Any:
        found = decode_signal(given)
        places = [[one.host, one.port] for one in found.candidates]
        return {"type": found.type.name.lower(), "candidates": places}

    agreed(ours(read, data), theirs(plain_signal.read, data))


def signal_text(data: bytes) -> None:
    """A text form stands for the same bytes to both."""
    typed = data.decode("utf-8", "replace")
    for kind, letter in ((SignalType.OFFER, "o"), (SignalType.ANSWER, "a")):
        mine = ours(partial(signal_from_text, kind), typed)
        agreed(mine, theirs(partial(plain_signal.read_text, letter), typed))


def channel(data: bytes) -> None:
    """The messages of a data channel hold the same packets to both."""
    given = list(messages(data))
    for initiator, role in ((True, "initiator"), (False, "responder")):
        stream = ChannelStream(initiator=initiator)
        packets = [packet for message in given for packet in stream.feed(message)]
        code = stream.refused.code if stream.refused else None
        assert (packets, stream.ended, code) == plain_channel.run(role, given)


def bundle(data: bytes) -> None:
    """A bundle holds the same segments to both, and is whole to both or to none."""
    found: list[bytes] = []
    whole = True
    try:
        for part in read_bundle(as_file(data)):
            found.append(part)  # noqa: PERF402 (what came before the damage counts)
    except BadArchive:
        whole = False
    expected = theirs(plain_bundle.read, data)
    assert expected.code in (None, BadArchive.code)
    assert (found, whole) == (expected.value or ([], False))


def signature(data: bytes) -> None:
    """32 bytes key, 64 bytes signature, and what is signed: both believe it, or neither."""
    public, signed, said = data[:32], data[32:96], data[96:]
    if len(signed) == 64:
        assert crypto.verify(public, said, signed) == ed25519.verify(public, said, signed)


def devices(data: bytes) -> None:
    """The devices of an identity are the same to both, whatever the order of the entries.

    Five bytes an entry: which of six keys is added or revoked, in whose log (or with which
    id), at which seq, whose consent it holds, and which of the two it is.
    """
    root = _KEYS[0].public
    adds: list[Adds] = []
    revokes: list[DeviceRevoke] = []
    for at in range(0, min(len(data), 200) - 4, 5):
        device, log, seq, consent, kind = data[at : at + 5]
        key = _KEYS[device % 6]
        if kind % 3 == 0:
            seq %= 4
            revokes.append(DeviceRevoke(key.public, seq, bytes([log % 4]) * 32 if seq else None))
        else:
            agreement = _CONSENTS[consent % 6 if consent > 127 else device % 6]
            adds.append(Adds(_KEYS[log % 6].public, seq % 5 + 1, DeviceAdd(key.public, agreement)))
    plain_adds = [identity.Add(*item[:2], item.add.device, item.add.consent) for item in adds]
    plain_revokes = [identity.Revoke(item.device, item.seq, item.id) for item in revokes]
    with patch.object(identity, "verify", crypto.verify):
        expected = identity.devices(root, plain_adds, plain_revokes)
    for found in (device_set(root, adds, revokes), device_set(root, adds[::-1], revokes[::-1])):
        assert {device: pin and tuple(pin) for device, pin in found.items()} == expected


def ours(run: Callable[[Any], Any], data: bytes | str) -> Verdict:
    """Return what p2pblog says."""
    try:
        return Verdict(run(data), None)
    except P2PBlogError as error:
        return Verdict(None, error.code)


def theirs(run: Callable[[Any], Any], data: bytes | str) -> Verdict:
    """Return what the plain implementation says."""
    try:
        return Verdict(run(data), None)
    except Refused as error:
        return Verdict(None, error.code)


def agreed(one: Verdict, other: Verdict) -> None:
    """Fail unless two verdicts are the same."""
    if one.code != other.code:
        same_stage = any({one.code, other.code} <= stage for stage in STAGES)
        assert same_stage, f"p2pblog: {one.code}, plain: {other.code}"
    elif one.code is None:
        assert _typed(one.value) == _typed(other.value)


def _typed(value: Any) -> Any:
    """Return a value in which true is not 1."""
    if isinstance(value, list | tuple):
        return [_typed(item) for item in value]
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    return type(value).__name__, value


def _meaning(data: bytes) -> Any:
    read = parse(data)
    if isinstance(read, Unknown):
        return read.kind, None
    # The body with its unknown fields may be larger than an entry takes: the rest never is.
    assert len(serialize(read, bytes(16))) <= max(len(data), BODY_BYTES_MAX)
    return KINDS[type(read)], decode(serialize(read, bytes(16)))[2]


def _type_of(data: bytes) -> str:
    return MESSAGE_KINDS[type(decode_message(data))].name.lower()


def _checked(data: bytes) -> Any:
    checked = check_segment(from_wire(decode(data)))
    return [entry.id for entry in checked.entries], checked.signatures


def _plain_checked(data: bytes) -> Any:
    checked = plain_segment.check(plain_segment.read(msgpack.decode(data)), None)
    return [entry.id for entry in checked.entries], checked.signatures


_KEYS = [*KEYS, *(crypto.SigningKey(bytes([number]) * 32) for number in (4, 5, 6))]
_CONSENTS = [add_device(_KEYS[0].public, key).consent for key in _KEYS]
_CONSENTS[5] = add_device(_KEYS[1].public, _KEYS[5]).consent  # the sixth agreed to another
