"""Cases of protocol/03-logs.md sections 4 to 6: two ranges, and what arrives in which order."""

from __future__ import annotations

from typing import Any

from tests.plain.cases.writing import Cases
from tests.plain.held import Held, Range
from tests.plain.log import Log
from tests.plain.msgpack import decode, encode
from tests.plain.refused import Refused
from tests.plain.segment import read

NOTES = {
    "First": "case 1: nothing is held",
    "Jump": "case 2: a second range",
    "Above": "case 4: the newest range grows upward",
    "Known": "cases 5 and 6: all is held",
    "Down": "case 8: the newest range grows downward, pinned",
    "Meet": "case 8: the two ranges become one",
    "Gap": "L-14: cases 3 and 7",
    "Fork": "L-15, L-17: what was held stays",
    "Pin": "L-8, L-11: nothing of a refused segment is kept",
    "Signed": "L-10: every signature that came for entries that are looked at",
    "Closed": "L-19: nothing more of a log that has forked",
}


def spell_range(held: Range | None) -> list[Any] | None:
    """Return a range as the file has it: low, high, prev of low, id of high."""
    if held is None:
        return None
    prev = None if held.low_prev is None else held.low_prev.hex()
    return [held.low, held.high, prev, held.high_id.hex()]


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/03-logs.md#5-placing-a-segment", NOTES)
    log = Log(1, 140)
    # The same log up to entry 19, another text at 20, and all ids from there on.
    twin = Log(1, 80, {20: "something else"})

    def s(first: int, last: int, *, signed: bool = True, of: Log = log) -> bytes:
        return of.segment(first, last, signed=signed)

    def add(comment: str, flags: str, segments: list[bytes], error: str | None = None) -> None:
        """Add a case; `error` is what the last segment meets, and those before that are refused."""
        held = Held()
        steps: list[dict[str, Any]] = []
        given = {"steps": steps}

        def judge() -> dict[str, Any]:
            met: Refused | None = None
            for data in segments:
                steps.append({"segment": data.hex()})
                try:
                    steps[-1]["new"] = held.take(read(decode(data)))
                except Refused as refused:
                    met = refused
                steps[-1]["newest"] = spell_range(held.newest)
                steps[-1]["older"] = spell_range(held.older)
                assert met is None or met.code == error
            if met is not None:
                assert "new" not in steps[-1]
                raise met
            return {}

        made.add(comment, given, judge, flags=flags, error=error)

    add("the first", "First", [s(1, 5)])
    add("the newest first", "First", [s(41, 50)])
    add("one above", "Above", [s(1, 5), s(6, 9)])
    add("above, some of it held", "Above", [s(1, 5), s(3, 9)])
    add("above, all below it held and more", "Above", [s(4, 5), s(1, 9)])
    add("above, over a checkpoint", "Above", [s(60, 63), s(62, 66)])
    add("above with an older range", "Above", [s(1, 5), s(41, 50), s(51, 52)])
    add(
        "above, from within the older range: entries between are not taken",
        "Above",
        [s(1, 5), s(41, 50), s(50, 52)],
    )
    add("the same again", "Known", [s(1, 5), s(1, 5)])
    add("a part of it again", "Known", [s(1, 9), s(3, 5)])
    add("within the older range", "Known", [s(1, 9), s(41, 50), s(2, 5)])
    add("the older range again", "Known", [s(1, 9), s(41, 50), s(1, 9)])
    add("held, unsigned and not verified", "Known", [s(1, 9), s(3, 5, signed=False)])
    add("a jump", "Jump", [s(1, 5), s(41, 50)])
    add("a jump over one entry", "Jump", [s(1, 5), s(7, 9)])
    add("a jump from the middle of a log", "Jump", [s(21, 25), s(41, 50)])
    add("down", "Down", [s(41, 50), s(31, 40, signed=False)])
    add("down, signed", "Down", [s(41, 50), s(31, 40)])
    add("down to the first entry", "Down", [s(41, 50), s(1, 40, signed=False)])
    add("down, twice", "Down", [s(41, 50), s(31, 40, signed=False), s(21, 30, signed=False)])
    add("down, cut off where the newest begins", "Down", [s(41, 50), s(31, 45)])
    add("down over a checkpoint", "Down", [s(70, 80), s(60, 69, signed=False)])
    add("down, cut off at a checkpoint", "Down", [s(65, 70), s(60, 66)])
    add("down, cut off after a checkpoint", "Down", [s(67, 70), s(60, 68)])
    add("down, an older range not reached", "Down", [s(1, 5), s(41, 50), s(21, 40, signed=False)])
    add("down to the older range", "Meet", [s(1, 5), s(41, 50), s(6, 40, signed=False)])
    add("down into the older range", "Meet", [s(1, 5), s(41, 50), s(3, 40, signed=False)])
    add("down over all of the older range", "Meet", [s(11, 15), s(41, 50), s(5, 40, signed=False)])
    add("a gap of one entry filled", "Meet", [s(1, 5), s(7, 9), s(6, 6, signed=False)])
    add(
        "joined, then a jump again",
        "Meet Jump",
        [s(1, 5), s(7, 9), s(6, 6, signed=False), s(41, 50)],
    )
    add("joined, then above", "Meet Above", [s(1, 5), s(7, 9), s(6, 6, signed=False), s(10, 11)])

    gap, broken, forged = "seq-gap", "broken-chain", "bad-signature"
    two = [s(1, 5), s(41, 50)]
    add("a second jump", "Gap", [*two, s(61, 70)], gap)
    add("a second jump over one entry", "Gap", [*two, s(52, 53)], gap)
    add("below, nothing touched", "Gap", [s(41, 50), s(21, 30)], gap)
    add("below, all but one", "Gap", [s(41, 50), s(30, 39)], gap)
    add("right above the older range", "Gap", [*two, s(6, 20)], gap)
    add("from the older range into the gap", "Gap", [*two, s(4, 20)], gap)
    add("below the older range", "Gap", [s(21, 25), s(41, 50), s(11, 20)], gap)
    add(
        "over all of the older range, not up to the newest",
        "Gap",
        [s(21, 25), s(41, 50), s(11, 30)],
        gap,
    )
    add("above, unsigned", "Above", [s(1, 5), s(6, 9, signed=False)], forged)
    add("a jump, unsigned", "Jump", [s(1, 5), s(41, 50, signed=False)], forged)
    add("the first, unsigned", "First", [s(1, 5, signed=False)], forged)
    add("down, another log's past", "Pin Down", [s(41, 50), s(31, 40, of=twin)], broken)
    add(
        "down, another's past, unsigned",
        "Pin Down",
        [s(41, 50), s(31, 40, signed=False, of=twin)],
        broken,
    )
    add("down, cut to what does not fit", "Pin Down", [s(41, 50), s(31, 45, of=twin)], broken)
    add(
        "down past an older range that would fit",
        "Pin Meet",
        [s(1, 5), s(41, 50), s(6, 40, of=twin)],
        broken,
    )
    add("above, another side of a fork", "Fork Above", [s(1, 30), s(31, 40, of=twin)], "fork")
    add("above, a fork among what is held", "Fork Above", [s(1, 30), s(15, 40, of=twin)], "fork")
    add("above, a fork at the newest entry", "Fork Above", [s(1, 20), s(20, 22, of=twin)], "fork")
    add(
        "down, and the older range is another side",
        "Fork Meet",
        [s(1, 25), s(41, 50, of=twin), s(26, 40, signed=False, of=twin)],
        "fork",
    )
    add(
        "down, and it is another side at its end only",
        "Fork Meet",
        [s(11, 20), s(41, 50, of=twin), s(15, 40, signed=False, of=twin)],
        "fork",
    )

    def signed(first: int, last: int, *signatures: bytes, of: Log = log) -> bytes:
        return encode([*of.fields(first, last)[:5], list(signatures)])

    zeros = bytes(64)
    add(
        "down, its last signature forged", "Signed Down", [s(41, 50), signed(31, 40, zeros)], forged
    )
    add(
        "down, that of another entry",
        "Signed Down",
        [s(41, 50), signed(31, 40, log.sign(39))],
        forged,
    )
    add("down, a checkpoint forged", "Signed Down", [s(70, 80), signed(60, 69, zeros)], forged)
    add(
        "down, the last at a checkpoint forged",
        "Signed Down",
        [s(65, 70), signed(60, 64, zeros)],
        forged,
    )
    add("down, forged where it is cut off", "Down", [s(41, 50), signed(31, 45, zeros)])
    add(
        "down, a checkpoint forged where it is cut off",
        "Down",
        [s(61, 70), signed(50, 66, zeros, log.sign(66))],
    )
    add(
        "down, a checkpoint forged below the cut",
        "Signed Down",
        [s(66, 70), signed(60, 67, zeros, log.sign(67))],
        forged,
    )
    add("all is held, and the signature is forged", "Known", [s(1, 9), signed(3, 5, zeros)])
    add("a gap, and the signature is forged", "Gap", [s(41, 50), signed(21, 30, zeros)], gap)
    add(
        "above, another side of a fork, unsigned: not authentic comes first",
        "Fork Above",
        [s(1, 30), s(31, 40, signed=False, of=twin)],
        forged,
    )
    add(
        "down, and the older range is another side, forged",
        "Fork Meet",
        [s(1, 25), s(41, 50, of=twin), signed(26, 40, zeros, of=twin)],
        forged,
    )
    closed = [s(1, 30), s(31, 40, of=twin)]
    add("forked, then its own next entries", "Fork Closed", [*closed, s(31, 35)], "fork")
    add("forked, then what is held", "Fork Closed", [*closed, s(1, 5)], "fork")
    add("forked, then a jump", "Fork Closed", [*closed, s(61, 70)], "fork")
    add("a fork above the entries that agree is none yet", "Above", [s(1, 19), s(15, 25, of=twin)])
    add("the same seqs, another side: not looked at", "Known", [s(1, 30), s(19, 30, of=twin)])
    return made
