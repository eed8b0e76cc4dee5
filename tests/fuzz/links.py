"""Targets: the byte stream of a link, its handshake, and what comes after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import ProtocolError
from p2pblog.sync.channel import ChannelStream
from p2pblog.sync.frames import LENGTH_BYTES, FrameSplitter, frame
from p2pblog.sync.link import SecureLink, handshake_bytes

# The keys of the vectors, so that their packets are the beginning of the corpus.
OURS, THEIRS = SigningKey(b"\x21" * 32), SigningKey(b"\x22" * 32)
NETWORK = b"\x10" * 32


def frames(data: bytes) -> None:
    """However a stream is cut, the same packets come out, and the same refusal.

    The first byte says how to cut it; the rest is the stream.
    """
    step, stream = data[0] % 7 + 1 if data else 1, data[1:]
    for role in (True, False):
        at_once = FrameSplitter(handshake_bytes(initiator=role))
        packets = at_once.feed(stream)
        in_pieces = FrameSplitter(handshake_bytes(initiator=role))
        pieces = [
            packet
            for at in range(0, len(stream), step)
            for packet in in_pieces.feed(stream[at : at + step])
        ]
        assert pieces == packets
        assert type(in_pieces.refused) is type(at_once.refused)
        assert stream.startswith(frame(*packets))
        assert sum(map(len, packets)) + LENGTH_BYTES * len(packets) <= len(stream)


def channel(data: bytes) -> None:
    """However many messages come, no more is taken in than there is room for, and it is told.

    Two bytes length, then a message, again and again.
    """
    for initiator in (True, False):
        stream = ChannelStream(initiator=initiator)
        taken = 0
        for message in messages(data):
            over = stream.refused is not None or stream.ended
            packets = stream.feed(message)
            taken += sum(map(len, packets)) + LENGTH_BYTES * len(packets)
            assert not (over and packets)
        assert taken <= 512 * 1024
        assert not (stream.ended and stream.refused)
        room = stream.room(0)
        assert room is None or 512 * 1024 < int.from_bytes(room[1:]) <= 1024 * 1024


def messages(data: bytes) -> Iterator[bytes]:
    """Yield what stands behind each length of two bytes."""
    at = 0
    while at + LENGTH_BYTES <= len(data):
        size = int.from_bytes(data[at : at + LENGTH_BYTES])
        yield data[at + LENGTH_BYTES : at + LENGTH_BYTES + size]
        at += LENGTH_BYTES + size


def handshake(data: bytes) -> None:
    """Packets from anybody end in a refusal, and a refused link stays refused."""
    for initiator in (True, False):
        link = _link(OURS, initiator)
        link.start()
        _give(link, list(_packets(data)))
        # The corpus begins with the handshake of these two: no other device gets through.
        assert link.remote_device in (None, OURS.public, THEIRS.public)
        assert link.established == (link.remote_device is not None)


def packets(data: bytes) -> None:
    """After the handshake only whole, bounded messages come out, and altered packets end it.

    Each packet of the input is sealed as the other end would, its first byte telling how: 0 as
    plain bytes under the right key, 1 as a whole message, else not sealed at all.
    """
    ours, theirs = _linked()
    heard: list[bytes] = []
    said: list[bytes] = []
    honest = True
    for packet in _packets(data):
        how, content = packet[:1], packet[1:]
        honest = honest and how == b"\1" and bool(content)
        if how == b"\0":
            # What only a broken end does: any plaintext under the link's key.
            assert theirs._sending is not None
            sealed = [theirs._sending.encrypt_with_ad(b"", content)]
        elif how == b"\1" and content:
            said.append(content)
            sealed = theirs.seal(content)
        else:
            sealed = [packet]
        for item in sealed:
            try:
                heard += ours.receive(item)
            except ProtocolError as error:
                _stays_refused(ours, error)
                return
    assert all(0 < len(item) <= limits.MESSAGE_BYTES_MAX for item in heard)
    assert sum(map(len, heard)) <= len(data)
    assert heard == said or not honest


def _packets(data: bytes) -> Iterator[bytes]:
    """Cut the input at its two-byte lengths; the last packet may be short."""
    at = 0
    while at + LENGTH_BYTES <= len(data):
        size = int.from_bytes(data[at : at + LENGTH_BYTES])
        yield data[at + LENGTH_BYTES : at + LENGTH_BYTES + size]
        at += LENGTH_BYTES + size


def _give(link: SecureLink, given: list[bytes]) -> None:
    for packet in given:
        try:
            link.receive(packet)
            link.packets_to_send()
        except ProtocolError as error:
            _stays_refused(link, error)
            return


def _stays_refused(link: SecureLink, error: ProtocolError) -> None:
    with pytest.raises(type(error)) as again:
        link.receive(b"")
    assert again.value is error


def _link(device: SigningKey, initiator: bool) -> SecureLink:
    ephemeral = (b"\x31" if initiator else b"\x32") * 32
    return SecureLink(initiator=initiator, device=device, network_key=NETWORK, ephemeral=ephemeral)


def _linked() -> tuple[SecureLink, SecureLink]:
    """Return two ends that have shaken hands."""
    ours, theirs = _link(OURS, True), _link(THEIRS, False)
    for packet in ours.start():
        theirs.receive(packet)
    for packet in theirs.packets_to_send():
        ours.receive(packet)
    for packet in ours.packets_to_send():
        theirs.receive(packet)
    assert ours.established
    assert theirs.established
    return ours, theirs
