"""What must hold at every moment, whatever the network and the liars do.

Each is looked at where something has just changed, so that a run of thousands of steps costs
little more than without.  What must hold once all is quiet again stands in convergence.py.
"""

from __future__ import annotations

from collections.abc import Callable

from p2pblog.core import limits
from p2pblog.core.errors import PeerTimeout, ProtocolError
from p2pblog.log.entry import Entry
from p2pblog.log.segment import Segment
from p2pblog.sim.joined import far_links
from p2pblog.sim.node import Node
from p2pblog.sim.peer import Peer
from p2pblog.sim.rations import Rations
from p2pblog.sim.truth import Truth
from p2pblog.sim.violation import Violation
from p2pblog.store.verify import Report, verify_logs

_TOLD_LONG_AGO_S = 15.0  # what a peer has held for so long it has told
_TURN_BYTES_MAX = 4 * limits.MESSAGE_BYTES_MAX  # that a session says before it looks at the link


class Checks:
    """Looks at what nodes do; see `node.Watcher`."""

    def __init__(self, truth: Truth, happened: Callable[[str], None]) -> None:
        self.truth = truth
        self.changed_s = 0.0
        """When anything was last stored."""
        self.troubled: set[int] = set()
        """Nodes that are slow, or whose links are: they may be given up as dead."""
        self._happened = happened
        self._stored_s: dict[tuple[int, bytes], float] = {}  # when a node last stored of a log
        self._rations = Rations()
        self._reached: dict[int, int] = {}  # by address: how far its own log has come

    # --- `node.Watcher` ----------------------------------------------------------------

    def wrote(self, node: Node, entries: list[Entry]) -> None:
        """Check that a log does not fork under an honest writer who could know better."""
        self.changed_s = node.network.clock.now_s
        self._reached[node.address] = entries[-1].seq
        if self.truth.wrote(entries):
            self._happened(f"node {node.address} forks its log at {entries[0].seq}")
            self._check_fork(node, entries[0].seq)

    def admitted(self, node: Node, segment: Segment) -> None:
        """Check that there is room for what will be stored."""
        self._rations.admitted(node, segment)

    def stored(self, node: Node, segment: Segment, new: int) -> None:
        """Check that what was stored is what its author has made."""
        self.changed_s = self._stored_s[node.address, segment.log] = node.network.clock.now_s
        for entry in node.store.read(segment.log, segment.first, segment.last):
            if not self.truth.is_true(entry):
                raise Violation(f"node {node.address} stored a forged entry {entry.seq}")
        self._rations.stored(node, segment, new)

    def linked(self, node: Node, peer: Peer) -> None:
        """Check that the overlay keeps few links, and knows which."""
        if node.meeting is None or node.mischief is not None:
            return
        overlay, far = node.meeting.overlay, far_links(node)
        if far > limits.ACTIVE_VIEW_MAX or len(overlay.passive) > limits.PASSIVE_VIEW_MAX:
            raise Violation(f"node {node.address} has {far} links, knows {len(overlay.passive)}")
        if set(overlay.active) != node.peers.keys():
            raise Violation(f"the overlay of node {node.address} does not know its links")

    def said(self, node: Node, peer: Peer, messages: list[bytes], sent: list[bytes]) -> None:
        """Check that no session keeps more than it may."""
        if node.mischief is None:
            self._check_sizes(node, peer)

    def refused(self, node: Node, peer: Peer, error: ProtocolError) -> None:
        """Check that two honest nodes do not part over a mistake."""
        self._happened(f"node {node.address} lets {peer.address} go: {error}")
        other = node.network.sites[peer.address]
        if not isinstance(other, Node) or node.mischief or other.mischief:
            return
        excused = isinstance(error, PeerTimeout) and (
            {node.address, other.address} & self.troubled or not other.has_link(peer.socket.wire)
        )
        if not excused:
            raise Violation(f"honest nodes part: {node.address} and {peer.address}: {error}")

    # --- others ------------------------------------------------------------------------

    def restored(self, node: Node) -> None:
        """Hear that a node's disk was put back to what it was: it may have lost what it wrote."""
        self._reached.pop(node.address, None)

    def wishes_changed(self, node: Node) -> None:
        """Hear that a node wants other logs than before, each perhaps by another rule."""
        self._rations.begin(node)

    def came_back(self, node: Node) -> None:
        """Check what a node finds on its disk after it was off."""
        self._rations.begin(node)
        report = Report()
        for _ in verify_logs(node.store, list(node.store.logs), report):
            pass
        if report.errors:
            raise Violation(f"node {node.address} finds damage: {report.errors[0]}")
        if node.end.replica.high(node.device) < self._reached.get(node.address, 0):
            raise Violation(f"node {node.address} has lost an entry that it had confirmed")

    def _check_fork(self, node: Node, seq: int) -> None:
        if not node.heeds or node.mischief is not None:
            return
        long_ago_s = node.network.clock.now_s - _TOLD_LONG_AGO_S
        for peer in node.peers.values():
            other = node.network.sites[peer.address]
            if not isinstance(other, Node) or other.mischief is not None:
                continue
            since_s = max(peer.since_s, self._stored_s.get((other.address, node.device), 0.0))
            could_tell = since_s < long_ago_s and not (
                {node.address, other.address} & self.troubled
            )
            if could_tell and other.on and other.end.replica.high(node.device) >= seq:
                raise Violation(f"node {node.address} forked, and {other.address} knew better")

    def _check_sizes(self, node: Node, peer: Peer) -> None:
        sizes = peer.session.sizes()
        logs = len(node.store.logs) + len(node.wanted()) + len(node.second())
        if peer.socket.weather.near:
            logs = limits.REMOTE_LOGS_MAX  # strangers' logs are welcome there
        most = {
            "messages": limits.ANSWERS_QUEUED_MAX + logs,
            "offers": logs,
            # The rest of an answer that is being read queues up again.
            "questions": limits.WANTS_QUEUED_MAX + 1,
            "awaited": min(limits.NOTES_WAITING_MAX, logs),
            "passed": limits.PROOFS_PASSED_MAX,
            "told": 3 * len(node.store.logs) + len(node.store.forked),
        }
        for what, size in sizes.items():
            if size > most[what]:
                raise Violation(f"node {node.address} keeps {size} {what} for {peer.address}")
        unread = peer.socket.unread_bytes
        if unread > peer.socket.wire.send_buffer_bytes + _TURN_BYTES_MAX:
            raise Violation(f"node {node.address} has {unread} bytes unsent for {peer.address}")
