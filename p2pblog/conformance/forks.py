"""Live exchanges about a log whose writer equivocates.

Implements protocol/conformance.md section 5: the end under test finds a fork and proves it, and
believes a proof that it is given (protocol/03-logs.md section 6, protocol/09-sessions.md
section 11).
"""

from __future__ import annotations

from p2pblog.conformance.lines import expect
from p2pblog.conformance.live import START_MS, Pair, Scenario, until
from p2pblog.conformance.stranger import HELLO, Stranger
from p2pblog.content.bodies import Post, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.log.fork import check_proof, proof_from_wire, proof_to_wire, prove
from p2pblog.log.segment import Segment, to_wire
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore

_HAVE, _SEGMENT, _DONE, _FORK = 1, 3, 4, 11
_QUESTIONS = (2, 10)
_WRITER = SigningKey(bytes([0x33]) * 32)


def _side(last: str) -> tuple[Segment, bytes]:
    """Return a log of three entries, of which only the last differs, and that one's id."""
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    bodies = [(START_MS, serialize(Post(text), bytes(16))) for text in ("one", "two", last)]
    entries = store.append(_WRITER, bodies, START_MS)
    return store.segment_up(_WRITER.public, 1, 3), entries[-1].id


async def _until_forked(pair: Pair) -> None:
    async def forked() -> bool:
        return bool((await pair.held(pair.theirs, _WRITER.public)).get("forked"))

    await until(forked, "the log is forked")


async def _give(stranger: Stranger, segment: Segment, last_id: bytes) -> None:
    """Offer a side, and answer the question that comes."""
    stranger.say([_HAVE, [[_WRITER.public, 1, 3, last_id]]])
    number = (await stranger.hear(*_QUESTIONS))[1]
    stranger.say([_SEGMENT, number, to_wire(segment)], [_DONE, number])


async def proves_a_fork(pair: Pair) -> None:
    """10 section 2, S-30: offered another id of an entry that it holds, it asks, and proves it."""
    await pair.begin()
    stranger = await Stranger.open(pair)
    try:
        stranger.say(HELLO)
        one, one_id = _side("three")
        await _give(stranger, one, one_id)
        other, other_id = _side("another")
        stranger.say([_HAVE, [[_WRITER.public, 1, 3, other_id]]])
        asked = await stranger.hear(*_QUESTIONS)
        expect(asked[0] == 2 and asked[3:] == [3, 3, False], f"it asks {asked}")
        only = other._replace(
            first=3, prev=_id_before(one), times_ms=[START_MS], bodies=other.bodies[2:]
        )
        stranger.say([_SEGMENT, asked[1], to_wire(only)], [_DONE, asked[1]])
        proof = proof_from_wire((await stranger.hear(_FORK))[1])
        expect(check_proof(proof) == 3, "the proof shows another fork")
        await _until_forked(pair)
    finally:
        stranger.link.close()


async def believes_a_proof(pair: Pair) -> None:
    """L-19: given a proof of a log that it holds, it takes the log for forked."""
    await pair.begin()
    stranger = await Stranger.open(pair)
    try:
        stranger.say(HELLO)
        one, one_id = _side("three")
        await _give(stranger, one, one_id)

        async def held() -> bool:
            return bool(await pair.held(pair.theirs, _WRITER.public))

        await until(held, "it holds the log")
        stranger.say([_FORK, proof_to_wire(prove(one, _side("another")[0]))])
        await _until_forked(pair)
    finally:
        stranger.link.close()


def _id_before(segment: Segment) -> bytes:
    """Return the id of the entry before the last."""
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    store.ingest(segment, START_MS)
    return store.entry(segment.log, segment.last - 1).id


SCENARIOS: tuple[Scenario, ...] = (proves_a_fork, believes_a_proof)
