"""The time axis of a drawing: to scale, with long waits shortened.

The axis is piecewise linear. Most stretches between two instants share one scale; a stretch without events that is
much longer than the rest is *shortened*, one that would be too short to see is *widened*, and both say so. Steps that
share an instant stand side by side in a column in which no time passes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from itertools import accumulate, pairwise

from lastgasp.render.measure import text_width
from lastgasp.render.words import time_text

COLUMN = 30.0
"""Width of one step within an instant that has several."""

SHORTEST = 34.0
"""A stretch to scale is at least that wide, so that what happens at its ends can be told apart."""

LONGEST = 400.0
WIDENED = 30.0
SHORTENED = 64.0
MUCH_LONGER = 10
"""A stretch this many times longer than all others to scale together is shortened."""

LABEL_SIZE = 11.0


class Drawn(Enum):
    """How a stretch of time is drawn."""

    TO_SCALE = "to scale"
    SHORTENED = "shortened"
    WIDENED = "widened"


@dataclass(frozen=True, slots=True)
class Instant:
    """A point of time on the axis: a place where no time passes, from ``left`` to ``right``.

    ``places`` are the abscissas of its steps, in order; ``steps`` their numbers, counted from 1.
    """

    time: Fraction
    left: float
    right: float
    steps: tuple[int, ...] = ()
    places: tuple[float, ...] = ()

    @property
    def shared(self) -> bool:
        """Whether several steps (or the start and a step) share this instant."""
        return self.right > self.left


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time between two neighbouring instants."""

    start: Fraction
    end: Fraction
    left: float
    right: float
    drawn: Drawn

    @property
    def duration(self) -> Fraction:
        """Its length in seconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Axis:
    """Instants and the stretches between them, from left to right."""

    instants: tuple[Instant, ...]
    stretches: tuple[Stretch, ...]

    @property
    def left(self) -> float:
        """Where the run starts."""
        return self.instants[0].left

    @property
    def right(self) -> float:
        """Where the run ends."""
        return self.instants[-1].right

    def step(self, number: int) -> float:
        """The abscissa of a step, counted from 1."""
        for instant in self.instants:
            if number in instant.steps:
                return instant.places[instant.steps.index(number)]
        raise KeyError(number)

    def at(self, time: Fraction) -> float:
        """The abscissa of a time in seconds, after every step of that instant; times outside are at the ends."""
        times = [instant.time for instant in self.instants]
        number = bisect_right(times, time) - 1
        if number < 0:
            return self.left
        instant = self.instants[number]
        if instant.time == time or number == len(self.stretches):
            return instant.right
        stretch = self.stretches[number]
        return stretch.left + (stretch.right - stretch.left) * float((time - stretch.start) / stretch.duration)


def make_axis(steps: Sequence[Fraction], others: Iterable[Fraction], end: Fraction, left: float, width: float) -> Axis:
    """The axis from 0 to ``end`` for steps at these times (ascending), with ``others`` as further instants.

    ``width`` is what the stretches may take together; the columns of shared instants come on top.
    """
    return make_axes([steps], others, end, left, width)[0]


def make_axes(
    runs: Sequence[Sequence[Fraction]], others: Iterable[Fraction], end: Fraction, left: float, width: float
) -> list[Axis]:
    """The same for the steps of several runs: an axis for each, and every time at the same place on all of them."""
    steps = {time for run in runs for time in run}
    times = sorted({Fraction(0), end, *steps, *(time for time in others if 0 <= time <= end)})
    gaps = [later - earlier for earlier, later in pairwise(times)]
    sizes = _sizes(gaps, max(width, SHORTEST * len(gaps)))
    instants: list[list[Instant]] = [[] for _ in runs]
    stretches: list[Stretch] = []
    now = left
    for number, time in enumerate(times):
        mine = [tuple(index for index, at in enumerate(run, 1) if at == time) for run in runs]
        most = max(map(len, mine), default=0)
        lead = COLUMN if time == 0 and most else 0.0
        right = now + lead + COLUMN * most if lead or most > 1 else now
        for found, own in zip(instants, mine, strict=True):
            places = (now + lead + COLUMN * (place + 0.5) if right > now else now for place in range(len(own)))
            found.append(Instant(time, now, right, own, tuple(places)))
        now = right
        if number < len(gaps):
            size, drawn = sizes[number]
            stretches.append(Stretch(time, times[number + 1], now, now + size, drawn))
            now += size
    return [Axis(tuple(found), tuple(stretches)) for found in instants]


def _sizes(gaps: Sequence[Fraction], width: float) -> list[tuple[float, Drawn]]:
    """The width of each gap and how it is drawn."""
    if not gaps:
        return []
    ordered = sorted(gaps)
    sums = [Fraction(0), *accumulate(ordered)]
    best: tuple[int, int, int] | None = None
    for low in range(len(ordered)):
        for high in range(low + 1, len(ordered) + 1):
            total, largest = sums[high] - sums[low], ordered[high - 1]
            alone = high == low + 1
            room = _room(ordered, low, high, width)
            fits = alone or float(total / ordered[low]) * SHORTEST <= room
            if fits and (alone or largest <= MUCH_LONGER * (total - largest)):
                candidate = (high - low, -low, high)  # rather shorten a long stretch than widen a short one
                best = max(best, candidate) if best else candidate
    assert best is not None  # a single gap always fits
    low, high = -best[1], best[2]
    smallest, largest = ordered[low], ordered[high - 1]
    scale = min(_room(ordered, low, high, width) / float(sums[high] - sums[low]), LONGEST / float(largest))
    scale = max(scale, SHORTEST / float(smallest))

    def size(gap: Fraction) -> tuple[float, Drawn]:
        if gap > largest:
            return _shortened(gap), Drawn.SHORTENED
        if gap < smallest:
            return _widened(gap), Drawn.WIDENED
        return float(gap) * scale, Drawn.TO_SCALE

    return [size(gap) for gap in gaps]


def _room(ordered: Sequence[Fraction], low: int, high: int, width: float) -> float:
    taken = sum(map(_widened, ordered[:low])) + sum(map(_shortened, ordered[high:]))
    return max(width - taken, LONGEST)


def _shortened(gap: Fraction) -> float:
    return max(SHORTENED, text_width(time_text(gap), LABEL_SIZE) + 24)


def _widened(gap: Fraction) -> float:
    return max(WIDENED, text_width(time_text(gap), LABEL_SIZE) + 10)
