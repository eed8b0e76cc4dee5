"""A large archive imported on one node is whole on another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exchange.make_archive import make_archive
from tests.whole.conftest import MakeNode
from tests.whole.running import until

TWEETS = 5000


@pytest.mark.proves("B-10", "B-11")
@pytest.mark.parametrize("generation", [1, 2])
def test_an_imported_archive_is_whole_elsewhere(
    make_node: MakeNode, tmp_path: Path, generation: int
) -> None:
    make_archive(tmp_path / "archive", generation=generation, tweets=TWEETS, seed=generation)
    ada, bob = make_node("ada"), make_node("bob")
    bob.link_to(ada)
    identity = ada.call("whoami")["identity"]
    bob.call("follow", id=identity)
    ada.run("import", "twitter", str(tmp_path / "archive"))
    entries = ada.call("status")["entries"]
    assert entries >= TWEETS
    again = ada.run("import", "twitter", str(tmp_path / "archive"))
    assert ada.call("status")["entries"] == entries
    assert "0 " in again.stdout
    until(lambda: bob.call("status")["indexed"] >= entries, within_s=30)

    def walk(node: object) -> list[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        before = None
        while True:
            page = node.call(  # type: ignore[attr-defined]
                "timeline", view=f"user:{identity}", limit=200, before=before
            )
            found += [(e["id"], e["text"], e["time_ms"], e["reply_to"]) for e in page["entries"]]
            before = page["next"]
            if before is None:
                return found

    mine, theirs = walk(ada), walk(bob)
    assert mine == theirs
    assert len(mine) == TWEETS
    times = [time_ms for _, _, time_ms, _ in mine]
    assert times == sorted(times, reverse=True)  # type: ignore[type-var]
    assert any(reply_to for _, _, _, reply_to in mine)
    assert bob.texts("mentions") == []
    for node in (ada, bob):
        report = node.json("log", "verify")
        assert report["errors"] == []
        assert report["entries"] >= TWEETS
