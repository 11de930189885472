"""Durations such as ``3 min``, ``1/7 s`` or ``1 h 30 min``, read to exact :class:`~fractions.Fraction` seconds."""

from __future__ import annotations

import re
from fractions import Fraction

from lastgasp.errors import Place
from lastgasp.expr import UNITS
from lastgasp.language.places import place_at, refusal

_SIZES = dict(UNITS)
_NAMES = {
    "second": "s",
    "seconds": "s",
    "minute": "min",
    "minutes": "min",
    "mins": "min",
    "hour": "h",
    "hours": "h",
    "days": "day",
} | {unit: unit for unit in _SIZES}

REFUSED_UNITS = {
    "m": ("'m' may be metres, minutes or months", "write 'min' for minutes"),
    "month": ("a month has no fixed length", "write a number of days"),
    "months": ("a month has no fixed length", "write a number of days"),
    "year": ("a year has no fixed length", "write a number of days"),
    "years": ("a year has no fixed length", "write a number of days"),
    "week": ("'week' is not a unit here", "write '7 day' for a week"),
    "weeks": ("'weeks' is not a unit here", "write '7 day' for a week"),
    "d": ("'d' is not a unit here", "write 'day'"),
    "sec": ("'sec' is not a unit here", "write 's'"),
    "secs": ("'secs' is not a unit here", "write 's'"),
    "hr": ("'hr' is not a unit here", "write 'h'"),
    "hrs": ("'hrs' is not a unit here", "write 'h'"),
    "ms": ("'ms' is not a unit here", "write a fraction of a second, such as '1/1000 s'"),
}
"""Units that look like ours and are not, each with the reason and the cure."""

MAX_DIGITS = 30
"""No number of a file is longer: it would be a slip, or an attack on the arithmetic."""

_ANY_UNIT = "|".join(sorted({*_NAMES, *REFUSED_UNITS}, key=len, reverse=True))
_PART = rf"\d+(?:\.\d+|/\d+)?\s*(?:{_ANY_UNIT})(?![\w-])"
QUANTITY = rf"\d+(?::\d+)+|{_PART}(?:\s+{_PART})*"
"""Pattern of what is, or is meant to be, a duration: numbers with units, or a time of day (refused with its reason)."""

_PIECE = re.compile(r"\s*(?P<number>\d+(?:\.\d+|/\d+)?)\s*(?P<unit>[^\W\d]+)")
_CURE = "write a number with a unit (s, min, h, day), such as '3 min', '1/7 s' or '1 h 30 min'"


def parse_number(text: str, place: Place | None = None) -> Fraction:
    """An unsigned number, ``12``, ``0.5`` or ``1/7``, exactly. Refuses what is too long or divides by 0."""
    if len(text) > MAX_DIGITS:
        raise refusal(f"a number of {len(text)} digits", f"write at most {MAX_DIGITS} digits", place)
    if re.search(r"/0+$", text):
        raise refusal(f"'{text}' divides by zero", "write another denominator", place)
    return Fraction(text)


def parse_duration(text: str, place: Place | None = None) -> Fraction:
    """The duration in exact seconds. Raises :class:`InputError` with the reason and the cure."""
    stripped = text.strip()
    if re.fullmatch(r"\d+(:\d+)+", stripped):
        raise refusal(f"'{stripped}' may be hours and minutes or minutes and seconds", "write '3 min' or '3 h'", place)
    if re.fullmatch(r"\d+(\.\d+|/\d+)?", stripped):
        raise refusal(f"the duration '{stripped}' has no unit", _CURE, place)
    if stripped.startswith("-"):
        raise refusal(f"the duration '{stripped}' is negative", "write how long, from 0 s up", place)
    total, smallest, offset = Fraction(0), None, 0
    end = len(text.rstrip())
    while offset < end or smallest is None:
        piece = _PIECE.match(text, offset)
        if piece is None:
            raise refusal(f"'{stripped[:60]}' is not a duration", _CURE, place_at(place, text, offset))
        number, unit = piece["number"], piece["unit"]
        here = place_at(place, text, piece.start("unit"))
        if unit in REFUSED_UNITS:
            raise refusal(*REFUSED_UNITS[unit], here)
        if unit not in _NAMES:
            raise refusal(f"'{unit[:30]}' is not a unit of time", _CURE, here)
        size = _SIZES[_NAMES[unit]]
        if smallest is not None and size >= smallest:
            raise refusal(f"'{stripped[:60]}' has its units in a wrong order", "write the largest unit first", here)
        total += parse_number(number, place_at(place, text, piece.start("number"))) * size
        smallest, offset = size, piece.end()
    return total
