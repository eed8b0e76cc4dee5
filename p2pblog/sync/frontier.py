"""What a node holds, summed up so that two nodes find where they differ.

Implements protocol/10-replication.md section 8.  Pure.  Every log is one item; items lie in a
tree over the hexadecimal digits of the log's key, and each node of the tree knows the count
and the sum of the items below it.  A change costs a walk from the root, whatever the number
of logs.

The sum is taken of 2048-bit numbers: whoever chooses entries could make sums of 256 bits
agree where sets do not (Wagner's generalised birthday), and so hide a log between two honest
nodes.  What is sent is cut to 8 bytes under a key that nobody knows before the link is up, so
nothing can be prepared for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from p2pblog.core import limits
from p2pblog.core.encoding import Value, encode
from p2pblog.log.held import Held

DIGITS = "0123456789abcdef"
_NUMBER_DOMAIN = b"p2pblog frontier number v1"
_SUM_DOMAIN = b"p2pblog frontier sum v1"
_ITEM_DOMAIN = b"p2pblog frontier item v1"
_SUM_BYTES = 256
_MASK = (1 << 8 * _SUM_BYTES) - 1
_EMPTY = bytes(limits.FRONTIER_DIGEST_BYTES)

State = tuple[Held | None, int | None]
"""What is held of a log, and the lowest seq at which it is proven to fork."""


class _Node:
    """Items whose keys begin alike; the children are made when there are many."""

    __slots__ = ("children", "count", "logs", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0
        self.logs: dict[bytes, State] = {}
        self.children: dict[str, _Node] | None = None


class Frontier:
    """The items of all logs; `salt` (16 to 64 bytes) is what keys the digests of one link."""

    def __init__(self) -> None:
        self._root = _Node()

    def __len__(self) -> int:
        return self._root.count

    # --- what changes ------------------------------------------------------------------

    def put(self, log: bytes, held: Held | None, forked: int | None = None) -> None:
        """Take in what is held of `log` now; None for both when it is gone."""
        state = None if held is None and forked is None else (held, forked)
        path = [self._root]
        for digit in log.hex():
            children = path[-1].children
            if children is None:
                break
            path.append(children.setdefault(digit, _Node()))
        leaf = path[-1]
        before = leaf.logs.pop(log, None)
        if before == state:
            if state is not None:
                leaf.logs[log] = state
            return
        delta = 0
        if before is not None:
            delta -= number_of(item_of(log, *before))
        if state is not None:
            leaf.logs[log] = state
            delta += number_of(item_of(log, *state))
        grown = (state is not None) - (before is not None)
        for node in path:
            node.count += grown
            node.total = (node.total + delta) & _MASK
        if len(leaf.logs) > limits.FRONTIER_LEAF_LOGS_MAX and len(path) <= len(log) * 2:
            _split(leaf, len(path) - 1)

    def held(self, log: bytes) -> Held | None:
        """Return what was held of `log` when it was put."""
        held, _ = self._find(log.hex())[0].logs.get(log, (None, None))
        return held

    # --- what two nodes compare --------------------------------------------------------

    def count(self, prefix: str) -> int:
        """Return how many logs have keys that begin with these hexadecimal digits."""
        node, exact = self._find(prefix)
        return node.count if exact else sum(1 for _ in _below(node, prefix))

    def logs(self, prefix: str) -> Iterator[bytes]:
        """Yield the logs whose keys begin with these digits."""
        return (log for log, _ in _below(self._find(prefix)[0], prefix))

    def digest(self, prefix: str, salt: bytes) -> bytes:
        """Return the digest (8 bytes) of the items under `prefix`, zeros if there are none."""
        node, exact = self._find(prefix)
        if exact:
            return _sum_digest(node.count, node.total, salt)
        return _digest_of(_below(node, prefix), salt)

    def children(self, prefix: str, salt: bytes) -> list[bytes]:
        """Return the digests of the 16 prefixes that are one digit longer, in their order."""
        node, exact = self._find(prefix)
        if exact and node.children is not None:
            empty = _Node()
            under = [node.children.get(digit, empty) for digit in DIGITS]
            return [_sum_digest(child.count, child.total, salt) for child in under]
        grouped: dict[str, list[tuple[bytes, State]]] = {digit: [] for digit in DIGITS}
        for log, state in _below(node, prefix):
            grouped[log.hex()[len(prefix)]].append((log, state))
        return [_digest_of(items, salt) for items in grouped.values()]

    def items(self, prefix: str, salt: bytes) -> dict[bytes, bytes]:
        """Return the logs under `prefix` by the digests (8 bytes) of their items."""
        return {
            digest_of(item_of(log, *state), salt): log
            for log, state in _below(self._find(prefix)[0], prefix)
        }

    def _find(self, prefix: str) -> tuple[_Node, bool]:
        """Return the node that holds everything under `prefix`, and whether nothing else."""
        node = self._root
        for digit in prefix:
            if node.children is None:
                return node, False
            child = node.children.get(digit)
            if child is None:
                return _Node(), True
            node = child
        return node, True


def item_of(log: bytes, held: Held | None, forked: int | None) -> bytes:
    """Return the item of a log: the canonical bytes of [log, ranges, forked]."""
    ranges: list[Value] = []
    if held is not None:
        newest, older = held.newest, held.older
        ranges = [newest.low, newest.high, newest.high_id]
        if older is not None:
            ranges += [older.low, older.high]
    return encode([log, ranges, forked])


def number_of(item: bytes) -> int:
    """Return the 2048-bit number of an item."""
    parts = (blake2b(_NUMBER_DOMAIN + bytes([part]) + item).digest() for part in range(4))
    return int.from_bytes(b"".join(parts), "little")


def digest_of(item: bytes, salt: bytes) -> bytes:
    """Return the digest (8 bytes) of an item on a link with this salt."""
    size = limits.FRONTIER_DIGEST_BYTES
    return blake2b(_ITEM_DOMAIN + item, key=salt, digest_size=size).digest()


def _split(leaf: _Node, depth: int) -> None:
    leaf.children = {}
    for log, state in leaf.logs.items():
        child = leaf.children.setdefault(log.hex()[depth], _Node())
        child.logs[log] = state
        child.count += 1
        child.total = (child.total + number_of(item_of(log, *state))) & _MASK
    leaf.logs = {}
    for child in leaf.children.values():
        if len(child.logs) > limits.FRONTIER_LEAF_LOGS_MAX and depth + 1 < 2 * limits.KEY_BYTES:
            _split(child, depth + 1)


def _below(node: _Node, prefix: str) -> Iterator[tuple[bytes, State]]:
    if node.children is not None:
        for child in node.children.values():
            yield from _below(child, prefix)
    for log, state in node.logs.items():
        if log.hex().startswith(prefix):
            yield log, state


def _digest_of(items: Iterable[tuple[bytes, State]], salt: bytes) -> bytes:
    count = total = 0
    for log, state in items:
        count += 1
        total += number_of(item_of(log, *state))
    return _sum_digest(count, total & _MASK, salt)


def _sum_digest(count: int, total: int, salt: bytes) -> bytes:
    if not count:
        return _EMPTY
    data = _SUM_DOMAIN + count.to_bytes(8) + total.to_bytes(_SUM_BYTES, "little")
    return blake2b(data, key=salt, digest_size=limits.FRONTIER_DIGEST_BYTES).digest()
