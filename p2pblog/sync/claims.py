"""How long writing waits for peers who say that one's own log goes on beyond what is here.

Implements protocol/03-logs.md, L-22 and L-27.  Pure: time comes in as an argument.

A home restored from a backup must not write before it has what it wrote since, or its log
forks; only a peer can tell.  Who tells the truth can show it, for nobody else can have signed
those entries; who lies cannot.  So a claim holds writing up until it is made good, or until
the patience of its account is used up.  Each device of one's own has an account, each person
whom one follows has one with all their devices, and everybody else has one together: more
devices, or links made anew, buy a liar no more time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from p2pblog.core import limits

Account: TypeAlias = bytes | None
"""The key of whoever it belongs to; None is everybody else's."""

_FULL_S = float(limits.OWN_CLAIM_S_MAX)
_FOREVER_S = float("inf")
_RENEWED_A_S = limits.OWN_CLAIM_S_MAX / limits.OWN_CLAIM_RENEW_S


class _Claim(NamedTuple):
    """What one peer says; by itself it ends at `until_s`."""

    high: int
    until_s: float = _FOREVER_S

    @property
    def is_awaited(self) -> bool:
        """Whether it says nothing yet: its first word is waited for."""
        return self.until_s < _FOREVER_S


class Claims:
    """What linked peers claim of one log that is written here.

    An account is spent while at least one of its claims is open, and grows back while none is.
    All times are of one clock, in seconds.
    """

    def __init__(self, high: int, accounts: Mapping[bytes, bytes], now_s: float) -> None:
        """Args: high and accounts are as in `grew` and `know`."""
        self._high = high
        self._accounts = accounts
        self._claims: dict[bytes, _Claim] = {}
        self._left_s: dict[Account, float] = {}  # who is missing has all of it
        self._settled_s = now_s

    # --- what happens ------------------------------------------------------------------

    def know(self, accounts: Mapping[bytes, bytes], now_s: float) -> None:
        """Take whose account the claims of a device are charged to."""
        self._settle(now_s)
        self._accounts = accounts

    def linked(self, device: bytes, now_s: float) -> None:
        """Hear of a new link: what the peer has to say of the log is waited for a moment."""
        self._settle(now_s)
        self._claims[device] = _Claim(limits.SEQ_MAX, now_s + limits.OWN_GREETING_S_MAX)

    def told(self, device: bytes, high: int, now_s: float) -> None:
        """Hear how far a linked peer says that it holds the log; 0 when it does not."""
        if high <= self._high and device not in self._claims:
            return
        self._settle(now_s)
        if high > self._high:
            self._claims[device] = _Claim(high)
        else:
            self._claims.pop(device, None)

    def gone(self, device: bytes, now_s: float) -> None:
        """Hear that there is no link with a peer any more."""
        self._settle(now_s)
        self._claims.pop(device, None)

    def grew(self, high: int, now_s: float) -> None:
        """Hear that the log is held up to `high`, whoever wrote that."""
        self._settle(now_s)
        self._high = high
        self._claims = {device: one for device, one in self._claims.items() if one.high > high}

    def shown(self, now_s: float) -> None:
        """Hear that a peer gave entries of the log that were not here: all are believed anew."""
        self._settle(now_s)
        self._left_s.clear()

    # --- what follows ------------------------------------------------------------------

    def wait_s(self, now_s: float, asked_s: float | None = None) -> float:
        """Return how long writing has to wait as things stand; 0 when it need not.

        Args:
            asked_s: since when it waits, now when None.  For the first word of links that came
                later it waits no longer: or ever new ones would hold it up.
        """
        self._settle(now_s)
        greeted_s = limits.OWN_GREETING_S_MAX + (now_s if asked_s is None else asked_s)
        waits = (
            min(
                self._left_s.get(self._accounts.get(device), _FULL_S),
                (min(claim.until_s, greeted_s) if claim.is_awaited else _FOREVER_S) - now_s,
            )
            for device, claim in self._claims.items()
        )
        return max([0.0, *waits])

    def doubted(self, now_s: float) -> set[bytes]:
        """Return the devices whose claims stand, and are waited for no longer."""
        self._settle(now_s)
        spent = {account for account, left_s in self._left_s.items() if left_s <= 0.0}
        return {device for device in self._claims if self._accounts.get(device) in spent}

    def _settle(self, now_s: float) -> None:
        """Charge the accounts for the time since the last call, and drop what has ended."""
        ends_s: dict[Account, float] = {}
        for device, claim in self._claims.items():
            account = self._accounts.get(device)
            ends_s[account] = max(claim.until_s, ends_s.get(account, claim.until_s))
        began_s, self._settled_s = self._settled_s, now_s
        for account in {*self._left_s, *ends_s}:
            end_s = min(now_s, ends_s.get(account, began_s))
            left_s = max(0.0, self._left_s.get(account, _FULL_S) - (end_s - began_s))
            self._left_s[account] = left_s + (now_s - end_s) * _RENEWED_A_S
            if self._left_s[account] >= _FULL_S:
                del self._left_s[account]
        self._claims = {d: one for d, one in self._claims.items() if one.until_s > now_s}
