"""Regions of two parameters as a map: where something holds, where it fails, and concrete devices as points on it.

One self-contained SVG in the manner of the swim lanes; hatching and words say what colour says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from math import atan2
from xml.sax.saxutils import escape, quoteattr

from lastgasp.regions import Half, Region, box, flat
from lastgasp.render.lanes import ALARM, FONT, INK, LINES, SOFT
from lastgasp.render.measure import wrapped
from lastgasp.render.words import time_text

SIDE = 420.0
"""Length of an axis in pixels."""

LEFT, TOP, RIGHT, SIZE = 110.0, 34.0, 330.0, 12.0
GOOD, BAD = "#d9ecd9", "#f4d6dc"
TICKS = 5

Point = tuple[Fraction, Fraction]


def corners(region: Region, ranges: Mapping[str, tuple[Fraction, Fraction]]) -> list[Point]:
    """The corners of a region of two parameters within their ranges, counter-clockwise; borders count as inside."""
    first, second = ranges
    halves = [Half(item.factors, item.limit, False) for item in (*box(ranges).halves, *region.halves)]
    found: dict[Point, None] = {}
    for one, other in combinations(halves, 2):
        meeting = flat((one.border, other.border))
        if meeting is None or set(meeting) != {first, second}:
            continue
        point = {name: constant for name, (_, constant) in meeting.items()}
        if all(item.holds(point) for item in halves):
            found[point[first], point[second]] = None
    if not found:
        return []
    x, y = (sum(point[axis] for point in found) / len(found) for axis in (0, 1))
    return sorted(found, key=lambda point: atan2(float(point[1] - y), float(point[0] - x)))


def map_svg(
    ranges: Mapping[str, tuple[Fraction, Fraction]],
    labels: Mapping[str, str],
    holds: Sequence[Region],
    fails: Sequence[Region],
    *,
    title: str,
    devices: Mapping[str, Mapping[str, Fraction]] | None = None,
) -> str:
    """Draw regions of exactly two parameters. ``devices``: points by what they are called; ranges in seconds."""
    across, up = ranges
    scale = _Scale(ranges)
    head = wrapped(title, 15, LEFT + SIDE + RIGHT - 30, bold=True)
    top = TOP + 19 * len(head)
    scale.top = top
    body = [_text(16, 26 + 19 * n, line, 15, bold=True) for n, line in enumerate(head)]
    for regions, fill in ((fails, "bad"), (holds, "good")):
        body += [f'<polygon points="{_points(scale, c)}" fill="url(#map-{fill})"/>' for c in _polygons(regions, ranges)]
    body += _axes(scale, labels[across], labels[up])
    body += [line for region in holds for item in region.halves for line in _border(scale, region, item)]
    body += _devices(scale, devices or {})
    body += _legend(scale, bool(holds), bool(fails), [h for region in holds for h in region.halves], devices or {})
    width, height = LEFT + SIDE + RIGHT, top + SIDE + 110
    frame = f'width="{width:g}" height="{height:g}"'
    said = f"{title}. Where it holds and where it fails, by {labels[across]} and {labels[up]}."
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {frame} viewBox="0 0 {width:g} {height:g}" role="img" '
            f'aria-labelledby="map-title map-desc" font-family={quoteattr(FONT)} fill="{INK}">',
            f'<title id="map-title">{escape(title)}</title>',
            f'<desc id="map-desc">{escape(said)}</desc>',
            "<defs>",
            f'<pattern id="map-good" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" '
            f'fill="{GOOD}"/></pattern>',
            f'<pattern id="map-bad" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" '
            f'fill="{BAD}"/><path d="M0 8L8 0M-2 2L2 -2M6 10L10 6" stroke="#a6566a" stroke-width="0.8"/></pattern>',
            "</defs>",
            f'<rect {frame} fill="#ffffff"/>',
            *body,
            "</svg>",
            "",
        ]
    )


class _Scale:
    """From values to pixels."""

    def __init__(self, ranges: Mapping[str, tuple[Fraction, Fraction]]) -> None:
        self.ranges, self.top = ranges, TOP

    def place(self, point: Point) -> tuple[float, float]:
        (x0, x1), (y0, y1) = self.ranges.values()
        across, up = (point[0] - x0) / (x1 - x0 or 1), (point[1] - y0) / (y1 - y0 or 1)
        return LEFT + SIDE * float(across), self.top + SIDE * (1 - float(up))


def _polygons(regions: Sequence[Region], ranges: Mapping[str, tuple[Fraction, Fraction]]) -> list[list[Point]]:
    return [found for region in regions if (found := corners(region, ranges))]


def _points(scale: _Scale, points: Sequence[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in map(scale.place, points))


def _text(x: float, y: float, text: str, size: float = SIZE, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'


def _axes(scale: _Scale, across: str, up: str) -> list[str]:
    top = scale.top
    found = [f'<rect x="{LEFT:g}" y="{top:g}" width="{SIDE:g}" height="{SIDE:g}" fill="none" stroke="{SOFT}"/>']
    (x0, x1), (y0, y1) = scale.ranges.values()
    for step in range(TICKS + 1):
        part = Fraction(step, TICKS)
        x, _ = scale.place((x0 + (x1 - x0) * part, y0))
        _, y = scale.place((x0, y0 + (y1 - y0) * part))
        found.append(f'<path d="M{x:.1f} {top + SIDE:.1f}v5M{LEFT:.1f} {y:.1f}h-5" stroke="{SOFT}" fill="none"/>')
        found.append(_text(x, top + SIDE + 19, time_text(x0 + (x1 - x0) * part), 11, anchor="middle"))
        found.append(_text(LEFT - 9, y + 4, time_text(y0 + (y1 - y0) * part), 11, anchor="end"))
    for n, line in enumerate(wrapped(f"→ {across}", SIZE, SIDE)):
        found.append(_text(LEFT, top + SIDE + 42 + 16 * n, line))
    for n, line in enumerate(wrapped(f"↑ {up}", SIZE, RIGHT - 40)):
        found.append(_text(LEFT + SIDE + 16, top + 12 + 16 * n, line))
    return found


def _border(scale: _Scale, region: Region, item: Half) -> list[str]:
    """The stretch of a border that bounds a region: whole where it belongs to it, broken where it does not."""
    on = [point for point in corners(region, scale.ranges) if _left(item, scale, point) == item.limit]
    if len(on) != 2:
        return []
    dashes = ' stroke-dasharray="7 5"' if item.strict else ""
    return [f'<polyline points="{_points(scale, on)}" fill="none" stroke="{INK}" stroke-width="2.4"{dashes}/>']


def _left(item: Half, scale: _Scale, point: Point) -> Fraction:
    return item.at(dict(zip(scale.ranges, point, strict=True)))


def _devices(scale: _Scale, devices: Mapping[str, Mapping[str, Fraction]]) -> list[str]:
    found = []
    for number, values in enumerate(devices.values(), 1):
        x, y = scale.place((values[next(iter(scale.ranges))], values[list(scale.ranges)[1]]))
        found += [_numbered(x, y, number)]
    return found


def _numbered(x: float, y: float, number: int) -> str:
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="#ffffff" stroke="{ALARM}" stroke-width="2"/>'
    return circle + _text(x, y + 4, str(number), 11, anchor="middle", bold=True)


def _legend(scale: _Scale, good: bool, bad: bool, halves: Sequence[Half], devices: Iterable[str]) -> list[str]:
    x, y = LEFT + SIDE + 16, scale.top + 120
    rows: list[tuple[str, str]] = []

    def swatch(fill: str, at: float) -> str:
        return f'<rect x="{x:g}" y="{at - 11:g}" width="26" height="14" fill="url(#map-{fill})" stroke="{LINES}"/>'

    for there, fill, words in ((good, "good", "it holds"), (bad, "bad", "it fails: some run breaks it")):
        if there:
            rows.append((swatch(fill, y + 24 * len(rows)), words))
    for strict, words in ((False, "at this border it still holds"), (True, "at this border it no longer holds")):
        if any(item.strict == strict for item in halves):
            at = y + 24 * len(rows) - 4
            dashes = ' stroke-dasharray="7 5"' if strict else ""
            rows.append((f'<path d="M{x:g} {at:g}h26" stroke="{INK}" stroke-width="2.4"{dashes}/>', words))
    found = [part for n, (mark, words) in enumerate(rows) for part in (mark, _text(x + 36, y + 24 * n, words))]
    at = y + 24 * len(rows)
    for number, name in enumerate(devices, 1):
        found.append(_numbered(x + 13, at - 4, number))
        for line in wrapped(name, SIZE, RIGHT - 66):
            found.append(_text(x + 36, at, line))
            at += 16
        at += 8
    return found
