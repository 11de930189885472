"""The time axis: monotone, to scale in unbroken stretches, wide enough to see."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from lastgasp.render.axis import COLUMN, LONGEST, SHORTEST, Axis, Drawn, make_axis
from tests.render.small_network import DELAYS, walk


def axis(*delays: str, rest: str = "0") -> Axis:
    times, now = [], Fraction(0)
    for delay in delays:
        now += Fraction(delay)
        times.append(now)
    return make_axis(times, (), now + Fraction(rest), 100.0, 700.0)


@pytest.mark.parametrize("seed", range(40))
def test_axis_is_monotone_and_to_scale(seed: int) -> None:
    trace = walk(seed, seed % 20)
    found = make_axis(trace.times, [time for time, _ in trace.marks], trace.end, 50.0, 700.0)
    places = [found.step(number) for number in range(1, len(trace.times) + 1)]
    assert places == sorted(places)
    for earlier, later in pairwise(places):
        assert later - earlier >= COLUMN - 0.01
    scales = [
        (stretch.right - stretch.left) / float(stretch.duration)
        for stretch in found.stretches
        if stretch.drawn is Drawn.TO_SCALE
    ]
    assert all(scale == pytest.approx(scales[0]) for scale in scales)
    for stretch in found.stretches:
        assert stretch.right > stretch.left
        narrower = (stretch.right - stretch.left) / float(stretch.duration)
        if stretch.drawn is Drawn.SHORTENED:
            assert narrower < scales[0]
        elif stretch.drawn is Drawn.WIDENED:
            assert narrower > scales[0]
        middle = stretch.start + stretch.duration / 3
        assert found.at(middle) == pytest.approx(stretch.left + (stretch.right - stretch.left) / 3)


def test_a_day_is_shortened_beside_minutes() -> None:
    found = axis("86400", "181", "60", rest="60")
    assert [stretch.drawn for stretch in found.stretches] == [Drawn.SHORTENED] + 3 * [Drawn.TO_SCALE]
    day, three, one, _ = found.stretches
    assert day.right - day.left < 100
    assert (three.right - three.left) / (one.right - one.left) == pytest.approx(181 / 60)


def test_what_is_too_short_to_see_is_widened() -> None:
    found = axis("60", "60", "1/7", "60")
    assert [stretch.drawn for stretch in found.stretches] == [
        Drawn.TO_SCALE,
        Drawn.TO_SCALE,
        Drawn.WIDENED,
        Drawn.TO_SCALE,
    ]


def test_of_two_very_different_times_the_long_one_is_shortened() -> None:
    assert [stretch.drawn for stretch in axis("86400", "181").stretches] == [Drawn.SHORTENED, Drawn.TO_SCALE]


def test_alike_times_are_all_to_scale() -> None:
    assert {stretch.drawn for stretch in axis("60", "181", "60", "120").stretches} == {Drawn.TO_SCALE}


def test_steps_at_one_instant_stand_side_by_side_and_take_no_time() -> None:
    found = axis("60", "0", "0", rest="60")
    shared = next(instant for instant in found.instants if instant.time == 60)
    assert shared.steps == (1, 2, 3)
    assert shared.left < shared.places[0] < shared.places[1] < shared.places[2] < shared.right
    assert shared.right - shared.left == pytest.approx(3 * COLUMN)
    assert found.at(Fraction(60)) == shared.right
    single = axis("60", rest="60").instants[1]
    assert not single.shared


def test_a_step_at_the_start_leaves_room_for_the_first_state() -> None:
    found = axis("0", rest="60")
    assert found.instants[0].shared
    assert found.step(1) - found.left >= COLUMN


def test_times_outside_of_the_run_are_at_its_ends() -> None:
    found = axis("60", rest="60")
    assert found.at(Fraction(-1)) == found.left
    assert found.at(Fraction(1000)) == found.right
    with pytest.raises(KeyError):
        found.step(2)


@pytest.mark.parametrize("first", DELAYS)
@pytest.mark.parametrize("second", DELAYS)
def test_two_waits_are_both_visible(first: Fraction, second: Fraction) -> None:
    found = make_axis([first, first + second], (), first + second, 0.0, 700.0)
    for stretch in found.stretches:
        assert 30 <= stretch.right - stretch.left <= max(LONGEST, 700.0)
        if stretch.drawn is Drawn.TO_SCALE:
            assert stretch.right - stretch.left >= SHORTEST - 0.01
