"""Machines that run as ``transitions.Machine`` objects, in lock-step with the reference semantics."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
import transitions
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lastgasp.errors import InputError
from lastgasp.explore.performance import Performance, RealClock, at_random
from lastgasp.explore.runs import Task, Walk
from lastgasp.expr import FALSE
from lastgasp.network import Network
from lastgasp.semantics import RangeError
from lastgasp.sentences import NeverHeld, Sentence
from tests.oracle.strategies import networks
from tests.zoo.zoo import SUPPLY, alone, network

NOTHING = Sentence("nothing", NeverHeld(FALSE))

EYE = """
machine: eye
party: EYE
reads: {supply: {power: [on, off]}}
hears: {supply: [flips]}
clocks: {used: {pauses in: shut}}
variables: {seen: {range: 0 .. 3, initial: 0}}
states: {open: {initial: yes}, blink: {at most: 2 s}, shut: {}}
transitions:
  - {from: open, to: blink, on: supply.flips, if: seen < 3, set: {seen: seen + 1}}
  - {from: blink, to: shut, when: supply.power is off, restart: used}
  - {from: blink, to: open, after: 1 s .. 2 s}
  - {from: shut, to: open, after: more than 3 s ..}
"""


def same(show: Performance, walk: Walk) -> None:
    """Both allow the same and stand at the same values."""
    enabled = walk.enabled
    assert sorted(map(str, show.options())) == sorted(map(str, enabled.steps))
    assert show.limit() == (enabled.limit.seconds, enabled.limit.strict and enabled.limit.seconds != 0)
    for name, value in walk.now.values.items():
        owner, _, own = name.partition(".")
        assert show.players[owner].value(own) == value
    for name, seconds in walk.now.clocks.items():
        owner, _, own = name.partition(".")
        assert show.time - show.players[owner].started[own] == seconds


def in_step(net: Network, draw: st.DataObject, rounds: int, seen: Counter[str]) -> None:
    """Play both at once, by what the reference allows."""
    show = Performance(net)
    walk = Walk(Task(net, NOTHING, {}, show.parameters))
    same(show, walk)
    for _ in range(rounds):
        delays = walk.delays()
        wait = draw.draw(st.sampled_from(delays)) if delays else Fraction(0)
        walk.wait(wait)
        show.wait(wait)
        same(show, walk)
        if not walk.steps:
            if not wait:
                return
            continue
        step = draw.draw(st.sampled_from(walk.steps))
        try:
            after = walk.after(step)
        except RangeError:
            with pytest.raises(InputError, match="out of its range"):
                show.take(step)
            return
        assert after is not None
        walk = after
        show.take(step)
        seen["steps"] += 1
        same(show, walk)


def test_no_divergence_on_random_networks_over_thousands_of_steps() -> None:
    seen: Counter[str] = Counter()

    @settings(
        derandomize=True,
        deadline=None,
        database=None,
        max_examples=180,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(networks(), st.data())
    def agree(net: Network, draw: st.DataObject) -> None:
        in_step(net, draw, 20, seen)

    agree()
    assert seen["steps"] > 2_000


def test_stopwatches_stand_still_in_both() -> None:
    net = network({"supply": SUPPLY, "eye": EYE}, {"eye.supply": "supply"})
    seen: Counter[str] = Counter()

    @settings(derandomize=True, deadline=None, database=None, max_examples=20, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def agree(draw: st.DataObject) -> None:
        in_step(net, draw, 20, seen)

    agree()
    assert seen["steps"] > 100


def test_each_machine_is_one_of_transitions_and_hooks_are_called() -> None:
    entered: list[tuple[Fraction, str, str]] = []
    sent: list[tuple[Fraction, str, tuple[str, ...]]] = []
    net = network({"supply": SUPPLY, "eye": EYE}, {"eye.supply": "supply"})
    show = Performance(
        net, policy=at_random(3), entered=lambda *what: entered.append(what), sent=lambda *what: sent.append(what)
    )
    assert all(isinstance(machine, transitions.Machine) for machine in show.machines.values())
    trace = show.run(9000)
    assert trace.end == 9000 == show.time
    assert len([1 for _, event, _ in sent if event == "supply.flips"]) == len(sent) > 2
    assert {state for _, who, state in entered if who == "eye"} >= {"blink", "shut"}
    assert show.machines["eye"].get_model_state(show.players["eye"]).name == show.players["eye"].state


def test_real_time_is_scaled_and_delays_do_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.sleep", lambda seconds: now.__setitem__(0, now[0] + seconds + 0.01))
    clock = RealClock(speed=60)
    now[0] = 105.0  # what comes before the first wait does not count
    for _ in range(10):
        clock.wait(Fraction(60))
    assert now[0] == pytest.approx(115.01)


def test_a_network_that_gets_stuck_says_so_instead_of_hanging() -> None:
    net = alone("machine: a\nparty: A\nstates: {s: {initial: yes, at most: 1 s}, t: {}}\ntransitions: []")
    with pytest.raises(InputError, match="nothing can happen any more in zoo, 1 s after its start"):
        Performance(net).run(10)


def test_an_endless_chain_of_steps_in_one_instant_says_so_instead_of_hanging() -> None:
    text = "machine: {0}\nreads: {{o: {{v: [yes, no]}}}}\n"
    text += "states: {{n: {{initial: yes, gives: {{v: no}}}}, y: {{gives: {{v: yes}}}}}}\n"
    text += "transitions: [{{from: n, to: y, when: o.v is {1}}}, {{from: y, to: n, when: o.v is {2}}}]"
    net = network({"a": text.format("a", "no", "yes"), "b": text.format("b", "yes", "no")}, {"a.o": "b", "b.o": "a"})
    with pytest.raises(InputError, match="zoo goes on without end 0 s after its start"):
        Performance(net).run(10)


def test_a_run_ends_when_it_is_to_end_and_waits_for_whole_seconds() -> None:
    net = network({"supply": SUPPLY, "eye": EYE}, {"eye.supply": "supply"})
    for seed in range(20):
        trace = Performance(net, policy=at_random(seed)).run(Fraction(1801, 2))
        assert trace.end == Fraction(1801, 2)
        assert all(entry.delay.denominator in (1, 10, 100) for entry in trace.entries), seed


@pytest.mark.parametrize("chosen", [Fraction(0), Fraction(-1), 0.5, Fraction(99), None])
def test_a_policy_that_chooses_what_is_not_possible_is_named(chosen: object) -> None:
    """Also one that never lets time pass, which would run for ever."""
    net = alone(
        "machine: a\nparty: A\nstates: {s: {initial: yes, at most: 1 s}}\ntransitions: [{from: s, to: s, may: }]"
    )
    with pytest.raises(InputError, match=f"the policy chose {chosen}, which is not possible"):
        Performance(net, policy=lambda *_: chosen).run(10)  # type: ignore[arg-type, return-value]
