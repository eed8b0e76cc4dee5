"""What `p2pblog` itself takes, and where its commands are."""

from __future__ import annotations

import sys

import click

from p2pblog import __version__
from p2pblog.cli.face import Face, home_option, json_option
from p2pblog.cli.group import LazyGroup

SECTIONS = {
    "Begin": {
        "init": "p2pblog.cli.identity:init",
        "whoami": "p2pblog.cli.identity:whoami",
        "homes": "p2pblog.cli.homes:homes",
        "demo": "p2pblog.cli.demo:demo",
        "doctor": "p2pblog.cli.examine:doctor",
    },
    "Devices": {
        "device": "p2pblog.cli.devices:device_group",
    },
    "Read": {
        "timeline": "p2pblog.cli.reading:timeline",
        "notifications": "p2pblog.cli.notifying:notifications",
        "thread": "p2pblog.cli.reading:thread",
        "history": "p2pblog.cli.revising:history",
        "search": "p2pblog.cli.reading:search",
        "trends": "p2pblog.cli.finding:trends",
        "conversations": "p2pblog.cli.finding:conversations",
        "why": "p2pblog.cli.finding:why",
        "media": "p2pblog.cli.reading:media",
        "people": "p2pblog.cli.persons:people",
        "profile": "p2pblog.cli.persons:profile",
    },
    "Keep for yourself": {
        "bookmark": "p2pblog.cli.keeping:bookmark",
        "list": "p2pblog.cli.keeping:list_group",
        "tag": "p2pblog.cli.keeping:tag",
        "mute": "p2pblog.cli.keeping:mute",
        "filter": "p2pblog.cli.keeping:filter_",
        "hide": "p2pblog.cli.reports:hide",
        "block": "p2pblog.cli.blocking:block",
        "unblock": "p2pblog.cli.blocking:unblock",
        "requests": "p2pblog.cli.strangers:requests_group",
        "report": "p2pblog.cli.reports:report",
        "reports": "p2pblog.cli.reports:reports",
    },
    "Write": {
        "post": "p2pblog.cli.writing:post",
        "later": "p2pblog.cli.later:later",
        "edit": "p2pblog.cli.revising:edit",
        "pin": "p2pblog.cli.revising:pin",
        "erase": "p2pblog.cli.erasing:erase",
        "vote": "p2pblog.cli.revising:vote",
        "like": "p2pblog.cli.writing:like",
        "repost": "p2pblog.cli.writing:repost",
        "follow": "p2pblog.cli.writing:follow",
        "unfollow": "p2pblog.cli.writing:unfollow",
        "import": "p2pblog.cli.importing:import_group",
    },
    "Network": {
        "node": "p2pblog.cli.network:node",
        "status": "p2pblog.cli.network:status",
        "peers": "p2pblog.cli.network:peers",
        "connect": "p2pblog.cli.connecting:connect",
        "stop": "p2pblog.cli.network:stop",
        "log": "p2pblog.cli.logs:log_group",
    },
}


@click.command(
    cls=LazyGroup,
    sections=SECTIONS,
    invoke_without_command=True,
    no_args_is_help=False,
    subcommand_metavar="[COMMAND] ...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    params=[home_option(), json_option()],
)
@click.option(
    "--plain", is_flag=True, help="The client without boxes, signs and motion: for screen readers."
)
@click.version_option(__version__, prog_name="p2pblog", message="%(prog)s %(version)s")
@click.pass_context
def root(ctx: click.Context, plain: bool) -> int | None:
    """A microblog with nobody in the middle.

    Without a command, p2pblog opens the client. ENTRY and ID below accept the beginning of
    an id, as long as it is unambiguous; an ID may also be the name of a person here.
    """
    if ctx.invoked_subcommand is not None:
        return None
    return open_client(ctx.ensure_object(Face), plain=plain)


def open_client(face: Face, *, plain: bool = False) -> int:
    """Open the client in this terminal and return its exit status."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(
            "the client needs a terminal; without one, try: p2pblog timeline, or p2pblog status"
        )
    from p2pblog.tui.app import run

    return run(face.home, plain=plain)
