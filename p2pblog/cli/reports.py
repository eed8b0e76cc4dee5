"""Commands about what one does not want to read, or wants others to know of: hide, report."""

from __future__ import annotations

from collections.abc import Iterator

import click

from p2pblog.cli.face import Face, FaceCommand, short
from p2pblog.cli.keeping import FILTER_FIELDS, undo_option
from p2pblog.cli.number import Number

REASONS = ("spam", "abuse", "deceit", "illegal", "other")
REPORT_JSON = '{"id", "entry", "log", "seq", "identity", "name", "reason", "note", "time_ms"}'
KEPT_ONLY = "Nobody receives it yet: it is kept here, to be handed to moderators once there are any"


@click.command(cls=FaceCommand, shape=f'{{"changed": bool, {FILTER_FIELDS}}}')
@click.argument("entry")
@undo_option
@click.pass_obj
def hide(face: Face, entry: str, undo: bool) -> None:
    """See ENTRY no longer in your timelines, for yourself alone."""
    with face.node() as node:
        done = node.call("filter", what="post", value=entry, undo=undo)
    said = {
        (True, False): "Hidden",
        (False, False): "It was hidden already",
        (True, True): "It is shown again",
        (False, True): "It was not hidden",
    }
    face.say(done, lambda: [said[done["changed"], undo]])


@click.command(cls=FaceCommand, shape=REPORT_JSON)
@click.argument("id_", metavar="ENTRY|ID")
@click.option("--reason", type=click.Choice(REASONS), required=True, help="What is wrong.")
@click.option("--note", metavar="TEXT", default="", help="What there is to say about it.")
@click.pass_obj
def report(face: Face, id_: str, reason: str, note: str) -> None:
    """Keep a report of an entry, or of a person.

    Nobody receives it yet: there are no moderators who could. It stays on this device until you
    hand it on, and holds nothing of what the other one wrote. What helps at once: p2pblog hide,
    p2pblog mute, p2pblog block.
    """
    with face.node() as node:
        done = node.call("report", target=id_, reason=reason, note=note)

    def lines() -> Iterator[str]:
        from p2pblog.cli.width import wrap

        yield from wrap(f"Kept as report {done['id']}. {KEPT_ONLY}.", face.columns)
        whom = short(done["identity"]) if done["identity"] else "ID"
        now = [f"p2pblog hide {short(done['entry'])}"] if done["entry"] else []
        now += [f"p2pblog mute {whom}", f"p2pblog block {whom}"]
        yield from wrap(f"What helps at once: {', '.join(now)}", face.columns)

    face.say(done, lines)


@click.command(
    cls=FaceCommand,
    shape=f'{{"reports": [{REPORT_JSON}]}}',
    note="With --drop it is one of these, which is gone.",
)
@click.option("--drop", type=Number(1), metavar="N", help="Delete this one.")
@click.pass_obj
def reports(face: Face, drop: int | None) -> None:
    """List the reports that you keep, the latest first; --json hands them on.

    Nobody has received them.
    """
    with face.node() as node:
        done = node.call("reports") if drop is None else node.call("reports.drop", id=drop)
    kept = [done] if drop is not None else done["reports"]

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import ago, person_name
        from p2pblog.cli.width import wrap
        from p2pblog.content.text import clean_line

        if not kept:
            yield "You keep no report. To make one: p2pblog report ENTRY --reason spam"
        for one in kept:
            what = f"post {short(one['entry'])} by " if one["entry"] else ""
            whom = person_name(one["name"], one["identity"])
            when = ago(one["time_ms"], face.now_ms())
            yield from wrap(f"{one['id']:>4}  {one['reason']}: {what}{whom}, {when}", face.columns)
            if one["note"]:
                yield from (
                    f"      {line}" for line in wrap(clean_line(one["note"]), face.columns - 6)
                )

    face.say(done, lines)
