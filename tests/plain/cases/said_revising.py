"""Cases of protocol/04-bodies.md section 4: which versions, votes and pins count.

Each comes in several orders of arrival, since none may matter.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

from tests.plain.cases.arrivals import (
    OTHER,
    ROOT,
    STRANGE,
    A,
    Arrival,
    B,
    C,
    X,
    adds,
    asks,
    edits,
    entry,
    erases,
    forks,
    pins,
    posts,
    ref,
    revokes,
    votes,
)

Add = Callable[..., None]
BOTH = (adds(ROOT, 1, A), adds(ROOT, 2, B))
OTHERS = adds(OTHER, 1, C, to=OTHER)
POST = POLL = ref(A, 1)


def shuffled(add: Add, comment: str, flags: str, *arrivals: Arrival) -> None:
    """Add a case in the order of writing, in reverse, and every second one first."""
    add(comment, flags, *arrivals)
    add(f"{comment}, in reverse", flags, *arrivals[::-1])
    add(f"{comment}, every second one first", flags, *arrivals[1::2], *arrivals[::2])


def add_revisions(add: Add) -> None:
    """Add all of them."""
    add_versions(add)
    add_votes(add)
    add_pins(add)


def add_versions(add: Add) -> None:
    """Add which version of a post is shown."""
    post = posts(A, 1)
    second, third = edits(A, 2, POST), edits(A, 3, POST)
    for order in permutations((post, second, third)):
        which = " ".join(str(one["seq"]) for one in order)
        add(f"two versions, in the order {which}", "Version Last", *BOTH, *order)
    for comment, flags, *arrivals in (
        ("seq decides within a log", "Last", second, edits(A, 3, POST, 0)),
        ("of another device, later", "Devices", edits(A, 2, POST, 5), edits(B, 1, POST, 6)),
        ("of another device, earlier", "Devices", edits(A, 2, POST, 6), edits(B, 1, POST, 5)),
        ("of another device, at one time", "Devices", edits(A, 2, POST, 5), edits(B, 1, POST, 5)),
        ("of the root log", "", edits(ROOT, 3, POST)),
        ("by somebody else", "", OTHERS, edits(C, 1, POST)),
        ("by somebody else, later than the author's", "", second, OTHERS, edits(C, 1, POST, 9000)),
        ("by a log that nobody has added", "Whose", edits(C, 1, POST)),
        ("by another log and seq: the id decides", "", edits(A, 2, [STRANGE, 7, POST[2]])),
        ("by log and seq, another id", "", edits(A, 2, [A.public, 1, X])),
        ("of a version", "", second, edits(A, 3, ref(A, 2))),
        ("withheld", "Nothing", second, third | {"body": None}),
        ("without a text", "Nothing", second, entry(A, 3, "edit", target=POST, text=" ")),
        ("erased", "Unsaid", second, third, erases(A, 4, ref(A, 3))),
        ("the only one, erased", "Unsaid", second, erases(A, 3, ref(A, 2))),
        ("erased by another device", "Unsaid", second, third, erases(B, 1, ref(A, 3))),
        ("of a post that is erased", "Unsaid", second, erases(A, 3, POST)),
        ("before the pin of its log", "Pin", second, third, revokes(3, A, 3)),
        ("after the pin of its log", "Pin", second, third, revokes(3, A, 2)),
        ("of a post after the pin of its log", "Pin", edits(B, 1, POST), revokes(3, A, 0)),
        ("of a post that counts again", "Pin Fork", edits(B, 1, POST), revokes(3, A, 0),
         forks(ROOT, 3)),
        ("before the fork of its log", "Fork", second, third, forks(A, 4)),
        ("from the fork of its log on", "Fork", second, third, forks(A, 3)),
        ("of a post from the fork of its log on", "Fork", edits(B, 1, POST), forks(A, 1)),
        ("after the pin of its log, another device's", "Pin Devices", third, edits(B, 1, POST, 0),
         revokes(3, A, 2)),
    ):  # fmt: skip
        shuffled(add, f"a version {comment}", f"Version {flags}", *BOTH, post, *arrivals)
    for comment, what in (
        ("a like", entry(A, 1, "like", target=[STRANGE, 1, X])),
        ("a repost", entry(A, 1, "repost", target=[STRANGE, 1, X])),
        ("a kind of the future", entry(A, 1, "story", text="a")),
        ("a post that is withheld", post | {"body": None}),
        ("a profile", entry(A, 1, "profile", name="Mia")),
    ):
        shuffled(add, f"a version of {comment}", "Version", *BOTH, what, second)
    add("a version of what is not here", "Version", *BOTH, second)
    strangers = (OTHERS, posts(C, 1), edits(A, 1, ref(C, 1)))
    shuffled(add, "a version of somebody else's post", "Version", *BOTH, *strangers)
    nobodys = (posts(C, 1), edits(A, 1, ref(C, 1)))
    shuffled(add, "a version of nobody's post", "Version Whose", *BOTH, *nobodys)
    shuffled(add, "a version of a post of a device that comes to be known", "Version Whose",
             *BOTH, *nobodys, adds(B, 1, C))  # fmt: skip
    shuffled(add, "a version by a log of two identities", "Version Two", BOTH[0], post,
             adds(ROOT, 2, C), OTHERS, edits(C, 1, POST))  # fmt: skip


def add_votes(add: Add) -> None:
    """Add which votes count."""
    poll, several = asks(A, 1), asks(A, 1, many=True)
    one, other = votes(B, 1, POLL, 0), votes(B, 2, POLL, 2)
    for order in permutations((poll, one, other)):
        which = " ".join(("poll", "1", "2")[(poll, one, other).index(each)] for each in order)
        add(f"two votes, in the order {which}", "Vote Last", *BOTH, *order)
    end = 9_000
    for comment, flags, *arrivals in (
        ("in time", "", votes(B, 1, POLL, 1, time_ms=end - 1)),
        ("at the end", "", votes(B, 1, POLL, 1, time_ms=end)),
        ("late", "", votes(B, 1, POLL, 1, time_ms=end + 1)),
        ("late, in place of one in time", "Last", one, votes(B, 2, POLL, 1, time_ms=end + 1)),
        ("in time, in place of a late one", "Last", votes(B, 1, POLL, 1, time_ms=end + 1), other),
        ("for the last answer", "", votes(B, 1, POLL, 2)),
        ("beyond the answers", "", votes(B, 1, POLL, 3)),
        ("beyond the answers, in place of a good one", "Last", one, votes(B, 2, POLL, 7)),
        ("for two answers where one is asked for", "", votes(B, 1, POLL, 0, 1)),
        ("for two answers, in place of a good one", "Last", one, votes(B, 2, POLL, 0, 1)),
        ("taken back", "Last", one, votes(B, 2, POLL)),
        ("taken back and cast again", "Last", one, votes(B, 2, POLL), votes(B, 3, POLL, 1)),
        ("taken back by what does not say it", "Last", one, entry(B, 2, "vote", target=POLL)),
        ("in a poll of one's own", "", votes(A, 2, POLL, 1)),
        ("by another device, later", "Devices", votes(A, 2, POLL, 1, time_ms=5),
         votes(B, 1, POLL, 2, time_ms=6)),
        ("late by another device", "Devices", one, votes(A, 2, POLL, 2, time_ms=end + 1)),
        ("of the root log", "", votes(ROOT, 3, POLL, 1)),
        ("by another log and seq: the id decides", "", votes(B, 1, [STRANGE, 7, POLL[2]], 1)),
        ("by log and seq, another id", "", votes(B, 1, [A.public, 1, X], 1)),
        ("withheld", "Nothing", one, other | {"body": None}),
        ("with choices that fall", "Nothing", one, votes(B, 2, POLL, 2, 1)),
        ("erased", "Unsaid", one, other, erases(B, 3, ref(B, 2))),
        ("in a poll that is erased", "Unsaid", one, erases(A, 2, POLL)),
        ("after the pin of its log", "Pin", one, other, revokes(3, B, 1)),
        ("in a poll after the pin of its log", "Pin", one, revokes(3, A, 0)),
        ("in a poll that counts again", "Pin Fork", one, revokes(3, A, 0), forks(ROOT, 3)),
        ("from the fork of its log on", "Fork", one, other, forks(B, 2)),
        ("in a poll from the fork of its log on", "Fork", one, forks(A, 1)),
        ("in a poll with another version", "Version", edits(A, 2, POLL), one),
        ("in a version of a poll", "", edits(A, 2, POLL), votes(B, 1, ref(A, 2), 0)),
    ):  # fmt: skip
        shuffled(add, f"a vote {comment}", f"Vote {flags}", *BOTH, poll, *arrivals)
    for comment, *choices in (("all", 0, 1, 2), ("two", 0, 2), ("one", 1), ("one too many", 1, 3)):
        vote = votes(B, 1, POLL, *choices)
        shuffled(add, f"a vote for several: {comment}", "Vote", *BOTH, several, vote)
    for comment, what in (
        ("a post that asks nothing", posts(A, 1)),
        ("a poll of nil", entry(A, 1, "post", text="a", poll=None)),
        ("a poll without a meaning", asks(A, 1, answers=1)),
        ("a poll that is withheld", poll | {"body": None}),
        ("what is no post", entry(A, 1, "repost", target=[STRANGE, 1, X])),
    ):
        shuffled(add, f"a vote in {comment}", "Vote", *BOTH, what, one)
    add("a vote in a poll that is not here", "Vote", *BOTH, one)
    theirs = (OTHERS, asks(C, 1), votes(A, 1, ref(C, 1), 1))
    shuffled(add, "a vote in somebody else's poll", "Vote", *BOTH, *theirs)
    shuffled(add, "a vote in nobody's poll", "Vote Whose", *BOTH, *theirs[1:])
    shuffled(add, "a vote in nobody's poll, forked", "Vote Fork", *BOTH, *theirs[1:], forks(C, 1))
    two = (votes(A, 1, ref(C, 1), 1), votes(A, 2, ref(C, 2), 0), asks(C, 1), asks(C, 2, until=0))
    shuffled(add, "votes in two polls, one of which is over", "Vote", *BOTH, OTHERS, *two)


def add_pins(add: Add) -> None:
    """Add which posts are pinned."""
    post, pin = posts(A, 1), pins(A, 2, POST)
    undone, again = pins(A, 3, POST, undo=True), pins(A, 4, POST)
    for order in permutations((pin, undone, again)):
        which = " ".join(str(one["seq"]) for one in order)
        add(
            f"pinned, undone, pinned again, in the order {which}", "Shown Last", *BOTH, post, *order
        )
    for comment, flags, *arrivals in (
        ("by its log", "", pin),
        ("and no longer", "Last", pin, undone),
        ("by the root log", "", pins(ROOT, 3, POST)),
        ("and no longer, by another device", "Devices", pin, pins(B, 1, POST, 9000, undo=True)),
        ("by somebody else", "", OTHERS, pins(C, 1, POST)),
        ("by nobody", "Whose", pins(C, 1, POST)),
        ("by another log and seq: the id decides", "", pins(A, 2, [STRANGE, 7, POST[2]])),
        ("by log and seq, another id", "", pins(A, 2, [A.public, 1, X])),
        ("and another one", "", pin, posts(B, 1), pins(A, 3, ref(B, 1))),
        ("with another version", "Version", pin, edits(A, 3, POST)),
        ("as a version of it", "Version", edits(A, 2, POST), pins(A, 3, ref(A, 2))),
        ("and the pin erased", "Unsaid", pin, erases(A, 3, ref(A, 2))),
        ("and what undid it erased", "Unsaid", pin, undone, erases(A, 4, ref(A, 3))),
        ("and erased", "Unsaid", pin, erases(A, 3, POST)),
        ("after the pin of its log", "Pin", pin, revokes(3, A, 1)),
        ("after the pin of the post's log", "Pin", pins(B, 1, POST), revokes(3, A, 0)),
        ("and it counts again", "Pin Fork", pins(B, 1, POST), revokes(3, A, 0), forks(ROOT, 3)),
        ("from the fork of its log on", "Fork", pin, forks(A, 2)),
        ("from the fork of the post's log on", "Fork", pins(B, 1, POST), forks(A, 1)),
        ("by a body without a meaning", "Nothing", pins(A, 2, POST, undo=None)),
    ):
        shuffled(add, f"a post pinned {comment}", f"Shown {flags}", *BOTH, post, *arrivals)
    for comment, what in (
        ("a repost", entry(A, 1, "repost", target=[STRANGE, 1, X])),
        ("an outside text", entry(A, 1, "repost", outside={"handle": "@jo", "text": "x"})),
        ("a kind of the future", entry(A, 1, "story", text="a")),
        ("a post that is withheld", post | {"body": None}),
    ):
        shuffled(add, f"pinned: {comment}", "Shown", *BOTH, what, pin)
    add("pinned: what is not here", "Shown", *BOTH, pin)
    theirs = (OTHERS, posts(C, 1), pins(A, 1, ref(C, 1)))
    shuffled(add, "pinned: somebody else's post", "Shown", *BOTH, *theirs)
    shuffled(add, "pinned: nobody's post", "Shown Whose", *BOTH, *theirs[1:])
    shuffled(add, "pinned: a post of a device that comes to be known", "Shown Whose", *BOTH,
             *theirs[1:], adds(B, 1, C))  # fmt: skip
