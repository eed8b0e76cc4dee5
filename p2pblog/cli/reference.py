"""Write docs/cli.md from the program itself: `python -m p2pblog.cli.reference > docs/cli.md`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from p2pblog.cli.face import FaceCommand
from p2pblog.cli.group import LazyGroup
from p2pblog.cli.root import root

_OPENING = """\
# The command line

*Written by the program itself; to write it again: `make docs`.*

`p2pblog` without a command opens the client; `p2pblog --plain` opens it in plain lines, for screen readers
([settings.md](settings.md)). Everything the client can do, a command can do as
well, and scripts may rely on what stands here.

| | |
|---|---|
| **Home** | `--home DIR`, before or after the command, picks the node; else `P2PBLOG_HOME`, else the usual place of the system. |
| **JSON** | `--json`, before or after the command, prints one JSON document on standard output. Times are milliseconds since 1970, UTC. More fields may stand beside those named here. |
| **Exit status** | 0 done, 1 failed, 2 misused (what was typed cannot be right), 130 interrupted, 141 nobody read on. |
| **Errors** | One line on standard error that says what to do next. |
| **ENTRY, ID** | The beginning of an id, at least 4 characters, as long as only one thing here begins like that. An ID, which is a person's, may also be a name that only one person here (or only one whom you follow) has. |
| **Colour** | On a terminal only, and not when `NO_COLOR` is set. |
| **The node** | A command starts one when none runs, and it ends when it is no longer needed; `p2pblog node` runs one that stays. Where a command that reads has started it, it looks for peers first: until one is linked and nothing more comes in, for 2 seconds at most. `--no-wait`, or `P2PBLOG_NO_WAIT=1`, answers at once. |
| **Completion** | bash: `eval "$(_P2PBLOG_COMPLETE=bash_source p2pblog)"`; also `zsh_source` and `fish_source`. |
"""  # noqa: E501 (rows of a table)


def reference() -> str:
    """Return the whole page."""
    with click.Context(root, info_name="p2pblog") as ctx:
        return "\n".join([_OPENING, *_commands(ctx, root)])


def _commands(ctx: click.Context, group: LazyGroup) -> Iterator[str]:
    for title, names in group.sections.items():
        if group is root:
            yield f"## {title}\n"
        for name in names:
            command = group.get_command(ctx, name)
            if command is None:
                raise LookupError(name)
            with click.Context(command, info_name=name, parent=ctx) as inner:
                if isinstance(command, LazyGroup):
                    yield from _commands(inner, command)
                else:
                    yield from _command(inner, command)


def _command(ctx: click.Context, command: click.Command) -> Iterator[str]:
    pieces = " ".join(command.collect_usage_pieces(ctx)).replace("[OPTIONS]", "[options]")
    yield f"### {ctx.command_path}\n"
    yield f"    {ctx.command_path} {pieces}\n"
    yield "\n\n".join(map(_paragraph, inspect.cleandoc(command.help or "").split("\n\n"))) + "\n"
    shown = [_option(ctx, each) for each in command.params if isinstance(each, click.Option)]
    rows = [row for row in shown if row and not row.startswith(("| `--home", "| `--json"))]
    if rows:
        yield "\n".join(["| Option | |", "|---|---|", *rows]) + "\n"
    if isinstance(command, FaceCommand) and command.shape:
        yield f"JSON: `{command.shape}`\n"
    if isinstance(command, FaceCommand) and command.note:
        yield command.note + "\n"


def _paragraph(text: str) -> str:
    """Return a paragraph of help; what click is told not to wrap stands as it is."""
    if not text.startswith("\b\n"):
        return text
    return "\n".join("    " + line for line in text.splitlines()[1:])


def _option(ctx: click.Context, option: click.Option) -> str:
    record = option.get_help_record(ctx)
    if record is None:
        return ""
    default = "" if option.default in (None, False) or not option.show_default else option.default
    text = f"{option.help} Default: {default}." if default else f"{option.help}"
    return f"| `{record[0]}` | {text}{' Required.' if option.required else ''} |"


if __name__ == "__main__":
    click.echo(reference(), nl=False)
