"""Small networks from seeds: all is as it must be, a seed replays, and what is broken is caught."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from p2pblog.log.segment import Checked, Segment, entries_of
from p2pblog.sim.__main__ import main
from p2pblog.sim.disk import Disk
from p2pblog.sim.run import run
from p2pblog.store import logs
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.sync.asking import Asking
from p2pblog.sync.overlay import Overlay
from p2pblog.sync.quotas import Quotas

SEEDS = range(15)  # a change is judged by more of them: make sim
QUICK = (7, 9, 0)  # those that show most faults soon are looked at first


@pytest.mark.parametrize("seed", SEEDS)
def test_a_network_survives_its_faults_and_liars(seed: int) -> None:
    outcome = run(seed)
    assert not outcome.failure, f"python -m p2pblog.sim --seed {seed} --trace: {outcome}"
    assert outcome.entries
    assert outcome.messages


def test_a_seed_replays_byte_for_byte_in_another_process() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-m", "p2pblog.sim", "--seed", "9"],
            env={**os.environ, "PYTHONHASHSEED": hashing},
            check=True,
            capture_output=True,
            text=True,
            timeout=100,
        ).stdout
        for hashing in ("1", "2")
    }
    assert said == {f"{run(9)}\n"}


def test_two_seeds_differ_and_a_trace_says_what_happens() -> None:
    lines: list[str] = []
    outcome = run(3, lines.append)
    assert outcome == run(3)
    assert outcome.digest != run(4).digest
    assert sum(" -> " in line for line in lines) == outcome.messages


def first_failure(broken: str) -> str:
    """Return the first failure that says so in a few seeds."""
    for seed in (*QUICK, *range(30)):
        if broken in (failure := run(seed).failure):
            return failure
    return ""


def test_a_store_that_believes_what_it_is_sent_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def believe(segment: Segment, pinned: bytes | None = None) -> Checked:
        entries = entries_of(segment)
        seqs = [entry.seq for entry in entries if not entry.seq % 64]
        if len(segment.signatures) > len(seqs):
            seqs.append(segment.last)
        return Checked(entries, dict(zip(seqs, segment.signatures, strict=True)))

    monkeypatch.setattr(logs, "check_segment", believe)
    assert first_failure("forged")


def test_a_session_that_forgets_to_release_what_it_fetches_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    finish: Callable[[Asking, int], bytes | None] = Asking.finish

    def forget(self: Asking, number: int) -> bytes | None:
        log = finish(self, number)
        if log is not None and number % 3 == 0:
            self._replica.claims[log] = self
        return log

    monkeypatch.setattr(Asking, "finish", forget)
    assert first_failure("not settled")


def test_a_disk_that_does_not_sync_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    write: Callable[..., None] = Disk.write

    def lazy(self: Disk, puts: list[tuple[bytes, bytes]], deletes: list[bytes], **_: bool) -> None:
        write(self, puts, deletes)

    monkeypatch.setattr(Disk, "write", lazy)
    assert issubclass(Disk, MemoryKeyValue)
    assert first_failure("lost an entry")


def test_a_policy_that_takes_more_than_its_quota_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Quotas, "has_room", lambda *args, **names: True)
    monkeypatch.setattr(Quotas, "is_spent", lambda *args: False)
    assert first_failure("took")


def test_an_overlay_that_forgets_who_is_gone_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Overlay, "unlinked", lambda *args: None)
    assert first_failure("does not know its links")


def test_the_command_line_says_which_seeds_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--seeds", "0-2", "--processes", "1"]) == 0
    assert "seeds 0-2: 0 of 3 failed" in capsys.readouterr().out
    monkeypatch.setattr("p2pblog.sim.run._settle", lambda world: 1 / 0)
    assert main(["--seeds", "5-5", "--processes", "1"]) == 1
    out = capsys.readouterr().out
    assert "ZeroDivisionError" in out
    assert "again: python -m p2pblog.sim --seed 5 --trace" in out


@pytest.mark.parametrize("wrong", [[], ["--seeds", "9-3"], ["--seeds", "x"], ["--seed", "1-2"]])
def test_misuse_is_told(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err
