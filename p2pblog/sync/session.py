"""One session with a peer: who holds what, asking for what is missing, passing on the new.

Implements protocol/09-sessions.md and 10-replication.md.  Sans-IO: messages and local
changes go in with `now_s`, messages and events come out; whoever carries them (asyncio, a
simulator) verifies and stores what arrives and reads what is asked for.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from p2pblog.core import limits
from p2pblog.core.errors import PeerTimeout, ProtocolError, TooLarge, UnexpectedMessage
from p2pblog.log.fork import ForkProof
from p2pblog.log.held import Held
from p2pblog.log.segment import Segment
from p2pblog.sync.asking import Asking, Replica
from p2pblog.sync.messages import (
    SESSION_VERSION,
    AskBlob,
    BlobPart,
    Bye,
    Done,
    Entries,
    Fork,
    Have,
    Hello,
    Message,
    Offer,
    Ping,
    Pong,
    Want,
    WantLatest,
    encode_message,
)


class SegmentArrived(NamedTuple):
    """A segment to verify and store; then call `took`, or `fail` with the error."""

    segment: Segment


class ForkArrived(NamedTuple):
    """A proof to verify and keep; when it is new, call every session's `fork_found`."""

    proof: ForkProof


class LogReleased(NamedTuple):
    """This session fetches `log` no more: other sessions may, call their `consider`."""

    log: bytes


class BlobArrived(NamedTuple):
    """The answer to `ask_blob`."""

    part: BlobPart


Event: TypeAlias = SegmentArrived | ForkArrived | LogReleased | BlobArrived


class Serve(NamedTuple):
    """Entries to read from the store for the peer: number 0 is a push of what is new.

    With `latest` not 0, that many of the newest entries; `low` and `high` mean nothing then.
    """

    number: int
    log: bytes
    low: int
    high: int
    down: bool
    latest: int = 0


class Session:
    """The state of one session; not shared between threads."""

    def __init__(self, replica: Replica, *, near: bool, now_s: float) -> None:
        self._replica = replica
        self.near = near
        self._greeted = False
        self._asking = Asking(replica, near=near, now_s=now_s)
        self._told_low: dict[bytes, int] = {}
        self._told_forks: dict[bytes, int] = {}
        self._serving: deque[Serve | AskBlob] = deque()
        self._pushes: OrderedDict[bytes, Serve] = OrderedDict()
        self._announce: OrderedDict[bytes, None] = OrderedDict()
        self._out: deque[Message] = deque()
        self._events: deque[Event] = deque()
        self._heard_s = now_s
        self._pinged = False
        self._silent = False  # a bye was sent or has come: nothing follows it
        self.ended = False

    # --- in ----------------------------------------------------------------------------

    def start(self) -> None:
        """Greet the peer and say what this node holds."""
        self._out.append(Hello(SESSION_VERSION))
        for log in tuple(self._replica.held):  # it grows in another thread
            self._announce[log] = None

    def receive(self, message: Message, now_s: float) -> None:
        """Take in one message; after the end, nothing.

        Raises:
            ProtocolError: the peer broke the protocol; call `fail` with it.
        """
        if self.ended:
            return
        self._heard_s, self._pinged = now_s, False
        if not self._greeted:
            if not isinstance(message, Hello):
                raise UnexpectedMessage("a session begins with a greeting")
            if message.version != SESSION_VERSION:
                raise UnexpectedMessage(f"version {message.version} of the session")
            self._greeted = True
            return
        match message:
            case Have(offers):
                self._asking.take_offers(offers)
            case Want(number, log, low, high, down):
                self._take_question(Serve(number, log, low, high, down))
            case WantLatest(number, log, count):
                self._take_question(Serve(number, log, 0, 0, down=True, latest=count))
            case Entries(number, segment):
                self._take_entries(number, segment)
            case Fork(proof):
                self._events.append(ForkArrived(proof))
            case Done(number):
                released = self._asking.finish(number)
                if released is not None:
                    self._events.append(LogReleased(released))
            case Ping(number):
                self._out.append(Pong(number))
            case Pong():
                pass
            case Bye():
                self.ended = self._silent = True
            case AskBlob():
                self._take_question(message)
            case BlobPart():
                self._events.append(BlobArrived(message))
            case Hello():
                raise UnexpectedMessage("a second greeting")
        self._ask(now_s)
        if len(self._out) > limits.ANSWERS_QUEUED_MAX:
            raise TooLarge("more questions than answers are taken")

    def took(self, segment: Segment, new: int, now_s: float) -> None:
        """Hear that a segment which arrived here was stored, and how many entries were new.

        Also when it could not be placed (new 0): the peer has it all the same.
        """
        if new:
            self._asking.progress(now_s)
        self._asking.learn(segment.log, segment.first, segment.last)
        self._asking.consider(segment.log)
        self._ask(now_s)

    def log_changed(self, log: bytes, now_s: float) -> None:
        """Hear that this node holds more of `log`, or wants more or less of it."""
        self._tell(log)
        self.consider((log,), now_s)

    def consider(self, logs: Iterable[bytes], now_s: float) -> None:
        """Think again about what to fetch of `logs`."""
        for log in logs:
            self._asking.consider(log)
            if log in self._told_low:
                self._tell(log)
        self._ask(now_s)

    def consider_all(self, now_s: float) -> None:
        """Think again about every log that the peer offers: the node's wishes changed."""
        self.consider(tuple(self._asking.offers), now_s)

    def fork_found(self, proof: ForkProof, lowest: int) -> None:
        """Pass on the proof of a fork, unless this peer knows one as good."""
        known = self._told_forks.get(proof.log)
        if known is None or lowest < known:
            self._told_forks[proof.log] = lowest
            self._out.append(Fork(proof))

    def fork_known(self, log: bytes, lowest: int) -> None:
        """Hear that the proof which this peer sent shows a fork at `lowest`."""
        self._told_forks[log] = min(lowest, self._told_forks.get(log, lowest))

    def fail(self, error: ProtocolError) -> None:
        """End the session and tell the peer why."""
        if not self.ended:
            self.ended = True
            self._out.clear()
            self._out.append(Bye(error.code))
        self._release()

    def close(self) -> None:
        """End the session in peace."""
        if not self.ended:
            self.ended = True
            self._out.append(Bye(""))
        self._release()

    # --- time --------------------------------------------------------------------------

    def deadline_s(self) -> float:
        """Return when `tick` must be called at the latest."""
        patience_s = limits.SILENCE_S_MAX if self._pinged else limits.PING_AFTER_S
        return min(self._heard_s + patience_s, self._asking.deadline_s())

    def tick(self, now_s: float) -> None:
        """Do what is due.

        Raises:
            PeerTimeout: the peer is silent, or its answers bring nothing new.
        """
        silence_s = now_s - self._heard_s
        if silence_s >= limits.SILENCE_S_MAX:
            raise PeerTimeout(f"{silence_s:.0f} s")
        self._asking.tick(now_s)
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
        encoded: list[bytes] = []
        while self._out and not self._silent:
            message = self._out.popleft()
            self._silent = isinstance(message, Bye)
            encoded.append(encode_message(message))
        self._out.clear()
        return encoded

    def next_serve(self) -> Serve | AskBlob | None:
        """Return the next thing to read for the peer, or None; call when it can be sent.

        What is new goes before what was asked for.
        """
        if self._pushes:
            return self._pushes.popitem(last=False)[1]
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
        if serve.latest:
            bottom = segment.last - serve.latest + 1
            serve = serve._replace(low=max(1, bottom), high=segment.last, latest=0)
        if serve.down:
            rest = serve._replace(high=segment.first - 1)
        else:
            rest = serve._replace(low=segment.last + 1)
        # What it was sent it holds: what comes next can be pushed.
        self._asking.learn(serve.log, segment.first, segment.last)
        if rest.low > rest.high:
            if serve.number:
                self._out.append(Done(serve.number))
        elif serve.number:
            self._serving.append(rest)
        else:
            self._pushes.setdefault(serve.log, rest)

    def ask_blob(self, blob: bytes, at: int) -> int:
        """Ask the peer for a part of a blob; return the number that its answer will bear."""
        number = self._asking.next_number()
        self._out.append(AskBlob(number, blob, at))
        return number

    def send_blob_part(self, ask: AskBlob, data: bytes | None) -> None:
        """Send what was read for `ask`; None when it is not held."""
        self._out.append(BlobPart(ask.number, data))

    def offered(self, log: bytes) -> int:
        """Return the seq up to which the peer says that it holds `log`; 0 if it offers none."""
        offer = self._asking.offers.get(log)
        return 0 if offer is None else offer.high

    # --- inside ------------------------------------------------------------------------

    def _take_question(self, question: Serve | AskBlob) -> None:
        if len(self._serving) >= limits.WANTS_QUEUED_MAX:
            raise UnexpectedMessage("too many questions at once")
        self._serving.append(question)

    def _take_entries(self, number: int, segment: Segment) -> None:
        if number == 0:
            # At once, lest it be sent back to where it comes from.
            self._asking.learn(segment.log, segment.first, segment.last)
            if not self._is_welcome(segment):
                self._asking.consider(segment.log)
                return
        else:
            self._asking.check_answer(number, segment)
        self._events.append(SegmentArrived(segment))

    def _is_welcome(self, segment: Segment) -> bool:
        """Tell whether a push is wanted, and goes on from what is held."""
        held = self._replica.held.get(segment.log)
        if held is None or segment.log in self._replica.forked:
            return False
        near_top = segment.first <= held.newest.high + 1
        return near_top and self._replica.depth(segment.log, self.near) > 0

    def _tell(self, log: bytes) -> None:
        """Push what is new to a peer that holds what comes before; else announce it."""
        held = self._replica.held.get(log)
        if held is None:
            return
        offer = self._asking.offers.get(log)
        high = held.newest.high
        if offer is None or offer.high + 1 < held.newest.low:
            news = offer is None or high > offer.high
        elif high > offer.high:
            if high - offer.high <= limits.CHECKPOINT_EVERY_ENTRIES:
                self._pushes[log] = Serve(0, log, offer.high + 1, high, down=False)
                return
            news = True
        else:
            # Nothing on top; the past may reach further down, once it has all come.
            whole = log not in self._replica.claims
            news = whole and held.newest.low < self._told_low.get(log, 0)
        if news:
            self._announce[log] = None

    def _flush_announcements(self) -> None:
        while self._announce and not self.ended:
            offers: list[Offer] = []
            while self._announce and len(offers) < limits.HAVE_LOGS_PER_MESSAGE_MAX:
                log, _ = self._announce.popitem(last=False)
                if (held := self._replica.held.get(log)) is not None:
                    offers.append(_offer_of(log, held))
                    self._told_low[log] = held.newest.low
            if offers:
                self._out.append(Have(offers))

    def _ask(self, now_s: float) -> None:
        if not self.ended:
            self._out.extend(self._asking.questions(now_s))

    def _release(self) -> None:
        """Give up all fetches, so that other sessions may take them over."""
        self._events.extend(LogReleased(log) for log in self._asking.release())


def _offer_of(log: bytes, held: Held) -> Offer:
    newest, older = held.newest, held.older
    span = None if older is None else (older.low, older.high)
    return Offer(log, newest.low, newest.high, newest.high_id, span)
