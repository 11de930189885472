"""A network that runs: each machine a ``transitions.Machine``, all of them under one small scheduler with a clock.

    show = Performance(network, clock=RealClock(speed=60), entered=print, sent=print)
    trace = show.run(600)                                    # ten minutes of the network in ten seconds

Time in the network is exact; the clock only decides how long the world waits for it. What is left open (which step, how
long to wait) a policy decides. Nothing here uses :mod:`lastgasp.semantics` to decide what is possible; the trace that
comes out is played again by it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from lastgasp.errors import InputError, Problem
from lastgasp.expr import Clock as ClockLeaf
from lastgasp.expr import Expr, Leaf, Name, Param, Value, contains, evaluate
from lastgasp.lazy import lazy
from lastgasp.machine import STATE, TIME_IN_STATE, After, Instance, May, On, Range, Transition, When
from lastgasp.network import Network
from lastgasp.semantics import Limit, run
from lastgasp.trace import Move, Step, Trace

if TYPE_CHECKING:
    from lastgasp.explore import machines
else:
    machines = lazy("lastgasp.explore.machines")

POSSIBLE = "choose one of the steps that it is given, or a wait, more than none and within the limit"

INSTANT = 1000
"""So many steps in one instant are taken for an endless chain of them."""

LONG = Fraction(600)
"""How long the default policy waits at most (seconds) where nothing limits it."""


class Clock(Protocol):
    """What lets the world wait while time passes in the network."""

    def wait(self, seconds: Fraction) -> None: ...


class SimulatedClock:
    """Lets no real time pass at all."""

    def wait(self, seconds: Fraction) -> None:
        """Return at once."""


class RealClock:
    """Real time from the first wait on, ``speed`` seconds of the network in each second. Delays do not add up."""

    def __init__(self, speed: Fraction | int = 1) -> None:
        self.speed = Fraction(speed)
        self.passed = Fraction(0)
        self.begun: float | None = None

    def wait(self, seconds: Fraction) -> None:
        """Sleep until the network's time has come."""
        if self.begun is None:
            self.begun = time.monotonic()
        self.passed += seconds
        left = self.begun + float(self.passed / self.speed) - time.monotonic()
        if left > 0:
            time.sleep(left)


Policy = Callable[[list[Step], Fraction | None, bool], Step | Fraction]
"""Chooses a step, or a wait in seconds, more than none and within the limit (``None``: no limit; ``True``: less)."""


def at_random(seed: int = 0) -> Policy:
    """A policy that takes a step half of the time where one is possible, and waits for whole seconds where it may."""
    chance = Random(seed)

    def choose(steps: list[Step], limit: Fraction | None, strict: bool) -> Step | Fraction:
        if steps and (limit == 0 or chance.random() < 0.5):
            return chance.choice(steps)
        most = LONG if limit is None else min(limit, LONG)
        wait = most * Fraction(chance.randint(1, 9 if strict else 10), 10)
        return Fraction(int(wait)) if wait > 1 else wait

    return choose


class Performance:
    """A network that runs. ``machines`` are its ``transitions.Machine`` objects by instance.

    ``entered(time, instance, state)`` and ``sent(time, event, receivers)`` are called as it happens, times in exact
    seconds. Parameters (durations: a ``Fraction`` of seconds) with a range have their upper end unless given. Raises
    :class:`InputError` for parameters that do not exist.
    """

    def __init__(
        self,
        network: Network,
        parameters: Mapping[str, Fraction | int | bool] | None = None,
        *,
        clock: Clock | None = None,
        policy: Policy | None = None,
        entered: Callable[[Fraction, str, str], object] | None = None,
        sent: Callable[[Fraction, str, tuple[str, ...]], object] | None = None,
    ) -> None:
        self.network = network.with_settings(dict(parameters or {}))
        self.parameters: dict[str, Value] = {
            name: p.value.high if isinstance(p.value, Range) else p.value for name, p in self.network.parameters.items()
        }
        self.clock, self.policy = clock or SimulatedClock(), policy or at_random()
        self.on_entered, self.on_sent = entered, sent
        self.time = Fraction(0)
        self.waited = Fraction(0)
        self.moves: list[tuple[Fraction, Step]] = []
        self.players = {instance.name: _Player(self, instance) for instance in self.network.instances}
        self.granted: frozenset[Move] = frozenset()

    @property
    def machines(self) -> dict[str, Any]:
        """The ``transitions.Machine`` of each instance."""
        return {name: player.machine for name, player in self.players.items()}

    @property
    def trace(self) -> Trace:
        """What has happened so far, played again by the reference semantics."""
        return run(self.network, self.parameters, self.moves, self.waited)

    # -- what can happen --------------------------------------------------------------------------------------------

    def options(self) -> list[Step]:
        """The steps that can be taken now."""
        steps = [step for player in self.players.values() for step in self._led_by(player)]
        committed = {name for name, player in self.players.items() if player.here.committed}
        if committed:
            return [step for step in steps if committed & {move.instance for move in step.moves}]
        at_once = [step for step in steps if isinstance(self._transition(step.mover).trigger, When)]
        return at_once or steps

    def limit(self) -> tuple[Fraction | None, bool]:
        """How long it is possible to wait, in seconds (``None``: as long as one likes), and whether less than that."""
        if any(isinstance(self._transition(step.mover).trigger, When) for step in self.options()):
            return Fraction(0), False
        ends = [end for player in self.players.values() for end in player.deadlines()]
        if any(player.here.committed or player.here.urgent for player in self.players.values()):
            return Fraction(0), False
        if not ends:
            return None, False
        end, inclusive = min(ends)
        left = end - self.time
        return (left, not inclusive) if left > 0 else (Fraction(0), False)

    def _led_by(self, player: _Player) -> Iterator[Step]:
        for index, transition in enumerate(player.instance.machine.transitions):
            if isinstance(transition.trigger, On) or not player.may(index):
                continue
            mover = Move(player.name, index)
            if transition.send is None:
                yield Step((mover,))
                continue
            event = f"{player.name}.{transition.send}"
            heard = [
                [Move(other.name, number) for number in other.hearing(event) if other.may(number)]
                for other in self.players.values()
            ]
            if self.network.events[event]:
                yield from (Step((mover, move), event) for moves in heard for move in moves)
            else:
                yield from (Step((mover, *chosen), event) for chosen in product(*filter(None, heard)))

    def _transition(self, move: Move) -> Transition:
        return self.players[move.instance].instance.machine.transitions[move.index]

    # -- letting it happen ------------------------------------------------------------------------------------------

    def wait(self, seconds: Fraction) -> None:
        """Let time pass, in the network and in the world."""
        self.clock.wait(seconds)
        self.time += seconds
        self.waited += seconds
        for player in self.players.values():
            player.stand_still(seconds)

    def take(self, step: Step) -> None:
        """Let a step of :meth:`options` happen. All of its machines read what was before it."""
        changes = [(move, self.players[move.instance].assigned(move.index)) for move in step.moves]
        self.granted = frozenset(step.moves)
        for move, values in changes:
            self.players[move.instance].go(move.index, values)
        self.granted = frozenset()
        self.moves.append((self.waited, step))
        self.waited = Fraction(0)
        if step.event is not None and self.on_sent is not None:
            self.on_sent(self.time, step.event, tuple(move.instance for move in step.moves[1:]))

    def run(self, seconds: Fraction | int) -> Trace:
        """Let the policy run it for so much of the network's time; a wait that is longer ends there.

        :class:`InputError` where the network gets stuck, or the policy chooses what is not possible.
        """
        end, here = self.time + seconds, 0
        while self.time < end:
            if here == INSTANT:
                what = f"{self.network.name} goes on without end {self.time} s after its start, and no time passes"
                raise InputError(Problem(what, "ask 'lastgasp check --sanity' for its instant loops"))
            steps, (limit, strict) = self.options(), self.limit()
            if not steps and limit == 0:
                what = f"nothing can happen any more in {self.network.name}, {self.time} s after its start"
                raise InputError(Problem(what, "ask 'lastgasp check --sanity' for its timelocks"))
            chosen = self.policy(steps, limit, strict)
            if isinstance(chosen, Step) and chosen in steps:
                self.take(chosen)
                here += 1
            elif isinstance(chosen, Fraction | int) and chosen > 0 and Limit(limit, strict).allows(Fraction(chosen)):
                self.wait(min(Fraction(chosen), end - self.time))
                here = 0
            else:
                raise InputError(Problem(f"the policy chose {chosen}, which is not possible", POSSIBLE))
        return self.trace

    def value(self, expr: Expr) -> Value:
        """An expression over global names, now."""

        def leaf(item: Leaf) -> Value:
            match item:
                case Name(name):
                    owner, _, own = name.partition(".")
                    return self.players[owner].value(own)
                case ClockLeaf(name):
                    owner, _, own = name.partition(".")
                    return self.time - self.players[owner].started[own]
                case Param(name):
                    return self.parameters[name]
            raise TypeError(f"{item} has no value while a network runs")

        return evaluate(expr, leaf)


class _Player:
    """One instance: the model of its ``transitions.Machine``, with its variables and when its clocks started."""

    def __init__(self, stage: Performance, instance: Instance) -> None:
        self.stage, self.instance, self.name = stage, instance, instance.name
        machine = instance.machine
        self.data: dict[str, Value] = {variable.name: variable.initial for variable in machine.variables}
        self.started = dict.fromkeys((TIME_IN_STATE, *(clock.name for clock in machine.clocks)), Fraction(0))
        self.pauses = {clock.name: clock.pauses for clock in machine.clocks}
        ways = [
            machines.Way(f"t{index}", item.sources, item.target, partial(self.allows, index))
            for index, item in enumerate(machine.transitions)
        ]
        self.state: str
        self.may_trigger: Callable[[str], bool]
        self.trigger: Callable[[str], bool]
        names = [state.name for state in machine.states]
        self.machine = machines.built(self, names, machine.initial.name, ways, self.entered)

    @property
    def here(self) -> Any:
        return self.instance.machine.state(self.state)

    def value(self, own: str) -> Value:
        return self.state if own == STATE else self.data[own]

    def glob(self, expr: Expr) -> Expr:
        return self.stage.network.globally(self.instance, expr)

    def seconds(self, expr: Expr) -> Fraction:
        return Fraction(self.stage.value(self.glob(expr)))

    def may(self, index: int) -> bool:
        """Whether its machine would take a transition now."""
        return bool(self.may_trigger(f"t{index}"))

    def hearing(self, event: str) -> list[int]:
        return [index for who, index, _ in self.stage.network.listeners(event) if who.name == self.name]

    def allows(self, index: int) -> bool:
        """The condition of a transition, its source apart, which the machine looks after."""
        if Move(self.name, index) in self.stage.granted:
            return True
        item = self.instance.machine.transitions[index]
        age = self.stage.time - self.started[TIME_IN_STATE]
        match item.trigger:
            case When(condition) if not self.stage.value(self.glob(condition)):
                return False
            case After(low, high, low_strict, high_strict):
                least, most = self.seconds(low), None if high is None else self.seconds(high)
                if age < least or (low_strict and age == least):
                    return False
                if most is not None and (age > most or (high_strict and age == most)):
                    return False
        if isinstance(item.trigger, After | May) and age == 0 and self.instance.machine.rests(self.here):
            return False
        return bool(self.stage.value(self.glob(item.guard)))

    def deadlines(self) -> Iterator[tuple[Fraction, bool]]:
        """The instants up to which its state may last, and whether they are included."""
        begun = self.started[TIME_IN_STATE]
        for bound, inclusive in ((self.here.at_most, True), (self.here.less_than, False)):
            if bound is not None:
                yield begun + self.seconds(bound), inclusive
        for item in self.instance.machine.transitions:
            trigger = item.trigger
            if not isinstance(trigger, After) or trigger.high is None or self.state not in item.sources:
                continue
            if self.stage.value(self.glob(item.guard)):
                yield begun + self.seconds(trigger.high), not trigger.high_strict

    def stand_still(self, seconds: Fraction) -> None:
        """Stopwatches that are paused do not notice that time passes."""
        for clock, states in self.pauses.items():
            if self.state in states:
                self.started[clock] += seconds

    def assigned(self, index: int) -> dict[str, Value]:
        """The values that a transition sets; :class:`InputError` for one out of its variable's range."""
        found = {}
        domains = {variable.name: variable.domain for variable in self.instance.machine.variables}
        for name, expr in self.instance.machine.transitions[index].assign:
            found[name] = self.stage.value(self.glob(expr))
            if not contains(domains[name], found[name]):
                raise InputError(f"{self.name} sets {name} to {found[name]}, which is out of its range")
        return found

    def go(self, index: int, values: Mapping[str, Value]) -> None:
        """Let its machine take a transition."""
        self.trigger(f"t{index}")
        self.data.update(values)
        for clock in self.instance.machine.transitions[index].restart:
            self.started[clock] = self.stage.time

    def entered(self, state: str) -> None:
        """Called by the machine with each state that it enters."""
        self.started[TIME_IN_STATE] = self.stage.time
        if self.stage.on_entered is not None:
            self.stage.on_entered(self.stage.time, self.name, state)
