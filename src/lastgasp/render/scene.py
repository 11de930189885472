"""What stands where in a picture of a run: lanes, bars, arrows, texts, as plain data with their boxes.

:mod:`lastgasp.render.layout` decides, :mod:`lastgasp.render.lanes` draws. Tests read the boxes: no text covers another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from lastgasp.render.axis import Axis
from lastgasp.render.measure import Box
from lastgasp.trace import Trace

BAR = 30.0
"""Height of a bar."""

RADIUS = 9.0
"""Radius of the dot of a step."""

RING = 4.0
"""How far a ring around it reaches beyond."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A text that speaks of one device at one time, such as the clause that it obeys or breaks.

    With ``until`` the stretch from ``time`` to ``until`` (seconds) is underlined on the lane of that device.
    """

    instance: str
    time: Fraction
    text: str
    until: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A run and what to say of it.

    ``classification`` is the class of a failure and its words (``("F1", "...")``), ``annotations`` are texts that speak
    of one device at one time, ``keep`` names devices that get a lane though nothing happens in them, ``ringed`` are the
    numbers of steps worth a look. ``footnotes``: how to read the picture. ``subtitle``: what it is a picture of.
    ``order``: the devices in the order of their lanes; those that it does not name follow in that of the network.
    """

    trace: Trace
    title: str = ""
    classification: tuple[str, str] | None = None
    annotations: Sequence[Annotation] = ()
    keep: Iterable[str] = ()
    ringed: Collection[int] = ()
    footnotes: bool = True
    subtitle: str = ""
    order: Sequence[str] = ()


class Role(Enum):
    """What a text is, and so how it looks."""

    TITLE = "title"
    SUBTITLE = "subtitle"
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
    """A step, numbered as in the table, on the lane of the device that made it. ``ringed``: it is worth a look."""

    number: int
    x: float
    y: float
    ringed: bool = False

    @property
    def box(self) -> Box:
        """The square around it."""
        radius = RADIUS + (RING if self.ringed else 0)
        return Box(self.x - radius, self.y - radius, 2 * radius, 2 * radius)


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
