"""Questions about regions that need a search: is there a point, does a condition follow, which conditions matter?

Asked of Z3 over exact reals. Regions have few parameters, so that no answer takes long; one that Z3 does not know is an
:class:`InternalError`, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

import z3

from lastgasp.engines.solver import Sat, Solver, Unknown
from lastgasp.errors import InternalError
from lastgasp.regions import EVERYWHERE, Border, Half, Region


class Polyhedra:
    """Decides about regions over the named parameters. Each condition is told to the solver once, under a name."""

    def __init__(self, names: Iterable[str]) -> None:
        self._solver = Solver()
        self._reals = {name: z3.Real(name, self._solver.context) for name in names}
        self._names: dict[object, Any] = {}

    def point(
        self,
        inside: Iterable[Half],
        outside: Iterable[Region] = (),
        on: Iterable[Border] = (),
        off: Iterable[Border] = (),
        margin: Fraction = Fraction(0),
    ) -> dict[str, Fraction] | None:
        """A point in all halves, outside of the regions, on some borders and off others; ``None`` if there is none.

        Off a border means farther from it than ``margin`` times its largest factor, in seconds.
        """
        asked = [self._named(item, self._term, item) for item in inside]
        asked += [self._named(region, self._outside, region) for region in outside]
        asked += [self._named(("on", border), self._on, border) for border in on]
        asked += [self._named((border, margin), self._off, border, margin) for border in off]
        match self._solver.check(*asked):
            case Sat(model):
                return {name: Fraction(model.number(real)) for name, real in self._reals.items()}
            case Unknown(reason):
                raise InternalError(f"whether a region is empty was not decided: {reason}")
        return None

    def empty(self, region: Region, outside: Sequence[Region] = ()) -> bool:
        """Whether no point of a region lies outside of the others."""
        return self.point(region.halves, outside) is None

    def implies(self, halves: Iterable[Half], item: Half) -> bool:
        """Whether a condition follows from others."""
        return self.point((*halves, item.opposite)) is None

    def irredundant(self, region: Region, given: Region = EVERYWHERE) -> Region:
        """The region by conditions none of which follows from the others and the ``given`` ones."""
        kept = list(region.halves)
        for item in region.halves:
            others = [other for other in kept if other != item]
            if self.implies((*given.halves, *others), item):
                kept = others
        return Region(tuple(kept))

    def _named(self, key: object, formula: Callable[..., Any], *arguments: object) -> Any:
        if key not in self._names:
            name = self._names[key] = z3.Bool(f"condition {len(self._names)}", self._solver.context)
            self._solver.add(z3.Implies(name, formula(*arguments)))
        return self._names[key]

    def _term(self, item: Half) -> Any:
        total, limit = self._sum(item.factors), self._number(item.limit)
        return total < limit if item.strict else total <= limit

    def _outside(self, region: Region) -> Any:
        items = [self._term(item.opposite) for item in region.halves]
        return z3.Or(items) if items else z3.BoolVal(False, self._solver.context)

    def _on(self, border: Border) -> Any:
        return self._sum(border[0]) == self._number(border[1])

    def _off(self, border: Border, margin: Fraction) -> Any:
        factors, limit = border
        away = margin * max(abs(factor) for _, factor in factors)
        total = self._sum(factors)
        return z3.Or(total < self._number(limit - away), total > self._number(limit + away))

    def _sum(self, factors: Iterable[tuple[str, int]]) -> Any:
        zero = self._number(Fraction(0))
        return z3.Sum(zero, *(factor * self._reals[name] for name, factor in factors))

    def _number(self, value: Fraction) -> Any:
        return z3.RealVal(str(value), self._solver.context)
