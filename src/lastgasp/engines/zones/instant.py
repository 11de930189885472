"""Endless chains of steps in one instant: each is a ``when`` step, or leaves a committed state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lastgasp.engines.zones.analysis import inside, led_into
from lastgasp.engines.zones.dbm import Zone, both, includes, without
from lastgasp.engines.zones.explore import Ending, Graph, Node
from lastgasp.lazy import lazy

if TYPE_CHECKING:
    import networkx as nx
else:
    nx = lazy("networkx")


def instant_loop(graph: Graph) -> Ending | None:
    """A reachable situation from which steps can go on for ever in one instant, or ``None``.

    A cycle of arcs need not be one of steps: the zone that is stored may be larger than the one that is entered. So of
    each cycle, what no step leads from into the rest of it is taken away until nothing more is (a greatest fixed point;
    it ends, because steps that take no time compare clocks with finitely many constants).
    """
    chain = nx.MultiDiGraph()
    for source, target, edge in graph.arcs:
        before, after = graph.nodes[source], graph.nodes[target].cover
        if before.covered is None and _instantaneous(graph, before) and _instantaneous(graph, after):
            chain.add_edge(before.index, after.index, edge=edge)
    for component in nx.strongly_connected_components(chain):
        loops = _endless(graph, chain.subgraph(component))
        if loops:
            node = graph.nodes[min(loops)]
            return inside(node, loops[node.index][0], lasting=False)  # a further sentence may forbid one of the steps
    return None


def _endless(graph: Graph, chain: nx.MultiDiGraph[int]) -> dict[int, list[Zone]]:
    """The parts of the nodes of a chain from which it can be followed for ever, where there are any."""
    loops = {index: [graph.nodes[index].zone] for index in chain}
    while True:
        rest = {index: _leading(graph, chain, index, loops) for index in loops}
        if all(not without(zone, graph.nodes[i].size, rest[i]) for i, zones in loops.items() for zone in zones):
            return loops
        loops = {index: zones for index, zones in rest.items() if zones}


def _leading(graph: Graph, chain: nx.MultiDiGraph[int], index: int, loops: dict[int, list[Zone]]) -> list[Zone]:
    """The parts of a node from which a step leads into ``loops``."""
    node, found = graph.nodes[index], list[Zone]()
    for _, target, edge in chain.out_edges(index, data="edge"):
        way = node.cut(edge.guard)
        if way is None:
            continue
        for back in led_into(node, edge, graph.nodes[target], loops.get(target, ())):
            piece = both(way, node.size, back)
            if piece is not None and not any(includes(known, piece) for known in found):
                found = [known for known in found if not includes(piece, known)] + [piece]
    return found


def _instantaneous(graph: Graph, node: Node) -> bool:
    """Whether only a ``when`` step, or one out of a committed state, may be next."""
    automaton = graph.automaton
    return node.still and (automaton.is_at_once(node.location) or bool(automaton.committed(node.location)))
