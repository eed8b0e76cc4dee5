"""protocol/vectors/signature.json against p2pblog.log.entry: no two nodes may disagree."""

from __future__ import annotations

from p2pblog.core.errors import BadSignature
from p2pblog.log.entry import verify_id
from tests.vectors.running import Case, each


@each("signature")
def test_a_signature_is_taken_or_refused_as_the_vector_says(case: Case) -> None:
    log, entry_id, signature = (
        bytes.fromhex(case[name]) for name in ("log", "entry_id", "signature")
    )
    assert verify_id(log, entry_id, signature) == (case["result"] == "valid")
    assert case.get("error", BadSignature.code) == BadSignature.code
