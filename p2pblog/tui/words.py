"""Say times, counts and connectedness in few plain words.

Pure, but for what the person chose: the present is an argument.  Every sentence of the status
line is made here, so that what the client claims about the network can be tested without one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from p2pblog.content.text import clean_line
from p2pblog.tui.here import here, with_keys
from p2pblog.tui.shapes import called, is_imitation

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ADDRESSES_SAID = 2
_NAMES_SAID = 10
_LOOPBACKS = ("127.", "[::1]")
_WELL_CONNECTED = 4  # links, from which on one lost peer no longer matters


def ago(time_ms: int, now_ms: int, zone: tzinfo = UTC) -> str:
    """Return how long ago `time_ms` was ("now", "3 min", "5 h", "2 d"), or the date.

    Times in the future, which a clock that is wrong elsewhere makes, are "now" for a minute
    and then said with their date.
    """
    past = now_ms - time_ms
    if -_MINUTE_MS < past < _MINUTE_MS:
        return "now"
    if 0 < past < _HOUR_MS:
        return f"{past // _MINUTE_MS} min"
    if 0 < past < _DAY_MS:
        return f"{past // _HOUR_MS} h"
    if 0 < past < 7 * _DAY_MS:
        return f"{past // _DAY_MS} d"
    try:
        when = datetime.fromtimestamp(time_ms / 1000, zone)
        now = datetime.fromtimestamp(now_ms / 1000, zone)
    except (ValueError, OverflowError, OSError):
        return "some day"
    day = f"{when.day} {_MONTHS[when.month - 1]}"
    return day if when.year == now.year else f"{day} {when.year}"


def stamp(time_ms: int, zone: tzinfo | None = None) -> str:
    """Return the date and the time of day, as in "2026-11-28 14:05".

    Args:
        zone: where; None for where this machine is.
    """
    try:
        return datetime.fromtimestamp(time_ms / 1000, zone).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "some day"


def time_said(time_ms: int, now_ms: int) -> str:
    """Return a time as the person wants it said: how long ago, or when by their clock."""
    return stamp(time_ms) if here().settings.times == "absolute" else ago(time_ms, now_ms)


def time_ago(time_ms: int, now_ms: int) -> str:
    """Return the same as the end of a sentence: "3 min ago", "just now", a date."""
    said = time_said(time_ms, now_ms)
    if said == "now":
        return "just now"
    return f"{said} ago" if said.endswith((" min", " h", " d")) else said


ENDED = "ended"


def ends(until_ms: int, now_ms: int) -> str:
    """Return how long something goes on: "ends in 3 h", rounded up, or "ended"."""
    left = until_ms - now_ms
    if left <= 0:
        return ENDED
    for unit_ms, below, unit in ((_MINUTE_MS, 120, "min"), (_HOUR_MS, 48, "h")):
        if -(-left // unit_ms) <= below:
            return f"ends in {-(-left // unit_ms)} {unit}"
    return f"ends in {-(-left // _DAY_MS)} d"


def count(number: int, one: str, many: str = "") -> str:
    """Return "1 peer", "2 peers", "1,200 peers"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def digits_said(digits: object) -> str:
    """Return six digits in two halves, as one reads them to somebody: "204 816"."""
    said = clean_line(str(digits))
    return f"{said[:3]} {said[3:]}"


def peer_names(peers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what to call the peers: a name, else where they are."""
    named = (
        called(
            clean_line(str(p.get("name") or p.get("address") or "somebody")), "", is_imitation(p)
        )
        for p in peers
    )
    return list(dict.fromkeys(named))


def connectedness(status: Mapping[str, Any]) -> str:
    """Say how well connected a node with this `status` (docs/api.md) is."""
    peers = list(status.get("peers") or ())
    if not peers:
        if status.get("looking"):
            return "looking for peers"
        if status.get("lan"):
            return "alone on this network"
        return "offline"
    if len(peers) >= _WELL_CONNECTED:
        return f"well connected: {len(peers)} peers"
    return f"{count(len(peers), 'peer')}: {', '.join(peer_names(peers))}"


def own_address(status: Mapping[str, Any]) -> str:
    """Say where others reach a node with this `status`: at two addresses at the most."""
    addresses = [clean_line(str(one)) for one in status.get("addresses") or ()][:_ADDRESSES_SAID]
    if not addresses:
        return "Nobody can link to this device now: it listens nowhere."
    said = " or ".join(addresses)
    if all(one.startswith(_LOOPBACKS) for one in addresses):
        return f"Without a network only this machine reaches you, at {said}."
    return f"Your address is {said}: others on your network can type it."


def state_said(status: Mapping[str, Any]) -> list[str]:
    """Return in sentences how a node with this `status` is."""
    peers = list(status.get("peers") or ())
    how = connectedness(status)
    if len(peers) >= _WELL_CONNECTED:
        names = peer_names(peers)
        more = f" and {len(names) - _NAMES_SAID} more" if len(names) > _NAMES_SAID else ""
        how += f": {', '.join(names[:_NAMES_SAID])}{more}"
    if lan_error := clean_line(str(status.get("lan_error") or "")):
        without = "there is no network" if lan_error == "no-interface" else lan_error
        lan = f"It cannot look for others on this network: {without}."
    elif status.get("lan"):
        lan = "It looks for others on this network by itself."
    else:
        lan = "It does not look for others on this network: config.toml says so."
    entries, logs = int(status.get("entries") or 0), int(status.get("logs") or 0)
    held = f"It holds {count(entries, 'entry', 'entries')} of {count(logs, 'log')}."
    coming = intake(status)
    said = [f"{how}.", own_address(status), lan, held, f"{coming}." if coming else ""]
    return [one[0].upper() + one[1:] for one in said if one]


def sayings(status: Mapping[str, Any]) -> list[str]:
    """Return what a node with this `status` is to be said to be, from the fullest to the briefest.

    What is being taken in, or what to do next, is left out before the rest is shortened.
    """
    how, more = connectedness(status), intake(status) or advice(status)
    peers = len(status.get("peers") or ())
    if status.get("restoring"):  # nothing else matters as much
        return [f"{how} · {more}", more, "history not back"]
    if peers:
        brief = count(peers, "peer")
    else:
        brief = {"looking for peers": "looking", "alone on this network": "alone"}.get(how, how)
    return [*([f"{how} · {more}"] if more else []), how, brief]


def advice(status: Mapping[str, Any]) -> str:
    """Say what to do next, in few words, whatever the rung: more links, or people to read."""
    peers = len(status.get("peers") or ())
    if peers >= _WELL_CONNECTED:
        return with_keys("{go} {go.people} shows people")
    if peers:
        return with_keys("{palette} links more")
    return with_keys("{palette} connects")


def intake(status: Mapping[str, Any]) -> str:
    """Say what is not here yet, one's history or entries in the views, or nothing."""
    if status.get("restoring"):
        return with_keys("your history is not back yet, {palette} goes on")
    if isinstance(syncing := status.get("syncing"), Mapping):
        return f"syncing {int(syncing['entries']):,} of {int(syncing['of']):,}"
    arrival, indexed = int(status.get("arrival") or 0), int(status.get("indexed") or 0)
    return f"taking in {indexed:,} of {arrival:,}" if indexed < arrival else ""
