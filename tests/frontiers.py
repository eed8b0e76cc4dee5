"""Sets of items for tests: logs whose keys begin alike in nothing, in a little, in nearly all."""

from __future__ import annotations

from hypothesis import strategies as st

from p2pblog.core.crypto import digest
from p2pblog.log.held import Held, Range
from p2pblog.sync.frontier import Frontier, State

SALT = bytes(range(64))

# Keys that begin alike in nothing, in one digit, in many, and in all but the last two.
PREFIXES = ("", "a", "5c5c", "77" * 10, "0f" * 31)


def log_of(prefix: str, number: int) -> bytes:
    return bytes.fromhex((prefix + digest(number.to_bytes(4)).hex())[:64])


def held_of(high: int, older: bool = False) -> Held:
    low = 10 if older else 1
    newest = Range(low, high + 10, None if low == 1 else bytes(32), bytes([high]) * 32)
    return Held(newest, Range(1, 5, None, bytes(32)) if older else None)


logs = st.builds(log_of, st.sampled_from(PREFIXES), st.integers(1, 250))
states = st.tuples(
    st.none() | st.builds(held_of, st.integers(1, 3), st.booleans()),
    st.none() | st.integers(1, 2),
)


def filled(items: dict[bytes, State]) -> Frontier:
    frontier = Frontier()
    for log, state in sorted(items.items()):
        frontier.put(log, *state)
    return frontier
