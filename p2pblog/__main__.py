"""`python -m p2pblog` and the `p2pblog` on the PATH: hand over to the command line."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command that the arguments name; return the exit status."""
    try:
        from p2pblog.cli.main import main as command_line

        return command_line()
    except KeyboardInterrupt:  # before the command line could see to it itself, or after
        return 130


if __name__ == "__main__":
    sys.exit(main())
