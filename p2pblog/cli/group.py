"""The group of commands: it imports a command's module when that command is called.

So `p2pblog post` does not pay for what `p2pblog demo` needs.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from p2pblog.cli.face import Face


class LazyGroup(click.Group):
    """A group whose commands are named by `sections`: title -> {command: "module:attribute"}."""

    def __init__(
        self, *args: Any, sections: Mapping[str, Mapping[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sections = sections
        self._where = {name: at for part in sections.values() for name, at in part.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order in which help shows them."""
        return list(self._where)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, imported now, or None when there is none of that name."""
        where = self._where.get(cmd_name)
        if where is None:
            return None
        module, attribute = where.split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that `args` begins with; a mistyped one gets a suggestion."""
        name = args[0]
        if not name.startswith("-") and name not in self._where and not ctx.resilient_parsing:
            self._refuse(ctx, name)
        return super().resolve_command(ctx, args)

    def _refuse(self, ctx: click.Context, name: str) -> NoReturn:
        from difflib import get_close_matches

        close = get_close_matches(name, self._where, n=1)
        hint = f", did you mean '{close[0]}'?" if close else ""
        raise click.UsageError(f"there is no command '{name}'{hint}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section."""
        width = max(map(len, self._where))
        for title, names in self.sections.items():
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (name.ljust(width), command.get_short_help_str(90))
                        for name in names
                        if (command := self.get_command(ctx, name)) is not None
                    ]
                )

    def main(self, args: Sequence[str] | None = None, *_: Any, **extra: Any) -> NoReturn:
        """Run as a program does and leave with its exit status."""
        from p2pblog.cli.main import run

        face = extra.get("obj") or Face()
        sys.exit(run(self, sys.argv[1:] if args is None else list(args), face))
