"""Clauses of chapters 03, 04 and 05 about when a node writes, and what, by properties."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.content.bodies import Body, Post
from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import decode
from p2pblog.core.errors import NotFound, OwnLogBehind
from p2pblog.core.limits import OWN_CLAIM_S_MAX
from p2pblog.log.held import Held, Range
from p2pblog.net.carrier import memory_pair
from p2pblog.net.link import Link
from p2pblog.node.devices import Devices
from p2pblog.node.home import Identity
from p2pblog.node.offering import Joining, Offering
from p2pblog.node.restoring import Restoration
from p2pblog.node.server import Request
from p2pblog.node.transfer import Transfer
from p2pblog.node.writer import Writer
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync.claims import Claims
from tests.net.test_clauses_links import ALICE, BOB, NETWORK, ROOT, Port
from tests.strategies import quick
from tests.views.views_world import Shelf, World

WHO = Identity(b"r" * 32, b"d" * 32)


def span(low: int, high: int) -> Range:
    return Range(low, high, None if low == 1 else bytes(32), bytes(32))


def held(low: int, more: int, older: int) -> Held:
    """Return a log held from `low` on, with an older part of it where there is room for one."""
    return Held(span(low, low + more), span(1, older) if 0 < older < low - 1 else None)


small = st.integers(0, 4)
lows = st.sampled_from([1, 1, 1, 1, 2, 5])
roots = st.builds(held, lows, small, small) | st.builds(held, lows, small, small) | st.none()


@pytest.mark.proves("I-10")
@quick(80)
@given(roots, st.booleans())
def test_a_root_log_is_written_to_when_it_is_held_from_the_first_to_the_newest(
    root: Held | None, behind: bool
) -> None:
    async def settled(log: bytes) -> None:
        if behind:
            raise OwnLogBehind

    devices = Devices.__new__(Devices)
    store = SimpleNamespace(logs={} if root is None else {WHO.identity: root})
    own_logs = SimpleNamespace(settled=settled)
    devices._node = cast("Any", SimpleNamespace(store=store, own_logs=own_logs))
    if not behind and root is not None and root.newest.low == 1:
        asyncio.run(devices._check_root_is_whole(WHO))
    else:
        with pytest.raises(OwnLogBehind if behind else NotFound):
            asyncio.run(devices._check_root_is_whole(WHO))


@pytest.mark.proves("I-16")
@quick(120)
@given(roots, st.sampled_from([None, False, True]), st.sampled_from([None, False, True]))
def test_a_restored_home_writes_once_all_is_here_that_a_peer_offers(
    root: Held | None, root_behind: bool | None, others_behind: bool | None
) -> None:
    def behind(logs: Iterable[bytes]) -> bool | None:
        """Tell whether a peer offers more: None where no peer offers any of it."""
        found = [root_behind if log == WHO.identity else others_behind for log in logs]
        return None if set(found) == {None} else True in found

    restoration = Restoration.__new__(Restoration)
    store = SimpleNamespace(logs={} if root is None else {WHO.identity: root})
    own_logs = SimpleNamespace(behind=behind)
    restoration._node = cast("Any", SimpleNamespace(store=store, own_logs=own_logs))
    whole = root is not None and root.newest.low == 1
    expected = whole and root_behind is False and others_behind is not True
    assert restoration._is_here(WHO.identity, {WHO.identity, b"x" * 32}) == expected


@pytest.mark.proves("L-22")
@quick(200)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["told", "gone"]), st.integers(3, 7)),
             max_size=8),
    st.lists(st.integers(3, 8), max_size=2),
)  # fmt: skip
def test_who_is_told_of_newer_entries_does_not_write_until_they_are_here(
    script: list[tuple[int, str, int]], grown: list[int]
) -> None:
    here, now_s = 5, 0.0
    claims = Claims(here, {}, now_s)
    offers: dict[int, int] = {}
    for peer, what, high in script:
        now_s += 0.01
        if what == "told":
            claims.told(bytes([peer]), high, now_s)
            offers[peer] = high
        else:
            claims.gone(bytes([peer]), now_s)
            offers.pop(peer, None)
        assert (claims.wait_s(now_s) > 0) == any(one > here for one in offers.values())
    for high in grown:
        here = max(here, high)
        claims.grew(here, now_s)
        assert (claims.wait_s(now_s) > 0) == any(one > here for one in offers.values())
    assert now_s < OWN_CLAIM_S_MAX  # so that nobody's time was up


@pytest.mark.proves("B-1")
@quick(30)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_each_body_has_a_salt_that_was_drawn_for_it(batches: list[int]) -> None:
    drawn: list[bytes] = []

    def salt() -> bytes:
        drawn.append(len(drawn).to_bytes(16))
        return drawn[-1]

    async def write() -> list[bytes]:
        writer = Writer(LogStore(MemoryKeyValue(), new_epoch=bytes(16)), lambda *_: None, salt=salt)
        key = SigningKey(b"k" * 32)
        same: list[Body] = [Post("the very same words")]
        made = [entry for size in batches for entry in await writer.append(key, same * size)]
        writer.close()
        return [decode(entry.body or b"")[0] for entry in made]

    salts = asyncio.run(write())
    assert salts == drawn
    assert len(set(salts)) == sum(batches)


items = st.lists(st.integers(0, 4), min_size=1, max_size=5)
imports = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["x", "y"]), items), max_size=4
)


@pytest.mark.proves("B-11")
@quick(20)
@given(imports)
def test_nothing_is_imported_twice_from_one_source_account_and_id(
    batches: list[tuple[str, str, list[int]]],
) -> None:
    world = World()
    me = world.person("ada")
    written: list[tuple[str, str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder) / "views.sqlite", world, me)

        async def ask(question: Callable[..., Any], *given_: Any) -> Any:
            return question(*given_)

        async def append(bodies: Iterable[Body], written_: Callable[..., None]) -> None:
            for body in bodies:
                me.say(body)
                written_(world.entries[-1])
                if isinstance(body, Post) and body.origin is not None:
                    origin = body.origin
                    written.append((origin.source, origin.account, origin.id))
            shelf.feed()

        async def caught_up() -> None:
            """The views are."""

        shelf.feed()
        transfer = Transfer.__new__(Transfer)
        transfer._marked, transfer._importing = set(), asyncio.Lock()
        transfer._append, transfer._caught_up = append, caught_up
        transfer._reading = cast("Any", SimpleNamespace(ask=ask))
        asked = {(source, account, str(n)) for source, account, ns in batches for n in ns}
        with shelf.views.reader() as reader:
            transfer._reader = reader
            for source, account, numbers in batches:
                listed = [{"id": str(n), "time_ms": n, "text": f"text {n}"} for n in numbers]
                params = {"source": source, "account": account, "items": listed}
                request = cast("Request", SimpleNamespace(params=params))
                asyncio.run(transfer.import_batch(request))
        shelf.views.close()
    assert len(written) == len(set(written))
    assert set(written) == asked


@pytest.mark.proves("I-14", "I-15")
@quick(12)
@given(st.sampled_from(["yes", "no", "gone", "nothing"]), st.integers(0, 3))
def test_a_device_is_added_when_its_person_said_so_and_told_of_it_after(
    answer: str, turns: int
) -> None:
    order: list[str] = []

    async def add(body: object) -> None:
        order.append("added")

    async def keep(who: Identity, addresses: list[str]) -> None:
        order.append("kept")

    async def pair() -> None:
        left, right = memory_pair()
        ours, theirs = await asyncio.gather(
            Link.open(left, initiator=False, device=ALICE, network_key=NETWORK),
            Link.open(right, initiator=True, device=BOB, network_key=NETWORK),
        )
        who = Identity(ROOT.public, ALICE.public)
        offering = Offering(cast("Any", Port(ours)), who, "ada", add, list)
        joining = Joining(theirs, BOB, "phone", keep)
        await joining.comparable()
        newcomer = await offering.newcomer()
        assert newcomer.compare == joining.compare
        for _ in range(turns):
            await asyncio.sleep(0.001)
        assert order == []  # whatever has been said, nobody has confirmed it
        match answer:
            case "yes":
                await offering.confirm()
            case "no":
                await offering.refuse()
            case "gone":
                theirs.close()
        if answer == "nothing":
            await offering.close()
        await asyncio.gather(joining._task, offering._task, return_exceptions=True)
        await offering.close()
        await joining.close()

    asyncio.run(pair())
    assert order == (["added", "kept"] if answer == "yes" else [])
