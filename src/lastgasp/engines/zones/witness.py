"""From a path through zones to a run with exact times.

The instants of the steps are unknowns; guards and bounds are constraints on their differences. The canonical form of
that system (Floyd and Warshall over exact rationals) lets them be chosen one after the other: the earliest instant that
is possible, one second later where that one is excluded, else the middle of what is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from lastgasp.engines.zones.automaton import Automaton
from lastgasp.engines.zones.dbm import LE_ZERO
from lastgasp.engines.zones.explore import Ending, Guard, Node, limits_of
from lastgasp.trace import Step


class NoRun(Exception):
    """The constraints on the instants contradict each other: the ending names what only the abstraction contains."""


Bounds = list[list[tuple[Fraction, bool] | None]]
"""``bounds[i][j]``: ``t_i - t_j`` at most the value, less than it where the flag is ``False``; ``None``: no bound."""


def run_of(automaton: Automaton, ending: Ending, hurry: int = 0) -> tuple[list[tuple[Fraction, Step]], Fraction]:
    """Delays (seconds) and steps of a run that ends as ``ending`` says, and the rest after its last step.

    The last ``hurry`` steps all happen within one time unit. :class:`NoRun` where there is none.
    """
    path = path_to(ending.node)
    times = _Times(len(path) + 1)
    for i, j, raw in spans(automaton, path, ending.guard):
        times.bound(i, j, Fraction(raw >> 1, automaton.scale), bool(raw & 1))
    since = _restarts(path) | {"": len(path)}
    for ahead, behind, raw in ending.apart:
        value = Fraction(raw >> 1, automaton.scale * ending.finer)
        times.bound(since.get(behind, 0), since.get(ahead, 0), value, bool(raw & 1))
    if hurry:
        times.bound(len(path) - 1, len(path) - 1 - hurry, Fraction(1, automaton.scale), True)
    instants = times.solved()
    moves = [
        (instants[number] - instants[number - 1], node.edge.step)
        for number, node in enumerate(path)
        if node.edge is not None
    ]
    rest = instants[len(path)] - instants[len(path) - 1]
    if ending.edge is not None:
        return [*moves, (rest, ending.edge.step)], Fraction(0)
    return moves, rest


def path_to(node: Node | None) -> list[Node]:
    """The nodes on the way to one, the first first."""
    path: list[Node] = []
    while node is not None:
        path.append(node)
        node = node.parent
    return path[::-1]


def _restarts(path: Sequence[Node]) -> dict[str, int]:
    """The last step of a path that restarts each clock."""
    return {clock: number for number, node in enumerate(path) if node.edge for clock in node.edge.restart}


def spans(automaton: Automaton, path: Sequence[Node], guard: Guard) -> Iterator[tuple[int, int, int]]:
    """What a path says of its instants ``t_0 = 0 <= t_1 <= ...``: ``t_i - t_j`` within a bound (see :mod:`dbm`).

    Step ``k`` leads to node ``k`` of the path, at ``t_k``; the path ends one instant later, under ``guard``.
    """
    restarted: dict[str, int] = {}

    def required(guard: Guard, at: int) -> Iterator[tuple[int, int, int]]:
        for clock, upper, raw in guard:
            since = restarted.get(clock, 0)
            yield (at, since, raw) if upper else (since, at, raw)

    for number, node in enumerate(path):
        yield number, number + 1, LE_ZERO
        restarted.update(dict.fromkeys(node.edge.restart if node.edge else (), number))
        yield from required(node.entry, number)
        if node.still:
            yield number + 1, number, LE_ZERO
        else:
            limits = tuple((limit.clock, True, limit.raw) for limit in limits_of(automaton, node))
            yield from required(limits, number + 1)
        leaving = path[number + 1].edge if number + 1 < len(path) else None
        yield from required(leaving.guard if leaving else guard, number + 1)


class _Times:
    """Constraints on the instants ``t_0 = 0 <= t_1 <= ...``; step ``k`` happens at ``t_k``."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.bounds: Bounds = [[None] * count for _ in range(count)]

    def bound(self, i: int, j: int, value: Fraction, closed: bool) -> None:
        """``t_i - t_j`` is at most the value, or less; :class:`NoRun` where that contradicts itself."""
        if i == j and (value, closed) < (Fraction(0), True):
            raise NoRun
        known = self.bounds[i][j]
        if i != j and (known is None or (value, closed) < known):
            self.bounds[i][j] = (value, closed)

    def solved(self) -> list[Fraction]:
        """The instants in seconds."""
        bounds, n = self.bounds, self.count
        for k in range(n):
            for i in range(n):
                first = bounds[i][k]
                if first is None or i == k:
                    continue
                for j in range(n):
                    second = bounds[k][j]
                    if second is None:
                        continue
                    self.bound(i, j, first[0] + second[0], first[1] and second[1])
        instants = [Fraction(0)]
        for k in range(1, n):
            low, low_closed = Fraction(0), True
            high: tuple[Fraction, bool] | None = None
            for i, instant in enumerate(instants):
                below, above = bounds[i][k], bounds[k][i]
                if below is not None and (instant - below[0], not below[1]) > (low, not low_closed):
                    low, low_closed = instant - below[0], below[1]
                if above is not None and (high is None or (instant + above[0], above[1]) < high):
                    high = (instant + above[0], above[1])
            instants.append(_chosen(low, low_closed, high))
        return instants


def _chosen(low: Fraction, closed: bool, high: tuple[Fraction, bool] | None) -> Fraction:
    if closed:
        return low
    later = low + 1
    if high is None or later < high[0] or (later == high[0] and high[1]):
        return later
    return (low + high[0]) / 2
