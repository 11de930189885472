"""The facade: a goal, an installation and a proposal in, a verdict with checked evidence out.

Order of business: cut what cannot matter; what comes before any verdict (values out of range, timelocks, instant loops,
clauses that their party cannot obey); then the goal. A run is replayed on the source network and must be seen to break
the goal by the observer and by the direct evaluator, while breaking no clause. A proof is rechecked by other code.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from lastgasp.certificate import Certificate, bindings, recheck_sound
from lastgasp.completion import complete
from lastgasp.engines.zones.engine import Defect, Disobedience, Run, Sanity, find, sanity
from lastgasp.engines.zones.explore import Budget
from lastgasp.errors import InputError, InternalError, NotApplicable, ReplayError
from lastgasp.expr import Value
from lastgasp.extremes import extremes
from lastgasp.lazy import lazy
from lastgasp.machine import Range, Setting
from lastgasp.network import Network
from lastgasp.observers import observer
from lastgasp.recheck.inductive import recheck_inductive
from lastgasp.semantics import replay, run
from lastgasp.sentences import Possible, Sentence
from lastgasp.signals import errs, signal_of
from lastgasp.slicing import Slice, sliced
from lastgasp.system import compiled
from lastgasp.trace import Trace
from lastgasp.verdict import Fails, Holds, Rejected, Undecided, Vacuous, Verdict
from lastgasp.watch import watch

if TYPE_CHECKING:
    from lastgasp.engines import bmc
else:
    bmc = lazy("lastgasp.engines.bmc")

ENGINES = ("auto", "zones", "bmc", "all")


@dataclass(frozen=True, slots=True)
class Question:
    """A goal about a network, restricted by clauses (which bind a party) and assumptions (which bind none)."""

    name: str
    network: Network
    goal: Sentence
    clauses: Mapping[str, Sentence] = field(default_factory=dict, hash=False)
    assumptions: Mapping[str, Sentence] = field(default_factory=dict, hash=False)

    @property
    def restrict(self) -> dict[str, Sentence]:
        """Every sentence that takes runs away."""
        return {**self.clauses, **self.assumptions}


@dataclass(slots=True)
class Memory:
    """What was found out, and rechecked, about networks apart from their goals. Share it within one study only."""

    found: dict[object, Sanity] = field(default_factory=dict)
    rechecked: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much work a check may do: seconds (``None``: no limit), symbolic states, steps of a bounded search.

    ``order`` is that of the zone engine's search; only breadth-first finds the shortest run first.
    ``memory`` keeps what was found out about a network apart from its goal, for the next goal about the same network.
    """

    seconds: float | None = 60.0
    states: int = 1_000_000
    depth: int = 24
    order: str = "breadth"
    progress: Callable[[str, int, int], None] | None = None
    memory: Memory = field(default_factory=Memory, compare=False)

    def budget(self, engine: str) -> Budget:
        """A budget for the zone engine that starts now."""
        report = self.progress
        until = None if self.seconds is None else time.monotonic() + self.seconds
        return Budget(self.states, until, (lambda found, depth: report(engine, found, depth)) if report else None)


def decide(question: Question, engine: str = "auto", limits: Limits | None = None) -> Verdict:
    """Answer one question. ``engine``: ``auto``, ``zones``, ``bmc`` or ``all`` (both, compared).

    Raises :class:`InternalError` where evidence fails its check or engines disagree, :class:`NotApplicable` where the
    named engine cannot treat the network.
    """
    if engine not in ENGINES:
        raise InputError(f"there is no engine {engine!r}; there are {', '.join(ENGINES)}")
    for name, sentence in question.restrict.items():
        if isinstance(sentence.formula, Possible):
            raise InputError(f"{name!r} says that something is possible; that takes no run away, so ask it as a goal")
    limits = limits or Limits()
    part = sliced(question.network, question.restrict, [question.goal])
    try:
        return _decided(question, part, engine, limits)
    except _CutTooMuch:
        return _decided(question, Slice(question.network, question.restrict, ()), engine, limits)


class _CutTooMuch(Exception):
    """What was cut cannot stand still while the part runs without breaking a sentence of its own."""


def _decided(question: Question, part: Slice, engine: str, limits: Limits) -> Verdict:
    answers: list[Verdict] = []
    refused = False
    if engine in ("auto", "zones", "all"):
        try:
            answers.append(_by_zones(question, part, limits))
        except NotApplicable as refusal:
            if engine == "zones":
                raise
            refused = True
            answers.append(Undecided(question.name, "zones", reason=str(refusal)))
    if engine in ("bmc", "all") or refused:
        answers.append(_by_search(question, part, limits))
    return _agreed(question, answers, both=engine == "all")


def _agreed(question: Question, answers: list[Verdict], *, both: bool) -> Verdict:
    decided = [answer for answer in answers if not isinstance(answer, Undecided)]
    if not decided:
        return replace(
            answers[-1], notes=tuple(a.reason for a in answers[:-1] if isinstance(a, Undecided) and a.reason)
        )
    rejected = next((answer for answer in decided if isinstance(answer, Rejected)), None)
    if rejected is not None:
        return rejected  # the bounded search does not ask what comes before a verdict
    kinds = {type(answer) for answer in decided}
    if len(kinds) > 1:
        raise InternalError(
            f"the engines disagree on {question.name}: "
            + ", ".join(f"{answer.engine} says {type(answer).__name__}" for answer in decided)
        )
    first = decided[0]
    routes = "two routes agree" if len(decided) > 1 else "one route"
    return replace(first, notes=(*first.notes, routes) if both else first.notes)


# --- the zone route -----------------------------------------------------------------------------------------------


def _by_zones(question: Question, part: Slice, limits: Limits) -> Verdict:
    network, chosen = part.network, extremes(part.network, [*part.restrict.values(), question.goal])
    network = network.with_settings(chosen)
    notes = _notes(question, part, chosen)
    assumed = tuple(name for name in question.assumptions if name in part.restrict)

    def verdict(kind: type, **evidence: object) -> Verdict:
        made: Verdict = kind(question.name, "zones", assumptions=assumed, notes=notes, **evidence)
        return made

    system = compiled(network, part.restrict, question.goal)
    found = find(system, limits.budget("zones"), limits.order)
    if found.defect is not None:
        return verdict(Rejected, reason=found.defect.reason, trace=traced(network, found.defect.run, ()))
    # a failing run is extended to a whole one only where the network without the goal is sound
    sane = soundness(question, network, part, limits)
    if sane.defect is not None:
        return verdict(Rejected, reason=sane.defect.reason, trace=traced(network, sane.defect.run, ()))
    if not sane.complete:
        return verdict(Undecided, reason=f"not all of the network was explored ({sane.states} states)")
    rejected = _unobeyable(sane.disobeyed, network, verdict)
    if isinstance(rejected, Rejected):
        return rejected
    possible = isinstance(question.goal.formula, Possible)
    if found.broken is not None:
        trace = _evidence(question, part, network, found.broken)
        if possible:
            return verdict(Holds, trace=trace) if rejected is None else rejected
        return verdict(Fails, trace=trace)
    if not found.complete or found.proof is None:
        return verdict(Undecided, reason=f"no error in {found.states} states up to {found.depth} steps, then the limit")
    if rejected is not None:
        return rejected
    certificate = Certificate(
        question.name,
        "zones",
        question.network,
        question.goal,
        question.clauses,
        question.assumptions,
        tuple(network.by_name),
        found.proof,
    )
    recheck_inductive(certificate.system(), found.proof)
    sound = {}
    for party in certificate.parties:
        narrow = part.network.with_settings(certificate.settings(party))
        least = soundness(question, narrow, part, limits)
        if least.proof is None or least.defect or least.disobeyed:
            why = least.defect.reason if least.defect else "a clause is not shown obeyable"
            return verdict(Undecided, reason=f"it holds at the widest values, but at the narrowest of {party} {why}")
        if id(least) not in limits.memory.rechecked:
            recheck_sound(part, compiled(narrow, part.restrict, None), least.proof, question.clauses)
            limits.memory.rechecked.add(id(least))
        sound[party] = least.proof
    certificate = replace(certificate, sound=sound)
    if possible:
        return verdict(Fails, certificate=certificate)
    if not found.premise:
        return verdict(Vacuous, reason="what the goal speaks of can never happen here")
    return verdict(Holds, certificate=certificate)


def soundness(question: Question, network: Network, part: Slice, limits: Limits, *, odd: bool = False) -> Sanity:
    """What is true of the restricted network, its goal aside; worked out once for all goals about it."""
    settings = sorted((name, str(parameter.value)) for name, parameter in network.parameters.items())
    restrict = sorted(part.restrict.items(), key=lambda item: item[0])
    key = (odd, network.name, *sorted(network.by_name), *settings, *restrict, *sorted(question.clauses))
    if key not in limits.memory.found:
        bound, assumed = bindings(part, question.clauses)
        system = compiled(network, part.restrict, None)
        limits.memory.found[key] = sanity(system, limits.budget("sanity"), bound, assumed, odd=odd)
    return limits.memory.found[key]


def _unobeyable(missed: Iterable[Disobedience], network: Network, verdict: Callable[..., Verdict]) -> Verdict | None:
    """A rejection where the surroundings defeat a clause's party, an honest *undecided* where that is not proved."""
    for item in sorted(missed, key=lambda item: not item.forced):
        words = (
            f"the clause {item.clause!r} is {'not obeyable' if item.forced else 'not shown obeyable'}: {item.reason}"
        )
        trace = traced(network, item.run, ((item.run[1] + sum(delay for delay, _ in item.run[0]), item.reason),))
        if item.forced:
            return verdict(Rejected, reason=words, trace=trace)
        return verdict(Undecided, reason=words)
    return None


# --- the solver route ---------------------------------------------------------------------------------------------


def _by_search(question: Question, part: Slice, limits: Limits) -> Verdict:
    assumed = tuple(name for name in question.assumptions if name in part.restrict)
    notes = _notes(question, part, {})
    system = compiled(part.network, part.restrict, question.goal)
    answer = bmc.search(system, depth=limits.depth, timeout=limits.seconds)
    match answer:
        case bmc.Found():
            network = part.network.with_settings(_settings(answer.parameters))
            trace = _evidence(question, part, network, (list(answer.moves), answer.rest))
            defect, doubt = _goes_on(network, part, limits)
            notes = (*notes, *doubt)
            if defect is not None:
                stuck = traced(network, defect.run, ())
                return Rejected(
                    question.name, "bmc", reason=defect.reason, trace=stuck, assumptions=assumed, notes=notes
                )
            if isinstance(question.goal.formula, Possible):
                return Holds(question.name, "bmc", trace=trace, assumptions=assumed, notes=notes)
            return Fails(question.name, "bmc", trace=trace, assumptions=assumed, notes=notes)
        case bmc.OutOfRange():
            network = part.network.with_settings(_settings(answer.parameters))
            reason = "a step sets a variable to a value out of its range"
            trace = traced(network, (list(answer.moves[:-1]), Fraction(0)), ())
            return Rejected(question.name, "bmc", reason=reason, trace=trace, assumptions=assumed, notes=notes)
        case bmc.Unknown():
            reason = f"the solver gave up at {answer.depth} steps: {answer.reason}"
            return Undecided(question.name, "bmc", reason=reason, assumptions=assumed, notes=notes)
    reason = f"no error within {answer.depth} steps; a bounded search proves nothing beyond"
    return Undecided(question.name, "bmc", reason=reason, assumptions=assumed, notes=notes)


def _goes_on(network: Network, part: Slice, limits: Limits) -> tuple[Defect | None, tuple[str, ...]]:
    """Whether runs of a network with these parameters can go on: a defect, or a doubt where that is not known."""
    doubt = ("it was not shown that time can go on after this run",)
    try:
        sane = sanity(compiled(network, part.restrict, None), limits.budget("sanity"))
    except NotApplicable:
        return None, doubt
    return sane.defect, () if sane.complete else doubt


# --- evidence -----------------------------------------------------------------------------------------------------


def _notes(question: Question, part: Slice, chosen: Mapping[str, Setting]) -> tuple[str, ...]:
    notes = []
    if part.cut:
        notes.append(f"decided without {', '.join(part.cut)}, which cannot influence it and block nothing")
    if chosen:
        notes.append(f"for every value in the ranges of {', '.join(chosen)}: decided at the widest")
    return tuple(notes)


def traced(network: Network, found: Run, marks: tuple[tuple[Fraction, str], ...]) -> Trace:
    moves, rest = found
    parameters = {name: p.value for name, p in network.parameters.items() if not isinstance(p.value, Range)}
    try:
        return run(network, parameters, moves, rest, marks)
    except ReplayError as error:
        raise InternalError(f"a run found by an engine is no run of {network.name}: {error}") from error


def _evidence(question: Question, part: Slice, network: Network, found: Run) -> Trace:
    """The trace of a found run on the whole source network, checked by the observer and by the direct evaluator."""
    try:
        trace = completed(question.network, network, found)
    except ReplayError as error:
        raise InternalError(f"a run found by an engine is no run of {question.network.name}: {error}") from error
    whole = question.network.with_settings(_settings(trace.parameters))
    signal = signal_of(trace, whole)
    breaks = errs(question.goal.formula, signal, trace.parameters)
    seen = watch(observer(question.goal.formula, "@goal", trace.parameters), signal, trace.parameters)
    if breaks is None or seen != breaks:
        raise InternalError(f"a run found for {question.name} breaks its goal at {breaks}, its observer says {seen}")
    for name, sentence in part.restrict.items():
        direct = errs(sentence.formula, signal, trace.parameters)
        if direct is not None or watch(observer(sentence.formula, "@", trace.parameters), signal, trace.parameters):
            raise InternalError(f"a run found for {question.name} breaks {name!r} at {direct}")
    for name, sentence in question.restrict.items():
        if name not in part.restrict and errs(sentence.formula, signal, trace.parameters) is not None:
            raise _CutTooMuch
    marked = replace(trace, marks=((breaks, "shown" if isinstance(question.goal.formula, Possible) else "broken"),))
    try:
        return replay(whole, marked)
    except ReplayError as error:
        raise InternalError(f"the evidence for {question.name} fails its replay: {error}") from error


def completed(whole: Network, part: Network, found: Run) -> Trace:
    """A run of a part as a run of the whole: the other instances do only what they cannot avoid."""
    settings = {name: p.value for name, p in part.parameters.items()}
    network = whole.with_settings({**_fixed(whole), **settings})
    moves, rest = found
    if len(part.instances) == len(whole.instances):
        return traced(network, found, ())
    return complete(network, {instance.name for instance in part.instances}, moves, rest)


def _settings(parameters: Mapping[str, Value]) -> dict[str, Setting]:
    return {name: value for name, value in parameters.items() if not isinstance(value, str)}


def _fixed(network: Network) -> dict[str, Setting]:
    """A value for every parameter: the widest of its range where it has one."""
    return {name: p.value.high if isinstance(p.value, Range) else p.value for name, p in network.parameters.items()}
