"""Write docs/keys.md and docs/settings.md from the program: `python -m p2pblog.tui.pages docs`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from textual.binding import Binding

from p2pblog.tui.keys import GROUPS, key_names
from p2pblog.tui.settings import SETTINGS, Setting, default_of
from p2pblog.tui.theme_files import COLOURS
from p2pblog.tui.themes import OURS, SAID

_WRITTEN = "*Written by the program itself; to write it again: `make docs`.*"

_KEYS = f"""\
# Keys

{_WRITTEN}

`?` shows these in the client, as they are for you. Each has an id, by which a table `[keys]` in
`client.toml` of the home (see [settings.md](settings.md)) gives it other keys:

    [keys]
    "entry.like" = "L"                # one key
    "list.next" = "j, down, Ctrl+N"   # several
    "entry.follow" = ""               # none

Keys are written as here: one character (`a`, `L`, `?`), or a name (`Enter`, `Esc`, `Space`,
`Tab`, `Backspace`, `Del`, `Ins`, `Home`, `End`, `PgUp`, `PgDn`, `Up`, `Down`, `Left`, `Right`,
`F1` to `F24`, `comma`), with `Ctrl+`, `Alt+` or `Shift+` before it. Terminals do not tell all of
these apart: `Ctrl+I` is `Tab` to most, for example.

A key that you give to one action is taken from the others that would hear it in the same place,
and the client says so at its start; give those their own keys, too, and it says nothing. What
cannot be done (an id that is none, a key that is none, one key for two) is said in a line each;
everything else holds. Whatever has no key is still found by its name: `Ctrl+P`.
"""

_SETTINGS = f"""\
# Settings of the client

{_WRITTEN}

They stand in `client.toml` in the home, a file that you may write or not; those of the node stand
in `config.toml` ([node.md](node.md)). A line that is wrong is left out, its default holds, and
the client says at its start which line that is.

    theme = "p2pblog-paper"
    times = "absolute"

    [keys]
    "entry.like" = "L"

The table `[keys]` is about keys: [keys.md](keys.md).
"""

_COLOURS = """\
## Colours

| Theme | |
|---|---|
{themes}

Those of Textual (`nord`, `gruvbox`, `textual-light` and others) are there as well. `NO_COLOR`,
set to anything, means no colour at all, not even shades of grey, whatever the theme.

A theme of your own is a file in the folder `themes` of the home; it is called what the file is
called. This is `themes/moss.toml`:

    dark = true
    primary = "#8fb573"
    foreground = "#d8dccf"
    background = "#12150f"

`primary`, `foreground` and `background` are needed; `dark` says which way the rest is to be
mixed. Either all are colours such as `"#8fb573"`, or all are the terminal's own such as
`"ansi_green"`. A file that is wrong is left out, and the client says why at its start.

| Colour | For |
|---|---|
{colours}
"""


def keys_page() -> str:
    """Return docs/keys.md."""
    return "\n".join([_KEYS, *_groups()])


def settings_page() -> str:
    """Return docs/settings.md."""
    rows = "\n".join(map(_row, SETTINGS))
    themes = "\n".join(f"| `{theme.name}` | {SAID[theme.name]} |" for theme in OURS)
    colours = "\n".join(f"| `{name}` | {what} |" for name, what in COLOURS.items())
    table = f"| Setting | Default | |\n|---|---|---|\n{rows}\n"
    return "\n".join([_SETTINGS, table, _COLOURS.format(themes=themes, colours=colours)])


def _groups() -> Iterator[str]:
    for title, bindings in GROUPS:
        yield f"## {title}\n"
        yield "| Keys | | Id |\n|---|---|---|"
        for binding in bindings:
            if isinstance(binding, Binding):
                keys = " ".join(f"`{key}`" for key in key_names(binding.key).split(" "))
                yield f"| {keys} | {binding.description} | `{binding.id}` |"
        yield ""


def _row(setting: Setting) -> str:
    default = default_of(setting.name)
    written = str(default).lower() if isinstance(default, bool) else f'"{default}"'
    elsewhere = f" Also: {setting.elsewhere}." if setting.elsewhere else ""
    return f"| `{setting.name}` | `{written}` | {setting.about}{elsewhere} |"


def main() -> int:
    """Write the pages into the folder that the command line names."""
    if len(sys.argv) != 2:
        print("usage: python -m p2pblog.tui.pages FOLDER", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    for name, page in (("keys.md", keys_page()), ("settings.md", settings_page())):
        (folder / name).write_text(page, encoding="utf-8")
        print(folder / name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
