"""Targets: every decoder by itself.  Any bytes go in; out comes a value or the one right error.

A target is a plain function of bytes.  It returns when the code under test kept its promises,
and raises when not: an error that is not of the kind the docstrings name, or a broken invariant.
"""

from __future__ import annotations

import io
import tempfile
import time
from contextlib import suppress
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from p2pblog.api import wire
from p2pblog.content import text
from p2pblog.content.bodies import Unknown, parse, serialize
from p2pblog.core import limits
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import BadArchive, BadBody, BadOffer, BadTextForm, ProtocolError
from p2pblog.core.textform import Kind, from_text, prefix_bounds, to_text
from p2pblog.exchange.bundle import read_bundle
from p2pblog.exchange.json_stream import NotAssigned, read_object, read_records
from p2pblog.log.fork import check_proof, proof_from_wire, proof_to_wire
from p2pblog.log.segment import check_segment, encode_segment, from_wire
from p2pblog.net.interfaces import InterfaceAddress, InterfaceKind
from p2pblog.net.lan_records import Record, instance_name, network_tag, read_record
from p2pblog.sync.codec import decode_message, decode_messages, encode_message
from p2pblog.sync.messages import Hello, Type
from p2pblog.sync.packing import wrapped
from p2pblog.sync.signal import SignalType, decode_signal, encode_signal
from p2pblog.sync.signal_text import signal_from_text, signal_to_text

NETWORK = bytes(32)
HERE = (
    InterfaceAddress("eth0", 2, "192.168.7.2", 24, InterfaceKind.LAN),
    InterfaceAddress("eth0", 2, "fe80::2", 64, InterfaceKind.LAN),
    InterfaceAddress("eth0", 2, "2001:db8::2", 64, InterfaceKind.LAN),
)
LOOPBACK = (InterfaceAddress("lo", 1, "127.0.0.1", 8, InterfaceKind.LOOPBACK),)
# Far above what any input of the fuzzer's size costs, far below what a person would wait.
CLEAN_S_MAX = 2.0


def encoding(data: bytes) -> None:
    """What is decoded is written again as the very same bytes."""
    with suppress(ProtocolError):
        assert encode(decode(data)) == data


def segment(data: bytes) -> None:
    """A segment that is read is written again as it came, checked or not."""
    with suppress(ProtocolError):
        read = from_wire(decode(data))
        assert encode_segment(read) == data
        assert 1 <= len(read.bodies) <= limits.SEGMENT_ENTRIES_MAX
        checked = check_segment(read)
        assert [entry.seq for entry in checked.entries] == list(range(read.first, read.last + 1))


def fork(data: bytes) -> None:
    """A proof names an entry that both of its segments speak of."""
    with suppress(ProtocolError):
        proof = proof_from_wire(decode(data))
        assert encode(proof_to_wire(proof)) == data
        seq = check_proof(proof)
        for part in proof:
            assert part.first - 1 <= seq <= part.last


def message(data: bytes) -> None:
    """A message means the same when it is written again, and mostly in the same bytes."""
    with suppress(ProtocolError):
        read = decode_message(data)
        written = encode_message(read)
        assert decode_message(written) == read
        [together] = wrapped([written])
        assert decode_message(together) == read
        # Later versions may say more in a hello, and what came packed is written plainly.
        said_more = any(isinstance(one, Hello) for one in decode_messages(data))
        assert written == data or said_more or data[1] == Type.PACKED


def body(data: bytes) -> None:
    """What a body means survives being written and read again."""
    try:
        read = parse(data)
    except BadBody:
        return
    if len(data) <= limits.BODY_BYTES_MAX and not isinstance(read, Unknown):
        assert parse(serialize(read, bytes(limits.SALT_BYTES))) == read


def textform(data: bytes) -> None:
    """A text form stands for one value, and lies between the bounds of each of its prefixes."""
    typed = data.decode("utf-8", "surrogateescape")
    for kind in Kind:
        with suppress(BadTextForm):
            value = from_text(kind, typed)
            assert to_text(kind, value) == typed.strip().lower()
        with suppress(BadTextForm):
            low, high = prefix_bounds(kind, typed)
            assert len(low) == len(high) == limits.ID_BYTES
            assert low <= high
            if low == high:
                assert to_text(kind, low).startswith(typed.strip().lower())


def signal(data: bytes) -> None:
    """An offer or answer is written again as it came, and leads nowhere that no end can be."""
    with suppress(ProtocolError):
        read = decode_signal(data)
        assert encode_signal(read) == data
        assert 1 <= len(read.candidates) <= limits.SIGNAL_CANDIDATES_MAX
        for one in read.candidates:
            ip = ip_address(one.address)
            assert not ip.is_multicast
            assert not ip.is_unspecified
            assert not (ip.is_link_local and ip.version == 6)
            assert ip.is_loopback == one.is_loopback == read.candidates[0].is_loopback
            assert one.port >= limits.SIGNAL_PORT_MIN


def signal_text(data: bytes) -> None:
    """The text of an offer or answer is that of its bytes, white space and case apart."""
    typed = data.decode("utf-8", "surrogateescape")
    for kind in SignalType:
        with suppress(BadOffer):
            found = signal_from_text(kind, typed)
            assert 0 < len(found) <= limits.SIGNAL_BYTES_MAX
            assert signal_to_text(kind, found) == "".join(typed.split()).lower()


def bundle(data: bytes) -> None:
    """A bundle gives segments of bounded size, or says that it is none."""
    with suppress(BadArchive):
        for part in read_bundle(as_file(data)):
            assert type(part) is bytes
            assert len(part) <= limits.BUNDLE_RECORD_BYTES_MAX


def api_frame(data: bytes) -> None:
    """A frame of the local API is written again as it came."""
    with suppress(ProtocolError):
        size = wire.payload_bytes(data[: wire.HEADER_BYTES])
        payload = data[wire.HEADER_BYTES : wire.HEADER_BYTES + size]
        frame = wire.unpack(payload)
        assert wire.pack(frame)[wire.HEADER_BYTES :] == payload


def lan_record(data: bytes) -> None:
    """What a record leads us to dial is bounded, ours to reach, and never a privileged port.

    Two bytes port; one byte count of addresses, each one byte length, one byte interface, and
    the packed address; the rest is the TXT record.
    """
    stream = io.BytesIO(data)
    port = int.from_bytes(stream.read(2))
    addresses: list[tuple[bytes, int | None]] = []
    for _ in range(int.from_bytes(stream.read(1)) % 20):
        length, scope = int.from_bytes(stream.read(1)), int.from_bytes(stream.read(1))
        addresses.append((stream.read(length % 20), scope or None))
    txt = stream.read()
    name = instance_name(bytes(range(32)))
    record = Record(name, txt, port, tuple(addresses), 120)
    for here in (HERE, LOOPBACK, ()):
        found = read_record(record, tag=network_tag(NETWORK), here=here)
        if found is None:
            continue
        assert instance_name(found.device) == name
        assert port >= limits.LAN_PORT_MIN
        assert 1 <= len(found.addresses) <= limits.LAN_ADDRESSES_MAX
        assert len(set(found.addresses)) == len(found.addresses)
        for address in found.addresses:
            assert address.endswith(f":{port}")
            assert address.startswith(("127.", "[::1]")) == (here is LOOPBACK)


def archive(data: bytes) -> None:
    """A list of records is read to its end, whatever is wrong with it, and nothing else raises."""
    problems: list[str] = []
    with suppress(NotAssigned):
        for record in read_records(io.BytesIO(data), lambda found: "id" in found, problems.append):
            assert type(record) is dict
    assert len(problems) <= len(data) + 1
    with suppress(NotAssigned):
        read_object(data)


def clean(data: bytes) -> None:
    """Cleaned text stays as it is when cleaned again, and holds no control characters."""
    written = data.decode("utf-8", "replace")
    began_s = time.monotonic()
    shown = text.clean(written)
    line = text.clean_line(written)
    text.tags(written)
    text.mention_tokens(written)
    text.graphemes(written)
    assert time.monotonic() - began_s < CLEAN_S_MAX, "slow"
    assert text.clean(shown) == shown
    assert text.clean_line(line) == line
    assert "\n" not in line
    for char in shown:
        assert char == "\n" or not (char < " " or "\x7f" <= char < "\xa0"), hex(ord(char))
        assert char not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def as_file(data: bytes) -> Path:
    """Return a file that holds `data` until the next call."""
    path = _scratch() / "data"
    path.write_bytes(data)
    return path


@cache
def _scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="p2pblog-fuzz-"))
