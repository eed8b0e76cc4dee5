"""Change one's own name and what one says of oneself."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label, Static, TextArea

from p2pblog.content.text import clean_line, graphemes
from p2pblog.core.errors import P2PBlogError
from p2pblog.core.limits import (
    BIO_BYTES_MAX,
    FIELD_NAME_BYTES_MAX,
    FIELD_VALUE_BYTES_MAX,
    NAME_BYTES_MAX,
    NAME_GRAPHEMES_MAX,
    PROFILE_FIELDS_MAX,
)
from p2pblog.tui.bounded import SAID_FULL, BoundedArea, BoundedInput
from p2pblog.tui.context import Context
from p2pblog.tui.here import with_keys
from p2pblog.tui.keys import EDIT_BINDINGS
from p2pblog.tui.leaving import Dialog
from p2pblog.tui.screens.base import said_or_gone
from p2pblog.tui.shapes import Person
from p2pblog.tui.typed import after_typing

# What the fields take: more than may be saved, so that a long text can be shortened in them.
_NAME_TYPED_MAX = 4 * NAME_BYTES_MAX
_BIO_TYPED_MAX = 4 * BIO_BYTES_MAX
_FIELDS_TYPED_MAX = 2 * PROFILE_FIELDS_MAX * (FIELD_NAME_BYTES_MAX + FIELD_VALUE_BYTES_MAX)


def trouble_with_name(name: str) -> str:
    """Return what is wrong with a name (one cleaned line), or ""."""
    if not name:
        return "Type a name first."
    if graphemes(name) > NAME_GRAPHEMES_MAX or len(name.encode()) > NAME_BYTES_MAX:
        return f"That is too long: at most {NAME_GRAPHEMES_MAX} characters."
    return ""


def read_fields(typed: str) -> tuple[tuple[str, str], ...] | str:
    """Return the fields in lines of NAME: VALUE, or in words what is wrong with them."""
    fields: list[tuple[str, str]] = []
    for line in filter(None, (clean_line(one) for one in typed.split("\n"))):
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not (name and colon and value):
            return f"Write NAME: VALUE, not “{line[:30]}”."
        if len(name.encode()) > FIELD_NAME_BYTES_MAX or len(value.encode()) > FIELD_VALUE_BYTES_MAX:
            return f"“{name[:30]}” is too long: shorten it."
        fields.append((name, value))
    if len(fields) > PROFILE_FIELDS_MAX:
        return f"At most {PROFILE_FIELDS_MAX} lines."
    return tuple(fields)


class EditProfileScreen(Dialog[str]):
    """One's profile, to be written anew; the result is the name that was saved, or "".

    Args:
        person: oneself, as one is known now.
    """

    BINDINGS: ClassVar[list[BindingType]] = EDIT_BINDINGS
    DEFAULT_CSS = """
    EditProfileScreen { align: center middle; background: $background 60%; }
    EditProfileScreen Vertical {
        width: 66; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: round $primary; border-title-color: $primary;
    }
    EditProfileScreen Input {
        border: none; height: 1; padding: 0; background: $panel; margin: 0 0 1 0;
        &:focus { border: none; }
    }
    EditProfileScreen TextArea {
        height: 5; max-height: 20vh; border: none; padding: 0; background: $panel;
        &:focus { border: none; }
    }
    EditProfileScreen #fields { height: 3; max-height: 10vh; min-height: 1; }
    EditProfileScreen Static { height: auto; color: $text-muted; }
    EditProfileScreen #trouble { color: $error; display: none; }
    EditProfileScreen #trouble.shown { display: block; }
    """

    def __init__(self, context: Context, person: Person) -> None:
        super().__init__()
        self._shared = context
        self._person = person
        self._saving = False

    def compose(self) -> ComposeResult:
        """Show what is so now."""
        with Vertical() as box:
            box.border_title = "Your profile"
            yield Label("Name")
            yield BoundedInput(
                self._person.name, bytes_max=_NAME_TYPED_MAX, id="name", select_on_focus=False
            )
            yield Label("What you say of yourself")
            yield BoundedArea(
                self._person.bio,
                bytes_max=_BIO_TYPED_MAX,
                soft_wrap=True,
                tab_behavior="focus",
                id="bio",
            )
            yield Label("More, a line each: NAME: VALUE")
            fields = "\n".join(f"{name}: {value}" for name, value in self._person.fields)
            yield BoundedArea(
                fields,
                bytes_max=_FIELDS_TYPED_MAX,
                soft_wrap=True,
                tab_behavior="focus",
                id="fields",
            )
            yield Static(id="trouble", markup=False)
            yield Static(with_keys("{edit.save} save  {edit.leave} leave as it was"), markup=False)

    def on_mount(self) -> None:
        """Begin in the name."""
        self.query_one(Input).focus()

    def on_full(self) -> None:
        """Say that not all has room."""
        self._trouble(SAID_FULL)

    def on_input_submitted(self) -> None:
        """Go on to the rest."""
        self.query_one(TextArea).focus()

    def action_leave(self) -> None:
        """Change nothing."""
        self.dismiss("")

    @after_typing
    def action_save(self) -> None:
        """Save, if it can be saved."""
        name = clean_line(self.query_one(Input).value)
        bio = self.query_one("#bio", TextArea).text.strip()
        fields = read_fields(self.query_one("#fields", TextArea).text)
        if self._saving:
            return
        if trouble := trouble_with_name(name):
            self._trouble(trouble)
        elif (over := len(bio.encode()) - BIO_BYTES_MAX) > 0:
            self._trouble(f"What you say of yourself takes {over:,} bytes too many: shorten it.")
        elif isinstance(fields, str):
            self._trouble(fields)
        elif (name, bio, fields) == (self._person.name, self._person.bio, self._person.fields):
            self.dismiss("")
        else:
            self._saving = True
            self.run_worker(said_or_gone(self, lambda: self._save(name, bio, fields)))

    async def _save(self, name: str, bio: str, fields: tuple[tuple[str, str], ...]) -> None:
        said = [{"name": one, "value": value} for one, value in fields]
        try:
            await self._shared.connection.call("set_profile", name=name, bio=bio, fields=said)
        except P2PBlogError as error:
            self._trouble(f"Not saved. {error}")
            return
        finally:
            self._saving = False
        self.dismiss(name)

    def _trouble(self, text: str) -> None:
        trouble = self.query_one("#trouble", Static)
        trouble.set_class(bool(text), "shown")
        trouble.update(Text(text))
