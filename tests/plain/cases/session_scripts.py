"""Cases of session.json in which B says what it likes: questions, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.plain.cases.session_comparing import add_comparing
from tests.plain.cases.session_turns import add_news, add_resuming
from tests.plain.cases.talk import HELLO, HeldBy, Holding, Talk, fork
from tests.plain.cases.writing import Cases
from tests.plain.hashes import b256
from tests.plain.log import Log
from tests.plain.message import NAMES
from tests.plain.msgpack import encode


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
