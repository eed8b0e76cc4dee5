"""protocol/vectors/session.json against p2pblog.sync.session and p2pblog.store.logs."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from p2pblog.content.bodies import Post, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import ForkFound, NotFound, SeqGap
from p2pblog.log.entry import Entry, Tip, is_checkpoint, make_entry, sign_id
from p2pblog.log.segment import Segment
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync.codec import decode_message
from p2pblog.sync.messages import AskBlob
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.replica import Replica
from p2pblog.sync.session import ForkArrived, SegmentArrived, Serve, Session
from tests.vectors.running import Case, each, outcome

NOW_S = 0.0
START_MS, MINUTE_MS = 1_700_000_000_000, 60_000


class End:
    """A store with what an end holds before, and its session."""

    def __init__(self, holdings: list[dict[str, Any]]) -> None:
        self.store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
        for holding in holdings:
            key, entries = log_of(holding)
            for first, last in reversed(holding["ranges"]):
                cut = 448 if last - first > 511 else first - 1  # a segment holds 512
                for part in (entries[first - 1 : cut], entries[cut:last]):
                    if part:
                        self.store.ingest(segment_of(key, part), START_MS)
        replica = Replica(self.store.logs, self.store.forked, lambda log, near: WHOLE)
        self.session = Session(replica, near=True, now_s=NOW_S)
        self.session.start()

    def output(self) -> list[bytes]:
        """Return what this end sends now."""
        messages = self.session.messages()
        while (asked := self.session.next_serve()) is not None:
            if isinstance(asked, AskBlob):
                self.session.send_blob_part(asked, None)
            else:
                self.session.serve(asked, self.read(asked))
            messages += self.session.messages()
        return messages

    def read(self, asked: Serve) -> Segment | None:
        try:
            if asked.latest:
                return self.store.segment_latest(asked.log, asked.latest)
            read = self.store.segment_down if asked.down else self.store.segment_up
            return read(asked.log, asked.low, asked.high)
        except NotFound:
            return None

    def receive(self, data: bytes) -> None:
        """Take in a message, and what it brings."""
        self.session.receive(decode_message(data), NOW_S)
        for event in self.session.events():
            if isinstance(event, ForkArrived):
                self.store.add_fork(event.proof)
            elif isinstance(event, SegmentArrived):
                new = 0
                with suppress(SeqGap, ForkFound):
                    new = self.store.ingest(event.segment, START_MS)
                if new:
                    self.session.log_changed(event.segment.log, NOW_S)
                self.session.took(event.segment, new, NOW_S)


def log_of(holding: dict[str, Any]) -> tuple[SigningKey, list[Entry]]:
    """Return the key and the entries of a log that the vectors speak of by number."""
    key = SigningKey(bytes([holding["log"]]) * 32)
    entries: list[Entry] = []
    for seq in range(1, holding["count"] + 1):
        tip = Tip(entries[-1].seq, entries[-1].id) if entries else None
        body = serialize(Post(holding["changed"].get(str(seq), str(seq))), bytes(16))
        entries.append(make_entry(key.public, tip, START_MS + (seq - 1) * MINUTE_MS, body))
    return key, entries


def segment_of(key: SigningKey, entries: list[Entry]) -> Segment:
    """Return a signed segment of these entries."""
    signatures = [
        sign_id(key, entry.id)
        for entry in entries
        if is_checkpoint(entry.seq) or entry is entries[-1]
    ]
    bodies = [entry.body or b"" for entry in entries]
    times = [entry.time_ms for entry in entries]
    return Segment(key.public, entries[0].seq, entries[0].prev, times, list(bodies), signatures)


@pytest.mark.proves("S-9", "S-11", "S-15")
@each("session")
def test_both_ends_say_what_the_vector_says(case: Case) -> None:
    ends = {name: End(holdings) for name, holdings in case["ends"].items()}
    transcript = case["transcript"]
    if case["result"] == "invalid":
        *transcript, refused = transcript
    due = {name: end.output() for name, end in ends.items()}
    for item in transcript:
        name, data = item["from"], bytes.fromhex(item["bytes"])
        if name in ends:
            due[name] = due[name] or ends[name].output()
            assert [sent.hex() for sent in due[name][:1]] == [data.hex()]
            del due[name][0]
        for other, end in ends.items():
            if other != name:
                end.receive(data)
    if case["result"] == "invalid":
        outcome(case, lambda: ends["A"].receive(bytes.fromhex(refused["bytes"])))
    else:
        assert not any(due[name] or end.output() for name, end in ends.items())
