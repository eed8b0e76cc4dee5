"""The methods of the local API that say how the node is: its links, logs and refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from p2pblog.core.errors import ViewsDamaged
from p2pblog.core.textform import Kind, to_text
from p2pblog.node.config import Config
from p2pblog.node.home import Identity
from p2pblog.node.hub import Hub
from p2pblog.node.network import Network
from p2pblog.node.params import Document
from p2pblog.node.reading import Reading
from p2pblog.node.server import Handler, Request
from p2pblog.store.logs import LogStore
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.policy import Policy
from p2pblog.views.database import Views
from p2pblog.views.reader import Reader

_UNKNOWN: Document = {"name": "", "looks_like": None}


class Reporting:
    """Answers about the node itself."""

    def __init__(
        self,
        config: Config,
        store: LogStore,
        views: Views,
        reading: Reading,
        reader: Reader,
        policy: Policy,
        *,
        who: Callable[[], Identity | None],
        online: Callable[[], tuple[Hub, Network] | None],
        restoring: Callable[[], bool],
    ) -> None:
        """Prepare to report.

        Args:
            who: returns who lives here.
            online: returns the node's hub and network, or None while it is offline.
            restoring: tells whether one's history is still to come.
        """
        self._config = config
        self._store = store
        self._views = views
        self._reading = reading
        self._reader = reader
        self._policy = policy
        self._who = who
        self._online = online
        self._restoring = restoring

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {"status": self.status, "peers": self.peers}

    async def status(self, request: Request) -> Document:
        """Return what `p2pblog status` shows."""
        online = self._online()
        return {
            "peers": await self._linked(),
            "logs": len(self._store.logs),
            "entries": self._store.entries,
            "indexed": self._views.indexed,
            "arrival": self._store.arrival,
            "lan": self._config.lan,
            "forked": len(self._store.forked),
            "own": self._own_document(),
            "restoring": self._restoring(),
            "syncing": self._syncing_document(),
            "listening": online[1].listening if online else [],
            "addresses": online[1].addresses if online else [],
            "lan_error": online[1].lan_error if online else "",
            "looking": online[1].looking if online else [],
            "counters": dict(online[0].counters) if online else {},
            "policy": self._policy_document(),
            "blocked": len(self._store.blocks.identities),
        }

    def _syncing_document(self) -> Document | None:
        """Return how far it is with what is being fetched."""
        here, there = online[0].syncing() if (online := self._online()) else (0, 0)
        return {"entries": here, "of": there} if there else None

    def _own_document(self) -> Document | None:
        """Return what is here of this device's own log."""
        if (who := self._who()) is None:
            return None
        held = self._store.logs.get(who.device)
        here = 0 if held is None else held.newest.high
        written = max(here, self._store.own_floor(who.device))
        return {"written": written, "here": here, "forked": who.device in self._store.forked}

    async def peers(self, request: Request) -> Document:
        """Return the links, and the known devices without one."""
        online = self._online()
        unlinked = online[1].unlinked() if online else []
        names = await self._names([device for device, _, _ in unlinked])
        return {
            "peers": [{**peer, "linked": True} for peer in await self._linked()]
            + [
                {
                    "device": to_text(Kind.DEVICE, device),
                    "address": addresses[0] if addresses else "",
                    "carrier": "",
                    **names.get(device, _UNKNOWN),
                    "near": None,
                    "linked": False,
                    "last_error": error,
                }
                for device, addresses, error in unlinked
            ]
        }

    async def name_of(self, device: bytes) -> str:
        """Return the name of whoever a device belongs to, "" while that is not known."""
        name: str = (await self._names([device])).get(device, _UNKNOWN)["name"]
        return name

    def _policy_document(self) -> Document:
        """Return by distance the rule, what is held and what was refused."""
        found: Document = {}
        for distance, rule in self._policy.rules.items():
            held, refused = self._policy.total(distance), self._policy.refused[distance]
            bounds = asdict(rule) | {"depth": None if rule.depth == WHOLE else rule.depth}
            found[distance.value] = {
                "rule": bounds,
                "logs": held.logs,
                "entries": held.entries,
                "bytes": held.size,
                "refused": {"entries": refused.entries, "bytes": refused.size},
            }
        return found

    async def _linked(self) -> list[Document]:
        online = self._online()
        peers = online[0].peers if online else []
        names = await self._names([peer.device for peer in peers])
        return [
            {
                "device": to_text(Kind.DEVICE, peer.device),
                "address": peer.link.carrier.remote,
                "carrier": peer.link.carrier.kind,
                **names.get(peer.device, _UNKNOWN),
                "near": peer.near,
            }
            for peer in peers
        ]

    async def _names(self, devices: list[bytes]) -> dict[bytes, Document]:
        """Return {name, looks_like} of whoever devices belong to, where that is known."""
        if not devices:
            return {}
        try:
            names: dict[bytes, Document] = await self._reading.ask(self._reader.names_of, devices)
        except ViewsDamaged:
            return {}
        return names
