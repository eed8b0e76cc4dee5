"""A home's router: `python -m tests.netns.router INTERFACE OUTSIDE`, in a namespace of its own.

UDP over IPv4 alone, the way most routers do it: a port of the home gets one port outside,
whoever it speaks to; but in comes only what comes from an address and port that it has spoken
to before.  Written in user space, so that it needs nothing of the kernel but sockets.
"""

from __future__ import annotations

import selectors
import socket
import struct
import sys

_IP, _UDP = 0x0800, 17
_TO_US = 0  # what is addressed to this machine, of all that a packet socket sees

Place = tuple[str, int]


class Router:
    """Everything that a router remembers."""

    def __init__(self, inner: str, outside: str) -> None:
        """Args: inner is the interface of the home, outside an address of this machine."""
        self._outside = outside
        self._inner = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_IP))
        self._inner.bind((inner, _IP))
        self._raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._doors: dict[Place, socket.socket] = {}
        self._spoken_to: dict[Place, set[Place]] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._inner, selectors.EVENT_READ)

    def run(self) -> None:
        """Pass on what comes, until the process is ended."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._inner:
                    self._out()
                else:
                    self._in(key.data)

    def _out(self) -> None:
        packet, (_, _, kind, *_) = self._inner.recvfrom(65_536)
        head = (packet[0] & 15) * 4
        if kind != _TO_US or packet[9] != _UDP:
            return
        source, target = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
        source_port, target_port, size = struct.unpack_from("!HHH", packet, head)
        home, there = (source, source_port), (target, target_port)
        if home not in self._doors:
            door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            door.bind((self._outside, 0))
            self._doors[home], self._spoken_to[home] = door, set()
            self._selector.register(door, selectors.EVENT_READ, home)
        self._spoken_to[home].add(there)
        try:
            self._doors[home].sendto(packet[head + 8 : head + size], there)
        except OSError:
            return  # nowhere: a private address of somebody else's home

    def _in(self, home: Place) -> None:
        data, there = self._doors[home].recvfrom(65_536)
        if there not in self._spoken_to[home]:
            return
        udp = struct.pack("!HHHH", there[1], home[1], 8 + len(data), 0) + data
        addresses = socket.inet_aton(there[0]) + socket.inet_aton(home[0])
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, _UDP, 0)
        self._raw.sendto(head + addresses + udp, (home[0], 0))


if __name__ == "__main__":
    Router(sys.argv[1], sys.argv[2]).run()
