"""The routes to a verdict on one part of a network: by zones, by bounded search, by an invariant.

Order of business: what comes before any verdict (values out of range, timelocks, instant loops, clauses that their
party cannot obey), then the goal. A proof is rechecked by other code before it is called one. What a store kept goes
the same way as what an engine says: it is believed as little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lastgasp.certificate import Certificate
from lastgasp.engines.zones.engine import Finding, Sanity, find
from lastgasp.errors import NotApplicable
from lastgasp.evidence import chosen_values, comes_to_rest, evidence, remarks, speaks_of, to_defect
from lastgasp.expr import disj
from lastgasp.extremes import extremes
from lastgasp.kept import (
    Shown,
    finding_data,
    finding_from,
    invariant_data,
    invariant_from,
    shown_data,
    shown_from,
)
from lastgasp.lazy import lazy
from lastgasp.machine import Setting
from lastgasp.network import Network
from lastgasp.observers import Case
from lastgasp.question import Limits, Question
from lastgasp.recheck.inductive import ZoneSet, recheck_inductive
from lastgasp.recheck.smt import discharge
from lastgasp.recheck.smtlib import Invariant
from lastgasp.recheck.smtlib import obligations as written
from lastgasp.sentences import Possible
from lastgasp.slicing import Slice
from lastgasp.soundness import (
    DOUBT,
    essential_at,
    key_of,
    reason_of,
    shown_sound,
    soundness,
    unobeyable,
    unrestricted,
)
from lastgasp.system import TimedSystem, compiled
from lastgasp.verdict import Fails, Holds, Rejected, Undecided, Vacuous, Verdict

if TYPE_CHECKING:
    from lastgasp.engines import bmc, induction, obligations, spacer
else:
    bmc = lazy("lastgasp.engines.bmc")
    induction = lazy("lastgasp.engines.induction")
    obligations = lazy("lastgasp.engines.obligations")
    spacer = lazy("lastgasp.engines.spacer")


def recalled(question: Question, part: Slice, engines: Iterable[str], limits: Limits) -> Verdict | None:
    """The verdict that a kept answer of one of these engines leads to; ``None`` where none is kept that stands."""
    for engine in engines if limits.store else ():
        assert limits.store is not None
        try:
            data = limits.store.get(key_of(limits.store, question, part, engine, limits))
            answer = _recalled(question, part, limits, engine, data) if data else None
        except Exception:  # a forger's text may break anything, in any way: then it is worth nothing
            continue
        if isinstance(answer, Holds | Fails | Rejected):
            return answer
    return None


def _recalled(question: Question, part: Slice, limits: Limits, engine: str, data: Mapping[str, Any]) -> Verdict | None:
    if engine == "zones":
        found = finding_from(data)
        network, chosen = _widest(question, part)
        if found.witness is not None and not speaks_of(question, part, network, found.witness):
            return None
        return _zoned(question, part, network, chosen, found, limits)
    if "broken" in data:
        return _shown(question, part, limits, engine, shown_from(data["broken"]))
    return _proved(question, part, limits, engine, *invariant_from(data))


def _keep(
    question: Question, part: Slice, limits: Limits, engine: str, answer: Verdict, data: Mapping[str, Any] | None
) -> None:
    """Keep what an engine said, if it led to a verdict that it is the evidence for."""
    if limits.store is not None and data and isinstance(answer, Holds | Fails):
        limits.store.put(key_of(limits.store, question, part, engine, limits), data)


def _widest(question: Question, part: Slice) -> tuple[Network, dict[str, Setting]]:
    """The network at the values that permit most, and these; :class:`NotApplicable` where there are none."""
    chosen = extremes(part.network, [*part.restrict.values(), question.goal])
    return part.network.with_settings(chosen), chosen


def by_zones(question: Question, part: Slice, limits: Limits) -> Verdict:
    """Reachable zones: a shortest run that breaks the goal, or a proof, at the values that permit most."""
    network, chosen = _widest(question, part)
    system = compiled(network, part.restrict, question.goal)
    found = find(system, limits.budget("zones"), limits.order)
    answer = _zoned(question, part, network, chosen, found, limits)
    if limits.store and (found.witness is None or speaks_of(question, part, network, found.witness)):
        _keep(question, part, limits, "zones", answer, finding_data(found, system))
    return answer


def _zoned(
    question: Question, part: Slice, network: Network, chosen: Mapping[str, Setting], found: Finding, limits: Limits
) -> Verdict:
    """The verdict that a finding allows, whoever made it."""
    verdict = _teller(question, part, "zones", chosen)
    if found.defect is not None:
        return verdict(Rejected, reason=found.defect.reason, trace=to_defect(question, network, found.defect.run))
    # a failing run is extended to a whole one only where the network without the goal is sound
    rejected: Verdict | None = None
    plain = not unrestricted(part)
    if not plain:
        core, lean = essential_at(part, network)
        sane = soundness(question, lean, core, limits, proof=found.proof is not None)
        if sane.defect is not None:
            trace = to_defect(question, lean, sane.defect.run)
            return verdict(Rejected, reason=reason_of(sane.defect, core), trace=trace, lasting=sane.defect.lasting)
        if not sane.complete:
            return verdict(Undecided, reason=f"not all of the network was explored ({sane.states} states)")
        rejected = unobeyable(question, sane.disobeyed, lean, verdict)
        if isinstance(rejected, Rejected):
            return rejected
    possible = isinstance(question.goal.formula, Possible)
    if found.broken is not None:
        trace = evidence(question, part, network, found.broken)
        if possible:
            return verdict(Holds, trace=trace) if rejected is None else rejected
        return verdict(Fails, trace=trace)
    if not found.complete or found.proof is None:
        return verdict(Undecided, reason=f"no error in {found.states} states up to {found.depth} steps, then the limit")
    if rejected is not None:
        return rejected
    certificate = certified(question, part, limits, "zones", zones=found.proof)
    recheck_inductive(certificate.system(), found.proof)
    sound = {} if plain else shown_sound(question, part, limits)
    if isinstance(sound, str):
        return verdict(Undecided, reason=f"the goal is proved, but {sound}")
    certificate = replace(certificate, sound=sound)
    if possible:
        return verdict(Fails, certificate=certificate)
    if not found.premise:
        return verdict(Vacuous, reason="what the goal speaks of can never happen here", certificate=certificate)
    return verdict(Holds, certificate=certificate)


def _teller(question: Question, part: Slice, engine: str, chosen: Mapping[str, Setting]) -> Callable[..., Verdict]:
    """What makes the verdicts of a route: of a kind, with further notes and its evidence."""
    assumed = tuple(name for name in question.assumptions if name in part.restrict)
    notes = remarks(question, part, chosen)

    def verdict(kind: type, *more: str, **evidence: object) -> Verdict:
        made: Verdict = kind(question.name, engine, assumptions=assumed, notes=(*notes, *more), **evidence)
        return made

    return verdict


def certified(
    question: Question,
    part: Slice,
    limits: Limits,
    engine: str,
    zones: ZoneSet | None = None,
    invariant: Invariant | None = None,
) -> Certificate:
    """A certificate that does not yet say that the network means something, only that what was cut apart does."""
    apart = [shown_sound(question, group, limits) for group in part.apart]
    return Certificate(
        question.name,
        engine,
        question.network,
        question.goal,
        question.clauses,
        question.assumptions,
        tuple(part.network.by_name),
        zones,
        invariant,
        apart=tuple(sound for sound in apart if not isinstance(sound, str)),
    )


def by_search(question: Question, part: Slice, limits: Limits) -> Verdict:
    """Bounded search: a shortest run that breaks the goal, or nothing decided."""
    system = compiled(part.network, part.restrict, question.goal)
    return _searched(question, part, limits, "bmc", bmc.search(system, depth=limits.depth, timeout=limits.seconds))


def by_induction(question: Question, part: Slice, limits: Limits) -> Verdict:
    """k-induction: a proof for every value of the open parameters, or a shortest run that breaks the goal."""
    system = compiled(part.network, part.restrict, question.goal)
    answer = induction.prove(system, depth=limits.depth, timeout=limits.seconds)
    if isinstance(answer, obligations.Proved):
        return _proved(question, part, limits, "induction", Invariant(answer.k, answer.invariant))
    return _searched(question, part, limits, "induction", answer)


def by_spacer(question: Question, part: Slice, limits: Limits) -> Verdict:
    """Spacer: a proof for every value of the open parameters."""
    system = compiled(part.network, part.restrict, question.goal)
    answer = spacer.prove(system, timeout=limits.seconds)
    if isinstance(answer, obligations.Proved):
        return _proved(question, part, limits, "spacer", Invariant(answer.k, answer.invariant))
    reason = "some run breaks the goal, or leaves a range; a search has to show it"
    if not isinstance(answer, spacer.Broken):
        reason = f"the solver gave up: {answer.reason}"
    return Undecided(question.name, "spacer", reason=reason, notes=remarks(question, part, {}))


def _proved(
    question: Question, part: Slice, limits: Limits, engine: str, proof: Invariant, witness: Shown | None = None
) -> Verdict:
    """The verdict that an invariant allows, once the network is shown to mean something and the goal to speak of it.

    ``witness``: a kept run that claims to show the latter.
    """
    verdict = _teller(question, part, engine, {})

    def undecided(reason: str) -> Verdict:
        return verdict(Undecided, reason=f"the goal is proved, but {reason}")

    certificate = certified(question, part, limits, engine, invariant=proof)
    discharge(written(certificate.open_system, proof))
    doubt = unrestricted(part)
    if doubt:
        try:
            extremes(part.network, [*part.restrict.values(), question.goal])
            sound = shown_sound(question, part, limits)
        except NotApplicable:
            return undecided(doubt)
        if isinstance(sound, str):
            return undecided(sound)
        certificate = replace(certificate, sound=sound)
    if isinstance(question.goal.formula, Possible):
        answer = verdict(Fails, certificate=certificate)
        _keep(question, part, limits, engine, answer, invariant_data(proof))
        return answer
    answer = verdict(Holds, certificate=certificate)
    if witness is None:
        spoken_of = bmc.search(_premised(certificate.open_system), depth=limits.depth, timeout=limits.seconds)
        if not isinstance(spoken_of, bmc.Found):
            return undecided("it was not shown that what it speaks of can happen")
        witness = Shown((list(spoken_of.moves), spoken_of.rest), spoken_of.parameters)
        if limits.store and speaks_of(question, part, _under(part, witness), witness.run):
            _keep(question, part, limits, engine, answer, invariant_data(proof, witness))
    elif not speaks_of(question, part, _under(part, witness), witness.run):
        return undecided("the run that was kept does not show what it speaks of")
    return answer


def _under(part: Slice, shown: Shown) -> Network:
    """The network with the values for its parameters that a run was found under."""
    return part.network.with_settings(chosen_values(shown.parameters))


def _premised(system: TimedSystem) -> TimedSystem:
    """The system with a goal that errs at the first step in which the premise of its goal has happened."""
    goal = system.goal
    assert goal is not None
    happens = Case(disj(goal.premise, goal.premise_now), errs=True)
    rest = tuple(replace(case, errs=False) for case in goal.cases)
    return replace(system, goal=replace(goal, cases=(happens, *rest), bounds=()))


def _searched(question: Question, part: Slice, limits: Limits, engine: str, answer: bmc.Outcome) -> Verdict:
    """The verdict that the outcome of a bounded search allows."""
    verdict = _teller(question, part, engine, {})
    match answer:
        case bmc.Found():
            shown = Shown((list(answer.moves), answer.rest), answer.parameters)
            found = _shown(question, part, limits, engine, shown)
            _keep(question, part, limits, engine, found, {"broken": shown_data(shown)})
            return found
        case bmc.OutOfRange():
            network = part.network.with_settings(chosen_values(answer.parameters))
            reason = "a step sets a variable to a value out of its range"
            run = list(answer.moves[:-1]), Fraction(0)
            return verdict(Rejected, reason=reason, trace=to_defect(question, network, run))
        case bmc.Unknown():
            return verdict(Undecided, reason=f"the solver gave up at {answer.depth} steps: {answer.reason}")
    reason = f"no error within {answer.depth} steps; a bounded search proves nothing beyond"
    return verdict(Undecided, reason=reason)


def _shown(question: Question, part: Slice, limits: Limits, engine: str, shown: Shown) -> Verdict:
    """The verdict that a run allows, once it is seen to break the goal and to go on.

    Where soundness cannot be shown, a run goes on all the same if it comes to where nothing more need happen; whether
    a party can obey its clauses stays open there.
    """
    verdict = _teller(question, part, engine, {})
    network = _under(part, shown)
    trace = evidence(question, part, network, shown.run)
    core, lean = essential_at(part, network)
    try:
        sane = soundness(question, lean, core, limits)
    except NotApplicable:
        sane = Sanity(complete=False, states=0)
    if sane.defect is not None:
        return verdict(Rejected, reason=reason_of(sane.defect, core), trace=to_defect(question, lean, sane.defect.run))
    unobeyed = unobeyable(question, sane.disobeyed, lean, verdict)
    continues = sane.complete or not unrestricted(part) or comes_to_rest(part, network, shown.run)
    if isinstance(unobeyed, Rejected):
        return unobeyed
    if not isinstance(question.goal.formula, Possible):
        return verdict(Fails, *(() if continues else (DOUBT,)), trace=trace)
    if unobeyed is not None:
        return unobeyed
    if not continues:
        return verdict(Undecided, reason=f"a run shows it, but {DOUBT}")
    if not sane.complete and (doubted := [name for name in question.clauses if name in part.restrict]):
        return verdict(Undecided, reason=f"a run shows it, but that {', '.join(doubted)} can be obeyed is not shown")
    return verdict(Holds, trace=trace)
