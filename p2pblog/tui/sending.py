"""Bring what the person writes to the node: the composer, and the moment in which it is held.

The part of the app that looks after what is written; `outbox` holds it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from p2pblog.api.when import said_time
from p2pblog.core.errors import P2PBlogError, Restoring
from p2pblog.tui.context import OpenThread, Write
from p2pblog.tui.conventions import Conventions
from p2pblog.tui.drafts import Draft
from p2pblog.tui.here import with_keys
from p2pblog.tui.letters import (
    Letter,
    entry_of,
    is_sent,
    kept_sent,
    kept_under,
    subject_of,
    write_of,
)
from p2pblog.tui.outbox import HOLD_S, Outbox
from p2pblog.tui.screens.choose import Choice, ChooseScreen
from p2pblog.tui.screens.compose import ComposeScreen
from p2pblog.tui.shapes import Entry, read_entry

_NEW = "new"
_SENT_S = 3
_TROUBLE_S = 15


class Sending(Conventions):
    """An app in which one can write."""

    _held_said = ""  # what is shown while something can be taken back

    @cached_property
    def _outbox(self) -> Outbox:
        return Outbox(self._send)

    @cached_property
    def _on_way(self) -> set[str]:
        """Under what the drafts of letters are kept that are held, or being sent."""
        return set()

    def on_mount(self) -> None:
        """Say what is wrong with the drafts."""
        self._say_drafts_trouble()

    def drafts(self) -> list[tuple[str, Draft]]:
        """Return every draft with what it is kept under, the newest first."""
        kept = self.context.drafts.kept()
        self._say_drafts_trouble()
        return [(about, draft) for about, draft in kept if about not in self._on_way]

    def _say_drafts_trouble(self) -> None:
        if said := self.context.drafts.trouble():
            self.notify(said, severity="warning", markup=False, timeout=_TROUBLE_S)

    def on_write(self, message: Write) -> None:
        """Open the composer."""
        self.write(message)

    def action_compose(self) -> None:
        """Write a post."""
        self.write(Write())

    def action_drafts(self) -> None:
        """Choose what one began to write, and go on with it."""
        drafts = self.drafts()
        choices = [Choice(about or _NEW, _draft_said(about, one)) for about, one in drafts]

        def chosen(about: str | None) -> None:
            if about == _NEW:
                self.write(Write())
            elif about and is_sent(about):
                self.run_worker(self._go_on_with(about))
            elif about:
                self.post_message(OpenThread(entry_of(about)))
                self.notify(_goes_on(about), markup=False)

        if drafts:
            self.push_screen(ChooseScreen("Drafts", choices), chosen)

    async def _go_on_with(self, about: str) -> None:
        """Open the composer on what was sent and did not arrive."""
        if not (entry_id := entry_of(about)):
            self.write(Write(), about)
            return
        try:
            entry = read_entry(await self.context.connection.call("entry", entry=entry_id))
        except P2PBlogError:
            entry = Entry(entry_id)  # of which nothing can be shown
        self.write(write_of(about, entry), about)

    def _begun_under(self, write: Write) -> str:
        """Return under what is kept that the composer goes on with."""
        about = kept_under(write)
        others = [one for one, _ in self.drafts() if is_sent(one) and subject_of(one) == about]
        return others[0] if others and self.context.drafts.get(about) is None else about

    def write(self, message: Write, about: str | None = None) -> None:
        """Open the composer; hold what is sent for a moment.

        Args:
            about: under which the draft is kept; None: what was begun last of that kind.
        """

        def written(letter: Letter | None) -> None:
            if letter is not None:
                self.run_worker(self._hold(letter))

        if self.context.status.get("restoring"):
            self.notify(self.restoring_said, severity="error", markup=False)
        elif self.context.identity:
            if about is None:
                about = self._begun_under(message)
            self.push_screen(ComposeScreen(self.context, message, about), written)

    async def _hold(self, letter: Letter) -> None:
        # The next text that one writes has a draft of its own, and this one keeps its.
        about = kept_sent(letter.about, letter.draft.token)
        self._on_way.add(about)
        self.context.drafts.move(letter.about, about, letter.draft)
        letter = replace(letter, about=about)
        await self._outbox.put(letter)
        self._say_held(letter)
        self.set_timer(HOLD_S, lambda: self.run_worker(self._outbox.release(letter)))

    def _say_held(self, letter: Letter) -> None:
        """Say how long it can be taken back, until it cannot any more."""
        at_ms = letter.params.get("at_ms")
        what = "Sent" if at_ms is None else f"Kept for {said_time(at_ms)}"
        said = with_keys(f"{what} in {HOLD_S:.0f} seconds: {{take_back}} takes it back.")
        self._unsay_held()
        self._held_said = said
        self.notify(said, markup=False, timeout=HOLD_S)

    def _unsay_held(self) -> None:
        for shown in [one for one in self._notifications if one.message == self._held_said]:
            self._unnotify(shown)

    async def _send(self, letter: Letter) -> None:
        """Give a post to the node; show it where it belongs, or say that it is still a draft."""
        if not self._outbox.holds:  # or another one is held by now
            self._unsay_held()
        try:
            result = await self.context.connection.call(letter.method, **letter.params)
        except P2PBlogError as error:
            why = self.restoring_said if isinstance(error, Restoring) else str(error)
            self.trouble(f"Not sent, kept as a draft. {why}")
            return
        finally:
            self._on_way.discard(letter.about)
        self.context.drafts.put(letter.about, None)
        if letter.method == "post.later":
            self.notify(f"It waits until {said_time(result['at_ms'])}.", markup=False)
            return
        self.notify("Sent.", markup=False, timeout=_SENT_S)
        if (screen := self.reading()) is not None:
            screen.done_to(str(result.get("id" if letter.method == "post" else "entry") or ""))
            if (about := letter.write.reply_to) is not None:
                screen.done_to(about.subject)

    def action_take_back(self) -> None:
        """Open what was just sent, and is not signed yet, in the composer again."""
        if (letter := self._outbox.take_back()) is None:
            self.notify("There is nothing that can be taken back any more.", markup=False)
        else:
            self._unsay_held()
            self._on_way.discard(letter.about)
            self.write(letter.write, letter.about)


def _draft_said(about: str, draft: Draft) -> str:
    subject = subject_of(about)
    kind = subject.partition(" ")[0] if " " in subject else "reply" if subject else "new"
    unsent = ", not sent" if is_sent(about) else ""
    return f"{kind}{unsent}: {' '.join(draft.text.split()) or draft.warning or 'a poll'}"


def _goes_on(about: str) -> str:
    kind = about.partition(" ")[0] if " " in about else "reply"
    return with_keys(f"{{entry.{kind}}} on the post goes on with it.")
