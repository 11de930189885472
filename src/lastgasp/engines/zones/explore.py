"""The zone graph: forward reachability with inclusion (Daws and Tripakis 1998; Behrmann et al. 2006).

A node is a location with a zone of the clocks that matter there, closed under the delays that its bounds permit. An
entry past a bound is a node of its own, in which no time passes. The order of the search is a parameter: the first
error in breadth-first order has the fewest steps, others may need fewer nodes.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from lastgasp.engines.zones.automaton import Automaton, Edge, Limit, Location
from lastgasp.engines.zones.caps import Capped, Caps
from lastgasp.engines.zones.dbm import (
    Constraint,
    Zone,
    constrained,
    extrapolated,
    gathered,
    includes,
    later,
    negated,
    zero,
)

WIDE = 1 << 40
"""Wider than any finite bound: where a zone has no bound."""

Guard = tuple[tuple[str, bool, int], ...]


@dataclass(slots=True, eq=False)
class Node:
    """A symbolic state. ``still``: no time passes. ``entry``: what the way in assumed about clocks at that instant."""

    index: int
    location: Location
    clocks: tuple[str, ...]
    zone: Zone
    still: bool
    entry: Guard
    parent: Node | None
    edge: Edge | None
    depth: int
    covered: Node | None = None

    @property
    def size(self) -> int:
        """The dimension of the zone."""
        return len(self.clocks) + 1

    @property
    def cover(self) -> Node:
        """The stored node whose zone includes this one's; itself if none does."""
        node = self
        while node.covered is not None:
            node = node.covered
        return node

    def constraints(self, guard: Guard) -> list[Constraint]:
        """A guard as constraints on this node's zone. A clock that does not matter here must not occur."""
        row = {clock: index for index, clock in enumerate(self.clocks, 1)}
        return [(row[clock], 0, raw) if upper else (0, row[clock], raw) for clock, upper, raw in guard]

    def cut(self, guard: Guard) -> Zone | None:
        """The part of the zone that satisfies a guard, or ``None``."""
        return constrained(self.zone, self.size, self.constraints(guard))


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run found through zones ends: in ``node``, by ``edge`` or by a delay, under ``guard``.

    ``apart``: then the first clock is ahead of the second (``""`` is always 0) within a bound, counted in ``finer``
    parts of a time unit. ``lasting``: what is wrong there stays so under further sentences that the run obeys, as these
    only take steps and time away.
    """

    node: Node
    edge: Edge | None
    guard: Guard
    apart: tuple[tuple[str, str, int], ...] = ()
    finer: int = 1
    lasting: bool = False


@dataclass
class Graph:
    """What was explored. ``complete`` only if every reachable symbolic state was expanded."""

    automaton: Automaton
    nodes: list[Node] = field(default_factory=list)
    arcs: list[tuple[int, int, Edge]] = field(default_factory=list)
    broken: Ending | None = None
    overflow: Ending | None = None
    premise: Ending | None = None
    complete: bool = False
    depth: int = 0

    @property
    def kept(self) -> Iterator[Node]:
        """The nodes that no other node covers: together, all that is reachable."""
        return (node for node in self.nodes if node.covered is None)


@dataclass(slots=True)
class Budget:
    """How long to search: a number of nodes, and an instant of the monotonic clock in seconds."""

    nodes: int = 2_000_000
    until: float | None = None
    progress: Callable[[int, int], None] | None = None
    megabytes: int | None = None

    @property
    def late(self) -> bool:
        """Whether the time is over."""
        return self.until is not None and time.monotonic() > self.until

    def spent(self, found: int, depth: int) -> bool:
        """Whether the search must stop; reports progress now and then."""
        if found % 512 == 0 and self.progress:
            self.progress(found, depth)
        if found % 512 == 0 and self.megabytes is not None and peak_megabytes() > self.megabytes:
            return True
        return found >= self.nodes or (found % 64 == 0 and self.late)


ORDERS = ("breadth", "depth", "wide")
"""In which order nodes are looked at: as they were found, the last first, or the largest zone first."""


class _Waiting:
    """The nodes that wait, in one of :data:`ORDERS`."""

    def __init__(self, order: str) -> None:
        self.order = order
        self._queue: deque[Node] = deque()
        self._heap: list[tuple[int, int, Node]] = []

    def add(self, node: Node) -> None:
        if self.order == "wide":
            heappush(self._heap, (-sum(min(raw, WIDE) for raw in node.zone), node.index, node))
        else:
            self._queue.append(node)

    def next(self) -> Node | None:
        if self.order == "wide":
            return heappop(self._heap)[2] if self._heap else None
        if not self._queue:
            return None
        return self._queue.popleft() if self.order == "breadth" else self._queue.pop()


def peak_megabytes() -> float:
    """The most memory that this process has used so far; 0 where the system does not tell."""
    try:
        import resource  # noqa: PLC0415 (not on every system)
    except ImportError:
        return 0.0
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1 << 20 if sys.platform == "darwin" else 1 << 10)


class Explorer:
    """Explores an automaton.

    ``exact``: abstract so that deadlocks stay as they are, which :mod:`analysis` needs; otherwise so that what can be
    reached stays as it is, with fewer nodes.
    """

    def __init__(self, automaton: Automaton, *, exact: bool) -> None:
        self.automaton = automaton
        self.caps = Caps(automaton.system, automaton.scale, exact=exact)
        self._forgotten: dict[tuple[Zone, Capped, tuple[Constraint, ...]], Zone] = {}

    def explore(self, budget: Budget, *, order: str = "breadth", stop: bool = True) -> Graph:
        """The zone graph: up to the first error if ``stop``, else all of it, within the budget."""
        graph = Graph(self.automaton)
        passed: dict[tuple[Location, bool], list[Node]] = {}
        waiting = _Waiting(order)

        def reach(
            location: Location, clocks: tuple[str, ...], entry: Zone, parent: Node | None, edge: Edge | None
        ) -> None:
            for zone, still, assumed in self.settled(location, clocks, entry):
                known = passed.setdefault((location, still), [])
                for other in known:
                    if includes(other.zone, zone):
                        if parent is not None and edge is not None:
                            graph.arcs.append((parent.index, other.index, edge))
                        break
                else:
                    depth = parent.depth + 1 if parent else 0
                    node = Node(len(graph.nodes), location, clocks, zone, still, assumed, parent, edge, depth)
                    for other in known:
                        if includes(zone, other.zone):
                            other.covered = node
                    known[:] = [other for other in known if other.covered is None]
                    known.append(node)
                    graph.nodes.append(node)
                    graph.depth = depth
                    if parent is not None and edge is not None:
                        graph.arcs.append((parent.index, node.index, edge))
                    waiting.add(node)

        first = self.automaton.initial
        clocks = self.caps.of(first).clocks
        reach(first, clocks, zero(len(clocks) + 1), None, None)
        while (node := waiting.next()) is not None:
            if budget.spent(len(graph.nodes), graph.depth):
                return graph
            if node.covered is not None and (order != "breadth" or node.covered.depth <= node.depth):
                continue  # a deeper node that covers this one does not stand for it: runs from here are shorter
            self._look(graph, node)
            if graph.overflow or (graph.broken and stop):
                return graph
            for edge, target, target_clocks, entry in self.successors(node):
                reach(target, target_clocks, entry, node, edge)
        graph.complete = True
        return graph

    def _look(self, graph: Graph, node: Node) -> None:
        """Errors by delay, errors and overflows by step, and the goal's premise, in this node."""
        automaton = self.automaton
        goal = automaton.system.goal
        if not node.still and graph.broken is None:
            for limit in automaton.goal_limits(node.location):
                beyond: Guard = ((limit.clock, False, negated(limit.raw)),)
                if node.cut(beyond) is not None:
                    graph.broken = Ending(node, None, beyond)
                    break
        if goal is not None and graph.premise is None:
            decided = automaton.decided(goal.premise_now, node.location)
            graph.premise = next(
                (Ending(node, None, guard) for guard, truth in decided if truth and node.cut(guard) is not None), None
            )
        for edge in automaton.edges(node.location):
            if edge.forbidden or not (edge.breaks or edge.overflow or (edge.premise and graph.premise is None)):
                continue
            if node.cut(edge.guard) is None:
                continue
            if edge.premise and graph.premise is None:
                graph.premise = Ending(node, edge, edge.guard)
            if edge.overflow and graph.overflow is None:
                graph.overflow = Ending(node, edge, edge.guard)
            if edge.breaks and graph.broken is None:
                graph.broken = Ending(node, edge, edge.guard)

    def successors(self, node: Node) -> Iterator[tuple[Edge, Location, tuple[str, ...], Zone]]:
        """Each permitted edge with the zone at the instant of its arrival, over the clocks that matter there."""
        rows = {clock: index for index, clock in enumerate(node.clocks, 1)}
        for edge in self.automaton.edges(node.location):
            if edge.forbidden or edge.overflow:
                continue
            zone = node.cut(edge.guard)
            if zone is None:
                continue
            clocks = self.caps.of(edge.target).clocks
            sources = [0, *(0 if clock in edge.restart else rows[clock] for clock in clocks)]
            yield edge, edge.target, clocks, gathered(zone, node.size, sources)

    def settled(self, location: Location, clocks: tuple[str, ...], entry: Zone) -> Iterator[tuple[Zone, bool, Guard]]:
        """An arriving zone, closed under the delays that are permitted there, or split where a bound is passed."""
        n = len(clocks) + 1
        if self.automaton.is_still(location):
            yield self._forget(location, entry), True, ()
            return
        rows = {clock: index for index, clock in enumerate(clocks, 1)}
        limits = self.automaton.limits(location)
        inside, assumed = entry, list[tuple[str, bool, int]]()
        for limit in limits:
            row = rows[limit.clock]
            outside = constrained(inside, n, [(0, row, negated(limit.raw))])
            if outside is None:
                continue
            past = (*assumed, (limit.clock, False, negated(limit.raw)))
            yield self._forget(location, outside, [(0, row, negated(limit.raw))]), True, past
            assumed.append((limit.clock, True, limit.raw))
            within = constrained(inside, n, [(row, 0, limit.raw)])
            if within is None:
                return
            inside = within
        bounds = [(rows[limit.clock], 0, limit.raw) for limit in limits]
        waited = constrained(later(inside, n), n, bounds)
        assert waited is not None
        yield self._forget(location, waited, bounds), False, tuple(assumed)

    def _forget(self, location: Location, zone: Zone, bounds: Sequence[Constraint] = ()) -> Zone:
        """The zone without what cannot matter here, still within ``bounds``; zones repeat, each is worked out once."""
        caps = self.caps.of(location)
        key = (zone, caps, tuple(bounds))
        known = self._forgotten.get(key)
        if known is None:
            wider = extrapolated(zone, len(caps.lower), caps.lower, caps.upper)
            kept = constrained(wider, len(caps.lower), bounds)
            assert kept is not None
            known = self._forgotten[key] = kept
        return known


def limits_of(automaton: Automaton, node: Node) -> tuple[Limit, ...]:
    """The bounds that time must not leave in this node; none where time stands still anyway."""
    return () if node.still else automaton.limits(node.location)
