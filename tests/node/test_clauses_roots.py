"""I-10: nobody writes to a root log that may be longer than what is here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from p2pblog.core.errors import NotFound
from p2pblog.log.held import Held, Range
from p2pblog.node.devices import Devices
from p2pblog.node.home import Identity
from p2pblog.node.household import Household

WHO = Identity(b"r" * 32, b"d" * 32)


def span(low: int, high: int) -> Range:
    return Range(low, high, None if low == 1 else bytes(32), bytes(32))


@pytest.mark.proves("I-10")
@pytest.mark.parametrize(
    ("held", "behind", "written"),
    [
        (Held(span(1, 3), None), None, True),
        (Held(span(1, 3), None), False, True),
        (Held(span(1, 3), None), True, False),
        (Held(span(2, 3), None), False, False),
        (Held(span(5, 9), span(1, 3)), False, False),
        (None, None, False),
    ],
)
def test_a_root_log_is_written_to_when_all_of_it_is_here(
    held: Held | None, behind: bool | None, written: bool
) -> None:
    logs = {} if held is None else {WHO.identity: held}
    node = SimpleNamespace(store=SimpleNamespace(logs=logs), behind=lambda logs: behind)
    devices = Devices.__new__(Devices)
    devices._node = cast("Household", node)
    if written:
        devices._check_root_is_whole(WHO)
    else:
        with pytest.raises(NotFound):
            devices._check_root_is_whole(WHO)
