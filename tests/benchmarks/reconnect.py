"""What two nodes say when they meet again: 10,000 logs, nothing new or 10 of them changed.

Two ends in this process, over encrypted TCP on 127.0.0.1 through a relay that counts, with the
node's own hub and sessions and stores in memory.  Handshake and TCP's payload count, TCP's
headers do not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress

from p2pblog.conformance.home import Home
from p2pblog.content.bodies import Post, serialize
from p2pblog.core.crypto import SigningKey
from tests.benchmarks.figures import Figure
from tests.benchmarks.relay import Relay

LOGS, CHANGED = 10_000, 10
_QUIET_S = 0.5
_WAIT_S_MAX = 300


def measure() -> Iterator[list[Figure]]:
    """Yield the figures of the one run that there is: bytes do not vary."""
    yield asyncio.run(_met())


async def _met() -> list[Figure]:
    giver, taker = (Home(bytes([number]) * 32, bytes(32)) for number in (1, 2))
    keys = [SigningKey(b"w" * 28 + number.to_bytes(4)) for number in range(LOGS)]
    for key in keys:
        _write(giver, key)
    first = await _meet(giver, taker)
    unchanged = await _meet(giver, taker)
    for key in keys[:: LOGS // CHANGED]:
        _write(giver, key)
    changed = await _meet(giver, taker)
    for key in keys[1 :: LOGS // CHANGED]:
        _write(giver, key)
    taker.forget_tokens()
    compared = await _meet(giver, taker)
    taker.forget_tokens()
    equal = await _meet(giver, taker)
    entries = changed - unchanged
    return [
        Figure("first meeting, a log", first / LOGS, "B"),
        Figure("met again, nothing new", unchanged, "B", at_most=500),
        Figure(f"met again, {CHANGED} logs changed", changed, "B", at_most=4_000),
        Figure("without a token, nothing new", equal, "B"),
        Figure(f"without a token, {CHANGED} logs changed", compared, "B"),
        # Without the entries themselves: what other ways of comparing sets are measured by.
        Figure(f"finding {CHANGED} logs of {LOGS:,}", compared - entries, "B", at_most=6_800),
    ]


async def _meet(giver: Home, taker: Home) -> int:
    """Link the two until the taker has everything; return the bytes that passed both ways."""
    with Relay(await giver.listen()) as relay:
        await taker.dial(relay.address, giver.key.public)
        async with asyncio.timeout(_WAIT_S_MAX):
            while taker.store.entries < giver.store.entries:
                await asyncio.sleep(0.01)
        await asyncio.sleep(_QUIET_S)
        await taker.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                while giver.links:
                    await asyncio.sleep(0.01)
        return relay.bytes


def _write(home: Home, key: SigningKey) -> None:
    body = serialize(Post("hello"), bytes(16))
    home.store.append(key, [(1, body)], 1)
    home.changed(key.public)
