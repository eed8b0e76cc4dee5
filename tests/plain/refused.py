"""How the plain implementation refuses."""

from __future__ import annotations


class Refused(Exception):
    """Something breaks a rule; `code` is the protocol's name for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def need(condition: bool, code: str) -> None:
    """Refuse with `code` unless `condition` holds."""
    if not condition:
        raise Refused(code)
