"""The command that mends a store says what it found, what is missing and what to do."""

from __future__ import annotations

import json
from pathlib import Path

from p2pblog.cli import doctor_node
from p2pblog.core.crypto import SigningKey
from p2pblog.core.textform import Kind, to_text
from p2pblog.node.home import Identity, open_home
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import LogStore
from tests.cli.cli_fakes import invoke

ME, ROOT = SigningKey(b"m" * 32), SigningKey(b"r" * 32)
NAME = to_text(Kind.DEVICE, ME.public)


def a_home(path: Path, *, entries: int = 5) -> Path:
    home = open_home(path)
    home.keep_device_seed(b"m" * 32)
    home.keep_identity(Identity(ROOT.public, ME.public))
    store = LogStore(LevelKeyValue(home.store), new_epoch=bytes(16))
    for number in range(entries):
        store.append(ME, [(number, b"body %d" % number)], number)
    store.close()
    return path


def test_a_whole_store_is_left_alone(tmp_path: Path) -> None:
    home = a_home(tmp_path / "home")
    assert invoke("log", "repair", home=home).stdout == (
        "The store is whole; nothing was changed.\n"
    )
    document = json.loads(invoke("log", "repair", "--json", home=home).stdout)
    assert document == {
        "repaired": False,
        "problems": [],
        "aside": None,
        "entries": 0,
        "missing": 0,
        "nameless": 0,
        "logs": [],
        "declared": [],
    }
    assert doctor_node.check_store(home).state == "ok"


def test_a_damaged_store_is_named_by_doctor_and_mended(tmp_path: Path) -> None:
    home = a_home(tmp_path / "home")
    (home / "store" / "CURRENT").write_bytes(b"MANIFEST")
    check = doctor_node.check_store(home)
    assert (check.state, check.advice) == ("fail", "run: p2pblog log repair")
    assert "CURRENT" in check.message
    said = invoke("log", "repair", home=home).stdout
    assert "CURRENT does not name a manifest" in said
    assert "5 entries of" in said
    assert "store.damaged-" in said
    assert doctor_node.check_store(home).state == "ok"


def test_a_lost_end_may_be_declared_lost(tmp_path: Path) -> None:
    home = a_home(tmp_path / "home")
    keyvalue = LevelKeyValue(home / "store")
    keyvalue.write([(b"mown" + ME.public, (9).to_bytes(8))], [])
    keyvalue.close()
    (home / "store" / "CURRENT").unlink()
    said = " ".join(invoke("log", "repair", home=home).stdout.split())
    assert "lacks its newest 4 entries" in said
    assert "--declare-lost" in said
    document = json.loads(invoke("log", "repair", "--declare-lost", "--json", home=home).stdout)
    assert (document["repaired"], document["declared"]) == (False, [NAME])
    store = LogStore(LevelKeyValue(home / "store"), new_epoch=bytes(16))
    assert store.append(ME, [(9, b"on")], 9)[0].seq == 6
    store.close()


def test_where_nothing_is_there_is_nothing_to_mend(tmp_path: Path) -> None:
    result = invoke("log", "repair", home=tmp_path / "home")
    assert result.exit_code == 1
