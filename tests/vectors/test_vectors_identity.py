"""protocol/vectors/identity.json against p2pblog.log.identity."""

from __future__ import annotations

from p2pblog.content.bodies import DeviceAdd, DeviceRevoke
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import BadSignature
from p2pblog.log.identity import (
    Adds,
    consent_message,
    device_set,
    has_consent,
    root_from_words,
    words_from_entropy,
)
from tests.vectors.running import Case, each, outcome, read_optional


@each("identity", op="words")
def test_words_give_the_root_key_of_the_vector(case: Case) -> None:
    phrase = case["words"].split()
    root = outcome(case, lambda: root_from_words(phrase))
    if root is not None:
        assert (root.seed.hex(), root.public.hex()) == (case["seed"], case["root"])
        assert words_from_entropy(bytes.fromhex(case["entropy"])) == case["words"].lower().split()


@each("identity", op="consent")
def test_a_consent_counts_as_the_vector_says(case: Case) -> None:
    root, device, consent = (bytes.fromhex(case[name]) for name in ("root", "device", "consent"))
    assert has_consent(root, DeviceAdd(device, consent)) == (case["result"] == "valid")
    assert case.get("error", BadSignature.code) == BadSignature.code
    if case["result"] == "valid":
        assert SigningKey(b"\1" * 32).sign(consent_message(root)) == consent


@each("identity", op="devices")
def test_the_devices_are_those_of_the_vector(case: Case) -> None:
    adds = [
        Adds(bytes.fromhex(log), seq, DeviceAdd(bytes.fromhex(device), bytes.fromhex(consent)))
        for log, seq, device, consent in case["adds"]
    ]
    revokes = [
        DeviceRevoke(bytes.fromhex(device), seq, read_optional(entry_id))
        for device, seq, entry_id in case["revokes"]
    ]
    expected = {
        bytes.fromhex(device): pin and (pin[0], read_optional(pin[1]))
        for device, pin in case["devices"]
    }
    root = bytes.fromhex(case["root"])
    for some_adds in (adds, adds[::-1]):
        found = device_set(root, some_adds, revokes)
        assert {device: pin and tuple(pin) for device, pin in found.items()} == expected
