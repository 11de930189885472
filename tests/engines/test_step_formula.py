"""The reference step agrees with the transition formula, both ways, on random networks.

From each situation of a random walk: the formula allows exactly the steps that the reference semantics enables, each
leads exactly where the reference says, and exactly the delays within the reference's limit are possible.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lastgasp.engines.encode import Encoding
from lastgasp.engines.solver import Answer, Sat, Solver, Unsat
from lastgasp.expr import Bool, Choice, Domain, Reference, Value, Whole
from lastgasp.machine import State
from lastgasp.network import Network
from lastgasp.semantics import RangeError, Semantics, Situation
from lastgasp.system import compiled
from lastgasp.trace import Step
from tests.oracle.strategies import Shape, networks

WALK = 4
"""Steps of each random walk."""

seen: dict[str, int] = {"triples": 0, "refused": 0, "delays": 0, "range errors": 0}


class Formula:
    """The transition formula of a network, asked about concrete situations."""

    def __init__(self, network: Network) -> None:
        self.solver = Solver()
        self.encoding = Encoding(compiled(network), self.solver.context)

    def step(self, now: Situation, step: Step, after: Situation) -> Answer:
        """Whether this step leads from ``now`` to ``after`` without delay."""
        encoding = self.encoding
        return self.solver.check(
            encoding.transition_formula,
            encoding.no_delay,
            encoding.pinned(now.values, now.clocks),
            encoding.step_is(step),
            encoding.pinned(after.values, after.clocks, after=True),
        )

    def leaves_range(self, now: Situation, step: Step) -> Answer:
        """Whether this step is taken and assigns a value out of range."""
        encoding = self.encoding
        taken = (encoding.delay, encoding.step, encoding.no_delay, encoding.step_is(step), encoding.domains)
        return self.solver.check(*taken, encoding.pinned(now.values, now.clocks), encoding.leaves_range)

    def other_step(self, now: Situation, steps: tuple[Step, ...]) -> Answer:
        """Whether some step is possible that is none of these."""
        encoding = self.encoding
        others = (encoding.negation(encoding.step_is(step)) for step in steps)
        here = (encoding.step, encoding.no_delay, encoding.domains, encoding.pinned(now.values, now.clocks))
        return self.solver.check(*here, *others)

    def delay(self, now: Situation, delay: Fraction) -> Answer:
        """Whether that many seconds can pass."""
        encoding = self.encoding
        waits = encoding.waited == encoding.number(delay)
        return self.solver.check(encoding.delay, waits, encoding.domains, encoding.pinned(now.values, now.clocks))


def wrong_targets(network: Network, after: Situation, dice: random.Random) -> Iterator[Situation]:
    """Situations that differ from this one in one value, and in one clock."""
    name = dice.choice(list(after.values))
    domain: Domain = network.variables[name][0]  # type: ignore[assignment]
    others: list[Value] = []
    match domain:
        case Bool() | Choice() | Reference() | Whole():
            others = [value for value in domain.values() if value != after.values[name]]
    if others:
        yield replace(after, values={**after.values, name: dice.choice(others)})
    clock = dice.choice(list(after.clocks))
    yield replace(after, clocks={**after.clocks, clock: after.clocks[clock] + Fraction(1, dice.choice((1, 2, 7)))})


def agree_here(network: Network, meaning: Semantics, formula: Formula, now: Situation, dice: random.Random) -> None:
    enabled = meaning.enabled(now)
    for step in enabled.steps:
        try:
            after = meaning.apply(now, step)
        except RangeError:
            assert isinstance(formula.leaves_range(now, step), Sat)
            assert formula.step(now, step, now) == Unsat()
            seen["range errors"] += 1
            continue
        assert isinstance(formula.step(now, step, after), Sat)
        assert formula.leaves_range(now, step) == Unsat()
        seen["triples"] += 1
        for wrong in wrong_targets(network, after, dice):
            assert formula.step(now, step, wrong) == Unsat()
            seen["refused"] += 1
    assert formula.other_step(now, enabled.steps) == Unsat()
    limit = enabled.limit.seconds
    around = [limit, limit / 2, limit + Fraction(1, 3)] if limit is not None else [Fraction(1, 3), Fraction(50)]
    for delay in {Fraction(0), *around}:
        expected = enabled.limit.allows(delay)
        assert isinstance(formula.delay(now, delay), Sat if expected else Unsat)
        seen["delays"] += 1


def agree_along(network: Network, seed: int) -> None:
    """Compare along one random walk."""
    dice = random.Random(seed)
    meaning, formula = Semantics(network), Formula(network)
    now = meaning.initial()
    for _ in range(WALK):
        agree_here(network, meaning, formula, now, dice)
        limit = meaning.enabled(now).limit
        delays = [Fraction(1, 2), Fraction(1), Fraction(2), Fraction(1, 3), *([limit.seconds] if limit.seconds else [])]
        possible = [delay for delay in delays if limit.allows(delay)]
        if possible and dice.random() < 0.8:
            now = meaning.apply(now, dice.choice(possible))
            agree_here(network, meaning, formula, now, dice)
        steps = meaning.enabled(now).steps
        if not steps:
            return
        try:
            now = meaning.apply(now, dice.choice(steps))
        except RangeError:
            return


def with_pauses(network: Network, dice: random.Random) -> Network:
    """The network with its explicit clocks paused in one state of each machine."""

    def paused(states: tuple[State, ...]) -> tuple[str, ...]:
        return (dice.choice(states).name,)

    return replace(
        network,
        instances=tuple(
            replace(
                instance,
                machine=replace(
                    instance.machine,
                    clocks=tuple(replace(c, pauses=paused(instance.machine.states)) for c in instance.machine.clocks),
                ),
            )
            for instance in network.instances
        ),
    )


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(networks(Shape()), st.integers(0, 1000), st.booleans())
def compare(network: Network, seed: int, pauses: bool) -> None:
    agree_along(with_pauses(network, random.Random(seed)) if pauses else network, seed)


def test_the_transition_formula_means_what_the_reference_step_means() -> None:
    seen.update(dict.fromkeys(seen, 0))
    compare()
    assert seen["triples"] >= 200
    assert seen["refused"] >= 200
    assert seen["delays"] >= 200
    assert seen["range errors"] >= 5
