"""Cases of protocol/09-sessions.md: what two ends say, and what ends a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.plain.cases.writing import Cases
from tests.plain.frontier import Frontier
from tests.plain.hashes import b256
from tests.plain.held import Held
from tests.plain.home import Home
from tests.plain.log import Log
from tests.plain.message import NAMES, read
from tests.plain.msgpack import decode, encode
from tests.plain.refused import Refused
from tests.plain.segment import read as read_segment
from tests.plain.session import Session

NOTES = {
    "Greeting": "S-3 to S-6",
    "Compare": "S-36: the two compare what they hold (R-10, R-11)",
    "Resume": "S-36: what has changed since the token, and no more",
    "Token": "S-34, S-35: when one is given, and which is shown",
    "Seek": "S-37",
    "Note": "10 section 6: who is asked to push",
    "Graft": "S-38, S-23: who is pushed to",
    "Past": "10 section 5: what has grown downward is offered",
    "Latest": "the newest entries come first",
    "Up": "S-9, S-10",
    "Down": "S-11, S-12",
    "Turns": "answers to two questions",
    "Question": "S-15: what is not held is done at once",
    "Answer": "S-16 to S-19: not what was asked for",
    "Push": "S-24: dropped, or taken if it goes on from what is held",
    "Signs": "S-25",
    "Bye": "S-28",
    "Form": "S-1, S-2, S-7",
    "Packed": "S-33",
    "Role": "R-12, R-13: what only the other end may say",
    "Forged": "L-8 to L-10: a segment that is not authentic",
    "Gap": "L-14: goes on",
    "Fork": "S-31: the proofs that the other may not know",
    "Proof": "S-32: proves nothing",
}
HELLO = [0, 1, None]
H, OTHER_H = bytes(range(64)), bytes(64)
Holding = tuple[Log, list[tuple[int, int]]]
HeldBy = Sequence[Holding | list[Any]]
"""What an end holds: ranges of logs, the newest first; and proofs of forks."""


def fork(one: Log, other: Log, *seqs: int) -> list[Any]:
    """Return the proof that two logs make, from the first of these seqs to the last.

    Without bodies, as it should be: so it is passed on as it came, whoever withholds them.
    """
    first, last = seqs[0], seqs[-1]
    bare = tuple(range(first, last + 1))
    return [log.fields(first, last, withheld=bare) for log in (one, other)]


class Talk:
    """What is said, by whom, and what happens between."""

    def __init__(self, leads: str = "A", **ends: HeldBy) -> None:
        self.transcript: list[dict[str, Any]] = []
        self.given: dict[str, Any] = {
            "h": H.hex(),
            "leads": leads,
            "ends": {name: [spell(one) for one in ends[name]] for name in sorted(ends)},
            "transcript": self.transcript,
        }
        self.homes = {name: home(ends[name]) for name in sorted(ends)}
        self.sessions: dict[str, Session] = {}
        self.begin(H, leads)

    def begin(self, h: bytes, leads: str) -> None:
        """Bring a link up."""
        self.sessions = {
            name: Session(home, h, leads=name == leads) for name, home in self.homes.items()
        }

    def link(self, leads: str = "A", away: dict[str, HeldBy] | None = None) -> None:
        """Let the link end, and another one come up; what ends come to hold meanwhile is `away`."""
        away = away or {}
        spelt = {name: [spell(one) for one in away[name]] for name in sorted(away)}
        self.transcript.append({"h": OTHER_H.hex(), "leads": leads, "away": spelt})
        for name, log, span in spans(away):
            for part in segments(log, *span):
                self.homes[name].takes(log.key.public, part)
        self.begin(OTHER_H, leads)

    def takes(self, name: str, log: Log, *ranges: tuple[int, int]) -> None:
        """Let an end come to hold more, from elsewhere: ranges in their order."""
        self.transcript.append({"at": name, "takes": spell((log, list(ranges)))})
        parts = [part for span in ranges for part in segments(log, *span)]
        self.sessions[name].takes(log.key.public, parts)

    def say(self, name: str, data: bytes) -> bytes:
        """Write down a message."""
        try:
            type_ = read(data)[0]
        except Refused:
            type_ = "?"
        self.transcript.append({"from": name, "type": type_, "bytes": data.hex()})
        return data

    def converse(self) -> None:
        """Let both ends talk by turns until they fall silent."""
        quiet = 0
        while quiet < 2:
            for name, other in (("A", "B"), ("B", "A")):
                messages = self.sessions[name].output()
                quiet = 0 if messages else quiet + 1
                for message in messages:
                    self.sessions[other].receive(self.say(name, message))

    def answer(self) -> None:
        """Let A say what it has to say."""
        for data in self.sessions["A"].output():
            self.say("A", data)

    def script(self, messages: list[bytes]) -> None:
        """Let B say these, one at a time, and A answer."""
        for message in messages:
            self.answer()
            self.sessions["A"].receive(self.say("B", message))
        self.answer()


def spell(one: Holding | list[Any]) -> dict[str, Any]:
    """Return what is held of a log, or a proof, as the file has it."""
    if isinstance(one, list):
        return {"proof": encode(one).hex()}
    log, ranges = one
    return {
        "log": log.key.seed[0],
        "count": len(log.entries),
        "changed": {str(seq): text for seq, text in log.texts.items()},
        "ranges": [list(item) for item in ranges],
    }


def spans(away: dict[str, HeldBy]) -> Iterator[tuple[str, Log, tuple[int, int]]]:
    """Yield the ranges that ends come to hold: their names, the log, the range."""
    for name, holdings in away.items():
        for one in holdings:
            assert isinstance(one, tuple)
            log, ranges = one
            for span in ranges:
                yield name, log, span


def segments(log: Log, first: int, last: int) -> list[Any]:
    """Return the segments of a range: cut at a checkpoint where one would be too long."""
    spans = [(first, last)] if last - first <= 511 else [(first, 448), (449, last)]
    return [read_segment(decode(log.segment(*span))) for span in spans]


def home(ends: HeldBy) -> Home:
    """Return an end that holds this."""
    held: dict[bytes, Held] = {}
    proofs: dict[bytes, list[Any]] = {}
    for one in ends:
        if isinstance(one, list):
            proofs[one[0][0]] = one
            continue
        log, ranges = one
        for span in reversed(ranges):
            for part in segments(log, *span):
                held.setdefault(log.key.public, Held()).take(part)
    return Home(held, proofs)


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/09-sessions.md", NOTES)
    add_conversations(made)
    add_later(made)
    add_scripts(made)
    return made


def add_conversations(made: Cases) -> None:
    """Add first sessions of two ends that both keep the rules."""

    def add(
        comment: str, flags: str, a: HeldBy, b: HeldBy, leads: str = "A", *, ends_alike: bool = True
    ) -> None:
        talk = Talk(leads, A=a, B=b)

        def judge() -> dict[str, Any]:
            talk.converse()
            assert alike(talk) == ends_alike
            return {}

        made.add(comment, talk.given, judge, flags=flags)

    short, long_ = Log(1, 130), Log(1, 620)
    add("neither holds anything", "Greeting Token", [], [])
    add("neither holds anything, and B leads", "Greeting Token", [], [], "B")
    add("both hold the same", "Compare", [(short, [(1, 5)])], [(short, [(1, 5)])])
    add("both hold the same, and B leads", "Compare", [(short, [(1, 5)])], [(short, [(1, 5)])], "B")
    add("B holds nothing of two entries", "Latest", [(short, [(1, 2)])], [])
    add("B holds nothing of two entries, and leads", "Latest", [(short, [(1, 2)])], [], "B")
    add("B holds nothing of 64 entries", "Latest", [(short, [(1, 64)])], [])
    add("B holds nothing of 100 entries", "Latest", [(short, [(1, 100)])], [])
    add("B holds nothing of 101 entries", "Latest Down", [(short, [(1, 101)])], [])
    add("B holds nothing of 130 entries", "Latest Down", [(short, [(1, 130)])], [], "B")
    add("A holds the newest entries only", "Latest Seek", [(short, [(41, 50)])], [])
    two: HeldBy = [(short, [(41, 50), (1, 5)])]
    add("A holds two ranges", "Latest Question Seek", two, [], ends_alike=False)
    add("B is behind", "Up", [(short, [(1, 10)])], [(short, [(1, 4)])])
    add("B is behind by a checkpoint", "Up", [(short, [(1, 70)])], [(short, [(1, 60)])], "B")
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
    add("each holds one log", "Latest Turns", [(short, [(1, 3)])], [(Log(2, 4), [(1, 4)])], "B")
    add(
        "B holds nothing of two logs",
        "Latest Turns",
        [(short, [(1, 110)]), (Log(2, 105), [(1, 105)])],
        [],
    )
    many: HeldBy = [(Log(number, 2), [(1, 2)]) for number in range(1, 31)]
    more: HeldBy = [*many[:7], (Log(8, 3), [(1, 3)]), *many[8:-1], (Log(40, 2), [(1, 2)])]
    add("both hold the same thirty logs", "Compare", many, many)
    add("of thirty logs three differ", "Compare Latest Up", many, more)
    add("of thirty logs three differ, and B leads", "Compare Latest Up", many, more, "B")
    add("A holds seventeen logs and B nine others", "Compare", many[:17], many[17:26])
    twin = Log(1, 30, {20: "something else"})
    proof = fork(short, twin, 20)
    add("A knows of a fork", "Fork", [(short, [(1, 9)]), proof], [(short, [(1, 9)])])
    add(
        "A knows of a fork, and B leads",
        "Fork",
        [(short, [(1, 9)]), proof],
        [(short, [(1, 9)])],
        "B",
    )
    add("A knows nothing but a proof", "Fork", [proof], [])
    add(
        "B holds the log of which A knows nothing but a proof", "Fork", [proof], [(short, [(1, 9)])]
    )
    add("both know of the fork", "Fork", [(short, [(1, 9)]), proof], [(short, [(1, 9)]), proof])
    add("A knows of a lower fork", "Fork", [fork(short, twin, 20, 25)], [fork(short, twin, 25)])


def alike(talk: Talk) -> bool:
    """Tell whether both ends hold the same of what has not forked, and know the same forks."""
    one, other = talk.homes["A"], talk.homes["B"]
    forks = {log: one.forked(log) for log in one.proofs}
    if forks != {log: other.forked(log) for log in other.proofs}:
        return False
    mine, theirs = one.items(), other.items()
    return all(mine.get(log) == theirs.get(log) for log in {*mine, *theirs} - forks.keys())


def add_later(made: Cases) -> None:
    """Add what comes later: new entries, and links that come after another."""

    def add(
        comment: str,
        flags: str,
        a: HeldBy,
        b: HeldBy,
        play: Callable[[Talk], None],
        leads: str = "A",
    ) -> None:
        talk = Talk(leads, A=a, B=b)

        def judge() -> dict[str, Any]:
            talk.converse()
            play(talk)
            talk.converse()
            assert alike(talk)
            return {}

        made.add(comment, talk.given, judge, flags=flags)

    log, other = Log(1, 200), Log(2, 200)
    five: HeldBy = [(log, [(1, 5)])]

    def writes(*spans: tuple[int, int], at: str = "A", of: Log = log) -> Callable[[Talk], None]:
        def play(talk: Talk) -> None:
            for span in spans:
                talk.takes(at, of, span)
                talk.converse()

        return play

    def links(*plays: Callable[[Talk], None], leads: str = "A") -> Callable[[Talk], None]:
        def play(talk: Talk) -> None:
            for play in plays:
                play(talk)
            talk.link(leads)
            talk.converse()

        return play

    add("a new entry is noted, and pushed", "Note Graft", five, five, writes((6, 6)))
    add("later ones are pushed at once", "Graft Push", five, five, writes((6, 6), (7, 7), (8, 10)))
    add("B's are noted and pushed, too", "Note Graft", five, five, writes((6, 6), (7, 7), at="B"))
    add("the first entry of a log", "Note Graft", five, five, writes((1, 1), (2, 2), of=other))
    add("the first 64 entries of a log", "Note Graft", five, five, writes((1, 64), of=other))
    add("the first 65 entries of a log", "Note Graft Latest", five, five, writes((1, 65), of=other))
    add("64 new entries at once", "Graft Push", five, five, writes((6, 6), (7, 70)))
    add("65 new entries at once", "Graft Up", five, five, writes((6, 6), (7, 71)))
    add(
        "the newest entries, and then the past",
        "Past Note Latest Down",
        [],
        [],
        writes((41, 50), (21, 40), (1, 20)),
    )
    top: HeldBy = [(log, [(41, 50)])]
    add("the past of what both hold", "Past Down Seek", top, top, writes((21, 40), (1, 20)))
    add("linked again, and nothing is new", "Resume Token", five, five, links())
    add("linked again by B, and nothing is new", "Resume Token", five, five, links(leads="B"))
    add("linked twice more", "Resume Token", five, five, links(links()))
    add(
        "linked again, and B holds what it did not at A's token",
        "Resume Token",
        five,
        [],
        lambda talk: talk.link(),
    )

    def away(span: tuple[int, int], at: str = "A", of: Log = log) -> Callable[[Talk], None]:
        return lambda talk: talk.link(away={at: [(of, [span])]})

    add("A has written while B was away", "Resume Up", five, five, away((6, 9)))
    add("B has written while A was away", "Resume Up", five, five, away((6, 9), at="B"))
    add("A holds a new log", "Resume Latest", five, five, away((1, 3), of=other))
    add("A holds the past of a log", "Resume Down Seek", top, top, away((11, 40)))
    many: HeldBy = [(Log(number, 2), [(1, 2)]) for number in range(1, 31)]
    add("A has written in one of thirty logs", "Resume Up", many, many, away((3, 9)))


def add_scripts(made: Cases) -> None:
    """Add sessions in which B says what it likes."""
    log, other = Log(1, 130), Log(2, 9)
    twin = Log(1, 60, {20: "something else"})
    public, id_ = log.key.public, b256(b"an id")
    ten: HeldBy = [(log, [(1, 10)])]
    nothing: HeldBy = []

    def add(
        comment: str,
        flags: str,
        a: HeldBy,
        said: list[Any],
        error: str | None = None,
        leads: str = "B",
    ) -> None:
        talk = Talk(leads, A=a)

        def judge() -> dict[str, Any]:
            messages: list[Any] = []
            for item in [*said, None]:
                if callable(item) or item is None:
                    talk.script(messages)
                    messages = []
                    if item is not None:
                        item(talk)
                else:
                    messages.append(item if isinstance(item, bytes) else encode(item))
            return {}

        made.add(comment, talk.given, judge, flags=flags, error=error)

    def have(first: int, last: int, of: Log = log) -> list[Any]:
        return [1, [[of.key.public, first, last, of[last].id]]]

    def takes(first: int, last: int, of: Log = log) -> Callable[[Talk], None]:
        return lambda talk: talk.takes("A", of, (first, last))

    def link(talk: Talk) -> None:
        talk.link()

    add_resuming(add, ten, link)
    add_news(add, ten, takes)
    add_comparing(add, ten)
    add("ping", "Signs", nothing, [HELLO, [5, 7], [5, 8]])
    add("pings that travel together", "Signs", nothing, [HELLO, [25, [[5, 7], [6, 7], [5, 8]]]])
    add("hello and ping that travel together", "Signs", nothing, [[25, [HELLO, [5, 7]]]])
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
    add(
        "bye in a batch: nothing is said to what stands before it, and none taken behind it",
        "Bye",
        ten,
        [HELLO, [25, [[5, 7], [7, ""], [5, 8], HELLO]]],
    )
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
        ("fork", [11, fork(log, twin, 20)]),
        ("compare", [12, "", True, b""]),
        ("compared", [13, "", [], b""]),
        ("reveal", [14, "", bytes(8)]),
        ("agreed", [15]),
        ("told", [16, b"token"]),
        ("seek", [17, [public]]),
        ("note", [18, [[public, 1]]]),
        ("graft", [19, public, 5]),
        ("prune", [20, public]),
        ("join", [22, 6, [public, []]]),
        ("shuffle", [23, 4, [[public, []]]]),
        ("relay", [24, 8, public, public, b"sealed"]),
    ):
        assert name in NAMES
        add(f"{name} before hello", "Greeting", ten, [message], no)
    add("hello of version 0", "Greeting", ten, [[0, 0]], no)
    add("hello of version 2", "Greeting", ten, [[0, 2, None]], no)
    add("hello twice", "Greeting", ten, [HELLO, HELLO], no)
    add("hello twice, the second of version 2", "Greeting", ten, [HELLO, [0, 2]], no)
    add("hello without a token", "Form", ten, [[0, 1]], "bad-structure")
    add("hello with a token of 65 bytes", "Form", ten, [[0, 1, bytes(65)]], "bad-structure")
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
    add("a message left over", "Form", ten, [HELLO, encode([5, 1]) * 2], "non-canonical")
    add("an unknown type", "Form", ten, [HELLO, [200, 1]], "bad-structure")
    batch = [25, [[5, 7], [200, 1]]]
    add("an unknown type in a batch", "Form", ten, [HELLO, batch], "bad-structure")
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
    ours, other_ten = [1, [[public, 1, 10, id_]]], Log(1, 10, {10: "something else"})
    add(
        "another id of the newest entry is claimed, and an unsigned one comes",
        "Forged Up",
        ten,
        [HELLO, ours, [3, 1, other_ten.fields(10, 10, signed=False)]],
        forged,
    )
    add(
        "the same, signed by zeros",
        "Forged Up",
        ten,
        [HELLO, ours, [3, 1, [*other_ten.fields(10, 10)[:5], [bytes(64)]]]],
        forged,
    )
    add("the same, and it is none", "Up", ten, [HELLO, ours, [3, 1, log.fields(10, 10)], [4, 1]])
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
        "Proof",
        ten,
        [HELLO, [11, [log.fields(5, 5), log.fields(5, 5)]]],
        "bad-structure",
    )
    add(
        "a proof of two logs",
        "Proof",
        ten,
        [HELLO, [11, [log.fields(5, 5), other.fields(5, 5)]]],
        "bad-structure",
    )
    unsigned = twin.fields(20, 20, signed=False)
    add("a proof unsigned", "Proof", ten, [HELLO, [11, [log.fields(20, 20), unsigned]]], forged)


Add = Callable[..., None]


def add_resuming(add: Add, ten: HeldBy, link: Callable[[Talk], None]) -> None:
    """Add what A makes of tokens."""
    log, other = Log(1, 130), Log(2, 9)

    def away(of: Log, first: int, last: int) -> Callable[[Talk], None]:
        return lambda talk: talk.link(away={"A": [(of, [(first, last)])]})

    known = [HELLO, [15], link]
    add("a token that A never gave", "Resume", ten, [[0, 1, b"token"]])
    add(
        "a token that A never gave, and it leads",
        "Resume Compare",
        ten,
        [[0, 1, b"token"]],
        leads="A",
    )
    add("agreed at once: a token is given", "Token", ten, [HELLO, [15]])
    add("agreed twice: one token", "Token", ten, [HELLO, [15], [15]])
    add("told with nil", "Compare", ten, [HELLO, [16, None]])
    add(
        "told with nil, to the end that leads: it has begun",
        "Compare",
        ten,
        [HELLO, [16, None]],
        leads="A",
    )
    add("A's token, and nothing is new", "Resume", ten, [*known, [0, 1, b"\1"]])
    add("A's token, and told with nil", "Resume Compare", ten, [*known, [0, 1, b"\1"], [16, None]])
    add(
        "A's token, and told of a token",
        "Resume Token",
        ten,
        [*known, [0, 1, b"\1"], [16, b"theirs"]],
    )
    grown = [HELLO, [15], away(log, 11, 12)]
    add("A's token, and a log has grown", "Resume", ten, [*grown, [0, 1, b"\1"]])
    added = [HELLO, [15], away(other, 1, 3)]
    add("A's token, and there is another log", "Resume", ten, [*added, [0, 1, b"\1"]])
    add("an older token of A's", "Resume", ten, [*grown, [0, 1, b"\1"], link, [0, 1, b"\1"]])
    add("the newer one", "Resume", ten, [*grown, [0, 1, b"\1"], link, [0, 1, b"\2"]])
    twin = Log(1, 60, {20: "something else"})
    proof = [11, fork(log, twin, 20)]
    add(
        "A's token, and it has learned of a fork",
        "Resume Fork",
        ten,
        [HELLO, [15], proof, link, [0, 1, b"\1"]],
    )
    add("a token that A shows again", "Token", ten, [HELLO, [16, b"theirs"], link, HELLO])
    add("a newer one", "Token", ten, [HELLO, [16, b"theirs"], [16, b"newer"], link, HELLO])
    offer = [1, [[log.key.public, 1, 20, log[20].id]]]
    behind = [HELLO, offer, [16, b"theirs"]]
    add(
        "a token that does not count: what was offered is not here",
        "Token Up",
        ten,
        [*behind, link, HELLO],
    )
    here = [[3, 1, log.fields(11, 20)], [4, 1]]
    add("a token that counts: it has come", "Token Up", ten, [*behind, *here, link, HELLO])
    add("a token that counts: it does not exist", "Token Up", ten, [*behind, [4, 1], link, HELLO])
    note = [HELLO, [18, [[log.key.public, 11]]], [16, b"theirs"]]
    add(
        "a token that does not count: what was noted is not here",
        "Token Note",
        ten,
        [*note, link, HELLO],
    )
    eleven = [1, [[log.key.public, 1, 11, log[11].id]]]
    add(
        "a token that does not count: what was noted was asked for in vain",
        "Token Note Up",
        ten,
        [HELLO, [18, [[log.key.public, 11]]], eleven, [16, b"theirs"], [4, 1], link, HELLO],
    )
    push = [3, 0, log.fields(11, 11)]
    add("a token that counts: it was pushed", "Token Note", ten, [*note, push, link, HELLO])
    top: HeldBy = [(log, [(41, 50)])]
    add("what is incomplete is sought", "Seek", top, [HELLO, [16, b"theirs"]])
    add("what is incomplete is sought once", "Seek", top, [HELLO, [16, b"theirs"], [16, b"newer"]])
    offered = [1, [[log.key.public, 41, 50, log[50].id]]]
    add("what was offered is not sought", "Seek", top, [HELLO, offered, [16, b"theirs"]])
    public, strange = log.key.public, Log(3, 1).key.public
    add("A is asked what it holds", "Seek", ten, [HELLO, [17, [public]]])
    add("A is asked what it does not hold", "Seek", ten, [HELLO, [17, [strange]], [5, 1]])
    add("A is asked both", "Seek", ten, [HELLO, [17, [strange, public]]])


def add_news(add: Add, ten: HeldBy, takes: Callable[..., Callable[[Talk], None]]) -> None:
    """Add notes, grafts, prunes and pushes."""
    log, other = Log(1, 130), Log(2, 9)
    public, second = log.key.public, other.key.public
    hundred: HeldBy = [(log, [(1, 100)])]
    part: HeldBy = [(log, [(41, 100)])]
    add("a note of what is new", "Note", ten, [HELLO, [18, [[public, 11]]]])
    add("a note of what is held", "Note", ten, [HELLO, [18, [[public, 10]]], [5, 1]])
    add(
        "a note of two logs, one of them new",
        "Note",
        ten,
        [HELLO, [18, [[public, 9], [second, 1]]]],
    )
    add(
        "a second note of it",
        "Note",
        ten,
        [HELLO, [18, [[public, 11]]], [18, [[public, 12]]], [5, 1]],
    )
    grafted = [HELLO, [18, [[second, 2]]]]
    add(
        "the first entries of a log, pushed",
        "Note Push",
        ten,
        [*grafted, [3, 0, other.fields(1, 2)]],
    )
    add(
        "the first entries of a log, pushed and not grafted",
        "Push Latest",
        ten,
        [HELLO, [3, 0, other.fields(1, 2)]],
    )
    add(
        "a push that is no answer to the graft",
        "Note Push Latest",
        ten,
        [*grafted, [3, 0, other.fields(3, 4)]],
    )
    twin = Log(1, 60, {20: "something else"})
    proof = [11, fork(log, twin, 20)]
    add(
        "a note of a log that has forked", "Note", ten, [HELLO, proof, [18, [[public, 11]]], [5, 1]]
    )
    add(
        "a push of a log that has forked is pruned",
        "Push",
        ten,
        [HELLO, proof, [3, 0, log.fields(11, 12)]],
    )
    add("a graft: all is held already", "Graft", ten, [HELLO, [19, public, 10], [5, 1]])
    add("a graft: more is held than here", "Graft", ten, [HELLO, [19, public, 12], [5, 1]])
    add("a graft: three are lacking", "Graft", ten, [HELLO, [19, public, 7]])
    add("a graft: everything is lacking", "Graft", ten, [HELLO, [19, public, 0]])
    add("a graft: 64 are lacking", "Graft", hundred, [HELLO, [19, public, 36]])
    add("a graft: 65 are lacking", "Graft", hundred, [HELLO, [19, public, 35]])
    add("a graft: what is lacking is not held", "Graft", part, [HELLO, [19, public, 39]])
    add("a graft: what is lacking is held just so", "Graft", part, [HELLO, [19, public, 40]])
    add("a graft of a log that is not held", "Graft", ten, [HELLO, [19, second, 0], [5, 1]])
    offered = [1, [[public, 1, 10, log[10].id]]]
    add("a graft takes an offer back", "Graft", ten, [HELLO, offered, [19, public, 8]])
    twelve = [18, [[public, 12]]]
    add("a graft takes a note back", "Graft", ten, [HELLO, twelve, [19, public, 8]])
    later = [[19, public, 8], takes(11, 11)]
    add("so what comes then is pushed", "Graft", ten, [HELLO, twelve, *later])
    said = [1, [[public, 1, 12, log[12].id]]]
    add(
        "a graft takes an offer back, and what comes is pushed", "Graft", ten, [HELLO, said, *later]
    )
    pushed = [3, 0, log.fields(11, 12)]
    add("a graft takes a push back", "Graft Push", ten, [HELLO, offered, pushed, [19, public, 9]])
    sent = [HELLO, [2, 1, public, 1, 10, True], [19, public, 8]]
    add("a graft takes back what was sent", "Graft Question", ten, sent)
    more = [1, [[public, 1, 12, log[12].id]]]
    add(
        "what was offered and asked for in vain is not known",
        "Note Up",
        ten,
        [HELLO, more, [4, 1], takes(11, 11)],
    )
    add(
        "what was noted as well is known",
        "Note Up",
        ten,
        [HELLO, [18, [[public, 11]]], more, [4, 1], takes(11, 11), [5, 1]],
    )
    add("what is new is noted", "Note", ten, [HELLO, takes(11, 11)])
    add("what is new is noted, again and again", "Note", ten, [HELLO, takes(11, 11), takes(12, 12)])
    add(
        "what is new and known is not noted",
        "Note",
        ten,
        [HELLO, [18, [[public, 11]]], takes(11, 11), [5, 1]],
    )
    add(
        "what is new is pushed to who has grafted",
        "Graft",
        ten,
        [HELLO, [19, public, 10], takes(11, 12)],
    )
    add(
        "and so is what comes then",
        "Graft",
        ten,
        [HELLO, [19, public, 10], takes(11, 12), takes(13, 13)],
    )
    add("more than 64 are offered", "Graft", ten, [HELLO, [19, public, 10], takes(11, 75)])
    add("just 64 are pushed", "Graft", ten, [HELLO, [19, public, 10], takes(11, 74)])
    pruned = [HELLO, [19, public, 10], takes(11, 11), [20, public]]
    add("after a prune it is noted", "Graft Note", ten, [*pruned, takes(12, 12)])
    add(
        "after another graft it is pushed", "Graft", ten, [*pruned, [19, public, 11], takes(12, 12)]
    )
    add("a prune of what was not grafted", "Graft", ten, [HELLO, [20, public], [5, 1]])
    add(
        "a graft of what is new only then",
        "Graft Note",
        ten,
        [HELLO, [19, second, 0], takes(1, 2, other)],
    )
    add(
        "what B has pushed is not sent back",
        "Push Graft",
        ten,
        [HELLO, [19, public, 10], [3, 0, log.fields(11, 11)], [5, 1]],
    )
    above: HeldBy = [(log, [(41, 50)])]
    add("the past that came is offered", "Past", above, [HELLO, takes(31, 40)])
    push = [3, 0, log.fields(51, 51)]
    theirs = [16, b"theirs"]
    gap: HeldBy = [(log, [(41, 50), (1, 10)])]
    alike_ = [1, [[public, 41, 50, log[50].id, 1, 10]]]
    add("a gap closes, of which B holds both sides", "Past", gap, [HELLO, alike_, takes(11, 40)])
    whole_ = [1, [[public, 1, 50, log[50].id]]]
    no_news = [HELLO, whole_, [4, 1], whole_, takes(11, 40), [5, 1]]
    add("a gap closes, and B holds what lay between", "Past", gap, no_news)
    upper = [HELLO, [1, [[public, 21, 50, log[50].id, 1, 10]]], [4, 1]]
    add("a gap closes, of which B holds a part", "Past", gap, [*upper, takes(11, 40)])
    add("a push is no offer: the past is sought", "Seek Push", above, [HELLO, push])
    add(
        "it is sought once",
        "Seek Push",
        above,
        [HELLO, push, [3, 0, log.fields(52, 52)], theirs, [5, 1]],
    )
    add("a note is no offer either", "Seek Note", above, [HELLO, [18, [[public, 51]]]])
    add("nor is a note of what is held", "Seek Note", above, [HELLO, [18, [[public, 50]]]])
    add(
        "what was sought when a token came is sought again, as it is noted",
        "Seek Note",
        above,
        [HELLO, theirs, [18, [[public, 51]]]],
    )
    asked = [HELLO, [10, 1, public, 5], theirs]
    add("nor is what the peer was sent", "Seek Question", above, asked)
    add(
        "what has forked is not sought",
        "Seek Fork",
        [*above, fork(log, Log(1, 60, {20: "x"}), 20)],
        [HELLO, theirs],
    )
    add(
        "the past that came, and B holds it",
        "Past",
        above,
        [HELLO, [1, [[public, 31, 40, log[40].id]]], [4, 1], takes(31, 40), [5, 1]],
    )


def add_comparing(add: Add, ten: HeldBy) -> None:
    """Add what each end makes of a comparison that is wrong, or goes on its way."""
    no = "unexpected-message"
    many: HeldBy = [(Log(number, 1), [(1, 1)]) for number in range(1, 31)]
    items = home(ten).items()
    frontier = Frontier(items, H)
    named = frontier.summary("")[1]
    add("compared with nothing", "Compare", ten, [HELLO, [12, "", True, b""], [15]])
    add("compared with the same", "Compare", ten, [HELLO, [12, "", True, named], [15]])
    add("compared with something else", "Compare", ten, [HELLO, [12, "", True, bytes(8)], [15]])
    add(
        "compared, thirty logs with one",
        "Compare",
        many,
        [HELLO, [12, "", False, bytes(120) + b"another!"]],
    )
    add("A leads, and B has the same", "Compare", ten, [HELLO, [13, "", [], b""]], leads="A")
    add("A leads, and B has nothing", "Compare", ten, [HELLO, [13, "", [], named]], leads="A")
    add(
        "A leads, and B has no logs under a digit",
        "Compare",
        many,
        [HELLO, [13, "", [["8", True, b""]], b""]],
        leads="A",
    )
    add(
        "A leads, and is told of a log that it does not have",
        "Compare",
        many,
        [HELLO, [13, "", [["8", True, bytes(8)]], b""]],
        leads="A",
    )
    add(
        "A leads, and hears an answer to nothing",
        "Role",
        ten,
        [HELLO, [13, "a", [], b""]],
        no,
        leads="A",
    )
    add(
        "A leads, and hears the answer twice",
        "Role",
        ten,
        [HELLO, [13, "", [], b""], [13, "", [], b""]],
        no,
        leads="A",
    )
    add(
        "A leads, and is lacked what it did not name",
        "Role",
        ten,
        [HELLO, [13, "", [], bytes(8)]],
        no,
        leads="A",
    )
    two: HeldBy = [(Log(1, 1), [(1, 1)]), (Log(3, 1), [(1, 1)])]
    first = Frontier(home(two[:1]).items(), H).summary("")[1]
    both = [HELLO, [13, "", [["e", True, b""]], first]]
    add("A leads, and hears of lacking and parts: both count", "Compare", two, both, leads="A")
    add(
        "A leads, names nothing, and hears parts",
        "Role",
        [],
        [HELLO, [13, "", [["8", True, b""]], b""]],
        no,
        leads="A",
    )
    for name, message in (
        ("compare", [12, "", True, b""]),
        ("reveal", [14, "", bytes(8)]),
        ("agreed", [15]),
    ):
        add(f"A leads, and hears {name}", "Role", ten, [HELLO, message], no, leads="A")
    add("B leads, and says compared", "Role", ten, [HELLO, [13, "", [], b""]], no)
    add(
        "B leads, and says compared after it agreed",
        "Role",
        ten,
        [HELLO, [15], [13, "", [], b""]],
        no,
    )
    ping = encode([5, 1])
    add(
        "a message that travels packed",
        "Packed",
        ten,
        [HELLO, [21, len(ping), b"\1\3\0\xfc\xff" + ping]],
    )
    add(
        "a greeting that travels packed",
        "Packed",
        ten,
        [[21, 4, b"\1\4\0\xfb\xff" + encode(HELLO)], [5, 1]],
    )
    add(
        "what is packed does not fit",
        "Packed",
        ten,
        [HELLO, [21, len(ping) + 1, b"\1\3\0\xfc\xff" + ping]],
        "bad-structure",
    )
    add(
        "what is packed is too large", "Packed", ten, [HELLO, [21, 1_048_577, b"\3\0"]], "too-large"
    )
