"""The timed game of a party for its clauses, played on a zone graph: who wins, with evidence that can be checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from heapq import heappop, heappush

from lastgasp.engines.zones.analysis import TimeUp
from lastgasp.engines.zones.arena import Arena, Haven, Position, known, seen
from lastgasp.engines.zones.automaton import Automaton, Edge, Limit
from lastgasp.engines.zones.dbm import INF, Zone, gathered
from lastgasp.engines.zones.engine import Run, stored_zones
from lastgasp.engines.zones.explore import Budget, Ending, Explorer, Graph, Guard, Node, limits_of
from lastgasp.engines.zones.federation import Federation, less, meet, merged, with_stopwatch
from lastgasp.engines.zones.game import Held, Outcome, solve
from lastgasp.engines.zones.witness import NoRun, run_of
from lastgasp.recheck.board import STOPWATCH
from lastgasp.recheck.cells import Pair
from lastgasp.recheck.inductive import ZoneSet
from lastgasp.recheck.winning import Fall, Lost, Part, Won
from lastgasp.sight import sight
from lastgasp.system import TimedSystem


@dataclass(frozen=True, slots=True)
class Played:
    """How the game ended: ``end`` is ``None`` where neither side was shown to win. ``reason``: why not won.

    ``run``: for a lost game, a run to where the party is past help, if one could be made.
    """

    zones: ZoneSet | None
    end: Won | Lost | None
    reason: str = ""
    run: Run | None = None


HASTE = 100
"""What an own step before its time costs, in the search for a run that convinces."""

UNSEEN = "it could obey if it knew more than it can see; whether what it sees is enough was not shown"
UNSURE = "it could obey only by being quicker than the others at one instant"


def play(system: TimedSystem, party: str, clauses: frozenset[str], assumed: frozenset[str], budget: Budget) -> Played:
    """Can the instance ``party`` keep the clauses that these observers watch, for ever, whatever the others do?

    :class:`NotApplicable` where the system is not for zones.
    """
    explorer = Explorer(Automaton(system), exact=True)
    graph = explorer.explore(budget)
    if graph.overflow is not None:
        return Played(None, None, "a step sets a variable to a value out of its range")
    if not graph.complete:
        return Played(None, None, f"not all of the network was explored ({len(graph.nodes)} states)")
    zones = stored_zones(explorer, graph)
    try:
        modest = known(explorer, graph, party, clauses, assumed, generous=False)
        outcome = solve(modest, budget)
        if outcome.won:
            haven = _haven(modest, outcome)
            blind = seen(explorer, graph, party, clauses, assumed, sight(system, party, clauses), haven)
            outcome = solve(blind, budget)
            if outcome.won:
                return Played(zones, _won(graph, blind, outcome, haven))
            return Played(zones, None, UNSEEN)
        open_eyed = known(explorer, graph, party, clauses, assumed)
        outcome = solve(open_eyed, budget)
    except TimeUp:
        return Played(zones, None, "the time ended before the game was decided")
    if outcome.won:
        return Played(zones, None, UNSURE)
    run, reason = _Spoiling(explorer, graph, open_eyed, outcome, clauses).run()
    return Played(zones, _lost(open_eyed, outcome), reason, run)


# --- evidence ------------------------------------------------------------------------------------------------------


def _haven(arena: Arena, outcome: Outcome) -> dict[int, Federation]:
    """What the party wins in a game in which it knows everything, node by node."""
    found = {}
    for index, lost in outcome.lost.items():
        (node,) = arena.positions[index].nodes
        n = node.size
        found[node.index] = merged(less([node.zone], n, (gathered(zone, n + 1, range(n)) for zone in lost)), n)
    return found


def _won(graph: Graph, arena: Arena, outcome: Outcome, haven: Haven) -> Won:
    safe = {
        number: tuple(_named(("", *node.clocks), zone) for zone in haven[node.index])
        for number, node in enumerate(graph.kept)
        if node.index in haven
    }
    return Won(arena.round, tuple(_parts(arena, layer) for layer in outcome.layers), safe)


def _lost(arena: Arena, outcome: Outcome) -> Lost:
    return Lost(arena.round, tuple(Fall(_parts(arena, fall.zones), fall.trap) for fall in outcome.falls))


def _parts(arena: Arena, held: Held) -> tuple[Part, ...]:
    return tuple(_part(arena.positions[index], zones) for index, zones in held.items())


def _part(position: Position, zones: Iterable[Zone]) -> Part:
    names = ("", *position.clocks, STOPWATCH)
    return Part(position.key, tuple(_named(names, zone) for zone in zones))


def _named(names: Sequence[str], zone: Zone) -> dict[Pair, int]:
    """A zone as constraints on named clocks."""
    n = len(names)
    bounds = ((i, j, zone[i * n + j]) for i in range(n) for j in range(n) if i != j)
    return {(names[i], names[j]): raw for i, j, raw in bounds if raw < INF}


# --- a run in which the others win ---------------------------------------------------------------------------------


class _Spoiling:
    """Looks for a run through what is lost to where the party is past help, with few steps of its own."""

    def __init__(
        self, explorer: Explorer, graph: Graph, arena: Arena, outcome: Outcome, clauses: frozenset[str]
    ) -> None:
        self.automaton, self.graph, self.arena, self.outcome = explorer.automaton, graph, arena, outcome
        self.clauses = clauses
        self.position = {node.index: index for index, p in enumerate(arena.positions) for node in p.nodes}
        self.leaving: dict[int, list[tuple[Node, Edge]]] = {}
        for source, target, edge in graph.arcs:
            self.leaving.setdefault(source, []).append((graph.nodes[target].cover, edge))

    def run(self) -> tuple[Run | None, str]:
        """The run and what makes its end hopeless; no run where none was found."""
        nodes = list(self.ways())
        for ends in (self.forbidden, self.helpless, self.too_late, self.lost):
            for node in nodes:
                for guard, reason in ends(node):
                    with suppress(NoRun):
                        return run_of(self.automaton, Ending(node, None, guard)), reason
        return None, "it cannot keep its clauses and let time go on"

    def forbidden(self, node: Node) -> Iterator[tuple[Guard, str]]:
        """Steps of others, lost from the first, that err whatever the party does."""
        first = self.outcome.falls[0]
        zones = () if first.trap else first.zones.get(self.position[node.index], ())
        for edge in self.automaton.edges(node.location):
            mover, cut = edge.step.mover.instance, node.cut(edge.guard)
            if mover == self.arena.party or cut is None or not self.clauses.intersection(edge.forbidden):
                continue
            if any(meet(with_stopwatch(cut, node.size), node.size + 1, zone) is not None for zone in zones):
                yield edge.guard, f"what {self.label(mover)} may do now is forbidden, and {self.who} cannot prevent it"

    def helpless(self, node: Node) -> Iterator[tuple[Guard, str]]:
        """Ends of the party's time at which no step of its own is possible at all."""
        for guard, reason in self.too_late(node):
            own = (e for e in self.automaton.edges(node.location) if e.step.mover.instance == self.arena.party)
            if not any(node.cut((*edge.guard, *guard)) is not None for edge in own if not edge.forbidden):
                yield guard, reason

    def too_late(self, node: Node) -> Iterator[tuple[Guard, str]]:
        """Ends of the party's time."""
        for limit in limits_of(self.automaton, node) if self.outcome.lost.get(self.position[node.index]) else ():
            if self.owns(limit):
                up = "is up, and no step of its own meets the deadline"
                out = "runs out, and no step of its own meets the deadline before"
                closed = limit.raw & 1
                guard = ((limit.clock, False, -(limit.raw >> 1) * 2 + (1 if closed else 2)),)
                yield guard, f"the time of {self.who} {up if closed else out}"

    def lost(self, node: Node) -> Iterator[tuple[Guard, str]]:
        """Anything that is lost from the first."""
        for zone in self.outcome.falls[0].zones.get(self.position[node.index], ()):
            yield _guard(node, zone), f"from here {self.who} cannot keep its clauses and let time go on"

    def label(self, instance: str) -> str:
        """What people call an instance."""
        return self.automaton.system.network.by_name[instance].label

    @property
    def who(self) -> str:
        """What people call the party."""
        return self.label(self.arena.party)

    def ways(self) -> Iterator[Node]:
        """The nodes that are reached through what is lost, each with a way to it as its ancestry."""
        waiting: list[tuple[int, int, int, Node]] = [(0, 0, 0, _reached(self.graph.nodes[0].cover, None, None))]
        done: set[int] = set()
        count = 0
        while waiting:
            own, steps, _, node = heappop(waiting)
            if node.index in done:
                continue
            done.add(node.index)
            yield node
            for target, edge in self.leaving.get(node.index, ()):
                for way, cost in self.patient(node, edge) if target.index not in done else ():
                    if self.stays_lost(node, target, way):
                        count += 1
                        heappush(waiting, (own + cost, steps + 1, count, _reached(target, node, way)))

    def patient(self, node: Node, edge: Edge) -> Iterator[tuple[Edge, int]]:
        """The ways to take a step with what each is worth: the party should wait with its own as long as it can."""
        mine = edge.step.mover.instance == self.arena.party
        if mine and not node.still:
            for limit in limits_of(self.automaton, node):
                if limit.raw & 1 and self.owns(limit):
                    at_end = (limit.clock, False, -(limit.raw >> 1) * 2 + 1)
                    yield replace(edge, guard=(*edge.guard, at_end)), 1
        yield edge, HASTE if mine and not node.still else int(mine)

    def owns(self, limit: Limit) -> bool:
        """Whether a bound of time is the party's."""
        return limit.owner in self.clauses or limit.clock.partition(".")[0] == self.arena.party

    def stays_lost(self, node: Node, target: Node, edge: Edge) -> bool:
        """Whether a step leads from what is lost to where something is."""
        cut = node.cut(edge.guard)
        if cut is None or not self.outcome.lost.get(self.position[target.index]):
            return False
        wide = with_stopwatch(cut, node.size)
        lost = self.outcome.lost.get(self.position[node.index], ())
        return any(meet(wide, node.size + 1, zone) is not None for zone in lost)


def _reached(node: Node, parent: Node | None, edge: Edge | None) -> Node:
    """The node with another way to it."""
    depth = parent.depth + 1 if parent else 0
    return Node(node.index, node.location, node.clocks, node.zone, node.still, node.entry, parent, edge, depth)


def _guard(node: Node, zone: Zone) -> Guard:
    """The bounds of single clocks in a zone with the stopwatch."""
    n, found = node.size + 1, list[tuple[str, bool, int]]()
    for row, clock in enumerate(node.clocks, 1):
        if zone[row * n] < node.zone[row * node.size]:
            found.append((clock, True, zone[row * n]))
        if zone[row] < node.zone[row]:
            found.append((clock, False, zone[row]))
    return tuple(found)
