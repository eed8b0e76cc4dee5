"""Somebody's profile: what they say about themselves, and what they write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from p2pblog.core.limits import PINS_MAX
from p2pblog.tui.bars import StatusBar
from p2pblog.tui.context import Context, EditProfile, OpenView, SetFollow
from p2pblog.tui.here import here, with_keys
from p2pblog.tui.hints import HELP, MOVE
from p2pblog.tui.keys import FOLLOW_BINDINGS, PROFILE_BINDINGS, SELF_BINDINGS
from p2pblog.tui.screens.timeline import TimelineScreen
from p2pblog.tui.shapes import Person, called, read_person
from p2pblog.tui.words import count
from p2pblog.tui.wrap import shorten

_BIO_LINES_MAX = 6
_FIELDS_MAX = 4  # that are shown here


class ProfileScreen(TimelineScreen):
    """One person and their posts."""

    hints = ("{profile.follow} follow", "{back} back", HELP, "{list.open} thread", MOVE)
    BINDINGS: ClassVar[list[BindingType]] = [
        *SELF_BINDINGS,
        *PROFILE_BINDINGS,
        *FOLLOW_BINDINGS,
    ]
    DEFAULT_CSS = """
    ProfileScreen #card {
        height: auto; max-height: 40%; padding: 0 2; background: $surface;
    }
    """

    def __init__(self, context: Context, identity: str) -> None:
        super().__init__(context, f"user:{identity}", "Profile")
        self._identity = identity
        self.person = Person(identity)
        self._pinned = 0

    def body(self) -> Iterable[Widget]:
        """Yield the card above the timeline."""
        yield Static(id="card", markup=False)
        yield from super().body()

    async def fresh(self) -> None:
        """See `BlogScreen`."""
        self.person = read_person(await self.context.connection.call("profile", id=self._identity))
        pinned = await self.context.connection.call(
            "timeline", view=f"pinned:{self._identity}", limit=PINS_MAX
        )
        self._pinned = len(pinned.get("entries") or ())
        self.query_one("#card", Static).update(self._card())
        if self.person.self:
            self.query_one(StatusBar).show_hints(("{profile.edit} edit", *self.hints[1:]))
        await super().fresh()

    def action_pinned(self) -> None:
        """Show what this person has pinned."""
        if self._pinned:
            said = f"Pinned by {self.person.called}"
            self.post_message(OpenView(f"pinned:{self._identity}", said))

    def action_follow(self) -> None:
        """Follow this person, or no longer."""
        person = self.person
        if not person.self:
            self.post_message(SetFollow(person.identity, person.called, not person.followed))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the key that changes a profile to one's own."""
        return self.person.self if action == "edit" else super().check_action(action, parameters)

    def action_edit(self) -> None:
        """Change one's own profile."""
        self.post_message(EditProfile(self.person))

    def _card(self) -> Text:
        person, plain = self.person, here().settings.plain
        text = Text()
        text.append(called(person.name, person.identity), "bold")
        text.append("\n" if plain else "  ")
        if person.self:
            text.append(with_keys("this is you: {profile.edit} changes it"), "dim")
        elif person.followed:
            text.append("you follow them" if plain else "✓ following", "bold dim")
        else:
            text.append(with_keys("{profile.follow} to follow"), "bold dim")
        text.append(f"\n{shorten(person.identity, max(12, self.size.width - 4))}", "dim")
        if person.imitates:
            text.append(f"\n{'' if plain else '⚠ '}{person.imitates}", "bold")
        if person.bio:
            text.append("\n" + "\n".join(person.bio.split("\n")[:_BIO_LINES_MAX]))
        for name, value in person.fields[:_FIELDS_MAX]:
            text.append(f"\n{name}: ", "dim")
            text.append(value)
        facts = [
            count(person.posts, "post"),
            f"follows {person.following:,}",
            count(person.followers, "follower"),
            "follows you" if person.follows_me else "",
            "on this network" if person.near else "",
            with_keys(f"{count(self._pinned, 'pinned post')}: {{profile.pinned}} shows")
            if self._pinned
            else "",
        ]
        between = ", " if plain else " · "
        text.append("\n" + between.join(filter(None, facts)), "dim")
        return text
