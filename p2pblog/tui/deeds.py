"""What can be done with a post, carried out: asked where it must be, said when it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.binding import Binding
from textual.screen import Screen

from p2pblog.content.text import clean_line
from p2pblog.core.limits import PAGE_ENTRIES_MAX
from p2pblog.tui.context import Context, CopyEntry, OpenPictures, OpenProfile, SetFollow, Write
from p2pblog.tui.entries import Deed
from p2pblog.tui.filtering import ask_how
from p2pblog.tui.here import key_said, with_keys
from p2pblog.tui.keys import ENTRY_BINDINGS
from p2pblog.tui.screens.choose import Choice, ChooseScreen
from p2pblog.tui.screens.choose_many import ChooseManyScreen
from p2pblog.tui.screens.history import HistoryScreen
from p2pblog.tui.screens.report import ReportScreen
from p2pblog.tui.shapes import Entry
from p2pblog.tui.why import sentences
from p2pblog.tui.words import ends

_OWN: tuple[Deed, ...] = ("edit", "pin", "erase")
_OTHERS: tuple[Deed, ...] = ("follow", "lists", "mute", "block", "report")
_WITH_AUTHOR: tuple[Deed, ...] = ("profile", "follow", "lists", "mute", "block")
_ERASING = (
    "Its text goes from this device and from every node that hears of it. "
    "Whoever has copied it keeps the copy; nobody can call that back."
)
_BLOCKING = (
    "Nothing of theirs is fetched, shown or passed on by this device any more, and what is here "
    "of them goes. Nobody else is told. p2pblog unblock takes it back."
)


class Deeds:
    """Does things with posts, for one screen."""

    def __init__(
        self, screen: Screen[Any], context: Context, changed: Callable[[str], None], view: str
    ) -> None:
        """Take the screen that shows the posts.

        Args:
            changed: called with the id of an entry that is to be read again.
            view: the timeline that is shown, or "".
        """
        self._screen = screen
        self._context = context
        self._changed = changed
        self._view = view

    async def do(self, entry: Entry, deed: Deed) -> None:
        """Carry out a deed on an entry.

        Raises:
            P2PBlogError: what the node answered.
        """
        author = entry.subject_author
        if deed in _WITH_AUTHOR and not author:
            self._say("Its author is not known here yet.")
        elif deed in _OWN and author != self._context.identity:
            self._say("That is for posts of your own.")
        elif deed in _OTHERS and author == self._context.identity:
            self._say("That is yourself.")
        else:
            await self._do(entry, deed, author)

    async def _do(self, entry: Entry, deed: Deed, author: str) -> None:
        post = self._screen.post_message
        match deed:
            case "reply":
                post(Write(reply_to=entry))
            case "quote":
                post(Write(quote=entry))
            case "edit":
                post(Write(edit=entry))
            case "profile":
                post(OpenProfile(author))
            case "picture":
                post(OpenPictures(entry))
            case "follow":
                await self._follow(entry, author)
            case "like":
                await self._call(entry, "like", entry=entry.subject, undo=entry.liked or None)
            case "repost":
                await self._call(entry, "repost", entry=entry.subject, undo=entry.reposted or None)
            case "bookmark":
                await self._call(
                    entry, "bookmark", entry=entry.subject, undo=entry.bookmarked or None
                )
                kept = with_keys("Bookmarked: {go} {go.bookmarks} shows it.")
                self._say("No longer bookmarked." if entry.bookmarked else kept)
            case "vote":
                await self._vote(entry)
            case "history":
                found = await self._context.connection.call("versions", entry=entry.subject)
                await self._ask(HistoryScreen(found, self._context.clock))
            case "pin":
                await self._pin(entry)
            case "erase":
                await self._erase(entry)
            case "lists":
                await self._lists(entry, author)
            case "mute":
                await self._mute(entry, author)
            case "block":
                await self._block(entry, author)
            case "report":
                await self._report(entry, author)
            case "why":
                await self._why(entry)
            case "more":
                await self._more(entry, author)

    async def _follow(self, entry: Entry, author: str) -> None:
        person = await self._context.connection.call("profile", id=author)
        followed = person.get("followed") is True
        self._screen.post_message(SetFollow(author, entry.subject_called, not followed))

    async def _vote(self, entry: Entry) -> None:
        poll = entry.poll
        if poll is None:
            return
        said = ends(poll.until_ms, self._context.clock())
        if poll.until_ms <= self._context.clock():
            self._say("The poll has ended.")
            return
        choices = [Choice(str(at), one.text) for at, one in enumerate(poll.answers)]
        said = f"Votes are signed and public; the poll {said}."
        if poll.many:
            before = [str(at) for at, one in enumerate(poll.answers) if one.chosen]
            chosen = await self._ask(ChooseManyScreen("Vote", choices, before, said))
            if chosen is None:
                return
        else:
            back = [Choice("back", "take my vote back")] * any(one.chosen for one in poll.answers)
            one = await self._ask(ChooseScreen("Vote", [*choices, *back], said))
            if not one:
                return
            chosen = [] if one == "back" else [one]
        await self._call(entry, "vote", entry=entry.subject, choices=[int(one) for one in chosen])

    async def _pin(self, entry: Entry) -> None:
        view = f"pinned:{self._context.identity}"
        found = await self._context.connection.call("timeline", view=view, limit=PAGE_ENTRIES_MAX)
        pinned = any(one.get("id") == entry.subject for one in found.get("entries") or ())
        await self._call(entry, "pin", entry=entry.subject, undo=pinned or None)
        self._say("No longer pinned." if pinned else "Pinned: it stands first in your profile.")

    async def _erase(self, entry: Entry) -> None:
        choices = [Choice("erase", "erase it"), Choice("", "leave it")]
        if await self._ask(ChooseScreen("Erase this post?", choices, _ERASING)):
            await self._call(entry, "erase", entry=entry.subject)
            self._say("Erased.")

    async def _lists(self, entry: Entry, author: str) -> None:
        found = (await self._context.connection.call("lists")).get("lists") or []
        if not found:
            self._say(with_keys("You have no lists yet: {go} {go.kept} begins one."))
            return
        choices = [Choice(one["name"], clean_line(one["name"])) for one in found]
        before = [
            one["name"]
            for one in found
            if any(member["identity"] == author for member in one["members"])
        ]
        screen = ChooseManyScreen(f"{entry.subject_called} is on", choices, before)
        chosen = await self._ask(screen)
        if chosen is None:
            return
        for name in set(before).symmetric_difference(chosen):
            await self._call(
                entry, "list.member", name=name, id=author, undo=name in before or None
            )
        if put := [name for name in chosen if name not in before]:
            self._say(f"{entry.subject_called} is on {_listed(put)} now.")
        if taken := [name for name in before if name not in chosen]:
            self._say(f"{entry.subject_called} is no longer on {_listed(taken)}.")

    async def _mute(self, entry: Entry, author: str) -> None:
        name = entry.subject_called
        how = await ask_how(self._screen.app, f"Mute {name}", self._context.clock())
        if how is None:
            return
        await self._call(entry, "filter", what="person", value=author, **how)
        self._say(f"Muted {name}: " + with_keys("{go} {go.kept} shows whom you mute."))

    async def _block(self, entry: Entry, author: str) -> None:
        name = entry.subject_called
        choices = [Choice("block", "block them"), Choice("", "leave it")]
        if await self._ask(ChooseScreen(f"Block {name}?", choices, _BLOCKING)):
            await self._call(entry, "block", id=author)
            self._say(f"Blocked {name}.")

    async def _report(self, entry: Entry, author: str) -> None:
        name = entry.subject_called
        chosen = await self._ask(ReportScreen(name, known=bool(author)))
        if chosen is None:
            return
        if chosen.keeps:
            await self._call(
                entry, "report", target=entry.subject, reason=chosen.reason, note=chosen.note
            )
        if chosen.hides:
            await self._call(entry, "filter", what="post", value=entry.subject)
        if chosen.mutes:
            await self._call(entry, "filter", what="person", value=author)
        if chosen.blocks:
            await self._call(entry, "block", id=author)
        self._say(chosen.said(name))

    async def _why(self, entry: Entry) -> None:
        # Among notifications a row's id is its own; a repost is asked about by what it is itself.
        about = entry.id if entry.notice is None else entry.subject
        found = await self._context.connection.call("why", entry=about, view=self._view)
        self._say("\n".join(sentences(found)))

    async def _more(self, entry: Entry, author: str) -> None:
        own = author == self._context.identity
        shown = [
            Choice(what, binding.description, key_said(binding.id or ""))
            for binding in ENTRY_BINDINGS
            if isinstance(binding, Binding) and (what := _deed_of(binding) or _copy_of(binding))
        ]
        left_out = {"more", *(_OTHERS if own else _OWN)}
        left_out |= set() if entry.poll else {"vote"}
        left_out |= set() if entry.media else {"picture"}
        left_out |= set() if entry.edited_ms else {"history"}
        chosen = await self._ask(
            ChooseScreen(entry.subject_called, [one for one in shown if one.id not in left_out])
        )
        for deed in _DEEDS:
            if deed == chosen:
                await self.do(entry, deed)
        if chosen in _COPIES:
            self._screen.post_message(CopyEntry(entry, _COPIES[chosen]))

    async def _call(self, about: Entry, method: str, /, **params: Any) -> None:
        await self._context.connection.call(method, **params)
        self._changed(about.subject)

    async def _ask(self, screen: Screen[Any]) -> Any:
        return await self._screen.app.push_screen_wait(screen)

    def _say(self, text: str) -> None:
        self._screen.notify(text, markup=False)


_DEEDS: tuple[Deed, ...] = (
    *("reply", "quote", "repost", "like", "bookmark", "vote", "profile", "picture", "history"),
    *_OWN,
    *_OTHERS,
    "why",
)


_COPIES = {"entry.copy": "text", "entry.copy_id": "id"}
"""What is copied of a post, by the ids of the bindings that do it."""


def _copy_of(binding: Binding) -> str:
    """Return the id of a key that copies, or ""."""
    return binding.id if binding.id and binding.id in _COPIES else ""


def _listed(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _deed_of(binding: Binding) -> str:
    """Return the deed that a key asks for, or ""."""
    return next((deed for deed in _DEEDS if binding.action == f"ask('{deed}')"), "")
