"""Run the command line and turn whatever happens into an exit status.

The contract that scripts rely on: 0 done, 1 failed, 2 misused, 130 interrupted; an error is
one line on stderr that says what to do next, never a traceback.  What nobody foresaw is
written to a file, and the line names it.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from p2pblog.cli.face import Face
from p2pblog.cli.group import LazyGroup
from p2pblog.core.errors import (
    BadAddress,
    BadRequest,
    BadTextForm,
    DiskFull,
    P2PBlogError,
)

DONE, FAILED, MISUSED, INTERRUPTED, NOBODY_READS = 0, 1, 2, 130, 141
MISUSES = (BadAddress, BadRequest, BadTextForm)
"""What no state of the node could have made right: the words typed are wrong."""

LOG_NAME = "cli.log"
LOG_BYTES_MAX = 256 * 1024


def main() -> int:
    """Run the command line with the arguments of this process; return the exit status."""
    from p2pblog.cli.root import root

    return run(root, sys.argv[1:], Face())


def run(command: LazyGroup, args: Sequence[str], face: Face) -> int:
    """Run `command` with `args`; return the exit status (never raises, but for SystemExit)."""
    _write_what_can_be_written()
    return guard(lambda: _invoke(command, args, face), face)


def guard(work: Callable[[], int], face: Face) -> int:
    """Return the status that `work` returns, or the one that its exception stands for."""
    try:
        status = work()
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "p2pblog"
        return _complain(f"{error.format_message().rstrip('.')}; see: {where} --help", MISUSED)
    except click.ClickException as error:
        return _complain(error.format_message(), FAILED)
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except P2PBlogError as error:
        return _complain(str(error), MISUSED if isinstance(error, MISUSES) else FAILED)
    except BrokenPipeError:
        _close_stdout()
        return NOBODY_READS
    except OSError as error:
        return _os_error(error, face)
    except Exception as error:
        return _complain(_unforeseen(error, face), FAILED)


def _invoke(command: LazyGroup, args: Sequence[str], face: Face) -> int:
    for arg in (*args, os.environ.get("P2PBLOG_HOME", "")):
        if any("\ud800" <= char <= "\udfff" for char in arg):
            raise click.UsageError(
                f"{arg!a} is not valid UTF-8; type it again, or set the terminal to UTF-8"
            )
    if "_P2PBLOG_COMPLETE" in os.environ:  # a shell asks how a line could go on
        click.Group.main(command, list(args), "p2pblog", obj=face)
    try:
        with command.make_context("p2pblog", list(args), obj=face) as ctx:
            status = command.invoke(ctx)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    return status if isinstance(status, int) else DONE


def _complain(message: str, status: int) -> int:
    try:
        click.echo(f"p2pblog: {one_line(message)}", err=True)
    except OSError:
        _close(sys.stderr)
    return status


def one_line(message: str) -> str:
    """Return `message` in one line, without anything that could move a cursor."""
    return "".join(char if char.isprintable() else "?" for char in " ".join(message.split()))


def _os_error(error: OSError, face: Face) -> int:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        _close_stdout()
        return _complain(str(DiskFull()), FAILED)
    if error.filename is None and error.errno is None:
        return _complain(_unforeseen(error, face), FAILED)
    about = f": {error.filename}" if error.filename is not None else ""
    return _complain(f"{error.strerror}{about}; see: p2pblog doctor", FAILED)


def _unforeseen(error: Exception, face: Face) -> str:
    what = f"something went wrong that should not ({type(error).__name__})"
    try:
        return f"{what}; please report it with what stands in {_write_log(error, face)}"
    except OSError:
        return f"{what}: {error}; please report it"


def _write_log(error: Exception, face: Face) -> Path:
    import tempfile
    import time
    import traceback

    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    text = f"{stamp}\n{''.join(traceback.format_exception(error))}\n"
    try:
        path = face.home / LOG_NAME
        too_long = path.exists() and path.stat().st_size > LOG_BYTES_MAX
        with path.open("w" if too_long else "a", encoding="utf-8") as log:
            log.write(text)
    except OSError:  # no home, or one that cannot be written to
        handle, name = tempfile.mkstemp(prefix="p2pblog-", suffix=".log")
        path = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as log:
            log.write(text)
    return path


def _write_what_can_be_written() -> None:
    # A locale without the characters of a text shows "?", it does not fail.
    for stream in (sys.stdout, sys.stderr):
        if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
            reconfigure(errors="replace")


def _close_stdout() -> None:
    _close(sys.stdout)


def _close(stream: Any) -> None:
    # What is still buffered would fail again at exit, with a message that nobody asked for.
    try:
        number = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
    except (OSError, ValueError, AttributeError):
        return
    os.dup2(nowhere, number)
    os.close(nowhere)
