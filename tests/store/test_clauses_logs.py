"""Clauses of protocol/02-entries.md and 03-logs.md about what a replica keeps, and when."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import BadSignature, BadStructure, SeqGap, TooLarge
from p2pblog.core.limits import BODY_BYTES_MAX, CHECKPOINT_EVERY_ENTRIES
from p2pblog.log.segment import encode_segment, from_wire
from p2pblog.store import layout
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore

KEY = SigningKey(b"k" * 32)
LOG = KEY.public

Batch = tuple[list[tuple[bytes, bytes]], list[bytes], bool]


class Watched(MemoryKeyValue):
    """Keeps the batches that were written; fails at one of them, having written nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[Batch] = []
        self.fail = False

    def write(
        self, puts: list[tuple[bytes, bytes]], deletes: list[bytes], *, sync: bool = False
    ) -> None:
        if self.fail:
            raise OSError("the power went")
        super().write(puts, deletes, sync=sync)
        self.batches.append((puts, deletes, sync))


def opened(keyvalue: MemoryKeyValue | None = None) -> LogStore:
    return LogStore(keyvalue or MemoryKeyValue(), new_epoch=bytes(16))


def write(store: LogStore, *bodies: bytes) -> None:
    store.append(KEY, [(1000 + number, body) for number, body in enumerate(bodies)], 7)


@pytest.mark.proves("H-3")
def test_what_one_writes_is_on_the_disk_before_anybody_hears_of_it() -> None:
    disk = Watched()
    store = opened(disk)
    write(store, b"one", b"two")
    [batch] = disk.batches[1:]
    assert batch[2], "not synced"
    assert {layout.entry_key(1, 1), layout.entry_key(1, 2)} <= {key for key, _ in batch[0]}
    disk.fail = True
    with pytest.raises(OSError, match="power"):
        write(store, b"three")
    assert store.logs[LOG].newest.high == store.arrival == 2  # so nobody is offered the third
    disk.fail = False
    write(store, b"instead")  # nor is its number used twice for what anybody saw
    assert opened(disk).entry(LOG, 3).body == b"instead"


@pytest.mark.proves("L-16")
@pytest.mark.parametrize("low", [1, 40])
def test_a_segment_is_stored_in_one_batch_or_not_at_all(low: int) -> None:
    source = opened()
    write(source, *(b"x" * number for number in range(1, 101)))
    disk = Watched()
    store = opened(disk)
    segment = source.segment_down(LOG, low, 100)
    disk.fail = True
    with pytest.raises(OSError, match="power"):
        store.ingest(segment, 9)
    assert (store.logs, store.arrival) == ({}, 0)
    disk.fail = False
    before = len(disk.batches)
    store.ingest(segment, 9)
    [(puts, _, _)] = disk.batches[before:]
    keys = {key for key, _ in puts}
    assert {layout.entry_key(1, seq) for seq in range(low, 101)} <= keys
    assert {layout.signature_key(1, 64), layout.signature_key(1, 100)} <= keys
    assert {layout.log_key(LOG), layout.arrival_key(1)} <= keys


@pytest.mark.proves("H-7", "L-1", "L-2")
def test_a_body_has_1_to_8192_bytes() -> None:
    store = opened()
    write(store, b"x", b"x" * BODY_BYTES_MAX)
    wire = decode(encode_segment(store.segment_up(LOG, 1, 2)))
    assert isinstance(wire, list)
    assert opened().ingest(from_wire(wire), 9) == 2
    hashed = bytes(32)
    for body, error in (
        (b"", BadStructure),
        (b"x" * (BODY_BYTES_MAX + 1), TooLarge),
        ([0, hashed], BadStructure),
        ([BODY_BYTES_MAX + 1, hashed], TooLarge),
    ):
        with pytest.raises(error):
            from_wire([*wire[:4], [body, b"x"], wire[5]])


@pytest.mark.proves("H-8")
@given(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=5))
def test_whatever_a_body_says_it_is_stored_and_passed_on(bodies: list[bytes]) -> None:
    # Among them what is no value at all, and a kind that nobody has heard of yet.
    bodies += [b"\xc1", encode([bytes(16), "kind.of.2040", {"x": 1}])]
    source, relay, reader = opened(), opened(), opened()
    write(source, *bodies)
    relay.ingest(source.segment_up(LOG, 1, len(bodies)), 9)
    reader.ingest(relay.segment_up(LOG, 1, len(bodies)), 9)
    assert [entry.body for entry in reader.read(LOG, 1, 100)] == bodies


@pytest.mark.proves("L-13")
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 300))
def test_the_signatures_of_checkpoints_and_of_the_ends_of_ranges_are_kept(
    seed: int, size: int
) -> None:
    chance = random.Random(seed)
    source, target = opened(), opened()
    write(source, *[b"x"] * size)
    for _ in range(20):
        low = chance.randint(1, size)
        high = min(size, low + chance.randint(0, 150))
        read = source.segment_down if chance.random() < 0.6 else source.segment_up
        with suppress(SeqGap, BadSignature):
            target.ingest(read(LOG, low, high), 9)
        if LOG not in target.logs:
            continue
        kept = target.signatures(LOG, 1, size)
        for part in target.logs[LOG].ranges:
            every = CHECKPOINT_EVERY_ENTRIES
            checkpoints = {seq for seq in range(part.low, part.high + 1) if seq % every == 0}
            assert checkpoints | {part.high} <= kept.keys()
