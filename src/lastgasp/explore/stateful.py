"""Random runs driven by Hypothesis: generated from a seed and guided by one score.

Its ``RuleBasedStateMachine`` is not used. Rules stand there beforehand, one is drawn by name, then its arguments; here
one round of a run is exactly two choices among what is possible, and what that is, waits included, is known only when
the run is there. Rules "wait" and "step" would draw indices all the same, and hide how a run ends (the goal is broken,
the time is up, nothing can happen) in a runner made for tests.

Nor is its shrinking: an index means something else once an earlier step is gone, so with runs of 25 steps it tried more
than a thousand others, which took minutes. :mod:`lastgasp.explore.shortening` leaves out steps, which stay what they
are; then Hypothesis is asked for runs with fewer steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import TypeVar

import hypothesis
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from lastgasp.explore.far import FAR
from lastgasp.explore.runs import Moves, Task, Walk
from lastgasp.explore.shortening import hastened, shortened
from lastgasp.expr import Value
from lastgasp.machine import Range
from lastgasp.network import Network
from lastgasp.semantics import RangeError
from lastgasp.sentences import Sentence
from lastgasp.trace import Move, Step

FRUITLESS = 3
"""After so many rounds in which no step was possible, nothing more is expected of a run."""

CHANCES = 4
"""In so many parts the chance is counted that a run tires of a step."""

T = TypeVar("T")

AGAIN = 300
"""How many runs are drawn to find one with fewer steps."""

Choose = Callable[[int], int]
"""Chooses one of so many possibilities, counted from 0."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was found: the parameters chosen, delays and steps, and the rest after the last step (seconds)."""

    parameters: Mapping[str, Value] = field(hash=False)
    moves: Moves
    rest: Fraction


@dataclass(slots=True)
class Explored:
    """What random runs came across. ``broken`` is the shrunk run that breaks the goal, first met in run ``found_in``.

    ``artefact`` breaks the goal, but no way was found to go on from there; ``timelock`` is a run after which the
    network itself lets nothing happen, not even time; ``overflow`` ends with a step that leaves a range, in words.
    ``states`` and ``moves`` are what was visited on the way: values of all variables, transitions of machines.
    """

    runs: int = 0
    steps: int = 0
    late: bool = False
    found_in: int = 0
    broken: Run | None = None
    artefact: Run | None = None
    timelock: Run | None = None
    overflow: tuple[Run, str] | None = None
    states: set[tuple[Value, ...]] = field(default_factory=set)
    moves: set[Move] = field(default_factory=set)


class Mood:
    """The steps that a run has had enough of: it takes them again only where it must.

    Much happens only where for a while much else does not, and runs in which anything may happen at any time seldom
    come to it. So a run tires of a step that it took with a chance that is drawn for the run; in the plainest, never.
    (Swarm testing, Groce et al. 2012, leaves out such things from the start, as Hypothesis's rule-based machines do;
    here most have to happen once.)
    """

    def __init__(self, choose: Choose) -> None:
        self.choose, self.chance = choose, choose(CHANCES)
        self.tired_of: set[Move] = set()

    def likes(self, step: Step) -> bool:
        """Whether the run takes such a step also where it need not."""
        return step.mover not in self.tired_of

    def took(self, step: Step) -> None:
        """Perhaps the run is now tired of such steps."""
        if self.chance and self.choose(CHANCES) < self.chance:
            self.tired_of.add(step.mover)


class _Broken(Exception):
    """What Hypothesis sees fail."""


class _TimeUp(BaseException):
    """Ends Hypothesis at once; it lets everything pass that is no ``Exception``."""


class Search:
    """Random runs of one network."""

    def __init__(
        self, network: Network, goal: Sentence, restrict: Mapping[str, Sentence], steps: int, until: float | None = None
    ) -> None:
        """``steps`` bounds the length of a run, ``until`` is an instant of the monotonic clock in seconds."""
        self.network, self.goal, self.restrict = network, goal, restrict
        self.length, self.until = steps, until
        self.found = Explored()
        self.tasks: dict[tuple[Value, ...], Task] = {}
        self.options = {name: _values(p.value) for name, p in network.parameters.items()}

    def driven(self, runs: int, seed: int) -> Explored:
        """So many runs chosen by Hypothesis, from a seed; a run that breaks the goal is made as short as can be.

        The same seed gives the same runs. Whatever is found is made shorter by leaving out steps, then again fewer
        steps are allowed and runs drawn, until that finds nothing more.
        """
        self.drive(runs, seed)
        length, known = self.length, None
        while self.found.broken is not known and not self.found.late:
            known = self.found.broken = self.plainer()
            self.length = len(known.moves) - 1
            self.drive(AGAIN, seed + 1)
        self.length = length
        return self.found

    def plainer(self) -> Run:
        """The run that was found with as few of its steps as can be, and no longer waits than it takes."""
        found = self.found.broken
        assert found is not None
        task = self.tasks[tuple(found.parameters[name] for name in self.options)]
        return _run(hastened(task, shortened(task, found.moves, self.late), self.late))

    def late(self) -> bool:
        """Whether the time is up; that it was is remembered."""
        self.found.late = self.found.late or (self.until is not None and time.monotonic() > self.until)
        return self.found.late

    def drive(self, runs: int, seed: int) -> None:
        """Let Hypothesis choose so many runs, up to the first that breaks the goal."""

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=runs,
            database=None,
            deadline=None,
            derandomize=False,
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=hypothesis.Verbosity.quiet,
            phases=[hypothesis.Phase.generate, hypothesis.Phase.target],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(st.randoms(use_true_random=False))
        def one(chance: Random) -> None:
            score = self.run(lambda count: chance.randint(FAR, FAR + count - 1) - FAR)
            hypothesis.target(float(score), label="distinct states in this run")

        try:
            one()
        except (_Broken, _TimeUp):
            pass
        except Flaky:  # a run that was cut off draws less than it drew before
            if not self.found.late:
                raise

    def wandering(self, runs: int, seed: int) -> Explored:
        """So many plain random runs, neither guided nor shrunk: what :meth:`driven` is measured against."""
        chance = Random(seed)
        for _ in range(runs):
            try:
                self.run(chance.randrange)
            except (_Broken, _TimeUp):
                break
        return self.found

    def run(self, choose: Choose) -> int:
        """One run; how many distinct states it visited. Raises where it breaks the goal and can go on."""
        found = self.found
        if self.late():
            raise _TimeUp
        if found.broken is None:
            found.runs += 1
        walk, mood = Walk(self.task(choose)), Mood(choose)
        first = tuple(walk.now.values.values())
        visited = {first}
        found.states.add(first)
        fruitless = 0
        while fruitless < FRUITLESS and len(walk.moves) < self.length:
            delays = [] if self.spoilt(walk) else walk.delays()
            if not delays:
                break
            if len(delays) > 1 and not delays[0] and not any(map(mood.likes, walk.steps)):
                delays = delays[1:]
            walk.wait(_one(delays, choose))
            follower = self.follower(walk, choose, mood)
            if follower is None:
                fruitless += 1
                continue
            walk, fruitless = follower, 0
            mood.took(walk.moves[-1][1])
            here = tuple(walk.now.values.values())
            visited.add(here)
            found.states.add(here)
            found.moves.update(walk.moves[-1][1].moves)
            found.steps += 1
        self.spoilt(walk)
        return len(visited)

    def task(self, choose: Choose) -> Task:
        """The network with parameters chosen from their ranges."""
        values = tuple(_one(options, choose) for options in self.options.values())
        if values not in self.tasks:
            chosen = dict(zip(self.options, values, strict=True))
            self.tasks[values] = Task(self.network, self.goal, self.restrict, chosen)
        return self.tasks[values]

    def spoilt(self, walk: Walk) -> bool:
        """Whether the run has broken the goal and cannot go on. Raises where it breaks the goal and can go on."""
        wait = walk.broken()
        if wait is None:
            return False
        end = walk.after_waiting(wait)
        run = _run(end)
        if not end.goes_on():
            self.found.artefact = self.found.artefact or run
            return not wait
        if self.found.broken is None:
            self.found.found_in = self.found.runs
        if self.found.broken is None or len(run.moves) <= min(self.length, len(self.found.broken.moves)):
            self.found.broken = run
        raise _Broken

    def follower(self, walk: Walk, choose: Choose, mood: Mood) -> Walk | None:
        """The run after a chosen step, or after the next one that is permitted and no dead end; ``None``: no such."""
        steps = [step for step in walk.steps if mood.likes(step)]
        others = walk.steps if walk.room.seconds == 0 else []
        if not steps:
            steps, others = others, []
        if not steps:
            if walk.enabled.limit.seconds == 0 and self.found.timelock is None:
                self.found.timelock = _run(walk)
            return None
        first = choose(len(steps)) if len(steps) > 1 else 0
        for step in (*steps[first:], *steps[:first], *others):
            try:
                after = walk.after(step)
            except RangeError as error:
                self.found.overflow = self.found.overflow or (_run(walk), str(error))
                continue
            if after is not None and not after.dead:
                return after
            if after is not None and not after.enabled.steps and after.enabled.limit.seconds == 0:
                self.found.timelock = self.found.timelock or _run(after)
            if after is not None:
                self.spoilt(after)
        return None


def _one(options: Sequence[T], choose: Choose) -> T:
    return options[choose(len(options)) if len(options) > 1 else 0]


def _run(walk: Walk) -> Run:
    return Run(walk.task.parameters, walk.moves, walk.waited)


def _values(value: Value | Range) -> tuple[Value, ...]:
    """The values of a parameter that are tried: its ends, its middle, and the neighbours of its ends; widest first."""
    if not isinstance(value, Range):
        return (value,)
    low, high = value.low, value.high
    middle = (low + high) / 2 if isinstance(low, Fraction) else (low + high) // 2
    near = [item for item in (low + 1, high - 1) if low < item < high]
    return tuple(dict.fromkeys((high, low, middle, *near)))
