"""Cases of protocol/07-discovery.md section 5, and of M-1 of 15-overlay.md."""

from __future__ import annotations

from typing import Any

from tests.plain.cases.writing import Cases
from tests.plain.hearsay import SERVICE, lan, may_dial, tag
from tests.plain.textform import write

NOTES = {
    "Record": "D-5: the instance, the record and the port",
    "Field": "D-4: fields that are not known, or stand twice",
    "Nowhere": "D-6: addresses that no neighbour has",
    "Bound": "D-7: link-local and loopback addresses",
    "Best": "section 5: the best first, eight, each once",
    "Told": "M-1: addresses that peers tell of",
}
DEVICE, NETWORK, OWN = bytes(range(32)), bytes(32), b"\x01" * 32
NAME = write("d", DEVICE)[:20] + SERVICE
ETH = [["eth0", "192.168.1.5/24"], ["eth0", "fe80::5/64"], ["eth0", "2001:db8::5/64"]]
LOOPBACK = [["lo", "127.0.0.1/8"]]
V, D, N = b"v=1", b"d=" + write("d", DEVICE).encode(), b"n=" + tag(NETWORK)
NEAR = "192.168.1.9"


def strings(*fields: bytes) -> bytes:
    """Return the data of a TXT record."""
    return b"".join(bytes([len(field)]) + field for field in fields)


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/07-discovery.md#5-what-a-reader-believes", NOTES)

    def add(comment: str, flags: str, *addresses: str | tuple[str, str], **other: Any) -> None:
        pairs = [(one, "eth0") if isinstance(one, str) else one for one in addresses or (NEAR,)]
        usual: dict[str, Any] = {
            "network": NETWORK,
            "device": OWN,
            "here": ETH,
            "name": NAME,
            "port": 4114,
        }
        given = usual | {"txt": strings(V, D, N)} | other

        def judge() -> dict[str, Any]:
            device, dial = lan(
                given["network"],
                given["device"],
                [(name, spelt) for name, spelt in given["here"]],
                given["name"],
                given["txt"],
                given["port"],
                pairs,
            )
            return {"found": device and device.hex(), "dial": dial}

        shown = {
            key: item.hex() if isinstance(item, bytes) else item for key, item in given.items()
        }
        made.add(
            comment,
            {"op": "lan"} | shown | {"addresses": [list(one) for one in pairs]},
            judge,
            flags=flags,
        )

    def txt(comment: str, flags: str, *fields: bytes) -> None:
        add(comment, flags, txt=strings(*fields))

    add("a neighbour", "Record")
    add("the reader itself", "Record", device=DEVICE)
    add("another network", "Record", network=b"\x01" + bytes(31))
    label, other = NAME.removesuffix(SERVICE), write("d", bytes(32))
    for comment, name in (
        ("another device's name", other[:20] + SERVICE),
        ("19 characters of it", label[:19] + SERVICE),
        ("21 characters of it", write("d", DEVICE)[:21] + SERVICE),
        ("another service", label + "._http._tcp.local."),
        ("no dot at its end", label + SERVICE[:-1]),
        ("no name", ""),
    ):
        add(comment, "Record", name=name)
    for port in (0, 22, 1023, 1024, 65_535, 65_536):
        add(f"port {port}", "Record", port=port)
    for comment, one in (
        ("version 2", (b"v=2", D, N)),
        ("no version", (D, N)),
        ("an empty version", (b"v=", D, N)),
        ("a version in two digits", (b"v=01", D, N)),
        ("no device", (V, N)),
        ("a device mistyped", (V, D[:-1] + b"a", N)),
        ("an identity", (V, b"d=" + write("i", DEVICE).encode(), N)),
        ("another device", (V, b"d=" + other.encode(), N)),
        ("a device that is no ASCII", (V, b"d=\xff" + D[3:], N)),
        ("no tag", (V, D)),
        ("half the tag", (V, D, N[:10])),
        ("the tag in upper case", (V, D, N[:2] + N[2:].upper())),
    ):
        txt(comment, "Record", *one)
    add("no TXT record", "Record", txt=b"")
    add("a byte short", "Record", txt=strings(V, D, N)[:-1])
    add("a string that is not there", "Record", txt=strings(V, D, N) + b"\x05abc")
    spare = 512 - len(strings(V, D, N)) - 2
    long = strings(V, D, N, b"x" * 200, b"y" * (spare - 200))
    add("512 bytes", "Field", txt=long)
    add("513 bytes", "Record", txt=strings(V, D, N, b"x" * 200, b"y" * (spare - 199)))
    txt("fields of the future", "Field", b"later=yes", b"", b"flag", b"=x", V, D, N)
    txt("in another order", "Field", N, D, V)
    txt("names in upper case", "Field", b"V=1", b"D" + D[1:], b"N" + N[1:])
    txt("the device in upper case", "Field", V, b"d=" + D[2:].upper(), N)
    txt("twice, the first is right", "Field", V, b"v=2", D, N)
    txt("twice, the second is right", "Field", b"v=2", V, D, N)
    txt("twice, the first is empty", "Field", V, b"d", D, N)

    for host in (
        *("0.0.0.0", "0.1.2.3", "224.0.0.251", "239.255.255.250", "240.0.0.1", "255.255.255.255"),  # noqa: S104
        *("::", "::2", "::ffff:192.168.1.9", "::192.168.1.9", "64:ff9b::c0a8:109"),
        *("ff02::fb", "ff0e::1", "100.64.0.1", "100.127.255.255"),
    ):
        add(host, "Nowhere", host)
        add(f"{host}, and a good one", "Nowhere", host, NEAR)
    for host in (
        *("1.0.0.1", "10.1.1.1", "172.16.0.9", "169.254.7.7", "100.63.255.255", "100.128.0.1"),
        *("223.255.255.254", "fd00::9", "2001:db8::9", "2001:4860::9", "100::1"),
    ):
        add(host, "Best", host)
    carrier = [["ppp0", "100.64.9.9/16"]]
    add("shared with the reader", "Nowhere", "100.64.1.1", "100.65.1.1", here=carrier)
    add("link-local", "Bound", "fe80::9")
    add("link-local, heard elsewhere", "Bound", ("fe80::9", "eth1"))
    add("link-local, febf", "Bound", "febf::9")
    add("link-local, IPv6 is not used there", "Bound", "fe80::9", here=ETH[:1])
    two = [*ETH, ["wlan0", "fe80::6/64"]]
    add(
        "link-local, of two interfaces",
        "Bound",
        ("fe80::9", "wlan0"),
        ("fe80::9", "eth0"),
        here=two,
    )
    add("loopback", "Bound", "127.0.0.1", "::1")
    add("loopback, on the loopback", "Bound", "127.0.0.1", "127.9.9.9", NEAR, here=LOOPBACK)
    add("::1, where only 127.0.0.1 is used", "Bound", "::1", here=LOOPBACK)
    six = [["lo", "::1/128"]]
    add("::1, where it is used", "Bound", "::1", "127.0.0.1", here=six)
    add("loopback beside another", "Bound", "127.0.0.1", NEAR, here=[*LOOPBACK, *ETH])
    add("others, on the loopback", "Bound", NEAR, "2001:4860::9", here=LOOPBACK)
    mixed = ("2001:4860::9", "10.1.1.1", "fe80::9", "2001:db8::9", NEAR, "2606:4700::1", "10.1.1.2")
    add("the best first", "Best", *mixed)
    add("among equals the newest first", "Best", "192.168.1.9", "192.168.1.8", "192.168.1.10")
    add("one twice", "Best", NEAR, "192.168.1.8", NEAR)
    add("one in two spellings", "Best", "2001:db8:0:0::9", "2001:db8::9")
    add("eight, and a ninth", "Best", *(f"192.168.1.{n}" for n in range(11, 20)))
    far = [f"10.0.0.{n}" for n in range(1, 9)]
    add("eight, and a better one", "Best", *far, NEAR)
    add("none", "Record", "0.0.0.0")  # noqa: S104

    def member(comment: str, *addresses: str) -> None:
        def judge() -> dict[str, Any]:
            return {"dial": [one for one in addresses if may_dial(one)]}

        made.add(comment, {"op": "member", "addresses": list(addresses)}, judge, flags="Told")

    member("none told")
    member("global ones", "1.0.0.1:4114", "[2001:4860::9]:4114", "[100::1]:4114")
    member("private ones", "192.168.1.9:4114", "10.0.0.1:4114", "[fd00::9]:4114")
    member("ports", *(f"1.0.0.1:{port}" for port in (0, 80, 1023, 1024, 65_535, 65_536)))
    member("names", "example.org:4114", "localhost:4114", "a:4114")
    member("loopback", "127.0.0.1:4114", "127.9.9.9:4114", "[::1]:4114")
    member("link-local", "169.254.1.1:4114", "[fe80::9]:4114", "[fe80::9%eth0]:4114")
    member("multicast", "224.0.0.251:4114", "[ff02::fb]:4114")
    member("nobody's", "0.0.0.0:4114", "0.1.2.3:4114", "240.0.0.1:4114", "255.255.255.255:4114")
    member("in disguise", "[::]:4114", "[::2]:4114", "[::ffff:10.0.0.1]:4114", "[64:ff9b::1]:4114")
    member(
        "no addresses", "1.0.0.1", "1.0.0.1:", ":4114", "1.0.0:4114", "2001:4860::9:4114", "[]:4114"
    )
    member("in their order, the bad ones left out", "10.0.0.2:80", "10.0.0.2:4114", "10.0.0.1:4114")
    return made
