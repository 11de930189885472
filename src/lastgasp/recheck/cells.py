"""Zones as sets of constraints on differences of named clocks: an arithmetic of its own, for rechecking only.

``zone[x, y] = raw`` says that ``x - y`` is at most ``raw >> 1`` time units, less than it where ``raw`` is even. The
clock ``""`` is the constant 0. Every clock is at least 0; one that a zone does not mention is otherwise unconstrained.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import inf

Pair = tuple[str, str]
Zone = dict[Pair, int]
Constraint = tuple[str, str, int]


def closed(constraints: Mapping[Pair, int]) -> Zone | None:
    """The canonical form of a set of constraints, or ``None`` where nothing satisfies them."""
    return also({}, [(x, y, raw) for (x, y), raw in constraints.items()])


def also(zone: Zone, constraints: Iterable[Constraint]) -> Zone | None:
    """A canonical zone with more constraints, canonical again; ``None`` where nothing satisfies them."""
    found: Zone | None = None
    for x, y, raw in constraints:
        if zone.get((x, y), raw + 1) <= raw and (not x or ("", x) in zone) and (not y or ("", y) in zone):
            continue
        back = zone.get((y, x))
        if back is not None and back + raw - ((back | raw) & 1) < 1:
            return None
        if found is None:
            zone = found = dict(zone)
        for clock in (x, y):
            if clock and ("", clock) not in found:
                found.update({(a, clock): bound for (a, b), bound in found.items() if b == ""})
                found["", clock] = 1
        if found.get((x, y), raw + 1) <= raw:
            continue
        back = found.get((y, x))
        if back is not None and back + raw - ((back | raw) & 1) < 1:
            return None
        found[x, y] = raw
        before = [(a, bound) for (a, b), bound in found.items() if b == x and a != y]
        after = [(b, bound) for (a, b), bound in found.items() if a == y and b != x]
        before.append((x, 1))
        after.append((y, 1))
        for a, first in before:
            start = first + raw - ((first | raw) & 1)
            for b, second in after:
                if a == b:
                    continue
                through = start + second - ((start | second) & 1)
                if found.get((a, b), through + 1) > through:
                    found[a, b] = through
    return zone


def both(zone: Zone, other: Zone) -> Zone | None:
    """The intersection of two zones."""
    return also(zone, [(x, y, raw) for (x, y), raw in other.items()])


def within(zone: Zone, other: Zone) -> bool:
    """Whether a canonical zone lies in another."""
    for pair, raw in other.items():
        # a clock that the zone does not mention is at least 0 and has no upper bound
        if zone.get(pair, inf if pair[0] else 1) > raw:
            return False
    return True


def minus(zone: Zone, other: Zone) -> Iterator[Zone]:
    """Disjoint zones that together are ``zone`` without ``other``; ``zone`` itself where they do not meet."""
    if both(zone, other) is None:
        yield zone
        return
    for (x, y), raw in other.items():
        outside = also(zone, [(y, x, 1 - raw)])
        if outside is not None:
            yield outside
        inside = also(zone, [(x, y, raw)])
        if inside is None:
            return
        zone = inside


def without(zones: Iterable[Zone], others: Iterable[Zone]) -> list[Zone]:
    """Disjoint zones that together are ``zones`` without any of ``others``."""
    rest = list(zones)
    for other in others:
        rest = [piece for zone in rest for piece in minus(zone, other)]
    return rest


def restarted(zone: Zone, restart: Iterable[str]) -> Zone:
    """The zone after the clocks in ``restart`` have been set to 0."""
    restart = list(restart)
    found = {pair: raw for pair, raw in zone.items() if pair[0] not in restart and pair[1] not in restart}
    bounds = [(pair, raw) for pair, raw in found.items() if "" in pair]
    for clock in restart:
        found[clock, ""] = found["", clock] = 1
        for (x, y), raw in bounds:
            found[x or clock, y or clock] = raw
        for other in restart:
            if other != clock:
                found[clock, other] = 1
    return found


def before_restart(zone: Zone, restart: Iterable[str]) -> Zone | None:
    """Every valuation that restarting these clocks leads into the zone."""
    restart = set(restart)
    zeros = [pair for clock in restart for pair in ((clock, "", 1), ("", clock, 1))]
    met = also(zone, zeros)
    return None if met is None else {pair: raw for pair, raw in met.items() if not restart.intersection(pair)}


def later(zone: Zone) -> Zone:
    """Every valuation reached by letting time pass."""
    return {pair: raw for pair, raw in zone.items() if pair[1] != ""}


def earlier(zone: Zone) -> Zone:
    """Every valuation from which time alone leads into the zone."""
    low: dict[str, int] = {}
    for (x, clock), raw in zone.items():
        if clock:
            low[clock] = min(low.get(clock, 1), raw if x else 1)
    return zone | {("", clock): raw for clock, raw in low.items()}
