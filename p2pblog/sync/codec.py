"""Messages of a session as bytes, and back.

Implements protocol/09-sessions.md section 2.  Pure.  A message is one canonical MessagePack
array whose first item is its type; every field is checked here, so that the session only
sees well-formed messages.
"""

from __future__ import annotations

from p2pblog.core import limits
from p2pblog.core.encoding import Value, decode, encode
from p2pblog.core.errors import BadStructure
from p2pblog.log import segment as segments
from p2pblog.log.fork import proof_from_wire, proof_to_wire
from p2pblog.sync.messages import (
    SESSION_VERSION,
    Agreed,
    AskBlob,
    Batch,
    BlobPart,
    Bye,
    Compare,
    Compared,
    Done,
    Entries,
    Fork,
    Graft,
    Have,
    Hello,
    Join,
    Member,
    Message,
    Note,
    Offer,
    Part,
    Ping,
    Pong,
    Prune,
    Relay,
    Reveal,
    Seek,
    Shuffle,
    Told,
    Type,
    Want,
    WantLatest,
)
from p2pblog.sync.packing import batched, inflated

_DIGITS = frozenset("0123456789abcdef")


def encode_message(message: Message) -> bytes:
    """Return the bytes of a message."""
    match message:
        case Hello(version, token):
            value: list[Value] = [Type.HELLO, version, token]
        case Have(offers):
            value = [Type.HAVE, [_offer_fields(offer) for offer in offers]]
        case Want(number, log, low, high, down):
            value = [Type.WANT, number, log, low, high, down]
        case WantLatest(number, log, most):
            value = [Type.LATEST, number, log, most]
        case Fork(proof):
            value = [Type.FORK, proof_to_wire(proof)]
        case Entries(number, segment):
            value = [Type.SEGMENT, number, segments.to_wire(segment)]
        case Done(number):
            value = [Type.DONE, number]
        case Ping(number):
            value = [Type.PING, number]
        case Pong(number):
            value = [Type.PONG, number]
        case Bye(code):
            value = [Type.BYE, code]
        case AskBlob(number, blob, at):
            value = [Type.ASK_BLOB, number, blob, at]
        case BlobPart(number, data):
            value = [Type.BLOB_PART, number, data]
        case Compare(prefix, items, digests):
            value = [Type.COMPARE, prefix, items, digests]
        case Compared(prefix, parts, lacking):
            value = [Type.COMPARED, prefix, [list(part) for part in parts], lacking]
        case Reveal(prefix, digests):
            value = [Type.REVEAL, prefix, digests]
        case Agreed():
            value = [Type.AGREED]
        case Told(token):
            value = [Type.TOLD, token]
        case Seek(logs):
            value = [Type.SEEK, list(logs)]
        case Note(news):
            value = [Type.NOTE, [list(pair) for pair in news]]
        case Graft(log, after):
            value = [Type.GRAFT, log, after]
        case Prune(log):
            value = [Type.PRUNE, log]
        case Join(hops, member):
            value = [Type.JOIN, hops, _member_fields(member)]
        case Shuffle(hops, members):
            value = [Type.SHUFFLE, hops, [_member_fields(member) for member in members]]
        case Relay(hops, origin, target, sealed):
            value = [Type.RELAY, hops, origin, target, sealed]
        case Batch(messages):
            return batched([encode_message(one) for one in messages])
    value[0] = int(value[0])
    return encode(value)


def decode_message(data: bytes) -> Message:
    """Return the message in `data`.

    Raises:
        NonCanonical: not one canonical value.
        BadStructure: not a message, or a field of another type or out of range.
        TooLarge: a segment over its bounds.
    """
    match decode(data):
        case [Type.PACKED, size, bytes(deflated)]:
            return _unpacked(decode(inflated(_number(size, 1), deflated)))
        case value:
            return _unpacked(value)


def decode_messages(data: bytes) -> list[Message]:
    """Return the messages in `data`, in their order: those of a batch, or the one that it is.

    Raises: as `decode_message`.
    """
    message = decode_message(data)
    return message.messages if isinstance(message, Batch) else [message]


def _unpacked(value: Value) -> Message:
    match value:
        case [Type.BATCH, list(values)] if 2 <= len(values) <= limits.BATCH_MESSAGES_MAX:
            return Batch([_message(item) for item in values])
        case _:
            return _message(value)


def _message(value: Value) -> Message:
    match value:
        case [kind, *fields] if type(kind) is int:
            return _read(kind, fields)
        case _:
            raise BadStructure("message")


def _read(kind: int, fields: list[Value]) -> Message:
    match kind, fields:
        case Type.HELLO, [version, *rest]:
            return _hello(_number(version), rest)
        case Type.HAVE, [list(offers)] if len(offers) <= limits.HAVE_LOGS_PER_MESSAGE_MAX:
            return Have([_offer(item) for item in offers])
        case Type.WANT, [number, bytes(log), low, high, bool(down)]:
            want = Want(_number(number, 1), log, _number(low), _number(high), down)
            if not _is_range(log, want.low, want.high):
                raise BadStructure("want")
            if want.high - want.low >= limits.WANT_ENTRIES_MAX:
                raise BadStructure("want of too many entries")
            return want
        case Type.LATEST, [number, bytes(log), most] if len(log) == limits.KEY_BYTES:
            bound = limits.SEGMENT_ENTRIES_MAX
            return WantLatest(_number(number, 1), log, _number(most, 1, bound))
        case Type.SEGMENT, [number, list(segment)]:
            return Entries(_number(number), segments.from_wire(segment))
        case Type.FORK, [list(proof)]:
            return Fork(proof_from_wire(proof))
        case Type.DONE, [number]:
            return Done(_number(number))
        case Type.PING, [number]:
            return Ping(_number(number))
        case Type.PONG, [number]:
            return Pong(_number(number))
        case Type.BYE, [str(code)] if len(code) <= limits.KIND_BYTES_MAX:
            return Bye(code)
        case Type.ASK_BLOB, [number, bytes(blob), at] if len(blob) == limits.ID_BYTES:
            return AskBlob(_number(number), blob, _number(at, -1, limits.BLOB_CHUNKS_MAX - 1))
        case Type.BLOB_PART, [number, None | bytes() as part]:
            if part is not None and len(part) > limits.BLOB_CHUNK_BYTES:
                raise BadStructure("blob part")
            return BlobPart(_number(number), part)
        case Type.COMPARE, [prefix, bool(items), digests]:
            return Compare(_prefix(prefix, items=items), items, _digests(digests, items=items))
        case Type.COMPARED, [prefix, list(parts), lacking]:
            named = [_part(part, prefix) for part in parts]
            digits = [part.digit for part in named]
            if digits != sorted(set(digits)):
                raise BadStructure("order of parts")
            return Compared(_prefix(prefix), named, _digests(lacking, items=True))
        case Type.REVEAL, [prefix, digests]:
            if not digests:
                raise BadStructure("reveal of nothing")
            return Reveal(_prefix(prefix), _digests(digests, items=True))
        case Type.AGREED, []:
            return Agreed()
        case Type.TOLD, [token]:
            return Told(_token(token))
        case Type.SEEK, [list(logs)] if 1 <= len(logs) <= limits.SEEK_LOGS_MAX:
            return Seek([_log(log) for log in logs])
        case Type.NOTE, [list(news)] if 1 <= len(news) <= limits.NOTES_PER_MESSAGE_MAX:
            return Note([_news(item) for item in news])
        case Type.GRAFT, [log, after]:
            return Graft(_log(log), _number(after))
        case Type.PRUNE, [log]:
            return Prune(_log(log))
        case Type.JOIN, [hops, member]:
            return Join(_number(hops, 0, limits.JOIN_HOPS), _member(member))
        case Type.SHUFFLE, [hops, list(members)] if 1 <= len(members) <= limits.SHUFFLE_MEMBERS_MAX:
            hops = _number(hops, 0, limits.SHUFFLE_HOPS)
            return Shuffle(hops, [_member(member) for member in members])
        case Type.RELAY, [hops, origin, target, bytes(sealed)] if (
            1 <= len(sealed) <= limits.RELAY_BYTES_MAX
        ):
            return Relay(_number(hops, 0, limits.RELAY_HOPS), _log(origin), _log(target), sealed)
        case _:
            raise BadStructure("message")


def _hello(version: int, rest: list[Value]) -> Hello:
    if version != SESSION_VERSION:
        return Hello(version, None)  # other versions may say anything here
    if not rest:
        raise BadStructure("hello")
    return Hello(version, _token(rest[0]))


def _number(value: Value, low: int = 0, high: int = limits.INT_MAX) -> int:
    # By type: a truth value is an int to Python, but not to the protocol.
    if type(value) is not int or not low <= value <= high:
        raise BadStructure("number")
    return value


def _log(value: Value) -> bytes:
    if not isinstance(value, bytes) or len(value) != limits.KEY_BYTES:
        raise BadStructure("log")
    return value


def _token(value: Value) -> bytes | None:
    match value:
        case None:
            return None
        case bytes(token) if 1 <= len(token) <= limits.TOKEN_BYTES_MAX:
            return token
        case _:
            raise BadStructure("token")


def _news(value: Value) -> tuple[bytes, int]:
    match value:
        case [log, seq]:
            return _log(log), _number(seq, 1)
        case _:
            raise BadStructure("note")


def _prefix(value: Value, *, items: bool = True) -> str:
    # 63 digits leave 16 logs at most, which are named; so what is summed up has fewer.
    most = 2 * limits.KEY_BYTES - (1 if items else 2)
    if not isinstance(value, str) or len(value) > most or not set(value) <= _DIGITS:
        raise BadStructure("prefix")
    return value


def _digests(value: Value, *, items: bool) -> bytes:
    size = limits.FRONTIER_DIGEST_BYTES
    if not isinstance(value, bytes) or len(value) % size:
        raise BadStructure("digests")
    if not items:
        if len(value) != size * len(_DIGITS):
            raise BadStructure("digests")
        return value
    cut = [value[at : at + size] for at in range(0, len(value), size)]
    if len(cut) > limits.COMPARE_ITEMS_MAX or cut != sorted(set(cut)):
        raise BadStructure("digests")
    return value


def _part(value: Value, prefix: Value) -> Part:
    match value:
        case [str(digit), bool(items), digests] if digit in _DIGITS and isinstance(prefix, str):
            _prefix(prefix + digit, items=items)
            return Part(digit, items, _digests(digests, items=items))
        case _:
            raise BadStructure("part")


def _member_fields(member: Member) -> list[Value]:
    return [member.device, list(member.addresses)]


def _member(value: Value) -> Member:
    match value:
        case [device, list(addresses)] if len(addresses) <= limits.MEMBER_ADDRESSES_MAX:
            for address in addresses:
                if not isinstance(address, str) or not address.isascii():
                    raise BadStructure("address")
                if not 1 <= len(address) <= limits.ADDRESS_CHARS_MAX:
                    raise BadStructure("address")
            return Member(_log(device), tuple(addresses))
        case _:
            raise BadStructure("member")


def _offer_fields(offer: Offer) -> list[Value]:
    fields: list[Value] = [offer.log, offer.low, offer.high, offer.high_id]
    return fields if offer.older is None else [*fields, *offer.older]


def _offer(item: Value) -> Offer:
    match item:
        case [bytes(log), low, high, bytes(high_id)] if len(high_id) == limits.ID_BYTES:
            offer = Offer(log, _number(low), _number(high), high_id)
        case [bytes(log), low, high, bytes(high_id), older_low, older_high] if (
            len(high_id) == limits.ID_BYTES
        ):
            older = (_number(older_low), _number(older_high))
            offer = Offer(log, _number(low), _number(high), high_id, older)
            if not _is_range(log, *older) or older[1] >= offer.low - 1:
                raise BadStructure("offer")
        case _:
            raise BadStructure("offer")
    if not _is_range(log, offer.low, offer.high):
        raise BadStructure("offer")
    return offer


def _is_range(log: bytes, low: int, high: int) -> bool:
    return len(log) == limits.KEY_BYTES and 1 <= low <= high <= limits.SEQ_MAX
