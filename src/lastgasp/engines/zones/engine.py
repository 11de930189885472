"""The zone engine as two functions: a timed system in; out comes what is true of its goal, or of itself.

The two explore apart, because they need different abstractions: what can be reached survives one that forgets more
than what can get stuck does.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from lastgasp.engines.zones.analysis import Disobeyed, TimeUp, disobeyed, hurried, quiet, stuck
from lastgasp.engines.zones.automaton import Automaton
from lastgasp.engines.zones.dbm import INF
from lastgasp.engines.zones.explore import Budget, Ending, Explorer, Graph
from lastgasp.engines.zones.instant import instant_loop
from lastgasp.engines.zones.witness import NoRun, run_of
from lastgasp.engines.zones.zeno import zeno_loops
from lastgasp.recheck.inductive import StoredZone, ZoneSet
from lastgasp.system import TimedSystem, observer_name
from lastgasp.trace import Step

Run = tuple[list[tuple[Fraction, Step]], Fraction]
"""Delays (seconds) and steps, and the rest after the last step."""


NOBODY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Defect:
    """Something that deprives the model of a meaning to check, with a run to it.

    ``lasting``: further sentences that the run obeys leave it so.
    """

    reason: str
    run: Run
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Disobedience:
    """A clause that the local check does not show obeyable. ``forced``: the party had no choice on the way.

    ``lasting``: further sentences that the run obeys leave it so.
    """

    clause: str
    reason: str
    run: Run
    forced: bool
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What exploring a system told of its goal. ``complete`` is false where a budget ended it: then nothing is proved.

    ``broken`` is a run that breaks the goal, in breadth-first order a shortest; ``proof`` exists if there is none
    and all was explored, with it a ``witness`` in which the goal's premise happens, if it can; ``defect`` is a step out
    of a range, before which nothing else counts.
    """

    complete: bool
    depth: int
    states: int
    premise: bool
    broken: Run | None = None
    proof: ZoneSet | None = None
    defect: Defect | None = None
    witness: Run | None = None


@dataclass(frozen=True, slots=True)
class Sanity:
    """What comes before any verdict: a defect of the model, clauses not shown obeyable. Nothing if not ``complete``.

    ``proof`` is what was explored, from which the absence of defects can be checked again. Of what is merely odd:
    ``quiet`` ends where no step is possible any more; ``zeno`` are instances that can take as many steps together as
    they like in finite time, with a run that does.
    """

    complete: bool
    states: int
    proof: ZoneSet | None = None
    defect: Defect | None = None
    disobeyed: tuple[Disobedience, ...] = ()
    quiet: Run | None = None
    zeno: tuple[tuple[frozenset[str], Run], ...] = ()


def find(system: TimedSystem, budget: Budget, order: str = "breadth") -> Finding:
    """Look for a run that breaks the goal, in one of the :data:`~lastgasp.engines.zones.explore.ORDERS`.

    :class:`NotApplicable` where the system is not for zones.
    """
    automaton = Automaton(system)
    try:
        return _find(Explorer(automaton, exact=False), budget, order)
    except NoRun:  # the guards of this path are finer than its steps need; without abstraction of them there is a run
        return _find(Explorer(automaton, exact=True), budget, order)


def _find(explorer: Explorer, budget: Budget, order: str) -> Finding:
    graph = explorer.explore(budget, order=order)
    found = Finding(graph.complete, graph.depth, len(graph.nodes), graph.premise is not None)
    if graph.overflow is not None:
        return replace(found, defect=_overflow(explorer, graph.overflow))
    if graph.broken is not None:
        return replace(found, depth=graph.broken.node.depth, broken=run_of(explorer.automaton, graph.broken))
    if not graph.complete:
        return found
    witness = run_of(explorer.automaton, graph.premise) if graph.premise else None
    return replace(found, proof=stored_zones(explorer, graph), witness=witness)


def sanity(
    system: TimedSystem,
    budget: Budget,
    bound: Mapping[str, str] = NOBODY,
    assumed: frozenset[str] = frozenset(),
    *,
    odd: bool = False,
) -> Sanity:
    """Look for what deprives a system of a meaning to check, and for what is merely ``odd``; its goal does not matter.

    ``bound`` maps each clause's observer to the instance that it binds; ``assumed`` names the observers that bind none.
    :class:`NotApplicable` where the system is not for zones.
    """
    explorer = Explorer(Automaton(replace(system, goal=None)), exact=True)
    graph = explorer.explore(budget)
    found = Sanity(graph.complete, len(graph.nodes))
    if graph.overflow is not None:
        return replace(found, defect=_overflow(explorer, graph.overflow))
    if not graph.complete:
        return found
    missed = tuple(_disobedience(explorer, bound, item) for item in disobeyed(explorer, graph, bound, assumed))
    try:
        defect = _timelock(explorer, graph, budget)
    except TimeUp:
        return replace(found, complete=False)
    found = replace(found, proof=stored_zones(explorer, graph), defect=defect, disobeyed=missed)
    if not odd or found.defect is not None:
        return found
    ending = quiet(explorer, graph)
    loops = tuple(zeno_loops(explorer, graph))
    return replace(found, quiet=_run(explorer, ending)[0] if ending else None, zeno=loops)


def _overflow(explorer: Explorer, ending: Ending) -> Defect:
    edge = ending.edge
    assert edge is not None
    run = run_of(explorer.automaton, Ending(ending.node, None, ending.guard))
    return Defect(f"a step of {edge.step.mover.instance} sets {edge.overflow} to a value out of its range", run)


STUCK = "time cannot go on and no step is possible (a timelock)"
LOCKED = "steps are possible, but time can never go on (a timelock)"


def _timelock(explorer: Explorer, graph: Graph, budget: Budget) -> Defect | None:
    loop = instant_loop(graph)
    if loop is not None:
        return Defect("an endless chain of steps in one instant (an instant loop)", *_run(explorer, loop))
    ending = stuck(explorer, graph)
    if ending is not None:
        return Defect(STUCK, *_run(explorer, ending))
    ending = hurried(explorer, graph, budget)
    if ending is not None:
        return Defect(LOCKED, *_run(explorer, ending))
    return None


def _run(explorer: Explorer, ending: Ending) -> tuple[Run, bool]:
    """A run that ends so, and whether what is wrong there is lasting.

    A piece of a zone beyond the largest constants may hold what only the abstraction contains: then a run nearly there.
    """
    singly = tuple(bound for bound in ending.apart if "" in bound[:2])
    for nearly, lasting in ((ending, ending.lasting), (replace(ending, apart=singly), False)):
        with suppress(NoRun):
            return run_of(explorer.automaton, nearly), lasting
    return run_of(explorer.automaton, Ending(ending.node, ending.edge, ())), False


def _disobedience(explorer: Explorer, bound: Mapping[str, str], item: Disobeyed) -> Disobedience:
    """Whether the way there was forced: the party took no step of its own and never had one to take."""
    party = bound.get(item.clause, "")
    node, forced = item.ending.node, bool(party) or not item.clause
    while node is not None and forced:
        edges = explorer.automaton.edges(node.location)
        own = [e for e in edges if e.step.mover.instance == party and not e.forbidden and node.cut(e.guard) is not None]
        taken = node.edge
        choices = 0
        if taken is not None and node.parent is not None:
            choices = sum(
                other.step.mover == taken.step.mover and not other.forbidden and other.step != taken.step
                for other in explorer.automaton.edges(node.parent.location)
            )
        forced = not own and not choices
        if node.parent is None:
            break
        node = node.parent
    run, lasting = _run(explorer, item.ending)
    return Disobedience(item.clause.removeprefix(observer_name("")), item.reason, run, forced, lasting)


def stored_zones(explorer: Explorer, graph: Graph) -> ZoneSet:
    zones = []
    for node in graph.kept:
        names, n = ("", *node.clocks), node.size
        constraints = {
            (names[i], names[j]): node.zone[i * n + j]
            for i in range(n)
            for j in range(n)
            if i != j and node.zone[i * n + j] < INF
        }
        zones.append(StoredZone(node.location, node.still, constraints))
    return ZoneSet(explorer.automaton.scale, tuple(zones))
