"""Count the bytes of a TCP connection by standing in its way: `with Relay(address) as relay`."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Lock, Thread

_TAKEN_BYTES = 256 * 1024


class Relay:
    """Passes one connection on to `address` (HOST:PORT on this machine), in threads of its own."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = Lock()
        self.bytes = 0
        """What has passed, in both directions."""
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where to connect instead."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        with near, socket.create_connection(self._target) as far:
            back = Thread(target=self._pump, args=(far, near), daemon=True)
            back.start()
            self._pump(near, far)
            back.join()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_TAKEN_BYTES):
                with self._lock:
                    self.bytes += len(data)
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
