"""Every target keeps its promises on what fuzzing begins with, and on what it has found."""

from __future__ import annotations

from typing import Any

import pytest

from p2pblog.core.errors import P2PBlogError
from tests.conftest import Figures
from tests.fuzz.mutate import mutate_value
from tests.fuzz.seeds import REGRESSIONS, seeds
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_seeds_and_regressions_pass(target: str, figures: Figures) -> None:
    inputs = seeds(target)
    assert inputs
    figures.count("inputs of fuzzing replayed", len(inputs))
    for data in inputs:
        TARGETS[target].run(data)


def test_regressions_belong_to_targets() -> None:
    assert {path.name for path in REGRESSIONS.iterdir() if path.is_dir()} <= TARGETS.keys()


def test_a_mutated_value_is_still_canonical_unless_bytes_were_asked_for() -> None:
    changed = 0
    for data in seeds("body"):
        for number in range(20):
            mutated = mutate_value(data, number)
            if mutated is not None:
                changed += mutated != data
    assert changed > 1000


@pytest.mark.parametrize(
    ("target", "name", "broken"),
    [
        ("differing_encoding", "p2pblog.core.encoding._check", lambda *_: None),
        ("differing_segment", "p2pblog.log.segment.verify_id", lambda *_: True),
        ("differing_message", "p2pblog.core.limits.WANT_ENTRIES_MAX", 4097),
        ("differing_body", "p2pblog.core.limits.NAME_BYTES_MAX", 127),
        ("differing_devices", "p2pblog.log.identity.has_consent", lambda *_: True),
        ("differing_signature", "p2pblog.core.crypto.verify", lambda *_: True),
        ("session", "p2pblog.log.segment.verify_id", lambda *_: True),
        ("encoding", "p2pblog.core.encoding._check", lambda *_: None),
        ("clean", "p2pblog.content.text.clean", lambda text: text),
        ("differing_frames", "p2pblog.sync.frames.PACKET_BYTES_MIN", 17),
        ("differing_bundle", "p2pblog.exchange.bundle.MAGIC", b"p2pblog bundle 2\n"),
        ("differing_textform", "p2pblog.core.textform.checksum", lambda *_: bytes(3)),
        ("signal", "p2pblog.sync.signal.may_be_reached", lambda _: True),
        ("differing_signal", "p2pblog.core.limits.SIGNAL_PORT_MIN", 1),
        ("differing_signal_text", "p2pblog.sync.signal_text.checksum", lambda *_: bytes(3)),
        ("channel", "p2pblog.core.limits.CHANNEL_WINDOW_BYTES", 1 << 20),
        ("differing_channel", "p2pblog.core.limits.CHANNEL_PIECE_BYTES_MAX", 1 << 15),
        ("differing_message", "p2pblog.core.limits.TOKEN_BYTES_MAX", 65),
        ("differing_packed", "p2pblog.core.limits.MESSAGE_BYTES_MAX", 1),
        ("differing_reconcile", "p2pblog.core.limits.COMPARE_ITEMS_MAX", 15),
        ("differing_reconcile", "p2pblog.sync.frontier.digest_of", lambda item, salt: item[:8]),
        ("differing_reconcile", "p2pblog.sync.frontier._sum_digest", lambda *_: bytes(8)),
        ("handshake", "p2pblog.sync.link.SecureLink._check_device", lambda *_: bytes(32)),
    ],
)
def test_a_target_notices_a_broken_rule(
    target: str, name: str, broken: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = seeds(target)
    monkeypatch.setattr(name, broken)
    with pytest.raises((AssertionError, P2PBlogError)):
        for data in inputs:
            TARGETS[target].run(data)
