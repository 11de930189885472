"""Machines that do whatever they like: what they never break, no machine in their place breaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from lastgasp.chaos import freed
from lastgasp.engines.zones.engine import find
from lastgasp.engines.zones.explore import Budget
from lastgasp.errors import InputError, NotApplicable
from lastgasp.network import Network
from lastgasp.sentences import Sentence
from lastgasp.system import compiled
from tests.oracle.strategies import RANDOM, Shape, formulas, networks
from tests.zoo.zoo import SUPPLY, network, question

SHAPE = Shape(handshakes=False)


def compared(examples: int, number: int) -> Counter[str]:
    """Free some machines of so many random networks, and look for a run with the old ones that the new ones lack."""
    seen: Counter[str] = Counter()

    @seed(number)
    @settings(RANDOM, max_examples=examples)
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


EARLY = """
machine: early
party: A
hears: {bell: [rings]}
states: {first: {initial: yes, committed: yes}, rest: {}}
transitions: [{from: first, to: rest, on: bell.rings}]
"""
BELL = """
machine: bell
party: B
sends: [rings]
states: {calm: {initial: yes}, done: {}}
transitions: [{from: calm, to: done, may: , send: rings}]
"""
LIFT = """
machine: lift
party: C
variables: {moves: {bool: yes, initial: yes}}
states: {low: {initial: yes, gives: {out: lo}}, high: {gives: {out: hi}}}
transitions: [{from: low, to: high, when: moves}]
"""


def test_who_makes_others_go_first_is_not_free() -> None:
    """The bell rings before the lift moves, only because someone who goes before everything else hears it."""
    net = network({"early": EARLY, "bell": BELL, "lift": LIFT}, {"early.bell": "bell"})
    goal = "bell shall send rings only if lift.out is hi."
    asked = question(net, goal)
    assert find(compiled(net, {}, asked.goal), Budget()).broken is not None
    for free in ({"early"}, {"early", "bell"}):
        with pytest.raises(NotApplicable, match="makes others whom it hears go before"):
            freed(net, free, [asked.goal])
    assert free_and_kept(net, {"early", "bell", "lift"}, goal) == (True, True)


EITHER = """
machine: either
party: A
reads: {mains: {power: [on, off]}, supply: {}}
variables: {source: {refers to: [mains, supply], initial: supply}}
sends: [up]
states: {low: {initial: yes}, high: {}}
transitions: [{from: low, to: high, when: source.power is off, send: up}]
"""
MAINS = """
machine: mains
party: M
states: {on: {initial: yes, gives: {power: on}}}
"""
LISTENS = """
machine: listens
party: C
hears: {either: [up]}
states: {low: {initial: yes, gives: {out: lo}}, high: {gives: {out: hi}}}
transitions: [{from: low, to: high, on: either.up}]
"""


def test_who_is_free_sees_what_it_may_refer_to() -> None:
    """It overtakes the alarm as soon as the supply is off, which it reads only through a variable."""
    machines = {"mains": MAINS, "supply": SUPPLY, "either": EITHER, "alarm": ALARM, "listens": LISTENS}
    wires = {"either.mains": "mains", "either.supply": "supply", "alarm.supply": "supply", "listens.either": "either"}
    goal = "alarm shall send rings only if listens.out is lo."
    clause = "either shall send up only if supply is off."
    assert free_and_kept(network(machines, wires), {"either"}, goal, (clause,)) == (True, True)


TELLER = """
machine: teller
party: C
reads: {alarm: {out: [hi, lo]}}
sends: [tells]
states: {first: {initial: yes}, second: {}, done: {}}
transitions:
  - {from: first, to: second, may: , if: alarm.out is hi, send: tells}
  - {from: second, to: done, may: , if: alarm.out is lo, send: tells}
"""


def test_who_is_free_may_hear_another_who_is_free_as_its_model_does_not() -> None:
    """With the model that hears, exactly one is high throughout. What is proved with the deaf one holds of that too."""
    deaf = EAR.replace("{from: low, to: high, on: alarm.rings}, ", "")
    one = "(alarm.out is hi and ear.out is lo) or (alarm.out is lo and ear.out is hi)"
    goal = f"teller shall send tells at most once while ({one})."
    for ear, broken in ((EAR, True), (deaf, False)):
        net = network({"alarm": TWICE, "ear": ear, "teller": TELLER}, {"ear.alarm": "alarm", "teller.alarm": "alarm"})
        assert free_and_kept(net, {"ear", "alarm"}, goal) == (broken, True)


def test_names_of_the_model_stand_in_nobodys_way() -> None:
    taken = "parameters: {haste: {value: 3 s, label: haste, source: assumed}}\nreads:"
    net = quick("off")
    latch = network({"supply": SUPPLY, "latch": LATCH.replace("reads:", taken)}, {"latch.supply": "supply"})
    both = Network("both", (*latch.instances, net.by_name["alarm"]))
    assert "latch.haste_" in freed(both, {"latch"}, []).network.variables


def test_the_surroundings_are_not_free() -> None:
    with pytest.raises(NotApplicable, match="surroundings"):
        freed(quick("off"), {"supply"}, [])


def test_a_text_that_suffices_alone() -> None:
    """Whatever the alarm is, it rings for an outage only: so says the clause. Without it, it rings when it likes."""
    goal = "alarm shall send rings only if supply is off."
    assert free_and_kept(quick("off"), {"alarm", "latch"}, goal, (goal,)) == (False, False)
    assert free_and_kept(quick("off"), {"alarm", "latch"}, goal) == (False, True)


@st.composite
def hurried(draw: st.DrawFn) -> tuple[Network, Sentence, dict[str, Sentence]]:
    """Two that act as soon as they can at what a third, and each other, shows; and who of them goes first.

    Both send in most that they do; ``c`` hears who is first. ``a``, who is to be free, sends only at one output of the
    third, by a clause, so that it cannot be early.
    """

    shown = draw(st.sampled_from(("off", "on")))

    def steps(ports: Mapping[str, tuple[str, str]], more: tuple[str, ...] = ()) -> str:
        found = []
        if draw(st.booleans()):
            found.append(f"{{from: s0, to: s1, when: supply.out is {shown}, send: cast}}")
        for source, target in (("s0", "s1"), ("s1", "s2"), ("s2", "s0")):
            for _ in range(draw(st.integers(0, 2))):
                port = draw(st.sampled_from(sorted(ports)))
                trigger = draw(st.sampled_from((*["when"] * 4, "may", *more)))
                values = f"{port}.out is {draw(st.sampled_from(ports[port]))}"
                how = {"when": f"when: {values}", "may": f"may: , if: {values}"}.get(trigger, f"on: {trigger}")
                send = ", send: cast" * (not how.startswith("on") and draw(st.sampled_from((True, True, False))))
                found.append(f"{{from: {source}, to: {target}, {how}{send}}}")
        return ", ".join(found)

    def states() -> str:
        levels = draw(st.lists(st.sampled_from(("lo", "hi")), min_size=2, max_size=2))
        gives = [f"s{number}: {{gives: {{out: {level}}}}}" for number, level in enumerate(("lo", "hi", levels[0]))]
        return ", ".join(gives).replace("s0: {", "s0: {initial: yes, ")

    def machine(name: str, other: str) -> str:
        ports = {"supply": ("on", "off"), other: ("lo", "hi")}
        read = "supply: {out: [on, off]}" + f", {other}: {{out: [lo, hi]}}"
        return (
            f"machine: {name}\nparty: {name.upper()}\nreads: {{{read}}}\nhears: {{{other}: [cast]}}\nsends: [cast]\n"
            f"states: {{{states()}}}\ntransitions: [{steps(ports, (f'{other}.cast',))}]\n"
        )

    ear = (
        "machine: c\nparty: C\nhears: {a: [cast], b: [cast]}\nstates:\n"
        "  none: {initial: yes, gives: {first: none}}\n  a: {gives: {first: a}}\n  b: {gives: {first: b}}\n"
        "transitions: [{from: none, to: a, on: a.cast}, {from: none, to: b, on: b.cast}]\n"
    )
    supply = SUPPLY.replace("gives: {power", "gives: {out")
    machines = {"supply": supply, "a": machine("a", "b"), "b": machine("b", "a"), "c": ear}
    wires = {"a.supply": "supply", "b.supply": "supply", "a.b": "b", "b.a": "a", "c.a": "a", "c.b": "b"}
    net = network(machines, wires)
    level = draw(st.sampled_from(("lo", "hi")))
    unlike = "(a.out is hi and b.out is lo) or (a.out is lo and b.out is hi)"
    goals = (
        f"(c.first is {draw(st.sampled_from(('a', 'a', 'b')))}) shall never hold.",
        f"b shall send cast only if c.first is {draw(st.sampled_from(('none', 'a', 'b')))}.",
        f"b shall send cast only if a.out is {level}.",
        f"b shall send cast at most once while ({unlike}).",
        f"b shall send cast at most once while c.first is {draw(st.sampled_from(('none', 'a', 'b')))}.",
    )
    clauses = [f"a shall send cast only if supply.out is {shown}."]
    clauses += draw(st.sampled_from(([], [f"(supply.out is {shown} and a.out is {level}) shall never hold."])))
    asked = question(net, draw(st.sampled_from(goals)), clauses=clauses)
    return net, asked.goal, dict(asked.restrict)


def hurried_compared(examples: int, number: int) -> Counter[str]:
    """As :func:`compared`, where it makes a difference who goes first in an instant."""
    seen: Counter[str] = Counter()

    @seed(number)
    @settings(RANDOM, max_examples=examples)
    @given(hurried())
    def agree(drawn: tuple[Network, Sentence, dict[str, Sentence]]) -> None:
        net, goal, restrict = drawn
        other = freed(net, {"a"}, [goal, *restrict.values()])
        loose, strict = (find(compiled(one, restrict, goal), Budget(nodes=20_000)) for one in (other.network, net))
        if loose.proof is not None:
            seen["proved"] += 1
            assert strict.broken is None or other.hearing, (net, goal, restrict)
        elif strict.broken is not None:
            seen["broken by both"] += 1

    agree()
    return seen


def test_who_goes_first_is_free_as_well() -> None:
    seen = hurried_compared(100, 5)
    assert min(seen["proved"], seen["broken by both"]) >= 10, seen


def test_what_is_proved_of_any_machine_is_true_of_each() -> None:
    seen = compared(200, 3)
    assert seen["proved, some kept"] >= 10, seen
    assert seen["broken by both"] >= 10, seen


@pytest.mark.long
def test_what_is_proved_of_any_machine_is_true_of_each_of_many() -> None:
    """``pytest -m long -k any_machine -s`` prints what was seen."""
    print(dict(sorted(compared(10_000, 4).items())))  # noqa: T201
