"""The routes to a verdict on one part of a network: by zones, by bounded search, by an invariant.

Order of business: what comes before any verdict (values out of range, timelocks, instant loops, clauses that their
party cannot obey), then the goal. A proof is rechecked by other code before it is called one. What a store kept goes
the same way as what an engine says: it is believed as little.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lastgasp.certificate import (
    Certificate,
    bindings,
    parties_of,
    recheck_sound,
    recheck_unrestricted,
    settings_of,
)
from lastgasp.engines.zones.engine import LOCKED, STUCK, Defect, Disobedience, Finding, Sanity, find, sanity
from lastgasp.errors import InternalError, NotApplicable
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
    sound_data,
    sound_from,
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
from lastgasp.slicing import Slice, essential, sliced
from lastgasp.store import Store
from lastgasp.system import TimedSystem, compiled
from lastgasp.verdict import Fails, Holds, Rejected, Undecided, Vacuous, Verdict

if TYPE_CHECKING:
    from lastgasp.engines import bmc, induction, obligations, spacer
else:
    bmc = lazy("lastgasp.engines.bmc")
    induction = lazy("lastgasp.engines.induction")
    obligations = lazy("lastgasp.engines.obligations")
    spacer = lazy("lastgasp.engines.spacer")


DOUBT = "it was not shown that time can go on after this run"
"""The note of a verdict whose run may be one up to a dead end."""

SOUND = "soundness"
"""The name under which it is kept that a network means something."""


def recalled(question: Question, part: Slice, engines: Iterable[str], limits: Limits) -> Verdict | None:
    """The verdict that a kept answer of one of these engines leads to; ``None`` where none is kept that stands."""
    for engine in engines if limits.store else ():
        assert limits.store is not None
        try:
            data = limits.store.get(_key(limits.store, question, part, engine, limits))
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


def _key(store: Store, question: Question, part: Slice, engine: str, limits: Limits) -> str:
    """The key of what an engine says of a part: neither the names of goals nor what was cut belong to it."""
    goal = () if engine == SOUND else (("", question.goal),)
    order = limits.order if engine == "zones" else ""
    clauses = [name for name in part.restrict if name in question.clauses]
    return store.key(engine, part.network, (*part.restrict.items(), *goal), clauses, order)


def _keep(
    question: Question, part: Slice, limits: Limits, engine: str, answer: Verdict, data: Mapping[str, Any] | None
) -> None:
    """Keep what an engine said, if it led to a verdict that it is the evidence for."""
    if limits.store is not None and data and isinstance(answer, Holds | Fails):
        limits.store.put(_key(limits.store, question, part, engine, limits), data)


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
        core, lean = _essential(part, network)
        sane = soundness(question, lean, core, limits, proof=found.proof is not None)
        if sane.defect is not None:
            trace = to_defect(question, lean, sane.defect.run)
            return verdict(Rejected, reason=_reason(sane.defect, core), trace=trace, lasting=sane.defect.lasting)
        if not sane.complete:
            return verdict(Undecided, reason=f"not all of the network was explored ({sane.states} states)")
        rejected = _unobeyable(question, sane.disobeyed, lean, verdict)
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


def unrestricted(part: Slice) -> str:
    """What is against it that the network means something by the looks of its machines alone; nothing: it does."""
    try:
        recheck_unrestricted(part)
    except InternalError as error:
        return str(error)
    return ""


def safely_cut(question: Question, limits: Limits) -> Slice:
    """The part that can influence the goal, cut where the rest is shown to block nothing: group by group, by zones."""
    keep: set[str] = set()
    while True:
        part = sliced(question.network, question.restrict, [question.goal], keep, apart=True)
        doubtful = [group for group in part.apart if not _means_something(question, group, limits)]
        if not doubtful:
            return part
        keep.update(*(group.network.by_name for group in doubtful))


def _means_something(question: Question, group: Slice, limits: Limits) -> bool:
    try:
        return not isinstance(shown_sound(question, group, limits), str)
    except NotApplicable:
        return False


def shown_sound(question: Question, part: Slice, limits: Limits) -> dict[str, ZoneSet] | str:
    """For each party at its narrowest the rechecked proof that the network means something, or what is against it.

    :class:`NotApplicable` where ranges cannot be decided at one value, or zones cannot treat the network.
    """
    part = essential(part)
    extremes(part.network, part.restrict.values())
    found = {}
    for party in parties_of(part):
        narrow = part.network.with_settings(settings_of(part, party))
        least = soundness(question, narrow, part, limits, proof=True)
        if least.proof is None or least.defect or least.disobeyed:
            why = least.defect.reason if least.defect else "a clause is not shown obeyable"
            return f"at the narrowest values of {party} {why}" if party else why
        if not any(least is known for known in limits.memory.rechecked):
            recheck_sound(part, compiled(narrow, part.restrict, None), least.proof, question.clauses)
            limits.memory.rechecked.append(least)
        found[party] = least.proof
    return found


def _essential(part: Slice, network: Network) -> tuple[Slice, Network]:
    """What is essential to a part, and the same of its network at some values."""
    core = essential(part)
    return core, network.restricted_to(set(core.network.by_name))


def _reason(defect: Defect, core: Slice) -> str:
    """What is wrong with a part, seen from all of it: others that are not essential may still have steps."""
    return LOCKED if core.cut and defect.reason == STUCK else defect.reason


def soundness(
    question: Question, network: Network, part: Slice, limits: Limits, *, odd: bool = False, proof: bool = False
) -> Sanity:
    """What is true of the restricted network, its goal aside; worked out once for all goals about it.

    ``proof``: it goes into a certificate. Such a set is kept; where none is needed, to look is cheaper than to recheck.
    """
    key = pickle.dumps((odd, network.instances, sorted(part.restrict.items()), sorted(question.clauses)))
    if key not in limits.memory.found:
        bound, assumed = bindings(part, question.clauses)
        system = compiled(network, part.restrict, None)
        kept = _kept_soundness(question, network, part, system, limits) if proof else None
        found = kept or sanity(system, limits.budget("sanity"), bound, assumed, odd=odd)
        limits.memory.found[key] = found
        if kept is not None:
            limits.memory.rechecked.append(kept)
        elif limits.store and proof and found.proof and not found.defect and not found.disobeyed:
            at = _key(limits.store, question, replace(part, network=network), SOUND, limits)
            limits.store.put(at, sound_data(found.proof, system))
    return limits.memory.found[key]


def _kept_soundness(
    question: Question, network: Network, part: Slice, system: TimedSystem, limits: Limits
) -> Sanity | None:
    """A kept set of zones, rechecked, that shows that the restricted network means something."""
    if limits.store is None:
        return None
    try:
        data = limits.store.get(_key(limits.store, question, replace(part, network=network), SOUND, limits))
        proof = sound_from(data) if data else None
        if proof is None:
            return None
        recheck_sound(part, system, proof, question.clauses)
    except Exception:  # as in ``recalled``
        return None
    return Sanity(True, len(proof.zones), proof)


def _unobeyable(
    question: Question, missed: Iterable[Disobedience], network: Network, verdict: Callable[..., Verdict]
) -> Verdict | None:
    """A rejection where the surroundings defeat a clause's party, an honest *undecided* where that is not proved."""
    for item in sorted(missed, key=lambda item: not item.forced):
        words = item.reason
        if item.clause:
            words = f"the clause {item.clause!r} is {'' if item.forced else 'not shown '}"
            words += f"{'not ' if item.forced else ''}obeyable: {item.reason}"
        ends = item.run[1] + sum(delay for delay, _ in item.run[0])
        trace = to_defect(question, network, item.run, ((ends, item.reason),))
        return verdict(Rejected if item.forced else Undecided, reason=words, trace=trace, lasting=item.lasting)
    return None


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
    core, lean = _essential(part, network)
    try:
        sane = soundness(question, lean, core, limits)
    except NotApplicable:
        sane = Sanity(complete=False, states=0)
    if sane.defect is not None:
        return verdict(Rejected, reason=_reason(sane.defect, core), trace=to_defect(question, lean, sane.defect.run))
    unobeyed = _unobeyable(question, sane.disobeyed, lean, verdict)
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


def goes_on(network: Network, part: Slice, limits: Limits) -> tuple[Defect | None, tuple[str, ...]]:
    """Whether runs of a network with these parameters can go on: a defect, or a doubt where that is not known."""
    doubt = (DOUBT,)
    try:
        sane = sanity(compiled(network, part.restrict, None), limits.budget("sanity"))
    except NotApplicable:
        return None, doubt
    return sane.defect, () if sane.complete else doubt
