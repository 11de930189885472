"""For which timings does a goal hold? The exact condition over chosen parameters, by points and regions around them.

A point that nothing is known of yet is asked; the answer is generalised to a region around it; until every point of the
ranges lies in some region. Regions are convex with linear borders; points are looked for off all borders known so far
first, then on one border, then where two meet, and so on, so that whether a border belongs to a region is decided too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product

from lastgasp.engines.polyhedra import Polyhedra
from lastgasp.engines.zones.parametric import Flat, TooMany
from lastgasp.errors import Disagreement, InputError, Problem
from lastgasp.facade import decide
from lastgasp.machine import Range
from lastgasp.question import Question
from lastgasp.questions.condition_answer import Condition, Probe
from lastgasp.questions.effort import Effort
from lastgasp.questions.simplify import Simplifier
from lastgasp.regions import Border, Half, Region, box, flat, half, simple
from lastgasp.sentences import Possible
from lastgasp.synthesis import Over, Piece, Synthesis, synthesis
from lastgasp.verdict import Holds, Undecided, Vacuous

MARGINS = (Fraction(1, 8), Fraction(1, 64), Fraction(1, 1024), Fraction(0))
"""How far off all known borders a point is looked for, as parts of the longest range."""


def condition(
    question: Question,
    over: Over | None = None,
    effort: Effort | None = None,
    *,
    title: str = "",
    probe: bool = True,
) -> Condition:
    """For which values of the parameters ``over`` (every duration with a range, if ``None``) a goal holds.

    ``title`` is what people call the goal. With ``probe`` the plain question is asked on both sides of every border
    afterwards. Raises :class:`InputError` for parameters that are unknown or have no range, :class:`NotApplicable`
    where zones cannot treat the network, :class:`Disagreement` where a probe contradicts the condition.
    """
    effort = effort or Effort()
    asked = over if over is not None else open_parameters(question)
    if not asked:
        raise InputError(Problem("no duration has a range here", "give a parameter a range, or ask 'check'"))
    opened = synthesis(question, asked)
    search = _Search(opened, effort)
    reason = search.run()
    possible = isinstance(question.goal.formula, Possible)
    good, bad = search.regions(broken=possible), search.regions(broken=not possible)
    simplifier = Simplifier(search.box, search.polyhedra)
    named = {name for group in opened.over for name in group}
    inside = opened.part.network.parameters.items()
    found = Condition(
        title or question.goal.text.rstrip("."),
        opened.over,
        {group[0]: opened.ranges[group[0]] for group in opened.over},
        labels(question, opened.over),
        simplifier.tidy(good) if reason else simplifier.terms(good, bad),
        simplifier.tidy(bad) if reason else simplifier.terms(bad, good),
        tuple(search.pieces),
        not reason,
        possible,
        reason,
        tuple(labels(question, [(n,) for n, p in inside if isinstance(p.value, Range) and n not in named]).values()),
        tuple(labels(question, [group for group in asked if not set(group) & named]).values()),
    )
    return replace(found, probes=tuple(_probes(found, question, search.polyhedra, effort))) if probe else found


def open_parameters(question: Question) -> Over:
    """Every duration with a range, each for itself."""
    found = question.network.parameters.items()
    return tuple((name,) for name, p in found if isinstance(p.value, Range) and isinstance(p.value.low, Fraction))


def labels(question: Question, over: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """What people call each parameter: its label, and whose it is."""
    found = {}
    for group in over:
        parameter = question.network.parameters[group[0]]
        whose = " and ".join(question.network.by_name[name.partition(".")[0]].label for name in group[:2])
        whose += f" and {len(group) - 2} more" if len(group) > 2 else ""
        found[group[0]] = f"{parameter.label or parameter.name} ({whose})"
    return found


class _Search:
    """Asks points until every point of the ranges lies in a region."""

    def __init__(self, opened: Synthesis, effort: Effort) -> None:
        self.opened, self.effort = opened, effort
        self.names = [group[0] for group in opened.over]
        self.box = box({name: opened.ranges[name] for name in self.names})
        self.polyhedra = Polyhedra(self.names)
        self.pieces: list[Piece] = []
        self.covers: list[Region] = []

    def run(self) -> str:
        """Nothing where every point is covered, else what ended the search."""
        self.effort.tell("is the model sound for all values?")
        if self.effort.late:
            return "the time was up"
        if doubt := self.opened.doubt(self.effort.each):
            return f"the model was not shown to be sound for all values in the ranges: {doubt}"
        for point, flat_, off in self.candidates():
            if self.effort.late:
                return "the time was up"
            try:
                found = self.opened.at(point, flat_, off, self.effort.each)
            except TooMany:
                return f"{len(self.names)} parameters are too many at once; name those of interest with --over"
            if isinstance(found, Undecided):
                where = ", ".join(f"{name} = {value} s" for name, value in point.items())
                return f"at {where}: {found.reason}"
            self.pieces.append(found)
            self.covers.append(self.polyhedra.irredundant(found.region, self.box))
            self.effort.tell(f"{len(self.pieces)} regions")
        return ""

    def regions(self, *, broken: bool) -> list[Region]:
        return [piece.region for piece in self.pieces if (piece.verdict.trace is not None) == broken]

    def candidates(self) -> Iterator[tuple[dict[str, Fraction], Flat, list[Half]]]:
        """Points that no region contains, with the flat to generalise on and the borders not to cross."""
        for most in (True, False):
            corner = self.corner(most)
            if corner is not None and not self.covered(corner):
                yield corner, {name: ({}, value) for name, value in corner.items()}, []
        while (found := self.uncovered()) is not None:
            yield found

    def corner(self, most: bool) -> dict[str, Fraction] | None:
        """The point that permits most, or least, if each parameter bounds time on one side only."""
        if set(self.names) - set(self.opened.sides):
            return None
        return {name: self.opened.ranges[name][self.opened.sides[name] == most] for name in self.names}

    def covered(self, point: Mapping[str, Fraction]) -> bool:
        return any(region.holds(point) for region in self.covers)

    def uncovered(self) -> tuple[dict[str, Fraction], Flat, list[Half]] | None:
        """A point off all borders if there is one, else on as few as possible of those that meet at one."""
        last = self.polyhedra.point(self.box.halves, self.covers)
        if last is None:
            return None
        halves = [*self.box.halves, *(item for region in self.covers for item in region.halves)]
        borders = list(dict.fromkeys(item.border for item in halves))
        met = [(factors, limit) for factors, limit in borders if _left(factors, last) == limit]
        longest = max(high - low for low, high in self.opened.ranges.values())
        for together in range(len(self.names)):
            for on, margin in product(combinations(met, together), MARGINS):
                meeting = flat(on)
                if meeting is None:
                    continue
                off = [
                    (factors, limit) for factors, limit in borders if _on(half(dict(factors), limit), meeting).factors
                ]
                point = self.polyhedra.point(self.box.halves, self.covers, on, off, margin * longest)
                if point is not None:
                    sides = [half(dict(factors), limit) for factors, limit in off]
                    return self.rounded(point, meeting, off), meeting, sides
        return last, {name: ({}, value) for name, value in last.items()}, []

    def rounded(self, point: dict[str, Fraction], meeting: Flat, off: Sequence[Border]) -> dict[str, Fraction]:
        """A point of the same flat, on the same side of every border, by simpler values."""
        sides = [half(dict(f), limit, strict=True) for f, limit in off]
        sides = [
            side if side.holds(point) else half({n: -f for n, f in side.factors}, -side.limit, True) for side in sides
        ]
        free = {name: value for name, value in point.items() if name not in meeting}
        substituted = [_on(side, meeting) for side in sides]
        chosen = simple(free, substituted)
        for name, (factors, constant) in meeting.items():
            chosen[name] = sum((factor * chosen[other] for other, factor in factors.items()), constant)
        return {name: chosen[name] for name in point}


def _left(factors: Iterable[tuple[str, int]], point: Mapping[str, Fraction]) -> Fraction:
    return sum((factor * point[name] for name, factor in factors), Fraction(0))


def _on(side: Half, meeting: Flat) -> Half:
    """A condition on a flat, in the parameters that are free there."""
    factors: dict[str, Fraction] = {}
    limit = side.limit
    for name, factor in side.factors:
        own, constant = meeting.get(name, ({name: Fraction(1)}, Fraction(0)))
        limit -= factor * constant
        for other, more in own.items():
            factors[other] = factors.get(other, Fraction(0)) + factor * more
    return half(factors, limit, side.strict)


def _probes(found: Condition, question: Question, polyhedra: Polyhedra, effort: Effort) -> Iterator[Probe]:
    """Points on, just inside and just outside of every border of the condition, each asked of an engine.

    Where a run is expected the bounded search is asked first, which shares nothing with zones.
    """
    ranges = box(found.ranges)
    borders = {item.border: item for region in (*found.holds, *found.fails) for item in region.halves}
    for border, item in borders.items():
        others = [other for other in borders if other != border]
        tries = (polyhedra.point(ranges.halves, (), [border], others, margin * 60) for margin in MARGINS)
        point = next(filter(None, tries), None)
        for step in () if point is None else (Fraction(-1), Fraction(0), Fraction(1)):
            moved = _moved(point or {}, item, step, ranges)
            if moved is None or effort.late:
                continue
            settings = {name: moved[group[0]] for group in found.over for name in group}
            asked = replace(question, network=question.network.with_settings(settings))
            inside, outside = (any(r.holds(moved) for r in regions) for regions in (found.holds, found.fails))
            if not (inside or outside):
                continue
            verdict = decide(asked, "bmc", effort.each) if inside == found.possible else None
            if verdict is None or isinstance(verdict, Undecided):
                verdict = decide(asked, "zones", effort.each)
            effort.tell("asking on both sides of each border")
            if not isinstance(verdict, Undecided) and isinstance(verdict, Holds | Vacuous) != inside:
                said = "holds" if inside else "fails"
                where = ", ".join(f"{name} = {value} s" for name, value in moved.items())
                words = f"the condition says that {question.name} {said} at {where}, {verdict.engine} says otherwise"
                raise Disagreement(words, {"check": question.name, "at": {n: str(v) for n, v in moved.items()}})
            yield Probe(moved, inside, verdict)


def _moved(point: Mapping[str, Fraction], item: Half, step: Fraction, ranges: Region) -> dict[str, Fraction] | None:
    """The point moved across a border by so many seconds in one parameter."""
    for name, factor in item.factors:
        moved = dict(point) | {name: point[name] + (step if factor > 0 else -step)}
        if ranges.holds(moved):
            return moved
    return None
