"""Virtual time: in order, at once, and only once."""

from __future__ import annotations

from p2pblog.sim.clock import Clock


def test_things_happen_in_the_order_of_their_times_and_then_of_asking() -> None:
    clock, happened = Clock(), list[tuple[str, float]]()
    for name, when_s in (("c", 2.0), ("a", 1.0), ("b", 1.0)):
        clock.at(when_s, lambda name=name: happened.append((name, clock.now_s)))  # type: ignore[misc]
    clock.run(1.5)
    assert happened == [("a", 1.0), ("b", 1.0)]
    assert clock.now_s == 1.5
    clock.run(9.0)
    assert happened[2:] == [("c", 2.0)]
    assert (clock.now_s, clock.steps) == (9.0, 3)


def test_what_was_cancelled_does_not_happen_and_the_past_is_now() -> None:
    clock, happened = Clock(), list[float]()
    clock.after(1.0, lambda: happened.append(clock.now_s)).cancel()
    clock.after(2.0, lambda: clock.at(0.5, lambda: happened.append(clock.now_s)))
    clock.run(5.0)
    assert happened == [2.0]
