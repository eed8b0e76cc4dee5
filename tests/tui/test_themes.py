"""Colours: shown while they are chosen, kept without harm to the file, never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import ColorType
from textual.color import Color
from textual.theme import Theme
from textual.widgets import OptionList

from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.saving import save_setting
from p2pblog.tui.screens.themes import ThemesScreen
from p2pblog.tui.settings import CLIENT_NAME
from p2pblog.tui.theme_files import COLOURS, read_theme, read_themes
from p2pblog.tui.themes import CONTRAST, CONTRAST_LIGHT, OURS, SAID, TERMINAL
from tests.tui.driving import Driver, running

MOSS = """\
dark = true
primary = "#8fb573"
foreground = "#d8dccf"
background = "#12150f"
faint = "#88907c"
"""


async def choose(driver: Driver) -> OptionList:
    """Open the list of themes."""
    driver.app.action_change_theme()
    await driver.until(lambda: isinstance(driver.app.screen, ThemesScreen))
    await driver.see("leave", "move")
    return driver.app.screen.query_one(OptionList)


# --- choosing -----------------------------------------------------------------------------


async def test_moving_shows_a_theme_and_escape_puts_the_former_back(tmp_path: Path) -> None:
    async with running(neighbourhood(), home=tmp_path) as driver:
        await driver.see("This. Everybody")
        await choose(driver)
        for theme in OURS[1:]:
            await driver.press("j")
            await driver.until(lambda: driver.app.theme == theme.name)  # noqa: B023
            await driver.see("This. Everybody"[:5])
        await driver.press("k", "up", "down")
        await driver.until(lambda: driver.app.theme == OURS[-2].name)
        await driver.press("escape")
        await driver.until(lambda: driver.app.theme == OURS[0].name)
        assert not (tmp_path / CLIENT_NAME).exists()


async def test_enter_keeps_a_theme_and_the_file_with_its_comments(tmp_path: Path) -> None:
    path = tmp_path / CLIENT_NAME
    text = '# mine\ntheme = "nord"  # for now\n\n[keys]\n# L as in like\n"entry.like" = "L"\n'
    path.write_text(text)
    async with running(neighbourhood(), home=tmp_path) as driver:
        await driver.see("This. Everybody")
        assert driver.app.theme == "nord"
        chooser = await choose(driver)
        chooser.highlighted = 1
        await driver.press("enter")
        await driver.until(lambda: OURS[1].name in path.read_text())
    assert path.read_text() == text.replace("nord", OURS[1].name)
    async with running(neighbourhood(), home=tmp_path) as driver:
        assert driver.app.theme == OURS[1].name


async def test_a_file_that_cannot_be_read_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / CLIENT_NAME
    path.write_text("theme = nord")
    async with running(neighbourhood(), home=tmp_path) as driver:
        await driver.see("client.toml: Invalid value")
        chooser = await choose(driver)
        chooser.highlighted = 1
        await driver.press("enter")
        await driver.see("For this time only: client.toml cannot be changed")
        assert driver.app.theme == OURS[1].name
    assert path.read_text() == "theme = nord"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'theme = "x"\n'),
        ("# only this\n", 'theme = "x"\n# only this\n'),
        ("[keys]\na = 1\n", 'theme = "x"\n[keys]\na = 1\n'),
        ("theme='y'#c\r\nplain = true\r\n", 'theme="x"#c\r\nplain = true\r\n'),
        ("mouse = false", 'theme = "x"\nmouse = false'),
    ],
)
def test_a_setting_is_written_and_the_rest_stays(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / CLIENT_NAME
    path.write_bytes(before.encode())
    path.chmod(0o640)
    save_setting(path, "theme", "x")
    assert path.read_bytes().decode().replace(" ", "") == after.replace(" ", "")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == [CLIENT_NAME]


def test_a_file_that_is_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    real = tmp_path / "mine" / "settings"
    real.write_text("mouse = false\n")
    link = tmp_path / CLIENT_NAME
    link.symlink_to(real)
    save_setting(link, "theme", "x")
    assert link.is_symlink()
    assert real.read_text() == 'theme = "x"\nmouse = false\n'


# --- what there is ------------------------------------------------------------------------


def test_there_are_dark_ones_light_ones_strong_ones_and_one_of_sixteen_colours() -> None:
    assert len({theme.name for theme in OURS}) == len(OURS) >= 6
    assert set(SAID) == {theme.name for theme in OURS}
    assert sum(theme.dark and not theme.ansi for theme in OURS) >= 3
    assert sum(not theme.dark for theme in OURS) >= 2
    assert [theme for theme in OURS if theme.ansi] == [TERMINAL]


@pytest.mark.parametrize("theme", [t for t in OURS if not t.ansi], ids=lambda t: t.name)
def test_everything_can_be_read(theme: Theme) -> None:
    strong = theme in (CONTRAST, CONTRAST_LIGHT)
    for behind in (theme.background, theme.surface):
        for front in ("foreground", "primary", "secondary", "accent", "warning", "error"):
            ratio = contrast(str(getattr(theme, front)), str(behind))
            assert ratio >= (7 if strong else 4.0), (front, ratio)
        if faint := theme.variables.get("faint"):
            assert contrast(faint, str(behind)) >= (7 if strong else 3.5)


def contrast(front: str, behind: str) -> float:
    """Return the ratio of contrast as WCAG 2 defines it, 1 to 21."""

    def luminance(text: str) -> float:
        parts = [channel / 255 for channel in Color.parse(text).rgb]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lower, higher = sorted((luminance(front), luminance(behind)))
    return (higher + 0.05) / (lower + 0.05)


_TOUR = tuple(
    keys.split()
    for keys in (
        "j j", "enter", "r", "escape", "q", "question_mark", "q", "g", "escape", "g p", "g m", "e",
        "escape", "slash", "escape", "ctrl+p", "escape",
    )
)  # fmt: skip


async def test_the_terminals_theme_uses_its_sixteen_colours_only() -> None:
    async with running(neighbourhood(), config=f'theme = "{TERMINAL.name}"') as driver:
        await driver.see("This. Everybody")
        for keys in _TOUR:
            await driver.press(*keys)
            await driver.pilot.pause()
            for colour in colours(driver):
                assert colour in (ColorType.DEFAULT, ColorType.STANDARD), keys


async def test_no_color_means_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        for keys in _TOUR:
            await driver.press(*keys)
            await driver.pilot.pause()
            assert colours(driver) <= {ColorType.DEFAULT}, keys
        await driver.press("c")
        await driver.see("New post")
        await driver.until(lambda: cursors(driver))  # it blinks


async def test_no_color_set_to_nothing_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        assert ColorType.TRUECOLOR in colours(driver)


def cursors(driver: Driver) -> list[str]:
    """Return what is shown reversed though nothing stands there."""
    return [
        segment.text
        for strip in driver.app.screen._compositor.render_strips()
        for segment in strip
        if segment.style and segment.style.reverse and not segment.text.strip()
    ]


def colours(driver: Driver) -> set[ColorType]:
    """Return the kinds of colours on the screen."""
    return {
        colour.type
        for strip in driver.app.screen._compositor.render_strips()
        for segment in strip
        if segment.style
        for colour in (segment.style.color if segment.text.strip() else None, segment.style.bgcolor)
        if colour is not None
    }


# --- files ----------------------------------------------------------------------------------


async def test_a_theme_of_ones_own_is_there_by_the_name_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "moss.toml").write_text(MOSS)
    (tmp_path / CLIENT_NAME).write_text('theme = "moss"')
    async with running(neighbourhood(), home=tmp_path) as driver:
        await driver.see("This. Everybody")
        assert driver.app.theme == "moss"
        assert driver.app.current_theme.background == "#12150f"


def test_a_theme_of_the_terminals_colours_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('primary="ansi_red"\nforeground="ansi_default"\nbackground="ansi_default"\n')
    assert read_theme(path).ansi


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("]", "Invalid statement"),
        ("", "primary is missing"),
        (MOSS + 'acent = "#fff"', "'acent' is no colour; there are primary"),
        (MOSS.replace("#8fb573", "greenish"), "primary: 'greenish' is no colour"),
        (MOSS.replace('"#8fb573"', "3"), "primary is a colour in quotes"),
        (MOSS.replace("true", '"yes"'), "dark is true or false"),
        (MOSS.replace("#8fb573", "#8fb57380"), "colours are solid"),
        (MOSS.replace("#8fb573", "auto"), "is no colour"),
        (MOSS.replace("#8fb573", "transparent"), "colours are solid"),
        (MOSS.replace("#8fb573", "ansi_red"), "either all of its colours are ansi_"),
        (MOSS.replace("#8fb573", "ansi_reddish"), "is no colour"),
        (MOSS + "[variables]\nx = 1", "'variables' is no colour"),
        ("# " + "x" * 20_000, "larger than"),
        pytest.param("primary = " + "9" * 5000, "a number is too long", id="long"),
        pytest.param("a." * 2000 + "b = 1", "more than 20 parts", id="deep"),
    ],
)
async def test_a_bad_theme_is_skipped_with_a_line(tmp_path: Path, text: str, said: str) -> None:
    folder = tmp_path / "themes"
    folder.mkdir()
    (folder / "bad.toml").write_text(text)
    (folder / "moss.toml").write_text(MOSS)
    themes, troubles = read_themes(folder)
    assert [theme.name for theme in themes] == ["moss"]
    assert len(troubles) == 1
    assert "themes/bad.toml is no theme: " in troubles[0]
    assert said in troubles[0]
    async with running(neighbourhood(), home=tmp_path) as driver:
        await driver.see("This. Everybody", "themes/bad.toml is no theme")


def test_names_that_are_taken_odd_files_and_too_many_are_left_out(tmp_path: Path) -> None:
    for name in ("moss", "nord", "x" * 60, "es\x1bc"):
        (tmp_path / f"{name}.toml").write_text(MOSS)
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "notes.txt").write_text("no theme at all")
    themes, troubles = read_themes(tmp_path, ["nord"])
    assert [theme.name for theme in themes] == ["moss"]
    assert len(troubles) == 4
    assert all(trouble.isprintable() for trouble in troubles)
    for number in range(60):
        (tmp_path / f"a{number:02}.toml").write_text(MOSS)
    assert len(read_themes(tmp_path)[0]) == 50
    assert read_themes(tmp_path / "nowhere") == ([], [])


@pytest.mark.parametrize("name", sorted(COLOURS))
def test_every_colour_that_is_documented_can_be_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / "one.toml"
    lines = dict.fromkeys(("primary", "foreground", "background", name), '"#808080"')
    path.write_text("\n".join(f"{key} = {value}" for key, value in lines.items()))
    assert read_theme(path).name == "one"
