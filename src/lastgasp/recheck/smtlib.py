"""An inductive invariant as a proof: its obligations, written as SMT-LIB 2 texts that any solver can be given.

The texts are made from the timed system directly, one disjunct for each step with each way in which others react; they
share nothing with the encoding that the engines use. An *error* of a transition is a delay in which the goal errs, or a
step in which it errs or that leaves a range. With ``I`` the invariant (over states before time passes in them):

* the start satisfies ``I``; a delay and a step from a state in ``I`` lead back into ``I``;
* no run errs in its first ``k - 1`` transitions, and of ``k`` transitions from ``I`` the last does not err if no other
  does (Sheeran, Singh, Stålmarck 2000). For ``k`` = 1: no transition from ``I`` errs.

Each text is unsatisfiable if and only if its obligation is met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

from lastgasp.errors import InternalError
from lastgasp.expr import (
    TRUE,
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
    leaves,
    one_of,
)
from lastgasp.machine import STATE, Range
from lastgasp.system import Action, SystemStep, TimedSystem


@dataclass(frozen=True, slots=True)
class Invariant:
    """A condition on variables, clocks and parameters with which the goal is ``k``-inductive."""

    k: int
    condition: Expr = field(hash=False)


@dataclass(frozen=True, slots=True)
class _Transition:
    """One way in which a step can go, in terms of the state before it (time has passed already)."""

    guard: str
    values: Mapping[str, str]
    restart: Mapping[str, str]
    permitted: str
    errs: str
    overflow: str


def obligations(system: TimedSystem, proof: Invariant) -> dict[str, str]:
    """The obligations by name, each a whole SMT-LIB 2 script whose answer must be ``unsat``."""
    if proof.k < 1:
        raise InternalError("a certificate cannot be inductive over less than one transition")
    writer = _Writer(system)
    inside = [writer.at(proof.condition, stage) for stage in range(2)]
    texts = {
        "the start is in the invariant": writer.script(0, [writer.start, _not(inside[0])]),
        "no step leaves the invariant": writer.script(
            1, [writer.domains(0), inside[0], writer.delay(0), writer.step(0), _not(inside[1])]
        ),
    }
    for length in range(1, proof.k):
        path = [item for stage in range(length - 1) for item in writer.clean(stage)]
        texts[f"no run errs in transition {length}"] = writer.script(
            length - 1, [writer.start, *path, writer.delay(length - 1), writer.error(length - 1)]
        )
    path = [item for stage in range(proof.k - 1) for item in writer.clean(stage)]
    known = [writer.at(proof.condition, stage) for stage in range(proof.k)]
    last = proof.k - 1
    texts["no transition from the invariant errs"] = writer.script(
        last, [writer.domains(0), *known, *path, writer.delay(last), writer.error(last)]
    )
    return texts


class _Writer:
    """Writes the formulas of one system; ``stage`` counts the states of a path from 0."""

    def __init__(self, system: TimedSystem) -> None:
        self.system = system
        domains = [domain for domain, _ in system.variables.values() if not isinstance(domain, Whole)]
        words = {value for domain in domains for value in domain.values() if isinstance(value, str)}
        for expr in self._expressions():
            words |= {item.value for item in leaves(expr) if isinstance(item, Const) and isinstance(item.value, str)}
        self.codes = {word: code for code, word in enumerate(sorted(words))}
        self.transitions = [way for step in system.steps for way in self._ways(step)]

    def _expressions(self) -> Iterator[Expr]:
        for step in self.system.steps:
            for action in (*step.actions, *(a for reaction in step.reactions for a in reaction.actions)):
                yield action.guard
                yield from (value for _, value in action.assign)
        for monitor in self.system.monitors:
            yield from (case.guard for case in monitor.cases)

    # -- scripts ----------------------------------------------------------------------------------------------------

    def script(self, stages: int, assertions: Iterable[str]) -> str:
        """Declarations of all states up to ``stages``, the ranges of parameters, and the assertions."""
        lines = ["(set-logic ALL)"]
        lines += [f"; {code} is {word}" for word, code in self.codes.items()]
        for name, parameter in self.system.parameters.items():
            assert isinstance(parameter.value, Range)
            low, high = parameter.value.low, parameter.value.high
            lines.append(f"(declare-const {_symbol(name)} {'Int' if isinstance(low, int) else 'Real'})")
            lines.append(f"(assert (and (<= {_number(low)} {_symbol(name)}) (<= {_symbol(name)} {_number(high)})))")
        if self.system.given != TRUE:
            lines.append(f"(assert {self._term(self.system.given, {}, {}, (), {})})")
        for stage in range(stages + 1):
            for name, (domain, _) in self.system.variables.items():
                lines.append(f"(declare-const {_symbol(name, stage)} {'Bool' if isinstance(domain, Bool) else 'Int'})")
            lines += [f"(declare-const {_symbol(clock, stage)} Real)" for clock in self.system.clocks]
            lines.append(f"(declare-const {_symbol('delay', stage)} Real)")
        lines += [f"(assert {item})" for item in assertions]
        return "\n".join([*lines, "(check-sat)", ""])

    # -- states -----------------------------------------------------------------------------------------------------

    @property
    def start(self) -> str:
        """The first state."""
        values = (f"(= {_symbol(name, 0)} {self._literal(v)})" for name, (_, v) in self.system.variables.items())
        return _and([*values, *(f"(= {_symbol(clock, 0)} 0.0)" for clock in self.system.clocks)])

    def domains(self, stage: int) -> str:
        """Every variable is in its domain, every clock at least 0."""
        inside = (self._inside(domain, _symbol(name, stage)) for name, (domain, _) in self.system.variables.items())
        return _and([*inside, *(f"(>= {_symbol(clock, stage)} 0.0)" for clock in self.system.clocks)])

    def at(self, expr: Expr, stage: int) -> str:
        """A condition on a state before time passes in it."""
        return self._term(expr, self._before(stage), {}, (), {c: _symbol(c, stage) for c in self.system.clocks})

    # -- transitions ------------------------------------------------------------------------------------------------

    def delay(self, stage: int) -> str:
        """The delay of a stage is possible; none always is."""
        frozen = [self._now(expr, stage) for expr in (self.system.in_committed, self.system.at_once, self.system.stops)]
        bounds = [*self.system.bounds, *(b for monitor in self.system.restrict for b in monitor.bounds)]
        kept = [_or([_not(self._now(b.when, stage)), self._now(b.within, stage)]) for b in bounds]
        wait = _symbol("delay", stage)
        return _and([f"(>= {wait} 0.0)", _or([f"(= {wait} 0.0)", _and([*map(_not, frozen), *kept])])])

    def step(self, stage: int) -> str:
        """A permitted step after the delay leads to the next stage. One that leaves a range is an error and leads on to
        nothing: that there is none is the last obligation, which asks of what follows on clean transitions alone."""
        right = [(way, _and([way.permitted, _not(way.overflow)])) for way in self.transitions]
        return _or([self._taken(way, stage, condition) for way, condition in right])

    def clean(self, stage: int) -> list[str]:
        """A delay and a permitted step to the next stage, neither of which errs."""
        right = [(way, _and([way.permitted, _not(way.errs), _not(way.overflow)])) for way in self.transitions]
        steps = [self._taken(way, stage, condition) for way, condition in right]
        return [self.delay(stage), _not(self._late(stage)), _or(steps)]

    def error(self, stage: int) -> str:
        """The delay or the step of a stage errs."""
        wrong = [_and([way.guard, _or([way.overflow, _and([way.permitted, way.errs])])]) for way in self.transitions]
        return _or([self._late(stage), self._staged(_or(wrong), stage)])

    def _late(self, stage: int) -> str:
        bounds = self.system.goal.bounds if self.system.goal else ()
        beyond = [_and([self._now(b.when, stage), _not(self._now(b.within, stage))]) for b in bounds]
        return _and([f"(> {_symbol('delay', stage)} 0.0)", _or(beyond)])

    def _taken(self, way: _Transition, stage: int, condition: str) -> str:
        after = [f"(= {_symbol(name, stage + 1)} {value})" for name, value in way.values.items()]
        for clock in self.system.clocks:
            after.append(f"(= {_symbol(clock, stage + 1)} (ite {way.restart[clock]} 0.0 {self._reading(clock)}))")
        return self._staged(_and([way.guard, condition, *after]), stage)

    def _staged(self, formula: str, stage: int) -> str:
        """Formulas of transitions are written about stage NOW; this is where they get their number."""
        return formula.replace(f"|at {_NOW}: ", f"|at {stage}: ")

    def _now(self, expr: Expr, stage: int) -> str:
        return self._staged(self._term(expr, self._before(_NOW), {}, (), self._readings()), stage)

    def _before(self, stage: int | str) -> dict[str, str]:
        return {name: _symbol(name, stage) for name in self.system.variables}

    def _readings(self) -> dict[str, str]:
        return {clock: self._reading(clock) for clock in self.system.clocks}

    def _reading(self, clock: str) -> str:
        """What a clock shows after the delay."""
        shown, wait = _symbol(clock, _NOW), _symbol("delay", _NOW)
        if clock not in self.system.pauses:
            return f"(+ {shown} {wait})"
        paused = one_of(Name(f"{clock.partition('.')[0]}.{STATE}"), self.system.pauses[clock])
        return f"(ite {self._term(paused, self._before(_NOW), {}, (), {})} {shown} (+ {shown} {wait}))"

    # -- steps ------------------------------------------------------------------------------------------------------

    def _ways(self, step: SystemStep) -> Iterator[_Transition]:
        """Every way in which a step can go: each machine that hears it takes one of its reactions if it can."""
        choices = [(*reaction.actions, None) for reaction in step.reactions]
        for chosen in product(*choices):
            guard = [self._plain(action.guard) for action in step.actions]
            for reaction, action in zip(step.reactions, chosen, strict=True):
                ready = [self._plain(item.guard) for item in reaction.actions]
                guard.append(_not(_or(ready)) if action is None else self._plain(action.guard))
            actions = (*step.actions, *(action for action in chosen if action is not None))
            yield self._way(step, actions, guard)

    def _way(self, step: SystemStep, actions: tuple[Action, ...], guard: list[str]) -> _Transition:
        committed = self._plain(self.system.in_committed)
        leaving = [
            self._plain(one_of(Name(f"{action.move.instance}.{STATE}"), self.system.committed[action.move.instance]))
            for action in actions
            if action.move.instance in self.system.committed
        ]
        guard.append(_or([_not(committed), *leaving]))
        if not step.at_once:
            guard.append(_or([committed, _not(self._plain(self.system.at_once))]))
        values, overflow = self._before(_NOW), []
        restart = dict.fromkeys(self.system.clocks, "false")
        for action in actions:
            for name, expr in action.assign:
                values[name] = self._plain(expr)
                overflow.append(_not(self._inside(self.system.variables[name][0], values[name])))
            restart |= dict.fromkeys(action.restart, "true")
        settled = dict(values)
        events: tuple[Sent, ...] = ()
        if step.event is not None:
            events = (Sent(step.event), *(Sent(step.event, action.move.instance) for action in actions[1:]))
        permitted, errs = [], ["false"]
        for monitor in self.system.monitors:
            earlier: list[str] = []
            wrong: list[str] = []
            for case in monitor.cases:
                here = self._term(case.guard, self._before(_NOW), settled, events, self._readings())
                taken = _and([*map(_not, earlier), here])
                earlier.append(here)
                for name, value in case.assign:
                    values[name] = f"(ite {taken} {self._literal(value)} {values[name]})"
                for clock in case.restart:
                    restart[clock] = _or([taken, restart[clock]])
                wrong += [taken] if case.errs else []
            if monitor is self.system.goal:
                errs = wrong
            else:
                permitted.append(_not(_or(wrong)))
        return _Transition(_and(guard), values, restart, _and(permitted), _or(errs), _or(overflow))

    # -- terms ------------------------------------------------------------------------------------------------------

    def _plain(self, expr: Expr) -> str:
        return self._term(expr, self._before(_NOW), {}, (), self._readings())

    def _term(
        self,
        expr: Expr,
        now: Mapping[str, str],
        after: Mapping[str, str],
        events: tuple[Sent, ...],
        clocks: Mapping[str, str],
    ) -> str:
        def term(item: Expr) -> str:
            return self._term(item, now, after, events, clocks)

        match expr:
            case Const(value):
                return self._literal(value)
            case Name(name):
                return now[name]
            case Next(name):
                return after[name]
            case Param(name):
                return _symbol(name)
            case Clock(name):
                return clocks[name]
            case Sent():
                return "true" if expr in events else "false"
            case Not(item):
                return _not(term(item))
            case And(items):
                return _and([term(item) for item in items])
            case Or(items):
                return _or([term(item) for item in items])
            case In(item, values):
                return _or([f"(= {term(item)} {self._literal(value)})" for value in sorted(values, key=str)])
            case Compare("!=", left, right):
                return _not(f"(= {term(left)} {term(right)})")
            case Compare(op, left, right):
                return f"({'=' if op == '==' else op} {term(left)} {term(right)})"
            case Plus(items):
                return f"(+ {' '.join(term(item) for item in items)})"
            case Times(factor, item):
                return f"(* {_number(factor)} {term(item)})"
            case Choose(condition, then, other):
                return f"(ite {term(condition)} {term(then)} {term(other)})"

    def _literal(self, value: Value) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return str(self.codes.get(value, -1 - len(self.codes)))
        return _number(value)

    def _inside(self, domain: Domain, term: str) -> str:
        match domain:
            case Bool():
                return "true"
            case Whole(low, high):
                return f"(and (<= {_number(low)} {term}) (<= {term} {_number(high)}))"
        return _or([f"(= {term} {self._literal(value)})" for value in domain.values()])


_NOW = "now"


def _symbol(name: str, stage: int | str | None = None) -> str:
    return f"|{name}|" if stage is None else f"|at {stage}: {name}|"


def _number(value: int | Fraction) -> str:
    if isinstance(value, Fraction):
        text = f"{abs(value.numerator)}.0"
        text = text if value.denominator == 1 else f"(/ {text} {value.denominator}.0)"
    else:
        text = str(abs(value))
    return f"(- {text})" if value < 0 else text


def _not(item: str) -> str:
    return {"true": "false", "false": "true"}.get(item, f"(not {item})")


def _and(items: Iterable[str]) -> str:
    found = [item for item in items if item != "true"]
    if "false" in found:
        return "false"
    return f"(and {' '.join(found)})" if len(found) > 1 else found[0] if found else "true"


def _or(items: Iterable[str]) -> str:
    found = [item for item in items if item != "false"]
    if "true" in found:
        return "true"
    return f"(or {' '.join(found)})" if len(found) > 1 else found[0] if found else "false"
