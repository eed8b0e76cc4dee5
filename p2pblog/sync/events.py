"""What a session asks whoever carries it to do, or to know.  Pure."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from p2pblog.log.fork import ForkProof
from p2pblog.log.segment import Segment
from p2pblog.sync.messages import BlobPart, Join, Relay, Shuffle


class SegmentArrived(NamedTuple):
    """A segment to verify and store; then call `took`, or `fail` with the error."""

    segment: Segment
    pushed: bool


class ForkArrived(NamedTuple):
    """A proof to verify and keep; when it is new, call every session's `fork_found`."""

    proof: ForkProof


class LogReleased(NamedTuple):
    """This session fetches `log` no more: other sessions may, call their `consider`."""

    log: bytes


class BlobArrived(NamedTuple):
    """The answer to `ask_blob`."""

    part: BlobPart


class ProofAsked(NamedTuple):
    """The peer may not know that `log` forks; call `fork_found` with the proof."""

    log: bytes


class ResumeAsked(NamedTuple):
    """The peer shows a token of this end's (None: it has none); call `resume`."""

    token: bytes | None


class CaughtUp(NamedTuple):
    """Whatever the peer held up to `token` is here, or is not wanted: keep it for next time."""

    token: bytes


class OverlayArrived(NamedTuple):
    """Something for the overlay, which all sessions share: call its `receive`."""

    message: Join | Shuffle | Relay


Event: TypeAlias = (
    SegmentArrived
    | ForkArrived
    | LogReleased
    | BlobArrived
    | ProofAsked
    | ResumeAsked
    | CaughtUp
    | OverlayArrived
)
