"""Sets of parameter values with linear borders, in exact arithmetic.

A :class:`Half` is one linear condition on durations, a :class:`Region` the conjunction of some: a convex set, each of
its faces with or without its points. What needs a search (is it empty, does it lie in another) is asked elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from lastgasp.expr import Compare, Const, Expr, Param, Times, conj, plus

Border = tuple[tuple[tuple[str, int], ...], Fraction]
"""A hyperplane: factors of parameters, and what their sum is on it."""


@dataclass(frozen=True, slots=True, order=True)
class Half:
    """``sum of factor * parameter <= limit`` (seconds), or ``<`` if ``strict``. Made by :func:`half` only."""

    factors: tuple[tuple[str, int], ...]
    limit: Fraction
    strict: bool

    def holds(self, point: Mapping[str, Fraction]) -> bool:
        """Whether the condition is true at a point."""
        total = self.at(point)
        return total < self.limit or (total == self.limit and not self.strict)

    def at(self, point: Mapping[str, Fraction]) -> Fraction:
        """The left side at a point, in seconds."""
        return sum((factor * point[name] for name, factor in self.factors), Fraction(0))

    @property
    def opposite(self) -> Half:
        """The condition that is true where this one is false."""
        return Half(tuple((name, -factor) for name, factor in self.factors), -self.limit, not self.strict)

    @property
    def border(self) -> Border:
        """The hyperplane on which both sides are equal, the same for a condition and its opposite."""
        if self.factors and self.factors[0][1] < 0:
            return tuple((name, -factor) for name, factor in self.factors), -self.limit
        return self.factors, self.limit

    @property
    def expr(self) -> Expr:
        """The condition with parameters on both sides, no factor negative."""
        left = [_times(factor, name) for name, factor in self.factors if factor > 0]
        right = [_times(-factor, name) for name, factor in self.factors if factor < 0]
        less, more = "<" if self.strict else "<=", ">" if self.strict else ">="
        if not left:
            return Compare(more, plus(*right), Const(-self.limit))
        if self.limit < 0:
            return Compare(less, plus(*left, Const(-self.limit)), plus(*right))
        return Compare(less, plus(*left), plus(*right, Const(self.limit)))


def _times(factor: int, name: str) -> Expr:
    return Param(name) if factor == 1 else Times(factor, Param(name))


def half(factors: Mapping[str, Fraction | int], limit: Fraction | int, strict: bool = False) -> Half:
    """A condition in its canonical form: whole factors without a common divisor, parameters by name."""
    kept = {name: Fraction(factor) for name, factor in sorted(factors.items()) if factor}
    scale = Fraction(lcm(*(factor.denominator for factor in kept.values())))
    scale /= gcd(*(int(factor * scale) for factor in kept.values())) or 1
    return Half(tuple((name, int(factor * scale)) for name, factor in kept.items()), limit * scale, strict)


@dataclass(frozen=True, slots=True)
class Region:
    """All points at which every condition holds; all points at all where there is none."""

    halves: tuple[Half, ...] = ()

    def holds(self, point: Mapping[str, Fraction]) -> bool:
        """Whether a point lies in the region."""
        return all(item.holds(point) for item in self.halves)

    @property
    def expr(self) -> Expr:
        """The conjunction."""
        return conj(*(item.expr for item in self.halves))

    def also(self, halves: Iterable[Half]) -> Region:
        """The part of the region in which these hold too."""
        return Region(tightest((*self.halves, *halves)))


EVERYWHERE = Region()


def box(ranges: Mapping[str, tuple[Fraction, Fraction]]) -> Region:
    """All values in closed ranges."""
    found = []
    for name, (low, high) in ranges.items():
        found += [half({name: -1}, -low), half({name: 1}, high)]
    return Region(tuple(found))


def tightest(halves: Iterable[Half]) -> tuple[Half, ...]:
    """Of parallel conditions the tightest; those that are always true are left out."""
    found: dict[tuple[tuple[str, int], ...], Half] = {}
    for item in halves:
        if not item.factors and item.holds({}):
            continue
        known = found.get(item.factors)
        if known is None or (item.limit, not item.strict) < (known.limit, not known.strict):
            found[item.factors] = item
    return tuple(found.values())


def projected(halves: Iterable[Half], away: Iterable[str]) -> tuple[Half, ...]:
    """Conditions on the other parameters that hold exactly where some values of those ``away`` satisfy all of them.

    Fourier-Motzkin elimination; a condition without parameters among the result is false, and nothing satisfies it.
    """
    rest = tightest(halves)
    for name in away:
        factors = [(dict(item.factors).get(name, 0), item) for item in rest]
        above, below = [item for f, item in factors if f > 0], [item for f, item in factors if f < 0]
        joined = [_without(name, high, low) for high in above for low in below]
        rest = tightest([*(item for f, item in factors if not f), *joined])
    return rest


def _without(name: str, high: Half, low: Half) -> Half:
    """What an upper and a lower bound of a parameter say together without it."""
    up, down = dict(high.factors), dict(low.factors)
    factors = {key: Fraction(up.get(key, 0), up[name]) - Fraction(down.get(key, 0), down[name]) for key in up | down}
    return half(factors, high.limit / up[name] - low.limit / down[name], high.strict or low.strict)


def widened(region: Region, sides: Mapping[str, bool], *, more: bool) -> Region:
    """The region with every point that permits ``more`` (else: less) than a point in it.

    ``sides``: for each parameter that bounds time on one side only whether that is from above; a larger value then
    permits more, otherwise a smaller one does. The others stay as they are.
    """
    names = {name for item in region.halves for name, _ in item.factors if name in sides}
    moved = {name: f"{name}'" for name in names}
    found = [half({moved.get(n, n): f for n, f in item.factors}, item.limit, item.strict) for item in region.halves]
    for name in sorted(names):
        sign = 1 if sides[name] == more else -1  # the point itself lies at or above the one that it is compared with
        found.append(half({moved[name]: sign, name: -sign}, 0))
    return Region(projected(found, sorted(moved.values())))


UNITS = (Fraction(60), Fraction(10), Fraction(1), Fraction(1, 10))
"""Grids in seconds for simple values, best first."""


def simple(point: Mapping[str, Fraction], halves: Iterable[Half]) -> dict[str, Fraction]:
    """A point near a given one that satisfies the same conditions, by values that are easy to read where there are."""
    asked = [item for item in halves if item.holds(point)]
    found = dict(point)
    for name, value in point.items():
        for unit in UNITS:
            rounded = found | {name: round(value / unit) * unit}
            if all(item.holds(rounded) for item in asked):
                found = rounded
                break
    return found


def flat(borders: Iterable[Border]) -> dict[str, tuple[dict[str, Fraction], Fraction]] | None:
    """The flat on which all borders meet: what each dependent parameter amounts to in those that stay free.

    ``None`` where they do not meet, or one follows from others. By elimination (Gauss and Jordan).
    """
    found: dict[str, tuple[dict[str, Fraction], Fraction]] = {}
    for factors, limit in borders:
        row, constant = _inserted({name: Fraction(f) for name, f in factors}, -limit, found)
        if not row:
            return None
        pivot = next(iter(row))
        own = {name: -f / row[pivot] for name, f in row.items() if name != pivot}
        solved = {pivot: (own, -constant / row[pivot])}
        found = {name: _inserted(sums, rest, solved) for name, (sums, rest) in found.items()} | solved
    return found


def _inserted(
    row: Mapping[str, Fraction], constant: Fraction, known: Mapping[str, tuple[Mapping[str, Fraction], Fraction]]
) -> tuple[dict[str, Fraction], Fraction]:
    """A sum with the parameters that are known replaced by what they amount to."""
    found: dict[str, Fraction] = {}
    for name, factor in row.items():
        sums, more = known.get(name, ({name: Fraction(1)}, Fraction(0)))
        constant += factor * more
        for other, own in sums.items():
            found[other] = found.get(other, Fraction(0)) + factor * own
    return {name: factor for name, factor in found.items() if factor}, constant
