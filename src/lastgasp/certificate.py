"""A proof by reachable zones, and its recheck by code that shares nothing with the engine.

A certificate is a set of zones per location. Three obligations make it a proof: the initial situation lies in it; every
permitted step and delay from it leads back into it; the goal errs in none of it. They are checked here from the timed
system itself, with the plain evaluator of expressions and an arithmetic of its own. A clock that a stored zone does not
mention is unconstrained there, so no analysis of dead clocks, no cap and no abstraction has to be trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import inf

from lastgasp.errors import InternalError
from lastgasp.expr import Clock, Const, Expr, Leaf, Name, Next, Sent, Value, contains, evaluate
from lastgasp.machine import STATE
from lastgasp.observers import Bound
from lastgasp.system import Action, SystemStep, TimedSystem

Location = tuple[Value, ...]
Zone = dict[tuple[str, str], int]
"""``x - y`` at most ``raw >> 1`` time units, less than it where ``raw`` is even. The clock ``""`` is the constant 0."""


@dataclass(frozen=True, slots=True)
class StoredZone:
    """All valuations of ``location`` that satisfy ``constraints``. ``still``: no time passes from any of them."""

    location: Location
    still: bool
    constraints: Mapping[tuple[str, str], int] = field(hash=False)


@dataclass(frozen=True)
class Certificate:
    """An inductive set of zones for a system, in time units of ``1 / scale`` seconds."""

    engine: str
    scale: int
    zones: tuple[StoredZone, ...]
    system: TimedSystem = field(repr=False, compare=False)

    def recheck(self) -> None:
        """Discharge the obligations again; :class:`InternalError` names the first that fails."""
        _Checker(self).run()


class _Split(Exception):
    """A comparison of a clock is true in one part of a cell and false in the other."""

    def __init__(self, clock: str, raw: int) -> None:
        self.clock, self.raw = clock, raw


class _Reading:
    """A clock in a cell: each comparison is decided there, or asks to split the cell."""

    def __init__(self, cell: Zone, clock: str, scale: int) -> None:
        self.cell, self.clock, self.scale = cell, clock, scale

    def _upto(self, limit: object, closed: bool) -> bool:
        assert isinstance(limit, Fraction)
        scaled = limit * self.scale
        if scaled.denominator != 1:
            raise InternalError(f"the certificate's time unit is too coarse for {limit} s")
        raw = 2 * scaled.numerator + closed
        high, low = self.cell.get((self.clock, "")), self.cell.get(("", self.clock), 1)
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


@dataclass(frozen=True, slots=True)
class _View:
    """What expressions read: values before and after, events, and clocks in a cell."""

    before: Mapping[str, Value]
    after: Mapping[str, Value]
    events: tuple[Sent, ...]
    cell: Zone
    scale: int

    def value(self, expr: Expr) -> Value:
        return evaluate(expr, self._leaf)

    def _leaf(self, item: Leaf) -> Value:
        match item:
            case Name(name):
                return self.before[name]
            case Next(name):
                return self.after[name]
            case Sent():
                return item in self.events
            case Clock(name):
                return _Reading(self.cell, name, self.scale)  # type: ignore[return-value]
        raise InternalError(f"{item} has no value in a certificate")


class _Checker:
    def __init__(self, certificate: Certificate) -> None:
        self.system, self.scale = certificate.system, certificate.scale
        self.names = tuple(self.system.variables)
        self.stored: dict[Location, list[tuple[bool, Zone]]] = {}
        for zone in certificate.zones:
            self.stored.setdefault(zone.location, []).append((zone.still, closed(zone.constraints)))
        self.steps: dict[tuple[str, Value], list[SystemStep]] = {}
        for step in self.system.steps:
            mover = step.action.move
            for source in self.system.network.by_name[mover.instance].machine.transitions[mover.index].sources:
                self.steps.setdefault((f"{mover.instance}.{STATE}", source), []).append(step)
        self.here: dict[Location, tuple[list[SystemStep], bool, list[tuple[str, int]]]] = {}

    def run(self) -> None:
        start: Zone = {}
        for clock in self.system.clocks:
            start[clock, ""] = start["", clock] = 1
        first = tuple(value for _, value in self.system.variables.values())
        self.arrives(first, closed(start), "the initial situation")
        for location, zones in self.stored.items():
            steps, _, _ = self.known(location)
            for still, zone in zones:
                if not still:
                    self.time_keeps_the_goal(location, zone)
                for step in steps:
                    for target, entry in self.outcomes(location, zone, step):
                        self.arrives(target, entry, f"a step of {step.action.move.instance}")

    # -- the obligations --------------------------------------------------------------------------------------------

    def arrives(self, location: Location, entry: Zone, what: str) -> None:
        """An arriving zone, and all that time makes of it, lies in what is stored."""
        _, stops, limits = self.known(location)
        inside: Zone | None = entry
        if not stops:
            for clock, raw in limits:
                assert inside is not None
                self.included(location, also(inside, [("", clock, 1 - raw)]), True, what)  # past the bound already
                inside = also(inside, [(clock, "", raw)])
                if inside is None:
                    return
            assert inside is not None
            waited = {pair: raw for pair, raw in inside.items() if pair[1] != ""}
            inside = also(waited, [(clock, "", raw) for clock, raw in limits])
        self.included(location, inside, stops, what)

    def included(self, location: Location, zone: Zone | None, still: bool, what: str) -> None:
        if zone is None:
            return
        for other_still, other in self.stored.get(location, ()):
            if (still or not other_still) and all(_reads(zone, pair) <= raw for pair, raw in other.items()):
                return
        raise InternalError(f"the certificate is not inductive: {what} leaves it")

    def time_keeps_the_goal(self, location: Location, zone: Zone) -> None:
        for bound in self.system.goal.bounds if self.system.goal else ():
            if self.truth(bound.when, location) and also(zone, [("", bound.clock, 1 - self.raw(bound))]) is not None:
                raise InternalError("the certificate does not prove the goal: time breaks it in a stored zone")

    def outcomes(self, location: Location, zone: Zone, step: SystemStep) -> Iterator[tuple[Location, Zone]]:
        """Every permitted outcome of a step; :class:`InternalError` where one breaks the goal or a range."""
        before = dict(zip(self.names, location, strict=True))
        cells = [zone]
        while cells:
            cell = cells.pop()
            try:
                found = list(self.fired(location, before, cell, step))
            except _Split as split:
                halves = (also(cell, [(split.clock, "", split.raw)]), also(cell, [("", split.clock, 1 - split.raw)]))
                cells += [half for half in halves if half is not None]
                continue
            for target, restart in found:
                kept = {pair: raw for pair, raw in cell.items() if not restart.intersection(pair)}
                yield target, restarted(kept, restart)

    def fired(
        self, location: Location, before: Mapping[str, Value], cell: Zone, step: SystemStep
    ) -> Iterator[tuple[Location, set[str]]]:
        view = _View(before, before, (), cell, self.scale)
        if not all(view.value(action.guard) for action in step.actions):
            return
        choices = [[a for a in reaction.actions if view.value(a.guard)] for reaction in step.reactions]
        for reacting in product(*(choice for choice in choices if choice)):
            actions = (*step.actions, *reacting)
            if not self.in_turn(location, step, actions):
                continue
            after, restart = dict(before), set[str]()
            for action in actions:
                for name, expr in action.assign:
                    after[name] = view.value(expr)
                    if not contains(self.system.variables[name][0], after[name]):
                        raise InternalError(f"the certificate hides that {name} is set out of its range")
                restart.update(action.restart)
            if self.observed(before, after, restart, cell, step, actions):
                yield tuple(after[name] for name in self.names), restart

    def observed(
        self,
        before: Mapping[str, Value],
        after: dict[str, Value],
        restart: set[str],
        cell: Zone,
        step: SystemStep,
        actions: tuple[Action, ...],
    ) -> bool:
        """Move the observers; whether the clauses permit the step."""
        events: tuple[Sent, ...] = ()
        if step.event is not None:
            events = (Sent(step.event), *(Sent(step.event, action.move.instance) for action in actions[1:]))
        view, permitted, broken = _View(before, dict(after), events, cell, self.scale), True, False
        for monitor in self.system.monitors:
            for case in monitor.cases:
                if view.value(case.guard):
                    if monitor is self.system.goal:
                        broken = case.errs
                    else:
                        permitted = permitted and not case.errs
                    after.update(case.assign)
                    restart.update(case.restart)
                    break
        if broken and permitted:
            raise InternalError(
                f"the certificate does not prove the goal: a step of {step.action.move.instance} breaks it"
            )
        return permitted

    # -- reading the system -----------------------------------------------------------------------------------------

    def known(self, location: Location) -> tuple[list[SystemStep], bool, list[tuple[str, int]]]:
        """The steps that may be enabled here, whether time stands still, and the bounds that it must not leave."""
        if location not in self.here:
            steps = [step for pair in zip(self.names, location, strict=True) for step in self.steps.get(pair, ())]
            instant = any(step.at_once and self.truth(step.guard, location) for step in steps)
            stops = instant or bool(self.committed(location)) or self.truth(self.system.stops, location)
            if instant and not self.committed(location):
                steps = [step for step in steps if step.at_once]
            bounds = (*self.system.bounds, *(bound for monitor in self.system.restrict for bound in monitor.bounds))
            limits = [(bound.clock, self.raw(bound)) for bound in bounds if self.truth(bound.when, location)]
            self.here[location] = (steps, stops, limits)
        return self.here[location]

    def committed(self, location: Location) -> set[str]:
        values = dict(zip(self.names, location, strict=True))
        return {who for who, states in self.system.committed.items() if values[f"{who}.{STATE}"] in states}

    def in_turn(self, location: Location, step: SystemStep, actions: tuple[Action, ...]) -> bool:
        committed = self.committed(location)
        return not committed or any(action.move.instance in committed for action in actions)

    def truth(self, expr: Expr, location: Location) -> bool:
        values = dict(zip(self.names, location, strict=True))
        return bool(_View(values, values, (), {}, self.scale).value(expr))

    def raw(self, bound: Bound) -> int:
        assert isinstance(bound.limit, Const) and isinstance(bound.limit.value, Fraction)
        scaled = bound.limit.value * self.scale
        if scaled.denominator != 1:
            raise InternalError(f"the certificate's time unit is too coarse for {bound.limit.value} s")
        return 2 * scaled.numerator + (not bound.strict)


def closed(constraints: Mapping[tuple[str, str], int]) -> Zone:
    """The canonical form of a set of constraints (every clock is at least 0)."""
    zone = also({}, [(x, y, raw) for (x, y), raw in constraints.items()])
    if zone is None:
        raise InternalError("the certificate stores an empty zone")
    return zone


def also(zone: Zone, constraints: Iterable[tuple[str, str, int]]) -> Zone | None:
    """A canonical zone with more constraints, canonical again; ``None`` where nothing satisfies them."""
    found = dict(zone)
    for x, y, raw in constraints:
        for clock in (x, y):
            if clock and ("", clock) not in found:
                found.update({(a, clock): bound for (a, b), bound in found.items() if b == ""})
                found["", clock] = 1
        if found.get((x, y), raw + 1) <= raw:
            continue
        back = found.get((y, x))
        if back is not None and back + raw - ((back | raw) & 1) < 1:
            return None
        found[x, y] = raw
        before = [(a, bound) for (a, b), bound in found.items() if b == x and a != y]
        after = [(b, bound) for (a, b), bound in found.items() if a == y and b != x]
        before.append((x, 1))
        after.append((y, 1))
        for a, first in before:
            start = first + raw - ((first | raw) & 1)
            for b, second in after:
                if a == b:
                    continue
                through = start + second - ((start | second) & 1)
                if found.get((a, b), through + 1) > through:
                    found[a, b] = through
    return found


def _reads(zone: Zone, pair: tuple[str, str]) -> float:
    """The bound of a pair; a clock that the zone does not mention is at least 0 and has no upper bound."""
    return zone.get(pair, 1 if pair[0] == "" else inf)


def restarted(zone: Zone, restart: Iterable[str]) -> Zone:
    """A zone that says nothing of the clocks in ``restart``, with those clocks equal to 0."""
    found, zeros = dict(zone), list(restart)
    clocks = {clock for pair in zone for clock in pair} - {""}
    for clock in zeros:
        found[clock, ""] = found["", clock] = 1
        for other in clocks:
            if (other, "") in zone:
                found[other, clock] = zone[other, ""]
            found[clock, other] = zone.get(("", other), 1)
        for other in zeros:
            if other != clock:
                found[clock, other] = 1
    return found
