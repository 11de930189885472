"""What stands where in a picture of a run: lanes, bars, arrows, texts, as plain data with their boxes.

:mod:`lastgasp.render.layout` decides, :mod:`lastgasp.render.lanes` draws. Tests read the boxes: no text covers another.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from lastgasp.render.axis import Axis
from lastgasp.render.measure import Box

BAR = 30.0
"""Height of a bar."""

RADIUS = 9.0
"""Radius of the dot of a step."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A text that speaks of one device at one time, such as the clause that it obeys or breaks.

    With ``until`` the stretch from ``time`` to ``until`` (seconds) is underlined on the lane of that device.
    """

    instance: str
    time: Fraction
    text: str
    until: Fraction | None = None


class Role(Enum):
    """What a text is, and so how it looks."""

    TITLE = "title"
    CLASS = "class"
    DEVICE = "device"
    STATE = "state"
    DEED = "deed"
    CLAUSE = "clause"
    MARK = "mark"
    INSTANT = "instant"
    TIME = "time"
    WAIT = "wait"
    FOOT = "foot"

    @property
    def bold(self) -> bool:
        """Whether it is set in bold, which needs more room."""
        return self in (Role.TITLE, Role.CLASS, Role.DEVICE, Role.MARK)


@dataclass(frozen=True, slots=True)
class Words:
    """A text with the box that it fills; ``pole`` joins a flag to what it belongs to (from y to y)."""

    role: Role
    lines: tuple[str, ...]
    size: float
    box: Box
    pole: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time in one state. ``style`` numbers the states of a device in order of appearance."""

    instance: str
    state: str
    style: int
    box: Box
    open_end: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A step, numbered as in the table, on the lane of the device that made it."""

    number: int
    x: float
    y: float

    @property
    def box(self) -> Box:
        """The square around it."""
        return Box(self.x - RADIUS, self.y - RADIUS, 2 * RADIUS, 2 * RADIUS)


@dataclass(frozen=True, slots=True)
class Arrow:
    """An event on its way: from the lane of its sender to one of those that react."""

    event: str
    x: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Lane:
    """The strip of one device."""

    instance: str
    top: float
    bar: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that is drawn, in pixels."""

    width: float
    height: float
    axis: Axis
    axis_y: float
    top: float
    lanes: tuple[Lane, ...]
    bars: tuple[Bar, ...]
    dots: tuple[Dot, ...]
    arrows: tuple[Arrow, ...]
    words: tuple[Words, ...]
    marks: tuple[float, ...]
    underlines: tuple[tuple[float, float, float], ...]
    dropped: tuple[str, ...]
