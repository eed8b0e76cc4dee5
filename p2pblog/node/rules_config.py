"""Read from config.toml how much is taken of whom: a table for each distance.

Implements docs/node.md, "Whose logs, and how much of them".  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from difflib import get_close_matches
from typing import Any, Final

from p2pblog.core.errors import BadConfig
from p2pblog.core.limits import SETTING_MAX
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.rules import DEFAULT_RULES, SETTABLE, Distance, Rule

UNLIMITED: Final = "unlimited"
RULE_KEYS: Final = tuple(field.name for field in fields(Rule))


def read_rules(table: Any) -> dict[Distance, Rule]:
    """Return the rule of each distance, as the tables under `policy` change them.

    Raises:
        BadConfig: an unknown table or key, or a bad value; the detail names it.
    """
    if not isinstance(table, Mapping):
        raise BadConfig("policy: tables like [policy.near] are needed")
    rules = dict(DEFAULT_RULES)
    for name, settings in table.items():
        distance = _distance(name)
        if not isinstance(settings, Mapping):
            raise BadConfig(f"policy.{name}: a table is needed, [policy.{name}]")
        read: dict[str, Any] = {
            _key(name, key): _value(name, key, value) for key, value in settings.items()
        }
        rule = replace(rules[distance], **read)
        if rule.log_entries is not None and rule.log_entries < rule.depth:
            raise BadConfig(f"policy.{name}: depth is more than log_entries, which may be held")
        rules[distance] = rule
    return rules


def _distance(name: str) -> Distance:
    known = [distance.value for distance in SETTABLE]
    if name not in known:
        raise BadConfig(f"'policy.{name[:40]}' is no setting; {_hint(name, known)}")
    return Distance(name)


def _key(name: str, key: str) -> str:
    if key not in RULE_KEYS:
        raise BadConfig(f"'policy.{name}.{key[:40]}' is no setting; {_hint(key, RULE_KEYS)}")
    return key


def _value(name: str, key: str, value: Any) -> int | None:
    if value == UNLIMITED:
        return WHOLE if key == "depth" else None
    # Nothing at all is asked for by a depth of 0; a quota of 0 would never come back.
    least = 0 if key in ("depth", "body_days") else 1
    if type(value) is not int or not least <= value <= SETTING_MAX:
        needed = f'a number from {least} to {SETTING_MAX}, or "{UNLIMITED}", is needed'
        raise BadConfig(f"policy.{name}.{key}: {needed}")
    return value


def _hint(typed: str, known: Any) -> str:
    near = get_close_matches(typed, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
