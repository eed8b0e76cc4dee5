"""The people of the sample and what they say, for pictures and tests: the same every time."""

from __future__ import annotations

from p2pblog.core.textform import Kind
from p2pblog.tui.sample import HOUR_MS, MINUTE_MS, SampleNode, key


def neighbourhood(name: str = "Noor") -> SampleNode:
    """Return a node whose neighbours have something to say."""
    node = SampleNode(name)
    mia = node.person("Mia Winter", "Bakes, repairs bicycles, reads maps.", near=True)
    tom = node.person("Tomás", "Radio, rivers, bad puns.", near=True)
    ida = node.person("Ida Lund", "Ferry pilot. Photographs of fog.", near=True)
    rui = node.person("瑞 Rui", "Allotment 14. 豆と本。", near=True)
    old = node.person("Greta", "", near=False)
    node.follows |= {(node.me, mia), (node.me, tom), (node.me, ida), (mia, node.me), (ida, node.me)}
    node.peers = [
        {"device": key(Kind.DEVICE, n), "address": f"192.168.1.{20 + at}:4114", "carrier": "tcp",
         "name": n, "near": True}
        for at, n in enumerate(("Mia Winter", "Ida Lund"))
    ]  # fmt: skip
    node.write(old, "Found my old posts again, from 2013. They are all here now.", 30 * HOUR_MS,
               imported="twitter")  # fmt: skip
    node.write(
        tom, "The repeater on the water tower is back. 145.750, say hello. #radio", 9 * HOUR_MS
    )
    bread = node.write(
        mia,
        "The oven at the community house is free on Saturday. Bring dough, I bring wood.\n\n"
        "We start at nine, bread is ready by noon. #bread",
        5 * HOUR_MS,
    )
    first = node.write(
        ida, "I bring rye. Is there room for three tins?", 4 * HOUR_MS, reply_to=bread
    )
    node.write(mia, "There is room for ten!", 4 * HOUR_MS - 20 * MINUTE_MS, reply_to=first)
    node.write(tom, "I bring nothing but appetite.", 3 * HOUR_MS, reply_to=bread)
    node.write(tom, "", 3 * HOUR_MS - MINUTE_MS, target=bread)
    node.write(
        rui,
        "三年目の豆がよく育った。種を分けます。 Third-year beans did well; seeds to share. 🫘",
        2 * HOUR_MS,
    )
    mine = node.write(
        node.me, "Does anybody have a long ladder for an hour this week?", 50 * MINUTE_MS
    )
    node.write(rui, "I have one, too, behind the beans.", 35 * MINUTE_MS, reply_to=mine)
    node.write(
        ida,
        "Fog down to the water this morning. Three herons on the quay, nobody else.",
        31 * MINUTE_MS,
        media=[{"blob": key(Kind.BLOB, "fog"), "size": 41_000, "type": "image/jpeg",
                "alt": "three herons in a row on a quay in the fog", "have": True}],
    )  # fmt: skip
    node.write(ida, "Yes, six metres. Come by the ferry office.", 12 * MINUTE_MS, reply_to=mine)
    node.write(
        mia, "He does not die in the end, the gardener did it, and the map was a fake.",
        6 * MINUTE_MS, warning="the last chapter of the book club's book",
    )  # fmt: skip
    node.write(
        tom, "This. Everybody should read it twice.", 2 * MINUTE_MS, quote=bread,
    )  # fmt: skip
    for entry in node.entries:
        if entry.id == bread:
            entry.likes |= {ida, tom, rui, node.me}
            entry.reposts |= {tom}
        if entry.id == mine:
            entry.likes |= {mia}
    node.attention.say("follow", ida, ago_ms=26 * HOUR_MS)
    node.attention.say("like", mia, mine, 45 * MINUTE_MS)
    node.attention.say("like", tom, mine, 40 * MINUTE_MS)
    return node
