"""Run the benchmarks: `make bench`, `make bench ONLY=cold-sync`, `make bench OUT=FILE`.

Prints one table; writes one JSON document with --out.  Aims that are missed fail nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from p2pblog import __version__
from tests.benchmarks.figures import document, summarise, table

BENCHMARKS = {
    "validate-store": "validate_store",
    "link": "links",
    "webrtc": "channels",
    "cold-sync": "cold_sync",
    "first-100": "first_entries",
    "compare": "comparing",
    "reconnect": "reconnect",
    "live": "live",
    "import": "imports",
    "start": "starting",
    "views": "views",
    "keys": "keys",
    "client": "client",
}
"""The module of each benchmark: its `measure()` yields a list of figures for each run."""


def main() -> int:
    """Measure what was asked for, or everything; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=BENCHMARKS, metavar="NAME")
    parser.add_argument("--out", type=Path, metavar="FILE")
    asked = parser.parse_args()
    found: dict[str, Any] = {}
    for name in asked.only or BENCHMARKS:
        module = import_module(f"tests.benchmarks.{BENCHMARKS[name]}")
        begin_s = time.perf_counter()
        summaries = summarise(module.measure())
        took_s, load = time.perf_counter() - begin_s, os.getloadavg()[0]
        title = f"{name} ({took_s:.0f} s, load {load:.1f} on {os.cpu_count()} cores)"
        print(table(title, summaries), flush=True)
        figures = [document(each) for each in summaries]
        found[name] = {"took_s": round(took_s, 1), "load": round(load, 2), "figures": figures}
    if asked.out is not None:
        machine = {
            "python": platform.python_version(),
            "system": platform.platform(),
            "cores": os.cpu_count(),
        }
        written = {"version": __version__, "machine": machine, "benchmarks": found}
        asked.out.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
