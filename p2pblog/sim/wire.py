"""A link between two nodes: an ordered reliable stream each way, which can break.

What TCP and the encryption inside it do for the messages of a session: whole, in order, each
once, or the link ends.  Nothing can be altered or repeated on the way (Noise refuses it), so
nothing here does.
"""

from __future__ import annotations

from collections import deque
from random import Random
from typing import Protocol

from p2pblog.core import limits
from p2pblog.sim.clock import Clock
from p2pblog.sim.weather import Weather
from p2pblog.sync.noise import TAG_BYTES

_FRAME_BYTES = 2 + 1 + TAG_BYTES  # length, flag and tag of every packet
_SALT_BYTES = 64
_FRAGMENT_BYTES_MAX = limits.PACKET_BYTES_MAX - 1 - TAG_BYTES


class Listener(Protocol):
    """Whoever holds one end of a link; `None` is the end of what the other end said."""

    def arrived(self, data: bytes | None) -> None: ...

    def drained(self) -> None: ...


class Socket:
    """One end of a link; made by `Wire`."""

    def __init__(self, wire: Wire, weather: Weather) -> None:
        self.wire = wire
        self.weather = weather
        self.other = self  # set by Wire
        self.listener: Listener | None = None
        self.closed = False
        self.unread_bytes = 0
        """Bytes that were sent and that the other end has not taken."""
        self._waits = False  # for room
        self._flying: deque[bytes | None] = deque()
        self._free_s = 0.0  # when the line has sent what it was given
        self._last_s = 0.0  # when what was sent last arrives
        self._held_up = 0  # of what flies: would have arrived, had the line not been dead

    def send(self, *messages: bytes) -> None:
        """Send messages; on a link that ended, do nothing."""
        if not self.closed:
            for message in messages:
                self._post(message, wire_bytes(len(message)))

    def close(self) -> None:
        """End the link; what was sent goes out before."""
        if not self.closed:
            self.closed = True
            self._post(None, _FRAME_BYTES)

    def taken(self, data: bytes) -> None:
        """Hear that this end's node has taken a message that had arrived."""
        sender = self.other
        sender.unread_bytes -= wire_bytes(len(data))
        if sender._waits and not sender.unsent() and sender.listener is not None:
            sender.listener.drained()

    def unsent(self) -> int:
        """Return how many bytes are in the way of more, 0 if the link takes more.

        If there are any, `Listener.drained` comes later.
        """
        buffered = self.unread_bytes - limits.RECEIVE_BUFFER_BYTES_MAX
        self._waits = buffered >= self.wire.send_buffer_bytes
        return buffered if self._waits else 0

    def _post(self, data: bytes | None, size: int) -> None:
        wire = self.wire
        self._free_s = max(self._free_s, wire.clock.now_s) + size / self.weather.bytes_per_s
        arrives_s = self._free_s + self.weather.delay_s(wire.chance)
        self._last_s = max(self._last_s, arrives_s)
        self.unread_bytes += size
        self._flying.append(data)
        wire.clock.at(self._last_s, self._land)

    def _land(self) -> None:
        if self.wire.stalled:
            self._held_up += 1
        elif self._flying:
            data = self._flying.popleft()
            receiver = self.other
            if receiver.listener is not None and not receiver.closed:
                receiver.listener.arrived(data)

    def _catch_up(self) -> None:
        # In the order in which it was sent: what comes later lands behind it.
        for _ in range(self._held_up):
            self._last_s = max(
                self._last_s, self.wire.clock.now_s + self.weather.delay_s(self.wire.chance)
            )
            self.wire.clock.at(self._last_s, self._land)
        self._held_up = 0

    def _break(self) -> None:
        self._flying.clear()
        was_closed, self.closed = self.closed, True
        if not was_closed and self.listener is not None:
            self.listener.arrived(None)


class Wire:
    """A link: two sockets, and what happens to both."""

    def __init__(
        self, clock: Clock, chance: Random, weather: Weather, *, send_buffer_bytes: int
    ) -> None:
        self.clock = clock
        self.chance = chance
        self.send_buffer_bytes = send_buffer_bytes
        self.salt = chance.randbytes(_SALT_BYTES)
        """What both ends know of this link, and nobody else."""
        self.stalled = False
        """Nothing comes through at present, and nobody is told."""
        self.ends = Socket(self, weather), Socket(self, weather)
        self.ends[0].other, self.ends[1].other = self.ends[1], self.ends[0]

    @property
    def over(self) -> bool:
        """Whether both ends have closed it."""
        return all(end.closed for end in self.ends)

    def stall(self, *, stalled: bool) -> None:
        """Hold up everything from now on, or let it through again."""
        if self.stalled and not stalled:
            self.stalled = False
            for end in self.ends:
                end._catch_up()
        self.stalled = stalled

    def cut(self) -> None:
        """Break the link: both ends hear of it, and what was under way is lost."""
        for end in self.ends:
            end._break()

    def vanish(self, dead: Socket) -> None:
        """Have one end be gone without a word: the other one hears nothing any more."""
        dead.closed = True
        dead.listener = None
        dead._flying.clear()


def wire_bytes(size: int) -> int:
    """Return how many bytes a message of `size` bytes is on the wire."""
    packets = -(-size // _FRAGMENT_BYTES_MAX)
    return size + _FRAME_BYTES * max(1, packets)
