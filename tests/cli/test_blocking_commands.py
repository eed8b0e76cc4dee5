"""block, unblock: what is asked of the node, and what is said."""

from __future__ import annotations

import json

import pytest

from tests.cli.cli_fakes import MIA, FakeNode, invoke

ANSWERS = [
    ("block", True, f"Blocked {MIA[:10]}; nothing of theirs is left here"),
    ("block", False, f"{MIA[:10]} was blocked already"),
    ("unblock", True, f"{MIA[:10]} is no longer blocked"),
    ("unblock", False, f"{MIA[:10]} was not blocked"),
]


@pytest.mark.parametrize(("command", "changed", "said"), ANSWERS)
def test_what_came_of_it_is_said(command: str, changed: bool, said: str) -> None:
    answer = {"changed": changed, "identity": MIA}
    node = FakeNode(**{command: answer})
    assert invoke(command, "mia", node=node).stdout == said + "\n"
    assert node.calls == [(command, {"id": "mia"})]
    assert json.loads(invoke(command, "mia", "--json", node=node).stdout) == answer


def test_without_a_name_those_who_are_blocked_are_listed() -> None:
    listed = {"blocked": [{"identity": MIA, "since_ms": 0}]}
    node = FakeNode(blocked=listed)
    assert invoke("block", node=node).stdout.startswith(f"{MIA}  blocked ")
    assert json.loads(invoke("block", "--json", node=node).stdout) == listed
    assert invoke("block", node=FakeNode(blocked={"blocked": []})).stdout == (
        "You have blocked nobody\n"
    )


def test_unblock_needs_somebody() -> None:
    assert invoke("unblock", node=FakeNode()).exit_code == 2
