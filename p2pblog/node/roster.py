"""Who the devices of an identity are, by what the log store holds.

The rule is that of log/identity.py; here its input is gathered: every `device.add` and
`device.revoke` in the root log and in the logs that follow from it.  What was read of a log is
remembered, so that only what has come since is read the next time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from p2pblog.content.bodies import DeviceAdd, DeviceRevoke, parse
from p2pblog.core.errors import BadBody
from p2pblog.log.held import Held
from p2pblog.log.identity import Adds, Pin, device_set, pins_of
from p2pblog.store.logs import LogStore

# [salt(16), kind, ...] in the one encoding that there is: where the kind stands is known, and
# most entries are passed over without being decoded.
_KIND_AT = 3 + 16
_KINDS = (b"\xaadevice.add", b"\xaddevice.revoke")


class Device(NamedTuple):
    """A device of an identity: its name ("" for none), its pin if it was revoked, what is here.

    `last_ms` is the time of its newest entry, None while none is here.
    """

    name: str
    pin: Pin | None
    entries: int
    last_ms: int | None


@dataclass(slots=True)
class _Seen:
    """What was read of one log, and what was held of it then."""

    held: Held | None = None
    filled: int = 0
    adds: list[Adds] = field(default_factory=list)
    revokes: list[DeviceRevoke] = field(default_factory=list)


class Roster:
    """Reads the store; safe from any thread."""

    def __init__(self, store: LogStore) -> None:
        self._store = store
        self._seen: dict[bytes, _Seen] = {}

    def devices(self, root: bytes) -> dict[bytes, Device]:
        """Return the devices of the identity `root` by key, as far as its logs are here.

        The first time this reads the whole logs; call it in a thread.
        """
        found = self._set(root)
        adds = [add for log in (root, *found) for add in self._read(log).adds]
        names = {item.add.device: item.add.name for item in adds}
        return {device: self._device(device, pin, names[device]) for device, pin in found.items()}

    def logs(self, root: bytes) -> set[bytes]:
        """Return the logs of the identity `root`: its own, and those of its devices."""
        return {root, *self._set(root)}

    def named(self, root: bytes) -> set[bytes]:
        """Return the devices that the root log itself names, whose own logs may not be here."""
        seen = self._read(root)
        return set(device_set(root, seen.adds, seen.revokes))

    def is_revoked(self, root: bytes, device: bytes) -> bool:
        """Tell whether `root` has revoked `device`; reads the root log alone."""
        return device in pins_of(self._read(root).revokes)

    def _set(self, root: bytes) -> dict[bytes, Pin | None]:
        # The rule needs the adds of a log only once that log is known to be a device's.
        revokes = self._read(root).revokes
        devices: dict[bytes, Pin | None] = {}
        while True:
            adds = [add for log in (root, *devices) for add in self._read(log).adds]
            found = device_set(root, adds, revokes)
            if found.keys() == devices.keys():
                return found
            devices = found

    def _device(self, device: bytes, pin: Pin | None, name: str) -> Device:
        held = self._store.logs.get(device)
        if held is None:
            return Device(name, pin, 0, None)
        last_ms = self._store.entry(device, held.newest.high).time_ms
        return Device(name, pin, held.entries, last_ms)

    def _read(self, log: bytes) -> _Seen:
        filled = self._store.filled.get(log, 0)
        held = self._store.logs.get(log)
        if held is None:
            return _Seen()
        seen = self._seen.get(log, _Seen())
        if seen.filled != filled:
            seen = _Seen()  # a body that somebody withheld has come since, wherever that was
        if seen.held == held:
            return seen
        # A new record each time, so that threads need no lock: a post must not wait until
        # somebody else has read a log of a million entries.
        now = _Seen(held, filled, [*seen.adds], [*seen.revokes])
        for low, high in _gained(seen.held, held):
            for seq, body in self._bodies(log, low, high):
                if isinstance(body, DeviceAdd):
                    now.adds.append(Adds(log, seq, body))
                else:
                    now.revokes.append(body)
        self._seen[log] = now
        return now

    def _bodies(
        self, log: bytes, low: int, high: int
    ) -> Iterator[tuple[int, DeviceAdd | DeviceRevoke]]:
        for entry in self._store.read(log, low, high):
            if entry.body is None or not entry.body.startswith(_KINDS, _KIND_AT):
                continue
            try:
                body = parse(entry.body)
            except BadBody:
                continue
            if isinstance(body, DeviceAdd | DeviceRevoke):
                yield entry.seq, body


def _gained(before: Held | None, now: Held) -> Iterator[tuple[int, int]]:
    """Yield (low, high) of what is held now and was not before; ranges grow and join only."""
    known = sorted((part.low, part.high) for part in before.ranges) if before else []
    for part in now.ranges:
        low = part.low
        for known_low, known_high in known:
            if part.low <= known_low <= part.high:
                if low < known_low:
                    yield low, known_low - 1
                low = known_high + 1
        if low <= part.high:
            yield low, part.high
