"""A peer that breaks the rules of a session, to see that the end under test refuses it.

Implements protocol/conformance.md section 5.  Each misdeed is said on a link of its own; the
end must answer with a bye that names the error, and close (protocol/09-sessions.md, S-26).  The
last cases are no misdeeds: they must be answered, or borne.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from p2pblog.conformance.lines import expect
from p2pblog.conformance.live import Pair, Scenario
from p2pblog.conformance.stranger import ANSWER_S_MAX, HELLO, Stranger
from p2pblog.core.encoding import Value, encode

_LOG, _ID = bytes([0x31]) * 32, bytes([0x32]) * 32
ASKED = object()
_DONE, _PONG, _BYE, _COMPARE = 4, 6, 7, 12
_QUESTIONS = (2, 10)


class Misdeed(NamedTuple):
    """What is said, and the code of the bye that must come.

    With `answers` the end has asked first for the log that the stranger offers, and its
    question's number stands in the place of `ASKED`.  With `led` the end has begun the link and
    has been greeted, and compares.
    """

    clause: str
    comment: str
    messages: list[Value]
    code: str
    answers: bool = False
    led: bool = False


def _segment(log: bytes = _LOG, count: int = 1, signature: bytes | None = None) -> list[Value]:
    signatures = [] if signature is None else [signature]
    return [log, 1, None, [0] * count, [b"x"] * count, signatures]


def _stored(data: bytes) -> bytes:
    """Return a raw DEFLATE stream of one block that holds `data` as it is."""
    size = len(data).to_bytes(2, "little")
    return b"\1" + size + bytes(byte ^ 255 for byte in size) + data


_PING = encode([5, 1])
_PACKED = encode([21, 3, _stored(_PING)])
_FALLING = bytes(7) + b"\1" + bytes(8)
# More than the hundred that are asked for at first; of 200 entries three are checkpoints.
_TOO_MANY = [_LOG, 1, None, [0] * 200, [b"x"] * 200, [bytes(64)] * 4]

MISDEEDS = (
    Misdeed("S-4", "ping before hello", [[5, 1]], "unexpected-message"),
    Misdeed("S-4", "told before hello", [[16, None]], "unexpected-message"),
    Misdeed("S-5", "hello of version 2", [[0, 2, None]], "unexpected-message"),
    Misdeed("S-6", "hello twice", [HELLO, HELLO], "unexpected-message"),
    Misdeed("S-1", "a byte behind a message", [HELLO, b"\x92\x05\x01\x00"], "non-canonical"),
    Misdeed("S-2", "a type that there is not", [HELLO, [99]], "bad-structure"),
    Misdeed("S-2", "true for a number", [HELLO, [5, True]], "bad-structure"),
    Misdeed("S-2", "question 0", [HELLO, [2, 0, _LOG, 1, 2, True]], "bad-structure"),
    Misdeed("S-2", "a want of 4097", [HELLO, [2, 1, _LOG, 1, 4097, True]], "bad-structure"),
    Misdeed("S-2", "a latest of 513", [HELLO, [10, 1, _LOG, 513]], "bad-structure"),
    Misdeed("S-2", "a hello without a token", [[0, 1]], "bad-structure"),
    Misdeed("S-2", "a token of 65 bytes", [HELLO, [16, bytes(65)]], "bad-structure"),
    Misdeed("S-2", "a seek of nothing", [HELLO, [17, []]], "bad-structure"),
    Misdeed("S-2", "a note of entry 0", [HELLO, [18, [[_LOG, 0]]]], "bad-structure"),
    Misdeed("S-2", "a graft after -1", [HELLO, [19, _LOG, -1]], "bad-structure"),
    Misdeed("S-2", "digests that fall", [HELLO, [12, "", True, _FALLING]], "bad-structure"),
    Misdeed("S-2", "64 digits", [HELLO, [12, "0" * 64, True, b""]], "bad-structure"),
    Misdeed("S-2", "an upper-case digit", [HELLO, [14, "A", bytes(8)]], "bad-structure"),
    Misdeed(
        "S-33", "a packed message cut off", [HELLO, [21, 3, _stored(_PING)[:-1]]], "bad-structure"
    ),
    Misdeed(
        "S-33",
        "a byte behind what is packed",
        [HELLO, [21, 3, _stored(_PING) + b"\0"]],
        "bad-structure",
    ),
    Misdeed(
        "S-33",
        "more than it says, packed",
        [HELLO, [21, 1000, _stored(bytes(60_000))]],
        "bad-structure",
    ),
    Misdeed(
        "S-33", "2^20 + 1 bytes, packed", [HELLO, [21, 2**20 + 1, _stored(_PING)]], "too-large"
    ),
    Misdeed(
        "S-33",
        "a packed message, packed",
        [HELLO, [21, len(_PACKED), _stored(_PACKED)]],
        "bad-structure",
    ),
    Misdeed("S-7", "ranges that touch", [HELLO, [1, [[_LOG, 5, 9, _ID, 1, 4]]]], "bad-structure"),
    Misdeed("S-16", "an answer to nothing", [HELLO, [3, 7, _segment()]], "unexpected-message"),
    Misdeed(
        "R-13", "compared where it did not ask", [HELLO, [13, "", [], b""]], "unexpected-message"
    ),
    Misdeed(
        "R-12", "a compare where it leads", [[12, "", True, b""]], "unexpected-message", led=True
    ),
    Misdeed(
        "R-12", "a reveal where it leads", [[14, "", bytes(8)]], "unexpected-message", led=True
    ),
    Misdeed("R-12", "agreed where it leads", [[15]], "unexpected-message", led=True),
    Misdeed(
        "R-12", "an answer to no compare", [[13, "a", [], b""]], "unexpected-message", led=True
    ),
    Misdeed(
        "R-12",
        "to lack what was not named",
        [[13, "", [], bytes(8)]],
        "unexpected-message",
        led=True,
    ),
    Misdeed(
        "R-12",
        "parts of nothing",
        [[13, "", [["a", True, b""]], b""]],
        "unexpected-message",
        led=True,
    ),
    Misdeed("S-32", "a proof of nothing", [HELLO, [11, [_segment()] * 2]], "bad-signature"),
    Misdeed("L-1", "513 entries", [HELLO, [3, 0, _segment(count=513)]], "too-large"),
    Misdeed("S-17", "another log", [[3, ASKED, _segment(_ID)]], "unexpected-message", True),
    Misdeed("S-19", "more than most", [[3, ASKED, _TOO_MANY]], "unexpected-message", True),
    Misdeed("L-9", "no signature", [[3, ASKED, _segment()]], "bad-signature", True),
    Misdeed(
        "L-10",
        "a wrong signature",
        [[3, ASKED, _segment(signature=bytes(64))]],
        "bad-signature",
        True,
    ),
)


def refuses(misdeed: Misdeed) -> Scenario:
    """Return the scenario in which a misdeed is refused."""

    async def scenario(pair: Pair) -> None:
        await pair.begin()
        stranger = await (Stranger.dialled(pair) if misdeed.led else Stranger.open(pair))
        try:
            asked = 0
            if misdeed.led:
                stranger.say(HELLO)
                await stranger.hear(_COMPARE)
            if misdeed.answers:
                stranger.say(HELLO, [1, [[_LOG, 1, 900, _ID]]])
                asked = (await stranger.hear(*_QUESTIONS))[1]
            stranger.say(*(_with_number(message, asked) for message in misdeed.messages))
            code = (await stranger.hear(_BYE))[1]
            expect(code == misdeed.code, f"bye {code!r} instead of {misdeed.code!r}")
            await stranger.hear_the_end()
        finally:
            stranger.link.close()
        await pair.until_links(pair.theirs, [])

    scenario.__doc__ = f"{misdeed.clause}: refuses {misdeed.comment} as {misdeed.code}"
    return scenario


def _with_number(message: Value, asked: int) -> Value:
    return [asked if item is ASKED else item for item in message] if asked else message


async def answers_what_it_must(pair: Pair) -> None:
    """S-15, S-25: a ping gets its pong, a question for a log that it does not hold its done."""
    await pair.begin()
    stranger = await Stranger.open(pair)
    try:
        stranger.say(HELLO, [5, 77])
        expect(await stranger.hear(_PONG) == [_PONG, 77], "the pong of another ping")
        stranger.say([2, 1, _LOG, 1, 9, True], [10, 2, _LOG, 9])
        expect(await stranger.hear(_DONE) == [_DONE, 1], "the want comes first")
        expect(await stranger.hear(_DONE) == [_DONE, 2], "then the latest")
        stranger.say([4, 12], [6, 12], [9, 12, None], [5, 78])  # these answer nothing
        expect(await stranger.hear(_PONG) == [_PONG, 78], "the pong of another ping")
    finally:
        stranger.link.close()


async def bears_an_offer_that_lies(pair: Pair) -> None:
    """R-4: it asks for what was offered once, and not for ever when nothing comes."""
    await pair.begin()
    stranger = await Stranger.open(pair)
    try:
        stranger.say(HELLO, [1, [[_LOG, 1, 900, _ID]]])
        number = (await stranger.hear(*_QUESTIONS))[1]
        stranger.say([4, number], [5, 1])
        said = await stranger.hear(*_QUESTIONS, _PONG)
        expect(said == [_PONG, 1], f"it asks again: {said}")
    finally:
        stranger.link.close()


async def hangs_up_on_other_protocols(pair: Pair) -> None:
    """Section 4 of protocol/06-links.md: HTTP ends with its first two bytes, without a word."""
    await pair.begin()
    host, _, port = (await pair.theirs.need("listen"))["address"].rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(b"GE")
        async with asyncio.timeout(ANSWER_S_MAX):
            expect(await reader.read() == b"", "it says something")
    finally:
        writer.close()


SCENARIOS: tuple[Scenario, ...] = (
    *map(refuses, MISDEEDS),
    answers_what_it_must,
    bears_an_offer_that_lies,
    hangs_up_on_other_protocols,
)
