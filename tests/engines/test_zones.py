"""The zone engine against the region graph: two ways to the same set of reachable valuations."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from lastgasp.engines.zones.analysis import hurried, stuck
from lastgasp.engines.zones.automaton import Automaton
from lastgasp.engines.zones.dbm import INF, LE_ZERO, both, bound, minus
from lastgasp.engines.zones.engine import find, sanity
from lastgasp.engines.zones.explore import ORDERS, Budget, Ending, Explorer, Node
from lastgasp.engines.zones.instant import instant_loop
from lastgasp.engines.zones.witness import run_of
from lastgasp.errors import InternalError
from lastgasp.network import Network
from lastgasp.recheck.inductive import recheck_inductive
from lastgasp.recheck.receptive import recheck_receptive
from lastgasp.semantics import run
from lastgasp.system import compiled
from tests.oracle import regions
from tests.oracle.strategies import networks


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(networks())
def test_zones_agree_with_the_region_graph(network: Network) -> None:
    try:
        answer = regions.explore(network, lambda values: False, limit=4000)
    except (regions.TooLarge, regions.Unsupported):
        return
    system = compiled(network)
    explorer = Explorer(Automaton(system), exact=True)
    graph = explorer.explore(Budget())
    assert (graph.overflow is not None) == (answer.range_error_at is not None)
    if graph.overflow is not None:
        return
    names = tuple(system.variables)
    found = {frozenset(zip(names, node.location, strict=True)) for node in graph.nodes}
    assert found == {frozenset(v for v in valuation if v[0] in names) for valuation in answer.valuations}
    for order in ORDERS:
        coarse = Explorer(Automaton(system), exact=False).explore(Budget(), order=order)
        assert {node.location for node in coarse.nodes} == {node.location for node in graph.nodes}
        finding = find(system, Budget(), order)
        assert finding.proof is not None
        recheck_inductive(system, finding.proof)
    assert (stuck(explorer, graph) is not None) == (answer.stuck_at is not None)
    assert (hurried(explorer, graph) is not None) == (answer.timelock_at is not None)
    assert (instant_loop(graph) is not None) == (answer.instant_loop_at is not None)
    sane = sanity(system, Budget())
    assert sane.proof is not None
    recheck_inductive(system, sane.proof)
    try:
        recheck_receptive(system, sane.proof, {}, frozenset())
    except InternalError:
        assert sane.defect is not None or sane.disobeyed
    else:
        assert sane.defect is None and not sane.disobeyed
    for node in graph.nodes:
        if node.parent is not None and node.edge is not None:
            moves, rest = run_of(explorer.automaton, _reached(node))
            trace = run(network, {}, moves, rest)
            assert {name: trace.entries[-1].values[name] for name in names} == dict(
                zip(names, node.location, strict=True)
            )


def _reached(node: Node) -> Ending:
    return Ending(node, None, ())


def test_a_zone_is_not_split_by_one_that_it_does_not_meet() -> None:
    """x and y up to 2, against x from 1 and y from 5 on. Split again and again by such zones, pieces of one once kept
    an analysis from ever ending. Against x from 1 on, what is left is x below 1."""
    two = bound(2, False)
    square = (LE_ZERO, LE_ZERO, LE_ZERO, two, LE_ZERO, two, two, two, LE_ZERO)
    apart = (LE_ZERO, bound(-1, False), bound(-5, False), INF, LE_ZERO, INF, INF, INF, LE_ZERO)
    assert both(square, 3, apart) is None
    assert list(minus(square, 3, apart)) == [square]
    later = (LE_ZERO, bound(-1, False), LE_ZERO, INF, LE_ZERO, INF, INF, INF, LE_ZERO)
    assert both(square, 3, later) is not None
    assert list(minus(square, 3, later)) == [(1, 1, 1, bound(1, True), 1, bound(1, True), two, two, 1)]
    assert not list(minus(square, 3, square))
