"""Fixtures: real nodes on 127.0.0.1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.whole.running import RunningNode

MakeNode = Callable[..., RunningNode]


@pytest.fixture
def make_node(tmp_path: Path) -> Iterator[MakeNode]:
    """Start a node with an identity of the given name; all end with the test."""
    nodes: list[RunningNode] = []

    def make(name: str, **options: object) -> RunningNode:
        node = RunningNode(tmp_path / name, **options)  # type: ignore[arg-type]
        nodes.append(node)
        return node.start().init(name)

    yield make
    for node in nodes:
        if node.process is not None:
            node.process.kill()
            node.process.communicate()
