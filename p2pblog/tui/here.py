"""What the person chose, at hand for whoever lays out text: settings, and how keys are called.

A context variable, set by the app before anything runs: else every function between the app and a
line of text would pass both through.  Texts name a key by its binding, `{entry.like}`, and
`with_keys` puts the key there that it has now.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field

from p2pblog.tui.keymap import DEFAULT_KEYS
from p2pblog.tui.keys import key_names
from p2pblog.tui.settings import Settings

_NAMED = re.compile(r"\{([a-z_]+(?:\.[a-z_]+)?)\}")
_NONE = "(no key)"
_WORDS = {"↑": "Up", "↓": "Down", "←": "Left", "→": "Right"}


@dataclass(frozen=True, slots=True)
class Here:
    """What holds in this run of the client.

    Fields:
        settings: see there.
        keymap: keys by the ids of bindings, for those that are not the default; "" for none.
    """

    settings: Settings = field(default_factory=Settings)
    keymap: Mapping[str, str] = field(default_factory=dict)


HERE: ContextVar[Here] = ContextVar("HERE")
_DEFAULT = Here()


def here() -> Here:
    """Return what holds; the defaults outside of a client."""
    return HERE.get(_DEFAULT)


def keys_of(binding_id: str) -> str:
    """Return the keys of a binding between commas, "" if it has none.

    Raises:
        KeyError: there is no such binding.
    """
    keymap = here().keymap
    return keymap[binding_id] if binding_id in keymap else DEFAULT_KEYS[binding_id]


def key_said(binding_id: str, *, every: bool = False) -> str:
    """Return how the first key of a binding (or every one) is written for a person; "" for none."""
    keys = keys_of(binding_id)
    said = key_names(keys if every else keys.split(",")[0]) if keys else ""
    return plain_keys(said) if here().settings.plain else said


def plain_keys(said: str) -> str:
    """Return the names of keys with words for arrows."""
    for sign, word in _WORDS.items():
        said = said.replace(sign, word)
    return said


def with_keys(text: str) -> str:
    """Return `text` with the key of each binding that it names, as `{entry.like}`, in its place."""
    if "{" not in text:
        return text
    return _NAMED.sub(lambda found: _key(found) or _NONE, text)


def hints_said(hints: Sequence[str]) -> list[str]:
    """Return the hints with their keys; those whose binding has none are left out."""
    return [
        with_keys(hint)
        for hint in hints
        if all(keys_of(one[1]) for one in _NAMED.finditer(hint) if one[1] in DEFAULT_KEYS)
    ]


def _key(found: re.Match[str]) -> str:
    # Braces that name no binding are somebody's own.
    return key_said(found[1]) if found[1] in DEFAULT_KEYS else found[0]
