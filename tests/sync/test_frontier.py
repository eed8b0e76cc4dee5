"""What is held, summed up: the same set has the same digests, however it came about."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.sync.frontier import DIGITS, Frontier, State, item_of
from tests.frontiers import PREFIXES, SALT, filled, held_of, logs, states
from tests.plain.frontier import Frontier as PlainFrontier

OTHER_SALT = bytes(64)
puts = st.lists(st.tuples(logs, states), max_size=400)


def after(steps: list[tuple[bytes, State]]) -> tuple[Frontier, dict[bytes, State]]:
    frontier, items = Frontier(), dict[bytes, State]()
    for log, state in steps:
        frontier.put(log, *state)
        items.pop(log, None)
        if state != (None, None):
            items[log] = state
    return frontier, items


def prefixes(items: dict[bytes, State]) -> list[str]:
    found = {prefix[:length] for prefix in PREFIXES for length in (*range(5), 20, 61, 62)}
    found |= {log.hex()[:length] for log in list(items)[:3] for length in (1, 2, 3, 21, 62)}
    return sorted(found)


def seen(frontier: Frontier, prefix: str, salt: bytes = SALT) -> object:
    return (
        frontier.count(prefix),
        set(frontier.logs(prefix)),
        frontier.digest(prefix, salt),
        frontier.children(prefix, salt),
        frontier.items(prefix, salt),
    )


@settings(max_examples=60, deadline=None)
@given(puts)
def test_how_a_set_came_about_does_not_show(steps: list[tuple[bytes, State]]) -> None:
    frontier, items = after(steps)
    fresh = filled(items)
    assert len(frontier) == len(fresh) == len(items)
    for prefix in prefixes(items):
        assert seen(frontier, prefix) == seen(fresh, prefix)
    for log in {log for log, _ in steps}:
        assert frontier.held(log) == items.get(log, (None, None))[0]


@settings(max_examples=30, deadline=None)
@given(puts)
def test_the_plain_implementation_sums_up_alike(steps: list[tuple[bytes, State]]) -> None:
    frontier, items = after(steps)
    plain = PlainFrontier({log: item_of(log, *state) for log, state in items.items()}, SALT)
    for prefix in prefixes(items):
        assert frontier.digest(prefix, SALT) == plain.digest(prefix)
        assert frontier.children(prefix, SALT) == plain.longer(prefix)
        assert frontier.items(prefix, SALT) == plain.digests(prefix)


@settings(max_examples=60, deadline=None)
@given(puts, logs, states)
def test_one_log_more_or_otherwise_shows_at_every_prefix_of_it_and_at_no_other(
    steps: list[tuple[bytes, State]], log: bytes, state: State
) -> None:
    frontier, items = after(steps)
    before = items.get(log, (None, None))
    was = {prefix: frontier.digest(prefix, SALT) for prefix in [*prefixes(items), log.hex()[:30]]}
    frontier.put(log, *state)
    for prefix, then in was.items():
        changed = frontier.digest(prefix, SALT) != then
        assert changed == (before != state and log.hex().startswith(prefix))


@given(puts)
def test_another_link_has_other_digests(steps: list[tuple[bytes, State]]) -> None:
    frontier, items = after(steps)
    if items:
        assert frontier.digest("", SALT) != frontier.digest("", OTHER_SALT)
        assert not frontier.items("", SALT).keys() & frontier.items("", OTHER_SALT).keys()
    else:
        assert frontier.digest("", SALT) == frontier.digest("", OTHER_SALT) == bytes(8)


def test_keys_that_differ_in_their_last_digits_only_are_told_apart() -> None:
    items: dict[bytes, State] = {
        bytes(31) + bytes([number]): (held_of(1), None) for number in range(256)
    }
    frontier = filled(items)
    assert frontier.count("0" * 62) == 256
    assert set(map(len, (frontier.items("0" * 62 + digit, SALT) for digit in DIGITS))) == {16}
    assert len(set(frontier.children("0" * 62, SALT))) == 16
    for log in items:
        frontier.put(log, None)
    assert len(frontier) == 0
    assert frontier.digest("", SALT) == bytes(limits.FRONTIER_DIGEST_BYTES)
