"""Whom a log reaches where only those pass it on who follow it.

A node relays what it wants and nothing else, so the followers of a log have to be linked to each
other.  In a random overlay that is a matter of how many follow, and of how many links there are.
"""

from __future__ import annotations

from random import Random

from p2pblog.sim.overlay import RandomGraph

_LOGS = 40  # that are drawn for one figure


def share_reached(nodes: int, dials: float, followers: float, seed: int) -> float:
    """Return which share of a log's followers hears of it, on average.

    Args:
        nodes: how many there are.
        dials: how many links each has begun on average.
        followers: the share of nodes that follow the log; its author is one of them.
    """
    chance = Random(seed)
    linked: dict[int, list[int]] = {node: [] for node in range(nodes)}
    for one, other in RandomGraph(chance, dials).links(range(nodes)):
        linked[one].append(other)
        linked[other].append(one)
    shares = []
    for _ in range(_LOGS):
        following = set(chance.sample(range(nodes), max(2, round(followers * nodes))))
        author = min(following, key=lambda node: chance.random())
        reached, queue = {author}, [author]
        for node in queue:
            fresh = [other for other in linked[node] if other in following and other not in reached]
            reached.update(fresh)
            queue.extend(fresh)
        shares.append((len(reached) - 1) / (len(following) - 1))
    return sum(shares) / len(shares)
