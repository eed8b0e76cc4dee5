"""Data channels come with a library for video: nothing loads it before somebody wants one."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "p2pblog"
LIBRARIES = {"aiortc", "aioice", "av", "OpenSSL", "dns"}
LOADING = {"p2pblog.net.ice", "p2pblog.net.datachannel", "p2pblog.net.rtc"}

IMPORT_ALL = """
import importlib, sys
for name in sys.stdin.read().split():
    importlib.import_module(name)
print(*(name for name in sys.modules if "." not in name or name.startswith("p2pblog.")))
"""


def modules() -> dict[str, Path]:
    """Return every module of the package by its name."""
    return {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(
            ".__init__"
        ): path
        for path in PACKAGE.rglob("*.py")
        if path.name != "__main__.py"
    }


def imported_at_once(path: Path) -> set[str]:
    """Return what a module imports when it is imported itself; types alone do not count."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_importing_everything_else_imports_none_of_it() -> None:
    others = sorted(modules().keys() - LOADING)
    assert len(others) > 200
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL],
        input="\n".join(others),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert set(others) <= loaded | {"p2pblog"}
    assert not loaded & (LIBRARIES | LOADING)


def test_only_these_modules_name_the_libraries() -> None:
    naming = {
        name
        for name, path in modules().items()
        if {one.split(".")[0] for one in imported_at_once(path)} & LIBRARIES
    }
    assert naming == LOADING


def test_they_do_load_the_library() -> None:
    code = "import sys, p2pblog.net.rtc; sys.exit('av' not in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_client_starts_without_what_only_some_ever_use() -> None:
    code = "import sys, p2pblog.tui.app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    assert not {"jeepney", "pyperclip", "tomlkit"} & set(done.stdout.split())
