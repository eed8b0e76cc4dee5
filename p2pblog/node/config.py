"""Decide how a node is set up: command line over environment over `config.toml`.

Implements docs/node.md, "Configuration".  Whatever is misspelt or out of range is refused with the
key and the reason: a setting that is silently not there is worse than a node that does not
start.  Reads the one file; the environment comes in as an argument.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from p2pblog.api.regular import read_regular
from p2pblog.core.errors import BadAddress, BadConfig, BadTextForm
from p2pblog.core.limits import CONFIG_BYTES_MAX, KEY_BYTES, LISTEN_MAX, STUN_SERVERS_MAX
from p2pblog.core.textform import Kind, from_text
from p2pblog.core.toml import read_toml
from p2pblog.net.address import NOWHERE, parse_address
from p2pblog.node.rules_config import read_rules
from p2pblog.sync.rules import DEFAULT_RULES, Distance, Rule

PORT: Final = 4114
PUBLIC_NETWORK_KEY: Final = blake2b(b"p2pblog public network", digest_size=KEY_BYTES).digest()

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"", "0", "false", "no", "off"})
_KEYS = ("listen", "lan", "interfaces", "network_key", "stun", "overlay", "policy")
_TOML_HINT = 'texts stand in quotes, lists in brackets, as in: listen = ["[::]:4114"], lan = false'
_INTERFACE_CHARS_MAX = 32


@dataclass(frozen=True, slots=True)
class Config:
    """How a node is set up.

    Fields:
        listen: HOST:PORT, IPv6 hosts in brackets, port 0 for any free one; nowhere if empty.
        listen_asked: somebody named `listen`, so that a node which cannot have exactly that
            must not start.  Otherwise a taken port is exchanged for any free one.
        lan: whether to find and be found by peers on the local network.
        interfaces: network interfaces to do that on, by name; None for all that suit.
        network_key: 32 bytes that everyone in this network shares.
        stun: HOST:PORT of servers that tell an offer how this machine is seen from outside.
        overlay: whether to link to nodes that peers tell of, and to be told of to others.
        rules: how much is taken of whose logs.
    """

    listen: tuple[str, ...] = (f"[::]:{PORT}",)  # every IPv6 and IPv4 address
    listen_asked: bool = False
    lan: bool = True
    interfaces: tuple[str, ...] | None = None
    network_key: bytes = field(default=PUBLIC_NETWORK_KEY, repr=False)
    stun: tuple[str, ...] = ()
    overlay: bool = True
    rules: Mapping[Distance, Rule] = field(default_factory=lambda: DEFAULT_RULES)


def read_config(
    path: Path,
    environment: Mapping[str, str],
    *,
    listen: Sequence[str] = (),
    no_lan: bool = False,
) -> Config:
    """Return what the file at `path`, the environment and the command line add up to.

    Args:
        path: config.toml; need not exist.
        environment: where P2PBLOG_LISTEN (addresses between commas or spaces),
            P2PBLOG_NO_LAN, P2PBLOG_NO_OVERLAY (1 or 0) and P2PBLOG_NETWORK_KEY are looked up.
        listen, no_lan: what the command line says; empty and False when it says nothing.
    Raises:
        BadConfig: an unknown key or a bad value; the detail names key and reason.
        BadAddress: the command line or the environment names one that is none.
    """
    config = _from_file(path)
    if named := environment.get("P2PBLOG_LISTEN", "").replace(",", " ").split():
        config = replace(config, listen=_addresses(named, " in P2PBLOG_LISTEN"), listen_asked=True)
    if (value := environment.get("P2PBLOG_NO_LAN")) is not None:
        config = replace(config, lan=not _flag("P2PBLOG_NO_LAN", value))
    if (value := environment.get("P2PBLOG_NO_OVERLAY")) is not None:
        config = replace(config, overlay=not _flag("P2PBLOG_NO_OVERLAY", value))
    if key := environment.get("P2PBLOG_NETWORK_KEY"):
        config = replace(config, network_key=_network_key("P2PBLOG_NETWORK_KEY", key))
    if listen:
        config = replace(config, listen=_addresses(listen, " after --listen"), listen_asked=True)
    if no_lan:
        config = replace(config, lan=False)
    return config


def _addresses(texts: Sequence[str], where: str = "") -> tuple[str, ...]:
    if len(texts) > LISTEN_MAX:
        raise BadAddress(f"{len(texts)} of them{where}, and {LISTEN_MAX} is the most")
    if list(texts) == [NOWHERE]:
        return ()
    for text in texts:
        try:
            parse_address(text, listening=True)
        except BadAddress as error:
            raise BadAddress(f"{text[:80]!r}{where}: {error.detail}") from error
    return tuple(dict.fromkeys(text.strip() for text in texts))


def _servers(texts: Sequence[str]) -> tuple[str, ...]:
    if len(texts) > STUN_SERVERS_MAX:
        raise BadConfig(f"stun: {len(texts)} of them, and {STUN_SERVERS_MAX} is the most")
    return tuple(str(parse_address(text)) for text in texts)


def _from_file(path: Path) -> Config:
    try:
        raw = read_regular(path, CONFIG_BYTES_MAX + 1)
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise BadConfig(f"{path} cannot be read ({error.strerror})") from error
    if len(raw) > CONFIG_BYTES_MAX:
        raise BadConfig(f"{path} is larger than {CONFIG_BYTES_MAX} bytes")
    try:
        table = read_toml(raw.decode())
    except UnicodeDecodeError as error:
        raise BadConfig(f"{path} is not UTF-8") from error
    except ValueError as error:
        raise BadConfig(f"{path}: {error}; {_TOML_HINT}") from error
    fields: dict[str, Any] = {}
    for key, value in table.items():
        try:
            fields |= _setting(key, value)
        except (BadAddress, BadTextForm) as error:
            raise BadConfig(f"{path}: {key}: {error}") from error
        except BadConfig as error:
            raise BadConfig(f"{path}: {error.detail}") from error
    return Config(**fields)


def _setting(key: str, value: Any) -> dict[str, Any]:
    match key, value:
        case "listen", list() if all(type(item) is str for item in value):
            return {"listen": _addresses(value), "listen_asked": True}
        case "listen", _:
            raise BadConfig('listen: a list like ["[::]:4114"] is needed')
        case "lan", bool():
            return {"lan": value}
        case "overlay", bool():
            return {"overlay": value}
        case "lan" | "overlay", _:
            raise BadConfig(f"{key}: true or false is needed")
        case "interfaces", [_, *_] if all(_is_interface(item) for item in value):
            return {"interfaces": tuple(value)}
        case "interfaces", _:
            raise BadConfig('interfaces: a list like ["eth0"] is needed')
        case "network_key", str():
            return {"network_key": from_text(Kind.NETWORK, value)}
        case "network_key", _:
            needed = "the text form of a key, 'n' and 56 more characters in quotes, is needed"
            raise BadConfig(f"network_key: {needed}")
        case "stun", list() if all(type(item) is str for item in value):
            return {"stun": _servers(value)}
        case "stun", _:
            raise BadConfig('stun: a list like ["stun.example.org:3478"] is needed')
        case "policy", _:
            return {"rules": read_rules(value)}
    from difflib import get_close_matches

    near = get_close_matches(key, _KEYS, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(_KEYS)}"
    raise BadConfig(f"{key[:40]!r} is no setting; {hint}")


def _is_interface(value: Any) -> bool:
    return type(value) is str and 0 < len(value) <= _INTERFACE_CHARS_MAX and value.isprintable()


def _flag(name: str, value: str) -> bool:
    text = value.strip().lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise BadConfig(f"{name} is {value[:40]!r}; write 1 or 0")


def _network_key(name: str, value: str) -> bytes:
    try:
        return from_text(Kind.NETWORK, value)
    except BadTextForm as error:
        raise BadConfig(f"{name}: {error}") from error
