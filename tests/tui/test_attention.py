"""Notifications, requests by strangers, look-alike names and reports, in the client."""

from __future__ import annotations

import pytest
from textual.widgets import Checkbox, Input, OptionList

from p2pblog.tui.notices import deed_said, notice_lines, people_said
from p2pblog.tui.people import PeopleList
from p2pblog.tui.places import Places
from p2pblog.tui.rows import entry_lines, person_lines
from p2pblog.tui.sample import HOUR_MS, MINUTE_MS, SampleNode, Stored
from p2pblog.tui.screens.notifications import NotificationsScreen, NotifiedScreen
from p2pblog.tui.screens.profile import ProfileScreen
from p2pblog.tui.screens.report import REASONS, Reported, ReportScreen
from p2pblog.tui.screens.requests import RequestsScreen
from p2pblog.tui.screens.thread import ThreadScreen
from p2pblog.tui.shapes import Entry, Inner, Notice, read_entry, read_person
from tests.tui.driving import Driver, running


class World:
    """A node of Ada's, whom Mia and Otis, whom she follows, and Zed, a stranger, tell something."""

    def __init__(self) -> None:
        self.node = node = SampleNode("Ada")
        self.mia, self.otis, self.zed = (node.person(name) for name in ("Mia", "Otis", "Zed"))
        node.follows |= {(node.me, self.mia), (node.me, self.otis)}
        self.post = node.write(node.me, "The oven is hot", 5 * HOUR_MS)
        node.attention.say("like", self.mia, self.post, 3 * HOUR_MS)
        node.attention.say("like", self.otis, self.post, 2 * HOUR_MS)
        node.attention.say("follow", self.mia, ago_ms=4 * HOUR_MS)
        node.write(self.mia, "I bring dough", HOUR_MS, reply_to=self.post)


async def at_notifications(driver: Driver) -> None:
    await driver.see("The oven is hot")
    await driver.press("g", "n")
    await driver.see("I bring dough", "Otis and Mia liked your post", "Mia now follows you")


def select(driver: Driver, what: str) -> None:
    """Select the row that says so."""
    entries = driver.entries
    entries.place.select(
        next(at for at, row in enumerate(entries.rows) if row.notice and row.notice.what == what)
    )
    entries.changed()


# --- notifications --------------------------------------------------------------------------


async def test_what_happened_is_grouped_counted_and_known_after_a_restart() -> None:
    world = World()
    places = Places()
    async with running(world.node, places=places) as driver:
        await driver.see("Notifications (3)")
        await at_notifications(driver)
        await driver.see("answers you", "new", "▏ The oven is hot")
        await driver.until(lambda: "(" not in driver.lines()[0])
        assert "· new" in driver.text(), "what was new stays marked while it is looked at"
        await driver.press("g", "h")
        await driver.press("g", "n")
        await driver.gone("· new")
        world.node.attention.say("like", world.zed, world.post)
        await driver.see("Zed, Otis and Mia liked your post")
    async with running(world.node, places=places) as driver:
        world.node.attention.say("repost", world.otis, world.post)
        await driver.see("Notifications (1)")


async def test_only_what_was_in_sight_is_taken_as_looked_at() -> None:
    world = World()
    for at in range(60):
        world.node.write(world.mia, f"answer {at}", at * MINUTE_MS, reply_to=world.post)
    looked: set[str] = set()

    def marks(driver: Driver) -> set[str]:
        looked.update(*(call["marks"] for call in driver.called("notifications.seen")))
        return looked

    async with running(world.node) as driver:
        await driver.see("Notifications (63)")
        await driver.press("g", "n")
        await driver.see("answer 0")
        await driver.until(lambda: 5 <= len(marks(driver)) <= 9)
        await driver.until(lambda: f"({63 - len(marks(driver))})" in driver.lines()[0])
        asked = len(driver.called("notifications.seen"))
        await driver.press("j")
        await driver.pilot.pause(0.1)
        assert len(driver.called("notifications.seen")) == asked, "nothing new came into sight"
        await driver.press("space")
        await driver.until(lambda: 11 <= len(marks(driver)) <= 17)
        world.node.write(world.mia, "answer from above", reply_to=world.post)
        await driver.see("1 new")
        await driver.press("G")
        await driver.until(lambda: "follow:1" in "".join(marks(driver)))
        assert not {mark for mark in marks(driver) if mark.endswith(world.node.entries[-1].id)}
        assert len(marks(driver)) < 40
        await driver.press("g", "g")
        await driver.until(lambda: world.node.entries[-1].id in "".join(marks(driver)))


async def test_what_could_not_be_told_to_the_node_is_told_again() -> None:
    world = World()
    async with running(world.node) as driver:
        await driver.see("The oven is hot")
        told = world.node._methods.pop("notifications.seen")
        await driver.press("g", "n")
        await driver.see("I bring dough")
        await driver.until(lambda: driver.called("notifications.seen"))
        world.node._methods["notifications.seen"] = told
        world.node.tell()
        await driver.until(lambda: "(" not in driver.lines()[0])


async def test_enter_opens_the_post_or_who_it_was() -> None:
    world = World()
    world.node.attention.say("follow", world.otis, ago_ms=MINUTE_MS)
    async with running(world.node) as driver:
        await driver.see("The oven is hot")
        await driver.press("g", "n")
        await driver.see("Otis and Mia now follow you")
        select(driver, "like")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ThreadScreen))
        await driver.see("The oven is hot", "I bring dough")
        await driver.press("q")
        await driver.until(lambda: isinstance(driver.app.screen, NotificationsScreen))
        select(driver, "follow")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, NotifiedScreen))
        await driver.see("Who it was", "Otis", "Mia", "✓ following")
        await driver.press("j", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, ProfileScreen))
        await driver.press("q", "q")
        await driver.until(lambda: isinstance(driver.app.screen, NotificationsScreen))
        select(driver, "like")
        await driver.press("u")
        await driver.until(lambda: isinstance(driver.app.screen, NotifiedScreen))
        people = driver.app.screen.query_one(PeopleList)
        await driver.until(lambda: [one.name for one in people.rows] == ["Otis", "Mia"])


async def test_one_follower_leads_to_their_profile_and_is_no_post() -> None:
    world = World()
    async with running(world.node) as driver:
        await at_notifications(driver)
        select(driver, "follow")
        await driver.press("f")
        await driver.see("That is no post")
        assert driver.called("like") == []
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ProfileScreen))
        await driver.see("Mia")


async def test_what_is_done_with_a_row_is_done_with_its_post() -> None:
    world = World()
    async with running(world.node) as driver:
        await at_notifications(driver)
        select(driver, "reply")
        await driver.press("f")
        await driver.until(lambda: driver.called("like"))
        select(driver, "like")
        await driver.press("m")
        await driver.until(lambda: driver.called("bookmark"))
        assert driver.called("bookmark")[0]["entry"] == world.post
        await driver.press("r")
        await driver.type("come at six")
        await driver.press("ctrl+s")
        await driver.app._outbox.release()
        await driver.until(lambda: driver.called("post"))
        assert driver.called("post")[0]["reply_to"] == world.post


async def test_why_is_asked_of_the_post_that_a_row_is_about() -> None:
    world = World()
    node = world.node
    poll = {"options": ["rye", "spelt"], "until_ms": node.now_ms - MINUTE_MS}
    asked = node.write(node.me, "Which bread?", HOUR_MS, poll=poll)
    node.attention.say("repost", world.otis, world.post)
    async with running(node) as driver:
        await at_notifications(driver)
        await driver.see("Otis reposted your post", "its poll has ended")
        for what, about in (("like", world.post), ("repost", world.post), ("poll", asked)):
            before = len(driver.called("why"))
            select(driver, what)
            await driver.press("w")
            await driver.until(lambda before=before: len(driver.called("why")) > before)  # type: ignore[misc]
            assert driver.called("why")[-1]["entry"] == about
        await driver.see("You wrote it.")


async def test_a_poll_that_ends_is_told_of() -> None:
    world = World()
    node = world.node
    poll = {"options": ["rye", "spelt"], "until_ms": node.now_ms + HOUR_MS}
    asked = node.write(node.me, "Which bread?", MINUTE_MS, poll=poll)
    async with running(node) as driver:
        await at_notifications(driver)
        node.now_ms += 2 * HOUR_MS
        node.tell()
        await driver.see("its poll has ended", "Which bread?")
        select(driver, "poll")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ThreadScreen))
        assert driver.called("thread")[-1]["entry"] == asked


async def test_plain_text_says_it_without_signs() -> None:
    world = World()
    async with running(world.node, plain=True) as driver:
        await driver.see("The oven is hot")
        await driver.press("g", "n")
        await driver.see("Otis and Mia liked your post", "quoted: The oven is hot")
        assert not set("♥↻●▏⚠·") & set(driver.text())


def test_rows_fit_whatever_the_width_and_the_names() -> None:
    people = tuple((name, "i") for name in ("M" * 60, "O" * 60, "Z"))
    notice = Notice("like", "like:e:1", "m", True, True, people, 9)
    entry = Entry("like:e:1", text="t" * 300, target=Inner("e"), notice=notice, warning="w" * 90)
    for width in (8, 20, 40, 80):
        for line in notice_lines(entry, width, when="12 min"):
            assert sum(len(text) for text, _ in line) <= width
    assert people_said(notice).endswith("and 6 others")
    assert people_said(Notice("like", "", "", True, True, people, 4)).endswith("and 1 other")
    assert deed_said(Notice("follow", "", "", True, True, people[:1], 1)) == "now follows you"


# --- requests -------------------------------------------------------------------------------


@pytest.fixture
def asked() -> World:
    """A world in which Zed has written twice."""
    world = World()
    world.node.write(world.zed, "Buy my bread", 2 * MINUTE_MS, reply_to=world.post)
    world.node.write(world.zed, "Buy it now", MINUTE_MS, reply_to=world.post)
    return world


async def at_requests(driver: Driver) -> None:
    await driver.see("The oven is hot", "Notifications (3)")
    await driver.press("g", "n")
    await driver.see("2 posts by strangers wait: g r shows")
    assert "Buy" not in driver.text()
    await driver.press("g", "r")
    await driver.until(lambda: isinstance(driver.app.screen, RequestsScreen))
    await driver.see("Buy my bread", "Buy it now")


async def test_a_stranger_who_is_let_through_stands_among_notifications(asked: World) -> None:
    async with running(asked.node) as driver:
        await at_requests(driver)
        await driver.press("A")
        await driver.see("Zed may mention you from now on.", "No stranger waits")
        await driver.press("g", "n")
        await driver.see("Buy my bread")
        await driver.press("g", "t")
        await driver.see("Zed", "mentions let through")
        await driver.press("D")
        await driver.see("ask about them again, where they mention you")
        await driver.press("enter")
        await driver.until(lambda: not asked.node.attention.welcome)


async def test_all_of_a_person_is_dismissed_and_what_comes_later_waits(asked: World) -> None:
    async with running(asked.node) as driver:
        await at_requests(driver)
        await driver.press("d")
        await driver.see("What Zed said so far waits no longer.", "No stranger waits")
        asked.node.now_ms += MINUTE_MS
        asked.node.write(asked.zed, "Once more", reply_to=asked.post)
        await driver.see("Once more")


@pytest.mark.parametrize(
    ("keys", "method"), [(("F",), "follow"), (("M", "enter"), "filter"), (("B", "enter"), "block")]
)
async def test_to_follow_mute_or_block_empties_the_tray(
    asked: World, keys: tuple[str, ...], method: str
) -> None:
    async with running(asked.node) as driver:
        await at_requests(driver)
        for key in keys:
            await driver.press(key)
            await driver.pilot.pause(0.2)
        await driver.until(lambda: driver.called(method))
        await driver.see("No stranger waits")


async def test_a_stranger_rings_for_nobody(asked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(asked.node) as driver:
        bells: list[int] = []
        monkeypatch.setattr(driver.app, "bell", lambda: bells.append(1))
        await driver.see("Notifications (3)")
        asked.node.write(asked.zed, "And again", reply_to=asked.post)
        asked.node.attention.say("repost", asked.zed, asked.post)
        await driver.see("Notifications (4)")
        await driver.pilot.pause(0.1)
        assert bells == []
        asked.node.attention.say("repost", asked.mia, asked.post)
        await driver.until(lambda: bells)


async def test_an_empty_tray_says_what_it_is_for() -> None:
    async with running(World().node) as driver:
        await driver.see("The oven is hot")
        await driver.press("g", "r")
        await driver.see("No stranger waits", "nobody learns what you decide")
        await driver.press("A", "d")
        assert driver.called("requests.accept") == driver.called("requests.dismiss") == []


# --- look-alike names -----------------------------------------------------------------------

LIKENESS = {"identity": "iabcdefgh", "name": "Mia", "self": False}


def said(entry: Entry, width: int = 60) -> str:
    return "\n".join(
        "".join(text for text, _ in line) for line in entry_lines(entry, width, when="now")
    )


def test_an_imitation_is_marked_wherever_an_entry_names_it() -> None:
    liar = {"author": "izzz", "name": "Mіa", "looks_like": LIKENESS}  # noqa: RUF001
    for value in (
        {"id": "e", **liar, "text": "x"},
        {"id": "e", **liar, "kind": "repost", "target": {"id": "t", "name": "Tom", "text": "x"}},
        {"id": "e", "name": "Tom", "kind": "repost", "target": {"id": "t", **liar, "text": "x"}},
        {"id": "e", "name": "Tom", "quote": "q", "quoted": {"id": "q", **liar, "text": "x"}},
    ):
        for width in (30, 60, 100):
            assert said(read_entry(value), width).count("⚠ look-alike") == 1
    assert "look-alike" not in said(read_entry({"id": "e", "name": "Mia", "looks_like": None}))
    long_name = read_entry({"id": "e", **liar, "name": "M" * 90})
    assert "⚠ look-alike" in said(long_name, 40)


def test_whom_a_person_imitates_is_said_in_a_sentence() -> None:
    person = read_person({"identity": "izzz", "name": "Mia", "looks_like": LIKENESS})
    assert person.imitates == "Not the Mia you follow; that one is iabcdefg."
    lines = person_lines(person, 80, when="now")
    assert any(person.imitates in text for line in lines for text, _ in line)
    own = read_person({"looks_like": {**LIKENESS, "self": True}})
    assert own.imitates == "This is not you: the name looks like yours."
    assert read_person({"looks_like": "nonsense"}).imitates == ""


@pytest.mark.parametrize("plain", [False, True])
async def test_a_look_alike_is_marked_in_timelines_and_on_the_profile(plain: bool) -> None:
    node = World().node
    mia = next(one for one, name in node.names.items() if name == "Mia")
    liar = node.person("\u041cia")
    node.imitated[liar] = mia
    node.write(liar, "Send me money")
    async with running(node, plain=plain) as driver:
        await driver.see("The oven is hot")
        await driver.press("g", "l")
        await driver.see("Send me money", "warning: look-alike" if plain else "⚠ look-alike")
        await driver.press("B")
        await driver.see("Block \u041cia (look-alike)?")
        await driver.press("escape", "r")
        await driver.see("to \u041cia (look-alike)")
        await driver.press("escape")
        await driver.gone("to \u041cia (look-alike)")
        await driver.press("F")
        await driver.see("You follow \u041cia (look-alike)")
        await driver.press("u")
        await driver.see("Not the Mia you follow; that one is")
        await driver.press("q", "g", "p")
        await driver.see("Not the Mia you follow")


# --- reports --------------------------------------------------------------------------------


async def to_report(driver: Driver) -> ReportScreen:
    await driver.see("I bring dough")
    at = next(at for at, row in enumerate(driver.entries.rows) if row.text == "I bring dough")
    driver.entries.place.select(at)
    driver.entries.changed()
    await driver.press("exclamation_mark")
    await driver.until(lambda: isinstance(driver.app.screen, ReportScreen))
    await driver.see("Report a post by Mia", "Nobody receives a report yet")
    screen = driver.app.screen
    assert isinstance(screen, ReportScreen)
    await driver.until(lambda: screen.query_one(OptionList).has_focus)
    return screen


async def test_a_report_does_what_is_ticked_and_says_that_nobody_receives_it() -> None:
    world = World()
    async with running(world.node) as driver:
        screen = await to_report(driver)
        await driver.press("down", "enter")
        await driver.see("( ) spam", "(x) abuse")
        screen.query_one(Input).value = "  insults "
        screen.query_one("#mutes", Checkbox).value = True
        await driver.see("hide this post here", "mute its author", "keep a report of it")
        await driver.press("ctrl+s")
        await driver.see("nobody has received it")
        reply = world.node.entries[-1].id
        assert driver.called("report") == [{"target": reply, "reason": "abuse", "note": "insults"}]
        assert driver.called("filter") == [
            {"what": "post", "value": reply},
            {"what": "person", "value": world.mia},
        ]
        assert driver.called("block") == []
        await driver.gone("I bring dough")
        await driver.press("g", "t")
        await driver.see("report of Mia: abuse", "insults", "the post e")
        options = driver.app.screen.query_one(OptionList)
        options.highlighted = 2
        await driver.press("D")
        await driver.see("delete the report")
        await driver.press("enter")
        await driver.until(lambda: world.node.attention.kept == [])


async def test_a_report_can_be_left_and_can_block() -> None:
    world = World()
    async with running(world.node) as driver:
        await to_report(driver)
        await driver.press("escape")
        await driver.until(lambda: not isinstance(driver.app.screen, ReportScreen))
        assert driver.called("report") == []
        screen = await to_report(driver)
        for name in ("hides", "keeps"):
            screen.query_one(f"#{name}", Checkbox).value = False
        screen.query_one("#blocks", Checkbox).value = True
        await driver.press("ctrl+s")
        await driver.see("Mia is blocked.")
        assert driver.called("report") == driver.called("filter") == []
        assert driver.called("block") == [{"id": world.mia}]


async def test_a_post_by_nobody_known_can_be_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    reply = world.node.entries[-1].id
    shape = world.node.shape

    def unknown(entry: Stored) -> dict[str, object]:
        return shape(entry) | ({"author": None, "name": ""} if entry.id == reply else {})

    monkeypatch.setattr(world.node, "shape", unknown)
    async with running(world.node) as driver:
        await driver.see("I bring dough")
        driver.entries.select_entry(reply)
        await driver.press("M")
        await driver.see("Its author is not known here yet.")
        await driver.press("exclamation_mark")
        await driver.until(lambda: isinstance(driver.app.screen, ReportScreen))
        await driver.see("Report a post by someone", "hide this post here", "keep a report")
        assert "author" not in driver.text().split("Report a post")[1].split("keep a report")[0]
        assert len(driver.app.screen.query(Checkbox)) == 2
        await driver.press("ctrl+s")
        await driver.see("The post is hidden; the report is kept")
        assert driver.called("filter") == [{"what": "post", "value": reply}]
        assert driver.called("block") == []


async def test_ones_own_post_is_not_reported() -> None:
    async with running(World().node) as driver:
        await driver.see("The oven is hot")
        at = next(at for at, row in enumerate(driver.entries.rows) if row.text == "The oven is hot")
        driver.entries.place.select(at)
        await driver.press("exclamation_mark")
        await driver.see("That is yourself.")


@pytest.mark.parametrize("size", [(80, 24), (40, 20)])
async def test_the_dialog_fits(size: tuple[int, int]) -> None:
    async with running(World().node, size=size) as driver:
        screen = await to_report(driver)
        assert screen.query_one(OptionList).region.width <= size[0]


def test_what_was_done_is_said_as_it_is() -> None:
    nothing = Reported("spam", "", hides=False, mutes=False, blocks=False, keeps=False)
    assert nothing.said("Mia") == "Nothing was done."
    assert nothing._replace(mutes=True, blocks=True).said("mia") == "Mia is blocked."
    assert set(REASONS) == {"spam", "abuse", "deceit", "illegal", "other"}
