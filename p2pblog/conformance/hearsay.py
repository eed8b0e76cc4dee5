"""What is believed of announcements on the LAN, and of addresses that peers tell of.

Implements the operations `lan.read` and `member.dial` of protocol/conformance.md section 3.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_interface

from p2pblog.conformance.values import Fields, Json, unhex
from p2pblog.net.interfaces import InterfaceAddress, InterfaceKind
from p2pblog.net.lan_records import Record, is_instance_name, network_tag, read_record
from p2pblog.net.members import may_be_dialled


def lan_read(f: Fields) -> Json:
    numbers = {name: at for at, name in enumerate(dict.fromkeys(name for name, _ in f["here"]), 1)}
    here = []
    for name, spelt in f["here"]:
        own = ip_interface(spelt)
        kind = InterfaceKind.LOOPBACK if own.is_loopback else InterfaceKind.LAN
        prefix = own.network.prefixlen
        here.append(InterfaceAddress(name, numbers[name], str(own.ip), prefix, kind))
    heard = tuple(
        (ip_address(spelt).packed, numbers.get(name, 0)) for spelt, name in f["addresses"]
    )
    found = None
    if is_instance_name(f["name"]):
        record = Record(f["name"], unhex(f["txt"]), f["port"], heard, 120)
        found = read_record(record, tag=network_tag(unhex(f["network"])), here=here)
    if found is None or found.device == unhex(f["device"]):
        return {"found": None, "dial": []}
    return {"found": found.device.hex(), "dial": list(found.addresses)}


def member_dial(f: Fields) -> Json:
    return {"dial": list(may_be_dialled(f["addresses"], ()))}


HEARSAY: dict[str, Callable[[Fields], Json]] = {"lan.read": lan_read, "member.dial": member_dial}
