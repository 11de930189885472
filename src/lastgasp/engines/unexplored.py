"""The sets of n elements that nobody looked at yet: the map of MARCO, as clauses over one Boolean for each element.

Liffiton, Previti, Malik, Marques-Silva: Fast, flexible MUS enumeration. Constraints 21 (2016), section 3.
"""

from __future__ import annotations

import z3

from lastgasp.engines.solver import Sat, Solver, Unknown, Unsat
from lastgasp.errors import InternalError


class Unexplored:
    """Begins with every subset of ``0 .. size - 1``; sets are only ever taken away."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._solver = Solver()
        self._chosen = [z3.Bool(f"element {place}", self._solver.context) for place in range(size)]
        self._false = z3.BoolVal(False, self._solver.context)
        self._least = 0
        self._atmost: dict[int, z3.BoolRef] = {}

    def smallest(self) -> frozenset[int] | None:
        """A set with the fewest elements of those that are left, ``None`` where none is."""
        while self._least <= self.size:
            match self._solver.check(self._bound(self._least)):
                case Sat(model):
                    return frozenset(place for place, chosen in enumerate(self._chosen) if model.holds(chosen))
                case Unsat():
                    self._least += 1  # what is taken away does not come back
                case Unknown(reason):
                    raise InternalError(f"the solver gave up on a formula without numbers: {reason}")
        return None

    def close(self, low: frozenset[int], high: frozenset[int]) -> None:
        """Take away every set that includes ``low`` and lies in ``high``."""
        outside = (c for place, c in enumerate(self._chosen) if place not in high)
        self._solver.add(z3.Or(self._false, *(z3.Not(self._chosen[place]) for place in low), *outside))

    def _bound(self, most: int) -> z3.BoolRef:
        if most not in self._atmost:
            name = z3.Bool(f"at most {most}", self._solver.context)
            self._solver.add(z3.Implies(name, z3.AtMost(*self._chosen, self._false, most)))
            self._atmost[most] = name
        return self._atmost[most]
