"""Decide how a face asks the node: `SyncClient` one call at a time, `NodeClient` many at once.

Implements the face's end of docs/api.md.  A command's whole life is one `SyncClient`, so this
module imports no asyncio; `NodeClient` stands in p2pblog/api/live.py and is fetched from there
by the first face that asks for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from p2pblog.api.spawn import error_in, reach, receive
from p2pblog.api.wire import Frame, pack
from p2pblog.core.errors import NodeUnreachable

if TYPE_CHECKING:
    from types import TracebackType

    from p2pblog.api.live import NodeClient

__all__ = ["NodeClient", "SyncClient"]


def __getattr__(name: str) -> Any:
    if name == "NodeClient":
        from p2pblog.api.live import NodeClient

        return NodeClient
    raise AttributeError(name)


class SyncClient:
    """A blocking connection to the node of one home; a context manager.

    Fields:
        hello: what the node said of itself when the connection came up (docs/api.md).
        fresh: whether there was no node before, so that this one has met nobody yet.
    """

    def __init__(self, home: Path, *, start: bool = True) -> None:
        """Connect to the node of `home`, starting one if none runs and `start`.

        Raises:
            P2PBlogError: as p2pblog/api/spawn.py `reach` says.
        """
        self._connected, self.hello, self.fresh = reach(home, start=start)
        self._ids = itertools.count(1)

    def call(
        self,
        method: str,
        /,
        *,
        on_progress: Callable[[int, int], None] | None = None,
        **params: Any,
    ) -> Frame:
        """Return the result of `method`, waiting for it as long as it takes.

        Args:
            on_progress: called with what is done and the total, in the method's unit.
        Raises:
            P2PBlogError: as the node answered; NodeUnreachable when it ended instead.
            Unencodable: `params` hold what the API cannot carry.
        """
        request = next(self._ids)
        data = pack({"id": request, "method": method, "params": params})
        try:
            self._connected.sendall(data)
            while True:
                frame = receive(self._connected)
                if (error := error_in(frame)) is not None and frame.get("id", request) == request:
                    raise error
                match frame:
                    case {"id": int(answered), "result": dict(result)} if answered == request:
                        return result
                    case {
                        "id": int(answered),
                        "progress": {"done": int(done), "total": int(total)},
                    }:
                        if on_progress is not None and answered == request:
                            on_progress(done, total)
        except (OSError, EOFError) as error:
            raise NodeUnreachable("it ended before it had answered") from error

    def close(self) -> None:
        """Hang up; a request that is under way is finished without us."""
        self._connected.close()

    def __enter__(self) -> SyncClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
