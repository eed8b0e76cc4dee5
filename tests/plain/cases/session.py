"""Cases of protocol/09-sessions.md: what two ends say, and what ends a session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.plain.cases.session_scripts import add_scripts
from tests.plain.cases.talk import HeldBy, Talk, fork
from tests.plain.cases.writing import Cases
from tests.plain.log import Log

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
