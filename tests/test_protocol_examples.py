"""Every example in the protocol's chapters is what the code does, byte for byte.

A block of a chapter that opens with "```example NAME" is the lines that `EXAMPLES[NAME]`
makes from fixed keys and times: names, each with bytes or plain text below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import wrap

import pytest

from p2pblog.content.bodies import (
    Body,
    Follow,
    Like,
    Origin,
    Outside,
    Post,
    Profile,
    Ref,
    Repost,
    parse,
    serialize,
)
from p2pblog.content.text import clean, tags
from p2pblog.core.crypto import SigningKey, digest
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import NonCanonical
from p2pblog.core.textform import Kind, to_text
from p2pblog.log.entry import HEADER_VERSION, Entry, Tip, make_entry, sign_id
from p2pblog.log.held import Held, Range
from p2pblog.log.identity import add_device, consent_message, root_from_words, words_from_entropy
from p2pblog.log.segment import Withheld, check_segment, encode_segment, from_wire
from p2pblog.store.blobs import chunk_list, read_chunk_list
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync.channel import END, ChannelStream
from p2pblog.sync.codec import decode_message, encode_message
from p2pblog.sync.frontier import Frontier, digest_of, item_of, number_of
from p2pblog.sync.messages import (
    KINDS,
    Agreed,
    AskBlob,
    BlobPart,
    Compare,
    Message,
    Offer,
    Ping,
    Reveal,
    Seek,
    Type,
)
from p2pblog.sync.packing import wrapped
from p2pblog.sync.planning import WHOLE, Latest, next_ask
from p2pblog.sync.reconcile import Comparing
from p2pblog.sync.session import Session
from p2pblog.sync.signal import Candidate, CandidateType, Signal, encode_signal
from p2pblog.sync.signal_text import signal_to_text
from tests.ends import End

PROTOCOL = Path(__file__).parents[1] / "protocol"
BLOCK = re.compile(r"^```example ([a-z-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

LOG = SigningKey(b"\x01" * 32)
ROOT = SigningKey(b"\x02" * 32)
SALT = bytes(16)
TIME_MS = 1_700_000_000_000
HANDSHAKE_HASH = bytes(range(64))

Line = tuple[str, bytes | str]


def values() -> Iterator[Line]:
    shown: list[tuple[str, object]] = [
        ("nil", None),
        ("false", False),
        ("0", 0),
        ("127", 127),
        ("128", 128),
        ("65536", 65536),
        ("4294967296", 2**32),
        ("9007199254740991", 2**53 - 1),
        ("-1", -1),
        ("-32", -32),
        ("-33", -33),
        ("-129", -129),
        ("-9007199254740991", -(2**53) + 1),
        ('""', ""),
        ('"h\u00e9"', "h\u00e9"),
        ('"a", 32 times', "a" * 32),
        ("bin, no bytes", b""),
        ("bin, 01 02", b"\x01\x02"),
        ("[1, [], {}]", [1, [], {}]),
        ('{"": 1, "a": 2, "aa": 3, "b": 4}', {"b": 4, "aa": 3, "a": 2, "": 1}),
    ]
    for name, value in shown:
        assert decode(encode(value)) == value
        yield name, encode(value)


def refused() -> Iterator[Line]:
    for name, digits in (
        ("E-5: float 1.0", "cb3ff0000000000000"),
        ("E-5: an extension type", "d40100"),
        ("E-5: c1", "c1"),
        ("E-6: 2^53", "cf0020000000000000"),
        ("E-7: 127 in two bytes", "cc7f"),
        ("E-7: 1 in a signed form", "d001"),
        ("E-7: a str of 1 byte, its length in a byte of its own", "d90161"),
        ("E-7: an array of 1 item, its length in two bytes", "dc000101"),
        ("E-8: not UTF-8", "a1ff"),
        ("E-8: a surrogate", "a3eda080"),
        ("E-9: a map key that is an int", "810101"),
        ("E-10: b before a", "82a16201a16102"),
        ("E-10: a twice", "82a16101a16102"),
        ("E-11: nine arrays in each other", "919191919191919190"),
        ("E-12: an array of 2 items with 1", "9201"),
        ("E-13: a byte left over", "0101"),
    ):
        data = bytes.fromhex(digits)
        with pytest.raises(NonCanonical):
            decode(data)
        yield name, data


def text_forms() -> Iterator[Line]:
    value = bytes(range(32))
    yield "32 bytes", value
    for kind, name in ((Kind.IDENTITY, "as an identity"), (Kind.DEVICE, "as a device")):
        yield name, to_text(kind, value)
    yield "32 bytes", bytes(32)
    yield "as an entry", to_text(Kind.ENTRY, bytes(32))


def two_entries() -> list[Entry]:
    """Return the entries that the chapters on entries, logs and sessions speak of."""
    made: list[Entry] = []
    for number, text in enumerate(("Hello", "Hello again")):
        tip = Tip(made[-1].seq, made[-1].id) if made else None
        body = serialize(Post(text), SALT)
        made.append(make_entry(LOG.public, tip, TIME_MS + number * 60_000, body))
    return made


def header(entry: Entry) -> bytes:
    return encode([HEADER_VERSION, *entry[:6]])


def entries() -> Iterator[Line]:
    yield "log key: seed", LOG.seed
    yield "log key: public", LOG.public
    for entry in two_entries():
        assert entry.body is not None
        yield f"entry {entry.seq}: time_ms", str(entry.time_ms)
        yield f"entry {entry.seq}: body", entry.body
        yield f"entry {entry.seq}: body_hash", entry.body_hash
        yield f"entry {entry.seq}: header", header(entry)
        yield f"entry {entry.seq}: id", entry.id
        yield f"entry {entry.seq}: text form of the id", to_text(Kind.ENTRY, entry.id)
        yield f"entry {entry.seq}: signature", sign_id(LOG, entry.id)


def store_of(texts: list[str]) -> LogStore:
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    for number, text in enumerate(texts):
        store.append(LOG, [(TIME_MS + number * 60_000, serialize(Post(text), SALT))], TIME_MS)
    return store


def segments() -> Iterator[Line]:
    store = store_of(["Hello", "Hello again"])
    whole = store.segment_up(LOG.public, 1, 2)
    assert [entry.id for entry in check_segment(whole).entries] == [e.id for e in two_entries()]
    yield "entries 1 and 2", encode_segment(whole)
    first = two_entries()[0]
    withheld = whole._replace(
        bodies=[Withheld(first.body_size, first.body_hash), whole.bodies[1]],
    )
    assert check_segment(from_wire(decode(encode_segment(withheld)))).entries[1] == two_entries()[1]
    yield "the same, the first body withheld", encode_segment(withheld)
    longer = store_of([str(number) for number in range(1, 66)])
    part = longer.segment_down(LOG.public, 63, 65)
    assert len(part.signatures) == 2
    yield "entries 63 to 65 of another log", encode_segment(part)


def bodies() -> Iterator[Line]:
    first = two_entries()[0]
    target = Ref(first.log, first.seq, first.id)
    origin = Origin("twitter", "20", 1_142_974_214_000, "mia")
    shown: list[tuple[str, Body]] = [
        ("profile", Profile("Mia", "bakes")),
        ("post, an answer that mentions an identity", reply(target)),
        ("follow", Follow(ROOT.public)),
        ("like", Like(target)),
        ("like, undone", Like(target, undo=True)),
        ("repost of an outside text, imported", Repost(outside=OUTSIDE, origin=origin)),
        ("device.add (chapter 5)", add_device(ROOT.public, LOG, "laptop")),
    ]
    for name, body in shown:
        data = serialize(body, SALT)
        assert parse(data) == body
        yield name, data


OUTSIDE = Outside("@jo", "Good bread")


def reply(target: Ref) -> Post:
    return Post("@mia yes #bread", reply=target, root=target, mentions=(ROOT.public,))


def texts() -> Iterator[Line]:
    for name, text in (
        ("an escape sequence, bidirectional controls", "\x1b[31mred\x1b[0m \u202eevil\u202c"),
        ("a family of emoji keeps its joiners", "\U0001f468\u200d\U0001f469 a\u200db"),
    ):
        yield f"cleaning: {name}", text.encode()
        yield "gives", clean(text).encode()
    for text in (
        "#Bread and #STRASSE, #stra\u00dfe",
        "a#b /#c ##d &#39; #2024 #1st",
    ):
        yield f"tags of: {text}", " ".join(f"[{tag}]" for tag in tags(text))


def identity() -> Iterator[Line]:
    words = words_from_entropy(bytes(32))
    root = root_from_words(words)
    add = add_device(root.public, LOG, "laptop")
    yield "entropy", bytes(32)
    yield "words", " ".join(words)
    yield "root key: seed", root.seed
    yield "root key: public", root.public
    yield "root key: text form", to_text(Kind.IDENTITY, root.public)
    yield "device key: public", LOG.public
    yield "consent message", consent_message(root.public)
    yield "consent", add.consent
    body = serialize(add, SALT)
    yield "body of the first entry of the root log", body
    entry = make_entry(root.public, None, TIME_MS, body)
    yield "its header", header(entry)
    yield "its id", entry.id
    yield "its signature", sign_id(root, entry.id)


def said(name: str, message: bytes) -> Line:
    """Return the line of a message: who says it, what it is, its bytes."""
    return f"{name} {KINDS[type(decode_message(message))].name.lower()}", message


class Pair:
    """Two ends, and the sessions between them; A begins the links."""

    def __init__(self, *stores: LogStore) -> None:
        self.ends = {name: End(store=store) for name, store in zip("AB", stores, strict=True)}
        self.sessions: dict[str, Session] = {}
        self.link(HANDSHAKE_HASH)

    def link(self, salt: bytes) -> None:
        """Let the link end, and another one come up."""
        for name, end in self.ends.items():
            token = None
            if name in self.sessions:
                token = end.tokens[self.sessions[name]]
                end.end(self.sessions[name])
            self.sessions[name] = end.begin(leads=name == "A", salt=salt, token=token)

    def write(self, number: int, text: str) -> None:
        """Let A write the entry `number`."""
        end, body = self.ends["A"], serialize(Post(text), SALT)
        end.store.append(LOG, [(TIME_MS + (number - 1) * 60_000, body)], TIME_MS)
        end.tell(LOG.public)

    def converse(self) -> Iterator[Line]:
        """Yield what the two say until both are silent."""
        quiet = False
        while not quiet:
            quiet = True
            for name, other in ("AB", "BA"):
                for message in self.ends[name].output(self.sessions[name]):
                    quiet = False
                    yield said(name, message)
                    self.ends[other].receive(self.sessions[other], message)


def empty() -> LogStore:
    return LogStore(MemoryKeyValue(), new_epoch=bytes(16))


def session() -> Iterator[Line]:
    pair = Pair(store_of(["Hello", "Hello again"]), empty())
    yield from pair.converse()
    assert pair.ends["B"].store.logs == pair.ends["A"].store.logs
    pair.sessions["B"].close()
    yield from pair.converse()


def push() -> Iterator[Line]:
    pair = Pair(*(store_of(["Hello", "Hello again"]) for _ in "AB"))
    list(pair.converse())
    pair.write(3, "News")
    yield from pair.converse()
    pair.write(4, "More")
    yield from pair.converse()
    assert pair.ends["B"].store.logs == pair.ends["A"].store.logs


def resume() -> Iterator[Line]:
    pair = Pair(*(store_of(["Hello", "Hello again"]) for _ in "AB"))
    list(pair.converse())
    pair.sessions["A"].close()
    list(pair.converse())
    pair.write(3, "News")
    pair.link(bytes(64))
    yield from pair.converse()
    assert pair.ends["B"].store.logs == pair.ends["A"].store.logs


def packed() -> Iterator[Line]:
    seek = encode_message(Seek([digest(bytes([number])) for number in range(2)] * 8))
    ping = encode_message(Ping(7))
    stored = encode([Type.PACKED.value, 3, b"\1\3\0\xfc\xff" + ping])
    assert decode_message(stored) == Ping(7)
    yield "ping, number 7", ping
    yield "the same, packed: one block, stored as it is", stored
    [together] = wrapped([seek])
    assert decode_message(together) == decode_message(seek)
    assert len(together) < len(seek)


def frontier() -> Iterator[Line]:
    held = store_of(["Hello", "Hello again"]).logs[LOG.public]
    low_prev = two_entries()[0].id
    parts = Held(Range(40, 50, low_prev, bytes([7]) * 32), Range(1, 9, None, b""))
    yield "h", HANDSHAKE_HASH
    for name, state in (
        ("the log of chapter 2, two entries", (held, None)),
        ("the same, proven to fork at 2", (held, 2)),
        ("the same log, 40 to 50 and 1 to 9, the id of 50 being 32 bytes 07", (parts, None)),
        ("the same log, nothing but a proof of a fork at 9", (None, 9)),
    ):
        item = item_of(LOG.public, *state)
        yield f"item: {name}", item
        yield "digest of the item", digest_of(item, HANDSHAKE_HASH)
        number = number_of(item).to_bytes(256, "little")
        yield "its number begins", number[:8]
        yield "and ends", number[-8:]
    both = Frontier()
    yield "digest of the empty set", both.digest("", HANDSHAKE_HASH)
    both.put(LOG.public, held)
    yield "digest of the set of the first item", both.digest("", HANDSHAKE_HASH)
    both.put(ROOT.public, None, 9)
    yield (
        "item: the log of the seed 32 times 02, nothing but a proof",
        item_of(ROOT.public, None, 9),
    )
    yield "digest of the set of it and the first item", both.digest("", HANDSHAKE_HASH)
    yield "of those under the digits 8a", both.digest("8a", HANDSHAKE_HASH)


def comparison() -> Iterator[Line]:
    def some(first: int, last: int, changed: int = 0) -> Frontier:
        found = Frontier()
        for number in range(first, last + 1):
            log = digest(bytes([number]))
            found.put(log, Held(Range(1, number + (number == changed), None, digest(log))))
        return found

    leader = Comparing(some(1, 20), HANDSHAKE_HASH, leads=True)
    other = Comparing(some(3, 20, changed=7), HANDSHAKE_HASH, leads=False)
    waits: list[Message] = [*leader.begin()]
    told: dict[str, set[bytes]] = {"A": set(), "B": set()}
    while waits:
        message = waits.pop(0)
        yield said("A", encode_message(message))
        assert isinstance(message, Compare | Reveal | Agreed)
        found = other.take(message)
        told["B"].update(found.tell)
        for answer in found.messages:
            yield said("B", encode_message(answer))
            more = leader.take(answer)
            told["A"].update(more.tell)
            waits += more.messages
    for name, logs in told.items():
        yield f"{name} offers", " ".join(log.hex()[:8] + "..." for log in sorted(logs))
    assert told == {
        "A": {digest(bytes([number])) for number in (1, 2, 7)},
        "B": {digest(bytes([7]))},
    }


def planning() -> Iterator[Line]:
    def span_of(low: int, high: int) -> Range:
        return Range(low, high, None if low == 1 else bytes(32), bytes(32))

    def held(low: int, high: int, older: tuple[int, int] | None = None) -> Held:
        return Held(span_of(low, high), span_of(*older) if older else None)

    def offer(low: int, high: int, older: tuple[int, int] | None = None) -> Offer:
        return Offer(LOG.public, low, high, bytes(32), older)

    whole = offer(1, 3000)
    rival = whole._replace(high_id=bytes([1]) * 32)
    cases = [
        ("nothing held", None, whole, WHOLE),
        ("nothing held, depth 20", None, whole, 20),
        ("nothing held, offer 2950 to 3000", None, offer(2950, 3000), WHOLE),
        ("held 1 to 2488", held(1, 2488), whole, WHOLE),
        ("held 1 to 2487", held(1, 2487), whole, WHOLE),
        ("held 1 to 2899, depth 100", held(1, 2899), whole, 100),
        ("held 1 to 2900, depth 100", held(1, 2900), whole, 100),
        ("held 1 to 2990, offer 2995 to 3000", held(1, 2990), offer(2995, 3000), WHOLE),
        ("held 2901 to 3000", held(2901, 3000), whole, WHOLE),
        ("held 2901 to 3000, depth 100", held(2901, 3000), whole, 100),
        ("held 2901 to 3000, and 1 to 1000", held(2901, 3000, (1, 1000)), whole, WHOLE),
        ("held 1 to 3000", held(1, 3000), whole, WHOLE),
        ("the same, and another id of 3000", held(1, 3000), rival, WHOLE),
        ("held 1001 to 2900, and 1 to 900", held(1001, 2900, (1, 900)), whole, WHOLE),
        (
            "held 2901 to 3000, offer 2950 to 3000 and 1 to 2900",
            held(2901, 3000),
            offer(2950, 3000, (1, 2900)),
            WHOLE,
        ),
    ]
    for name, what, offered, depth in cases:
        match next_ask(what, offered, depth):
            case None:
                yield name, "nothing"
            case Latest(most):
                yield name, f"latest, {most}"
            case low, high, down:
                yield name, f"{'down' if down else 'up'}, {low} to {high}"


def blobs() -> Iterator[Line]:
    data = b"a" * 65_537
    listed = chunk_list(data)
    name = digest(listed)
    assert read_chunk_list(name, listed)[0] == len(data)
    yield "list", listed
    yield "id", name
    yield "text form of the id", to_text(Kind.BLOB, name)
    yield "ask_blob, number 1, the list", encode_message(AskBlob(1, name, -1))
    yield "blob_part, number 1, the list", encode_message(BlobPart(1, listed))
    yield "ask_blob, number 2, chunk 1", encode_message(AskBlob(2, name, 1))
    yield "blob_part, number 2, chunk 1", encode_message(BlobPart(2, data[65_536:]))
    yield "ask_blob, number 3, chunk 2, which there is not", encode_message(AskBlob(3, name, 2))
    yield "blob_part, number 3", encode_message(BlobPart(3, None))


def webrtc() -> Iterator[Line]:
    host = Candidate(CandidateType.HOST, bytes([192, 168, 1, 5]), 40_000)
    seen = Candidate(CandidateType.REFLEXIVE, bytes([198, 51, 100, 7]), 50_000)
    offer = Signal("offr", "p" * 22, b"\x11" * 32, (host, seen))
    answer = Signal("answ", "q" * 22, b"\x22" * 32, (host._replace(port=41_000),), "offr")
    for name, signal in (("offer", offer), ("answer", answer)):
        data = encode_signal(signal)
        yield name, data
        yield (
            f"its text form, {len(signal_to_text(signal.type, data))} characters",
            signal_to_text(signal.type, data),
        )
    left, right = ChannelStream(initiator=True), ChannelStream(initiator=False)
    left.write(b"\x33" * 48)
    first = left.next_message()
    assert first is not None
    assert right.feed(first) == [b"\x33" * 48]
    yield "the first packet of a handshake, 48 times 33, as a message", first
    left.write(b"\x44" * 96, *[b"\x55" * 60_000] * 2)
    while (message := left.next_message()) is not None:
        right.feed(message)
    room = right.room(0)
    assert room is None  # not a quarter of the window yet
    left.write(b"\x55" * 60_000)
    while (message := left.next_message()) is not None:
        right.feed(message)
    room = right.room(0)
    assert room is not None
    yield "room, after 180,154 bytes of the stream that were taken at once", room
    yield "the end", END


EXAMPLES: dict[str, Callable[[], Iterator[Line]]] = {
    "values": values,
    "refused": refused,
    "text-forms": text_forms,
    "entries": entries,
    "segments": segments,
    "bodies": bodies,
    "texts": texts,
    "identity": identity,
    "session": session,
    "push": push,
    "resume": resume,
    "packed": packed,
    "frontier": frontier,
    "comparison": comparison,
    "planning": planning,
    "blobs": blobs,
    "webrtc": webrtc,
}


def written(name: str) -> str:
    """Return an example as a chapter shows it."""
    lines: list[str] = []
    for title, shown in EXAMPLES[name]():
        lines.append(title)
        text = shown.hex() if isinstance(shown, bytes) else shown
        lines += [f"    {part}" for part in wrap(text, 64) or [""]]
    return "\n".join(lines) + "\n"


def found() -> dict[str, str]:
    """Return every example that the chapters hold, by its name."""
    blocks: dict[str, str] = {}
    for page in sorted(PROTOCOL.glob("*.md")):
        for name, text in BLOCK.findall(page.read_text()):
            assert name not in blocks, f"{name} stands twice"
            blocks[name] = text
    return blocks


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_in_the_chapter_is_what_the_code_does(name: str) -> None:
    assert found()[name] == written(name)


def test_no_example_stands_in_a_chapter_that_nothing_checks() -> None:
    assert found().keys() == EXAMPLES.keys()
