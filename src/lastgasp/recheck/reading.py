"""A timed system as the recheck reads it: locations, the bounds of time, and the outcomes of steps in a zone.

The plain evaluator decides everything. Where it asks for a clock, the comparison is decided by the zone in hand, or the
zone is split in two and both halves are asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from operator import itemgetter

from lastgasp.errors import InternalError
from lastgasp.expr import (
    Clock,
    Const,
    Expr,
    Leaf,
    Name,
    Next,
    Sent,
    Value,
    clocks_in,
    contains,
    evaluate,
    leaves,
    rewrite,
)
from lastgasp.machine import STATE
from lastgasp.observers import Bound
from lastgasp.recheck.cells import Zone, also
from lastgasp.system import Action, SystemStep, TimedSystem

Location = tuple[Value, ...]
Events = frozenset[tuple[str, str]]
"""What a step sends: the event with no receiver, and with each."""

NOTHING_SENT: Events = frozenset()


class _Split(Exception):
    """A comparison of a clock is true in one part of a zone and false in the other."""

    def __init__(self, clock: str, raw: int) -> None:
        self.clock, self.raw = clock, raw


class _Clock:
    """A clock in a zone: each comparison is decided there, or asks to split the zone."""

    def __init__(self, zone: Zone, clock: str, scale: int) -> None:
        self.zone, self.clock, self.scale = zone, clock, scale

    def _upto(self, limit: object, closed: bool) -> bool:
        raw = _units(limit, self.scale) * 2 + closed
        high, low = self.zone.get((self.clock, "")), self.zone.get(("", self.clock), 1)
        if high is not None and high <= raw:
            return True
        if low <= 1 - raw:
            return False
        raise _Split(self.clock, raw)

    def __le__(self, limit: object) -> bool:
        return self._upto(limit, True)

    def __lt__(self, limit: object) -> bool:
        return self._upto(limit, False)

    def __ge__(self, limit: object) -> bool:
        return not self._upto(limit, False)

    def __gt__(self, limit: object) -> bool:
        return not self._upto(limit, True)

    def __eq__(self, limit: object) -> bool:
        return self._upto(limit, True) and not self._upto(limit, False)

    def __ne__(self, limit: object) -> bool:
        return not self == limit

    __hash__ = None  # type: ignore[assignment]


def _units(limit: object, scale: int) -> int:
    assert isinstance(limit, Fraction)
    scaled = limit * scale
    if scaled.denominator != 1:
        raise InternalError(f"the certificate's time unit is too coarse for {limit} s")
    return scaled.numerator


@dataclass(frozen=True, slots=True)
class Here:
    """What a location says: the steps that may be enabled, whether time stands still, the bounds with their owners."""

    steps: tuple[SystemStep, ...]
    committed: frozenset[str]
    instant: bool
    stops: bool
    limits: tuple[tuple[str, int, str], ...]
    """A clock, its bound, and the name of the observer that bounds it, or nothing for a machine's own bound."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step may lead to from everywhere in ``cell``. ``forbidden`` names the restrictions that err in it."""

    cell: Zone
    step: SystemStep
    actions: tuple[Action, ...]
    target: Location
    restart: frozenset[str]
    forbidden: tuple[str, ...]
    breaks: bool
    overflow: str


class Reader:
    """Reads a system without open parameters and without stopwatches, in time units of ``1 / scale`` seconds."""

    def __init__(self, system: TimedSystem, scale: int) -> None:
        if system.parameters or system.pauses:
            raise InternalError("zones cannot certify a system with open parameters or stopwatches")
        self.system, self.scale = system, scale
        self.names = tuple(system.variables)
        self.initial: Location = tuple(value for _, value in system.variables.values())
        self._steps: dict[tuple[str, Value], list[SystemStep]] = {}
        for step in system.steps:
            mover = step.action.move
            for source in system.network.by_name[mover.instance].machine.transitions[mover.index].sources:
                self._steps.setdefault((f"{mover.instance}.{STATE}", source), []).append(step)
        self._here: dict[Location, Here] = {}
        self._parts: dict[int, _Part] = {}
        self._monitors = [
            (monitor, _Part(tuple(case.guard for case in monitor.cases)) if monitor.cases else None)
            for monitor in system.monitors
        ]

    # -- locations --------------------------------------------------------------------------------------------------

    def here(self, location: Location) -> Here:
        """What the location says."""
        if location not in self._here:
            system = self.system
            values = dict(zip(self.names, location, strict=True))
            committed = frozenset(who for who, states in system.committed.items() if values[f"{who}.{STATE}"] in states)
            steps = [step for pair in zip(self.names, location, strict=True) for step in self._steps.get(pair, ())]
            instant = any(step.at_once and self.truth(step.guard, values) for step in steps)
            if instant and not committed:
                steps = [step for step in steps if step.at_once]
            steps = [step for step in steps if clocks_in(step.guard) or self.truth(step.guard, values)]
            owned = [("", bound) for bound in system.bounds]
            owned += [(monitor.name, bound) for monitor in system.restrict for bound in monitor.bounds]
            limits = [(b.clock, self.raw(b), owner) for owner, b in owned if self.truth(b.when, values)]
            stops = instant or bool(committed) or self.truth(system.stops, values)
            self._here[location] = Here(tuple(steps), committed, instant, stops, tuple(limits))
        return self._here[location]

    def truth(self, expr: Expr, values: Mapping[str, Value]) -> bool:
        """A condition that reads no clock."""
        return bool(self._value(expr, values, {}))

    def raw(self, bound: Bound) -> int:
        """The upper bound of its clock."""
        assert isinstance(bound.limit, Const)
        return 2 * _units(bound.limit.value, self.scale) + (not bound.strict)

    def goal_limits(self, location: Location) -> list[tuple[str, int]]:
        """The bounds beyond which time breaks the goal here."""
        values = dict(zip(self.names, location, strict=True))
        goal = self.system.goal
        return [(b.clock, self.raw(b)) for b in goal.bounds if self.truth(b.when, values)] if goal else []

    # -- steps ------------------------------------------------------------------------------------------------------

    def outcomes(self, location: Location, zone: Zone, *steps: SystemStep) -> Iterator[Outcome]:
        """Every outcome of these steps from a zone, in cells in which all of them are decided alike."""
        before = dict(zip(self.names, location, strict=True))
        cells = [zone]
        while cells:
            cell = cells.pop()
            try:
                found = [outcome for step in steps for outcome in self._fired(location, before, cell, step)]
            except _Split as split:
                halves = (also(cell, [(split.clock, "", split.raw)]), also(cell, [("", split.clock, 1 - split.raw)]))
                cells += [half for half in halves if half is not None]
                continue
            yield from found

    def _fired(
        self, location: Location, before: Mapping[str, Value], cell: Zone, step: SystemStep
    ) -> Iterator[Outcome]:
        def holds(expr: Expr) -> bool:
            return bool(self._value(expr, before, cell))

        if not all(holds(action.guard) for action in step.actions):
            return
        committed = self.here(location).committed
        choices = [[action for action in reaction.actions if holds(action.guard)] for reaction in step.reactions]
        for reacting in product(*(choice for choice in choices if choice)):
            actions = (*step.actions, *reacting)
            if committed and not any(action.move.instance in committed for action in actions):
                continue
            after, restart, overflow = dict(before), set[str](), ""
            for action in actions:
                for name, expr in action.assign:
                    after[name] = self._value(expr, before, cell)
                    if not contains(self.system.variables[name][0], after[name]):
                        overflow = name
                restart.update(action.restart)
            forbidden, breaks = ((), False) if overflow else self._observed(before, after, restart, cell, step, actions)
            target = tuple(after[name] for name in self.names)
            yield Outcome(cell, step, actions, target, frozenset(restart), forbidden, breaks, overflow)

    def _observed(
        self,
        before: Mapping[str, Value],
        after: dict[str, Value],
        restart: set[str],
        cell: Zone,
        step: SystemStep,
        actions: tuple[Action, ...],
    ) -> tuple[tuple[str, ...], bool]:
        """Move the observers: the restrictions that err, and whether the goal does."""
        events: Events = frozenset()
        if step.event is not None:
            receivers = (action.move.instance for action in actions[1:])
            events = frozenset((step.event, receiver) for receiver in ("", *receivers))
        settled, forbidden, breaks = dict(after), [], False
        for monitor, part in self._monitors:
            for case, rest in zip(monitor.cases, part.under(before, settled, events), strict=True) if part else ():
                if self._decided(rest, cell):
                    if monitor is self.system.goal:
                        breaks = case.errs
                    elif case.errs:
                        forbidden.append(monitor.name)
                    after.update(case.assign)
                    restart.update(case.restart)
                    break
        return tuple(forbidden), breaks

    # -- expressions ------------------------------------------------------------------------------------------------

    def _value(self, expr: Expr, before: Mapping[str, Value], cell: Zone) -> Value:
        """The value of an expression of a state."""
        part = self._parts.get(id(expr))
        if part is None:
            part = self._parts[id(expr)] = _Part((expr,))
        return self._decided(part.under(before, before, NOTHING_SENT)[0], cell)

    def _decided(self, rest: Expr, cell: Zone) -> Value:
        """The value of what is left of an expression: a literal, or a condition on clocks."""
        if type(rest) is Const:
            return rest.value
        return evaluate(rest, lambda item: _Clock(cell, item.name, self.scale))  # type: ignore[arg-type, return-value, union-attr]


class _Part:
    """Expressions with what they read beside clocks; what is left of them under these values is remembered."""

    def __init__(self, exprs: tuple[Expr, ...]) -> None:
        found = list(dict.fromkeys(leaf for expr in exprs for leaf in leaves(expr)))
        self.exprs = exprs
        self.before = _reads([item.name for item in found if isinstance(item, Name)])
        self.after = _reads([item.name for item in found if isinstance(item, Next)])
        self.sent = [(item.event, item.receiver) for item in found if isinstance(item, Sent)]
        self.more = bool(self.sent) or any(isinstance(item, Next) for item in found)
        self.known: dict[object, tuple[Expr, ...]] = {}

    def under(self, before: Mapping[str, Value], after: Mapping[str, Value], events: Events) -> tuple[Expr, ...]:
        """What is left of each expression: a literal, or a condition on clocks."""
        key: object = self.before(before)
        if self.more:
            key = key, self.after(after), *[pair in events for pair in self.sent]
        rest = self.known.get(key)
        if rest is None:
            rest = self.known[key] = self._worked_out(before, after, events)
        return rest

    def _worked_out(self, before: Mapping[str, Value], after: Mapping[str, Value], events: Events) -> tuple[Expr, ...]:
        def leaf(item: Leaf) -> Expr:
            match item:
                case Name(name):
                    return Const(before[name])
                case Next(name):
                    return Const(after[name])
                case Sent(event, receiver):
                    return Const((event, receiver) in events)
                case Clock() | Const():
                    return item
            raise InternalError(f"{item} has no value in a certificate")

        return tuple(rewrite(expr, leaf) for expr in self.exprs)


def _reads(names: list[str]) -> Callable[[Mapping[str, Value]], object]:
    return itemgetter(*names) if names else lambda values: None
