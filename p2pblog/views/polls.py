"""What came of a poll, counted when it is read.

Specified in protocol/04-bodies.md section 4.  Each identity has one vote, the last that it cast;
it counts if that was in time, as the voter says, and if it can be meant.
"""

from __future__ import annotations

from typing import Any

from p2pblog.content.bodies import Poll
from p2pblog.core.limits import POLL_VOTES_READ_MAX
from p2pblog.views.schema import VOTES
from p2pblog.views.snapshot import Snapshot


def shown(s: Snapshot, entry_id: bytes, poll: Poll) -> dict[str, Any]:
    """Return a poll as the local API shows it."""
    rows = s.conn.execute(
        "SELECT a.actor, a.time_ms, a.active FROM refs r CROSS JOIN acts a CROSS JOIN logs l"
        " WHERE r.id = ? AND a.kind = ? AND a.subject = r.rid AND a.actor > 0 AND l.lid = a.lid"
        " ORDER BY a.time_ms, l.key LIMIT ?",
        (entry_id, VOTES, POLL_VOTES_READ_MAX),
    )
    last = {actor: (time_ms, chosen) for actor, time_ms, chosen in rows}
    votes = {
        actor: chosen for actor, (time_ms, chosen) in last.items() if _counts(time_ms, chosen, poll)
    }
    own = votes.get(s.self_pid or 0, 0)
    return {
        "options": [
            {
                "text": text,
                "votes": sum(chosen >> at & 1 for chosen in votes.values()),
                "chosen": bool(own >> at & 1),
            }
            for at, text in enumerate(poll.options)
        ],
        "voters": sum(chosen > 0 for chosen in votes.values()),
        "until_ms": poll.until_ms,
        "many": poll.many,
    }


def _counts(time_ms: int, chosen: int, poll: Poll) -> bool:
    """Tell whether a vote is in time, and names answers that there are, and not too many."""
    few = poll.many or chosen.bit_count() <= 1
    return time_ms <= poll.until_ms and few and chosen < 1 << len(poll.options)
