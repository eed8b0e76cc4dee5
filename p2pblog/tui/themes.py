"""The themes that the client brings, beside those of Textual and of the person's own files.

`theme` has the two that it began with, and how Textual's own parts are dressed.  Every theme may
say what is `faint`, which nothing of Textual's does: times, counts and ids.
"""

from __future__ import annotations

from typing import Final

from textual.theme import BUILTIN_THEMES, Theme

from p2pblog.tui.theme import DARK, LIGHT


def ansi_variables(*, dark: bool) -> dict[str, str]:
    """Return what Textual needs to be told of a theme of the terminal's own colours."""
    return dict(BUILTIN_THEMES["ansi-dark" if dark else "ansi-light"].variables)


NIGHT: Final = Theme(
    name="p2pblog-night",
    primary="#c58f63",
    secondary="#b9a26b",
    accent="#d8a657",
    warning="#d8a657",
    error="#d4605a",
    success="#9aa86a",
    foreground="#c9bba7",
    background="#0e0c0a",
    surface="#171310",
    panel="#1d1814",
    boost="#1a1613",
    variables={"faint": "#877b6c"},
)
SEA: Final = Theme(
    name="p2pblog-sea",
    primary="#6fb3d2",
    secondary="#e0b26c",
    accent="#5fd0c5",
    warning="#e8a860",
    error="#ee7d7d",
    success="#7fd49a",
    foreground="#d6e4ec",
    background="#0b1c26",
    surface="#10252f",
    panel="#163240",
    boost="#132b37",
    variables={"faint": "#7e98a5"},
)
PAPER: Final = Theme(
    name="p2pblog-paper",
    primary="#7a4a21",
    secondary="#8f3f2f",
    accent="#4c6a2f",
    warning="#8a5200",
    error="#9c2f24",
    success="#4c6a2f",
    foreground="#33291d",
    background="#f6eedd",
    surface="#efe5d0",
    panel="#e6dac1",
    boost="#ebe0c9",
    dark=False,
    variables={"faint": "#75664f"},
)
CONTRAST: Final = Theme(
    name="p2pblog-contrast",
    primary="#7fd7ff",
    secondary="#ffd75f",
    accent="#ffff00",
    warning="#ffaf00",
    error="#ff8787",
    success="#87ff87",
    foreground="#ffffff",
    background="#000000",
    surface="#1c1c1c",
    panel="#262626",
    boost="#262626",
    variables={"faint": "#d0d0d0"},
)
CONTRAST_LIGHT: Final = Theme(
    name="p2pblog-contrast-light",
    primary="#00408f",
    secondary="#6b2c00",
    accent="#00468a",
    warning="#7a3600",
    error="#9b0000",
    success="#00551a",
    foreground="#000000",
    background="#ffffff",
    surface="#ececec",
    panel="#dedede",
    boost="#e6e6e6",
    dark=False,
    variables={"faint": "#3a3a3a"},
)
TERMINAL: Final = Theme(
    name="p2pblog-terminal",
    primary="ansi_blue",
    secondary="ansi_yellow",
    accent="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    ansi=True,
    variables=ansi_variables(dark=True)
    | {
        "faint": "ansi_default",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_white",
        "input-cursor-text-style": "reverse",
        "input-selection-background": "ansi_blue",
        "input-selection-foreground": "ansi_bright_white",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
        "border": "ansi_blue",
    },
)

OURS: Final = (DARK, SEA, NIGHT, LIGHT, PAPER, CONTRAST, CONTRAST_LIGHT, TERMINAL)
SAID: Final = {
    DARK.name: "dark, calm; the first one",
    SEA.name: "dark, blue and green",
    NIGHT.name: "very dark and warm, for late hours",
    LIGHT.name: "light, neutral",
    PAPER.name: "light, like old paper",
    CONTRAST.name: "white on black, as strong as can be",
    CONTRAST_LIGHT.name: "black on white, as strong as can be",
    TERMINAL.name: "only the 16 colours that your terminal is set to",
}
"""What each of ours is like."""

BASE: Final = {True: BUILTIN_THEMES["ansi-dark"], False: BUILTIN_THEMES["textual-dark"]}
"""Themes that have all there is to have, by whether they are of the terminal's own colours."""

VARIABLES: Final = {"faint": "auto 55%"}
"""What themes that do not say what is faint get."""
