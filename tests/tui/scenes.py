"""What the snapshots show: every screen of the client, and the keys that lead there.

To add a screen, add a line to SCENES; `make snapshots` writes its pictures.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from textual import events
from textual._compositor import LayoutUpdate
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Input, TextArea

from p2pblog.api.homes import Homes
from p2pblog.tui.app import P2PBlogApp
from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.sample import HOUR_MS, SampleNode
from p2pblog.tui.screens.about import AboutScreen
from p2pblog.tui.screens.adding import AddDeviceScreen
from p2pblog.tui.screens.address import AddressScreen
from p2pblog.tui.screens.ask_line import AskLineScreen
from p2pblog.tui.screens.ask_poll import AskPollScreen
from p2pblog.tui.screens.choose import ChooseScreen
from p2pblog.tui.screens.choose_many import ChooseManyScreen
from p2pblog.tui.screens.compose import ComposeScreen
from p2pblog.tui.screens.connect import ConnectScreen
from p2pblog.tui.screens.conversations import ConversationsScreen
from p2pblog.tui.screens.doors import JoinScreen, RestoreScreen
from p2pblog.tui.screens.edit import EditProfileScreen
from p2pblog.tui.screens.help import HelpScreen
from p2pblog.tui.screens.history import HistoryScreen
from p2pblog.tui.screens.homes import HomesScreen
from p2pblog.tui.screens.jump import JumpScreen
from p2pblog.tui.screens.kept import KeptScreen
from p2pblog.tui.screens.leader import LeaderScreen
from p2pblog.tui.screens.notifications import NotificationsScreen, NotifiedScreen
from p2pblog.tui.screens.onboarding import (
    LeaveWordsScreen,
    PractiseScreen,
    WelcomeScreen,
    WordsScreen,
)
from p2pblog.tui.screens.people import PeopleScreen
from p2pblog.tui.screens.profile import ProfileScreen
from p2pblog.tui.screens.report import ReportScreen
from p2pblog.tui.screens.requests import RequestsScreen
from p2pblog.tui.screens.search import SearchScreen
from p2pblog.tui.screens.state import StateScreen
from p2pblog.tui.screens.themes import ThemesScreen
from p2pblog.tui.screens.thread import ThreadScreen
from p2pblog.tui.screens.timeline import TimelineScreen
from p2pblog.tui.screens.trends import TrendsScreen
from tests.tui.drawing import drawing
from tests.tui.driving import nobody_opens

SETTLED_S = 0.04  # as long a screen stays as it is once a key has done what it does at once
FINISHED_S = 0.3  # the same at the end of the way, where nothing is changed by going it
CHANGED_S = 1.2  # more than the client waits before it takes in what it caused to change
LOOKS = 3  # as often it is looked at, at the least, before it is taken for finished
PATIENCE_S = 20
NOWHERE = Path("/nowhere")


def busy() -> SampleNode:
    """Return neighbours, and oneself with a poll, a changed post, a list, a tag and a filter."""
    node = neighbourhood()
    before = [{"time_ms": node.now_ms - HOUR_MS, "text": "Rye bread on Sunday, at nine."}]
    node.write(node.me, "Rye bread on Saturday.", before=before, edited_ms=node.now_ms - 60_000)
    poll = {"options": ["rye", "wheat"], "until_ms": node.now_ms + HOUR_MS, "many": True}
    node.write(node.me, "Which flour shall I bring?", poll=poll)
    node.write(node.me, "I am writing from https://example.org/a/rather/long/address?of=a+page")
    node.bios[node.me] = "Bread, bikes and #radio, with @mia. https://bread.example/oven"
    node.fields[node.me] = [
        {"name": f"page {at}", "value": f"https://example.org/{at}"} for at in range(1, 9)
    ]
    node.kept.lists["Bakers"] = [one for one, name in node.names.items() if name == "Mia Winter"]
    node.kept.tags.append("radio")
    node.answer("filter", {"what": "word", "value": "football"})
    return node


class Scene(NamedTuple):
    """A screen and the way to it.

    keys: names of keys; "=text" pastes a text, "!action" does it. node: what there is to see.
    finished_s: how long nothing has to change until the screen is finished.
    """

    name: str
    screen: type[Screen[Any]]
    keys: str = ""
    node: Callable[[], SampleNode] = neighbourhood
    finished_s: float = FINISHED_S


SCENES: tuple[Scene, ...] = (
    Scene("home", TimelineScreen),
    Scene("home-empty", TimelineScreen, "=Noor enter s", SampleNode),
    Scene("local", TimelineScreen, "g l"),
    Scene("notifications", NotificationsScreen, "g n", finished_s=CHANGED_S),
    Scene("notified", NotifiedScreen, "g n j u", finished_s=CHANGED_S),
    Scene("requests", RequestsScreen, "g r"),
    Scene("report", ReportScreen, "j exclamation_mark"),
    Scene("conversations", ConversationsScreen, "g c"),
    Scene("trends", TrendsScreen, "g w"),
    Scene("bookmarks", TimelineScreen, "m g b", finished_s=CHANGED_S),
    Scene("tag", TimelineScreen, "g t j enter", busy),
    Scene("people", PeopleScreen, "g p"),
    Scene("kept", KeptScreen, "g t", busy),
    Scene("homes", HomesScreen, "g i"),
    Scene("thread", ThreadScreen, "j j j j j j j j enter"),
    Scene("profile", ProfileScreen, "j u"),
    Scene("profile-own", ProfileScreen, "g m"),
    Scene("profile-full", ProfileScreen, "g m", busy),
    Scene("about", AboutScreen, "g m I", busy),
    Scene("search", SearchScreen, "slash =bread enter"),
    Scene("compose", ComposeScreen, "j j r =thank_you"),
    Scene("compose-poll", AskPollScreen, "c ctrl+l"),
    Scene("compose-later", AskLineScreen, "c ctrl+t"),
    Scene("edit-profile", EditProfileScreen, "g m e"),
    Scene("history", HistoryScreen, "j j H", busy),
    Scene("vote", ChooseManyScreen, "j v", busy),
    Scene("more", ChooseScreen, "full_stop"),
    Scene("erase", ChooseScreen, "D", busy),
    Scene("block", ChooseScreen, "B"),
    Scene("help", HelpScreen, "question_mark"),
    Scene("go", LeaderScreen, "g"),
    Scene("jump", JumpScreen, "semicolon"),
    Scene("address", AddressScreen, "semicolon s", busy),
    Scene("themes", ThemesScreen, "!change_theme"),
    Scene("connect", ConnectScreen, "!connect"),
    Scene("state", StateScreen, "!state"),
    Scene("add-device", AddDeviceScreen, "!add_device"),
    Scene("welcome", WelcomeScreen, "", SampleNode),
    Scene("words", WordsScreen, "=Noor enter", SampleNode),
    Scene("practise", PractiseScreen, "=Noor enter p", SampleNode),
    Scene("leave-words", LeaveWordsScreen, "=Noor enter ctrl+q", SampleNode),
    Scene("restore", RestoreScreen, "tab tab enter", SampleNode),
    Scene("join", JoinScreen, "tab tab tab enter", SampleNode),
)


class PicturedApp(P2PBlogApp):
    """The client on a sample node whose clock stands still; its pictures are small."""

    def __init__(self, node: SampleNode) -> None:
        self.node = node
        super().__init__(
            node.connect,
            clock=lambda: node.now_ms,
            chance=random.Random(7),
            opener=nobody_opens,
            home=NOWHERE / "noor",
            homes=Homes(NOWHERE / "homes.json"),
        )
        self.copier = None

    def export_screenshot(self, *, title: str | None = None, simplify: bool = True) -> str:
        """See `App`; small, and the same everywhere."""
        behind = self._background_screens
        shown = self.screen._compositor.render_update(full=True, screen_stack=behind)
        assert isinstance(shown, LayoutUpdate)
        return drawing([Strip.join(line) for line in shown.strips])


async def go(pilot: Pilot[Any], scene: Scene) -> None:
    """Press the keys of a scene, and wait until its screen is finished."""
    app, loop = pilot.app, asyncio.get_running_loop()
    assert isinstance(app, PicturedApp)
    until_s = loop.time() + PATIENCE_S
    while not begun(app) and loop.time() < until_s:
        await pilot.pause()
    await settled(pilot, FINISHED_S)
    for key in scene.keys.split():
        if key.startswith("!"):
            await app.run_action(key[1:])
        elif key.startswith("="):
            app.post_message(events.Paste(key[1:].replace("_", " ")))
        else:
            await pilot.press(key)
        await settled(pilot)
    while type(app.screen) is not scene.screen and loop.time() < until_s:
        await pilot.pause()
    await settled(pilot, scene.finished_s)
    assert type(app.screen) is scene.screen, f"{scene.name} leads elsewhere"
    shown = "".join(strip.text for strip in app.screen._compositor.render_strips())
    assert "{" not in shown, "a key is not named where the screen says which it is"


def begun(app: PicturedApp) -> bool:
    """Whether all that a start asks for has been asked: who one is, and, last, what is new."""
    asked = {method for method, _ in app.node.calls}
    return {"timeline", "notifications"} <= asked or type(app.screen) is WelcomeScreen


async def settled(pilot: Pilot[Any], within_s: float = SETTLED_S) -> None:
    """Wait until a screen has stayed as it is for so long; no cursor blinks."""
    loop = asyncio.get_running_loop()
    seen, since_s, looks = "", 0.0, 0
    while looks < LOOKS or loop.time() - since_s < within_s:
        for field in pilot.app.screen.query("Input, TextArea"):
            if isinstance(field, Input | TextArea):
                field.cursor_blink = False
        await pilot.pause()
        looks += 1
        if (now := pilot.app.export_screenshot()) != seen:
            seen, since_s, looks = now, loop.time(), 0
