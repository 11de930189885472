"""The explicit region graph (Alur and Dill 1994) of a small network, on top of the reference semantics.

Two situations lie in one *region* if their locations and variables are equal, each clock that can still matter has the
same integer part and the two agree on which fractional parts are zero and on the order of the others. A clock above
the largest constant that it is ever compared with no longer matters ("beyond"). The reference semantics compares
clocks with constants and with nothing else, so all situations of a region have the same steps, and the same next
region as time passes: it is enough to ask ``enabled`` and ``apply`` about one *representative*.

Time is measured in *units*: the greatest common divisor of all constants of the network. Nothing here is clever, and
nothing here is shared with the engines of the library: that is the point.

What is decided about runs that do not go on
--------------------------------------------

*stuck*        no step now nor after any permitted delay, and time cannot go on for ever.
*timelock*     no continuation lets time diverge: stuck, or only endlessly many steps in finite time. Decided with an
               extra clock that nothing reads and that restarts whenever it shows one unit: time diverges exactly on
               the runs that restart it again and again, hence from the regions that reach a cycle through a restart.
*instant loop* a cycle of instantaneous steps (``when`` steps, steps while a state is committed), without delay.

A step that assigns a value out of range is a model error and ends its run. It counts as a step and as a way on: what
is called stuck or a timelock here is so whatever the author meant by that assignment.

Stopwatches (clocks with pauses) have no region graph and are refused.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import TypeVar

import networkx as nx

from lastgasp.expr import Clock, Compare, Expr, Param, Value, children, evaluate
from lastgasp.machine import STATE, TIME_IN_STATE, After, Instance, State, Transition, When
from lastgasp.network import Network
from lastgasp.semantics import RangeError, Semantics, Situation
from lastgasp.trace import Step

Predicate = Callable[[Mapping[str, Value]], bool]
"""Reads locations, variables and outputs by global name (``Semantics.valuation``)."""

Valuation = frozenset[tuple[str, Value]]
"""Locations and variables by global name."""

Reading = tuple[int, int] | None
"""One clock in a region: integer part in units and the rank of its fractional part (0 is zero); None is beyond."""

Readings = tuple[Reading, ...]

Node = TypeVar("Node")

Run = tuple[tuple[tuple[Fraction, Step], ...], Fraction]
"""Delays in seconds and steps in turn, and the rest after the last step: what ``semantics.run`` plays."""


class TooLarge(Exception):
    """The network has more regions than the caller wants to look at."""


class Unsupported(Exception):
    """The network has no finite region graph (a clock that pauses)."""


@dataclass(frozen=True)
class Region:
    """Locations and variables (in the order of ``Network.variables``) and the readings of all clocks."""

    values: tuple[Value, ...]
    readings: Readings


@dataclass(frozen=True)
class Answer:
    """What is true of a network. Each ``..._at`` is the least number of steps needed, or ``None`` for *never*.

    ``bad_run`` is a shortest run to a bad situation, with exact delays. ``valuations`` are the reachable combinations
    of locations and variables, ``regions`` the number of reachable regions.
    """

    bad_at: int | None
    bad_run: Run | None
    valuations: frozenset[Valuation]
    stuck_at: int | None
    timelock_at: int | None
    range_error_at: int | None
    instant_loop_at: int | None
    regions: int

    @property
    def bad(self) -> bool:
        """Whether a bad situation is reachable."""
        return self.bad_at is not None

    @property
    def stuck(self) -> bool:
        """Whether a situation is reachable with no step, now or later, in which time is bounded."""
        return self.stuck_at is not None

    @property
    def timelock(self) -> bool:
        """Whether a situation is reachable from which no continuation lets time diverge. True if ``stuck`` is."""
        return self.timelock_at is not None

    @property
    def range_error(self) -> bool:
        """Whether a step is reachable that assigns a value out of its variable's range (the step is counted)."""
        return self.range_error_at is not None

    @property
    def instant_loop(self) -> bool:
        """Whether an endless chain of instantaneous steps is reachable (counted up to a region on a cycle)."""
        return self.instant_loop_at is not None


def explore(
    network: Network,
    bad: Predicate,
    limit: int = 20_000,
    parameters: Mapping[str, Value] | None = None,
) -> Answer:
    """Decide a network. :class:`TooLarge` above ``limit`` regions, :class:`Unsupported` for stopwatches."""
    graph = RegionGraph(network, limit, parameters)
    found = [region for region in graph.depth if bad(graph.valuation(region))]
    first = min(found, key=graph.depth.__getitem__, default=None)
    return Answer(
        bad_at=None if first is None else graph.depth[first],
        bad_run=None if first is None else graph.run_to(first),
        valuations=frozenset(graph.discrete(region) for region in graph.depth),
        stuck_at=graph.least(graph.stuck()),
        timelock_at=graph.least(graph.timelocked()),
        range_error_at=min((graph.depth[region] + 1 for region in graph.errors), default=None),
        instant_loop_at=graph.least(graph.instant_loops()),
        regions=len(graph.depth),
    )


class RegionGraph:
    """All reachable regions: ``depth`` (least number of steps), ``steps``, ``later`` (the next region in time).

    ``later`` maps a region to itself where all clocks are beyond and time may pass. ``coarse`` keeps every clock of
    the network up to the largest constant of the whole network: slower, for testing the finer caps.
    """

    def __init__(
        self,
        network: Network,
        limit: int = 20_000,
        parameters: Mapping[str, Value] | None = None,
        coarse: bool = False,
    ) -> None:
        if any(network.clocks.values()):
            raise Unsupported(f"network {network.name} has a clock that pauses")
        self.network = network
        self.meaning = Semantics(network, parameters)
        self.names = tuple(network.variables)
        self.clocks = tuple(network.clocks)
        self._constants = {clock: dict(self._limits_of(clock)) for clock in self.clocks}
        self.unit = _unit(value for found in self._constants.values() for values in found.values() for value in values)
        self._coarse = coarse
        self._cap_of: dict[tuple[str, str], int | None] = {}
        self._caps_of: dict[tuple[Value, ...], tuple[int | None, ...]] = {}
        for clock in self.clocks:
            for state in network.by_name[clock.partition(".")[0]].machine.states:
                self._cap_of[clock, state.name] = self._cap(clock, state.name)

        self.depth: dict[Region, int] = {}
        self.steps: dict[Region, tuple[tuple[Step, Region], ...]] = {}
        self.later: dict[Region, Region] = {}
        self.lingers: set[Region] = set()
        """Regions that are left by no delay short enough: time may pass inside of them."""
        self.errors: set[Region] = set()
        """Regions with a step that assigns a value out of range."""
        self.instant: set[Region] = set()
        """Regions whose steps are instantaneous."""
        self._origin: dict[Region, tuple[Region, Step | None]] = {}
        self._explore(limit)

    # -- clocks -----------------------------------------------------------------------------------------------------

    def _limits_of(self, clock: str) -> Iterator[tuple[str, tuple[Fraction, ...]]]:
        """The constants (seconds) that a clock is compared with, for each state of its owner.

        Leaving a state restarts the time in it, so what other states compare it with is of no concern.
        """
        owner, _, name = clock.partition(".")
        instance = self.network.by_name[owner]
        machine = instance.machine
        everywhere = [c for t in machine.transitions for c in self._compared(instance, t, name)]
        for state in machine.states:
            if name != TIME_IN_STATE:
                yield state.name, tuple(everywhere)
                continue
            found = [
                c for t in machine.transitions if state.name in t.sources for c in self._compared(instance, t, name)
            ]
            found += [self._seconds(instance, bound) for bound in (state.at_most, state.less_than) if bound is not None]
            found += [Fraction(0)] if machine.rests(state) else []
            yield state.name, tuple(found)

    def _compared(self, instance: Instance, transition: Transition, clock: str) -> Iterator[Fraction]:
        trigger = transition.trigger
        if clock == TIME_IN_STATE and isinstance(trigger, After):
            yield self._seconds(instance, trigger.low)
            if trigger.high is not None:
                yield self._seconds(instance, trigger.high)
        for expr in (transition.guard, *(value for _, value in transition.assign)):
            for part in _parts(expr):
                if isinstance(part, Compare) and part.left == Clock(clock):
                    yield self._seconds(instance, part.right)

    def _seconds(self, instance: Instance, expr: Expr) -> Fraction:
        def leaf(item: Expr) -> Value:
            assert isinstance(item, Param)
            return self.meaning.parameters[f"{instance.name}.{item.name}"]

        return Fraction(evaluate(expr, leaf))

    def _cap(self, clock: str, state: str) -> int | None:
        """The largest constant in units; ``None`` if nothing reads the clock (in that state)."""
        if self._coarse:
            everything = [c for found in self._constants.values() for values in found.values() for c in values]
            return max((int(c / self.unit) for c in everything), default=0)
        constants = self._constants[clock][state]
        return max(0, *(int(c / self.unit) for c in constants)) if constants else None

    def _caps(self, values: tuple[Value, ...]) -> tuple[int | None, ...]:
        found = self._caps_of.get(values)
        if found is None:
            location = dict(zip(self.names, values, strict=True))
            found = tuple(
                self._cap_of[clock, str(location[f"{clock.partition('.')[0]}.{STATE}"])] for clock in self.clocks
            )
            self._caps_of[values] = found
        return found

    # -- regions and situations -------------------------------------------------------------------------------------

    def region(self, now: Situation) -> Region:
        """The region of a situation."""
        values = tuple(now.values[name] for name in self.names)
        whole, clocks = self._integers(now)
        readings: list[Reading] = []
        for value, cap in zip(clocks, self._caps(values), strict=True):
            readings.append(None if cap is None or value > cap * whole else divmod(value, whole))
        return Region(values, _ranked(tuple(readings)))

    def _integers(self, now: Situation) -> tuple[int, list[int]]:
        """The clocks as integers: how many of them make one unit, and one for each clock."""
        top, bottom = self.unit.numerator, self.unit.denominator
        values = [now.clocks[clock] for clock in self.clocks]
        common = lcm(*(value.denominator for value in values))
        return top * common, [value.numerator * (common // value.denominator) * bottom for value in values]

    def representative(self, region: Region) -> Situation:
        """A situation of the region: equally spaced fractional parts."""
        ranks = max((reading[1] for reading in region.readings if reading), default=0)
        clocks = {}
        for clock, reading, cap in zip(self.clocks, region.readings, self._caps(region.values), strict=True):
            if reading is None:
                clocks[clock] = Fraction(0) if cap is None else self.unit * (cap + 1)
            else:
                clocks[clock] = self.unit * (reading[0] + Fraction(reading[1], ranks + 1))
        return Situation(dict(zip(self.names, region.values, strict=True)), clocks)

    def valuation(self, region: Region) -> dict[str, Value]:
        """Locations, variables and outputs of a region."""
        return self.meaning.valuation(self.representative(region))

    def discrete(self, region: Region) -> Valuation:
        """Locations and variables of a region."""
        return frozenset(zip(self.names, region.values, strict=True))

    def to_next_region(self, now: Situation) -> Fraction:
        """A delay (seconds) after which the situation lies in the next region; one unit if there is no next one.

        Inside of the next region where that has an inside, else exactly on it.
        """
        whole, clocks = self._integers(now)
        caps = self._caps(tuple(now.values[name] for name in self.names))
        parts = [
            value % whole for value, cap in zip(clocks, caps, strict=True) if cap is not None and value <= cap * whole
        ]
        rest = self.unit * Fraction(whole - max(parts, default=0), whole)
        return rest / 2 if 0 in parts else rest

    # -- the graph --------------------------------------------------------------------------------------------------

    def _explore(self, limit: int) -> None:
        start = self.region(self.meaning.initial())
        self.depth[start] = 0
        queue = deque([start])
        while queue:
            region = queue.popleft()
            if region in self.steps:
                continue
            self._expand(region)
            if region in self.later:
                self._reach(region, None, self.later[region], self.depth[region], queue)
            for step, target in self.steps[region]:
                self._reach(region, step, target, self.depth[region] + 1, queue)
            if len(self.depth) > limit:
                raise TooLarge(f"network {self.network.name} has more than {limit} regions")

    def _reach(self, source: Region, step: Step | None, target: Region, depth: int, queue: deque[Region]) -> None:
        if target not in self.depth or depth < self.depth[target]:
            self.depth[target] = depth
            self._origin[target] = (source, step)
            if step is None:
                queue.appendleft(target)
            else:
                queue.append(target)

    def _expand(self, region: Region) -> None:
        now = self.representative(region)
        enabled = self.meaning.enabled(now)
        found = []
        for step in enabled.steps:
            try:
                found.append((step, self.region(self.meaning.apply(now, step))))
            except RangeError:
                self.errors.add(region)
        self.steps[region] = tuple(found)
        if any(self._committed(now)) or any(isinstance(self._transition(s).trigger, When) for s in enabled.steps):
            self.instant.add(region)
        delay = self.to_next_region(now)
        if enabled.limit.allows(delay):
            self.later[region] = self.region(self.meaning.apply(now, delay))
        if enabled.limit.allows(delay / 2):
            self.lingers.add(region)

    def _committed(self, now: Situation) -> Iterator[State]:
        for instance in self.network.instances:
            state = instance.machine.state(now.location(instance.name))
            if state.committed:
                yield state

    def _transition(self, step: Step) -> Transition:
        return self.network.by_name[step.mover.instance].machine.transitions[step.mover.index]

    def least(self, regions: Iterable[Region]) -> int | None:
        """The least depth of some regions, ``None`` if there are none."""
        return min((self.depth[region] for region in regions), default=None)

    def run_to(self, region: Region) -> Run:
        """A run with exact delays and the least number of steps that ends in the region."""
        path: list[tuple[Step | None, Region]] = []
        while region in self._origin:
            source, step = self._origin[region]
            path.append((step, region))
            region = source
        now, waited = self.meaning.initial(), Fraction(0)
        moves = []
        for step, target in reversed(path):
            if step is None:
                delay = self.to_next_region(now)
                now, waited = self.meaning.apply(now, delay), waited + delay
            else:
                now = self.meaning.apply(now, step)
                moves.append((waited, step))
                waited = Fraction(0)
            assert self.region(now) == target, "two situations of one region moved to different regions"
        return tuple(moves), waited

    # -- runs that do not go on -------------------------------------------------------------------------------------

    def stuck(self) -> set[Region]:
        """Regions with no step, now or after any permitted delay, in which time is bounded."""
        found: set[Region] = set()
        free: set[Region] = set()
        for start in self.depth:
            chain = [start]
            while True:
                last = chain[-1]
                if last in found or last in free:
                    ends = last in found
                elif self.steps[last] or last in self.errors or self.later.get(last) == last:
                    ends = False
                elif last not in self.later:
                    ends = True
                else:
                    chain.append(self.later[last])
                    continue
                (found if ends else free).update(chain)
                break
        return found

    def instant_loops(self) -> set[Region]:
        """Regions on a cycle of instantaneous steps."""
        edges = {
            region: [target for _, target in self.steps[region] if target in self.instant] for region in self.instant
        }
        return {region for component in _cycles(edges) for region in component}

    def timelocked(self) -> set[Region]:
        """Regions from which no continuation lets time diverge.

        The graph is built again with a clock that nothing reads and that restarts when it shows one unit. Time can
        diverge from exactly those nodes that reach a cycle on which it restarts, or a model error.
        """
        start = next(iter(self.depth))
        first = (start, (*start.readings, (0, 0)))
        edges: dict[tuple[Region, Readings], list[tuple[Region, Readings]]] = {}
        todo = [first]
        while todo:
            node = todo.pop()
            if node not in edges:
                edges[node] = list(self._ticking(*node))
                todo.extend(edges[node])
        good = {node for node in edges if node[0] in self.errors}
        for component in _cycles(edges):
            if any(readings[-1] == (1, 0) for _, readings in component):
                good |= component
        back: dict[tuple[Region, Readings], list[tuple[Region, Readings]]] = {node: [] for node in edges}
        for node, targets in edges.items():
            for target in targets:
                back[target].append(node)
        todo = list(good)
        while todo:
            for node in back[todo.pop()]:
                if node not in good:
                    good.add(node)
                    todo.append(node)
        bad = {region for region, _ in edges.keys() - good}
        assert bad.isdisjoint(region for region, _ in good), "an unread clock made a difference"
        assert {region for region, _ in edges} == self.depth.keys(), "an unread clock made a difference"
        return bad

    def _ticking(self, region: Region, readings: Readings) -> Iterator[tuple[Region, Readings]]:
        """The successors of a region with one more clock, whose reading is the last one."""
        if readings[-1] == (1, 0):
            yield region, _ranked((*readings[:-1], (0, 0)))
            return
        caps = self._caps(region.values)
        passed = _passed(readings, (*caps, 1))
        if _ranked(passed[:-1]) == region.readings:
            if region in self.lingers:
                yield region, passed
        elif region in self.later:
            assert _ranked(passed[:-1]) == self.later[region].readings
            yield self.later[region], passed
        for step, target in self.steps[region]:
            restarted = set(self._restarts(step))
            moved: list[Reading] = []
            for clock, before, after in zip(self.clocks, readings, target.readings, strict=False):
                moved.append(after if after is None or clock in restarted else before)
            assert _ranked(tuple(moved)) == target.readings
            yield target, _ranked((*moved, readings[-1]))

    def _restarts(self, step: Step) -> Iterator[str]:
        """The clocks that a step restarts, read off the model."""
        for move in step.moves:
            transition = self.network.by_name[move.instance].machine.transitions[move.index]
            if transition.target is not None:
                yield f"{move.instance}.{TIME_IN_STATE}"
            yield from (f"{move.instance}.{clock}" for clock in transition.restart)


def _parts(expr: Expr) -> Iterator[Expr]:
    yield expr
    for part in children(expr):
        yield from _parts(part)


def _unit(constants: Iterable[Fraction]) -> Fraction:
    """The greatest common divisor of the constants, 1 if all are zero."""
    numerator, denominator = 0, 1
    for constant in constants:
        if constant:
            common = lcm(denominator, constant.denominator)
            scaled = constant.numerator * (common // constant.denominator)
            numerator, denominator = gcd(numerator * (common // denominator), scaled), common
    return Fraction(numerator, denominator) if numerator else Fraction(1)


def _ranked(readings: Readings) -> Readings:
    """The same order of fractional parts with ranks 1, 2, 3 ..."""
    ranks = sorted({reading[1] for reading in readings if reading} - {0})
    new = {0: 0, **{rank: number for number, rank in enumerate(ranks, 1)}}
    return tuple(reading and (reading[0], new[reading[1]]) for reading in readings)


def _passed(readings: Readings, caps: tuple[int | None, ...]) -> Readings:
    """The readings in the next region, as time passes."""
    highest = max((reading[1] for reading in readings if reading), default=0)
    if any(reading and reading[1] == 0 for reading in readings):
        moved = tuple(
            None if reading is None or (reading[1] == 0 and reading[0] == cap) else (reading[0], reading[1] + 1)
            for reading, cap in zip(readings, caps, strict=True)
        )
    else:
        moved = tuple((reading[0] + 1, 0) if reading and reading[1] == highest else reading for reading in readings)
    return _ranked(moved)


def _cycles(edges: Mapping[Node, list[Node]]) -> Iterator[set[Node]]:
    """The strongly connected components with at least one edge inside."""
    graph: nx.DiGraph[Node] = nx.DiGraph()
    graph.add_nodes_from(edges)
    graph.add_edges_from((source, target) for source, targets in edges.items() for target in targets)
    for component in nx.strongly_connected_components(graph):
        if len(component) > 1 or any(graph.has_edge(node, node) for node in component):
            yield component
