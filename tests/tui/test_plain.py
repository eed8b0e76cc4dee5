"""Plain lines: no screen draws, and what signs say stands there in words."""

from __future__ import annotations

import pytest
from textual.widgets import Input, TextArea

from p2pblog.tui.bars import StatusBar
from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.plain import plain_lines, words
from p2pblog.tui.rows import entry_lines
from p2pblog.tui.sample import HOUR_MS, SampleNode
from p2pblog.tui.screens.compose import ComposeScreen
from p2pblog.tui.shapes import Entry, Inner, Picture
from tests.tui.driving import Driver, running

FORBIDDEN = {
    *map(chr, range(0x2190, 0x2200)),  # arrows
    *map(chr, range(0x2500, 0x2800)),  # boxes, blocks, geometric shapes, signs, dingbats
    "·",
}


def check(driver: Driver) -> None:
    """Fail when something is drawn."""
    for line in driver.lines():
        assert not FORBIDDEN & set(line), f"drawn: {line!r}\n{driver.text()}"


async def look(driver: Driver) -> None:
    """Wait for what a key began, and check the screen."""
    await driver.pilot.pause(0.05)
    check(driver)


@pytest.mark.parametrize("size", [(80, 24), (40, 20), (120, 40)])
async def test_no_screen_draws_anything(size: tuple[int, int]) -> None:
    node = neighbourhood()
    async with running(node, size=size, plain=True) as driver:
        await driver.see("This. Everybody")
        for keys in (
            "j j j j", "G", "g", "escape", "g l", "G", "g n", "g p", "j", "enter", "q", "g m",
            "e", "escape", "q", "g h", "home", "j x", "enter", "r", "escape", "q", "slash",
            "escape", "c", "ctrl+o", "escape", "question_mark", "G", "q", "semicolon", "escape",
            "f", "b", "n", "y",
        ):  # fmt: skip
            for key in keys.split():
                await driver.press(key)
                await look(driver)
        await driver.press("ctrl+p")
        await look(driver)
        await driver.press("escape")
        driver.app.action_connect()
        await look(driver)
        await driver.press("escape")
        driver.app.action_change_theme()
        await look(driver)


async def test_what_one_keeps_and_what_one_is_asked_draws_nothing() -> None:
    node = neighbourhood()
    poll = {"options": ["rye", "wheat"], "until_ms": node.now_ms + HOUR_MS, "many": True}
    node.write(node.me, "which one?", poll=poll)
    async with running(node, plain=True) as driver:
        await driver.see("which one?", "0%: rye", "v votes")
        for keys in (
            "v", "space", "enter", "full_stop", "escape", "E", "ctrl+s", "H", "escape", "D",
            "escape", "j", "m", "M", "escape", "B", "escape", "a", "Q", "ctrl+l", "escape",
            "ctrl+t", "escape", "ctrl+g", "escape", "escape", "g b", "g t", "n", "escape", "q",
        ):  # fmt: skip
            for key in keys.split():
                await driver.press(key)
                await look(driver)
        assert driver.called("vote")
        assert driver.app.is_running


@pytest.mark.parametrize("size", [(80, 24), (40, 20)])
async def test_the_first_minutes_draw_nothing_and_can_be_gone_through(
    size: tuple[int, int],
) -> None:
    async with running(SampleNode(), size=size, plain=True) as driver:
        await driver.see("What shall people call you?", "Begin")
        check(driver)
        await driver.type("Noor")
        await driver.press("enter")
        await driver.see("24 words", "1 acid")
        check(driver)
        await driver.press("end")
        await driver.see("24 zebra")
        check(driver)
        await driver.press("p")
        await driver.see("From your paper")
        check(driver)
        await driver.press("escape")
        await driver.see("24 words")
        await driver.press("ctrl+q")
        await driver.see("Leave without the words?")
        check(driver)
        await driver.press("n")
        await driver.see("24 words")
        await driver.press("s")
        await driver.see("Nothing here yet")
        check(driver)


async def test_signs_are_said_in_words_and_one_thing_stands_in_a_line() -> None:
    node = neighbourhood()
    bread = next(entry for entry in node.entries if "#bread" in entry.text)
    async with running(node, size=(80, 60), plain=True) as driver:
        await driver.see("This. Everybody")
        lines = [line.strip(" >") for line in driver.lines()]
        for line in (
            "Tomás", "2 min", "quoted: Mia Winter",
            "warning: the last chapter of the book club's book",
            "hidden by its author: x shows it", "reply", "Tomás reposted",
            "replies: 2", "reposts: 1", "likes, with yours: 4", "likes: 1", "o opens it",
            "picture: three herons in a row on a quay in the fog",
        ):  # fmt: skip
            assert line in lines, f"{line}\n{driver.text()}"
        assert any(line.startswith("> ") for line in driver.lines()), "the chosen one is marked"
        driver.entries.select_entry(bread.id)
        await driver.press("enter")
        await driver.see("this is the post you asked for", "level 1 of the conversation")


async def test_links_can_be_followed_though_lines_were_broken() -> None:
    node = SampleNode("Noor")
    node.write(node.me, "many words before " * 6 + "#bread and https://example.org/" + "x" * 90)
    async with running(node, plain=True) as driver:
        await driver.see("#bread")
        await driver.press("semicolon")
        await driver.see("s: #bread", "d: https://example.org/xxx")


async def test_what_people_wrote_stays_as_they_wrote_it() -> None:
    node = SampleNode("Noor")
    node.write(node.me, "♥ you · and ✓ this ↻, always…")
    async with running(node, plain=True) as driver:
        await driver.see("♥ you · and ✓ this ↻, always…")


async def test_the_bottom_says_how_it_is_and_then_which_keys_there_are() -> None:
    async with running(neighbourhood(), plain=True) as driver:
        await driver.see("2 peers: Mia Winter, Ida Lund")
        assert driver.app.screen.query_one(StatusBar).size.height == 2
        assert "c write, g go, ? help" in driver.lines()[-1]


async def test_a_dialog_stands_alone() -> None:
    async with running(neighbourhood(), plain=True) as driver:
        await driver.see("This. Everybody")
        await driver.press("r")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
        await driver.see("Reply", "to Tomás", "500 left")
        assert "Mia Winter" not in driver.text()


async def test_nothing_moves() -> None:
    async with running(neighbourhood(), plain=True) as driver:
        await driver.see("This. Everybody")
        assert driver.app.animation_level == "none"
        await driver.press("c")
        await driver.until(lambda: isinstance(driver.app.focused, TextArea))
        area = driver.app.focused
        assert isinstance(area, TextArea)
        await driver.until(lambda: not area.cursor_blink)
        await driver.press("ctrl+o")
        await driver.until(lambda: isinstance(driver.app.focused, Input))
        line = driver.app.focused
        assert isinstance(line, Input)
        await driver.until(lambda: not line.cursor_blink)


async def test_the_setting_and_the_variable_do_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(neighbourhood(), config="plain = true") as driver:
        await driver.see("quoted: Mia Winter")
    monkeypatch.setenv("P2PBLOG_PLAIN", "1")
    async with running(neighbourhood()) as driver:
        await driver.see("quoted: Mia Winter")


async def test_news_waits_and_places_are_kept_as_otherwise() -> None:
    node = neighbourhood()
    async with running(node, plain=True) as driver:
        await driver.see("This. Everybody")
        await driver.press("j", "j")
        chosen = driver.chosen
        mia = next(one for one, name in node.names.items() if name == "Mia Winter")
        node.write(mia, "news", -1)
        await driver.see("1 new: n shows it")
        assert driver.chosen == chosen
        await driver.press("n")
        await driver.until(lambda: driver.chosen == "news")


def test_no_line_is_wider_than_it_may_be() -> None:
    entry = Entry(
        "e" * 57,
        "i" * 57,
        "A name of many words 漢字" * 3,
        text="漢" * 90 + " https://example.org/" + "x" * 90 + " #tag",
        warning="w" * 100,
        quoted=Inner("e" * 57, "i" * 57, "Somebody", "quoted " * 40),
        media=(Picture("described " * 20, "image/png", have=False),),
        likes=1_234_567,
        reposts=2,
        reposted=True,
        replies=3,
        depth=3,
    )
    from rich.cells import cell_len

    for width in (8, 20, 40, 77):
        laid_out = entry_lines(entry, width, when="3 min", revealed=True, whole=True, focus=True)
        for line in plain_lines(laid_out, width):
            text = "".join(part for part, _ in line)
            assert cell_len(text) <= width, (width, text)
            assert not FORBIDDEN & set(text), text


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        ("↩ 3", "replies: 3"),
        ("↻ 1 you too", "reposts: 1 you too"),
        ("♡ 1,200", "likes: 1,200"),
        ("♥ 2", "likes, with yours: 2"),
        ("↻ Mia reposted", "Mia reposted"),
        ("✓ following", "following"),
        ("⚠ a warning", "warning: a warning"),
        ("alone · Ctrl+P connects", "alone, Ctrl+P connects"),
        ("loading ...", "loading ..."),
        ("· a post that has not arrived", "a post that has not arrived"),
    ],
)
def test_every_sign_has_its_words(drawn: str, said: str) -> None:
    assert words(drawn) == said


async def test_times_and_old_posts_read_well(monkeypatch: pytest.MonkeyPatch) -> None:
    node = SampleNode("Noor")
    node.write(node.me, "an hour ago", HOUR_MS)
    async with running(node, plain=True) as driver:
        await driver.see("an hour ago", "1 h")
