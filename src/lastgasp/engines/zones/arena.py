"""A zone graph read as a game: one party that wants to keep its clauses for ever, and everybody else.

The party chooses its own steps, when to take them, and how it reacts; the others choose the rest, and go first where
both move at the same instant. The arena is built in two ways that bracket what a device can do:

*by what the party sees* (:func:`seen`): situations that it cannot tell apart (:mod:`lastgasp.sight`) are one position,
in which its choice must be right for all of them; it reacts to an event without knowing who else reacts how, nor what
made it happen. It remembers nothing but that it never left its *haven*: what it would win if it knew everything.

*by everything* (:func:`known`): the party knows the whole situation, and how the others react before it does itself.

Who wins the first can obey; who loses the second cannot.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lastgasp.engines.zones.automaton import Edge, Limit, Location
from lastgasp.engines.zones.dbm import Zone, before_restart, bound, constrained, gathered, later, zero
from lastgasp.engines.zones.explore import Explorer, Graph, Node, limits_of
from lastgasp.engines.zones.federation import Federation, common, less, meet, merged, reduced, with_stopwatch
from lastgasp.expr import Leaf, Name, Value, evaluate
from lastgasp.machine import STATE
from lastgasp.recheck.board import Key
from lastgasp.sight import Sight

Haven = Mapping[int, Federation]
"""For nodes of the zone graph, by index, what the party must not leave; a node that is not named may be all of it."""


@dataclass(frozen=True, slots=True)
class Way:
    """One outcome of a step: where it is possible, and to which positions it leads, clock by clock.

    ``astray``: from where it leads out of the haven. ``errs``: a clause of the party errs. ``tight``: taken where
    nobody could wait, so that it is no progress.
    """

    cut: Zone
    targets: tuple[tuple[int, tuple[int, ...]], ...] = ()
    errs: bool = False
    tight: bool = True
    astray: tuple[Zone, ...] = ()


@dataclass(slots=True)
class Option:
    """What the party can pick: good where no way of it is bad, and where it is not ``blocked`` unknown to it."""

    ways: list[Way] = field(default_factory=list)
    blocked: Federation = field(default_factory=list)


@dataclass(slots=True)
class Choice:
    """Something that the others may do in ``possible``, and the reactions that the party has to it."""

    possible: Federation = field(default_factory=list)
    options: dict[Hashable, Option] = field(default_factory=dict)


@dataclass(slots=True)
class Position:
    """A set of situations. ``duty``: where time stands still, the party has to go on; ``shared``: so have others.

    ``forced``: what the others can do there happens, if the party does nothing. ``fallen``: where waiting leads out of
    the haven.
    ``view`` is what is known of the location. ``own_limits`` and ``other_limits`` are the bounds of time, by row;
    ``nodes`` those of the zone graph in it.
    """

    view: Hashable
    clocks: tuple[str, ...]
    still: bool
    duty: bool = False
    shared: bool = False
    forced: bool = False
    zones: Federation = field(default_factory=list)
    fallen: Federation = field(default_factory=list)
    own_limits: list[tuple[int, int]] = field(default_factory=list)
    other_limits: list[tuple[int, int]] = field(default_factory=list)
    own: dict[Hashable, Option] = field(default_factory=dict)
    choices: dict[Hashable, Choice] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """What tells it from other positions."""
        return self.view, self.still, self.duty

    @property
    def size(self) -> int:
        """The dimension of its zones, the stopwatch included."""
        return len(self.clocks) + 2

    def ends(self, row: int, raw: int) -> Federation:
        """Where time stands at a limit that includes its end."""
        at = -(raw >> 1) * 2 + 1
        cuts = (constrained(zone, self.size, [(0, row, at)]) for zone in self.zones)
        return [cut for cut in cuts if cut is not None]

    def before(self, own: tuple[int, int], *, ties: bool) -> Federation:
        """Where some limit of the others ends time before a limit of the party does; ``ties``: or at the same instant.

        An end that is not included comes before one that is.
        """
        row, raw = own
        found = []
        for other, limit in self.other_limits:
            with_it = raw & 1 > limit & 1 or (ties and raw & 1 == limit & 1)
            order = (row, other, bound((raw >> 1) - (limit >> 1), not with_it))
            found += [cut for zone in self.zones if (cut := constrained(zone, self.size, [order])) is not None]
        return found


@dataclass(slots=True)
class Arena:
    """All positions, the one in which the game starts, and whether its rules favour the party (``generous``).

    ``round``: how long a round is, in time units; longer than any bound of the party, so that what ends at a bound
    shows in one round.
    """

    party: str
    generous: bool
    positions: list[Position]
    start: int
    round: int

    def start_zone(self) -> Zone:
        """The start of the first round: every clock is 0."""
        return zero(self.positions[self.start].size)


def known(
    explorer: Explorer,
    graph: Graph,
    party: str,
    clauses: Iterable[str],
    assumed: Iterable[str],
    *,
    generous: bool = True,
) -> Arena:
    """The arena in which the party knows everything. ``clauses`` and ``assumed`` name observers."""
    return _Builder(explorer, graph, party, frozenset(clauses), frozenset(assumed), None, generous, {}).arena()


def seen(
    explorer: Explorer,
    graph: Graph,
    party: str,
    clauses: Iterable[str],
    assumed: Iterable[str],
    sight: Sight,
    haven: Haven,
) -> Arena:
    """The arena in which the party chooses by what it sees, and which it loses if it leaves the haven."""
    return _Builder(explorer, graph, party, frozenset(clauses), frozenset(assumed), sight, False, haven).arena()


class _Builder:
    def __init__(
        self,
        explorer: Explorer,
        graph: Graph,
        party: str,
        clauses: frozenset[str],
        assumed: frozenset[str],
        sight: Sight | None,
        generous: bool,
        haven: Haven,
    ) -> None:
        self.explorer, self.automaton, self.graph = explorer, explorer.automaton, graph
        self.party, self.clauses, self.assumed, self.sight, self.generous = party, clauses, assumed, sight, generous
        self.alive = {node.index: haven.get(node.index, [node.zone]) for node in graph.kept}
        self.fallen = {n.index: merged(less([n.zone], n.size, self.alive[n.index]), n.size) for n in graph.kept}
        self.targets: dict[tuple[int, int], list[Node]] = {}
        for source, target, edge in graph.arcs:
            self.targets.setdefault((source, id(edge)), []).append(graph.nodes[target].cover)
        self.views: dict[Location, Hashable] = {}
        self.of_node: dict[int, int] = {}
        self.taken: dict[tuple[int, Hashable], Federation] = {}
        self.found: dict[Key, int] = {}
        self.positions: list[Position] = []

    def arena(self) -> Arena:
        nodes = list(self.graph.kept)
        for number, node in enumerate(nodes):
            self._place(number, node)
        for node in nodes:
            self._moves(node, self.positions[self.of_node[node.index]])
        if self.sight is not None:
            self._same_reactions()
            for position in self.positions:
                if position.still and not position.duty:
                    self._left_to_others(position)
                else:
                    self._unavailable(position)
        start = self.of_node[self.graph.nodes[0].cover.index]
        longest = max((raw >> 1 for position in self.positions for _, raw in position.own_limits), default=0)
        return Arena(self.party, self.generous, self.positions, start, longest + 1)

    # -- positions --------------------------------------------------------------------------------------------------

    def _place(self, number: int, node: Node) -> None:
        duty, shared = self._duties(node)
        if self.sight is None:
            view: Hashable = number
            clocks = node.clocks
        else:
            view, clocks = self._view(node.location), tuple(self.sight.clocks(node.clocks))
        key = (view, node.still, duty)
        index = self.found.setdefault(key, len(self.positions))
        if index == len(self.positions):
            self.positions.append(Position(view, clocks, node.still, duty))
        position = self.positions[index]
        position.shared = position.shared or shared
        position.forced = node.still and self._forced(node.location)
        alive = [self._projected(node, position, zone) for zone in self.alive[node.index]]
        position.zones = reduced([*position.zones, *alive])
        if not node.still:
            ahead = common(
                (later(zone, node.size) for zone in self.alive[node.index]), node.size, self.fallen[node.index]
            )
            position.fallen = reduced([*position.fallen, *(self._projected(node, position, zone) for zone in ahead)])
        position.nodes.append(node)
        self.of_node[node.index] = index
        for limit in limits_of(self.automaton, node):
            if limit.clock in position.clocks:
                limits = position.own_limits if self._owns(limit) else position.other_limits
                item = (position.clocks.index(limit.clock) + 1, limit.raw)
                if item not in limits:
                    limits.append(item)

    def _owns(self, limit: Limit) -> bool:
        return limit.owner in self.clauses if limit.owner else limit.clock.partition(".")[0] == self.party

    def _duties(self, node: Node) -> tuple[bool, bool]:
        """Where no time passes: whether the party has to go on, and whether others have."""
        automaton, location = self.automaton, node.location
        if not node.still:
            return False, False
        if self._forced(location):
            movers = {e.step.mover.instance for e in automaton.edges(location) if node.cut(e.guard) is not None}
            committed = automaton.committed(location)
            return self.party in movers | committed, bool(committed - {self.party})
        urgent = {i.name for i in automaton.system.network.instances if self._urgent(i.name, location)}
        passed = [
            self._owns(limit)
            for limit in automaton.limits(location)
            if node.cut(((limit.clock, False, 1 - limit.raw),)) is not None
        ]
        return self.party in urgent or any(passed), bool(urgent - {self.party}) or not all(passed)

    def _forced(self, location: Location) -> bool:
        """Whether some step happens here at once, whoever takes it."""
        return self.automaton.is_at_once(location) or bool(self.automaton.committed(location))

    def _urgent(self, who: str, location: Location) -> bool:
        machine = self.automaton.system.network.by_name[who].machine
        return machine.state(str(self.automaton.value(location, f"{who}.{STATE}"))).urgent

    def _view(self, location: Location) -> Hashable:
        """What the party sees of a location."""
        if location not in self.views:
            assert self.sight is not None
            automaton = self.automaton

            def leaf(item: Leaf) -> Value:
                assert isinstance(item, Name)
                return automaton.value(location, item.name)

            own = tuple(automaton.value(location, name) for name in self.sight.variables)
            self.views[location] = own, tuple(evaluate(out, leaf) for out in self.sight.outputs)
        return self.views[location]

    def _projected(self, node: Node, position: Position, zone: Zone) -> Zone:
        rows = [0, *(node.clocks.index(clock) + 1 for clock in position.clocks)]
        return with_stopwatch(gathered(zone, node.size, rows), len(rows))

    # -- moves ------------------------------------------------------------------------------------------------------

    def _moves(self, node: Node, position: Position) -> None:
        # where a bound is 0 nobody can wait; a bound above 0 is not met again and again in no time: its clock must run
        tight = node.still or any(limit.raw == bound(0, False) for limit in limits_of(self.automaton, node))
        for edge in self.automaton.edges(node.location):
            cuts = [
                cut
                for zone in self.alive[node.index]
                if (cut := constrained(zone, node.size, node.constraints(edge.guard))) is not None
            ]
            if not cuts or (self._excused(edge) and not self.generous):
                continue
            mine = tuple(sorted(move.index for move in edge.step.moves if move.instance == self.party))
            if edge.step.mover.instance == self.party:
                key: Hashable = (edge.step.mover.index, mine)
                self.taken.setdefault((node.index, key), []).extend(cuts)
                ways = position.own.setdefault(key, Option()).ways
                ways += (self._way(node, position, edge, cut, tight=True) for cut in cuts)
                continue
            choice = position.choices.setdefault(self._occasion(edge, mine), Choice())
            choice.possible = reduced([*choice.possible, *(self._projected(node, position, cut) for cut in cuts)])
            ways = choice.options.setdefault(mine, Option()).ways
            ways += (self._way(node, position, edge, cut, tight=tight and not self.generous) for cut in cuts)

    def _occasion(self, edge: Edge, mine: tuple[int, ...]) -> Hashable:
        """What the party knows of a step of others when it picks its reaction."""
        if self.sight is not None and mine:
            return edge.step.event
        others = frozenset(move for move in edge.step.moves if move.instance != self.party)
        return edge.step.mover, others, bool(mine)

    def _excused(self, edge: Edge) -> bool:
        """Whether what forbids an edge is no affair of the party: an assumption, or clauses of others only."""
        if not edge.forbidden:
            return False
        return bool(self.assumed.intersection(edge.forbidden)) or not self.clauses.intersection(edge.forbidden)

    def _way(self, node: Node, position: Position, edge: Edge, cut: Zone, *, tight: bool) -> Way:
        targets, astray = [], list[Zone]()
        if not edge.forbidden:
            rows = {clock: index for index, clock in enumerate(position.clocks, 1)}
            for target in self.targets[node.index, id(edge)]:
                index = self.of_node[target.index]
                clocks = self.positions[index].clocks
                sources = (0, *(0 if clock in edge.restart else rows[clock] for clock in clocks), len(rows) + 1)
                targets.append((index, sources))
                astray += self._astray(node, edge, cut, target)
        errs = bool(edge.forbidden) and not self._excused(edge)
        where = self._projected(node, position, cut)
        return Way(where, tuple(dict.fromkeys(targets)), errs, tight, tuple(reduced(astray)))

    def _astray(self, node: Node, edge: Edge, cut: Zone, target: Node) -> Iterator[Zone]:
        """From where in ``cut`` an edge leads out of the haven, as the party sees it."""
        rows = {clock: index for index, clock in enumerate(node.clocks, 1)}
        sources = [0, *(0 if clock in edge.restart else rows[clock] for clock in target.clocks)]
        position = self.positions[self.of_node[node.index]]
        for zone in self.fallen[target.index]:
            back = before_restart(zone, target.size, sources, node.size)
            found = None if back is None else meet(cut, node.size, back)
            if found is not None:
                yield self._projected(node, position, found)

    # -- what the party cannot tell ---------------------------------------------------------------------------------

    def _unavailable(self, position: Position) -> None:
        """Where an own step is not possible in some of the situations that look alike."""
        for key, option in position.own.items():
            for node in position.nodes:
                rest = less(self.alive[node.index], node.size, self.taken.get((node.index, key), ()))
                option.blocked += [self._projected(node, position, zone) for zone in rest]
            option.blocked = reduced(option.blocked)

    def _same_reactions(self) -> None:
        """Positions that differ in what others have to do at once look alike: there the same reaction must be right."""
        together: dict[Hashable, dict[Hashable, list[Way]]] = {}
        alike = [
            (choice, together.setdefault((position.view, occasion), {}))
            for position in self.positions
            for occasion, choice in position.choices.items()
            if isinstance(occasion, str)  # an event that the party reacts to
        ]
        for choice, ways in alike:
            for mine, option in choice.options.items():
                ways.setdefault(mine, []).extend(option.ways)
        for choice, ways in alike:
            choice.options = {mine: Option(all_ways) for mine, all_ways in ways.items()}

    def _left_to_others(self, position: Position) -> None:
        """The party must expect to be as quick as others that have to go on: whatever it can do counts as theirs."""
        for key, option in position.own.items():
            possible = reduced(way.cut for way in option.ways)
            position.choices["own", key] = Choice(possible, {(): Option(option.ways)})
        position.own = {}
