"""The methods of the local API by which a person says something.

Each becomes an entry of this device's log, on disk before it is answered, and shown in the
views a moment later.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

from p2pblog.content.bodies import (
    Body,
    Follow,
    Like,
    Media,
    Post,
    Profile,
    Ref,
    Repost,
    Unfollow,
)
from p2pblog.content.media import HEAD_BYTES, WHAT_PICTURES_ARE, picture_type
from p2pblog.content.text import graphemes, is_language, mention_tokens
from p2pblog.core import limits
from p2pblog.core.errors import Ambiguous, BadRequest, BadTextForm, NotFound
from p2pblog.core.textform import TEXT_FORM_CHARS, Kind, from_text, to_text
from p2pblog.log.entry import Entry
from p2pblog.node import params as take
from p2pblog.node.params import Document
from p2pblog.node.reading import Reading
from p2pblog.node.server import Handler, Request
from p2pblog.store.blobs import BlobStore
from p2pblog.store.blocks import Blocks
from p2pblog.views.reader import Reader

Append = Callable[[list[Body]], Awaitable[list[Entry]]]


class Writing:
    """Turns requests into entries."""

    def __init__(
        self, reading: Reading, reader: Reader, blobs: BlobStore, blocks: Blocks, append: Append
    ) -> None:
        """Args: append signs and stores bodies, and waits until the views show them."""
        self._reading = reading
        self._reader = reader
        self._blobs = blobs
        self._blocks = blocks
        self._append = append

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {
            "set_profile": self.set_profile,
            "post": self.post,
            "follow": self.follow,
            "unfollow": self.unfollow,
            "like": self.like,
            "repost": self.repost,
        }

    async def set_profile(self, request: Request) -> Document:
        """Say how one wants to be called and described."""
        p = request.params
        name = checked_name(take.text(p, "name"))
        return await self._write(Profile(name, take.text(p, "bio", default="")))

    async def post(self, request: Request) -> Document:
        """Publish a text."""
        return await self._write(await self.compose(request.params))

    async def compose(self, p: take.Params) -> Post:
        """Return the post that the parameters of `post` ask for.

        Raises:
            BadRequest: there is nothing to post, or it is too long ...
            NotFound, Ambiguous: what it answers or quotes.
        """
        text = take.text(p, "text", default="")
        length = graphemes(text)
        if length > limits.POST_GRAPHEMES_MAX:
            raise BadRequest(
                f"a post has at most {limits.POST_GRAPHEMES_MAX} characters, this one {length}; "
                "shorten it, or say the rest in a reply to it"
            )
        lang = take.text(p, "lang", default="")
        if lang and not is_language(lang):
            raise BadRequest(f"{lang[:40]!r} is no language; write a code like en or pt-BR")
        reply = root = quote = None
        if (answered := take.optional(p, "reply_to", most=100)) is not None:
            reply, root = await self._refs(answered)
        if (quoted := take.optional(p, "quote", most=100)) is not None:
            quote, _ = await self._refs(quoted)
        media = [
            await asyncio.to_thread(self._media, item)
            for item in take.items(p, "media", most=limits.MEDIA_MAX)
        ]
        if not text.strip() and not media:
            raise BadRequest("there is nothing to post; write a text")
        return Post(
            text=text,
            reply=reply,
            root=root,
            quote=quote,
            warning=take.text(p, "warning", default=""),
            lang=lang,
            mentions=await self._mentions(text),
            media=tuple(media),
        )

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
        if wanted and identity in self._blocks.identities:
            raise BadRequest(f"you have blocked them; first: p2pblog unblock {text_form}")
        if (person is not None and person["followed"]) == wanted:
            return {"changed": False, "identity": text_form}
        said = await self._write(Follow(identity) if wanted else Unfollow(identity))
        return said | {"changed": True, "identity": text_form}

    async def _set_mark(
        self, request: Request, field: str, kind: type[Like] | type[Repost]
    ) -> Document:
        typed = take.text(request.params, "entry", most=100)
        undo = take.flag(request.params, "undo")
        entry = await self._reading.ask(self._reader.entry, typed)
        if entry["kind"] == "repost" and entry["target"] is not None:
            entry = entry["target"]  # what one likes is what one reads
        if entry[field] != undo:
            return {"changed": False, "entry": entry["id"]}
        target, _ = await self._refs(entry["id"])
        said = await self._write(kind(target=target, undo=undo))
        return said | {"changed": True, "entry": entry["id"]}

    async def _write(self, body: Body) -> Document:
        (entry,) = await self._append([body])
        return {
            "id": to_text(Kind.ENTRY, entry.id),
            "log": to_text(Kind.DEVICE, entry.log),
            "seq": entry.seq,
        }

    async def _refs(self, typed: str) -> tuple[Ref, Ref]:
        refs: tuple[Ref, Ref] = await self._reading.ask(self._reader.refs, typed)
        return refs

    async def _person(self, typed: str) -> Document | None:
        try:
            person: Document = await self._reading.ask(self._reader.profile, typed)
        except NotFound:
            return None
        return person

    async def _mentions(self, text: str) -> tuple[bytes, ...]:
        """Return whom the @words of a text mean; those that mean nobody known stay text."""
        found: dict[bytes, None] = {}
        for token in mention_tokens(text)[: limits.MENTIONS_MAX]:
            try:
                found[await self._reading.ask(self._reader.identity, token)] = None
            except (NotFound, Ambiguous, BadTextForm, BadRequest):
                continue
        return tuple(found)

    def _media(self, item: take.Params) -> Media:
        path = Path(take.text(item, "path", most=4096))
        try:
            # Without waiting for whoever writes into a pipe of that name.
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(fd, "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise BadRequest(f"{path}: not a file")
                head = file.read(HEAD_BYTES)
                # Whatever is published can be called back by nobody: a wrong path must not
                # publish a letter, or a key.
                if (kind := picture_type(head)) is None:
                    raise BadRequest(f"{path} is no picture; {WHAT_PICTURES_ARE}")
                data = head + file.read(limits.BLOB_BYTES_MAX + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "no such file"
            raise BadRequest(f"{path}: {reason}") from error
        if len(data) > limits.BLOB_BYTES_MAX:
            most = f"{limits.BLOB_BYTES_MAX // 2**20} MiB"
            raise BadRequest(f"{path} is larger than {most}, the most that a picture may have")
        return Media(self._blobs.put(data), len(data), kind, take.text(item, "alt", default=""))


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
