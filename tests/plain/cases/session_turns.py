"""Cases of session.json in which B says what it likes: tokens, what is new, comparing."""

from __future__ import annotations

from collections.abc import Callable

from tests.plain.cases.talk import HELLO, HeldBy, Talk, fork
from tests.plain.log import Log

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
