"""A LanFinder as a process of its own: `finder_process.py DEVICE PORT [LISTEN_HOST]`.

Prints a JSON line for each event; ends, with a goodbye, when its standard input closes.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from p2pblog.net.interfaces import choose, snapshot
from p2pblog.net.mdns import LanFinder


def say(event: str, **fields: Any) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


async def main(device: bytes, port: int, hosts: list[str]) -> None:
    finder = LanFinder(
        device=device,
        network_key=b"network namespaces".ljust(32),
        port=port,
        addresses=lambda: choose(snapshot(), listen_hosts=hosts),
        on_found=lambda found: say("found", device=found.device[0], addresses=found.addresses),
        on_lost=lambda lost: say("lost", device=lost[0]),
        on_network=lambda change: say("network", change=change.name),
        poll_s=0.1,
    )
    await finder.start()
    say("started", interfaces=finder.state.interfaces, error=finder.state.error)
    await asyncio.to_thread(sys.stdin.read)
    await finder.close()


asyncio.run(main(bytes([int(sys.argv[1])]) * 32, int(sys.argv[2]), sys.argv[3:]))
