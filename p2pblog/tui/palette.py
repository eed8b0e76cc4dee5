"""The commands of the palette, in the order in which one looks for them."""

from __future__ import annotations

from textual.command import DiscoveryHit, Hit, Hits, Provider


class Commands(Provider):
    """The commands of the app, unsorted: Textual's own provider puts them by the alphabet."""

    async def discover(self) -> Hits:
        """Yield every command, before anything is typed."""
        for title, said, callback, shown in self.app.get_system_commands(self.screen):
            if shown:
                yield DiscoveryHit(title, callback, help=said)

    async def search(self, query: str) -> Hits:
        """Yield the commands whose name, or else whose explanation, matches `query`."""
        matcher = self.matcher(query)
        for title, said, callback, _ in self.app.get_system_commands(self.screen):
            if (score := matcher.match(title)) > 0:
                yield Hit(score, matcher.highlight(title), callback, help=said)
            elif (score := matcher.match(said)) > 0:
                yield Hit(score / 2, title, callback, help=said)
