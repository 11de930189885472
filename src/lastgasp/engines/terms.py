"""Expressions as Z3 terms, over constants for the state *now*, the state *next* and what is chosen in between.

Nothing is unrolled here; :meth:`Terms.at_step` is the one place that stamps time. Encodings were measured on a network
of six machines: a Boolean for each value of an enumeration and a real for each clock's reading beat integers,
bit-vectors and absolute times; stamping by substitution costs a fifth of building the formulas anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain, combinations
from typing import Any

import z3

from lastgasp.expr import (
    COMPARE,
    And,
    Bool,
    Choose,
    Clock,
    Compare,
    Const,
    Domain,
    Expr,
    In,
    Name,
    Next,
    Not,
    Or,
    Param,
    Plus,
    Sent,
    Times,
    Value,
    Whole,
    one_of,
)
from lastgasp.machine import STATE, Range
from lastgasp.system import Action, TimedSystem

Options = dict[Value, z3.BoolRef]
"""A value of an enumeration: under which condition it is which."""


class _Stage:
    """The constants of one state: a Boolean for each value of an enumeration, an integer, a Boolean, a real."""

    def __init__(self, system: TimedSystem, name: str, context: z3.Context) -> None:
        def constant(variable: str, domain: Domain) -> Any:
            match domain:
                case Bool():
                    return z3.Bool(f"{name} {variable}", context)
                case Whole():
                    return z3.Int(f"{name} {variable}", context)
            return {value: z3.Bool(f"{name} {variable}={value}", context) for value in domain.values()}

        self.data = {variable: constant(variable, domain) for variable, (domain, _) in system.variables.items()}
        self.clocks = {clock: z3.Real(f"{name} {clock}", context) for clock in system.clocks}

    @property
    def constants(self) -> list[z3.ExprRef]:
        """All of them, in a fixed order."""
        return [*chain.from_iterable(map(parts, self.data.values())), *self.clocks.values()]


@dataclass(frozen=True, eq=False)
class Terms:
    """Conditions of one system in one context. Terms are over *now*, *next* and the inputs until they are stamped."""

    system: TimedSystem
    context: z3.Context

    # -- stamping ---------------------------------------------------------------------------------------------------

    def at_step(self, term: z3.ExprRef, k: int) -> z3.ExprRef:
        """The term about the ``k``-th transition (from 0): *now* becomes state ``k``, *next* state ``k + 1``."""
        stamps = self._stamps(k)
        if term.get_id() in stamps:
            return stamps[term.get_id()][1]
        return z3.substitute(term, *stamps.values())

    def _stamps(self, k: int) -> dict[int, tuple[z3.ExprRef, z3.ExprRef]]:
        """By the identity of a constant: what stands for it in the ``k``-th transition."""
        if k not in self._stamped:
            inputs = (self.waited, *self._taken, *self._reacts.values())
            named = [(old, old.decl().name(), k) for old in inputs]
            for stage, number in ((self._now, k), (self._next, k + 1)):
                named += [(old, old.decl().name().partition(" ")[2], number) for old in stage.constants]
            self._stamped[k] = {old.get_id(): (old, z3.Const(f"{name}@{n}", old.sort())) for old, name, n in named}
        return self._stamped[k]

    @cached_property
    def _stamped(self) -> dict[int, dict[int, tuple[z3.ExprRef, z3.ExprRef]]]:
        return {}

    # -- constants --------------------------------------------------------------------------------------------------

    @cached_property
    def _now(self) -> _Stage:
        return _Stage(self.system, "now", self.context)

    @cached_property
    def _next(self) -> _Stage:
        return _Stage(self.system, "next", self.context)

    @cached_property
    def waited(self) -> z3.ArithRef:
        """The delay of the transition, in seconds."""
        return z3.Real("delay", self.context)

    @cached_property
    def parameters(self) -> dict[str, z3.ArithRef]:
        """The parameters that are left open. They are rigid, hence never stamped."""
        return {
            name: (z3.Int if isinstance(_range(parameter.value).low, int) else z3.Real)(name, self.context)
            for name, parameter in self.system.parameters.items()
        }

    @cached_property
    def _taken(self) -> list[z3.BoolRef]:
        return [z3.Bool(f"step {number}", self.context) for number in range(len(self.system.steps))]

    @cached_property
    def _reacts(self) -> dict[Action, z3.BoolRef]:
        """One choice for each reaction, shared by all steps that it reacts to."""
        actions = [action for step in self.system.steps for group in step.reactions for action in group.actions]
        return {
            action: z3.Bool(f"reaction {number}", self.context) for number, action in enumerate(dict.fromkeys(actions))
        }

    @cached_property
    def _clocks(self) -> dict[str, z3.ArithRef]:
        """What each clock shows after the delay; one that is paused stands still."""

        def reading(clock: str) -> z3.ArithRef:
            shown = self._now.clocks[clock]
            if clock not in self.system.pauses:
                return shown + self.waited
            still = one_of(Name(f"{clock.partition('.')[0]}.{STATE}"), self.system.pauses[clock])
            return z3.If(self.condition(still), shown, shown + self.waited)

        return {clock: reading(clock) for clock in self.system.clocks}

    # -- terms ------------------------------------------------------------------------------------------------------

    def number(self, value: int | Fraction) -> z3.ArithRef:
        """A literal."""
        return z3.IntVal(value, self.context) if isinstance(value, int) else z3.RealVal(str(value), self.context)

    def all_of(self, items: Iterable[z3.BoolRef]) -> z3.BoolRef:
        """The conjunction, in this context even where there is nothing to join."""
        found = [item for item in items if not z3.is_true(item)]
        return z3.And(found) if len(found) > 1 else found[0] if found else z3.BoolVal(True, self.context)

    def any_of(self, items: Iterable[z3.BoolRef]) -> z3.BoolRef:
        """The disjunction, in this context even where there is nothing to join."""
        found = [item for item in items if not z3.is_false(item)]
        return z3.Or(found) if len(found) > 1 else found[0] if found else z3.BoolVal(False, self.context)

    def flag(self, name: str) -> z3.BoolRef:
        """A Boolean of its own, to switch a formula on and off."""
        return z3.Bool(name, self.context)

    def amount(self, name: str) -> z3.ArithRef:
        """A real of its own."""
        return z3.Real(name, self.context)

    def negation(self, item: z3.BoolRef) -> z3.BoolRef:
        """The negation."""
        return z3.Not(item)

    def implies(self, item: z3.BoolRef, other: z3.BoolRef) -> z3.BoolRef:
        """The implication."""
        return z3.Implies(item, other)

    def sum_of(self, items: list[z3.ArithRef]) -> z3.ArithRef:
        """The sum of at least one term."""
        return z3.Sum(items)

    def condition(self, expr: Expr) -> z3.BoolRef:
        """A condition, read after the delay and before the step (but for ``Next``)."""
        return self._value(expr)

    def _value(self, expr: Expr) -> Any:
        """A Boolean, a number, or :data:`Options`."""
        match expr:
            case Const(value):
                if isinstance(value, bool):
                    return z3.BoolVal(value, self.context)
                return {value: z3.BoolVal(True, self.context)} if isinstance(value, str) else self.number(value)
            case Name(name):
                return self._now.data[name]
            case Next(name):
                return self._next.data[name]
            case Param(name):
                return self.parameters[name]
            case Clock(name):
                return self._clocks[name]
            case Sent():
                return self._sent(expr)
            case Not(item):
                return z3.Not(self._value(item))
            case And(items):
                return self.all_of(map(self._value, items))
            case Or(items):
                return self.any_of(map(self._value, items))
            case In(item, values):
                found = self._value(item)
                return self.any_of(self._equal(found, self._value(Const(value))) for value in values)
            case Compare(op, left, right):
                sides = self._value(left), self._value(right)
                if op in ("==", "!="):
                    return self._equal(*sides) if op == "==" else z3.Not(self._equal(*sides))
                return COMPARE[op](*sides)
            case Plus(items):
                return z3.Sum([self._value(item) for item in items])
            case Times(factor, item):
                return self.number(factor) * self._value(item)
            case Choose(condition, then, other):
                test, yes, no = self._value(condition), self._value(then), self._value(other)
                if not isinstance(yes, dict):
                    return z3.If(test, yes, no)
                never = z3.BoolVal(False, self.context)
                return {value: z3.If(test, yes.get(value, never), no.get(value, never)) for value in {**yes, **no}}

    def _equal(self, left: Any, right: Any) -> z3.BoolRef:
        """Equality of two terms; things of different kinds are never equal."""
        if kind(left) != kind(right):
            return z3.BoolVal(False, self.context)
        if isinstance(left, dict):
            return self.any_of(self.all_of((left[value], right[value])) for value in left if value in right)
        return left == right

    def _sent(self, sent: Sent) -> z3.BoolRef:
        """Whether a step sends the event, and where a receiver is named, whether it reacts (perhaps to others too)."""
        who = sent.receiver
        found: list[z3.BoolRef] = []
        for taken, step in zip(self._taken, self.system.steps, strict=True):
            if step.event == sent.event:
                if not who or (step.partner is not None and step.partner.move.instance == who):
                    found.append(taken)
                else:
                    heard = [action for group in step.reactions if group.instance == who for action in group.actions]
                    found += [self.all_of((taken, self._reacts[action])) for action in heard]
        return self.any_of({item.get_id(): item for item in found}.values())

    # -- states -----------------------------------------------------------------------------------------------------

    def state(self, expr: Expr, *, after: bool = False) -> z3.BoolRef:
        """A condition on the state before the transition, hence before its delay (``after``: on the state after it)."""
        return self.states((expr,), after=after)[0]

    def states(self, exprs: Iterable[Expr], *, after: bool = False) -> list[z3.BoolRef]:
        """The same for each of many conditions: at once and in parts, because each call of Z3 costs."""
        known: dict[Expr, z3.BoolRef] = {}

        def term(expr: Expr) -> z3.BoolRef:
            if isinstance(expr, Or):
                return z3.Or([term(item) for item in expr.items])
            if expr not in known:
                known[expr] = self.condition(expr)
            return known[expr]

        never = z3.BoolVal(False, self.context)
        found = z3.Or([never, never, *map(term, exprs)])
        found = z3.substitute(found, (self.waited, self.number(Fraction(0))))
        if after:
            found = z3.substitute(found, *zip(self.before, self.after, strict=True))
        return list(found.children()[2:])

    @property
    def before(self) -> list[z3.ExprRef]:
        """The constants of the state before the transition."""
        return self._now.constants

    @property
    def after(self) -> list[z3.ExprRef]:
        """Those of the state after it, in the same order."""
        return self._next.constants

    @property
    def choices(self) -> list[z3.ExprRef]:
        """The constants of what is chosen in between: the delay, the step, the reactions."""
        return [self.waited, *self._taken, *self._reacts.values()]

    @cached_property
    def meanings(self) -> list[tuple[z3.ExprRef, Expr]]:
        """Each constant of the state before the transition, and each open parameter, with what it stands for."""
        found: list[tuple[z3.ExprRef, Expr]] = [(term, Param(name)) for name, term in self.parameters.items()]
        for name, data in self._now.data.items():
            if isinstance(data, dict):
                found += [(term, Compare("==", Name(name), Const(value))) for value, term in data.items()]
            else:
                found.append((data, Name(name)))
        return [*found, *((term, Clock(name)) for name, term in self._now.clocks.items())]

    def pinned(self, values: Mapping[str, Value], clocks: Mapping[str, Fraction], *, after: bool = False) -> z3.BoolRef:
        """The state before (``after``: after) the transition has these values; clocks in seconds."""
        stage = self._next if after else self._now
        data = (self._equal(stage.data[name], self._value(Const(value))) for name, value in values.items())
        return self.all_of((*data, *(stage.clocks[name] == self.number(value) for name, value in clocks.items())))

    @cached_property
    def init(self) -> z3.BoolRef:
        """The first state."""
        first = {name: value for name, (_, value) in self.system.variables.items()}
        return self.all_of((self.pinned(first, dict.fromkeys(self.system.clocks, Fraction(0))), self.domains))

    @cached_property
    def ranges(self) -> z3.BoolRef:
        """Each open parameter lies in its range, and what is given of them is true."""
        bounds = [
            bound
            for name, parameter in self.system.parameters.items()
            for bound in (
                self.parameters[name] >= self.number(_range(parameter.value).low),
                self.parameters[name] <= self.number(_range(parameter.value).high),
            )
        ]
        return self.all_of((*bounds, self.condition(self.system.given)))

    @cached_property
    def domains(self) -> z3.BoolRef:
        """Every variable of the state before the transition has a value, and one of its own."""
        return self.all_of(self._in_domains(self._now))

    def _in_domains(self, stage: _Stage) -> Iterator[z3.BoolRef]:
        for name, (domain, _) in self.system.variables.items():
            found = stage.data[name]
            if isinstance(domain, Whole):
                yield z3.And(found >= domain.low, found <= domain.high)
            elif isinstance(found, dict):
                yield self._exactly_one(list(found.values()))

    def _exactly_one(self, items: list[z3.BoolRef]) -> z3.BoolRef:
        return self.all_of((self.any_of(items), *at_most_one(items)))


def kind(value: Any) -> str:
    """Of which kind a term is."""
    return "options" if isinstance(value, dict) else "condition" if z3.is_bool(value) else "number"


def parts(value: z3.ExprRef | Options) -> list[z3.ExprRef]:
    """The constants that stand for a variable."""
    return list(value.values()) if isinstance(value, dict) else [value]


def at_most_one(items: list[z3.BoolRef]) -> Iterator[z3.BoolRef]:
    """No two of them hold."""
    return (z3.Or(z3.Not(one), z3.Not(other)) for one, other in combinations(items, 2))


def _range(value: Fraction | int | Range) -> Range:
    return value if isinstance(value, Range) else Range(value, value)
