"""What came of large networks, as a page with plots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from p2pblog.core import limits
from p2pblog.sim.large import (
    BODY_BYTES,
    GOING,
    HIDDEN,
    INVITES,
    WAVE_MINUTES,
    Measured,
    Repair,
    Wave,
)
from p2pblog.sim.reach import share_reached
from p2pblog.sim.svg import Points, plot

PAYLOADS_AIM = 1.05
TAIL_AIM = 1.3
_CURVE_POINTS = 100
_TREE = ("note", "graft", "prune")  # what is said because of an entry, beside the entry
_ALIVE = ("ping", "pong", "told")  # what is said by the second
_OVERLAY = ("join", "shuffle", "relay")

_HEAD = """# Live delivery in a simulated network

Written by `make sim-large` from seed {seed}. What the simulator is, [simulator.md](simulator.md)
says: the sessions, the overlay, the store and the policy are the program's own, the links and the
clock are not.

{nodes:,} nodes came in one after the other, each by dialling one that was there before and lets in
{invites} at most; the rest of their links is what the overlay has made of that. {hidden:.0%} of
them nobody can dial, and so they are called through others. When the last entry was written there
were {links:,} links. Each has a latency of its own from 5 to 120 ms, and jitter on top of it.
{authors} of the nodes write, and everybody follows all of them. Every author writes {waves} entries
of {body} bytes, one a minute. The first of them finds no tree: it is noted, asked for and sent at
every hop. The later ones go along the tree that this leaves.

Flooding sends an entry over every link, and so finds the fastest way for each anew. It is
computed over the same links, with jitter drawn from the same distribution.

![How long deliveries take](plots/live-latency.svg)
"""
_COSTS = """
The last three columns: ours / flooded, and the ratio. Aims, for the later entries: at most
{payloads} payloads a delivery, and 99 % of the deliveries within {tail} times what flooding takes
for as many. (The very last is one unlucky way among {deliveries:,}.)

## What it costs

Bytes on the wire for each delivery of the last entry of each log, encryption and frames included:

| Message | Messages a delivery | Bytes a delivery |
|---|---|---|"""
_LOAD = """
Signs of life and tokens, which are sent by the second and not by the entry, came to {alive:.0f}
bytes for each end of a link in a minute; what the overlay says came to {overlay:.0f} bytes for
each node.

![What nodes send, by the number of their links](plots/live-load.svg)

| Links | {degrees} |
|---|{rules}|
| Nodes | {counts} |

## Links

A node looks for {active} links, and keeps at most {most}. Up to the last entry {made:.1f} links
were made for each node, in {minutes:.0f} minutes. While all came in, joins and what is relayed
came to {joins:.1f} KiB for each node.

Then {gone} nodes went at once and without a word, {going:.0%} of all, and the authors among the
others wrote once more while that was found out and mended.

| | |
|---|---|
| those that stayed were not all joined for | {parted_s:.0f} s |
| until each of them had {active} links again | {short_s} |
| deliveries among them | {delivered:,} of {expected:,} |
| payloads a delivery | {payloads:.3f} |
| half, 90 %, 99 %, all within | {times} |
"""
_GROWTH = """
## Growth

| Nodes | Links a node | 50 % within | 99 % | Payloads a delivery | Bytes of notes and the like |
|---|---|---|---|---|---|"""

_REACH = """
## Whom a log reaches

A node passes on what it wants itself, and nothing else. Where few follow a log, they may not be
linked to each other. The share of a log's followers who hear of it, among {nodes:,} nodes that are
linked as was drawn by lot, by the links of a node and by the share of nodes that follow:

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
    title = "How often an entry is sent for each node that gets it"
    grown = _by_size(measured, payloads, title, "payloads a delivery")
    (plots / "live-payloads.svg").write_text(grown, encoding="utf-8")
    grown = _by_size(measured, _control, "What notes, grafts and prunes take", "bytes a delivery")
    (plots / "live-control.svg").write_text(grown, encoding="utf-8")
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
        hidden=HIDDEN,
        invites=INVITES,
        authors=last.authors,
        waves=len(last.waves),
        body=BODY_BYTES,
    )
    yield "| Entry of each log | Deliveries | Payloads a delivery | 50 % within | 99 % | all |"
    yield "|---|---|---|---|---|---|"
    for number, wave in enumerate(last.waves, 1):
        times = " | ".join(_against(wave, share) for share in (0.5, 0.99, 1.0))
        yield f"| {number} | {len(wave.delays_s):,} | {payloads(wave):.3f} | {times} |"
    yield _COSTS.format(payloads=PAYLOADS_AIM, tail=TAIL_AIM, deliveries=deliveries)
    for kind, size in sorted(grown.sent.items(), key=lambda item: -item[1]):
        if kind == "segment" or kind in _TREE:
            count = grown.messages[kind] / deliveries
            yield f"| {kind} | {count:.2f} | {size / deliveries:.0f} |"
    degrees = {degree: len(sizes) for degree, sizes in last.loads.items()}
    yield _LOAD.format(
        alive=_sum(grown, _ALIVE) / last.links / 2 / WAVE_MINUTES,
        overlay=_sum(grown, _OVERLAY) / last.nodes / WAVE_MINUTES,
        degrees=" | ".join(map(str, degrees)),
        rules="|".join("---" for _ in degrees),
        counts=" | ".join(map(str, degrees.values())),
        active=limits.ACTIVE_VIEW,
        most=limits.ACTIVE_VIEW_MAX,
        made=last.links_made / last.nodes,
        minutes=last.minutes,
        joins=_sum(last.meeting, ("join", "relay")) / last.nodes / 1024,
        **_mended(last.repair),
    ).rstrip("\n")
    yield _GROWTH
    for one in measured:
        wave = one.waves[-1]
        yield (
            f"| {one.nodes:,} | {2 * one.links / one.nodes:.1f} | {_against(wave, 0.5)} | "
            f"{_against(wave, 0.99)} | {payloads(wave):.3f} | {_control(wave):.0f} |"
        )
    yield ""
    yield "![How often an entry is sent, by the number of nodes](plots/live-payloads.svg)"
    yield ""
    yield "![What is said besides, by the number of nodes](plots/live-control.svg)"
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
    return _sum(wave, _TREE) / len(wave.delays_s)


def _sum(wave: Wave, kinds: Sequence[str]) -> float:
    return sum(wave.sent.get(kind, 0.0) for kind in kinds)


def _mended(repair: Repair) -> dict[str, object]:
    delays_s = repair.wave.delays_s
    times = [f"{share_of(delays_s, share) * 1000:.0f}" for share in (0.5, 0.9, 0.99, 1.0)]
    return {
        "gone": repair.gone,
        "going": GOING,
        "parted_s": repair.parted_s,
        "short_s": f"{repair.short_s:.0f} s",
        "delivered": len(delays_s),
        "expected": repair.expected,
        "payloads": payloads(repair.wave),
        "times": ", ".join(times) + " ms",
    }


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
    shares = {"a quarter sends less": 0.25, "half send less": 0.5, "a quarter sends more": 0.75}
    return plot(
        {
            name: [
                (float(links), share_of(sizes, share) / 1024) for links, sizes in one.loads.items()
            ]
            for name, share in shares.items()
        },
        title="What nodes send, by the number of their links",
        x_label="links",
        y_label=f"KiB sent for an entry of {one.authors} authors each",
    )


def _by_size(
    measured: Sequence[Measured], of: Callable[[Wave], float], title: str, y_label: str
) -> str:
    return plot(
        {
            "first entry of a log": [(one.nodes, of(one.waves[0])) for one in measured],
            "later entries": [(one.nodes, of(one.waves[-1])) for one in measured],
            "once a fifth is gone": [(one.nodes, of(one.repair.wave)) for one in measured],
        },
        title=title,
        x_label="nodes",
        y_label=y_label,
    )
