"""protocol/vectors/bundle.json against p2pblog.exchange.bundle."""

from __future__ import annotations

from pathlib import Path

import pytest

from p2pblog.exchange.bundle import read_bundle
from tests.vectors.running import Case, each, outcome


@pytest.mark.proves("X-6", "X-7")
@each("bundle")
def test_a_bundle_gives_the_segments_of_the_vector(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "bundle"
    path.write_bytes(bytes.fromhex(case["bytes"]))
    found: list[str] = []

    def run() -> None:
        segments = read_bundle(path)
        while (segment := next(segments, None)) is not None:
            found.append(segment.hex())

    outcome(case, run)
    assert found == case["segments"]
