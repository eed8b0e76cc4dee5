"""Clauses of protocol/05-identity.md section 1: what becomes of the randomness of an identity."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.content.bodies import Body, DeviceAdd, parse, serialize
from p2pblog.core.crypto import SigningKey, digest
from p2pblog.node import beginning
from p2pblog.node.beginning import Beginning
from p2pblog.node.home import Identity
from p2pblog.node.server import Request
from p2pblog.store.logs import LogStore
from tests.plain import identity as plain
from tests.store.written import ALL, Disk
from tests.strategies import quick


class Place:
    """A home, and a node in it, that keep what they are told to."""

    def __init__(self, seed: bytes | None) -> None:
        self.disk = Disk()
        self.store = LogStore(self.disk, new_epoch=bytes(16))
        self.home = self
        self.who: Identity | None = None
        self.becoming = asyncio.Lock()
        self.seed = seed
        self.kept: list[bytes] = []
        self.signed: list[bytes] = []

    def device_seed(self) -> bytes | None:
        return self.seed

    def keep_device_seed(self, seed: bytes) -> None:
        self.seed = seed
        self.kept.append(seed)

    def keep_identity(self, who: Identity) -> None:
        self.kept += who

    async def append_as(self, key: SigningKey, bodies: Iterable[Body]) -> None:
        self.signed += [key.public for _ in bodies]
        data = [(5, serialize(body, bytes(16))) for body in bodies]
        self.store.append(key, data, 7)

    async def become(self, who: Identity, key: SigningKey) -> None:
        self.who = who


# Hashes, so that none of them stands in a file by chance, as 32 zeros may.
seeds = st.binary(max_size=8).map(digest)


@pytest.mark.proves("I-1", "I-3")
@quick(40)
@given(st.lists(seeds, min_size=3, max_size=3, unique=True), st.booleans())
def test_the_entropy_makes_the_words_and_the_root_key_and_is_kept_nowhere(
    random: list[bytes], has_key: bool
) -> None:
    *drawn, old = random
    place = Place(old if has_key else None)

    def urandom(size: int) -> bytes:
        assert size == 32
        return drawn.pop(0)

    request = cast("Request", SimpleNamespace(params={"name": "ada"}))
    with patch.object(beginning.os, "urandom", urandom):  # type: ignore[attr-defined]
        said: Any = asyncio.run(Beginning(cast("Any", place)).init(request))
    entropy, words = random[0], said["words"]
    root = SigningKey(plain.root_seed(entropy))
    assert words == plain.words(entropy)
    assert place.who is not None
    assert place.who.identity == root.public
    # It is drawn for this alone: the device's key is another draw, or was here before.
    assert place.seed == (old if has_key else random[1])
    assert len(drawn) == has_key
    files = b"".join(value for _, value in place.disk.scan(*ALL)) + b"".join(place.kept)
    secrets = [entropy, root.seed, root.exchange_secret(), digest(root.seed), digest(entropy)]
    assert not [one for one in secrets if one in files or one.hex().encode() in files]
    assert " ".join(words[:3]).encode() not in files
    # The root key has signed its device and nothing else.
    entries = list(place.store.read(root.public, 1, 9))
    assert [type(parse(entry.body or b"")) for entry in entries] == [DeviceAdd]
