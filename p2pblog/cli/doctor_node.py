"""Checks of the node: who it is, its settings, its store, its ports and the interfaces.

They change nothing, but for one: where a home is in use and no node runs, one is started, as
any command would, because that is how its store gets looked at.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from p2pblog import __version__
from p2pblog.api.spawn import DEVICE_KEY_NAME, IDENTITY_NAME, STORE_NAME, is_locked
from p2pblog.api.wire import check_folder, socket_path
from p2pblog.cli.doctor import Check, check_key
from p2pblog.cli.face import Document, Face
from p2pblog.core.errors import (
    BadAddress,
    DiskFull,
    NodeUnreachable,
    P2PBlogError,
    StoreCorrupt,
    StoreTooNew,
)
from p2pblog.net.address import parse_address
from p2pblog.net.interfaces import InterfaceAddress, InterfaceKind, choose, snapshot
from p2pblog.net.tcp import bind
from p2pblog.node.config import Config, read_config
from p2pblog.node.home import Home
from p2pblog.node.mending import damaged_files

_NODE_ADVICE: dict[type[P2PBlogError], str] = {
    StoreCorrupt: "run: p2pblog log repair",
    StoreTooNew: "update p2pblog",
    DiskFull: "free some space",
}


def check_identity(home: Path) -> Check:
    """Check that the home says who lives in it, and has the key that goes with it."""
    try:
        who = Home(home).identity()
    except P2PBlogError as error:
        return Check("identity", "fail", error.detail or str(error), "restore the file from a copy")
    has_key = (home / DEVICE_KEY_NAME).exists()
    if who is None and has_key and (home / STORE_NAME).exists():
        advice = (
            "bring it back from a copy; or make a new device of yourself in another home, with "
            "your 24 words: p2pblog init --restore"
        )
        return Check("identity", "warn", "identity.json is missing; a device key is here", advice)
    if who is None:
        return Check("identity", "ok", "none yet; make one with: p2pblog init --name NAME")
    if not has_key:
        advice = f"restore {DEVICE_KEY_NAME} from a copy; without it this device cannot write"
        return Check("identity", "fail", "its device key is missing", advice)
    return Check("identity", "ok", "there")


def check_config(home: Path, environment: Mapping[str, str]) -> tuple[Check, Config | None]:
    """Check config.toml and the environment; return what they add up to as well."""
    path = home / "config.toml"
    try:
        config = read_config(path, environment)
    except P2PBlogError as error:
        advice = f"mend it in {path}" if str(path) in error.detail else "set that variable anew"
        return Check("settings", "fail", error.detail or str(error), advice), None
    said = str(path) if path.exists() else "the usual ones"
    return Check("settings", "ok", said), config


def check_socket(home: Path) -> Check:
    """Check that faces can meet the node where they expect it."""
    path = socket_path(home)
    if path.parent != home.resolve():
        try:
            check_folder(path.parent)
        except P2PBlogError as error:
            return Check("socket", "fail", error.detail, "then try again")
    return Check("socket", "ok", str(path))


def check_node(face: Face, usable: bool) -> tuple[Check, Document | None]:
    """Check that the node answers; return its status too, or None when there is none.

    Args:
        usable: whether the files are fit for a node to be started on them.
    """
    in_use = (face.home / STORE_NAME).exists() or (face.home / IDENTITY_NAME).exists()
    if not usable and not is_locked(face.home):
        return Check("node", "warn", "not started: see above", "mend that first"), None
    try:
        with face.node(start=in_use and usable) as node:
            hello = node.call("hello")
            status = node.call("status")
    except NodeUnreachable as error:
        if not in_use and not is_locked(face.home):
            return Check("node", "ok", "none runs; a command starts one when it needs it"), None
        advice = f"end that process, or see what it says in {face.home / 'node.log'}"
        return Check("node", "fail", error.detail or str(error), advice), None
    except P2PBlogError as error:
        log = f"see what the node says in {face.home / 'node.log'}"
        return Check("node", "fail", str(error), _NODE_ADVICE.get(type(error), log)), None
    version = hello.get("version")
    if version != __version__:
        message = f"version {version} runs, this is {__version__}"
        return Check("node", "warn", message, "start it anew: p2pblog stop"), status
    return Check("node", "ok", f"runs, process {hello.get('pid')}"), status


def check_own(own: Document | None) -> list[Check]:
    """Check, by a node's status, that the log of this device is here and can go on."""
    if own is None:
        return []
    if own["forked"]:
        message = "two entries of it have one number: it takes no more"
        return [Check("own log", "fail", message, "make a new device: p2pblog device add, join")]
    if own["here"] < own["written"]:
        message = f"{own['written']} entries were written, and {own['here']} are here"
        advice = (
            "link to a peer that has them; if nobody has: p2pblog stop, then "
            "p2pblog log repair --declare-lost"
        )
        return [Check("own log", "fail", message, advice)]
    return [Check("own log", "ok", f"all of its {own['here']} entries are here")]


def check_store(home: Path) -> Check:
    """Check, while no node runs, each file of the log store; a second for each few MiB."""
    try:
        damaged = damaged_files(home)
    except OSError as error:
        problem = f"{error.filename or home}: {error.strerror}"
        return Check("store", "fail", problem, "make it readable, or restore it from a copy")
    if damaged:
        return Check("store", "fail", "; ".join(damaged), "run: p2pblog log repair")
    return Check("store", "ok", "every file is whole")


def check_listening(listening: Sequence[str], *, inhabited: bool = True) -> Check:
    """Check that a running node can be reached by peers at all.

    Args:
        inhabited: whether there is an identity; without one a node does not listen.
    """
    if not listening and not inhabited:
        message = "nobody lives here yet, so the node takes no links"
        return Check("ports", "ok", message, "make an identity: p2pblog init --name NAME")
    if not listening:
        advice = "see node.log in the home, and the setting listen"
        return Check("ports", "fail", "the node takes no links", advice)
    return Check("ports", "ok", "the node takes links at " + ", ".join(listening))


def check_ports(config: Config) -> Check:
    """Check, while no node runs, that it could take links where it is to."""
    taken, advised = [], ""
    for address in config.listen:
        problem, advice = _why_not_bound(address)
        if problem:
            taken.append(f"{address}: {problem}")
            advised = advised or advice
    if not taken:
        return Check("ports", "ok", "free: " + ", ".join(config.listen))
    if config.listen_asked:
        return Check("ports", "fail", "; ".join(taken), advised)
    advice = "nothing to do: the node takes any free port instead, and says which"
    return Check("ports", "warn", "; ".join(taken), advice)


def _why_not_bound(address: str) -> tuple[str, str]:
    """Return why the node could not listen at `address`, and what to do; ("", "") if it could.

    It is tried with the node's own code: another way of asking could be answered otherwise.
    """
    another = "name another address: --listen HOST:PORT, P2PBLOG_LISTEN or the setting listen"
    try:
        target = parse_address(address, listening=True)
        found = socket.getaddrinfo(
            target.host, target.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for probe in bind(found, target):
            probe.close()
    except (BadAddress, UnicodeError) as error:
        return str(error), another
    except socket.gaierror:
        return "nobody knows an address of that name", another
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                return "another program has it", f"end that program, or {another}"
            case errno.EADDRNOTAVAIL:
                return "this machine does not have that address", another
            case errno.EACCES:
                return "only an administrator may take it", "name a port above 1023"
            case errno.EAFNOSUPPORT:
                return "this machine does not speak that kind of address", another
            case _:
                return error.strerror or "it cannot be taken", another
    return "", ""


def check_interfaces(config: Config, addresses: Sequence[InterfaceAddress]) -> Check:
    """Check that there is a network on which people near can be found."""
    if not config.lan:
        return Check("interfaces", "ok", "finding people on this network is turned off")
    hosts = [parse_address(address, listening=True).host for address in config.listen]
    chosen = choose(addresses, names=config.interfaces, listen_hosts=hosts)
    if chosen:
        named: dict[str, list[str]] = {}
        for one in chosen:
            named.setdefault(one.name, []).append(one.address)
        said = "; ".join(f"{name} ({', '.join(each)})" for name, each in named.items())
        return Check("interfaces", "ok", said)
    others = sorted({one.name for one in addresses if one.kind is not InterfaceKind.LOOPBACK})
    advice = "connect to a network; until then: p2pblog connect HOST:PORT"
    if config.interfaces is not None:
        advice = f"the setting interfaces names {', '.join(config.interfaces)}: is it up?"
    elif others:
        advice = f'to use one of {", ".join(others)} all the same, set interfaces = ["{others[0]}"]'
    return Check("interfaces", "warn", "none on which people near could be found", advice)


def check_node_of(
    face: Face, environment: Mapping[str, str], uid: int, *, usable: bool
) -> list[Check]:
    """Run the checks of this module, in the order in which one depends on the other.

    Args:
        uid: the user who asks.
        usable: whether the home is fit for a node to be started in it.
    """
    home = face.home
    key, identity = check_key(home / DEVICE_KEY_NAME, uid), check_identity(home)
    settings, config = check_config(home, environment)
    sockets = check_socket(home)
    found = [key, identity, settings, sockets]
    ready = usable and all(check.state != "fail" for check in found)
    # Ports are tried before a node takes them.
    ports = None if config is None or is_locked(home) else check_ports(config)
    node, status = check_node(face, ready)
    found.append(node)
    if status is None and not is_locked(home):
        found.append(check_store(home))
    if status is not None:
        found += check_own(status.get("own"))
        inhabited = (home / IDENTITY_NAME).exists()
        ports = check_listening(status["listening"], inhabited=inhabited)
    if ports is not None:
        found.append(ports)
    if config is not None:
        found.append(check_interfaces(config, _interfaces()))
    return found


def _interfaces() -> Sequence[InterfaceAddress]:
    try:
        return snapshot()
    except OSError:
        return ()
