"""protocol/vectors/pairing.json against p2pblog.sync.pairing."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from p2pblog.core.crypto import SigningKey
from p2pblog.sync.pairing import (
    Joiner,
    Offerer,
    commitment,
    compared_number,
    pairing_key,
    read_code,
)
from tests.vectors.running import Case, each, outcome, read_bytes


def given(case: Case, *names: str) -> list[bytes]:
    """Return fields that hold bytes."""
    return [bytes.fromhex(case[name]) for name in names]


@pytest.mark.proves("I-17")
@each("pairing", op="code")
def test_a_code_is_read_or_refused_as_the_vector_says(case: Case) -> None:
    assert outcome(case, partial(read_code, case["typed"])) == case.get("code")


@each("pairing", op="key")
def test_the_pairing_key_is_that_of_the_vector(case: Case) -> None:
    key = pairing_key(case["code"], bytes.fromhex(case["network"]))
    assert key.hex() == case["key"]


@each("pairing", op="commitment")
def test_the_commitment_is_that_of_the_vector(case: Case) -> None:
    assert commitment(*given(case, "nonce")).hex() == case["commitment"]


@each("pairing", op="number")
def test_the_number_is_that_of_the_vector(case: Case) -> None:
    parts = given(case, "handshake_hash", "root", "device", "joiner", "nonce", "answer")
    assert compared_number(*parts) == case["number"]


@pytest.mark.proves("I-13")
@each("pairing", op="old")
def test_the_old_device_says_and_refuses_what_the_vector_says(case: Case) -> None:
    root, device, joiner, link, nonce = given(
        case, "root", "device", "joiner", "handshake_hash", "nonce"
    )
    end = Offerer(
        root=root,
        device=device,
        name=case["name"],
        joiner=joiner,
        handshake_hash=link,
        nonce=nonce,
    )
    follow(case, end, end.start())
    if case["result"] == "valid":
        assert (end.compare or None, end.name or "") == (case["number"], case["called"] or "")
        if case["consent"] is None:
            assert end.add is None
        else:
            assert end.add is not None
            assert end.add.consent.hex() == case["consent"]
            assert (end.add.device, end.add.name) == (joiner, case["called"])


@pytest.mark.proves("I-12", "I-13")
@each("pairing", op="new")
def test_the_new_device_says_and_refuses_what_the_vector_says(case: Case) -> None:
    seed, link, nonce = given(case, "seed", "handshake_hash", "nonce")
    end = Joiner(key=SigningKey(seed), name=case["name"], handshake_hash=link, nonce=nonce)
    follow(case, end, [])
    if case["result"] == "valid":
        said = (end.compare or None, end.name, end.root.hex(), end.device.hex())
        assert said == tuple(case[name] for name in ("number", "called", "root", "device"))
        assert (end.addresses, end.refused) == (case["addresses"], case["declined"])
    elif case["error"] == "wrong-device":
        assert end.compare == ""


def follow(case: Case, end: Offerer | Joiner, due: list[bytes]) -> None:
    """Go through the steps; where there is an error, the last one meets it.

    Args:
        due: what the end sends before anything reaches it.
    """
    last = len(case["steps"]) - 1
    told: list[str] | None = None  # the addresses, once the person has said yes
    for number, step in enumerate(case["steps"]):
        if "out" in step:
            assert due.pop(0).hex() == step["out"]
            continue
        assert not due
        run = partial(happen, end, step)
        due = (outcome(case, run) if number == last else run()) or []
        told = step.get("yes", told)
        if isinstance(end, Offerer) and end.add is not None and told is not None:
            due.append(end.done(told))
            told = None
    assert not due


def happen(end: Offerer | Joiner, step: dict[str, Any]) -> list[bytes]:
    """Let a step happen to an end; return what it sends."""
    if "in" in step:
        return end.receive(read_bytes(step["in"]))
    assert isinstance(end, Offerer)
    return [end.refused()] if "no" in step else []
