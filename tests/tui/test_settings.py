"""Settings: the client starts whatever stands in its file, and says in one line what is wrong."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import pytest

from p2pblog.tui.here import here
from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.opening import open_address, opener_of
from p2pblog.tui.pages import settings_page
from p2pblog.tui.sample import MINUTE_MS
from p2pblog.tui.settings import CLIENT_NAME, SETTINGS, Settings, read_chosen
from p2pblog.tui.words import stamp
from tests.tui.driving import running

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_every_setting_is_documented_and_the_page_is_up_to_date() -> None:
    assert [setting.name for setting in SETTINGS] == [field.name for field in fields(Settings)]
    page = PAGE.read_text(encoding="utf-8")
    assert page == settings_page(), "write it again: make docs"
    for setting in SETTINGS:
        assert f"| `{setting.name}` |" in page
        assert all(f"`{choice}`" in page for choice in setting.choices)
        assert len(setting.about) > 40


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / CLIENT_NAME
    path.write_text(
        'theme = "nord"\nplain = true\nmouse = false\ntimes = "absolute"\nalerts = "none"\n'
        'column = "narrow"\nopener = "feh -F"\nlanguage = "pt-BR"\n[keys]\n"entry.like" = "L"\n'
    )
    chosen = read_chosen(path, {})
    assert chosen.settings == Settings(
        "nord", True, False, "absolute", "none", "narrow", "feh -F", "pt-BR"
    )
    assert chosen.keys == {"entry.like": "L"}
    assert chosen.troubles == ()


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert read_chosen(tmp_path / CLIENT_NAME, {}).settings == Settings()
    assert read_chosen(None, {}).troubles == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("teme = 'x'", 'client.toml, line 2: "teme" is no setting; did you mean theme?'),
        ("mouse = 1", "client.toml, line 2: mouse is true or false"),
        ("times = 'often'", 'line 2: times is "relative" or "absolute", not "often"'),
        ("theme = 3", "line 2: theme is a text in quotes"),
        ("theme = ''", "line 2: theme: it is empty"),
        ("opener = '\"feh'", "line 2: opener: it is no command"),
        ("language = 'englisch!'", "line 2: language: a language is written like en"),
        ("keys = 'x'", "line 2: [keys] is a table"),
        ("mouse = maybe", "client.toml: Invalid value (at line 2"),
        ("mouse = true\nmouse = false", "client.toml: Cannot overwrite a value (at line 3"),
        ("x = '\\u0000' \x00", "client.toml: Expected newline"),
        (f"language = '{'x' * 500}'", "line 2: language is a text in quotes"),
        ("a = " + "[" * 5000, "client.toml:"),
        ("x = " + "1" * 70_000, "larger than 65536 bytes"),
        pytest.param("theme = " + "9" * 5000, "client.toml: a number is too long", id="long"),
        ("theme = 2020-99-99", "client.toml: "),
        pytest.param("a." * 20_000 + "b = 1", "a key has more than 20 parts", id="deep"),
        pytest.param('"\\"a".' * 9_000 + "b = 1", "a key has more than 20 parts", id="quoted"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_the_rest_holds(
    tmp_path: Path, line: str, said: str
) -> None:
    path = tmp_path / CLIENT_NAME
    path.write_text(f"# mine\n{line}\n")
    chosen = read_chosen(path, {})
    assert len(chosen.troubles) == 1
    assert said in chosen.troubles[0]
    assert chosen.troubles[0].isprintable()
    assert chosen.settings.theme == Settings().theme


def test_good_lines_beside_a_bad_one_hold(tmp_path: Path) -> None:
    path = tmp_path / CLIENT_NAME
    path.write_text('times = "absolute"\nmouse = 3\ncolumn = "narrow"\n')
    chosen = read_chosen(path, {})
    assert (chosen.settings.times, chosen.settings.column) == ("absolute", "narrow")
    assert chosen.settings.mouse


def test_files_that_are_none_are_said(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "cannot be read" in read_chosen(tmp_path / "folder", {}).troubles[0]
    os.mkfifo(tmp_path / "pipe")
    assert "it is no file" in read_chosen(tmp_path / "pipe", {}).troubles[0]
    assert "it is no file" in read_chosen(Path("/dev/zero"), {}).troubles[0]
    (tmp_path / "latin").write_bytes(b'theme = "\xe9"')
    assert "not UTF-8" in read_chosen(tmp_path / "latin", {}).troubles[0]


@pytest.mark.parametrize(
    ("stands", "said", "option", "plain"),
    [
        (False, None, False, False),
        (False, "1", False, True),
        (True, "0", False, False),
        (True, "", False, True),
        (False, "0", True, True),
        (True, None, False, True),
    ],
)
def test_plain_by_option_over_environment_over_file(
    tmp_path: Path, stands: bool, said: str | None, option: bool, plain: bool
) -> None:
    path = tmp_path / CLIENT_NAME
    path.write_text(f"plain = {str(stands).lower()}")
    environ = {} if said is None else {"P2PBLOG_PLAIN": said}
    assert read_chosen(path, environ, plain=option).settings.plain is plain


def test_a_bad_variable_is_said() -> None:
    assert read_chosen(None, {"P2PBLOG_PLAIN": "perhaps"}).troubles == (
        'P2PBLOG_PLAIN is "perhaps"; write 1 or 0',
    )


@pytest.mark.parametrize(
    "config",
    [
        "]]]",
        "mouse = 3",
        'theme = "no such"',
        '[keys]\n"x.y" = "a"',
        "keys = 3",
        "\x00",
        "a=1\n" * 99,
    ],
)
async def test_a_bad_file_never_keeps_the_client_from_starting(config: str) -> None:
    async with running(neighbourhood(), config=config) as driver:
        await driver.see("This. Everybody", "client.toml")
        assert driver.app.theme == "p2pblog-dark"


async def test_many_mistakes_are_not_a_flood() -> None:
    config = "\n".join(f"what{number} = 1" for number in range(40))
    async with running(neighbourhood(), size=(80, 40), config=config) as driver:
        await driver.see('"what0" is no setting', "and 36 more of the kind")


async def test_absolute_times_say_when() -> None:
    node = neighbourhood()
    async with running(node, config='times = "absolute"') as driver:
        await driver.see(stamp(node.now_ms - 2 * MINUTE_MS), "This. Everybody")
        assert "2 min" not in driver.text()


async def test_a_narrow_column_keeps_lines_short() -> None:
    node = neighbourhood()
    node.write(node.me, "long words " * 30)
    async with running(node, size=(160, 24), config='column = "narrow"') as driver:
        await driver.see("long words")
        assert max(len(line[:-1].rstrip()) for line in driver.lines()[2:-1]) <= 74


async def test_the_language_goes_with_a_new_post() -> None:
    node = neighbourhood()
    async with running(node, config='language = "pt-BR"') as driver:
        await driver.see("This. Everybody")
        await driver.press("c")
        await driver.type("bom dia")
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.called("post"))
        assert driver.called("post")[0]["lang"] == "pt-BR"


async def test_the_chosen_opener_gets_what_is_to_be_opened_and_no_shell_reads_it(
    tmp_path: Path,
) -> None:
    told = tmp_path / "told"
    program = tmp_path / "viewer"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {told}\n')
    program.chmod(0o755)
    assert await opener_of(f"{program} --full 'a b'")(tmp_path / "x; y.png")
    assert told.read_text().splitlines() == ["--full", "a b", str(tmp_path / "x; y.png")]
    assert await open_address("https://example.org/$(id)?a&b", str(program))
    assert told.read_text() == "https://example.org/$(id)?a&b\n"
    assert not await open_address("https://example.org", str(tmp_path / "no such program"))


def test_outside_of_a_client_the_defaults_hold() -> None:
    assert here().settings.alerts == "bell"
