"""The methods of the local API for what somebody keeps for themselves.

Specified in docs/api.md.  Bookmarks, lists of people, tags that are followed, and filters: all of
it stays in this home.  Together they are the lens through which its owner reads.
"""

from __future__ import annotations

from collections.abc import Callable

from p2pblog.content.bodies import Ref
from p2pblog.content.text import graphemes, typed_tag
from p2pblog.core import limits
from p2pblog.core.encoding import Value
from p2pblog.core.errors import BadRequest, NotFound
from p2pblog.core.textform import Kind, to_text
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
        ref, shown = await self._entry(take.text(p, "entry", most=100))
        kept = self._outlook.bookmarks()
        if (ref.id in kept) != undo:
            return {"changed": False, "entry": shown}
        if undo:
            await self._drop(Section.BOOKMARKS, ref.id)
        else:
            latest = max((one.since_ms for one in kept.values()), default=0)
            since_ms = max(self._clock_ms(), latest + 1)  # each has a place of its own
            await self._put(Section.BOOKMARKS, ref.id, [ref.log, ref.seq, since_ms])
        return {"changed": True, "entry": shown}

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
        key, lists = folded(name).encode(), self._outlook.lists()
        before = take.optional(p, "before", most=200)
        if before is None:
            if folded(name) in lists:
                return {"changed": False, "name": lists[folded(name)].name}
            await self._put(Section.LISTS, key, [name, []])
            return {"changed": True, "name": name}
        old, members = self._list(before)
        if folded(name) != folded(old) and folded(name) in lists:
            raise BadRequest("another list of yours has that name")
        if folded(name) != folded(old):
            await self._drop(Section.LISTS, folded(old).encode())
        await self._put(Section.LISTS, key, [name, list(members)])
        return {"changed": name != old, "name": name}

    async def drop_list(self, request: Request) -> Document:
        """Let go of a list."""
        name, _ = self._list(take.text(request.params, "name", most=200))
        await self._drop(Section.LISTS, folded(name).encode())
        return {"changed": True, "name": name}

    async def set_member(self, request: Request) -> Document:
        """Put somebody on a list, or take them off."""
        p = request.params
        undo = take.flag(p, "undo")
        name, members = self._list(take.text(p, "name", most=200))
        identity = await self._identity(take.text(p, "id", most=200))
        answer = {"name": name, "identity": to_text(Kind.IDENTITY, identity)}
        if (identity in members) != undo:
            return {"changed": False, **answer}
        others = [one for one in members if one != identity]
        if not undo and len(others) >= limits.LIST_MEMBERS_MAX:
            raise BadRequest(f"a list holds at most {limits.LIST_MEMBERS_MAX} people")
        value: Value = [name, others if undo else [*others, identity]]
        await self._put(Section.LISTS, folded(name).encode(), value)
        return {"changed": True, **answer}

    # --- tags --------------------------------------------------------------------------

    async def tags(self, request: Request) -> Document:
        """Return the tags that are followed."""
        return {"tags": list(self._outlook.tags())}

    async def follow_tag(self, request: Request) -> Document:
        """Have what bears a tag in home, or no longer."""
        p = request.params
        undo = take.flag(p, "undo")
        tag = _tag(take.text(p, "tag", most=200))
        if (tag in self._outlook.tags()) != undo:
            return {"changed": False, "tag": tag}
        if undo:
            await self._drop(Section.TAGS, tag.encode())
        else:
            await self._put(Section.TAGS, tag.encode(), [self._clock_ms()])
        return {"changed": True, "tag": tag}

    # --- filters -----------------------------------------------------------------------

    async def filters(self, request: Request) -> Document:
        """Return the filters that hold."""
        held = sorted(self._outlook.filters().values())
        return {"filters": [await self._shown(one) for one in held]}

    async def filter(self, request: Request) -> Document:
        """Hide, or warn of, a post, or what has a word or tag or is by somebody; or no longer."""
        p = request.params
        undo = take.flag(p, "undo")
        what, value, key = await self._looked_for(
            take.text(p, "what"), take.text(p, "value", most=200)
        )
        until_ms = take.number(p, "until_ms", default=0, low=0, high=limits.TIME_MS_MAX)
        if 0 < until_ms <= self._clock_ms():
            raise BadRequest("that time is past already")
        one = Filter(what, value, take.flag(p, "warns"), until_ms)
        known = self._outlook.filters().get(key)
        changed = known is not None if undo else known != one
        if changed and undo:
            await self._drop(Section.FILTERS, key)
        elif changed:
            await self._drop_ended()
            await self._put(Section.FILTERS, key, filter_value(one))
        return {"changed": changed, **await self._shown(one)}

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
                return What.WORD, " ".join(value.split()), key
            case _:
                raise BadRequest("'what' is word, tag, person or post")

    async def _drop_ended(self) -> None:
        for key in self._personal.all(Section.FILTERS).keys() - self._outlook.filters().keys():
            await self._drop(Section.FILTERS, key)

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

    async def _put(self, section: Section, key: bytes, value: Value) -> None:
        await self._writer.run(lambda: self._personal.put(section, key, value))
        self._on_change()

    async def _drop(self, section: Section, key: bytes) -> None:
        await self._writer.run(lambda: self._personal.drop(section, key))
        self._on_change()

    # --- what the views know -----------------------------------------------------------

    async def _entry(self, typed: str) -> tuple[Ref, str]:
        """Return what a bookmark of an entry keeps in mind: of a repost, what it passes on."""
        entry = await self._reading.subject(typed)
        ref, _ = await self._reading.ask(self._reader.refs, entry["id"])
        return ref, entry["id"]

    async def _identity(self, typed: str) -> bytes:
        identity: bytes = await self._reading.ask(self._reader.identity, typed)
        return identity


def _tag(typed: str) -> str:
    tag = typed_tag("#" + typed.strip().removeprefix("#"))
    if tag is None:
        raise BadRequest("not a tag; write bread for #bread")
    return tag


def _list_name(typed: str) -> str:
    name = " ".join(typed.split())
    if not name or graphemes(name) > limits.LIST_NAME_GRAPHEMES_MAX:
        raise BadRequest(f"a list's name has 1 to {limits.LIST_NAME_GRAPHEMES_MAX} characters")
    return name
