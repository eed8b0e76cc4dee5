"""Every key of the client, as data.

Each binding has an id, by which a keymap (Textual's `App.set_keymap`) can give it other
keys; the help screen, the hints and the palette are made from these lists.  Keys follow what
readers of terminal microblogs, mail and news expect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual.binding import Binding, BindingType
from textual.keys import key_to_character


def _steps(where: str) -> list[BindingType]:
    """Return the keys that step through a list which hears the arrows anyway."""
    return [
        Binding("j", "step(1)", "next", id=f"{where}.next"),
        Binding("k", "step(-1)", "previous", id=f"{where}.previous"),
    ]


LIST_BINDINGS: list[BindingType] = [
    Binding("j,down", "step(1)", "next", id="list.next"),
    Binding("k,up", "step(-1)", "previous", id="list.previous"),
    Binding("space,pagedown,ctrl+f", "page(1.0)", "page down", id="list.page_down"),
    Binding("backspace,pageup,ctrl+b", "page(-1.0)", "page up", id="list.page_up"),
    Binding("ctrl+d", "page(0.5)", "half a page down", id="list.half_down"),
    Binding("ctrl+u", "page(-0.5)", "half a page up", id="list.half_up"),
    Binding("home", "start", "first", id="list.first"),
    Binding("G,end", "end", "last", id="list.last"),
    Binding("enter,l,right", "open", "open", id="list.open"),
]

ENTRY_BINDINGS: list[BindingType] = [
    Binding("r", "ask('reply')", "reply", id="entry.reply"),
    Binding("b", "ask('repost')", "repost, or take it back", id="entry.repost"),
    Binding("f", "ask('like')", "like, or take it back", id="entry.like"),
    Binding("m", "ask('bookmark')", "bookmark, for yourself", id="entry.bookmark"),
    Binding("n", "show_new", "show new posts", id="entry.new"),
    Binding("u,p", "ask('profile')", "profile of its author", id="entry.profile"),
    Binding("F", "ask('follow')", "follow or unfollow author", id="entry.follow"),
    Binding("x", "reveal", "show what is hidden", id="entry.reveal"),
    Binding("o", "ask('picture')", "open its pictures", id="entry.picture"),
    Binding("v", "ask('vote')", "vote in its poll", id="entry.vote"),
    Binding("Q", "ask('quote')", "quote", id="entry.quote"),
    Binding("H", "ask('history')", "what it said before", id="entry.history"),
    Binding("E", "ask('edit')", "change your post", id="entry.edit"),
    Binding("i", "ask('pin')", "pin your post", id="entry.pin"),
    Binding("D,delete", "ask('erase')", "erase your post", id="entry.erase"),
    Binding("a", "ask('lists')", "put its author on lists", id="entry.lists"),
    Binding("M", "ask('mute')", "mute its author", id="entry.mute"),
    Binding("B", "ask('block')", "block its author", id="entry.block"),
    Binding("exclamation_mark", "ask('report')", "report, hide", id="entry.report"),
    Binding("w", "ask('why')", "why it is here", id="entry.why"),
    Binding("full_stop", "ask('more')", "all of this, to choose from", id="entry.more"),
    Binding("y", "app.copy_entry('text')", "copy its text", id="entry.copy"),
    Binding("Y", "app.copy_entry('id')", "copy its id, for others to open", id="entry.copy_id"),
]

PERSON_BINDINGS: list[BindingType] = [
    Binding("F,f", "ask_follow", "follow or unfollow", id="person.follow"),
    Binding("u,p", "open", "profile", id="person.profile"),
]

GLOBAL_BINDINGS: list[BindingType] = [
    Binding("g", "leader", "go to ...", id="go"),
    Binding("c", "compose", "write a post", id="compose"),
    Binding("slash", "search", "search", key_display="/", id="search"),
    Binding("question_mark,f1", "help", "help", key_display="?", id="help"),
    Binding("semicolon", "jump", "jump to what you see", key_display=";", id="jump"),
    Binding("ctrl+p", "command_palette", "every command by name", id="palette", priority=True),
    Binding("q", "back", "back; from Home: quit", id="back"),
    Binding("escape,left", "return", "back", id="return"),
    Binding("z", "take_back", "take back what was just sent", id="take_back"),
    Binding("ctrl+q", "quit", "quit", id="quit", priority=True),
]

LEADER_BINDINGS: list[BindingType] = [
    Binding("h", "go('home')", "home", id="go.home"),
    Binding("l", "go('local')", "local", id="go.local"),
    Binding("n", "go('mentions')", "notifications", id="go.notifications"),
    Binding("r", "go('requests')", "requests", id="go.requests"),
    Binding("p", "go('people')", "people", id="go.people"),
    Binding("b", "go('bookmarks')", "bookmarks", id="go.bookmarks"),
    Binding("t", "go('kept')", "lists, mutes, later", id="go.kept"),
    Binding("c", "go('conversations')", "conversations", id="go.conversations"),
    Binding("w", "go('trends')", "what people speak of", id="go.trends"),
    Binding("m", "me", "my profile", id="go.me"),
    Binding("i", "homes", "your homes", id="go.homes"),
    Binding("g", "top", "top", id="go.top"),
    Binding("escape,q", "dismiss", "never mind", show=False, id="go.cancel"),
]

COMPOSE_BINDINGS: list[BindingType] = [
    Binding("ctrl+s,ctrl+enter", "send", "send", id="compose.send", priority=True),
    Binding("ctrl+o", "warn", "content warning", id="compose.warning", priority=True),
    Binding("ctrl+l", "poll", "ask in a poll", id="compose.poll", priority=True),
    Binding("ctrl+t", "at", "publish it later", id="compose.at", priority=True),
    Binding("ctrl+g", "language", "its language", id="compose.language", priority=True),
    Binding("f1", "help", "these keys", id="compose.help", priority=True),
    Binding("escape", "keep", "close, keeping the text", id="compose.keep", priority=True),
]

CANDIDATE_BINDINGS: list[BindingType] = [
    Binding("tab,enter", "candidate('take')", "write it", id="candidate.take", priority=True),
    Binding("down", "candidate('next')", "next", id="candidate.next", priority=True),
    Binding("up", "candidate('previous')", "previous", id="candidate.previous", priority=True),
    Binding("escape", "candidate('leave')", "go on writing", id="candidate.leave", priority=True),
]

ONWARD_BINDINGS: list[BindingType] = [
    # Of Textual's own; beside the keys of the candidates it has to be said again.
    Binding("tab", "app.focus_next", "the next field", id="fields.next"),
]

EDIT_BINDINGS: list[BindingType] = [
    Binding("ctrl+s,ctrl+enter", "save", "save", id="edit.save", priority=True),
    Binding("escape", "leave", "leave it as it was", id="edit.leave", priority=True),
]

SELF_BINDINGS: list[BindingType] = [
    Binding("e", "edit", "change your name and bio", id="profile.edit"),
]

FOLLOW_BINDINGS: list[BindingType] = [
    Binding("F", "follow", "follow or unfollow", id="profile.follow", show=False),
]

HELP_BINDINGS: list[BindingType] = [
    Binding("q,escape,question_mark,enter", "dismiss", "close", id="help.close"),
    Binding("j", "scroll(1)", "a line down", id="help.down"),
    Binding("k", "scroll(-1)", "a line up", id="help.up"),
    Binding("space", "scroll(10)", "a page down", id="help.page_down"),
    Binding("g", "end(False)", "to the start", id="help.first"),
    Binding("G", "end(True)", "to the end", id="help.last"),
]

CONNECT_BINDINGS: list[BindingType] = [
    Binding("escape", "leave", "never mind", id="connect.leave"),
]

JUMP_BINDINGS: list[BindingType] = [
    Binding("escape", "leave", "never mind", id="jump.leave"),
]

ADDRESS_BINDINGS: list[BindingType] = [
    Binding("o,enter", "open", "open the address", id="address.open"),
    Binding("y", "copy", "copy it", id="address.copy"),
    Binding("escape,q,n", "leave", "leave it", id="address.leave"),
]

THEME_BINDINGS: list[BindingType] = [
    *_steps("theme"),
    Binding("enter", "keep", "keep this one", id="theme.keep", priority=True),
    Binding("escape,q", "leave", "leave it as it was", id="theme.leave"),
]

DOOR_BINDINGS: list[BindingType] = [
    Binding("ctrl+s", "go", "go through", id="door.go"),
    Binding("escape", "back", "another door", id="door.back"),
]

ADD_DEVICE_BINDINGS: list[BindingType] = [
    Binding("y", "accept", "add who has come", id="adding.accept"),
    Binding("escape,n", "leave", "add nobody", id="adding.leave"),
]

WORDS_BINDINGS: list[BindingType] = [
    Binding("p", "practise", "practise the words", id="words.practise"),
    Binding("s", "skip", "go on", id="words.skip"),
]

PRACTISE_BINDINGS: list[BindingType] = [
    Binding("escape", "back", "back to the words", id="practise.back"),
]

LEAVE_WORDS_BINDINGS: list[BindingType] = [
    Binding("y", "leave", "leave", id="words.leave"),
    Binding("escape,n", "stay", "stay", id="words.stay"),
]

REQUEST_BINDINGS: list[BindingType] = [
    Binding("A", "accept", "let its author's mentions through", id="request.accept"),
    Binding("d", "dismiss_author", "dismiss all of its author", id="request.dismiss"),
]

REPORT_BINDINGS: list[BindingType] = [
    Binding("ctrl+s,ctrl+enter", "done", "do what is ticked", id="report.done", priority=True),
    Binding("escape", "leave", "leave it", id="report.leave", priority=True),
]

KEPT_BINDINGS: list[BindingType] = [
    *_steps("kept"),
    Binding("n", "new", "new list, tag or filter", id="kept.new"),
    Binding("D,delete", "let_go", "delete it", id="kept.let_go"),
]

HOMES_BINDINGS: list[BindingType] = [
    *_steps("homes"),
    Binding("n", "new", "another home", id="homes.new"),
    Binding("D,delete", "forget", "take it off the list", id="homes.forget"),
]

TRENDS_BINDINGS: list[BindingType] = [
    *_steps("trends"),
    Binding("t", "span", "of a day, or of a week", id="trends.span"),
]

CHOOSE_BINDINGS: list[BindingType] = [
    *_steps("choose"),
    Binding("escape,q", "leave", "choose nothing", id="choose.leave"),
]

CHOOSE_MANY_BINDINGS: list[BindingType] = [
    Binding("space", "tick", "tick, or no longer", id="choose.tick"),
]

PROFILE_BINDINGS: list[BindingType] = [
    Binding("P", "pinned", "pinned posts", id="profile.pinned"),
    Binding("I", "about", "all they say, their links", id="profile.about"),
]

LINE_BINDINGS: list[BindingType] = [
    Binding("escape", "leave", "leave it as it was", id="line.leave", priority=True),
]

HISTORY_BINDINGS: list[BindingType] = [
    Binding("escape,q,enter", "leave", "back", id="history.leave"),
]

STATE_BINDINGS: list[BindingType] = [
    Binding("escape,q,enter", "leave", "back", id="state.leave"),
]

GROUPS: list[tuple[str, list[BindingType]]] = [
    ("On a post", ENTRY_BINDINGS),
    ("Everywhere", GLOBAL_BINDINGS),
    ("After g", LEADER_BINDINGS),
    ("In a list", LIST_BINDINGS),
    ("On a person", PERSON_BINDINGS),
    ("On a profile", PROFILE_BINDINGS),
    ("On your profile", SELF_BINDINGS),
    ("Among requests", REQUEST_BINDINGS),
    ("Among lists, tags, filters", KEPT_BINDINGS),
    ("Among your homes", HOMES_BINDINGS),
    ("Among tags and links", TRENDS_BINDINGS),
    ("While choosing", [*CHOOSE_BINDINGS, *CHOOSE_MANY_BINDINGS]),
    ("While writing", COMPOSE_BINDINGS),
    ("While a name or tag is completed", CANDIDATE_BINDINGS),
    ("In a line to type in", ONWARD_BINDINGS),
    ("While changing your profile", EDIT_BINDINGS),
    ("On a profile", FOLLOW_BINDINGS),
    ("While asked for a line", LINE_BINDINGS),
    ("At what it said before", HISTORY_BINDINGS),
    ("While reporting", REPORT_BINDINGS),
    ("In this help", HELP_BINDINGS),
    ("While jumping", JUMP_BINDINGS),
    ("At an address", ADDRESS_BINDINGS),
    ("While choosing colours", THEME_BINDINGS),
    ("While connecting", CONNECT_BINDINGS),
    ("At another door", DOOR_BINDINGS),
    ("While adding a device", ADD_DEVICE_BINDINGS),
    ("At how the node is", STATE_BINDINGS),
    ("At your words", WORDS_BINDINGS),
    ("At your paper", PRACTISE_BINDINGS),
    ("Before you leave your words", LEAVE_WORDS_BINDINGS),
]

SHARED = ("Everywhere", "In a list", "On your profile", "On a profile")
"""Groups whose keys work beside those of the others that are not modal."""

MODAL = tuple(
    title
    for title, _ in GROUPS
    if title.startswith(("After ", "While ", "At ", "Before ")) or title == "In this help"
)
"""Groups whose keys work alone: a dialog, or what comes after a first key."""

_NAMES = {
    "slash": "/",
    "question_mark": "?",
    "semicolon": ";",
    "full_stop": ".",
    "exclamation_mark": "!",
    "delete": "Del",
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "backspace": "Backspace",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "home": "Home",
    "end": "End",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def key_names(keys: str) -> str:
    """Return how the keys of a binding are written for a person: "j ↓", "Ctrl+S"; "" for none."""
    return " ".join(_one(key.strip()) for key in keys.split(",") if key)


def table(
    keymap: Mapping[str, str], first: Sequence[str] = ()
) -> Iterable[tuple[str, list[tuple[str, str]]]]:
    """Yield (group, [(keys, what they do)]) for the help, with `keymap` applied.

    Args:
        first: titles of the groups to begin with, those of where one is.
    """
    for title, bindings in sorted(GROUPS, key=lambda group: group[0] not in first):
        rows = [
            (
                key_names(keymap.get(binding.id or "", binding.key)) or "no key",
                binding.description,
            )
            for binding in bindings
            if isinstance(binding, Binding) and binding.description
        ]
        yield title, rows


def _one(key: str) -> str:
    *modifiers, base = key.split("+")
    if base in _NAMES:
        name = _NAMES[base]
    elif len(base) > 1:
        char = key_to_character(base)
        name = char if char and char.isprintable() else base.capitalize()
    else:
        name = base.upper() if modifiers else base
    return "+".join([*(modifier.capitalize() for modifier in modifiers), name])
