"""Cases of protocol/10-replication.md sections 8 and 9: items, digests, comparisons."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

from tests.plain.cases.writing import Cases
from tests.plain.frontier import (
    Exchange,
    Follower,
    Frontier,
    Leader,
    item,
    item_digest,
    number,
    set_digest,
)
from tests.plain.hashes import b256, key
from tests.plain.message import read
from tests.plain.msgpack import LARGEST, encode

NOTES = {
    "Item": "section 8: item, number, digest",
    "Empty": "section 8: the digest of no items is eight zero bytes",
    "Order": "section 8: the order in which items came does not matter",
    "Few": "section 9: up to 16 items are named",
    "Sets": "section 9: more than 16 are summed up, by digits",
    "Prefix": "section 8: keys that begin alike",
    "Forked": "section 8: what is known of a fork is part of an item",
    "Differ": "R-10: a part for each digit whose set differs, and no other",
    "Lacking": "R-11: what is named, and what is not had",
    "Many": "R-11: more than 256 logs are not named one by one",
    "Reveal": "section 9: the offers of what was named",
    "Answer": "R-12: answers to none of its questions",
    "Role": "R-12, R-13: what the other end says",
    "Whole": "R-10, R-11: every difference is found, told both ways",
    "Lead": "R-14: a leader's part, whatever order it asks in",
}
H = bytes(range(64))
OTHER_H = bytes(64)
Items = dict[bytes, bytes]
Spelt = list[dict[str, Any]]
ID = b256(b"an id")


class Logs:
    """What an end holds, and how the file spells it: later items of a log replace earlier ones."""

    def __init__(self) -> None:
        self.items: Items = {}
        self.spelt: Spelt = []

    def run(self, first: int, last: int, prefix: str = "") -> Logs:
        """Add logs number first to last under a prefix."""
        self.spelt.append({"prefix": prefix, "from": first, "to": last})
        for n in range(first, last + 1):
            log = numbered(n, prefix)
            self.items[log] = item(log, [1, n, b256(log)], None)
        return self

    def one(self, log: bytes, ranges: list[Any], forked: int | None = None) -> Logs:
        """Add a log."""
        shown = [value.hex() if isinstance(value, bytes) else value for value in ranges]
        self.spelt.append({"log": log.hex(), "ranges": shown, "forked": forked})
        self.items[log] = item(log, ranges, forked)
        return self

    def grown(self, n: int, prefix: str = "") -> Logs:
        """Add a log by its number, held one entry further than it would be."""
        return self.one(numbered(n, prefix), [1, n + 1, b256(bytes([n % 256]))])

    def frontier(self, h: bytes = H) -> Frontier:
        """Return the items under the key of a link."""
        return Frontier(self.items, h)


def numbered(n: int, prefix: str) -> bytes:
    """Return the key of log number n under a prefix."""
    return bytes.fromhex((prefix + b256(n.to_bytes(4, "big")).hex())[:64])


def names(logs: set[bytes]) -> list[str]:
    """Return logs as the file has them: by rising key."""
    return sorted(log.hex() for log in logs)


def by_type(said: tuple[bytes, Any]) -> tuple[int, bytes]:
    """Return what messages are ordered by: reveals come behind the compares that lead to them."""
    return said[0][1], said[0]


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/10-replication.md#8-the-frontier", NOTES)
    add_items(made)
    add_summaries(made)
    add_answers(made)
    add_refusals(made)
    add_comparisons(made)
    return made


def add_items(made: Cases) -> None:
    """Add single items."""

    def add(comment: str, ranges: list[Any], forked: int | None = None, h: bytes = H) -> None:
        log = key(1).public
        logs = Logs().one(log, ranges, forked)
        made_of = logs.items[log]
        flags = "Item" if forked is None else "Item Forked"
        made.add(
            comment,
            {"op": "item", "h": h.hex(), **logs.spelt[0]},
            lambda: {
                "item": made_of.hex(),
                "number": number(made_of).to_bytes(256, "little").hex(),
                "digest": item_digest(made_of, h).hex(),
            },
            flags=flags,
        )

    add("one range", [1, 1, ID])
    add("one range, another key of the link", [1, 1, ID], h=OTHER_H)
    add("a key of the link of 16 bytes", [1, 1, ID], h=bytes(range(16)))
    add("two ranges", [50, 90, ID, 5, 9])
    add("up to the last seq", [1, LARGEST, ID])
    add("a fork", [1, 9, ID], 5)
    add("a fork, two ranges", [50, 90, ID, 5, 9], 1)
    add("a fork at the last seq", [1, 9, ID], LARGEST)
    add("nothing but a proof", [], 7)


def add_summaries(made: Cases) -> None:
    """Add what is said of a prefix."""

    def add(comment: str, flags: str, logs: Logs, prefix: str = "", h: bytes = H) -> None:
        frontier = logs.frontier(h)

        def judge() -> dict[str, Any]:
            under = frontier.under(prefix)
            items, digests = frontier.summary(prefix)
            return {
                "count": len(under),
                "digest": set_digest(list(under.values()), h).hex(),
                "items": items,
                "digests": digests.hex(),
            }

        given = {"op": "summary", "h": h.hex(), "logs": logs.spelt, "prefix": prefix}
        made.add(comment, given, judge, flags=flags)

    log = numbered(3, "")
    add("nothing", "Empty", Logs())
    add("one log", "Few", Logs().run(1, 1))
    add("two logs", "Few", Logs().run(1, 2))
    add("the same, the other way round", "Order", Logs().run(2, 2).run(1, 1))
    add("16 logs", "Few", Logs().run(1, 16))
    add("17 logs", "Sets", Logs().run(1, 17))
    add("17 logs, another key of the link", "Sets", Logs().run(1, 17), h=OTHER_H)
    add("17 logs, the other way round", "Order Sets", Logs().run(9, 17).run(1, 8))
    add("a log that has changed", "Order", Logs().run(1, 16).grown(3))
    add("a log that has changed and changed back", "Order", Logs().grown(3).run(1, 16))
    add("a fork among 16", "Forked Few", Logs().run(1, 16).one(log, [1, 3, b256(log)], 2))
    add("a proof without entries among 17", "Forked Sets", Logs().run(1, 17).one(log, [], 2))
    add("100 logs", "Sets", Logs().run(1, 100))
    add("100 logs, those under a digit", "Prefix", Logs().run(1, 100), "a")
    add("300 logs, those under a digit", "Prefix", Logs().run(1, 300), "5")
    add("300 logs, those under two digits", "Prefix", Logs().run(1, 300), "5f")
    add("nothing under a prefix", "Prefix Empty", Logs().run(1, 20), "0123456789")
    add("one log under all but one of its digits", "Prefix", Logs().run(1, 20), log.hex()[:63])
    alike = Logs().run(1, 40, "00ff" * 5)
    add("40 logs that begin alike", "Prefix Sets", alike)
    add("the same, where they part", "Prefix Sets", alike, "00ff" * 5)
    add("the same, the prefix cut off in the middle", "Prefix Sets", alike, "00ff" * 4 + "0")
    add(
        "the same, and one that begins with a part of it",
        "Prefix Sets",
        Logs().run(1, 40, "00ff" * 5).run(1, 9, "00f"),
        "00f",
    )
    last = Logs().run(1, 300, "77" * 31)
    add("logs that differ in two digits", "Prefix Sets", last, "77" * 31)
    add("the same, under 63 digits", "Prefix Few", last, "77" * 31 + "4")


def add_answers(made: Cases) -> None:
    """Add what the end that is asked says, message by message."""

    def add(comment: str, flags: str, logs: Logs, messages: list[list[Any]]) -> None:
        made.add(comment, *follow(logs, messages), flags=flags)

    few, more = Logs().run(1, 5), Logs().run(1, 40)
    others = Logs().run(3, 8)
    log = numbered(3, "")
    forked = Logs().run(1, 5).one(log, [1, 3, b256(log)], 2)
    bare = Logs().run(1, 4).one(log, [], 2)

    def compare(logs: Logs, prefix: str = "") -> list[Any]:
        return [12, prefix, *logs.frontier().summary(prefix)]

    nothing = [12, "", True, b""]
    add("nothing is had at either end", "Lacking Empty", Logs(), [nothing])
    add("nothing is had here", "Lacking Empty", Logs(), [compare(few)])
    add("nothing is had there: all is offered", "Lacking Empty", more, [nothing])
    add("nothing is had there of 300", "Lacking Many", Logs().run(1, 300), [nothing])
    add("nothing is had there under a digit", "Lacking Prefix", more, [[12, "a", True, b""]])
    add("the same five", "Lacking", few, [compare(few)])
    add("some the same", "Lacking", few, [compare(others)])
    add("one has changed", "Lacking", Logs().run(1, 5).grown(2), [compare(few)])
    add("one has forked", "Lacking Forked", forked, [compare(few)])
    add("both know of the fork", "Lacking Forked", forked, [compare(forked)])
    add("of one only the proof is had here", "Lacking Forked", bare, [compare(few)])
    add("of one only the proof is had there", "Lacking Forked", few, [compare(bare)])
    add("the same forty", "Differ", more, [compare(more)])
    add("one of forty has changed", "Differ", more, [compare(Logs().run(1, 40).grown(7))])
    add("sets, and nothing here", "Differ Empty", Logs(), [compare(more)])
    add("sets that are all empty", "Differ Empty", more, [[12, "", False, bytes(128)]])
    add("sets, and few here", "Differ Few", few, [compare(more)])
    add("sets, and 300 here", "Differ Sets", Logs().run(1, 300), [compare(more)])
    add("sets under two digits", "Differ Prefix", Logs().run(1, 300, "ab"), [compare(more, "ab")])
    add("256 logs here, one named", "Lacking Many", Logs().run(1, 256), [compare(Logs().run(1, 1))])
    add("257 logs here, one named", "Many", Logs().run(1, 257), [compare(Logs().run(1, 1))])
    digits = sorted({numbered(n, "").hex()[0] for n in range(1, 6)})
    theirs = few.frontier().digests(digits[0])
    reveal = [14, digits[0], b"".join(sorted(theirs))]
    add("a reveal of what was named", "Reveal", few, [compare(more), reveal])
    unknown = [14, digits[0], bytes(8)]
    add("a reveal of what was not named", "Reveal", few, [compare(more), unknown])
    add("agreed", "Role", few, [compare(few), [15]])
    add("agreed at once", "Role", few, [[15]])


def follow(
    logs: Logs, messages: list[list[Any]]
) -> tuple[dict[str, Any], Callable[[], dict[str, Any]]]:
    """Return a case in which an end that follows hears messages."""
    steps: list[dict[str, Any]] = []

    def judge() -> dict[str, Any]:
        follower = Follower(logs.frontier())
        for message in messages:
            data = encode(message)
            steps.append({"in": data.hex()})
            answer, told = follower.take(*read(data))
            steps[-1] |= {"answer": None if answer is None else encode(answer).hex()}
            steps[-1] |= {"told": names(told)}
        return {}

    return {"op": "follow", "h": H.hex(), "logs": logs.spelt, "steps": steps}, judge


def lead(
    logs: Logs, answers: list[tuple[list[Any], list[Any]]]
) -> tuple[dict[str, Any], Callable[[], dict[str, Any]]]:
    """Return a case in which an end that leads is answered from a table."""
    table = {encode(asked): encode(answer) for asked, answer in answers}

    def judge() -> dict[str, Any]:
        leader, told = Leader(logs.frontier()), set()
        said: list[bytes] = []
        waits = [encode(message) for message in leader.ask()]
        while waits:
            said.append(waits.pop(0))
            if said[-1] in table:
                reveals, tells = leader.take(*read(table[said[-1]]))
                told |= tells
                waits += [encode(message) for message in (*reveals, *leader.ask())]
        return {"said": sorted(message.hex() for message in said), "told": names(told)}

    spelt = [[asked.hex(), answer.hex()] for asked, answer in table.items()]
    return {"op": "lead", "h": H.hex(), "logs": logs.spelt, "answers": spelt}, judge


def add_refusals(made: Cases) -> None:
    """Add a leader's part by itself, and what either end refuses."""
    few, more, nothing = Logs().run(1, 5), Logs().run(1, 40), Logs()
    ask_few = [12, "", *few.frontier().summary("")]
    ask_more = [12, "", *more.frontier().summary("")]
    ask_nothing = [12, "", True, b""]
    named = ask_few[3]
    no = "unexpected-message"

    def good(
        comment: str, flags: str, logs: Logs, answers: list[tuple[list[Any], list[Any]]]
    ) -> None:
        made.add(comment, *lead(logs, answers), flags=f"Lead {flags}")

    def bad(comment: str, flags: str, logs: Logs, asked: list[Any], answer: list[Any]) -> None:
        made.add(comment, *lead(logs, [(asked, answer)]), flags=flags, error=no)

    good("nothing was had here", "Empty", nothing, [(ask_nothing, [13, "", [], b""])])
    good("all is had there", "Lacking", few, [(ask_few, [13, "", [], b""])])
    good("one is lacked there", "Lacking", few, [(ask_few, [13, "", [], named[8:16]])])
    good("all are lacked there", "Lacking", few, [(ask_few, [13, "", [], named])])
    good("of forty no set differs", "Differ", more, [(ask_more, [13, "", [], b""])])
    empty = [["a", True, b""]]
    good("of forty there are none under a digit", "Empty", more, [(ask_more, [13, "", empty, b""])])
    strange = [["a", True, bytes(8)]]
    good("there is one that is not had here", "Reveal", more, [(ask_more, [13, "", strange, b""])])
    other = more.frontier().longer("a")
    sets = [["a", False, b"".join([*other[:3], b"differs!", *other[4:]])]]
    good(
        "under a digit one set differs, and is had there",
        "Differ",
        more,
        [
            (ask_more, [13, "", sets, b""]),
            ([12, "a3", *more.frontier().summary("a3")], [13, "a3", [], b""]),
        ],
    )
    many, some = Logs().run(1, 300, "a"), Logs().run(7, 7, "a")
    first = [["a", *some.frontier().summary("a")]]
    good(
        "one log there, 300 here: compared once more",
        "Many",
        many,
        [
            ([12, "", *many.frontier().summary("")], [13, "", first, b""]),
            ([12, "a", *many.frontier().summary("a")], [13, "a", [], b""]),
        ],
    )
    bad("an answer about another prefix", "Answer", few, ask_few, [13, "0", [], b""])
    bad("an answer about a longer prefix", "Answer", more, ask_more, [13, "a", [], b""])
    bad("it lacks what was not named", "Answer", few, ask_few, [13, "", [], bytes(8)])
    more_than_named = b"".join(sorted([named[:8], b"unknown!"]))
    bad(
        "it lacks one that was named, and one not",
        "Answer",
        few,
        ask_few,
        [13, "", [], more_than_named],
    )
    bad("it lacks the digest of a set", "Answer", more, ask_more, [13, "", [], ask_more[3][:8]])
    bad(
        "it lacks something, and nothing was named",
        "Answer",
        nothing,
        ask_nothing,
        [13, "", [], named[:8]],
    )
    bad("a part of what was to be told whole", "Answer", nothing, ask_nothing, [13, "", empty, b""])
    bad(
        "sixteen parts of what was to be told whole",
        "Answer",
        nothing,
        ask_nothing,
        [13, "", [[digit, True, b""] for digit in "0123456789abcdef"], b""],
    )
    bad("a compare instead of an answer", "Role", few, ask_few, ask_few)
    bad("the leader is told a reveal", "Role", few, ask_few, [14, "", named[:8]])
    bad("the leader is told agreed", "Role", few, ask_few, [15])
    for comment, logs, messages in (
        ("a compared to the end that is asked", few, [[13, "", [], b""]]),
        ("the same, in the middle", few, [ask_few, [13, "", [], b""]]),
        ("the same, its own answer", nothing, [ask_few, [13, "", [], named]]),
        ("the same, behind agreed", few, [ask_few, [15], [13, "", [], b""]]),
    ):
        made.add(comment, *follow(logs, messages), flags="Role", error=no)


def add_comparisons(made: Cases) -> None:
    """Add whole comparisons of two ends."""

    def add(comment: str, flags: str, leader: Logs, follower: Logs) -> None:
        def judge() -> dict[str, Any]:
            exchange = Exchange(leader.frontier(), follower.frontier())
            told = set(chain.from_iterable(tells for _, tells in exchange.answers.values()))
            one, other = leader.items.items(), follower.items.items()
            differ = {log for log, _ in one ^ other}
            assert exchange.leader_tells == differ & leader.items.keys(), comment
            assert told == differ & follower.items.keys(), comment
            shown = [
                {"said": said.hex(), "answer": answer and answer.hex(), "told": names(tells)}
                for said, (answer, tells) in sorted(exchange.answers.items(), key=by_type)
            ]
            return {"exchange": shown, "told": names(exchange.leader_tells)}

        given = {"op": "compare", "h": H.hex(), "leader": leader.spelt, "follower": follower.spelt}
        made.add(comment, given, judge, flags=f"Whole {flags}".strip())

    log = numbered(3, "")

    def run(first: int, last: int, prefix: str = "") -> Logs:
        return Logs().run(first, last, prefix)

    add("nothing and nothing", "Empty", Logs(), Logs())
    add("one log and nothing", "Empty", run(1, 1), Logs())
    add("nothing and one log", "Empty", Logs(), run(1, 1))
    add("one log, the same", "", run(1, 1), run(1, 1))
    add("one log, further there", "", run(1, 1), Logs().grown(1))
    add("two different logs", "", run(1, 1), run(2, 2))
    older = Logs().one(log, [50, 90, ID, 5, 9])
    add("an older range known to one", "", Logs().one(log, [50, 90, ID]), older)
    add(
        "another entry at the end", "", Logs().one(log, [1, 9, ID]), Logs().one(log, [1, 9, H[:32]])
    )
    forked = Logs().run(1, 5).one(log, [1, 3, b256(log)], 2)
    add("a fork known to the leader", "Forked", forked, run(1, 5))
    add("a fork known to the other", "Forked", run(1, 5), forked)
    add("a fork known to both", "Forked", forked, forked)
    lower = Logs().run(1, 5).one(log, [1, 3, b256(log)], 1)
    add("a lower fork known to the other", "Forked", forked, lower)
    bare = Logs().run(1, 2).one(log, [], 2)
    add("nothing but a proof, and the log", "Forked", bare, run(1, 3))
    add("16 logs, the same", "Few", run(1, 16), run(1, 16))
    add("16 logs, one further", "Few", run(1, 16), run(1, 16).grown(9))
    add("16 logs and 17", "Few Sets", run(1, 16), run(1, 17))
    add("17 logs and 16", "Few Sets", run(1, 17), run(1, 16))
    add("17 logs, the same", "Sets", run(1, 17), run(1, 17))
    add("17 logs, one further", "Sets", run(1, 17).grown(9), run(1, 17))
    add("17 logs and nothing", "Sets Empty", run(1, 17), Logs())
    add("nothing and 17 logs", "Sets Empty", Logs(), run(1, 17))
    add("40 logs and 40 others", "Sets", run(1, 40), run(41, 80))
    add(
        "a fork among 40 known to the leader",
        "Sets Forked",
        run(1, 40).one(log, [1, 3, b256(log)], 2),
        run(1, 40),
    )
    add(
        "a fork among 40 known to the other",
        "Sets Forked",
        run(1, 40),
        run(1, 40).one(log, [1, 3, b256(log)], 2),
    )
    hundred = run(1, 100).grown(5).grown(50)
    add("100 logs, two further there, one further here", "Sets", run(1, 100).grown(77), hundred)
    add("300 logs, the same", "Sets", run(1, 300), run(1, 300))
    add("300 logs, one missing there", "Sets", run(1, 300), run(1, 149).run(151, 300))
    add(
        "300 logs, ten differ",
        "Sets",
        run(1, 296).grown(10).grown(20).grown(30),
        run(3, 300).grown(40),
    )
    add("300 logs and 3 others", "Sets", run(1, 300), run(1001, 1003))
    add("one log and 300, it among them", "Many", run(7, 7), run(1, 300))
    add("one log and 300, it not among them", "Many", run(777, 777), run(1, 300))
    add("300 logs under a digit, and one of them", "Many Prefix", run(1, 300, "a"), run(7, 7, "a"))
    add("300 logs under a digit, and another", "Many Prefix", run(1, 300, "a"), run(777, 777, "a"))
    ten = "0123456789"
    add(
        "20 logs with ten digits alike, one further",
        "Prefix",
        run(1, 20, ten).grown(7, ten),
        run(1, 20, ten),
    )
    add("20 logs with ten digits alike, and 20 others", "Prefix", run(1, 20, ten), run(21, 40, ten))
    add("20 logs with ten digits alike, and 20 not", "Prefix", run(1, 20, ten), run(1, 20))
    most = "5c" * 31
    add(
        "logs with 62 digits alike, one further",
        "Prefix",
        run(1, 60, most).grown(7, most),
        run(1, 60, most),
    )
    add("logs with 62 digits alike, and others", "Prefix", run(1, 60, most), run(61, 300, most))
    last = "5c" * 31 + "7"
    add(
        "logs with 63 digits alike, one further",
        "Prefix",
        run(1, 60, last).grown(7, last),
        run(1, 60, last),
    )
