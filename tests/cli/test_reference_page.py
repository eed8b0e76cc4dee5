"""docs/cli.md is what the program says of itself, and the program leaves nothing unsaid."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from p2pblog.cli.face import FaceCommand
from p2pblog.cli.group import LazyGroup
from p2pblog.cli.reference import reference
from p2pblog.cli.root import root

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
CONTRACT = {
    "init", "whoami", "status", "doctor", "peers", "node", "post", "timeline", "thread", "search",
    "erase", "follow", "unfollow", "block", "unblock", "like", "repost", "connect", "demo",
    "people", "profile",
    "media", "stop", "trends", "conversations", "why",
    "notifications", "hide", "report", "reports",
    "requests show", "requests accept", "requests dismiss", "requests accepted",
    "edit", "history", "vote", "pin", "later", "bookmark", "tag", "mute", "filter",
    "list show", "list new", "list rename", "list drop", "list add", "list remove",
    "log verify", "log repair", "log export", "log import", "import twitter",
    "device add", "device join", "device list", "device revoke",
    "homes list", "homes add", "homes remove",
}  # fmt: skip


def commands(group: LazyGroup = root, above: str = "") -> Iterator[tuple[str, click.Command]]:
    with click.Context(group) as ctx:
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            assert command is not None
            if isinstance(command, LazyGroup):
                yield from commands(command, f"{above}{name} ")
            else:
                yield f"{above}{name}", command


ALL = dict(commands())


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "write it again: make docs"


def test_every_command_of_the_contract_is_there_and_no_other() -> None:
    assert set(ALL) == CONTRACT


@pytest.mark.parametrize("name", ALL)
def test_every_command_and_option_is_documented(name: str) -> None:
    command = ALL[name]
    page = reference()
    assert f"\n### p2pblog {name}\n" in page
    assert command.help
    assert command.help.splitlines()[0].endswith(".")
    section = page.split(f"\n### p2pblog {name}\n")[1].split("\n### ")[0]
    for param in command.params:
        if isinstance(param, click.Option) and not param.hidden:
            assert param.help, param.name
            everywhere = param.opts[0] in ("--home", "--json")
            assert everywhere or f"| `{param.opts[0]}" in section, param.name
        if isinstance(param, click.Argument):
            assert (param.metavar or param.name or "").upper() in section.upper()


@pytest.mark.parametrize("name", sorted(set(ALL) - {"node"}))
def test_every_command_but_node_speaks_json_and_says_its_shape(name: str) -> None:
    command = ALL[name]
    assert isinstance(command, FaceCommand)
    assert command.shape.startswith("{")
    assert any("--json" in param.opts for param in command.params)


@pytest.mark.parametrize("name", ALL)
def test_help_fits_a_narrow_terminal_and_every_line_of_the_overview_is_whole(name: str) -> None:
    with click.Context(ALL[name], info_name=f"p2pblog {name}", terminal_width=80) as ctx:
        assert max(map(len, ALL[name].get_help(ctx).splitlines())) <= 80
        assert not ALL[name].get_short_help_str(90).endswith("...")
