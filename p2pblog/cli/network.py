"""Commands about the node and its links: node, status, peers, stop."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from p2pblog.cli.face import Document, Face, FaceCommand, short
from p2pblog.cli.meeting import meet, no_wait_option
from p2pblog.core.errors import BadAddress, NodeUnreachable
from p2pblog.core.limits import NODE_LINGER_S, NODE_STOP_S_MAX

LINK_JSON = '{"device", "address", "carrier", "name", "looks_like", "near"}'
NOBODY_HERE = "nobody lives here yet; make an identity: p2pblog init --name NAME"
HELD_BACK = {
    "own": "your own",
    "followed": "more than you take of people you follow",
    "second": "more than you take of people that your people follow",
    "near": "more than you take of strangers near",
    "far": "more than you take of strangers far away",
    "blocked": "of people whom you blocked",
}
LAN_ERRORS = {"no-interface": "no network on which people near could be found"}
STOP_S_MAX = 4 * NODE_STOP_S_MAX
_POLL_S = 0.02


@click.command(cls=FaceCommand)
@click.option(
    "--listen",
    multiple=True,
    metavar="HOST:PORT",
    help="Take links at this address (may be given again); port 0 means any free one.",
)
@click.option(
    "--no-lan", is_flag=True, help="Do not look for people on this network, nor be found."
)
@click.option("--linger", is_flag=True, hidden=True, help="End when the last face has left.")
@click.pass_obj
def node(face: Face, listen: tuple[str, ...], no_lan: bool, linger: bool) -> int:
    """Run the node alone, in the foreground, until it is stopped.

    Other commands start one by themselves when none runs, for as long as they need it. This
    one stays, on a machine that is always on, for example.
    """
    from p2pblog.net.address import NOWHERE, parse_address

    # What is typed wrong is said before anything is waited for.
    for address in () if listen == (NOWHERE,) else listen:
        try:
            parse_address(address, listening=True)
        except BadAddress as error:
            raise BadAddress(f"{address!r} after --listen: {error.detail}") from error
    if not linger:
        # One that a command started a moment ago ends by itself soon: do not call that busy.
        _wait_until_free(face.home, NODE_LINGER_S + 1)
    from p2pblog.node.main import serve

    return serve(face.home, list(listen), no_lan, linger)


@click.command(
    cls=FaceCommand,
    shape=(
        f'{{"listening": ["HOST:PORT"], "addresses": ["HOST:PORT"], "peers": [{LINK_JSON}], '
        '"logs", "entries", "indexed", "arrival", "lan", "lan_error", "looking", "counters", '
        '"own", "restoring": bool, "syncing": null or {"entries", "of"}, '
        '"forked", "blocked", "policy": {DISTANCE: {"rule": {"depth", "entries_per_minute", '
        '"bytes_per_minute", "total_bytes_per_minute", "logs", "log_entries", "total_bytes", '
        '"body_days"}, "logs", "entries", "bytes", "refused": {"entries", "bytes"}}}}'
    ),
)
@no_wait_option
@click.pass_obj
def status(face: Face, no_wait: bool) -> None:
    """Show how the node is: links, entries, and what it refused.

    The addresses are those by which others reach this node, as p2pblog connect takes them.
    """
    with face.node() as node:
        meet(node, no_wait=no_wait)
        found = node.call("status")
    face.say(found, lambda: _status_lines(face, found))


def connection_words(peers: Sequence[Document], lan: bool) -> str:
    """Return in words how well connected a node with these links is."""
    if not peers:
        return "alone on this network" if lan else "no links, and not looking on this network"
    return f"well connected: {len(peers)} links" if len(peers) > 2 else f"linked: {len(peers)}"


def _status_lines(face: Face, found: Document) -> Iterator[str]:
    from p2pblog.cli.show import count, plain, table

    behind = found["arrival"] - found["indexed"]
    state = "all shown" if behind <= 0 else f"{behind:,} not shown yet"
    yield face.style(connection_words(found["peers"], bool(found.get("lan"))), bold=True)
    yield f"entries    {found['entries']:,} in {count(found['logs'], 'log')}, {state}"
    if found["listening"]:
        reached = ", ".join(map(plain, found.get("addresses") or []))
        yield "listening  " + ", ".join(map(plain, found["listening"]))
        yield f"addresses  {reached or 'none that others could reach'}"
    else:
        yield f"listening  nowhere: {NOBODY_HERE}"
    if error := found.get("lan_error"):
        yield f"LAN        {LAN_ERRORS.get(error) or plain(error)}"
    if forked := found.get("forked"):
        yield f"forked     {count(forked, 'log')} with two entries of one number; it takes no more"
    if looking := found.get("looking"):
        yield "dialling   " + ", ".join(map(plain, looking))
    if syncing := found.get("syncing"):
        yield f"syncing    {syncing['entries']:,} of {syncing['of']:,} entries"
    for name, number in sorted((found.get("counters") or {}).items()):
        yield f"refused    {number:,} times: {plain(name)}"
    yield from _held_back(found.get("policy") or {})
    if found["peers"]:
        yield ""
        yield from table([_link_row(peer) for peer in found["peers"]], face.room(face.columns))


def _held_back(policy: Document) -> Iterator[str]:
    from p2pblog.cli.show import count

    for distance, held in policy.items():
        if entries := held["refused"]["entries"]:
            yield f"held back  {count(entries, 'entry', 'entries')}: {HELD_BACK[distance]}"


def _link_row(peer: Document) -> list[str]:
    from p2pblog.cli.show import called, person_name, plain

    return [
        short(peer["device"]),
        called(peer, person_name(peer.get("name"), None).replace("?", "-")),
        plain(peer.get("carrier") or "-"),
        plain(peer.get("address") or "-"),
        "near" if peer.get("near") else "",
    ]


@click.command(
    cls=FaceCommand,
    shape=f'{{"peers": [{LINK_JSON[:-1]}, "linked", "last_error"}}]}}',
    note='Without a link "carrier" is empty and "near" is null; "last_error" is an error code.',
)
@no_wait_option
@click.pass_obj
def peers(face: Face, no_wait: bool) -> None:
    """List the devices that this one is linked to or knows."""
    with face.node() as node:
        meet(node, no_wait=no_wait)
        found = node.call("peers")

    def lines() -> Iterator[str]:
        if not found["peers"]:
            yield "None yet. To reach another machine: p2pblog connect HOST:PORT"
            return
        from p2pblog.cli.show import plain, table

        rows = []
        for peer in found["peers"]:
            error = plain(peer.get("last_error") or "")
            state = "linked" if peer.get("linked") else f"not linked{error and ': ' + error}"
            rows.append([*_link_row(peer)[:4], state])
        yield from table(rows, face.room(face.columns))

    face.say(found, lines)


@click.command(cls=FaceCommand, shape='{"stopped": bool}')
@click.pass_obj
def stop(face: Face) -> None:
    """Stop the node of this home, and wait until it has ended."""
    from p2pblog.api.spawn import is_locked

    try:
        with face.node(start=False) as node:
            node.call("stop")
        running = True
    except NodeUnreachable:
        if is_locked(face.home):  # it holds the home, but says nothing: not "none was running"
            raise
        running = False
    if not _wait_until_free(face.home, STOP_S_MAX):
        raise NodeUnreachable(f"it was asked to stop, but still runs after {STOP_S_MAX} s")
    said = "The node has stopped" if running else "No node was running"
    face.say({"stopped": running}, lambda: [said])


def _wait_until_free(home: Path, most_s: float) -> bool:
    """Wait until no node holds `home`; False when one still does after `most_s`."""
    from p2pblog.api.spawn import is_locked

    deadline_s = time.monotonic() + most_s
    while is_locked(home):
        if time.monotonic() > deadline_s:
            return False
        time.sleep(_POLL_S)
    return True
