"""Keep collections of garbage away from keys.

One that looks at everything takes about as long as a key may take until it is painted, and a key
that is held brings one about every second or two.  So what is here for good is left out of them,
and the rest is looked at while no key is pressed; what is young is still collected at any time.
"""

from __future__ import annotations

import gc

LOOK_EVERY_S = 1.0
_IDLE_S = 1.0  # without a key
_DUE_AFTER = 10  # collections of younger things, as Python itself counts them
_FORCED_AFTER = 1000  # some minutes of a key that is held


def spare_collections() -> None:
    """Leave what is here for good out of collections, and have few that look at all the rest."""
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _FORCED_AFTER)


class Sparing:
    """Collects garbage when nobody presses a key."""

    def __init__(self) -> None:
        self._heard_s = 0.0

    def heard(self, now_s: float) -> None:
        """Take in that a key was pressed."""
        self._heard_s = now_s

    def look(self, now_s: float) -> bool:
        """Collect if that is due and no key was pressed for a while; return whether it was so."""
        if gc.get_count()[2] < _DUE_AFTER or now_s - self._heard_s < _IDLE_S:
            return False
        gc.collect()
        return True
