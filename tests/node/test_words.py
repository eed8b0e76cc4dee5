from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from p2pblog.api.spawn import FAILED, READY
from p2pblog.core.errors import StoreCorrupt
from p2pblog.core.limits import LOG_LINES_A_MINUTE, NODE_LOG_BYTES_MAX
from p2pblog.node.words import Words

logger = logging.getLogger("p2pblog.net.tcp")


@pytest.fixture
def words(capfd: pytest.CaptureFixture[str]) -> Iterator[Words]:
    with Words(linger=False) as words:
        yield words


@contextmanager
def a_starter() -> Iterator[int]:
    """Stands in for the pipe of whoever started a lingering node, as standard output."""
    reading, writing = os.pipe()
    out, err = os.dup(1), os.dup(2)
    os.dup2(writing, 1)
    os.close(writing)
    try:
        yield reading
    finally:
        os.dup2(out, 1)
        os.dup2(err, 2)
        for fd in (reading, out, err):
            os.close(fd)


def test_on_a_terminal_a_traceback_is_left_to_the_log(
    words: Words, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words.open_log(tmp_path / "node.log")
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        logger.exception("link to %s failed", "10.0.0.1:4114")
    assert capfd.readouterr() == ("", "p2pblog: link to 10.0.0.1:4114 failed\n")
    assert "Traceback" in (tmp_path / "node.log").read_text()


def test_what_peers_say_is_inert_and_stays_in_its_line(
    words: Words, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words.open_log(tmp_path / "node.log")
    logger.warning("a peer named %s", "\x1b[31mmia\nERROR forged \u202e\udcff")
    said = capfd.readouterr().err
    assert said == "a peer named \\x1b[31mmia\\nERROR forged \\u202e\\udcff\n"
    assert said.strip() in (tmp_path / "node.log").read_text()


def test_other_libraries_complain_to_the_log_and_not_to_the_terminal(
    words: Words, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words.open_log(tmp_path / "node.log")
    logging.getLogger("some.library").warning("no such interface")
    assert capfd.readouterr().err == ""
    assert "no such interface" in (tmp_path / "node.log").read_text()


def test_the_log_is_bounded(words: Words, tmp_path: Path) -> None:
    words.open_log(tmp_path / "node.log")
    for number in range(400):
        logger.info(f"{number} " + "x" * 10_000)
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes.keys() == {"node.log", "node.log.1"}
    assert max(sizes.values()) <= NODE_LOG_BYTES_MAX


def test_a_failure_before_the_log_is_open_is_said_on_the_terminal_in_one_line(
    words: Words, capfd: pytest.CaptureFixture[str]
) -> None:
    words.failed(StoreCorrupt("at\n\x1b[2J"))
    out, err = capfd.readouterr()
    assert out == ""
    said = str(StoreCorrupt("at \\x1b[2J"))
    assert err == f"p2pblog: {said}\n"


def test_a_starter_hears_one_line_and_then_the_end(tmp_path: Path) -> None:
    with a_starter() as starter, Words(linger=True) as words:
        words.open_log(tmp_path / "node.log")
        words.ready()
        words.ready()
        os.write(1, b"stray words\n")
        assert os.read(starter, 1000) == READY.encode() + b"\n"
        assert os.read(starter, 1000) == b""
    assert "stray words" in (tmp_path / "node.log").read_text()


def test_a_starter_hears_the_code_and_the_message_of_a_failure() -> None:
    with a_starter() as starter, Words(linger=True) as words:
        words.failed(StoreCorrupt("two\nlines"))
        said = os.read(starter, 1000).decode()
    assert said == f"{FAILED} store-corrupt {StoreCorrupt('two lines')}\n"


def test_a_starter_that_did_not_wait_does_no_harm(tmp_path: Path) -> None:
    with a_starter() as starter, Words(linger=True) as words:
        words.open_log(tmp_path / "node.log")
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, starter)  # nobody reads any more
        os.close(null)
        words.ready()


def test_afterwards_nothing_of_a_node_is_left_in_the_process(tmp_path: Path) -> None:
    root, ours = logging.getLogger(), logging.getLogger("p2pblog")
    before = [*root.handlers], [*ours.handlers], ours.level
    with Words(linger=False) as words:
        words.open_log(tmp_path / "node.log")
    assert ([*root.handlers], [*ours.handlers], ours.level) == before


def test_of_one_kind_so_many_lines_are_written_and_of_others_all(
    words: Words, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words.open_log(tmp_path / "node.log")
    for number in range(100):
        logger.info("refused %s", number)
    logger.info("listening")
    for number in range(100):
        logger.error("broken %s", number)
    for said in (capfd.readouterr().err, (tmp_path / "node.log").read_text()):
        assert said.count("refused") == LOG_LINES_A_MINUTE
        assert (said.count("listening"), said.count("broken")) == (1, 100)
