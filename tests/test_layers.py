"""The layers: imports point down only, and the pure ones touch no clock, socket or chance."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "p2pblog"

# Lowest first.  A layer may import from itself and from every layer in an earlier row.
ROWS = [
    {"core"},
    {"log", "content", "coop", "api"},
    {"sync", "store"},
    {"views", "exchange"},
    {"net", "sim"},
    {"node"},
    {"cli", "tui", "web", "conformance"},
]
# Rows allow more than is meant; these say it exactly.
ONLY = {
    "api": {"core"},
    "sync": {"core", "log", "content", "coop"},
    "net": {"core", "log", "content", "sync"},
    "sim": {"core", "log", "content", "sync", "store"},
    "exchange": {"core", "log", "content", "coop", "store"},
    # Faces know the API only.  The exceptions: text rules to show what peers wrote; files that
    # are read where the face runs; `p2pblog node`, which is the node; and doctor, which must name
    # what is wrong with interfaces while no node runs.
    "tui": {"core", "content", "api"},
    "cli": {"core", "content", "api", "exchange", "tui", "node", "net"},
    # Drives both ends of the protocol: everything below the faces, and no face.
    "conformance": {
        "sim",
        "core",
        "log",
        "content",
        "coop",
        "sync",
        "store",
        "views",
        "exchange",
        "net",
        "node",
    },
}
PURE = ("core", "log", "content", "coop", "sync")
IMPURE = {
    "asyncio", "datetime", "os", "random", "secrets", "select", "socket", "ssl", "subprocess",
    "tempfile", "threading", "time", "uuid", "zeroconf", "plyvel", "sqlite3", "textual",
}  # fmt: skip


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def allowed(name: str) -> set[str]:
    if name in ONLY:
        return ONLY[name] | {name}
    below: set[str] = set()
    for row in ROWS:
        if name in row:
            return below | {name} | row
        below |= row
    raise AssertionError(f"p2pblog/{name} stands in no layer")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    may = allowed(layer(path))
    used = {
        name.split(".")[1]
        for name in imports(path)
        if name.startswith("p2pblog.") and (PACKAGE / name.split(".")[1]).is_dir()
    }
    assert used <= may, f"{path.name} imports {sorted(used - may)}"


@pytest.mark.parametrize(
    "path",
    [path for path in modules() if layer(path) in PURE],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_pure_layers_have_no_clock_no_chance_and_no_sockets(path: Path) -> None:
    used = {name.split(".")[0] for name in imports(path)}
    assert not used & IMPURE, f"{path.name} imports {sorted(used & IMPURE)}"


def test_the_simulator_has_no_clock_but_its_own() -> None:
    for path in modules():
        if layer(path) == "sim" and path.name != "__main__.py":
            used = {name.split(".")[0] for name in imports(path)}
            assert not used & (IMPURE - {"random"}), path.name
            drawn = {name for name in imports(path) if name.startswith("random.")}
            assert drawn <= {"random.Random"}, f"{path.name} draws from no seed"


def test_the_command_line_reaches_into_the_node_in_one_place_only() -> None:
    reaching = {
        path.name
        for path in modules()
        if layer(path) == "cli" and any(name.startswith("p2pblog.node") for name in imports(path))
    }
    assert len(reaching) <= 3, reaching
