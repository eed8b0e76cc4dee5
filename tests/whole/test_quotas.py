"""Who floods is held to a quota, and friends are heard all the same."""

from __future__ import annotations

import json
import threading
import time

from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until

DEPTH, PER_MINUTE = 50, 60
MOST_PUSHED = 64


def flood(node: RunningNode, batches: int) -> None:
    """Write 500 entries at once, again and again."""
    for batch in range(batches):
        items = [
            {"id": f"{batch}-{number}", "time_ms": 1_000 + number, "text": f"spam {batch} {number}"}
            for number in range(500)
        ]
        node.call("import.batch", source="archive", account="eve", items=items)


def test_a_flood_is_held_to_the_quota_while_a_friends_posts_come_through(
    make_node: MakeNode,
) -> None:
    ada, bob, eve = make_node("ada"), make_node("bob"), make_node("eve")
    bob.stop()
    rule = f"[policy.near]\ndepth = {DEPTH}\nentries_per_minute = {PER_MINUTE}\n"
    (bob.home / "config.toml").write_text(rule)
    bob.start()
    bob.link_to(ada)
    bob.link_to(eve)
    bob.call("follow", id=ada.call("whoami")["identity"])
    until(lambda: len(bob.call("status")["peers"]) == 2)
    flooding = threading.Thread(target=flood, args=(eve, 10))
    singles = threading.Thread(
        target=lambda: [eve.call("post", text=f"single {number}") for number in range(100)]
    )
    flooding.start()
    singles.start()
    late = []
    for number in range(10):
        text = f"ada says {number}"
        ada.call("post", text=text)
        began_s = time.monotonic()
        until(lambda: text in bob.texts(), within_s=5)  # noqa: B023
        late.append(time.monotonic() - began_s)
    flooding.join()
    singles.join()
    assert sorted(late)[len(late) // 2] < 1
    until(lambda: bob.call("status")["policy"]["near"]["refused"]["entries"])
    near = bob.call("status")["policy"]["near"]
    # Her root log has an entry.  That of her device may overdraw its quota once, by a push.
    assert near["logs"] == 2
    assert near["entries"] <= 1 + DEPTH + PER_MINUTE + MOST_PUSHED
    assert near["rule"]["entries_per_minute"] == PER_MINUTE
    assert "strangers near" in bob.run("status").stdout
    assert bob.json("log", "verify")["errors"] == []
    followed = json.loads(bob.run("status", "--json").stdout)["policy"]["followed"]
    assert followed["rule"]["depth"] is None
    assert followed["refused"] == {"entries": 0, "bytes": 0}


def test_of_whom_a_friend_follows_the_recent_entries_come_from_anybody(
    make_node: MakeNode,
) -> None:
    ada, bob, mia = make_node("ada"), make_node("bob"), make_node("mia")
    bob.stop()
    (bob.home / "config.toml").write_text("[policy.near]\ndepth = 0\n[policy.second]\ndepth = 20\n")
    bob.start()
    for number in range(50):
        mia.call("post", text=f"mia {number}")
    ada.link_to(mia)
    bob.link_to(ada)
    ada.call("follow", id=mia.call("whoami")["identity"])
    until(lambda: len(ada.texts()) == 50)
    assert bob.texts("local") == []
    bob.call("follow", id=ada.call("whoami")["identity"])
    until(lambda: len(bob.texts("local")) == 20)
    assert bob.texts("home") == []
    second = bob.call("status")["policy"]["second"]
    assert (second["logs"], second["entries"]) == (2, 21)
    bob.call("unfollow", id=ada.call("whoami")["identity"])
    until(lambda: bob.call("status")["policy"]["second"]["logs"] == 0)
