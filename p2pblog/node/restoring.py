"""Bring an identity back on an empty machine, from its 24 words and what its peers hold.

Implements protocol/05-identity.md section 6.  A root log that is written to before all of it
is here forks, and with it the identity; so this home reads only until its history has come.
The words and the root key are never written down: a restoration that was interrupted goes on
fetching, and ends when the words are given again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import BadWords, HomeUnusable, IdentityExists, Restoring
from p2pblog.core.textform import Kind, to_text
from p2pblog.log.identity import add_device, root_from_words
from p2pblog.node import params as take
from p2pblog.node.home import Identity
from p2pblog.node.household import Household
from p2pblog.node.params import Document
from p2pblog.node.server import Handler, Request
from p2pblog.node.writing import checked_name

_QUIET_POLLS = 30  # three seconds in which nothing has come


class Restoration:
    """The method `restore`.

    Fields:
        under_way: whether this home has an identity whose history is not back yet, so that
            nothing may be written.
    """

    def __init__(self, node: Household) -> None:
        self._node = node
        self._turn = asyncio.Lock()
        self._calls = 0
        self.under_way = node.home.is_restoring()

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {"restore": self.restore}

    async def restore(self, request: Request) -> Document:
        """Become a device of the identity that the words stand for, once its history is here."""
        p = request.params
        words = take.text(p, "words", most=limits.WORDS_CHARS_MAX)
        address = take.optional(p, "connect", most=300)
        name = take.text(p, "name", default="")
        name = checked_name(name) if name else ""
        root = await asyncio.to_thread(root_from_words, words.split())
        self._check(root)
        self._calls += 1  # whoever asked before, and perhaps has left, makes way
        call = self._calls
        async with self._turn:
            async with self._node.becoming:
                who, key = await self._enter(root)
            if address is not None:
                await self._node.connect_to(address)
            await self._history(who, request.progress, lambda: call == self._calls)
            await self._settle(who, root, key, name)
        logs = await asyncio.to_thread(self._node.roster.logs, who.identity)
        return {
            "identity": to_text(Kind.IDENTITY, who.identity),
            "device": to_text(Kind.DEVICE, who.device),
            "name": await self._node.name_here(),
            "logs": sum(log in self._node.store.logs for log in logs),
            "entries": self._entries(logs),
        }

    def _check(self, root: SigningKey) -> None:
        """Refuse an identity that this home cannot be restored to."""
        who = self._node.who
        if who is None:
            return
        if not self.under_way:
            raise IdentityExists
        if who.identity != root.public:
            raise BadWords("another identity is being restored here")

    async def _enter(self, root: SigningKey) -> tuple[Identity, SigningKey]:
        """Take up the identity to read for it, or go on where this home has been before."""
        self._check(root)
        who, home = self._node.who, self._node.home
        if who is not None:
            seed = await asyncio.to_thread(home.device_seed)
            if seed is None:
                raise HomeUnusable("its device key is gone")
            return who, SigningKey(seed)
        seed = await asyncio.to_thread(home.device_seed)
        if seed is None:
            seed = secrets.token_bytes(limits.KEY_BYTES)
            await asyncio.to_thread(home.keep_device_seed, seed)
        key = SigningKey(seed)
        who = Identity(root.public, key.public)
        await asyncio.to_thread(home.keep_identity, who, restoring=True)
        self.under_way = True
        await self._node.become(who, key)
        return who, key

    async def _history(
        self, who: Identity, progress: Callable[[int, int], None], wanted: Callable[[], bool]
    ) -> None:
        """Wait until peers have given the whole root log, and what they have of the others.

        Raises:
            Restoring: nobody has, for ten minutes, or somebody else waits for it now; what
                has come so far stays.
        """
        before, quiet = -1, 0
        for _ in range(int(limits.RESTORE_S_MAX / limits.RESTORE_POLL_S)):
            logs = await asyncio.to_thread(self._node.roster.logs, who.identity)
            here = self._entries(logs)
            progress(here, max(here + 1, self._expected(logs)))
            quiet = quiet + 1 if here == before else 0
            before = here
            # A log may have a past that no peer holds any more: that one is not waited for.
            settled = here == self._expected(logs) or quiet >= _QUIET_POLLS
            if settled and self._is_here(who.identity, logs):
                return
            await asyncio.sleep(limits.RESTORE_POLL_S)
            if not wanted():
                raise Restoring("it was asked for again")
        raise Restoring("no peer has given all of it yet")

    def _is_here(self, root: bytes, logs: set[bytes]) -> bool:
        store = self._node.store
        held = store.logs.get(root)
        if held is None or held.newest.low != 1:
            return False
        # At least one peer that is linked now knows the root log, and none knows more.
        return self._node.own_logs.behind([root]) is False and not self._node.own_logs.behind(logs)

    async def _settle(self, who: Identity, root: SigningKey, key: SigningKey, name: str) -> None:
        """Add this device by the root key, and let it write."""
        devices = await asyncio.to_thread(self._node.roster.logs, who.identity)
        if who.device not in devices:  # else it was cut short between this line and the next
            await self._node.append_as(root, [add_device(root.public, key, name)])
        await asyncio.to_thread(self._node.home.keep_identity, who)
        self.under_way = False

    def _entries(self, logs: set[bytes]) -> int:
        held = self._node.store.logs
        return sum(held[log].entries for log in logs if log in held)

    def _expected(self, logs: set[bytes]) -> int:
        held = self._node.store.logs
        return sum(held[log].newest.high for log in logs if log in held)
