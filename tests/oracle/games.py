"""Timed games on explicit regions, solved in the plainest way: one table of what is won, recomputed until it stays.

The rules are those of :mod:`lastgasp.engines.zones.arena`: a party against everybody else. It chooses its own steps and
its reactions; where it has to stop time for a bound of its own, it must go on; it must not win by own steps without end
in finite time. ``generous``: it knows everything and goes first at an instant; else the others go first, and what they
do where nobody can wait is no progress. The party's clauses are bounds of its machine here, and a set of steps that
err. Every situation is a region together with a clock that shows what has passed of a time unit.
"""

from __future__ import annotations

from collections.abc import Callable

from lastgasp.trace import Step

from .regions import Reading, Readings, Region, RegionGraph, _passed, _ranked

Node = tuple[Region, Readings]
"""A region, and the readings of its clocks with those of the stopwatch, the last one."""

Errs = Callable[[Region, Step], bool]


class RegionGame:
    """Who wins from the first region."""

    def __init__(self, graph: RegionGraph, party: str, errs: Errs, *, generous: bool) -> None:
        self.graph, self.party, self.errs, self.generous = graph, party, errs, generous
        self.start = next(iter(graph.depth))
        self.still: dict[Region, bool] = {}
        self.zero: dict[Region, bool] = {}
        self.duty: dict[Region, bool] = {}
        self.shared: dict[Region, bool] = {}
        self.blocks: dict[Region, tuple[bool, bool]] = {}
        self.own: dict[Region, dict[object, list[tuple[Step, Region]]]] = {}
        self.others: dict[Region, dict[object, dict[object, list[tuple[Step, Region]]]]] = {}
        for region in graph.depth:
            self._read(region)
        self.nodes: set[Node] = set()
        self._moved: dict[tuple[Node, Step, Region], Node] = {}
        self._passing: dict[Node, Node | None] = {}
        todo = [self.first(region) for region in graph.depth]
        while todo:
            node = todo.pop()
            if node in self.nodes:
                continue
            self.nodes.add(node)
            todo += [self.moved(node, step, target) for step, target in graph.steps[node[0]]]
            later = self.passing(node)
            if later is not None and not self.over(later):
                todo.append(later)

    # -- regions ----------------------------------------------------------------------------------------------------

    def _read(self, region: Region) -> None:
        graph, now = self.graph, self.graph.representative(region)
        steps = graph.steps[region]
        bounds = [
            (instance.name == self.party, now.clocks[f"{instance.name}.time"], graph.meaning._seconds(expr), strict)
            for instance in graph.network.instances
            for expr, strict in graph.meaning._bounds(now, instance)
        ]
        # the clocks are compared as they are, so a bound is passed or met in the whole region or nowhere in it
        places = [(i.name == self.party, i.machine.state(now.location(i.name))) for i in graph.network.instances]
        passed = {own for own, age, limit, strict in bounds if age > limit or (strict and age == limit)}
        goers = {own for own, state in places if state.urgent or state.committed} | passed
        movers = {step.mover.instance == self.party for step, _ in steps}
        if region in graph.instant:
            goers = movers | {own for own, state in places if state.committed}
        self.still[region] = region in graph.instant or bool(goers)
        self.zero[region] = any(limit == 0 for _, _, limit, _ in bounds)
        self.duty[region], self.shared[region] = True in goers, False in goers
        delay = graph.to_next_region(now)
        stops = [(own, age + delay > limit or (strict and age + delay == limit)) for own, age, limit, strict in bounds]
        self.blocks[region] = (True, True) in stops, (False, True) in stops
        own = self.own.setdefault(region, {})
        others = self.others.setdefault(region, {})
        for step, target in steps:
            mine = tuple(move.index for move in step.moves if move.instance == self.party)
            rest = frozenset(move for move in step.moves if move.instance != self.party)
            if step.mover.instance == self.party:
                own.setdefault((step.mover.index, mine), []).append((step, target))
            else:
                others.setdefault((step.mover, rest, bool(mine)), {}).setdefault(mine, []).append((step, target))

    # -- nodes ------------------------------------------------------------------------------------------------------

    def first(self, region: Region) -> Node:
        """The region at the start of a round."""
        return region, _ranked((*region.readings, (0, 0)))

    @staticmethod
    def over(node: Node) -> bool:
        """Whether a time unit has passed."""
        return node[1][-1] == (1, 0)

    def moved(self, node: Node, step: Step, target: Region) -> Node:
        """The node after a step; the stopwatch stays as it is."""
        _, readings = node
        restarted = set(self.graph._restarts(step))
        moved: list[Reading] = []
        for clock, before, after in zip(self.graph.clocks, readings, target.readings, strict=False):
            moved.append(after if after is None or clock in restarted else before)
        return target, _ranked((*moved, readings[-1]))

    def passing(self, node: Node) -> Node | None:
        """The next node in time, if time may pass."""
        region, readings = node
        if self.still[region]:
            return None
        passed = _passed(readings, (*self.graph._caps(region.values), 1))
        if _ranked(passed[:-1]) == region.readings:
            return (region, passed) if region in self.graph.lingers else None
        return (self.graph.later[region], passed) if region in self.graph.later else None

    def brief(self, node: Node) -> bool:
        """Whether a node lasts no time: then who comes to it by waiting can move at its first instant."""
        return any(reading is not None and reading[1] == 0 for reading in node[1])

    # -- the game ---------------------------------------------------------------------------------------------------

    def won(self) -> bool:
        """Whether the party wins from the start."""
        safe = set(self.graph.depth)
        while self.start in safe:
            reached = self._round(safe)
            kept = {region for region in safe if self.first(region) in reached}
            if kept == safe:
                return True
            safe = kept
        return False

    def _round(self, safe: set[Region]) -> set[Node]:
        """The nodes from which the party wins a round and stays in ``safe``."""
        reached: set[Node] = set()
        while True:
            layer = {node for node in self.nodes if node[0] in safe}
            while True:
                out = {node for node in layer if node not in reached and not self._right(node, safe, reached, layer)}
                if not out:
                    break
                layer -= out
            if layer <= reached:
                return reached
            reached |= layer

    def _right(self, node: Node, safe: set[Region], reached: set[Node], layer: set[Node]) -> bool:
        region = node[0]
        acts, fine = self._acts(node, reached), self._fine(node, safe, layer)
        if self.still[region]:
            return fine and (not self.duty[region] or acts or (self.generous and self.shared[region]))
        if acts and (fine or self.generous):
            return True
        return fine and self._waits(node, safe, reached, layer)

    def _waits(self, node: Node, safe: set[Region], reached: set[Node], layer: set[Node]) -> bool:
        """Whether waiting from here on leads to an own step, to the end of the round, or may last for ever."""
        seen = set()
        while node not in seen:
            seen.add(node)
            later = self.passing(node)
            if later is None:
                own, other = self.blocks[node[0]]
                return not own or (self.generous and other)
            if self.over(later):
                return later[0] in safe
            acts, fine = self._acts(later, reached), self._fine(later, safe, layer)
            if acts and (fine or (self.generous and self.brief(later))):
                return True
            if not fine:
                return False
            node = later
        return True

    def _acts(self, node: Node, reached: set[Node]) -> bool:
        region = node[0]
        return any(
            all(not self.errs(region, step) and self.moved(node, step, target) in reached for step, target in ways)
            for ways in self.own[region].values()
        )

    def _fine(self, node: Node, safe: set[Region], layer: set[Node]) -> bool:
        region = node[0]
        tight = not self.generous and (self.still[region] or self.zero[region])

        def right(step: Step, target: Region) -> bool:
            if self.errs(region, step):
                return False
            return self.moved(node, step, target) in layer if tight else target in safe

        return all(
            any(all(right(step, target) for step, target in ways) for ways in reactions.values())
            for reactions in self.others[region].values()
        )
