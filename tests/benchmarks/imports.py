"""What imports take, without the interpreter's own start.

Whole processes, one of each kind a round, so that what else the machine does meanwhile falls on
all alike.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figures import Figure, timed

RUNS = 15
IMPORTS = {
    "p2pblog": "p2pblog",
    "the command line": "p2pblog.cli.main, p2pblog.cli.root, p2pblog.cli.writing",
    "the command line, and its end of the local API": (
        "p2pblog.cli.main, p2pblog.cli.root, p2pblog.api.client"
    ),
    "the node": "p2pblog.node.main, p2pblog.node.service",
    "the client": "p2pblog.tui.app",
}
_IMPORT_MS_MAX = 60


def measure() -> Iterator[list[Figure]]:
    """Yield the figures of a run."""
    with tempfile.TemporaryDirectory() as folder:
        # An installed program has its bytecode beside it; a checkout perhaps has not.
        env = os.environ | {"PYTHONPYCACHEPREFIX": str(Path(folder, "bytecode"))}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        for number in range(RUNS + 1):
            alone_s = timed(_python, "pass", env)
            took_s = {name: timed(_python, f"import {what}", env) for name, what in IMPORTS.items()}
            if number:  # the first one fills the cache of bytecode
                yield [
                    Figure(
                        f"importing {name}",
                        (one_s - alone_s) * 1e3,
                        "ms",
                        at_most=_IMPORT_MS_MAX if name == "p2pblog" else None,
                    )
                    for name, one_s in took_s.items()
                ]


def _python(code: str, env: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
