"""The zone engine as one function: a timed system in, a finding with its evidence out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from lastgasp.certificate import Certificate, StoredZone
from lastgasp.engines.zones.analysis import Disobeyed, disobeyed, hurried, instant_loop, stuck
from lastgasp.engines.zones.automaton import ENGINE, Automaton
from lastgasp.engines.zones.dbm import INF
from lastgasp.engines.zones.explore import Budget, Ending, Explorer, Graph
from lastgasp.engines.zones.witness import NoRun, run_of
from lastgasp.system import TimedSystem, observer_name
from lastgasp.trace import Step

Run = tuple[list[tuple[Fraction, Step]], Fraction]
"""Delays (seconds) and steps, and the rest after the last step."""


NOBODY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Defect:
    """Something that deprives the model of a meaning to check, with a run to it."""

    reason: str
    run: Run


@dataclass(frozen=True, slots=True)
class Disobedience:
    """A clause that the local check does not show obeyable. ``forced``: the party had no choice on the way."""

    clause: str
    reason: str
    run: Run
    forced: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """What exploring a system told. ``complete`` is false where a budget ended it: then nothing is proved.

    ``broken`` is a shortest run that breaks the goal; ``certificate`` exists if there is none and all was explored.
    """

    complete: bool
    depth: int
    states: int
    premise: bool
    broken: Run | None = None
    certificate: Certificate | None = None
    defect: Defect | None = None
    disobeyed: tuple[Disobedience, ...] = ()


def find(
    system: TimedSystem, budget: Budget, bound: Mapping[str, str] = NOBODY, assumed: frozenset[str] = frozenset()
) -> Finding:
    """Look for a run that breaks the goal, and if there is none, for what comes before any verdict.

    ``bound`` maps each clause's observer to the instance that it binds; ``assumed`` names the observers that bind none.
    :class:`NotApplicable` where the system is not for zones.
    """
    explorer = Explorer(Automaton(system))
    graph = explorer.explore(budget)
    defect = _overflow(explorer, graph)
    found = Finding(graph.complete, graph.depth, len(graph.nodes), graph.premise, defect=defect)
    if defect is not None:
        return found
    if graph.broken is not None:
        return replace(found, depth=graph.broken.node.depth, broken=_run(explorer, graph.broken))
    if not graph.complete:
        return found
    missed = tuple(_disobedience(explorer, bound, item) for item in disobeyed(explorer, graph, bound, assumed))
    certificate = _certificate(system, explorer, graph)
    return replace(found, certificate=certificate, defect=_timelock(explorer, graph), disobeyed=missed)


def _overflow(explorer: Explorer, graph: Graph) -> Defect | None:
    if graph.overflow is None or graph.overflow.edge is None:
        return None
    ending = graph.overflow
    edge = graph.overflow.edge
    run = _run(explorer, Ending(ending.node, None, ending.guard))
    return Defect(f"a step of {edge.step.mover.instance} sets {edge.overflow} to a value out of its range", run)


def _timelock(explorer: Explorer, graph: Graph) -> Defect | None:
    loop = instant_loop(graph)
    if loop is not None:
        run = _run(explorer, Ending(loop[0], None, ()))
        return Defect("an endless chain of steps in one instant (an instant loop)", run)
    ending = stuck(explorer, graph)
    if ending is not None:
        return Defect("time cannot go on and no step is possible (a timelock)", _run(explorer, ending))
    ending = hurried(explorer, graph)
    if ending is not None:
        return Defect("steps are possible, but time can never go on (a timelock)", _run(explorer, ending))
    return None


def _run(explorer: Explorer, ending: Ending) -> Run:
    try:
        return run_of(explorer.automaton, ending)
    except NoRun:  # a piece of a zone beyond the largest constants: any run to the node is as good
        return run_of(explorer.automaton, Ending(ending.node, ending.edge, ()))


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
    return Disobedience(item.clause.removeprefix(observer_name("")), item.reason, _run(explorer, item.ending), forced)


def _certificate(system: TimedSystem, explorer: Explorer, graph: Graph) -> Certificate:
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
    return Certificate(ENGINE, explorer.automaton.scale, tuple(zones), system)
