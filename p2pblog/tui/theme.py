"""The looks: how Textual's own parts are dressed, and the colours.

A calm dark theme and its light sister; any theme of Textual works as well.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="p2pblog-dark",
    primary="#7aa2c8",
    secondary="#c9a26d",
    accent="#8fbf9f",
    warning="#d9a05b",
    error="#d9746c",
    success="#8fbf9f",
    foreground="#d5d9de",
    background="#14171a",
    surface="#1a1e22",
    panel="#20252a",
    boost="#1e2429",
    dark=True,
    variables={
        "scrollbar": "#2c333a",
        "scrollbar-hover": "#3a434c",
        "scrollbar-active": "#4a5560",
        "scrollbar-background": "#14171a",
        "scrollbar-background-hover": "#14171a",
        "scrollbar-background-active": "#14171a",
    },
)

LIGHT = Theme(
    name="p2pblog-light",
    primary="#2b5f8f",
    secondary="#8a5a13",
    accent="#2f6b45",
    warning="#9a5b00",
    error="#a8322a",
    success="#2f6b45",
    foreground="#1f2328",
    background="#faf9f6",
    surface="#f3f1ec",
    panel="#eae7e0",
    boost="#eeebe3",
    dark=False,
    variables={
        "scrollbar": "#cfcabf",
        "scrollbar-background": "#faf9f6",
    },
)

APP_CSS = """
Toast { max-width: 60; }
Button:focus { text-style: bold underline; }
SearchIcon { display: none; }
TextArea:nocolor .text-area--cursor, Input:nocolor .input--cursor,
TextArea:nocolor .text-area--selection, Input:nocolor .input--selection,
OptionList:nocolor > .option-list--option-highlighted { text-style: reverse; }
CommandPalette > Vertical {
    width: 66; max-width: 100%; margin-top: 2; background: $surface;
    &:dark { background: $surface; }
}
CommandPalette #--input { border: none; background: $panel; }
CommandPalette #--results { background: $surface; }
CommandPalette CommandInput, CommandPalette CommandInput:focus { padding-left: 1; }
CommandPalette CommandList { background: $surface; border: none; }
CommandPalette CommandList:focus { border: none; }
"""

THEMES = (DARK, LIGHT)
