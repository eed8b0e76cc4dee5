"""The client through Pilot: from the first minute to a conversation, every key, and bad days."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.widgets import Input, TextArea

from p2pblog.core.errors import NodeUnreachable
from p2pblog.core.limits import POST_GRAPHEMES_MAX
from p2pblog.tui import keys
from p2pblog.tui.drafts import Drafts
from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.people import PeopleList
from p2pblog.tui.sample import HOUR_MS, MINUTE_MS, SampleNode
from p2pblog.tui.screens.compose import ComposeScreen
from p2pblog.tui.screens.help import HelpScreen
from p2pblog.tui.screens.kept import KeptScreen
from p2pblog.tui.screens.notifications import NotificationsScreen
from p2pblog.tui.screens.onboarding import PractiseScreen
from p2pblog.tui.screens.profile import ProfileScreen
from p2pblog.tui.screens.thread import ThreadScreen
from p2pblog.tui.screens.timeline import TimelineScreen
from p2pblog.tui.timeline import Timeline
from tests.tui.driving import running


def long_node(count: int) -> SampleNode:
    """Return a node whose home has `count` posts, newest last in the list."""
    node = SampleNode("Noor")
    mia = node.person("Mia", near=True)
    node.follows.add((node.me, mia))
    for number in range(count):
        node.write(mia, f"post number {number}", (count - number) * MINUTE_MS)
    return node


# --- the first minutes -----------------------------------------------------------------


async def test_from_the_first_start_to_a_post_and_a_visible_reply() -> None:
    node = SampleNode()
    async with running(node) as driver:
        await driver.see("What shall people call you?")
        await driver.press("enter")
        await driver.see("Type a name first.")
        await driver.type("Noor")
        await driver.press("enter")
        await driver.see("Your 24 words", " 1 acid", "24 zebra", "Nothing else")
        assert not node.entries
        await driver.press("s")
        await driver.see("Nothing here yet", "see the people near you", "alone on this network")
        await driver.press("c")
        await driver.type("hello [b]world[/b]")
        await driver.press("ctrl+s")
        await driver.see("hello [b]world[/b]", "Noor")
        mia = node.person("Mia", near=True)
        node.follows.add((node.me, mia))
        node.write(mia, "welcome!", reply_to=node.entries[0].id)
        await driver.see("welcome!", "Notifications (1)")
        assert driver.chosen == "hello [b]world[/b]"
        await driver.press("k")
        assert driver.chosen == "welcome!"
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ThreadScreen))
        await driver.see("hello [b]world[/b]", "│ Mia ◂")
        await driver.press("r")
        await driver.see("Reply", "to Mia")
        await driver.type("thank you")
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.entries.rows[-1].text == "thank you")
        assert driver.chosen == "welcome!"
        assert node.entries[-1].reply_to == node.entries[-2].id


async def test_g_leads_to_what_it_says_whatever_was_opened_there() -> None:
    node = neighbourhood()
    node.kept.lists["friends"] = []
    async with running(node) as driver:
        await driver.see("This. Everybody")
        await driver.press("j", "j")
        chosen = driver.chosen
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ThreadScreen))
        await driver.press("g", "t")
        await driver.see("friends")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, TimelineScreen))
        await driver.press("g", "n")
        await driver.see("Yes, six metres")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ThreadScreen))
        await driver.press("g", "t")
        await driver.until(lambda: isinstance(driver.app.screen, KeptScreen))
        await driver.press("g", "n")
        await driver.until(lambda: isinstance(driver.app.screen, NotificationsScreen))
        await driver.press("q")
        await driver.until(lambda: isinstance(driver.app.screen, TimelineScreen))
        assert driver.chosen == chosen


async def test_the_words_can_be_practised_and_a_wrong_one_is_refused() -> None:
    async with running(SampleNode()) as driver:
        await driver.see("What shall people call you?")
        await driver.type("Noor")
        await driver.press("enter")
        await driver.see("Practise (p)")
        await driver.press("p")
        await driver.until(lambda: isinstance(driver.app.screen, PractiseScreen))
        screen = driver.app.screen
        assert isinstance(screen, PractiseScreen)
        places = list(screen._places)
        assert len(set(places)) == 3
        await driver.type("wrong")
        for _ in places:
            await driver.press("enter")
        await driver.see(f"Word {places[0] + 1} is another one")
        for field, place in zip(screen.query(Input), places, strict=True):
            field.value = screen._words[place].upper()
        await driver.pilot.click("#check")
        await driver.see("Nothing here yet")


async def test_a_name_too_long_is_refused_with_the_reason() -> None:
    async with running(SampleNode()) as driver:
        await driver.see("What shall people call you?")
        driver.app.screen.query_one(Input).value = "x" * 41
        await driver.press("enter")
        await driver.see("at most 40 characters")


# --- keys ------------------------------------------------------------------------------


async def test_every_key_of_the_lists_does_what_help_says() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody should read it twice.")
        first = driver.chosen
        await driver.press("j")
        second = driver.chosen
        assert second != first
        await driver.press("k")
        assert driver.chosen == first
        await driver.press("down", "up")
        assert driver.chosen == first
        await driver.press("G")
        last = driver.chosen
        assert "repeater" in last
        await driver.press("home")
        assert driver.chosen == first
        await driver.press("end")
        assert driver.chosen == last
        await driver.press("g", "g")
        await driver.until(lambda: driver.chosen == first)
        await driver.press("space")
        assert driver.entries.place.top > 0
        await driver.press("backspace")
        assert driver.entries.place.at_start()
        await driver.press("ctrl+d")
        assert not driver.entries.place.at_start()
        await driver.press("ctrl+u")
        assert driver.entries.place.at_start()


async def test_the_leader_goes_everywhere_and_places_are_kept() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("j", "j", "g")
        await driver.see("go to", "h home", "p people")
        await driver.press("l")
        await driver.until(lambda: driver.app.current_mode == "local")
        await driver.until(lambda: driver.app.screen.query_one(Timeline).rows)
        await driver.press("G")
        await driver.see("imported from twitter")
        await driver.press("g", "n")
        await driver.see("Yes, six metres")
        await driver.press("g", "p")
        await driver.see("Tomás", "✓ following", "F to follow")
        await driver.press("g", "m")
        await driver.see("this is you", "long ladder")
        await driver.press("q")
        await driver.press("g", "h")
        await driver.until(lambda: driver.app.current_mode == "home")
        await driver.until(lambda: "six metres" in driver.chosen)
        await driver.press("g")
        await driver.see("go to")
        await driver.press("z")
        await driver.until(lambda: driver.app.screen.query(Timeline))
        assert "six metres" in driver.chosen


async def test_like_and_repost_can_be_taken_back() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("f")
        await driver.see("♥ 1")
        await driver.press("f")
        await driver.gone("♥ 1")
        await driver.press("b")
        await driver.see("↻ Noor reposted", "↻ 1 you")
        await driver.press("b")
        await driver.until(lambda: driver.called("repost")[-1].get("undo") is True)
        assert [p.get("undo") for p in driver.called("repost")] == [None, True]


async def test_a_repost_is_answered_and_liked_as_what_it_passes_on() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        at = next(i for i, row in enumerate(driver.entries.rows) if row.kind == "repost")
        driver.entries.place.select(at)
        driver.entries.changed()
        entry = driver.entries.selected
        assert entry is not None
        await driver.see("↻ Tomás reposted", "Mia Winter")
        await driver.press("f")
        await driver.until(lambda: driver.called("like"))
        assert driver.called("like")[0]["entry"] == entry.subject != entry.id
        await driver.press("u")
        await driver.until(lambda: isinstance(driver.app.screen, ProfileScreen))
        await driver.see("Bakes, repairs bicycles")


async def test_follow_from_a_post_from_a_profile_and_from_the_people() -> None:
    node = neighbourhood()
    async with running(node) as driver:
        await driver.see("This. Everybody")
        await driver.press("F")
        await driver.until(lambda: driver.called("unfollow"))
        await driver.gone("This. Everybody")
        await driver.press("g", "p")
        await driver.see("瑞 Rui")
        people = driver.app.screen.query_one(PeopleList)
        rui = next(at for at, person in enumerate(people.rows) if "Rui" in person.name)
        people.place.select(rui)
        await driver.press("F")
        await driver.until(lambda: people.rows[rui].followed)
        await driver.press("enter")
        await driver.see("Allotment 14", "✓ following")
        await driver.press("F")
        await driver.until(lambda: len(driver.called("unfollow")) == 2)
        await driver.see("F to follow")


async def test_a_warning_hides_until_it_is_asked_for() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("last chapter", "x shows it")
        assert "gardener" not in driver.text()
        await driver.press("j", "x")
        await driver.see("the gardener did it")
        await driver.press("x")
        await driver.gone("gardener")


async def test_search_finds_and_goes_back() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("slash")
        await driver.see("all of them must be there")
        await driver.type("ladder qq")
        await driver.press("enter")
        await driver.see("Nothing found")
        await driver.press("backspace", "backspace", "backspace", "enter")
        await driver.see("long ladder")
        await driver.press("slash")
        assert isinstance(driver.app.focused, Input)
        await driver.press("escape")
        await driver.see("This. Everybody")


async def test_help_lists_every_binding_and_a_keymap_changes_it() -> None:
    node = neighbourhood()
    async with running(node, size=(80, 240), config='[keys]\n"entry.like" = "z"') as driver:
        await driver.see("This. Everybody")
        await driver.press("question_mark")
        await driver.until(lambda: isinstance(driver.app.screen, HelpScreen))
        await driver.pilot.pause()
        shown = driver.text()
        for _, bindings in keys.GROUPS:
            for binding in bindings:
                assert isinstance(binding, Binding)
                assert binding.id
                assert binding.description in shown
        assert "z" + " " * 21 + "like" in shown
        await driver.press("q")
        await driver.press("z")
        await driver.until(lambda: driver.called("like"))


def test_no_two_bindings_share_an_id() -> None:
    ids = [b.id for _, group in keys.GROUPS for b in group if isinstance(b, Binding)]
    assert len(ids) == len(set(ids))


async def test_q_leaves_from_home_only() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("g", "l")
        await driver.until(lambda: driver.app.current_mode == "local")
        await driver.press("q")
        await driver.until(lambda: driver.app.current_mode == "home")
        assert driver.app.is_running
        await driver.press("q")
        await driver.until(lambda: driver.app._exit)


async def test_the_palette_knows_our_commands() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("ctrl+p")
        await driver.pilot.pause()
        await driver.type("connect")
        await driver.see("Link to a node by its address")
        await driver.press("enter")
        await driver.see("The address that the other one sees")
        await driver.type("10.0.0.1:1")
        await driver.press("enter")
        await driver.see("Nobody answers at that address")
        await driver.press("escape")


# --- writing ---------------------------------------------------------------------------


async def test_the_counter_counts_what_a_person_sees_and_refuses_too_much() -> None:
    node = neighbourhood()
    async with running(node) as driver:
        await driver.see("This. Everybody")
        await driver.press("c")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
        area = driver.app.screen.query_one(TextArea)
        area.text = "👩\u200d👩\u200d👧" * 3 + "e\u0301"
        await driver.see(f"{POST_GRAPHEMES_MAX - 4} left")
        area.text = "x" * (POST_GRAPHEMES_MAX + 12)
        await driver.see("12 too many")
        assert "-12" not in driver.text()
        await driver.press("ctrl+s")
        await driver.see("12 characters too many")
        area.text = "  \n "
        await driver.press("ctrl+s")
        await driver.see("nothing to send")
        assert not driver.called("post")


async def test_escape_keeps_the_text_and_each_reply_has_its_own(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "drafts.json")
    async with running(neighbourhood(), drafts=drafts) as driver:
        await driver.see("This. Everybody")
        await driver.press("c")
        await driver.type("half a thou")
        await driver.press("escape")
        await driver.gone("New post")
        await driver.press("r")
        await driver.see("to Tomás")
        assert driver.app.screen.query_one(TextArea).text == ""
        await driver.press("escape")
        await driver.gone("to Tomás")
        await driver.press("c")
        await driver.see("half a thou")
        await driver.type("ght")
        await driver.press("ctrl+s")
        await driver.see("half a thought")
    assert Drafts(tmp_path / "drafts.json").get("") is None


async def test_a_content_warning_is_sent_along() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("c")
        await driver.type("it was the cook")
        await driver.press("ctrl+o")
        await driver.until(lambda: isinstance(driver.app.focused, Input))
        await driver.type("plot")
        await driver.see("│ plot")
        await driver.press("enter")
        await driver.press("ctrl+s")
        await driver.see("⚠ plot")
        assert driver.called("post")[0]["warning"] == "plot"


# --- timelines -------------------------------------------------------------------------


async def test_news_is_announced_and_never_moves_the_reader() -> None:
    node = long_node(300)
    mia = next(iter(node.near))
    async with running(node) as driver:
        await driver.see("post number 299")
        await driver.press(*["j"] * 30)
        chosen, screen = driver.chosen, driver.lines()[2:-1]
        assert "post number 269" in screen[-2]
        for number in range(12):
            node.write(mia, f"news {number}")
        await driver.see("12 new")
        assert driver.chosen == chosen
        assert driver.lines()[2:-1] == screen
        await driver.press("g", "g")
        await driver.until(lambda: driver.chosen == "news 11")
        await driver.gone("12 new")
        await driver.see("news 11", "news 10")


async def test_going_up_from_the_first_enters_the_news_without_a_jump() -> None:
    node = long_node(50)
    mia = next(iter(node.near))
    async with running(node) as driver:
        await driver.see("post number 49")
        for number in range(20):
            node.write(mia, f"news {number}")
        await driver.see("20 new")
        assert driver.chosen == "post number 49"
        await driver.press("k")
        await driver.until(lambda: driver.chosen == "news 0")
        await driver.press("k")
        assert driver.chosen == "news 1"


async def test_more_news_than_a_page_starts_over_from_the_top() -> None:
    node = long_node(50)
    mia = next(iter(node.near))
    async with running(node) as driver:
        await driver.see("post number 49")
        for number in range(450):
            node.write(mia, f"flood {number}", -number)
        await driver.until(lambda: driver.app.screen.query_one(Timeline).news > 0)
        await driver.press("n")
        await driver.until(lambda: driver.chosen == "flood 449")
        await driver.press("G")
        await driver.until(lambda: len(driver.entries.rows) > 150)


async def test_an_entry_of_the_past_slips_in_below_without_moving_the_reader() -> None:
    node = long_node(40)
    mia = next(iter(node.near))
    async with running(node) as driver:
        await driver.see("post number 39")
        await driver.press("j", "j", "j", "j")
        chosen = driver.chosen
        node.write(mia, "late but here", 6 * MINUTE_MS - 1)
        node.write(mia, "earlier in time", 2 * MINUTE_MS - 1)
        await driver.see("late but here")
        texts = [row.text for row in driver.entries.rows]
        assert texts[texts.index("late but here") + 1] == "post number 34"
        assert driver.chosen == chosen


async def test_pages_load_as_the_reader_goes_down() -> None:
    node = long_node(450)
    async with running(node) as driver:
        await driver.see("post number 449")
        seen = 0
        while driver.chosen != "post number 0":
            await driver.press("G")
            await driver.until(lambda: len(driver.entries.rows) > seen or seen == 450)  # noqa: B023
            seen = len(driver.entries.rows)
        assert [row.text for row in driver.entries.rows] == [
            f"post number {number}" for number in range(449, -1, -1)
        ]


async def test_a_missing_parent_has_a_placeholder_in_the_thread() -> None:
    node = long_node(3)
    node.write(node.me, "an answer to nobody yet", reply_to="e" * 57)
    async with running(node) as driver:
        await driver.see("an answer to nobody yet")
        await driver.press("enter")
        await driver.see("nobody you are linked to has", "Noor ◂")
        await driver.press("k", "enter", "r", "f")
        assert not driver.called("like")


# --- hostile and small -----------------------------------------------------------------

_HOSTILE = [
    "\x1b[2J\x1b[31mred\x1b]0;owned\x07",
    "[bold red]markup[/bold red] [link=http://x]x[/link] [@click=app.quit]quit[/]",
    "a\u202egpj.exe \u2066\u200b\u2069",
    "z" + "\u0301" * 2000,
    "漢" * 700,
    "\n" * 3000 + "tall\n" * 500,
    "W" * 6000,
    "👩\u200d" * 300 + "👧",
    "\U0001f1e9" * 301,
    "\u0915\u094d" * 900,
    "شَكَّ " * 200,
    "\r\x08\x08\x7f\x9b2J\x85",
    "",
]


@pytest.mark.parametrize("size", [(80, 24), (40, 20), (120, 40), (20, 8)])
async def test_hostile_text_breaks_no_line_at_any_size(size: tuple[int, int]) -> None:
    node = SampleNode("[b]No\x1b[31mor")
    for text in _HOSTILE:
        author = node.person(text[:100] or "x", text[:500], near=True)
        node.follows.add((node.me, author))
        node.write(author, text, warning=text[:50])
        node.write(author, text, HOUR_MS)
    async with running(node, size=size) as driver:
        await driver.until(lambda: driver.app.screen.query_one(Timeline).loaded)
        for keys_ in (["j", "x"] * 14, ["enter"], ["q", "g", "p"], ["j"] * 9, ["enter"], ["r"]):
            await driver.press(*keys_)
            await driver.pilot.pause()
            for strip in driver.app.screen._compositor.render_strips():
                assert strip.cell_length == size[0]
                assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in strip.text)
                assert "\u202e" not in strip.text
        assert driver.app.is_running


@pytest.mark.parametrize("size", [(40, 20), (30, 10)])
async def test_onboarding_and_compose_fit_small_terminals(size: tuple[int, int]) -> None:
    async with running(SampleNode(), size=size) as driver:
        await driver.see("name")
        await driver.type("Noor")
        await driver.press("enter")
        await driver.see("24 words")
        await driver.press("s")
        await driver.see("Nothing here yet")
        await driver.press("c")
        await driver.type("hi")
        await driver.see("498 left")
        await driver.press("ctrl+s")
        await driver.see("hi")


async def test_without_colour_the_selection_still_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(neighbourhood()) as driver:
        await driver.see("▌ This. Everybody")
        await driver.press("j")
        assert any(line.startswith("▌ Mia") for line in driver.lines())


# --- bad days --------------------------------------------------------------------------


async def test_a_node_that_dies_is_announced_the_draft_lives_and_it_comes_back() -> None:
    node = neighbourhood()
    async with running(node) as driver:
        await driver.see("2 peers: Mia Winter, Ida Lund", "This. Everybody")
        await driver.press("c")
        await driver.type("precious")
        node.crash()
        await driver.press("ctrl+s")
        await driver.see("Not sent, kept as a draft")
        await driver.press("escape")
        await driver.see("the node is away", "This. Everybody")
        await driver.press("f")
        node.down = False
        driver.app.context.connection.retry_now()
        await driver.see("2 peers")
        await driver.press("c")
        await driver.see("precious")
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.called("post"))
        await driver.see("precious")


async def test_a_client_without_a_node_waits_for_it() -> None:
    node = neighbourhood()
    node.down = True
    async with running(node) as driver:
        await driver.see("the node is away")
        await driver.press("c", "g", "p", "j", "slash", "q")
        node.down = False
        driver.app.context.connection.retry_now()
        await driver.see("2 peers")


async def test_a_call_that_fails_is_said_in_one_line() -> None:
    node = neighbourhood()
    async with running(node) as driver:
        await driver.see("This. Everybody")
        node.entries.pop()  # gone between two looks
        await driver.press("f")
        await driver.see("There is no such thing here")
        assert driver.app.is_running


async def test_an_identity_made_elsewhere_meanwhile_is_no_dead_end() -> None:
    node = SampleNode()
    async with running(node) as driver:
        await driver.see("What shall people call you?")
        node.me = node.person("Mia")
        await driver.type("Noor")
        await driver.press("enter")
        await driver.see("Nothing here yet", "Mia")


async def test_no_key_waits_for_the_node() -> None:
    """Keys move at once while an answer is on its way."""
    node = long_node(30)
    async with running(node) as driver:
        await driver.see("post number 29")
        slow = asyncio.Event()

        async def stuck(method: str, /, **params: object) -> dict[str, object]:
            await slow.wait()
            raise NodeUnreachable

        client = driver.app.context.connection._node
        assert client is not None
        client.call = stuck  # type: ignore[method-assign]
        node.tell()
        before = driver.chosen
        await driver.press("j")
        assert driver.chosen != before
        slow.set()


async def test_enter_in_a_thread_does_one_thing_and_a_screen_is_read_once() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ThreadScreen))
        await driver.see("This. Everybody")
        assert len(driver.called("thread")) == 1
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
        kinds = [type(screen) for screen in driver.app.screen_stack]
        assert (kinds.count(ThreadScreen), kinds.count(ComposeScreen)) == (1, 1)
