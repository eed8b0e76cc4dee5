"""A restored home gets back what it wrote since before it writes; liars are not waited for."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import chain
from pathlib import Path

import pytest

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import ForkFound
from p2pblog.core.textform import Kind, from_text
from p2pblog.net import tcp
from p2pblog.net.link import Link
from p2pblog.node.config import PUBLIC_NETWORK_KEY
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_messages, encode_message
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until


def backed_up(make_node: MakeNode, backup: Path) -> tuple[RunningNode, RunningNode]:
    """Two nodes that follow each other; ada's home was copied, and has ten posts more since."""
    ada, bob = make_node("ada"), make_node("bob")
    ada.call("follow", id=bob.call("whoami")["identity"])
    bob.call("follow", id=ada.call("whoami")["identity"])
    ada.call("post", text="before")
    ada.link_to(bob)  # and remembers where bob is
    ada.stop()
    shutil.copytree(ada.home, backup)
    ada.start()
    for number in range(10):
        ada.call("post", text=f"since {number}")
    until(lambda: len(bob.texts()) == 11)
    return ada, bob


def restore(node: RunningNode, backup: Path) -> None:
    node.stop()
    shutil.rmtree(node.home)
    shutil.copytree(backup, node.home)
    node.start()


def own_high(node: RunningNode) -> int:
    """How many entries the node holds of its own device's log."""
    this = next(one for one in node.call("device.list")["devices"] if one["this"])
    entries: int = this["entries"]
    return entries


def is_whole(*nodes: RunningNode) -> bool:
    return all(
        node.json("log", "verify")["errors"] == [] and node.call("status")["forked"] == 0
        for node in nodes
    )


@pytest.mark.proves("L-22")
def test_a_restored_home_that_meets_a_peer_fetches_before_it_writes(
    make_node: MakeNode, tmp_path: Path
) -> None:
    """The whole home is an old copy, so nothing in it knows of what was written since.

    Promised: from the moment at which a link with a peer that holds more of the log is up,
    nothing is written before what the peer holds is here, however soon somebody posts.
    """
    ada, bob = backed_up(make_node, tmp_path / "backup")
    high = own_high(ada)
    bob.stop()
    restore(ada, tmp_path / "backup")
    assert own_high(ada) == high - 10
    assert ada.texts() == ["before"]
    bob.start()
    ada.link_to(bob)
    assert ada.call("post", text="after")["seq"] == high + 1
    until(lambda: len(bob.texts()) == 12)
    assert sorted(ada.texts()) == sorted(bob.texts())
    assert is_whole(ada, bob)


def test_a_restored_home_that_is_written_to_at_once_finds_a_peer_first(
    make_node: MakeNode, tmp_path: Path
) -> None:
    """The files of a copy are other files, so a node suspects that it runs on one.

    Promised: what is written first waits for up to 5 s for a link with somebody who holds some
    of the log, where such a one is reached by an address that the copy remembers, or on the LAN.
    """
    ada, bob = backed_up(make_node, tmp_path / "backup")
    high = own_high(ada)
    ada.stop()
    shutil.rmtree(ada.home)
    shutil.copytree(tmp_path / "backup", ada.home)
    # No node runs: this starts one, which has met nobody yet.
    assert ada.json("post", "at once")["seq"] == high + 1
    assert is_whole(ada, bob)
    assert ada.json("stop") == {"stopped": True}


@pytest.mark.proves("L-17", "L-19", "L-21")
def test_a_restored_home_that_writes_while_nobody_is_there_to_tell_loses_its_log_and_no_more(
    make_node: MakeNode, tmp_path: Path
) -> None:
    """Nobody is linked when the old copy is written to, and nobody comes within 5 s.

    Promised then: the entry is taken, since a node must work alone; the fork comes to light
    with the first peer that holds the other side, on both ends, and by a proof; the device
    writes no more and says why.  What was written before stands everywhere, nobody else's log
    suffers, and every log still verifies.  Not promised: that either side of the fork counts.
    """
    ada, bob = backed_up(make_node, tmp_path / "backup")
    high = own_high(ada)
    bob.stop()
    restore(ada, tmp_path / "backup")
    began_s = time.monotonic()
    assert ada.call("post", text="alone")["seq"] == high - 9
    assert ada.call("post", text="alone still")["seq"] == high - 8
    assert time.monotonic() - began_s < limits.COPY_WAIT_S_MAX + 5
    bob.start()
    ada.link_to(bob)
    until(lambda: [node.call("status")["forked"] for node in (ada, bob)] == [1, 1])
    for node in (ada, bob):
        assert node.json("log", "verify")["errors"] == []
        assert "before" in node.texts()
    refused = ada.run("post", "more", status=1).stderr
    assert refused.startswith(f"p2pblog: {ForkFound.summary().partition(';')[0]}")
    bob.call("post", text="still here")
    until(lambda: "still here" in ada.texts())


class Liar:
    """A peer that says how far a node's own log goes, and never shows it."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.greeted = asyncio.Event()
        self.asked = 0

    def claim(self, log: bytes, high: int) -> None:
        self.tell(m.Have([m.Offer(log, 1, high, bytes(32))]))

    def tell(self, message: m.Message) -> None:
        self._link.send(encode_message(message))

    async def listen(self) -> None:
        while messages := await self._link.receive():
            self.greeted.set()
            for message in chain.from_iterable(map(decode_messages, messages)):
                self.asked += isinstance(message, m.Want | m.WantLatest)
                if isinstance(message, m.Ping):
                    self.tell(m.Pong(message.number))


@asynccontextmanager
async def liar(node: RunningNode, device: int) -> AsyncIterator[Liar]:
    carrier = await tcp.dial(node.address())
    key = SigningKey(bytes([device]) * 32)
    link = await Link.open(carrier, initiator=True, device=key, network_key=PUBLIC_NETWORK_KEY)
    link.send(encode_message(m.Hello(1, None)))
    one = Liar(link)
    listening = asyncio.create_task(one.listen())
    await one.greeted.wait()
    try:
        yield one
    finally:
        link.close()
        await listening


def own_log(node: RunningNode) -> bytes:
    return from_text(Kind.DEVICE, node.call("whoami")["device"])


async def post_s(node: RunningNode, text: str) -> float:
    """Post, and return how long that took."""
    began_s = time.monotonic()
    await asyncio.to_thread(node.call, "post", text=text)
    return time.monotonic() - began_s


@pytest.mark.proves("L-27")
async def test_liars_hold_posts_up_once_and_together_no_longer_than_one(
    make_node: MakeNode,
) -> None:
    ada = make_node("ada")
    log = own_log(ada)
    async with liar(ada, 1) as first:
        first.claim(log, 1000)
        while not first.asked:
            await asyncio.sleep(0.05)
        assert 1 < await post_s(ada, "late") < limits.OWN_CLAIM_S_MAX + 5
        assert await post_s(ada, "at once") < 3
    for device in (1, 2, 3):
        async with liar(ada, device) as other:
            other.claim(log, 1000 + device)
            while not other.asked:
                await asyncio.sleep(0.05)
            assert await post_s(ada, f"despite {device}") < 3
    assert (await asyncio.to_thread(ada.texts))[0] == "despite 3"


@pytest.mark.proves("L-22")
async def test_what_a_new_peer_has_to_say_is_heard_before_anything_is_written(
    make_node: MakeNode,
) -> None:
    ada = make_node("ada")
    async with liar(ada, 1) as newcomer:
        posting = asyncio.create_task(post_s(ada, "hello"))
        await asyncio.sleep(limits.OWN_GREETING_S_MAX / 4)
        assert not posting.done()
        newcomer.claim(bytes(32), 7)  # of a log that is none of ada's
        await asyncio.sleep(limits.OWN_GREETING_S_MAX / 8)
        assert not posting.done()
        newcomer.tell(m.Told(b"that is all"))
        assert await posting < limits.OWN_GREETING_S_MAX
    async with liar(ada, 2):  # who says nothing
        assert await post_s(ada, "hello again") < limits.OWN_GREETING_S_MAX + 1


@pytest.mark.proves("L-22")
async def test_a_liar_does_not_stand_before_who_tells_the_truth(
    make_node: MakeNode, tmp_path: Path
) -> None:
    ada, bob = await asyncio.to_thread(backed_up, make_node, tmp_path / "backup")
    high = own_high(ada)
    bob.stop()
    restore(ada, tmp_path / "backup")
    async with liar(ada, 1) as first:
        first.claim(own_log(ada), high)
        while not first.asked:
            await asyncio.sleep(0.05)
        bob.start()
        await asyncio.to_thread(ada.link_to, bob)
        assert await post_s(ada, "after") < limits.OWN_CLAIM_S_MAX / 2
    assert own_high(ada) == high + 1
    assert await asyncio.to_thread(is_whole, ada, bob)
