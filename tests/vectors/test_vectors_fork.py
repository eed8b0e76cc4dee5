"""protocol/vectors/fork.json against p2pblog.log.fork."""

from __future__ import annotations

from p2pblog.core.encoding import decode, encode
from p2pblog.log.fork import check_proof, proof_from_wire, proof_to_wire
from tests.vectors.running import Case, each, outcome


@each("fork")
def test_a_proof_is_taken_or_refused_as_the_vector_says(case: Case) -> None:
    data = bytes.fromhex(case["bytes"])

    def run() -> int:
        proof = proof_from_wire(decode(data))
        assert encode(proof_to_wire(proof)) == data
        return check_proof(proof)

    found = outcome(case, run)
    assert found == case.get("seq")
