"""Read the themes that somebody wrote: TOML files in the folder `themes` of the home.

A file that is none, or names a colour that is none, is skipped with one line.  Documented in
docs/settings.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from textual.color import Color, ColorParseError
from textual.theme import Theme

from p2pblog.api.regular import read_regular
from p2pblog.content.text import clean_line
from p2pblog.core.toml import read_toml
from p2pblog.tui.themes import BASE, ansi_variables

FOLDER_NAME: Final = "themes"
COLOURS: Final = {
    "primary": "borders and links",
    "secondary": "what you liked and reposted",
    "accent": "the selected post, and what stands out",
    "warning": "warnings",
    "error": "what failed",
    "success": "what went well",
    "foreground": "text",
    "background": "behind the posts",
    "surface": "behind the selected post, and dialogs",
    "panel": "the lines at the top and the bottom",
    "boost": "what is raised a little",
    "faint": "times, counts and ids",
}
"""The colours that a file may name, and what they are for."""

_NEEDED = ("primary", "foreground", "background")
_FILES_MAX = 50
_BYTES_MAX = 16 * 1024
_NAME_CHARS_MAX = 40


def read_themes(folder: Path, taken: Iterable[str] = ()) -> tuple[list[Theme], list[str]]:
    """Return the themes in `folder`, by name of the file, and a line for each that is skipped.

    Args:
        taken: the names of other themes, which no file can have.
    """
    themes: list[Theme] = []
    troubles: list[str] = []
    names = set(taken)
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except OSError:
        return [], []
    for path in paths[:_FILES_MAX]:
        said = f"{FOLDER_NAME}/{clean_line(path.name[:_NAME_CHARS_MAX])}"
        try:
            theme = read_theme(path)
        except ValueError as error:
            troubles.append(f"{said} is no theme: {clean_line(str(error))}")
            continue
        if theme.name in names:
            troubles.append(f"{said} is left out: there is a theme {theme.name} already")
            continue
        names.add(theme.name)
        themes.append(theme)
    if len(paths) > _FILES_MAX:
        troubles.append(f"{FOLDER_NAME}: only the first {_FILES_MAX} files are read")
    return themes, troubles


def read_theme(path: Path) -> Theme:
    """Return the theme in the file at `path`; it is called what the file is called.

    Raises:
        ValueError: what is wrong with it.
    """
    name = path.stem
    if not name.isprintable() or not 0 < len(name) <= _NAME_CHARS_MAX:
        raise ValueError(f"its name is longer than {_NAME_CHARS_MAX} characters, or odd")
    table = _table(path)
    dark = table.pop("dark", True)
    if not isinstance(dark, bool):
        raise ValueError("dark is true or false")
    for key, value in table.items():
        if key not in COLOURS:
            raise ValueError(
                f"{key[:_NAME_CHARS_MAX]!r} is no colour; there are {', '.join(COLOURS)}"
            )
        _check_colour(key, value)
    for key in _NEEDED:
        if key not in table:
            raise ValueError(f"{key} is missing")
    faint = table.pop("faint", None)
    ansi = all(value.startswith("ansi_") for value in table.values())
    if not ansi and any(value.startswith("ansi_") for value in table.values()):
        raise ValueError("either all of its colours are ansi_..., or none is")
    variables = ansi_variables(dark=dark) if ansi else {}
    variables |= {"faint": faint} if faint else {}
    theme = Theme(name, dark=dark, ansi=ansi, variables=variables, **table)
    try:
        made = theme.to_color_system().generate()
    except Exception as error:  # whatever Textual cannot make colours of
        raise ValueError(f"it cannot be shown ({error})") from error
    # A style sheet that names what is not there ends the program.
    if lacking := BASE[ansi].to_color_system().generate().keys() - made.keys() - {"faint"}:
        raise ValueError(f"it lacks {min(lacking)}")
    return theme


def _table(path: Path) -> dict[str, Any]:
    try:
        raw = read_regular(path, _BYTES_MAX + 1)
    except OSError as error:
        raise ValueError(f"it cannot be read ({error.strerror})") from error
    if len(raw) > _BYTES_MAX:
        raise ValueError(f"it is larger than {_BYTES_MAX} bytes")
    try:
        return read_toml(raw.decode())
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8") from error


def _check_colour(key: str, value: Any) -> None:
    if not isinstance(value, str):
        raise ValueError(f'{key} is a colour in quotes, such as "#7aa2c8"')
    try:
        colour = Color.parse(value)
    except ColorParseError:
        raise ValueError(f"{key}: {value[:_NAME_CHARS_MAX]!r} is no colour") from None
    if colour.auto or (colour.a < 1 and colour.ansi is None):
        raise ValueError(f"{key}: colours are solid here, and {value[:_NAME_CHARS_MAX]!r} is not")
