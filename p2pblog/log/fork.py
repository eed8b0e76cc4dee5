"""Proof that the writer of a log has equivocated.

Implements protocol/03-logs.md section 6.  Pure.  A segment that stands on its own signature
states an id for each of its entries and, by `prev`, for the entry before them.  Two such
segments of one log that state different ids for one seq prove a fork: only the log's key
can have signed both.
"""

from __future__ import annotations

from typing import NamedTuple

from p2pblog.core.encoding import Value
from p2pblog.core.errors import BadStructure
from p2pblog.log.segment import Segment, check_segment, from_wire, to_wire, withheld


class ForkProof(NamedTuple):
    """Two segments of one log that contradict each other; bodies are withheld."""

    one: Segment
    other: Segment

    @property
    def log(self) -> bytes:
        """Return the log (32 bytes) that forks."""
        return self.one.log


def check_proof(proof: ForkProof) -> int:
    """Return the lowest seq for which the proof shows two ids.

    Raises:
        BadSignature: a segment is not signed by the log.
        BadStructure: the segments are of two logs, or agree wherever they meet.
    Source: protocol/03-logs.md section 6.
    """
    if proof.one.log != proof.other.log:
        raise BadStructure("a fork proof of two logs")
    ids = _stated(proof.one)
    other = _stated(proof.other)
    disagreeing = [seq for seq in ids.keys() & other.keys() if ids[seq] != other[seq]]
    if not disagreeing:
        raise BadStructure("a fork proof without a fork")
    return min(disagreeing)


def prove(one: Segment, other: Segment) -> ForkProof:
    """Return the proof that two segments make, without their bodies."""
    return ForkProof(_bare(one), _bare(other))


def proof_to_wire(proof: ForkProof) -> list[Value]:
    """Return the array that a proof is on the wire."""
    return [to_wire(proof.one), to_wire(proof.other)]


def proof_from_wire(value: Value) -> ForkProof:
    """Return the proof that an array from the wire describes; nothing is verified yet.

    Raises:
        BadStructure, TooLarge: it is none.
    """
    match value:
        case [list(one), list(other)]:
            return ForkProof(from_wire(one), from_wire(other))
        case _:
            raise BadStructure("fork proof")


def _stated(segment: Segment) -> dict[int, bytes]:
    ids = {entry.seq: entry.id for entry in check_segment(segment).entries}
    if segment.prev is not None:
        ids[segment.first - 1] = segment.prev
    return ids


def _bare(segment: Segment) -> Segment:
    return segment._replace(bodies=[withheld(body) for body in segment.bodies])
