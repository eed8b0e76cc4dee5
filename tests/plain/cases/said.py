"""Cases of protocol/04-bodies.md, sections 4 and 8, and of 05: what stands of an identity."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

from tests.plain.cases.arrivals import (
    OTHER,
    ROOT,
    STRANGE,
    A,
    Arrival,
    B,
    C,
    T,
    X,
    Y,
    adds,
    entry,
    erases,
    forks,
    likes,
    named,
    posts,
    ref,
    revokes,
)
from tests.plain.cases.said_revising import add_revisions
from tests.plain.cases.writing import Cases
from tests.plain.hashes import Key
from tests.plain.said import Shelf, said

NOTES = {
    "Last": "B-7: within a log the largest seq, in whatever order",
    "Devices": "B-8: across logs the largest time, then the larger key",
    "Whose": "I-5, I-6: in the logs of the identity, whenever that becomes known",
    "Two": "I-7: a log of two identities is the smaller one's",
    "Pin": "I-8, I-9: what comes after a pin does not count",
    "Fork": "L-21: what comes from a fork on does not count",
    "Nothing": "B-2, B-3: a body without a meaning says nothing",
    "Version": "B-18: by the identity of a post that counts",
    "Vote": "B-19: in a poll that counts, in time, of answers that there are",
    "Shown": "B-20: posts of one's own that count",
    "Self": "B-9: nobody follows themselves",
    "Erase": "B-13: by a log of the same identity, before its pin and fork",
    "Unsaid": "B-14: what was erased was never said",
    "Spared": "B-15: what cannot be erased",
    "Ever": "B-16, L-24: what was erased stays so, and so does what was to be before it came",
}


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/04-bodies.md#4-what-is-said-last", NOTES)

    def add(comment: str, flags: str, *arrivals: Arrival, root: Key = ROOT) -> None:
        def judge() -> dict[str, Any]:
            shelf = Shelf()
            for one in arrivals:
                log = bytes.fromhex(one["log"])
                if "forked" in one:
                    shelf.fork(log, one["forked"])
                    continue
                body = None if one["body"] is None else bytes.fromhex(one["body"])
                id_ = bytes.fromhex(one["entry_id"])
                shelf.take(said(log, one["seq"], id_, one["time_ms"], body))
            return shelf.standing(root.public)

        given = {"root": root.public.hex(), "arrivals": list(arrivals)}
        made.add(comment, given, judge, flags=flags)

    add_words(add)
    add_logs(add)
    add_erasures(add)
    add_revisions(add)
    return made


Add = Callable[..., None]
FIRST, SECOND = adds(ROOT, 1, A), adds(ROOT, 2, B)
BOTH = (FIRST, SECOND)


def add_words(add: Add) -> None:
    """Add what is said last about a subject."""
    add("nothing", "")
    add("a device, and nothing said", "", FIRST)
    add("a profile", "", FIRST, entry(A, 1, "profile", name="Mia", bio="bakes"))
    add("a profile without a bio", "", FIRST, entry(A, 1, "profile", name="Mia"))
    fields = [["town", "Ulm"], ["age", "7"], ["town", "Ulm"]]
    told = entry(A, 1, "profile", name="Mia", fields=fields)
    add("fields of a profile, in their order", "", FIRST, told)
    anew = entry(A, 2, "profile", name="Mia", fields=fields[:1])
    add("other fields", "Last", FIRST, anew, told)
    add("no fields any more", "Last", FIRST, told, entry(A, 2, "profile", name="Mia"))
    add("a post, an answer, an imported one", "", FIRST, posts(A, 1))
    like, undone, again = likes(A, 1), likes(A, 2, undo=True), likes(A, 3)
    add("a like", "Last", FIRST, like)
    add("two likes", "Last", FIRST, like, likes(A, 2, Y))
    add("a like, undone", "Last", FIRST, like, undone)
    for order in permutations((like, undone, again)):
        which = " ".join(str(one["seq"]) for one in order)
        add(f"a like, undone and liked again, in the order {which}", "Last", FIRST, *order)
    add("undo false", "Last", FIRST, likes(A, 1, undo=False))
    older = likes(A, 2, time_ms=0, undo=True)
    add("undone at an earlier time: seq decides within a log", "Last", FIRST, like, older)
    other = {"log": STRANGE, "seq": 7}
    target = [other["log"], other["seq"], X]
    elsewhere = entry(A, 2, "like", target=target, undo=True)
    add("undone by another log and seq: the id decides", "Last", FIRST, like, elsewhere)
    follow = entry(A, 1, "follow", identity=OTHER.public)
    unfollow = entry(A, 2, "unfollow", identity=OTHER.public)
    add("a follow", "Last", FIRST, follow)
    add("unfollowed", "Last", FIRST, follow, unfollow)
    add("unfollowed, the other way round", "Last", FIRST, unfollow, follow)
    add("oneself", "Self", FIRST, entry(A, 1, "follow", identity=ROOT.public))
    repost = entry(A, 1, "repost", target=[STRANGE, 1, X])
    no_more = entry(A, 2, "repost", target=[STRANGE, 1, X], undo=True)
    add("a repost", "Last", FIRST, repost)
    add("a repost, undone", "Last", FIRST, repost, no_more)
    add("a like is no repost", "Last", FIRST, repost, undone)
    outside = entry(A, 2, "repost", outside={"handle": "@jo", "text": "x"}, undo=True)
    add("a repost of an outside text has no subject", "Last", FIRST, repost, outside)
    for comment, one, two in (
        ("the later", likes(A, 1, time_ms=5), likes(B, 1, time_ms=6, undo=True)),
        ("the earlier", likes(A, 1, time_ms=6), likes(B, 1, time_ms=5, undo=True)),
    ):
        for order in ((one, two), (two, one)):
            which = "first" if order[0] is one else "then"
            add(
                f"two devices, {comment} one undoes: the like comes {which}",
                "Devices",
                *BOTH,
                *order,
            )
    low, high = sorted((A, B), key=lambda one: one.public)
    for undoing, other_one in ((low, high), (high, low)):
        name = "larger" if undoing is high else "smaller"
        equal = likes(undoing, 1, time_ms=5, undo=True), likes(other_one, 1, time_ms=5)
        add(f"at one time the {name} key undoes", "Devices", *BOTH, *equal)
    within = (likes(A, 1, time_ms=9), likes(A, 2, time_ms=3), likes(B, 1, time_ms=5, undo=True))
    add("B-7 comes before B-8", "Devices Last", *BOTH, *within)
    names = (entry(A, 1, "profile", 5, name="Mia"), entry(B, 1, "profile", 6, name="Maria"))
    add("two devices, two names", "Devices", *BOTH, *names)
    origin = {"source": "t", "id": "1", "time_ms": T + 99_000}
    first_there = entry(A, 1, "repost", 5, target=[STRANGE, 1, X], origin=origin)
    add(
        "the time of the origin does not enter",
        "Devices",
        *BOTH,
        first_there,
        entry(B, 1, "repost", 6, target=[STRANGE, 1, X], undo=True),
    )
    withheld = likes(A, 2, undo=True) | {"body": None}
    add("a body that is withheld", "Nothing", FIRST, like, withheld)
    add("a body that breaks a rule", "Nothing", FIRST, like, likes(A, 2, undo="yes"))
    add("a body that is not canonical", "Nothing", FIRST, like, entry(A, 2, "", None, b"\xc1"))
    add(
        "a kind of the future",
        "Nothing",
        FIRST,
        like,
        entry(A, 2, "unlike", target=[STRANGE, 1, X]),
    )
    add("a name of blanks", "Nothing", FIRST, told, entry(A, 2, "profile", name=" "))


def add_logs(add: Add) -> None:
    """Add whose logs there are, and up to where they count."""
    mia = entry(A, 1, "profile", name="Mia")
    add(
        "the root log says something, and adds nobody",
        "Whose",
        entry(ROOT, 1, "profile", name="Mia"),
    )
    in_root = entry(ROOT, 2, "profile", name="Mia")
    add("the root log says something, and adds a device", "Whose", FIRST, in_root)
    add("a log comes before it is known to be the identity's", "Whose", mia, likes(A, 2), FIRST)
    add("a log that nobody has added", "Whose", FIRST, entry(B, 1, "profile", name="Mia"))
    forged = adds(ROOT, 2, B, by=A)
    add("added without consent", "Whose", FIRST, forged, entry(B, 1, "profile", name="Eve"))
    for order in permutations((FIRST, adds(A, 1, B), adds(B, 1, C))):
        which = " ".join(one["log"][:4] for one in order)
        add(f"a chain, in the order {which}", "Whose", *order, posts(C, 2))
    add("seen from the other identity", "Whose", FIRST, mia, root=OTHER)
    claims = (adds(ROOT, 1, A), adds(OTHER, 1, A, to=OTHER))
    small, large = sorted((ROOT, OTHER), key=lambda one: one.public)
    for order in (claims, claims[::-1]):
        for who, root in (("smaller", small), ("larger", large)):
            by = "first" if order is claims else "last"
            add(f"of two, seen from the {who}: {by}", "Two", *order, mia, likes(A, 2), root=root)
    said_ = (likes(A, 1), likes(A, 2, undo=True), posts(A, 3), posts(A, 4))
    for last in (0, 1, 2, 3, 4, 9):
        add(f"revoked at {last}", "Pin", FIRST, *said_, revokes(2, A, last))
    add("revoked before anything came", "Pin", revokes(2, A, 1), *said_, FIRST)
    add("revoked twice: the lower pin", "Pin", FIRST, *said_, revokes(2, A, 1), revokes(3, A, 3))
    add("a revoke in a device's log", "Pin", *BOTH, *said_, revokes(1, A, 1, log=B))
    add(
        "what a revoked device added after its pin",
        "Pin",
        FIRST,
        adds(A, 3, B),
        posts(B, 1),
        revokes(2, A, 2),
    )
    add("what it added before", "Pin", FIRST, adds(A, 3, B), posts(B, 1), revokes(2, A, 3))
    name = (entry(A, 1, "profile", name="Mia"), entry(A, 2, "profile", name="Eve"))
    add("a name after the pin", "Pin", FIRST, *name, revokes(2, A, 1))
    root_says = (
        FIRST,
        entry(ROOT, 3, "profile", name="Mia"),
        entry(ROOT, 4, "profile", name="Eve"),
    )
    add("the root key revoked", "Pin", *root_says, revokes(5, ROOT, 3))
    for seq in (1, 2, 3, 5):
        add(f"forked at {seq}", "Fork", FIRST, *said_, forks(A, seq))
    two = forks(A, 4), forks(A, 2)
    add("forked at two places", "Fork", FIRST, *said_, *two)
    add("forked at two places, the lower known first", "Fork", FIRST, *said_, *two[::-1])
    add("forked before anything came", "Fork", forks(A, 3), FIRST, *said_)
    add("forked below the pin", "Fork Pin", FIRST, *said_, revokes(2, A, 3), forks(A, 2))
    add("pinned below the fork", "Fork Pin", FIRST, *said_, revokes(2, A, 1), forks(A, 3))
    add(
        "the root log forks below a revoke",
        "Fork Pin",
        FIRST,
        *said_,
        revokes(2, A, 1),
        forks(ROOT, 2),
    )
    add(
        "the root log forks below an add",
        "Fork Whose",
        *BOTH,
        posts(A, 1),
        posts(B, 1),
        forks(ROOT, 2),
    )
    add("the root log forks at its first entry", "Fork Whose", FIRST, posts(A, 1), forks(ROOT, 1))
    add(
        "a log forks below what it added",
        "Fork Whose",
        FIRST,
        adds(A, 2, B),
        posts(B, 1),
        forks(A, 2),
    )


def add_erasures(add: Add) -> None:
    """Add what is erased, and what that leaves."""
    one, two = posts(A, 1), posts(A, 2)
    gone = ref(A, 1)
    add("by the same log", "Erase Unsaid", FIRST, one, two, erases(A, 3, gone))
    add("by another device", "Erase", *BOTH, one, two, erases(B, 1, gone))
    add("by the root log", "Erase", FIRST, one, two, erases(ROOT, 2, gone))
    add("two at once", "Erase", FIRST, one, two, erases(A, 3, gone, ref(A, 2)))
    add("by a stranger", "Erase", FIRST, one, erases(B, 1, gone))
    add("by another identity", "Erase", FIRST, adds(OTHER, 1, C, to=OTHER), one, erases(C, 1, gone))
    add("before it comes", "Erase", FIRST, erases(A, 3, gone), one, two)
    add("before its log is known", "Erase", one, erases(B, 1, gone), *BOTH)
    add("before the log of the erase is known", "Erase", FIRST, one, erases(B, 1, gone), SECOND)
    add("by log and seq, another id", "Erase", FIRST, one, erases(A, 3, [A.public, 1, X]))
    add("by an id alone", "Erase", FIRST, one, erases(A, 3, [A.public, 2, named(A, 1)]))
    for last in (2, 3):
        pin = revokes(2, A, last)
        add(f"by a log pinned at {last} before", "Erase Pin", FIRST, one, pin, erases(A, 3, gone))
    for seq in (3, 4):
        fork = forks(A, seq)
        add(
            f"by a log that forked at {seq} before",
            "Erase Fork",
            FIRST,
            one,
            fork,
            erases(A, 3, gone),
        )
    add(
        "of what comes after the pin of its log",
        "Erase Pin",
        *BOTH,
        revokes(3, A, 0),
        one,
        erases(B, 1, gone),
    )
    like, undo = likes(A, 1), likes(A, 2, undo=True)
    add("a like", "Unsaid", FIRST, like, erases(A, 3, gone))
    add("what undid a like", "Unsaid", FIRST, like, undo, erases(A, 3, ref(A, 2)))
    add("the same, before any of it comes", "Unsaid", FIRST, erases(A, 3, ref(A, 2)), undo, like)
    follow = entry(A, 1, "follow", identity=OTHER.public)
    unfollow = entry(A, 2, "unfollow", identity=OTHER.public)
    add("an unfollow", "Unsaid", FIRST, follow, unfollow, erases(A, 3, ref(A, 2)))
    names = (entry(A, 1, "profile", name="Mia"), entry(A, 2, "profile", name="Eve"))
    add("a name", "Unsaid", FIRST, *names, erases(A, 3, ref(A, 2)))
    add("the only name", "Unsaid", FIRST, names[0], erases(A, 3, gone))
    add(
        "the word of one device: the other's stands",
        "Unsaid Devices",
        *BOTH,
        likes(A, 1, time_ms=9),
        likes(B, 1, time_ms=5, undo=True),
        erases(B, 2, gone),
    )
    reposts = entry(A, 1, "repost", target=[STRANGE, 1, X])
    add("a repost", "Unsaid", FIRST, reposts, erases(A, 2, gone))
    add(
        "the root log's profile",
        "Spared",
        FIRST,
        entry(ROOT, 2, "profile", name="Mia"),
        erases(A, 1, ref(ROOT, 2)),
    )
    add("a device.add", "Spared", FIRST, adds(A, 1, B), posts(B, 1), erases(A, 2, gone))
    add("the device.add of the first device", "Spared", FIRST, one, erases(A, 2, ref(ROOT, 1)))
    add("a device.revoke", "Spared", FIRST, one, revokes(2, A, 0), erases(A, 2, ref(ROOT, 2)))
    add("an erase", "Spared", FIRST, one, erases(A, 2, gone), erases(A, 3, ref(A, 2)))
    add(
        "an erase, before it comes",
        "Spared",
        FIRST,
        erases(A, 3, ref(A, 2)),
        one,
        erases(A, 2, gone),
    )
    for comment, later in (
        ("revoked", revokes(3, B, 0)),
        ("forked", forks(B, 1)),
        ("no device any more", forks(ROOT, 2)),
    ):
        add(
            f"then the device that asked is {comment}",
            "Ever",
            *BOTH,
            one,
            erases(B, 1, gone),
            later,
        )
        add(
            f"the same, and only then it comes: {comment}",
            "Ever",
            *BOTH,
            erases(B, 1, gone),
            later,
            one,
        )
