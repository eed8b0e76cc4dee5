"""The methods of the local API for what concerns oneself, and for strangers who ask for attention.

Specified in docs/api.md.  Which notifications were looked at, and what was decided about
strangers, is kept for oneself; nobody else learns of it.
"""

from __future__ import annotations

from collections.abc import Callable

from p2pblog.core import limits
from p2pblog.core.encoding import Value
from p2pblog.core.errors import BadRequest
from p2pblog.core.textform import Kind, to_text
from p2pblog.node import params as take
from p2pblog.node.outlook import Decision, Own
from p2pblog.node.params import Document
from p2pblog.node.reading import Reading, limit_of
from p2pblog.node.server import Handler, Request
from p2pblog.node.writer import Writer
from p2pblog.store.personal import Section
from p2pblog.views.looked import digest, remembered
from p2pblog.views.reader import Reader

_NOTHING = Decision(False, 0)


class Noticing:
    """Tells, and remembers what was looked at and decided."""

    def __init__(
        self,
        own: Own,
        writer: Writer,
        reading: Reading,
        reader: Reader,
        on_change: Callable[[], None],
        clock_ms: Callable[[], int],
    ) -> None:
        """Args: on_change is called when timelines are to be read anew."""
        self._own = own
        self._writer = writer
        self._reading = reading
        self._reader = reader
        self._on_change = on_change
        self._clock_ms = clock_ms

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {
            "notifications": self.notifications,
            "notifications.people": self.people,
            "notifications.seen": self.look,
            "requests.accept": self.accept,
            "requests.dismiss": self.dismiss,
            "requests.accepted": self.accepted,
        }

    async def notifications(self, request: Request) -> Document:
        """Return a page of what concerns oneself."""
        p = request.params
        most = limits.NOTICE_ID_CHARS_MAX
        page: Document = await self._reading.ask(
            self._reader.notifications,
            limit_of(p),
            now_ms=self._clock_ms(),
            before=take.optional(p, "before", most=most),
            after=take.optional(p, "after", most=most),
            start=take.optional(p, "from", most=most),
            upward=take.flag(p, "upward"),
        )
        return page

    async def people(self, request: Request) -> Document:
        """Return who a notification is about."""
        name = take.text(request.params, "id", most=limits.NOTICE_ID_CHARS_MAX)
        found: Document = await self._reading.ask(self._reader.notified_people, name)
        return found

    async def look(self, request: Request) -> Document:
        """Take notifications, by their marks, as looked at."""
        marks = request.params.get("marks")
        if (
            type(marks) is not list
            or len(marks) > limits.NOTICES_SEEN_MAX
            or not all(type(one) is str and len(one) <= limits.NOTICE_ID_CHARS_MAX for one in marks)
        ):
            raise BadRequest(f"'marks' must be a list of at most {limits.NOTICES_SEEN_MAX} texts")
        places, arrival = await self._reading.ask(self._reader.places_of_marks, marks)
        looked = dict(zip(map(digest, marks), places, strict=True))

        def note() -> bool:
            known, floor = self._own.outlook.seen()
            most = limits.NOTICES_REMEMBERED_MAX
            seen, raised = remembered(known, floor, looked, arrival, most)
            if (seen, raised) == (known, floor):
                return False
            kept: list[Value] = [[one, place] for one, place in seen.items()]
            self._own.personal.put(Section.SEEN, b"", [*raised, kept])
            return True

        return {"changed": await self._writer.run(note)}

    async def accept(self, request: Request) -> Document:
        """Let the mentions of a stranger through from now on, or no longer."""
        undo = take.flag(request.params, "undo")
        return await self._decide(request, lambda before: before._replace(welcome=not undo))

    async def dismiss(self, request: Request) -> Document:
        """Let go of what a stranger has said so far, and let through nothing more unasked."""
        now_ms = self._clock_ms()
        return await self._decide(request, lambda before: Decision(False, now_ms))

    async def accepted(self, request: Request) -> Document:
        """Return which strangers are let through."""
        strangers = self._own.outlook.strangers()
        welcome = [to_text(Kind.IDENTITY, one) for one, how in strangers.items() if how.welcome]
        return {"accepted": [await self._reading.named(one) for one in welcome]}

    async def _decide(self, request: Request, decide: Callable[[Decision], Decision]) -> Document:
        identity: bytes = await self._reading.ask(
            self._reader.other, take.text(request.params, "id", most=200)
        )

        def put() -> bool:
            # Decided where it is written: something else may have been, meanwhile.
            before = self._own.outlook.strangers().get(identity, _NOTHING)
            decided = decide(before)
            if decided == _NOTHING != before:
                self._own.personal.drop(Section.STRANGERS, identity)
            elif decided != before:
                self._own.personal.put(Section.STRANGERS, identity, list(decided))
            return decided != before

        if changed := await self._writer.run(put):
            self._on_change()
        return {"changed": changed, "identity": to_text(Kind.IDENTITY, identity)}
