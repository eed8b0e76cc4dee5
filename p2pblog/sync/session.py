"""One session with a peer: who holds what, asking for what is missing, passing on the new.

Implements protocol/09-sessions.md and 10-replication.md.  Sans-IO: messages and local
changes go in with `now_s`, messages and events come out; whoever carries them (asyncio, a
simulator) verifies and stores what arrives and reads what is asked for.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from p2pblog.core import limits
from p2pblog.core.errors import PeerTimeout, ProtocolError, TooLarge, UnexpectedMessage
from p2pblog.log.held import Held
from p2pblog.log.segment import Segment
from p2pblog.sync.messages import (
    SESSION_VERSION,
    AskBlob,
    BlobPart,
    Bye,
    Done,
    Entries,
    Have,
    Hello,
    Message,
    Offer,
    Ping,
    Pong,
    Want,
    decode_message,
    encode_message,
)
from p2pblog.sync.planning import Span, next_span


@dataclass(slots=True)
class Replica:
    """What all sessions of a node share.

    Fields:
        held: what the node holds of every log; it changes under the sessions, which are
            told by `Session.log_changed`.
        depth: how many of the newest entries of a log the node wants from a peer that
            `near` says was met on the LAN (0 none, planning.WHOLE all).
        claims: which session is fetching a log at this moment: two never do at once.
    """

    held: Mapping[bytes, Held]
    depth: Callable[[bytes, bool], int]
    claims: dict[bytes, Session] = field(default_factory=dict)


class SegmentArrived(NamedTuple):
    """A segment to verify and store; then call `ingested`, or `fail` with the error."""

    segment: Segment


class LogReleased(NamedTuple):
    """This session fetches `log` no more: other sessions may, call their `consider`."""

    log: bytes


class BlobAsked(NamedTuple):
    """The peer asks for a part of a blob; answer with `send_blob_part`."""

    ask: AskBlob


class BlobArrived(NamedTuple):
    """The answer to `ask_blob`."""

    part: BlobPart


Event: TypeAlias = SegmentArrived | LogReleased | BlobAsked | BlobArrived


class Serve(NamedTuple):
    """Entries to read from the store for the peer; number 0 is a push of what is new."""

    number: int
    log: bytes
    low: int
    high: int
    down: bool


@dataclass(slots=True)
class _Fetch:
    """A `Want` under way."""

    log: bytes
    span: Span


class Session:
    """The state of one session; not shared between threads."""

    def __init__(self, replica: Replica, *, near: bool, now_s: float) -> None:
        self._replica = replica
        self.near = near
        self._greeted = False
        self._offers: dict[bytes, Offer] = {}
        self._fetches: dict[int, _Fetch] = {}
        self._last_number = 0
        self._candidates: OrderedDict[bytes, None] = OrderedDict()
        self._serving: deque[Serve] = deque()
        self._announce: OrderedDict[bytes, None] = OrderedDict()
        self._out: deque[Message] = deque()
        self._events: deque[Event] = deque()
        self._heard_s = self._progress_s = now_s
        self._pinged = False
        self.ended = False

    # --- in ----------------------------------------------------------------------------

    def start(self) -> None:
        """Greet the peer and say what this node holds."""
        self._out.append(Hello(SESSION_VERSION))
        for log in self._replica.held:
            self._announce[log] = None

    def receive(self, data: bytes, now_s: float) -> None:
        """Take in one message.

        Raises:
            ProtocolError: the peer broke the protocol; call `fail` with it.
        """
        self._heard_s, self._pinged = now_s, False
        message = decode_message(data)
        if not self._greeted:
            if not isinstance(message, Hello):
                raise UnexpectedMessage("a session begins with a greeting")
            if message.version != SESSION_VERSION:
                raise UnexpectedMessage(f"version {message.version} of the session")
            self._greeted = True
            return
        match message:
            case Have(offers):
                self._take_offers(offers)
            case Want():
                if len(self._serving) >= limits.WANTS_QUEUED_MAX:
                    raise UnexpectedMessage("too many questions at once")
                self._serving.append(Serve(*message))
            case Entries(number, segment):
                self._take_entries(number, segment, now_s)
            case Done(number):
                self._finish(number)
            case Ping(number):
                self._out.append(Pong(number))
            case Pong():
                pass
            case Bye():
                self.ended = True
            case AskBlob():
                self._events.append(BlobAsked(message))
            case BlobPart():
                self._events.append(BlobArrived(message))
            case Hello():
                raise UnexpectedMessage("a second greeting")
        self._fill(now_s)
        if len(self._out) > limits.ANSWERS_QUEUED_MAX:
            raise TooLarge("more questions than answers are taken")

    def log_changed(self, log: bytes, now_s: float) -> None:
        """Hear that this node holds more of `log`, or wants more or less of it."""
        held = self._replica.held.get(log)
        offer = self._offers.get(log)
        if held is not None:
            if offer is None or offer.high + 1 < held.newest.low:
                self._announce[log] = None
            elif held.newest.high > offer.high:
                self._push_or_announce(log, offer, held)
        self.consider((log,), now_s)

    def consider(self, logs: Iterable[bytes], now_s: float) -> None:
        """Think again about what to fetch of `logs`."""
        for log in logs:
            if log in self._offers:
                self._candidates[log] = None
        self._fill(now_s)

    def consider_all(self, now_s: float) -> None:
        """Think again about every log that the peer offers: the node's wishes changed."""
        self.consider(tuple(self._offers), now_s)

    def fail(self, error: ProtocolError) -> None:
        """End the session and tell the peer why."""
        if not self.ended:
            self.ended = True
            self._out.clear()
            self._out.append(Bye(error.code))
        self.release()

    def close(self) -> None:
        """End the session in peace."""
        if not self.ended:
            self.ended = True
            self._out.append(Bye(""))
        self.release()

    def release(self) -> None:
        """Give up all fetches, so that other sessions may take them over."""
        for number in list(self._fetches):
            self._finish(number)

    # --- time --------------------------------------------------------------------------

    def deadline_s(self) -> float:
        """Return when `tick` must be called at the latest."""
        return self._heard_s + (limits.SILENCE_S_MAX if self._pinged else limits.PING_AFTER_S)

    def tick(self, now_s: float) -> None:
        """Do what is due.

        Raises:
            PeerTimeout: the peer is silent, or answers questions no more.
        """
        silence_s = now_s - self._heard_s
        if silence_s >= limits.SILENCE_S_MAX:
            raise PeerTimeout(f"{silence_s:.0f} s")
        if self._fetches and now_s - self._progress_s >= limits.WANT_S_MAX:
            raise PeerTimeout("no answer to a question")
        if silence_s >= limits.PING_AFTER_S and not self._pinged:
            self._pinged = True
            self._out.append(Ping(0))

    def suspect(self, now_s: float) -> None:
        """Ask for a sign of life now, and end soon if none comes: the link may be dead."""
        self._heard_s = min(self._heard_s, now_s + limits.SUSPECT_S_MAX - limits.SILENCE_S_MAX)
        self._pinged = True
        self._out.append(Ping(0))

    # --- out ---------------------------------------------------------------------------

    def events(self) -> list[Event]:
        """Return what happened since the last call."""
        events = list(self._events)
        self._events.clear()
        return events

    def messages(self) -> list[bytes]:
        """Return the messages to send now, in this order."""
        self._flush_announcements()
        encoded = [encode_message(message) for message in self._out]
        self._out.clear()
        return encoded

    def next_serve(self) -> Serve | None:
        """Return the next thing to read for the peer, or None; call when it can be sent."""
        return self._serving.popleft() if self._serving else None

    def serve(self, serve: Serve, segment: Segment | None) -> None:
        """Send what was read for `serve`; None when it is not held.

        The rest of a longer answer queues up behind other answers.
        """
        if segment is None:
            if serve.number:
                self._out.append(Done(serve.number))
            return
        self._out.append(Entries(serve.number, segment))
        if serve.down:
            rest = serve._replace(high=segment.first - 1)
        else:
            rest = serve._replace(low=segment.last + 1)
        if rest.low <= rest.high:
            self._serving.append(rest)
        elif serve.number:
            self._out.append(Done(serve.number))

    def ask_blob(self, blob: bytes, index: int) -> int:
        """Ask the peer for a part of a blob; return the number that its answer will bear."""
        self._last_number += 1
        self._out.append(AskBlob(self._last_number, blob, index))
        return self._last_number

    def send_blob_part(self, ask: AskBlob, data: bytes | None) -> None:
        """Answer a `BlobAsked`."""
        self._out.append(BlobPart(ask.number, data))

    # --- inside ------------------------------------------------------------------------

    def _take_offers(self, offers: list[Offer]) -> None:
        for offer in offers:
            if offer.log not in self._offers and len(self._offers) >= limits.REMOTE_LOGS_MAX:
                raise TooLarge("more logs than a peer may offer")
            self._offers[offer.log] = offer
            self._candidates[offer.log] = None

    def _take_entries(self, number: int, segment: Segment, now_s: float) -> None:
        offer = self._offers.get(segment.log)
        if number == 0:
            known = offer.high if offer else 0
            if offer is None or segment.last > known:
                low = min(offer.low, segment.first) if offer else segment.first
                older = offer.older if offer else None
                # The id is learnt when the segment is verified; nothing decides on it here.
                pushed = Offer(segment.log, low, segment.last, bytes(32), older)
                self._take_offers([pushed])
            if self._replica.depth(segment.log, self.near) > 0:
                self._events.append(SegmentArrived(segment))
            return
        fetch = self._fetches.get(number)
        if fetch is None:
            raise UnexpectedMessage("an answer to no question")
        span = fetch.span
        fits = segment.last <= span.high if span.down else segment.first >= span.low
        if segment.log != fetch.log or not fits:
            raise UnexpectedMessage("other entries than were asked for")
        self._progress_s = now_s
        self._events.append(SegmentArrived(segment))

    def _push_or_announce(self, log: bytes, offer: Offer, held: Held) -> None:
        high = held.newest.high
        if high - offer.high > limits.CHECKPOINT_EVERY_ENTRIES:
            self._announce[log] = None
            return
        self._serving.appendleft(Serve(0, log, offer.high + 1, high, down=False))
        # From now on the peer counts as holding them: the next push goes on from there.
        self._offers[log] = offer._replace(high=high, high_id=held.newest.high_id)

    def _flush_announcements(self) -> None:
        while self._announce and not self.ended:
            offers: list[Offer] = []
            while self._announce and len(offers) < limits.HAVE_LOGS_PER_MESSAGE_MAX:
                log, _ = self._announce.popitem(last=False)
                if (held := self._replica.held.get(log)) is not None:
                    offers.append(_offer_of(log, held))
            if offers:
                self._out.append(Have(offers))

    def _fill(self, now_s: float) -> None:
        """Ask for as much as may be asked at once."""
        while self._candidates and len(self._fetches) < limits.WANTS_IN_FLIGHT_MAX:
            log, _ = self._candidates.popitem(last=False)
            if log in self._replica.claims:
                # Whoever fetches it now will release it; `consider` is called then.
                continue
            depth = self._replica.depth(log, self.near)
            span = next_span(self._replica.held.get(log), self._offers[log], depth)
            if span is None or self.ended:
                continue
            self._last_number += 1
            if not self._fetches:
                self._progress_s = now_s
            self._fetches[self._last_number] = _Fetch(log, span)
            self._replica.claims[log] = self
            self._out.append(Want(self._last_number, log, *span))

    def _finish(self, number: int) -> None:
        fetch = self._fetches.pop(number, None)
        if fetch is None:
            return
        self._replica.claims.pop(fetch.log, None)
        self._events.append(LogReleased(fetch.log))
        if (offer := self._offers.get(fetch.log)) is None:
            return
        depth = self._replica.depth(fetch.log, self.near)
        if next_span(self._replica.held.get(fetch.log), offer, depth) == fetch.span:
            # The answer brought nothing: the peer does not hold what it offered.
            del self._offers[fetch.log]
        else:
            self._candidates[fetch.log] = None


def _offer_of(log: bytes, held: Held) -> Offer:
    newest, older = held.newest, held.older
    span = None if older is None else (older.low, older.high)
    return Offer(log, newest.low, newest.high, newest.high_id, span)
