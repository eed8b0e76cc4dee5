"""What is sent twice is said once, and what is written meanwhile is a draft of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import TextArea

from p2pblog.core.errors import NodeUnreachable
from p2pblog.tui.drafts import Draft, Drafts
from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.screens.compose import ComposeScreen
from tests.tui.driving import Driver, running


@pytest.fixture
def drafts(tmp_path: Path) -> Iterator[Drafts]:
    yield Drafts(tmp_path / "drafts.json")
    assert not [one for one in tmp_path.iterdir() if "bad" in one.name]


def texts(drafts: Drafts) -> list[str]:
    return [draft.text for _, draft in drafts.kept()]


async def compose(driver: Driver, key: str = "c") -> TextArea:
    await driver.press(key)
    await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
    await driver.until(lambda: list(driver.app.screen.query(TextArea)))
    return driver.app.screen.query_one(TextArea)


async def held(driver: Driver) -> None:
    await driver.press("ctrl+s")
    await driver.until(lambda: not isinstance(driver.app.screen, ComposeScreen))
    await driver.until(lambda: driver.app._outbox.holds)


async def test_what_had_no_answer_is_sent_again_under_the_same_token(drafts: Drafts) -> None:
    node = neighbourhood()
    post = node._methods["post"]

    def silent(**params: Any) -> Any:
        raise NodeUnreachable

    async with running(node, drafts=drafts) as driver:
        await driver.see("This. Everybody")
        node._methods["post"] = silent
        await compose(driver)
        await driver.type("only once")
        await held(driver)
        await driver.app._outbox.release()
        await driver.see("Not sent, kept as a draft")
        node._methods["post"] = post
        again = await compose(driver)
        assert again.text == "only once"
        await held(driver)
        await driver.app._outbox.release()
        await driver.until(lambda: texts(drafts) == [])
        await compose(driver)
        await driver.type("only once")
        await held(driver)
        await driver.app._outbox.release()
        first, second, third = (params["token"] for params in driver.called("post"))
    assert first == second != third
    assert len(first) >= 16


async def test_the_composer_is_empty_while_another_text_is_held(drafts: Drafts) -> None:
    async with running(neighbourhood(), drafts=drafts) as driver:
        await driver.see("This. Everybody")
        await compose(driver)
        await driver.type("first")
        await held(driver)
        area = await compose(driver)
        assert area.text == ""
        await driver.type("second")
        await driver.app._outbox.release()
        await driver.until(lambda: driver.called("post"))
        assert (area.text, texts(drafts)) == ("second", ["second"])
        assert [one.text for _, one in Drafts(drafts._path).kept()] == ["second"]


async def test_what_is_held_is_there_after_a_client_that_was_killed(drafts: Drafts) -> None:
    async with running(neighbourhood(), drafts=drafts) as driver:
        await driver.see("This. Everybody")
        await compose(driver)
        await driver.type("first")
        await held(driver)
        left = Drafts(drafts._path)
        assert texts(left) == ["first"]
        token = left.kept()[0][1].token
        async with running(neighbourhood(), drafts=left) as other:
            await other.see("This. Everybody")
            assert (await compose(other)).text == "first"
            await held(other)
            await other.app._outbox.release()
            assert other.called("post")[0]["token"] == token


async def test_two_that_could_not_be_sent_are_two_drafts(drafts: Drafts) -> None:
    node = neighbourhood()
    async with running(node, drafts=drafts) as driver:
        await driver.see("This. Everybody")
        await compose(driver)
        await driver.type("first")
        await held(driver)
        await compose(driver)
        await driver.type("second")
        node.crash()
        await driver.press("ctrl+s")
        await driver.see("Not sent, kept as a draft")
        await driver.app._outbox.release()
        assert sorted(texts(drafts)) == ["first", "second"]
        driver.app.action_drafts()
        await driver.see("Drafts", "new, not sent: first", "new, not sent: second")
        await driver.press("j", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
        assert driver.app.screen.query_one(TextArea).text == "first"


async def test_a_reply_that_was_not_sent_is_found_beside_another_one(drafts: Drafts) -> None:
    node = neighbourhood()
    async with running(node, drafts=drafts) as driver:
        await driver.see("This. Everybody")
        await compose(driver, "r")
        await driver.type("first")
        await held(driver)
        assert (await compose(driver, "r")).text == ""
        await driver.type("second")
        await driver.press("escape")
        node.down = True
        node.crash()
        await driver.app._outbox.release()
        await driver.see("Not sent, kept as a draft")
        node.down = False
        driver.app.context.connection.retry_now()
        await driver.see("2 peers")
        driver.app.action_drafts()
        await driver.see("reply, not sent: first", "reply: second")
        kept = [about for about, _ in driver.app.drafts()]
        first = next(at for at, about in enumerate(kept) if about.startswith("sent "))
        await driver.press(*["j"] * first, "enter")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
        assert driver.app.screen.query_one(TextArea).text == "first"
        await driver.see("Reply", "to Tomás")
        await held(driver)
        await driver.app._outbox.release()
        assert driver.called("post")[-1]["text"] == "first"
        assert driver.called("post")[-1]["reply_to"]
        assert texts(drafts) == ["second"]


async def test_what_is_held_is_no_draft_to_choose(drafts: Drafts) -> None:
    async with running(neighbourhood(), drafts=drafts) as driver:
        await driver.see("This. Everybody")
        await compose(driver)
        await driver.type("first")
        await held(driver)
        assert driver.app.drafts() == []
        await driver.press("z")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
        assert driver.app.screen.query_one(TextArea).text == "first"
        await driver.press("escape")
        assert (await compose(driver)).text == "first"


async def test_two_clients_that_write_the_same_kind_at_once_keep_both(drafts: Drafts) -> None:
    async with running(neighbourhood(), drafts=drafts) as driver:
        await driver.see("This. Everybody")
        area = await compose(driver)
        other = Drafts(drafts._path)  # as another client has it
        other.put("", Draft("by the other"))
        await driver.type("by this one")
        await driver.until(lambda: len(texts(drafts)) == 2)
        other.put("", Draft("by the other, and more"))
        await driver.type(", and more")
        assert area.text == "by this one, and more"
        await driver.press("escape")
        await driver.gone("New post")
    assert sorted(texts(drafts)) == ["by the other, and more", "by this one, and more"]
