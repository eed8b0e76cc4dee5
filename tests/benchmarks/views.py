"""Views of 1,000,000 posts of 140 characters by 200 identities: folding, pages, searches.

Folded log by log, as a cold sync brings them.  Of the people who write, one is quiet, and only
that one is followed: the case that a home timeline has to be written out for.  Then comes a week
of posts with languages, tags, links and answers, for searches by these, trends and conversations.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median, quantiles

from p2pblog.content.bodies import Follow, Post, Ref, serialize
from p2pblog.core.limits import INDEX_BATCH_ENTRIES, PAGE_ENTRIES
from p2pblog.log.entry import Entry
from p2pblog.store.logs import Arrived
from p2pblog.views.database import Views
from p2pblog.views.lens import Bookmark, Lens
from p2pblog.views.reader import Reader
from tests.benchmarks import material
from tests.benchmarks.figures import Figure, timed

POSTS, PEOPLE, QUIET_POSTS = 1_000_000, 200, 60
ASKED = 200
LIVE_POSTS = 200
LIVELY_POSTS, WEEK_MS = 100_000, 7 * 24 * 3600 * 1000
BOOKMARKS = 1_000
OPERATORS = {
    "#tag": "#{tag}",
    "word lang:xx": "{word} lang:fi",
    "word has:link": "{word} has:link",
    "word -has:link after:3d": "{word} -has:link after:3d",
    "lang:xx has:poll, which nothing is": "lang:fi has:poll",
    "has:link -lang:xx, which nothing is": "has:link -lang:en -lang:fi",
    "word from:ID before:DATE": "{word} from:{who} before:2026-03",
    "in:bookmarks": "in:bookmarks",
    "word in:bookmarks": "{word} in:bookmarks",
    "word -in:bookmarks": "{word} -in:bookmarks",
}
WORDS = {"the 300 commonest": 300, "the 5,000 commonest": 5_000, "all": 40_000}


class Journal:
    """Makes entries; nothing is signed, since views only see what the log store has verified."""

    def __init__(self) -> None:
        self.texts = material.Texts()
        self._arrival = 0
        self._seqs: dict[bytes, int] = {}
        self.posted = [Ref(bytes(32), 1, bytes(32))] * 500

    def entry(self, log: bytes, time_ms: int, body: bytes) -> Arrived:
        """Return the next entry of a log."""
        self._arrival += 1
        seq = self._seqs[log] = self._seqs.get(log, 0) + 1
        entry_id, zero = self.texts.chance.randbytes(32), bytes(32)
        entry = Entry(log, seq, zero, time_ms, len(body), zero, entry_id, body)
        return Arrived(self._arrival, material.NOW_MS, entry)

    def posts(self, who: material.Writer, count: int) -> Iterator[Arrived]:
        """Yield posts of a person."""
        for time_ms in self.texts.times(count):
            yield self.entry(who.device.public, time_ms, self.texts.body())

    def lively(self, who: material.Writer, number: int) -> Arrived:
        """Return a post of the last week: in a language, often with a tag, a link, an answer."""
        chance = self.texts.chance
        text = self.texts.lively(number)
        answered = self.posted[-int(chance.paretovariate(0.7)) % 500] if number % 4 == 0 else None
        post = Post(text, answered, answered, lang="fi" if number % 10 == 0 else "en")
        time_ms = material.NOW_MS - WEEK_MS + number * WEEK_MS // LIVELY_POSTS
        found = self.entry(who.device.public, time_ms, serialize(post, bytes(16)))
        if answered is None:
            self.posted.append(Ref(found.entry.log, found.entry.seq, found.entry.id))
        return found

    def follow(self, who: material.Writer, whom: material.Writer) -> Arrived:
        """Return the entry by which one person follows another."""
        body = serialize(Follow(whom.root.public), bytes(16))
        return self.entry(who.device.public, material.NOW_MS, body)


def measure() -> Iterator[list[Figure]]:
    """Yield the figures of one run, which takes minutes."""
    journal = Journal()
    me, quiet, *others = (material.writer(number) for number in range(1, PEOPLE + 1))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "views.sqlite")
        lens = Lens()
        views = Views(path, epoch=bytes(16), self_identity=me.root.public, lens=lambda: lens)
        born_ms = material.NOW_MS - 3 * material.YEAR_MS
        first = [journal.entry(p.root.public, born_ms, p.add) for p in (me, quiet, *others)]
        first += [journal.follow(me, quiet), *journal.posts(quiet, QUIET_POSTS)]
        views.apply(first)
        each = POSTS // len(others)
        arriving = (item for person in others for item in journal.posts(person, each))
        figures = _fold(views, arriving)
        size = sum(file.stat().st_size for file in path.parent.glob(path.name))
        figures.append(Figure("disk", size / (each * len(others)), "B/post"))
        live = [timed(views.apply, [item]) for item in journal.posts(me, LIVE_POSTS)]
        figures.append(Figure("one live post folded, median", median(live) * 1e3, "ms"))
        reader = views.reader()
        first_s = timed(reader.timeline, "home", PAGE_ENTRIES)
        figures.append(Figure("home, with a new reader", first_s * 1e3, "ms"))
        figures += [*_pages(reader), *_searches(reader, journal.texts)]
        lively = [journal.lively(others[at % 150], at) for at in range(LIVELY_POSTS)]
        title = "folded, of which some have tags, links, answers"
        figures.append(Figure(title, LIVELY_POSTS / _folded_s(views, lively), "posts/s"))
        chosen = journal.texts.chance.sample(lively, BOOKMARKS)
        refs = [Ref(one.entry.log, one.entry.seq, one.entry.id) for one in chosen]
        lens = Lens(bookmarks={ref.id: Bookmark(ref, 0) for ref in refs})
        figures += _operators(reader, journal.texts, others)
        figures += _recent(reader)
        reader.close()
        took_s = timed(views.apply, [journal.follow(me, others[0])])
        figures.append(Figure(f"following somebody with {each:,} posts", took_s * 1e3, "ms"))
        views.close()
        yield figures


def _fold(views: Views, arriving: Iterator[Arrived]) -> list[Figure]:
    """Fold everything in batches, as the indexer does."""
    took: list[float] = []
    sizes: list[int] = []
    cpu_s = 0.0
    while batch := list(islice(arriving, INDEX_BATCH_ENTRIES)):
        cpu_before_s = time.process_time()
        took.append(timed(views.apply, batch))
        cpu_s += time.process_time() - cpu_before_s
        sizes.append(len(batch))
    tenth = len(took) // 10
    last = sum(sizes[-tenth:]) / sum(took[-tenth:])
    return [
        Figure("folded, all", sum(sizes) / sum(took), "posts/s", at_least=25_000),
        Figure("folded, the last tenth", last, "posts/s", at_least=25_000),
        Figure("folded, all, by CPU time", sum(sizes) / cpu_s, "posts/s"),
        Figure("slowest batch", max(took) * 1e3, "ms"),
    ]


def _pages(reader: Reader) -> Iterator[Figure]:
    middle = reader.timeline("local", 1)["next"]
    questions = {
        "home": partial(reader.timeline, "home", PAGE_ENTRIES),
        "local": partial(reader.timeline, "local", PAGE_ENTRIES),
        "local, the next page": partial(reader.timeline, "local", PAGE_ENTRIES, before=middle),
        "people": partial(reader.people, limit=PAGE_ENTRIES),
    }
    for name, ask in questions.items():
        yield Figure(f"{name}, p95", _p95([timed(ask) for _ in range(ASKED)]) * 1e3, "ms")


def _searches(reader: Reader, texts: material.Texts) -> Iterator[Figure]:
    for name, most in WORDS.items():
        for count in (1, 2, 3):
            queries = [
                " ".join(texts.chance.sample(texts.words[:most], count)) for _ in range(ASKED)
            ]
            took = [
                timed(reader.search, query, PAGE_ENTRIES, now_ms=material.NOW_MS)
                for query in queries
            ]
            words = "word" if count == 1 else "words"
            title = f"search for {count} {words} of {name}, p95"
            yield Figure(title, _p95(took) * 1e3, "ms", at_most=20)


def _folded_s(views: Views, items: list[Arrived]) -> float:
    at = range(0, len(items), INDEX_BATCH_ENTRIES)
    return sum(timed(views.apply, items[one : one + INDEX_BATCH_ENTRIES]) for one in at)


def _operators(
    reader: Reader, texts: material.Texts, others: list[material.Writer]
) -> Iterator[Figure]:
    for name, query in OPERATORS.items():
        took = []
        for _ in range(ASKED):
            word, tag = (
                texts.chance.choice(texts.words[:300]),
                texts.chance.choice(texts.words[:50]),
            )
            asked = query.format(word=word, tag=tag, who=texts.chance.choice(others).id)
            took.append(timed(reader.search, asked, PAGE_ENTRIES, now_ms=material.NOW_MS))
        yield Figure(f"search for {name}, p95", _p95(took) * 1e3, "ms", at_most=20)


def _recent(reader: Reader) -> Iterator[Figure]:
    questions: dict[str, Callable[..., object]] = {
        "trends of a day": partial(reader.trends, hours=24),
        "trends of a week": partial(reader.trends, hours=7 * 24),
        "conversations": reader.conversations,
    }
    for name, ask in questions.items():
        took = [timed(ask, now_ms=material.NOW_MS) for _ in range(ASKED // 4)]
        yield Figure(f"{name}, p95", _p95(took) * 1e3, "ms")


def _p95(took: list[float]) -> float:
    return quantiles(took, n=20)[-1]
