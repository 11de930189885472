"""From a timed system to formulas, once: a transition is a delay and then a step."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Iterator
from fractions import Fraction
from functools import cached_property
from itertools import chain
from typing import Any

import z3

from lastgasp.engines.solver import Model
from lastgasp.engines.terms import Terms, at_most_one, kind, parts
from lastgasp.expr import (
    Bool,
    Const,
    Domain,
    Expr,
    Name,
    Whole,
    conj,
    disj,
    neg,
    one_of,
)
from lastgasp.machine import STATE
from lastgasp.observers import is_value
from lastgasp.system import Action, Reaction, SystemStep
from lastgasp.trace import Step

Effects = dict[str, list[tuple[z3.BoolRef, Expr]]]
"""For each variable who may write it when, and what."""


class Encoding(Terms):
    """The formulas of one system in one context."""

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
            yield from at_most_one(choices)
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
                elif kind(new) == kind(value):
                    found.append(z3.Implies(self.all_of((when, self._inside(domain, value))), new == value))
            kept = self.all_of(a == b for a, b in zip(parts(old), parts(new), strict=True))
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
                inside = self.all_of((value >= low, value <= high)) if kind(value) == "number" else False
            case Bool():
                inside = kind(value) == "condition"
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

    @cached_property
    def goal_moves(self) -> z3.BoolRef:
        """The observer of the goal does not stay as it is in the step."""
        goal = self.system.goal
        found: list[z3.BoolRef] = []
        for when, case in zip(self._cases[goal.name], goal.cases, strict=True) if goal else ():
            changed = [self.condition(neg(is_value(Name(name), value))) for name, value in case.assign]
            found.append(when if case.errs or case.restart else self.all_of((when, self.any_of(changed))))
        return self.any_of(found)

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

    def moved_by(self, instances: Container[str]) -> z3.BoolRef:
        """The step of the transition is made by one of these."""
        pairs = zip(self._taken, self.system.steps, strict=True)
        return self.any_of(taken for taken, step in pairs if step.action.move.instance in instances)

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
