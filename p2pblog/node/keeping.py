"""The methods of the local API for what somebody keeps for themselves.

Specified in docs/api.md.  Bookmarks, lists of people, tags that are followed, and filters: all of
it stays in this home.  Together they are the lens through which its owner reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from p2pblog.content.bodies import Ref
from p2pblog.content.text import clean_line, graphemes, typed_tag
from p2pblog.core import limits
from p2pblog.core.encoding import Value
from p2pblog.core.errors import Ambiguous, BadRequest, BadTextForm, NotFound
from p2pblog.core.textform import Kind, prefix_bounds, to_text
from p2pblog.node import params as take
from p2pblog.node.outlook import Outlook, PeopleList, filter_key, filter_value
from p2pblog.node.params import Document
from p2pblog.node.reading import Reading
from p2pblog.node.server import Handler, Request
from p2pblog.node.writer import Writer
from p2pblog.store.personal import Personal, Section
from p2pblog.views.lens import Filter, What, words
from p2pblog.views.names import folded
from p2pblog.views.reader import Reader

T = TypeVar("T")


class Keeping:
    """Keeps, and answers what is kept."""

    def __init__(
        self,
        personal: Personal,
        outlook: Outlook,
        writer: Writer,
        reading: Reading,
        reader: Reader,
        *,
        on_change: Callable[[], None],
        clock_ms: Callable[[], int],
    ) -> None:
        """Prepare to keep.

        Args:
            on_change: called when timelines are to be read anew.
        """
        self._personal = personal
        self._outlook = outlook
        self._writer = writer
        self._reading = reading
        self._reader = reader
        self._on_change = on_change
        self._clock_ms = clock_ms

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {
            "bookmark": self.bookmark,
            "lists": self.lists,
            "list.put": self.put_list,
            "list.drop": self.drop_list,
            "list.member": self.set_member,
            "tags": self.tags,
            "tag.follow": self.follow_tag,
            "filters": self.filters,
            "filter": self.filter,
        }

    # --- bookmarks ---------------------------------------------------------------------

    async def bookmark(self, request: Request) -> Document:
        """Keep an entry in mind, or no longer."""
        p = request.params
        undo = take.flag(p, "undo")
        typed = take.text(p, "entry", most=100)
        found = among(Kind.ENTRY, typed, self._outlook.bookmarks()) if undo else None
        if found is not None:  # it need not be here any more
            ref, shown = self._outlook.bookmarks()[found].ref, to_text(Kind.ENTRY, found)
        else:
            ref, shown = await self._entry(typed)

        def change() -> bool:
            kept = self._outlook.bookmarks()
            if (ref.id in kept) != undo:
                return False
            if undo:
                self._personal.drop(Section.BOOKMARKS, ref.id)
            else:
                latest = max((one.since_ms for one in kept.values()), default=0)
                since_ms = max(self._clock_ms(), latest + 1)  # each has a place of its own
                self._personal.put(Section.BOOKMARKS, ref.id, [ref.log, ref.seq, since_ms])
            return True

        return {"changed": await self._change(change), "entry": shown}

    # --- lists -------------------------------------------------------------------------

    async def lists(self, request: Request) -> Document:
        """Return the lists, by name, with whom they hold."""
        found = []
        for _, (name, members) in sorted(self._outlook.lists().items()):
            people = [await self._reading.named(to_text(Kind.IDENTITY, one)) for one in members]
            found.append({"name": name, "members": people})
        return {"lists": found}

    async def put_list(self, request: Request) -> Document:
        """Begin a list, or name one anew."""
        p = request.params
        name = _list_name(take.text(p, "name", most=200))
        before = take.optional(p, "before", most=200)
        called = name

        def change() -> bool:
            nonlocal called
            key, known = folded(name).encode(), self._outlook.lists().get(folded(name))
            if before is None:
                called = name if known is None else known.name
                if known is None:
                    self._personal.put(Section.LISTS, key, [name, []])
                return known is None
            old, members = self._list(before)
            if folded(name) != folded(old) and known is not None:
                raise BadRequest("another list of yours has that name")
            if name != old:
                value: Value = [name, list(members)]
                self._personal.replace(Section.LISTS, folded(old).encode(), key, value)
            return name != old

        return {"changed": await self._change(change), "name": called}

    async def drop_list(self, request: Request) -> Document:
        """Let go of a list."""
        typed = take.text(request.params, "name", most=200)

        def change() -> str:
            name, _ = self._list(typed)
            self._personal.drop(Section.LISTS, folded(name).encode())
            return name

        return {"changed": True, "name": await self._change(change)}

    async def set_member(self, request: Request) -> Document:
        """Put somebody on a list, or take them off."""
        p = request.params
        undo = take.flag(p, "undo")
        name, members = self._list(typed := take.text(p, "name", most=200))
        whom = take.text(p, "id", most=200)
        found = among(Kind.IDENTITY, whom, members) if undo else None
        identity = await self._identity(whom) if found is None else found

        def change() -> bool:
            name, members = self._list(typed)
            if (identity in members) != undo:
                return False
            others = [one for one in members if one != identity]
            if not undo and len(others) >= limits.LIST_MEMBERS_MAX:
                raise BadRequest(f"a list holds at most {limits.LIST_MEMBERS_MAX} people")
            value: Value = [name, others if undo else [*others, identity]]
            self._personal.put(Section.LISTS, folded(name).encode(), value)
            return True

        changed = await self._change(change)
        return {"changed": changed, "name": name, "identity": to_text(Kind.IDENTITY, identity)}

    # --- tags --------------------------------------------------------------------------

    async def tags(self, request: Request) -> Document:
        """Return the tags that are followed."""
        return {"tags": list(self._outlook.tags())}

    async def follow_tag(self, request: Request) -> Document:
        """Have what bears a tag in home, or no longer."""
        p = request.params
        undo = take.flag(p, "undo")
        tag = _tag(take.text(p, "tag", most=200))

        def change() -> bool:
            if (tag in self._outlook.tags()) != undo:
                return False
            if undo:
                self._personal.drop(Section.TAGS, tag.encode())
            else:
                self._personal.put(Section.TAGS, tag.encode(), [self._clock_ms()])
            return True

        return {"changed": await self._change(change), "tag": tag}

    # --- filters -----------------------------------------------------------------------

    async def filters(self, request: Request) -> Document:
        """Return the filters that hold."""
        held = sorted(self._outlook.filters().values())
        return {"filters": [await self._shown(one) for one in held]}

    async def filter(self, request: Request) -> Document:
        """Hide, or warn of, a post, or what has a word or tag or is by somebody; or no longer."""
        p = request.params
        undo = take.flag(p, "undo")
        typed = take.text(p, "what"), take.text(p, "value", most=200)
        held = self._held(*typed) if undo else None
        what, value, key = held or await self._looked_for(*typed)
        until_ms = take.number(p, "until_ms", default=0, low=0, high=limits.TIME_MS_MAX)
        if 0 < until_ms <= self._clock_ms():
            raise BadRequest("that time is past already")
        one = Filter(what, value, take.flag(p, "warns"), until_ms)

        def change() -> bool:
            held = self._outlook.filters()
            known = held.get(key)
            changed = known is not None if undo else known != one
            if changed and undo:
                self._personal.drop(Section.FILTERS, key)
            elif changed:
                for ended in self._personal.all(Section.FILTERS).keys() - held.keys():
                    self._personal.drop(Section.FILTERS, ended)
                self._personal.put(Section.FILTERS, key, filter_value(one))
            return changed

        return {"changed": await self._change(change), **await self._shown(one)}

    def _held(self, typed: str, value: str) -> tuple[What, str, bytes] | None:
        """Return as `_looked_for` what a filter that holds looks for; it need not be here."""
        match typed:
            case What.PERSON | What.POST:
                kind = Kind.IDENTITY if typed == What.PERSON else Kind.ENTRY
                letter = filter_key(What(typed), b"")
                held = [key[1:] for key in self._outlook.filters() if key[:1] == letter]
                found = among(kind, value, held)
                if found is not None:
                    return What(typed), to_text(kind, found), letter + found
        return None

    async def _looked_for(self, typed: str, value: str) -> tuple[What, str, bytes]:
        """Return what a filter looks for, how it is shown, and the key under which it is kept."""
        match typed:
            case What.PERSON:
                identity: bytes = await self._reading.ask(self._reader.other, value)
                text = to_text(Kind.IDENTITY, identity)
                return What.PERSON, text, filter_key(What.PERSON, identity)
            case What.POST:
                ref, entry = await self._entry(value)
                return What.POST, entry, filter_key(What.POST, ref.id)
            case What.TAG:
                tag = _tag(value)
                return What.TAG, tag, filter_key(What.TAG, tag.encode())
            case What.WORD:
                said = words(value)
                if not said or len(value) > limits.FILTER_CHARS_MAX:
                    most = limits.FILTER_CHARS_MAX
                    raise BadRequest(f"a filter needs a word, and has at most {most} characters")
                key = filter_key(What.WORD, " ".join(said).encode())
                return What.WORD, clean_line(value), key
            case _:
                raise BadRequest("'what' is word, tag, person or post")

    async def _shown(self, one: Filter) -> Document:
        shown = {"what": one.what.value, "value": one.value, "name": ""}
        if one.what is What.PERSON:
            shown["name"] = await self._reading.name_of(one.value)
        return {**shown, "warns": one.warns, "until_ms": one.until_ms or None}

    # --- what is kept ------------------------------------------------------------------

    def _list(self, name: str) -> PeopleList:
        if (found := self._outlook.lists().get(folded(name))) is None:
            raise NotFound("no list of yours has that name")
        return found

    async def _change(self, change: Callable[[], T]) -> T:
        """Carry out a change (it returns whether it was one) where nothing else writes meanwhile.

        What it depends on it must read itself: another one may come before it.
        """
        changed = await self._writer.run(change)
        if changed:
            self._on_change()
        return changed

    # --- what the views know -----------------------------------------------------------

    async def _entry(self, typed: str) -> tuple[Ref, str]:
        """Return what a bookmark of an entry keeps in mind: of a repost, what it passes on."""
        entry = await self._reading.subject(typed)
        ref, _ = await self._reading.ask(self._reader.refs, entry["id"])
        return ref, entry["id"]

    async def _identity(self, typed: str) -> bytes:
        identity: bytes = await self._reading.ask(self._reader.identity, typed)
        return identity


def among(kind: Kind, typed: str, kept: Iterable[bytes]) -> bytes | None:
    """Return which of what is kept an id, or its beginning, means; None: it means none of it.

    Raises:
        Ambiguous: several of it begin like that.
    """
    try:
        low, high = prefix_bounds(kind, typed)
    except BadTextForm:  # a name, perhaps
        return None
    found = [one for one in kept if low <= one <= high]
    if len(found) > 1:
        raise Ambiguous("several of what you keep")
    return found[0] if found else None


def _tag(typed: str) -> str:
    tag = typed_tag("#" + typed.strip().removeprefix("#"))
    if tag is None:
        raise BadRequest("not a tag; write bread for #bread")
    return tag


def _list_name(typed: str) -> str:
    name = clean_line(typed)
    if not name or graphemes(name) > limits.LIST_NAME_GRAPHEMES_MAX:
        raise BadRequest(f"a list's name has 1 to {limits.LIST_NAME_GRAPHEMES_MAX} characters")
    return name
