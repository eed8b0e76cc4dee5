"""Read and write the bodies of entries.

Implements protocol/04-bodies.md.  Pure.  A body is `[salt, kind, content]`; the log layer
only knows its hash and size, so that kinds of the future are stored and passed on.  This
module says which contents have a meaning today: `parse` gives a typed body, `Unknown` for a
kind it has never heard of, or raises `BadBody`.  Fields it does not know are ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from p2pblog.content.fields import Fields, present, read_ref, write_ref
from p2pblog.content.kinds import (
    Body,
    DeviceAdd,
    DeviceRevoke,
    Edit,
    Erase,
    Follow,
    ImportMark,
    Like,
    Media,
    Origin,
    Outside,
    Pin,
    Poll,
    Post,
    Profile,
    Ref,
    Repost,
    Unfollow,
    Unknown,
    Vote,
)
from p2pblog.core import limits
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import BadBody, BodyTooLarge, NonCanonical

__all__ = [
    "KINDS",
    "Body",
    "DeviceAdd",
    "DeviceRevoke",
    "Edit",
    "Erase",
    "Follow",
    "ImportMark",
    "Like",
    "Media",
    "Origin",
    "Outside",
    "Pin",
    "Poll",
    "Post",
    "Profile",
    "Ref",
    "Repost",
    "Unfollow",
    "Unknown",
    "Vote",
    "parse",
    "serialize",
]

KINDS: dict[type, str] = {
    DeviceAdd: "device.add",
    DeviceRevoke: "device.revoke",
    Erase: "erase",
    Profile: "profile",
    Post: "post",
    Edit: "edit",
    Vote: "vote",
    Pin: "pin",
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
    return reader(Fields(content)) if reader else Unknown(kind)


def _read_device_add(f: Fields) -> DeviceAdd:
    return DeviceAdd(
        f.data("device", limits.KEY_BYTES),
        f.data("consent", limits.SIGNATURE_BYTES),
        f.text("name", limits.NAME_BYTES_MAX),
    )


def _read_device_revoke(f: Fields) -> DeviceRevoke:
    seq = f.number("seq", limits.SEQ_MAX)
    last = f.data("id", limits.ID_BYTES) if seq else None
    return DeviceRevoke(f.data("device", limits.KEY_BYTES), seq, last)


def _read_erase(f: Fields) -> Erase:
    targets = f.items("targets", limits.ERASE_TARGETS_MAX)
    if not targets:
        raise BadBody("targets")
    return Erase(tuple(read_ref("targets", item) for item in targets))


def _read_profile(f: Fields) -> Profile:
    return Profile(
        f.text("name", limits.NAME_BYTES_MAX, required=True),
        f.text("bio", limits.BIO_BYTES_MAX),
        tuple(_read_field(item) for item in f.items("fields", limits.PROFILE_FIELDS_MAX)),
    )


def _read_field(item: Any) -> tuple[str, str]:
    match item:
        case [str() as name, str() as value]:
            f = Fields({"name": name, "value": value})
            return (
                f.text("name", limits.FIELD_NAME_BYTES_MAX, required=True),
                f.text("value", limits.FIELD_VALUE_BYTES_MAX, required=True),
            )
        case _:
            raise BadBody("fields")


def _read_origin(f: Fields | None) -> Origin | None:
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
    f = Fields(item)
    return Media(
        f.data("blob", limits.ID_BYTES),
        f.number("size", limits.BLOB_BYTES_MAX),
        f.text("type", limits.ORIGIN_FIELD_BYTES_MAX, required=True),
        f.text("alt", limits.ALT_BYTES_MAX),
    )


def _read_post(f: Fields) -> Post:
    if f.is_only("text"):  # as most are, and millions are read
        return Post(f.text("text", limits.TEXT_BYTES_MAX, required=True))
    version = _read_version(f)
    poll = f.inner("poll")
    return Post(
        reply=f.ref("reply"),
        root=f.ref("root"),
        quote=f.ref("quote"),
        poll=None if poll is None else _read_poll(poll),
        origin=_read_origin(f.inner("origin")),
        **version,
    )


def _read_version(f: Fields) -> dict[str, Any]:
    """Return the fields that a new version of a post says anew."""
    mentions = f.items("mentions", limits.MENTIONS_MAX)
    if any(type(key) is not bytes or len(key) != limits.KEY_BYTES for key in mentions):
        raise BadBody("mentions")
    media = tuple(_read_media(item) for item in f.items("media", limits.MEDIA_MAX))
    return {
        "text": f.text("text", limits.TEXT_BYTES_MAX, required=not media),
        "warning": f.text("warning", limits.WARNING_BYTES_MAX),
        "lang": f.text("lang", limits.LANG_BYTES_MAX),
        "mentions": tuple(mentions),
        "media": media,
    }


def _read_poll(f: Fields) -> Poll:
    options = f.items("options", limits.POLL_OPTIONS_MAX)
    most = limits.POLL_OPTION_BYTES_MAX
    read = tuple(Fields({"option": item}).text("option", most, required=True) for item in options)
    if len(read) < limits.POLL_OPTIONS_MIN:
        raise BadBody("options")
    return Poll(read, f.number("until", limits.TIME_MS_MAX), f.flag("many"))


def _read_edit(f: Fields) -> Edit:
    return Edit(target=_required(f, "target"), **_read_version(f))


def _read_vote(f: Fields) -> Vote:
    choices = f.items("choices", limits.POLL_OPTIONS_MAX)
    if any(type(one) is not int or not 0 <= one < limits.POLL_OPTIONS_MAX for one in choices):
        raise BadBody("choices")
    if choices != sorted(set(choices)):
        raise BadBody("order of choices")
    return Vote(_required(f, "target"), tuple(choices))


def _read_pin(f: Fields) -> Pin:
    return Pin(_required(f, "target"), f.flag("undo"))


def _required(f: Fields, name: str) -> Ref:
    ref = f.ref(name)
    if ref is None:
        raise BadBody(name)
    return ref


def _read_follow(f: Fields) -> Follow:
    return Follow(f.data("identity", limits.KEY_BYTES))


def _read_unfollow(f: Fields) -> Unfollow:
    return Unfollow(f.data("identity", limits.KEY_BYTES))


def _read_like(f: Fields) -> Like:
    return Like(_required(f, "target"), f.flag("undo"))


def _read_repost(f: Fields) -> Repost:
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


def _read_import(f: Fields) -> ImportMark:
    most = limits.ORIGIN_FIELD_BYTES_MAX
    return ImportMark(f.text("source", most, required=True), f.text("account", most))


_READERS: dict[str, Callable[[Fields], Body]] = {
    "device.add": _read_device_add,
    "device.revoke": _read_device_revoke,
    "erase": _read_erase,
    "profile": _read_profile,
    "post": _read_post,
    "edit": _read_edit,
    "vote": _read_vote,
    "pin": _read_pin,
    "follow": _read_follow,
    "unfollow": _read_unfollow,
    "like": _read_like,
    "repost": _read_repost,
    "import": _read_import,
}


def _write_origin(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    optional = present(account=origin.account, reply_to=origin.reply_to)
    return {"source": origin.source, "id": origin.id, "time_ms": origin.time_ms} | optional


def _write_post(post: Post) -> dict[str, Any]:
    return _write_version(post) | present(
        reply=write_ref(post.reply),
        root=write_ref(post.root),
        quote=write_ref(post.quote),
        poll=None if post.poll is None else _write_poll(post.poll),
        origin=_write_origin(post.origin),
    )


def _write_version(said: Post | Edit) -> dict[str, Any]:
    return present(
        text=said.text,
        warning=said.warning,
        lang=said.lang,
        mentions=list(said.mentions),
        media=[
            {"blob": m.blob, "size": m.size, "type": m.type} | present(alt=m.alt)
            for m in said.media
        ],
    )


def _write_poll(poll: Poll) -> dict[str, Any]:
    return {"options": list(poll.options), "until": poll.until_ms} | present(many=poll.many)


def _write_repost(repost: Repost) -> dict[str, Any]:
    outside = repost.outside and (
        {"handle": repost.outside.handle} | present(text=repost.outside.text)
    )
    return present(
        target=write_ref(repost.target),
        outside=outside,
        undo=repost.undo,
        origin=_write_origin(repost.origin),
    )


_WRITERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "device.add": lambda b: {"device": b.device, "consent": b.consent} | present(name=b.name),
    "device.revoke": lambda b: {"device": b.device, "seq": b.seq} | present(id=b.id),
    "erase": lambda b: {"targets": [write_ref(ref) for ref in b.targets]},
    "profile": lambda b: (
        {"name": b.name} | present(bio=b.bio, fields=[list(one) for one in b.fields])
    ),
    "post": _write_post,
    "edit": lambda b: {"target": write_ref(b.target)} | _write_version(b),
    "vote": lambda b: {"target": write_ref(b.target)} | present(choices=list(b.choices)),
    "pin": lambda b: {"target": write_ref(b.target)} | present(undo=b.undo),
    "follow": lambda b: {"identity": b.identity},
    "unfollow": lambda b: {"identity": b.identity},
    "like": lambda b: {"target": write_ref(b.target)} | present(undo=b.undo),
    "repost": _write_repost,
    "import": lambda b: {"source": b.source} | present(account=b.account),
}
