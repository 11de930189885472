"""From a timed system to formulas, once, over constants for *now*, *next* and what is chosen in between.

A transition is a delay and then a step. The formulas are not unrolled here; :meth:`Encoding.at_step` is the one place
that stamps time. Encodings were measured on a network of six machines: a Boolean for each value of an enumeration and
a real for each clock's reading beat integers, bit-vectors and absolute times; stamping by substitution costs a fifth of
building the formulas anew.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain, combinations
from typing import Any

import z3

from lastgasp.engines.solver import Model
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
    conj,
    disj,
    neg,
    one_of,
)
from lastgasp.machine import STATE, Range
from lastgasp.system import Action, Reaction, SystemStep, TimedSystem
from lastgasp.trace import Step

Options = dict[Value, z3.BoolRef]
"""A value of an enumeration: under which condition it is which."""

Effects = dict[str, list[tuple[z3.BoolRef, Expr]]]
"""For each variable who may write it when, and what."""


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
        return [*chain.from_iterable(map(_parts, self.data.values())), *self.clocks.values()]


@dataclass(frozen=True, eq=False)
class Encoding:
    """The formulas of one system in one context. Terms are over *now*, *next* and the inputs until they are stamped."""

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
        if _kind(left) != _kind(right):
            return z3.BoolVal(False, self.context)
        if isinstance(left, dict):
            return self.any_of(self.all_of((left[value], right[value])) for value in left if value in right)
        return left == right

    def _sent(self, sent: Sent) -> z3.BoolRef:
        who = sent.receiver
        found: list[z3.BoolRef] = []
        for taken, step in zip(self._taken, self.system.steps, strict=True):
            if step.event == sent.event:
                if not who or (step.partner is not None and step.partner.move.instance == who):
                    found.append(taken)
                else:
                    found += [
                        self._reacts[a] for group in step.reactions if group.instance == who for a in group.actions
                    ]
        return self.any_of({item.get_id(): item for item in found}.values())

    # -- states -----------------------------------------------------------------------------------------------------

    def state(self, expr: Expr, *, after: bool = False) -> z3.BoolRef:
        """A condition on the state before the transition, hence before its delay (``after``: on the state after it)."""
        return self.states((expr,), after=after)[0]

    def states(self, exprs: Iterable[Expr], *, after: bool = False) -> list[z3.BoolRef]:
        """The same for each of many conditions: at once and in parts, because each call of Z3 costs."""
        parts: dict[Expr, z3.BoolRef] = {}

        def term(expr: Expr) -> z3.BoolRef:
            if isinstance(expr, Or):
                return z3.Or([term(item) for item in expr.items])
            if expr not in parts:
                parts[expr] = self.condition(expr)
            return parts[expr]

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
        """Each open parameter lies in its range."""
        return self.all_of(
            bound
            for name, parameter in self.system.parameters.items()
            for bound in (
                self.parameters[name] >= self.number(_range(parameter.value).low),
                self.parameters[name] <= self.number(_range(parameter.value).high),
            )
        )

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
        return self.all_of((self.any_of(items), *_at_most_one(items)))

    # -- delays -----------------------------------------------------------------------------------------------------

    @cached_property
    def delay(self) -> z3.BoolRef:
        """The delay of the transition is possible. Zero always is, even past a bound."""
        system = self.system
        bounds = (*system.bounds, *(bound for monitor in system.restrict for bound in monitor.bounds))
        frozen = self.condition(disj(system.in_committed, system.at_once, system.stops))
        possible = (z3.Not(frozen), *(self.condition(disj(neg(bound.when), bound.within)) for bound in bounds))
        return self.all_of((self.waited >= 0, z3.Implies(self.waited > 0, self.all_of(possible))))

    @cached_property
    def no_delay(self) -> z3.BoolRef:
        """The transition does not wait."""
        return self.waited == 0

    @cached_property
    def delay_errs(self) -> z3.BoolRef:
        """Time passes beyond a bound of the goal. Its clocks never pause, so that the end of the delay tells."""
        bounds = self.system.goal.bounds if self.system.goal else ()
        beyond = (self.condition(conj(bound.when, neg(bound.within))) for bound in bounds)
        return self.all_of((self.waited > 0, self.any_of(beyond)))

    # -- steps ------------------------------------------------------------------------------------------------------

    @cached_property
    def step(self) -> z3.BoolRef:
        """A step is taken after the delay and leads to *next*, or out of a range; then *next* is any state there."""
        return self.all_of(chain(self._selection(), self._changes, self._permitted, self._in_domains(self._next)))

    @cached_property
    def transition_formula(self) -> z3.BoolRef:
        """A delay, then a step: the whole relation between two states and the choices made, without unrolling."""
        return self.all_of((self.delay, self.step, z3.Not(self.leaves_range)))

    def _selection(self) -> Iterator[z3.BoolRef]:
        """One enabled step with its reactions: guards and priorities."""
        groups: dict[Reaction, list[z3.BoolRef]] = {}
        yield self._exactly_one(self._taken)
        first = self.condition(disj(self.system.in_committed, neg(self.system.at_once)))
        for taken, step in zip(self._taken, self.system.steps, strict=True):
            yield z3.Implies(taken, self.condition(step.guard))
            if not step.at_once:
                yield z3.Implies(taken, first)
            if self.system.committed:
                committed = self.condition(self.system.in_committed)
                yield z3.Implies(z3.And(taken, committed), self.any_of(self._leaves_committed(step)))
            for group in step.reactions:
                groups.setdefault(group, []).append(taken)
        heard: dict[Action, list[z3.BoolRef]] = {}
        for group, steps in groups.items():
            choices = [self._reacts[action] for action in group.actions]
            yield from _at_most_one(choices)
            for action in group.actions:
                heard.setdefault(action, []).extend(steps)
                ready = z3.And(self.any_of(steps), self.condition(action.guard))
                yield z3.Implies(ready, self.any_of(choices))
        for action, steps in heard.items():
            yield z3.Implies(self._reacts[action], z3.And(self.any_of(steps), self.condition(action.guard)))

    def _leaves_committed(self, step: SystemStep) -> Iterator[z3.BoolRef]:
        """Under which conditions somebody moves in this step who is in a committed state."""

        def here(action: Action) -> z3.BoolRef:
            who = action.move.instance
            return self.condition(one_of(Name(f"{who}.{STATE}"), self.system.committed.get(who, ())))

        yield from map(here, step.actions)
        for group in step.reactions:
            yield from (self.all_of((self._reacts[action], here(action))) for action in group.actions)

    @cached_property
    def _fired(self) -> list[tuple[z3.BoolRef, Action]]:
        """Every action of the network with the choice that takes it."""
        own = [(taken, a) for taken, step in zip(self._taken, self.system.steps, strict=True) for a in step.actions]
        return own + [(choice, action) for action, choice in self._reacts.items()]

    @cached_property
    def _cases(self) -> dict[str, list[z3.BoolRef]]:
        """For each observer the condition under which each of its cases is applied: the first whose guard holds."""
        found: dict[str, list[z3.BoolRef]] = {}
        for monitor in self.system.monitors:
            applied, none = [], z3.BoolVal(True, self.context)
            for case in monitor.cases:
                guard = self.condition(case.guard)
                applied.append(self.all_of((none, guard)))
                none = self.all_of((none, z3.Not(guard)))
            found[monitor.name] = applied
        return found

    @cached_property
    def _effects(self) -> tuple[Effects, dict[str, list[z3.BoolRef]]]:
        """Who writes which variable and restarts which clock."""
        writes: Effects = {}
        restarts: dict[str, list[z3.BoolRef]] = {}
        changes = [(when, action.assign, action.restart) for when, action in self._fired]
        for monitor in self.system.monitors:
            for when, case in zip(self._cases[monitor.name], monitor.cases, strict=True):
                changes.append((when, tuple((name, Const(value)) for name, value in case.assign), case.restart))
        for when, assign, restart in changes:
            for name, value in assign:
                writes.setdefault(name, []).append((when, value))
            for clock in restart:
                restarts.setdefault(clock, []).append(when)
        return writes, restarts

    @cached_property
    def _changes(self) -> list[z3.BoolRef]:
        """Simultaneous assignments and restarts; whatever is not mentioned keeps its value."""
        writes, restarts = self._effects
        found = []
        for name, (domain, _) in self.system.variables.items():
            old, new = self._now.data[name], self._next.data[name]
            for when, expr in writes.get(name, ()):
                value = self._value(expr)
                if isinstance(new, dict) and isinstance(value, dict):
                    found += [z3.Implies(z3.And(when, value[v]), new[v]) for v in value if v in new]
                elif _kind(new) == _kind(value):
                    found.append(z3.Implies(self.all_of((when, self._inside(domain, value))), new == value))
            kept = self.all_of(a == b for a, b in zip(_parts(old), _parts(new), strict=True))
            found.append(self.any_of((*(when for when, _ in writes.get(name, ())), kept)))
        for clock in self.system.clocks:
            restarted = self.any_of(restarts.get(clock, ()))
            # two clauses: a conditional term here makes Z3 three times slower
            found.append(z3.Implies(restarted, self._next.clocks[clock] == 0))
            found.append(z3.Or(restarted, self._next.clocks[clock] == self._clocks[clock]))
        return found

    def _inside(self, domain: Domain, value: Any) -> z3.BoolRef:
        """Whether an assigned value belongs to the domain."""
        match domain:
            case Whole(low, high):
                inside = self.all_of((value >= low, value <= high)) if _kind(value) == "number" else False
            case Bool():
                inside = _kind(value) == "condition"
            case _:
                inside = (
                    self.any_of(value[v] for v in domain.values() if v in value) if isinstance(value, dict) else False
                )
        return z3.BoolVal(inside, self.context) if isinstance(inside, bool) else z3.simplify(inside)

    @cached_property
    def leaves_range(self) -> z3.BoolRef:
        """The step assigns a value out of its variable's domain. Literally false where no step can."""
        return self.any_of(
            self.all_of((when, z3.Not(inside)))
            for name, (domain, _) in self.system.variables.items()
            for when, expr in self._effects[0].get(name, ())
            if not z3.is_true(inside := self._inside(domain, self._value(expr)))
        )

    @property
    def may_leave_range(self) -> bool:
        """Whether some step could, as far as its assignments tell."""
        return not z3.is_false(self.leaves_range)

    @cached_property
    def overflows(self) -> z3.BoolRef:
        """A step leaves a range, whether or not the restrictions permit it: a model error is never a disabled step."""
        return self.all_of((*self._selection(), self.leaves_range)) if self.may_leave_range else self.leaves_range

    @cached_property
    def _permitted(self) -> list[z3.BoolRef]:
        return [z3.Not(self._errs(monitor.name)) for monitor in self.system.restrict]

    def _errs(self, name: str) -> z3.BoolRef:
        monitor = next(monitor for monitor in self.system.monitors if monitor.name == name)
        return self.any_of(w for w, case in zip(self._cases[name], monitor.cases, strict=True) if case.errs)

    @cached_property
    def step_errs(self) -> z3.BoolRef:
        """The goal errs in the step."""
        return self._errs(self.system.goal.name) if self.system.goal else z3.BoolVal(False, self.context)

    # -- choices ----------------------------------------------------------------------------------------------------

    def step_is(self, step: Step) -> z3.BoolRef:
        """The step of the transition is this one; false where the system has no such step."""
        found = []
        for taken, candidate in zip(self._taken, self.system.steps, strict=True):
            own = tuple(action.move for action in candidate.actions)
            heard = [action for group in candidate.reactions for action in group.actions]
            others = step.moves[len(own) :]
            if candidate.event == step.event and step.moves[: len(own)] == own and _picks(candidate, others):
                literals = (self._reacts[a] if a.move in others else z3.Not(self._reacts[a]) for a in heard)
                found.append(self.all_of((taken, *literals)))
        return self.any_of(found)

    def step_in(self, model: Model, k: int) -> Step:
        """The step that a model takes in the ``k``-th transition."""
        number = next(n for n, taken in enumerate(self._taken) if model.holds(self.at_step(taken, k)))
        step = self.system.steps[number]
        heard = [action for group in step.reactions for action in group.actions]
        chosen = [action for action in heard if model.holds(self.at_step(self._reacts[action], k))]
        return Step(tuple(action.move for action in (*step.actions, *chosen)), step.event)

    def multiples(self, terms: Iterable[z3.ArithRef], unit: Fraction) -> z3.BoolRef:
        """Each real term is a whole multiple of ``unit``."""
        return self.all_of(
            term == z3.ToReal(z3.Int(f"{term} in {unit}", self.context)) * self.number(unit)
            for term in terms
            if term.is_real()
        )


def _picks(candidate: SystemStep, moves: tuple[Hashable, ...]) -> bool:
    """Whether the moves are one action at most of each reaction, in order."""
    chosen = [[a.move for a in group.actions if a.move in moves] for group in candidate.reactions]
    return all(len(own) <= 1 for own in chosen) and tuple(chain.from_iterable(chosen)) == moves


def _kind(value: Any) -> str:
    return "options" if isinstance(value, dict) else "condition" if z3.is_bool(value) else "number"


def _parts(value: z3.ExprRef | Options) -> list[z3.ExprRef]:
    return list(value.values()) if isinstance(value, dict) else [value]


def _at_most_one(items: list[z3.BoolRef]) -> Iterator[z3.BoolRef]:
    return (z3.Or(z3.Not(one), z3.Not(other)) for one, other in combinations(items, 2))


def _range(value: Fraction | int | Range) -> Range:
    return value if isinstance(value, Range) else Range(value, value)
