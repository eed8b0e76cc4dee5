"""A live exchange between the end under test and ours, over TCP on 127.0.0.1.

Implements protocol/conformance.md section 5.  Ours is a second process behind the same lines
(`python -m p2pblog.conformance.reference`): so what is said between the two is a link and a
session as between any two nodes, and nothing but the outcome is looked at.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from p2pblog.conformance.lines import End, expect
from p2pblog.content.bodies import Post, serialize
from p2pblog.core.crypto import SigningKey

NETWORK = bytes([0x10]) * 32
OTHER_NETWORK = bytes([0x11]) * 32
THEIR_SEED, OUR_SEED = bytes([0x21]) * 32, bytes([0x22]) * 32
START_MS = 1_700_000_000_000
LONG_ENTRIES = 1500  # several segments, and a gap to be filled below the newest hundred
ARRIVES_S_MAX = 20
_POLL_S = 0.02

Scenario: TypeAlias = Callable[["Pair"], Awaitable[None]]


class Pair:
    """The end under test and ours, each with a fresh home."""

    def __init__(self, theirs: End, ours: End) -> None:
        self.theirs, self.ours = theirs, ours
        self.their_device = SigningKey(THEIR_SEED).public
        self.our_device = SigningKey(OUR_SEED).public

    async def begin(self, their_network: bytes = NETWORK) -> None:
        """Give both ends a fresh home."""
        ours = {"seed": OUR_SEED.hex(), "network": NETWORK.hex()}
        theirs = {"seed": THEIR_SEED.hex(), "network": their_network.hex()}
        await self.ours.need("home", **ours)
        said = await self.theirs.need("home", **theirs)
        expect(said == {"device": self.their_device.hex()}, f"home: {said}")

    async def link(self, *, they_dial: bool) -> None:
        """Bring a link up, and wait until both ends have a session on it."""
        dialler, listener = (self.theirs, self.ours) if they_dial else (self.ours, self.theirs)
        expected = self.our_device if they_dial else self.their_device
        address = (await listener.need("listen"))["address"]
        said = await dialler.need("dial", address=address, expect=expected.hex())
        expect(said == {"device": expected.hex()}, f"dial: {said}")
        await self.until_links(self.theirs, [self.our_device])
        await self.until_links(self.ours, [self.their_device])

    async def until_links(self, end: End, devices: list[bytes]) -> None:
        """Wait until an end has links with exactly these devices."""
        wanted = [device.hex() for device in devices]

        async def linked() -> bool:
            links: list[str] = await end.need("links")
            return links == wanted

        await until(linked, f"links {wanted}")

    async def append(self, end: End, texts: list[str]) -> dict[str, Any]:
        """Append posts to an end's own log; return {"seq", "entry_id"} of the last."""
        entries = [
            {"time_ms": START_MS + n, "body": serialize(Post(text), bytes(16)).hex()}
            for n, text in enumerate(texts)
        ]
        said: dict[str, Any] = await end.need("append", entries=entries)
        return said

    async def until_whole(self, end: End, log: bytes, last: dict[str, Any]) -> None:
        """Wait until an end holds `log` from its first entry to `last`."""

        async def whole() -> bool:
            held = await self.held(end, log)
            found = (held.get("low"), held.get("high"), held.get("high_id"), held.get("older"))
            return found == (1, last["seq"], last["entry_id"], None)

        await until(whole, f"entries 1 to {last['seq']}")

    async def held(self, end: End, log: bytes) -> dict[str, Any]:
        """Return what an end says that it holds of a log."""
        for item in await end.need("frontier"):
            if item["log"] == log.hex():
                held: dict[str, Any] = item
                return held
        return {}

    async def assert_equal(self, log: bytes) -> None:
        """Both ends hold the same entries of a log, bodies included."""
        high = (await self.held(self.ours, log))["high"]
        asked = {"log": log.hex(), "low": 1, "high": high}
        theirs, ours = await self.theirs.need("log", **asked), await self.ours.need("log", **asked)
        differing = [one for one, other in zip(theirs, ours, strict=False) if one != other]
        expect(theirs == ours, f"log: {len(theirs)} entries, differing: {differing[:1]}")


async def until(check: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until `check` holds, asking again and again."""
    deadline_s = time.monotonic() + ARRIVES_S_MAX
    while not await check():
        expect(time.monotonic() < deadline_s, f"not within {ARRIVES_S_MAX} s: {what}")
        await asyncio.sleep(_POLL_S)


def _texts(count: int, name: str) -> list[str]:
    return [f"{name} {number}" for number in range(1, count + 1)]


async def _takes_a_log(pair: Pair, *, they_dial: bool, count: int = LONG_ENTRIES) -> None:
    await pair.begin()
    last = await pair.append(pair.ours, _texts(count, "ours"))
    await pair.link(they_dial=they_dial)
    await pair.until_whole(pair.theirs, pair.our_device, last)
    await pair.assert_equal(pair.our_device)


async def _serves_a_log(pair: Pair, *, they_dial: bool) -> None:
    await pair.begin()
    last = await pair.append(pair.theirs, _texts(LONG_ENTRIES, "theirs"))
    await pair.link(they_dial=they_dial)
    await pair.until_whole(pair.ours, pair.their_device, last)
    await pair.assert_equal(pair.their_device)


async def takes_a_log_it_dials_for(pair: Pair) -> None:
    """As initiator it takes in a log of 1,500 entries, newest first, whole."""
    await _takes_a_log(pair, they_dial=True)


async def takes_a_log_it_is_dialled_for(pair: Pair) -> None:
    """As responder it takes in a log of 1,500 entries, whole."""
    await _takes_a_log(pair, they_dial=False)


async def serves_a_log_it_dials_for(pair: Pair) -> None:
    """As initiator it serves a log of 1,500 entries, down and up."""
    await _serves_a_log(pair, they_dial=True)


async def serves_a_log_it_is_dialled_for(pair: Pair) -> None:
    """As responder it serves a log of 1,500 entries."""
    await _serves_a_log(pair, they_dial=False)


async def passes_on_what_is_new(pair: Pair) -> None:
    """While linked, what either end appends reaches the other, entry by entry and in bulk."""
    await pair.begin()
    await pair.append(pair.ours, ["before"])
    await pair.append(pair.theirs, ["before"])
    await pair.link(they_dial=True)
    for texts in (["one"], ["two"], _texts(30, "thirty"), _texts(200, "two hundred")):
        ours = await pair.append(pair.ours, texts)
        theirs = await pair.append(pair.theirs, texts)
        await pair.until_whole(pair.theirs, pair.our_device, ours)
        await pair.until_whole(pair.ours, pair.their_device, theirs)
    await pair.assert_equal(pair.our_device)
    await pair.assert_equal(pair.their_device)


async def first_entries_while_linked(pair: Pair) -> None:
    """A log whose first entry is written while both are linked is offered and taken."""
    await pair.begin()
    await pair.link(they_dial=False)
    ours = await pair.append(pair.ours, ["first"])
    theirs = await pair.append(pair.theirs, ["first"])
    await pair.until_whole(pair.theirs, pair.our_device, ours)
    await pair.until_whole(pair.ours, pair.their_device, theirs)


async def catches_up_after_a_pause(pair: Pair) -> None:
    """After the link went, both ends write, and the next link brings them level."""
    await pair.begin()
    ours = await pair.append(pair.ours, _texts(70, "ours"))
    theirs = await pair.append(pair.theirs, _texts(70, "theirs"))
    await pair.link(they_dial=True)
    await pair.until_whole(pair.theirs, pair.our_device, ours)
    await pair.until_whole(pair.ours, pair.their_device, theirs)
    await pair.ours.need("close")
    await pair.until_links(pair.theirs, [])
    ours = await pair.append(pair.ours, _texts(LONG_ENTRIES, "more"))
    theirs = await pair.append(pair.theirs, _texts(65, "more"))
    await pair.link(they_dial=False)
    await pair.until_whole(pair.theirs, pair.our_device, ours)
    await pair.until_whole(pair.ours, pair.their_device, theirs)
    await pair.assert_equal(pair.our_device)
    await pair.assert_equal(pair.their_device)


async def says_farewell(pair: Pair) -> None:
    """Closed from its side, the link goes on ours too."""
    await pair.begin()
    await pair.link(they_dial=True)
    await pair.theirs.need("close")
    await pair.until_links(pair.ours, [])


async def refuses_another_device(pair: Pair) -> None:
    """As initiator it hangs up on a device that it did not want, before it says who it is."""
    await pair.begin()
    address = (await pair.ours.need("listen"))["address"]
    stranger = SigningKey(bytes([0x23]) * 32).public
    said = await pair.theirs.ask("dial", address=address, expect=stranger.hex())
    expect(said.error == "wrong-device", f"dial: {said}")
    expect(await pair.ours.need("links") == [], "a link that should not be")


async def refuses_another_network(pair: Pair) -> None:
    """As responder it hangs up on a device of another network, and goes on listening."""
    await pair.begin(their_network=OTHER_NETWORK)
    address = (await pair.theirs.need("listen"))["address"]
    said = await pair.ours.ask("dial", address=address, expect=pair.their_device.hex())
    expect(said.error == "link-refused", f"dial: {said}")
    expect(await pair.theirs.need("links") == [], "a link that should not be")
    said = await pair.ours.ask("dial", address=address, expect=pair.their_device.hex())
    expect(said.error == "link-refused", f"the second dial: {said}")


SCENARIOS: tuple[Scenario, ...] = (
    takes_a_log_it_dials_for,
    takes_a_log_it_is_dialled_for,
    serves_a_log_it_dials_for,
    serves_a_log_it_is_dialled_for,
    passes_on_what_is_new,
    first_entries_while_linked,
    catches_up_after_a_pause,
    says_farewell,
    refuses_another_device,
    refuses_another_network,
)
