"""Plain safety: is there a run that obeys every sentence and breaks the goal, whatever else is wrong?

A verdict asks more, that time can go on, that clauses can be obeyed, that the goal is about something; so it may change
either way when a sentence is added. Plain safety may not: a sentence only takes runs away. That is what enumerations
need, and this is all that they may be told by: the routes here leave out what comes before a verdict, and nothing of
the evidence. For a possibility goal *safe* is that no run shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from lastgasp.certificate import Certificate
from lastgasp.engines.zones.engine import find
from lastgasp.evidence import chosen_values, evidence
from lastgasp.extremes import extremes
from lastgasp.lazy import lazy
from lastgasp.question import Limits, Question
from lastgasp.recheck.inductive import ZoneSet
from lastgasp.recheck.smtlib import Invariant
from lastgasp.slicing import Slice
from lastgasp.system import compiled
from lastgasp.trace import Trace

if TYPE_CHECKING:
    from lastgasp.engines import bmc, induction, obligations, spacer

    Outcome = bmc.Outcome | induction.Outcome | spacer.Outcome
else:
    bmc = lazy("lastgasp.engines.bmc")
    induction = lazy("lastgasp.engines.induction")
    obligations = lazy("lastgasp.engines.obligations")
    spacer = lazy("lastgasp.engines.spacer")


@dataclass(frozen=True, slots=True)
class _Safety:
    engine: str

    def __bool__(self) -> NoReturn:
        raise TypeError("whether a goal is safe may not be known: match it against Safe, Unsafe, Unsettled")


@dataclass(frozen=True, slots=True)
class Safe(_Safety):
    """No run breaks the goal: proved, and that part of the certificate rechecked (``certificate.recheck_goal()``)."""

    certificate: Certificate = field(hash=False)


@dataclass(frozen=True, slots=True)
class Unsafe(_Safety):
    """A run breaks the goal: replayed on the source network, and it obeys every sentence up to its end."""

    trace: Trace


@dataclass(frozen=True, slots=True)
class Unsettled(_Safety):
    """Not known. ``final``: because the model has no meaning to check, so that no other engine can tell either."""

    reason: str
    final: bool = False


Safety = Safe | Unsafe | Unsettled


def by_zones(question: Question, part: Slice, limits: Limits) -> Safety:
    """Every reachable zone, ranges at the values that permit most; :class:`NotApplicable` where zones are not."""
    chosen = extremes(part.network, [*part.restrict.values(), question.goal])
    network = part.network.with_settings(chosen)
    found = find(compiled(network, part.restrict, question.goal), limits.budget("zones"), limits.order)
    if found.defect is not None:
        return Unsettled("zones", found.defect.reason, final=True)
    if found.broken is not None:
        return Unsafe("zones", evidence(question, part, network, found.broken))
    if found.proof is None:
        return Unsettled("zones", f"no error in {found.states} states up to {found.depth} steps, then the limit")
    return _rechecked(question, part, "zones", zones=found.proof)


def by_search(question: Question, part: Slice, limits: Limits) -> Safety:
    """Bounded search: a shortest run that breaks the goal, or nothing known."""
    system = compiled(part.network, part.restrict, question.goal)
    return _told(question, part, "bmc", bmc.search(system, depth=limits.depth, timeout=limits.seconds))


def by_induction(question: Question, part: Slice, limits: Limits) -> Safety:
    """k-induction: a proof for every value of the open parameters, or a shortest run that breaks the goal."""
    system = compiled(part.network, part.restrict, question.goal)
    return _told(question, part, "induction", induction.prove(system, depth=limits.depth, timeout=limits.seconds))


def by_spacer(question: Question, part: Slice, limits: Limits) -> Safety:
    """Spacer: a proof for every value of the open parameters."""
    answer = spacer.prove(compiled(part.network, part.restrict, question.goal), timeout=limits.seconds)
    return _told(question, part, "spacer", answer)


def _told(question: Question, part: Slice, engine: str, answer: Outcome) -> Safety:
    """What the outcome of a solver's route says, its evidence checked."""
    match answer:
        case obligations.Proved(k, invariant):
            return _rechecked(question, part, engine, invariant=Invariant(k, invariant))
        case bmc.Found():
            network = part.network.with_settings(chosen_values(answer.parameters))
            return Unsafe(engine, evidence(question, part, network, (list(answer.moves), answer.rest)))
        case bmc.OutOfRange():
            return Unsettled(engine, "a step sets a variable to a value out of its range", final=True)
        case bmc.Clean() | bmc.Exhausted():
            return Unsettled(engine, f"no error within {answer.depth} steps; a bounded search proves nothing beyond")
        case spacer.Broken():
            return Unsettled(engine, "some run breaks the goal, or leaves a range; a search has to show it")
    return Unsettled(engine, f"the solver gave up: {answer.reason}")


def _rechecked(
    question: Question, part: Slice, engine: str, zones: ZoneSet | None = None, invariant: Invariant | None = None
) -> Safe:
    """A proof about a part, checked again. What was cut may block whatever it likes: a run that it stops is none."""
    certificate = Certificate(
        question.name,
        engine,
        question.network,
        question.goal,
        question.clauses,
        question.assumptions,
        tuple(part.network.by_name),
        zones,
        invariant,
    )
    certificate.recheck_goal()
    return Safe(engine, certificate)
