from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from p2pblog.core.crypto import digest
from p2pblog.core.errors import BadAddress, BadConfig
from p2pblog.core.limits import CONFIG_BYTES_MAX, LISTEN_MAX
from p2pblog.core.textform import Kind, to_text
from p2pblog.node.config import Config, read_config
from p2pblog.node.rules_config import RULE_KEYS
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.rules import DEFAULT_RULES, SETTABLE, Distance, Rule

KEY = b"\x07" * 32


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_without_a_file_the_defaults_hold(file: Path) -> None:
    config = read_config(file, {})
    assert config == Config()
    assert config.listen == ("[::]:4114",)
    assert not config.listen_asked
    assert config.lan
    assert config.interfaces is None
    assert config.network_key == digest(b"p2pblog public network")


def test_every_setting_can_stand_in_the_file(file: Path) -> None:
    file.write_text(
        'listen = ["127.0.0.1:0", "[::1]:4115"]\nlan = false\ninterfaces = ["eth0", "wlan0"]\n'
        f'network_key = "{to_text(Kind.NETWORK, KEY)}"\n'
        'stun = ["stun.example.org:3478", "192.0.2.1:3478"]\n'
    )
    assert read_config(file, {}) == Config(
        listen=("127.0.0.1:0", "[::1]:4115"),
        listen_asked=True,
        lan=False,
        interfaces=("eth0", "wlan0"),
        network_key=KEY,
        stun=("stun.example.org:3478", "192.0.2.1:3478"),
    )


def test_the_environment_comes_before_the_file(file: Path) -> None:
    file.write_text('listen = ["127.0.0.1:1"]\nlan = false\n')
    environment = {
        "P2PBLOG_LISTEN": "127.0.0.1:2, [::1]:2",
        "P2PBLOG_NO_LAN": "0",
        "P2PBLOG_NETWORK_KEY": to_text(Kind.NETWORK, KEY),
    }
    config = read_config(file, environment)
    assert config.listen == ("127.0.0.1:2", "[::1]:2")
    assert config.lan
    assert config.network_key == KEY


def test_the_command_line_comes_before_the_environment(file: Path) -> None:
    environment = {"P2PBLOG_LISTEN": "127.0.0.1:2", "P2PBLOG_NO_LAN": "no"}
    config = read_config(file, environment, listen=["127.0.0.1:3"], no_lan=True)
    assert config.listen == ("127.0.0.1:3",)
    assert config.listen_asked
    assert not config.lan


def test_an_empty_environment_variable_is_no_setting(file: Path) -> None:
    environment = {"P2PBLOG_LISTEN": "", "P2PBLOG_NO_LAN": "", "P2PBLOG_NETWORK_KEY": ""}
    assert read_config(file, environment) == Config()


def test_the_network_key_does_not_show_in_a_log(file: Path) -> None:
    config = read_config(file, {"P2PBLOG_NETWORK_KEY": to_text(Kind.NETWORK, KEY)})
    assert "x07" not in repr(config)


def test_a_table_for_each_distance_changes_its_rule(file: Path) -> None:
    file.write_text(
        "[policy.near]\ndepth = 50\nbody_days = 0\n"
        '[policy.far]\ndepth = 20\ntotal_bytes_per_minute = "unlimited"\n'
        "[policy.followed]\nbytes_per_minute = 1000\n"
        '[policy.second]\ndepth = "unlimited"\nlog_entries = "unlimited"\n'
    )
    rules = read_config(file, {}).rules
    assert rules[Distance.NEAR] == replace(DEFAULT_RULES[Distance.NEAR], depth=50, body_days=0)
    assert rules[Distance.FAR] == replace(
        DEFAULT_RULES[Distance.FAR], depth=20, total_bytes_per_minute=None
    )
    assert rules[Distance.FOLLOWED] == Rule(WHOLE, bytes_per_minute=1000)
    assert (rules[Distance.SECOND].depth, rules[Distance.SECOND].log_entries) == (WHOLE, None)
    for distance in (Distance.OWN, Distance.BLOCKED):
        assert rules[distance] == DEFAULT_RULES[distance]


def test_every_setting_of_a_rule_can_be_made_and_is_documented(file: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "node.md").read_text()
    for key in RULE_KEYS:
        file.write_text(f"[policy.near]\n{key} = 101\n")
        assert getattr(read_config(file, {}).rules[Distance.NEAR], key) == 101
        [row] = [line for line in page.splitlines() if line.startswith(f"| `{key}` |")]
        cells = [cell.strip() for cell in row.strip("|").split("|")][2:]
        for distance, shown in zip(SETTABLE, cells, strict=True):
            assert shown == written(key, getattr(DEFAULT_RULES[distance], key)), row


def written(key: str, value: int | None) -> str:
    """Return a default as the page shows it."""
    if value in (None, WHOLE):
        return "unlimited"
    assert value is not None
    if "bytes" in key and value:
        return f"{value // 1024:,} KiB" if value < 1024**2 else f"{value // 1024**2:,} MiB"
    return f"{value:,}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("policy = 1", "policy: tables like [policy.near]"),
        ("[policy]\nnear = 1", "policy.near: a table is needed"),
        ("[policy.nearby]", "'policy.nearby' is no setting; did you mean 'near'?"),
        ("[policy.own]\ndepth = 1", "'policy.own' is no setting"),
        ("[policy.blocked]\ndepth = 1", "'policy.blocked' is no setting"),
        ("[policy.near]\ndeep = 1", "'policy.near.deep' is no setting; did you mean 'depth'?"),
        ("[policy.near]\ndepth = -1", "policy.near.depth: a number from 0"),
        ("[policy.near]\ndepth = true", "policy.near.depth: a number from 0"),
        ('[policy.near]\ndepth = "all"', "policy.near.depth: a number from 0"),
        ("[policy.near]\nlogs = 0", "policy.near.logs: a number from 1"),
        ("[policy.near]\nbytes_per_minute = 1.5", "policy.near.bytes_per_minute: a number"),
        (f"[policy.near]\nlogs = {2**41}", "policy.near.logs: a number from 1"),
        ("[policy.near]\ndepth = 2000", "policy.near: depth is more than log_entries"),
        ('lisen = ["127.0.0.1:0"]', "'lisen' is no setting; did you mean 'listen'?"),
        ("[node]\nlan = true", "'node' is no setting"),
        ("listen = [1]", "listen: a list"),
        ("overlay = 1", "overlay: true or false"),
        ('listen = "127.0.0.1:0"', "listen: a list"),
        ("listen = [4114]", "listen: a list"),
        ('listen = ["127.0.0.1"]', "listen: That is not an address"),
        ('lan = "no"', "lan: true or false"),
        ("lan = 1", "lan: true or false"),
        ('interfaces = "eth0"', "interfaces: a list"),
        ("interfaces = []", "interfaces: a list"),
        ('interfaces = ["eth0\\n"]', "interfaces: a list"),
        ('network_key = "nabc"', "network_key: "),
        (f'network_key = "{to_text(Kind.IDENTITY, KEY)}"', "begins with 'i', not with 'n'"),
        ("network_key = 7", "network_key: the text form of a key"),
        ('stun = "stun.example.org:3478"', "stun: a list like"),
        ("stun = [3478]", "stun: a list like"),
        ('stun = ["stun.example.org"]', "stun: That is not an address"),
        ('stun = ["a:1", "b:1", "c:1", "d:1", "e:1"]', "5 of them, and 4 is the most"),
        ("lan = true\nlan = false", "Cannot overwrite"),
        ("lan = maybe", "line 1"),
        ("a = " + "[" * 5000, "config.toml"),
        ("#" * (CONFIG_BYTES_MAX + 1), "larger than"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_key(file: Path, text: str, says: str) -> None:
    file.write_text(text)
    with pytest.raises(BadConfig) as caught:
        read_config(file, {})
    assert says in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(BadConfig, match="not UTF-8"):
        read_config(file, {})
    file.unlink()
    file.mkdir()
    with pytest.raises(BadConfig, match="cannot be read"):
        read_config(file, {})


@pytest.mark.parametrize("value", ["maybe", "2", "-1"])
def test_a_bad_flag_in_the_environment_is_named(file: Path, value: str) -> None:
    with pytest.raises(BadConfig, match=r"P2PBLOG_NO_LAN is .*; write 1 or 0"):
        read_config(file, {"P2PBLOG_NO_LAN": value})


def test_a_bad_address_outside_the_file_is_not_blamed_on_the_file(file: Path) -> None:
    with pytest.raises(BadAddress, match="HOST:PORT"):
        read_config(file, {"P2PBLOG_LISTEN": "localhost"})
    with pytest.raises(BadAddress, match="HOST:PORT"):
        read_config(file, {}, listen=["localhost"])


def test_more_addresses_than_there_are_places_are_refused(file: Path) -> None:
    most = [f"127.0.0.1:{port}" for port in range(1, LISTEN_MAX + 1)]
    assert len(read_config(file, {}, listen=most).listen) == LISTEN_MAX
    with pytest.raises(BadAddress):
        read_config(file, {}, listen=[*most, "127.0.0.1:0"])


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1:0",
        " 0.0.0.0:65535 ",
        "[::1]:4114",
        "[fe80::1%eth0]:4114",
        "localhost:1",
        "my-host.example.org:4114",
    ],
)
def test_what_can_be_listened_at_is_taken(file: Path, text: str) -> None:
    assert read_config(file, {}, listen=[text]).listen == (text.strip(),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        ":4114",
        "4114",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1:+1",
        "127.0.0.1:4 1",
        "127.0.0.1:٤١١٤",
        "127.0.0.256:1",
        "127.0.1:1",
        "::1:4114",
        "[::1:4114",
        "[::1]4114",
        "[127.0.0.1]:1",
        "a host:1",
        "-host:1",
        "host\n:1",
    ],
)
def test_what_is_no_address_is_refused_and_named(file: Path, text: str) -> None:
    with pytest.raises(BadAddress) as caught:
        read_config(file, {}, listen=[text])
    assert f"{text!r} after --listen: " in str(caught.value)


def test_where_a_bad_address_stands_and_what_is_wrong_with_it_is_said(file: Path) -> None:
    with pytest.raises(BadAddress) as caught:
        read_config(file, {"P2PBLOG_LISTEN": "127.0.0.1:0 127.0.0.1:65536"})
    said = "'127.0.0.1:65536' in P2PBLOG_LISTEN: its port is not between 0 and 65535"
    assert said in str(caught.value)


def test_a_mistake_in_the_file_comes_with_what_would_be_right(file: Path) -> None:
    for text, right in (
        ("lan = maybe", "lan = false"),
        ("[node]", "listen, lan, interfaces, network_key"),
        ("network_key = 7", "'n' and 56 more characters"),
        ("lan = " + "9" * 5000, "a number is too long"),
        ("a." * 20_000 + "b = 1", "more than 20 parts"),
    ):
        file.write_text(text)
        with pytest.raises(BadConfig, match=right):
            read_config(file, {})
