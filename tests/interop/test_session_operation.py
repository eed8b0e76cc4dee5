"""`session.run` where no vector leads yet: an end finds a fork, and is told of one."""

from __future__ import annotations

from typing import Any

from p2pblog.conformance.operations import PURE
from p2pblog.log.fork import check_proof, proof_from_wire
from tests.plain.log import Log
from tests.plain.msgpack import decode, encode

HELLO = [0, 1]
ONE, OTHER = Log(1, 3), Log(1, 3, {3: "another"})


def run(*steps: list[Any]) -> list[Any]:
    """Return what an end that holds ONE says, when these messages come in these steps."""
    answer = PURE["session.run"](
        {
            "held": [ONE.segment(1, 3).hex()],
            "steps": [{"in": [encode(message).hex() for message in step]} for step in steps],
        }
    )
    assert answer["refused"] is None
    return [decode(bytes.fromhex(message)) for message in answer["out"]]


def test_offered_another_id_it_asks_for_that_entry_and_proves_the_fork() -> None:
    have = [1, [[ONE.key.public, 1, 3, OTHER[3].id]]]
    said = run([HELLO, have], [[3, 1, OTHER.fields(3, 3)], [4, 1]], [[5, 9]])
    assert said[2] == [2, 1, ONE.key.public, 3, 3, False]
    assert [message[0] for message in said[3:]] == [11, 6]
    assert check_proof(proof_from_wire(said[3][1])) == 3


def test_a_proof_that_came_is_not_sent_back_and_ends_the_asking() -> None:
    proof = [ONE.fields(3, 3), OTHER.fields(3, 3)]
    have = [1, [[ONE.key.public, 1, 9, bytes(32)]]]
    said = run([HELLO, [11, proof], have, [5, 9]])
    assert [message[0] for message in said] == [0, 1, 6]


def test_a_blob_that_is_not_held_is_answered_among_the_questions() -> None:
    public = ONE.key.public
    said = run([HELLO, [8, 1, bytes(32), -1], [2, 2, public, 3, 3, False], [5, 9]])
    assert [message[:2] for message in said[2:]] == [[6, 9], [9, 1], [3, 2], [4, 2]]
