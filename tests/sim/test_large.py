"""Live delivery among more nodes: what is measured, and the page that says it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from p2pblog.core import limits
from p2pblog.sim.large import Large, Measured
from p2pblog.sim.report import PAYLOADS_AIM, payloads, share_of, tail_ratio, write_report
from p2pblog.sim.svg import plot

NODES, AUTHORS, WAVES = 40, 6, 3


@pytest.fixture(scope="module")
def measured() -> Measured:
    return Large(2, NODES, AUTHORS).run(WAVES, lambda line: None)


def test_every_entry_comes_to_everybody_about_once(measured: Measured) -> None:
    assert len(measured.waves) == WAVES
    for wave in measured.waves:
        assert len(wave.delays_s) == len(wave.flooded_s) == AUTHORS * (NODES - 1)
        assert 1.0 <= payloads(wave) <= PAYLOADS_AIM


def test_nothing_is_faster_than_light_and_a_tree_is_little_slower(measured: Measured) -> None:
    first, *later = measured.waves
    assert min(first.delays_s) > 0.0
    for wave in later:
        assert 0.9 < tail_ratio(wave, 0.5) < 1.4
        assert tail_ratio(wave, 0.99) < 2.0  # among so few, flooding finds many ways
    # Each hop of the first goes there and back and there again.
    assert 2.5 < tail_ratio(first, 0.5) < 4.0


def test_everybody_hears_though_a_fifth_of_all_have_gone(measured: Measured) -> None:
    repair = measured.repair
    assert repair.gone == NODES // 5
    assert len(repair.wave.delays_s) == repair.expected
    assert repair.parted_s < 60.0
    assert max(measured.loads) <= limits.ACTIVE_VIEW_MAX


def test_the_page_names_all_that_was_measured(measured: Measured, tmp_path: Path) -> None:
    write_report([measured], tmp_path)
    page = (tmp_path / "live.md").read_text()
    assert f"{NODES} nodes came in" in page
    assert f"were {measured.links} links" in page
    assert page.count(f"| {AUTHORS * (NODES - 1)} | 1.0") == WAVES
    assert "| segment | 1.0" in page
    for picture in re.findall(r"\((plots/[^)]+)\)", page):
        ElementTree.fromstring((tmp_path / picture).read_text())  # noqa: S314 (our own)


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 3.0), (0.99, 4.0), (1.0, 4.0)])
def test_shares_of_values(share: float, value: float) -> None:
    assert share_of([4.0, 1.0, 3.0, 2.0], share) == value


@pytest.mark.parametrize("largest", [0.004, 0.07, 1.0, 9.9, 10.0, 350.0, 12_345.0])
def test_every_point_of_a_plot_lies_inside_of_it(largest: float) -> None:
    line = [(0.0, 0.0), (largest, largest)]
    picture = plot({"<a & b>": line}, title="t", x_label="x", y_label="y")
    root = ElementTree.fromstring(picture)  # noqa: S314 (our own)
    drawn = [one.attrib["points"] for one in root.iter() if one.tag.endswith("polyline")]
    points = [tuple(map(float, point.split(","))) for point in drawn[0].split()]
    assert points[0] == (64.0, 312.0)
    for x, y in points:
        assert 64 <= x <= 624
        assert 24 <= y <= 312
