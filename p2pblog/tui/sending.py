"""Bring what the person writes to the node: the composer, and the moment in which it is held.

The part of the app that looks after what is written; `outbox` holds it.
"""

from __future__ import annotations

from functools import cached_property

from p2pblog.api.when import said_time
from p2pblog.core.errors import P2PBlogError, Restoring
from p2pblog.tui.context import OpenThread, Write
from p2pblog.tui.conventions import Conventions
from p2pblog.tui.drafts import Draft
from p2pblog.tui.here import with_keys
from p2pblog.tui.letters import Letter, entry_of
from p2pblog.tui.outbox import HOLD_S, Outbox
from p2pblog.tui.screens.choose import Choice, ChooseScreen
from p2pblog.tui.screens.compose import ComposeScreen

_NEW = "new"


class Sending(Conventions):
    """An app in which one can write."""

    _held_said = ""  # what is shown while something can be taken back

    @cached_property
    def _outbox(self) -> Outbox:
        return Outbox(self._send)

    def on_write(self, message: Write) -> None:
        """Open the composer."""
        self.write(message)

    def action_compose(self) -> None:
        """Write a post."""
        self.write(Write())

    def action_drafts(self) -> None:
        """Choose what one began to write, and go on with it."""
        drafts = self.context.drafts.kept()
        choices = [Choice(about or _NEW, _draft_said(about, one)) for about, one in drafts]

        def chosen(about: str | None) -> None:
            if about == _NEW:
                self.write(Write())
            elif about:
                self.post_message(OpenThread(entry_of(about)))
                self.notify(_goes_on(about), markup=False)

        if drafts:
            self.push_screen(ChooseScreen("Drafts", choices), chosen)

    def write(self, message: Write) -> None:
        """Open the composer; hold what is sent for a moment."""

        def written(letter: Letter | None) -> None:
            if letter is not None:
                self.run_worker(self._hold(letter))

        if self.context.status.get("restoring"):
            self.notify(self.restoring_said, severity="error", markup=False)
        elif self.context.identity:
            self.push_screen(ComposeScreen(self.context, message), written)

    async def _hold(self, letter: Letter) -> None:
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
        self.context.drafts.put(letter.about, None)
        if letter.method == "post.later":
            self.notify(f"It waits until {said_time(result['at_ms'])}.", markup=False)
        elif (screen := self.reading()) is not None:
            screen.done_to(str(result.get("id" if letter.method == "post" else "entry") or ""))
            if (about := letter.write.reply_to) is not None:
                screen.done_to(about.subject)

    def action_take_back(self) -> None:
        """Open what was just sent, and is not signed yet, in the composer again."""
        if (letter := self._outbox.take_back()) is None:
            self.notify("There is nothing that can be taken back any more.", markup=False)
        else:
            self._unsay_held()
            self.write(letter.write)


def _draft_said(about: str, draft: Draft) -> str:
    kind = about.partition(" ")[0] if " " in about else "reply" if about else "new"
    return f"{kind}: {' '.join(draft.text.split()) or draft.warning or 'a poll'}"


def _goes_on(about: str) -> str:
    kind = about.partition(" ")[0] if " " in about else "reply"
    return with_keys(f"{{entry.{kind}}} on the post goes on with it.")
