"""Two people whose routers let nobody in, and who can do no more than send each other texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from p2pblog.sync.signal import CandidateType, SignalType, decode_signal
from p2pblog.sync.signal_text import signal_from_text
from tests.netns.homes import STUN, Homes, make_homes
from tests.whole.running import RunningNode, until

Pair = tuple[Homes, RunningNode, RunningNode]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    for homes in make_homes():
        nodes = []
        for name, host in (("ada", homes.a), ("bob", homes.b)):
            home = tmp_path / name
            home.mkdir(mode=0o700)
            (home / "config.toml").write_text(f'stun = ["{STUN}"]\n')
            nodes.append(RunningNode(home, listen="0.0.0.0:0", on_host=host.argv))
        try:
            ada, bob = (node.start().init(node.home.name) for node in nodes)
            yield homes, ada, bob
        finally:
            for node in nodes:
                if node.process is not None:
                    node.kill()


def test_two_homes_link_through_their_routers(pair: Pair) -> None:
    homes, ada, bob = pair
    bob.call("follow", id=ada.call("whoami")["identity"])
    text = ada.json("connect", "--offer")["offer"]
    offer = decode_signal(signal_from_text(SignalType.OFFER, text))
    assert [(one.type, one.host) for one in offer.candidates] == [
        (CandidateType.HOST, homes.a.v4),
        (CandidateType.REFLEXIVE, homes.outside[0]),
    ]
    answer = bob.json("connect", "--answer", text)["answer"]
    linked = ada.json("connect", "--accept", answer)
    assert linked["address"].startswith(f"{homes.outside[1]}:")
    ada.call("post", text="through two routers")
    until(lambda: bob.texts() == ["through two routers"])
    for node, outside in ((ada, homes.outside[1]), (bob, homes.outside[0])):
        [peer] = node.call("status")["peers"]
        assert peer["carrier"] == "webrtc"
        assert peer["address"].startswith(f"{outside}:")
        assert not peer["near"]  # so neither takes the logs of strangers from the other
