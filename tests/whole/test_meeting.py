"""A command that starts the node of its home shows what peers have, at the first time of asking."""

from __future__ import annotations

import time

from tests.whole.conftest import MakeNode
from tests.whole.running import until


def test_a_timeline_asked_for_with_no_node_running_has_what_was_written_meanwhile(
    make_node: MakeNode,
) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    bob.link_to(ada)
    bob.call("follow", id=ada.call("whoami")["identity"])
    ada.call("post", text="one")
    until(lambda: bob.texts() == ["one"])
    bob.stop()
    ada.call("post", text="two")
    assert [one["text"] for one in bob.json("timeline")["entries"]] == ["two", "one"]


def test_when_the_known_peer_is_gone_the_answer_comes_all_the_same(make_node: MakeNode) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    bob.link_to(ada)
    bob.call("post", text="still here")
    ada.stop()
    bob.stop()
    began_s = time.monotonic()
    assert [one["text"] for one in bob.json("timeline")["entries"]] == ["still here"]
    assert time.monotonic() - began_s < 10
