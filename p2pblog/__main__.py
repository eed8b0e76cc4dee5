"""`python -m p2pblog` and the `p2pblog` on the PATH: hand over to the command line."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command that the arguments name; return the exit status."""
    from p2pblog.cli.main import main as command_line

    return command_line()


if __name__ == "__main__":
    sys.exit(main())
