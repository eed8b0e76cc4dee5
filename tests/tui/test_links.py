"""Links lead where they say, whole or nowhere; jumping and clicking reach them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.widgets import Input

from p2pblog.core.limits import QUERY_CHARS_MAX
from p2pblog.tui.jumping import LETTERS, labels
from p2pblog.tui.links import Target, host_of, placed, query_for, target_of
from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.people import PeopleList
from p2pblog.tui.rows import entry_lines
from p2pblog.tui.sample import SampleNode
from p2pblog.tui.screens.address import AddressScreen
from p2pblog.tui.screens.compose import ComposeScreen
from p2pblog.tui.screens.jump import JumpScreen
from p2pblog.tui.screens.profile import ProfileScreen
from p2pblog.tui.screens.thread import ThreadScreen
from p2pblog.tui.screens.timeline import TimelineScreen
from p2pblog.tui.shapes import Entry, read_entry
from tests.tui.driving import Driver, running

TEXT = "Read https://example.org/a?b=1#c, #bread and (https://example.com/x_(y)) by @Mia."

# --- how they are looked for -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "query"),
    [
        ("https://a.example/b", '"https://a.example/b"'),
        ('https://a.example/"b"/c', '"https://a.example/ b /c"'),
        ("https://a.example/" + "w" * 300, '"https://a.example"'),
        ("https://a.example/" + "word-" * 90, '"https://a.example/' + "word-" * 46 + 'word"'),
    ],
)
def test_an_address_is_looked_for_by_a_phrase_that_a_search_takes(address: str, query: str) -> None:
    assert query_for(address) == query
    assert len(query) <= QUERY_CHARS_MAX
    assert query.count('"') == 2


# --- where links lead ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("#Bread", Target("tag", "bread")),
        ("#123", None),
        ("@Mia", Target("person", "Mia")),
        ("@Mia.", Target("person", "Mia")),
        ("https://example.org", Target("address", "https://example.org")),
        ("https://example.org/a).", Target("address", "https://example.org/a")),
        ("https://example.org/a_(b)", Target("address", "https://example.org/a_(b)")),
        ("http://127.0.0.1:8000/?x", Target("address", "http://127.0.0.1:8000/?x")),
        ("http://[::1]:80/", Target("address", "http://[::1]:80/")),
        ("https://", None),
        ("https:///x", None),
        ("http://[::1", None),
        ("http://a:99999/", None),
        ("https://example.org/" + "x" * 3000, None),
        ("https://a..b/\u202e", None),
    ],
)
def test_a_link_leads_to_one_place_or_nowhere(link: str, target: Target | None) -> None:
    assert target_of(link) == target


@pytest.mark.parametrize(
    "scheme", ["javascript:", "file://", "ftp://", "data:", "mailto:", "ssh://", "JAVASCRIPT://"]
)
def test_other_schemes_lead_nowhere(scheme: str) -> None:
    text = f"press {scheme}example.org/x now"
    lines = entry_lines(Entry("e", text=text), 60, when="now")
    assert not list(placed(lines, text))
    assert host_of(f"{scheme}example.org") == ""


def test_a_name_in_another_script_is_shown_as_the_network_calls_it() -> None:
    assert host_of("https://\u0435xample.org/") == "xn--xample-2of.org"
    assert host_of("https://user@evil.example:81/example.org") == "evil.example:81"


@given(
    st.lists(
        st.sampled_from(
            ["words", "https://example.org/" + "a" * 50, "#tag", "@mia", "\n", "https://b.example/x#y",
             "https://example.org/" + "a" * 70 + "#tag", "漢字", "(https://c.example/)"]
        ),
        max_size=12,
    ),
    st.integers(8, 90),
)  # fmt: skip
def test_no_width_makes_a_link_lead_elsewhere(parts: list[str], width: int) -> None:
    text = " ".join(parts)
    whole = {target for part in text.split() for target in [target_of(part.strip("()"))] if target}
    lines = entry_lines(Entry("e", text=text), width, when="now", whole=True)
    for link in placed(lines, text):
        assert link.target in whole
        assert 0 <= link.x < width
        assert link.x + link.cells <= width


# --- labels --------------------------------------------------------------------------------


@given(st.integers(0, 900))
def test_labels_are_unambiguous_and_there_are_enough(count: int) -> None:
    found = labels(count)
    assert len(found) == len(set(found)) == min(count, len(LETTERS) ** 2)
    assert all(len(label) <= 2 for label in found)
    for label in found:
        assert not any(other != label and other.startswith(label) for other in found)


def linked_node() -> SampleNode:
    """Return a node with a post that links everywhere, and two others."""
    node = SampleNode("Noor")
    mia = node.person("Mia", near=True)
    node.follows.add((node.me, mia))
    node.write(mia, "the oldest #bread", 3)
    node.write(mia, "in the middle", 2)
    node.write(mia, TEXT, 1)
    node.names[mia] = "Mia"
    return node


async def jump(driver: Driver, *letters: str) -> None:
    """Press the key that labels, then letters."""
    await driver.press("semicolon")
    await driver.until(lambda: isinstance(driver.app.screen, JumpScreen))
    await driver.press(*letters)
    await driver.until(lambda: not isinstance(driver.app.screen, JumpScreen))


async def test_a_letter_selects_a_post_and_a_capital_opens_it() -> None:
    async with running(linked_node()) as driver:
        await driver.see("the oldest")
        await driver.press("semicolon")
        await driver.see("Jump: type a label", "h Mia")
        await driver.press("h")
        await driver.until(lambda: driver.chosen == "in the middle")
        await driver.gone("Jump:")
        await jump(driver, "J")
        await driver.until(lambda: isinstance(driver.app.screen, ThreadScreen))
        await driver.see("the oldest")


async def test_labels_are_at_the_links_and_lead_there() -> None:
    node = linked_node()
    async with running(node) as driver:
        await driver.see("the oldest")
        await driver.press("semicolon")
        await driver.see("sttps://example.org", "dbread")
        await driver.press("d")
        await driver.until(lambda: type(driver.app.screen) is TimelineScreen)
        await driver.see("#bread", "the oldest")
        await driver.gone("in the middle")
        await driver.press("q")
        await driver.see("in the middle")
        await driver.press("semicolon")
        await driver.until(lambda: isinstance(driver.app.screen, JumpScreen))
        await driver.press("s")
        await driver.see("Open this address?", "https://example.org/a?b=1#c", "to example.org")


async def test_a_mention_leads_to_the_person() -> None:
    node = linked_node()
    mia = next(iter(node.near))
    node.write(node.me, f"hello @{mia[:8]}, and @nobodyknown")
    async with running(node) as driver:
        await driver.see("hello @")
        await jump(driver, "d")
        await driver.see("There is no such thing here")
        await jump(driver, "s")
        await driver.until(lambda: isinstance(driver.app.screen, ProfileScreen))


async def test_other_keys_leave_and_mean_nothing_more() -> None:
    node = linked_node()
    async with running(node) as driver:
        await driver.see("the oldest")
        for key in ("escape", "1", "f1", "z", "semicolon"):
            chosen = driver.chosen
            await jump(driver, key)
            assert driver.chosen == chosen
        assert not driver.called("like")


async def test_two_letters_where_one_is_not_enough() -> None:
    node = SampleNode("Noor")
    for number in range(40):
        node.write(node.me, f"post {number}", 40 - number)
    async with running(node, size=(80, 150)) as driver:
        await driver.see("post 0")
        places = driver.entries.places()
        assert len(places) > len(LETTERS)
        label = labels(len(places))[-1]
        assert len(label) == 2
        await jump(driver, *label)
        assert driver.chosen == driver.entries.rows[places[-1].index].text


async def test_jumping_works_among_people_with_another_key_and_in_plain_lines() -> None:
    config = '[keys]\njump = "J"'
    async with running(neighbourhood(), config=config, plain=True) as driver:
        await driver.see("This. Everybody")
        await driver.press("g", "p")
        await driver.see("瑞 Rui")
        await driver.press("J")
        await driver.see("Jump: type a label", "a: ", "s: ", "d: ")
        await driver.press("d")
        people = driver.app.screen.query_one(PeopleList)
        await driver.until(lambda: people.place.selected == 2)


async def test_jumping_is_for_screens_that_list_things() -> None:
    async with running(linked_node()) as driver:
        await driver.see("the oldest")
        await driver.press("c")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
        await driver.press("semicolon")
        assert isinstance(driver.app.screen, ComposeScreen)
        await driver.press("escape")
        await driver.until(lambda: not isinstance(driver.app.screen, ComposeScreen))
        await driver.press("slash")
        await driver.until(lambda: isinstance(driver.app.focused, Input))
        await driver.press("semicolon")
        assert driver.app.screen.query_one(Input).value == ";"


# --- the mouse -----------------------------------------------------------------------------


async def click(driver: Driver, text: str) -> None:
    """Click the middle of a text on the screen."""
    for y, line in enumerate(driver.lines()):
        if text in line:
            await driver.pilot.click(offset=(line.index(text) + len(text) // 2, y))
            return
    raise AssertionError(f"{text} is not on the screen:\n{driver.text()}")


async def test_clicks_on_a_tag_a_person_and_an_address() -> None:
    node = linked_node()
    mia = next(iter(node.near))
    node.write(node.me, f"@{mia[:8]} bakes")
    async with running(node) as driver:
        await driver.see("the oldest", "bakes")
        await click(driver, "#bread and")
        await driver.until(lambda: driver.chosen == TEXT and "#bread" in driver.lines()[0])
        await driver.press("q")
        await driver.see("bakes")
        await click(driver, "@Mia")
        await driver.until(lambda: isinstance(driver.app.screen, ProfileScreen))
        await driver.press("q")
        await driver.see("bakes")
        await click(driver, "https://example.com/x_(y)")
        await driver.see("Open this address?", "https://example.com/x_(y)", "example.com")
        await driver.press("escape")
        await driver.until(lambda: not isinstance(driver.app.screen, AddressScreen))


async def test_the_wheel_scrolls_and_a_click_selects() -> None:
    node = SampleNode("Noor")
    for number in range(40):
        node.write(node.me, f"post number {number}", 40 - number)
    async with running(node) as driver:
        await driver.see("post number 39")
        await driver.pilot._post_mouse_events(  # the pilot has no wheel of its own
            [events.MouseScrollDown], driver.entries, button=0
        )
        await driver.gone("post number 39")
        await click(driver, "post number 36")
        await driver.until(lambda: driver.chosen == "post number 36")


@pytest.mark.parametrize(("key", "opened"), [("o", True), ("enter", True), ("escape", False)])
async def test_an_address_is_opened_only_after_a_yes(
    monkeypatch: pytest.MonkeyPatch, key: str, opened: bool
) -> None:
    asked: list[str] = []

    async def note(address: str, chosen: str) -> bool:
        asked.append(address)
        return True

    monkeypatch.setattr("p2pblog.tui.conventions.open_address", note)
    async with running(linked_node()) as driver:
        await driver.see("the oldest")
        await jump(driver, "s")
        await driver.see("Open this address?")
        assert not asked
        await driver.press(key)
        await driver.until(lambda: not isinstance(driver.app.screen, AddressScreen))
        await driver.pilot.pause(0.05)
        assert asked == ["https://example.org/a?b=1#c"] * opened


async def test_where_nothing_opens_addresses_it_is_copied() -> None:
    async with running(linked_node(), config='opener = "/no/such/program"') as driver:
        await driver.see("the oldest")
        await jump(driver, "s")
        await driver.see("Open this address?")
        await driver.press("o")
        await driver.see("Nothing opens addresses here.")
        assert driver.app.clipboard == "https://example.org/a?b=1#c"


async def test_a_place_that_imitates_another_is_named() -> None:
    node = SampleNode("Noor")
    node.write(node.me, "see https://\u0435xample.org/login")
    async with running(node) as driver:
        await driver.see("login")
        await jump(driver, "s")
        await driver.see("xn--xample-2of.org", "may imitate")


def test_a_random_click_never_fails() -> None:
    chance = random.Random(3)
    lines = entry_lines(Entry("e", text=TEXT), 30, when="now")
    found: list[Any] = list(placed(lines, TEXT, 2))
    assert len(found) == 4
    for _ in range(100):
        y, x = chance.randrange(10), chance.randrange(40)
        assert sum(one.line == y and one.x <= x < one.x + one.cells for one in found) <= 1


# --- mentions by key ---------------------------------------------------------------------------


def of_ada(text: str) -> tuple[SampleNode, str]:
    """Return a node on which Mia has written `text`, with Ada's key for {ada}, and the key."""
    node = SampleNode("Noor")
    ada, mia = node.person("Ada Newcomer"), node.person("Mia")
    node.follows.add((node.me, mia))
    node.write(mia, text.format(ada=ada[:10]))
    return node, ada


async def test_a_mention_by_key_shows_a_name_and_leads_to_the_person() -> None:
    node, ada = of_ada("Thanks, @{ada}, for https://a.example/@{ada} and @Mia.")
    async with running(node) as driver:
        await driver.see("Thanks, @Ada Newcomer, for https://a.example/@")
        assert f" @{ada[:10]}" not in driver.text()
        driver.app.copier = None
        copied: list[str] = []
        driver.app.copy = lambda text, what: copied.append(text)  # type: ignore[method-assign]
        await driver.press("y")
        await driver.until(lambda: copied)
        assert copied[0].startswith(f"Thanks, @{ada[:10]}, for")
        await driver.press("c")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
        await driver.press("escape")
        await driver.until(lambda: isinstance(driver.app.screen, TimelineScreen))
        await driver.press("r")
        await driver.see("▏ Thanks, @Ada Newcomer, for")
        await driver.press("escape")
        await driver.until(lambda: isinstance(driver.app.screen, TimelineScreen))
        await driver.press("semicolon")
        await driver.until(lambda: isinstance(driver.app.screen, JumpScreen))
        await driver.press("s")
        await driver.until(lambda: isinstance(driver.app.screen, ProfileScreen))
        await driver.see("Ada Newcomer")
        assert driver.called("profile")[-1]["id"] == ada


async def test_a_mention_by_key_shows_a_name_in_quotes_and_notifications() -> None:
    node, ada = of_ada("nothing")
    mia = next(one for one, name in node.names.items() if name == "Mia")
    mine = node.write(node.me, f"Dear @{ada[:10]}")
    node.imitated[ada] = node.me
    node.write(mia, "look at this", quote=mine)
    node.attention.say("like", mia, mine)
    async with running(node) as driver:
        await driver.see("▏ Dear @Ada Newcomer (look-alike)")
        await driver.press("g", "n")
        await driver.see("liked your post", "▏ Dear @Ada Newcomer (look-alike)")
        assert ada[:10] not in driver.text()


async def test_the_composer_says_whom_a_key_means() -> None:
    node, ada = of_ada("nothing")
    async with running(node) as driver:
        await driver.see("nothing")
        await driver.press("c")
        await driver.type("thanks @Ada")
        await driver.see(f"Ada Newcomer  {ada[:8]}")
        await driver.press("tab")
        await driver.see(f"thanks @{ada[:10]}", "to Ada Newcomer")
        await driver.press(*["backspace"] * 12)
        await driver.gone("to Ada Newcomer")
        await driver.type(" @iiiiiiiiii")
        await driver.until(lambda: driver.called("profile")[-1]["id"] == "iiiiiiiiii")
        assert " to " not in driver.text()


@pytest.mark.parametrize("width", [8, 12, 20, 60])
def test_a_mention_by_key_stays_one_link_where_it_fits_a_line(width: int) -> None:
    key = "iabcdefghi"
    mention = {"identity": "i" * 57, "name": "A@da  New\u2060com", "looks_like": None}
    text = f"so, @{key}: hello @ada"
    entry = read_entry({"id": "e", "text": text, "mentions": {key.upper(): mention, "x": 3}})
    lines = entry_lines(entry, width, when="now")
    said = " ".join("".join(part for part, _ in line) for line in lines)
    assert "so,@A@daNewcom:hello@ada" in "".join(said.split())
    assert not {"\u2060", "\ue000", "\ue001"} & set(said)
    found = [one.target for one in placed(lines, text, mentions=entry.mentions)]
    led = [("i" * 57, "A@da Newcom"), ("ada", "")]
    assert [(one.value, one.shown) for one in found] == (led if width >= 12 else led[1:])
