"""Numbers that are typed after a command, refused in a sentence where they are none."""

from __future__ import annotations

from typing import Any

import click


class Number(click.IntRange):
    """A whole number from `least` on, up to `most` perhaps."""

    name = "number"

    def __init__(self, least: int, most: int | None = None) -> None:
        super().__init__(least, most)
        self._range = f"from {least:,} on" if most is None else f"from {least:,} to {most:,}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number.

        Raises:
            click.BadParameter: it is none, or out of range.
        """
        try:
            return int(super().convert(value, param, ctx))
        except click.BadParameter:
            self.fail(f"write a number {self._range}, not {value!r}", param, ctx)
