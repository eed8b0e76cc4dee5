"""What an end of a session says in one go, made comparable.

Implements what protocol/vectors/README.md says of session.json: which of a turn's messages may
come in another order, and be joined in another way.  Pure.
"""

from __future__ import annotations

from itertools import chain

from p2pblog.conformance.values import Json
from p2pblog.core.encoding import Value, decode, encode
from p2pblog.core.errors import ProtocolError
from p2pblog.sync.codec import decode_messages, encode_message
from p2pblog.sync.messages import Type

_LISTS = (Type.HAVE, Type.SEEK, Type.NOTE)


def comparable(turn: list[str]) -> Json:
    """Return the same for every turn that says the same, and something else for every other."""
    loose: list[str] = []
    answers: dict[int, list[str]] = {}
    said: set[str] = set()
    for text in chain.from_iterable(map(_apart, turn)):
        fields = _fields(text)
        match fields:
            case [int(kind), list(items)] if kind in _LISTS:
                loose += [encode([kind, item]).hex() for item in items]
            case [Type.SEGMENT | Type.DONE | Type.BLOB_PART, int(number), *_] if number:
                answers.setdefault(number, []).append(text)
            case _:
                loose.append(text)
        said.add(_mark(fields, said))
    return {
        "said": sorted(loose),
        "answered": [answers[number] for number in sorted(answers)],
        "late": "late" in said,
    }


def _mark(fields: Value, said: set[str]) -> str:
    """Return whether a message ends something, or comes behind the end of it."""
    match fields:
        case [Type.TOLD, bytes()]:
            return "told"
        case [Type.AGREED]:
            return "agreed"
        case [Type.HAVE | Type.NOTE | Type.FORK, *_] | [Type.SEGMENT, 0, _] if "told" in said:
            return "late"
        case [Type.COMPARE | Type.REVEAL, *_] if "agreed" in said:
            return "late"
        case _:
            return ""


def _apart(text: str) -> list[str]:
    """Return messages as they would travel alone and unpacked; what is none as it is."""
    try:
        return [encode_message(one).hex() for one in decode_messages(bytes.fromhex(text))]
    except (ProtocolError, ValueError):
        return [text]


def _fields(text: str) -> Value:
    try:
        return decode(bytes.fromhex(text))
    except (ProtocolError, ValueError):
        return None
