"""The methods of the local API by which a person says something.

Each becomes an entry of this device's log, on disk before it is answered, and shown in the
views a moment later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from p2pblog.content.bodies import (
    Body,
    Edit,
    Follow,
    Like,
    Pin,
    Post,
    Profile,
    Repost,
    Unfollow,
    Vote,
    serialize,
)
from p2pblog.content.text import graphemes
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import BadRequest, NotFound
from p2pblog.core.textform import TEXT_FORM_CHARS, Kind, from_text, to_text
from p2pblog.log.entry import Entry
from p2pblog.node import params as take
from p2pblog.node.again import said_with, salt_of_token, token_of
from p2pblog.node.composing import Composer
from p2pblog.node.home import Identity
from p2pblog.node.params import Document
from p2pblog.node.reading import Reading
from p2pblog.node.server import Handler, Request
from p2pblog.store.logs import LogStore
from p2pblog.views.reader import Reader
from p2pblog.views.versions import merged

Append = Callable[[Sequence[Body]], Awaitable[list[Entry]]]


class Writing:
    """Turns requests into entries."""

    def __init__(
        self,
        reading: Reading,
        reader: Reader,
        composer: Composer,
        store: LogStore,
        append: Append,
        append_once: Callable[[bytes], Awaitable[Entry]],
        *,
        key: Callable[[], SigningKey],
        who: Callable[[], Identity | None],
        clock_ms: Callable[[], int],
    ) -> None:
        """Prepare to write.

        Args:
            append: signs and stores bodies, and waits until the views show them.
            append_once: the same of a body that may be there already, as `Writer.append_once`.
            key: returns this device's key, or raises NoIdentity.
            who: returns who lives here.
        """
        self._reading = reading
        self._reader = reader
        self._composer = composer
        self._store = store
        self._append = append
        self._append_once = append_once
        self._key = key
        self._who = who
        self._clock_ms = clock_ms
        self._turn = asyncio.Lock()  # of what changes something that was said before

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {
            "set_profile": self.set_profile,
            "post": self.post,
            "edit": self.edit,
            "vote": self.vote,
            "follow": self.follow,
            "unfollow": self.unfollow,
            "like": self.like,
            "repost": self.repost,
            "pin": self.pin,
        }

    async def set_profile(self, request: Request) -> Document:
        """Say how one wants to be called and described."""
        p = request.params
        name = checked_name(take.text(p, "name"))
        fields = take.items(p, "fields", most=limits.PROFILE_FIELDS_MAX)
        async with self._turn:
            if "fields" not in p and (known := await self._own_profile()) is not None:
                fields = known["fields"]
            said = tuple((_line(one, "name"), _line(one, "value")) for one in fields)
            return await self._write(Profile(name, take.text(p, "bio", default=""), said))

    async def post(self, request: Request) -> Document:
        """Publish a text."""
        token = token_of(request.params)
        return await self._write(await self._composer.post(request.params), token)

    async def edit(self, request: Request) -> Document:
        """Publish a new version of a post of one's own."""
        async with self._turn:
            return await self._edit(request)

    async def _edit(self, request: Request) -> Document:
        token = token_of(request.params)
        entry = await self._own_post(request, "change")
        before = await self._reading.ask(self._reader.shown_post, entry["id"])
        target, _ = await self._composer.refs(entry["id"])
        edit = await self._composer.edit(request.params, target, before)
        if token is not None and (said := await self._said(edit, token)) is not None:
            return _written(said) | {"changed": True, "entry": entry["id"]}
        versions = await self._reading.ask(self._reader.versions, entry["id"])
        if len(versions) > limits.VERSIONS_MAX:
            raise BadRequest(f"a post changes at most {limits.VERSIONS_MAX} times; write a new one")
        if merged(before, edit) == before:
            return {"changed": False, "entry": entry["id"]}
        return await self._write(edit, token) | {"changed": True, "entry": entry["id"]}

    async def _said(self, body: Post | Edit, token: str) -> Entry | None:
        key = self._key()
        salt = salt_of_token(key, token, body)
        return await asyncio.to_thread(said_with, self._store, key.public, salt)

    async def pin(self, request: Request) -> Document:
        """Have a post of one's own shown first in one's profile, or no longer."""
        async with self._turn:
            return await self._pin(request)

    async def _pin(self, request: Request) -> Document:
        entry = await self._own_post(request, "pin")
        undo = take.flag(request.params, "undo")
        pinned = await self._reading.ask(
            self._reader.timeline, f"pinned:{entry['author']}", limits.PAGE_ENTRIES_MAX
        )
        known = [one["id"] for one in pinned["entries"]]
        if (entry["id"] in known) != undo:
            return {"changed": False, "entry": entry["id"]}
        if not undo and len(known) >= limits.PINS_MAX:
            raise BadRequest(f"{limits.PINS_MAX} posts are pinned; take one of them back first")
        target, _ = await self._composer.refs(entry["id"])
        return await self._write(Pin(target, undo)) | {"changed": True, "entry": entry["id"]}

    async def vote(self, request: Request) -> Document:
        """Choose among the answers of a poll; none takes that back."""
        p = request.params
        entry = await self._reading.subject(take.text(p, "entry", most=100))
        if (poll := entry["poll"]) is None:
            raise BadRequest("that is no poll")
        choices = p.get("choices", [])
        if type(choices) is not list or any(type(one) is not int for one in choices):
            raise BadRequest("'choices' must be a list of numbers, from 0")
        chosen = sorted(set(choices))
        if any(not 0 <= one < len(poll["options"]) for one in chosen):
            raise BadRequest(f"the poll has {len(poll['options'])} answers")
        if len(chosen) > 1 and not poll["many"]:
            raise BadRequest("choose one answer")
        if self._clock_ms() > poll["until_ms"]:
            raise BadRequest("the poll has ended")
        if chosen == [at for at, one in enumerate(poll["options"]) if one["chosen"]]:
            return {"changed": False, "entry": entry["id"]}
        target, _ = await self._composer.refs(entry["id"])
        said = await self._write(Vote(target, tuple(chosen)))
        return said | {"changed": True, "entry": entry["id"]}

    async def follow(self, request: Request) -> Document:
        """Follow an identity."""
        return await self._set_follow(request, wanted=True)

    async def unfollow(self, request: Request) -> Document:
        """Follow an identity no longer."""
        return await self._set_follow(request, wanted=False)

    async def like(self, request: Request) -> Document:
        """Like an entry, or take that back."""
        return await self._set_mark(request, "liked", Like)

    async def repost(self, request: Request) -> Document:
        """Pass on an entry, or take that back."""
        return await self._set_mark(request, "reposted", Repost)

    async def _set_follow(self, request: Request, *, wanted: bool) -> Document:
        typed = take.text(request.params, "id", most=200)
        try:
            identity = await self._reading.ask(self._reader.identity, typed)
        except NotFound:
            if len(typed.strip()) != TEXT_FORM_CHARS:
                raise
            # Somebody never heard of may be followed by the whole id: their log is then
            # what peers are asked for.
            identity = from_text(Kind.IDENTITY, typed)
        text_form = to_text(Kind.IDENTITY, identity)
        person = await self._person(text_form)
        if person is not None and person["self"]:
            raise BadRequest("that is yourself")
        if wanted and identity in self._store.blocks.identities:
            raise BadRequest(f"you have blocked them; first: p2pblog unblock {text_form}")
        if (person is not None and person["followed"]) == wanted:
            return {"changed": False, "identity": text_form}
        said = await self._write(Follow(identity) if wanted else Unfollow(identity))
        return said | {"changed": True, "identity": text_form}

    async def _set_mark(
        self, request: Request, field: str, kind: type[Like] | type[Repost]
    ) -> Document:
        undo = take.flag(request.params, "undo")
        entry = await self._reading.subject(take.text(request.params, "entry", most=100))
        if entry[field] != undo:
            return {"changed": False, "entry": entry["id"]}
        target, _ = await self._composer.refs(entry["id"])
        said = await self._write(kind(target=target, undo=undo))
        return said | {"changed": True, "entry": entry["id"]}

    async def _write(self, body: Body, token: str | None = None) -> Document:
        if token is not None and isinstance(body, Post | Edit):
            salt = salt_of_token(self._key(), token, body)
            return _written(await self._append_once(serialize(body, salt)))
        (entry,) = await self._append([body])
        return _written(entry)

    async def _own_post(self, request: Request, what: str) -> Document:
        entry = await self._reading.subject(take.text(request.params, "entry", most=100))
        own = await self._own_profile()
        if own is None or entry["author"] != own["identity"]:
            raise BadRequest(f"you can only {what} what you wrote yourself")
        if entry["kind"] != "post" or entry["erased"]:
            raise BadRequest("that is no post")
        return entry

    async def _own_profile(self) -> Document | None:
        who = self._who()
        return None if who is None else await self._person(to_text(Kind.IDENTITY, who.identity))

    async def _person(self, typed: str) -> Document | None:
        try:
            person: Document = await self._reading.ask(self._reader.profile, typed)
        except NotFound:
            return None
        return person


def _written(entry: Entry) -> Document:
    return {
        "id": to_text(Kind.ENTRY, entry.id),
        "log": to_text(Kind.DEVICE, entry.log),
        "seq": entry.seq,
    }


def checked_name(name: str) -> str:
    """Return a name as it will be published.

    Raises:
        BadRequest: it is empty, or too long.
    """
    name = " ".join(name.split())
    if not name:
        raise BadRequest("a name needs at least one character")
    too_long = graphemes(name) > limits.NAME_GRAPHEMES_MAX
    if too_long or len(name.encode()) > limits.NAME_BYTES_MAX:
        raise BadRequest(f"a name has at most {limits.NAME_GRAPHEMES_MAX} characters")
    return name


def _line(item: take.Params, name: str) -> str:
    """Return a field of a profile, in one line, as it will be published."""
    said = " ".join(take.text(item, name, most=limits.FIELD_VALUE_BYTES_MAX).split())
    most = limits.FIELD_NAME_BYTES_MAX if name == "name" else limits.FIELD_VALUE_BYTES_MAX
    if not said or len(said.encode()) > most:
        raise BadRequest(f"the {name} of a field in a profile has 1 to {most} bytes")
    return said
