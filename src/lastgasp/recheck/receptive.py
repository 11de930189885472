"""That a system means something: time can go on from everywhere, and each clause restricts nobody but its own party.

Checked on an inductive set of zones, hence for everything that can be reached:

* no endless chain of steps in one instant, and from every situation some continuation in which time diverges;
* every step of the others that a clause forbids has a permitted variant that differs in the bound party's part only;
* at each deadline of a clause, steps of its party alone lead to where no clause of that party stops time;
* where a machine's own state ends, a step of that machine leaves it.

The last three are the local check of receptiveness (de Alfaro, Henzinger, Stoelinga 2002).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter

from lastgasp.errors import InternalError
from lastgasp.expr import Value
from lastgasp.machine import STATE
from lastgasp.recheck.cells import Zone, also, before_restart, both, earlier, restarted, within, without
from lastgasp.recheck.inductive import Inductive, ZoneSet
from lastgasp.recheck.reading import Location, Outcome, Reader
from lastgasp.system import SystemStep, TimedSystem

CHAIN = 3
"""So many own steps may follow each other in one instant to meet a deadline."""


@dataclass(eq=False)
class _Node:
    """A stored zone, and the part of it from which time was not shown to go on yet."""

    location: Location
    still: bool
    zone: Zone
    outcomes: list[Outcome] = field(default_factory=list)
    rest: list[Zone] = field(default_factory=list)


def recheck_receptive(system: TimedSystem, stored: ZoneSet, bound: Mapping[str, str], assumed: frozenset[str]) -> None:
    """Discharge the obligations on a set of zones, that it is inductive included; its goal does not matter.

    ``bound`` maps the observer of each clause to the instance that it binds; ``assumed`` names the observers of
    assumptions, which bind nobody. :class:`InternalError` names the first obligation that fails.
    """
    bounds = [*system.bounds, *(item for monitor in system.restrict for item in monitor.bounds)]
    strict = any(item.strict for item in bounds)
    parts = 2 * len({(item.clock, item.limit) for item in bounds}) + 2 if strict else 1
    _Receptive(system, stored, bound, assumed, parts, strict).run()


class _Receptive:
    """Time is counted in ``parts`` of the certificate's unit, so that *nearly at a bound* can be said."""

    def __init__(
        self,
        system: TimedSystem,
        stored: ZoneSet,
        bound: Mapping[str, str],
        assumed: frozenset[str],
        parts: int,
        strict: bool,
    ) -> None:
        self.reader = Reader(system, stored.scale * parts)
        self.bound, self.assumed, self.strict = bound, assumed, strict
        finer = [
            replace(
                item, constraints={pair: 2 * (raw >> 1) * parts + (raw & 1) for pair, raw in item.constraints.items()}
            )
            for item in stored.zones
        ]
        self.inductive = Inductive(self.reader, finer)
        self.at: dict[Location, list[_Node]] = {
            location: [_Node(location, still, zone) for still, zone in zones]
            for location, zones in self.inductive.stored.items()
        }
        self.nodes = [node for nodes in self.at.values() for node in nodes]
        self.users: dict[Location, list[_Node]] = {}

    def run(self) -> None:
        self.inductive.start()
        for node in self.nodes:
            steps = self.reader.here(node.location).steps
            groups: dict[tuple[str, int], list[SystemStep]] = {}
            for step in steps:
                move = step.action.move
                groups.setdefault((move.instance, move.index), []).append(step)
            for group in groups.values():
                found = list(self.reader.outcomes(node.location, node.zone, *group))
                self.forbids_nobody_else(found)
                for outcome in found:
                    self.inductive.follow(outcome)
                node.outcomes += (outcome for outcome in found if not outcome.forbidden)
            self.deadlines(node)
            self.machines_leave(node)
        self.no_instant_loop()
        self.time_goes_on()

    # -- time -------------------------------------------------------------------------------------------------------

    def no_instant_loop(self) -> None:
        def instant(location: Location) -> bool:
            here = self.reader.here(location)
            return here.instant or bool(here.committed)

        chain: TopologicalSorter[_Node] = TopologicalSorter()
        arcs: dict[_Node, list[tuple[Outcome, _Node]]] = {}
        for node in self.nodes:
            for outcome in node.outcomes if instant(node.location) else ():
                if instant(outcome.target):
                    entry = restarted(outcome.cell, outcome.restart)
                    target = next(target for target in self.at[outcome.target] if within(entry, target.zone))
                    arcs.setdefault(node, []).append((outcome, target))
                    chain.add(target, node)
        try:
            chain.prepare()
        except CycleError:
            self.no_endless(arcs)

    def no_endless(self, arcs: Mapping[_Node, list[tuple[Outcome, _Node]]]) -> None:
        """The same where stored zones go round: they may be larger than what is entered, so it is asked of their parts.

        What no step leads from into the rest is taken away, until nothing is left or nothing more can be taken.
        """
        left = {node: [node.zone] for node in arcs}
        while left:
            rest: dict[_Node, list[Zone]] = {}
            for node in left:
                for outcome, target in arcs[node]:
                    for zone in left.get(target, ()):
                        before = before_restart(zone, outcome.restart)
                        way = both(outcome.cell, before) if before is not None else None
                        if way is not None and not any(within(way, known) for known in rest.get(node, ())):
                            rest.setdefault(node, []).append(way)
            if not any(without(zones, rest.get(node, ())) for node, zones in left.items()):
                raise InternalError("an endless chain of steps in one instant may be possible")
            left = rest

    def time_goes_on(self) -> None:
        """From every situation some steps lead to where time may pass, by one part of a unit or up to a bound.

        Whoever can always do so lets time diverge: a clock comes near a bound at most once in half a unit, and there
        are fewer bounds than half the parts; where every bound includes its end, delays up to bounds cannot converge.
        """
        for node in self.nodes:
            near = [] if not node.still else [node.zone]
            for clock, raw, _ in () if node.still else self.reader.here(node.location).limits:
                end = also(node.zone, [("", clock, 2 - 2 * (raw >> 1) if self.strict else 1 - 2 * (raw >> 1))])
                near += [end] if end is not None else []
            node.rest = near
        self.whole_nodes()
        waiting = dict.fromkeys(node for node in self.nodes if node.rest)
        while waiting:
            waiting.pop(node := next(iter(waiting)))
            before = node.rest
            for way in self.ways(node):
                if any(both(piece, way) is not None for piece in node.rest):
                    node.rest = without(node.rest, [way])
                if not node.rest:
                    break
            if node.rest is not before:
                waiting |= dict.fromkeys(user for user in self.users.get(node.location, ()) if user.rest)
        for node in self.nodes:
            if node.rest:
                raise InternalError("there may be a situation from which time cannot go on for ever")

    def whole_nodes(self) -> None:
        """The easy part first: nodes from everywhere in which one step leads into nodes that are good throughout."""
        for node in self.nodes:
            for target in {outcome.target for outcome in node.outcomes}:
                self.users.setdefault(target, []).append(node)
        waiting = deque(node for node in self.nodes if node.rest)
        while waiting:
            node = waiting.popleft()
            if node.rest and any(self.leads_out(node, outcome) for outcome in node.outcomes):
                node.rest = []
                waiting.extend(user for user in self.users.get(node.location, ()) if user.rest)

    def leads_out(self, node: _Node, outcome: Outcome) -> bool:
        way = outcome.cell if node.still else earlier(outcome.cell)
        if not within(node.zone, way):
            return False
        entry = restarted(outcome.cell, outcome.restart)
        return any(not target.rest and within(entry, target.zone) for target in self.at.get(outcome.target, ()))

    def ways(self, node: _Node) -> Iterator[Zone]:
        """Parts of a node from which a step, now or later, leads to where time was shown to go on."""
        for outcome in node.outcomes:
            there = outcome.cell if node.still else earlier(outcome.cell)
            needed = any(both(piece, there) is not None for piece in node.rest)
            for target in self.at.get(outcome.target, ()) if needed else ():
                met = before_restart(target.zone, outcome.restart)
                met = both(outcome.cell, met) if met is not None else None
                rest = [before_restart(piece, outcome.restart) for piece in target.rest] if met is not None else []
                for way in without([met], [piece for piece in rest if piece is not None]) if met is not None else ():
                    yield way if node.still else earlier(way)

    # -- clauses ----------------------------------------------------------------------------------------------------

    def forbids_nobody_else(self, outcomes: list[Outcome]) -> None:
        """``outcomes`` are all those of one transition in one zone; those with the same cell are possible alike."""
        for outcome in outcomes:
            if self.assumed.intersection(outcome.forbidden):
                continue
            for clause in outcome.forbidden:
                party = self.bound.get(clause)
                if party in (None, outcome.step.action.move.instance):
                    continue
                alike = [other for other in outcomes if other.cell is outcome.cell and not other.forbidden]
                if not any(_others(other, party) == _others(outcome, party) for other in alike):
                    who = outcome.step.action.move.instance
                    raise InternalError(f"the clause {clause!r} forbids a step of {who}, which it does not bind")

    def deadlines(self, node: _Node) -> None:
        limits = () if node.still else self.reader.here(node.location).limits
        for clock, raw, owner in limits:
            party = self.bound.get(owner)
            if party is None:
                continue
            if raw & 1:
                end = also(node.zone, [("", clock, 1 - 2 * (raw >> 1))])
                rest = without([end], self.met(node.location, end, party, CHAIN)) if end is not None else []
            else:
                first = self.ends_first(node, clock, raw)
                met = self.met(node.location, node.zone, party, CHAIN)
                rest = without([first], map(earlier, met)) if first is not None else []
            if rest:
                raise InternalError(f"at a deadline of the clause {owner!r}, {party} may have no step that meets it")

    def ends_first(self, node: _Node, clock: str, raw: int) -> Zone | None:
        """The part of a node in which no other limit is met sooner; elsewhere its owner is asked before."""
        others = [
            (other, 2 * ((ends >> 1) - (raw >> 1)) + 1) for other, ends, _ in self.reader.here(node.location).limits
        ]
        if any(other == clock and later < 0 for other, later in others):
            return None
        return also(node.zone, [(other, clock, later) for other, later in others if other != clock])

    def met(self, location: Location, zone: Zone, party: str, chain: int) -> Iterator[Zone]:
        """The parts of ``zone`` in which the party has a step that leads to where no clause of it stops time."""
        own = [step for step in self.reader.here(location).steps if step.action.move.instance == party]
        cells: dict[int, list[Outcome]] = {}
        for outcome in self.reader.outcomes(location, zone, *own):
            cells.setdefault(id(outcome.cell), []).append(outcome)
        for outcomes in cells.values():
            choices: dict[tuple[int, frozenset[int]], list[Outcome]] = {}
            for outcome in outcomes:
                mine = frozenset(action.move.index for action in outcome.actions if action.move.instance == party)
                choices.setdefault((outcome.step.action.move.index, mine), []).append(outcome)
            if any(all(self.passes(outcome, party, chain) for outcome in choice) for choice in choices.values()):
                yield outcomes[0].cell

    def passes(self, outcome: Outcome, party: str, chain: int) -> bool:
        """Whether this outcome leads to where no clause of the party stops time, at the latest after ``chain`` more."""
        if outcome.forbidden or outcome.overflow:
            return False
        location, zone = outcome.target, restarted(outcome.cell, outcome.restart)
        here = self.reader.here(location)
        if here.instant or here.committed:
            following = self.reader.outcomes(location, zone, *here.steps)
            permitted = [item for item in following if not item.forbidden and not item.overflow]
            return chain > 0 and all(self.passes(item, party, chain - 1) for item in permitted)
        for clock, raw, owner in here.limits:
            if self.bound.get(owner) == party:
                # a strict bound is never reached: there only a restart of its clock counts
                stopped = also(zone, [("", clock, 1 - 2 * (raw >> 1) if raw & 1 else 0)])
                if stopped is None:
                    continue
                if chain == 0 or without([stopped], self.met(location, stopped, party, chain - 1)):
                    return False
        return True

    # -- machines ---------------------------------------------------------------------------------------------------

    def machines_leave(self, node: _Node) -> None:
        here = self.reader.here(node.location)
        ends: list[tuple[str, Zone, bool]] = []
        for clock, raw, owner in () if node.still or here.stops else here.limits:
            strict = not raw & 1
            end = self.ends_first(node, clock, raw) if strict else also(node.zone, [("", clock, 1 - 2 * (raw >> 1))])
            if not owner and end is not None:
                ends.append((clock.partition(".")[0], end, strict))
        if here.stops and not here.instant and not here.committed:
            values: dict[str, Value] = dict(zip(self.reader.names, node.location, strict=True))
            for instance in self.reader.system.network.instances:
                if instance.machine.state(str(values[f"{instance.name}.{STATE}"])).urgent:
                    ends.append((instance.name, node.zone, False))
        for who, end, strict in ends:
            ways = [o.cell for o in node.outcomes if o.step.action.move.instance == who and not o.overflow]
            if without([end], map(earlier, ways) if strict else ways):
                raise InternalError(f"{who} may have to leave its state without a step of its own that does")


def _others(outcome: Outcome, party: str | None) -> frozenset[tuple[str, int]]:
    moves = (action.move for action in outcome.actions)
    return frozenset((move.instance, move.index) for move in moves if move.instance != party)
