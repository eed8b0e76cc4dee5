"""What came of large networks, as a page with plots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from p2pblog.sim.large import BODY_BYTES, Measured, Wave
DIALS=3
from p2pblog.sim.reach import share_reached
from p2pblog.sim.svg import Points, plot

PAYLOADS_AIM = 1.05
TAIL_AIM = 1.3
_CURVE_POINTS = 100
_ALIVE = ("ping", "pong", "told", "hello")  # what is said by the second, not by the entry

_HEAD = """# Live delivery in a simulated network

Written by `make sim-large` from seed {seed}. What the simulator is, [simulator.md](simulator.md)
says: the sessions, the store and the policy are the program's own, the links and the clock are
not.

{nodes:,} nodes and {links:,} links at random: each node has begun {dials:g} on average, each link
has a latency of its own from 5 to 120 ms, and jitter on top of it. {authors} of the nodes write,
and everybody follows all of them. Every author writes {waves} entries of {body} bytes, one a
minute. The first of them finds no tree: it is noted, asked for and sent at every hop. The later
ones go along the tree that this leaves.

Flooding sends an entry over every link, and so finds the fastest way for each anew. It is
computed over the same links, with jitter drawn from the same distribution.

![How long deliveries take](plots/live-latency.svg)
"""
_COSTS = """
The last three columns: ours / flooded, and the ratio. Aims, for the later entries: at most
{payloads} payloads a delivery, and a tail of at most {tail} times flooding.

## What it costs

Bytes on the wire for each delivery of the last entry of each log, encryption and frames included:

| Message | Messages a delivery | Bytes a delivery |
|---|---|---|"""
_GROWTH = """
Signs of life and tokens, which are sent by the second and not by the entry, came to {alive:.0f}
bytes for each end of a link in a minute.

![What nodes send, by the number of their links](plots/live-load.svg)

## Growth

| Nodes | Links a node | 50 % within | 99 % | Payloads a delivery | Bytes of notes and the like |
|---|---|---|---|---|---|"""

_REACH = """
## Whom a log reaches

A node passes on what it wants itself, and nothing else. Where few follow a log, they may not be
linked to each other. The share of a log's followers who hear of it, among {nodes:,} nodes that are
linked at random, by the links of a node and by the share of nodes that follow:

| Links a node | all follow | half | 30 % | 20 % | 10 % | 5 % |
|---|---|---|---|---|---|---|"""
_DIALS = (3, 6, 16, 32)
_FOLLOWERS = (1.0, 0.5, 0.3, 0.2, 0.1, 0.05)


def write_report(measured: Sequence[Measured], folder: Path) -> None:
    """Write live.md and its plots into `folder`.

    Args:
        measured: networks of growing sizes; the last one is looked at closely.
    """
    plots = folder / "plots"
    plots.mkdir(parents=True, exist_ok=True)
    last = measured[-1]
    (plots / "live-latency.svg").write_text(_latency(last), encoding="utf-8")
    (plots / "live-load.svg").write_text(_load(last), encoding="utf-8")
    (folder / "live.md").write_text("\n".join(_page(measured)) + "\n", encoding="utf-8")


def share_of(values: Sequence[float], share: float) -> float:
    """Return the value below which that share of the values lies; 1 gives the largest."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def tail_ratio(wave: Wave, share: float) -> float:
    """Return how much longer delivery takes than flooding, at that share of deliveries."""
    return share_of(wave.delays_s, share) / share_of(wave.flooded_s, share)


def payloads(wave: Wave) -> float:
    """Return how many entries were sent for each that was delivered."""
    return wave.payloads / len(wave.delays_s)


def _page(measured: Sequence[Measured]) -> Iterator[str]:
    last = measured[-1]
    grown = last.waves[-1]
    deliveries = len(grown.delays_s)
    yield _HEAD.format(
        seed=last.seed,
        nodes=last.nodes,
        links=last.links,
        dials=DIALS,
        authors=last.authors,
        waves=len(last.waves),
        body=BODY_BYTES,
    )
    yield "| Entry of each log | Deliveries | Payloads a delivery | 50 % within | 99 % | all |"
    yield "|---|---|---|---|---|---|"
    for number, wave in enumerate(last.waves, 1):
        times = " | ".join(_against(wave, share) for share in (0.5, 0.99, 1.0))
        yield f"| {number} | {len(wave.delays_s):,} | {payloads(wave):.3f} | {times} |"
    yield _COSTS.format(payloads=PAYLOADS_AIM, tail=TAIL_AIM)
    for kind, size in sorted(grown.sent.items(), key=lambda item: -item[1]):
        if kind not in _ALIVE:
            count = grown.messages[kind] / deliveries
            yield f"| {kind} | {count:.2f} | {size / deliveries:.0f} |"
    alive = sum(grown.sent[kind] for kind in _ALIVE) / last.links / 2
    yield _GROWTH.format(alive=alive)
    for one in measured:
        wave = one.waves[-1]
        yield (
            f"| {one.nodes:,} | {2 * one.links / one.nodes:.1f} | {_against(wave, 0.5)} | "
            f"{_against(wave, 0.99)} | {payloads(wave):.3f} | {_control(wave):.0f} |"
        )
    yield _REACH.format(nodes=last.nodes)
    for dials in _DIALS:
        shares = (share_reached(last.nodes, dials, share, last.seed) for share in _FOLLOWERS)
        yield f"| {2 * dials} | " + " | ".join(f"{share:.0%}" for share in shares) + " |"
    yield ""
    kept = ", ".join(f"{size} {what}" for what, size in sorted(last.memory.items()))
    yield f"The most that one session has kept of each kind at any time: {kept}."


def _against(wave: Wave, share: float) -> str:
    ours, flooded = share_of(wave.delays_s, share), share_of(wave.flooded_s, share)
    return f"{ours * 1000:.0f} / {flooded * 1000:.0f} ms, {ours / flooded:.2f}"


def _control(wave: Wave) -> float:
    kinds = [kind for kind in wave.sent if kind not in (*_ALIVE, "segment")]
    return sum(wave.sent[kind] for kind in kinds) / len(wave.delays_s)


def _latency(one: Measured) -> str:
    return plot(
        {
            "first entry of a log": _curve(one.waves[0].delays_s),
            "later entries": _curve(one.waves[-1].delays_s),
            "flooded": _curve(one.waves[-1].flooded_s),
        },
        title="How long deliveries take",
        x_label="ms since it was written",
        y_label="% of nodes have it",
    )


def _curve(delays_s: Sequence[float]) -> Points:
    shares = [number / _CURVE_POINTS for number in range(_CURVE_POINTS + 1)]
    return [(share_of(delays_s, share) * 1000, share * 100) for share in shares]


def _load(one: Measured) -> str:
    points = [(float(degree), size / 1024) for degree, sizes in one.loads.items() for size in sizes]
    return plot(
        {"a node": points},
        title="What nodes send, by the number of their links",
        x_label="links",
        y_label=f"KiB sent for an entry of {one.authors} authors each",
        dots=True,
    )
