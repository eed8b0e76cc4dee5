"""Cases of protocol/09-sessions.md: what two ends say, byte by byte, and what ends a session."""

from __future__ import annotations

from typing import Any

from tests.plain.cases.writing import Cases
from tests.plain.hashes import b256
from tests.plain.held import Held
from tests.plain.log import Log
from tests.plain.message import NAMES, read
from tests.plain.msgpack import decode, encode
from tests.plain.refused import Refused
from tests.plain.segment import read as read_segment
from tests.plain.session import Node

NOTES = {
    "Greeting": "S-3 to S-6",
    "Latest": "the newest entries come first",
    "Up": "S-9, S-10",
    "Down": "S-11, S-12",
    "Turns": "answers to two questions",
    "Question": "S-15: what is not held is done at once",
    "Answer": "S-16 to S-19: not what was asked for",
    "Push": "S-24: dropped, or taken if it goes on from what is held",
    "Signs": "S-25",
    "Form": "S-1, S-2, S-7",
    "Forged": "L-8 to L-10: a segment that is not authentic",
    "Gap": "L-14: goes on",
    "Fork": "S-32: proves nothing",
}
HELLO = [0, 1]
Holding = tuple[Log, list[tuple[int, int]]]


class Talk:
    """What is said, and by whom."""

    def __init__(self, **ends: list[Holding]) -> None:
        self.transcript: list[dict[str, str]] = []
        self.given: dict[str, Any] = {
            "ends": {name: [spell(*holding) for holding in ends[name]] for name in sorted(ends)},
            "transcript": self.transcript,
        }
        self.nodes = {
            name: Node(dict(hold(*holding) for holding in ends[name])) for name in sorted(ends)
        }

    def say(self, name: str, data: bytes) -> bytes:
        """Write down a message."""
        try:
            type_ = read(data)[0]
        except Refused:
            type_ = "?"
        self.transcript.append({"from": name, "type": type_, "bytes": data.hex()})
        return data

    def converse(self) -> None:
        """Let both ends greet, then talk by turns until they fall silent."""
        greetings = [(name, self.nodes[name].output()) for name in ("A", "B")]
        for name, messages in greetings:
            for message in messages:
                self.nodes["B" if name == "A" else "A"].receive(self.say(name, message))
        quiet = 0
        while quiet < 2:
            for name, other in (("A", "B"), ("B", "A")):
                messages = self.nodes[name].output()
                quiet = 0 if messages else quiet + 1
                for message in messages:
                    self.nodes[other].receive(self.say(name, message))

    def script(self, messages: list[bytes]) -> None:
        """Let B say these, one at a time, and A answer."""
        for message in messages:
            for data in self.nodes["A"].output():
                self.say("A", data)
            self.nodes["A"].receive(self.say("B", message))
        for data in self.nodes["A"].output():
            self.say("A", data)


def spell(log: Log, ranges: list[tuple[int, int]]) -> dict[str, Any]:
    """Return what is held of a log as the file has it."""
    return {
        "log": log.key.seed[0],
        "count": len(log.entries),
        "changed": {str(seq): text for seq, text in log.texts.items()},
        "ranges": [list(item) for item in ranges],
    }


def hold(log: Log, ranges: list[tuple[int, int]]) -> tuple[bytes, Held]:
    """Return what is held of a log: ranges, the newest first."""
    held = Held()
    for first, last in reversed(ranges):
        if last - first > 511:  # more than a segment: cut at a checkpoint
            held.take(read_segment(decode(log.segment(first, 448))))
            first = 449
        held.take(read_segment(decode(log.segment(first, last))))
    return log.key.public, held


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/09-sessions.md", NOTES)
    add_conversations(made)
    add_scripts(made)
    return made


def add_conversations(made: Cases) -> None:
    """Add sessions of two ends that both keep the rules."""

    def add(comment: str, flags: str, a: list[Holding], b: list[Holding]) -> None:
        talk = Talk(A=a, B=b)

        def judge() -> dict[str, Any]:
            talk.converse()
            return {}

        made.add(comment, talk.given, judge, flags=flags)

    short, long_ = Log(1, 130), Log(1, 620)
    add("neither holds anything", "Greeting", [], [])
    add("both hold the same", "Greeting", [(short, [(1, 5)])], [(short, [(1, 5)])])
    add("B holds nothing of two entries", "Latest", [(short, [(1, 2)])], [])
    add("B holds nothing of 64 entries", "Latest", [(short, [(1, 64)])], [])
    add("B holds nothing of 100 entries", "Latest", [(short, [(1, 100)])], [])
    add("B holds nothing of 101 entries", "Latest Down", [(short, [(1, 101)])], [])
    add("B holds nothing of 130 entries", "Latest Down", [(short, [(1, 130)])], [])
    add("A holds the newest entries only", "Latest", [(short, [(41, 50)])], [])
    add("A holds two ranges", "Latest Question", [(short, [(41, 50), (1, 5)])], [])
    add("B is behind", "Up", [(short, [(1, 10)])], [(short, [(1, 4)])])
    add("B is behind by a checkpoint", "Up", [(short, [(1, 70)])], [(short, [(1, 60)])])
    add("B lacks the past", "Down", [(short, [(1, 50)])], [(short, [(41, 50)])])
    add("B lacks what is between", "Down", [(short, [(1, 50)])], [(short, [(41, 50), (1, 5)])])
    add(
        "B lacks what is between, and the top",
        "Up Down",
        [(short, [(1, 60)])],
        [(short, [(41, 50), (1, 5)])],
    )
    add("B is 513 entries behind", "Latest Down", [(long_, [(1, 518)])], [(long_, [(1, 5)])])
    add("B is 512 entries behind", "Up", [(long_, [(1, 517)])], [(long_, [(1, 5)])])
    add("B lacks 600 entries below", "Down", [(long_, [(1, 620)])], [(long_, [(601, 620)])])
    add(
        "each is behind in one log",
        "Up Turns",
        [(short, [(1, 9)]), (Log(2, 9), [(1, 3)])],
        [(short, [(1, 4)]), (Log(2, 9), [(1, 9)])],
    )
    add("each holds one log", "Latest Turns", [(short, [(1, 3)])], [(Log(2, 4), [(1, 4)])])
    add(
        "B holds nothing of two logs",
        "Latest Turns",
        [(short, [(1, 110)]), (Log(2, 105), [(1, 105)])],
        [],
    )


def add_scripts(made: Cases) -> None:
    """Add sessions in which B says what it likes."""
    log, other = Log(1, 130), Log(2, 9)
    twin = Log(1, 60, {20: "something else"})
    public, id_ = log.key.public, b256(b"an id")
    ten: list[Holding] = [(log, [(1, 10)])]
    nothing: list[Holding] = []

    def add(
        comment: str, flags: str, a: list[Holding], said: list[Any], error: str | None = None
    ) -> None:
        talk = Talk(A=a)
        messages = [item if isinstance(item, bytes) else encode(item) for item in said]

        def judge() -> dict[str, Any]:
            talk.script(messages)
            return {}

        made.add(comment, talk.given, judge, flags=flags, error=error)

    def have(first: int, last: int, of: Log = log) -> list[Any]:
        return [1, [[of.key.public, first, last, of[last].id]]]

    add("ping", "Signs", nothing, [HELLO, [5, 7], [5, 8]])
    add(
        "pong, done and blob_part that answer nothing",
        "Signs",
        nothing,
        [HELLO, [6, 7], [4, 7], [9, 7, None], [5, 1]],
    )
    add(
        "a question about what is held, up",
        "Question Up",
        ten,
        [HELLO, [2, 1, public, 3, 10, False]],
    )
    add(
        "up, above high to the end of the range",
        "Question Up",
        ten,
        [HELLO, [2, 1, public, 3, 5, False]],
    )
    add(
        "up, above high to a checkpoint",
        "Question Up",
        [(log, [(1, 70)])],
        [HELLO, [2, 1, public, 60, 62, False]],
    )
    add("down, unsigned", "Question Down", ten, [HELLO, [2, 1, public, 3, 8, True]])
    add(
        "down, below what is held",
        "Question Down",
        [(log, [(5, 10)])],
        [HELLO, [2, 1, public, 1, 8, True]],
    )
    add(
        "up, from below what is held",
        "Question Up",
        [(log, [(5, 10)])],
        [HELLO, [2, 1, public, 4, 8, False]],
    )
    add("down, from above what is held", "Question Down", ten, [HELLO, [2, 1, public, 3, 11, True]])
    add("the latest three", "Question Latest", ten, [HELLO, [10, 1, public, 3]])
    add("the latest, more than there are", "Question Latest", ten, [HELLO, [10, 1, public, 512]])
    add(
        "the latest of a log that is not held",
        "Question Latest",
        ten,
        [HELLO, [10, 1, other.key.public, 5]],
    )
    add("a log that is not held", "Question", ten, [HELLO, [2, 1, other.key.public, 1, 5, True]])
    add("a blob that is not held", "Question", ten, [HELLO, [8, 1, id_, -1]])
    add(
        "an offer that nothing stands behind",
        "Question Latest",
        nothing,
        [HELLO, have(1, 9), [4, 1], [5, 1]],
    )
    add(
        "a push that goes on from what is held",
        "Push",
        ten,
        [HELLO, have(1, 10), [3, 0, log.fields(11, 12)], [5, 1]],
    )
    add(
        "a push of what is held",
        "Push",
        ten,
        [HELLO, have(1, 10), [3, 0, log.fields(9, 10)], [5, 1]],
    )
    add(
        "a push of a log of which nothing is held, then asked for",
        "Push Latest",
        nothing,
        [HELLO, [3, 0, log.fields(11, 12)]],
    )
    add(
        "the same, forged: it is not verified",
        "Push Latest",
        nothing,
        [HELLO, [3, 0, [*log.fields(11, 12)[:5], [bytes(64)]]]],
    )
    add(
        "a push above a gap, then asked for",
        "Push Gap Latest",
        ten,
        [HELLO, have(1, 10), [3, 0, log.fields(14, 15)]],
    )
    add("bye", "Greeting", ten, [HELLO, [7, ""]])
    answer = [3, 1, log.fields(1, 9)]
    add("an answer, and its end", "Latest", nothing, [HELLO, have(1, 9), answer, [4, 1]])
    add(
        "the same entries twice in an answer",
        "Latest",
        nothing,
        [HELLO, have(1, 9), answer, answer, [4, 1]],
    )

    no = "unexpected-message"
    for name, message in (
        ("have", have(1, 9)),
        ("want", [2, 1, public, 1, 5, True]),
        ("latest", [10, 1, public, 5]),
        ("segment", [3, 0, log.fields(1, 5)]),
        ("done", [4, 1]),
        ("ping", [5, 1]),
        ("pong", [6, 1]),
        ("bye", [7, ""]),
        ("ask_blob", [8, 1, id_, -1]),
        ("blob_part", [9, 1, None]),
        ("fork", [11, [log.fields(20, 20), twin.fields(20, 20)]]),
    ):
        assert name in NAMES
        add(f"{name} before hello", "Greeting", ten, [message], no)
    add("hello of version 0", "Greeting", ten, [[0, 0]], no)
    add("hello of version 2", "Greeting", ten, [[0, 2]], no)
    add("hello twice", "Greeting", ten, [HELLO, HELLO], no)
    add("hello twice, the second of version 2", "Greeting", ten, [HELLO, [0, 2]], no)
    add("a segment that nobody asked for", "Answer", ten, [HELLO, [3, 1, log.fields(11, 12)]], no)
    start = [HELLO, have(1, 9)]
    add("another number", "Answer", nothing, [*start, [3, 2, log.fields(1, 9)]], no)
    add("a segment after done", "Answer", nothing, [*start, [4, 1], answer], no)
    add("another log", "Answer", nothing, [*start, [3, 1, other.fields(1, 9)]], no)
    many = [HELLO, have(1, 130), [3, 1, log.fields(30, 130)]]
    add("101 entries for the latest 100", "Answer Latest", nothing, many, no)
    behind = [HELLO, have(1, 20)]
    add("up, below low", "Answer Up", ten, [*behind, [3, 1, log.fields(10, 20)]], no)
    add("up, above high", "Answer Up", ten, [*behind, [3, 1, log.fields(21, 25)]], no)
    top: list[Holding] = [(log, [(21, 30)])]
    whole = [HELLO, have(11, 30)]
    add("down, above high", "Answer Down", top, [*whole, [3, 1, log.fields(11, 21)]], no)
    add("down, below low", "Answer Down", top, [*whole, [3, 1, log.fields(10, 20)]], no)
    add("no message", "Form", ten, [HELLO, b"\xc1"], "non-canonical")
    add("before hello: no message", "Form", ten, [b"\xc1"], "non-canonical")
    add("a message left over", "Form", ten, [HELLO, encode(HELLO) * 2], "non-canonical")
    add("an unknown type", "Form", ten, [HELLO, [200, 1]], "bad-structure")
    add(
        "an offer that touches itself",
        "Form",
        ten,
        [HELLO, [1, [[public, 5, 9, id_, 1, 4]]]],
        "bad-structure",
    )
    add(
        "a want of 4097 entries",
        "Form",
        ten,
        [HELLO, [2, 1, public, 1, 4097, True]],
        "bad-structure",
    )
    forged = "bad-signature"
    fields = log.fields(1, 9)
    add(
        "an answer unsigned",
        "Forged",
        nothing,
        [*start, [3, 1, log.fields(1, 9, signed=False)]],
        forged,
    )
    add(
        "an answer signed by zeros",
        "Forged",
        nothing,
        [*start, [3, 1, [*fields[:5], [bytes(64)]]]],
        forged,
    )
    add(
        "an answer up, unsigned",
        "Forged Up",
        ten,
        [*behind, [3, 1, log.fields(11, 20, signed=False)]],
        forged,
    )
    add(
        "an answer down that does not fit",
        "Forged Down",
        [(twin, [(21, 30)])],
        [HELLO, [1, [[public, 11, 30, twin[30].id]]], [3, 1, log.fields(11, 20, signed=False)]],
        "broken-chain",
    )
    add(
        "a push, forged",
        "Forged Push",
        ten,
        [HELLO, have(1, 10), [3, 0, [*log.fields(11, 12)[:5], [bytes(64)]]]],
        forged,
    )
    add(
        "a proof of agreement",
        "Fork",
        ten,
        [HELLO, [11, [log.fields(5, 5), log.fields(5, 5)]]],
        "bad-structure",
    )
    add(
        "a proof of two logs",
        "Fork",
        ten,
        [HELLO, [11, [log.fields(5, 5), other.fields(5, 5)]]],
        "bad-structure",
    )
    unsigned = twin.fields(20, 20, signed=False)
    add("a proof unsigned", "Fork", ten, [HELLO, [11, [log.fields(20, 20), unsigned]]], forged)
