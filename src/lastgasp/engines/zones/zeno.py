"""Zeno runs: infinitely many steps in finite time, shown by a run that goes round a loop often in little time.

A loop of the zone graph can go on for ever in finite time if each clock that it restarts is never asked to show a whole
time unit between restarts (Tripakis 1999; Herbreteau and Srivathsan 2011). Here a short loop through each transition is
tried: it counts only if a run goes round it ROUNDS times within one time unit. That none is found is no proof.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from lastgasp.engines.zones.automaton import Edge
from lastgasp.engines.zones.explore import Ending, Explorer, Graph, Node
from lastgasp.engines.zones.witness import NoRun, run_of
from lastgasp.lazy import lazy
from lastgasp.trace import Move, Step

if TYPE_CHECKING:
    import networkx as nx
else:
    nx = lazy("networkx")

ROUNDS = 4
TRIES = 3
"""So many loops are tried through each transition that takes part in some."""

Run = tuple[list[tuple[Fraction, Step]], Fraction]


def zeno_loops(explorer: Explorer, graph: Graph) -> Iterator[tuple[frozenset[str], Run]]:
    """Instances that can hurry together, and a run that goes round their loop; each transition is tried a few times."""
    arcs: nx.DiGraph[int] = nx.DiGraph()
    by_move: dict[Move, list[tuple[int, int]]] = {}
    for source, target, edge in graph.arcs:
        pair = graph.nodes[source].cover.index, graph.nodes[target].cover.index
        arcs.add_edge(*pair, edge=edge)
    part_of = {index: number for number, part in enumerate(nx.strongly_connected_components(arcs)) for index in part}
    for source, target, edge in arcs.edges(data="edge"):
        if part_of[source] == part_of[target]:
            by_move.setdefault(edge.step.mover, []).append((source, target))
    found: set[frozenset[str]] = set()
    for pairs in by_move.values():
        for source, target in pairs[:TRIES]:
            loop = nx.shortest_path(arcs, target, source)
            edges = [arcs[a][b]["edge"] for a, b in zip([source, *loop], loop, strict=False)]
            who = frozenset(move.instance for edge in edges for move in edge.step.moves)
            if any(known <= who for known in found):
                break
            run = _hurried(explorer, graph.nodes[source], edges)
            if run is not None:
                found.add(who)
                yield who, run
                break


def _hurried(explorer: Explorer, start: Node, loop: list[Edge]) -> Run | None:
    """A run to ``start`` and ROUNDS times round the loop, all rounds within one time unit."""
    node = start
    for edge in loop * ROUNDS:
        still = explorer.automaton.is_still(edge.target)
        node = Node(-1, edge.target, (), (), still, (), node, edge, node.depth + 1)
    try:
        return run_of(explorer.automaton, Ending(node, None, ()), hurry=len(loop) * ROUNDS)
    except NoRun:
        return None
