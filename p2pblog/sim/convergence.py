"""What must hold once the faults are over and all is quiet.

Every honest node has exactly what it wants, as far as an honest way leads there; nobody could
still learn something from a neighbour; and whoever could know of a fork knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from p2pblog.log.held import Held, Range
from p2pblog.sim.node import Node
from p2pblog.sync.planning import Latest, Span, next_ask
from p2pblog.sync.telling import offer_of


def unsettled(nodes: Sequence[Node], links: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Yield what is not as it should be.

    Args:
        nodes: the honest ones.
        links: the addresses of honest nodes that are to be linked to each other.
    """
    world = _World(nodes, links)
    for node in nodes:
        missing = [other for other in world.linked[node.address] if not _is_linked(node, other)]
        if missing:
            yield f"node {node.address} has no link with {missing[0].address}"
    for log in sorted({log for node in nodes for log in (*node.store.logs, *node.store.forked)}):
        for part in world.parts([node for node in nodes if _concerns(node, log)]):
            yield from _unknown_forks(world, part, log)
        wanting = [node for node in nodes if log in node.wanted()]
        for part in world.parts(wanting):
            if not any(log in node.store.forked for node in part):
                yield from _incomplete(part, log)
    for node in nodes:
        yield from _spent(node)
    for one, other in links:
        for learner, teacher in ((one, other), (other, one)):
            yield from _unlearnt(world.nodes[learner], world.nodes[teacher])


class _World:
    def __init__(self, nodes: Sequence[Node], links: Sequence[tuple[int, int]]) -> None:
        self.nodes = {node.address: node for node in nodes}
        self.linked: dict[int, list[Node]] = {node.address: [] for node in nodes}
        for one, other in links:
            self.linked[one].append(self.nodes[other])
            self.linked[other].append(self.nodes[one])

    def parts(self, nodes: Sequence[Node]) -> Iterator[list[Node]]:
        """Yield the groups of `nodes` that are joined by links among them."""
        left = {node.address: node for node in nodes}
        while left:
            part = [left.pop(next(iter(left)))]
            for node in part:
                near = [other.address for other in self.linked[node.address]]
                part.extend(left.pop(address) for address in near if address in left)
            yield part


def _spent(node: Node) -> Iterator[str]:
    """Yield that a node still holds something back, or holds more than it is to."""
    if node.policy.due_s() < float("inf"):
        yield f"node {node.address} waits for a quota"
    for log in node.store.logs:
        if surplus := node.policy.surplus(log):
            yield f"node {node.address} holds entries of {_name(log)} below {surplus}"


def _is_linked(node: Node, other: Node) -> bool:
    return other.device in node.peers


def _unknown_forks(world: _World, part: list[Node], log: bytes) -> Iterator[str]:
    known = [node.store.forked[log] for node in part if log in node.store.forked]
    if known:
        for node in part:
            if node.store.forked.get(log) != min(known):
                seen = f"{node.store.forked.get(log)} and not at {min(known)}"
                yield f"node {node.address} knows that {_name(log)} forks at {seen}"
        return
    # Nobody knows: then nobody may have asked for more, and had it not fit.
    for node in part:
        for other in world.linked[node.address]:
            if _would_ask(node, other, log) and _disagree(node, other, log):
                yield f"nodes {node.address} and {other.address} do not see that {_name(log)} forks"


def _concerns(node: Node, log: bytes) -> bool:
    """Tell whether a node takes and passes on the proof that a log forks."""
    return log in node.store.logs or log in node.wanted()


def _would_ask(node: Node, other: Node, log: bytes) -> bool:
    """Tell whether a node wants a log of which its neighbour holds more.

    Of two ends of one length neither says which they are, until one of them grows.
    """
    peer, theirs = node.peers.get(other.device), other.store.logs.get(log)
    if peer is None or theirs is None:
        return False
    wanted = node.policy.depth(log, peer.socket.weather.near) > 0
    return wanted and node.end.replica.high(log) < theirs.newest.high


def _disagree(one: Node, other: Node, log: bytes) -> bool:
    mine, theirs = one.store.logs.get(log), other.store.logs[log]
    if mine is None:
        return False
    seq = min(mine.newest.high, theirs.newest.high)
    if not (mine.holds(seq) and theirs.holds(seq)):
        return False
    return one.store.entry(log, seq).id != other.store.entry(log, seq).id


def _incomplete(part: list[Node], log: bytes) -> Iterator[str]:
    held = [node.store.logs.get(log) for node in part]
    ranges = sorted(range_ for one in held if one is not None for range_ in one.ranges)
    if not ranges:
        return
    top = max(range_.high for range_ in ranges)
    whole = _covers(ranges, top)
    for node, one in zip(part, held, strict=True):
        if one is None or one.newest.high != top:
            yield f"node {node.address} has {_words(one)} of {_name(log)}, others up to {top}"
        elif whole and one.newest.low != 1:
            yield f"node {node.address} has {_words(one)} of {_name(log)}, which is here whole"
        else:
            yield from _bodiless(part, node, log)


def _bodiless(part: list[Node], node: Node, log: bytes) -> Iterator[str]:
    for seq in sorted(node.store.bare.get(log, ())):
        for other in part:
            has = other.end.replica.held.get(log)
            if has and has.holds(seq) and seq not in other.store.bare.get(log, ()):
                has_it = f"{other.address} has it"
                yield f"node {node.address} lacks body {seq} of {_name(log)}, {has_it}"
                return


def _covers(ranges: list[Range], top: int) -> bool:
    reached = 0
    for range_ in ranges:
        if range_.low <= reached + 1:
            reached = max(reached, range_.high)
    return reached == top


def _unlearnt(node: Node, teacher: Node) -> Iterator[str]:
    """Yield what a node would ask its neighbour for, if it knew what that one holds."""
    peer = node.peers.get(teacher.device)
    if peer is None:
        return
    for log, held in teacher.store.logs.items():
        if log in node.store.forked:
            continue
        lacking = teacher.store.bare.get(log, frozenset())
        bare = [seq for seq in node.store.bare.get(log, ()) if seq not in lacking]
        depth = node.policy.depth(log, peer.socket.weather.near)
        ask = next_ask(node.store.logs.get(log), offer_of(log, held), depth, bare)
        if ask is not None and (isinstance(ask, Latest) or not _is_one_end(ask, held)):
            yield f"node {node.address} should ask {teacher.address} for {ask} of {_name(log)}"


def _is_one_end(ask: Span, held: Held) -> bool:
    """Tell whether a question is for an entry that both have last, each another."""
    return not ask.down and ask.low == ask.high == held.newest.high


def _words(held: Held | None) -> str:
    if held is None:
        return "nothing"
    return " and ".join(f"{range_.low} to {range_.high}" for range_ in held.ranges)


def _name(log: bytes) -> str:
    return log[:3].hex()
