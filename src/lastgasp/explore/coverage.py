"""What all runs together can visit, exactly: from the zone engine, to stand beside what random runs visited."""

from __future__ import annotations

from dataclasses import dataclass

from lastgasp.engines.zones.engine import Sanity
from lastgasp.errors import NotApplicable
from lastgasp.expr import Value
from lastgasp.extremes import extremes
from lastgasp.question import Limits, Question
from lastgasp.recheck.visited import visited
from lastgasp.slicing import Slice
from lastgasp.soundness import soundness
from lastgasp.system import compiled
from lastgasp.trace import Move


@dataclass(frozen=True, slots=True)
class Reach:
    """Every state (values of all variables) and every move that is possible; none known where ``unknown`` says why.

    ``doubt`` says what is wrong with the network, or with a clause, so that no verdict would rest on it.
    """

    states: frozenset[tuple[Value, ...]] = frozenset()
    moves: frozenset[Move] = frozenset()
    unknown: str = ""
    doubt: str = ""


def reach(question: Question, part: Slice, limits: Limits) -> Reach:
    """What is reachable in a part of a network under its restricting sentences, at the values that permit most."""
    try:
        network = part.network.with_settings(extremes(part.network, part.restrict.values()))
        sane = soundness(question, network, part, limits)
    except NotApplicable as refusal:
        return Reach(unknown=str(refusal))
    if sane.proof is None:
        why = "time or memory did not suffice" if sane.defect is None else "they end at an error of the model"
        return Reach(unknown=f"{why}, after {sane.states} zones", doubt=_doubt(sane))
    system = compiled(network, part.restrict, None)
    own = [list(system.variables).index(name) for name in part.network.variables]
    states = frozenset(tuple(item.location[index] for index in own) for item in sane.proof.zones)
    return Reach(states, frozenset(visited(system, sane.proof)[1]), doubt=_doubt(sane))


def _doubt(sane: Sanity) -> str:
    if sane.defect is not None:
        return sane.defect.reason
    for item in sane.disobeyed:
        shown = "cannot be obeyed" if item.forced else "was not shown obeyable"
        return f"the clause {item.clause!r} {shown}: {item.reason}" if item.clause else item.reason
    return ""
