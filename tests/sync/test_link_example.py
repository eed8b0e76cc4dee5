"""The worked example of protocol/06-links.md is what the code does, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

from p2pblog.core.crypto import SigningKey, exchange_public
from p2pblog.sync.frames import frame
from p2pblog.sync.link import SecureLink

SPECIFICATION = Path(__file__).parents[2] / "protocol" / "06-links.md"
NETWORK = b"\x10" * 32
SEEDS = {"initiator": b"\x21" * 32, "responder": b"\x22" * 32}
EPHEMERALS = {"initiator": b"\x31" * 32, "responder": b"\x32" * 32}


def example() -> Iterator[tuple[str, bytes]]:
    """Yield each line of the example: what it is, and its bytes."""
    yield "network key", NETWORK
    for role in SEEDS:
        device = SigningKey(SEEDS[role])
        static = exchange_public(device.public)
        assert static is not None
        yield f"{role}: seed", device.seed
        yield f"{role}: device key", device.public
        yield f"{role}: static key", static
        yield f"{role}: ephemeral secret", EPHEMERALS[role]
    left, right = (
        SecureLink(
            initiator=role == "initiator",
            device=SigningKey(SEEDS[role]),
            network_key=NETWORK,
            ephemeral=EPHEMERALS[role],
            packet_bytes_max=128,
        )
        for role in SEEDS
    )
    [first] = left.start()
    yield "-> handshake 1", frame(first)
    right.receive(first)
    [second] = right.packets_to_send()
    yield "<- handshake 2", frame(second)
    left.receive(second)
    [third] = left.packets_to_send()
    yield "-> handshake 3", frame(third)
    right.receive(third)
    for arrow, message in (("->", b"hello"), ("<-", b"hello"), ("->", b"a" * 150)):
        sender, receiver = (left, right) if arrow == "->" else (right, left)
        packets = sender.seal(message)
        assert [m for packet in packets for m in receiver.receive(packet)] == [message]
        for number, packet in enumerate(packets, start=1):
            yield (
                f"{arrow} {message[:5].decode()}, packet {number} of {len(packets)}",
                frame(packet),
            )


def written() -> str:
    """Return the example as the specification shows it."""
    lines: list[str] = []
    for name, data in example():
        lines.append(name)
        lines += ["    " + part for part in wrap(data.hex(), 64)]
    return "\n".join(lines)


def test_the_example_in_the_specification_is_what_the_code_does() -> None:
    found = re.search(r"```text\n(.*?)\n```", SPECIFICATION.read_text(), re.DOTALL)
    assert found is not None
    assert found.group(1) == written()
