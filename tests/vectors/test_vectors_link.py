"""protocol/vectors/link.json against p2pblog.sync.link."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from p2pblog.core.crypto import SigningKey
from p2pblog.sync.link import SecureLink
from p2pblog.sync.noise import CipherState
from tests.vectors.running import Case, each, outcome, read_bytes, read_optional


def received(step: dict[str, Any]) -> bytes:
    """Return the packet that arrives; where it is long, the file says what is sealed in it."""
    if "in" in step:
        return read_bytes(step["in"])
    cipher = CipherState(bytes.fromhex(step["key"]))
    cipher.n = step["n"]
    return cipher.encrypt_with_ad(b"", read_bytes(step["sealed"]))


@pytest.mark.proves("K-2", "K-3", "K-5", "K-7", "K-8", "K-9")
@each("link")
def test_one_end_sends_hears_and_refuses_what_the_vector_says(case: Case) -> None:
    link = SecureLink(
        initiator=case["role"] == "initiator",
        device=SigningKey(bytes.fromhex(case["seed"])),
        network_key=bytes.fromhex(case["network"]),
        ephemeral=bytes.fromhex(case["ephemeral"]),
        packet_bytes_max=case["packet_most"],
        expect=read_optional(case["expect"]),
    )
    due: list[bytes] = link.start()
    last = len(case["steps"]) - 1
    for number, step in enumerate(case["steps"]):
        if "out" in step:
            assert due.pop(0).hex() == step["out"]
        elif "say" in step:
            due += link.seal(read_bytes(step["say"]))
        else:
            assert not due
            packet = received(step)
            if number == last and case["result"] == "invalid":
                outcome(case, partial(link.receive, packet))
                return
            heard = link.receive(packet)
            due += link.packets_to_send()
            assert heard == ([read_bytes(step["hears"])] if "hears" in step else [])
    assert not due
    assert link.established
    assert link.remote_device is not None
    assert link.remote_device.hex() == case["remote"]
    assert link.handshake_hash.hex() == case["handshake_hash"]
