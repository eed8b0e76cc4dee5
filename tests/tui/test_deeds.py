"""Everything that can be done with a post, by key and from the list of all of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import OptionList, TextArea

from p2pblog.api.when import said_time
from p2pblog.tui.drafts import Draft, Drafts
from p2pblog.tui.outbox import HOLD_S
from p2pblog.tui.sample import HOUR_MS, MINUTE_MS, SampleNode
from p2pblog.tui.screens.choose import ChooseScreen
from p2pblog.tui.screens.choose_many import ChooseManyScreen
from p2pblog.tui.screens.compose import ComposeScreen
from p2pblog.tui.screens.edit import EditProfileScreen
from p2pblog.tui.screens.history import HistoryScreen
from p2pblog.tui.screens.kept import KeptScreen
from p2pblog.tui.screens.profile import ProfileScreen
from p2pblog.tui.screens.thread import ThreadScreen
from tests.tui.driving import Driver, running


def world() -> SampleNode:
    node = SampleNode("Ada")
    mia = node.person("Mia", near=True)
    node.follows.add((node.me, mia))
    node.write(mia, "Bread is ready", 3 * HOUR_MS)
    poll = {"options": ["rye", "spelt"], "until_ms": node.now_ms + HOUR_MS}
    node.write(mia, "Which bread?", 2 * HOUR_MS, poll=poll)
    node.write(node.me, "Mine, with a typo", HOUR_MS)
    return node


async def on(driver: Driver, text: str) -> None:
    """Select the post that says this."""
    await driver.see(text)
    at = next(at for at, row in enumerate(driver.entries.rows) if row.text == text)
    driver.entries.place.select(at)
    driver.entries.changed()


async def choose(driver: Driver, choice: str) -> None:
    """Choose in the list that is asked with."""
    await driver.until(lambda: isinstance(driver.app.screen, ChooseScreen))
    options = driver.app.screen.query_one(OptionList)
    await driver.until(lambda: options.has_focus)
    options.highlighted = next(
        at for at in range(options.option_count) if options.get_option_at_index(at).id == choice
    )
    await driver.press("enter")


async def send(driver: Driver) -> None:
    """Send what is in the composer, and let its time go by."""
    await driver.press("ctrl+s")
    await driver.see("z takes it back")
    await driver.app._outbox.release()


async def test_a_bookmark_is_there_and_gone_by_the_same_key() -> None:
    async with running(world()) as driver:
        await on(driver, "Bread is ready")
        await driver.press("m")
        await driver.see("✦ bookmarked")
        await driver.press("g", "b")
        await driver.see("Bookmarks", "Bread is ready")
        await driver.press("m")
        await driver.see("You have bookmarked nothing yet")


async def test_a_bookmark_of_what_is_not_here_is_taken_back() -> None:
    node = world()
    node.answer("bookmark", {"entry": node.entries[0].id})
    gone = node.entries.pop(0).id
    async with running(node) as driver:
        await driver.see("Which bread?")
        await driver.press("g", "b")
        await driver.see("a bookmarked post that is not here; m takes the bookmark back")
        await driver.press("r")
        await driver.see("This post is not here.")
        await driver.press("m")
        await driver.see("You have bookmarked nothing yet")
        assert driver.called("bookmark")[-1] == {"entry": gone, "undo": True}


async def test_a_vote_is_cast_changed_and_taken_back() -> None:
    async with running(world()) as driver:
        await on(driver, "Which bread?")
        await driver.press("v")
        await choose(driver, "1")
        await driver.see("✓ ▪▪▪▪▪▪▪▪▪▪ 100%  spelt", "1 vote, ends in 60 min")
        await driver.press("v")
        await choose(driver, "0")
        await driver.see("✓ ▪▪▪▪▪▪▪▪▪▪ 100%  rye")
        await driver.press("v")
        await choose(driver, "back")
        await driver.see("0 votes")
        assert [call["choices"] for call in driver.called("vote")] == [[1], [0], []]


async def test_several_answers_are_ticked_where_several_may_be() -> None:
    node = world()
    node.entries[1].poll = {"options": ["a", "b", "c"], "until_ms": node.now_ms + 1, "many": True}
    async with running(node) as driver:
        await on(driver, "Which bread?")
        await driver.press("v")
        await driver.until(lambda: isinstance(driver.app.screen, ChooseManyScreen))
        await driver.until(lambda: driver.app.screen.query_one(OptionList).has_focus)
        await driver.press("space", "j", "j", "space", "enter")
        await driver.until(lambda: driver.called("vote"))
        assert driver.called("vote")[0]["choices"] == [0, 2]


async def test_a_poll_that_has_ended_and_a_post_without_one_say_so() -> None:
    node = world()
    node.entries[1].poll = {"options": ["a", "b"], "until_ms": node.now_ms}
    async with running(node) as driver:
        await on(driver, "Which bread?")
        await driver.see("ended")
        await driver.press("v")
        await driver.see("The poll has ended.")
        await on(driver, "Bread is ready")
        await driver.press("v")
        await driver.see("This post has no poll.")


async def test_ones_own_post_is_changed_and_what_it_said_can_be_read() -> None:
    async with running(world()) as driver:
        await on(driver, "Mine, with a typo")
        await driver.press("E")
        await driver.see("Change your post", "Mine, with a typo")
        await driver.type(", no more")
        await send(driver)
        await driver.see("Mine, with a typo, no more", "edited")
        await driver.press("H")
        await driver.until(lambda: isinstance(driver.app.screen, HistoryScreen))
        await driver.see("What it said")
        await driver.press("escape")
        await on(driver, "Bread is ready")
        await driver.press("E")
        await driver.see("That is for posts of your own.")
        await driver.press("H")
        await driver.see("This post has not been changed.")


async def test_a_quote_names_what_it_quotes() -> None:
    node = world()
    async with running(node) as driver:
        await on(driver, "Bread is ready")
        await driver.press("Q")
        await driver.see("Quote", "quoting Mia", "Bread is ready")
        await driver.type("Look!")
        await send(driver)
        await driver.see("1 new: n shows it")
        await driver.press("n")
        await driver.see("Look!")
        assert driver.called("post")[0]["quote"] == node.entries[0].id


async def test_pinning_and_erasing_ones_own_asks_before_what_cannot_be_taken_back() -> None:
    node = world()
    async with running(node) as driver:
        await on(driver, "Mine, with a typo")
        await driver.press("i")
        await driver.see("Pinned: it stands first")
        await driver.press("i")
        await driver.see("No longer pinned.")
        await driver.press("D")
        await driver.see("Erase this post?", "nobody can call that back")
        await driver.press("escape")
        assert not driver.called("erase")
        await driver.press("D")
        await choose(driver, "erase")
        await driver.gone("Mine, with a typo")


async def test_muting_hides_and_blocking_asks() -> None:
    node = world()
    async with running(node) as driver:
        await on(driver, "Bread is ready")
        await driver.press("M")
        await choose(driver, "week")
        await driver.gone("Bread is ready")
        assert driver.called("filter")[0]["until_ms"] == node.now_ms + 7 * 24 * HOUR_MS
        await driver.press("g", "t")
        await driver.see("Mia", "muted, ends in 7 d")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ProfileScreen))
        await driver.press("q", "D")
        await driver.see("mute them no longer", "leave it")
        await driver.press("escape")
        await driver.see("muted, ends in 7 d")
        await driver.press("D")
        await choose(driver, "go")
        await driver.see("Nothing here yet")
        await driver.press("g", "h")
        await on(driver, "Bread is ready")
        await driver.press("B")
        await driver.see("Block Mia?", "p2pblog unblock")
        await choose(driver, "block")
        await driver.until(lambda: driver.called("block"))
        await driver.gone("Which bread?")


async def test_what_warns_is_shown_behind_a_line() -> None:
    async with running(world()) as driver:
        await on(driver, "Bread is ready")
        await driver.press("M")
        await choose(driver, "good-line")
        await driver.see("you filter its author", "x shows it")
        await driver.gone("Bread is ready")
        at = next(at for at, row in enumerate(driver.entries.rows) if row.text == "Bread is ready")
        driver.entries.place.select(at)
        await driver.press("x")
        await driver.see("Bread is ready")


async def test_lists_are_begun_filled_read_and_let_go_of() -> None:
    node = world()
    async with running(node) as driver:
        await on(driver, "Bread is ready")
        await driver.press("a")
        await driver.see("You have no lists yet")
        await driver.press("g", "t")
        await driver.see("Nothing here yet")
        await driver.press("n")
        await choose(driver, "list")
        await driver.type("Bakers")
        await driver.press("enter")
        await driver.see("Bakers", "0 people")
        await driver.press("g", "h")
        await on(driver, "Bread is ready")
        await driver.press("a")
        await driver.until(lambda: isinstance(driver.app.screen, ChooseManyScreen))
        await driver.until(lambda: driver.app.screen.query_one(OptionList).has_focus)
        await driver.press("space", "enter")
        await driver.until(lambda: driver.called("list.member"))
        await driver.see("is on “Bakers” now.")
        await driver.press("g", "t")
        await driver.see("1 person")
        await driver.until(lambda: driver.app.screen.query_one(OptionList).option_count == 1)
        driver.app.screen.query_one(OptionList).highlighted = 0
        await driver.press("enter")
        await driver.see("Bread is ready", "Which bread?")
        await driver.press("q")
        await driver.press("D")
        await choose(driver, "go")
        await driver.see("Nothing here yet")


async def test_a_list_that_shows_nothing_says_why() -> None:
    node = world()
    mia = next(iter(node.near))
    node.kept.lists |= {"bakers": [mia], "nobody": []}
    async with running(node) as driver:
        await driver.see("Bread is ready")
        await on(driver, "Bread is ready")
        await driver.press("M")
        await choose(driver, "good")
        await driver.gone("Bread is ready")
        await driver.press("g", "t")
        await driver.see("bakers")
        await driver.press("enter")
        await driver.see("What they write is hidden here: you mute Mia", "g t  shows whom you mute")
        await driver.press("g", "t")
        await driver.see("nobody")
        await driver.press("j", "enter")
        await driver.see("Nobody is on this list yet.", "a    on a post puts its author on")


async def test_a_tag_is_followed_and_a_word_filtered() -> None:
    node = world()
    node.write(node.person("Bob"), "Fog again #weather", MINUTE_MS)
    async with running(node) as driver:
        await driver.see("Mine, with a typo")
        assert "Fog again" not in driver.text()
        await driver.press("g", "t")
        await driver.press("n")
        await choose(driver, "tag")
        await driver.type("weather")
        await driver.press("enter")
        await driver.see("#weather", "followed")
        await driver.press("n")
        await choose(driver, "filter")
        await driver.type("ready")
        await driver.press("enter")
        await driver.see("Filter ready", "for a week")
        await choose(driver, "good")
        await driver.see("“ready”", "hidden")
        assert driver.called("filter") == [{"what": "word", "value": "ready"}]
        await driver.press("g", "h")
        await driver.see("Fog again")
        assert "Bread is ready" not in driver.text()


@pytest.mark.parametrize(
    ("how", "said"), [("week", "hidden, ends in 7 d"), ("day-line", "behind a line, ends in 24 h")]
)
async def test_a_filter_may_end_and_stand_behind_a_line(how: str, said: str) -> None:
    node = world()
    node.write(node.person("Bob"), "Fog again", MINUTE_MS)
    async with running(node) as driver:
        await driver.press("g", "t")
        for choice in ("", how):
            await driver.press("n")
            await choose(driver, "filter")
            await driver.type("#rye")
            await driver.press("enter")
            if choice:
                await choose(driver, choice)
            else:
                await driver.see("Filter #rye")
                await driver.press("escape")
                await driver.gone("Filter #rye")
        await driver.see("#rye", said)
        (made,) = driver.called("filter")
        days = 7 if how == "week" else 1
        assert made["until_ms"] == node.now_ms + days * 24 * HOUR_MS
        assert (made["what"], made.get("warns")) == ("tag", None if how == "week" else True)


async def test_the_list_of_everything_leaves_out_what_makes_no_sense_here() -> None:
    async with running(world()) as driver:
        await on(driver, "Bread is ready")
        await driver.press("full_stop")
        await driver.see("mute its author", "bookmark, for yourself")
        assert "erase your post" not in driver.text()
        assert "vote in its poll" not in driver.text()
        await choose(driver, "bookmark")
        await driver.see("✦ bookmarked")
        await on(driver, "Mine, with a typo")
        await driver.press("full_stop")
        await driver.see("erase your post")
        assert "mute its author" not in driver.text()


async def test_what_was_sent_is_taken_back_as_it_was() -> None:
    drafts = Drafts()
    async with running(world(), drafts=drafts) as driver:
        await driver.see("Mine, with a typo")
        await driver.press("c")
        await driver.type("Too soon")
        await driver.press("ctrl+l")
        await driver.see("Poll", "How long")
        await driver.type("yes")
        await driver.press("tab")
        await driver.type("no")
        await driver.press("ctrl+s")
        await driver.see("poll: yes, no; 1d")
        await driver.press("ctrl+s")
        await driver.see(f"Sent in {HOLD_S:.0f} seconds")
        ((_, draft),) = drafts.kept()
        assert replace(draft, token="") == Draft("Too soon", options=("yes", "no"))
        await driver.press("z")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
        await driver.see("Too soon", "poll: yes, no; 1d")
        assert not driver.called("post")
        await driver.press("ctrl+s")
        await driver.app._outbox.release()
        await driver.see("Too soon", "0 votes")
        assert drafts.kept() == []
        await driver.press("z")
        await driver.see("nothing that can be taken back")


async def test_leaving_sends_what_is_held() -> None:
    node = world()
    async with running(node) as driver:
        await driver.see("Mine, with a typo")
        await driver.press("c")
        await driver.type("On my way out")
        await driver.press("ctrl+s")
        await driver.see("z takes it back")
        await driver.press("ctrl+q")
        await driver.until(lambda: driver.called("post"))
    assert driver.called("post")[0]["text"] == "On my way out"


async def test_a_post_for_later_waits_and_can_be_let_go_of() -> None:
    node = world()
    async with running(node) as driver:
        await driver.see("Mine, with a typo")
        await driver.press("c")
        await driver.type("Tomorrow we bake")
        await driver.press("ctrl+t")
        await driver.see("When to publish it")
        await driver.type("soon")
        await driver.press("enter")
        await driver.see("a time is 18:30")
        await driver.press(*["backspace"] * 4)
        await driver.type("+2d")
        await driver.press("enter")
        await driver.see("later: 2025-12-12")
        await driver.press("ctrl+s")
        await driver.see("Kept for 2025-12-12", "in 5 seconds: z takes it back")
        assert "Sent" not in driver.text()
        await driver.press("z")
        await driver.see("Tomorrow we bake", "later: 2025-12-12")
        await driver.gone("Kept for")
        await send(driver)
        await driver.see("It waits until 2025-12-12")
        assert driver.called("post.later")[0]["at_ms"] == node.now_ms + 48 * HOUR_MS
        await driver.press("g", "t")
        await driver.see("Tomorrow we bake", "for later")
        await driver.press("D")
        await driver.see("delete it: it is not published")
        await choose(driver, "go")
        await driver.see("Nothing here yet")


async def test_a_post_for_later_is_taken_back_into_the_composer_whole() -> None:
    node, drafts = world(), Drafts()
    bread = node.entries[0].id
    node.kept.methods["post.later"](
        at_ms=node.now_ms + 48 * HOUR_MS, text="Tomorrow\nwe bake", warning="flour", lang="de",
        reply_to=bread, poll={
            "options": ["rye", "oats"], "until_ms": node.now_ms + 72 * HOUR_MS, "many": True,
        },
    )  # fmt: skip
    async with running(node, drafts=drafts) as driver:
        await driver.see("Mine, with a typo")
        drafts.put(bread, Draft("another"))
        await driver.press("g", "t")
        await driver.see("flour", "for later")
        await driver.press("enter")
        await driver.see("You have begun another text")
        assert not driver.called("later.drop")
        drafts.put(bread, None)
        await driver.press("enter")
        await driver.see("Reply", "to Mia", "Tomorrow", "we bake", "flour", "Taken back")
        await driver.see("poll: rye, oats; 72h   later: 2025-12-12", "language: de")
        await driver.press("escape")
        await driver.see("Nothing here yet")
        assert drafts.get(bread) == Draft(
            "Tomorrow\nwe bake", "flour", ("rye", "oats"), "72h", True,
            said_time(node.now_ms + 48 * HOUR_MS), "de",
        )  # fmt: skip


async def test_a_post_for_later_stays_where_the_composer_cannot_keep_it() -> None:
    node = world()
    put = node.kept.methods["post.later"]
    put(at_ms=node.now_ms + HOUR_MS, text="Look", media=1)
    put(at_ms=node.now_ms + 2 * HOUR_MS, text="Gone by then")
    async with running(node) as driver:
        await driver.press("g", "t")
        await driver.see("Look", "Gone by then")
        await driver.press("enter")
        await driver.see("It has a picture")
        assert len(node.kept.later) == 2
        node.kept.later.pop()  # published meanwhile
        await driver.press("j", "enter")
        await driver.gone("Gone by then")
        assert not driver.called("later.drop")


async def test_enter_leads_from_all_that_is_kept_to_what_it_is_about() -> None:
    node = world()
    mia, (bread, _, _) = next(iter(node.near)), [one.id for one in node.entries]
    call = node.answer
    call("report", {"target": bread, "reason": "spam"})
    call("requests.accept", {"id": mia})
    call("filter", {"what": "tag", "value": "rye"})
    call("filter", {"what": "post", "value": bread})
    async with running(node) as driver:
        await driver.press("g", "t")
        await driver.see("#rye", "the post e", "mentions let through", "report of Mia: spam")
        await driver.press("enter")
        await driver.see("Filter #rye")
        await choose(driver, "day")
        await driver.see("hidden, ends in 24 h")
        for row, screen in ((0, ThreadScreen), (2, ProfileScreen), (3, ThreadScreen)):
            options = driver.app.screen.query_one(OptionList)
            await driver.until(lambda: options.has_focus)  # noqa: B023
            options.highlighted = row
            await driver.press("enter")
            await driver.until(lambda: isinstance(driver.app.screen, screen))  # noqa: B023
            await driver.press("q")
            await driver.until(lambda: isinstance(driver.app.screen, KeptScreen))
        node.entries = [one for one in node.entries if one.id != bread]
        driver.app.screen.query_one(OptionList).highlighted = 0
        await driver.press("enter")
        await driver.see("This post is not here.")
        driver.app.screen.query_one(OptionList).highlighted = 3
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ProfileScreen))


@pytest.mark.parametrize("typed", ["muted", "scheduled", "later", "reports", "lists", "tags"])
async def test_the_palette_finds_what_is_kept_by_any_of_its_names(typed: str) -> None:
    async with running(world()) as driver:
        await driver.see("Mine, with a typo")
        await driver.press("ctrl+p")
        await driver.type(typed)
        await driver.see("Lists, filters, mutes, later, reports")


async def test_the_language_is_guessed_said_and_changed() -> None:
    async with running(world()) as driver:
        await driver.see("Mine, with a typo")
        await driver.press("c")
        await driver.type("A longer text in English")
        await driver.see("language: en (guessed)")
        await driver.press("ctrl+g")
        await driver.see("The language of what you write")
        await driver.press("backspace", "backspace")
        await driver.type("not one")
        await driver.press("enter")
        await driver.see("Write a code like en or pt-BR.")
        await driver.press(*["backspace"] * 7)
        await driver.type("de")
        await driver.press("enter")
        await driver.see("language: de")
        await send(driver)
        await driver.until(lambda: driver.called("post"))
        assert driver.called("post")[0]["lang"] == "de"


async def test_a_profile_shows_fields_and_what_is_pinned() -> None:
    node = world()
    node.kept.pinned.append(node.entries[2].id)
    async with running(node) as driver:
        await driver.see("Mine, with a typo")
        await driver.press("g", "m")
        await driver.see("1 pinned post: P shows")
        await driver.press("e")
        await driver.until(lambda: isinstance(driver.app.screen, EditProfileScreen))
        area = driver.app.screen.query_one("#fields", TextArea)
        area.text = "no colon"
        await driver.press("ctrl+s")
        await driver.see("Write NAME: VALUE")
        area.text = "web: https://ada.example\nborn: 1815"
        await driver.press("ctrl+s")
        await driver.see("web: https://ada.example", "born: 1815")
        await driver.press("P")
        await driver.see("Pinned by Ada", "Mine, with a typo")


async def test_a_list_with_an_odd_name_is_shown_without_what_is_odd() -> None:
    node = world()
    node.kept.lists |= {"\x1b[2Jbak\u202eers": []}
    async with running(node) as driver:
        await on(driver, "Bread is ready")
        await driver.press("a")
        await driver.until(lambda: isinstance(driver.app.screen, ChooseManyScreen))
        await driver.see("bakers")
        assert "\x1b[2J" not in driver.text()
