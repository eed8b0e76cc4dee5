"""Decide how the client looks and behaves: command line over environment over `client.toml`.

Documented in docs/settings.md, which is made from the table in here.  The file is one of a face's
own, apart from the node's config.toml: a node must not fail to start over a colour, and a client
must not fail at all.  So whatever is wrong here keeps its default, and one line says what and
where.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from p2pblog.api.regular import read_regular
from p2pblog.content.text import clean_line, is_language
from p2pblog.core.limits import CONFIG_BYTES_MAX
from p2pblog.core.toml import read_toml

CLIENT_NAME: Final = "client.toml"
KEYS_TABLE: Final = "keys"
PLAIN_VARIABLE: Final = "P2PBLOG_PLAIN"
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"", "0", "false", "no", "off"})
_TEXT_CHARS_MAX = 400
_SHOWN_CHARS = 40


@dataclass(frozen=True, slots=True)
class Settings:
    """What the person chose; the defaults are what they get who chose nothing."""

    theme: str = "p2pblog-dark"
    plain: bool = False
    mouse: bool = True
    times: str = "relative"
    alerts: str = "bell"
    column: str = "wide"
    opener: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as people read of it.

    Fields:
        about: what it does, in a sentence or two.
        choices: the texts it may be, or empty for any.
        check: returns what is wrong with a text, or "".
        elsewhere: where else it can be said; that comes first.
    """

    name: str
    about: str
    choices: tuple[str, ...] = ()
    check: Callable[[str], str] = field(default=lambda text: "")
    elsewhere: str = ""


def _wrong_with_command(text: str) -> str:
    try:
        shlex.split(text)
    except ValueError as error:
        return f"it is no command ({error})"
    return ""


def _wrong_with_language(text: str) -> str:
    return "" if not text or is_language(text) else "a language is written like en or pt-BR"


def _wrong_with_name(text: str) -> str:
    return "" if text else "it is empty"


SETTINGS: Final = (
    Setting(
        "theme",
        "The colours: a theme of the client's, of Textual's, or of a file in the folder `themes` "
        "of the home. `Ctrl+P`, *Colours* lists them, shows each at once, and writes this line.",
        check=_wrong_with_name,
    ),
    Setting(
        "plain",
        "For screen readers, braille lines and very simple terminals: no boxes, no signs, nothing "
        "that moves, one thing on a line.",
        elsewhere=f"`p2pblog --plain`, `{PLAIN_VARIABLE}=1`",
    ),
    Setting(
        "mouse",
        "Whether the client takes the mouse: click, wheel, links. Without it, the terminal's own "
        "way of selecting text works as everywhere else.",
    ),
    Setting(
        "times",
        "`relative` says how long ago (`5 min`), `absolute` says the date and the time of day "
        "where you are.",
        choices=("relative", "absolute"),
    ),
    Setting(
        "alerts",
        "What a new notification does, at most once in 30 seconds: `bell` rings the terminal's "
        "bell, `desktop` shows a message on the desktop (where there is none, the bell rings), "
        "`none` does nothing.",
        choices=("bell", "desktop", "none"),
    ),
    Setting(
        "column",
        "`narrow` keeps lines of text to 72 characters on wide terminals, `wide` uses the whole "
        "width.",
        choices=("wide", "narrow"),
    ),
    Setting(
        "opener",
        "The command that pictures and addresses are opened with, such as `feh --fullscreen`; "
        "what is opened comes after it. Empty: the system's own (`xdg-open`, `open`). No shell "
        "reads it.",
        check=_wrong_with_command,
    ),
    Setting(
        "language",
        "The language that your new posts are marked as written in, such as `en` or `pt-BR`. "
        "Empty: it is guessed from each text on this machine, which the composer shows before it "
        "is sent; where too little tells it, none.",
        check=_wrong_with_language,
    ),
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a file and its surroundings add up to.

    Fields:
        settings: every setting.
        keys: the table of keys as it stands in the file, for `keymap` to read.
        source: the text of the file, to name lines of it.
        troubles: what is wrong, a line each; what they name has its default.
    """

    settings: Settings = field(default_factory=Settings)
    keys: Mapping[str, Any] = field(default_factory=dict)
    source: str = field(default="", repr=False)
    troubles: tuple[str, ...] = ()


def read_chosen(path: Path | None, environ: Mapping[str, str], *, plain: bool = False) -> Chosen:
    """Return what the file at `path`, the environment and the command line add up to; never fail.

    Args:
        path: client.toml; need not exist.  None: there is no home.
        environ: where P2PBLOG_PLAIN (1 or 0) is looked up.
        plain: whether the command line says `--plain`.
    """
    troubles: list[str] = []
    text = _read(path, troubles) if path is not None else ""
    table = _table(text, troubles)
    keys = table.pop(KEYS_TABLE, {})
    if not isinstance(keys, dict):
        troubles.append(
            f"{where(text, KEYS_TABLE)}: [keys] is a table, of lines like entry.like = ..."
        )
        keys = {}
    settings = Settings()
    for name, value in table.items():
        if wrong := _wrong(name, value):
            troubles.append(f"{where(text, name)}: {wrong}")
        else:
            settings = replace(settings, **{name: value})
    said = environ.get(PLAIN_VARIABLE, "").strip().lower()
    if said in _YES:
        settings = replace(settings, plain=True)
    elif said not in _NO:
        troubles.append(f"{PLAIN_VARIABLE} is {_shown(said)}; write 1 or 0")
    elif said and PLAIN_VARIABLE in environ:
        settings = replace(settings, plain=False)
    if plain:
        settings = replace(settings, plain=True)
    return Chosen(settings, keys, text, tuple(troubles))


def where(text: str, key: str) -> str:
    """Return "client.toml, line 3": where the file `text` first sets `key`, if it does."""
    sets = re.compile(rf"""\s*\[?\s*["']?{re.escape(key)}["']?\s*[=\].]""")
    for number, line in enumerate(text.splitlines(), 1):
        if sets.match(line):
            return f"{CLIENT_NAME}, line {number}"
    return CLIENT_NAME


def default_of(name: str) -> Any:
    """Return the default of a setting."""
    return getattr(Settings(), name)


def _read(path: Path, troubles: list[str]) -> str:
    try:
        raw = read_regular(path, CONFIG_BYTES_MAX + 1)
    except FileNotFoundError:
        return ""
    except OSError as error:
        troubles.append(f"{CLIENT_NAME} cannot be read ({error.strerror}); the defaults hold")
        return ""
    if len(raw) > CONFIG_BYTES_MAX:
        troubles.append(f"{CLIENT_NAME} is larger than {CONFIG_BYTES_MAX} bytes; the defaults hold")
        return ""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        troubles.append(f"{CLIENT_NAME} is not UTF-8; the defaults hold")
        return ""


def _table(text: str, troubles: list[str]) -> dict[str, Any]:
    try:
        return read_toml(text)
    except ValueError as error:
        troubles.append(f"{CLIENT_NAME}: {clean_line(str(error))}; the defaults hold")
        return {}


def _wrong(name: str, value: Any) -> str:
    """Return what is wrong with a line of the file, or ""."""
    setting = next((one for one in SETTINGS if one.name == name), None)
    if setting is None:
        near = get_close_matches(name, [one.name for one in fields(Settings)], 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"{_shown(name)} is no setting{hint}"
    if isinstance(default_of(name), bool):
        return "" if isinstance(value, bool) else f"{name} is true or false"
    if not isinstance(value, str) or len(value) > _TEXT_CHARS_MAX:
        return f"{name} is a text in quotes"
    if setting.choices and value not in setting.choices:
        words = " or ".join(f'"{one}"' for one in setting.choices)
        return f"{name} is {words}, not {_shown(value)}"
    wrong = setting.check(value)
    return f"{name}: {wrong}" if wrong else ""


def _shown(text: str) -> str:
    return f'"{clean_line(text[:_SHOWN_CHARS])}"'
