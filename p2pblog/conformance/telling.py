"""Live exchanges about what an end tells: by comparing, to who comes back, and by pushes.

Implements protocol/conformance.md section 5 (protocol/09-sessions.md sections 3 and 6,
protocol/10-replication.md sections 5 to 9).  The other end is a stranger that keeps the rules.
"""

from __future__ import annotations

from contextlib import closing

from p2pblog.conformance.lines import Failed, expect
from p2pblog.conformance.live import Pair, Scenario
from p2pblog.conformance.stranger import HELLO, Stranger
from p2pblog.core.encoding import Value

_HAVE, _SEGMENT, _PONG = 1, 3, 6
_COMPARE, _COMPARED, _AGREED, _TOLD, _SEEK, _NOTE, _GRAFT, _PRUNE = 12, 13, 15, 16, 17, 18, 19, 20
_STRANGE = bytes([0x34]) * 32


async def _given(stranger: Stranger) -> Value:
    """Return the first token that the end gives."""
    while (told := await stranger.hear(_TOLD))[1] is None:
        pass
    return told[1]


async def _offered(stranger: Stranger) -> list[Value]:
    """Return the offers of the next have."""
    match await stranger.hear(_HAVE):
        case [_, list(offers)]:
            return offers
        case said:
            raise Failed(f"no offers: {said}")


async def _quiet(stranger: Stranger, *kinds: int) -> None:
    """Nothing of these types comes before the end answers a ping."""
    stranger.say([5, 99])
    said = await stranger.hear(*kinds, _PONG)
    expect(said == [_PONG, 99], f"it says {said}")


async def tells_what_is_asked_for_by_comparing(pair: Pair) -> None:
    """S-36, R-11: who has nothing is offered all, and who has all is offered nothing."""
    await pair.begin()
    last = await pair.append(pair.theirs, ["one", "two"])
    stranger = await Stranger.open(pair)
    with closing(stranger.link):
        stranger.say(HELLO)
        expect(await stranger.hear(_TOLD) == [_TOLD, None], "it knows a token that was not shown")
        stranger.say([_COMPARE, "", True, b""])
        expect(await stranger.hear(_COMPARED) == [_COMPARED, "", [], b""], "the answer to nothing")
        [offer] = await _offered(stranger)
        expected = [pair.their_device, 1, last["seq"], bytes.fromhex(last["entry_id"])]
        expect(offer == expected, f"it offers {offer}")
        stranger.say([_COMPARE, "0", True, bytes(8)])
        said = await stranger.hear(_COMPARED)
        expect(said == [_COMPARED, "0", [], bytes(8)], f"of what it does not have: {said}")


async def leads_and_agrees(pair: Pair) -> None:
    """10 section 9: where it began the link it compares, tells what is lacked, and agrees."""
    await pair.begin()
    await pair.append(pair.theirs, ["one"])
    stranger = await Stranger.dialled(pair)
    with closing(stranger.link):
        stranger.say(HELLO)
        compare = await stranger.hear(_COMPARE)
        expect(compare[1:3] == ["", True], f"it asks {compare}")
        stranger.say([_COMPARED, "", [], compare[3]])
        said = [await stranger.hear(_HAVE, _AGREED), await stranger.hear(_HAVE, _AGREED)]
        expect({message[0] for message in said} == {_HAVE, _AGREED}, f"it says {said}")
        await _given(stranger)


async def resumes_where_it_left_off(pair: Pair) -> None:
    """S-36, S-37: who shows a token hears of what has changed since, and of what it seeks."""
    await pair.begin()
    await pair.append(pair.theirs, ["one"])
    stranger = await Stranger.open(pair)
    with closing(stranger.link):
        stranger.say(HELLO, [_AGREED])
        token = await _given(stranger)
    await pair.until_links(pair.theirs, [])
    stranger = await Stranger.open(pair)
    with closing(stranger.link):
        stranger.say([0, 1, token])
        await _given(stranger)
        await _quiet(stranger, _HAVE, _COMPARE)
        stranger.say([_SEEK, [_STRANGE, pair.their_device]])
        offers = await _offered(stranger)
        expect(len(offers) == 1, f"sought, it offers {offers}")
        await _quiet(stranger, _HAVE)
    await pair.until_links(pair.theirs, [])
    last = await pair.append(pair.theirs, ["two"])
    stranger = await Stranger.open(pair)
    with closing(stranger.link):
        stranger.say([0, 1, token])
        expected = [pair.their_device, 1, 2, bytes.fromhex(last["entry_id"])]
        offers = await _offered(stranger)
        expect(offers == [expected], f"it offers {offers}")


async def pushes_to_who_has_grafted(pair: Pair) -> None:
    """S-23, S-38: notes at first, pushes once they are asked for, notes again after a prune."""
    await pair.begin()
    await pair.append(pair.theirs, ["one", "two"])
    stranger = await Stranger.open(pair)
    with closing(stranger.link):
        log = pair.their_device
        stranger.say(HELLO, [_AGREED])
        await _given(stranger)
        await pair.append(pair.theirs, ["three"])
        said = await stranger.hear(_NOTE, _SEGMENT, _HAVE)
        expect(said == [_NOTE, [[log, 3]]], f"it says {said}")
        stranger.say([_GRAFT, log, 1])
        await _pushed(stranger, 2, 3)
        await pair.append(pair.theirs, ["four"])
        await _pushed(stranger, 4, 4)
        stranger.say([_PRUNE, log], [5, 1])
        await stranger.hear(_PONG)
        await pair.append(pair.theirs, ["five"])
        said = await stranger.hear(_NOTE, _SEGMENT, _HAVE)
        expect(said == [_NOTE, [[log, 5]]], f"after a prune it says {said}")
        stranger.say([_GRAFT, _STRANGE, 0], [_PRUNE, _STRANGE])
        await _quiet(stranger, _HAVE, _SEGMENT)


async def _pushed(stranger: Stranger, first: int, last: int) -> None:
    match await stranger.hear(_SEGMENT):
        case [_, 0, [_, int(begins), _, _, list(bodies), _]]:
            ends = begins + len(bodies) - 1
            expect((begins, ends) == (first, last), f"it pushes {begins} to {ends}")
        case said:
            raise Failed(f"no push: {said}")


async def grafts_what_is_noted(pair: Pair) -> None:
    """10 section 6: told of a log that it does not hold, it asks to be pushed it."""
    await pair.begin()
    stranger = await Stranger.open(pair)
    with closing(stranger.link):
        stranger.say(HELLO, [_NOTE, [[_STRANGE, 1]]])
        expect(await stranger.hear(_GRAFT) == [_GRAFT, _STRANGE, 0], "another graft")


SCENARIOS: tuple[Scenario, ...] = (
    tells_what_is_asked_for_by_comparing,
    leads_and_agrees,
    resumes_where_it_left_off,
    pushes_to_who_has_grafted,
    grafts_what_is_noted,
)
