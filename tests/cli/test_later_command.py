"""post --at, later: which time is meant, what is asked of the node, what is said."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from p2pblog.api.when import read_time
from p2pblog.core.errors import BadRequest
from tests.cli.cli_fakes import NOW_MS, FakeNode, invoke

WAITS = {
    "id": "3",
    "at_ms": NOW_MS + 3_600_000,
    "text": "bread\x1b[31m",
    "warning": "",
    "lang": "",
    "reply_to": None,
    "quote": None,
    "media": 0,
    "error": "",
}


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_time_is_of_today_of_tomorrow_of_a_day_or_from_now() -> None:
    now = datetime(2026, 11, 28, 13, 30, tzinfo=UTC)
    now_ms = int(now.timestamp() * 1000)

    def meant(typed: str) -> datetime:
        return datetime.fromtimestamp(read_time(typed, now_ms) / 1000, UTC)

    assert meant("13:31") == now + timedelta(minutes=1)
    assert meant("13:30") == now + timedelta(days=1)
    assert meant("9:05") == datetime(2026, 11, 29, 9, 5, tzinfo=UTC)
    assert meant("2026-12-24T18:30") == datetime(2026, 12, 24, 18, 30, tzinfo=UTC)
    assert meant("2026-12-24 18:30+02:00") == datetime(2026, 12, 24, 16, 30, tzinfo=UTC)
    assert meant("+90m") == now + timedelta(minutes=90)
    assert meant("+2w") == now + timedelta(weeks=2)


@pytest.mark.parametrize("typed", ["", "soon", "25:00", "+2y", "+99999d", "24.12.2026"])
def test_a_time_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(BadRequest):
        read_time(typed, NOW_MS)
    node = FakeNode()
    assert invoke("post", "x", "--at", typed, node=node).exit_code == 2
    assert node.calls == []


def test_a_post_for_later_asks_for_what_a_post_asks_for() -> None:
    node = FakeNode(post__later={"id": "3", "at_ms": WAITS["at_ms"]})
    said = invoke("post", "bread", "--warning", "food", "--at", "+1h", node=node).stdout
    params = {"text": "bread", "warning": "food", "at_ms": NOW_MS + 3_600_000}
    assert node.calls == [("post.later", params)]
    assert said.startswith("It waits until 2027-")


def test_what_waits_is_shown_as_safe_text() -> None:
    node = FakeNode(later={"later": [WAITS, {**WAITS, "id": "4", "error": "no identity"}]})
    said = invoke("later", node=node).stdout
    assert "\x1b" not in said
    assert said.count("bread") == 2
    assert "not published yet: no identity" in said
    assert invoke("later", node=FakeNode(later={"later": []})).stdout.startswith("Nothing waits.")


def test_what_is_dropped_is_printed() -> None:
    node = FakeNode(later__drop=WAITS)
    assert json.loads(invoke("later", "--drop", "3", "--json", node=node).stdout) == WAITS
    assert node.calls == [("later.drop", {"id": "3"})]
