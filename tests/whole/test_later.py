"""Posts for later on a real node: published when they are due, once, also after a kill."""

from __future__ import annotations

import time

import pytest

from p2pblog.content.bodies import Post, serialize
from p2pblog.core.errors import BadRequest, NotFound
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.personal import Personal, Section
from tests.whole.conftest import MakeNode
from tests.whole.running import until


def in_ms(after_ms: int) -> int:
    return time.time_ns() // 1_000_000 + after_ms


def test_it_is_published_when_it_is_due_and_then_waits_no_more(make_node: MakeNode) -> None:
    ada = make_node("ada")
    first = ada.call("post", text="now")
    poll = {"options": ["yes", "no"], "until_ms": in_ms(90_000), "many": True}
    ada.call("post.later", text="dropped", at_ms=in_ms(60_000), poll=poll)
    soon = ada.call("post.later", text="soon", reply_to=first["id"], at_ms=in_ms(1200))
    waiting = ada.call("later")["later"]
    assert [one["text"] for one in waiting] == ["soon", "dropped"]
    assert waiting[0]["id"] == soon["id"]
    assert waiting[0]["reply_to"] == first["id"]
    assert [one["poll"] for one in waiting] == [None, poll]
    assert ada.call("later.drop", id=waiting[1]["id"])["text"] == "dropped"
    assert ada.texts("home") == ["now"]
    until(lambda: ada.texts("home") == ["soon", "now"])
    until(lambda: ada.call("later") == {"later": []})
    assert ada.call("timeline", view="home")["entries"][0]["reply_to"] == first["id"]


def test_what_was_due_while_no_node_was_up_comes_with_the_next(make_node: MakeNode) -> None:
    ada = make_node("ada")
    ada.json("post", "late", "--at", "+1m")
    ada.call("post.later", text="soon", at_ms=in_ms(300))
    ada.kill()
    time.sleep(0.4)
    ada.start()
    until(lambda: ada.texts("home") == ["soon"])
    assert [one["text"] for one in ada.call("later")["later"]] == ["late"]


def test_what_was_published_and_not_forgotten_is_not_said_twice(make_node: MakeNode) -> None:
    ada = make_node("ada")
    ada.call("post.later", text="once", at_ms=in_ms(200))
    until(lambda: ada.texts("home") == ["once"])
    until(lambda: ada.call("later") == {"later": []})
    seq = ada.call("timeline", view="home")["entries"][0]["seq"]
    ada.kill()
    # As a kill between the two would have left it.
    keyvalue = LevelKeyValue(ada.home / "store")
    store_entries = [value for _, value in keyvalue.scan(b"e", b"f")]
    body = next(value for value in store_entries if value.endswith(b"once"))[40:]
    personal = Personal(keyvalue)
    personal.put(Section.LATER, (1).to_bytes(8), [1, body])
    personal.put(Section.LATER, (2).to_bytes(8), [2, serialize(Post("another"), bytes(16))])
    keyvalue.close()
    ada.start()
    until(lambda: ada.texts("home") == ["another", "once"])
    until(lambda: ada.call("later") == {"later": []})
    assert ada.call("timeline", view="home")["entries"][0]["seq"] == seq + 1


def test_what_makes_no_sense_is_refused(make_node: MakeNode) -> None:
    ada = make_node("ada")
    for params in ({"at_ms": in_ms(-1)}, {}, {"at_ms": in_ms(400 * 86_400_000)}):
        with pytest.raises(BadRequest):
            ada.call("post.later", text="x", **params)
    with pytest.raises(BadRequest):
        ada.call("post.later", text=" ", at_ms=in_ms(1000))
    with pytest.raises(NotFound):
        ada.call("later.drop", id="1")
