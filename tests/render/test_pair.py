"""Two runs on one axis: the same times at the same places, what differs ringed and named, no text on another."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import pytest

from lastgasp.render.axis import make_axes
from lastgasp.render.lanes import lanes_svg, pair_svg
from lastgasp.render.layout import make_scenes
from lastgasp.render.scene import RADIUS, RING, Annotation, Picture
from lastgasp.render.table import trace_table
from lastgasp.trace import Trace
from tests.render.small_network import DAY, walk

SVG = "{http://www.w3.org/2000/svg}"


def pair(seed: int) -> tuple[Picture, Picture]:
    """Two random runs of one network, some of whose steps are ringed and named."""
    upper, lower = walk(seed, 3 + seed % 9), walk(seed + 100, 3 + seed % 7)
    note = Annotation(lower.entries[-1].step.mover.instance, lower.times[-1], "3 min later than above", lower.times[0])
    first = Picture(upper, "the failing run", ("F1", "a class"), ringed={1, 3}, footnotes=False)
    return first, Picture(lower, "the run that is fine", annotations=[note], ringed={len(lower.entries)})


@pytest.mark.parametrize("seed", range(30))
def test_both_have_the_same_lanes_and_the_same_axis(seed: int) -> None:
    first, second = make_scenes(pair(seed))
    assert [lane.instance for lane in first.lanes] == [lane.instance for lane in second.lanes]
    assert first.axis.stretches == second.axis.stretches
    assert first.width == second.width
    for one, two in zip(first.axis.instants, second.axis.instants, strict=True):
        assert (one.time, one.left, one.right) == (two.time, two.left, two.right)
        assert all(one.left <= place <= one.right for place in (*one.places, *two.places))


@pytest.mark.parametrize("seed", range(30))
def test_no_text_covers_another_nor_a_ring(seed: int) -> None:
    for scene in make_scenes(pair(seed)):
        boxes = [words.box for words in scene.words] + [dot.box for dot in scene.dots]
        assert not [1 for one, other in combinations(boxes, 2) if one.overlaps(other)]
        assert {round(dot.box.width / 2, 3) for dot in scene.dots if dot.ringed} == {RADIUS + RING}


def test_steps_of_one_instant_stand_in_one_column_in_both() -> None:
    """One run has three steps at an instant at which the other has one: the column is wide enough for three."""
    one, other = make_axes([[DAY, DAY, DAY], [DAY]], (), 2 * DAY, 0.0, 700.0)
    assert one.at(2 * DAY) == other.at(2 * DAY)
    assert one.instants[1].places[0] == other.instants[1].places[0]
    assert len(one.instants[1].places) == 3 and len(other.instants[1].places) == 1


def test_the_difference_is_marked_and_not_by_colour_alone() -> None:
    svg = pair_svg(*pair(4), title="what had to change")
    root = ElementTree.fromstring(svg)
    circles = root.findall(f".//{SVG}circle")
    assert len([circle for circle in circles if circle.get("r") == f"{RADIUS + RING - 1:g}"]) == 3
    texts = [text.text for text in root.findall(f".//{SVG}text")]
    assert "3 min later than above" in texts
    assert any(text and text.startswith("Ring around a dot") for text in texts)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and title.text == "what had to change"
    assert description is not None and description.text
    assert "the failing run" in description.text and "the run that is fine" in description.text
    assert float(root.get("height") or 0) == pytest.approx(sum(s.height for s in make_scenes(pair(4))), abs=0.2)


def test_a_single_run_has_no_rings(false_alert: Trace) -> None:
    assert "Ring around" not in lanes_svg(false_alert)
    assert "<g " not in lanes_svg(false_alert)


def test_steps_are_flagged_in_the_table(false_alert: Trace) -> None:
    plain, flagged = trace_table(false_alert), trace_table(false_alert, flags={3: "~", 12: "+"})
    assert [line.split()[0] for line in flagged.splitlines() if line.strip()[:1] in ("~", "+")] == ["~3", "+12"]
    assert "~" not in plain
    brief = trace_table(false_alert, brief=True)
    assert "  start  " in plain and "  start  " not in brief and "with ch.sending" not in brief
    assert brief.splitlines()[0] == plain.splitlines()[0]
