"""A thread in reading order: every answer below what it answers, older ones first.

Specified in docs/views.md and docs/api.md.  What entries say about their thread may be a
lie: an answer whose parent is in another thread hangs below the first entry, one whose
parent is not here hangs below a placeholder, and no thread is longer than 500 entries.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from p2pblog.content.bodies import Post, Ref
from p2pblog.core.limits import THREAD_ENTRIES_MAX
from p2pblog.core.textform import Kind
from p2pblog.views import lookup
from p2pblog.views.rows import body_of, entries, placeholder
from p2pblog.views.schema import ERASED
from p2pblog.views.snapshot import Snapshot

_ANCESTORS_MAX = THREAD_ENTRIES_MAX // 5


class _Node(NamedTuple):
    """An entry of the thread; n is None where it is not here, order is how siblings stand.

    Of an erased one nobody knows any more what it answered.
    """

    n: int | None
    ref: Ref
    parent: Ref | None
    root: Ref | None
    order: tuple[int, bytes]
    erased: bool = False


def thread(s: Snapshot, text: str) -> dict[str, Any]:
    """Return {entries, focus, next} of the thread that an entry (id or prefix) is in.

    Raises:
        NotFound, Ambiguous, BadTextForm: which entry.
    """
    focus = _node(s, lookup.entry(s, text))
    root = _root(s, focus)
    nodes = {node.ref.id: node for node in (root, *_path(s, focus, root), *_members(s, root))}
    shown = []
    for node, depth in _in_order(s, root, nodes):
        if node.n is None:
            row = placeholder(s, node.ref) | {"depth": depth}
        else:
            row = entries(s, [node.n])[0] | {"depth": depth, "missing": False}
        shown.append(row)
    return {"entries": shown, "focus": s.text(Kind.ENTRY, focus.ref.id), "next": None}


def _node(s: Snapshot, n: int) -> _Node:
    key, seq, entry_id, kind, data, sort_ms = s.conn.execute(
        "SELECT l.key, e.seq, e.id, e.kind, e.body, coalesce(e.sort_ms, e.time_ms)"
        " FROM entries e JOIN logs l ON l.lid = e.lid WHERE e.n = ?",
        (n,),
    ).fetchone()
    body = body_of(kind, data)
    parent = root = None
    if isinstance(body, Post):
        parent, root = body.reply or body.root, body.root or body.reply
    return _Node(n, Ref(key, seq, entry_id), parent, root, (sort_ms, entry_id), kind == ERASED)


def _absent(ref: Ref, order_ms: int) -> _Node:
    return _Node(None, ref, None, None, (order_ms, ref.id))


def _root(s: Snapshot, focus: _Node) -> _Node:
    if focus.root is None:
        return focus
    n = lookup.by_id(s, focus.root.id)
    return _absent(focus.root, 0) if n is None else _node(s, n)


def _path(s: Snapshot, focus: _Node, root: _Node) -> list[_Node]:
    """Return the asked entry and what it answers, which must be there however long the rest is."""
    path = [focus]
    while len(path) < _ANCESTORS_MAX:
        parent = path[-1].parent
        n = None if parent is None else lookup.by_id(s, parent.id)
        if parent is None or n is None or parent.id == root.ref.id:
            break
        above = _node(s, n)
        if above.root is None or above.root.id != root.ref.id:
            break
        path.append(above)
    return path


def _members(s: Snapshot, root: _Node) -> list[_Node]:
    rows = s.conn.execute(
        "SELECT e.n FROM refs r JOIN entries e ON e.root = r.rid"
        " WHERE r.id = ? AND e.place IS NOT NULL"
        " ORDER BY e.place LIMIT ?",
        (root.ref.id, THREAD_ENTRIES_MAX - _ANCESTORS_MAX - 1),
    ).fetchall()
    return [_node(s, n) for (n,) in rows]


def _in_order(s: Snapshot, root: _Node, nodes: dict[bytes, _Node]) -> list[tuple[_Node, int]]:
    """Return all nodes, and placeholders between them, depth first, with their depths."""
    children: dict[bytes, list[_Node]] = {}
    absent: dict[bytes, _Node] = {}
    for node in sorted(nodes.values(), key=lambda node: node.order):
        if node.ref.id == root.ref.id:
            continue
        parent = node.parent.id if node.parent is not None else root.ref.id
        if parent not in nodes:
            n = lookup.by_id(s, parent)
            here = None if n is None else _node(s, n)
            elsewhere = node.parent is None or (here is not None and not here.erased)
            full = len(nodes) + len(absent) >= THREAD_ENTRIES_MAX
            if elsewhere or (full and parent not in absent):
                parent = root.ref.id
            elif parent not in absent and node.parent is not None:
                absent[parent] = here or _absent(node.parent, node.order[0])
                children.setdefault(root.ref.id, []).append(absent[parent])
        children.setdefault(parent, []).append(node)
    ordered: list[tuple[_Node, int]] = []
    seen: set[bytes] = set()
    stack = [(root, 0)]
    while stack:
        node, depth = stack.pop()
        if node.ref.id in seen:
            continue
        seen.add(node.ref.id)
        ordered.append((node, depth))
        below = children.get(node.ref.id, [])
        stack.extend((child, depth + 1) for child in reversed(below))
    return ordered
