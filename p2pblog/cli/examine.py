"""The command doctor: run every check, one line each, and say what to do."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence

import click

from p2pblog.cli.face import Face, FaceCommand

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(
    cls=FaceCommand,
    shape=(
        '{"checks": [{"name", "state": "ok" | "warn" | "fail", "message", "advice"}], "ok": bool}'
    ),
    note="The exit status is 1 when a check fails.",
)
@click.pass_obj
def doctor(face: Face) -> int:
    """Look for what is wrong, and say what to do about it.

    Looks at the program and its libraries, the terminal, the files of the home, the node, its
    ports and the network interfaces, and prints one line for each.
    """
    from p2pblog.cli.doctor import Check, check_place, check_program, check_screen
    from p2pblog.cli.doctor_node import check_node_of

    place = check_place(face.home)
    usable = all(check.state != "fail" for check in place)
    checks: Sequence[Check] = [
        *check_program(face.now_ms()),
        *check_screen(os.environ),
        *place,
        *check_node_of(face, os.environ, os.getuid(), usable=usable),
    ]
    failed = sum(check.state == "fail" for check in checks)
    document = {"checks": [dataclasses.asdict(check) for check in checks], "ok": not failed}

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import plain

        width = max(len(check.name) for check in checks)
        for check in checks:
            state = face.style(check.state.ljust(4), fg=COLOURS[check.state])
            advice = f". To do: {check.advice}" if check.advice else ""
            yield f"{state}  {check.name.ljust(width)}  {plain(check.message + advice)}"

    face.say(document, lines)
    return 1 if failed else 0
