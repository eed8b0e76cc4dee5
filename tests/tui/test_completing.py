"""Names and tags are completed while one writes."""

from __future__ import annotations

import pytest
from textual.widgets import Input, TextArea

from p2pblog.tui.candidates import Candidates
from p2pblog.tui.completing import Candidate, begun_at, candidates, completed
from p2pblog.tui.sample import MINUTE_MS, SampleNode
from tests.tui.driving import Driver, running


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("@|", "@"),
        ("hi @mi|", "@mi"),
        ("#br|", "#br"),
        ("hi @mi|a, how", "@mi"),
        ("(#straß|e)", "#straß"),
        ("@mia.kim-2|", "@mia.kim-2"),
        ("mia@example|", None),
        ("a#b|", None),
        ("hi @mia |", None),
        ("|@mia", None),
        ("https://example.org/@mia|", None),
        ("from:mi|", None),
        ("@" + "m" * 65 + "|", None),
    ],
)
def test_what_is_begun_stands_right_before_the_cursor(text: str, typed: str | None) -> None:
    at = text.index("|")
    begun = begun_at(text.replace("|", ""), at)
    said = None if begun is None else "@#"[begun.is_tag] + begun.typed
    assert said == typed


@pytest.mark.parametrize("text", ["from:mi", "bread FROM:@mi", "@mi"])
def test_in_a_search_people_stand_behind_from_too(text: str) -> None:
    begun = begun_at(text, len(text), search=True)
    assert begun is not None
    assert (begun.is_tag, begun.typed) == (False, "mi")


def test_what_stands_behind_the_word_stays() -> None:
    line = "ask @mi about it"
    begun = begun_at(line, 7)
    assert begun is not None
    text, cursor = completed(line, begun, Candidate("milo", "Milo"))
    assert line[: begun.start] + text + line[begun.end :] == "ask @milo about it"
    assert cursor == len("ask @milo ")
    assert completed("@mi", begun._replace(start=1, end=3), Candidate("milo", ""))[0] == "milo "


def test_an_answer_that_makes_no_sense_is_no_answer() -> None:
    begun = begun_at("@mi", 3)
    assert begun is not None
    for answer in ({}, {"people": 5}, {"people": [5, {"name": "x"}, {"mention": 4}]}):
        assert candidates(begun, answer) == []


def crowded() -> SampleNode:
    node = SampleNode("Noor")
    for at, name in enumerate(("Milo", "Mia", "Mia", "Mira", "Mina", "Mio", "Ben")):
        person = node.person(name)
        node.write(person, f"#bread and #brioche{at}", (at + 1) * MINUTE_MS)
        if name == "Mira":
            node.follows.add((node.me, person))
    return node


async def composing(driver: Driver) -> TextArea:
    await driver.see("#bread")
    await driver.press("c")
    await driver.see("New post")
    return driver.app.screen.query_one(TextArea)


async def test_a_name_is_completed_and_the_one_followed_comes_first() -> None:
    async with running(crowded()) as driver:
        await driver.press("g", "l")
        area = await composing(driver)
        await driver.press(*"hi @m")
        await driver.see("Mira  ", "· followed", "Mio")
        assert driver.app.screen.query_one(Candidates).option_count == 5
        assert area.has_focus
        await driver.press("tab")
        await driver.until(lambda: area.text == "hi @Mira ")
        await driver.gone("followed")
        await driver.press(*"there")
        assert area.text == "hi @Mira there"


async def test_namesakes_are_told_apart_by_their_keys() -> None:
    node = crowded()
    async with running(node) as driver:
        await driver.press("g", "l")
        area = await composing(driver)
        keys = [identity for identity, name in node.names.items() if name == "Mia"]
        await driver.press(*"@mia")
        await driver.see(*(key[:8] for key in keys))
        await driver.press("down", "enter")
        await driver.until(lambda: area.text in [f"@{key[:10]} " for key in keys])


async def test_escape_closes_the_list_and_only_then_the_composer() -> None:
    async with running(crowded()) as driver:
        await driver.press("g", "l")
        area = await composing(driver)
        await driver.press(*"@m")
        await driver.see("followed")
        await driver.press("escape")
        await driver.gone("followed")
        await driver.press("i")
        await driver.pilot.pause(0.3)
        assert "followed" not in driver.text()  # not again for this word
        assert area.text == "@mi"
        await driver.press("escape")
        await driver.gone("New post")


async def test_a_tag_is_completed_in_the_middle_of_a_text() -> None:
    async with running(crowded()) as driver:
        await driver.press("g", "l")
        area = await composing(driver)
        await driver.press(*"a loaf")
        await driver.press("left", "left", "left", "left")
        await driver.press(*"#bri")
        await driver.see("#brioche0", "#brioche4")
        await driver.press("down", "down", "up", "enter")
        await driver.until(lambda: area.text == "a #brioche1 loaf")


async def test_what_is_written_whole_leaves_enter_alone() -> None:
    node = crowded()
    node.write(node.me, "#bread #breadmaking", 1)
    async with running(node) as driver:
        await driver.press("g", "l")
        area = await composing(driver)
        await driver.press(*"#bread")
        await driver.see("#breadmaking", " #bread ")
        await driver.press("enter", "x")
        await driver.until(lambda: area.text == "#bread\nx")


async def test_writing_goes_on_while_the_node_is_away() -> None:
    node = crowded()
    async with running(node) as driver:
        await driver.press("g", "l")
        area = await composing(driver)
        node.crash()
        await driver.press(*"@mira and more")
        assert area.text == "@mira and more"
        await driver.pilot.pause(0.3)
        assert not driver.app.screen.query_one(Candidates).is_open


async def test_the_node_is_asked_once_for_what_was_typed_at_once() -> None:
    node = crowded()
    async with running(node) as driver:
        await driver.press("g", "l")
        await composing(driver)
        await driver.press(*"@mir")
        await driver.see("followed")
        assert [one["starts_with"] for one in driver.called("people")] == ["mir"]


async def test_the_list_stays_on_a_narrow_screen() -> None:
    async with running(crowded(), size=(40, 20)) as driver:
        await driver.press("g", "l")
        await composing(driver)
        await driver.press(*"words that fill most of it @mi")
        await driver.see("Mira", "followed")
        assert max(len(line.rstrip()) for line in driver.lines()) <= 40


async def test_a_search_completes_people_and_tags() -> None:
    async with running(crowded()) as driver:
        await driver.press("slash")
        await driver.until(lambda: isinstance(driver.app.focused, Input))
        field = driver.app.screen.query_one(Input)
        await driver.press(*"from:mir")
        await driver.see("· followed")
        await driver.press("enter")
        await driver.until(lambda: field.value == "from:Mira ")
        await driver.press(*"#brioche3")
        await driver.pilot.pause(0.3)
        await driver.press("enter")
        await driver.until(lambda: driver.called("search"))
        assert driver.called("search")[-1]["query"] == "from:Mira #brioche3"


async def test_a_click_takes_what_was_clicked() -> None:
    async with running(crowded()) as driver:
        await driver.press("g", "l")
        area = await composing(driver)
        await driver.press(*"@mi")
        await driver.see("followed")
        assert await driver.pilot.click(Candidates, offset=(2, 0))
        await driver.until(lambda: area.text == "@Mira ")


@pytest.mark.parametrize("size", [(60, 12), (80, 24), (40, 20)])
@pytest.mark.parametrize("above", [0, 9])
async def test_the_list_stands_under_the_line_of_the_cursor(
    size: tuple[int, int], above: int
) -> None:
    async with running(crowded(), size=size) as driver:
        await driver.press("g", "l")
        await composing(driver)
        await driver.press(*["enter"] * above)
        await driver.press(*"hi @m")
        await driver.see("followed")

        def under() -> bool:
            at = next(y for y, line in enumerate(driver.lines()) if "hi @m" in line)
            return "followed" in driver.lines()[at + 1]

        await driver.until(under)


async def test_where_nothing_is_completed_tab_goes_on_to_the_next_field() -> None:
    async with running(SampleNode("Ada")) as driver:
        await driver.press("c")
        await driver.type("Bread")
        await driver.press("ctrl+o")
        await driver.until(lambda: isinstance(driver.app.focused, Input))
        await driver.press("tab")
        await driver.until(lambda: isinstance(driver.app.focused, TextArea))
