"""A node on a real socket that answers from a table, without a node's weight."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from p2pblog.api.spawn import receive
from p2pblog.api.wire import Frame, pack, socket_path

HELLO: Frame = {"version": "0", "pid": 1, "home": "", "arrival": 0}


@contextmanager
def answering(home: Path, answers: dict[str, Frame]) -> Iterator[list[Frame]]:
    """Answer at the socket of `home` until left; gives the list of requests."""
    asked: list[Frame] = []
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path = socket_path(home)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        while True:
            try:
                connected, _ = listener.accept()
            except OSError:
                return
            with connected:
                try:
                    while True:
                        request = receive(connected)
                        asked.append(request)
                        result = {"hello": HELLO, **answers}[request["method"]]
                        connected.sendall(pack({"id": request["id"], "result": result}))
                except EOFError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield asked
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        path.unlink(missing_ok=True)
