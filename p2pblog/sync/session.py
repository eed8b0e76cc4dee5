"""One session with a peer: who holds what, asking for what is missing, passing on the new.

Implements protocol/09-sessions.md and 10-replication.md.  Sans-IO: messages and local
changes go in with `now_s`, messages and events come out; whoever carries them (asyncio, a
simulator) verifies and stores what arrives and reads what is asked for.  The parts: asking.py
fetches, serving.py answers, telling.py says what is new, taking.py and live.py hear of it,
reconcile.py finds what differs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from p2pblog.core import limits
from p2pblog.core.errors import ProtocolError, TooLarge, UnexpectedMessage
from p2pblog.log.fork import ForkProof
from p2pblog.log.segment import Segment
from p2pblog.sync import messages as m
from p2pblog.sync.allowance import Allowance, weight
from p2pblog.sync.asking import Asking
from p2pblog.sync.codec import encode_message
from p2pblog.sync.events import (
    BlobArrived,
    CaughtUp,
    Event,
    ForkArrived,
    LogReleased,
    OverlayArrived,
    ProofAsked,
    ResumeAsked,
    SegmentArrived,
)
from p2pblog.sync.live import Hearing
from p2pblog.sync.patience import Patience
from p2pblog.sync.reconcile import Comparing
from p2pblog.sync.replica import Replica
from p2pblog.sync.serving import Serve, Serving
from p2pblog.sync.states import Role, State, admit
from p2pblog.sync.taking import Taking
from p2pblog.sync.telling import Telling


class Session:
    """The state of one session; not shared between threads."""

    def __init__(
        self,
        replica: Replica,
        *,
        near: bool,
        leads: bool,
        salt: bytes,
        token: bytes | None = None,
        now_s: float,
    ) -> None:
        """Begin a session that has said nothing yet.

        Args:
            near: the peer was met on the LAN.
            leads: this end began the link, and asks where the two have to compare.
            salt: 16 to 64 bytes that both ends of this link know, and nobody else.
            token: the last one that this peer gave.
        """
        self._replica = replica
        self.near = near
        self._role = Role.LEADER if leads else Role.FOLLOWER
        self._token = token
        self._state = State.GREETING
        self._asking = Asking(replica, near=near, now_s=now_s)
        self._telling = Telling(replica, self._asking)
        self._hearing = Hearing(replica, near=near)
        self._comparing = Comparing(replica.frontier, salt, leads=leads)
        self._told: bytes | None = None  # the peer's newest token, until this end caught up
        self.was_told = False  # of all that the peer holds
        self._passed: set[bytes] = set()  # of whose forks the peer has had the proof
        self._serving = Serving()
        self._allowance = Allowance(now_s)
        self._taking = Taking(
            replica, self._asking, self._telling, self._hearing, self._allowance, near=near
        )
        self._out: deque[m.Message] = deque()
        self._events: deque[Event] = deque()
        self._patience = Patience(now_s)
        self._silent = False  # a bye was sent or has come: nothing follows it

    @property
    def ended(self) -> bool:
        """Whether the session is over: nothing is taken any more."""
        return self._state is State.ENDED

    # --- in ----------------------------------------------------------------------------

    def start(self) -> None:
        """Greet the peer."""
        self._out.append(m.Hello(m.SESSION_VERSION, self._token))

    def receive(self, message: m.Message, now_s: float) -> None:
        """Take in one message; after the end, nothing.

        Raises:
            ProtocolError: the peer broke the protocol; call `fail` with it.
        """
        if self.ended:
            return
        self._patience.heard(now_s)
        admit(message, self._state, self._role)
        self._allowance.spend(weight(message), now_s)
        match message:
            case m.Hello(version, token):
                if version != m.SESSION_VERSION:
                    raise UnexpectedMessage(f"version {version} of the session")
                self._state = State.OPEN
                self._events.append(ResumeAsked(token))
                return
            case m.Have(offers):
                self._asking.take_offers(offers)
            case m.Want() | m.WantLatest() | m.AskBlob():
                self._serving.ask(message)
            case m.Entries(number, segment):
                match self._taking.entries(number, segment, now_s):
                    case SegmentArrived() as arrived:
                        self._events.append(arrived)
                    case m.Prune() as prune:
                        self._out.append(prune)
            case m.Note(news):
                self._out.extend(self._taking.note(news, now_s))
            case m.Graft(log, after):
                self._telling.graft(log, after, now_s)
            case m.Prune(log):
                self._telling.prune(log, now_s)
            case m.Seek(logs):
                self._telling.sought(logs)
                self._prove(logs)
            case m.Fork(proof):
                if self._concerns(proof.log):
                    self._events.append(ForkArrived(proof))
                elif len(self._passed) < limits.PROOFS_PASSED_MAX:
                    self._passed.add(proof.log)
            case m.Told(token):
                self._take_token(token)
            case m.Compare() | m.Compared() | m.Reveal() | m.Agreed():
                found = self._comparing.take(message)
                self._tell(found.tell)
                self._out.extend(found.messages)
                if self._comparing.finished:
                    self._telling.give_tokens(now_s)
            case m.Done(number):
                released = self._asking.finish(number)
                if released is not None:
                    self._events.append(LogReleased(released))
            case m.Ping(number):
                self._out.append(m.Pong(number))
            case m.Pong():
                pass
            case m.Bye():
                self._state, self._silent = State.ENDED, True
            case m.Join() | m.Shuffle() | m.Relay():
                self._events.append(OverlayArrived(message))
            case m.BlobPart():
                self._events.append(BlobArrived(message))
        self._ask(now_s)
        if len(self._out) > limits.ANSWERS_QUEUED_MAX:
            raise TooLarge("more questions than answers are taken")

    def resume(self, changed: Iterable[bytes] | None, now_s: float) -> None:
        """Hear which logs have changed since the peer's token; None: nobody can say."""
        if changed is None:
            self._out.append(m.Told(None))
            self._out.extend(self._comparing.begin())
        else:
            self._telling.offer(changed)
            self._telling.give_tokens(now_s)

    def took(self, arrived: SegmentArrived, new: int, now_s: float) -> None:
        """Hear that a segment which arrived here was stored, and how many entries were new.

        Also when it could not be placed (new 0): the peer has it all the same.
        """
        if (prune := self._taking.took(arrived, new, now_s)) is not None:
            self._out.append(prune)
        self._ask(now_s)

    def log_changed(self, log: bytes, now_s: float) -> None:
        """Hear that this node holds more of `log`, or wants more or less of it."""
        if noted := self._hearing.noted_high(log):
            self._telling.heard(log, noted)
        self._telling.log_changed(log, now_s)
        if log in self._passed:  # it is of concern now
            self._passed.discard(log)
            self._out.append(m.Seek([log]))
        self._out.extend(self._taking.seek_past(log))
        if self.was_told:
            self._out.extend(self._asking.seek_bodies(log))
        self.consider((log,), now_s)

    def consider(self, logs: Iterable[bytes], now_s: float) -> None:
        """Think again about what to fetch of `logs`."""
        for log in logs:
            self._asking.consider(log)
            self._telling.past_came(log)
        self._ask(now_s)

    def consider_all(self, now_s: float) -> None:
        """Think again about every log that the peer offers: the node's wishes changed."""
        if self.was_told:
            self._out.extend(self._asking.seek())
        self.consider(tuple(self._asking.offers), now_s)

    def seek(self, logs: Iterable[bytes]) -> None:
        """Ask anew what the peer holds of logs that were held back, and are wanted again.

        What it offered of them before is out of date by then.
        """
        if not self.ended:
            self._out.extend(self._asking.seek_again(logs))

    def fork_found(self, proof: ForkProof, lowest: int) -> None:
        """Pass on the proof of a fork, unless this peer knows one as good."""
        self._telling.fork_found(proof, lowest)

    def fork_known(self, log: bytes, lowest: int) -> None:
        """Hear that the proof which this peer sent shows a fork at `lowest`."""
        self._telling.fork_known(log, lowest)

    def fail(self, error: ProtocolError) -> None:
        """End the session and tell the peer why."""
        if not self.ended:
            self._state = State.ENDED
            self._out.clear()
            self._out.append(m.Bye(error.code))
        self._release()

    def close(self) -> None:
        """End the session in peace."""
        if not self.ended:
            self._state = State.ENDED
            self._out.extend(self._telling.farewell())
            self._out.append(m.Bye(""))
        self._release()

    # --- time --------------------------------------------------------------------------

    def deadline_s(self) -> float:
        """Return when `tick` must be called at the latest."""
        return min(
            self._patience.deadline_s(),
            self._asking.deadline_s(),
            self._hearing.deadline_s(),
            self._telling.deadline_s(),
        )

    def tick(self, now_s: float) -> None:
        """Do what is due.

        Raises:
            PeerTimeout: the peer is silent, or its answers bring nothing new.
        """
        if self._patience.tick(now_s):
            self._out.append(m.Ping(0))
        self._asking.tick(now_s)
        self._hearing.tick(now_s)

    def suspect(self, now_s: float) -> None:
        """Ask for a sign of life now, and end soon if none comes: the link may be dead."""
        self._patience.suspect(now_s)
        self._out.append(m.Ping(0))

    def waits(self, unsent: int, now_s: float) -> None:
        """Hear that the link takes no more at present: so many bytes are unsent (0: it does).

        Meanwhile call this once a second, and `tick`, and not `messages`.

        Raises:
            PeerTimeout: the peer reads nothing.
        """
        self._patience.waits(unsent, now_s)

    # --- out ---------------------------------------------------------------------------

    def events(self) -> list[Event]:
        """Return what happened since the last call."""
        events = list(self._events)
        self._events.clear()
        return events

    @property
    def more(self) -> bool:
        """Whether `messages` has more to say at once, beyond what one turn holds."""
        return not self.ended and self._telling.more

    def messages(self, now_s: float) -> list[bytes]:
        """Return the messages to send now, in this order."""
        if not self.ended:
            self._out.extend(self._hearing.grafts())
            self._out.extend(self._telling.messages(now_s))
        encoded: list[bytes] = []
        while self._out and not self._silent:
            message = self._out.popleft()
            self._silent = isinstance(message, m.Bye)
            encoded.append(encode_message(message))
        self._out.clear()
        return encoded

    def next_serve(self) -> Serve | m.AskBlob | None:
        """Return the next thing to read for the peer, or None; call when it can be sent.

        What is new goes before what was asked for.
        """
        if (push := self._telling.next_push()) is not None:
            return Serve(0, *push, down=False)
        return self._serving.next()

    def serve(self, serve: Serve, segment: Segment | None) -> None:
        """Send what was read for `serve`; None when it is not held.

        The rest of a longer answer queues up behind other answers.
        """
        if not serve.number and not self._telling.pushed(segment):
            return
        if segment is None:
            self._out.append(m.Done(serve.number))
            return
        self._out.append(m.Entries(serve.number, segment))
        # What it was sent it holds: what comes next can be pushed.
        self._asking.learn(serve.log, segment.first, segment.last)
        if serve.number and self._serving.served(serve, segment):
            self._out.append(m.Done(serve.number))

    def ask_blob(self, blob: bytes, at: int) -> int:
        """Ask the peer for a part of a blob; return the number that its answer will bear."""
        number = self._asking.next_number()
        self._out.append(m.AskBlob(number, blob, at))
        return number

    def send_blob_part(self, ask: m.AskBlob, data: bytes | None) -> None:
        """Send what was read for `ask`; None when it is not held."""
        self._out.append(m.BlobPart(ask.number, data))

    def say(self, message: m.Join | m.Shuffle | m.Relay) -> None:
        """Send what the overlay has for this peer."""
        if not self.ended:
            self._out.append(message)

    def offered(self, log: bytes) -> int:
        """Return the seq up to which the peer says that it holds `log`; 0 if it offers none."""
        return self._telling.known(log)

    def awaited(self) -> Iterator[tuple[bytes, int]]:
        """Yield the logs that this peer is giving or soon will, and up to where it has each."""
        return self._asking.awaited()

    def sizes(self) -> dict[str, int]:
        """Return how many things are kept for this peer, by what they are: all are bounded."""
        return {
            "messages": len(self._out),
            "offers": len(self._asking.offers),
            "questions": self._serving.waiting,
            "awaited": self._hearing.awaited,
            "told": self._telling.waiting,
            "passed": len(self._passed),
        }

    # --- inside ------------------------------------------------------------------------

    def _take_token(self, token: bytes | None) -> None:
        if token is None:
            self._out.extend(self._comparing.begin())
            return
        self._told, self.was_told = token, True
        self._out.extend(self._asking.seek())

    def _tell(self, logs: Iterable[bytes]) -> None:
        """Offer logs in which the peer differs, and have it know of their forks."""
        for log in logs:
            if log in self._replica.held:
                self._telling.offer((log,))
            self._prove((log,))

    def _prove(self, logs: Iterable[bytes]) -> None:
        """Have the peer know that logs fork, of those that are known to."""
        self._events.extend(ProofAsked(log) for log in logs if log in self._replica.forked)

    def _concerns(self, log: bytes) -> bool:
        """Tell whether it matters here that a log forks: anybody can make some and fork them."""
        return log in self._replica.held or self._replica.depth(log, False) > 0

    def _ask(self, now_s: float) -> None:
        if self.ended:
            return
        self._out.extend(self._asking.questions(now_s))
        if self._told is not None and self._asking.settled and not self._hearing.waiting:
            self._events.append(CaughtUp(self._told))
            self._told = None

    def _release(self) -> None:
        """Give up all fetches, so that other sessions may take them over."""
        self._hearing.release()
        self._events.extend(LogReleased(log) for log in self._asking.release())
