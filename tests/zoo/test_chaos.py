"""Machines that do whatever they like: what they never break, no machine in their place breaks."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from lastgasp.chaos import freed
from lastgasp.engines.zones.engine import find
from lastgasp.engines.zones.explore import Budget
from lastgasp.errors import InputError, NotApplicable
from lastgasp.network import Network
from lastgasp.sentences import Sentence
from lastgasp.system import compiled
from tests.oracle.strategies import Shape, formulas, networks
from tests.zoo.zoo import SUPPLY, network, question

SHAPE = Shape(handshakes=False)


def compared(examples: int, number: int) -> Counter[str]:
    """Free some machines of so many random networks, and look for a run with the old ones that the new ones lack."""
    seen: Counter[str] = Counter()

    @seed(number)
    @settings(
        deadline=None,
        database=None,
        max_examples=examples,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        network = data.draw(networks(SHAPE))
        goal = Sentence("goal", data.draw(formulas(network)))
        more = data.draw(st.lists(formulas(network), max_size=1))
        restrict = {f"more {number}": Sentence(f"more {number}", formula) for number, formula in enumerate(more)}
        parties = [item.name for item in network.instances if item.machine.party]
        if not parties:
            return
        free = data.draw(st.sets(st.sampled_from(parties), min_size=1))
        try:
            other = freed(network, free, [goal, *restrict.values()])
            loose = find(compiled(other.network, restrict, goal), Budget(nodes=20_000))
        except NotApplicable:
            seen["refused"] += 1
            return
        except InputError:
            return
        strict = find(compiled(network, restrict, goal), Budget(nodes=20_000))
        seen["hasty" if "haste" in str(other.network.variables) else "not hasty"] += 1
        if loose.proof is not None:
            seen["proved"] += 1
            seen["proved, some kept"] += free != set(network.by_name)
            if not other.hearing:
                assert strict.broken is None, (free, network, goal, restrict)
        elif strict.broken is not None:
            seen["broken by both"] += 1
        elif strict.proof is not None and loose.broken is not None:
            seen["broken by what is free alone"] += 1

    agree()
    return seen


def free_and_kept(net: Network, free: set[str], goal: str, clauses: tuple[str, ...] = ()) -> tuple[bool, bool]:
    """Whether a run breaks the goal with the machines as they are, and whether one does where some do as they like."""
    asked = question(net, goal, clauses=list(clauses))
    other = freed(net, free, [asked.goal, *asked.restrict.values()])
    systems = (compiled(one, asked.restrict, asked.goal) for one in (net, other.network))
    there, here = (find(system, Budget()).broken is not None for system in systems)
    return there, here


LATCH = """
machine: latch
party: A
reads: {supply: {power: [on, off]}}
sends: [up]
states: {low: {initial: yes, gives: {out: lo}}, high: {gives: {out: hi}}}
transitions: [{from: low, to: high, when: supply.power is off, send: up}]
"""
ALARM = """
machine: alarm
party: B
reads: {supply: {power: [on, off]}}
sends: [rings]
states: {calm: {initial: yes}, done: {}}
transitions: [{from: calm, to: done, when: supply.power is off, send: rings}]
"""


def quick(at: str) -> Network:
    """Latch and alarm both act as soon as the supply is on, or off, in either order."""
    machines = {
        "supply": SUPPLY,
        "latch": LATCH.replace("is off", f"is {at}"),
        "alarm": ALARM.replace("is off", f"is {at}"),
    }
    return network(machines, {"latch.supply": "supply", "alarm.supply": "supply"})


def test_who_is_free_may_be_as_quick_as_who_stays() -> None:
    """The latch may overtake the alarm, which waits for nobody: it cannot be high before, by the clause."""
    clause = "latch shall send up only if supply is off."
    goal = "alarm shall send rings only if latch.out is lo."
    assert free_and_kept(quick("off"), {"latch"}, goal, (clause, "While supply is on, latch shall never be high.")) == (
        True,
        True,
    )


def test_who_is_free_may_be_as_quick_from_the_start() -> None:
    goal = "alarm shall send rings only if latch.out is lo."
    assert free_and_kept(quick("on"), {"latch"}, goal) == (True, True)


TWICE = """
machine: alarm
party: B
sends: [rings]
states: {calm: {initial: yes, gives: {out: hi}}, rung: {gives: {out: lo}}, done: {gives: {out: lo}}}
transitions:
  - {from: calm, to: rung, may: , send: rings}
  - {from: rung, to: done, may: , send: rings}
"""
EAR = """
machine: ear
party: A
hears: {alarm: [rings]}
sends: [up]
states: {low: {initial: yes, gives: {out: lo}}, high: {gives: {out: hi}}}
transitions: [{from: low, to: high, on: alarm.rings}, {from: [low, high], may: , send: up}]
"""


def test_who_is_free_may_change_in_the_very_step_in_which_it_hears() -> None:
    """Exactly one of the two is high, throughout: they change in one step. In two steps they would be alike between."""
    net = network({"alarm": TWICE, "ear": EAR}, {"ear.alarm": "alarm"})
    one = "(alarm.out is hi and ear.out is lo) or (alarm.out is lo and ear.out is hi)"
    assert free_and_kept(net, {"ear"}, f"alarm shall send rings at most once while ({one}).") == (True, True)


def test_who_is_free_may_be_deaf() -> None:
    """The ear answers the first alarm, as it owes by the clause; it misses the second one and owes nothing."""
    net = network({"alarm": TWICE, "ear": EAR}, {"ear.alarm": "alarm"})
    clause = "When ear receives rings from alarm, ear shall within 1 s send up."
    goal = "When alarm sends rings, ear shall within 1 s send up."
    asked = question(net, goal, clauses=[clause])
    free = freed(net, {"ear"}, [asked.goal, *asked.restrict.values()])
    assert free.hearing == free.waiting == ()
    assert free_and_kept(net, {"ear"}, goal, (clause,)) == (True, True)


def test_the_surroundings_are_not_free() -> None:
    with pytest.raises(NotApplicable, match="surroundings"):
        freed(quick("off"), {"supply"}, [])


def test_a_text_that_suffices_alone() -> None:
    """Whatever the alarm is, it rings for an outage only: so says the clause. Without it, it rings when it likes."""
    goal = "alarm shall send rings only if supply is off."
    assert free_and_kept(quick("off"), {"alarm", "latch"}, goal, (goal,)) == (False, False)
    assert free_and_kept(quick("off"), {"alarm", "latch"}, goal) == (False, True)


def test_what_is_proved_of_any_machine_is_true_of_each() -> None:
    seen = compared(200, 3)
    assert seen["proved, some kept"] >= 10, seen
    assert seen["broken by both"] >= 10, seen


@pytest.mark.long
def test_what_is_proved_of_any_machine_is_true_of_each_of_many() -> None:
    """``pytest -m long -k any_machine -s`` prints what was seen."""
    print(dict(sorted(compared(10_000, 4).items())))  # noqa: T201
