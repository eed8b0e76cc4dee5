"""Alerts: of what is new and of nobody's own, one in half a minute, by bell or on the desktop."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from p2pblog.tui.alerts import EVERY_S, Alert, Alerts, has_bus, said_of
from p2pblog.tui.app import P2PBlogApp
from p2pblog.tui.sample import SampleNode
from p2pblog.tui.shapes import Entry, Notice
from tests.tui.driving import Driver, running


def entry(number: int, author: str = "a", name: str = "Mia", **more: Any) -> Entry:
    """An entry that stands among notifications."""
    notice = Notice("reply", f"post:{number}", f"post:{number}", new=True, rings=True)
    return Entry(f"e{number}", author, name, text=f"text {number}", notice=notice, **more)


# --- when -----------------------------------------------------------------------------------


def test_what_was_there_before_is_not_told() -> None:
    alerts = Alerts()
    alerts.heard([entry(1)])
    assert alerts.due(0.0) is None
    alerts.heard([entry(1)])
    assert alerts.due(1.0) is None
    alerts.heard([entry(2), entry(1)])
    assert alerts.due(2.0) == Alert("Mia", "text 2")
    assert alerts.due(3.0) is None


def test_at_most_one_in_half_a_minute_and_none_is_lost() -> None:
    alerts = Alerts()
    alerts.heard([])
    alerts.heard([entry(1)])
    assert isinstance(alerts.due(100.0), Alert)
    alerts.heard([entry(2), entry(1)])
    assert alerts.due(110.0) == EVERY_S - 10
    alerts.heard([entry(3, name="Tom"), entry(2), entry(1)])
    assert alerts.due(100.0 + EVERY_S) == Alert("2 notifications", "Mia, Tom")
    assert alerts.due(200.0) is None


def test_what_rings_for_nobody_and_what_one_has_seen_is_not_told() -> None:
    alerts = Alerts()
    alerts.heard([])
    quiet = Notice("like", "like:e1:1", "like:e1:1:5", new=True, rings=False)
    alerts.heard([replace(entry(1), notice=quiet), Entry("e9", "a", "no notification")])
    assert alerts.due(0.0) is None
    alerts.heard([entry(2)])
    alerts.looked()
    assert alerts.due(1.0) is None


@pytest.mark.parametrize("seed", range(20))
def test_however_they_come_alerts_keep_their_distance(seed: int) -> None:
    import random

    chance = random.Random(seed)
    alerts, now, told, newest = Alerts(), 0.0, [], 0
    alerts.heard([])
    for _ in range(300):
        now += chance.expovariate(1 / 4)
        if chance.random() < 0.7:
            newest += 1
            alerts.heard([entry(number) for number in range(newest, max(0, newest - 9), -1)])
        if isinstance(alerts.due(now), Alert):
            told.append(now)
    assert all(later - before >= EVERY_S for before, later in itertools.pairwise(told))
    assert told


def test_text_is_cleaned_and_warnings_are_kept() -> None:
    nasty = Entry("e", "a", "M\x1b[31mia\u202e", text="a\n\x07b" + "c" * 500)
    alert = said_of([nasty])
    assert alert.title == "Mia"
    assert alert.text.startswith("a b")
    assert len(alert.text) <= 120
    assert (alert.title + alert.text).isprintable()
    assert said_of([entry(1, warning="the end")]).text == "Warning: the end"


def test_what_a_filter_puts_behind_a_line_is_not_told() -> None:
    told = said_of([entry(1, filtered="“text”", warning="text")])
    assert (told.title, "text" in told.text) == ("Mia", False)
    assert "filter" in told.text


def test_what_people_did_is_said_and_told_again_when_somebody_joins_them() -> None:
    def liked(mark: str, *names: str) -> Entry:
        people = tuple((name, name) for name in names)
        notice = Notice("like", "like:e1:1", mark, True, True, people, len(people))
        return Entry("like:e1:1", "me", "Me", text="my\npost", notice=notice)

    alerts = Alerts()
    alerts.heard([])
    alerts.heard([liked("a", "Mia")])
    assert alerts.due(0.0) == Alert("Mia", "liked your post: my post")
    alerts.heard([liked("a", "Mia")])
    assert alerts.due(100.0) is None
    alerts.heard([liked("b", "Otis", "Mia")])
    assert alerts.due(200.0) == Alert("Otis and Mia", "liked your post: my post")


def test_only_a_bus_in_front_of_the_person_counts() -> None:
    assert has_bus({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/x"})
    assert not has_bus({})
    assert not has_bus({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/x", "SSH_CONNECTION": "a b"})


# --- in the client ----------------------------------------------------------------------------


def answered_node() -> tuple[SampleNode, str, str]:
    """Return a node, a friend of its person, and a post that they can answer."""
    node = SampleNode("Noor")
    mia = node.person("Mia", near=True)
    node.follows.add((node.me, mia))
    post = node.write(node.me, "a question", 9)
    node.write(mia, "an early answer", 5, reply_to=post)
    return node, mia, post


class Told:
    """What the client rang and showed."""

    def __init__(self, driver: Driver, monkeypatch: pytest.MonkeyPatch, desktop: bool) -> None:
        self.bells = 0
        self.shown: list[Alert] = []
        self.now_s = 1000.0
        app: P2PBlogApp = driver.app

        async def show(alert: Alert) -> bool:
            self.shown.append(alert)
            return desktop

        def ring() -> None:
            self.bells += 1

        app.tell_desktop = show
        app.monotonic = lambda: self.now_s
        monkeypatch.setattr(app, "bell", ring)
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
        monkeypatch.delenv("SSH_CONNECTION", raising=False)


@pytest.mark.parametrize(
    ("alerts", "desktop", "bells", "shown"),
    [
        ("", True, 1, 0),
        ("bell", True, 1, 0),
        ("desktop", True, 0, 1),
        ("desktop", False, 1, 1),
        ("none", True, 0, 0),
    ],
)
async def test_an_answer_is_told_as_it_was_set(
    monkeypatch: pytest.MonkeyPatch, alerts: str, desktop: bool, bells: int, shown: int
) -> None:
    node, mia, post = answered_node()
    config = f'alerts = "{alerts}"' if alerts else ""
    async with running(node, config=config) as driver:
        told = Told(driver, monkeypatch, desktop)
        await driver.see("a question", "Notifications (1)")
        node.write(mia, "an answer", reply_to=post)
        await driver.see("Notifications (2)")
        await driver.pilot.pause(0.1)
        assert (told.bells, len(told.shown)) == (bells, shown)


async def test_a_flood_is_one_alert_and_ones_own_posts_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node, mia, post = answered_node()
    async with running(node) as driver:
        told = Told(driver, monkeypatch, desktop=False)
        await driver.see("Notifications (1)")
        node.write(node.me, "my own answer", reply_to=post)
        await driver.see("my own answer")
        await driver.pilot.pause(0.6)
        assert told.bells == 0
        for number in range(20):
            node.write(mia, f"answer {number}", reply_to=post)
        await driver.see("Notifications (21)")
        await driver.until(lambda: told.bells == 1)
        node.write(mia, "one more", reply_to=post)
        await driver.see("Notifications (22)")
        await driver.pilot.pause(0.1)
        assert told.bells == 1
        told.now_s += EVERY_S
        driver.app._alert()
        await driver.until(lambda: told.bells == 2)


# --- a real bus ---------------------------------------------------------------------------------

DESKTOP = """
import asyncio, os, sys
from jeepney import DBusAddress, MessageType, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.asyncio import open_dbus_router, open_dbus_connection
from p2pblog.tui.alerts import Alert, tell_desktop

async def main():
    print(await tell_desktop(Alert("nobody", "listens")))
    desktop = await open_dbus_connection(bus="SESSION")
    await desktop.send(message_bus.RequestName("org.freedesktop.Notifications"))
    async def serve():
        while True:
            message = await desktop.receive()
            if message.header.message_type is MessageType.method_call:
                name, _, _, title, text, *_ = message.body
                print(name, "|", title, "|", text)
                await desktop.send(new_method_return(message, "u", (1,)))
    task = asyncio.create_task(serve())
    print(await tell_desktop(Alert("Mia & Tom", "1 < 2 <b>é</b>")))
    task.cancel()

asyncio.run(main())
"""


@pytest.mark.skipif(shutil.which("dbus-run-session") is None, reason="no session bus to be had")
def test_a_desktop_on_a_real_bus_is_told_and_its_absence_noticed() -> None:
    done = subprocess.run(
        ["dbus-run-session", "--", sys.executable, "-c", DESKTOP],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == [
        "False",
        "p2pblog | Mia & Tom | 1 &lt; 2 &lt;b&gt;é&lt;/b&gt;",
        "True",
    ], done.stderr


async def test_no_bus_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    from p2pblog.tui.alerts import tell_desktop

    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    assert await tell_desktop(Alert("a", "b")) is False
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "nonsense")
    assert await tell_desktop(Alert("a", "b")) is False
