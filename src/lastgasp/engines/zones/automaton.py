"""A timed system unfolded on the fly into an explicit timed automaton.

A *location* is a valuation of every variable (of the machines and of the observers). Its edges have convex guards:
where the outcome of a step depends on a clock, or on which reaction is taken, the step is run once for every way in
which the questions can be answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm

from lastgasp.engines.zones.dbm import bound
from lastgasp.errors import NotApplicable
from lastgasp.expr import (
    COMPARE,
    And,
    Choose,
    Clock,
    Compare,
    Const,
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
    children,
    contains,
)
from lastgasp.machine import STATE
from lastgasp.observers import Bound, Monitor
from lastgasp.system import Action, SystemStep, TimedSystem
from lastgasp.trace import Move, Step

ENGINE = "zones"

Location = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound that time must not pass: ``clock`` below ``raw`` (a DBM bound). ``owner``: the clause, or empty."""

    clock: str
    raw: int
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """One outcome of a step. ``guard`` pairs clocks with DBM bounds: ``(clock, upper, raw)``.

    ``forbidden`` names the clauses whose observers err in it (such an edge is not taken); ``breaks`` says that the goal
    errs; ``premise`` that the goal's premise happens; ``overflow`` names a variable assigned out of its range.
    """

    step: Step
    index: int
    guard: tuple[tuple[str, bool, int], ...]
    target: Location
    restart: frozenset[str]
    forbidden: tuple[str, ...] = ()
    breaks: bool = False
    premise: bool = False
    overflow: str = ""


class Oracle:
    """Answers questions about clocks and choices, one script after the other, remembering what was assumed."""

    def __init__(self) -> None:
        self.script: list[int] = []
        self.open: list[list[int]] = []
        self.asked: list[int] = []
        self.assumed: dict[str, list[int | None]] = {}

    def _answer(self, options: int) -> int:
        position = len(self.asked)
        if position < len(self.script):
            answer = self.script[position]
        else:
            answer = 0
            self.open.extend([*self.asked, other] for other in range(options - 1, 0, -1))
        self.asked.append(answer)
        return answer

    def choose(self, options: int) -> int:
        return 0 if options == 1 else self._answer(options)

    def below(self, clock: str, raw: int) -> bool:
        """Whether ``clock`` is within the upper bound ``raw``: known from what was assumed, or assumed now."""
        known = self.assumed.setdefault(clock, [None, None])
        upper, lower = known
        if upper is not None and upper <= raw:
            return True
        if lower is not None and lower <= 1 - raw:
            return False
        if raw <= 0:
            return False
        if self._answer(2) == 0:
            known[0] = raw
            return True
        known[1] = 1 - raw
        return False

    def outcomes(self, run: Callable[[], Edge | None]) -> Iterator[Edge]:
        """Every distinct outcome of ``run``, each under its own assumptions."""
        self.open = [[]]
        while self.open:
            self.begin()
            edge = run()
            if edge is not None:
                yield edge

    def begin(self) -> None:
        """Forget what was assumed, and answer by the next script."""
        self.script = self.open.pop()
        self.asked, self.assumed = [], {}

    def guard(self) -> tuple[tuple[str, bool, int], ...]:
        """What was assumed of clocks."""
        found: list[tuple[str, bool, int]] = []
        for clock, (upper, lower) in self.assumed.items():
            if upper is not None:
                found.append((clock, True, upper))
            if lower is not None:
                found.append((clock, False, lower))
        return tuple(found)


Test = Callable[[Location, Location, frozenset[Sent]], Value]


class Automaton:
    """The explicit automaton of a timed system without free parameters or stopwatches; time scaled to integers."""

    def __init__(self, system: TimedSystem, oracle: Oracle | None = None, scale: int = 1) -> None:
        """``oracle`` answers what steps ask about clocks; ``scale`` is a number of time units in a second, at least."""
        if system.parameters:
            raise NotApplicable(ENGINE, f"the parameter {sorted(system.parameters)[0]} has no value")
        if system.pauses:
            raise NotApplicable(ENGINE, f"the clock {sorted(system.pauses)[0]} can stand still (a stopwatch)")
        self.system = system
        self.names = tuple(system.variables)
        self.position = {name: index for index, name in enumerate(self.names)}
        self.domains = tuple(domain for domain, _ in system.variables.values())
        self.initial: Location = tuple(first for _, first in system.variables.values())
        self.scale = lcm(scale, *(constant.denominator for constant in constants(system)))
        self.oracle = oracle or Oracle()
        self._tests: dict[int, tuple[Expr, Test]] = {}
        at_once = [step for step in system.steps if step.at_once]
        self._at_once_guards = [step.guard for step in at_once]
        self._edges: dict[Location, tuple[Edge, ...]] = {}
        self._limits: dict[Location, tuple[Limit, ...]] = {}
        self._still: dict[Location, bool] = {}

    # -- a location -------------------------------------------------------------------------------------------------

    def is_still(self, location: Location) -> bool:
        """Whether no time passes here: a ``when`` step is enabled, or a state is urgent or committed."""
        if location not in self._still:
            self._still[location] = bool(
                self.committed(location) or self._state_test(self.system.stops, location) or self.is_at_once(location)
            )
        return self._still[location]

    def is_at_once(self, location: Location) -> bool:
        """Whether some ``when`` step is enabled here."""
        return any(self._state_test(guard, location) for guard in self._at_once_guards)

    def limits(self, location: Location) -> tuple[Limit, ...]:
        """The bounds that time must not leave here, those of clauses with their name."""
        if location not in self._limits:
            found = [
                Limit(item.clock, self._raw(item), owner)
                for owner, items in self._bounds
                for item in items
                if self._state_test(item.when, location)
            ]
            self._limits[location] = tuple(found)
        return self._limits[location]

    @cached_property
    def _bounds(self) -> list[tuple[str, tuple[Bound, ...]]]:
        return [("", self.system.bounds), *((monitor.name, monitor.bounds) for monitor in self.system.restrict)]

    def goal_limits(self, location: Location) -> tuple[Limit, ...]:
        """The bounds that break the goal when time leaves them."""
        if self.system.goal is None:
            return ()
        return tuple(
            Limit(item.clock, self._raw(item))
            for item in self.system.goal.bounds
            if self._state_test(item.when, location)
        )

    def edges(self, location: Location) -> tuple[Edge, ...]:
        """Every outcome of every step that priorities allow here, forbidden ones included."""
        if location not in self._edges:
            committed = self.committed(location)
            indices = sorted(
                index for where, steps in self._steps_of.items() for index in steps.get(location[where], ())
            )
            if not committed and self.is_at_once(location):
                indices = [index for index in indices if self.system.steps[index].at_once]
            self._edges[location] = tuple(
                edge for index in indices for edge in self._outcomes(location, index, committed)
            )
        return self._edges[location]

    @cached_property
    def _steps_of(self) -> dict[int, dict[Value, list[int]]]:
        """By the position of a machine's state and the state: the steps of that machine that may leave from there."""
        found: dict[int, dict[Value, list[int]]] = {}
        for index, step in enumerate(self.system.steps):
            move = step.action.move
            steps = found.setdefault(self.position[f"{move.instance}.{STATE}"], {})
            for source in self.system.network.by_name[move.instance].machine.transitions[move.index].sources:
                steps.setdefault(source, []).append(index)
        return found

    def outcomes(self, location: Location, index: int) -> tuple[Edge, ...]:
        """Every outcome of one step here, whatever else would go before it."""
        return tuple(self._outcomes(location, index, frozenset()))

    def decided(self, expr: Expr, location: Location) -> Iterator[tuple[tuple[tuple[str, bool, int], ...], bool]]:
        """A condition on variables and clocks, split into convex parts with their truth."""
        test = self._test(expr)
        self.oracle.open = [[]]
        while self.oracle.open:
            self.oracle.begin()
            truth = bool(test(location, location, frozenset()))
            yield self.oracle.guard(), truth

    def value(self, location: Location, name: str) -> Value:
        """The value of a variable in a location."""
        return location[self.position[name]]

    # -- steps ------------------------------------------------------------------------------------------------------

    def committed(self, location: Location) -> frozenset[str]:
        """The instances that are in a committed state."""
        return frozenset(
            who for who, states in self.system.committed.items() if location[self.position[f"{who}.{STATE}"]] in states
        )

    def _outcomes(self, location: Location, index: int, committed: frozenset[str]) -> Iterator[Edge]:
        step = self.system.steps[index]
        return self.oracle.outcomes(lambda: self._fire(location, index, step, committed))

    def _fire(self, location: Location, index: int, step: SystemStep, committed: frozenset[str]) -> Edge | None:
        """Run one step in ordinary code; clocks and choices are answered by the oracle."""
        nothing: frozenset[Sent] = frozenset()
        if not all(self._test(action.guard)(location, location, nothing) for action in step.actions):
            return None
        taken: list[Action] = list(step.actions)
        for reaction in step.reactions:
            ready = [a for a in reaction.actions if self._test(a.guard)(location, location, nothing)]
            if ready:
                taken.append(ready[self.oracle.choose(len(ready))])
        if committed and not any(action.move.instance in committed for action in taken):
            return None
        after, restart, overflow = list(location), set[str](), ""
        for action in taken:
            for name, expr in action.assign:
                value = self._test(expr)(location, location, nothing)
                where = self.position[name]
                if not contains(self.domains[where], value):
                    overflow = overflow or name
                after[where] = value
            restart.update(action.restart)
        moves = tuple(action.move for action in taken)
        happening = Step(moves, step.event)
        if overflow:
            return Edge(happening, index, self.oracle.guard(), location, frozenset(), overflow=overflow)
        events = _events(step.event, moves)
        settled = tuple(after)
        forbidden: list[str] = []
        breaks = premise = False
        for monitor in self.system.monitors:
            errs = self._observe(monitor, location, settled, events, after, restart)
            if monitor is self.system.goal:
                breaks = errs
                premise = bool(self._test(monitor.premise)(location, settled, events))
            elif errs:
                forbidden.append(monitor.name)
        return Edge(
            happening,
            index,
            self.oracle.guard(),
            tuple(after),
            frozenset(restart),
            tuple(forbidden),
            breaks,
            premise,
        )

    def _observe(
        self,
        monitor: Monitor,
        before: Location,
        settled: Location,
        events: frozenset[Sent],
        after: list[Value],
        restart: set[str],
    ) -> bool:
        for case in monitor.cases:
            if self._test(case.guard)(before, settled, events):
                for name, value in case.assign:
                    after[self.position[name]] = value
                restart.update(case.restart)
                return case.errs
        return False

    # -- expressions as closures ------------------------------------------------------------------------------------

    def _raw(self, item: Bound) -> int:
        assert isinstance(item.limit, Const) and isinstance(item.limit.value, Fraction)
        return bound(int(item.limit.value * self.scale), item.strict)

    def _state_test(self, expr: Expr, location: Location) -> bool:
        return bool(self._test(expr)(location, location, frozenset()))

    def _test(self, expr: Expr) -> Test:
        cached = self._tests.get(id(expr))
        if cached is None:
            cached = self._tests[id(expr)] = (expr, self._closure(expr))
        return cached[1]

    def _closure(self, expr: Expr) -> Test:
        match expr:
            case Const(value):
                return lambda now, then, events: value
            case Name(name):
                where = self.position[name]
                return lambda now, then, events: now[where]
            case Next(name):
                where = self.position[name]
                return lambda now, then, events: then[where]
            case Sent():
                return lambda now, then, events: expr in events
            case Compare(op, Clock(clock), Const(value)):
                assert isinstance(value, Fraction)
                return self._clock_test(op, clock, int(value * self.scale))
            case Compare(op, left, right):
                compare, first, second = COMPARE[op], self._closure(left), self._closure(right)
                return lambda now, then, events: compare(first(now, then, events), second(now, then, events))
            case In(item, values):
                member, among = self._closure(item), frozenset(values)
                return lambda now, then, events: member(now, then, events) in among
            case Not(item):
                inner = self._closure(item)
                return lambda now, then, events: not inner(now, then, events)
            case And(items):
                tests = [self._closure(item) for item in _clocks_last(items)]

                def every(now: Location, then: Location, events: frozenset[Sent]) -> bool:
                    for test in tests:
                        if not test(now, then, events):
                            return False
                    return True

                return every
            case Or(items):
                tests = [self._closure(item) for item in _clocks_last(items)]

                def some(now: Location, then: Location, events: frozenset[Sent]) -> bool:
                    for test in tests:
                        if test(now, then, events):
                            return True
                    return False

                return some
            case Plus(items):
                terms = [self._closure(item) for item in items]
                return lambda now, then, events: sum(term(now, then, events) for term in terms)  # type: ignore[misc]
            case Times(factor, item):
                inner = self._closure(item)
                return lambda now, then, events: factor * inner(now, then, events)  # type: ignore[operator]
            case Choose(condition, yes, no):
                test, a, b = self._closure(condition), self._closure(yes), self._closure(no)
                return lambda now, then, events: (a if test(now, then, events) else b)(now, then, events)
            case Param(name):
                raise NotApplicable(ENGINE, f"the parameter {name} has no value")
            case Clock(name):
                raise NotApplicable(ENGINE, f"the clock {name} is used as a value")

    def _clock_test(self, op: str, clock: str, value: int) -> Test:
        oracle, upto, below = self.oracle, bound(value, False), bound(value, True)
        match op:
            case "<=":
                return lambda now, then, events: oracle.below(clock, upto)
            case "<":
                return lambda now, then, events: oracle.below(clock, below)
            case ">":
                return lambda now, then, events: not oracle.below(clock, upto)
            case ">=":
                return lambda now, then, events: not oracle.below(clock, below)
            case "==":
                return lambda now, then, events: oracle.below(clock, upto) and not oracle.below(clock, below)
            case _:
                return lambda now, then, events: not oracle.below(clock, upto) or oracle.below(clock, below)


def _events(event: str | None, moves: tuple[Move, ...]) -> frozenset[Sent]:
    if event is None:
        return frozenset()
    return frozenset([Sent(event), *(Sent(event, move.instance) for move in moves[1:])])


def _reads_clock(expr: Expr) -> bool:
    return isinstance(expr, Clock) or any(map(_reads_clock, children(expr)))


def _clocks_last(items: tuple[Expr, ...]) -> list[Expr]:
    """Questions that need no clock first, so that fewer splits are made."""
    return sorted(items, key=_reads_clock)


def constants(system: TimedSystem) -> Iterator[Fraction]:
    """Every duration in the system, and every factor of one."""

    def durations(expr: Expr) -> Iterator[Fraction]:
        if isinstance(expr, Const) and isinstance(expr.value, Fraction):
            yield expr.value
        if isinstance(expr, Times):
            yield Fraction(expr.factor)
        for part in children(expr):
            yield from durations(part)

    for step in system.steps:
        for action in (*step.actions, *(a for reaction in step.reactions for a in reaction.actions)):
            yield from durations(action.guard)
            for _, value in action.assign:
                yield from durations(value)
    for monitor in system.monitors:
        for case in monitor.cases:
            yield from durations(case.guard)
        yield from durations(monitor.premise_now)
    for item in (*system.bounds, *(item for monitor in system.monitors for item in monitor.bounds)):
        yield from durations(item.limit)
