"""What a node wants of whom: the policy, told by the views, and sessions, told by the policy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from p2pblog.node.home import Identity
from p2pblog.node.hub import Hub
from p2pblog.node.own_logs import OwnLogs
from p2pblog.node.rationing import Rationing
from p2pblog.node.reading import Reading
from p2pblog.node.roster import Roster
from p2pblog.node.wishes import Wishes
from p2pblog.node.writer import Writer
from p2pblog.store.logs import LogStore
from p2pblog.store.tokens import PeerTokens
from p2pblog.sync.policy import Policy
from p2pblog.sync.rules import Distance, Rule
from p2pblog.views.database import Changes, Views
from p2pblog.views.reader import Reader


class Wanting:
    """Keeps policy and sessions up to date; lives on one event loop.

    Fields:
        policy: answers how much of a log is wanted.
        wishes: tells the policy whom whoever lives here follows.
    """

    def __init__(
        self,
        rules: Mapping[Distance, Rule],
        store: LogStore,
        tokens: PeerTokens,
        writer: Writer,
        views: Views,
        reading: Reading,
        reader: Reader,
        own_logs: OwnLogs,
        roster: Roster,
        *,
        hub: Callable[[], Hub | None],
        restoring: Callable[[], bool],
    ) -> None:
        """Prepare to want.

        Args:
            hub: returns the node's hub, or None while it is offline.
            restoring: tells whether one's own history is still coming back.
        """
        self._store = store
        self._tokens = tokens
        self._hub = hub
        self._rationing = Rationing(self._seek)
        self.policy = Policy(
            store.logs,
            store.bare,
            rules=rules,
            sizes=store.sizes,
            on_spent=self._rationing.spent,
        )
        self.wishes = Wishes(
            self.policy,
            own_logs,
            reading,
            reader,
            roster,
            store,
            writer,
            restoring=restoring,
            complete=lambda: views.indexed >= self._complete_at,
        )
        # Views that have come this far know whom their owner follows.
        self._complete_at = store.arrival

    async def start(self, who: Identity) -> None:
        """Want what `who` wants, and go on doing so."""
        self._rationing.start(self.policy)
        await self.wishes.start(who, self._wishes_changed)

    def close(self) -> None:
        """Stop."""
        self._rationing.close()
        self.wishes.close()

    def changed(self, changes: Changes) -> None:
        """Hear from the views what has changed."""
        if changes.rebuilt:
            self._complete_at = self._store.arrival
            self.wishes.doubt()
        elif changes.owners or changes.followers or not self.wishes.sure:
            self.wishes.review()

    def log_grew(self, log: bytes) -> None:
        """Hear that more of a log is here."""
        self.policy.count(log)
        self.wishes.log_grew(log)

    def holds_less(self, logs: Iterable[bytes]) -> None:
        """Hear that less of these logs is held than before."""
        hub = self._hub()
        for log in logs:
            self.policy.count(log)
            if hub is not None:
                hub.log_changed(log)

    def unblocked(self, logs: Collection[bytes]) -> None:
        """Hear that these logs may be taken again."""
        # Peers told of them, and of their forks, when nobody here wanted to know.
        self._tokens.forget()
        self._seek(logs)

    def _wishes_changed(self) -> None:
        if (hub := self._hub()) is not None:
            hub.wishes_changed()

    def _seek(self, logs: Collection[bytes]) -> None:
        if (hub := self._hub()) is not None:
            hub.seek(logs)
