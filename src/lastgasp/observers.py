"""From a sentence to its observer: a deterministic monitor that moves with the network and never blocks it.

An observer has its own bounded variables and clocks. At every step of the network the first of its *cases* whose guard
holds is applied; guards read the values before the step (``Name``), after it (``Next``), the events of the step
(``Sent``) and the observer's own variables and clocks. A case may *err*. Between steps, a *bound* says how far one of
its clocks may go; time that passes beyond it errs too. The meaning of each sentence is defined in
:mod:`lastgasp.sentences` and evaluated independently by :mod:`lastgasp.signals`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

from lastgasp.errors import InputError
from lastgasp.expr import (
    FALSE,
    TRUE,
    Bool,
    Choice,
    Choose,
    Clock,
    Compare,
    Const,
    Domain,
    Expr,
    Leaf,
    Name,
    Next,
    Value,
    Whole,
    compare,
    conj,
    disj,
    evaluate,
    neg,
    params_in,
    plus,
    rewrite,
    text,
)
from lastgasp.sentences import (
    ZERO,
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


@dataclass(frozen=True, slots=True)
class MonitorVariable:
    """A variable of an observer; ``initial`` reads the network's first values."""

    name: str
    domain: Domain
    initial: Expr


@dataclass(frozen=True, slots=True)
class Case:
    """What the observer does in a step where ``guard`` holds and no earlier case does."""

    guard: Expr
    assign: tuple[tuple[str, Value], ...] = ()
    restart: tuple[str, ...] = ()
    errs: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """While ``when`` holds, time past ``limit`` (``strict``: reaching it) on ``clock`` is an error."""

    when: Expr
    clock: str
    limit: Expr
    strict: bool = False

    @property
    def within(self) -> Expr:
        """The condition on the clock that time must not leave."""
        return Compare("<" if self.strict else "<=", Clock(self.clock), self.limit)


@dataclass(frozen=True, slots=True)
class Monitor:
    """An observer. ``premise`` (over a step) and ``premise_now`` (over a state) tell that its premise happened.

    ``labels`` say in words what its clocks and counters show.
    """

    name: str
    variables: tuple[MonitorVariable, ...]
    clocks: tuple[str, ...]
    cases: tuple[Case, ...]
    bounds: tuple[Bound, ...] = ()
    premise: Expr = FALSE
    premise_now: Expr = FALSE
    labels: Mapping[str, str] = field(default_factory=dict, compare=False)


def observer(formula: Formula, name: str, parameters: Mapping[str, Value]) -> Monitor:
    """The observer of a formula, its names prefixed by ``name``.

    ``parameters`` are needed where the size of the observer depends on durations (:class:`Answers`). Raises
    :class:`InputError` where the formula has no observer.
    """
    build = _Builder(name)
    match formula:
        case NeverHeld():
            return build.never_held(formula)
        case KeepsFor():
            return build.keeps_for(formula)
        case Responds(trigger=Occurrence()):
            return build.responds_to_event(formula)
        case Responds(even_if_it_ends=True):
            return build.responds_even(formula)
        case Responds():
            return build.responds(formula)
        case SendsOnlyIf():
            return build.only_if(formula)
        case SendsOnlyAfter(event, enabler):
            got = build.variable("got", Bool(), FALSE)
            return build.monitor(
                Case(conj(event, neg(got)), errs=True),
                Case(event, ((got.name, False),)),
                Case(enabler, ((got.name, True),)),
                premise=event,
            )
        case SendsApart():
            return build.apart(formula)
        case SendsOncePer():
            return build.once_per(formula)
        case SendsNotFor():
            return build.not_for(formula)
        case Answers():
            return build.answers(formula, parameters)
        case Possible(denial):
            return observer(denial, name, parameters)


def after(condition: Expr) -> Expr:
    """The condition, read after the step."""

    def leaf(item: Leaf) -> Expr:
        return Next(item.name) if isinstance(item, Name) else item

    return rewrite(condition, leaf)


def is_value(name: Name, value: Value) -> Expr:
    """The condition that an observer's variable has this value."""
    return Compare("==", name, Const(value))


class _Builder:
    """Collects the variables and clocks of one observer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.variables: list[MonitorVariable] = []
        self.clocks: list[str] = []
        self.labels: dict[str, str] = {}

    def variable(self, name: str, domain: Domain, initial: Expr) -> Name:
        full = f"{self.name}.{name}"
        self.variables.append(MonitorVariable(full, domain, initial))
        return Name(full)

    def clock(self, name: str, label: str = "") -> Clock:
        full = f"{self.name}.{name}"
        self.clocks.append(full)
        if label:
            self.labels[full] = label
        return Clock(full)

    def monitor(
        self, *cases: Case, bounds: tuple[Bound, ...] = (), premise: Expr = FALSE, premise_now: Expr = FALSE
    ) -> Monitor:
        return Monitor(
            self.name,
            tuple(self.variables),
            tuple(self.clocks),
            cases,
            bounds,
            premise=premise,
            premise_now=premise_now,
            labels=self.labels,
        )

    # -- states -----------------------------------------------------------------------------------------------------

    def never_held(self, formula: NeverHeld) -> Monitor:
        condition = formula.condition
        on, age = self.variable("on", Bool(), condition), self.clock("age", _since(condition))
        _positive(formula.limit, formula.inclusive)
        premise = TRUE if formula.premise is None else formula.premise
        return self.monitor(
            *_tracking(on, condition, age),
            bounds=(Bound(on, age.name, formula.limit, formula.inclusive),),
            premise_now=premise,
        )

    def keeps_for(self, formula: KeepsFor) -> Monitor:
        condition = formula.condition
        on, age = self.variable("on", Bool(), condition), self.clock("age", _since(condition))
        early = compare("<=" if formula.strict else "<", age, formula.duration)
        return self.monitor(
            Case(conj(on, neg(after(condition)), early), errs=True), *_tracking(on, condition, age), premise_now=on
        )

    # -- duties -----------------------------------------------------------------------------------------------------

    def responds(self, formula: Responds) -> Monitor:
        """Held trigger, the duty lapses with its condition."""
        trigger, answer, still = _duty(formula)
        condition = trigger.condition
        complete, deadline = _complete(trigger), _deadline(formula)
        age = self.clock("age", _since(condition))
        at_once = trigger.duration is None and not isinstance(formula.response, Occurrence)
        holds_at_start = conj(condition, formula.response) if at_once else FALSE  # type: ignore[arg-type]
        first: Expr = _chosen(holds_at_start, "done", _chosen(condition, "waits", "idle"))
        phase = self.variable("phase", Choice(("idle", "waits", "done")), first)
        waits = is_value(phase, "waits")
        rising = conj(is_value(phase, "idle"), after(condition))
        ready = complete(age)
        counts = answer if formula.by_then else conj(answer, ready)
        return self.monitor(
            Case(conj(neg(is_value(phase, "idle")), neg(after(condition))), ((phase.name, "idle"),)),
            Case(conj(rising, _after_response(formula)) if at_once else FALSE, ((phase.name, "done"),)),
            Case(rising, ((phase.name, "waits"),), (age.name,)),
            Case(conj(waits, counts), ((phase.name, "done"),)),
            bounds=(Bound(conj(waits, still), age.name, deadline, formula.exclusive),),
            premise_now=conj(neg(is_value(phase, "idle")), ready) if not at_once else neg(is_value(phase, "idle")),
        )

    def responds_even(self, formula: Responds) -> Monitor:
        """Held trigger, the duty outlives its condition: the oldest open one is kept with a clock of its own."""
        trigger, answer, still = _duty(formula)
        condition = trigger.condition
        complete, deadline = _complete(trigger), _deadline(formula)
        ages = {"a": self.clock("a"), "b": self.clock("b")}
        at_once = trigger.duration is None and not isinstance(formula.response, Occurrence)
        holds_at_start = conj(condition, formula.response) if at_once else FALSE  # type: ignore[arg-type]
        first = _chosen(holds_at_start, "done", _chosen(condition, "waits", "idle"))
        phase = self.variable("phase", Choice(("idle", "waits", "done")), first)
        current = self.variable("current", Choice(("a", "b")), Const("a"))
        owing = self.variable("owing", Choice(("none", "a", "b")), Const("none"))
        idle, waits = is_value(phase, "idle"), is_value(phase, "waits")
        rises, falls = conj(idle, after(condition)), conj(neg(idle), neg(after(condition)))
        cases: list[Case] = []
        for name, other in (("a", "b"), ("b", "a")):
            here, ready = is_value(current, name), complete(ages[name])
            restart = (ages[name].name,)
            opened = conj(falls, here, waits, ready, neg(answer), is_value(owing, "none"))
            counts = answer if formula.by_then else conj(answer, ready)
            settled = ((owing.name, "none"),)
            cases += [
                Case(opened, ((phase.name, "idle"), (owing.name, name), (current.name, other))),
                Case(
                    conj(rises, here, _after_response(formula)) if at_once else FALSE,
                    ((phase.name, "done"), *settled),
                    restart,
                ),
                Case(conj(rises, here, answer), ((phase.name, "waits"), *settled), restart),
                Case(conj(rises, here), ((phase.name, "waits"),), restart),
                Case(conj(here, neg(falls), waits, counts), ((phase.name, "done"), *settled)),
            ]
        cases += [
            Case(conj(falls, answer), ((phase.name, "idle"), (owing.name, "none"))),
            Case(falls, ((phase.name, "idle"),)),
            Case(answer, ((owing.name, "none"),)),
        ]
        bounds = [
            Bound(conj(waits, is_value(current, name), still), ages[name].name, deadline, formula.exclusive)
            for name in ages
        ]
        bounds += [Bound(is_value(owing, name), ages[name].name, deadline, formula.exclusive) for name in ages]
        reached = disj(*(conj(neg(idle), is_value(current, name), complete(ages[name])) for name in ages))
        return self.monitor(*cases, bounds=tuple(bounds), premise_now=reached)

    def responds_to_event(self, formula: Responds) -> Monitor:
        assert isinstance(formula.trigger, Occurrence)
        trigger: Expr = formula.trigger.event
        answer, fresh = _answer(formula.response), _after_response(formula)
        _positive(formula.within, formula.exclusive)
        owes, age = self.variable("owes", Bool(), FALSE), self.clock("age")
        return self.monitor(
            Case(conj(trigger, answer, neg(fresh)), ((owes.name, True),), (age.name,)),
            Case(conj(trigger, neg(owes), neg(fresh)), ((owes.name, True),), (age.name,)),
            Case(conj(owes, answer), ((owes.name, False),)),
            bounds=(Bound(owes, age.name, formula.within, formula.exclusive),),
            premise=trigger,
        )

    # -- events -----------------------------------------------------------------------------------------------------

    def only_if(self, formula: SendsOnlyIf) -> Monitor:
        held = formula.held
        if held.duration is None:
            return self.monitor(Case(conj(formula.event, neg(held.condition)), errs=True), premise=formula.event)
        on, age = self.variable("on", Bool(), held.condition), self.clock("age", _since(held.condition))
        early = disj(neg(on), neg(_complete(held)(age)))
        return self.monitor(
            Case(conj(formula.event, early), errs=True),
            *_tracking(on, held.condition, age),
            premise=formula.event,
        )

    def apart(self, formula: SendsApart) -> Monitor:
        sent, age = self.variable("sent", Bool(), FALSE), self.clock("age")
        return self.monitor(
            Case(conj(formula.event, sent, compare("<", age, formula.duration)), errs=True),
            Case(formula.event, ((sent.name, True),), (age.name,)),
            premise=formula.event,
        )

    def once_per(self, formula: SendsOncePer) -> Monitor:
        condition, event = formula.condition, formula.event
        on = self.variable("on", Bool(), condition)
        used = self.variable("used", Bool(), FALSE)
        return self.monitor(
            Case(conj(event, on, used), errs=True),
            Case(conj(on, neg(after(condition))), ((on.name, False), (used.name, False))),
            Case(conj(neg(on), after(condition)), ((on.name, True),)),
            Case(conj(event, on), ((used.name, True),)),
            premise=conj(event, on),
        )

    def not_for(self, formula: SendsNotFor) -> Monitor:
        condition, event = formula.condition, formula.event
        on, armed = self.variable("on", Bool(), condition), self.variable("armed", Bool(), condition)
        age = self.clock("age")
        return self.monitor(
            Case(conj(event, armed, compare("<", age, formula.duration)), errs=True),
            Case(conj(on, neg(after(condition))), ((on.name, False),)),
            Case(conj(neg(on), after(condition)), ((on.name, True), (armed.name, True)), (age.name,)),
            premise=event,
        )

    def answers(self, formula: Answers, parameters: Mapping[str, Value]) -> Monitor:
        """A queue of ended, genuine, unanswered periods, oldest first, each with a clock.

        Answering the oldest first is optimal because the one that ended first expires first. The queue is long enough:
        a period lasts ``duration`` at least, so one more ending pushes out only what is older than ``latency``.
        """
        duration, latency = _literal(formula.duration, parameters), _literal(formula.latency, parameters)
        if formula.one_each and duration <= 0:
            raise InputError("'each answering at most one' needs periods of a positive length")
        slots = latency // duration + 1 if formula.one_each else 1
        condition, event = formula.condition, formula.event
        on, used = self.variable("on", Bool(), condition), self.variable("used", Bool(), FALSE)
        head = self.variable("head", Whole(0, slots - 1), Const(0))
        count = self.variable("count", Whole(0, slots), Const(0))
        age = self.clock("age", _since(condition))
        since = [self.clock(f"since{slot}", f"time since '{text(condition)}' ended") for slot in range(slots)]
        genuine = compare(">" if formula.strict else ">=", age, Const(duration))
        falls, rises = conj(on, neg(after(condition))), conj(neg(on), after(condition))

        def queue(first: int, length: int) -> tuple[tuple[str, Value], ...]:
            return ((head.name, first % slots), (count.name, length))

        def endings(guard: Expr, first: int, length: int, taken: bool) -> list[Case]:
            """The cases of a step that leaves the queue at (first, length), by what the condition does in it."""
            ended: tuple[tuple[str, Value], ...] = ((on.name, False), (used.name, False))
            slot = since[(first + length) % slots].name
            if not formula.one_each:
                pushed = Case(conj(guard, falls, genuine), (*ended, *queue(0, 1)), (slot,))
            elif length < slots:
                pushed = Case(conj(guard, falls, genuine, neg(used)), (*ended, *queue(first, length + 1)), (slot,))
            else:
                pushed = Case(conj(guard, falls, genuine, neg(used)), (*ended, *queue(first + 1, slots)), (slot,))
            kept = [] if taken and formula.one_each else [pushed]
            return [
                *kept,
                Case(conj(guard, falls), (*ended, *queue(first, length))),
                Case(conj(guard, rises), ((on.name, True), (used.name, False), *queue(first, length)), (age.name,)),
                Case(guard, (*queue(first, length), *(((used.name, True),) if taken and formula.one_each else ()))),
            ]

        cases: list[Case] = []
        for first, length in product(range(slots), range(slots + 1)):
            here = conj(is_value(head, first), is_value(count, length))
            expired: Expr = TRUE
            for place in range(length):
                slot = since[(first + place) % slots]
                fresh = conj(event, here, expired, compare("<=", slot, Const(latency)))
                left = (first + place + 1, length - place - 1) if formula.one_each else (first, length)
                cases += endings(fresh, *left, taken=False)
                expired = conj(expired, compare(">", slot, Const(latency)))
            current = conj(event, here, expired, on, genuine, neg(used) if formula.one_each else TRUE)
            cases += endings(current, first, 0, taken=True)
            cases.append(Case(conj(event, here), errs=True))
            cases += endings(here, first, length, taken=False)
        return self.monitor(*cases, premise=event)


def _since(condition: Expr) -> str:
    return f"time since '{text(condition)}' became true"


def _tracking(on: Name, condition: Expr, age: Clock) -> tuple[Case, Case]:
    """Follow a condition and restart its clock when it becomes true."""
    return (
        Case(conj(on, neg(after(condition))), ((on.name, False),)),
        Case(conj(neg(on), after(condition)), ((on.name, True),), (age.name,)),
    )


def _duty(formula: Responds) -> tuple[Held, Expr, Expr]:
    """The trigger, the condition that a step answers, and the condition under which time still counts."""
    assert isinstance(formula.trigger, Held)
    _positive(formula.within, formula.exclusive)
    if formula.trigger.duration is not None and formula.trigger.strict and formula.within == ZERO:
        raise InputError(
            "'more than' a duration and 'immediately' cannot go together: there is no first instant after the limit; "
            "write 'at least', or 'within D'"
        )
    still = TRUE if isinstance(formula.response, Occurrence) else neg(formula.response)
    return formula.trigger, _answer(formula.response), still


def _answer(response: Occurrence | Expr) -> Expr:
    return response.event if isinstance(response, Occurrence) else disj(response, after(response))


def _after_response(formula: Responds) -> Expr:
    """That a state response holds after the step; an event of the triggering step itself never counts."""
    return FALSE if isinstance(formula.response, Occurrence) else after(formula.response)


def _complete(held: Held) -> Callable[[Clock], Expr]:
    """From a clock to the condition that the trigger is complete."""
    duration, op = held.duration, ">" if held.strict else ">="
    return lambda age: TRUE if duration is None else compare(op, age, duration)


def _deadline(formula: Responds) -> Expr:
    assert isinstance(formula.trigger, Held)
    return plus(formula.trigger.duration or ZERO, formula.within)


def _chosen(condition: Expr, then: Value | Expr, other: Value | Expr) -> Expr:
    yes = then if not isinstance(then, bool | int | str | Fraction) else Const(then)
    no = other if not isinstance(other, bool | int | str | Fraction) else Const(other)
    if isinstance(condition, Const):
        return yes if condition.value else no
    return Choose(condition, yes, no)


def _positive(limit: Expr, strict: bool) -> None:
    if strict and limit == ZERO:
        raise InputError("'less than 0 s' leaves no time at all; write 'immediately'")


def _literal(expr: Expr, parameters: Mapping[str, Value]) -> Fraction:
    for name in params_in(expr):
        if name not in parameters:
            raise InputError(f"the duration {name} of this sentence has a range; give it a value")
    value = evaluate(expr, lambda leaf: parameters[leaf.name])  # type: ignore[union-attr]
    assert isinstance(value, Fraction)
    return value
