"""Comparing: every difference is found and told both ways, at a cost of the differences alone."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.core.errors import TooLarge
from p2pblog.log.fork import prove
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync.codec import decode_message, encode_message
from p2pblog.sync.frontier import DIGITS, Frontier, State
from p2pblog.sync.messages import Agreed, Compare, Compared, Part, Reveal
from p2pblog.sync.reconcile import Comparing, Comparison, Follower, Leader, summary
from tests.ends import End, carry, join, key, source
from tests.frontiers import SALT, filled, held_of, log_of, logs, states

Items = dict[bytes, State]
sets = st.dictionaries(logs, states.filter(lambda state: state != (None, None)), max_size=120)
Change = tuple[bool, bytes, State]
changes = st.lists(
    st.tuples(st.booleans(), logs, states.filter(lambda state: state[0] is not None)), max_size=30
)


class Run:
    """Two ends that compare; messages travel as bytes, and are taken in a random order by turns."""

    def __init__(self, leader: Items, follower: Items) -> None:
        self.items = leader, follower
        self.frontiers = filled(leader), filled(follower)
        self.ends = [
            Comparing(frontier, SALT, leads=not at) for at, frontier in enumerate(self.frontiers)
        ]
        self.mail: tuple[list[bytes], list[bytes]] = ([], [])  # to the leader, to the follower
        self.told: tuple[set[bytes], set[bytes]] = (set(), set())
        self.said: list[Comparison] = []
        self.bytes = 0
        self.open = self.most_open = self.rounds = 0
        self.say(1, self.ends[0].begin())

    def say(self, to: int, messages: Iterable[Comparison]) -> None:
        for message in messages:
            data = encode_message(message)
            self.said.append(message)
            self.bytes += len(data)
            self.mail[to].append(data)
            self.open += isinstance(message, Compare) - isinstance(message, Compared)
            self.most_open = max(self.most_open, self.open)

    def hear(self, at: int) -> None:
        message = decode_message(self.mail[at].pop(0))
        assert isinstance(message, Compare | Compared | Reveal | Agreed)
        found = self.ends[at].take(message)
        self.told[at].update(found.tell)
        self.say(1 - at, found.messages)

    def to_the_end(self, between: Callable[[], None] = lambda: None) -> Run:
        while any(self.mail):
            self.rounds += 1
            for at in (1, 0):
                for _ in range(len(self.mail[at])):
                    self.hear(at)
                    between()
        assert all(end.finished for end in self.ends)
        return self


def differing(one: Items, other: Items) -> set[bytes]:
    return {log for log in one.keys() | other.keys() if one.get(log) != other.get(log)}


@pytest.mark.proves("R-10", "R-11", "R-14")
@settings(max_examples=150, deadline=None)
@given(sets, sets, st.booleans())
def test_each_end_is_told_of_just_what_differs(one: Items, more: Items, shared: bool) -> None:
    other = one | more if shared else more
    run = Run(one, other).to_the_end()
    found = differing(one, other)
    assert run.told == (found & one.keys(), found & other.keys())
    assert run.most_open <= limits.COMPARES_IN_FLIGHT_MAX
    asked = sum(isinstance(message, Compare | Reveal) for message in run.said)
    assert asked <= limits.COMPARES_SPARE + 2 * len(other)


def numbered(count: int, prefix: str = "") -> Items:
    return {log_of(prefix, number): (held_of(1), None) for number in range(1, count + 1)}


def changed(items: Items, count: int) -> Items:
    """Return a set in which so many logs are otherwise, or not there, or there in addition."""
    chance = random.Random(count)
    found = dict(items)
    for number, log in enumerate(chance.sample(sorted(items), count)):
        if number % 3 == 0:
            del found[log]
        elif number % 3 == 1:
            found[log] = held_of(2), None
        else:
            found[log_of("", 10**6 + number)] = held_of(1), None
    return found


@pytest.mark.parametrize("prefix", ["", "5c5c", "77" * 10])
@pytest.mark.parametrize("count", [300, 3000])
@pytest.mark.parametrize("differences", [0, 1, 10, 60])
def test_a_comparison_costs_what_the_differences_cost(
    count: int, differences: int, prefix: str
) -> None:
    one = numbered(count, prefix)
    other = changed(one, differences)
    run = Run(one, other).to_the_end()
    found = differing(one, other)
    assert run.told == (found & one.keys(), found & other.keys())
    depth = math.ceil(math.log(count, 16)) + len(prefix)
    # Two levels of the tree are one question and its answer, of at most 16 digests a level.
    assert run.bytes <= 150 + len(found) * (depth / 2 + 1) * 300
    assert len(run.said) <= 3 + len(found) * (depth + 2)


def test_ten_thousand_logs_and_ten_differences_cost_a_few_kilobytes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = numbered(10_000)
    run = Run(one, changed(one, 10)).to_the_end()
    with capsys.disabled():
        print(f"\n10,000 logs, 10 differ: {run.bytes} bytes in {len(run.said)} messages")
    assert run.bytes < 4000
    assert Run(one, one).to_the_end().bytes < 200


@pytest.mark.parametrize("counts", [(0, 2000), (2000, 0), (3, 2000), (2000, 3), (1500, 1500)])
def test_sets_with_nothing_in_common_are_told_whole(counts: tuple[int, int]) -> None:
    one, other = numbered(counts[0]), numbered(counts[0] + counts[1])
    other = {log: state for log, state in other.items() if log not in one}
    run = Run(one, other).to_the_end()
    assert run.told == (set(one), set(other))
    asked = sum(isinstance(message, Compare | Reveal) for message in run.said)
    assert asked <= limits.COMPARES_SPARE + 2 * len(other)
    assert run.bytes <= 1000 + 40 * (len(one) + len(other))


# --- while both change ------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(sets, sets, changes)
def test_what_changes_meanwhile_never_hides_a_difference(
    one: Items, other: Items, pending: list[Change]
) -> None:
    other = one | other
    run = Run(dict(one), dict(other))
    now = (dict(one), dict(other))
    # What each end has held of a log, and so knows; and what it tells in any case, as it changes.
    known = [{log: [state] for log, state in items.items()} for items in now]
    live: tuple[set[bytes], set[bytes]] = (set(), set())

    def change() -> None:
        if pending:
            at, log, state = pending.pop()
            run.frontiers[at].put(log, *state)
            now[at][log] = state
            known[at].setdefault(log, []).append(state)
            live[at].add(log)

    run.to_the_end(change)
    for at in (0, 1):
        for log, state in now[at].items():
            told = log in run.told[at] or log in live[at]
            assert told or state in known[1 - at].get(log, [])


def test_a_reveal_is_answered_although_its_prefix_has_filled_up_meanwhile() -> None:
    leader = numbered(40)
    mine = log_of("a", 7)
    follower = Follower(frontier := filled({mine: (held_of(1), None)}), SALT)
    compare = Compare("", *summary(filled(leader), "", SALT))
    [answer] = follower.answer(compare).messages
    assert isinstance(answer, Compared)
    [part] = [part for part in answer.parts if part.digit == "a"]
    for log, state in numbered(2 * limits.COMPARE_SCAN_LOGS_MAX, "a").items():
        frontier.put(log, *state)
    assert follower.reveal(Reveal("a", part.digests)).tell == [mine]


# --- against who does not keep the rules -----------------------------------------------------


@pytest.mark.proves("R-14")
def test_who_asks_without_end_is_refused() -> None:
    items = numbered(50)
    follower = Follower(filled(items), SALT)
    for number in range(limits.COMPARES_SPARE + 2 * len(items)):
        follower.answer(Compare(f"{number:04x}", True, b""))
    with pytest.raises(TooLarge):
        follower.answer(Compare("ffff", True, b""))
    with pytest.raises(TooLarge):
        follower.reveal(Reveal("", bytes(8)))


@pytest.mark.proves("R-14")
@given(st.lists(st.text(DIGITS, max_size=2), max_size=40))
def test_of_a_prefix_nothing_is_answered_twice(prefixes: list[str]) -> None:
    follower = Follower(filled(numbered(50)), SALT)
    asked: set[str] = set()
    for prefix in prefixes:
        compare = Compare(prefix, *summary(filled(numbered(40)), prefix, SALT))
        if prefix in asked:
            with pytest.raises(TooLarge):
                follower.answer(compare)
            return
        follower.answer(compare)
        asked.add(prefix)


@pytest.mark.proves("R-14")
def test_who_answers_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "COMPARES_MAX", 500)
    leader = Leader(filled(numbered(3000)), SALT)
    waits = leader.ask()
    asked, chance = len(waits), random.Random(1)
    with pytest.raises(TooLarge):
        while waits:
            compare = waits.pop(0)
            ends = len(compare.prefix) > 60 or (compare.items and not compare.digests)
            parts = [
                Part(digit, False, chance.randbytes(128)) for digit in ("" if ends else DIGITS)
            ]
            leader.take(Compared(compare.prefix, parts, b""))
            more = leader.ask()
            asked += len(more)
            waits += more
    assert asked == limits.COMPARES_MAX


@pytest.mark.proves("S-30", "S-31")
@pytest.mark.parametrize("leads", [True, False], ids=["by who leads", "by the other"])
@pytest.mark.parametrize("holds", ["a branch", "the other branch", "nothing"])
def test_a_fork_known_to_one_only_is_found(*, leads: bool, holds: str) -> None:
    one, rival = source("a"), source("b")
    knows, other = End(), End()
    log = key(1).public
    proof = prove(one.segment_up(log, 1, 40), rival.segment_up(log, 1, 40))
    for end, store in ((knows, one), (other, rival if holds == "the other branch" else one)):
        if end is knows or holds != "nothing":
            end.take_up(store.segment_up(log, 1, 40))
    knows.store.add_fork(proof)
    knows.replica.changed(log)
    ends = (knows, other) if leads else (other, knows)
    sessions = join(*ends)
    carry((ends[0], sessions[0], ends[1], sessions[1]))
    assert other.store.forked == knows.store.forked == {log: 1}


def test_a_fork_that_nobody_knows_of_is_found_by_comparing_two_branches() -> None:
    ends = End(), End()
    log = key(1).public
    for end, word in zip(ends, "ab", strict=True):
        end.take_up(source(word).segment_up(log, 1, 40))
    sessions = join(*ends)
    carry((ends[0], sessions[0], ends[1], sessions[1]))
    assert all(log in end.store.forked for end in ends)


def test_a_store_that_is_read_anew_sums_up_alike() -> None:
    keyvalue = MemoryKeyValue()
    store = LogStore(keyvalue, new_epoch=bytes(16))
    end = End(store=store)
    for number, word in enumerate("abcd", 1):
        end.take_up(source(*"abcd").segment_latest(key(number).public, 7 + ord(word) % 5))
    again = End(store=LogStore(keyvalue, new_epoch=bytes(16)))
    assert end.replica.frontier.digest("", SALT) == again.replica.frontier.digest("", SALT)
    assert isinstance(again.replica.frontier, Frontier)
