"""Put a node together and run it: what `p2pblog node` does."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from p2pblog.node.config import Config, read_config
from p2pblog.node.home import Home
from p2pblog.node.process import Service, run_node


def serve(home: Path, listen: Sequence[str], no_lan: bool, linger: bool) -> int:
    """Run the node of `home` until it is told to end; return the exit status.

    Args:
        listen: HOST:PORT addresses to accept links at; empty for what is configured.
        no_lan: do not look for peers on the local network.
        linger: end when the last face has left.
    """

    def configure(opened: Home) -> Config:
        return read_config(opened.config, os.environ, listen=listen, no_lan=no_lan)

    return run_node(home, configure, build, linger=linger)


async def build(home: Home, config: Config) -> Service:
    """Return the service of a node, not yet started."""
    # Only here: one of several nodes that race for a home gives up before it needs this.
    from p2pblog.node.service import NodeService

    return NodeService(home, config)
