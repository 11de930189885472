"""The answer to *for which timings*: regions with their evidence, in plain English, and as a predicate to take away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lastgasp.errors import InputError
from lastgasp.regions import Half, Region
from lastgasp.render.words import time_text
from lastgasp.synthesis import Over, Piece
from lastgasp.verdict import Undecided, Verdict

FORMS = ("sql", "polars", "python")
"""The languages in which a predicate can be had; values are seconds."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One point beside a border of the condition, and what an engine says of the plain question there.

    ``inside``: the condition says that the goal holds there. The engine says the same, or does not decide.
    """

    point: Mapping[str, Fraction]
    inside: bool
    verdict: Verdict

    @property
    def confirms(self) -> bool:
        """Whether the engine decided (and said the same)."""
        return not isinstance(self.verdict, Undecided)


@dataclass(frozen=True)
class Condition:
    """Where a goal holds, over parameters whose labels and ranges (seconds) are told.

    ``holds`` and ``fails``: regions as few and as simple as could be found, each shown by some of the ``pieces``.
    ``exact``: together they are everything; otherwise ``holds`` is sufficient, outside of ``fails`` is necessary, and
    ``reason`` says what ended the search. ``others``: labels of further parameters with a
    range, for every value of which this is so. ``idle``: labels of those that can influence nothing asked.
    """

    title: str
    over: Over
    ranges: Mapping[str, tuple[Fraction, Fraction]]
    labels: Mapping[str, str]
    holds: tuple[Region, ...]
    fails: tuple[Region, ...]
    pieces: tuple[Piece, ...]
    exact: bool
    possible: bool = False
    reason: str = ""
    others: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    probes: tuple[Probe, ...] = ()

    def __call__(self, seconds: Mapping[str, Fraction | int]) -> bool:
        """Whether the goal holds at these values, in seconds by name of parameter. Of an exact condition only.

        :class:`InputError` where a value is missing or outside of its range, or the condition is not exact.
        """
        if not self.exact:
            raise InputError(f"the condition is not exact: {self.reason}")
        point = {name: Fraction(value) for name, value in seconds.items()}
        if set(point) != set(self.ranges):
            raise InputError(f"the condition is about {', '.join(self.ranges)}")
        for name, (low, high) in self.ranges.items():
            if not low <= point[name] <= high:
                raise InputError(f"{name} = {point[name]} s is outside of its range")
        return any(region.holds(point) for region in self.holds)

    def words(self) -> str:
        """The answer in plain English."""
        return paragraph(self)

    def to_json(self) -> dict[str, Any]:
        """The neutral form: regions as lists of conditions, each ``factors``, ``limit`` in seconds, ``strict``."""
        return {
            "lastgasp-result": 1,
            "question": "condition",
            "title": self.title,
            "soundness": "exact" if self.exact else "sufficient and necessary",
            "reason": self.reason,
            "parameters": {
                name: {"label": self.labels[name], "range": [str(low), str(high)], "together with": list(group[1:])}
                for group in self.over
                for name, (low, high) in [(group[0], self.ranges[group[0]])]
            },
            "holds": [_plain(region) for region in self.holds],
            "fails": [_plain(region) for region in self.fails],
            "for every value of": list(self.others),
            "makes no difference": list(self.idle),
            "pieces": [
                {"verdict": type(p.verdict).__name__.lower(), "region": _plain(p.region), "trace": _trace(p)}
                for p in self.pieces
            ],
            "probes": [
                {
                    "point": {name: str(value) for name, value in probe.point.items()},
                    "inside": probe.inside,
                    "engine": probe.verdict.engine,
                    "confirmed": probe.confirms,
                }
                for probe in self.probes
            ],
            "words": self.words(),
        }


def _plain(region: Region) -> list[dict[str, Any]]:
    return [{"factors": dict(h.factors), "limit": str(h.limit), "strict": h.strict} for h in region.halves]


def _trace(piece: Piece) -> dict[str, Any] | None:
    return piece.verdict.trace.to_json() if piece.verdict.trace is not None else None


def paragraph(found: Condition) -> str:
    """The whole answer."""
    lines = [f"{found.title}", "", *headline(found), "", "Ranges that were looked at:"]
    lines += [f"  {found.labels[n]}: {time_text(low)} to {time_text(high)}" for n, (low, high) in found.ranges.items()]
    if found.others:
        lines.append("The others may have any value in their ranges:")
        lines += [f"  {label}" for label in found.others]
    if found.idle:
        lines += ["What makes no difference:", *(f"  {label}" for label in found.idle)]
    return "\n".join(lines)


def headline(found: Condition) -> list[str]:
    """When it is so."""
    is_so = "is so" if found.possible else "holds"
    if found.exact and len(found.holds) == 1 and not found.holds[0].halves:
        return [f"This {is_so} for all values in the ranges below."]
    if found.exact and not found.holds:
        return [f"This {is_so} for no values in the ranges below."]
    if found.exact:
        return [f"This {is_so} if and only if {_either(found.holds, found.labels)}"]
    lines = [f"This is not the whole answer: {found.reason}."]
    if found.holds:
        lines.append(f"It surely {is_so} if {_either(found.holds, found.labels)}")
    if found.fails:
        lines.append(f"It surely is not so if {_either(found.fails, found.labels)}")
    return lines if len(lines) > 1 else [*lines, "Nothing is known for any values."]


def _either(regions: tuple[Region, ...], labels: Mapping[str, str]) -> str:
    if len(regions) == 1:
        return _all(regions[0], labels)
    parts = [f"  ({number}) {_all(region, labels)}" for number, region in enumerate(regions, 1)]
    return "one of these is so:\n" + "\n".join(parts)


def _all(region: Region, labels: Mapping[str, str]) -> str:
    parts = [half_words(item, labels) for item in region.halves]
    return ("\n    and ".join(parts) or "nothing is asked of them") + "."


def half_words(item: Half, labels: Mapping[str, str]) -> str:
    """One condition, with what is so at the border itself."""
    left = [_times(factor, labels[name]) for name, factor in item.factors if factor > 0]
    right = [_times(-factor, labels[name]) for name, factor in item.factors if factor < 0]
    less, more = ("less than", "more than") if item.strict else ("at most", "at least")
    border = "exactly that excluded" if item.strict else "exactly that included"
    if not left:
        return f"{_sum(right)} is {more} {time_text(-item.limit)} ({border})"
    if right and item.limit < 0:
        left.append(time_text(-item.limit))
    elif item.limit or not right:
        right.append(time_text(item.limit))
    return f"{_sum(left)} is {less} {_sum(right)} ({border})"


def _times(factor: int, label: str) -> str:
    return label if factor == 1 else f"{'twice' if factor == 2 else f'{factor} times'} {label}"


def _sum(parts: list[str]) -> str:
    return " plus ".join(parts)


def predicate(regions: tuple[Region, ...], form: str) -> str:
    """The regions as an expression over columns named after the parameters, in seconds, for one of :data:`FORMS`."""
    name, both, either = {
        "sql": ('"{}"', " AND ", " OR "),
        "polars": ('pl.col("{}")', " & ", " | "),
        "python": ('row["{}"]', " and ", " or "),
    }[form]
    if not regions:
        return {"sql": "FALSE", "polars": "pl.lit(False)", "python": "False"}[form]
    terms = [both.join(f"({_inequality(item, name)})" for item in region.halves) for region in regions]
    if not all(terms):
        return {"sql": "TRUE", "polars": "pl.lit(True)", "python": "True"}[form]
    return either.join(f"({term})" for term in terms)


def _inequality(item: Half, name: str) -> str:
    scale = item.limit.denominator
    left = " + ".join(f"{factor * scale} * {name.format(parameter)}" for parameter, factor in item.factors)
    return f"{left} {'<' if item.strict else '<='} {item.limit * scale}"
