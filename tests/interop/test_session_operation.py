"""`session.run` where no vector leads: an end finds a fork; and which turns say the same."""

from __future__ import annotations

from typing import Any

import pytest

from p2pblog.conformance.operations import PURE
from p2pblog.conformance.turns import comparable
from p2pblog.log.fork import check_proof, proof_from_wire
from tests.plain.log import Log
from tests.plain.msgpack import decode, encode

HELLO = [0, 1, None]
ONE, OTHER = Log(1, 3), Log(1, 3, {3: "another"})
PUBLIC = ONE.key.public


def run(*steps: list[Any]) -> list[list[Any]]:
    """Return what an end that holds ONE says, turn by turn, when these messages come in these."""
    answer = PURE["session.run"](
        {
            "h": bytes(64).hex(),
            "leads": False,
            "held": [ONE.segment(1, 3).hex()],
            "proofs": [],
            "steps": [{"in": [encode(message).hex() for message in step]} for step in steps],
        }
    )
    assert answer["refused"] is None
    return [[decode(bytes.fromhex(message)) for message in turn] for turn in answer["out"]]


def test_offered_another_id_it_asks_for_that_entry_and_proves_the_fork() -> None:
    have = [1, [[PUBLIC, 1, 3, OTHER[3].id]]]
    said = run([HELLO, have], [[3, 1, OTHER.fields(3, 3)], [4, 1]], [[5, 9]])
    assert said[1] == [[16, None], [2, 1, PUBLIC, 3, 3, False]]
    [[kind, proof]] = said[2]
    assert kind == 11
    assert check_proof(proof_from_wire(proof)) == 3
    assert said[3] == [[6, 9]]


def test_a_proof_that_came_is_not_sent_back_and_ends_the_asking() -> None:
    proof = [ONE.fields(3, 3), OTHER.fields(3, 3)]
    have = [1, [[PUBLIC, 1, 9, bytes(32)]]]
    assert run([HELLO, [11, proof], have, [5, 9]]) == [[HELLO], [[16, None], [6, 9]]]


def test_a_blob_that_is_not_held_is_answered_among_the_questions() -> None:
    said = run([HELLO, [8, 1, bytes(32), -1], [2, 2, PUBLIC, 3, 3, False], [5, 9]])
    assert [message[:2] for message in said[1]] == [[16, None], [6, 9], [9, 1], [3, 2], [4, 2]]


def turn(*messages: Any) -> Any:
    return comparable([encode(message).hex() for message in messages])


A, B, ID = bytes(32), bytes([1]) * 32, bytes(32)
PACKED = [21, 3, b"\1\3\0\xfc\xff" + encode([5, 1])]
PART = [3, 1, ONE.fields(1, 2)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([[5, 1], [6, 1]], [[6, 1], [5, 1]]),
        ([[1, [[A, 1, 2, ID], [B, 1, 2, ID]]]], [[1, [[B, 1, 2, ID]]], [1, [[A, 1, 2, ID]]]]),
        ([[18, [[A, 1], [B, 2]]]], [[18, [[B, 2], [A, 1]]]]),
        ([[17, [A]], [17, [B]]], [[17, [B, A]]]),
        ([[4, 1], [4, 2]], [[4, 2], [4, 1]]),
        ([[5, 1]], [PACKED]),
        ([[5, 1], [16, None]], [[25, [[5, 1], [16, None]]]]),
        ([[1, [[A, 1, 2, ID]]], [5, 1], [16, b"t"]], [[5, 1], [1, [[A, 1, 2, ID]]], [16, b"t"]]),
        ([[16, b"t"], [4, 1]], [[4, 1], [16, b"t"]]),
        ([[14, "", bytes(8)], [15]], [[14, "", bytes(8)], [15]]),
    ],
)
def test_turns_that_say_the_same_are_comparable(one: list[Any], other: list[Any]) -> None:
    assert turn(*one) == turn(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([[5, 1]], [[5, 2]]),
        ([[5, 1]], [[5, 1], [5, 1]]),
        ([[5, 1]], []),
        ([[1, [[A, 1, 2, ID]]]], [[1, [[A, 1, 3, ID]]]]),
        ([[18, [[A, 1]]]], [[18, [[A, 1], [A, 1]]]]),
        ([PART, [4, 1]], [[4, 1], PART]),
        ([[1, [[A, 1, 2, ID]]], [16, b"t"]], [[16, b"t"], [1, [[A, 1, 2, ID]]]]),
        ([[18, [[A, 1]]], [16, b"t"]], [[16, b"t"], [18, [[A, 1]]]]),
        ([[3, 0, ONE.fields(1, 2)], [16, b"t"]], [[16, b"t"], [3, 0, ONE.fields(1, 2)]]),
        ([[14, "", bytes(8)], [15]], [[15], [14, "", bytes(8)]]),
        ([[16, None]], [[16, b"t"]]),
    ],
)
def test_turns_that_do_not_say_the_same_are_not(one: list[Any], other: list[Any]) -> None:
    assert turn(*one) != turn(*other)


def test_what_is_no_message_is_compared_as_it_is() -> None:
    assert comparable(["c1"]) == comparable(["c1"]) != comparable(["c0"])
    assert comparable(["no hex"]) != comparable([])
