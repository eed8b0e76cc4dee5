"""What happens in the demo's neighbourhood: everybody moves in, then life goes on by itself.

Every act is a call to a real node.  One thread, one step at a time, with the clock and chance
as arguments, so that a test can let an hour pass in a moment.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from p2pblog.cli.demo_script import (
    ANSWERS,
    LATER,
    OPENING,
    PAST,
    PEOPLE,
    VISITOR,
    Answer,
    Said,
)
from p2pblog.cli.face import Document, Node
from p2pblog.core.errors import NotFound

RETRY_S = 0.3  # until what somebody reacts to has reached their own node
RETRIES_MAX = 40
LOOK_EVERY_S = 0.5
ANSWER_AFTER_S = (2.5, 5.0)
REACT_AFTER_S = (1.0, 8.0)
HOME_ENTRIES_MIN = len(PAST)
_HOUR_MS = 3_600_000

Act = Callable[[], None]


@dataclass
class Street:
    """The nodes of the demo by the script's keys, and who lives in each (text forms)."""

    nodes: Mapping[str, Node]
    identities: dict[str, str] = field(default_factory=dict)

    def move_in(self, now_ms: int) -> None:
        """Give every node an identity, a profile and a past."""
        for who in PEOPLE:
            node = self.nodes[who.key]
            self.identities[who.key] = node.call("init", name=who.name)["identity"]
            node.call("set_profile", name=who.name, bio=who.bio)
            items = [
                {"id": str(number), "time_ms": now_ms - int(past.hours_ago * _HOUR_MS)}
                | {"text": past.text}
                for number, past in enumerate(PAST, start=1)
                if past.who == who.key
            ]
            if items:
                node.call("import.batch", source="demo", account=who.name, items=items)

    def meet(self) -> None:
        """Link everybody to everybody who came before them, and let all follow each other."""
        keys = list(self.nodes)
        for number, key in enumerate(keys):
            for other in keys[:number]:
                address = self.nodes[other].call("status")["listening"][0]
                self.nodes[key].call("connect", address=address)
        for key, node in self.nodes.items():
            for other, identity in self.identities.items():
                if other != key:
                    node.call("follow", id=identity)


class Life:
    """Everything that is still to happen, in order of time."""

    def __init__(self, street: Street, *, now_s: float, chance: random.Random) -> None:
        """Begin with the opening lines due at once, and the later ones after them."""
        self._street = street
        self._chance = chance
        self._due: list[tuple[float, int, int, Act]] = []
        self._planned = 0
        self._ids: dict[str, str] = {}
        self._answered: set[str] = set()
        self._unused = list(ANSWERS)
        self._look_s = now_s
        at_s = now_s
        for said in OPENING + LATER:
            at_s += said.after_s
            self._plan(at_s, self._saying(said, at_s))

    def step(self, now_s: float) -> float:
        """Do what is due by `now_s`; return when something will be due next."""
        if now_s >= self._look_s:
            self._look_s = now_s + LOOK_EVERY_S
            self._listen_to_visitor(now_s)
        while self._due and self._due[0][0] <= now_s:
            _, _, tries, act = heappop(self._due)
            try:
                act()
            except NotFound:  # it is still on its way to them
                if tries < RETRIES_MAX:
                    self._plan(now_s + RETRY_S, act, tries + 1)
        return min(self._due[0][0], self._look_s) if self._due else self._look_s

    def has_begun(self) -> bool:
        """Tell whether the opening lines have been said, and the visitor can read the street."""
        if not all(said.key in self._ids for said in OPENING):
            return False
        home = self._street.nodes[VISITOR].call("timeline", view="home", limit=100)
        return len(home["entries"]) >= HOME_ENTRIES_MIN + len(OPENING)

    def _plan(self, at_s: float, act: Act, tries: int = 0) -> None:
        self._planned += 1  # keeps the order of what is due at the same moment
        heappush(self._due, (at_s, self._planned, tries, act))

    def _id(self, key: str) -> str:
        if key not in self._ids:
            raise NotFound(key)  # said later than planned; so is what answers it
        return self._ids[key]

    def _saying(self, said: Said, at_s: float) -> Act:
        def act() -> None:
            params: Document = {"text": said.text}
            if said.to:
                params["reply_to"] = self._id(said.to)
            if said.quote:
                params["quote"] = self._id(said.quote)
            if said.warning:
                params["warning"] = said.warning
            entry = self._street.nodes[said.who].call("post", **params)["id"]
            self._ids[said.key] = entry
            for who in said.likes:
                self._react(who, "like", entry, at_s, REACT_AFTER_S)
            for who in said.passes_on:
                self._react(who, "repost", entry, at_s, REACT_AFTER_S)

        return act

    def _react(
        self, who: str, method: str, entry: str, now_s: float, after_s: tuple[float, float]
    ) -> None:
        node = self._street.nodes[who]
        self._plan(now_s + self._chance.uniform(*after_s), lambda: _call(node, method, entry=entry))

    def _listen_to_visitor(self, now_s: float) -> None:
        visitor = self._street.identities[VISITOR]
        page = self._street.nodes[VISITOR].call("timeline", view=f"user:{visitor}", limit=20)
        for entry in reversed(page["entries"]):
            if entry["kind"] == "post" and entry["id"] not in self._answered:
                self._answered.add(entry["id"])
                self._answer(entry, now_s)

    def _answer(self, entry: Document, now_s: float) -> None:
        asked = self._author_answered_by(entry)
        text = entry["text"].casefold() + " "
        fitting = [
            (answer, at)
            for at, answer in enumerate(self._unused)
            if any(_occurs(word, text) for word in answer.words)
        ]
        # Whoever was spoken to answers, if they have something that fits; else whoever has.
        fitting.sort(key=lambda pair: (pair[0].words == ("",), pair[0].who != asked, pair[1]))
        if not fitting:  # nothing left to say that was not said: a nod
            who = asked or self._chance.choice([p.key for p in PEOPLE if p.key != VISITOR])
            self._react(who, "like", entry["id"], now_s, ANSWER_AFTER_S)
            return
        answer: Answer = fitting[0][0]
        self._unused.remove(answer)
        node = self._street.nodes[answer.who]
        self._plan(
            now_s + self._chance.uniform(*ANSWER_AFTER_S),
            lambda: _call(node, "post", text=answer.text, reply_to=entry["id"]),
        )

    def _author_answered_by(self, entry: Document) -> str:
        if not entry.get("reply_to"):
            return ""
        try:
            target = self._street.nodes[VISITOR].call("entry", entry=entry["reply_to"])
        except NotFound:
            return ""
        by_identity = {identity: key for key, identity in self._street.identities.items()}
        key = by_identity.get(target["author"] or "", "")
        return "" if key == VISITOR else key


def _occurs(word: str, text: str) -> bool:
    # At the start of a word: "eat" is in "eaten", not in "weather".
    return word in text and (
        not word[:1].isalpha() or bool(re.search(rf"\b{re.escape(word)}", text))
    )


def _call(node: Node, method: str, **params: Any) -> None:
    node.call(method, **params)
