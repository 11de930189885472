"""The oracle of timed conformance: the set of states that the model may be in, given what was done and seen.

Timed input/output conformance (Krichen and Tripakis 2004; Schmaltz and Tretmans 2008) asks that after every timed
trace of the model, the implementation does nothing, silence included, that the model could not do. The set of states
after a trace is tracked symbolically (Larsen, Mikucionis and Nielsen 2004; Krichen and Tripakis 2009): zones over the
clocks of the model and of the clauses, and the clock :data:`NOW` that never restarts. Nothing is abstracted.

A tolerance lets an observation at ``t`` stand for something that the model does at any time from ``t - tolerance`` to
``t + tolerance``, and it may be told when up to a tolerance more has passed. The set therefore lags behind by two: it
is that of the instant up to which nothing can be seen any more.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from lastgasp.engines.zones.automaton import Automaton, Edge, Location, constants
from lastgasp.engines.zones.dbm import Constraint, Zone, bound, constrained, gathered, includes, later, negated, zero
from lastgasp.errors import InputError, InternalError, Problem
from lastgasp.extremes import extremes
from lastgasp.machine import STATE
from lastgasp.network import Network
from lastgasp.render.words import time_text
from lastgasp.sentences import Sentence
from lastgasp.system import compiled
from lastgasp.testing.adapter import Output
from lastgasp.trace import Move

NOW = "@now"
"""The clock that shows the time since the reset."""

MANY = 20_000
"""Symbolic states that one observation may need; more than any model of a device has needed."""

Thing = tuple[str, str]
"""An event (its value is empty), or an output with its new value."""


@dataclass(frozen=True, slots=True)
class Maybe:
    """A set of states that the model may be in, with the number of observations that it accounts for."""

    location: Location
    matched: int
    zone: Zone


@dataclass(frozen=True, slots=True)
class Stimulus:
    """A step of a neighbour at an instant. ``pressing``: it may come before what the model must do at once."""

    at: Fraction
    move: Move
    pressing: bool


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the model could have done: these things together, at a time in the window (seconds; ``None``: no end)."""

    things: tuple[Thing, ...]
    earliest: Fraction
    latest: Fraction | None
    earliest_excluded: bool = False
    latest_excluded: bool = False


@dataclass(frozen=True, slots=True)
class Deviation:
    """Where the model could not follow: at an observation, or, without ``seen``, as nothing was seen by ``at``."""

    at: Fraction
    seen: Output | None
    allowed: tuple[Allowed, ...]


class Oracle:
    """Follows one run at a time: ``begin``, then ``stimulate`` and ``watch`` in the order of time."""

    def __init__(
        self, network: Network, instance: str, clauses: Mapping[str, Sentence], tolerance: Fraction, units: int
    ) -> None:
        """``network`` has the instance among stand-ins; ``clauses`` bind it. A second has at least so many ``units``.

        Raises :class:`NotApplicable` where zones cannot treat the model exactly.
        """
        settled = network.with_settings(extremes(network, clauses.values()))
        system = compiled(settled, clauses)
        self.automaton = Automaton(system, scale=lcm(units, tolerance.denominator))
        self.instance, self.tolerance = instance, tolerance
        self.machine = network.by_name[instance].machine
        others = set(network.by_name) - {instance}
        self.clocks = (NOW, *(clock for clock in system.clocks if clock.partition(".")[0] not in others))
        self.rows = {clock: row for row, clock in enumerate(self.clocks, 1)}
        self.size = len(self.clocks) + 1
        self.steps = {step.action.move: index for index, step in enumerate(system.steps)}
        self.durations = sorted({value for value in constants(system) if value > 0})
        self._things: dict[int, Counter[Thing]] = {}
        self._reacting: dict[tuple[Location, int], tuple[Edge, ...]] = {}
        self.begin()

    def begin(self) -> None:
        """A new run: time 0, nothing done, nothing seen."""
        self.now = Fraction(0)
        self.states = [Maybe(self.automaton.initial, 0, zero(self.size))]
        self.seen: list[Output] = []
        self.waiting: deque[Stimulus] = deque()

    def fits(self, time: Fraction) -> bool:
        """Whether a time is a whole number of units."""
        return self.automaton.scale % time.denominator == 0

    def stimulate(self, stimulus: Stimulus) -> None:
        """A neighbour does something now."""
        self.waiting.append(stimulus)

    def watch(self, now: Fraction, seen: Iterable[Output]) -> Deviation | None:
        """This, and nothing else, was seen up to ``now``. Returns what the model could not follow, if anything.

        Raises :class:`InputError` where the model itself has no meaning there, or no device could obey the clauses.
        """
        self.seen += seen
        settled = max(now - 2 * self.tolerance, self.now)
        while self.waiting and self.waiting[0].at <= settled:
            stimulus = self.waiting.popleft()
            deviation = self._pass(stimulus.at) or self._stimulated(stimulus)
            if deviation:
                return deviation
        deviation = self._pass(settled)
        if deviation is None and not self.tolerance:
            up_to_date = [state for state in self.states if state.matched == len(self.seen)]
            if not up_to_date:
                return self._deviation(self.states, self.states)
            self.states = up_to_date
        return deviation

    # -- the set ----------------------------------------------------------------------------------------------------

    def _pass(self, until: Fraction) -> Deviation | None:
        """Let time pass in the model, with all that it may do by itself."""
        around = list(self._closure(self.states, until, self._accounted))
        here = self._units(until)
        exactly = ((1, 0, bound(here, False)), (0, 1, bound(-here, False)))
        before, self.now = self.states, until
        self.states = [
            Maybe(state.location, state.matched, zone)
            for state in around
            if (zone := constrained(state.zone, self.size, exactly)) is not None
        ]
        return None if self.states else self._deviation(before, around)

    def _stimulated(self, stimulus: Stimulus) -> Deviation | None:
        """A neighbour's step, to which the instance may react: what can be seen of that has to be accounted for."""
        found: list[Maybe] = []
        held_up = forbidden = False
        shown: set[tuple[Thing, ...]] = set()
        for state in self.states:
            waits = not stimulus.pressing and self._at_once(state.location)
            for edge in self._reactions(state.location, self.steps[stimulus.move]):
                things = self._seen_of(state.location, edge)
                times, possible = self._matching(things, state.matched), self._after(state, edge, ())
                after = None if times is None else self._after(state, edge, times)
                forbidden = forbidden or bool(edge.forbidden)
                held_up = held_up or (possible is not None and waits)
                if possible is not None and not waits and things:
                    shown.add(tuple(sorted(things.elements())))
                if after is not None and not waits:
                    found.append(Maybe(after.location, state.matched + things.total(), after.zone))
        if not found and shown:
            seen = next((item for item in self.seen[max(state.matched for state in self.states) :]), None)
            allowed = tuple(Allowed(things, stimulus.at, stimulus.at) for things in sorted(shown))
            return Deviation(stimulus.at, seen, allowed)
        if not found and held_up:
            return self._deviation(self.states, self.states)
        if not found and forbidden:
            raise self._stuck(stimulus.at)
        if not found:
            raise InternalError(f"the model of {self.instance} does not take a step of its surroundings")
        self.states = found
        return None

    def _reactions(self, location: Location, index: int) -> tuple[Edge, ...]:
        key = (location, index)
        if key not in self._reacting:
            self._reacting[key] = self.automaton.outcomes(location, index)
        return self._reacting[key]

    def _at_once(self, location: Location) -> bool:
        return bool(self.automaton.committed(location)) or self.automaton.is_at_once(location)

    def _closure(
        self,
        start: Iterable[Maybe],
        until: Fraction,
        follow: Callable[[Maybe], Iterator[Maybe]],
        *,
        strict: bool = True,
    ) -> Iterator[Maybe]:
        """Every state that delays, and the own steps to ``follow``, lead to by ``until``.

        With ``strict`` what was seen has to be accounted for in time; otherwise what was seen does not matter.
        """
        stack, passed, count = list(start), dict[tuple[Location, int], list[Zone]](), 0
        while stack:
            state = stack.pop()
            for zone in self._settled(state, until, strict):
                known = passed.setdefault((state.location, state.matched), [])
                if any(includes(other, zone) for other in known):
                    continue
                known[:] = [other for other in known if not includes(zone, other)] + [zone]
                here = Maybe(state.location, state.matched, zone)
                yield here
                count += 1
                if count > MANY:
                    if not strict:
                        return
                    what = f"the model of {self.instance} may be in too many sets of states to follow it"
                    raise InputError(Problem(what, "leave out what it does unseen, or shorten the runs"))
                stack += follow(here)

    def _own(self, state: Maybe) -> Iterator[tuple[Edge, Counter[Thing]]]:
        """The steps of the instance that its clauses leave it, with what can be seen of them."""
        for edge in self.automaton.edges(state.location):
            if edge.step.mover.instance == self.instance and not edge.forbidden:
                yield edge, self._seen_of(state.location, edge)

    def _accounted(self, state: Maybe) -> Iterator[Maybe]:
        """What own steps lead to, each accounting for the next observations if it can be seen."""
        for edge, things in self._own(state):
            times = self._matching(things, state.matched)
            after = None if times is None else self._after(state, edge, times)
            if after is not None:
                yield Maybe(after.location, state.matched + things.total(), after.zone)

    def _anything(self, state: Maybe) -> Iterator[Maybe]:
        """What own steps lead to, whatever was seen."""
        found = (self._after(state, edge, ()) for edge, _ in self._own(state))
        return (after for after in found if after is not None)

    def _settled(self, state: Maybe, until: Fraction, strict: bool) -> Iterator[Zone]:
        """A set of states with the delays that are possible there; split where a bound is passed."""
        last = [until]
        if strict and state.matched < len(self.seen):
            last.append(self._at(state.matched) + self.tolerance)
        ends: Constraint = (1, 0, bound(self._units(min(last)), False))
        inside = constrained(state.zone, self.size, [ends])
        if inside is None:
            return
        if self.automaton.is_still(state.location):
            yield inside
            return
        bounds = [(self.rows[limit.clock], 0, limit.raw) for limit in self.automaton.limits(state.location)]
        for row, _, raw in bounds:
            outside = constrained(inside, self.size, [(0, row, negated(raw))])
            if outside is not None:
                yield outside
            within = constrained(inside, self.size, [(row, 0, raw)])
            if within is None:
                return
            inside = within
        waited = constrained(later(inside, self.size), self.size, [*bounds, ends])
        assert waited is not None
        yield waited

    def _cut(self, state: Maybe, edge: Edge, times: Iterable[Constraint]) -> Zone | None:
        guard = [
            (self.rows[clock], 0, raw) if upper else (0, self.rows[clock], raw) for clock, upper, raw in edge.guard
        ]
        return constrained(state.zone, self.size, [*guard, *times])

    def _after(self, state: Maybe, edge: Edge, times: Iterable[Constraint]) -> Maybe | None:
        """The states after a step, ``None`` where it is not possible; an overflow is an error of the model."""
        zone = None if edge.forbidden else self._cut(state, edge, times)
        if zone is None:
            return None
        if edge.overflow:
            raise InputError(Problem(f"the model sets {edge.overflow} to a value out of its range", "widen the range"))
        sources = [0, *(0 if clock in edge.restart else row for row, clock in enumerate(self.clocks, 1))]
        return Maybe(edge.target, state.matched, gathered(zone, self.size, sources))

    # -- what can be seen -------------------------------------------------------------------------------------------

    def _seen_of(self, location: Location, edge: Edge) -> Counter[Thing]:
        """What of a step can be seen of the instance: its event, and its outputs that change."""
        key = id(edge)  # edges are kept
        if key not in self._things:
            name = f"{self.instance}.{STATE}"
            before = self.machine.state(str(self.automaton.value(location, name))).gives
            after = self.machine.state(str(self.automaton.value(edge.target, name))).gives
            things = Counter((output, value) for output, value in after.items() if before[output] != value)
            if edge.step.event is not None and edge.step.mover.instance == self.instance:
                things[edge.step.event.partition(".")[2], ""] += 1
            self._things[key] = things
        return self._things[key]

    def _matching(self, things: Counter[Thing], matched: int) -> list[Constraint] | None:
        """When a step that shows these things accounts for the next observations; ``None`` if it does not."""
        if not things:
            return []
        items = self.seen[matched : matched + things.total()]
        if Counter((item.name, item.value) for item in items) != things:
            return None
        times = [self._at(number) for number in range(matched, matched + len(items))]
        earliest, latest = max(times) - self.tolerance, min(times) + self.tolerance
        return [(1, 0, bound(self._units(latest), False)), (0, 1, bound(-self._units(earliest), False))]

    def _at(self, number: int) -> Fraction:
        at = self.seen[number].at
        assert isinstance(at, Fraction)
        return at

    def _units(self, time: Fraction) -> int:
        return int(time * self.automaton.scale)

    # -- what went wrong --------------------------------------------------------------------------------------------

    def _deviation(self, before: Sequence[Maybe], around: Sequence[Maybe]) -> Deviation:
        """Whether it was something seen, or that nothing was, and what the model could have done instead."""
        furthest = max((state.matched for state in around), default=max(state.matched for state in before))
        ends = [state.zone[self.size] >> 1 for state in around if state.matched == furthest]
        latest = Fraction(max(ends), self.automaton.scale) if ends else self.now
        seen = self.seen[furthest] if furthest < len(self.seen) else None
        if seen is not None and self._at(furthest) - self.tolerance > latest:
            seen = None
        at = latest if seen is None else self._at(furthest)
        if seen is None and not self._goes_on(before, at):
            raise self._stuck(at)
        return Deviation(at, seen, tuple(self._allowed(before, at)))

    def _goes_on(self, before: Sequence[Maybe], at: Fraction) -> bool:
        """Whether time could pass beyond an instant if the model did something that was not seen."""
        beyond: Constraint = (0, 1, bound(-self._units(at), True))
        reached = self._closure(before, at + 1, self._anything, strict=False)
        return any(constrained(state.zone, self.size, [beyond]) is not None for state in reached)

    def _stuck(self, at: Fraction) -> InputError:
        what = f"at {time_text(at)} the model leaves {self.instance} no way to go on, whatever it does"
        return InputError(Problem(what, "see whether its clauses can be obeyed: 'lastgasp check --sanity'"))

    def _allowed(self, before: Sequence[Maybe], at: Fraction) -> Iterator[Allowed]:
        """What the model could have shown next, in the order of time."""
        windows: dict[tuple[Thing, ...], list[tuple[int, int]]] = {}

        def unseen(state: Maybe) -> Iterator[Maybe]:
            for edge, things in self._own(state):
                after = self._after(state, edge, ())
                if after is not None and not things:
                    yield after
                zone = self._cut(state, edge, ()) if things else None
                if zone is not None:
                    ends = (zone[1], zone[self.size])
                    windows.setdefault(tuple(sorted(things.elements())), []).append(ends)

        horizon = at + 2 * sum(self.durations, Fraction(1))
        for _ in self._closure(before, horizon, unseen, strict=False):
            pass
        for shown, found in sorted(windows.items(), key=lambda item: -max(low for low, _ in item[1])):
            low, high = max(low for low, _ in found), max(high for _, high in found)
            last = Fraction(high >> 1, self.automaton.scale)
            yield Allowed(
                shown,
                Fraction(-(low >> 1), self.automaton.scale),
                None if last >= horizon else last,
                not low & 1,
                not high & 1,
            )
