"""Nothing that will not be shown stands in a field, and nothing of it reaches the terminal."""

from __future__ import annotations

import pytest
from textual.widgets import Input, TextArea

from p2pblog.tui.sample import SampleNode
from tests.tui.driving import running

PASTED = "A\x1b]0;pwn\x07\x1b[2J\x9b31mB\x08\u202eC\u200b\x00\u2066D\U000e0041"
KEPT = "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f \u0646\u0645\u06cc\u200c\u062e"


@pytest.mark.parametrize(
    "keys", [["c"], ["c", "ctrl+o"], ["slash"], ["g", "m", "e"], ["c", "ctrl+l"]]
)
async def test_what_is_pasted_is_what_will_be_shown(keys: list[str]) -> None:
    node = SampleNode("Noor")
    node.write(node.me, "hello", 1000)
    async with running(node) as driver:
        await driver.see("hello")
        for key in keys:
            await driver.press(key)
        await driver.until(lambda: isinstance(driver.app.focused, Input | TextArea))
        field = driver.app.focused
        assert isinstance(field, Input | TextArea)
        before = field.text if isinstance(field, TextArea) else field.value
        await driver.type(PASTED + KEPT)
        after = field.text if isinstance(field, TextArea) else field.value
        assert sorted(after) == sorted(before + "ABCD" + KEPT)


async def test_a_key_that_is_not_shown_types_nothing() -> None:
    node = SampleNode("Noor")
    node.write(node.me, "hello", 1000)
    async with running(node) as driver:
        await driver.see("hello")
        await driver.press("c")
        await driver.until(lambda: isinstance(driver.app.focused, TextArea))
        for char in "a\u3164\u115f\u034f\u202e\u200be\u0301\u2764\ufe0f":
            await driver.press(char)
        area = driver.app.focused
        assert isinstance(area, TextArea)
        assert area.text == "ae\u0301\u2764\ufe0f"
