"""What must hold of the overlay once the faults are over: all are joined, and both ends know it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from p2pblog.core import limits
from p2pblog.sim.node import Node
from p2pblog.sim.peer import Peer

STANDS_AFTER_S = 30.0  # what both ends have to say to each other they have said by then
_UP_AFTER_S = 2.0  # what the last trip of a handshake takes at most


def standing(nodes: Sequence[Node]) -> list[tuple[int, int]]:
    """Return the addresses of nodes that have been linked to each other for a while."""
    return [
        (node.address, peer.address)
        for node, peer, back in _pairs(nodes)
        if back is not None and peer.initiator and _age_s(peer) >= STANDS_AFTER_S
    ]


def unjoined(nodes: Sequence[Node]) -> Iterator[str]:
    """Yield what is wrong with the links of nodes that take part in the overlay."""
    joined = {node.address: {node.address} for node in nodes}
    for node, peer, back in _pairs(nodes):
        if back is not None:
            together = joined[node.address] | joined[peer.address]
            joined.update(dict.fromkeys(together, together))
        elif _age_s(peer) >= _UP_AFTER_S:
            yield f"node {node.address} has a link with {peer.address}, which has none with it"
    if nodes and len(joined[nodes[0].address]) < len(nodes):
        apart = sorted(joined.keys() - joined[nodes[0].address])
        yield f"nodes {apart} are not joined with {nodes[0].address}"
    for node in nodes:
        if (far := far_links(node)) > limits.ACTIVE_VIEW_MAX:
            yield f"node {node.address} has {far} links beyond its house"


def far_links(node: Node) -> int:
    """Return how many links a node has with others than those of its house."""
    return sum(not peer.socket.weather.near for peer in node.peers.values())


def _pairs(nodes: Sequence[Node]) -> Iterator[tuple[Node, Peer, Peer | None]]:
    """Yield each node and its peer among the nodes, and the other end of that very link."""
    by_address = {node.address: node for node in nodes}
    for node in nodes:
        for peer in node.peers.values():
            if (other := by_address.get(peer.address)) is not None:
                ends = other.peers.values()
                wire = peer.socket.wire
                yield node, peer, next((end for end in ends if end.socket.wire is wire), None)


def _age_s(peer: Peer) -> float:
    return peer.node.clock.now_s - peer.since_s
