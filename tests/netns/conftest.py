"""Fixtures: two machines on a cable.

`lan` gives two hosts, `a` (10.77.0.1) and `b` (10.77.0.2), with IPv4 and link-local IPv6;
`lan_v6` the same without IPv4.  See cable.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.netns.cable import Lan, make_lan, remove_leftovers


@pytest.fixture
def lan() -> Iterator[Lan]:
    """Two hosts with IPv4 and IPv6."""
    yield from make_lan(v4=True)


@pytest.fixture
def lan_v6() -> Iterator[Lan]:
    """Two hosts with link-local IPv6 alone."""
    yield from make_lan(v4=False)


@pytest.fixture(scope="session", autouse=True)
def _leftovers() -> None:
    remove_leftovers()
