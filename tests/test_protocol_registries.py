"""The registries of protocol/13-registries.md hold what the code knows, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, replace

import pytest

from p2pblog.content.bodies import KINDS
from p2pblog.core import limits
from p2pblog.core.crypto import digest
from p2pblog.core.errors import (
    BadArchive,
    BadCode,
    BadOffer,
    BadTextForm,
    BadWords,
    ProtocolError,
    error_codes,
)
from p2pblog.core.limits import KIND_BYTES_MAX
from p2pblog.core.textform import Kind
from p2pblog.exchange.bundle import MAGIC
from p2pblog.log.entry import HEADER_VERSION
from p2pblog.net.lan_records import write_txt
from p2pblog.node.config import PUBLIC_NETWORK_KEY
from p2pblog.sync import channel, pairing, signal
from p2pblog.sync.link import PROLOGUE
from p2pblog.sync.messages import SESSION_VERSION, Type
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.rules import DEFAULT_RULES, Distance, Rule
from p2pblog.sync.signal_text import SignalLetter
from tests.test_protocol_pages import PROTOCOL

PAGE = (PROTOCOL / "13-registries.md").read_text()


def rows(page: str, section: int, table: int = 0) -> list[list[str]]:
    """Return the cells of a section's table, without their backticks."""
    [text] = re.findall(rf"^## {section}\. .*?$(.*?)(?=^## |\Z)", page, re.M | re.S)
    found = re.findall(r"(?:^\|.*\n)+", text, re.M)[table]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in found.splitlines()]
    return [[cell.strip("`") for cell in line] for line in cells[2:]]


def test_the_versions_are_those_of_the_code() -> None:
    txt = write_txt(bytes(32), bytes(32))
    assert b"v=1" in txt
    assert {name: version for name, version, _ in rows(PAGE, 1)} == {
        "header": str(HEADER_VERSION),
        "hello": str(SESSION_VERSION),
        "pairing": str(pairing.VERSION),
        "TXT record": "1",
        "handshake": PROLOGUE.decode(),
        "bundle": MAGIC.decode().strip(),
        "offer and answer": str(signal.VERSION),
    }


def test_the_kinds_are_those_of_the_code() -> None:
    kinds = [kind for kind, _, _ in rows(PAGE, 2)]
    assert sorted(kinds) == sorted(KINDS.values())
    assert all(0 < len(kind.encode()) <= KIND_BYTES_MAX for kind in kinds)


def test_the_messages_are_those_of_the_code() -> None:
    assert [(int(number), name) for number, name in rows(PAGE, 3)] == [
        (kind.value, kind.name.lower()) for kind in Type
    ]
    assert [(int(number), name) for number, name in rows(PAGE, 3, 1)] == [
        (getattr(pairing, f"_{name.upper()}"), name)
        for name in ("offer", "come", "reveal", "consent", "done", "refused")
    ]
    assert [(bytes([int(number)]), name) for number, name in rows(PAGE, 3, 2)] == [
        (getattr(channel, f"_{name.upper()}"), name) for name in ("piece", "room", "end")
    ]


def written() -> Iterator[str]:
    """Yield every byte string of the package that looks like a domain string."""
    for path in (PROTOCOL.parent / "p2pblog").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
                text = node.value.decode("ascii", "replace").strip()
                if re.match(r"p2pblog[ /].*\d$|p2pblog [a-z ]+$", text):
                    yield text


def test_the_domain_strings_are_those_of_the_code() -> None:
    strings = [string for string, _ in rows(PAGE, 4)]
    # Where a reader tells a bundle of another version, it looks for what all of them have.
    assert set(written()) - {"p2pblog bundle"} == set(strings)
    assert digest(strings[-1].encode()) == PUBLIC_NETWORK_KEY
    for one in strings:
        assert not [other for other in strings if other != one and other.startswith(one)]


def test_the_letters_are_those_of_the_code() -> None:
    letters = [letter for letter, _ in rows(PAGE, 5)]
    assert letters == [kind.value for kind in Kind]
    others = [letter for letter, _ in rows(PAGE, 5, 1)]
    assert others == [letter.value for letter in SignalLetter]
    assert not set(letters) & set(others)
    encoding = (PROTOCOL / "01-encoding.md").read_text()
    assert letters == [letter for letter, _ in rows(encoding, 5)]


def test_the_error_codes_are_those_of_the_code() -> None:
    codes = {code: set(where.split(", ")) for code, where, _ in rows(PAGE, 6)}
    known = {
        code
        for code, cls in error_codes().items()
        if issubclass(cls, ProtocolError) and cls is not ProtocolError
    }
    local = (BadTextForm, BadWords, BadCode, BadArchive, BadOffer)
    assert codes.keys() == known | {cls.code for cls in local}
    assert all(len(code) <= KIND_BYTES_MAX for code in codes)  # so that each fits into a bye


@pytest.mark.parametrize(
    ("page", "section", "mark"), [("09-sessions.md", 8, "bye"), ("06-links.md", 5, "link")]
)
def test_what_travels_is_what_the_chapters_say(page: str, section: int, mark: str) -> None:
    marked = {code for code, where, _ in rows(PAGE, 6) if mark in where.split(", ")}
    table = rows((PROTOCOL / page).read_text(), section)
    ending = [row for row in table if mark == "link" or row[-1] == "ends"]
    assert marked == {code for row in ending for code in re.findall(r"[a-z0-9-]{4,}", row[0])}


def _bounds_of(who: str) -> list[str]:
    logs, entries, size, entries_a_minute, bytes_a_minute, all_bytes_a_minute = (
        getattr(limits, f"{who}_{name}")
        for name in (
            "LOGS_MAX",
            "HELD_ENTRIES_MAX",
            "HELD_BYTES_MAX",
            "ENTRIES_PER_MINUTE",
            "BYTES_PER_MINUTE",
            "TOTAL_BYTES_PER_MINUTE",
        )
    )
    return [
        f"{logs:,}; about {entries:,}; about {size // 2**20} MiB",
        f"{entries_a_minute} entries, {bytes_a_minute // 2**10} KiB; "
        f"{all_bytes_a_minute // 2**20} MiB",
    ]


def test_the_bounds_in_the_security_considerations_are_those_of_the_code() -> None:
    page = (PROTOCOL / "12-security.md").read_text()
    bounds = dict(rows(page, 8))
    kib, mib = 1024, 1024**2
    sent = limits.SEND_BUFFER_BYTES_MAX // mib
    received = limits.RECEIVE_BUFFER_BYTES_MAX // kib
    assert limits.OWN_CLAIM_RENEW_S == 3600
    per_segment = limits.SEGMENT_ENTRIES_MAX // limits.CHECKPOINT_EVERY_ENTRIES + 1
    assert list(bounds.values()) == [
        "none (E-14)",
        f"{limits.DEPTH_MAX}; {limits.ITEMS_MAX:,}",
        "no Diffie-Hellman operation",
        f"{limits.HANDSHAKES_MAX}; {limits.HANDSHAKE_S_MAX} s",
        f"{limits.LINKS_MAX}; {limits.LINKS_PER_ADDRESS_MAX}",
        f"{limits.MESSAGE_BYTES_MAX // mib} MiB; {received} KiB; {sent} MiB",
        f"{limits.OFFERS_MAX}; {limits.OFFER_S_MAX // 60} min",
        f"{limits.SIGNAL_CANDIDATES_MAX}; {limits.ICE_CANDIDATES_MAX}",
        f"{limits.CHANNEL_WINDOW_BYTES // kib} KiB; {limits.CHANNEL_CHUNKS_HELD_MAX:,}",
        f"{limits.ICE_DATAGRAMS_MAX} of at most {limits.ICE_DATAGRAM_BYTES_MAX // kib} KiB",
        f"{limits.SEGMENT_ENTRIES_MAX} entries of at most {limits.BODY_BYTES_MAX // kib} KiB",
        f"{per_segment} at most",
        f"{limits.REMOTE_LOGS_MAX:,}",
        f"{limits.SAID_BURST_MAX:,}; {limits.SAID_PER_S_MAX:,} a second (S-39);"
        f" {limits.PEER_TURN_S * 1000:.0f} ms",
        f"{limits.WANTS_QUEUED_MAX}; {limits.ANSWERS_QUEUED_MAX:,}",
        "not verified (S-24)",
        f"{limits.ROOTS_PER_LOG_MAX}",
        f"{limits.MENTIONS_MAX}, {limits.MEDIA_MAX}, {limits.TAGS_MAX}",
        f"{limits.MARKS_PER_CHARACTER_MAX}",
        f"{limits.OWN_CLAIM_S_MAX} s; {limits.OWN_CLAIM_S_MAX} s an hour (L-27)",
        f"{limits.BLOB_BYTES_MAX // mib} MiB, fetched on demand, a chunk at a time",
        *_bounds_of("NEAR"),
        *_bounds_of("SECOND"),
    ]


def test_what_the_policy_says_is_what_the_code_does() -> None:
    page = (PROTOCOL / "10-replication.md").read_text()
    depths = {name: depth for name, _, depth in rows(page, 10)}
    assert depths == {
        distance.value: "WHOLE" if rule.depth == WHOLE else str(rule.depth)
        for distance, rule in DEFAULT_RULES.items()
    }
    names = [field.name for field in fields(Rule)][1:]
    shown = rows(page, 10, 1)
    assert len(shown) == len(names)
    for name, (_, *cells) in zip(names, shown, strict=True):
        for cell, distance in zip(cells, (Distance.SECOND, Distance.NEAR), strict=True):
            number, _, unit = cell.replace(",", "").partition(" ")
            size = {"": 1, "KiB": 2**10, "MiB": 2**20}[unit]
            assert getattr(DEFAULT_RULES[distance], name) == int(number) * size, (name, distance)
    assert DEFAULT_RULES[Distance.FAR] == replace(DEFAULT_RULES[Distance.NEAR], depth=0)
    assert f"that those follow; of at most {limits.SECOND_PEOPLE_MAX:,}" in page
    assert f"{limits.QUOTA_FREED_MAX} logs a second" in page
    assert limits.QUOTA_AGAIN_S == 1
