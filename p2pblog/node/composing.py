"""Make posts, and new versions of posts, of what a face sends.

Specified in docs/api.md.  What a composer refuses for the sake of its person, and what a reader of
the protocol takes, are two things: the latter is wider.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from p2pblog.content.bodies import Edit, Media, Poll, Post, Ref
from p2pblog.content.media import HEAD_BYTES, WHAT_PICTURES_ARE, picture_type
from p2pblog.content.text import graphemes, is_language, mention_tokens
from p2pblog.core import limits
from p2pblog.core.errors import Ambiguous, BadRequest, BadTextForm, NotFound
from p2pblog.node import params as take
from p2pblog.node.reading import Reading
from p2pblog.store.blobs import BlobStore
from p2pblog.views.reader import Reader


class Composer:
    """Turns parameters into posts."""

    def __init__(
        self,
        reading: Reading,
        reader: Reader,
        blobs: BlobStore,
        clock_ms: Callable[[], int],
    ) -> None:
        self._reading = reading
        self._reader = reader
        self._blobs = blobs
        self._clock_ms = clock_ms

    async def post(self, p: take.Params) -> Post:
        """Return the post that the parameters of `post` ask for.

        Raises:
            BadRequest: there is nothing to post, or it is too long ...
            NotFound, Ambiguous: what it answers or quotes.
        """
        reply = root = quote = None
        if (answered := take.optional(p, "reply_to", most=100)) is not None:
            reply, root = await self.refs(answered)
        if (quoted := take.optional(p, "quote", most=100)) is not None:
            quote, _ = await self.refs(quoted)
        poll = self._poll(p["poll"]) if p.get("poll") is not None else None
        version = await self._version(p, "", "", ())
        if poll is not None and not version["text"].strip():
            raise BadRequest("a poll needs a question; write a text")
        return Post(reply=reply, root=root, quote=quote, poll=poll, **version)

    async def edit(self, p: take.Params, target: Ref, before: Post) -> Edit:
        """Return the new version of a post that the parameters of `edit` ask for.

        Args:
            before: the post as it is shown now; what is not given stays.
        Raises:
            BadRequest: there is nothing left, or it is too long ...
        """
        version = await self._version(p, before.warning, before.lang, before.media)
        return Edit(target=target, **version)

    async def _version(
        self, p: take.Params, warning: str, lang: str, media: tuple[Media, ...]
    ) -> dict[str, Any]:
        text = take.text(p, "text", default="")
        length = graphemes(text)
        if length > limits.POST_GRAPHEMES_MAX:
            raise BadRequest(
                f"a post has at most {limits.POST_GRAPHEMES_MAX} characters, this one {length}; "
                "shorten it, or say the rest in a reply to it"
            )
        lang = take.text(p, "lang", default=lang)
        if lang and not is_language(lang):
            raise BadRequest(f"{lang[:40]!r} is no language; write a code like en or pt-BR")
        if "media" in p:
            items = take.items(p, "media", most=limits.MEDIA_MAX)
            media = tuple([await self._picture(item, media) for item in items])
        if not text.strip() and not media:
            raise BadRequest("there is nothing to post; write a text")
        return {
            "text": text,
            "warning": take.text(p, "warning", default=warning),
            "lang": lang,
            "mentions": await self._mentions(text),
            "media": media,
        }

    def _poll(self, value: object) -> Poll:
        given: take.Params = value if isinstance(value, dict) else {}
        match given:
            case {"options": list(options)} if all(type(one) is str for one in options):
                pass
            case _:
                raise BadRequest("'poll' must be a map with a list of texts as its options")
        low, high = limits.POLL_OPTIONS_MIN, limits.POLL_OPTIONS_MAX
        said = [" ".join(one.split()) for one in options]
        if not low <= len(said) <= high or len(set(said)) < len(said):
            raise BadRequest(f"a poll has {low} to {high} answers, each another one")
        for one in said:
            if not one or graphemes(one) > limits.POLL_OPTION_GRAPHEMES_MAX:
                most = limits.POLL_OPTION_GRAPHEMES_MAX
                raise BadRequest(f"an answer of a poll has 1 to {most} characters")
        now_ms = self._clock_ms()
        until_ms = take.number(
            given, "until_ms", default=0, low=0, high=now_ms + limits.LATER_MS_MAX
        )
        if until_ms <= now_ms:
            raise BadRequest("a poll must go on for a while; say until when")
        return Poll(tuple(said), until_ms, take.flag(given, "many"))

    async def _picture(self, item: take.Params, before: tuple[Media, ...]) -> Media:
        """Return a picture: a new one, or one of those before, perhaps described anew."""
        if "path" in item or not before:
            return await asyncio.to_thread(self._media, item)
        index = take.number(item, "index", default=-1, low=0, high=len(before) - 1)
        return replace(before[index], alt=take.text(item, "alt", default=before[index].alt))

    async def refs(self, typed: str) -> tuple[Ref, Ref]:
        """Return the references to an entry (id or prefix), and to the first of its thread."""
        refs: tuple[Ref, Ref] = await self._reading.ask(self._reader.refs, typed)
        return refs

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
