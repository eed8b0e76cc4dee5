"""Find the nodes of our network on the LAN, and be found.

Implements protocol/07-discovery.md: `LanFinder` keeps the list of who is there and reports
changes.  It rides on a `Responder` (zeroconf), which it replaces when the interfaces change
or the machine wakes up.  It does not dial: `on_found` and `on_lost` go to whoever does.

Everything that comes in was sent by a stranger.  The list is bounded, a name is looked at
only when it could be a node's, changes are gathered before they are looked at, and nobody
is reported more than once a second however often they announce themselves.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from p2pblog.core.limits import (
    INTERFACE_POLL_S,
    LAN_NOTICE_GAP_S,
    LAN_PEERS_MAX,
    LAN_TTL_S,
    LAN_UNCONFIRMED_S_MAX,
)
from p2pblog.net.interfaces import InterfaceAddress, NetworkChange, NetworkWatch
from p2pblog.net.lan_records import (
    SERVICE_TYPE,
    Found,
    announced,
    host_name,
    instance_name,
    is_instance_name,
    network_tag,
    read_record,
    write_txt,
)

if TYPE_CHECKING:
    from p2pblog.net.responder import Responder

__all__ = ["Found", "LanFinder", "LanState"]

_GATHER_S = 0.03  # a burst of changes is looked at together
_LEARN_AT_ONCE = 32  # names looked at before the loop gets its turn
_ASK_AGAIN_S = 4
_ASK_TIMES_MAX = 3  # for the missing records of a newcomer
_REMEMBER_S = 15
_RETRY_S_FIRST = 2
_RETRY_S_MAX = 60


@dataclass(frozen=True, slots=True)
class LanState:
    """What `status` and `doctor` say about looking for peers on the LAN.

    `interfaces` are "NAME ADDRESS"; `error` is empty, "no-interface", or what the system
    said; `ignored` counts records that were malformed, of another network, or too many.
    """

    running: bool
    interfaces: tuple[str, ...]
    peers: int
    ignored: int
    error: str


@dataclass(slots=True)
class _Peer:
    """One instance: what its records say now, and what was last reported of it."""

    now: Found | None = None
    told: Found | None = None
    told_s: float = float("-inf")
    expires_s: float = 0.0
    asked_s: float = float("-inf")


class LanFinder:
    """Announces this node on the LAN and reports who else is there.

    Args:
        device: our device key (32 bytes).
        network_key: 32 bytes; nodes of other networks are passed over.
        port: where we accept links, on every address announced.
        addresses: what to look and listen on now; asked every `poll_s` seconds.
        on_found: called with a device that appeared, or whose addresses changed.
        on_lost: called with the key of a device that said goodbye or fell silent.
        on_network: called when addresses changed or the machine woke up.
        clock: monotonic seconds.
        wall: seconds since 1970.
    """

    def __init__(
        self,
        *,
        device: bytes,
        network_key: bytes,
        port: int,
        addresses: Callable[[], Sequence[InterfaceAddress]],
        on_found: Callable[[Found], None],
        on_lost: Callable[[bytes], None],
        on_network: Callable[[NetworkChange], None] | None = None,
        poll_s: float = INTERFACE_POLL_S,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._device, self._port = device, port
        self._name = instance_name(device)
        self._tag = network_tag(network_key)
        self._txt = write_txt(device, network_key)
        self._on_found, self._on_lost, self._on_network = on_found, on_lost, on_network
        self._poll_s, self._clock = poll_s, clock
        self._watch = NetworkWatch(addresses, poll_s=poll_s, clock=clock, wall=wall)
        # Nodes that started together would otherwise all ask for the same record at once;
        # this way one asks, and the answer that all hear renews it for everybody.
        self._renew_s = LAN_TTL_S * random.uniform(0.15, 0.30)
        self._peers: dict[str, _Peer] = {}
        self._changed: dict[str, bool] = {}  # name to gone, in the order of arrival
        self._incomplete: dict[str, int] = {}  # name to how often it was asked for
        self._gathering: asyncio.TimerHandle | None = None
        self._responder: Responder | None = None
        self._retry_at_s = float("inf")
        self._retry_s = float(_RETRY_S_FIRST)
        self._ignored = 0
        self._error = ""
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def state(self) -> LanState:
        """What is going on, for `status` and `doctor`."""
        interfaces = [f"{one.name} {one.address}" for one in self._watch.current]
        return LanState(
            running=self._responder is not None,
            interfaces=tuple(interfaces) if self._responder is not None else (),
            peers=sum(peer.told is not None for peer in self._peers.values()),
            ignored=self._ignored,
            error=self._error,
        )

    async def start(self) -> None:
        """Begin to announce and to look; returns as soon as the sockets are open.

        Never fails: without an interface, or with port 5353 refused, it goes on trying.
        """
        await asyncio.to_thread(import_module, "p2pblog.net.responder")
        await self._reopen()
        self._task = asyncio.create_task(self._run(), name="lan-finder")

    async def close(self) -> None:
        """Say goodbye (0.25 s) and stop; nothing is reported afterwards."""
        # The task is asked to end rather than cancelled: half-opened sockets would leak.
        self._stop.set()
        if self._task is not None:
            await self._task
        if self._gathering is not None:
            self._gathering.cancel()
        if self._responder is not None:
            responder, self._responder = self._responder, None
            await responder.close(goodbye=True)

    async def _run(self) -> None:
        while not self._stop.is_set():
            try:
                async with asyncio.timeout(self._poll_s):
                    await self._stop.wait()
                return
            except TimeoutError:
                await self._tick()

    async def _tick(self) -> None:
        change = self._watch.poll()
        now_s = self._clock()
        if change is not NetworkChange.NONE:
            # Whoever is still there will answer the new responder's questions.
            grace_s = LAN_UNCONFIRMED_S_MAX if self._watch.current else 0
            for peer in self._peers.values():
                peer.expires_s = min(peer.expires_s, now_s + grace_s)
            self._retry_s = float(_RETRY_S_FIRST)
            await self._reopen()
            if self._on_network is not None:
                self._on_network(change)
        elif now_s >= self._retry_at_s:
            await self._reopen()
        self._renew(now_s)
        self._report(now_s)

    async def _reopen(self) -> None:
        """Replace the responder by one for the present addresses.

        Without goodbye: on the interfaces that remain, what we announce anew takes the
        place of what we said before (the cache-flush bit), and nobody loses sight of us.
        """
        from p2pblog.net.responder import Responder

        if self._responder is not None:
            old, self._responder = self._responder, None
            await old.close(goodbye=False)
        self._changed.clear()
        self._incomplete.clear()
        self._retry_at_s = float("inf")
        here = self._watch.current
        if not here:
            self._error = "no-interface"
            return
        try:
            self._responder = await Responder.open(
                here,
                service_type=SERVICE_TYPE,
                name=self._name,
                host=host_name(self._device),
                port=self._port,
                txt=self._txt,
                addresses=announced(here),
                on_change=self._heard,
            )
        except OSError as error:
            self._error = str(error)
        else:
            self._error = ", ".join(self._responder.missing)
        if self._error:
            self._retry_at_s = self._clock() + self._retry_s
            self._retry_s = min(self._retry_s * 2, _RETRY_S_MAX)

    def _heard(self, name: str, gone: bool) -> None:
        """Note that an instance changed; called for whatever anybody sends."""
        name = name.lower()
        if name == self._name or self._stop.is_set():
            return
        if not is_instance_name(name) or len(self._changed) >= 2 * LAN_PEERS_MAX:
            self._ignored += 1
            return
        self._changed[name] = gone
        self._gather(_GATHER_S)

    def _gather(self, after_s: float) -> None:
        loop = asyncio.get_running_loop()
        when_s = loop.time() + after_s
        if self._gathering is not None:
            if self._gathering.when() <= when_s:
                return
            self._gathering.cancel()
        self._gathering = loop.call_at(when_s, self._learn_some)

    def _learn_some(self) -> None:
        self._gathering = None
        now_s = self._clock()
        some = list(self._changed)[:_LEARN_AT_ONCE]
        ask = [name for name in some if self._learn(name, now_s, gone=self._changed.pop(name))]
        if ask and self._responder is not None:
            self._responder.ask(ask)
        if self._changed:
            self._gather(_GATHER_S)
        self._report(now_s)

    def _learn(self, name: str, now_s: float, *, gone: bool = False) -> bool:
        """Take in what the records of an instance say; return whether to ask for more."""
        peer = self._peers.get(name)
        if gone:
            self._incomplete.pop(name, None)
            if peer is not None:
                peer.now = None
            return False
        if self._responder is None or (record := self._responder.lookup(name)) is None:
            if peer is not None or name in self._incomplete:
                return False
            if len(self._incomplete) >= LAN_PEERS_MAX:
                self._ignored += 1
                return False
            self._incomplete[name] = 1
            return True
        self._incomplete.pop(name, None)
        found = read_record(record, tag=self._tag, here=self._watch.current)
        if found is None:
            self._ignored += 1
            if peer is not None:
                peer.now = None
            return False
        if peer is None:
            if len(self._peers) >= LAN_PEERS_MAX:
                self._ignored += 1
                return False
            peer = self._peers[name] = _Peer()
        peer.now = found
        peer.expires_s = now_s + record.ttl_s
        return False

    def _renew(self, now_s: float) -> None:
        """Ask after those whose records run out; drop those that did not answer."""
        ask: list[str] = []
        for name, times in list(self._incomplete.items()):
            if times >= _ASK_TIMES_MAX:
                del self._incomplete[name]
            else:
                self._incomplete[name] = times + 1
                ask.append(name)
        for name, peer in list(self._peers.items()):
            if peer.now is None:
                # zeroconf keeps expired records for 10 s, and says nothing about a peer
                # that comes back before they are cleared away: look for it ourselves.
                self._learn(name, now_s)
                if peer.now is None and peer.told is None and now_s - peer.told_s > _REMEMBER_S:
                    del self._peers[name]
                continue
            if peer.expires_s - now_s < self._renew_s:
                self._learn(name, now_s)  # perhaps somebody else has asked
            if peer.expires_s <= now_s:
                peer.now = None
            elif peer.expires_s - now_s < self._renew_s and now_s - peer.asked_s > _ASK_AGAIN_S:
                peer.asked_s = now_s
                ask.append(name)
        if self._responder is not None:
            self._responder.ask(ask[:LAN_PEERS_MAX])

    def _report(self, now_s: float) -> None:
        """Tell what has changed, each device at most once in `LAN_NOTICE_GAP_S`."""
        wait_s = float("inf")
        for peer in list(self._peers.values()):
            if peer.now == peer.told:
                continue
            due_s = peer.told_s + LAN_NOTICE_GAP_S
            if now_s < due_s:
                wait_s = min(wait_s, due_s - now_s)
                continue
            before, peer.told, peer.told_s = peer.told, peer.now, now_s
            if peer.now is not None:
                self._on_found(peer.now)
            elif before is not None:
                self._on_lost(before.device)
        if wait_s < float("inf") and not self._stop.is_set():
            self._gather(wait_s)
