"""I-10: nobody writes to a root log that may be longer than what is here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from p2pblog.core.errors import NotFound, OwnLogBehind, P2PBlogError
from p2pblog.log.held import Held, Range
from p2pblog.node.devices import Devices
from p2pblog.node.home import Identity
from p2pblog.node.household import Household

WHO = Identity(b"r" * 32, b"d" * 32)


def span(low: int, high: int) -> Range:
    return Range(low, high, None if low == 1 else bytes(32), bytes(32))


@pytest.mark.proves("I-10")
@pytest.mark.parametrize(
    ("held", "behind", "refused"),
    [
        (Held(span(1, 3), None), False, None),
        (Held(span(1, 3), None), True, OwnLogBehind),
        (Held(span(2, 3), None), False, NotFound),
        (Held(span(5, 9), span(1, 3)), False, NotFound),
        (None, False, NotFound),
    ],
)
async def test_a_root_log_is_written_to_when_all_of_it_is_here(
    held: Held | None, behind: bool, refused: type[P2PBlogError] | None
) -> None:
    async def settled(log: bytes) -> None:
        assert log == WHO.identity
        if behind:
            raise OwnLogBehind

    logs = {} if held is None else {WHO.identity: held}
    store, own_logs = SimpleNamespace(logs=logs), SimpleNamespace(settled=settled)
    node = SimpleNamespace(store=store, own_logs=own_logs)
    devices = Devices.__new__(Devices)
    devices._node = cast("Household", node)
    if refused is None:
        await devices._check_root_is_whole(WHO)
    else:
        with pytest.raises(refused):
            await devices._check_root_is_whole(WHO)
