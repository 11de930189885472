"""The verdict at one point of the parameters, with the region around it in which it is the same.

A region in which the goal holds has a certificate whose parameters are open; one in which it does not, a run at a point
of it, whose steps are possible at every other point as well. Where parameters bound time on one side only, a region is
widened by what permits less than a point that holds, or more than a point that does not (see :mod:`extremes`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from lastgasp.certificate import Certificate, opened
from lastgasp.engines.zones.parametric import Around, Flat, Sample, around, finest
from lastgasp.errors import InputError, InternalError, NotApplicable, Problem
from lastgasp.extremes import extremes, sides_of
from lastgasp.machine import Range
from lastgasp.question import Limits, Question
from lastgasp.recheck.smt import discharge
from lastgasp.recheck.smtlib import Invariant, obligations
from lastgasp.regions import Half, Region, half, simple, widened
from lastgasp.routes import by_zones, certified
from lastgasp.sentences import Possible
from lastgasp.slicing import Slice, sliced
from lastgasp.soundness import shown_sound, unrestricted
from lastgasp.system import TimedSystem
from lastgasp.verdict import Fails, Holds, Undecided

Over = tuple[tuple[str, ...], ...]
"""Groups of parameters that have one value each; a group goes by the name of its first."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A region with one verdict: that of the evidence, which is about a point of it or about all of its ``core``.

    ``vacuous``: the goal holds because what it speaks of does not happen at the point that was looked at.
    """

    region: Region
    core: Region
    verdict: Holds | Fails
    vacuous: bool = False


@dataclass(frozen=True)
class Synthesis:
    """A question with open parameters, ready to be asked at points. Made by :func:`synthesis`."""

    question: Question
    over: Over
    part: Slice
    system: TimedSystem
    sides: Mapping[str, bool]
    ranges: Mapping[str, tuple[Fraction, Fraction]]
    finest: int

    def at(
        self, point: Mapping[str, Fraction], flat: Flat, borders: Sequence[Half], limits: Limits
    ) -> Piece | Undecided:
        """The verdict at a point, for a region of its flat around it, and what follows from that elsewhere.

        ``borders``: the point is not on them, nor will the region be looked for beyond them. :class:`InternalError`
        where evidence fails its check.
        """
        sample = self._sample(point, flat, borders)
        found = around(self.system, sample, limits.budget("zones"))
        undecided = Undecided(self.question.name, "zones", reason="")
        if found.defect:
            return replace(undecided, reason=f"a step sets {found.defect} to a value out of its range")
        if not found.complete:
            return replace(undecided, reason=f"no error in {found.states} states, then the limit")
        core = Region((*_equalities(flat), *found.region.halves))
        region = widened(core, self.sides, more=found.broken)
        verdict = self._failing(core, sample.coded, limits) if found.broken else self._proved(found, core, limits)
        if isinstance(verdict, Undecided):
            return verdict
        return Piece(region, core, verdict, vacuous=not found.broken and not found.premise)

    def doubt(self, limits: Limits) -> str:
        """What is against it that the model is sound for all values in the ranges; nothing where it is shown to be."""
        shown = self._sound(certified(self.question, self.part, limits, "zones"), limits)
        return shown if isinstance(shown, str) else ""

    def _sample(self, point: Mapping[str, Fraction], flat: Flat, borders: Sequence[Half]) -> Sample:
        """The point, its code so small that it crosses no border."""
        sample = Sample(point, flat, self.finest)
        while any(item.holds(point) != item.holds(sample.coded) for item in borders):
            sample = replace(sample, finest=sample.finest * 32)
        return sample

    def _failing(self, core: Region, point: Mapping[str, Fraction], limits: Limits) -> Holds | Fails | Undecided:
        """The verdict of the plain question at a simple point of a region in which some run breaks the goal."""
        chosen = simple(point, core.halves)
        settings = {name: chosen[group[0]] for group in self.over for name in group}
        asked = replace(self.question, network=self.question.network.with_settings(settings))
        part = sliced(asked.network, asked.restrict, [asked.goal])
        verdict = by_zones(asked, part, limits)
        if isinstance(verdict, Undecided):
            return verdict
        if isinstance(verdict, Holds | Fails) and verdict.trace is not None:
            return verdict
        reason = getattr(verdict, "reason", "")
        if reason:
            return Undecided(asked.name, "zones", reason=reason)
        raise InternalError(f"a run that was generalised to {chosen} is not found there")

    def _proved(self, found: Around, core: Region, limits: Limits) -> Holds | Fails | Undecided:
        """The certificate of a region without runs that break the goal, rechecked."""
        assert found.proof is not None
        bare = certified(self.question, self.part, limits, "zones", invariant=Invariant(1, found.proof))
        certificate = replace(bare, over=self.over, given=core.expr)
        undecided = Undecided(self.question.name, "zones", reason="")
        discharge(obligations(replace(self.system, given=core.expr), Invariant(1, found.proof)))
        known = self._sound(certificate, limits)
        if isinstance(known, str):
            return replace(undecided, reason=f"the goal is proved in a region, but {known}")
        kind = Fails if isinstance(self.question.goal.formula, Possible) else Holds
        return kind(self.question.name, "zones", certificate=known)

    def _sound(self, certificate: Certificate, limits: Limits) -> Certificate | str:
        """The certificate with the proof that time can go on and clauses can be obeyed, for all values of ranges."""
        doubt = unrestricted(self.part)
        if not doubt:
            return certificate
        try:
            extremes(self.part.network, [*self.part.restrict.values(), self.question.goal])
            shown = shown_sound(self.question, self.part, limits)
        except NotApplicable:
            return doubt
        return shown if isinstance(shown, str) else replace(certificate, sound=shown)


def synthesis(question: Question, over: Over) -> Synthesis:
    """Open the parameters ``over`` of a question; others that have a range are decided at the value that permits most.

    Raises :class:`InputError` for a parameter that is unknown, is no duration or has no range,
    :class:`NotApplicable` where zones cannot treat the network.
    """
    network = question.network
    ranges: dict[str, tuple[Fraction, Fraction]] = {}
    for group in over:
        found = {network.parameters[name].value if name in network.parameters else None for name in group}
        value = next(iter(found))
        if len(found) > 1:
            raise InputError(Problem(f"{' and '.join(group)} have different ranges", "give them the same range"))
        if not isinstance(value, Range) or not isinstance(value.low, Fraction) or not isinstance(value.high, Fraction):
            known = [n for n, p in network.parameters.items() if _is_open(p.value)]
            what = f"{group[0]} is no duration with a range"
            raise InputError(Problem(what, f"name one of {', '.join(known)}" if known else "no parameter is one"))
        ranges |= dict.fromkeys(group, (value.low, value.high))
    part = sliced(network, question.restrict, [question.goal])
    inside = part.network.parameters
    over = tuple(tuple(sorted(group, key=lambda n: n not in inside)) for group in over if set(group) & set(inside))
    system = opened(part, question.goal, over)
    uses = sides_of(part.network)
    sides = {}
    for group in over:
        own = set().union(*(uses.get(name, set()) for name in group))
        if len(own) == 1:
            sides[group[0]] = own == {True}
    kept = {group[0]: ranges[group[0]] for group in over}
    return Synthesis(question, over, part, system, sides, kept, finest(system))


def _is_open(value: object) -> bool:
    return isinstance(value, Range) and isinstance(value.low, Fraction)


def _equalities(flat: Flat) -> list[Half]:
    found = []
    for name, (factors, constant) in flat.items():
        left = {name: Fraction(1), **{other: -factor for other, factor in factors.items()}}
        found += [half(left, constant), half({n: -f for n, f in left.items()}, -constant)]
    return found
