"""Room for text in a drawing: estimated widths, wrapping, and flags that never cover each other.

A drawing cannot ask which font its reader has. The widths are those of Helvetica and its metric twins (Adobe Font
Metrics, 1/1000 em), with an allowance for the wider sans-serif fonts that may stand in for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from lastgasp.render.words import bound

ALLOWANCE = 1.17
"""DejaVu Sans, the widest of the usual stand-ins, is about this much wider than Helvetica."""

BOLD = 1.13
"""Its bold face is about this much wider again."""

LINE = 1.25
"""Height of a line of text, in font sizes."""

GAP = 4.0
"""Free room between two texts, in pixels."""

_WIDTHS = {
    222: "ijl'",
    278: "It\u00a0 !.,:;/\\|[]f",
    333: '()r-`"',
    500: "ckvxyszJ",
    556: "abdeghnopquL0123456789_?$#",
    584: "+<>=~",
    611: "FTZ",
    667: "ABEKPSVXY&",
    722: "CDHNRUw",
    778: "GOQ",
    833: "mM",
    944: "W",
    1015: "@%",
}
_WIDTH_OF = {character: width for width, characters in _WIDTHS.items() for character in characters}
_OTHER = 1.0
_NARROW_OTHER = 0.7


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text in pixels; rather too wide than too narrow."""
    return sum(map(_em, text)) * size * ALLOWANCE * (BOLD if bold else 1)


def _em(character: str) -> float:
    if character in _WIDTH_OF:
        return _WIDTH_OF[character] / 1000
    return _OTHER if east_asian_width(character) in "WFA" else _NARROW_OTHER


def wrapped(text: str, size: float, width: float, bold: bool = False) -> tuple[str, ...]:
    """The text in lines at most ``width`` pixels wide; a single word that is wider is cut."""
    lines: list[str] = []
    line = ""
    for word in bound(" ".join(text.split())).split(" "):
        longer = f"{line} {word}" if line else word
        if text_width(longer, size, bold) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while text_width(line, size, bold) > width and len(line) > 1:
            cut = next(n for n in range(len(line) - 1, 0, -1) if n == 1 or text_width(line[:n], size, bold) <= width)
            lines.append(line[:cut])
            line = line[cut:]
    lines += [line] if line or not lines else []
    return tuple(line.replace("\u00a0", " ") for line in lines)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: left, top, width, height, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    def overlaps(self, other: Box) -> bool:
        """Whether the two share an area, however small."""
        across = self.x < other.right and other.x < self.right
        return across and self.y < other.bottom and other.y < self.bottom


@dataclass(frozen=True, slots=True)
class Flag:
    """A text that belongs to an abscissa and stands on a pole there; its own size includes its padding."""

    x: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Flown:
    """Where a flag flies: its left edge, its distance from the base, and whether it had to move off its pole."""

    left: float
    distance: float
    moved: bool


def fly(flags: Sequence[Flag], limit: float) -> tuple[Flown, ...]:
    """Place flags above (or below) a base line so that none covers another, nor the pole of one placed before it.

    From right to left, each flag flies to the right of its pole as near to the base as those already placed allow: no
    pole crosses a text then. A flag that would pass ``limit`` is moved left, and is placed last.
    """
    flown: dict[int, Flown] = {}
    order = sorted(range(len(flags)), key=lambda n: (flags[n].x + flags[n].width > limit, -flags[n].x, -n))
    for number in order:
        flag = flags[number]
        moved = flag.x + flag.width > limit
        left = limit - flag.width if moved else flag.x
        distance = 0.0
        for other, place in flown.items():
            apart = left >= place.left + flags[other].width + GAP or place.left >= left + flag.width + GAP
            if not apart:
                distance = max(distance, place.distance + flags[other].height + GAP)
        flown[number] = Flown(left, distance, moved)
    return tuple(flown[number] for number in range(len(flags)))


def reach(flags: Sequence[Flag], flown: Sequence[Flown]) -> float:
    """How far the flags reach from their base."""
    return max((place.distance + flag.height for flag, place in zip(flags, flown, strict=True)), default=0.0)
