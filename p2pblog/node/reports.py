"""Reports that one keeps, since nobody receives any yet.

Specified in docs/api.md.  A report names a post or a person, a reason and what one has to say of
it.  It holds nothing of what the other one wrote: what is erased or blocked stays gone.  Nothing
of it leaves this home.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from p2pblog.content.bodies import Ref
from p2pblog.core import limits
from p2pblog.core.encoding import Value
from p2pblog.core.errors import BadRequest, BadTextForm, NotFound
from p2pblog.core.textform import Kind, to_text
from p2pblog.node import params as take
from p2pblog.node.params import Document
from p2pblog.node.reading import Reading
from p2pblog.node.server import Handler, Request
from p2pblog.node.writer import Writer
from p2pblog.store.personal import Personal, Section
from p2pblog.views.reader import Reader

REASONS = ("spam", "abuse", "deceit", "illegal", "other")


class Report(NamedTuple):
    """A report of a post (ref) and its author, or of a person alone."""

    number: int
    ref: Ref | None
    author: bytes | None
    reason: str
    note: str
    time_ms: int


class Reports:
    """Keeps them."""

    def __init__(
        self,
        personal: Personal,
        writer: Writer,
        reading: Reading,
        reader: Reader,
        clock_ms: Callable[[], int],
    ) -> None:
        self._personal = personal
        self._writer = writer
        self._reading = reading
        self._reader = reader
        self._clock_ms = clock_ms

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {"report": self.report, "reports": self.reports, "reports.drop": self.drop}

    async def report(self, request: Request) -> Document:
        """Keep a report of a post or a person."""
        p = request.params
        reason = take.text(p, "reason")
        if reason not in REASONS:
            raise BadRequest(f"'reason' is {', '.join(REASONS[:-1])} or {REASONS[-1]}")
        note = take.text(p, "note", most=limits.REPORT_NOTE_CHARS_MAX, default="").strip()
        ref, author = await self._target(take.text(p, "target", most=200))
        about = [None, None, None] if ref is None else [ref.log, ref.seq, ref.id]
        time_ms = self._clock_ms()
        value: Value = [*about, author, reason, note, time_ms]

        def put() -> int:
            # Counted where it is written: another report may have come meanwhile.
            number = max((one.number for one in self._kept()), default=0) + 1
            self._personal.put(Section.REPORTS, _key(number), value)
            return number

        number = await self._writer.run(put)
        return await self._shown(Report(number, ref, author, reason, note, time_ms))

    async def reports(self, request: Request) -> Document:
        """Return what is kept, the latest first."""
        kept = sorted(self._kept(), key=lambda one: -one.number)
        return {"reports": [await self._shown(one) for one in kept]}

    async def drop(self, request: Request) -> Document:
        """Let go of one."""
        number = take.number(request.params, "id", default=0, low=1, high=2**53)

        def take_out() -> Report | None:
            found = next((one for one in self._kept() if one.number == number), None)
            if found is not None:
                self._personal.drop(Section.REPORTS, _key(number))
            return found

        if (found := await self._writer.run(take_out)) is None:
            raise NotFound("no report of yours has that number")
        return await self._shown(found)

    async def _target(self, typed: str) -> tuple[Ref | None, bytes | None]:
        """Return the post that is meant (of a repost, what it passes on), or the person."""
        try:
            entry = await self._reading.subject(typed)
        except (NotFound, BadTextForm):
            return None, await self._reading.ask(self._reader.other, typed)
        ref, _ = await self._reading.ask(self._reader.refs, entry["id"])
        author = await self._reading.ask(self._reader.identity_of, ref.log)
        if author is not None:
            await self._reading.ask(self._reader.other, to_text(Kind.IDENTITY, author))
        return ref, author

    def _kept(self) -> Iterator[Report]:
        for key, value in self._personal.all(Section.REPORTS).items():
            match value:
                case [log, seq, entry_id, author, str(reason), str(note), int(time_ms)]:
                    ref = None
                    if isinstance(log, bytes) and isinstance(seq, int):
                        ref = Ref(log, seq, entry_id) if isinstance(entry_id, bytes) else None
                    known = author if isinstance(author, bytes) else None
                    yield Report(int.from_bytes(key), ref, known, reason, note, time_ms)

    async def _shown(self, one: Report) -> Document:
        identity = None if one.author is None else to_text(Kind.IDENTITY, one.author)
        return {
            "id": one.number,
            "entry": None if one.ref is None else to_text(Kind.ENTRY, one.ref.id),
            "log": None if one.ref is None else to_text(Kind.DEVICE, one.ref.log),
            "seq": None if one.ref is None else one.ref.seq,
            "identity": identity,
            "name": "" if identity is None else await self._reading.name_of(identity),
            "reason": one.reason,
            "note": one.note,
            "time_ms": one.time_ms,
        }


def _key(number: int) -> bytes:
    return number.to_bytes(8)
