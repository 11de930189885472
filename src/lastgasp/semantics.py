"""The reference meaning of a network, in three methods: ``initial``, ``enabled``, ``apply``.

Everything else (simulation, replay, exploration, drawing) is a function over these. It knows no solver, no zone and
no compilation: it reads the source network directly, with exact rationals, so that an engine's answer can be checked
against it.

One instant, in order: steps out of committed states first, then ``when`` steps; while one is enabled, no time passes
and no other step is taken. A step is never disabled by the bound of its target; in a state past its bound no time
passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from random import Random

from lastgasp.errors import InputError, LastgaspError, Problem, ReplayError
from lastgasp.expr import Clock, Const, Expr, Leaf, Name, Param, Value, contains, evaluate
from lastgasp.machine import STATE, TIME_IN_STATE, After, Instance, May, On, Range, Transition, When
from lastgasp.network import Network
from lastgasp.trace import Entry, Move, Step, Trace


@dataclass(frozen=True, slots=True)
class Situation:
    """A state of the network: locations and variables by global name, clocks in seconds."""

    values: Mapping[str, Value] = field(hash=False)
    clocks: Mapping[str, Fraction] = field(hash=False)

    def location(self, instance: str) -> str:
        """The state that an instance is in."""
        return str(self.values[f"{instance}.{STATE}"])


@dataclass(frozen=True, slots=True)
class Limit:
    """How much time may pass: at most ``seconds`` (less than it, if ``strict``); ``None`` is no limit."""

    seconds: Fraction | None
    strict: bool = False

    def allows(self, delay: Fraction) -> bool:
        """Whether a delay of that many seconds is possible. Zero always is."""
        if delay == 0 or self.seconds is None:
            return delay >= 0
        return 0 <= delay < self.seconds or (delay == self.seconds and not self.strict)


@dataclass(frozen=True, slots=True)
class Enabled:
    """What can happen now: these steps at once, or a delay within the limit."""

    steps: tuple[Step, ...]
    limit: Limit


class RangeError(LastgaspError):
    """A step assigns a value outside of its variable's domain: an error of the model, never a disabled step."""

    def __init__(self, step: Step, variable: str, value: Value) -> None:
        self.step, self.variable, self.value = step, variable, value
        super().__init__(step, variable, value)

    def __str__(self) -> str:
        return f"the step of {self.step.mover.instance} sets {self.variable} to {self.value}, which is out of its range"


STUCK = Limit(Fraction(0))


class Semantics:
    """The meaning of one network under one valuation of its parameters (durations in exact seconds)."""

    def __init__(self, network: Network, parameters: Mapping[str, Value] | None = None) -> None:
        self.network = network
        given = dict(parameters or {})
        self.parameters: dict[str, Value] = {}
        for name, parameter in network.parameters.items():
            value = given.pop(name, parameter.value)
            if isinstance(value, Range):
                raise InputError(f"parameter {name} has a range; choose a value for it")
            declared = parameter.value.low if isinstance(parameter.value, Range) else parameter.value
            if type(value) is not type(declared):
                raise InputError(f"parameter {name} is of another kind")
            if isinstance(parameter.value, Range) and not parameter.value.low <= value <= parameter.value.high:
                raise InputError(f"parameter {name} = {value} is outside of its range")
            self.parameters[name] = value
        if given:
            raise InputError(f"network {network.name} has no parameter {sorted(given)[0]}")
        self._own = {
            (instance.name, index): _Localised(network, instance, transition)
            for instance, index, transition in network.transitions()
        }
        self._listeners = {
            event: [(instance.name, index) for instance, index, _ in network.listeners(event)]
            for event in network.events
        }

    # -- the three methods ------------------------------------------------------------------------------------------

    def initial(self) -> Situation:
        """The one initial situation: every clock at 0."""
        values: dict[str, Value] = {name: first for name, (_, first) in self.network.variables.items()}  # type: ignore[misc]
        return Situation(values, {clock: Fraction(0) for clock in self.network.clocks})

    def enabled(self, now: Situation) -> Enabled:
        """The steps that can be taken at once, and how long a delay is possible."""
        committed = {
            instance.name
            for instance in self.network.instances
            if instance.machine.state(now.location(instance.name)).committed
        }
        steps = tuple(self._steps(now))
        if committed:
            return Enabled(tuple(s for s in steps if any(m.instance in committed for m in s.moves)), STUCK)
        at_once = tuple(step for step in steps if isinstance(self._transition(step.mover).trigger, When))
        if at_once:
            return Enabled(at_once, STUCK)
        return Enabled(steps, self._limit(now))

    def apply(self, now: Situation, event: Fraction | Step) -> Situation:
        """The situation after a delay in seconds, or after a step. Does not ask whether it is enabled.

        Raises :class:`RangeError` where a step assigns a value out of its variable's domain.
        """
        if isinstance(event, Fraction):
            clocks = {
                clock: value if now.location(clock.partition(".")[0]) in self.network.clocks[clock] else value + event
                for clock, value in now.clocks.items()
            }
            return Situation(now.values, clocks)
        values, clocks = dict(now.values), dict(now.clocks)
        for move in event.moves:
            transition = self._transition(move)
            for name, expr in self._own[move.instance, move.index].assign:
                value = self._value(expr, now)
                if not contains(self.network.variables[name][0], value):
                    raise RangeError(event, name, value)
                values[name] = value
            if transition.target is not None:
                values[f"{move.instance}.{STATE}"] = transition.target
                clocks[f"{move.instance}.{TIME_IN_STATE}"] = Fraction(0)
            for clock in transition.restart:
                clocks[f"{move.instance}.{clock}"] = Fraction(0)
        return Situation(values, clocks)

    # -- reading ----------------------------------------------------------------------------------------------------

    def outputs(self, now: Situation) -> dict[str, Value]:
        """Every output by global name."""
        return {
            f"{instance.name}.{output}": value
            for instance in self.network.instances
            for output, value in instance.machine.state(now.location(instance.name)).gives.items()
        }

    def valuation(self, now: Situation) -> dict[str, Value]:
        """Locations, variables and outputs by global name: what a trace shows and a sentence reads."""
        return {**now.values, **self.outputs(now)}

    def _value(self, expr: Expr, now: Situation) -> Value:
        def leaf(item: Leaf) -> Value:
            match item:
                case Name(name):
                    return now.values[name]
                case Clock(name):
                    return now.clocks[name]
                case Param(name):
                    return self.parameters[name]
            raise TypeError(f"{item} has no value in a situation")

        return evaluate(expr, leaf)

    def _seconds(self, expr: Expr) -> Fraction:
        value = evaluate(expr, lambda item: self.parameters[item.name])  # type: ignore[union-attr]
        assert isinstance(value, Fraction)
        return value

    def _transition(self, move: Move) -> Transition:
        return self._own[move.instance, move.index].transition

    # -- steps ------------------------------------------------------------------------------------------------------

    def _ready(self, now: Situation, who: str, index: int) -> bool:
        """Whether a transition could be taken as far as its own machine is concerned."""
        own = self._own[who, index]
        transition = own.transition
        if now.location(who) not in transition.sources or not self._value(own.guard, now):
            return False
        elapsed = now.clocks[f"{who}.{TIME_IN_STATE}"]
        match transition.trigger:
            case When():
                return bool(self._value(own.condition, now))
            case After():
                low = self._seconds(own.low)
                if elapsed < low or (elapsed == low and transition.trigger.low_strict):
                    return False
                if own.high is not None:
                    high = self._seconds(own.high)
                    if elapsed > high or (elapsed == high and transition.trigger.high_strict):
                        return False
        if isinstance(transition.trigger, After | May):
            machine = own.instance.machine
            return elapsed > 0 or not machine.rests(machine.state(now.location(who)))
        return True

    def _steps(self, now: Situation) -> Iterator[Step]:
        for (who, index), own in self._own.items():
            transition = own.transition
            if isinstance(transition.trigger, On) or not self._ready(now, who, index):
                continue
            mover = Move(who, index)
            if transition.send is None:
                yield Step((mover,))
                continue
            event = f"{who}.{transition.send}"
            reactions: dict[str, list[Move]] = {}
            for listener, other in self._listeners[event]:
                if self._ready(now, listener, other):
                    reactions.setdefault(listener, []).append(Move(listener, other))
            if self.network.events[event]:
                for moves in reactions.values():
                    for move in moves:
                        yield Step((mover, move), event)
            else:
                for chosen in product(*reactions.values()):
                    yield Step((mover, *chosen), event)

    def _limit(self, now: Situation) -> Limit:
        least: Limit = Limit(None)
        for instance in self.network.instances:
            state = instance.machine.state(now.location(instance.name))
            if state.urgent or state.committed:
                return STUCK
            elapsed = now.clocks[f"{instance.name}.{TIME_IN_STATE}"]
            for bound, strict in self._bounds(now, instance):
                rest = self._seconds(bound) - elapsed
                if rest < 0 or (rest == 0 and strict):
                    return STUCK
                if least.seconds is None or (rest, not strict) < (least.seconds, not least.strict):
                    least = Limit(rest, strict)
        return least

    def _bounds(self, now: Situation, instance: Instance) -> Iterator[tuple[Expr, bool]]:
        state = instance.machine.state(now.location(instance.name))
        if state.at_most is not None:
            yield self.network.globally(instance, state.at_most), False
        if state.less_than is not None:
            yield self.network.globally(instance, state.less_than), True
        for index, transition in enumerate(instance.machine.transitions):
            if isinstance(transition.trigger, After) and state.name in transition.sources:
                own = self._own[instance.name, index]
                if own.high is not None and self._value(own.guard, now):
                    yield own.high, transition.trigger.high_strict


class _Localised:
    """A transition with its expressions in global names."""

    __slots__ = ("assign", "condition", "guard", "high", "instance", "low", "transition")

    def __init__(self, network: Network, instance: Instance, transition: Transition) -> None:
        def globally(expr: Expr) -> Expr:
            return network.globally(instance, expr)

        trigger = transition.trigger
        self.instance = instance
        self.transition = transition
        self.guard = globally(transition.guard)
        self.condition = globally(trigger.condition) if isinstance(trigger, When) else Const(True)
        self.low = globally(trigger.low) if isinstance(trigger, After) else Const(Fraction(0))
        self.high = globally(trigger.high) if isinstance(trigger, After) and trigger.high is not None else None
        self.assign = tuple((f"{instance.name}.{name}", globally(value)) for name, value in transition.assign)


# --- functions over the three methods -----------------------------------------------------------------------------


def step_words(network: Network, step: Step) -> str:
    """What a step does, in the labels of the model: ``meter: running -> rebooting (activates firmware)``."""
    parts = []
    for move in step.moves:
        transition = network.by_name[move.instance].machine.transitions[move.index]
        arrow = f"{'/'.join(transition.sources)} -> {transition.target}" if transition.target else "stays"
        parts.append(f"{move.instance}: {arrow}" + (f" ({transition.label})" if transition.label else ""))
    return "; ".join(parts)


def hurried(network: Network, step: Step) -> bool:
    """Whether no time can pass where a step is possible, so that its instant is nobody's choice."""
    machine = network.by_name[step.mover.instance].machine
    transition = machine.transitions[step.mover.index]
    held = all(machine.state(source).urgent or machine.state(source).committed for source in transition.sources)
    return isinstance(transition.trigger, When) or held


def labels(network: Network) -> dict[str, str]:
    """The plain-English label of every instance, state, variable, parameter and event that has one."""
    found: dict[str, str] = {}
    for instance in network.instances:
        machine = instance.machine
        found[instance.name] = instance.label
        for state in machine.states:
            found[f"{instance.name}.{STATE}={state.name}"] = state.label or state.name
        named = [(item.name, item.label) for item in machine.variables]
        named += [(item.name, item.label) for item in machine.parameters]
        named += [(item.name, item.label) for item in machine.sends]
        found |= {f"{instance.name}.{name}": label for name, label in named if label}
    return found


def run(
    network: Network,
    parameters: Mapping[str, Value],
    moves: list[tuple[Fraction, Step]],
    rest: Fraction = Fraction(0),
    marks: tuple[tuple[Fraction, str], ...] = (),
) -> Trace:
    """The trace of delays (seconds) and steps from the start; :class:`ReplayError` where one is impossible."""
    meaning = Semantics(network, parameters)
    now = meaning.initial()
    first = meaning.valuation(now)
    entries = []
    for number, (delay, step) in enumerate(moves, 1):
        now = _delayed(meaning, now, delay, f"step {number}")
        if step not in meaning.enabled(now).steps:
            raise ReplayError(f"step {number} of {network.name} is not possible: {_refused(network, step)}")
        now = meaning.apply(now, step)
        entries.append(Entry(delay, step, meaning.valuation(now), step_words(network, step)))
    _delayed(meaning, now, rest, "the end")
    return Trace(network.name, meaning.parameters, first, tuple(entries), rest, labels(network), marks)


def _refused(network: Network, step: Step) -> str:
    """A step in words, also where it is none of the network's."""
    for move in step.moves:
        if move.instance not in network.by_name:
            return f"there is no instance {move.instance!r}"
        if not 0 <= move.index < len(network.by_name[move.instance].machine.transitions):
            return f"{move.instance} has no transition {move.index}"
    return step_words(network, step) or "nobody moves in it"


def _delayed(meaning: Semantics, now: Situation, delay: Fraction, where: str) -> Situation:
    if not meaning.enabled(now).limit.allows(delay):
        raise ReplayError(f"{meaning.network.name} cannot wait {delay} s before {where}")
    return meaning.apply(now, delay) if delay else now


def replay(network: Network, trace: Trace) -> Trace:
    """Play a trace again on its source network; :class:`ReplayError` at the first difference."""
    try:
        moves = [(entry.delay, entry.step) for entry in trace.entries]
        again = run(network, trace.parameters, moves, trace.rest, trace.marks)
    except (InputError, RangeError) as error:
        raise ReplayError(f"the trace does not belong to {network.name}: {error}") from error
    if again.initial != trace.initial:
        raise ReplayError(f"the trace starts elsewhere than {network.name}")
    for number, (mine, theirs) in enumerate(zip(again.entries, trace.entries, strict=True), 1):
        if mine.values != theirs.values:
            raise ReplayError(f"after step {number} the values differ from those of {network.name}")
    for time, words in trace.marks:
        if not 0 <= time <= trace.end:
            raise ReplayError(f"the mark {words!r} at {time} s lies outside of the run, which ends at {trace.end} s")
    return again


def walk(network: Network, chance: Random, steps: int) -> Trace:
    """A random run of ``steps`` steps or until nothing more can happen; ranges are settled at their upper ends.

    Delays are drawn up to what is permitted, up to ten minutes where nothing limits them. :class:`InputError`, with
    the run up to there, where a step sets a variable to a value out of its range.
    """
    chosen = {name: p.value.high for name, p in network.parameters.items() if isinstance(p.value, Range)}
    meaning = Semantics(network, chosen)
    now, moves, waited = meaning.initial(), list[tuple[Fraction, Step]](), Fraction(0)
    for _ in range(20 * steps):
        if len(moves) == steps:
            break
        enabled = meaning.enabled(now)
        limit = enabled.limit.seconds
        if (limit is None or limit > 0) and (not enabled.steps or chance.random() < 0.5):
            most = Fraction(600) if limit is None else min(limit, Fraction(600))
            part = (
                Fraction(chance.randint(1, 10), 10) if not enabled.limit.strict else Fraction(chance.randint(1, 9), 10)
            )
            delay = most * part
            now, waited = meaning.apply(now, delay), waited + delay
        elif enabled.steps:
            step = chance.choice(enabled.steps)
            try:
                now = meaning.apply(now, step)
            except RangeError as error:
                before = str(run(network, meaning.parameters, moves, waited)).replace("\n", "\n    ")
                cure = f"forbid the step with 'if', or widen the range; it comes after {before}"
                owner = error.variable.partition(".")[0]
                wrong = next(meaning._transition(move) for move in step.moves if move.instance == owner)
                raise InputError(Problem(str(error), cure, wrong.place)) from error
            moves.append((waited, step))
            waited = Fraction(0)
        else:
            break
    return run(network, meaning.parameters, moves, waited)
