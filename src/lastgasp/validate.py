"""Every problem of a machine, found at once, each with place, cause and cure; :mod:`.wiring` has those of a network.

What an algorithm would get wrong is refused here: a guard that reads a clock on a ``when``, a comparison between two
clocks, a reaction that sends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from fractions import Fraction

from lastgasp.errors import Place, Problem
from lastgasp.expr import (
    COMPARE,
    And,
    Bool,
    Choice,
    Choose,
    Clock,
    Compare,
    Const,
    Domain,
    Expr,
    In,
    Name,
    Not,
    Or,
    Param,
    Plus,
    Reference,
    Times,
    Value,
    Whole,
    clocks_in,
    contains,
    text,
    value_text,
)
from lastgasp.machine import (
    STATE,
    TIME_IN_STATE,
    After,
    Machine,
    On,
    Range,
    Transition,
    When,
    domain_of,
)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A cure for an unknown word: the nearest known one, or the list of them."""
    names = sorted(set(known))
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(names)}" if names else "there is none"


class _Typing:
    """Types of expressions inside one machine, with the problems met on the way."""

    def __init__(self, machine: Machine, place: Place | None) -> None:
        self.machine = machine
        self.place = place
        self.problems: list[Problem] = []

    def problem(self, what: str, cure: str = "") -> None:
        self.problems.append(Problem(what, cure, self.place))

    def condition(self, expr: Expr) -> None:
        """Check that ``expr`` is a well-typed condition."""
        match expr:
            case Const(value) if isinstance(value, bool):
                return
            case And(items) | Or(items):
                for item in items:
                    self.condition(item)
            case Not(item):
                self.condition(item)
            case Name(name):
                domain = self.name(name)
                if domain is not None and not isinstance(domain, Bool):
                    self.problem(f"{name!r} is not a yes/no value", f"compare it, as in '{name} is ...'")
            case Param(name):
                self.parameter(name, bool)
            case In(item, values):
                domain = self.operand(item)
                for value in values:
                    self.member(text(item), domain, value)
            case Compare():
                self.comparison(expr)
            case _:
                self.problem(f"'{text(expr)}' is not a condition", "write a comparison such as 'dc is off'")

    def comparison(self, expr: Compare) -> None:
        left, right = expr.left, expr.right
        if expr.op not in COMPARE:
            self.problem(f"{expr.op!r} compares nothing", f"use one of {' '.join(COMPARE)}")
            return
        if isinstance(left, Clock):
            if clocks_in(right):
                self.problem(
                    f"'{text(expr)}' compares two clocks", "compare each clock with a duration or a parameter instead"
                )
            elif left.name != TIME_IN_STATE and left.name not in {clock.name for clock in self.machine.clocks}:
                clocks = [clock.name for clock in self.machine.clocks]
                self.problem(f"unknown clock {left.name!r}", did_you_mean(left.name, clocks))
            else:
                self.duration(right, f"the clock in '{text(expr)}'")
            return
        if clocks_in(expr):
            self.problem(f"'{text(expr)}' does not have the clock on its left", "write 'CLOCK > DURATION'")
            return
        domain = self.operand(left)
        if isinstance(right, Const):
            self.member(text(left), domain, right.value)
        else:
            other = self.operand(right)
            if domain is not None and other is not None and type(domain) is not type(other):
                self.problem(f"'{text(expr)}' compares values of different kinds")
        if expr.op not in ("==", "!=") and domain is not None and not isinstance(domain, Whole):
            self.problem(f"'{text(expr)}' orders values that have no order", "use 'is' or 'is not'")

    def operand(self, expr: Expr) -> Domain | None:
        match expr:
            case Name(name):
                return self.name(name)
            case Param(name):
                self.parameter(name, int)
                return Whole(0, 0)
            case Plus(items):
                for item in items:
                    self.number(item)
                return Whole(0, 0)
            case Times(factor, item):
                if not isinstance(factor, int):
                    self.problem(f"'{text(expr)}' is not a whole number", "multiply by a whole number")
                self.number(item)
                return Whole(0, 0)
            case Const(value):
                return Bool() if isinstance(value, bool) else Whole(0, 0) if isinstance(value, int) else None
            case Choose(condition, then, other):
                self.condition(condition)
                domain, second = self.operand(then), self.operand(other)
                if domain is not None and second is not None and type(domain) is not type(second):
                    self.problem(f"'{text(expr)}' chooses between values of different kinds")
                return domain
        self.problem(f"'{text(expr)}' is not a value")
        return None

    def number(self, expr: Expr) -> None:
        """Check that ``expr`` is a whole number."""
        if isinstance(expr, Const) and type(expr.value) is int:
            return
        domain = self.operand(expr)
        if domain is not None and not isinstance(domain, Whole):
            self.problem(f"'{text(expr)}' is not a whole number")

    def assigned(self, name: str, domain: Domain, value: Expr) -> None:
        """Check that ``value`` may be assigned to the variable ``name``."""
        match value:
            case Const(literal):
                self.member(name, domain, literal)
            case _ if isinstance(domain, Bool):
                self.condition(value)
            case Choose(condition, then, other):
                self.condition(condition)
                self.assigned(name, domain, then)
                self.assigned(name, domain, other)
            case _:
                found = self.operand(value)
                if found is not None and type(found) is not type(domain):
                    self.problem(f"the variable {name!r} cannot take '{text(value)}', a value of another kind")
                elif isinstance(found, Choice | Reference) and isinstance(domain, Choice | Reference):
                    allowed = [value_text(known) for known in domain.values()]
                    for given in found.values():
                        if given not in domain.values():
                            self.problem(f"{name!r} is never {given!r}", did_you_mean(value_text(given), allowed))

    def name(self, name: str) -> Domain | None:
        domain = domain_of(self.machine, name)
        if domain is None:
            known = [variable.name for variable in self.machine.variables]
            known += [f"{port.name}.{output}" for port in self.machine.ports for output in port.reads]
            self.problem(f"unknown name {name!r} in machine {self.machine.name}", did_you_mean(name, known))
        return domain

    def member(self, subject: str, domain: Domain | None, value: Value) -> None:
        if domain is None or contains(domain, value) or (isinstance(domain, Whole) and type(value) is int):
            return
        if isinstance(value, Fraction):
            self.problem(f"'{subject}' is compared with the duration {value_text(value)}", "only clocks have durations")
        else:
            allowed = [value_text(known) for known in domain.values()]
            self.problem(f"{subject!r} is never {value_text(value)!r}", did_you_mean(value_text(value), allowed))

    def parameter(self, name: str, kind: type) -> None:
        for parameter in self.machine.parameters:
            if parameter.name == name:
                value = parameter.value.low if isinstance(parameter.value, Range) else parameter.value
                if type(value) is not kind:
                    self.problem(f"parameter {name!r} is not {'a duration' if kind is Fraction else kind.__name__}")
                return
        known = [parameter.name for parameter in self.machine.parameters]
        self.problem(f"unknown name {name!r} in machine {self.machine.name}", did_you_mean(name, known))

    def duration(self, expr: Expr, what: str) -> None:
        """Check that ``expr`` is a duration."""
        match expr:
            case Const(value) if isinstance(value, Fraction):
                if value < 0:
                    self.problem(f"{what} is less than 0 s", "write 0 s or more")
            case Param(name):
                self.parameter(name, Fraction)
            case Plus(items):
                for item in items:
                    self.duration(item, what)
            case Times(_, item):
                self.duration(item, what)
            case _:
                self.problem(
                    f"{what} needs a duration, not '{text(expr)}'", "write a number with a unit, such as '3 min'"
                )


def machine_problems(machine: Machine) -> Iterator[Problem]:
    """Every problem that can be seen without knowing the rest of the network."""
    yield from _duplicates(machine)
    names = [state.name for state in machine.states]
    if not names:
        yield Problem(f"machine {machine.name} has no state", "give it at least one", machine.place)
        return
    initial = [state for state in machine.states if state.initial]
    if len(initial) > 1 or (not initial and len(names) > 1):
        found = "no state is" if not initial else f"{' and '.join(state.name for state in initial)} are"
        yield Problem(f"machine {machine.name}: {found} initial", "mark one state 'initial: yes'", machine.place)
    outputs = machine.outputs
    for state in machine.states:
        typing = _Typing(machine, state.place)
        for bound in (state.at_most, state.less_than):
            if bound is not None:
                typing.duration(bound, f"the bound of state {state.name!r}")
        missing = [output for output in outputs if output not in state.gives]
        if missing:
            typing.problem(
                f"state {state.name!r} does not say what it gives for {missing[0]!r}", f"add '{missing[0]}: ...'"
            )
        yield from typing.problems
    for variable in machine.variables:
        if not contains(variable.domain, variable.initial):
            yield Problem(f"variable {variable.name!r} cannot start as {variable.initial!r}", "", variable.place)
        if isinstance(variable.domain, Reference):
            for port in variable.domain.ports:
                if machine.port(port) is None:
                    known = [known.name for known in machine.ports]
                    yield Problem(f"unknown port {port!r}", did_you_mean(port, known), variable.place)
    for clock in machine.clocks:
        for pause in clock.pauses:
            if pause not in names:
                yield Problem(f"unknown state {pause!r}", did_you_mean(pause, names), clock.place)
    for parameter in machine.parameters:
        least = parameter.value.low if isinstance(parameter.value, Range) else parameter.value
        if isinstance(least, Fraction) and least < 0:
            yield Problem(f"the duration {parameter.name!r} may be less than 0 s", "write 0 s or more", parameter.place)
        if isinstance(parameter.value, Range) and parameter.value.low > parameter.value.high:
            yield Problem(
                f"the range of parameter {parameter.name!r} is empty", "write the lower end first", parameter.place
            )
    for transition in machine.transitions:
        yield from _transition_problems(machine, transition, names)


def _duplicates(machine: Machine) -> Iterator[Problem]:
    spaces: dict[str, Sequence[str]] = {
        "state": [state.name for state in machine.states],
        "event": [event.name for event in machine.sends],
        "name": [TIME_IN_STATE, STATE]
        + [clock.name for clock in machine.clocks]
        + [variable.name for variable in machine.variables]
        + [parameter.name for parameter in machine.parameters]
        + list(machine.outputs),
        "port": [port.name for port in machine.ports],
    }
    for kind, names in spaces.items():
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Problem(f"machine {machine.name} has two {kind}s {name!r}", "rename one of them", machine.place)
    for name in [name for names in spaces.values() for name in names if "." in name]:
        yield Problem(f"the name {name!r} contains a dot", "use letters, digits and underscores", machine.place)


def _transition_problems(machine: Machine, transition: Transition, states: list[str]) -> Iterator[Problem]:
    typing = _Typing(machine, transition.place)
    if not transition.sources:
        typing.problem("a transition leaves no state", "name one after 'from'")
    for state in (*transition.sources, *([transition.target] if transition.target else [])):
        if state not in states:
            typing.problem(f"unknown state {state!r} in machine {machine.name}", did_you_mean(state, states))
    trigger = transition.trigger
    typing.condition(transition.guard)
    if isinstance(trigger, When):
        typing.condition(trigger.condition)
        read = sorted(clocks_in(trigger.condition) | clocks_in(transition.guard))
        if read:
            typing.problem(
                f"a 'when' reads the clock {read[0]!r}: there may be no first instant at which it holds",
                "use 'after: D' for a time in the state, or 'may' with 'if'",
            )
    elif isinstance(trigger, After):
        for end in (trigger.low, trigger.high):
            if end is not None:
                typing.duration(end, "the window of 'after'")
        if trigger.high is not None and clocks_in(transition.guard):
            typing.problem(
                "an 'after' with an upper end has an 'if' that reads a clock, so its bound would come and go with time",
                "leave the window open ('after: D ..') and bound the state with 'at most'",
            )
        low, high = trigger.low, trigger.high
        if isinstance(low, Const) and isinstance(high, Const):
            empty = low.value > high.value or (  # type: ignore[operator]
                low.value == high.value and (trigger.low_strict or trigger.high_strict)
            )
            if empty:
                typing.problem(f"the window from {text(low)} to {text(high)} is empty", "write the earlier end first")
    elif isinstance(trigger, On):
        port = machine.port(trigger.port)
        if port is None:
            typing.problem(
                f"unknown port {trigger.port!r}", did_you_mean(trigger.port, [p.name for p in machine.ports])
            )
        elif trigger.event not in port.hears:
            typing.problem(
                f"port {port.name!r} does not hear {trigger.event!r}", did_you_mean(trigger.event, port.hears)
            )
        if transition.send:
            typing.problem(
                "a transition that reacts ('on') does not send",
                "let its target state give an output, or leave it by a 'when' that sends",
            )
    if transition.send and machine.event(transition.send) is None:
        typing.problem(
            f"machine {machine.name} does not declare the event {transition.send!r}",
            did_you_mean(transition.send, [event.name for event in machine.sends]),
        )
    written: set[str] = set()
    for name, value in transition.assign:
        domain = next((variable.domain for variable in machine.variables if variable.name == name), None)
        if domain is None:
            known = [variable.name for variable in machine.variables]
            typing.problem(f"machine {machine.name} has no variable {name!r}", did_you_mean(name, known))
        elif name in written:
            typing.problem(f"the variable {name!r} is set twice in one step", "keep one of them")
        else:
            typing.assigned(name, domain, value)
        written.add(name)
    clocks = [clock.name for clock in machine.clocks]
    for clock in transition.restart:
        if clock not in clocks:
            typing.problem(f"unknown clock {clock!r}", did_you_mean(clock, clocks))
    yield from typing.problems
