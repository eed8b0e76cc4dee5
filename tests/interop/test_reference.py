"""The conformance driver against our own implementation, and against ends that do not conform."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from p2pblog.conformance.__main__ import SCHEMA, VECTORS, main
from p2pblog.conformance.driver import REFERENCE, failure, run_vectors
from p2pblog.conformance.lines import Answer, Broken, End
from p2pblog.conformance.steps import Step
from p2pblog.conformance.values import from_json, to_json
from p2pblog.conformance.vectors import FILES, read_file, whole

# Answers every request, and every one with the same value.
PARROT = """
import json, sys
for line in sys.stdin:
    print(json.dumps({"id": json.loads(line)["id"], **json.loads(sys.argv[1])}), flush=True)
"""


def parrot(**answer: object) -> list[str]:
    return [sys.executable, "-c", PARROT, json.dumps(answer)]


def test_the_reference_conforms(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--", *REFERENCE])
    said = capsys.readouterr().out
    assert status == 0, said
    assert said.splitlines()[-1].endswith(" passed, 0 failed, 0 skipped"), said


def test_an_end_that_offers_nothing_does_not_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--", *parrot(ok={"name": "parrot", "version": "1", "ops": []})]) == 1
    assert "parrot 1" in capsys.readouterr().out


async def test_what_an_end_does_not_support_is_skipped_and_not_failed() -> None:
    end = await End.start(parrot(error="unsupported"))
    try:
        (tally,) = await run_vectors(end, [VECTORS / "noise.json"])
    finally:
        await end.stop()
    assert (tally.passed, tally.failures, tally.skipped) == (0, [], 4)


async def test_an_end_that_takes_everything_fails_every_refusal() -> None:
    end = await End.start(parrot(ok={}))
    try:
        (tally,) = await run_vectors(end, [VECTORS / "signature.json"])
    finally:
        await end.stop()
    refusals = [case for case in read_file(VECTORS / "signature.json") if "error" in case]
    assert len(tally.failures) == len(refusals) > 10


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        (Answer({"seq": 1}), None),
        (Answer({"seq": 1, "more": 2}), None),
        (Answer({"seq": 2}), "seq is 2"),
        (Answer({"seq": True}), "seq is True"),
        (Answer({}), "seq is None"),
        (Answer(None, "bad-structure"), "refused"),
    ],
)
def test_an_answer_must_hold_what_the_vector_says(answer: Answer, wrong: str | None) -> None:
    found = failure(Step("fork.check", {}, {"seq": 1}), answer)
    assert found is None if wrong is None else wrong in str(found)


def test_a_refusal_must_name_the_code_of_the_vector() -> None:
    step = Step("fork.check", {}, {}, "bad-signature")
    assert failure(step, Answer(None, "bad-signature")) is None
    assert failure(step, Answer(None, "bad-structure")) is not None
    assert failure(step, Answer({})) is not None


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-c", "pass"],
        [sys.executable, "-c", "input(); print('no JSON')"],
        parrot(id=999, ok={}),
    ],
    ids=["it ends at once", "it answers nonsense", "it answers another request"],
)
async def test_an_end_that_does_not_speak_the_line_protocol_is_broken(command: list[str]) -> None:
    end = await End.start(command)
    try:
        with pytest.raises(Broken):
            await end.ask("capabilities")
    finally:
        await end.stop()


def test_misuse_is_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--", "/nowhere/at/all"], ["--vectors", str(tmp_path), "--", "true"], []):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
    assert "cannot start" in capsys.readouterr().err


def test_values_survive_json() -> None:
    value = [None, True, -1, "é", b"\x00\xff", {"a": [b""], "": {}}]
    assert from_json(json.loads(json.dumps(to_json(value)))) == value


def test_abbreviated_bytes_are_written_out_and_nothing_else_is() -> None:
    assert whole({"bytes": [["00", 2], ["ff", 1]], "adds": [["aa", 1]]}) == {
        "bytes": "0000ff",
        "adds": [["aa", 1]],
    }


def test_every_file_of_vectors_is_driven() -> None:
    assert {*FILES, SCHEMA} == {path.stem for path in VECTORS.glob("*.json")}
