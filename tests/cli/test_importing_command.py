"""import twitter: batches, counts, problems, and nothing sent that would be empty."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from p2pblog.core.errors import NoIdentity
from p2pblog.core.limits import IMPORT_BATCH_ENTRIES
from p2pblog.exchange.twitter import Item
from tests.cli.cli_fakes import FakeNode, invoke
from tests.exchange.make_archive import HANDLE, make_archive


def importing_node() -> FakeNode:
    def batch(*, items: list[dict[str, Any]], **_: str) -> dict[str, int]:
        return {"added": len(items) - 1, "known": 1}

    return FakeNode(whoami={"identity": "i"}, import__batch=batch)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive"
    make_archive(path, generation=2, tweets=IMPORT_BATCH_ENTRIES + 7, seed=1)
    return path


def test_an_archive_goes_to_the_node_in_batches_oldest_first(archive: Path) -> None:
    node = importing_node()
    result = invoke("import", "twitter", str(archive), node=node)
    assert result.exit_code == 0
    assert result.stdout == "505 added, 2 known already\n"
    assert result.stderr == ""
    batches = [params for method, params in node.calls if method == "import.batch"]
    assert [len(batch["items"]) for batch in batches] == [IMPORT_BATCH_ENTRIES, 7]
    assert {(batch["source"], batch["account"]) for batch in batches} == {("twitter", HANDLE)}
    times = [item["time_ms"] for batch in batches for item in batch["items"]]
    assert times == sorted(times)


def test_what_an_item_does_not_have_is_not_sent(archive: Path) -> None:
    node = importing_node()
    invoke("import", "twitter", str(archive), node=node)
    items = [item for _, params in node.calls[1:] for item in params["items"]]
    assert all(value for item in items for name, value in item.items() if name != "text")
    assert {"id", "time_ms", "text"} <= set.intersection(*(set(item) for item in items))
    assert set.union(*(set(item) for item in items)) == set(Item.__annotations__)


def test_what_could_not_be_read_is_listed_and_the_rest_imported(archive: Path) -> None:
    (archive / "data" / "tweets-part9.js").write_text("this is no tweet")
    node = importing_node()
    result = invoke("import", "twitter", str(archive), node=node)
    assert result.exit_code == 1
    assert "505 added" in result.stdout
    assert "tweets-part9.js: " in result.stdout
    document = json.loads(invoke("import", "twitter", str(archive), "--json", node=node).stdout)
    assert document["added"] == 505
    assert [set(each) for each in document["problems"]] == [{"file", "reason"}]


def test_a_folder_that_is_no_archive_is_refused_before_the_node_is_asked(tmp_path: Path) -> None:
    node = importing_node()
    result = invoke("import", "twitter", str(tmp_path), node=node)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert node.started == []


def test_without_an_identity_nothing_is_read(archive: Path) -> None:
    node = FakeNode(whoami=NoIdentity())
    result = invoke("import", "twitter", str(archive), node=node)
    assert result.exit_code == 1
    assert "p2pblog init" in result.stderr


def test_a_path_that_is_not_there_is_a_misuse() -> None:
    assert invoke("import", "twitter", "/nowhere/archive.zip").exit_code == 2
