"""Dials are carried out when due, several addresses at a time, and never for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from p2pblog.core.errors import OtherNetwork, Unreachable
from p2pblog.net.dialler import Dialler, first_of
from p2pblog.net.dialplan import Dial, DialPlan

OWN, PEER = bytes(32), b"\x01" * 32
NEVER_S = 60.0


class Network:
    """Addresses that answer, refuse or are silent, and what became of the attempts."""

    def __init__(self, **hosts: Exception | str | asyncio.Event) -> None:
        self.hosts = hosts
        self.tried: list[str] = []
        self.cancelled: list[str] = []
        self.discarded: list[str] = []

    async def attempt(self, address: str) -> str:
        self.tried.append(address)
        match self.hosts[address]:
            case Exception() as error:
                raise error
            case asyncio.Event() as answered:
                try:
                    await answered.wait()
                except asyncio.CancelledError:
                    self.cancelled.append(address)
                    raise
                return address
            case link:
                return link

    async def first(self, *, stagger_s: float = NEVER_S) -> str:
        return await first_of(
            list(self.hosts), self.attempt, discard=self.discarded.append, stagger_s=stagger_s
        )


async def test_the_best_address_alone_is_tried_when_it_answers() -> None:
    network = Network(a="link", b="other")
    assert await network.first() == "link"
    assert network.tried == ["a"]


async def test_a_refusal_moves_on_at_once() -> None:
    network = Network(a=Unreachable("a"), b=OSError("b"), c="link")
    async with asyncio.timeout(5):
        assert await network.first() == "link"


async def test_silence_is_waited_for_only_a_moment_and_then_left_behind() -> None:
    network = Network(a=asyncio.Event(), b=asyncio.Event(), c="link")
    assert await network.first(stagger_s=0.01) == "link"
    assert network.tried == ["a", "b", "c"]
    assert sorted(network.cancelled) == ["a", "b"]


async def test_a_slow_first_address_may_still_win() -> None:
    slow, silent = asyncio.Event(), asyncio.Event()
    network = Network(a=slow, b=silent)
    first = asyncio.create_task(network.first(stagger_s=0.001))
    while network.tried != ["a", "b"]:
        await asyncio.sleep(0)
    slow.set()
    assert await first == "a"
    assert network.cancelled == ["b"]


async def test_of_two_that_answer_in_the_same_moment_one_is_closed() -> None:
    both = asyncio.Event()
    network = Network(a=both, b=both)
    first = asyncio.create_task(network.first(stagger_s=0.001))
    while network.tried != ["a", "b"]:
        await asyncio.sleep(0)
    both.set()
    won = await first
    assert sorted([won, *network.discarded]) == ["a", "b"]


async def test_who_was_there_and_refused_is_the_error_to_report() -> None:
    network = Network(a=Unreachable("a"), b=OtherNetwork(), c=OSError("c"))
    with pytest.raises(OtherNetwork):
        await network.first()


async def test_when_nobody_was_there_the_best_address_is_the_one_to_report() -> None:
    network = Network(a=Unreachable("a"), b=OSError("b"))
    with pytest.raises(Unreachable, match=": a;"):
        await network.first()
    with pytest.raises(Unreachable):
        await Network().first()


async def test_a_mistake_of_ours_is_not_taken_for_a_bad_address() -> None:
    network = Network(a=ZeroDivisionError("bug"), b="link")
    with pytest.raises(ZeroDivisionError):
        await network.first()


async def test_giving_up_cancels_every_attempt() -> None:
    network = Network(a=asyncio.Event(), b=asyncio.Event())
    first = asyncio.create_task(network.first(stagger_s=0.001))
    while network.tried != ["a", "b"]:
        await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert sorted(network.cancelled) == ["a", "b"]


class Dialled:
    """A dialler whose dials a test awaits and answers."""

    def __init__(self, answer: Callable[[Dial], Awaitable[None]] | None = None) -> None:
        self.dials: asyncio.Queue[Dial] = asyncio.Queue()
        self.answer = answer
        self.dialler = Dialler(DialPlan(own=OWN, random=lambda: 0.01), self.dial)

    async def dial(self, dial: Dial) -> None:
        self.dials.put_nowait(dial)
        if self.answer is not None:
            await self.answer(dial)

    async def next(self) -> Dial:
        async with asyncio.timeout(5):
            return await self.dials.get()

    async def __aenter__(self) -> Dialled:
        self.dialler.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.dialler.close()
        assert {task.get_name() for task in asyncio.all_tasks()}.isdisjoint({"dialler", "dial"})


async def refuse(dial: Dial) -> None:
    raise Unreachable(dial.addresses[0])


async def test_a_peer_that_is_found_is_dialled() -> None:
    async with Dialled() as dialled:
        dialled.dialler.found(PEER, ["h:1"])
        assert await dialled.next() == Dial(PEER, ("h:1",))


async def test_a_dial_that_fails_is_repeated_and_its_error_kept() -> None:
    async with Dialled(refuse) as dialled:
        dialled.dialler.found(PEER, ["h:1"])
        for _ in range(3):
            await dialled.next()
        assert dialled.dialler.plan.unlinked_devices() == [(PEER, ("h:1",), "unreachable")]


async def test_a_linked_peer_is_dialled_again_only_when_the_link_is_down() -> None:
    async def link(dial: Dial) -> None:
        dialled.dialler.linked(dial.device, dialled=True)

    async with Dialled(link) as dialled:
        dialled.dialler.known(PEER, ["h:1"])
        await dialled.next()
        dialled.dialler.network_changed()
        await asyncio.sleep(0)
        assert dialled.dialler.plan.wake_s() is None
        assert dialled.dials.empty()
        dialled.dialler.unlinked(PEER)
        await dialled.next()


async def test_a_peer_that_is_lost_is_left_alone() -> None:
    async with Dialled(refuse) as dialled:
        dialled.dialler.found(PEER, ["h:1"])
        await dialled.next()
        dialled.dialler.lost(PEER)
        assert dialled.dialler.plan.wake_s() is None


async def test_closing_breaks_off_what_is_under_way() -> None:
    broken_off = asyncio.Event()

    async def silence(dial: Dial) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            broken_off.set()

    async with Dialled(silence) as dialled:
        dialled.dialler.found(PEER, ["h:1"])
        await dialled.next()
        assert dialled.dialler.plan.looking() == ["h:1"]
    assert broken_off.is_set()


async def test_a_dial_that_takes_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("p2pblog.net.dialler.DIAL_S_MAX", 0.01)
    monkeypatch.setattr("p2pblog.net.dialler.HANDSHAKE_S_MAX", 0.01)

    async def silence(dial: Dial) -> None:
        await asyncio.Event().wait()

    async with Dialled(silence) as dialled:
        dialled.dialler.found(PEER, ["h:1"])
        await dialled.next()
        await dialled.next()
        assert dialled.dialler.plan.unlinked_devices()[0][2] == "timeout"
