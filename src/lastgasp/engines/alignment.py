"""A run that is unrolled, aligned with another run that stands still: which steps are kept, left out, put in, replaced.

Levenshtein's distance as a graph of places, each a flag that holds only if a way to it does. One such flag under an
assumption bounds the distance, and the flags of a model tell the alignment. The graph grows as it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from lastgasp.engines.encode import Encoding
from lastgasp.engines.solver import Model, Solver
from lastgasp.semantics import hurried
from lastgasp.trace import Step

Place = tuple[str, int, int, int] | tuple[str, int, int, int, int]
"""How far the two runs are aligned: by which part, after how many steps, ..."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a place is reached: under which condition, from where, and which steps are then the same."""

    formula: Any
    before: Place | None = None
    pair: tuple[int, int] | None = None


class Alignment:
    """An unrolling whose runs use as many transitions as they like, beside the ``steps`` of another run.

    ``instants`` (seconds) are those of the steps; what is later than ``broken`` is late. Late steps after the last that
    is kept are not compared, and permitted only if they are nothing that is asked about: none of the steps left out,
    and with ``restful`` none of the ``surroundings`` and none that moves the observer of the goal.
    """

    def __init__(
        self,
        encoding: Encoding,
        solver: Solver,
        steps: list[Step],
        instants: list[Fraction],
        broken: Fraction,
        surroundings: frozenset[str],
        restful: bool,
    ) -> None:
        self.encoding, self.solver, self.steps, self.instants = encoding, solver, steps, instants
        self.broken, self.surroundings, self.restful = broken, surroundings, restful
        self.outside = [step.mover.instance in surroundings for step in steps]
        self.timed = [not hurried(encoding.system.network, step) for step in steps]
        self.shifts = [encoding.amount(f"shift {i}") for i in range(len(steps))]
        self.same = encoding.flag("the surroundings do the same")
        self.columns = 0
        self.node, self.tail = cache(self._node), cache(self._tail)
        self.ways: dict[Place, list[Way]] = {}
        solver.add(*(shift >= 0 for shift in self.shifts))

    def used(self, j: int) -> Any:
        """The run takes the ``j``-th transition."""
        return self.encoding.flag(f"used {j}")

    def instant(self, j: int) -> Any:
        """When its step is taken."""
        return self.encoding.sum_of([self.encoding.at_step(self.encoding.waited, n) for n in range(j + 1)])

    def late(self, j: int) -> Any:
        """Its step comes after the instant at which the failing run breaks the goal."""
        return self.instant(j) > self.encoding.number(self.broken)

    def kept(self, i: int, j: int) -> Any:
        """The ``j``-th step is the ``i``-th of the failing run."""
        return self.encoding.flag(f"kept {i} as {j}")

    def grow(self, columns: int) -> None:
        """Unroll so far."""
        encoding = self.encoding
        for j in range(self.columns, columns):
            fine = (encoding.negation(error) for error in (encoding.delay_errs, encoding.step_errs))
            taken = (encoding.at_step(part, j) for part in (encoding.transition_formula, *fine))
            self.solver.add(*(encoding.implies(self.used(j), part) for part in taken))
            if j:
                self.solver.add(encoding.implies(self.used(j), self.used(j - 1)))
            for i, step in enumerate(self.steps):
                parts = [encoding.at_step(encoding.step_is(step), j)]
                if self.timed[i]:
                    then, now = encoding.number(self.instants[i]), self.instant(j)
                    parts += [self.shifts[i] >= now - then, self.shifts[i] >= then - now]
                self.solver.add(encoding.implies(self.kept(i, j), encoding.all_of(parts)))
        self.columns = max(self.columns, columns)

    # -- places ----------------------------------------------------------------------------------------------------

    def _node(self, j: int, i: int, changed: int, new: int) -> Any:
        """With ``j`` steps taken, the first ``i`` of the failing run are accounted for by so many changes."""
        return self.reached(("aligned", j, i, changed, new), self._ways(j, i, changed, new))

    def _tail(self, j: int, changed: int, new: int) -> Any:
        """With ``j`` steps taken all of the failing run is accounted for, and since then nothing is compared."""
        return self.reached(("tail", j, changed, new), self._tails(j, changed, new))

    def reached(self, place: Place, ways: Iterator[Way]) -> Any:
        """A flag that holds only if one of the ways to a place does."""
        flag = self.encoding.flag(" ".join(map(str, place)))
        self.ways[place] = list(ways)
        self.solver.add(self.encoding.implies(flag, self.encoding.any_of(way.formula for way in self.ways[place])))
        return flag

    def _ways(self, j: int, i: int, changed: int, new: int) -> Iterator[Way]:
        all_of = self.encoding.all_of
        if j == 0 and (i, changed, new) == (0, 0, 0):
            yield Way(all_of(()))
        if j == 0:
            return
        if changed and new:
            yield Way(
                all_of((self.put_in(j - 1), self.node(j - 1, i, changed - 1, new - 1))),
                ("aligned", j - 1, i, changed - 1, new - 1),
            )
        for out in range(min(i - 1, changed) + 1 if i else 0):
            before, left = i - 1 - out, changed - out
            gone = self.left_out(before, i - 1)
            known = self.node(j - 1, before, left, new)
            yield Way(
                all_of((known, self.kept(i - 1, j - 1), gone)), ("aligned", j - 1, before, left, new), (i - 1, j - 1)
            )
            if new and left:
                known = self.node(j - 1, before, left - 1, new - 1)
                formula = all_of((known, self.put_in(j - 1), gone, self.left_out(i - 1, i)))
                yield Way(formula, ("aligned", j - 1, before, left - 1, new - 1))

    def _tails(self, j: int, changed: int, new: int) -> Iterator[Way]:
        all_of, n = self.encoding.all_of, len(self.steps)
        for out in range(min(n, changed - new) + 1):
            known = self.node(j, n - out, changed - out, new)
            parts = [known, self.left_out(n - out, n), *([self.last(j - 1)] if j else [])]
            yield Way(all_of(parts), ("aligned", j, n - out, changed - out, new))
        if j:
            parts = [self.late(j - 1), self.tail(j - 1, changed, new), self.nothing_left_out(j - 1)]
            if self.restful:
                moves = self.encoding.at_step(self.encoding.goal_moves, j - 1)
                parts += [self.encoding.negation(event) for event in (self.outside_moves(j - 1), moves)]
            yield Way(all_of(parts), ("tail", j - 1, changed, new))

    # -- conditions -------------------------------------------------------------------------------------------------

    def nothing_left_out(self, j: int) -> Any:
        """The ``j``-th step, which is not compared, is none of those that were left out: that one would be late."""
        encoding = self.encoding
        parts = []
        for i, step in enumerate(self.steps):
            before = encoding.any_of(self.kept(i, n) for n in range(j))
            again = encoding.negation(encoding.at_step(encoding.step_is(step), j))
            parts += [encoding.any_of((before, again)), encoding.negation(self.kept(i, j))]
        return encoding.all_of(parts)

    def outside_moves(self, j: int) -> Any:
        """The surroundings make the ``j``-th step."""
        return self.encoding.at_step(self.encoding.moved_by(self.surroundings), j)

    def put_in(self, j: int) -> Any:
        """The ``j``-th step may be new."""
        return self.encoding.negation(self.encoding.all_of((self.same, self.outside_moves(j))))

    def last(self, j: int) -> Any:
        """The ``j``-th step may be the last that is compared: in time, or a step that is kept."""
        kept = (self.kept(i, j) for i in range(len(self.steps)))
        return self.encoding.any_of((self.encoding.negation(self.late(j)), *kept))

    def left_out(self, first: int, last: int) -> Any:
        """The steps ``first`` to ``last - 1`` of the failing run may be left out."""
        never = any(self.outside[first:last])
        return self.encoding.negation(self.same) if never else self.encoding.all_of(())

    # -- models -----------------------------------------------------------------------------------------------------

    def length(self, model: Model) -> int:
        """How many steps the run of a model takes."""
        return next((j for j in range(self.columns) if not model.holds(self.used(j))), self.columns)

    def read(self, model: Model, changed: int) -> tuple[tuple[tuple[int, int], ...], int]:
        """Which steps a model with so many changes keeps as which, and how many of its steps are compared."""
        compared, pairs = self.length(model), list[tuple[int, int]]()
        place: Place = next(
            ("tail", compared, changed, new)
            for new in range(changed + 1)
            if model.holds(self.tail(compared, changed, new))
        )
        while place[1]:
            way = next(way for way in self.ways[place] if model.holds(way.formula))
            pairs += [way.pair] if way.pair else []
            assert way.before is not None
            if place[0] == "tail" == way.before[0]:
                compared = way.before[1]
            place = way.before
        return tuple(reversed(pairs)), compared
