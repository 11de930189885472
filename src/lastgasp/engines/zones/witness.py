"""From a path through zones to a run with exact times.

The instants of the steps are unknowns; guards and bounds are constraints on their differences. The canonical form of
that system (Floyd and Warshall over exact rationals) lets them be chosen one after the other: the earliest instant that
is possible, one second later where that one is excluded, else the middle of what is left.
"""

from __future__ import annotations

from fractions import Fraction

from lastgasp.engines.zones.automaton import Automaton
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
    path: list[Node] = []
    node: Node | None = ending.node
    while node is not None:
        path.append(node)
        node = node.parent
    path.reverse()
    times = _Times(automaton, len(path) + 1)
    for number, node in enumerate(path):
        if node.edge is not None:
            times.step(node.edge.restart, number)
        times.require(node.entry, number)
        times.wait(node, number)
        leaving = path[number + 1].edge if number + 1 < len(path) else None
        if leaving is not None:
            times.require(leaving.guard, number + 1)
    times.require(ending.guard, len(path))
    times.hurry(len(path) - 1 - hurry, len(path) - 1)
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


class _Times:
    """Constraints on the instants ``t_0 = 0 <= t_1 <= ...``; step ``k`` happens at ``t_k``."""

    def __init__(self, automaton: Automaton, count: int) -> None:
        self.automaton = automaton
        self.count = count
        self.restarted: dict[str, int] = {}
        self.bounds: Bounds = [[None] * count for _ in range(count)]
        for k in range(1, count):
            self._bound(k - 1, k, Fraction(0), True)

    def _bound(self, i: int, j: int, value: Fraction, closed: bool) -> None:
        if i == j and (value, closed) < (Fraction(0), True):
            raise NoRun
        known = self.bounds[i][j]
        if i != j and (known is None or (value, closed) < known):
            self.bounds[i][j] = (value, closed)

    def step(self, restart: frozenset[str], at: int) -> None:
        for clock in restart:
            self.restarted[clock] = at

    def require(self, guard: Guard, at: int) -> None:
        """The guard holds at instant ``at``."""
        for clock, upper, raw in guard:
            since = self.restarted.get(clock, 0)
            value, closed = Fraction(raw >> 1, self.automaton.scale), bool(raw & 1)
            self._bound(*((at, since) if upper else (since, at)), value, closed)

    def hurry(self, first: int, last: int) -> None:
        """Between these two instants lies at most one time unit."""
        if first < last:
            self._bound(last, first, Fraction(1, self.automaton.scale), True)

    def wait(self, node: Node, at: int) -> None:
        """From ``at`` to the next instant, time passes as the node permits."""
        if node.still:
            self._bound(at + 1, at, Fraction(0), True)
            return
        self.require(tuple((limit.clock, True, limit.raw) for limit in limits_of(self.automaton, node)), at + 1)

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
                    self._bound(i, j, first[0] + second[0], first[1] and second[1])
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
