"""Near misses: change one thing inside a MessagePack value and keep the rest well-formed.

Flipped bytes break lengths, and hardly ever get past the decoder.  Half of the mutations of the
targets that read values are made here, the other half by libFuzzer on the bytes.
"""

from __future__ import annotations

import random
from typing import Any

from tests.fuzz.sessions import KINDS, step_bytes, steps
from tests.plain import msgpack
from tests.plain.refused import Refused

INTERESTING: tuple[Any, ...] = (
    None, False, True, 0, 1, -1, 2, 63, 64, 65, 127, 128, 511, 512, 513, 4095, 8192, 8193, 65_536,
    2**31, 2**53 - 2, 2**53 - 1, -(2**53 - 1), "", " ", "post", "\u3000", "x" * 33, b"", b"\0",
    bytes(8), bytes(16), bytes(31), bytes(32), bytes(33), bytes(64), bytes(128), bytes(136),
    [], [[]], {}, {"": None}, "a", "0" * 62, "f" * 63, "A", ["a", True, b""],
)  # fmt: skip


def mutate_value(data: bytes, seed: int) -> bytes | None:
    """Return the encoding of a value that differs in one place; None where `data` has no value."""
    try:
        value = msgpack.decode(data)
    except Refused:
        return None
    chance = random.Random(seed)
    try:
        return msgpack.encode(_changed(value, chance))
    except (OverflowError, UnicodeEncodeError):
        return None


def _changed(value: Any, chance: random.Random) -> Any:
    """Go down into the value by chance, and change what is found there."""
    if isinstance(value, list) and value and chance.random() < 0.8:
        at = chance.randrange(len(value))
        match chance.randrange(8):
            case 0:
                return value[:at] + value[at + 1 :]
            case 1:
                return [*value[:at], value[at], *value[at:]]
            case 2:
                return [*value[:at], value[chance.randrange(len(value))], *value[at + 1 :]]
            case _:
                return [*value[:at], _changed(value[at], chance), *value[at + 1 :]]
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(list(value))
        match chance.randrange(6):
            case 0:
                return {key: item for key, item in value.items() if key != name}
            case 1:
                return value | {chance.choice(NAMES): chance.choice(INTERESTING)}
            case 2:
                return value | {chance.choice(NAMES): value[name]}
            case _:
                return value | {name: _changed(value[name], chance)}
    if type(value) is int and chance.random() < 0.5:
        return value + chance.choice((-1, 1, 64, -64))
    if isinstance(value, bytes | str) and value and chance.random() < 0.6:
        end = chance.randrange(len(value))
        return value[:end] if chance.random() < 0.5 else value[end:]
    return chance.choice(INTERESTING)


NAMES = (
    "text", "reply", "root", "quote", "target", "targets", "media", "mentions", "origin", "outside",
    "undo", "id", "seq", "device", "consent", "name", "bio", "lang", "warning", "source", "time_ms",
)  # fmt: skip


def mutate_steps(data: bytes, seed: int) -> bytes | None:
    """Return the steps of a session with one of them repeated, dropped, moved or changed inside."""
    chance = random.Random(seed)
    found = list(steps(data))
    if not found:
        return None
    at = chance.randrange(len(found))
    what, content = found[at]
    match chance.randrange(8):
        case 0:
            found.insert(chance.randrange(len(found) + 1), found[at])
        case 1:
            del found[at]
        case 2:
            found.insert(chance.randrange(len(found)), found.pop(at))
        case 3:
            found[at] = (chance.randrange(len(KINDS)), content)
        case _:
            changed = mutate_value(content, seed)
            if changed is None or len(changed) > 65_535:
                return None
            found[at] = (what, changed)
    return b"".join(step_bytes(*step) for step in found)
