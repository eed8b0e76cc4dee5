"""kill -9 at any moment loses nothing that was confirmed, and never forks a log."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

import pytest

from p2pblog.core.errors import P2PBlogError
from tests.conftest import Figures
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until

KILLS = 50


def write_until_killed(node: RunningNode, confirmed: list[str], word: str) -> Callable[[], None]:
    def work() -> None:
        number = 0
        try:
            while True:
                number += 1
                confirmed.append(node.call("post", text=f"{word} {number}")["id"])
        except (P2PBlogError, OSError):
            return

    return work


@pytest.mark.proves("H-2")
@pytest.mark.timeout(300)
def test_fifty_kills(make_node: MakeNode, figures: Figures) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    ada, bob = make_node("ada"), make_node("bob")
    identities = [node.call("whoami")["identity"] for node in (ada, bob)]
    ada.call("follow", id=identities[1])
    bob.call("follow", id=identities[0])
    confirmed: list[str] = []
    for kill in range(KILLS):
        ada.link_to(bob)  # so that it dies while it takes entries in, too
        bobs: list[str] = []
        writers = [
            threading.Thread(target=write_until_killed(ada, confirmed, f"round {kill}"))
            for _ in range(2)
        ]
        other = threading.Thread(
            target=lambda kept=bobs: kept.extend(
                bob.call("post", text=f"and I {n}")["id"] for n in range(5)
            )
        )
        for thread in (*writers, other):
            thread.start()
        time.sleep(chance.random() * 0.15)
        ada.kill()
        for thread in (*writers, other):
            thread.join()
        ada.start()
    held = {entry["id"] for page in pages(ada, f"user:{identities[0]}") for entry in page}
    assert set(confirmed) <= held
    assert len(confirmed) >= KILLS
    ada.link_to(bob)
    for node in (ada, bob):
        report = node.json("log", "verify")
        assert report["errors"] == []
        assert node.call("status")["forked"] == 0
    until(lambda: ids(bob, identities[0]) == ids(ada, identities[0]))
    until(lambda: ids(bob, identities[1]) == ids(ada, identities[1]))
    figures.tell(f"{KILLS} kills of a node, {len(confirmed)} posts confirmed, {len(held)} held")


def pages(node: RunningNode, view: str) -> list[list[dict[str, object]]]:
    found, before = [], None
    while True:
        page = node.call("timeline", view=view, limit=200, before=before)
        found.append(page["entries"])
        before = page["next"]
        if before is None:
            return found


def ids(node: RunningNode, identity: str) -> set[object]:
    return {entry["id"] for page in pages(node, f"user:{identity}") for entry in page}
