"""Export pictures (SVG) of the client's screens: `python -m p2pblog.tui.pictures FOLDER`.

The screens are real, driven by keys through Textual's pilot; the neighbourhood behind them is
`sample`'s and the clock stands still, so the same program gives the same pictures.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from p2pblog.tui.app import P2PBlogApp
from p2pblog.tui.connection import Dial
from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.sample import PRESENT_MS, SampleNode

SIZE = (84, 26)

# Each picture: its name, whether it begins at the very first start, and the keys to get there.
SCENES: tuple[tuple[str, bool, tuple[str, ...]], ...] = (
    ("home", False, ()),
    ("thread", False, (*["j"] * 8, "enter")),
    ("compose", False, ("j", "j", "r", *"thank you, i come by at six")),
    ("notifications", False, ("g", "n")),
    ("requests", False, ("g", "r")),
    ("report", False, ("j", "exclamation_mark")),
    ("people", False, ("g", "p")),
    ("profile", False, ("j", "u")),
    ("search", False, ("slash", *"bread", "enter")),
    ("trends", False, ("g", "w")),
    ("conversations", False, ("g", "c")),
    ("help", False, ("question_mark",)),
    ("palette", False, ("ctrl+p",)),
    ("jump", False, ("semicolon",)),
    ("colours", False, ("ctrl+p", *"colours", "enter", "j", "j", "j", "j")),
    ("adding", False, ("ctrl+p", *"add a device", "enter")),
    ("welcome", True, ()),
    ("words", True, (*"noor", "enter")),
    ("empty", True, (*"noor", "enter", "s")),
)
_KEYS = {" ": "space", ",": "comma"}
_FONT_FACE = re.compile(r"\s*@font-face\s*\{[^}]*\}")
_FONTS = '"Fira Code", "DejaVu Sans Mono", monospace'
_UNIQUE = re.compile(r"terminal-\d+-")


def plain(svg: str) -> str:
    """Return the picture without what differs from run to run, and without fonts from elsewhere.

    A page that shows it contacts nobody.
    """
    svg = _FONT_FACE.sub("", _UNIQUE.sub("terminal-", svg))
    return svg.replace("font-family: Fira Code, monospace;", f"font-family: {_FONTS};")


async def picture(dial: Dial, keys: Sequence[str], clock: Callable[[], int]) -> str:
    """Return the SVG of what the client shows on the node that `dial` reaches, after `keys`."""
    app = P2PBlogApp(dial, clock=clock, chance=random.Random(1))
    async with app.run_test(size=SIZE) as pilot:
        await _settled(pilot)
        for key in keys:
            await pilot.press(_KEYS.get(key, key))
            if len(key) > 1 or key in "gspjulcw":
                await _settled(pilot)
        await _settled(pilot)
        # Without this, programs other than browsers drop the spaces that words begin with.
        svg = app.export_screenshot(title="p2pblog").replace(
            "<text ", '<text xml:space="preserve" '
        )
        return plain(svg)


async def _settled(pilot: Pilot[Any]) -> None:
    """Wait until what the last key began is over: answers, paints, animations."""
    for _ in range(3):
        await pilot.pause(0.1)
        await pilot.wait_for_scheduled_animations()


async def pictures() -> dict[str, str]:
    """Return every picture (SVG) by its name."""
    made = {}
    for name, newcomer, keys in SCENES:
        node = SampleNode() if newcomer else neighbourhood()
        made[name] = await picture(node.connect, keys, lambda: PRESENT_MS)
    return made


def main() -> int:
    """Write the pictures into the folder that the command line names."""
    if len(sys.argv) != 2:
        print("usage: python -m p2pblog.tui.pictures FOLDER", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg in asyncio.run(pictures()).items():
        path = folder / f"{name}.svg"
        path.write_text(svg, encoding="utf-8")
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
