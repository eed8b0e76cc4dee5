"""Read and write the bodies of entries.

Implements protocol/04-bodies.md.  Pure.  A body is `[salt, kind, content]`; the log layer
only knows its hash and size, so that kinds of the future are stored and passed on.  This
module says which contents have a meaning today: `parse` gives a typed body, `Unknown` for a
kind it has never heard of, or raises `BadBody`.  Fields it does not know are ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from p2pblog.content.kinds import (
    Body,
    DeviceAdd,
    DeviceRevoke,
    Erase,
    Follow,
    ImportMark,
    Like,
    Media,
    Origin,
    Outside,
    Post,
    Profile,
    Ref,
    Repost,
    Unfollow,
    Unknown,
)
from p2pblog.core import limits
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import BadBody, BodyTooLarge, NonCanonical

__all__ = [
    "KINDS",
    "Body",
    "DeviceAdd",
    "DeviceRevoke",
    "Erase",
    "Follow",
    "ImportMark",
    "Like",
    "Media",
    "Origin",
    "Outside",
    "Post",
    "Profile",
    "Ref",
    "Repost",
    "Unfollow",
    "Unknown",
    "parse",
    "serialize",
]

KINDS: dict[type, str] = {
    DeviceAdd: "device.add",
    DeviceRevoke: "device.revoke",
    Erase: "erase",
    Profile: "profile",
    Post: "post",
    Follow: "follow",
    Unfollow: "unfollow",
    Like: "like",
    Repost: "repost",
    ImportMark: "import",
}


def serialize(body: Body, salt: bytes) -> bytes:
    """Return the canonical bytes of `body` with a 16-byte random `salt`.

    Raises:
        BadBody: a field breaks a rule of its kind (no text, a name too long ...).
        BodyTooLarge: more than 8 KiB.
    """
    kind = KINDS[type(body)]
    content = _WRITERS[kind](body)
    data = encode([salt, kind, content])
    if len(data) > limits.BODY_BYTES_MAX:
        raise BodyTooLarge(f"{len(data)} bytes")
    parse(data)  # what we would refuse to read we must not write
    return data


def parse(data: bytes) -> Body:
    """Return what the body `data` says.

    Raises:
        BadBody: not canonical, not `[salt, kind, content]`, or against its kind's rules.
    """
    try:
        value = decode(data)
    except NonCanonical as error:
        raise BadBody(str(error)) from error
    match value:
        # `bytes() as salt`, not `bytes(salt)`: for the latter Python looks up an attribute that
        # is not there, which takes longer than all the rest of reading a body.
        case [bytes() as salt, str() as kind, dict() as content] if len(salt) == limits.SALT_BYTES:
            pass
        case _:
            raise BadBody("not [salt, kind, content]")
    if not 0 < len(kind.encode()) <= limits.KIND_BYTES_MAX:
        raise BadBody("kind")
    reader = _READERS.get(kind)
    return reader(_Fields(content)) if reader else Unknown(kind)


class _Fields:
    """Typed, bounded access to the fields of one content map."""

    __slots__ = ("_map",)

    def __init__(self, content: Any) -> None:
        if not isinstance(content, dict):
            raise BadBody("a map was expected")
        self._map: dict[str, Any] = content

    def is_only(self, name: str) -> bool:
        return len(self._map) == 1 and name in self._map

    def text(self, name: str, bytes_max: int, *, required: bool = False) -> str:
        value = self._map.get(name, "")
        if type(value) is not str or len(value.encode()) > bytes_max:
            raise BadBody(name)
        if required and not value.strip():
            raise BadBody(f"{name} is empty")
        return value

    def data(self, name: str, size: int) -> bytes:
        value = self._map.get(name)
        if type(value) is not bytes or len(value) != size:
            raise BadBody(name)
        return value

    def number(self, name: str, most: int) -> int:
        value = self._map.get(name)
        if type(value) is not int or not 0 <= value <= most:
            raise BadBody(name)
        return value

    def flag(self, name: str) -> bool:
        value = self._map.get(name, False)
        if type(value) is not bool:
            raise BadBody(name)
        return value

    def ref(self, name: str) -> Ref | None:
        value = self._map.get(name)
        return None if value is None else _read_ref(name, value)

    def items(self, name: str, most: int) -> list[Any]:
        value = self._map.get(name, [])
        if type(value) is not list or len(value) > most:
            raise BadBody(name)
        return value

    def inner(self, name: str) -> _Fields | None:
        value = self._map.get(name)
        return None if value is None else _Fields(value)


def _read_ref(name: str, value: Any) -> Ref:
    match value:
        case [bytes() as log, int() as seq, bytes() as entry_id] if (
            len(log) == limits.KEY_BYTES
            and len(entry_id) == limits.ID_BYTES
            and not isinstance(seq, bool)
            and 1 <= seq <= limits.SEQ_MAX
        ):
            return Ref(log, seq, entry_id)
        case _:
            raise BadBody(name)


def _read_device_add(f: _Fields) -> DeviceAdd:
    return DeviceAdd(
        f.data("device", limits.KEY_BYTES),
        f.data("consent", limits.SIGNATURE_BYTES),
        f.text("name", limits.NAME_BYTES_MAX),
    )


def _read_device_revoke(f: _Fields) -> DeviceRevoke:
    seq = f.number("seq", limits.SEQ_MAX)
    last = f.data("id", limits.ID_BYTES) if seq else None
    return DeviceRevoke(f.data("device", limits.KEY_BYTES), seq, last)


def _read_erase(f: _Fields) -> Erase:
    targets = f.items("targets", limits.ERASE_TARGETS_MAX)
    if not targets:
        raise BadBody("targets")
    return Erase(tuple(_read_ref("targets", item) for item in targets))


def _read_profile(f: _Fields) -> Profile:
    return Profile(
        f.text("name", limits.NAME_BYTES_MAX, required=True), f.text("bio", limits.BIO_BYTES_MAX)
    )


def _read_origin(f: _Fields | None) -> Origin | None:
    if f is None:
        return None
    most = limits.ORIGIN_FIELD_BYTES_MAX
    return Origin(
        f.text("source", most, required=True),
        f.text("id", most, required=True),
        f.number("time_ms", limits.TIME_MS_MAX),
        f.text("account", most),
        f.text("reply_to", most),
    )


def _read_media(item: Any) -> Media:
    f = _Fields(item)
    return Media(
        f.data("blob", limits.ID_BYTES),
        f.number("size", limits.BLOB_BYTES_MAX),
        f.text("type", limits.ORIGIN_FIELD_BYTES_MAX, required=True),
        f.text("alt", limits.ALT_BYTES_MAX),
    )


def _read_post(f: _Fields) -> Post:
    if f.is_only("text"):  # as most are, and millions are read
        return Post(f.text("text", limits.TEXT_BYTES_MAX, required=True))
    mentions = f.items("mentions", limits.MENTIONS_MAX)
    if any(type(key) is not bytes or len(key) != limits.KEY_BYTES for key in mentions):
        raise BadBody("mentions")
    media = tuple(_read_media(item) for item in f.items("media", limits.MEDIA_MAX))
    return Post(
        text=f.text("text", limits.TEXT_BYTES_MAX, required=not media),
        reply=f.ref("reply"),
        root=f.ref("root"),
        quote=f.ref("quote"),
        warning=f.text("warning", limits.WARNING_BYTES_MAX),
        lang=f.text("lang", limits.LANG_BYTES_MAX),
        mentions=tuple(mentions),
        media=media,
        origin=_read_origin(f.inner("origin")),
    )


def _read_follow(f: _Fields) -> Follow:
    return Follow(f.data("identity", limits.KEY_BYTES))


def _read_unfollow(f: _Fields) -> Unfollow:
    return Unfollow(f.data("identity", limits.KEY_BYTES))


def _read_like(f: _Fields) -> Like:
    target = f.ref("target")
    if target is None:
        raise BadBody("target")
    return Like(target, f.flag("undo"))


def _read_repost(f: _Fields) -> Repost:
    target = f.ref("target")
    outside = None
    if (inner := f.inner("outside")) is not None:
        outside = Outside(
            inner.text("handle", limits.ORIGIN_FIELD_BYTES_MAX, required=True),
            inner.text("text", limits.TEXT_BYTES_MAX),
        )
    if (target is None) == (outside is None):
        raise BadBody("either target or outside")
    return Repost(target, outside, f.flag("undo"), _read_origin(f.inner("origin")))


def _read_import(f: _Fields) -> ImportMark:
    most = limits.ORIGIN_FIELD_BYTES_MAX
    return ImportMark(f.text("source", most, required=True), f.text("account", most))


_READERS: dict[str, Callable[[_Fields], Body]] = {
    "device.add": _read_device_add,
    "device.revoke": _read_device_revoke,
    "erase": _read_erase,
    "profile": _read_profile,
    "post": _read_post,
    "follow": _read_follow,
    "unfollow": _read_unfollow,
    "like": _read_like,
    "repost": _read_repost,
    "import": _read_import,
}


def _present(**fields: Any) -> dict[str, Any]:
    """Leave out what is empty: an absent field and an empty one mean the same."""
    return {name: value for name, value in fields.items() if value not in (None, "", False, [])}


def _write_ref(ref: Ref | None) -> list[Any] | None:
    return None if ref is None else [ref.log, ref.seq, ref.id]


def _write_origin(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    optional = _present(account=origin.account, reply_to=origin.reply_to)
    return {"source": origin.source, "id": origin.id, "time_ms": origin.time_ms} | optional


def _write_post(post: Post) -> dict[str, Any]:
    return _present(
        text=post.text,
        reply=_write_ref(post.reply),
        root=_write_ref(post.root),
        quote=_write_ref(post.quote),
        warning=post.warning,
        lang=post.lang,
        mentions=list(post.mentions),
        media=[
            {"blob": m.blob, "size": m.size, "type": m.type} | _present(alt=m.alt)
            for m in post.media
        ],
        origin=_write_origin(post.origin),
    )


def _write_repost(repost: Repost) -> dict[str, Any]:
    outside = repost.outside and (
        {"handle": repost.outside.handle} | _present(text=repost.outside.text)
    )
    return _present(
        target=_write_ref(repost.target),
        outside=outside,
        undo=repost.undo,
        origin=_write_origin(repost.origin),
    )


_WRITERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "device.add": lambda b: {"device": b.device, "consent": b.consent} | _present(name=b.name),
    "device.revoke": lambda b: {"device": b.device, "seq": b.seq} | _present(id=b.id),
    "erase": lambda b: {"targets": [_write_ref(ref) for ref in b.targets]},
    "profile": lambda b: {"name": b.name} | _present(bio=b.bio),
    "post": _write_post,
    "follow": lambda b: {"identity": b.identity},
    "unfollow": lambda b: {"identity": b.identity},
    "like": lambda b: {"target": _write_ref(b.target)} | _present(undo=b.undo),
    "repost": _write_repost,
    "import": lambda b: {"source": b.source} | _present(account=b.account),
}
