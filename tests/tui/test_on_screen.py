"""What can be done is to be seen where it can be done: keys of the composer, the own address."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input, OptionList, TextArea

from p2pblog.tui.context import OpenProfile
from p2pblog.tui.drafts import Draft, Drafts
from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.sample import SampleNode
from p2pblog.tui.screens.choose import ChooseScreen
from p2pblog.tui.screens.choose_many import ChooseManyScreen
from p2pblog.tui.screens.compose import ComposeScreen
from p2pblog.tui.screens.connect import ConnectScreen
from p2pblog.tui.screens.help import HelpScreen
from p2pblog.tui.screens.onboarding import WordsScreen
from p2pblog.tui.screens.state import StateScreen
from p2pblog.tui.screens.thread import ThreadScreen
from p2pblog.tui.tick import TickBox
from p2pblog.tui.words import own_address, state_said
from tests.tui.driving import Driver, running

# --- the composer ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((120, 40), "Ctrl+L poll  Ctrl+T later  Ctrl+G language  F1 keys"),
        ((80, 24), "Ctrl+L poll  Ctrl+T later  Ctrl+G language  F1 keys"),
        ((40, 20), "^L poll  ^T later  ^G lang  F1 keys"),
    ],
)
async def test_the_composer_shows_all_that_it_can_do(size: tuple[int, int], said: str) -> None:
    async with running(neighbourhood(), size=size) as driver:
        await driver.see("c write")
        await driver.press("c")
        await driver.see("New post", said)


async def test_a_low_terminal_keeps_its_lines_for_the_text() -> None:
    async with running(neighbourhood(), size=(80, 14)) as driver:
        await driver.see("c write")
        await driver.press("c")
        await driver.see("New post", "Ctrl+S send")
        assert "Ctrl+L poll" not in driver.text()


async def test_a_change_of_a_post_is_not_offered_what_it_cannot_have() -> None:
    node = neighbourhood()
    node.write(node.me, "Rye on Sunday.")
    async with running(node) as driver:
        await driver.see("Rye on Sunday.")
        await driver.press("E")
        await driver.see("Change your post", "Ctrl+G language  F1 keys")
        assert "poll" not in driver.text().split("Change your post")[1]


async def test_help_opens_over_the_composer_with_its_keys_first_and_leads_back() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("c write")
        await driver.press("c")
        await driver.type("half a thought")
        await driver.press("f1")
        await driver.until(lambda: isinstance(driver.app.screen, HelpScreen))
        await driver.see("While writing", "ask in a poll", "publish it later", "its language")
        await driver.press("q")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
        assert driver.app.screen.query_one(TextArea).text == "half a thought"


async def test_help_begins_with_the_keys_of_where_one_is() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("c write")
        await driver.press("g", "r")
        await driver.see("A accept")
        await driver.press("question_mark")
        await driver.see("dismiss all of its author")
        text = driver.text()
        assert text.index("Among requests") < text.index("On a post")


# --- the palette -------------------------------------------------------------------------


async def search(driver: Driver, typed: str) -> None:
    await driver.press("ctrl+p")
    await driver.see("Search for commands")
    await driver.until(lambda: isinstance(driver.app.focused, Input))
    await driver.type(typed)


@pytest.mark.parametrize("typed", ["settings", "client.toml"])
async def test_the_palette_says_where_the_settings_are(typed: str, tmp_path: Path) -> None:
    async with running(neighbourhood(), home=tmp_path, size=(160, 30)) as driver:
        await driver.see("c write")
        await search(driver, typed)
        await driver.see("Where client.toml is")
        await driver.press("enter")
        await driver.see("not there yet", "docs/settings.md")


@pytest.mark.parametrize("typed", ["muted", "scheduled", "reports"])
async def test_the_palette_finds_what_is_kept_by_what_it_is(typed: str) -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("c write")
        await search(driver, typed)
        await driver.see("Lists, filters, mutes, later, reports")


async def test_the_palette_goes_on_with_what_was_begun() -> None:
    node = neighbourhood()
    about = node.write(node.me, "Rye on Sunday.")
    drafts = Drafts()
    drafts.put(about, Draft("an answer"))
    drafts.put("", Draft("a thought"))
    async with running(node, drafts=drafts) as driver:
        await driver.see("c write")
        await search(driver, "drafts")
        await driver.see("What you began to write: 2")
        await driver.press("enter")
        await driver.see("new: a thought", "reply: an answer")
        await driver.press("j", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, ThreadScreen))
        await driver.see("r on the post goes on with it.")
        await search(driver, "drafts")
        await driver.see("What you began to write: 2")
        await driver.press("enter")
        await driver.see("new: a thought")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
        assert driver.app.screen.query_one(TextArea).text == "a thought"


async def test_without_drafts_the_palette_has_none() -> None:
    async with running(neighbourhood(), size=(80, 60)) as driver:
        await driver.see("c write")
        await driver.press("ctrl+p")
        await driver.see("Write a post", "Settings")
        assert "Drafts" not in driver.text()


async def test_status_leads_to_how_the_node_is() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("c write")
        await search(driver, "status")
        await driver.see("How this node is")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, StateScreen))
        await driver.see("Your address is 192.168.1.7:4114", "entries of")
        await driver.press("escape")
        await driver.until(lambda: not isinstance(driver.app.screen, StateScreen))


# --- one's own address -------------------------------------------------------------------


async def test_who_connects_sees_the_own_address_and_is_told_what_is_missing() -> None:
    node = SampleNode("Noor")
    async with running(node) as driver:
        await driver.see("c write")
        await driver.app.run_action("connect")
        await driver.until(lambda: isinstance(driver.app.screen, ConnectScreen))
        await driver.see("Your address is 192.168.1.7:4114: others on your network")
        await driver.press("enter")
        await driver.see("Type the address of the other one first.")
        assert not driver.called("connect")


def test_two_addresses_are_said_at_the_most() -> None:
    said = own_address({"addresses": ["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"]})
    assert "10.0.0.1:1 or 10.0.0.2:1:" in said
    assert "10.0.0.3" not in said


def test_an_address_that_only_this_machine_reaches_is_not_given_to_others() -> None:
    said = own_address({"addresses": ["127.0.0.1:4114"]})
    assert "only this machine" in said
    assert "others" not in said
    assert "listens nowhere" in own_address({"addresses": []})
    assert "listens nowhere" in own_address({})


def test_the_state_is_said_in_sentences() -> None:
    peers = [{"name": f"Person {at}", "address": "10.0.0.9:1"} for at in range(12)]
    said = " ".join(
        state_said(
            {
                "peers": peers,
                "addresses": ["10.0.0.1:4114"],
                "lan": True,
                "lan_error": "no-interface",
                "entries": 1200,
                "logs": 1,
                "arrival": 1200,
                "indexed": 1100,
            }
        )
    )
    assert "Well connected: 12 peers: Person 0" in said
    assert "Person 9 and 2 more." in said
    assert "there is no network" in said
    assert "1,200 entries of 1 log." in said
    assert "Taking in 1,100 of 1,200." in said
    assert state_said({"lan": False})[0] == "Offline."


# --- boxes to tick -----------------------------------------------------------------------


@pytest.mark.parametrize("plain", [False, True])
async def test_a_tick_box_says_in_its_sign_whether_it_is_ticked(plain: bool) -> None:
    async with running(neighbourhood(), plain=plain, size=(80, 40)) as driver:
        await driver.until(lambda: driver.entries.rows)
        await driver.press("j", "exclamation_mark")
        await driver.see("[x] hide this post here", "[ ] mute its author", "[x] keep a report")
        driver.app.screen.query_one("#mutes", TickBox).focus()
        await driver.press("space")
        await driver.see("[x] mute its author")
        await driver.press("space")
        await driver.see("[ ] mute its author")


async def test_the_box_of_a_poll_does_so_too() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("c write")
        await driver.press("c")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
        await driver.press("ctrl+l")
        await driver.see("[ ] several answers may be chosen")
        driver.app.screen.query_one(TickBox).focus()
        await driver.press("space")
        await driver.see("[x] several answers may be chosen")


# --- little room -------------------------------------------------------------------------


@pytest.mark.parametrize("plain", [False, True])
async def test_the_words_begin_at_the_first_and_say_that_there_is_more(plain: bool) -> None:
    async with running(SampleNode(), size=(40, 20), plain=plain) as driver:
        await driver.see("What shall people call you?")
        await driver.type("Noor")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, WordsScreen))
        await driver.see("Write these down", " 1 acid", "more below")
        for _ in range(40):
            await driver.press("down")
        await driver.see("24 zebra")
        await driver.press("end")
        await driver.see("write something.")
        await driver.gone("more below")


async def test_where_there_is_room_nothing_is_said_to_be_below() -> None:
    async with running(SampleNode(), size=(80, 40)) as driver:
        await driver.see("What shall people call you?")
        await driver.type("Noor")
        await driver.press("enter")
        await driver.see("24 zebra", "write something.")
        assert "more below" not in driver.text()


async def test_how_to_search_keeps_its_columns_in_a_narrow_terminal() -> None:
    async with running(neighbourhood(), size=(40, 24)) as driver:
        await driver.see("c write")
        await driver.press("slash")
        await driver.see("from:mia         by somebody", "in:bookmarks     or in:likes")
        await driver.pilot.resize_terminal(80, 24)
        await driver.see("written by somebody", "of what you keep; in:likes")


# --- words -------------------------------------------------------------------------------


async def test_where_nothing_was_there_is_nothing_to_leave_as_it_was() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("c write")
        await driver.press("c")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
        await driver.press("ctrl+t")
        await driver.see("Enter takes it  Esc leaves")
        assert "as it was" not in driver.text()
        await driver.type("+2h")
        await driver.press("enter")
        await driver.see("later: ")
        await driver.press("ctrl+t")
        await driver.see("Esc leaves it as it was")


async def test_who_was_heard_of_lately_was_so_some_time_ago() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("c write")
        await driver.press("g", "p")
        await driver.see("min ago")


# --- what was done is said ---------------------------------------------------------------


async def test_what_is_sent_from_a_thread_is_said_and_seen_there() -> None:
    node = neighbourhood()
    async with running(node) as driver:
        await driver.see("c write")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ThreadScreen))
        await driver.press("r")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
        await driver.type("Answered from within")
        await driver.press("ctrl+s")
        await driver.see("Sent in 5 seconds")
        await driver.app._outbox.release()
        await driver.see("Sent.", "Answered from within")


async def test_who_is_put_on_a_list_and_taken_off_is_said() -> None:
    node = neighbourhood()
    mia = next(one for one, name in node.names.items() if name == "Mia Winter")
    node.kept.lists["Bakers"] = []
    at = node.write(mia, "Rye on Sunday.")
    async with running(node) as driver:
        await driver.see("Rye on Sunday.")
        assert driver.entries.select_entry(at)
        for said in ("Mia Winter is on “Bakers” now.", "Mia Winter is no longer on “Bakers”."):
            await driver.press("a")
            await driver.until(lambda: isinstance(driver.app.screen, ChooseManyScreen))
            await driver.until(lambda: driver.app.screen.query_one(OptionList).has_focus)
            await driver.press("space", "enter")
            await driver.see(said)


async def test_a_profile_says_what_the_key_does_now() -> None:
    node = neighbourhood()
    mia = next(one for one, name in node.names.items() if name == "Mia Winter")
    node.follows.discard((node.me, mia))
    async with running(node) as driver:
        await driver.see("c write")
        driver.app.post_message(OpenProfile(mia))
        await driver.see("F follow")
        assert "unfollow" not in driver.text()
        await driver.press("F")
        await driver.see("F unfollow")


async def test_the_list_of_everything_copies_too() -> None:
    node = neighbourhood()
    async with running(node, size=(80, 40)) as driver:
        await driver.see("This. Everybody")
        for what in ("copy", "copy_id"):
            await driver.press("full_stop")
            await driver.until(lambda: isinstance(driver.app.screen, ChooseScreen))
            options = driver.app.screen.query_one(OptionList)
            options.highlighted = options.get_option_index(f"entry.{what}")
            await driver.press("enter")
            if what == "copy":
                await driver.until(lambda: driver.app.clipboard.startswith("This. Everybody"))
        await driver.until(lambda: driver.app.clipboard == node.entries[-1].id)
