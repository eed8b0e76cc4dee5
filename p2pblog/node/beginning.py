"""The method of the local API by which a new identity begins."""

from __future__ import annotations

import asyncio
import logging
import os

from p2pblog.content.bodies import Profile
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import IdentityExists, P2PBlogError
from p2pblog.core.limits import KEY_BYTES
from p2pblog.core.textform import Kind, to_text
from p2pblog.log.identity import add_device, root_from_words, words_from_entropy
from p2pblog.node import params as take
from p2pblog.node.home import Identity
from p2pblog.node.household import Household
from p2pblog.node.params import Document
from p2pblog.node.server import Handler, Request
from p2pblog.node.writing import checked_name

logger = logging.getLogger(__name__)


class Beginning:
    """The method `init`."""

    def __init__(self, node: Household) -> None:
        self._node = node

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {"init": self.init}

    async def init(self, request: Request) -> Document:
        """Make an identity, and this device its first."""
        name = checked_name(take.text(request.params, "name"))
        async with self._node.becoming:
            if self._node.who is not None:
                raise IdentityExists
            words = words_from_entropy(os.urandom(32))
            root = root_from_words(words)
            key = await asyncio.to_thread(self._fresh_key)
            who = Identity(root.public, key.public)
            await self._node.append_as(root, [add_device(root.public, key)])
            await self._node.append_as(key, [Profile(name)])
            await asyncio.to_thread(self._node.home.keep_identity, who)
            try:
                await self._node.become(who, key)
            except P2PBlogError:
                # A taken port, say. The identity is made, and these words are said only now.
                logger.exception("the new identity cannot go online")
        return {
            "identity": to_text(Kind.IDENTITY, who.identity),
            "device": to_text(Kind.DEVICE, who.device),
            "name": name,
            "words": words,
        }

    def _fresh_key(self) -> SigningKey:
        """Return a device key that has not consented to any identity yet.

        A start that was cut short may have left one that has: its words were never seen, so
        it is put aside.
        """
        home = self._node.home
        seed = home.device_seed()
        if seed is not None and SigningKey(seed).public in self._node.store.logs:
            home.put_device_seed_aside()
            seed = None
        if seed is None:
            seed = os.urandom(KEY_BYTES)
            home.keep_device_seed(seed)
        return SigningKey(seed)
