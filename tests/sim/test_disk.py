"""A power cut takes the last batches, and never a synced one."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from p2pblog.sim.disk import Disk

KEYS = [bytes([number]) for number in range(6)]


def contents(disk: Disk) -> dict[bytes, bytes]:
    return dict(disk.scan(b"", b"\xff"))


@given(st.integers(0, 2**32), st.integers(0, 30), st.integers(0, 30))
def test_what_is_left_is_what_was_there_after_one_of_the_batches(
    seed: int, batches: int, keep: int
) -> None:
    chance, disk = Random(seed), Disk()
    states, synced = [contents(disk)], 0
    for number in range(batches):
        sync = chance.random() < 0.2
        puts = [(key, bytes([number])) for key in chance.sample(KEYS, 3)]
        disk.write(puts, chance.sample(KEYS, 2), sync=sync)
        states.append(contents(disk))
        synced = number + 1 if sync else synced
    assert disk.unsynced == batches - synced
    keep = min(keep, disk.unsynced)
    disk.lose_power(keep)
    assert contents(disk) == states[synced + keep]
    assert disk.unsynced == keep


def test_a_backup_is_not_touched_by_what_comes_after() -> None:
    disk = Disk()
    disk.write([(b"a", b"1")], [])
    backup = disk.copy()
    disk.write([(b"a", b"2"), (b"b", b"2")], [])
    assert contents(backup) == {b"a": b"1"}
    assert backup.unsynced == 0
