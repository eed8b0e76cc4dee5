"""The kinds of bodies: what each one says.

Specified in protocol/04-bodies.md.  Pure.  How they are read and written, and their bounds,
stand in bodies.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to an entry: its log (32 bytes), seq and id (32 bytes)."""

    log: bytes
    seq: int
    id: bytes


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an imported entry comes from; `time_ms` is when it was first published."""

    source: str
    id: str
    time_ms: int
    account: str = ""
    reply_to: str = ""  # the account that an imported reply to somebody outside answers


@dataclass(frozen=True, slots=True)
class Outside:
    """A text from outside that was reposted there, with its author's handle."""

    handle: str
    text: str


@dataclass(frozen=True, slots=True)
class Media:
    """A picture: its blob (32 bytes), size in bytes, MIME type and description."""

    blob: bytes
    size: int
    type: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class DeviceAdd:
    """The writer's identity gains `device`, which signed its consent (64 bytes)."""

    device: bytes
    consent: bytes
    name: str = ""


@dataclass(frozen=True, slots=True)
class DeviceRevoke:
    """The writer's identity disowns `device` from the entry after `seq` on.

    `id` (32 bytes) names that last good entry; None with seq 0: nothing of it counts.
    Only the root's own log may say so.
    """

    device: bytes
    seq: int
    id: bytes | None


@dataclass(frozen=True, slots=True)
class Erase:
    """The writer wants the bodies of entries of their own identity gone everywhere."""

    targets: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """How an identity wants to be called and described; the newest one counts.

    Fields:
        fields: (name, value) of what else it says of itself, a link for example.
    """

    name: str
    bio: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Poll:
    """A question with answers to choose from, until a time (ms since 1970); `many`: several."""

    options: tuple[str, ...]
    until_ms: int
    many: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """A text, perhaps in reply to, or quoting, another entry."""

    text: str
    reply: Ref | None = None
    root: Ref | None = None
    quote: Ref | None = None
    warning: str = ""
    lang: str = ""
    mentions: tuple[bytes, ...] = ()
    media: tuple[Media, ...] = ()
    origin: Origin | None = None
    poll: Poll | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """A new version of a post by the same identity; what it cannot say stays as it was."""

    target: Ref
    text: str
    warning: str = ""
    lang: str = ""
    mentions: tuple[bytes, ...] = ()
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Vote:
    """The writer chooses among the answers of a poll (numbers from 0); none takes that back."""

    target: Ref
    choices: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Pin:
    """The writer wants a post of their own shown first, or with `undo` no longer."""

    target: Ref
    undo: bool = False


@dataclass(frozen=True, slots=True)
class Follow:
    """The writer follows an identity."""

    identity: bytes


@dataclass(frozen=True, slots=True)
class Unfollow:
    """The writer no longer follows an identity."""

    identity: bytes


@dataclass(frozen=True, slots=True)
class Like:
    """The writer likes an entry, or with `undo` takes that back."""

    target: Ref
    undo: bool = False


@dataclass(frozen=True, slots=True)
class Repost:
    """The writer passes on an entry or an outside text, or with `undo` takes that back."""

    target: Ref | None = None
    outside: Outside | None = None
    undo: bool = False
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class ImportMark:
    """From here on the writer's log has entries imported from an outside account."""

    source: str
    account: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A kind that this version does not know: kept and passed on, shown as such."""

    kind: str


Body: TypeAlias = (
    DeviceAdd
    | DeviceRevoke
    | Erase
    | Profile
    | Post
    | Edit
    | Vote
    | Pin
    | Follow
    | Unfollow
    | Like
    | Repost
    | ImportMark
    | Unknown
)
