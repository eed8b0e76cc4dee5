"""Decide which keys the bindings have: those of `keys`, changed by `[keys]` in client.toml.

Pure.  Nothing in that table is fatal: an id that is none, a key that is none, and a key that two
bindings want are each said in one line.  A key that somebody gives to one binding is taken from
the other ones that would hear it; of two that the table gives one key, the first has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from textual.binding import Binding
from textual.keys import Keys

from p2pblog.content.text import clean_line
from p2pblog.tui.keys import GROUPS, MODAL, SHARED
from p2pblog.tui.settings import where

BINDINGS: Final[Mapping[str, Binding]] = {
    binding.id: binding
    for _, group in GROUPS
    for binding in group
    if isinstance(binding, Binding) and binding.id
}
_GROUP_OF: Final = {
    binding.id: title
    for title, group in GROUPS
    for binding in group
    if isinstance(binding, Binding) and binding.id
}
_MODIFIERS = ("alt", "ctrl", "hyper", "meta", "shift", "super")  # in the order of Textual's names
_SPELLINGS = {
    "esc": "escape", "return": "enter", "pgdn": "pagedown", "pgup": "pageup", "del": "delete",
    "ins": "insert", "↑": "up", "↓": "down", "←": "left", "→": "right",
}  # fmt: skip
_NAMED = {key.value for key in Keys if "<" not in key.value} | {"comma"}
_ASCII_NAMES = {
    next(iter(Binding.make_bindings([Binding(chr(code), "")]))).key: chr(code)
    for code in range(33, 127)
    if chr(code) != ","
} | {"comma": ","}
_CHANGES_MAX = 200
_KEYS_MAX = 8


def parse_key(text: str) -> str:
    """Return Textual's name of a key that somebody wrote ("?", "Ctrl+S", "Esc", "L"), or ""."""
    text = text.strip()
    text = _SPELLINGS.get(text, text)
    if len(text) == 1:
        return _character(text)
    *modifiers, base = text.removesuffix("+").split("+") if text.endswith("++") else text.split("+")
    if text.endswith("++"):
        base = "plus"
    names = {name.strip().lower() for name in modifiers}
    base = base.strip()
    if not names <= set(_MODIFIERS) or not base:
        return ""
    if len(base) == 1:
        if names == {"shift"}:  # a terminal sends the capital, and not that shift was held
            return _character(base.upper())
        base = _character(base.lower() if names else base)
    else:
        base = _SPELLINGS.get(base.lower(), base.lower())
        if base not in _NAMED and base not in _ASCII_NAMES:
            return ""
    return "+".join([*(name for name in _MODIFIERS if name in names), base]) if base else ""


def _character(char: str) -> str:
    if char.isspace() or not char.isprintable():
        return ""
    if char == ",":
        return "comma"
    return next(iter(Binding.make_bindings([Binding(char, "")]))).key


def is_typed(key: str) -> bool:
    """Tell whether a key (Textual's name) types a character by itself."""
    return len(key) == 1 or key in _ASCII_NAMES or key == "space"


def split_keys(keys: str) -> list[str]:
    """Return Textual's names of the keys of a binding, which stand between commas."""
    return [name for key in keys.split(",") if (name := parse_key(key))]


DEFAULT_KEYS: Final[Mapping[str, str]] = {
    name: ",".join(split_keys(binding.key)) for name, binding in BINDINGS.items()
}


def read_keymap(table: Mapping[str, Any], source: str) -> tuple[dict[str, str], list[str]]:
    """Return the keys of each binding that has not its default ("" for none), and what is wrong.

    Args:
        table: the table `[keys]`, ids to keys between commas.
        source: the file that it stands in, to name lines of it.
    """
    keymap: dict[str, str] = {}
    troubles: list[str] = []
    for name, value in list(_flat(table))[:_CHANGES_MAX]:
        place = where(source, name)
        if name not in BINDINGS:
            near = get_close_matches(name, BINDINGS, 1)
            hint = f"did you mean {near[0]}?" if near else "docs/keys.md lists them"
            troubles.append(f"{place}: no key is called {clean_line(name[:40])!r}; {hint}")
        elif not isinstance(value, str):
            troubles.append(f'{place}: the keys of {name} stand in quotes, as in "L" or "f,L"')
        else:
            keys, wrong = _keys(name, value)
            if wrong:
                troubles.append(f"{place}: {wrong}")
            else:
                keymap[name] = ",".join(keys)
    troubles += _settle(keymap, source)
    return keymap, troubles


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield ids and values; `entry.like = "L"` without quotes is a table in a table to TOML."""
    for name, value in table.items():
        if isinstance(value, dict) and not above:
            yield from _flat(value, f"{name}.")
        else:
            yield f"{above}{name}", value


def _keys(name: str, value: str) -> tuple[list[str], str]:
    """Return the keys that somebody gives to a binding, and what is wrong with them, or ""."""
    written = [part for part in value.split(",") if part.strip()][:_KEYS_MAX]
    if value.strip() and set(value.strip()) == {","}:
        written = ["comma"]
    keys = list(dict.fromkeys(parse_key(part) for part in written))
    if "" in keys:
        bad = next(part for part in written if not parse_key(part))
        return [], f"{name}: there is no key {clean_line(bad[:40])!r}"
    typed = next((key for key in keys if is_typed(key)), "")
    if typed and BINDINGS[name].priority:
        return [], f"{name}: {typed!r} would be typed into texts; take one with Ctrl, or F1 to F12"
    return keys, ""


def _settle(keymap: dict[str, str], source: str) -> Iterator[str]:
    """Give each key to one binding of those that would hear it; yield what had to be said of it."""
    owners: list[tuple[str, str]] = []  # (binding, key), in the order of the file
    for name, keys in list(keymap.items()):
        kept: list[str] = []
        for key in split_keys(keys):
            first = next((one for one, its in owners if its == key and _both_heard(one, name)), "")
            if first:
                yield f"{where(source, name)}: {name} cannot have {key}, which {first} has already"
            else:
                kept.append(key)
        if kept or not keys:
            keymap[name] = ",".join(kept)
            owners.extend((name, key) for key in kept)
        else:
            del keymap[name]  # it keeps those that it had
    given = set(keymap)
    for name, key in owners:
        for other, defaults in DEFAULT_KEYS.items():
            if other in given or not _both_heard(name, other):
                continue
            kept = split_keys(keymap.get(other, defaults))
            if key in kept:
                kept.remove(key)
                keymap[other] = ",".join(kept)
                left = "" if kept else ", which has none now"
                yield f"{where(source, name)}: {key} goes to {name} from {other}{left}"


def _both_heard(one: str, other: str) -> bool:
    """Tell whether two bindings can hear one key: they work in the same place."""
    first, second = _GROUP_OF[one], _GROUP_OF[other]
    if one == other:
        return False
    if first == second:
        return True
    if BINDINGS[one].priority and BINDINGS[other].priority:
        return not {first, second} <= set(MODAL)
    if first in MODAL or second in MODAL:
        return False
    return first in SHARED or second in SHARED


def for_textual(keymap: Mapping[str, str]) -> dict[str, str]:
    """Return the keymap as Textual takes it: for no key, one that nothing sends."""
    return {name: keys or f"none-{name}" for name, keys in keymap.items()}
