"""Somebody's profile: what they say about themselves, and what they write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from p2pblog.core.limits import PINS_MAX
from p2pblog.tui.bars import StatusBar
from p2pblog.tui.context import Context, EditProfile, OpenView, SetFollow
from p2pblog.tui.here import here, with_keys
from p2pblog.tui.hints import HELP, MOVE
from p2pblog.tui.keys import FOLLOW_BINDINGS, PROFILE_BINDINGS, SELF_BINDINGS
from p2pblog.tui.screens.about import AboutScreen, said_by
from p2pblog.tui.screens.timeline import TimelineScreen
from p2pblog.tui.shapes import Person, called, read_person
from p2pblog.tui.words import count
from p2pblog.tui.wrap import shorten, wrap

_CARD_PERCENT = 40  # of the screen, beyond which what they say is cut


class Card(Static):
    """Who it is, above their posts; a click shows all that they say."""

    class Pressed(Message):
        """The card was clicked."""

    def on_click(self) -> None:
        """Show all of it."""
        self.post_message(self.Pressed())


class ProfileScreen(TimelineScreen):
    """One person and their posts."""

    keys_first = ("On a profile", "On your profile")
    hints = (
        "{profile.follow} follow", "{back} back", HELP, "{profile.about} about",
        "{list.open} thread", MOVE,
    )  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        *SELF_BINDINGS,
        *PROFILE_BINDINGS,
        *FOLLOW_BINDINGS,
    ]
    DEFAULT_CSS = """
    ProfileScreen #card {
        height: auto; max-height: 70%; padding: 0 2; background: $surface;
    }
    """

    def __init__(self, context: Context, identity: str) -> None:
        super().__init__(context, f"user:{identity}", "Profile")
        self._identity = identity
        self.person = Person(identity)
        self._pinned = 0

    def body(self) -> Iterable[Widget]:
        """Yield the card above the timeline."""
        yield Card(id="card", markup=False)
        yield from super().body()

    async def fresh(self) -> None:
        """See `BlogScreen`."""
        self.person = read_person(await self.context.connection.call("profile", id=self._identity))
        pinned = await self.context.connection.call(
            "timeline", view=f"pinned:{self._identity}", limit=PINS_MAX
        )
        self._pinned = len(pinned.get("entries") or ())
        self._show_card()
        if self.person.self:
            self.query_one(StatusBar).show_hints(("{profile.edit} edit", *self.hints[1:]))
        await super().fresh()

    def on_resize(self) -> None:
        """Show as much as there is room for now."""
        if self.timeline.loaded:
            self._show_card()

    def on_card_pressed(self) -> None:
        """Show all that they say."""
        self.action_about()

    def action_about(self) -> None:
        """Show all that this person says of themselves, and follow links in it."""
        self.app.push_screen(AboutScreen(self.context, self.person))

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

    def _show_card(self) -> None:
        for card in self.query(Card):
            head, facts = self._head(), self._facts()
            width = max(12, self.size.width - 4)
            taken = len(wrap(f"{head.plain}\n{facts.plain}", width))
            room = self.size.height * _CARD_PERCENT // 100 - taken
            card.update(Text("\n").join([head, *self._said(width, room), facts]))

    def _said(self, width: int, room: int) -> list[Text]:
        """Return what they say of themselves in lines, cut where there is no room for all."""
        lines: list[Text] = []
        for name, text in said_by(self.person):
            before = f"{name}: " if name else ""
            said = [Text(line) for line in wrap(before + text, width)]
            said[0].stylize("dim", 0, len(before))
            lines += said
        if len(lines) > room:
            more = Text(with_keys("… {profile.about} shows all they say"), "dim")
            lines = [*lines[: max(0, room - 1)], more]
        return lines

    def _head(self) -> Text:
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
        return text

    def _facts(self) -> Text:
        person = self.person
        facts = [
            count(person.posts, "post"),
            f"follows {person.following:,}",
            count(person.followers, "follower"),
            "follows you" if person.follows_me else "",
            "on this network" if person.near else "",
            _pinned_said(self._pinned),
        ]
        between = ", " if here().settings.plain else " · "
        return Text(between.join(filter(None, facts)), "dim")


def _pinned_said(number: int) -> str:
    if not number:
        return ""
    them = "it" if number == 1 else "them"
    return with_keys(f"{count(number, 'pinned post')}: {{profile.pinned}} shows {them}")
