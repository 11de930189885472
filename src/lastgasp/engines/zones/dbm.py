"""Difference bound matrices over the integers (Dill 1989; Bengtsson and Yi 2004).

A zone over clocks ``1 .. n-1`` is a canonical matrix as a flat tuple of ``n * n`` bounds; index 0 is the constant 0.
Entry ``(i, j)`` bounds ``x_i - x_j``. A bound ``(c, <=)`` is the integer ``2 * c + 1``, ``(c, <)`` is ``2 * c``, no
bound is :data:`INF`; so the usual order of integers is the order of bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import ge

INF = 1 << 60
LE_ZERO = 1
LT_ZERO = 0
NEVER = -INF
"""Instead of a largest constant: there is no comparison."""

Zone = tuple[int, ...]
Constraint = tuple[int, int, int]
"""``(i, j, bound)``: ``x_i - x_j`` within ``bound``."""


def bound(value: int, strict: bool) -> int:
    """The bound ``< value`` or ``<= value``."""
    return 2 * value + (not strict)


def negated(raw: int) -> int:
    """The bound of ``x_j - x_i`` that says the opposite of ``x_i - x_j`` within ``raw``."""
    return 1 - raw


def add(a: int, b: int) -> int:
    """The sum of two finite bounds."""
    return a + b - ((a | b) & 1)


def zero(n: int) -> Zone:
    """The zone in which every clock is 0."""
    return (LE_ZERO,) * (n * n)


def close(matrix: list[int], n: int) -> bool:
    """Make a matrix canonical in place (Floyd and Warshall). False if the zone is empty."""
    for k in range(n):
        row_k = k * n
        for i in range(n):
            ik = matrix[i * n + k]
            if ik >= INF:
                continue
            row_i = i * n
            for j in range(n):
                kj = matrix[row_k + j]
                if kj < INF:
                    through = ik + kj - ((ik | kj) & 1)
                    if through < matrix[row_i + j]:
                        matrix[row_i + j] = through
        if matrix[row_k + k] < LE_ZERO:
            return False
    return all(matrix[i * n + i] >= LE_ZERO for i in range(n))


def constrained(zone: Zone, n: int, constraints: Iterable[Constraint]) -> Zone | None:
    """The part of a canonical zone that satisfies the constraints; ``None`` if it is empty."""
    matrix: list[int] | None = None
    current: Sequence[int] = zone
    for i, j, raw in constraints:
        if raw >= current[i * n + j]:
            continue
        back = current[j * n + i]
        if back < INF and back + raw - ((back | raw) & 1) < LE_ZERO:
            return None
        if matrix is None:
            matrix = list(zone)
            current = matrix
        matrix[i * n + j] = raw
        for a in range(n):
            ai = matrix[a * n + i]
            if ai >= INF:
                continue
            first = ai + raw - ((ai | raw) & 1)
            row = a * n
            for b in range(n):
                jb = matrix[j * n + b]
                if jb < INF:
                    through = first + jb - ((first | jb) & 1)
                    if through < matrix[row + b]:
                        matrix[row + b] = through
    return zone if matrix is None else tuple(matrix)


def both(zone: Zone, n: int, other: Zone) -> Zone | None:
    """The intersection of two canonical zones; ``None`` if it is empty."""
    return constrained(zone, n, [(i, j, other[i * n + j]) for i in range(n) for j in range(n) if i != j])


def scaled(zone: Zone, factor: int) -> Zone:
    """The same zone in a time unit that is ``factor`` times finer."""
    return tuple([raw if raw >= INF else 2 * (raw >> 1) * factor + (raw & 1) for raw in zone])


def later(zone: Zone, n: int) -> Zone:
    """Every valuation reached by letting time pass."""
    matrix = list(zone)
    for i in range(1, n):
        matrix[i * n] = INF
    return tuple(matrix)


def earlier(zone: Zone, n: int) -> Zone:
    """Every valuation from which time alone leads into the zone; canonical because the differences are kept."""
    matrix = list(zone)
    for j in range(1, n):
        matrix[j] = min(LE_ZERO, *zone[j + n :: n])
    return tuple(matrix)


def gathered(zone: Zone, n: int, sources: Sequence[int]) -> Zone:
    """The zone over new clocks: clock ``k`` of the result is clock ``sources[k]``, or restarted where that is 0.

    ``sources[0]`` is 0. Projection, permutation and restart in one step; the result is canonical.
    """
    return tuple([zone[a * n + b] for a in sources for b in sources])


def before_restart(zone: Zone, n: int, sources: Sequence[int], size: int) -> Zone | None:
    """The inverse of :func:`gathered`: every valuation of ``size - 1`` clocks that ``gathered`` maps into ``zone``.

    ``None`` where there is none: a clock that ``sources`` restarts is not 0 anywhere in ``zone``.
    """
    matrix = [INF] * (size * size)
    for k in range(size):
        matrix[k * size + k] = LE_ZERO
        matrix[k] = min(matrix[k], LE_ZERO)
    for a in range(n):
        for b in range(n):
            cell = sources[a] * size + sources[b]
            matrix[cell] = min(matrix[cell], zone[a * n + b])
    return tuple(matrix) if close(matrix, size) else None


def includes(big: Zone, small: Zone) -> bool:
    """Whether ``small`` lies inside ``big``; both canonical, not empty."""
    return all(map(ge, big, small))


def extrapolated(zone: Zone, n: int, lower: Sequence[int], upper: Sequence[int]) -> Zone:
    """Extra_LU+ (Behrmann, Bouyer, Larsen, Pelanek 2006): forget what no comparison to come can tell.

    ``lower[i]`` is the largest constant that clock ``i`` may still have to exceed or to reach, ``upper[i]`` the largest
    that it may still have to stay below; :data:`NEVER` where there is none; both 0 for index 0. Every valuation in the
    result is simulated by one in ``zone``, so what can be reached stays as it is. Where ``lower`` equals ``upper`` this
    is Extra_M+: valuations are then bisimilar to some in ``zone``, and deadlocks stay as they are too.
    """
    above_lower = [False] + [-(zone[i] >> 1) > lower[i] for i in range(1, n)]
    above_upper = [False] + [-(zone[i] >> 1) > upper[i] for i in range(1, n)]
    matrix = list(zone)
    changed = False
    for i in range(n):
        for j in range(n):
            raw = zone[i * n + j]
            if i == j or raw >= INF:
                continue
            if i != 0 and ((raw >> 1) > lower[i] or above_lower[i] or above_upper[j]):
                matrix[i * n + j] = INF
                changed = True
            elif i == 0 and above_upper[j]:
                matrix[j] = 2 * -upper[j] if upper[j] >= 0 else LE_ZERO
                changed = changed or matrix[j] != raw
    if not changed:
        return zone
    close(matrix, n)
    return tuple(matrix)


def minus(zone: Zone, n: int, other: Zone) -> Iterator[Zone]:
    """Disjoint zones that together are ``zone`` without ``other``; ``zone`` itself where they do not meet."""
    if includes(other, zone):
        return
    if both(zone, n, other) is None:
        yield zone
        return
    rest = zone
    for i in range(n):
        for j in range(n):
            raw = other[i * n + j]
            if i == j or raw >= INF or rest[i * n + j] <= raw:
                continue
            outside = constrained(rest, n, [(j, i, negated(raw))])
            if outside is not None:
                yield outside
            inside = constrained(rest, n, [(i, j, raw)])
            if inside is None:
                return
            rest = inside


def without_one(zones: Iterable[Zone], n: int, other: Zone) -> list[Zone]:
    """Disjoint zones that together are ``zones`` without ``other``."""
    return [piece for zone in zones for piece in minus(zone, n, other)]


def without(zone: Zone, n: int, others: Iterable[Zone]) -> list[Zone]:
    """Disjoint zones that together are ``zone`` without any of ``others``."""
    rest = [zone]
    for other in others:
        rest = without_one(rest, n, other)
        if not rest:
            break
    return rest
