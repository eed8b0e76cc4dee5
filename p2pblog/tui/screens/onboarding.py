"""The first minutes: three doors; behind the first a name, 24 words, an offer to practise them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, TypeAlias

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Input, Label, Static

from p2pblog.content.text import clean_line
from p2pblog.core.errors import IdentityExists, P2PBlogError
from p2pblog.tui.context import Context
from p2pblog.tui.here import here, with_keys
from p2pblog.tui.keys import LEAVE_WORDS_BINDINGS, PRACTISE_BINDINGS, WORDS_BINDINGS
from p2pblog.tui.leaving import Dialog, LeftOnce
from p2pblog.tui.screens.doors import BOX_CSS, JoinScreen, RestoreScreen
from p2pblog.tui.screens.edit import trouble_with_name

_PRACTISED_WORDS = 3
_COLUMN_CELLS = 16

Door: TypeAlias = Literal["words", "device"]


class WelcomeScreen(LeftOnce["dict[str, Any] | Door"]):
    """Ask for a name and make an identity; its result is the answer to `init`, or another door."""

    DEFAULT_CSS = f"WelcomeScreen {{ {BOX_CSS} }}"

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._shared = context
        self._busy = False

    def compose(self) -> ComposeResult:
        """Say what this is, and ask."""
        with VerticalScroll() as box:
            box.border_title = "Welcome to p2pblog"
            yield Static(
                "A microblog with nobody in the middle. What you write is signed on this device "
                "and passed on from one to the next. There is no account and no server: all it "
                "takes is a name.",
                markup=False,
            )
            yield Label("What shall people call you?")
            yield Input(placeholder="your name", id="name")
            yield Static(id="trouble", markup=False)
            with Horizontal():
                yield Button("Begin", variant="primary", id="begin")
            yield Static("The name can be changed later. Are you somebody already?", markup=False)
            with Horizontal():
                yield Button("I have 24 words", id="words")
                yield Button("Another device", id="device")
            yield Static(with_keys("{quit} leaves."), markup=False)

    def on_mount(self) -> None:
        """Begin in the name."""
        self.query_one(Input).focus()

    @on(Button.Pressed, "#words")
    @on(Button.Pressed, "#device")
    def _leave_by(self, message: Button.Pressed) -> None:
        if not self._busy:
            self.dismiss("words" if message.button.id == "words" else "device")

    @on(Input.Submitted)
    @on(Button.Pressed, "#begin")
    def _begin(self) -> None:
        name = clean_line(self.query_one(Input).value)
        trouble = self.query_one("#trouble", Static)
        if wrong := trouble_with_name(name):
            trouble.update(wrong)
        elif not self._busy:
            self._busy = True
            self.run_worker(self._make(name))

    async def _make(self, name: str) -> None:
        call = self._shared.connection.call
        try:
            try:
                made = await call("init", name=name)
            except IdentityExists:  # a door that was left has led somewhere after all
                made = await call("whoami")
        except P2PBlogError as error:
            self.query_one("#trouble", Static).update(Text(clean_line(str(error))))
            return
        finally:
            self._busy = False
        self.dismiss(made)


def numbered(words: Sequence[str], columns: int, *, across: bool = False) -> Text:
    """Return the words with their numbers, down the columns, or else across them."""
    rows = -(-len(words) // columns)
    text = Text()
    for row in range(rows):
        line = range(row * columns, min((row + 1) * columns, len(words)))
        for at in line if across else range(row, len(words), rows):
            text.append(f"{at + 1:>2} ", "dim")
            text.append(f"{words[at]:<{_COLUMN_CELLS - 3}}", "bold")
        text.append("\n" if row < rows - 1 else "")
    return text


def _below() -> str:
    return "Down: more below" if here().settings.plain else "↓ more below"


class WordsScreen(LeftOnce[bool]):
    """Show the 24 words, once; the result tells whether they are to be practised."""

    DEFAULT_CSS = f"WordsScreen {{ {BOX_CSS} }}"
    BINDINGS: ClassVar[list[BindingType]] = WORDS_BINDINGS
    AUTO_FOCUS = ""  # which would scroll to the first button, past words

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        self._words = [clean_line(word) for word in words]

    def compose(self) -> ComposeResult:
        """Show the words and what they are for."""
        with VerticalScroll(can_focus=False) as box:
            box.border_title = "Your 24 words"
            yield Static(
                "Write these down on paper, in this order. They bring your identity back on a new "
                "machine (there: I have 24 words); whoever finds them can do so, too. They are "
                "shown this once and kept nowhere.",
                markup=False,
            )
            yield Static(id="words", markup=False)
            with Horizontal():
                yield Button(
                    with_keys("Practise ({words.practise})"), variant="primary", id="practise"
                )
                yield Button(with_keys("I have them ({words.skip})"), id="skip")
            yield Static(
                "Those you link to see your name, people on this network among them. Nothing else "
                "is published until you write something.",
                markup=False,
            )

    def on_mount(self) -> None:
        """Lay the words out for the width there is; begin at the first, and say what is below."""
        self._lay_out()
        self.query_one("#practise", Button).focus(scroll_visible=False)
        box = self.query_one(VerticalScroll)
        self.watch(box, "scroll_y", self._say_more, init=False)
        self.watch(box, "virtual_size", self._say_more, init=False)
        self.call_after_refresh(self._say_more)

    def on_resize(self) -> None:
        """Lay the words out again."""
        self._lay_out()

    def _lay_out(self) -> None:
        room = min(self.app.size.width, 70) - 8
        columns = next((n for n in (4, 3, 2) if n * _COLUMN_CELLS <= room), 1)
        shown = numbered(self._words, columns, across=here().settings.plain)
        self.query_one("#words", Static).update(shown)
        self.call_after_refresh(self._say_more)

    def _say_more(self) -> None:
        for box in self.query(VerticalScroll):
            below = box.max_scroll_y > box.scroll_target_y
            box.border_subtitle = _below() if below else ""

    @on(Button.Pressed, "#practise")
    def action_practise(self) -> None:
        """Practise."""
        self.dismiss(True)

    @on(Button.Pressed, "#skip")
    def action_skip(self) -> None:
        """Go on."""
        self.dismiss(False)


class PractiseScreen(LeftOnce[bool]):
    """Ask for three of the words; the result tells whether they were known (else: skipped).

    Args:
        words: all of them.
        places: which are asked for, counted from 0.
    """

    DEFAULT_CSS = f"""
    PractiseScreen {{ {BOX_CSS} }}
    PractiseScreen Input {{
        border: none; height: 1; padding: 0; background: $panel;
        &:focus {{ border: none; }}
    }}
    """
    BINDINGS: ClassVar[list[BindingType]] = PRACTISE_BINDINGS

    def __init__(self, words: Sequence[str], places: Sequence[int]) -> None:
        super().__init__()
        self._words = words
        self._places = places

    def compose(self) -> ComposeResult:
        """Ask."""
        with VerticalScroll(can_focus=False) as box:
            box.border_title = "From your paper"
            for place in self._places:
                yield Label(f"Word {place + 1}")
                yield Input(id=f"word-{place}")
            yield Static(id="trouble", markup=False)
            with Horizontal():
                yield Button("Check", variant="primary", id="check")
                yield Button(with_keys("See them again ({practise.back})"), id="back")

    def on_mount(self) -> None:
        """Begin with the first."""
        self.query(Input).first().focus()

    @on(Input.Submitted)
    def _next(self, message: Input.Submitted) -> None:
        inputs = list(self.query(Input))
        at = inputs.index(message.input)
        if at + 1 < len(inputs):
            inputs[at + 1].focus()
        else:
            self._check()

    @on(Button.Pressed, "#check")
    def _check(self) -> None:
        for place in self._places:
            field = self.query_one(f"#word-{place}", Input)
            if field.value.strip().lower() != self._words[place].lower():
                said = f"Word {place + 1} is another one. Look at your paper, and try again."
                self.query_one("#trouble", Static).update(said)
                field.focus()
                return
        self.dismiss(True)

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """Show the words again."""
        self.dismiss(False)


class LeaveWordsScreen(Dialog[bool]):
    """Ask before the words are lost; the result tells whether to leave."""

    DEFAULT_CSS = (
        f"LeaveWordsScreen {{ {BOX_CSS} & > VerticalScroll {{ border: round $warning; }} }}"
    )
    BINDINGS: ClassVar[list[BindingType]] = LEAVE_WORDS_BINDINGS

    def compose(self) -> ComposeResult:
        """Ask."""
        with VerticalScroll(can_focus=False) as box:
            box.border_title = "Leave without the words?"
            yield Static(
                "Your 24 words are never shown again. Without them nobody can bring your identity "
                "back when this device is lost.",
                markup=False,
            )
            with Horizontal():
                yield Button(with_keys("Stay ({words.stay})"), variant="primary", id="stay")
                yield Button(with_keys("Leave ({words.leave})"), id="leave")

    def on_mount(self) -> None:
        """Staying is what Enter does."""
        self.query_one("#stay", Button).focus()

    @on(Button.Pressed, "#leave")
    def action_leave(self) -> None:
        """Leave."""
        self.dismiss(True)

    @on(Button.Pressed, "#stay")
    def action_stay(self) -> None:
        """Stay."""
        self.dismiss(False)


async def onboard(context: Context, show: Any) -> dict[str, Any]:
    """Lead through the first minutes; return whose device this is, without the words.

    What a door leads to goes on in the node: who leaves it may be somebody by then, whose
    history is still to come.

    Args:
        show: shows a screen and returns its result (Textual's `push_screen_wait`).
    """
    made: dict[str, Any] | Door | None = None
    while not isinstance(made, dict):
        if made is None:
            made = await show(WelcomeScreen(context))
        else:
            door = RestoreScreen if made == "words" else JoinScreen
            made = await show(door(context)) or await _somebody(context)
    words = [str(word) for word in made.pop("words", ())]
    while words and await show(WordsScreen(words)):
        places = sorted(context.chance.sample(range(len(words)), _PRACTISED_WORDS))
        if await show(PractiseScreen(words, places)):
            break
    return made


async def _somebody(context: Context) -> dict[str, Any] | None:
    """Return whose device this is, or None: nobody's, or there is no node that could say."""
    try:
        return await context.connection.call("whoami")
    except P2PBlogError:
        return None
