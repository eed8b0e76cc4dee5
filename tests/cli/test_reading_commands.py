"""timeline, thread, search, media, people, profile: what is asked, and what a person sees."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest

from p2pblog.cli.width import cells
from tests.cli.cli_fakes import ME, MIA, NOW_MS, OTIS, FakeNode, entry, invoke, person

HOSTILE = "a\x1b[31mred\x1b]0;title\x07\x9b2J\r\nx\u202eevil\u2066\x00\x7f\u200b\x85end"


def page(*entries: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    return {"entries": list(entries), "next": after}


def test_timeline_shows_who_when_what_and_how_to_name_it() -> None:
    node = FakeNode(timeline=page(entry(text="Rye is out.", likes=2, replies=1, liked=True)))
    result = invoke("timeline", node=node, columns=40)
    assert node.calls == [("timeline", {"view": "home", "limit": 40})]
    assert result.stdout.splitlines() == [
        f"Mia  {MIA[:10]}" + " " * 20 + "3 min",
        "  Rye is out.",
        f"  {entry()['id'][:10]}  1 reply  2 likes  liked b…",
    ]
    assert result.exit_code == 0


def test_timeline_says_how_to_get_the_next_page() -> None:
    node = FakeNode(timeline=page(entry(), after="abc def"))
    result = invoke("timeline", "tag:it's", "--limit", "1", node=node, columns=100)
    assert result.stdout.splitlines()[-1] == (
        "Older: p2pblog timeline 'tag:it'\"'\"'s' --limit 1 --before 'abc def'"
    )


def test_timeline_goes_on_from_a_cursor() -> None:
    node = FakeNode(timeline=page())
    result = invoke("timeline", "local", "--before", "c9", "--limit", "3", node=node)
    assert node.calls == [("timeline", {"view": "local", "limit": 3, "before": "c9"})]
    assert result.stdout == "Nothing older.\n"


def test_more_than_one_page_is_fetched_page_by_page() -> None:
    def answer(*, limit: int, before: str = "0", **_: str) -> dict[str, Any]:
        first = int(before)
        found = [entry(1, seq=number) for number in range(first, min(first + limit, 450))]
        return page(*found, after=str(first + limit) if first + limit < 450 else None)

    node = FakeNode(timeline=answer)
    document = json.loads(invoke("timeline", "--limit", "430", "--json", node=node).stdout)
    assert [each["seq"] for each in document["entries"]] == list(range(430))
    assert document["next"] == "430"
    assert [params["limit"] for _, params in node.calls] == [200, 200, 30]


def test_only_so_many_empty_pages_are_fetched() -> None:
    node = FakeNode(timeline=page(after="again"))
    assert invoke("timeline", "--limit", "500", node=node).exit_code == 0
    assert len(node.calls) == 20


@pytest.mark.parametrize("view", ["home", "local", "mentions", "tag:rye"])
def test_an_empty_timeline_is_not_silent(view: str) -> None:
    assert invoke("timeline", view, node=FakeNode(timeline=page())).stdout.startswith("No")


def test_timeline_json_passes_the_entries_through_unchanged() -> None:
    found = page(entry(text=HOSTILE), after="c1")
    result = invoke("timeline", "--limit", "1", "--json", node=FakeNode(timeline=found))
    assert json.loads(result.stdout) == found
    assert result.stdout.isascii()
    assert "\x1b" not in result.stdout


def hostile_entry(**fields: Any) -> dict[str, Any]:
    quoted = entry(3, name=HOSTILE, text=HOSTILE)
    return entry(
        name=HOSTILE,
        text=HOSTILE,
        warning=fields.pop("warning", ""),
        quote=quoted["id"],
        quoted=quoted,
        media=[{"blob": "b", "size": 1, "type": HOSTILE, "alt": HOSTILE, "have": False}],
        imported={"source": HOSTILE, "id": HOSTILE, "account": HOSTILE, "reply_to": HOSTILE},
        **fields,
    )


@pytest.mark.proves("B-12")
@pytest.mark.parametrize(
    ("args", "answers"),
    [
        (["timeline"], {"timeline": page(hostile_entry())}),
        (["timeline"], {"timeline": page(hostile_entry(warning=HOSTILE))}),
        (["search", "x"], {"search": page(hostile_entry(kind="repost", target=None))}),
        (
            ["timeline"],
            {"timeline": page(hostile_entry(kind="repost", outside={"handle": HOSTILE}))},
        ),
        (["thread", "eaaaa"], {"thread": page(hostile_entry(warning=HOSTILE, depth=2))}),
        (["profile", "x"], {"profile": person(name=HOSTILE, bio=HOSTILE)}),
        (["people"], {"people": {"people": [person(name=HOSTILE, bio=HOSTILE)]}}),
    ],
)
def test_nothing_that_a_peer_wrote_reaches_the_terminal_as_control(
    args: list[str], answers: dict[str, Any]
) -> None:
    result = invoke(*args, node=FakeNode(**answers))
    assert result.exit_code == 0
    assert "end" in result.stdout
    bad = {c for c in result.stdout if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")}
    assert bad == {"\n"}


@pytest.mark.parametrize("columns", [24, 40, 80])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    wide = "漢字" * 50 + " " + "x" * 200 + " 👩‍👩‍👧 " + "word " * 40
    shown = entry(
        name=wide,
        text=wide,
        warning=wide,
        quote="e",
        quoted=entry(2, name=wide, text=wide),
        imported={"source": wide, "id": "1", "account": wide, "reply_to": wide},
        media=[{"blob": "b", "size": 1, "type": "", "alt": wide, "have": True}],
        likes=12_000,
        replies=3,
        reposts=99,
        liked=True,
    )
    deep = [entry(number, text=wide, depth=number) for number in range(20)]
    node = FakeNode(
        timeline=page(shown, {**shown, "kind": "repost", "target": shown}),
        thread={"entries": [shown | {"depth": 0}, *deep], "focus": shown["id"], "next": None},
        people={"people": [person(name=wide), person()]},
    )
    for args in (["timeline"], ["thread", "eaaaa"], ["people"]):
        lines = invoke(*args, node=node, columns=columns).stdout.splitlines()
        assert max(map(cells, lines)) <= columns


def test_a_warning_hides_the_text_in_a_timeline_but_not_in_the_thread() -> None:
    warned = entry(text="They mend the boat", warning="How the film ends")
    node = FakeNode(timeline=page(warned), thread={**page(warned), "focus": warned["id"]})
    timeline = invoke("timeline", node=node).stdout
    assert "How the film ends" in timeline
    assert f"p2pblog thread {warned['id'][:10]}" in timeline
    assert "boat" not in timeline
    assert "boat" in invoke("thread", warned["id"], node=node).stdout


def test_a_quoted_text_under_a_warning_stays_hidden() -> None:
    quoting = entry(quote="e", quoted=entry(2, text="They mend the boat", warning="Film"))
    shown = invoke("timeline", node=FakeNode(timeline=page(quoting))).stdout
    assert "boat" not in shown
    assert "[Film]" in shown


def test_thread_indents_replies_and_marks_the_entry_asked_for() -> None:
    entries = [
        entry(1, depth=0),
        entry(2, depth=1, missing=True, name=None, author=None, text=""),
        entry(3, depth=2, name="Otis", author=OTIS, text="yes"),
    ]
    found = {"entries": entries, "focus": entries[2]["id"], "next": None}
    lines = invoke("thread", "eamb", node=FakeNode(thread=found)).stdout.splitlines()
    assert lines[0].startswith("Mia ")
    assert "  (an entry that has not arrived yet)" in lines
    assert any(line.startswith("    > Otis ") for line in lines)
    assert "      yes" in lines


def test_a_thread_waits_for_what_it_lacks_only_when_told_to() -> None:
    node = FakeNode(thread={"entries": [], "focus": "e1", "next": None}, thread__seek={})
    assert invoke("thread", "eaaaa", node=node).exit_code == 0
    assert invoke("thread", "eaaaa", "--wait", node=node).exit_code == 0
    assert [name for name, _ in node.calls] == ["thread", "thread.seek", "thread"]


def test_what_its_author_erased_says_so() -> None:
    gone = {**entry(text=""), "erased": True, "depth": 0}
    quoting = entry(2, text="look", quote=gone["id"], quoted={**gone, "warning": ""})
    node = FakeNode(thread={**page(gone, {**quoting, "depth": 1}), "focus": gone["id"]})
    assert invoke("thread", "e", node=node).stdout.count("(erased by its author)") == 2


def test_a_repost_names_who_passed_it_on_and_whose_it_is() -> None:
    target = entry(2, name="Otis", author=OTIS)
    reposts = [
        entry(1, kind="repost", target=target),
        entry(3, kind="repost", outside={"handle": "alice"}),
        entry(4, kind="repost"),
    ]
    shown = invoke("timeline", node=FakeNode(timeline=page(*reposts))).stdout
    assert "Mia reposted Otis" in shown
    assert "Mia reposted @alice" in shown
    assert "Mia reposted an entry that has not arrived yet" in shown


def test_search_joins_its_words_and_escapes_the_next_command() -> None:
    node = FakeNode(search=page(entry(), after="c1"))
    shown = invoke("search", '"out of"', "rye", "--limit", "1", node=node, columns=90).stdout
    assert node.calls == [("search", {"query": '"out of" rye', "limit": 1})]
    assert shown.endswith("""p2pblog search '"out of" rye' --limit 1 --before c1\n""")


def test_media_counts_from_one() -> None:
    node = FakeNode(media={"path": "/x/y.png"})
    assert invoke("media", "eaaaa", "2", node=node).stdout == "/x/y.png\n"
    assert node.calls == [("media", {"entry": "eaaaa", "index": 1})]


@pytest.mark.parametrize("limit", ["0", "-1", "10001", "ten"])
def test_a_limit_out_of_range_is_a_misuse(limit: str) -> None:
    result = invoke("timeline", "--limit", limit)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert f"write a number from 1 to 10,000, not '{limit}'" in result.stderr


def test_people_are_listed_in_columns() -> None:
    found = {"people": [person(), person(identity=OTIS, name="", last_ms=None, near=True)]}
    node = FakeNode(people=found)
    lines = invoke("people", "--near", "--limit", "2", node=node, columns=80).stdout.splitlines()
    assert node.calls == [("people", {"near": True, "limit": 2})]
    assert lines[0].split("  ")[0] == "Mia"
    assert lines[0].index(MIA[:10]) == lines[1].rindex(OTIS[:10])
    assert "1,200 posts" in lines[0]


def test_what_goes_to_a_file_or_a_program_is_not_cut() -> None:
    name = "Mia " + "of the long name " * 3
    far = person(name=name.strip(), near=True, followed=True, follows_me=True)
    node = FakeNode(people={"people": [far]}, timeline=page(entry(name=name.strip())))
    for columns in (30, 80):
        shown = invoke("people", node=node, columns=columns, cuts=False).stdout
        assert shown.startswith(name)
        assert shown.endswith("near (on this network)\n")
        assert "…" in invoke("people", node=node, columns=columns).stdout
    assert name.strip() in invoke("timeline", node=node, columns=40, cuts=False).stdout


def test_people_and_tags_are_found_by_how_they_begin() -> None:
    node = FakeNode(people={"people": []}, tags__used={"tags": ["bread", "brioche"]})
    said = invoke("people", "--starts-with", "mi", node=node).stdout
    assert said == "Nobody here is called that.\n"
    assert invoke("tag", "--starts-with", "br", node=node).stdout == "#bread\n#brioche\n"
    assert node.calls == [
        ("people", {"near": False, "limit": 40, "starts_with": "mi"}),
        ("tags.used", {"starts_with": "br"}),
    ]
    node = FakeNode(tags__used={"tags": []})
    assert "No tag here" in invoke("tag", "--starts-with", "x", node=node).stdout
    assert invoke("tag", "bread", "--starts-with", "x", node=node).exit_code == 2


def test_profile_without_an_id_is_ones_own() -> None:
    node = FakeNode(whoami={"identity": ME}, profile=person(self=True))
    shown = invoke("profile", node=node).stdout
    assert node.calls[-1] == ("profile", {"id": ME})
    assert "this is you" in shown


def test_changing_the_bio_keeps_the_name() -> None:
    node = FakeNode(whoami={"identity": ME}, profile=person(name="Mia", bio="old"), set_profile={})
    result = invoke("profile", "--bio", "new", "--json", node=node)
    assert node.calls[-1] == ("set_profile", {"name": "Mia", "bio": "new"})
    assert json.loads(result.stdout)["bio"] == "new"


def test_the_profile_of_somebody_else_cannot_be_changed() -> None:
    node = FakeNode()
    assert invoke("profile", "otis", "--name", "Otto", node=node).exit_code == 2
    assert node.calls == []


def test_colour_is_there_only_when_the_face_has_it() -> None:
    node = FakeNode(timeline=page(entry()))
    assert "\x1b[1mMia" in invoke("timeline", node=node, colour=True).stdout
    assert "\x1b" not in invoke("timeline", node=node).stdout


def test_an_imported_entry_says_where_it_comes_from() -> None:
    imported = {"source": "twitter", "id": "1", "account": "mia", "reply_to": "bob"}
    shown = entry(imported=imported, time_ms=NOW_MS - 10 * 365 * 86_400_000)
    text = invoke("timeline", node=FakeNode(timeline=page(shown)), columns=90).stdout
    assert "imported from twitter (@mia), in reply to @bob there" in text


def test_a_mention_by_key_is_shown_by_name() -> None:
    who = {"identity": OTIS, "name": "Otis \x1b[31mRay", "looks_like": None}
    alike = who | {"looks_like": {"identity": ME, "name": "x", "self": True}}
    text = f"ask @{OTIS[:10].upper()}, or @otis"
    said: dict[str, Any] = {"text": text, "mentions": {OTIS[:10].upper(): who}}
    quoted = entry(2, **(said | {"mentions": {OTIS[:10]: alike}}))
    node = FakeNode(timeline=page(entry(**said, quote=quoted["id"], quoted=quoted)))
    result = invoke("timeline", node=node, columns=60)
    assert result.stdout.splitlines()[1:3] == [
        "  ask @Otis Ray, or @otis",
        "  | Mia: ask @Otis Ray [not you], or @otis",
    ]
