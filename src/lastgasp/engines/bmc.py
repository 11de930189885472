"""Bounded search: is there a run of at most so many steps that breaks the goal? The shortest is found first.

The unrolling grows by one transition at a time and asks of each length in turn (Biere et al. 1999), so that an error
is found at its least number of steps. It never demands a step after the error. A run that is found is then calmed:
with its steps kept, parameters and delays become multiples of a second where they can, and as small as they can.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, lcm
from typing import Any, Protocol

from lastgasp.engines import solver as solving
from lastgasp.engines.encode import Encoding
from lastgasp.engines.solver import Answer, Deadline, Model, Sat, Solver, Unsat
from lastgasp.expr import Value
from lastgasp.system import TimedSystem
from lastgasp.trace import Step

Moves = tuple[tuple[Fraction, Step], ...]
"""Delays in seconds and steps in turn: what :func:`lastgasp.semantics.run` plays."""

UNITS = (Fraction(1), Fraction(1, 2), Fraction(1, 10))
"""Grids in seconds on which a calm run may lie, best first."""

SHORTENINGS = 6
"""Checks spent on a run of the same length in less time, at most."""

HALVINGS = 40
"""Checks spent on the least value of one delay or parameter, at most."""

EFFORT = 2_000_000
"""Z3's resource limit for one check that only calms a run: deterministic, unlike a timeout."""


@dataclass(frozen=True, slots=True)
class Found:
    """A run that breaks the goal: in its last step, or in the ``rest`` (seconds) after it.

    ``depth`` is the number of its steps; no run with fewer errs. ``parameters`` are the values of those left open.
    """

    moves: Moves
    rest: Fraction
    parameters: Mapping[str, Value] = field(hash=False)
    depth: int


@dataclass(frozen=True, slots=True)
class Clean:
    """No run of at most ``depth`` steps errs (in the delay after it neither), nor leaves a range. Longer ones may."""

    depth: int


@dataclass(frozen=True, slots=True)
class Exhausted:
    """No run has more than ``depth`` steps, for any value of the parameters, and none of them errs: the goal is proved.

    Every run ends in a state without steps, or that no clause lets take one. That is a proof of the goal alone. It does
    not say that time can go on there: where it cannot, the model is a timelock and the proof is worth nothing.
    """

    depth: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """Z3 gave up on runs of ``depth`` steps, for this ``reason`` (such as ``timeout``); shorter runs do not err."""

    depth: int
    reason: str


@dataclass(frozen=True, slots=True)
class OutOfRange:
    """A model error: the last of these steps assigns a value out of its variable's range. No shorter run errs."""

    moves: Moves
    parameters: Mapping[str, Value] = field(hash=False)


Outcome = Found | Clean | Exhausted | Unknown | OutOfRange


def search(
    system: TimedSystem,
    *,
    depth: int = 40,
    timeout: Fraction | float | None = None,
    progress: Callable[[int], None] | None = None,
) -> Outcome:
    """Look for the shortest run of at most ``depth`` steps that breaks the goal.

    ``timeout`` bounds everything, in seconds of the wall clock. ``progress`` is told each number of steps for which no
    run errs. At equal length a model error comes before an error of the goal: what has no meaning is not evidence.
    """
    return _Search(system, Deadline(timeout)).outcome(depth, progress)


class Unrolled(Protocol):
    """What is unrolled, in what, and until when."""

    deadline: Deadline
    solver: Solver
    encoding: Encoding


class _Search:
    """One unrolling. State 0 is the start; transition ``k`` leads from state ``k`` to ``k + 1``."""

    def __init__(self, system: TimedSystem, deadline: Deadline) -> None:
        self.deadline = deadline
        self.solver = Solver()
        self.encoding = Encoding(system, self.solver.context)
        self.solver.add(self.encoding.ranges, self.encoding.at_step(self.encoding.init, 0))

    def outcome(self, depth: int, progress: Callable[[int], None] | None) -> Outcome:
        for k in range(depth + 1):
            found = self._length(k)
            if found is not None:
                return found
            if progress:
                progress(k)
        return Clean(depth)

    def _length(self, k: int) -> Outcome | None:
        """What there is to say of runs of exactly ``k`` steps; ``None`` if they exist and none errs."""
        encoding = self.encoding
        errors = []
        if k:
            # asked before the step is: a clause that forbids a step does not hide that it has no meaning
            outcome = self._out_of_range(k) if encoding.may_leave_range else None
            if outcome is not None:
                return outcome
            self.solver.add(encoding.at_step(encoding.step, k - 1))
            match self.solver.check(deadline=self.deadline):
                case Unsat():
                    return Exhausted(k - 1)
                case solving.Unknown(reason):
                    return Unknown(k, reason)
            at_once = encoding.at_step(encoding.no_delay, k)
            errors.append(encoding.all_of((encoding.at_step(encoding.step_errs, k - 1), at_once)))
        self.solver.add(encoding.at_step(encoding.delay, k))
        errors.append(encoding.at_step(encoding.delay_errs, k))
        error = encoding.any_of(errors)
        match self._ask(error):
            case Sat(model):
                return Found(*Calm(self, model, error, k, rests=True).run(), k)
            case solving.Unknown(reason):
                return Unknown(k, reason)
        return None

    def _out_of_range(self, k: int) -> Outcome | None:
        """Whether the last of ``k`` steps leaves a range."""
        leaves = self.encoding.at_step(self.encoding.overflows, k - 1)
        match self._ask(leaves):
            case Sat(model):
                moves, _, parameters = Calm(self, model, leaves, k, rests=False).run()
                return OutOfRange(moves, parameters)
            case solving.Unknown(reason):
                return Unknown(k, reason)
        return None

    def _ask(self, formula: Any) -> Answer:
        """Whether a formula can hold now; where it cannot, that is kept."""
        answer = self.solver.check(formula, deadline=self.deadline)
        if isinstance(answer, Unsat):
            self.solver.add(self.encoding.negation(formula))
        return answer


class Calm:
    """Makes the run of a model as simple as a bounded number of checks can. The model in hand is always a run."""

    def __init__(self, search: Unrolled, model: Model, error: Any, k: int, *, rests: bool) -> None:
        self.search, self.model, self.k, self.rests = search, model, k, rests
        encoding = self.encoding = search.encoding
        self.delays = [encoding.at_step(encoding.waited, j) for j in range(k + rests)]
        search.solver.add(error)

    def run(self) -> tuple[Moves, Fraction, dict[str, Value]]:
        """Delays and steps, the rest, and the open parameters: in about the least time, then as :meth:`simplest`."""
        self._sooner()
        return self.simplest()

    def simplest(self) -> tuple[Moves, Fraction, dict[str, Value]]:
        """The same of a run with the steps of the model in hand."""
        encoding = self.encoding
        steps = [encoding.step_in(self.model, j) for j in range(self.k)]
        self.search.solver.add(*(encoding.at_step(encoding.step_is(step), j) for j, step in enumerate(steps)))
        self._round()
        waits = [Fraction(self.model.number(delay)) for delay in self.delays]
        parameters: dict[str, Value] = {name: self.model.number(term) for name, term in encoding.parameters.items()}
        return tuple(zip(waits, steps, strict=False)), waits[self.k] if self.rests else Fraction(0), parameters

    def _can(self, formula: Any) -> Answer:
        """Whether a simpler run exists; then it is the model in hand."""
        answer = self.search.solver.check(formula, deadline=self.search.deadline, effort=EFFORT)
        if isinstance(answer, Sat):
            self.model = answer.model
        return answer

    def _total(self) -> Fraction:
        return sum((Fraction(self.model.number(delay)) for delay in self.delays), Fraction(0))

    def _sooner(self) -> None:
        """A run of the same length in about the least time, whatever its steps."""
        least, total = Fraction(0), self._total()
        for _ in range(SHORTENINGS):
            if total - least < 1:
                return
            middle = (least + total) / 2
            match self._can(self.encoding.sum_of(self.delays) <= self.encoding.number(middle)):
                case Sat():
                    total = self._total()
                case Unsat():
                    least = middle
                case solving.Unknown():
                    return

    def _round(self) -> None:
        """The same steps; parameters and delays on the coarsest grid with room for them, then each at its least."""
        terms = [*self.encoding.parameters.values(), *self.delays]
        # the model in hand lies on a grid of its own, so that the last one has room
        finest = Fraction(1, lcm(*(Fraction(self.model.number(term)).denominator for term in terms)))
        for unit in (*UNITS, finest):
            grid = self.encoding.multiples(terms, unit)
            if isinstance(self._can(grid), Sat):
                self.search.solver.add(grid)
                for term in terms:
                    self._lower(term, unit if term.is_real() else Fraction(1))
                return

    def _lower(self, term: Any, unit: Fraction) -> None:
        """Fix a term, a multiple of ``unit`` that is not negative, at the least value found by halving."""

        def value() -> int:
            return ceil(Fraction(self.model.number(term)) / unit)

        least, found = min(0, value()), value()
        for turn in range(HALVINGS):
            if found <= least:
                break
            middle = (least + found) // 2 if turn else least
            bound = term <= self.encoding.number(middle * unit)
            match self._can(bound):
                case Sat():
                    found = value()
                case Unsat():
                    least = middle + 1
                case solving.Unknown():
                    break
        self.search.solver.add(term == self.encoding.number(found * unit))
