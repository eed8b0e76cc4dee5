"""Links: in order, each once, or not at all."""

from __future__ import annotations

from random import Random

import pytest

from p2pblog.core import limits
from p2pblog.sim.clock import Clock
from p2pblog.sim.weather import Weather
from p2pblog.sim.wire import Wire, wire_bytes


class Ear:
    """Takes down what arrives and when."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.heard: list[tuple[float, bytes | None]] = []
        self.drains = 0

    def arrived(self, data: bytes | None) -> None:
        self.heard.append((self.clock.now_s, data))

    def drained(self) -> None:
        self.drains += 1

    @property
    def data(self) -> list[bytes | None]:
        return [data for _, data in self.heard]


class Line:
    """A link with an ear at either end."""

    def __init__(self, weather: Weather, send_buffer_bytes: int = 1 << 20) -> None:
        self.clock = Clock()
        self.wire = Wire(self.clock, Random(1), weather, send_buffer_bytes=send_buffer_bytes)
        self.ears = Ear(self.clock), Ear(self.clock)
        for end, ear in zip(self.wire.ends, self.ears, strict=True):
            end.listener = ear


SLOW = Weather(0.1, 0.05, 1000.0)
NAMES = [bytes([number]) * 10 for number in range(20)]


def test_messages_arrive_in_order_however_their_delays_vary() -> None:
    line = Line(Weather(0.01, 1.0, 1e9))
    line.wire.ends[0].send(*NAMES)
    line.clock.run(100.0)
    assert line.ears[1].data == NAMES
    assert line.ears[0].data == []


def test_what_is_large_takes_its_time_and_nothing_comes_before_the_latency() -> None:
    line = Line(SLOW)
    line.wire.ends[0].send(bytes(5000))
    line.clock.run(100.0)
    ((when_s, _),) = line.ears[1].heard
    assert when_s >= 0.1 + wire_bytes(5000) / 1000.0


def test_the_end_comes_behind_what_was_said_and_nothing_after_it() -> None:
    line = Line(SLOW)
    line.wire.ends[0].send(b"one")
    line.wire.ends[0].close()
    line.wire.ends[0].send(b"two")
    line.wire.ends[1].send(b"three")
    line.clock.run(100.0)
    assert line.ears[1].data == [b"one", None]
    assert line.ears[0].data == []  # it has closed, and listens no more


def test_a_break_loses_what_is_under_way_and_both_ends_hear_of_it() -> None:
    line = Line(SLOW)
    line.wire.ends[0].send(b"lost")
    line.wire.cut()
    line.clock.run(100.0)
    assert line.ears[0].data == line.ears[1].data == [None]
    assert line.wire.over


def test_a_dead_line_holds_everything_up_and_nothing_overtakes() -> None:
    line = Line(Weather(0.01, 0.2, 1e9))
    line.wire.ends[0].send(*NAMES[:5])
    line.wire.stall(stalled=True)
    line.clock.run(5.0)
    line.wire.ends[0].send(*NAMES[5:10])
    line.clock.run(5.05)
    assert line.ears[1].heard == []
    line.wire.stall(stalled=False)
    line.wire.ends[0].send(*NAMES[10:])
    line.clock.run(100.0)
    assert line.ears[1].data == NAMES


def test_who_vanishes_hears_nothing_and_nobody_is_told() -> None:
    line = Line(SLOW)
    line.wire.ends[1].send(b"last words that are under way")
    line.wire.vanish(line.wire.ends[0])
    line.clock.run(100.0)
    assert line.ears[0].heard == line.ears[1].heard == []


@pytest.mark.parametrize("extra", [0, 1])
def test_a_link_is_full_until_the_other_end_reads(extra: int) -> None:
    line = Line(SLOW, send_buffer_bytes=1000)
    sender, receiver = line.wire.ends
    size = limits.RECEIVE_BUFFER_BYTES_MAX + 1000 - 1 + extra
    message = bytes(size - wire_bytes(0) * (wire_bytes(size) > size))
    while wire_bytes(len(message)) > size:
        message = message[:-1]
    sender.send(message)
    assert sender.unsent() == (1000 if extra else 0)
    receiver.taken(message)
    assert line.ears[0].drains == extra
    assert sender.unsent() == 0
