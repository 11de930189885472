"""The run that is fine and nearest to one that is not: fewest changed steps, then least changed timing.

The two are aligned like words (Levenshtein 1966): a step of the failing run is kept, left out, or replaced by another,
and steps may be put in, up to the instant at which the failing run breaks its goal or up to a kept step. What follows
later is not compared: there devices come to rest, and no step concerns the goal or is one of those left out. Where
several runs change equally few steps, one with fewest new ones is nearer, then one in which the surroundings take the
same steps, then one whose kept steps move least in time.

*Fine* is a run that never breaks the goal and in which time can go on for ever: it ends in a wait longer than any
constant, so that every clock has passed every limit and nothing changes by waiting longer. Where no run comes to such a
rest, the goal is not broken up to the ``latency`` after that instant, and that is all that is known.

How little the timing must change need not be attained: where a limit is strict there is always a run that changes it
less. It is found by halving, first on the grid of all constants, where the end points of linear constraints on
differences lie; that it takes more, or as much, is in any case what the solver says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import accumulate
from math import lcm
from typing import Any

from lastgasp.engines import solver as solving
from lastgasp.engines.alignment import Alignment
from lastgasp.engines.bmc import UNITS, Calm, Moves, Unknown
from lastgasp.engines.encode import Encoding
from lastgasp.engines.solver import Deadline, Model, Sat, Solver, Unsat
from lastgasp.expr import Const, Expr, Param, Times, Value, children, leaves
from lastgasp.machine import Range
from lastgasp.system import TimedSystem

TAIL = 4
"""So many steps may a run take to come to rest after what is compared."""

MORE = 3
"""So many steps more than the failing run has may be changed."""

FINEST = 1024
"""Into so many parts a unit of the grid of all constants is cut to see that the least change is not attained."""

DESCENTS = 40
"""Checks spent on the least change of timing on a grid, at most."""


@dataclass(frozen=True, slots=True)
class Failing:
    """A run that breaks the goal at the instant ``broken`` (seconds), and the values of all its parameters."""

    moves: Moves
    broken: Fraction
    parameters: Mapping[str, Value] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Least:
    """No value is less, and none the same unless ``attained``. ``sure``: nothing is greater and true as well."""

    value: Fraction
    attained: bool
    sure: bool


@dataclass(frozen=True, slots=True)
class Near:
    """A run that is fine. Of its steps the first ``compared`` are compared, the others show how it comes to rest.

    ``pairs``: which step of the failing run is which one here, counted from 0. ``changed``: steps left out, put in or
    replaced. ``least``: by how much (seconds, over all kept steps and parameters) the timing must change; this one
    comes close. ``along``: the same where what does not move here must not move at all. ``room``: how long before
    the break a new step has to come at the latest, the kept ones being where they are. ``proved``: no run is nearer
    that takes at most :data:`TAIL` steps to come to rest. ``rests``: it is fine for ever.
    """

    moves: Moves
    rest: Fraction
    parameters: Mapping[str, Value] = field(hash=False)
    pairs: tuple[tuple[int, int], ...]
    compared: int
    changed: int
    least: Least
    along: Least
    room: Mapping[int, Least] = field(hash=False)
    proved: bool
    rests: bool


@dataclass(frozen=True, slots=True)
class Nothing:
    """Every run with at most so many changed steps breaks the goal, or none of them comes to rest."""

    changed: int


def nearest(
    system: TimedSystem,
    failing: Failing,
    *,
    latency: Fraction,
    surroundings: Collection[str] = (),
    same_surroundings: bool = False,
    timeout: Fraction | float | None = None,
    progress: Callable[[int], None] | None = None,
) -> Near | Nothing | Unknown:
    """Look for it, up to :data:`MORE` changed steps than the failing run has.

    ``surroundings`` are the instances that no text binds; ``same_surroundings``: they must do the same at the same
    instants. ``latency`` (seconds) as in the module's docstring. ``timeout`` bounds everything, in seconds of the wall
    clock. ``progress`` is told each number of changed steps that is too few.
    """
    deadline = Deadline(timeout)
    for rests in (True, False):
        search = _Search(system, failing, latency, frozenset(surroundings), same_surroundings, deadline, rests)
        found = search.outcome(progress)
        if not isinstance(found, Nothing):
            return found
    return found


class _Search:
    """One unrolling beside the failing run; at its end a run that ``rests`` waits for long."""

    def __init__(
        self,
        system: TimedSystem,
        failing: Failing,
        latency: Fraction,
        surroundings: frozenset[str],
        pinned: bool,
        deadline: Deadline,
        rests: bool,
    ) -> None:
        self.failing, self.deadline, self.rests = failing, deadline, rests
        self.latency, self.enough = latency, 1 + max(_reach(system, expr) for expr in _timed(system))
        self.solver = Solver()
        encoding = self.encoding = Encoding(system, self.solver.context)
        self.solver.add(encoding.ranges, encoding.at_step(encoding.init, 0))
        steps, instants = [step for _, step in failing.moves], list(accumulate(delay for delay, _ in failing.moves))
        self.unit = _grid(_timed(system), (failing.broken, *instants))
        self.run = run = Alignment(encoding, self.solver, steps, instants, failing.broken, surroundings, rests)
        self.count = len(steps)
        self.total = self._total()
        self.within = cache(self._within)
        if pinned:
            self.solver.add(run.same)
            self.solver.add(*(shift <= 0 for shift, outside in zip(run.shifts, run.outside, strict=True) if outside))

    # -- formulas ---------------------------------------------------------------------------------------------------

    def _total(self) -> Any:
        """By how much the timing of kept steps and the parameters change."""
        encoding = self.encoding
        parts = [encoding.number(Fraction(0)), *self.run.shifts]
        for name, term in encoding.parameters.items():
            before = self.failing.parameters[name]
            assert isinstance(before, int | Fraction)
            change, then = encoding.amount(f"change of {name}"), encoding.number(before)
            self.solver.add(change >= term - then, change >= then - term)
            parts.append(change)
        return encoding.sum_of(parts)

    def end(self, m: int) -> Any:
        """The run ends after ``m`` steps, and well."""
        encoding, run = self.encoding, self.run
        wait, whole = encoding.at_step(encoding.waited, m), run.instant(m)
        fine = (encoding.delay, encoding.negation(encoding.delay_errs))
        parts = [encoding.negation(run.used(m)), *(encoding.at_step(part, m) for part in fine)]
        parts += [run.used(m - 1)] if m else []
        if self.rests:
            parts += [wait >= encoding.number(self.enough)]
        after = self.enough if self.rests else self.latency
        return encoding.all_of((*parts, whole >= encoding.number(self.failing.broken + after)))

    def _within(self, changed: int, new: int | None = None) -> Any:
        """A run with exactly so many changed steps is fine; ``new``: of which so many are new."""
        encoding, longest = self.encoding, self.count + changed + TAIL
        self.run.grow(longest)
        fresh = range(changed + 1) if new is None else (new,)
        endings = (
            encoding.all_of((encoding.any_of(self.run.tail(m, changed, count) for count in fresh), self.end(m)))
            for m in range(longest + 1)
        )
        flag = encoding.flag(f"fine with {changed} changed, {'any' if new is None else new} new")
        self.solver.add(encoding.implies(flag, encoding.any_of(endings)))
        return flag

    def pinned(self, model: Model, length: int) -> Iterator[Any]:
        """The first steps are those of the model."""
        for j in range(length):
            yield self.run.used(j)
            yield self.encoding.at_step(self.encoding.step_is(self.encoding.step_in(model, j)), j)

    # -- search -----------------------------------------------------------------------------------------------------

    def outcome(self, progress: Callable[[int], None] | None) -> Near | Nothing | Unknown:
        for changed in range(self.count + MORE + 1):
            match self.check(self.within(changed)):
                case Sat(model):
                    return self.nearest(changed, model)
                case solving.Unknown(reason):
                    return Unknown(changed, reason)
            if progress:
                progress(changed)
        return Nothing(self.count + MORE)

    def check(self, *formulas: Any) -> solving.Answer:
        return self.solver.check(*formulas, deadline=self.deadline)

    def nearest(self, changed: int, model: Model) -> Near:
        """The nearest of the runs with so many changed steps, of which the model is one."""
        proved, demands = True, (self.within(changed),)
        for new in range(changed + 1):
            demand = self.within(changed, new)
            for more in ((demand, self.run.same), (demand,)):
                answer = self.check(*more)
                if isinstance(answer, Sat):
                    return self.least_moved(answer.model, changed, more, proved)
                proved = proved and isinstance(answer, Unsat)
        return self.least_moved(model, changed, demands, False)

    def least_moved(self, model: Model, changed: int, demands: tuple[Any, ...], proved: bool) -> Near:
        """Of the runs that meet the demands one whose timing changes least, or comes close to it, and simple."""
        encoding = self.encoding
        self.solver.add(*demands)
        least, model = self.least(model, self.total)
        model, fixed = self.close(model, least)
        pairs, compared = self.run.read(model, changed)
        length = self.run.length(model)
        self.solver.add(*(self.run.kept(i, j) for i, j in pairs), *self.pinned(model, compared))
        for m in range(compared, length):
            answer = self.check(*fixed, self.end(m))
            if isinstance(answer, Sat):
                model, length = answer.model, m
                break
        self.solver.add(self.end(length), *self.pinned(model, length))
        still: list[Any] = []
        for shift in self.run.shifts:
            answer = self.check(*fixed, *still, shift <= 0)
            if isinstance(answer, Sat):
                still.append(shift <= 0)
                model = answer.model
        along, _ = self.least(model, self.total, *still)
        self.solver.add(*fixed, *still)
        room = {}
        for j in sorted(set(range(compared)) - set(dict(pairs).values())):
            left = encoding.number(self.failing.broken) - self.run.instant(j)
            if model.number(left) >= 0:
                room[j], _ = self.least(model, left, left >= 0)
        moves, rest, parameters = Calm(self, model, encoding.all_of(()), length, rests=True).simplest()
        return Near(
            moves,
            rest,
            {**self.failing.parameters, **parameters},
            pairs,
            compared,
            changed,
            least,
            along,
            room,
            proved and least.sure and along.sure,
            self.rests,
        )

    def least(self, model: Model, total: Any, *demands: Any) -> tuple[Least, Model]:
        """How small a term that is not negative can be, and a model that is close; the given one meets the demands."""
        number, unit = self.encoding.number, self.unit
        low, high = -unit, Fraction(model.number(total))  # every value is more than the one, and some is the other
        while high - low > unit:
            middle = low + unit * max(1, (high - low) // (2 * unit)) if low >= 0 else Fraction(0)
            match self.check(*demands, total <= number(middle)):
                case Sat(model):
                    high = Fraction(model.number(total))
                case Unsat():
                    low = middle
                case _:
                    return Least(max(low, Fraction(0)), False, False), model
        close = self.check(*demands, total <= number(low + unit / FINEST))
        if isinstance(close, Sat):
            return Least(low, False, True), close.model
        none = isinstance(close, Unsat) and isinstance(self.check(*demands, total < number(low + unit)), Unsat)
        return (Least(low + unit, True, True) if none else Least(max(low, Fraction(0)), False, False)), model

    def close(self, model: Model, best: Least) -> tuple[Model, list[Any]]:
        """A model with the least change of timing, or if that is not attained, with the least on the coarsest grid."""
        encoding, total = self.encoding, self.total
        waits = [encoding.at_step(encoding.waited, j) for j in range(self.run.length(model) + 1)]
        grids = [encoding.multiples([*encoding.parameters.values(), *waits], unit) for unit in UNITS]
        slacks = [unit * max(1, self.count) for unit in UNITS]
        tries = [encoding.all_of(())] if best.attained else grids
        for grid, slack in zip(tries, slacks, strict=False):
            most = best.value + (0 if best.attained else slack)
            answer = self.check(grid, total <= encoding.number(most))
            for _ in range(DESCENTS):
                if not isinstance(answer, Sat):
                    break
                model = answer.model
                answer = self.check(grid, total < encoding.number(Fraction(model.number(total))))
            if Fraction(model.number(total)) <= most:
                return model, [grid, total <= encoding.number(Fraction(model.number(total)))]
        return model, [total <= encoding.number(Fraction(model.number(total)))]


def _timed(system: TimedSystem) -> Iterator[Expr]:
    """Every condition and every limit on a clock."""
    actions = [action for step in system.steps for action in step.actions]
    actions += [action for step in system.steps for group in step.reactions for action in group.actions]
    bounds = [*system.bounds, *(bound for monitor in system.monitors for bound in monitor.bounds)]
    yield from (action.guard for action in actions)
    yield from (part for bound in bounds for part in (bound.when, bound.limit))
    yield from (case.guard for monitor in system.monitors for case in monitor.cases)


def _reach(system: TimedSystem, expr: Expr) -> Fraction:
    """A time that is not less than any that a condition compares with, parameters at their highest."""
    match expr:
        case Const(value) if isinstance(value, Fraction):
            return abs(value)
        case Param(name) if name in system.parameters:
            setting = system.parameters[name].value
            return Fraction(setting.high if isinstance(setting, Range) else setting)
        case Times(factor, item):
            return max(factor, -factor) * _reach(system, item)
    return sum((_reach(system, part) for part in children(expr)), Fraction(0))


def _grid(expressions: Iterable[Expr], times: Iterable[Fraction]) -> Fraction:
    """The coarsest unit of which all constants and these times are multiples, or a part of it."""
    constants = (leaf.value for expr in expressions for leaf in leaves(expr) if isinstance(leaf, Const))
    exact = (value for value in (*constants, *times) if isinstance(value, Fraction))
    return Fraction(1, lcm(*(value.denominator for value in exact)))
