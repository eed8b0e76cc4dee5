"""Keys: every one has an id, can be given to something else, and is shown as it is."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.widgets import Input

import p2pblog.tui
from p2pblog.tui.here import HERE, Here, hints_said, key_said, with_keys
from p2pblog.tui.keymap import (
    BINDINGS,
    DEFAULT_KEYS,
    for_textual,
    parse_key,
    read_keymap,
    split_keys,
)
from p2pblog.tui.keys import GROUPS
from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.pages import keys_page
from p2pblog.tui.screens.base import BlogScreen
from p2pblog.tui.screens.compose import ComposeScreen
from p2pblog.tui.screens.help import HelpScreen
from p2pblog.tui.screens.thread import ThreadScreen
from tests.tui.driving import running

PAGE = Path(__file__).parents[2] / "docs" / "keys.md"


def classes(of: type[DOMNode] = DOMNode) -> Iterator[type[DOMNode]]:
    """Every class of ours that keys can be bound in."""
    for module in pkgutil.walk_packages(p2pblog.tui.__path__, "p2pblog.tui."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for one in of.__subclasses__():
        if one.__module__.startswith("p2pblog."):
            yield one
        yield from classes(one)


# --- what there is ------------------------------------------------------------------------


def test_every_binding_of_every_class_stands_in_the_groups_with_an_id() -> None:
    known = {id(binding) for _, group in GROUPS for binding in group}
    for one in classes():
        for binding in one.__dict__.get("BINDINGS", ()):
            assert isinstance(binding, Binding), one
            assert id(binding) in known, f"{one.__name__}: {binding} stands in no group of keys.py"
            assert binding.id, binding
            assert binding.description, binding


def test_every_hint_names_its_key_by_the_binding() -> None:
    for one in classes():
        if issubclass(one, BlogScreen):
            for hint in one.hints:
                assert hint.startswith(("{", "Enter ")), f"{one.__name__}: {hint}"
                for name in re.findall(r"\{([^}]*)\}", hint):
                    assert name in BINDINGS, hint


def test_the_page_is_up_to_date_and_names_every_key() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == keys_page(), "write it again: make docs"
    for name, binding in BINDINGS.items():
        assert f"| {binding.description} | `{name}` |" in page


def test_every_default_can_be_written_in_the_file() -> None:
    for name, binding in BINDINGS.items():
        assert len(split_keys(binding.key)) == len(binding.key.split(",")), name
        keymap, troubles = read_keymap({name: DEFAULT_KEYS[name]}, "")
        assert keymap[name] == DEFAULT_KEYS[name]
        assert not [trouble for trouble in troubles if "no key" in trouble or "typed" in trouble]


# --- reading --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("L", "L"), ("?", "question_mark"), (",", "comma"), ("comma", "comma"), ("+", "plus"),
        ("Ctrl+S", "ctrl+s"), ("ctrl+s", "ctrl+s"), ("Esc", "escape"), ("PgDn", "pagedown"),
        ("↓", "down"), ("Down", "down"), ("F5", "f5"), ("Shift+L", "L"), ("shift+tab", "shift+tab"),
        ("Shift+Ctrl+Left", "ctrl+shift+left"), ("Alt+x", "alt+x"), ("Ctrl++", "ctrl+plus"),
        ("space", "space"), ("ñ", "ñ"), ("Return", "enter"), ("Del", "delete"),
        ("", ""), (" ", ""), ("nokey", ""), ("ctrl+", ""), ("hype+x", ""), ("\x1b", ""), ("é!", ""),
        ("<any>", ""), ("+++", ""), ("ctrl+ctrl", ""),
    ],
)  # fmt: skip
def test_keys_are_read_as_people_write_them(written: str, key: str) -> None:
    assert parse_key(written) == key


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('"entry.lik" = "L"', "line 2: no key is called 'entry.lik'; did you mean entry.like?"),
        ('"zzz" = "L"', "line 2: no key is called 'zzz'; docs/keys.md lists them"),
        ('"entry.like" = 3', "line 2: the keys of entry.like stand in quotes"),
        ('"entry.like" = "Hyperl"', "line 2: entry.like: there is no key 'Hyperl'"),
        ('"compose.send" = "s"', "line 2: compose.send: 's' would be typed into texts"),
        ('"entry.like" = "L"\n"entry.repost" = "L"', "line 3: entry.repost cannot have L"),
        ('"entry.like" = "r"', "line 2: r goes to entry.like from entry.reply, which has none now"),
        ('"entry.like" = "j"', "line 2: j goes to entry.like from list.next"),
        ('entry.like = "c"', "line 2: c goes to entry.like from compose"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(lines: str, said: str) -> None:
    import tomllib

    source = f"[keys]\n{lines}\n"
    _, troubles = read_keymap(tomllib.loads(source)["keys"], source)
    assert len(troubles) == 1
    assert said in troubles[0]


def test_who_gets_a_key_and_who_loses_it() -> None:
    keymap, troubles = read_keymap({"entry": {"like": "r,L"}, "entry.reply": "f"}, "")
    assert keymap == {"entry.like": "r,L", "entry.reply": "f"}, "two can change places"
    assert not troubles
    keymap, _ = read_keymap({"entry.like": "L", "entry.repost": "L"}, "")
    assert keymap == {"entry.like": "L"}, "the second keeps what it had"
    keymap, _ = read_keymap({"entry.like": "j"}, "")
    assert keymap == {"entry.like": "j", "list.next": "down"}
    keymap, troubles = read_keymap({"person.follow": "v", "go.home": "v"}, "")
    assert keymap == {"person.follow": "v", "go.home": "v"}, "other places, other keys"
    assert not troubles
    keymap, troubles = read_keymap({"entry.like": ""}, "")
    assert keymap == {"entry.like": ""}
    assert not troubles
    assert for_textual(keymap) == {"entry.like": "none-entry.like"}


# --- in the client --------------------------------------------------------------------------

_CONFIG = """
[keys]
"entry.like" = "L, Ctrl+L"
"list.next" = "s"
"compose" = "w"
"go" = "G"
"go.local" = "x"
"entry.reply" = ""
"help" = "F1"
"list.last" = "end"
"compose.send" = "F2"
"""


async def test_other_keys_work_and_are_shown_everywhere() -> None:
    node = neighbourhood()
    async with running(node, size=(100, 30), config=_CONFIG) as driver:
        await driver.see("This. Everybody", "w write  G go", "F1 help")
        assert "reply" not in driver.lines()[-1], "what has no key is no hint"
        await driver.press("f", "r", "c", "question_mark")
        assert not driver.called("like")
        assert isinstance(driver.app.screen, BlogScreen)
        await driver.press("L")
        await driver.until(lambda: len(driver.called("like")) == 1)
        await driver.press("ctrl+l")
        await driver.until(lambda: len(driver.called("like")) == 2)
        before = driver.chosen
        await driver.press("j")
        assert driver.chosen == before
        await driver.press("s")
        assert driver.chosen != before
        await driver.press("G")
        await driver.see("go to", "x local", "h home")
        await driver.press("x")
        await driver.until(lambda: driver.app.current_mode == "local")
        await driver.press("w")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
        await driver.see("F2 send")
        await driver.type("by another key")
        await driver.press("f2")
        await driver.until(lambda: driver.called("post"))


async def test_help_shows_the_keys_as_they_are() -> None:
    async with running(neighbourhood(), size=(100, 160), config=_CONFIG) as driver:
        await driver.see("This. Everybody")
        await driver.press("f1")
        await driver.until(lambda: isinstance(driver.app.screen, HelpScreen))
        await driver.see("L Ctrl+L", "F1 ", "no key")


async def test_the_palette_finds_everything_and_says_the_keys() -> None:
    node = neighbourhood()
    async with running(node, size=(100, 30), config=_CONFIG) as driver:
        await driver.see("This. Everybody")
        await driver.press("ctrl+p")
        await driver.see("Signed and public   w", "G h")
        await driver.type("like, or take")
        await driver.see("key: L Ctrl+L   entry.like")
        await driver.press("enter")
        await driver.until(lambda: driver.called("like"))
        await driver.press("ctrl+p")
        await driver.until(lambda: isinstance(driver.app.focused, Input))
        await driver.type("reply")
        await driver.see("no key   entry.reply")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))


async def test_the_palette_itself_can_have_another_key() -> None:
    config = '[keys]\npalette = "F9"\nquit = ""'
    async with running(neighbourhood(), config=config) as driver:
        await driver.see("This. Everybody")
        await driver.press("ctrl+p", "ctrl+q")
        assert driver.app.is_running
        await driver.press("f9")
        await driver.see("Search for commands", "Write a post")


async def test_an_empty_place_names_the_keys_that_lead_on() -> None:
    from p2pblog.tui.sample import SampleNode

    async with running(SampleNode("Noor"), config=_CONFIG) as driver:
        await driver.see("G p", "G x", "w ")


async def test_the_thread_of_an_entry_opens_by_another_key() -> None:
    async with running(
        neighbourhood(), size=(120, 30), config='[keys]\n"list.open" = "Tab"'
    ) as driver:
        await driver.see("This. Everybody", "Tab thread")
        await driver.press("tab")
        await driver.until(lambda: isinstance(driver.app.screen, ThreadScreen))


def test_texts_name_keys_and_leave_other_braces_alone() -> None:
    token = HERE.set(Here(keymap={"entry.like": "L", "entry.reply": ""}))
    try:
        assert with_keys("{entry.like} {entry.repost} {entry.reply} {what.not} {") == (
            "L b (no key) {what.not} {"
        )
        assert hints_said(["{entry.like} like", "{entry.reply} reply", "plain"]) == [
            "L like",
            "plain",
        ]
        assert key_said("list.next", every=True) == "j ↓"
    finally:
        HERE.reset(token)
