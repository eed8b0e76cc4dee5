"""Small plots as SVG, for pages that are read in a browser or on a code host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 24, 48
_COLOURS = ("#1f5fa8", "#c2571a", "#3a7d44", "#7a4b9a")
_DASHES = ("", "6 3", "2 3", "8 3 2 3")  # told apart without colours, too
_TICKS = 5


def plot(lines: Mapping[str, Points], *, title: str, x_label: str, y_label: str) -> str:
    """Return a plot of lines by their names, both axes from 0."""
    x_max = _round_up(max(x for points in lines.values() for x, _ in points))
    y_max = _round_up(max(y for points in lines.values() for _, y in points))

    def place(x: float, y: float) -> tuple[float, float]:
        across = _LEFT + x / x_max * (_WIDTH - _LEFT - _RIGHT)
        return across, _HEIGHT - _BOTTOM - y / y_max * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        *_axes(x_max, y_max, place(0, 0), place(x_max, y_max), x_label, y_label),
    ]
    for place_in_key, (name, points) in enumerate(lines.items()):
        colour = _COLOURS[place_in_key % len(_COLOURS)]
        dash = _DASHES[place_in_key % len(_DASHES)]
        placed = [place(x, y) for x, y in points]
        parts.append(_line(placed, colour, dash))
        parts += _key(name, colour, dash, place_in_key)
    return "\n".join([*parts, "</svg>", ""])


def _axes(
    x_max: float,
    y_max: float,
    origin: tuple[float, float],
    end: tuple[float, float],
    x_label: str,
    y_label: str,
) -> Iterable[str]:
    (left, bottom), (right, top) = origin, end
    grey = 'stroke="#cccccc"'
    for tick in range(_TICKS + 1):
        share = tick / _TICKS
        x, y = left + share * (right - left), bottom + share * (top - bottom)
        yield f'<path d="M{left:.1f} {y:.1f}H{right:.1f}" {grey}/>'
        yield _text(x, bottom + 16, f"{share * x_max:g}", "middle")
        yield _text(left - 6, y + 4, f"{share * y_max:g}", "end")
    yield f'<path d="M{left:.1f} {top:.1f}V{bottom:.1f}H{right:.1f}" stroke="#333333" fill="none"/>'
    yield _text((left + right) / 2, bottom + 38, x_label, "middle")
    yield _text(left, top - 8, y_label, "start")


def _line(points: Points, colour: str, dash: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" '
        f'stroke-dasharray="{dash}"/>'
    )


def _key(name: str, colour: str, dash: str, place: int) -> Iterable[str]:
    y = _HEIGHT - _BOTTOM - 12 - 18 * place
    yield _line([(_WIDTH - 250, y - 4), (_WIDTH - 222, y - 4)], colour, dash)
    yield _text(_WIDTH - 216, y, name, "start")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _round_up(value: float) -> float:
    """Return the next number at which an axis ends well."""
    step = 1.0
    while step * 10 <= value:
        step *= 10
    while step > value > 0:
        step /= 10
    return next(
        step * factor for factor in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * factor >= value
    )
