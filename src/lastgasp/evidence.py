"""From what an engine found to evidence: runs on the whole source network, checked by everything that can."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

from lastgasp.completion import Blocked, complete
from lastgasp.engines.zones.engine import Run
from lastgasp.errors import InternalError, LastgaspError, ReplayError
from lastgasp.expr import Expr, Value, evaluate
from lastgasp.machine import Range, Setting
from lastgasp.network import Network
from lastgasp.observers import observer
from lastgasp.question import Question
from lastgasp.semantics import RangeError, Semantics, replay, run
from lastgasp.sentences import Possible, Sentence, durations_of
from lastgasp.signals import Signal, errs, premise_occurs, signal_of
from lastgasp.slicing import Slice
from lastgasp.trace import Trace
from lastgasp.watch import watch

PATIENCE = 300
"""How many situations after a run are looked at for one in which nothing more need happen."""


class CutTooMuch(LastgaspError):
    """What was cut cannot stand still while the part runs without breaking a sentence of its own."""


def remarks(question: Question, part: Slice, chosen: Mapping[str, Setting]) -> tuple[str, ...]:
    notes = []
    if part.cut:
        notes.append(f"decided without {', '.join(part.cut)}, which cannot influence it and block nothing")
    looked_at = set(part.restrict).union(*(group.restrict for group in part.apart))
    if unseen := [name for name in question.restrict if name not in looked_at]:
        notes.append(f"not looked at, since they speak only of what was left out: {', '.join(unseen)}")
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


def to_defect(question: Question, network: Network, found: Run, marks: tuple[tuple[Fraction, str], ...] = ()) -> Trace:
    """A run of a part to where something is wrong with it: as one of the whole network, if the rest lets it be one."""
    try:
        return replace(completed(question.network, network, found), marks=marks)
    except (Blocked, RangeError, ReplayError):
        return traced(network, found, marks)


def evidence(question: Question, part: Slice, network: Network, found: Run) -> Trace:
    """The trace of a found run on the whole source network, checked by the observer and by the direct evaluator."""
    trace, breaks = _judged(question, part, network, found)
    if breaks is None:
        raise InternalError(f"a run found for {question.name} does not break its goal")
    mark = breaks, "shown" if isinstance(question.goal.formula, Possible) else "broken"
    return _replayed(question, replace(trace, marks=(mark,)))


def fine(question: Question, part: Slice, network: Network, found: Run) -> Trace:
    """The same of a run that is said not to break the goal."""
    trace, breaks = _judged(question, part, network, found)
    if breaks is not None:
        raise InternalError(f"a run said to be fine for {question.name} breaks its goal at {breaks}")
    return _replayed(question, trace)


def _judged(question: Question, part: Slice, network: Network, found: Run) -> tuple[Trace, Fraction | None]:
    """A found run on the whole network, and when it breaks the goal; it breaks nothing that restricts."""
    try:
        trace = completed(question.network, network, found)
    except Blocked as error:
        if part.apart:  # they can let time go on, though not by doing only what they must
            raise CutTooMuch from error
        raise
    except ReplayError as error:
        raise InternalError(f"a run found by an engine is no run of {question.network.name}: {error}") from error
    signal = signal_of(trace, question.network.with_settings(chosen_values(trace.parameters)))
    breaks = errs(question.goal.formula, signal, trace.parameters)
    seen = watch(observer(question.goal.formula, "@goal", trace.parameters), signal, trace.parameters)
    if seen != breaks:
        raise InternalError(f"a run found for {question.name} breaks its goal at {breaks}, its observer says {seen}")
    for name, sentence in part.restrict.items():
        if not _obeys(sentence, signal, trace):
            raise InternalError(f"a run found for {question.name} breaks {name!r}")
    for name, sentence in question.restrict.items():
        if name not in part.restrict and errs(sentence.formula, signal, trace.parameters) is not None:
            raise CutTooMuch
    return trace, breaks


def _replayed(question: Question, trace: Trace) -> Trace:
    try:
        return replay(question.network.with_settings(chosen_values(trace.parameters)), trace)
    except ReplayError as error:
        raise InternalError(f"the evidence for {question.name} fails its replay: {error}") from error


def speaks_of(question: Question, part: Slice, network: Network, found: Run) -> bool:
    """Whether a run of the part shows that the premise of the goal can happen: a permitted one in which it does.

    A premise that begins at the end of the run has to last, so a little more time may pass there.
    """
    formula = question.goal.formula
    for more in (Fraction(0), Fraction(1), Fraction(1, 1000)):
        try:
            trace = traced(network, (found[0], found[1] + more), ())
        except InternalError:
            continue
        signal = signal_of(trace, network)
        permitted = all(errs(item.formula, signal, trace.parameters) is None for item in part.restrict.values())
        if permitted and premise_occurs(formula, signal, trace.parameters):
            return True
    return False


def obeyed(network: Network, trace: Trace, sentences: Mapping[str, Sentence]) -> frozenset[str]:
    """The names of the sentences that a run of the network obeys."""
    signal = signal_of(trace, network.with_settings(chosen_values(trace.parameters)))
    return frozenset(name for name, sentence in sentences.items() if _obeys(sentence, signal, trace))


def comes_to_rest(part: Slice, network: Network, found: Run) -> bool:
    """Whether a run of the part was seen to go on to where nothing more need happen: no bound ends any state, and no
    sentence is owed anything. Looks at :data:`PATIENCE` situations, those that come first before others.

    What a sentence waits for is over when as much time has passed as all of its durations together.
    """
    meaning = Semantics(network)
    durations = (duration for sentence in part.restrict.values() for duration in durations_of(sentence.formula))
    owed = sum((seconds(duration, meaning.parameters) for duration in durations), Fraction(1))
    now = meaning.initial()
    for delay, step in found[0]:
        now = meaning.apply(meaning.apply(now, delay), step)
    reached = deque([(*found, meaning.apply(now, found[1]))])
    for _ in range(PATIENCE):
        if not reached:
            break
        moves, waited, now = reached.popleft()
        enabled = meaning.enabled(now)
        if enabled.limit.seconds is None:
            trace = traced(network, (moves, waited + owed), ())
            if obeyed(network, trace, part.restrict) == frozenset(part.restrict):
                return True
        elif enabled.limit.seconds > 0:
            delay = enabled.limit.seconds / (2 if enabled.limit.strict else 1)
            reached.append((moves, waited + delay, meaning.apply(now, delay)))
        for step in enabled.steps:
            with suppress(RangeError):
                reached.append(([*moves, (waited, step)], Fraction(0), meaning.apply(now, step)))
    return False


def seconds(duration: Expr, parameters: Mapping[str, Value]) -> Fraction:
    """A duration of a sentence under values of the parameters."""
    value = evaluate(duration, lambda leaf: parameters[leaf.name])  # type: ignore[union-attr]
    assert isinstance(value, Fraction)
    return value


def _obeys(sentence: Sentence, signal: Signal, trace: Trace) -> bool:
    """Whether neither the direct evaluator nor the observer sees a run err."""
    moved = watch(observer(sentence.formula, "@", trace.parameters), signal, trace.parameters)
    return moved is None and errs(sentence.formula, signal, trace.parameters) is None


def completed(whole: Network, part: Network, found: Run) -> Trace:
    """A run of a part as a run of the whole: the other instances do only what they cannot avoid."""
    settings = {name: p.value for name, p in part.parameters.items()}
    network = whole.with_settings({**_fixed(whole), **settings})
    moves, rest = found
    if len(part.instances) == len(whole.instances):
        return traced(network, found, ())
    return complete(network, {instance.name for instance in part.instances}, moves, rest)


def chosen_values(parameters: Mapping[str, Value]) -> dict[str, Setting]:
    return {name: value for name, value in parameters.items() if not isinstance(value, str)}


def _fixed(network: Network) -> dict[str, Setting]:
    """A value for every parameter: the widest of its range where it has one."""
    return {name: p.value.high if isinstance(p.value, Range) else p.value for name, p in network.parameters.items()}
