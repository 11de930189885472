"""Random networks: both engines against the region graph, which shares only the reference semantics."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lastgasp.engines import bmc
from lastgasp.engines.zones.engine import Finding, find, sanity
from lastgasp.engines.zones.explore import Budget
from lastgasp.expr import Const, Sent, neg
from lastgasp.network import Network
from lastgasp.recheck.inductive import recheck_inductive
from lastgasp.semantics import run
from lastgasp.sentences import Formula, Held, NeverHeld, SendsOnlyIf, Sentence
from lastgasp.signals import errs, signal_of
from lastgasp.system import TimedSystem, compiled
from tests.oracle.regions import Region, RegionGraph, TooLarge
from tests.oracle.strategies import Bad, questions

DEPTH = 4
"""How many steps the bounded search looks ahead."""

random_networks = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


PATIENCE = 60
"""How many seconds a network's sanity may take; beyond it nothing is known of it, and nothing compared."""


class Paper:
    """What the region graph says of the goals 'never bad' and 'no cast while bad'."""

    def __init__(self, network: Network, bad: Bad) -> None:
        self.graph = RegionGraph(network, 1_500)
        self.bad = {region for region in self.graph.depth if bad(self.graph.valuation(region))}

    def least(self, regions: set[Region]) -> int | None:
        return self.graph.least(regions)

    @property
    def lasting(self) -> int | None:
        """The least number of steps after which a positive time may pass in a bad situation.

        'Never bad' errs there. Time may pass inside of the region, or out of it after the least delay that leaves it.
        """
        return self.least({region for region in self.bad if region in self.graph.lingers or region in self.graph.later})

    def sent(self, event: str) -> int | None:
        """The least number of steps the last of which sends the event from a bad situation."""
        found = [
            self.graph.depth[region] + 1
            for region in self.bad
            for step, _ in self.graph.steps[region]
            if step.event == event
        ]
        return min(found, default=None)

    @property
    def meaningless(self) -> bool:
        """Whether from somewhere time cannot go on for ever, or steps can go on for ever in one instant."""
        return bool(self.graph.timelocked() or self.graph.instant_loops())

    @property
    def error(self) -> int | None:
        """The least number of steps the last of which leaves a range."""
        return min((self.graph.depth[region] + 1 for region in self.graph.errors), default=None)


def stands(network: Network, formula: Formula, moves: bmc.Moves, rest: Fraction, steps: int) -> None:
    """A run that breaks the goal: it replays, and the direct evaluator sees the error at its very end."""
    trace = run(network, {}, list(moves), rest)
    assert len(trace.entries) == steps
    assert errs(formula, signal_of(trace, network), {}) is not None


def by_zones(
    network: Network, system: TimedSystem, formula: Formula, expected: int | None, error: int | None
) -> Finding:
    found = find(system, Budget())
    if error is None:
        assert (found.broken is None) == (expected is None)
        assert (found.proof is None) == (expected is not None)
    if found.broken is not None:
        assert expected is not None
        stands(network, formula, tuple(found.broken[0]), found.broken[1], expected)
    if found.proof is not None:
        recheck_inductive(system, found.proof)
        assert expected is None
        assert error is None
    if found.broken is None and found.proof is None:
        assert found.defect is not None
        assert "range" in found.defect.reason
        assert error is not None
    return found


def by_search(network: Network, system: TimedSystem, formula: Formula, expected: int | None, error: int | None) -> None:
    within = [depth for depth in (expected, error) if depth is not None and depth <= DEPTH]
    match bmc.search(system, depth=DEPTH):
        case bmc.Found(moves, rest, _, depth):
            assert depth == expected == min(within)
            stands(network, formula, moves, rest, depth)
        case bmc.OutOfRange(moves):
            assert len(moves) == error == min(within)
        case bmc.Clean():
            assert not within
        case bmc.Exhausted(depth):
            assert expected is None
            assert error is None
            assert depth < DEPTH
        case other:
            raise AssertionError(other)


def agree_on(
    examples: int, *, searched: int, progress: Callable[[Counter[str]], object] = lambda seen: None
) -> Counter[str]:
    """Ask both engines about that many random networks, bounded search about one goal in ``searched``."""
    seen: Counter[str] = Counter()

    @settings(random_networks, max_examples=examples)
    @given(questions(), st.data())
    def agree(question: tuple[Network, Bad], data: st.DataObject) -> None:
        network, bad = question
        try:
            paper = Paper(network, bad)
        except TooLarge:
            seen["too large"] += 1
            return
        seen["networks"] += 1
        sender = data.draw(st.sampled_from(network.instances)).name
        event = Sent(f"{sender}.cast")
        goals: list[tuple[Formula, int | None]] = [
            (NeverHeld(bad.expr), paper.lasting),
            (SendsOnlyIf(event, Held(neg(bad.expr))), paper.sent(event.event)),
        ]
        for number, (formula, expected) in enumerate(goals):
            system = compiled(network, {}, Sentence("goal", formula))
            by_zones(network, system, formula, expected, paper.error)
            seen[f"goal {number} {'fails' if expected is not None else 'holds'}"] += 1
            if (2 * seen["networks"] + number) % searched == 0:
                by_search(network, system, formula, expected, paper.error)
                seen["searched"] += 1
        sane = sanity(compiled(network), Budget(until=time.monotonic() + PATIENCE))
        if not sane.complete and sane.defect is None:
            seen["given up"] += 1
            return
        assert (sane.defect is not None) == (paper.error is not None or paper.meaningless)
        seen["range errors"] += paper.error is not None
        seen["defects"] += sane.defect is not None
        progress(seen)

    agree()
    return seen


def test_both_engines_agree_with_the_region_graph() -> None:
    seen = agree_on(220, searched=3)
    assert seen["networks"] >= 200, seen
    assert not seen["given up"], seen
    for kind in ("goal 0 fails", "goal 0 holds", "goal 1 fails", "goal 1 holds", "range errors", "defects"):
        assert seen[kind] >= 10, seen


@pytest.mark.long
def test_both_engines_agree_on_twenty_thousand_networks() -> None:
    """``pytest -m long -k twenty_thousand -s`` prints what was seen, every 500 networks and at the end."""

    def progress(seen: Counter[str]) -> None:
        if seen["networks"] % 500 == 0:
            print(dict(seen), flush=True)  # noqa: T201

    seen = agree_on(20_000, searched=50, progress=progress)
    print(dict(seen))  # noqa: T201
    assert seen["networks"] >= 18_000, seen
    assert seen["given up"] <= 100, seen


def test_a_restriction_takes_away_exactly_the_runs_that_break_it() -> None:
    """With the assumption 'never bad' the goal 'never bad' holds, and what is reachable within it stays so."""

    @settings(random_networks, max_examples=60)
    @given(questions())
    def agree(question: tuple[Network, Bad]) -> None:
        network, bad = question
        try:
            paper = Paper(network, bad)
        except TooLarge:
            return
        never = Sentence("never", NeverHeld(bad.expr, Const(Fraction(0))))
        system = compiled(network, {"never": never}, never)
        found = find(system, Budget())
        assert found.broken is None
        if paper.error is None:
            assert found.proof is not None
            recheck_inductive(system, found.proof)

    agree()
