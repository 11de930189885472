"""Random runs beside the zone engine, on one network at a time: what was found, and how short."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from lastgasp.engines.zones.engine import find, sanity
from lastgasp.engines.zones.explore import Budget
from lastgasp.explore.coverage import reach
from lastgasp.explore.stateful import Explored, Search
from lastgasp.network import Network
from lastgasp.question import Limits, Question
from lastgasp.semantics import run
from lastgasp.sentences import Sentence
from lastgasp.signals import errs, signal_of
from lastgasp.slicing import Slice
from lastgasp.system import compiled


def stands(network: Network, goal: Sentence, restrict: Mapping[str, Sentence], found: Explored) -> None:
    """The run that was found replays, breaks the goal, and nothing else."""
    assert found.broken is not None
    trace = run(network, found.broken.parameters, list(found.broken.moves), found.broken.rest)
    signal = signal_of(trace, network)
    assert errs(goal.formula, signal, trace.parameters) is not None
    assert all(errs(sentence.formula, signal, trace.parameters) is None for sentence in restrict.values())


def compare(
    network: Network, goal: Sentence, restrict: Mapping[str, Sentence], seen: Counter[str], runs: int = 40
) -> None:
    """Explore, and count what came of it beside what zones say. Nothing that zones refute may be found."""
    found = Search(network, goal, restrict, 14).driven(runs, 0)
    zones = find(compiled(network, restrict, goal), Budget())
    sane = sanity(compiled(network, restrict), Budget())
    seen["networks"] += 1
    if found.broken is not None:
        stands(network, goal, restrict, found)
        assert zones.broken is not None or zones.defect is not None, "found what zones refute"
        seen["found"] += 1
        if zones.broken is not None:
            longer = len(found.broken.moves) - len(zones.broken[0])
            assert longer >= 0 or sane.defect is not None, "shorter than the shortest"
            seen["shortest"] += longer == 0
            seen["longer"] += longer > 0
    elif zones.broken is not None:
        seen["missed in a sound network" if sane.defect is None else "missed in an unsound network"] += 1
    if found.overflow is not None:
        assert sane.defect is not None
    if found.timelock is not None:
        assert sane.defect is not None
        seen["timelocks"] += 1
    question = Question("random", network, goal, {}, restrict)
    there = reach(question, Slice(network, restrict, ()), Limits(seconds=None))
    if not there.unknown and sane.defect is None:
        assert found.states <= there.states
        assert found.moves <= there.moves
        seen["states visited"] += len(found.states)
        seen["states there"] += len(there.states)
