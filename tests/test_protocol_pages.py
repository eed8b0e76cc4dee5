"""What the protocol's chapters name exists: clauses, sections, error codes, bounds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from p2pblog.core import limits
from p2pblog.core.errors import error_codes

PROTOCOL = Path(__file__).parents[1] / "protocol"
CLAUSES = {
    "01-encoding.md": "E",
    "02-entries.md": "H",
    "03-logs.md": "L",
    "04-bodies.md": "B",
    "05-identity.md": "I",
    "06-links.md": "K",
    "07-discovery.md": "D",
    "08-bundles.md": "X",
    "09-sessions.md": "S",
    "10-replication.md": "R",
    "11-blobs.md": "P",
    "14-webrtc.md": "W",
    "15-overlay.md": "M",
}
PAGES = (*CLAUSES, "12-security.md", "13-registries.md", "README.md")
CLAUSE = re.compile(r"\*\*([A-Z])-(\d+)\*\*")


def prose(page: str) -> str:
    """Return a page without its examples."""
    return re.sub(r"^```.*?^```$", "", (PROTOCOL / page).read_text(), flags=re.M | re.S)


@pytest.mark.parametrize("page", CLAUSES)
def test_the_numbers_of_clauses_have_no_gaps(page: str) -> None:
    clauses = CLAUSE.findall(prose(page))
    assert {letter for letter, _ in clauses} == {CLAUSES[page]}
    # A number stays with its clause, so one that comes later stands where it belongs.
    assert sorted(int(number) for _, number in clauses) == list(range(1, len(clauses) + 1))


@pytest.mark.parametrize("page", CLAUSES)
def test_every_must_is_a_clause_or_introduces_some(page: str) -> None:
    for paragraph in re.split(r"\n\n|\n(?=- |\d+\. )", prose(page)):
        if "MUST" in paragraph:
            assert CLAUSE.search(paragraph) or paragraph.rstrip().endswith(":"), paragraph


def test_clauses_that_are_named_exist() -> None:
    letters = "".join(CLAUSES.values())
    known = {f"{a}-{b}" for page in CLAUSES for a, b in CLAUSE.findall(prose(page))}
    for page in PAGES:
        named = set(re.findall(rf"\b[{letters}]-\d+\b", prose(page)))
        assert named <= known, page


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!http)([^)#]+)", prose(page)):
            assert (PROTOCOL / target).exists(), f"{page}: {target}"


def test_sections_that_the_code_names_exist() -> None:
    named = re.compile(r"protocol/([\w-]+\.md),? sections? ((?:\d+(?:, | and | to )?)+)")
    for module in (PROTOCOL.parent / "p2pblog").rglob("*.py"):
        for page, numbers in named.findall(module.read_text()):
            text = (PROTOCOL / page).read_text()
            for number in re.findall(r"\d+", numbers):
                assert f"\n## {number}. " in text, f"{module}: {page} section {number}"


def test_error_codes_in_the_chapters_are_those_of_the_code() -> None:
    for page in PAGES:
        for code in re.findall(r"`([a-z]+(?:-[a-z]+)+)`", prose(page)):
            assert code in error_codes(), f"{page}: {code}"


def test_bounds_in_the_cddl_are_those_of_the_code() -> None:
    cddl = " ".join((PROTOCOL / "p2pblog.cddl").read_text().split())
    digests = limits.COMPARE_ITEMS_MAX * limits.FRONTIER_DIGEST_BYTES
    most_signatures = limits.SEGMENT_ENTRIES_MAX // limits.CHECKPOINT_EVERY_ENTRIES + 1
    for fragment in (
        f"signed = {limits.INT_MIN}..{limits.INT_MAX}",
        f"positive = 1..{limits.SEQ_MAX}",
        f"seq: 1..{limits.SEQ_MAX - 1}",
        f"body-bytes = 1..{limits.BODY_BYTES_MAX}",
        f"times: [1*{limits.SEGMENT_ENTRIES_MAX} signed]",
        f"signatures: [0*{most_signatures} signature]",
        f"salt = bstr .size {limits.SALT_BYTES}",
        f"kind: tstr .size (1..{limits.KIND_BYTES_MAX})",
        f"short = tstr .size (0..{limits.NAME_BYTES_MAX})",
        f"named = tstr .size (1..{limits.ORIGIN_FIELD_BYTES_MAX})",
        f"? bio: tstr .size (0..{limits.BIO_BYTES_MAX})",
        f"text6k = tstr .size (0..{limits.TEXT_BYTES_MAX})",
        f"? warning: tstr .size (0..{limits.WARNING_BYTES_MAX})",
        f"? lang: tstr .size (0..{limits.LANG_BYTES_MAX})",
        f"? mentions: [0*{limits.MENTIONS_MAX} key]",
        f"? media: [0*{limits.MEDIA_MAX} picture]",
        f"? alt: tstr .size (0..{limits.ALT_BYTES_MAX})",
        f"have = [1, [0*{limits.HAVE_LOGS_PER_MESSAGE_MAX} offer]]",
        f"index: -1..{limits.BLOB_CHUNKS_MAX - 1}",
        f"data: bstr .size (0..{limits.BLOB_CHUNK_BYTES})",
        f"packed = [21, size: 1..{limits.MESSAGE_BYTES_MAX}, deflated: bstr]",
        f"token = bstr .size (1..{limits.TOKEN_BYTES_MAX}) / nil",
        f"seek = [17, [1*{limits.SEEK_LOGS_MAX} key]]",
        f"note = [18, [1*{limits.NOTES_PER_MESSAGE_MAX} [log: key, seq: positive]]]",
        f"some-digests = bstr .size (0..{digests})",
        f"items: false, digests: bstr .size {digests}",
        f"signal = offer-of-channel / answer-of-channel ; at most {limits.SIGNAL_BYTES_MAX} bytes",
        f"ufrag: tstr .size ({limits.ICE_UFRAG_CHARS_MIN}..{limits.ICE_UFRAG_CHARS_MAX})",
        f"pwd: tstr .size ({limits.ICE_PWD_CHARS_MIN}..{limits.ICE_PWD_CHARS_MAX})",
        f"candidates: [1*{limits.SIGNAL_CANDIDATES_MAX} candidate]",
        f"port: {limits.SIGNAL_PORT_MIN}..65535]",
        f"size: 1..{limits.BLOB_BYTES_MAX}, hashes: [1*{limits.BLOB_CHUNKS_MAX} b256]",
    ):
        assert fragment in cddl


def test_bounds_in_the_chapter_on_replication_are_those_of_the_code() -> None:
    text = " ".join(prose("10-replication.md").split())
    for words in (
        f"if these are at most {limits.GRAFT_ENTRIES_MAX} and all held",
        f"SHOULD wait up to {limits.NOTE_DELAY_S} s for others to join them",
        f"If the entry is not here {limits.GRAFT_AFTER_S} s later",
        f"(the reference implementation: {limits.NOTES_WAITING_MAX:,} that wait",
        f"where it has more than {limits.COMPARE_ITEMS_MAX}, the digests of the sets",
        f"more than {limits.COMPARE_SCAN_LOGS_MAX} logs there",
        f"and it has more than {limits.COMPARE_SCAN_LOGS_MAX} logs under q",
        f"more than {limits.COMPARES_IN_FLIGHT_MAX} compares open at once",
        f"than {limits.COMPARES_SPARE} and twice the number of its logs",
        f"more than {limits.COMPARES_MAX:,} compares",
    ):
        assert words in text, words
