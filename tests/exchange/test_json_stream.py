"""What a damaged array still gives, and what a hostile one cannot do."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from p2pblog.core import limits
from p2pblog.exchange import json_stream
from p2pblog.exchange.json_stream import NotAssigned, Record, read_object, read_records


def _records(data: bytes) -> tuple[list[Record], list[str]]:
    reasons: list[str] = []
    found = list(read_records(io.BytesIO(data), lambda record: "id" in record, reasons.append))
    return found, reasons


def _some(count: int, **more: Any) -> list[dict[str, Any]]:
    inside = {"urls": [{"u": "a"}, {"u": "b"}], "text": 'quote " brace }, { and \\ é 👩‍🌾'}
    return [{"id": n, **inside, **more} for n in range(count)]


def _array(values: list[Any], **style: Any) -> bytes:
    return b"window.YTD.tweets.part0 = " + json.dumps(values, **style).encode()


@pytest.mark.parametrize("style", [{}, {"indent": 2}, {"ensure_ascii": False}])
def test_every_record_comes_out_as_it_went_in(style: dict[str, Any]) -> None:
    values = _some(50)
    assert _records(_array(values, **style)) == (values, [])


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_records_may_lie_across_chunks_of_any_size(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "_CHUNK_BYTES", chunk)
    values = [*_some(3, number=-12345.5e10, flag=True), *_some(2, none=None)]
    assert _records(_array(values, ensure_ascii=False, indent=1)) == (values, [])


@pytest.mark.parametrize(
    "head", ["", "\ufeff", "Grailbird.data.tweets_2014_01 = \n ", "window.YTD.tweet.part0=", "\n"]
)
def test_what_stands_before_the_array_does_not_matter(head: str) -> None:
    assert _records(head.encode() + b'[{"id": 1}] ;\n') == ([{"id": 1}], [])


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"{}", b"x = {}", b"<html>", b"\xff\xfe[\0", b"= ="]
)
def test_another_kind_of_file_is_told_apart(data: bytes) -> None:
    with pytest.raises(NotAssigned):
        _records(data)


def test_an_array_without_records_is_no_problem() -> None:
    assert _records(b"x = [ ]") == ([], [])


@pytest.mark.parametrize("cut", [1, 2, 30, 60])
def test_of_a_file_cut_off_in_a_record_everything_before_is_kept(cut: int) -> None:
    values = _some(20)
    data = _array(values)
    found, reasons = _records(data[: -cut - 1])
    assert found == values[:-1] if cut > 1 else values
    assert len(reasons) == 1
    assert "cut off" in reasons[0]


@pytest.mark.parametrize("length", [1, 9, 80, 250])
def test_a_hole_costs_the_records_that_it_touches_and_no_other(length: int) -> None:
    values = _some(40)
    data = _array(values, indent=1)
    for at in range(len(data) // 3, len(data) // 3 + 400, 23):
        found, reasons = _records(data[:at] + b"\x01" * length + data[at + length :])
        touched = 1 + length // (len(data) // 40) + 1
        assert len(found) >= 40 - touched
        assert all(record in values for record in found)
        assert reasons or found == values


def test_a_flipped_byte_inside_text_leaves_out_one_record() -> None:
    values = _some(10)
    data = bytearray(_array(values, ensure_ascii=False))
    data[data.index("é".encode(), len(data) // 2)] = 0xFF
    found, reasons = _records(bytes(data))
    assert len(found) == 9
    assert reasons == ["record 6 is not UTF-8"]


def test_an_escaped_lone_surrogate_is_not_taken_for_a_bad_byte() -> None:
    found, reasons = _records(b'[{"id": 1, "text": "\\udc80 \xc3\xa9"}]')
    assert (len(found), reasons) == (1, [])


def test_a_list_that_ends_too_early_is_noticed_and_read_on() -> None:
    found, reasons = _records(b'[{"id": 1}], {"id": 2}, {"id": 3}];')
    assert {"id": 1} in found
    assert {"id": 3} in found
    assert reasons == ["something follows the end of the list"]
    assert _records(b'[{"id": 1}] ; \n') == ([{"id": 1}], [])


def test_an_empty_record_is_one() -> None:
    assert _records(b'[{}, {"id": 1}]') == ([{}, {"id": 1}], [])


def test_what_is_no_object_is_reported_and_its_neighbours_are_kept() -> None:
    found, reasons = _records(b'[null, {"id": 1}, 7, "x", [], {"id": 2}]')
    assert found == [{"id": 1}, {"id": 2}]
    assert len(reasons) == 4


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 100_000, '{"a":' * 100_000])
def test_a_record_that_breaks_the_parser_is_left_out(value: str) -> None:
    found, reasons = _records(f'[{{"id": 1}}, {{"id": {value}}}, {{"id": 3}}]'.encode())
    assert found[0] == {"id": 1}
    assert {"id": 3} in found
    assert len(reasons) == 1


def test_an_endless_record_is_not_collected_for_ever() -> None:
    class Endless:
        left = 20 * limits.IMPORT_RECORD_CHARS_MAX
        head = b'[{"id": 1}, {"id": "'

        def read(self, size: int, /) -> bytes:
            data = self.head or b"a" * min(size, self.left)
            self.head, self.left = b"", self.left - len(data)
            return data

    reasons: list[str] = []
    reader = json_stream._Reader(Endless(), lambda record: True, reasons.append)
    held = [(record, len(reader._text)) for record in reader.records()]
    assert [record for record, _ in held] == [{"id": 1}]
    assert reasons == ["record 2 is damaged"]
    assert len(reader._text) < 2 * limits.IMPORT_RECORD_CHARS_MAX


def test_getting_past_damage_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "IMPORT_SALVAGE_CHARS_MAX", 100_000)
    found, reasons = _records(b'[{"id": 1}, {' + b'"a": {},{' * 50_000)
    assert found == [{"id": 1}]
    assert "too much" in reasons[-1]


def test_white_space_between_records_is_read_in_one_go() -> None:
    data = b'[{"id": 1} ' + b" " * 3_000_000 + b'x, {"id": 2}' + b"}" + b" " * 3_000_000 + b"]"
    found, reasons = _records(data)
    assert found == [{"id": 1}]
    assert reasons


def test_a_small_file_gives_its_value_or_is_refused() -> None:
    assert read_object(b'var user_details = {"id": "7"}') == {"id": "7"}
    for data in (b"", b"var x", b"var x = {", b"\xff = {}", b"x = " + b"[" * 100_000):
        with pytest.raises(NotAssigned):
            read_object(data)
