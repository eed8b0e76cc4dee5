"""What a check raises."""

from __future__ import annotations


class Violation(AssertionError):
    """Something has happened that must never happen."""
