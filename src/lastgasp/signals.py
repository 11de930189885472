"""Sentences evaluated directly on finite timed signals.

This is the meaning of :mod:`lastgasp.sentences` a second time, written by quantifying over periods, steps and instants
and by nothing cleverer: no automaton, no clock, no state that moves along. It is slow and meant to be read next to
those docstrings, clause by clause; observers are compared with it, and every reported failure is confirmed by it.

A signal with ``n`` steps has the valuations ``0 .. n``. Step ``k`` (counted from 1) leads from valuation ``k - 1`` to
valuation ``k``; valuation ``k`` lasts from the instant of step ``k`` (0 for the first one) to that of step ``k + 1``
(the end of the signal for the last one), and that may be no time at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType

from lastgasp.errors import InputError, Problem
from lastgasp.expr import Expr, Leaf, Name, Param, Sent, Value, duration_text, evaluate, text
from lastgasp.network import Network
from lastgasp.sentences import (
    Answers,
    Formula,
    Held,
    KeepsFor,
    NeverHeld,
    Occurrence,
    Possible,
    Responds,
    SendsApart,
    SendsNotFor,
    SendsOncePer,
    SendsOnlyAfter,
    SendsOnlyIf,
)
from lastgasp.trace import Trace

NO_PARAMETERS: Mapping[str, Value] = MappingProxyType({})


# --- signals ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignalStep:
    """A step at the absolute instant ``time``: what is sent and who receives it, and the values that hold after it."""

    time: Fraction
    events: frozenset[Sent]
    values: Mapping[str, Value] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Signal:
    """A finite run as sentences see it: ``initial`` from time 0, the steps in order, then silence up to ``end``."""

    initial: Mapping[str, Value] = field(hash=False)
    steps: tuple[SignalStep, ...]
    end: Fraction

    def __post_init__(self) -> None:
        instants = (Fraction(0), *(step.time for step in self.steps), self.end)
        problems = [Problem(f"{t!r} is not an exact time") for t in instants if not isinstance(t, Fraction)]
        problems = problems or [
            Problem(f"a signal cannot go back from {duration_text(before)} to {duration_text(after)}")
            for before, after in pairwise(instants)
            if after < before
        ]
        if problems:
            raise InputError(problems)

    @property
    def valuations(self) -> tuple[Mapping[str, Value], ...]:
        """The valuations ``0 .. n``."""
        return (self.initial, *(step.values for step in self.steps))

    def begins(self, valuation: int) -> Fraction:
        """The instant from which a valuation holds: that of the step that leads to it, 0 for the first one."""
        return self.steps[valuation - 1].time if valuation else Fraction(0)

    def ends(self, valuation: int) -> Fraction:
        """The instant up to which a valuation holds: that of the next step, the end of the signal for the last one."""
        return self.steps[valuation].time if valuation < len(self.steps) else self.end

    def steps_with(self, event: Sent) -> tuple[int, ...]:
        """The numbers of the steps that send (or receive) an event."""
        return tuple(number for number, step in enumerate(self.steps, 1) if event in step.events)


def signal_of(trace: Trace, network: Network) -> Signal:
    """The signal of a run: each step's event and its receivers. Outputs that the trace leaves out are worked out."""

    def complete(values: Mapping[str, Value]) -> dict[str, Value]:
        worked_out = {
            output: _value(network.output(output), values, NO_PARAMETERS)
            for output in network.outputs
            if output not in values
        }
        return {**worked_out, **values}

    steps = []
    for time, entry in zip(trace.times, trace.entries, strict=True):
        event = entry.step.event
        receivers = ("", *(move.instance for move in entry.step.moves[1:]))
        events = frozenset(Sent(event, receiver) for receiver in receivers) if event is not None else frozenset()
        steps.append(SignalStep(time, events, complete(entry.values)))
    return Signal(complete(trace.initial), tuple(steps), trace.end)


# --- periods ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Period:
    """A maximal stretch of valuations ``first .. last`` in which a condition holds, from ``start`` to ``end``.

    ``ended`` tells a period that step ``last + 1`` ends from one that goes on when the signal stops.
    """

    start: Fraction
    end: Fraction
    first: int
    last: int
    ended: bool

    @property
    def length(self) -> Fraction:
        """The age that the period reaches."""
        return self.end - self.start

    def begun_before(self, step: int) -> bool:
        """Whether the period begins before step ``step``: not with it, and not later."""
        return self.first <= step - 1

    def over_before(self, step: int) -> bool:
        """Whether the period ends before step ``step``: not with it, and not later."""
        return self.last < step - 1

    def found_by(self, step: int) -> bool:
        """Whether step ``step`` belongs to the period: the condition holds before the step."""
        return self.first <= step - 1 <= self.last


def periods(signal: Signal, condition: Expr, parameters: Mapping[str, Value] = NO_PARAMETERS) -> list[Period]:
    """The periods of a condition, in order."""
    holds = [bool(_value(condition, values, parameters)) for values in signal.valuations]
    last_one = len(holds) - 1
    found = []
    for first, value in enumerate(holds):
        if value and (first == 0 or not holds[first - 1]):
            last = first
            while last < last_one and holds[last + 1]:
                last += 1
            found.append(Period(signal.begins(first), signal.ends(last), first, last, last < last_one))
    return found


def _value(expr: Expr, values: Mapping[str, Value], parameters: Mapping[str, Value]) -> Value:
    def leaf(item: Leaf) -> Value:
        match item:
            case Name(name) if name in values:
                return values[name]
            case Param(name) if name in parameters:
                return parameters[name]
        raise InputError(f"{text(item)} has no value here")

    return evaluate(expr, leaf)


# --- answers ------------------------------------------------------------------------------------------------------


def errs(formula: Formula, signal: Signal, parameters: Mapping[str, Value] = NO_PARAMETERS) -> Fraction | None:
    """The earliest instant at which the formula is known to be broken, ``None`` where it never is.

    Where a delay breaks it, that is the limit itself, be it that the error is only known strictly later. A possibility
    stands for its denial: the answer is the instant from which on the run shows that the thing can happen.
    """
    first = _first_break(formula, signal, parameters)
    return None if first is None else first.instant


def explain_error(formula: Formula, signal: Signal, parameters: Mapping[str, Value] = NO_PARAMETERS) -> str:
    """Why the formula is broken, in one sentence with instants and units; empty where it is not."""
    first = _first_break(formula, signal, parameters)
    return "" if first is None else f"At {duration_text(first.instant)}, {first.words}."


def premise_occurs(formula: Formula, signal: Signal, parameters: Mapping[str, Value] = NO_PARAMETERS) -> bool:
    """Whether the formula had anything to say about the signal: whether what it speaks about happened."""
    view = _View(signal, parameters)
    match formula:
        case NeverHeld(premise=premise):
            return premise is None or any(period.length > 0 for period in view.periods(premise))
        case KeepsFor(condition) | SendsOncePer(_, condition) | SendsNotFor(_, condition):
            return bool(view.periods(condition))
        case Responds():
            return any(_duties(formula, view))
        case SendsOnlyIf(event) | SendsOnlyAfter(event) | SendsApart(event) | Answers(event):
            return bool(signal.steps_with(event))
        case Possible(denial):
            return premise_occurs(denial, signal, parameters)


@dataclass(frozen=True, slots=True)
class _Break:
    """One way in which a formula is broken: from which instant on, and why."""

    instant: Fraction
    words: str


@dataclass(frozen=True, slots=True)
class _View:
    """A signal read under given parameters."""

    signal: Signal
    parameters: Mapping[str, Value]

    def periods(self, condition: Expr) -> list[Period]:
        return periods(self.signal, condition, self.parameters)

    def steps_with(self, event: Sent) -> tuple[int, ...]:
        return self.signal.steps_with(event)

    def time(self, step: int) -> Fraction:
        return self.signal.steps[step - 1].time

    def seconds(self, duration: Expr) -> Fraction:
        value = _value(duration, {}, self.parameters)
        if isinstance(value, bool) or not isinstance(value, int | Fraction):
            raise InputError(f"{text(duration)} is not a duration")
        return Fraction(value)

    def complete(self, held: Held, age: Fraction) -> bool:
        """Whether ``held`` is complete in a period of that age."""
        if held.duration is None:
            return True
        duration = self.seconds(held.duration)
        return age > duration if held.strict else age >= duration


def _happens(event: Sent) -> str:
    return text(event) if event.receiver else f"{event.event} is sent"


def _first_break(formula: Formula, signal: Signal, parameters: Mapping[str, Value]) -> _Break | None:
    return min(_breaks(formula, _View(signal, parameters)), key=lambda one: one.instant, default=None)


def _breaks(formula: Formula, view: _View) -> Iterator[_Break]:
    match formula:
        case NeverHeld():
            return _never_held(formula, view)
        case KeepsFor():
            return _keeps_for(formula, view)
        case Responds():
            return _responds(formula, view)
        case SendsOnlyIf():
            return _sends_only_if(formula, view)
        case SendsOnlyAfter():
            return _sends_only_after(formula, view)
        case SendsApart():
            return _sends_apart(formula, view)
        case SendsOncePer():
            return _sends_once_per(formula, view)
        case SendsNotFor():
            return _sends_not_for(formula, view)
        case Answers():
            return _answers(formula, view)
        case Possible(denial):
            return _breaks(denial, view)


# --- sentences about states ---------------------------------------------------------------------------------------


def _never_held(formula: NeverHeld, view: _View) -> Iterator[_Break]:
    limit = view.seconds(formula.limit)
    for period in view.periods(formula.condition):
        if period.length > limit or (formula.inclusive and period.length == limit):
            held = f"{text(formula.condition)} has held since {duration_text(period.start)}"
            reached = "reaches" if formula.inclusive else "goes beyond"
            yield _Break(period.start + limit, f"{held} and {reached} its limit of {duration_text(limit)}")


def _keeps_for(formula: KeepsFor, view: _View) -> Iterator[_Break]:
    duration = view.seconds(formula.duration)
    for period in view.periods(formula.condition):
        long_enough = period.length > duration if formula.strict else period.length >= duration
        if period.ended and not long_enough:
            wanted = f"{'more than' if formula.strict else 'at least'} {duration_text(duration)}"
            ends = f"{text(formula.condition)} ends after {duration_text(period.length)}"
            yield _Break(period.end, f"{ends}, where {wanted} is demanded")


# --- responses ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Duty:
    """A duty that opens at ``opened`` (no instant counts but the later ones, if ``strict``).

    ``since`` is the first valuation that can answer it, ``found_by`` are the steps that find it open, whatever they
    send; ``lapses`` is when it lapses, if it does.
    """

    opened: Fraction
    strict: bool
    since: int
    found_by: tuple[int, ...]
    lapses: Fraction | None


def _duties(formula: Responds, view: _View) -> Iterator[_Duty]:
    steps = range(1, len(view.signal.steps) + 1)
    trigger = formula.trigger
    if isinstance(trigger, Occurrence):
        for opening in view.steps_with(trigger.event):
            yield _Duty(view.time(opening), False, opening, tuple(step for step in steps if step > opening), None)
        return

    def finds(period: Period, step: int) -> bool:
        if formula.by_then or period.over_before(step):
            return period.begun_before(step)
        return period.found_by(step) and view.complete(trigger, view.time(step) - period.start)

    for period in view.periods(trigger.condition):
        if view.complete(trigger, period.length):
            age = view.seconds(trigger.duration) if trigger.duration is not None else Fraction(0)
            lapses = period.end if period.ended and not formula.even_if_it_ends else None
            strict = trigger.strict and trigger.duration is not None
            found_by = tuple(step for step in steps if finds(period, step))
            yield _Duty(period.start + age, strict, period.first, found_by, lapses)


def _responds(formula: Responds, view: _View) -> Iterator[_Break]:
    within = view.seconds(formula.within)
    for duty in _duties(formula, view):
        deadline = duty.opened + within

        def in_time(instant: Fraction, deadline: Fraction = deadline) -> bool:
            return instant < deadline if formula.exclusive else instant <= deadline

        answered = (
            any(in_time(view.time(step)) for step in view.steps_with(formula.response.event) if step in duty.found_by)
            if isinstance(formula.response, Occurrence)
            else _state_answers(formula.response, duty, deadline, formula.exclusive, view)
        )
        lapsed = duty.lapses is not None and in_time(duty.lapses)
        if not answered and not lapsed and not in_time(view.signal.end):
            response = formula.response
            words = _happens(response.event) if isinstance(response, Occurrence) else text(response)
            word = "in less than" if formula.exclusive else "within"
            opened = f"the duty that opened at {duration_text(duty.opened)}"
            yield _Break(deadline, f"{opened} has not been answered {word} {duration_text(within)} by: {words}")


def _state_answers(response: Expr, duty: _Duty, deadline: Fraction, exclusive: bool, view: _View) -> bool:
    """Whether ``response`` holds at some instant from the opening of the duty to its deadline.

    A valuation holds at every instant from the step that leads to it to the next step, both included: so what held
    before or after any step of an instant held at that instant; not so before the step that opened the duty.
    """
    for period in view.periods(response):
        if period.last < duty.since:
            continue
        first, last = max(period.start, duty.opened), min(period.end, deadline)
        bare = first == last and ((duty.strict and first == duty.opened) or (exclusive and last == deadline))
        if first <= last and not bare:
            return True
    return False


# --- sentences about sending --------------------------------------------------------------------------------------


def _sends_only_if(formula: SendsOnlyIf, view: _View) -> Iterator[_Break]:
    found = view.periods(formula.held.condition)
    for step in view.steps_with(formula.event):
        time = view.time(step)
        if not any(period.found_by(step) and view.complete(formula.held, time - period.start) for period in found):
            since = [period.start for period in found if period.found_by(step)]
            state = f"has held only since {duration_text(since[0])}" if since else "does not hold"
            yield _Break(time, f"{_happens(formula.event)}, but {text(formula.held.condition)} {state}")


def _sends_only_after(formula: SendsOnlyAfter, view: _View) -> Iterator[_Break]:
    previous = 0
    for step in view.steps_with(formula.event):
        if not any(previous < enabling < step for enabling in view.steps_with(formula.enabler)):
            since = f"since the last time, at {duration_text(view.time(previous))}," if previous else "so far"
            yield _Break(
                view.time(step),
                f"{_happens(formula.event)}, but it has not happened {since} that {_happens(formula.enabler)}",
            )
        previous = step


def _sends_apart(formula: SendsApart, view: _View) -> Iterator[_Break]:
    duration = view.seconds(formula.duration)
    for one, next_one in pairwise(view.steps_with(formula.event)):
        apart = view.time(next_one) - view.time(one)
        if apart < duration:
            words = f"{_happens(formula.event)}, {duration_text(apart)} after the last time"
            yield _Break(view.time(next_one), f"{words}, where {duration_text(duration)} is demanded")


def _sends_once_per(formula: SendsOncePer, view: _View) -> Iterator[_Break]:
    for period in view.periods(formula.condition):
        inside = [step for step in view.steps_with(formula.event) if period.found_by(step)]
        if len(inside) > 1:
            since = f"since {text(formula.condition)} began at {duration_text(period.start)}"
            yield _Break(view.time(inside[1]), f"{_happens(formula.event)} for the second time {since}")


def _sends_not_for(formula: SendsNotFor, view: _View) -> Iterator[_Break]:
    duration = view.seconds(formula.duration)
    found = view.periods(formula.condition)
    for step in view.steps_with(formula.event):
        began = [period.start for period in found if period.begun_before(step)]
        if began and view.time(step) - began[-1] < duration:
            true = f"{text(formula.condition)} became true at {duration_text(began[-1])}"
            yield _Break(
                view.time(step), f"{_happens(formula.event)}, but {true}, less than {duration_text(duration)} before"
            )


def _answers(formula: Answers, view: _View) -> Iterator[_Break]:
    duration, latency = view.seconds(formula.duration), view.seconds(formula.latency)

    def genuine(period: Period, step: int) -> bool:
        if not period.begun_before(step):
            return False
        over = period.over_before(step)
        age = period.length if over else view.time(step) - period.start
        old_enough = age > duration if formula.strict else age >= duration
        return old_enough and (not over or view.time(step) - period.end <= latency)

    found = view.periods(formula.condition)
    choices: list[list[int]] = []
    for step in view.steps_with(formula.event):
        choices.append([number for number, period in enumerate(found) if genuine(period, step)])
        if not choices[-1]:
            yield _Break(
                view.time(step), f"{_happens(formula.event)}, but no period of {text(formula.condition)} is genuine"
            )
        elif formula.one_each and not _can_be_assigned(choices):
            taken = "is left for it that no other answers"
            yield _Break(
                view.time(step), f"{_happens(formula.event)}, but no genuine {text(formula.condition)} {taken}"
            )


def _can_be_assigned(choices: Sequence[Sequence[int]]) -> bool:
    """Whether every item can have one of its choices with no choice used twice.

    A maximum bipartite matching by augmenting paths (Kuhn 1955): an item takes a free choice, or one whose holder can
    move to another.
    """
    holder: dict[int, int] = {}

    def settle(item: int, asked: set[int]) -> bool:
        for choice in choices[item]:
            if choice not in asked:
                asked.add(choice)
                if choice not in holder or settle(holder[choice], asked):
                    holder[choice] = item
                    return True
        return False

    return all(settle(item, set()) for item in range(len(choices)))
