"""Clauses of protocol/05-identity.md and 04-bodies.md, on real nodes and their files."""

from __future__ import annotations

import pytest
from mnemonic import Mnemonic

from p2pblog.content.bodies import DeviceAdd, parse
from p2pblog.core.crypto import digest
from p2pblog.core.encoding import decode
from p2pblog.log.identity import root_from_words
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import LogStore
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode


@pytest.mark.proves("I-1", "I-3")
def test_the_words_are_random_and_no_file_holds_them_or_what_they_make(
    make_node: MakeNode,
) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    assert len(set(ada.words) & set(bob.words)) < 8
    ada.call("post", text="hello")
    ada.stop()
    entropy = bytes(Mnemonic("english").to_entropy(ada.words))
    root = root_from_words(ada.words)
    secrets = [
        entropy,
        entropy.hex().encode(),
        root.seed,
        root.seed.hex().encode(),
        root.exchange_secret(),
        " ".join(ada.words[:6]).encode(),
        ",".join(ada.words[:6]).encode(),
        digest(root.seed),
    ]
    files = [path for path in ada.home.rglob("*") if path.is_file()]
    assert any(path.name == "device.key" for path in files)
    for path in files:
        held = path.read_bytes()
        assert not [secret for secret in secrets if secret in held], path
    store = opened(ada)
    # Nor was the root key used for anything but the one device.
    assert [type(parse(entry.body or b"")) for entry in store.read(root.public, 1, 99)] == [
        DeviceAdd
    ]
    store.close()


@pytest.mark.proves("B-1")
def test_no_two_bodies_have_the_same_salt(make_node: MakeNode) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    salts: list[bytes] = []
    hashes: list[bytes] = []
    for node in (ada, bob):
        for _ in range(20):
            node.call("post", text="the very same words")
        node.stop()
        store = opened(node)
        for log, held in store.logs.items():
            for entry in store.read(log, 1, held.newest.high):
                value = decode(entry.body or b"")
                assert isinstance(value, list)
                assert isinstance(value[0], bytes)
                salts.append(value[0])
                hashes.append(entry.body_hash)
        store.close()
    assert len(set(salts)) == len(set(hashes)) == len(salts) >= 44
    assert {len(salt) for salt in salts} == {16}


def opened(node: RunningNode) -> LogStore:
    [folder] = [path.parent for path in node.home.rglob("CURRENT")]
    return LogStore(LevelKeyValue(folder), new_epoch=bytes(16))
