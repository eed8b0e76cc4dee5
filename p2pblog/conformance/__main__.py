"""`python -m p2pblog.conformance [--vectors DIR] -- COMMAND ...`: does COMMAND conform?

Implements protocol/conformance.md section 5.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from p2pblog.conformance.driver import run
from p2pblog.conformance.lines import Broken

VECTORS = Path(__file__).parents[2] / "protocol" / "vectors"
SCHEMA = "schema"  # the file beside the vectors that holds no cases


def main(arguments: list[str] | None = None) -> int:
    """Run the driver; return its exit status, 2 for misuse."""
    parser = argparse.ArgumentParser(
        prog="python -m p2pblog.conformance",
        description="Drive an implementation of the protocol by protocol/conformance.md.",
    )
    parser.add_argument(
        "--vectors", type=Path, default=VECTORS, metavar="DIR", help="the folder of test vectors"
    )
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="what to start, behind --")
    asked = parser.parse_args(arguments)
    vectors = sorted(path for path in asked.vectors.glob("*.json") if path.stem != SCHEMA)
    if not vectors:
        parser.error(f"no vectors in {asked.vectors}; say where they are with --vectors DIR")
    try:
        return asyncio.run(run(asked.command, vectors))
    except Broken as error:
        parser.error(str(error))


if __name__ == "__main__":
    sys.exit(main())
