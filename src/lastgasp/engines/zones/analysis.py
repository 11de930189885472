"""What a complete zone graph tells about a network besides its goal: stuck states, instant loops, obeyable clauses.

All of it is exact on the graph because the abstraction is a bisimulation: a stuck valuation in a stored zone is
bisimilar to one that a run reaches.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lastgasp.engines.zones.automaton import Edge, Limit
from lastgasp.engines.zones.dbm import (
    Zone,
    before_restart,
    constrained,
    earlier,
    includes,
    scaled,
    without,
    without_one,
)
from lastgasp.engines.zones.explore import Budget, Ending, Explorer, Graph, Node, limits_of
from lastgasp.lazy import lazy
from lastgasp.machine import STATE
from lastgasp.observers import Bound

if TYPE_CHECKING:
    import networkx as nx
else:
    nx = lazy("networkx")

CHAIN = 4
"""How many own steps in one instant may together meet a deadline, before the answer is 'not decided'."""


@dataclass(frozen=True, slots=True)
class Disobeyed:
    """A situation in which the bound party cannot obey: by which clause, why, and how to get there."""

    clause: str
    reason: str
    ending: Ending


class TimeUp(Exception):
    """A budget of time ended before an analysis did."""


def stuck(explorer: Explorer, graph: Graph) -> Ending | None:
    """A reachable situation from which no step is ever possible while time cannot go on for ever (a timelock)."""
    return _without_steps(explorer, (n for n in graph.kept if n.still or limits_of(explorer.automaton, n)))


def quiet(explorer: Explorer, graph: Graph) -> Ending | None:
    """A reachable situation from which time goes on but no step is ever possible again (a deadlock)."""
    return _without_steps(explorer, (n for n in graph.kept if not n.still and not limits_of(explorer.automaton, n)))


def _without_steps(explorer: Explorer, nodes: Iterable[Node]) -> Ending | None:
    for node in nodes:
        rest = [node.zone]
        for edge in explorer.automaton.edges(node.location):
            zone = None if edge.forbidden or edge.overflow else node.cut(edge.guard)
            if zone is not None:
                rest = without_one(rest, node.size, zone if node.still else earlier(zone, node.size))
                if not rest:
                    break
        if rest:
            return inside(node, rest[0])
    return None


def hurried(explorer: Explorer, graph: Graph, budget: Budget | None = None) -> Ending | None:
    """A reachable situation from which, whatever steps are taken, time can never go on for ever (a timelock too).

    Greatest fixed point: begin with every situation that is nearer than ``1 / parts`` of a time unit to the end of a
    bound, or in which no time passes at all, and take away what some step, now or later, leads out of. A run that
    stays in the rest stays near some bound all the time. A clock comes near a bound at most once in half a unit,
    because after a restart it is at least a unit away; with more than twice as many ``parts`` as bounds, all that
    time together is less than half a unit. And a situation from which time converges leads to some that are that near
    to its limit. So the rest is empty if and only if time can go on for ever everywhere.

    Where every bound includes its end, the ends themselves are enough (``parts`` 0): a run that always waits for the
    end of a bound spends delays that differ by whole units from finitely many, so they do not converge.
    Raises :class:`TimeUp` where the budget ends before the fixed point.
    """
    bounds = _all_bounds(explorer)
    parts = 2 * len({(b.clock, b.limit) for b in bounds}) + 2 if any(b.strict for b in bounds) else 0
    whole = {node.index: scaled(node.zone, parts or 1) for node in graph.kept}
    arcs: dict[int, dict[int, tuple[Edge, list[int]]]] = {}
    for source, target, edge in graph.arcs:
        arcs.setdefault(source, {}).setdefault(id(edge), (edge, []))[1].append(target)
    caught = {node.index: _near_the_end(explorer, node, whole[node.index], parts) for node in graph.kept}
    users: dict[int, set[int]] = {}
    for source, edges in arcs.items():
        for _, targets in edges.values():
            for target in targets:
                users.setdefault(graph.nodes[target].cover.index, set()).add(source)
    _free_whole(explorer, graph, arcs, caught, users)
    free = [node for node in graph.kept if caught[node.index] != [whole[node.index]]]
    waiting = deque(dict.fromkeys(user for node in free for user in users.get(node.index, ()) if caught.get(user)))
    queued = set(waiting)
    while waiting:
        index = waiting.popleft()
        queued.discard(index)
        node, rest = graph.nodes[index], caught[index]
        ways = [(edge, [graph.nodes[target].cover for target in targets]) for edge, targets in arcs[index].values()]
        ways.sort(key=lambda way: sum(len(caught[cover.index]) for cover in way[1]))  # free ways first, they cost least
        for edge, covers in ways:
            if not rest or all(caught[cover.index] == [whole[cover.index]] for cover in covers):
                continue
            way = node.cut(edge.guard)
            if way is not None:
                back = [zone for cover in covers for zone in led_into(node, edge, cover, caught[cover.index])]
                for out in without(scaled(way, parts or 1), node.size, back):
                    if budget is not None and budget.late:
                        raise TimeUp
                    rest = without_one(rest, node.size, out if node.still else earlier(out, node.size))
        if rest != caught[index]:
            caught[index] = rest
            for user in users.get(index, ()):
                if user not in queued and caught.get(user):
                    waiting.append(user)
                    queued.add(user)
    for index, zones in caught.items():
        if zones:
            return inside(graph.nodes[index], zones[0], parts or 1)
    return None


def _free_whole(
    explorer: Explorer,
    graph: Graph,
    arcs: Mapping[int, Mapping[int, tuple[Edge, list[int]]]],
    caught: dict[int, list[Zone]],
    users: Mapping[int, set[int]],
) -> None:
    """The easy part first: nodes from everywhere in which one step leads into nodes that are free throughout."""
    waiting = deque(index for index, zones in caught.items() if zones)
    while waiting:
        index = waiting.popleft()
        node = graph.nodes[index]
        if not caught[index]:
            continue
        for edge, targets in arcs.get(index, {}).values():
            if any(caught[graph.nodes[target].cover.index] for target in targets):
                continue
            way = node.cut(edge.guard)
            if way is not None and includes(way if node.still else earlier(way, node.size), node.zone):
                caught[index] = []
                waiting.extend(user for user in users.get(index, ()) if caught.get(user))
                break


def _near_the_end(explorer: Explorer, node: Node, zone: Zone, parts: int) -> list[Zone]:
    """The part of a node, in ``parts`` of a time unit, that is less than one part away from a bound, or at it (0)."""
    if node.still:
        return [zone]
    rows = {clock: index for index, clock in enumerate(node.clocks, 1)}
    ends = (
        constrained(zone, node.size, [(0, rows[limit.clock], -2 * (value * parts - 1) if parts else 1 - 2 * value)])
        for limit in limits_of(explorer.automaton, node)
        for value in (limit.raw >> 1,)
    )
    return [zone for zone in ends if zone is not None]


def _all_bounds(explorer: Explorer) -> tuple[Bound, ...]:
    system = explorer.automaton.system
    return (*system.bounds, *(bound for monitor in system.restrict for bound in monitor.bounds))


def led_into(node: Node, edge: Edge, target: Node, zones: Iterable[Zone]) -> Iterable[Zone]:
    """The valuations of ``node`` that ``edge`` leads into these zones of ``target``, its guard aside."""
    rows = {clock: index for index, clock in enumerate(node.clocks, 1)}
    sources = [0, *(0 if clock in edge.restart else rows[clock] for clock in target.clocks)]
    for zone in zones:
        back = before_restart(zone, target.size, sources, node.size)
        if back is not None:
            yield back


def disobeyed(explorer: Explorer, graph: Graph, bound: Mapping[str, str], free: Iterable[str] = ()) -> list[Disobeyed]:
    """The clauses that the local check does not show obeyable, each with a situation; empty if all are.

    ``bound`` maps the name of each clause's observer to the instance that it binds; observers in ``free`` are
    assumptions and bind nobody. The check (de Alfaro, Henzinger, Stoelinga 2002, receptiveness, made local): every
    step of the others that the clauses forbid has a permitted variant that differs in the bound party's reactions
    only, and where a clause stops time, steps of its own party lead to where time can go on.
    """
    found: dict[str, Disobeyed] = {}
    exempt = set(free)
    for node in graph.kept:
        for problem in (
            *_others_blocked(explorer, node, bound, exempt),
            *_deadlines(explorer, node, bound),
            *_hurrying(explorer, node),
        ):
            found.setdefault(problem.clause, problem)
    return list(found.values())


def _others_blocked(explorer: Explorer, node: Node, bound: Mapping[str, str], exempt: set[str]) -> Iterable[Disobeyed]:
    edges = explorer.automaton.edges(node.location)
    for edge in edges:
        if not edge.forbidden or exempt.intersection(edge.forbidden):
            continue
        for clause in edge.forbidden:
            party = bound.get(clause)
            if party is None or edge.step.mover.instance == party:
                continue
            zone = node.cut(edge.guard)
            if zone is None:
                continue
            variants = [
                cut
                for other in edges
                if not other.forbidden
                and other.step.mover == edge.step.mover
                and _others(other, party) == _others(edge, party)
                and (cut := node.cut(other.guard)) is not None
            ]
            rest = without(zone, node.size, variants)
            if rest:
                mover = edge.step.mover.instance
                yield Disobeyed(
                    clause,
                    f"it would forbid a step of {mover}, which {party} cannot prevent",
                    inside(node, rest[0]),
                )


def _others(edge: Edge, party: str) -> frozenset[tuple[str, int]]:
    return frozenset((move.instance, move.index) for move in edge.step.moves if move.instance != party)


def _deadlines(explorer: Explorer, node: Node, bound: Mapping[str, str]) -> Iterable[Disobeyed]:
    """At each deadline of a clause, its party has steps that meet it."""
    limits = limits_of(explorer.automaton, node)
    n = node.size
    for limit in limits:
        party = bound.get(limit.owner)
        if party is None:
            continue
        row = node.clocks.index(limit.clock) + 1
        closed = bool(limit.raw & 1)
        if closed:
            # the last instant that the clause allows: x = D
            at_limit = constrained(node.zone, n, [(0, row, _at(limit))])
            if at_limit is None:
                continue
            rest = without(at_limit, n, _met(explorer, node, at_limit, party, bound, CHAIN))
        else:
            first = _ends_first(node, limit, limits)
            met = [earlier(zone, n) for zone in _met(explorer, node, node.zone, party, bound, CHAIN)]
            rest = without(first, n, met) if first is not None else []
        if rest:
            yield Disobeyed(
                limit.owner,
                f"at its deadline {party} has no step that meets it",
                inside(node, rest[0], lasting=closed),
            )


def _ends_first(node: Node, limit: Limit, limits: Iterable[Limit]) -> Zone | None:
    """The part of a node in which, as time passes, no other limit is met sooner: there it is this one's turn.

    Elsewhere somebody else has to move first, which is asked of the owner of that limit; what follows is another node.
    """
    rows = {clock: index for index, clock in enumerate(node.clocks, 1)}
    mine, end = rows[limit.clock], limit.raw >> 1
    others = [(rows[other.clock], (other.raw >> 1) - end) for other in limits]
    if any(row == mine and later < 0 for row, later in others):
        return None
    return constrained(node.zone, node.size, [(row, mine, 2 * later + 1) for row, later in others if row != mine])


def _hurrying(explorer: Explorer, node: Node) -> Iterable[Disobeyed]:
    """Where a machine's own state ends (its bound, or because it is urgent), that machine has a step that leaves it."""
    automaton, system = explorer.automaton, explorer.automaton.system
    ends: list[tuple[str, Zone, bool]] = []
    limits = limits_of(automaton, node)
    for limit in limits:
        if not limit.owner:
            closed = limit.raw & 1
            end = node.cut(((limit.clock, False, _at(limit)),)) if closed else _ends_first(node, limit, limits)
            if end is not None:
                ends.append((limit.clock.partition(".")[0], end, not closed))
    if node.still and not automaton.is_at_once(node.location) and not automaton.committed(node.location):
        for instance in system.network.instances:
            if instance.machine.state(str(automaton.value(node.location, f"{instance.name}.{STATE}"))).urgent:
                ends.append((instance.name, node.zone, False))
    for who, end, strict in ends:
        rest, forbidding = [end], ""
        for edge in automaton.edges(node.location):
            if edge.step.mover.instance != who:
                continue
            cut = node.cut(edge.guard) if strict else constrained(end, node.size, node.constraints(edge.guard))
            if cut is not None and edge.forbidden:
                forbidding = forbidding or edge.forbidden[0]
            elif cut is not None:
                rest = without_one(rest, node.size, earlier(cut, node.size) if strict else cut)
        if rest:
            words = f"{who} must leave its state and no step of its own does, so it forces its surroundings"
            yield Disobeyed(forbidding, words, inside(node, rest[0], lasting=not strict))


def _met(explorer: Explorer, node: Node, zone: Zone, party: str, bound: Mapping[str, str], chain: int) -> list[Zone]:
    """The parts of ``zone`` in which the party has a step that leads to where no clause of it stops time.

    How others react to that step is theirs to choose, so every variant of it must be permitted and lead there.
    """
    choices: dict[tuple[int, frozenset[int]], tuple[list[Zone], list[Zone]]] = {}
    for edge in explorer.automaton.edges(node.location):
        if edge.step.mover.instance != party:
            continue
        cut = constrained(zone, node.size, node.constraints(edge.guard))
        if cut is not None:
            mine = frozenset(move.index for move in edge.step.moves if move.instance == party)
            good, bad = choices.setdefault((edge.step.mover.index, mine), ([], []))
            permitted = not edge.forbidden and not edge.overflow
            passes = permitted and _passes(explorer, node, edge, cut, party, bound, chain)
            (good if passes else bad).append(cut)
    return [piece for good, bad in choices.values() for cut in good for piece in without(cut, node.size, bad)]


def _passes(
    explorer: Explorer, node: Node, edge: Edge, zone: Zone, party: str, bound: Mapping[str, str], chain: int
) -> bool:
    """Whether from everywhere in ``zone`` this edge leads to where no clause of the party stops time.

    Own steps may follow in the same instant (at most ``chain`` of them); instantaneous steps of others that come in
    between must all lead there too.
    """
    automaton = explorer.automaton
    rows = {clock: index for index, clock in enumerate(node.clocks, 1)}
    clocks = explorer.caps.of(edge.target).clocks
    sources = [0, *(0 if clock in edge.restart else rows[clock] for clock in clocks)]
    arrived = tuple([zone[a * node.size + b] for a in sources for b in sources])
    reached = Node(-1, edge.target, clocks, arrived, automaton.is_still(edge.target), (), node, edge, node.depth + 1)
    if automaton.is_at_once(edge.target) or automaton.committed(edge.target):
        return chain > 0 and all(
            _passes(explorer, reached, other, cut, party, bound, chain - 1)
            for other in automaton.edges(edge.target)
            if not other.forbidden and not other.overflow and (cut := reached.cut(other.guard)) is not None
        )
    stopped: list[Zone] = []
    for limit in automaton.limits(edge.target):
        if bound.get(limit.owner) == party:
            # a strict limit is never reached: there only a restart of its clock counts as progress
            at_limit = reached.cut(((limit.clock, False, _at(limit) if limit.raw & 1 else 0),))
            if at_limit is not None:
                stopped.append(at_limit)
    if not stopped:
        return True
    if chain == 0:
        return False
    return all(
        not without(zone, reached.size, _met(explorer, reached, zone, party, bound, chain - 1)) for zone in stopped
    )


def _at(limit: Limit) -> int:
    """The lower bound 'at the limit or past it'."""
    return -(limit.raw >> 1) * 2 + 1


def inside(node: Node, zone: Zone, finer: int = 1, *, lasting: bool = True) -> Ending:
    """How a run ends in a part of a node, which is in ``finer`` parts of a time unit.

    What is wrong there is ``lasting`` unless it depends on who has to move first, or on a step being possible.
    """
    names, n, whole = ("", *node.clocks), node.size, scaled(node.zone, finer)
    pairs = ((i, j) for i in range(n) for j in range(n) if zone[i * n + j] < whole[i * n + j])
    apart = tuple((names[i], names[j], zone[i * n + j]) for i, j in pairs)
    return Ending(node, None, (), apart, finer, lasting)
