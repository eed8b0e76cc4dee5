"""What a newcomer stumbles over: words that are lost, keys that quit, news that goes unnoticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.command import CommandList
from textual.containers import VerticalScroll
from textual.widgets import Input, TextArea

from p2pblog.core.textform import Kind
from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.sample import MINUTE_MS, SampleNode, key
from p2pblog.tui.screens.compose import ComposeScreen
from p2pblog.tui.screens.help import HelpScreen
from p2pblog.tui.screens.onboarding import LeaveWordsScreen, PractiseScreen, WordsScreen
from tests.tui.driving import Driver, running

_PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 8


def quiet_node(count: int = 3) -> SampleNode:
    """Return a node whose home has `count` short posts by Mia."""
    node = SampleNode("Noor")
    mia = node.person("Mia", near=True)
    node.follows.add((node.me, mia))
    for number in range(count):
        node.write(mia, f"post number {number}", (count - number) * MINUTE_MS)
    return node


# --- the words -------------------------------------------------------------------------


async def to_the_words(driver: Driver) -> None:
    await driver.see("What shall people call you?")
    await driver.type("Noor")
    await driver.press("enter")
    await driver.see("Practise (p)")


async def test_leaving_the_words_asks_first_and_staying_keeps_them() -> None:
    async with running(SampleNode()) as driver:
        await to_the_words(driver)
        await driver.see("I have 24 words", "see your name")
        await driver.press("ctrl+q")
        await driver.see("Leave without the words?")
        await driver.press("ctrl+q", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, WordsScreen))
        assert not driver.app._exit
        await driver.see("24 zebra")
        await driver.press("p")
        await driver.until(lambda: isinstance(driver.app.screen, PractiseScreen))
        await driver.press("ctrl+q")
        await driver.until(lambda: isinstance(driver.app.screen, LeaveWordsScreen))
        await driver.press("y")
        await driver.until(lambda: driver.app._exit)


async def test_whoever_has_the_words_leaves_without_a_question() -> None:
    async with running(SampleNode()) as driver:
        await to_the_words(driver)
        await driver.press("s")
        await driver.see("Nothing here yet")
        await driver.press("ctrl+q")
        await driver.until(lambda: driver.app._exit)


# --- keys ------------------------------------------------------------------------------


async def test_escape_and_left_go_back_but_never_out() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("g", "l")
        await driver.until(lambda: driver.app.current_mode == "local")
        await driver.press("escape")
        await driver.until(lambda: driver.app.current_mode == "home")
        await driver.press("escape", "left", "escape", "j")
        await driver.until(lambda: driver.entries.place.selected == 1)
        assert not driver.app._exit
        await driver.press("q")
        await driver.until(lambda: driver.app._exit)


async def test_the_first_page_of_the_help_shows_the_keys_on_a_post_and_end_goes_there() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("question_mark")
        await driver.see("On a post", "reply", "show new posts", "q closes")
        await driver.press("G")
        await driver.see("The mouse works too")
        box = driver.app.screen.query_one(VerticalScroll)
        assert box.scroll_y == box.max_scroll_y > 0
        await driver.press("g")
        await driver.until(lambda: box.scroll_y == 0)


async def test_in_a_narrow_terminal_the_help_keeps_a_line_a_key() -> None:
    async with running(neighbourhood(), size=(40, 12)) as driver:
        await driver.see("This. Everybody")
        await driver.press("question_mark")
        await driver.until(lambda: isinstance(driver.app.screen, HelpScreen))
        await driver.see("reply")
        lines = [line for line in driver.lines() if "│" in line]
        at = next(i for i, line in enumerate(lines) if " reply" in line)
        firsts = [line.split("│")[1].split()[0] for line in lines[at : at + 7]]
        assert firsts == ["r", "b", "f", "m", "n", "u", "F"]


async def test_in_a_narrow_terminal_the_hints_of_the_composer_leave_the_counter_room() -> None:
    async with running(neighbourhood(), size=(40, 12)) as driver:
        await driver.see("This. Everybody")
        await driver.press("c")
        await driver.see("^S send  Esc keep  ^O warn", "500 left")
        assert isinstance(driver.app.screen, ComposeScreen)
        driver.app.screen.query_one(TextArea).text = "x" * 608
        await driver.see("^S send  Esc keep ", "108 too many")


async def test_in_a_narrow_terminal_the_whole_profile_can_be_changed() -> None:
    async with running(neighbourhood(), size=(40, 12)) as driver:
        await driver.see("This. Everybody")
        await driver.press("g", "m")
        await driver.see("e edit")
        await driver.press("e")
        await driver.see("│ Noor ", "What you say of yourself", "Ctrl+S save")


async def test_alone_the_key_to_write_is_in_sight_and_in_a_thread_the_one_to_answer() -> None:
    for width in (80, 60, 40):
        node = quiet_node()
        async with running(node, size=(width, 24)) as driver:
            await driver.see("post number 2", "alone", "c write", "? help")
            await driver.press("enter")
            await driver.see("◂", "r reply", "q back", "? help")


async def test_the_palette_begins_with_writing_and_speaks_our_voice() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("ctrl+p")
        await driver.see("Write a post", "Search", "Home")
        commands = driver.app.screen.query_one(CommandList)
        said = [str(option.prompt) for option in commands.options]
        assert "Write a post" in said[0]
        assert "Leave" in said[-1]
        assert not any("application" in text or "Screenshot" in text for text in said)


# --- news ------------------------------------------------------------------------------


async def test_at_the_very_top_news_appears_at_once_and_the_selection_stays() -> None:
    node = quiet_node()
    mia = next(iter(node.near))
    async with running(node) as driver:
        await driver.see("post number 2")
        for number in range(3):
            node.write(mia, f"news {number}")
            await driver.see(f"news {number}")
            assert driver.chosen == "post number 2"
            assert driver.entries.place.at_start()
        assert " new:" not in driver.text()
        for number in range(3, 9):
            node.write(mia, f"news {number}")
        await driver.see("new: n shows")
        await driver.see("▌ post number 2")


@pytest.mark.parametrize("moves", [["j"], ["j", "j"], ["space"]])
async def test_further_down_news_is_announced_only(moves: list[str]) -> None:
    node = quiet_node(40)
    mia = next(iter(node.near))
    async with running(node) as driver:
        await driver.see("post number 39")
        await driver.press(*moves)
        before = driver.lines()[2:-1]
        node.write(mia, "news")
        await driver.see("1 new")
        assert driver.lines()[2:-1] == before


async def test_a_reader_who_comes_back_to_the_inserted_news_is_not_moved_again() -> None:
    node = quiet_node(40)
    mia = next(iter(node.near))
    async with running(node) as driver:
        await driver.see("post number 39")
        node.write(mia, "first")
        await driver.see("first")
        await driver.press("j", "k")  # on the entry chosen before, by hand this time
        node.write(mia, "second")
        await driver.see("1 new")
        assert "second" not in driver.text()


async def test_answers_are_counted_on_the_tab_until_it_is_looked_at() -> None:
    node = quiet_node()
    mia = next(iter(node.near))
    mine = node.write(node.me, "anybody here?")
    async with running(node) as driver:
        await driver.see("anybody here?", "Notifications ")
        assert "(" not in driver.lines()[0]
        node.write(mia, "I am", reply_to=mine)
        node.write(mia, "written long ago, and late", 60 * MINUTE_MS, reply_to=mine)
        await driver.see("Notifications (2)")
        await driver.press("g", "n")
        await driver.see("I am")
        await driver.until(lambda: "(" not in driver.lines()[0])
    async with running(node) as driver:
        await driver.see("anybody here?")
        node.write(mia, "one more", reply_to=mine)
        await driver.see("Notifications (1)")
    async with running(node, size=(40, 12)) as driver:
        await driver.see("Home · 1 for you")


# --- pictures --------------------------------------------------------------------------


def with_picture(node: SampleNode, path: Path, warning: str = "") -> None:
    """Have Mia post a picture whose file is at `path`."""
    blob = key(Kind.BLOB, str(path))
    node.files[blob] = str(path)
    media = [{"blob": blob, "size": 16, "type": "image/png", "alt": "a heron", "have": False}]
    node.write(next(iter(node.near)), "look", media=media, warning=warning)


async def test_a_picture_is_asked_for_and_opened_under_a_name_of_its_kind(tmp_path: Path) -> None:
    opened: list[Path] = []

    async def opener(path: Path) -> bool:
        assert path.read_bytes() == _PNG
        opened.append(path)
        return True

    node = quiet_node()
    (tmp_path / "blob").write_bytes(_PNG)
    with_picture(node, tmp_path / "blob")
    async with running(node, size=(120, 24), opener=opener) as driver:
        await driver.see("a heron", "o opens it")
        await driver.press("o")
        await driver.see("Opened:")
        assert [path.suffix for path in opened] == [".png"]
        assert driver.called("media") == [{"entry": node.entries[-1].id, "index": 0}]
        assert driver.app.clipboard == str(tmp_path / "blob")
    assert not opened[0].exists()  # the copy goes with the client


async def test_without_a_display_the_path_is_said_and_no_stranger_file_is_opened(
    tmp_path: Path,
) -> None:
    node = quiet_node()
    (tmp_path / "blob").write_bytes(_PNG)
    with_picture(node, tmp_path / "blob")
    async with running(node, size=(120, 24)) as driver:
        await driver.see("a heron")
        await driver.press("o")
        await driver.see("The picture is here:")
        (tmp_path / "blob").write_bytes(b"[Desktop Entry]\nExec=sh\n")
        await driver.press("o")
        await driver.see("not look like a picture")
        node.files.clear()
        await driver.press("o")
        await driver.see("none of the peers linked now has this picture")
        await driver.press("j", "o")
        await driver.see("This post has no picture")


async def test_a_picture_behind_a_warning_opens_only_once_it_is_shown(tmp_path: Path) -> None:
    node = quiet_node()
    (tmp_path / "blob").write_bytes(_PNG)
    with_picture(node, tmp_path / "blob", warning="spiders")
    async with running(node, size=(120, 24)) as driver:
        await driver.see("spiders")
        await driver.press("o")
        await driver.see("Its author hid it")
        assert not driver.called("media")
        await driver.press("x", "o")
        await driver.see("The picture is here:")


# --- one's own profile -----------------------------------------------------------------


async def test_the_own_profile_can_be_changed_and_nobody_elses() -> None:
    node = neighbourhood()
    async with running(node) as driver:
        await driver.see("This. Everybody")
        await driver.press("u")
        await driver.see("Radio, rivers", "F unfollow")
        await driver.press("e")
        await driver.press("g", "m")
        await driver.see("this is you", "e edit")
        await driver.press("e")
        await driver.see("Your profile", "What you say of yourself", "│ Noor ")
        name = driver.app.screen.query_one(Input)
        name.value = " "
        await driver.press("ctrl+s")
        await driver.see("Type a name first.")
        name.value = "Noor B."
        driver.app.screen.query_one(TextArea).text = "x" * 1030
        await driver.press("ctrl+s")
        await driver.see("6 bytes too many")
        driver.app.screen.query_one(TextArea).text = "Ladders and lamps."
        await driver.press("ctrl+s")
        await driver.see("Ladders and lamps.", "Noor B.")
        assert driver.called("set_profile") == [
            {"name": "Noor B.", "bio": "Ladders and lamps.", "fields": []}
        ]
        assert driver.lines()[0].rstrip().endswith("Noor B.")


async def test_leaving_the_own_profile_as_it_was_writes_nothing() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("g", "m")
        await driver.see("e edit")
        await driver.press("e")
        await driver.see("Your profile")
        await driver.press("ctrl+s")
        await driver.see("this is you")
        await driver.press("e")
        await driver.see("Your profile")
        await driver.type("changed")
        await driver.press("escape")
        await driver.see("this is you")
        assert not driver.called("set_profile")


# --- the node --------------------------------------------------------------------------


async def test_a_node_that_dies_before_the_first_timeline_came_is_read_when_it_is_back() -> None:
    node = neighbourhood()
    answer = node.answer

    def dies(method: str, params: dict[str, object]) -> dict[str, object]:
        if method == "timeline" and not node.down:
            node.crash()
        return answer(method, params)

    node.answer = dies  # type: ignore[method-assign]
    async with running(node) as driver:
        node.entries, held = [], node.entries
        await driver.see("the node is away")
        assert "This. Everybody" not in driver.text()
        node.answer, node.entries = answer, held  # type: ignore[method-assign]
        node.down = False
        driver.app.context.connection.retry_now()
        await driver.see("2 peers", "This. Everybody")


async def test_the_first_timeline_does_not_wait_for_more_changes() -> None:
    """It is asked for as soon as there is a node, not some time after."""
    node = neighbourhood()
    async with running(node) as driver:
        await driver.until(lambda: driver.called("status"))
        for _ in range(3):
            await driver.pilot.pause()
        assert driver.called("timeline")


async def test_a_node_that_was_stopped_and_started_anew_is_said() -> None:
    node = neighbourhood()
    async with running(node, size=(100, 24)) as driver:
        await driver.see("This. Everybody")
        node.tell("stopping")
        node.crash()
        await driver.see("the node was stopped, starting a new one")
        node.down = False
        driver.app.context.connection.retry_now()
        await driver.see("The node was stopped; a new one was started.", "2 peers")
        assert "does not answer" not in driver.text()
        node.crash()
        await driver.see("the node is away")


# --- one's own post and one's place --------------------------------------------------------


@pytest.mark.parametrize("down", [0, 1, 5])
async def test_what_one_sends_takes_nobody_away_from_what_they_read(down: int) -> None:
    node = quiet_node(12)
    async with running(node) as driver:
        await driver.see("post number 11")
        await driver.press(*"j" * down)
        await driver.until(lambda: driver.entries.place.selected == down)
        chosen = driver.chosen
        await driver.press("r")
        await driver.type("mine")
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.app._outbox.holds)
        await driver.app._outbox.release()
        if down:  # what is read stays, and what came is announced
            await driver.see("1 new: n shows it")
        else:  # at the very top it stands above
            await driver.until(lambda: driver.entries.rows[0].text == "mine")
        assert driver.chosen == chosen
        await driver.press("f")
        await driver.until(lambda: driver.called("like"))
        assert node.need(driver.called("like")[0]["entry"]).text == chosen


async def test_an_answer_comes_into_its_thread_below_what_is_selected() -> None:
    async with running(quiet_node()) as driver:
        await driver.see("post number 2")
        await driver.press("enter")
        await driver.see("Thread")
        await driver.until(lambda: driver.chosen == "post number 2")
        await driver.press("r")
        await driver.type("mine")
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.app._outbox.holds)
        await driver.app._outbox.release()
        await driver.until(lambda: len(driver.entries.rows) == 2)
        assert driver.chosen == "post number 2"
