"""What a face sends again, because it had no answer, is one post."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from p2pblog.api.client import SyncClient
from p2pblog.core.errors import BadRequest, NodeUnreachable
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until
from tests.whole.test_kill import pages

TOKEN = "a token of its own"


def in_ms(after_ms: int) -> int:
    return time.time_ns() // 1_000_000 + after_ms


def test_the_same_token_is_the_same_post_also_after_a_kill(make_node: MakeNode) -> None:
    ada = make_node("ada")
    poll = {"options": ["yes", "no"], "until_ms": in_ms(90_000)}
    first = ada.call("post", text="once", token=TOKEN, poll=poll)
    assert ada.call("post", text="once", token=TOKEN, poll=poll) == first
    ada.kill()
    ada.start()
    # Said anew in what the node or the clock makes of it: still what the person wrote once.
    later = {**poll, "until_ms": in_ms(190_000)}
    assert ada.call("post", text="once", token=TOKEN, poll=later, lang="en") == first
    assert ada.texts("home") == ["once"]


def test_another_text_another_token_or_none_is_another_post(make_node: MakeNode) -> None:
    ada = make_node("ada")
    first = ada.call("post", text="one", token=TOKEN)
    ada.call("post", text="one")
    ada.call("post", text="one", token=TOKEN + "2")
    ada.call("post", text="one", token=TOKEN, warning="w")
    ada.call("post", text="one", token=TOKEN, reply_to=first["id"])
    ada.call("post", text="two", token=TOKEN)
    assert len(ada.texts("home")) == 6


def test_the_token_of_another_device_says_nothing_of_ones_own(make_node: MakeNode) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    salts = {node.call("post", text="hi", token=TOKEN)["id"] for node in (ada, bob)}
    assert len(salts) == 2


def test_two_calls_at_once_with_one_token_are_one_post(make_node: MakeNode) -> None:
    ada = make_node("ada")

    def post(number: int) -> str:
        entry: str = ada.call("post", text="at once", token=TOKEN)["id"]
        return entry

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(post, range(24)))) == 1
    assert ada.texts("home") == ["at once"]


def test_a_new_version_is_said_once(make_node: MakeNode) -> None:
    ada = make_node("ada")
    post = ada.call("post", text="teh")["id"]
    first = ada.call("edit", entry=post, text="the", token=TOKEN)
    assert first["changed"]
    assert ada.call("edit", entry=post, text="the", token=TOKEN) == first
    ada.call("edit", entry=post, text="teh", token=TOKEN + "2")
    assert ada.call("edit", entry=post, text="the", token=TOKEN) == first
    assert len(ada.call("versions", entry=post)["versions"]) == 3


def test_a_post_for_later_waits_once_and_is_published_once(make_node: MakeNode) -> None:
    ada = make_node("ada")
    first = ada.call("post.later", text="soon", at_ms=in_ms(1500), token=TOKEN)
    assert ada.call("post.later", text="soon", at_ms=in_ms(60_000), token=TOKEN) == first
    ada.kill()
    ada.start()
    ada.call("post.later", text="soon", at_ms=in_ms(60_000), token=TOKEN)
    until(lambda: ada.texts("home") == ["soon"])
    until(lambda: ada.call("later") == {"later": []})
    # Published meanwhile: whether it is sent for later once more, or at once.
    said = ada.call("timeline", view="home")["entries"][0]
    again = ada.call("post.later", text="soon", at_ms=in_ms(-1000), token=TOKEN)
    assert again == {"id": "", "at_ms": said["time_ms"]}
    assert ada.call("post", text="soon", token=TOKEN)["id"] == said["id"]
    with pytest.raises(BadRequest):
        ada.call("post.later", text="other", at_ms=in_ms(-1000), token=TOKEN)
    assert ada.texts("home") == ["soon"]
    assert ada.call("later") == {"later": []}


def test_what_is_said_at_once_after_all_is_not_said_later(make_node: MakeNode) -> None:
    ada = make_node("ada")
    ada.call("post.later", text="soon", at_ms=in_ms(700), token=TOKEN)
    ada.call("post", text="soon", token=TOKEN)
    until(lambda: ada.call("later") == {"later": []})
    assert ada.texts("home") == ["soon"]


@pytest.mark.parametrize("token", ["", "short", "x" * 65, 7, ["x" * 10]])
def test_what_is_no_token_is_refused(make_node: MakeNode, token: object) -> None:
    ada = make_node("ada")
    post = ada.call("post", text="here")["id"]
    for method, params in (
        ("post", {}),
        ("post.later", {"at_ms": in_ms(60_000)}),
        ("edit", {"entry": post}),
    ):
        with pytest.raises(BadRequest):
            ada.call(method, text="x", token=token, **params)
    assert ada.texts("home") == ["here"]


def test_what_is_sent_again_after_each_kill_is_there_once(make_node: MakeNode) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    ada = make_node("ada")
    sent: list[str] = []
    for _ in range(8):
        _send_until_killed(ada, sent, chance)
    found = [one["text"] for page in pages(ada, "home") for one in page]
    assert sorted(map(str, found)) == sorted(sent)


def _send_until_killed(node: RunningNode, sent: list[str], chance: random.Random) -> None:
    killer = threading.Timer(chance.uniform(0.005, 0.3), node.kill)
    killer.start()
    try:
        with SyncClient(node.home, start=False) as face:
            while True:
                sent.append(f"post {len(sent)}")
                face.call("post", text=sent[-1], token=f"the token {len(sent)}")
    except NodeUnreachable:
        pass
    killer.join()
    node.start()
    if sent:
        node.call("post", text=sent[-1], token=f"the token {len(sent)}")
