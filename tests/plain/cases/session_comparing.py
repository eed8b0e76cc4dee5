"""Cases of session.json in which B says what it likes: while the two compare, and packed."""

from __future__ import annotations

from tests.plain.cases.session_turns import Add
from tests.plain.cases.talk import HELLO, H, HeldBy, home
from tests.plain.frontier import Frontier
from tests.plain.log import Log
from tests.plain.msgpack import encode


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
