"""The methods of the local API that move many entries: verify, export, import."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from itertools import chain
from pathlib import Path

from p2pblog.content.bodies import Body, ImportMark, Origin, Outside, Post, Ref, Repost
from p2pblog.core import limits
from p2pblog.core.encoding import decode
from p2pblog.core.errors import (
    Ambiguous,
    BadArchive,
    BadRequest,
    BadTextForm,
    ForkFound,
    NotFound,
    ProtocolError,
    SeqGap,
)
from p2pblog.core.textform import Kind, prefix_bounds, to_text
from p2pblog.exchange.bundle import BundleCounts, read_bundle, segments_of, write_bundle
from p2pblog.log.entry import Entry
from p2pblog.log.segment import from_wire
from p2pblog.node import params as take
from p2pblog.node.params import Document
from p2pblog.node.reading import Reading
from p2pblog.node.server import Handler, Request
from p2pblog.node.writer import Writer
from p2pblog.store.logs import LogStore
from p2pblog.store.verify import Report, verify_logs
from p2pblog.views.reader import Reader

Append = Callable[[Iterable[Body], Callable[[Entry], None]], Awaitable[object]]


class Transfer:
    """Verifies, exports and imports; long work runs off the event loop."""

    def __init__(
        self,
        store: LogStore,
        writer: Writer,
        reading: Reading,
        reader: Reader,
        *,
        home: Path,
        append: Append,
        caught_up: Callable[[], Awaitable[None]],
        kept_whole: Callable[[bytes], bool],
    ) -> None:
        """Prepare to move entries.

        Args:
            caught_up: waits until the views hold everything that is stored.
            kept_whole: tells of a log whether all of it is kept, or only what is newest.
        """
        self._store = store
        self._writer = writer
        self._reading = reading
        self._reader = reader
        self._home = home
        self._append = append
        self._caught_up = caught_up
        self._kept_whole = kept_whole
        self._marked: set[tuple[str, str]] = set()
        self._importing = asyncio.Lock()  # what is known is asked first, and added then

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {
            "log.verify": self.verify,
            "log.export": self.export,
            "log.import": self.import_bundle,
            "import.batch": self.import_batch,
        }

    async def verify(self, request: Request) -> Document:
        """Check what is stored against the rules."""
        logs = list(self._store.logs)
        if (typed := take.optional(request.params, "log", most=100)) is not None:
            logs = [self._log(typed)]

        def work() -> Report:
            report = Report()
            for done, _ in enumerate(verify_logs(self._store, logs, report), 1):
                request.progress(done, len(logs))
            return report

        report = await asyncio.to_thread(work)
        return {
            "logs": report.logs,
            "entries": report.entries,
            "signatures": report.signatures,
            "checkpoints": report.checkpoints,
            "errors": [
                {
                    "log": to_text(Kind.DEVICE, log),
                    "seq": seq,
                    "code": error.code,
                    "message": str(error),
                }
                for log, seq, error in report.errors
            ],
        }

    async def export(self, request: Request) -> Document:
        """Write every log that is held into one file."""
        path = _path(request)

        def work() -> BundleCounts:
            if path.resolve().is_relative_to(self._home.resolve()):
                raise BadRequest(f"{path} lies in the home; name a place outside")
            return write_bundle(path, segments_of(self._store))

        counts = await asyncio.to_thread(work)
        return {"logs": counts.logs, "entries": counts.entries}

    async def import_bundle(self, request: Request) -> Document:
        """Take in a file that `export` wrote; every segment is verified as if a peer sent it."""
        path = _path(request)
        logs: set[bytes] = set()
        entries = new = 0
        records = read_bundle(path)
        while True:
            try:
                if (data := await asyncio.to_thread(next, records, None)) is None:
                    break
                segment = from_wire(decode(data))
            except BadArchive as error:
                raise BadArchive(error.detail + await self._kept(entries)) from error
            except ProtocolError as error:
                kept = await self._kept(entries)
                raise BadArchive(f"{path}: {str(error).rstrip('.')}{kept}") from error
            logs.add(segment.log)
            entries += len(segment.bodies)
            try:
                new += await self._writer.ingest(segment)
            except (SeqGap, ForkFound):
                continue  # `log verify` and `status` speak of these; the rest goes on
            request.progress(entries, 0)
        await self._caught_up()
        partly = sum(not self._kept_whole(log) for log in logs)
        return {"logs": len(logs), "entries": entries, "new": new, "partly": partly}

    async def _kept(self, entries: int) -> str:
        """Return what to add to an error: that a bundle was of use as far as it was whole."""
        if not entries:
            return ""
        await self._caught_up()
        what = "entry before that was" if entries == 1 else f"{entries:,} entries before that were"
        return f"; the {what} taken in"

    async def import_batch(self, request: Request) -> Document:
        """Add entries from an outside archive, unless they were added before."""
        p = request.params
        source = take.text(p, "source", most=limits.ORIGIN_FIELD_BYTES_MAX)
        account = take.text(p, "account", most=limits.ORIGIN_FIELD_BYTES_MAX, default="")
        items = [_Item(item) for item in take.items(p, "items", most=limits.IMPORT_BATCH_ENTRIES)]
        async with self._importing:
            return await self._import(source, account, items)

    async def _import(self, source: str, account: str, items: list[_Item]) -> Document:
        await self._caught_up()
        ids = {item.id for item in items}
        known: dict[str, Ref] = await self._known(source, account, ids)
        answered = {item.reply_to_id for item in items} - ids - {""}
        known |= await self._known(source, account, answered)
        if known:
            self._marked.add((source, account))
        fresh = list({item.id: item for item in items if item.id not in known}.values())
        if not fresh:
            return {"added": 0, "known": len(items)}
        roots = {}
        for item in fresh:
            if (ref := known.get(item.reply_to_id)) is not None:
                text_form = to_text(Kind.ENTRY, ref.id)
                _, roots[item.reply_to_id] = await self._reading.ask(self._reader.refs, text_form)
        thread = _Thread(source, account, known, roots)
        marks = [] if (source, account) in self._marked else [ImportMark(source, account)]
        # The bodies are made one by one while they are written: a reply to oneself names
        # the id of an entry that only then exists.
        await self._append(chain(marks, map(thread.body, fresh)), thread.written)
        self._marked.add((source, account))
        return {"added": len(fresh), "known": len(items) - len(fresh)}

    async def _known(self, source: str, account: str, ids: set[str]) -> dict[str, Ref]:
        found: dict[str, Ref] = await self._reading.ask(
            self._reader.known_origins, source, account, ids
        )
        return found

    def _log(self, typed: str) -> bytes:
        """Return the log that a text form, or a prefix of one, means."""
        kinds = {kind.value: kind for kind in (Kind.DEVICE, Kind.IDENTITY)}
        if (kind := kinds.get(typed.strip()[:1].lower())) is None:
            raise BadTextForm("a log's begins with 'd' or 'i'")
        low, high = prefix_bounds(kind, typed)
        found = [log for log in self._store.logs if low <= log <= high]
        if len(found) > 1:
            raise Ambiguous(typed)
        if not found:
            raise NotFound(f"no log begins with {typed}")
        return found[0]


class _Item:
    """One item of `import.batch`, its fields checked."""

    def __init__(self, fields: take.Params) -> None:
        most = limits.ORIGIN_FIELD_BYTES_MAX
        self.id = take.text(fields, "id", most=most)
        self.time_ms = take.number(fields, "time_ms", default=-1, low=0, high=limits.TIME_MS_MAX)
        self.text = take.text(fields, "text")
        self.lang = take.text(fields, "lang", most=limits.LANG_BYTES_MAX, default="")
        self.reply_to_id = take.text(fields, "reply_to_id", most=most, default="")
        self.reply_to = take.text(fields, "reply_to", most=most, default="")
        self.outside: Outside | None = None
        if (repost := fields.get("repost_of")) is not None:
            if not isinstance(repost, Mapping):
                raise BadRequest("'repost_of' must be a map")
            self.outside = Outside(
                take.text(repost, "handle", most=most), take.text(repost, "text", default="")
            )


class _Thread:
    """Makes bodies of items, and remembers what a later one may answer."""

    def __init__(
        self, source: str, account: str, known: dict[str, Ref], roots: dict[str, Ref]
    ) -> None:
        self._source = source
        self._account = account
        self._known = known
        self._roots = roots
        self._item: _Item | None = None

    def body(self, item: _Item) -> Body:
        self._item = item
        origin = Origin(self._source, item.id, item.time_ms, self._account, item.reply_to)
        if item.outside is not None:
            return Repost(outside=item.outside, origin=origin)
        return Post(
            item.text,
            reply=self._known.get(item.reply_to_id),
            root=self._roots.get(item.reply_to_id),
            lang=item.lang,
            origin=origin,
        )

    def written(self, entry: Entry) -> None:
        if (item := self._item) is not None:
            ref = Ref(entry.log, entry.seq, entry.id)
            self._known[item.id] = ref
            self._roots[item.id] = self._roots.get(item.reply_to_id, ref)


def _path(request: Request) -> Path:
    typed = take.text(request.params, "path", most=4096)
    if "\0" in typed or not typed.startswith("/"):
        raise BadRequest("'path' must be a whole path, from / on")
    return Path(typed)
