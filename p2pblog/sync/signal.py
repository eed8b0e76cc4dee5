"""Offers and answers: what two ends must tell each other before a data channel can be.

Implements protocol/14-webrtc.md sections 2 and 3.  Only what an end cannot know by itself is in
them; that everything else is fixed keeps them short enough to be carried by a person, and
leaves a hostile one little to choose.  Pure: no I/O, no clock, no randomness.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from ipaddress import ip_address
from typing import NamedTuple

from p2pblog.core import limits
from p2pblog.core.encoding import Value, decode, encode
from p2pblog.core.errors import BadStructure, TooLarge

VERSION = 1
FINGERPRINT_BYTES = 32  # SHA-256

_ICE_CHARS = re.compile(r"[A-Za-z0-9+/]*")


class SignalType(IntEnum):
    """Which of the two it is: the first item."""

    OFFER = 0
    ANSWER = 1


class CandidateType(IntEnum):
    """How an end knows that it has an address: RFC 8445 section 5.1.1, without relays."""

    HOST = 0  # an interface has it
    REFLEXIVE = 1  # a STUN server has seen it


class Candidate(NamedTuple):
    """Where an end may be reached by UDP: 4 or 16 bytes of address, and a port."""

    type: CandidateType
    address: bytes
    port: int

    @property
    def host(self) -> str:
        """The address as it is written."""
        return str(ip_address(self.address))

    @property
    def is_loopback(self) -> bool:
        """Whether it leads to programs on the same machine alone."""
        return self.address[0] == 127 if len(self.address) == 4 else self.address == _LOOPBACK_V6


class Signal(NamedTuple):
    """An offer, or an answer to one.

    Fields:
        ufrag, pwd: the name and password of this end for ICE.
        fingerprint: SHA-256 of its DTLS certificate (32 bytes).
        candidates: 1 to 8, the ones it would rather use first.
        answers: the ufrag of the offer that this answers; None in an offer.
    """

    ufrag: str
    pwd: str
    fingerprint: bytes
    candidates: tuple[Candidate, ...]
    answers: str | None = None

    @property
    def type(self) -> SignalType:
        return SignalType.OFFER if self.answers is None else SignalType.ANSWER


_LOOPBACK_V6 = bytes(15) + b"\1"


def encode_signal(signal: Signal) -> bytes:
    """Return the bytes of an offer or answer.

    Raises:
        ValueError: no end may say that (`decode_signal` would refuse it).
    """
    fields: list[Value] = [
        int(signal.type),
        VERSION,
        signal.ufrag,
        signal.pwd,
        signal.fingerprint,
        [[int(type_), address, port] for type_, address, port in signal.candidates],
    ]
    if signal.answers is not None:
        fields.append(signal.answers)
    try:
        _read(fields)
    except BadStructure as error:
        raise ValueError(error.detail) from None
    return encode(fields)


def decode_signal(data: bytes) -> Signal:
    """Return the offer or answer in `data`.

    Raises:
        TooLarge: more than 512 bytes.
        NonCanonical: not one canonical value.
        BadStructure: of another version, or not as an offer or answer is; the detail says
            what is wrong with it.
    """
    if len(data) > limits.SIGNAL_BYTES_MAX:
        raise TooLarge(f"an offer of more than {limits.SIGNAL_BYTES_MAX} bytes")
    return _read(decode(data))


def may_be_reached(address: bytes) -> bool:
    """Tell whether an address can be some end's, and means the same on every machine.

    Left out are multicast, what is reserved, IPv4 addresses in IPv6 form, and link-local IPv6
    addresses, which mean nothing without an interface.
    """
    first = address[0]
    if len(address) == 4:
        return 0 < first < 224
    if first == 0:
        return address == _LOOPBACK_V6
    return first != 0xFF and not (first == 0xFE and address[1] & 0x80)


def _read(value: Value) -> Signal:
    match value:
        case [type_, version, *fields] if _is_int(type_) and _is_int(version):
            pass
        case _:
            raise BadStructure("not an offer or an answer")
    if version != VERSION:
        raise BadStructure(f"an offer of version {version}; this program knows {VERSION}")
    match type_, fields:
        case SignalType.OFFER, [ufrag, pwd, fingerprint, candidates]:
            answers = None
        case SignalType.ANSWER, [ufrag, pwd, fingerprint, candidates, answers]:
            _check_name(answers)
        case _:
            raise BadStructure("not an offer or an answer")
    _check_name(ufrag)
    if not _is_ice_text(pwd, limits.ICE_PWD_CHARS_MIN, limits.ICE_PWD_CHARS_MAX):
        raise BadStructure("the password of an offer")
    if type(fingerprint) is not bytes or len(fingerprint) != FINGERPRINT_BYTES:
        raise BadStructure("the fingerprint of an offer")
    return Signal(ufrag, pwd, fingerprint, _read_candidates(candidates), answers)


def _check_name(value: Value) -> None:
    if not _is_ice_text(value, limits.ICE_UFRAG_CHARS_MIN, limits.ICE_UFRAG_CHARS_MAX):
        raise BadStructure("the name of an offer")


def _read_candidates(value: Value) -> tuple[Candidate, ...]:
    if type(value) is not list or not 0 < len(value) <= limits.SIGNAL_CANDIDATES_MAX:
        raise BadStructure(f"an offer has 1 to {limits.SIGNAL_CANDIDATES_MAX} addresses")
    found = tuple(map(_read_candidate, value))
    if _repeated([one[1:] for one in found]):
        raise BadStructure("an address that stands twice in an offer")
    # The loopback is a network of its own: whoever is there is nowhere else.
    if len({one.is_loopback for one in found}) > 1:
        raise BadStructure("an offer on the loopback and elsewhere")
    return found


def _read_candidate(value: Value) -> Candidate:
    match value:
        case [type_, bytes(address), port] if _is_int(type_) and _is_int(port):
            pass
        case _:
            raise BadStructure("an address of an offer")
    if type_ not in (CandidateType.HOST, CandidateType.REFLEXIVE):
        raise BadStructure("an address that is neither an interface's nor seen by a server")
    if len(address) not in (4, 16) or not may_be_reached(address):
        raise BadStructure("an address that no end of a link has")
    if not limits.SIGNAL_PORT_MIN <= port <= 65_535:
        raise BadStructure(f"port {port} in an offer")
    return Candidate(CandidateType(type_), address, port)


def _repeated(values: Sequence[object]) -> bool:
    return len(set(values)) != len(values)


def _is_int(value: Value) -> bool:
    return type(value) is int  # a truth value is an int to Python, but not to the protocol


def _is_ice_text(value: Value, low: int, high: int) -> bool:
    return (
        type(value) is str and low <= len(value) <= high and _ICE_CHARS.fullmatch(value) is not None
    )
