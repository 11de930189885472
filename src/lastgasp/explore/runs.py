"""A run in the making: what can happen next under the reference semantics, without breaking what restricts.

Nothing here knows an engine or an observer. Steps and delays come from :mod:`lastgasp.semantics`; what a sentence
forbids, and when a goal is broken, is asked of its direct evaluator (:mod:`lastgasp.signals`) each time anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise

from lastgasp.expr import Clock, Compare, Expr, Leaf, Name, Param, Sent, Value, children, evaluate, names_in
from lastgasp.machine import TIME_IN_STATE, After
from lastgasp.network import Network
from lastgasp.semantics import STUCK, Enabled, Limit, RangeError, Semantics, Situation
from lastgasp.sentences import Sentence, conditions_of, durations_of, events_of
from lastgasp.signals import Signal, SignalStep, errs
from lastgasp.system import cannot_be_brief
from lastgasp.trace import Step

SECOND = Fraction(1)
NODES = 100
"""How many situations are looked at to see whether a run can go on."""

GOAL = ""
"""The name of the goal among the sentences."""

Moves = tuple[tuple[Fraction, Step], ...]
"""Delays in seconds, each with the step that follows it."""


@dataclass(frozen=True)
class Task:
    """A network whose parameters have values, the sentences that restrict it, and the goal that its runs may break."""

    network: Network
    goal: Sentence
    restrict: Mapping[str, Sentence]
    parameters: Mapping[str, Value]

    @cached_property
    def meaning(self) -> Semantics:
        return Semantics(self.network, self.parameters)

    @cached_property
    def clocks(self) -> Mapping[str, tuple[tuple[frozenset[str], Fraction], ...]]:
        """For each clock the durations (seconds) that a machine compares it with, and in which of its states."""
        return {clock: tuple(found) for clock, found in _compared(self).items()}

    @cached_property
    def brief(self) -> tuple[Sentence, ...]:
        """Assumptions that forbid the step into a state, because that state would last."""
        return tuple(item for item in self.restrict.values() if cannot_be_brief(self.network, item))

    @cached_property
    def sentences(self) -> Mapping[str, Sentence]:
        """The goal, by the name :data:`GOAL`, and what restricts."""
        return {GOAL: self.goal, **self.restrict}

    @cached_property
    def subjects(self) -> Mapping[str, tuple[tuple[tuple[Expr, frozenset[str]], ...], frozenset[Sent]]]:
        """What each sentence speaks of: conditions, with the names that they read, and events."""
        return {
            name: (
                tuple((condition, frozenset(names_in(condition))) for condition in conditions_of(sentence.formula)),
                frozenset(events_of(sentence.formula)),
            )
            for name, sentence in self.sentences.items()
        }

    @cached_property
    def durations(self) -> Mapping[str, tuple[Fraction, ...]]:
        """For each sentence its durations in seconds, and their sums."""
        found = {}
        for name, sentence in self.sentences.items():
            own = [self.seconds(duration) for duration in durations_of(sentence.formula)]
            found[name] = tuple(dict.fromkeys((*own, *accumulate(own))))
        return found

    @cached_property
    def span(self) -> Fraction:
        """Longer than any timer of a machine or of a sentence runs, in seconds."""
        timers = [value for found in self.clocks.values() for _, value in found]
        return SECOND + max(timers, default=Fraction(0)) + max(map(sum, self.durations.values()))

    def seconds(self, duration: Expr) -> Fraction:
        value = evaluate(duration, lambda leaf: self.parameters[leaf.name])  # type: ignore[union-attr]
        assert isinstance(value, int | Fraction)
        return Fraction(value)


def _compared(task: Task) -> dict[str, list[tuple[frozenset[str], Fraction]]]:
    found: dict[str, list[tuple[frozenset[str], Fraction]]] = {clock: [] for clock in task.network.clocks}
    for instance in task.network.instances:

        def add(clock: str, states: tuple[str, ...], bound: Expr | None, owner: str = instance.name) -> None:
            if bound is not None:
                glob = task.network.globally(task.network.by_name[owner], bound)
                found[f"{owner}.{clock}"].append((frozenset(states), task.seconds(glob)))

        for state in instance.machine.states:
            add(TIME_IN_STATE, (state.name,), state.at_most)
            add(TIME_IN_STATE, (state.name,), state.less_than)
        for transition in instance.machine.transitions:
            if isinstance(transition.trigger, After):
                add(TIME_IN_STATE, transition.sources, transition.trigger.low)
                add(TIME_IN_STATE, transition.sources, transition.trigger.high)
            for comparison in _clock_tests(transition.guard):
                assert isinstance(comparison.left, Clock)
                add(comparison.left.name, transition.sources, comparison.right)
    return found


def _clock_tests(expr: Expr) -> Iterator[Compare]:
    if isinstance(expr, Compare) and isinstance(expr.left, Clock):
        yield expr
    for part in children(expr):
        yield from _clock_tests(part)


class Walk:
    """A run so far. A step that breaks what restricts is not taken, and time does not pass beyond it."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.now: Situation = task.meaning.initial()
        self.initial = task.meaning.valuation(self.now)
        self.values: Mapping[str, Value] = self.initial
        self.elapsed = Fraction(0)
        self.moves: Moves = ()
        self.waited = Fraction(0)
        self._steps: tuple[SignalStep, ...] = ()
        self._anchors: dict[tuple[str, object], Fraction] = {}
        self._ahead: dict[str, Fraction | None] = {}
        self._enabled: Enabled | None = None
        self._room: Limit | None = None

    def copy(self) -> Walk:
        """The same run, to try something."""
        other = object.__new__(Walk)
        other.__dict__.update(self.__dict__)
        other._anchors, other._ahead = dict(self._anchors), dict(self._ahead)
        return other

    # -- what can happen --------------------------------------------------------------------------------------------

    @property
    def enabled(self) -> Enabled:
        """What the network alone can do now."""
        if self._enabled is None:
            self._enabled = self.task.meaning.enabled(self.now)
        return self._enabled

    @property
    def room(self) -> Limit:
        """How much time may pass so that every restricting sentence still stands."""
        if self._room is None:
            limit = self.enabled.limit
            if limit.seconds != 0:
                for name, sentence in self.task.restrict.items():
                    instant = self.ahead(name)
                    if instant is not None and (limit.seconds is None or instant - self.elapsed <= limit.seconds):
                        cut = max(instant - self.elapsed, Fraction(0))
                        tight = limit.strict and cut == limit.seconds
                        limit = Limit(cut, tight or self.errs(sentence, instant) is not None)
            self._room = STUCK if limit.seconds == 0 else limit
        return self._room

    @property
    def key(self) -> object:
        """What tells this situation from others: all there is to it, if nothing restricts, else how it came about."""
        clocks = tuple(self.now.clocks.values())
        return self.elapsed, clocks, tuple(self.now.values.values()), self.moves if self.task.restrict else ()

    @property
    def steps(self) -> list[Step]:
        """What the network alone can do at once, the parties' steps before those of the surroundings."""
        parties = self.task.network.by_name
        return sorted(self.enabled.steps, key=lambda step: not parties[step.mover.instance].machine.party)

    def after(self, step: Step) -> Walk | None:
        """The run with a step more; ``None`` where a restricting sentence forbids it.

        Raises :class:`~lastgasp.semantics.RangeError` where the step sets a variable to a value out of its range.
        """
        meaning = self.task.meaning
        now = meaning.apply(self.now, step)
        values = meaning.valuation(now)
        receivers = ("", *(move.instance for move in step.moves[1:]))
        events = frozenset(Sent(step.event, receiver) for receiver in receivers) if step.event else frozenset()
        other = self.copy()
        other.now, other.values = now, values
        other._steps = (*self._steps, SignalStep(self.elapsed, events, values))
        other.moves, other.waited = (*self.moves, (self.waited, step)), Fraction(0)
        other._enabled = other._room = None
        touched = set(other._touched(self.values, events))
        if any(other.errs(self.task.sentences[name], self.elapsed) is not None for name in touched - {GOAL}):
            return None
        if any(_true(item.formula.condition, values, self.task) for item in self.task.brief):  # type: ignore[union-attr]
            return None
        for name in touched:
            other._ahead.pop(name, None)
        return other

    def wait(self, seconds: Fraction) -> None:
        """Let time pass, as much as :attr:`room` allows."""
        if seconds:
            self.now = self.task.meaning.apply(self.now, seconds)
            self.elapsed += seconds
            self.waited += seconds
            self._enabled = self._room = None

    def after_waiting(self, seconds: Fraction) -> Walk:
        """The run with so much time more."""
        other = self.copy()
        other.wait(seconds)
        return other

    @property
    def dead(self) -> bool:
        """Whether nothing at all can happen any more, not even time."""
        return self.room == STUCK and next(self.followers(), None) is None

    def followers(self) -> Iterator[Walk]:
        """The run with each possible step more; none for a step out of a range."""
        for step in self.steps:
            with suppress(RangeError):
                after = self.after(step)
                if after is not None:
                    yield after

    # -- sentences --------------------------------------------------------------------------------------------------

    def signal(self, end: Fraction) -> Signal:
        """The run as sentences see it, up to an instant."""
        return Signal(self.initial, self._steps, end)

    def errs(self, sentence: Sentence, end: Fraction) -> Fraction | None:
        """The instant at which a sentence is broken, if nothing more happens up to ``end``."""
        return errs(sentence.formula, self.signal(end), self.task.parameters)

    def ahead(self, name: str) -> Fraction | None:
        """The instant at which a sentence is broken if nothing more happens, however long that takes.

        It stays what it is until something happens of which the sentence speaks: a step that changes no condition of a
        sentence and sends none of its events is none to it.
        """
        if name not in self._ahead:
            self._ahead[name] = self.errs(self.task.sentences[name], self.elapsed + self.task.span)
        return self._ahead[name]

    def broken(self) -> Fraction | None:
        """How long to wait (seconds) from now on so that the goal is broken; ``None`` where that is not possible."""
        goal = self.task.goal
        if self.ahead(GOAL) is None:
            return None
        if self.errs(goal, self.elapsed) is not None:
            return Fraction(0)
        room = self.room
        if room.seconds == 0:
            return None
        most = self.task.span if room.seconds is None else room.seconds
        instant = self.errs(goal, self.elapsed + most)
        if instant is None:
            return None
        least = instant - self.elapsed
        beyond = min(least + SECOND, least + (most - least) / 2)
        waits = [wait for wait in (least, beyond, most) if room.allows(wait)]
        return next((wait for wait in waits if self.errs(goal, self.elapsed + wait) is not None), None)

    # -- delays -----------------------------------------------------------------------------------------------------

    def delays(self) -> list[Fraction]:
        """The waits (seconds) that may make a difference: none, up to each boundary, and a little before and after.

        Boundaries are where a clock reaches what a machine compares it with, where a sentence's duration is over that
        counts from a change of what it speaks of, and the end of what is possible.
        """
        room = self.room
        if room.seconds == 0:
            return [Fraction(0)]
        limits = set(self._boundaries())
        if room.seconds is not None:
            limits.add(room.seconds)
        edges = sorted(wait for wait in limits if wait > 0 and (room.seconds is None or wait <= room.seconds))
        around: list[Fraction] = []
        for low, high in pairwise([Fraction(0), *edges]):
            little = min(SECOND, (high - low) / 2)
            around += [low + little, high - little]
        if room.seconds is None:
            around.append((edges[-1] if edges else Fraction(0)) + SECOND)
        now = [Fraction(0)] if self.enabled.steps else []
        return [wait for wait in dict.fromkeys((*now, *edges, *sorted(around))) if room.allows(wait)]

    def _boundaries(self) -> Iterator[Fraction]:
        for clock, compared in self.task.clocks.items():
            location = self.now.location(clock.partition(".")[0])
            for states, value in compared:
                if location in states or not clock.endswith(f".{TIME_IN_STATE}"):
                    yield value - self.now.clocks[clock]
        for (name, _), instant in self._anchors.items():
            yield from (instant + duration - self.elapsed for duration in self.task.durations[name])

    def _touched(self, before: Mapping[str, Value], events: frozenset[Sent]) -> Iterator[str]:
        """The sentences to which the last step was one; remembers when what they speak of changed or happened."""
        changed = {name for name, value in self.values.items() if value != before[name]}
        for name, (conditions, spoken_of) in self.task.subjects.items():
            found: list[object] = [event for event in spoken_of if event in events]
            for condition, read in conditions:
                if read & changed and _true(condition, before, self.task) != _true(condition, self.values, self.task):
                    found.append(condition)
            self._anchors.update(((name, item), self.elapsed) for item in found)
            if found:
                yield name

    # -- going on ---------------------------------------------------------------------------------------------------

    def goes_on(self) -> bool:
        """Whether the run was seen to go on, obeying everything, until every timer that now runs has run out.

        A search of :data:`NODES` situations at most: ``False`` means that no such continuation was found. It takes
        first what it took least often, for what is taken again and again may keep time from passing.
        """
        until = self.elapsed + self.task.span
        waiting, seen = [self], set[object]()
        while waiting and len(seen) < NODES:
            here = waiting.pop()
            if here.elapsed >= until or here.room.seconds is None:
                return True
            if here.key in seen:
                continue
            seen.add(here.key)
            often = Counter(step.mover for _, step in here.moves[len(self.moves) :])
            taken = sorted(here.followers(), key=lambda after: often[after.moves[-1][1].mover])[::-1]
            later = [here.after_waiting(wait) for wait in sorted(here.delays()) if wait > 0]
            waiting += [*later, *taken] if here.waited else [*taken, *later]
        return False


def _true(condition: Expr, values: Mapping[str, Value], task: Task) -> bool:
    def leaf(item: Leaf) -> Value:
        assert isinstance(item, Name | Param)
        return values[item.name] if isinstance(item, Name) else task.parameters[item.name]

    return bool(evaluate(condition, leaf))


__all__ = ["Moves", "Task", "Walk"]
