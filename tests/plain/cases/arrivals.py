"""What arrives in the cases of said.json: entries of a few logs, and forks of them."""

from __future__ import annotations

from typing import Any

from tests.plain.hashes import Key, b256, key
from tests.plain.identity import CONSENT
from tests.plain.msgpack import encode

ROOT, OTHER, A, B, C = key(2), key(3), key(11), key(12), key(13)
T = 1_700_000_000_000
X, Y = b256(b"x"), b256(b"y")
"""Entries that are liked, by somebody whose log is not here."""
STRANGE = key(9).public

Arrival = dict[str, Any]


def entry(
    log: Key,
    seq: int,
    kind: str,
    time_ms: int | None = None,
    raw: bytes | None = None,
    /,
    **content: Any,
) -> Arrival:
    """Return an entry; its time is its seq's, unless it is given."""
    body = encode([bytes(16), kind, content]) if raw is None else raw
    return {
        "log": log.public.hex(),
        "seq": seq,
        "entry_id": named(log, seq).hex(),
        "time_ms": T + 1000 * seq if time_ms is None else T + time_ms,
        "body": body.hex(),
    }


def named(log: Key, seq: int) -> bytes:
    """Return the id of an entry: it is not looked at."""
    return b256(log.public + seq.to_bytes(4, "big"))


def ref(log: Key, seq: int) -> list[Any]:
    """Return a reference to an entry."""
    return [log.public, seq, named(log, seq)]


def adds(log: Key, seq: int, device: Key, to: Key = ROOT, by: Key | None = None) -> Arrival:
    """Return a device.add, with the device's consent or that of another key."""
    consent = (by or device).sign(CONSENT + to.public)
    return entry(log, seq, "device.add", device=device.public, consent=consent)


def revokes(seq: int, device: Key, last: int, log: Key = ROOT) -> Arrival:
    """Return a device.revoke."""
    pinned = {"id": named(device, last)} if last else {}
    return entry(log, seq, "device.revoke", device=device.public, seq=last, **pinned)


def likes(
    log: Key, seq: int, target: bytes = X, time_ms: int | None = None, **more: Any
) -> Arrival:
    """Return a like."""
    return entry(log, seq, "like", time_ms, target=[STRANGE, 1, target], **more)


def erases(log: Key, seq: int, *targets: list[Any]) -> Arrival:
    """Return an erase."""
    return entry(log, seq, "erase", targets=list(targets))


def posts(log: Key, seq: int) -> Arrival:
    """Return a post."""
    return entry(log, seq, "post", text=str(seq))


def asks(log: Key, seq: int, answers: int = 3, until: int = 9_000, **more: Any) -> Arrival:
    """Return a post that asks something; times are counted from T on."""
    options = [str(number) for number in range(answers)]
    poll = {"options": options, "until": T + until, **more}
    return entry(log, seq, "post", text="which?", poll=poll)


def edits(log: Key, seq: int, target: list[Any], time_ms: int | None = None) -> Arrival:
    """Return a new version of a post."""
    return entry(log, seq, "edit", time_ms, target=target, text=f"as of {seq}")


def votes(
    log: Key, seq: int, target: list[Any], *choices: int, time_ms: int | None = None
) -> Arrival:
    """Return a vote; without choices, one that takes back."""
    return entry(log, seq, "vote", time_ms, target=target, choices=list(choices))


def pins(log: Key, seq: int, target: list[Any], time_ms: int | None = None, **more: Any) -> Arrival:
    """Return a pin."""
    return entry(log, seq, "pin", time_ms, target=target, **more)


def forks(log: Key, seq: int) -> Arrival:
    """Return that a log is known to fork."""
    return {"log": log.public.hex(), "forked": seq}
