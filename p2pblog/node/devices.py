"""The methods of the local API about the devices of one identity.

Implements protocol/05-identity.md, sections 3 to 5, for the two ends of a pairing, and for the
person who revokes a device with the 24 words.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence

from p2pblog.content.bodies import DeviceAdd, DeviceRevoke
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import (
    Ambiguous,
    BadRequest,
    BadWords,
    IdentityExists,
    NoIdentity,
    NotFound,
    P2PBlogError,
    PairingEnded,
)
from p2pblog.core.textform import Kind, to_text
from p2pblog.log.identity import root_from_words
from p2pblog.net.address import parse_address
from p2pblog.net.interfaces import InterfaceAddress, choose, snapshot
from p2pblog.net.pairing import PairingPort, meet_at, meet_on_lan, typeable
from p2pblog.node import params as take
from p2pblog.node.home import Identity
from p2pblog.node.household import Household
from p2pblog.node.offering import Joining, Newcomer, Offering
from p2pblog.node.params import Document
from p2pblog.node.roster import Device
from p2pblog.node.server import Handler, Request
from p2pblog.node.writing import checked_name
from p2pblog.sync.pairing import CODE_BYTES, new_code, pairing_key, read_code

logger = logging.getLogger(__name__)


class Devices:
    """Adds, lists and revokes devices; at most one pairing at a time, the newest."""

    def __init__(self, node: Household) -> None:
        self._node = node
        self._offering: Offering | None = None
        self._joining: Joining | None = None

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {
            "device.list": self.list,
            "device.offer": self.offer,
            "device.wait": self.wait,
            "device.confirm": self.confirm,
            "device.ended": self.ended,
            "device.join": self.join,
            "device.joined": self.joined,
            "device.leave": self.leave,
            "device.revoke": self.revoke,
        }

    async def close(self) -> None:
        """Break off the pairing that is under way."""
        for pairing in (self._offering, self._joining):
            if pairing is not None:
                await pairing.close()

    # --- the devices there are -----------------------------------------------------------

    async def list(self, request: Request) -> Document:
        """Return the devices of this identity, this one first, then the most recently active."""
        who = self._node.who
        if who is None:
            raise NoIdentity
        found = await asyncio.to_thread(self._node.roster.devices, who.identity)
        rows = [_row(key, device, this=key == who.device) for key, device in found.items()]
        rows.sort(key=lambda row: (not row["this"], row["revoked"], -(row["last_ms"] or 0)))
        return {"identity": to_text(Kind.IDENTITY, who.identity), "devices": rows}

    async def revoke(self, request: Request) -> Document:
        """Disown a device from what is held of its log on; takes the 24 words."""
        who = await self._node.check_may_write()
        typed = take.text(request.params, "device", most=100).strip().lower()
        words = take.text(request.params, "words", most=limits.WORDS_CHARS_MAX)
        found = await asyncio.to_thread(self._node.roster.devices, who.identity)
        device = _pick(typed, found)
        if device == who.device:
            raise BadRequest("that is this device; revoke it from another one")
        if found[device].pin is not None:
            return {"changed": False, "device": to_text(Kind.DEVICE, device)}
        root = await asyncio.to_thread(root_from_words, words.split())
        if root.public != who.identity:
            raise BadWords("they are another identity's")
        await self._check_root_is_whole(who)
        held = self._node.store.logs.get(device)
        seq, last = (0, None) if held is None else (held.newest.high, held.newest.high_id)
        (entry,) = await self._node.append_as(root, [DeviceRevoke(device, seq, last)])
        return {
            "changed": True,
            "device": to_text(Kind.DEVICE, device),
            "kept": seq,
            "id": to_text(Kind.ENTRY, entry.id),
        }

    async def _check_root_is_whole(self, who: Identity) -> None:
        """Refuse to write to a root log that is longer than what is here: it would fork."""
        await self._node.own_logs.settled(who.identity)
        held = self._node.store.logs.get(who.identity)
        if held is None or held.newest.low != 1:
            raise NotFound("the whole log of your identity; connect to another of your devices")

    # --- the old device ------------------------------------------------------------------

    async def offer(self, request: Request) -> Document:
        """Begin a pairing; return the code to type on the new device."""
        who = await self._node.check_may_write()
        if self._offering is not None:
            await self._offering.close()
        code = new_code(secrets.token_bytes(CODE_BYTES))
        key = await self._pairing_key(code)
        hosts = [parse_address(one, listening=True).host for one in self._node.listening]
        here = self._lan(hosts)
        lan = here if self._node.config.lan else None
        port = await PairingPort.open(key=key, hosts=hosts, lan=lan)
        name = await self._node.name_here()
        # Of two that were asked for at once the first ends here.
        before = self._offering
        self._offering = Offering(port, who, name, self._add, lambda: self._node.listening)
        if before is not None:
            await before.close()
        return {
            "code": code,
            "addresses": typeable(port.addresses, here()),
            "expires_ms": time.time_ns() // 1_000_000 + limits.PAIRING_S_MAX * 1000,
        }

    async def wait(self, request: Request) -> Document:
        """Return who has come with the code; wait for them."""
        return _newcomer(await self._offered().newcomer())

    async def confirm(self, request: Request) -> Document:
        """Add whoever has come, or say no to them."""
        offering = self._offered()
        if not take.flag(request.params, "accept"):
            await offering.refuse()
            return {"added": False}
        if not offering.has_come:
            raise BadRequest("nobody has come yet")
        # Whoever says yes has seen the number of who is there: nobody is added unseen.
        if take.text(request.params, "compare") != (await offering.newcomer()).compare:
            raise BadRequest("whoever has come shows another number")
        return {"added": True, **_newcomer(await offering.confirm())}

    async def ended(self, request: Request) -> Document:
        """Wait until the offer is over; tell that whoever came was added."""
        return {"added": True, **_newcomer(await self._offered().ended())}

    def _offered(self) -> Offering:
        if self._offering is None:
            raise PairingEnded("there is none under way")
        return self._offering

    async def _add(self, add: DeviceAdd) -> None:
        await self._node.check_may_write()
        await self._node.say([add])

    # --- the new device ------------------------------------------------------------------

    async def join(self, request: Request) -> Document:
        """Find the device that offers a pairing; return what to compare with its screen."""
        p = request.params
        if self._node.who is not None:
            raise IdentityExists
        code = read_code(take.text(p, "code"))
        address = take.optional(p, "at", most=300)
        name = take.text(p, "name", default="")
        name = checked_name(name) if name else ""
        if address is None and not self._node.config.lan:
            raise BadRequest("this node does not look around on the LAN; add --at HOST:PORT")
        if self._joining is not None:
            await self._joining.close()
        key = self._fresh_key()
        pairing = await self._pairing_key(code)
        if address is not None:
            link = await meet_at(address, key=pairing, device=key)
        else:
            listen = self._node.config.listen
            hosts = [parse_address(one, listening=True).host for one in listen]
            link = await meet_on_lan(key=pairing, device=key, lan=self._lan(hosts))
        joining = Joining(link, key, name, lambda who, at: self._keep(who, key, at))
        before, self._joining = self._joining, joining
        if before is not None:
            await before.close()
        await joining.comparable()
        return {**_texts(joining.who), "name": joining.name, "compare": joining.compare}

    async def joined(self, request: Request) -> Document:
        """Wait until the other device has said yes; this home is then the identity's."""
        if self._joining is None:
            raise PairingEnded("there is none under way")
        await self._joining.joined()
        who = self._joining.who
        # What makes this device one of the identity's comes by the first link; not for ever.
        for _ in range(limits.API_WAIT_S_MAX * 10):
            if await asyncio.to_thread(self._is_device, who):
                break
            await asyncio.sleep(limits.RESTORE_POLL_S)
        return {**_texts(who), "name": self._joining.name}

    async def leave(self, request: Request) -> Document:
        """Break off, unless the other device has said yes already."""
        joining = self._joining
        return {"left": joining is not None and await joining.leave()}

    def _is_device(self, who: Identity) -> bool:
        return who.device in self._node.roster.logs(who.identity)

    def _fresh_key(self) -> SigningKey:
        # A start that was cut short left a device key that nobody knows of yet: use it up.
        seed = self._node.home.device_seed()
        return SigningKey(secrets.token_bytes(limits.KEY_BYTES) if seed is None else seed)

    async def _keep(self, who: Identity, key: SigningKey, addresses: Sequence[str]) -> None:
        home = self._node.home

        def write() -> None:
            if home.device_seed() is None:
                home.keep_device_seed(key.seed)
            home.keep_identity(who)

        async with self._node.becoming:
            if self._node.who is not None:
                raise IdentityExists
            await asyncio.to_thread(write)
            await self._node.become(who, key)
        for address in addresses:
            try:
                await self._node.connect_to(address)
            except (P2PBlogError, OSError) as error:
                logger.info("cannot reach the other device: %s", error)
            else:
                return

    # --- both ----------------------------------------------------------------------------

    async def _pairing_key(self, code: str) -> bytes:
        return await asyncio.to_thread(pairing_key, code, self._node.config.network_key)

    def _lan(self, hosts: Sequence[str]) -> Callable[[], tuple[InterfaceAddress, ...]]:
        names = self._node.config.interfaces
        return lambda: choose(snapshot(), names=names, listen_hosts=hosts)


def _pick(typed: str, devices: dict[bytes, Device]) -> bytes:
    """Return the device whose text form begins with `typed`.

    Raises:
        BadRequest, NotFound, Ambiguous: too short, none, several.
    """
    if len(typed) < limits.PREFIX_CHARS_MIN:
        raise BadRequest(f"type at least {limits.PREFIX_CHARS_MIN} characters of the device")
    found = [key for key in devices if to_text(Kind.DEVICE, key).startswith(typed)]
    if not found:
        raise NotFound("a device of yours that begins like that")
    if len(found) > 1:
        raise Ambiguous(f"{len(found)} devices")
    return found[0]


def _row(key: bytes, device: Device, *, this: bool) -> Document:
    return {
        "device": to_text(Kind.DEVICE, key),
        "name": device.name,
        "this": this,
        "revoked": device.pin is not None,
        "entries": device.entries,
        "last_ms": device.last_ms,
    }


def _newcomer(newcomer: Newcomer) -> Document:
    return {
        "device": to_text(Kind.DEVICE, newcomer.device),
        "name": newcomer.name,
        "compare": newcomer.compare,
    }


def _texts(who: Identity) -> Document:
    return {
        "identity": to_text(Kind.IDENTITY, who.identity),
        "device": to_text(Kind.DEVICE, who.device),
    }
