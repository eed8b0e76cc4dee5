"""Chapters 3 to 5: whose logs there are, what of them counts, what is said last, what is erased.

Everything is worked out anew after each arrival, from all that is here; only erasures stay.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.plain.body import read
from tests.plain.identity import Add, Revoke, devices
from tests.plain.refused import Refused

SPARED = ("device.add", "device.revoke", "erase")
ENDLESS = 2**53


class Said(NamedTuple):
    """An entry, and what its body says: a kind and its content, or nothing."""

    log: bytes
    seq: int
    id: bytes
    time_ms: int
    kind: str
    content: dict[str, Any]


def said(log: bytes, seq: int, id_: bytes, time_ms: int, body: bytes | None) -> Said:
    """Return an entry; a body that is withheld, or has no meaning, says nothing (B-2, B-3)."""
    kind, content = "", None
    if body is not None:
        try:
            kind, content = read(body)
        except Refused:
            content = None
    return Said(log, seq, id_, time_ms, kind if content is not None else "", content or {})


class Shelf:
    """All entries and forks that have come."""

    def __init__(self) -> None:
        self.entries: dict[tuple[bytes, int], Said] = {}
        self.forks: dict[bytes, int] = {}
        self.marked: set[tuple[bytes, int]] = set()
        """What was to be erased at some time, here or not (L-24)."""

    def take(self, entry: Said) -> None:
        """Take in an entry."""
        self.entries.setdefault((entry.log, entry.seq), entry)
        self.erase()

    def fork(self, log: bytes, seq: int) -> None:
        """Hear that a log forks."""
        self.forks[log] = min(seq, self.forks.get(log, seq))
        self.erase()

    def unforked(self, kind: str) -> list[Said]:
        """Return the entries of a kind before the forks of their logs (L-21)."""
        return [
            entry
            for entry in self.entries.values()
            if entry.kind == kind and entry.seq < self.forks.get(entry.log, ENDLESS)
        ]

    def pins(self, root: bytes) -> list[Revoke]:
        """Return the revokes that count for an identity (I-8)."""
        return [
            Revoke(entry.content["device"], entry.content["seq"], entry.content.get("id"))
            for entry in self.unforked("device.revoke")
            if entry.log == root
        ]

    def logs_of(self, root: bytes) -> set[bytes]:
        """Return the logs of an identity (I-5, I-6)."""
        adds = [
            Add(entry.log, entry.seq, entry.content["device"], entry.content["consent"])
            for entry in self.unforked("device.add")
        ]
        found = set(devices(root, adds, self.pins(root)))
        return found | {root} if found else set()

    def owners(self) -> dict[bytes, bytes]:
        """Return as whose each log is shown: of several, as the smallest one's (I-7)."""
        roots = sorted({entry.log for entry in self.entries.values()}, reverse=True)
        return {log: root for root in roots for log in self.logs_of(root)}

    def last(self, root: bytes, log: bytes) -> int:
        """Return the last seq of a log that counts, as a log of an identity (I-9, L-21)."""
        pins = [revoke.seq for revoke in self.pins(root) if revoke.device == log]
        return min([self.forks.get(log, ENDLESS) - 1, *pins])

    def counting(self, root: bytes) -> list[Said]:
        """Return the entries that count as an identity's, erased ones left out (B-14)."""
        owners = self.owners()
        return [
            entry
            for entry in self.entries.values()
            if owners.get(entry.log) == root
            and entry.seq <= self.last(root, entry.log)
            and not self.is_erased(entry)
        ]

    def erase(self) -> None:
        """Carry out what may be by now (B-13, B-15); it is not taken back (B-16)."""
        owners = self.owners()
        for entry in self.entries.values():
            root = owners.get(entry.log)
            if entry.kind != "erase" or root is None or entry.seq > self.last(root, entry.log):
                continue
            for log, seq, _ in entry.content["targets"]:
                if owners.get(log) == root != log:
                    self.marked.add((log, seq))

    def is_erased(self, entry: Said) -> bool:
        """Tell whether an entry that is here was erased."""
        return (entry.log, entry.seq) in self.marked and entry.kind not in SPARED

    def post(self, id_: bytes) -> Said | None:
        """Return the post with an id, of whomever, if it is here and counts."""
        owners = self.owners()
        for entry in self.entries.values():
            if entry.id == id_ and entry.kind == "post" and not self.is_erased(entry):
                root = owners.get(entry.log)
                fork = self.forks.get(entry.log, ENDLESS) - 1
                if entry.seq <= (fork if root is None else self.last(root, entry.log)):
                    return entry
        return None

    def votes(self, root: bytes) -> list[list[Any]]:
        """Return the votes of an identity that count, and what they choose (B-19)."""
        found = []
        for about, entry in self.words(root, "vote").items():
            post = self.post(about)
            poll = None if post is None else post.content.get("poll")
            choices = entry.content.get("choices", [])
            if poll is None or entry.time_ms > poll["until"] or not choices:
                continue
            if choices[-1] < len(poll["options"]) and (len(choices) == 1 or "many" in poll):
                found.append([about.hex(), choices])
        return sorted(found)

    def words(self, root: bytes, *kinds: str) -> dict[bytes, Said]:
        """Return what an identity said last about each subject (B-7, B-8)."""
        by_log: dict[tuple[bytes, bytes], Said] = {}
        for entry in self.counting(root):
            if entry.kind in kinds and (about := subject(entry)) is not None:
                before = by_log.get((about, entry.log))
                if before is None or entry.seq > before.seq:
                    by_log[about, entry.log] = entry
        last: dict[bytes, Said] = {}
        for (about, _), entry in by_log.items():
            before = last.get(about)
            if before is None or (entry.time_ms, entry.log) > (before.time_ms, before.log):
                last[about] = entry
        return last

    def standing(self, root: bytes) -> dict[str, Any]:
        """Return what stands of an identity, as `identity.said` answers it."""

        def chosen(*kinds: str) -> list[str]:
            found = self.words(root, *kinds).items()
            no = ("unfollow",)
            return sorted(
                about.hex()
                for about, entry in found
                if not entry.content.get("undo") and entry.kind not in no
            )

        profile = self.words(root, "profile").get(b"")
        own = {entry.id for entry in self.counting(root) if entry.kind == "post"}
        edits = self.words(root, "edit").items()
        mine = sorted(log for log, owner in self.owners().items() if owner == root)
        ends = {log: self.last(root, log) for log in mine}
        return {
            "logs": [[log.hex(), None if end >= ENDLESS - 1 else end] for log, end in ends.items()],
            "posts": sorted(id_.hex() for id_ in own),
            "versions": sorted([id_.hex(), e.id.hex()] for id_, e in edits if id_ in own),  # B-18
            "pinned": [one for one in chosen("pin") if bytes.fromhex(one) in own],  # B-20
            "votes": self.votes(root),
            "likes": chosen("like"),
            "reposts": chosen("repost"),
            "follows": [one for one in chosen("follow", "unfollow") if one != root.hex()],
            "name": profile and profile.content["name"],
            "bio": profile and profile.content.get("bio", ""),
            "fields": profile and profile.content.get("fields", []),
            "erased": [
                [entry.log.hex(), entry.seq]
                for _, entry in sorted(self.entries.items())
                if entry.log in mine and self.is_erased(entry)
            ],
        }


def subject(entry: Said) -> bytes | None:
    """Return what an entry is about (section 4 of chapter 4), or None."""
    if entry.kind in ("like", "repost", "edit", "vote", "pin"):
        target = entry.content.get("target")
        return None if target is None else bytes(target[2])
    if entry.kind in ("follow", "unfollow"):
        return bytes(entry.content["identity"])
    return b"" if entry.kind == "profile" else None
