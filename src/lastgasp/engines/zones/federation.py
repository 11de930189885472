"""Unions of zones as lists, and where time alone leads into them before it leads into others."""

from __future__ import annotations

from collections.abc import Iterable

from lastgasp.engines.zones.dbm import INF, LE_ZERO, Zone, constrained, earlier, includes, later, without

Federation = list[Zone]


def meet(zone: Zone, n: int, other: Zone) -> Zone | None:
    """The intersection of two zones."""
    bounds = ((i, j, other[i * n + j]) for i in range(n) for j in range(n) if i != j)
    return constrained(zone, n, [bound for bound in bounds if bound[2] < INF])


def common(zones: Iterable[Zone], n: int, others: Iterable[Zone]) -> Federation:
    """What lies in both unions."""
    others = list(others)
    found = (meet(zone, n, other) for zone in zones for other in others)
    return reduced(zone for zone in found if zone is not None)


def less(zones: Iterable[Zone], n: int, others: Iterable[Zone]) -> Federation:
    """What lies in the first union and not in the second; disjoint where the first is."""
    others = list(others)
    return [piece for zone in zones for piece in without(zone, n, others)]


def reduced(zones: Iterable[Zone]) -> Federation:
    """The same union without zones that lie in another one of it."""
    kept: Federation = []
    for zone in zones:
        if not any(includes(other, zone) for other in kept):
            kept = [other for other in kept if not includes(zone, other)]
            kept.append(zone)
    return kept


def merged(zones: Iterable[Zone], n: int) -> Federation:
    """The same union in fewer zones: two that together are convex become one."""
    waiting, kept = reduced(zones), list[Zone]()
    while waiting:
        zone = waiting.pop()
        for other in kept:
            hull = tuple(map(max, zone, other))
            if not without(hull, n, [zone, other]):
                kept.remove(other)
                waiting.append(hull)
                break
        else:
            kept.append(zone)
    return kept


def strictly_later(zone: Zone, n: int) -> Zone:
    """Every valuation reached by letting a positive time pass."""
    matrix = list(later(zone, n))
    for j in range(1, n):
        matrix[j] &= ~1  # every clock exceeds its least value, and then all do by a common amount
    return tuple(matrix)


def reaches_first(good: Iterable[Zone], n: int, bad: Iterable[Zone]) -> Federation:
    """The valuations from which some delay ends in ``good`` with nothing of ``bad`` before its end.

    The end itself may be bad: take ``bad`` out of ``good`` first where it must not. The timed predecessor of Cassez,
    David, Fleury, Larsen, Lime (2005, theorem 3), for zones one by one: of all delays into a zone that avoid one bad
    zone each, the shortest avoids them all.
    """
    bad = list(bad)
    found: Federation = []
    for goal in good:
        past = earlier(goal, n)
        ways = [past]
        for zone in bad:
            if meet(past, n, zone) is None:
                continue
            untouched = [earlier(piece, n) for piece in without(goal, n, [strictly_later(zone, n)])]
            ways = common(ways, n, [goal, *untouched, *without(past, n, [earlier(zone, n)])])
        found += ways
    return reduced(found)


def with_stopwatch(zone: Zone, n: int) -> Zone:
    """The zone with one more clock, the last one, that shows any time at all."""
    rows = [[*zone[i * n : (i + 1) * n], zone[i * n]] for i in range(n)]
    rows.append([INF] * n + [LE_ZERO])
    rows[0][n] = LE_ZERO
    return tuple(bound for row in rows for bound in row)
