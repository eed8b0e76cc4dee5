"""`p2pblog --plain` opens the client in plain lines, of the home that is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from p2pblog.cli.face import Face
from p2pblog.cli.main import run
from p2pblog.cli.root import root


@pytest.mark.parametrize(("args", "plain"), [([], False), (["--plain"], True)])
def test_the_option_reaches_the_client(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, args: list[str], plain: bool
) -> None:
    opened: list[tuple[Path, bool]] = []

    def note(home: Path, *, plain: bool) -> int:
        opened.append((home, plain))
        return 0

    monkeypatch.setattr("p2pblog.tui.app.run", note)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run(root, ["--home", str(tmp_path), *args], Face()) == 0
    assert opened == [(tmp_path, plain)]
