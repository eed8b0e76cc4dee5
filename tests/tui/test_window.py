"""The reader's place: what keys and changes of the list may do to it, and what they may not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from p2pblog.tui.window import Window


def window(heights: list[int], lines: int) -> Window:
    found = Window(lambda: len(heights), lambda at: heights[at])
    found.lines = lines
    return found


def shown(place: Window) -> list[tuple[int, int]]:
    return list(place.visible())


_HEIGHTS = st.lists(st.integers(1, 9), min_size=1, max_size=40)
_MOVES = st.lists(
    st.sampled_from(["down", "up", "step", "back", "end", "start", "page"]), max_size=40
)


@given(_HEIGHTS, st.integers(1, 12), _MOVES)
def test_no_key_leaves_the_list_or_loses_the_selection(
    heights: list[int], lines: int, moves: list[str]
) -> None:
    place = window(heights, lines)
    for move in moves:
        match move:
            case "down":
                place.scroll(3)
            case "up":
                place.scroll(-3)
            case "step":
                place.step(1)
            case "back":
                place.step(-1)
            case "end":
                place.end()
            case "start":
                place.start()
            case _:
                place.scroll(lines)
        seen = shown(place)
        assert len(seen) == min(lines, sum(heights))  # no empty lines while there is more
        assert place.selected in {index for index, _ in seen}


@given(_HEIGHTS, st.integers(1, 12))
def test_stepping_shows_every_line_of_every_item(heights: list[int], lines: int) -> None:
    place = window(heights, lines)
    seen = set(shown(place))
    for _ in range(sum(heights) + len(heights)):
        place.step(1)
        seen |= set(shown(place))
    assert seen == {(at, line) for at, height in enumerate(heights) for line in range(height)}
    assert place.selected == len(heights) - 1


@given(_HEIGHTS, st.integers(1, 12), st.data())
def test_insertion_above_does_not_move_the_reader(
    heights: list[int], lines: int, data: st.DataObject
) -> None:
    heights = list(heights) + [2] * 30
    place = window(heights, lines)
    place.scroll(data.draw(st.integers(0, 30)))
    top = place.top
    before = [(heights[index], line) for index, line in shown(place)]
    heights[0:0] = [4, 4, 4]
    place.inserted(0, 3)
    assert [(heights[index], line) for index, line in shown(place)] == before
    assert place.top == top + 3


def test_a_tall_item_is_scrolled_through_before_the_next_is_selected() -> None:
    place = window([2, 30, 2], 10)
    place.step(1)
    assert (place.selected, place.top, place.skip) == (1, 1, 0)
    place.step(1)
    assert place.selected == 1
    assert place.skip > 0


def test_only_items_in_sight_are_measured() -> None:
    measured: set[int] = set()

    def height(at: int) -> int:
        measured.add(at)
        return 3

    place = Window(lambda: 1_000_000, height)
    place.lines = 20
    place.start()
    shown(place)
    place.end()
    shown(place)
    place.select(500_000)
    place.step(1)
    shown(place)
    assert len(measured) < 100
