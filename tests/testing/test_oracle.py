"""The oracle's set of states, exact: compared with states counted one by one on a fine grid of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

import lastgasp as lg
from lastgasp.language.sentences import parse_sentence
from lastgasp.machine import When
from lastgasp.semantics import Semantics, Situation
from lastgasp.testing.adapter import Output
from lastgasp.testing.oracle import Oracle, Stimulus
from lastgasp.testing.stand_ins import Parts, apart
from lastgasp.trace import Step
from tests.testing.emulated_hub import CLAUSES, network

SWITCH = """
machine: switch
sends: [ping]
states: {on: {initial: yes, gives: {power: on}}, off: {gives: {power: off}}}
transitions:
  - {from: on, to: off, may: }
  - {from: off, to: on, may: }
  - {from: on, to: on, may: , send: ping}
"""
HEAD = "machine: device\nparty: D\nreads: {up: {power: [on, off]}}\nhears: {up: [ping]}\nsends: [a, b]\n"
MACHINES = {
    "windows": """
states:
  idle: {initial: yes, gives: {lamp: no}}
  busy: {gives: {lamp: yes}}
  late: {less than: 2 s, gives: {lamp: yes}}
transitions:
  - {from: idle, to: busy, when: up.power is off}
  - {from: busy, to: idle, after: 1 s .. 2 s, send: a}
  - {from: busy, to: late, after: more than 1 s .. 3 s}
  - {from: late, to: idle, may: , send: b}
""",
    "unseen": """
clocks: {x: {}}
states:
  one: {initial: yes, at most: 2 s, gives: {lamp: no}}
  two: {at most: 1 s, gives: {lamp: no}}
  done: {gives: {lamp: yes}}
transitions:
  - {from: one, to: two, may: , restart: [x]}
  - {from: two, to: one, may: , if: x >= 1 s, send: a}
  - {from: two, to: done, may: , if: x < 1 s}
  - {from: done, to: one, when: up.power is off, send: b}
  - {from: done, to: two, on: up.ping, restart: [x]}
""",
    "reacts": """
clocks: {x: {}}
states:
  calm: {initial: yes, gives: {lamp: no}}
  alert: {gives: {lamp: no}}
  both: {committed: yes, gives: {lamp: yes}}
transitions:
  - {from: calm, to: alert, on: up.ping, restart: [x]}
  - {from: calm, to: calm, on: up.ping}
  - {from: alert, to: calm, on: up.ping, if: x > 1 s}
  - {from: alert, to: both, on: up.ping, if: x < 1 s}
  - {from: alert, to: both, after: 1 s .. 2 s, send: a}
  - {from: both, to: calm, may: , send: b}
  - {from: both, to: alert, may: }
""",
    "past its bound": """
variables: {v: {range: 0 .. 1, initial: 0}}
states: {s: {initial: yes, gives: {lamp: no}}, t: {gives: {lamp: yes}}}
transitions:
  - {from: s, on: up.ping, if: v is 0, set: {v: 1}}
  - {from: s, on: up.ping, if: v is 1, set: {v: 0}}
  - {from: s, to: t, after: 1 s .. 2 s, if: v is 1, send: a}
  - {from: s, to: s, may: , send: b}
  - {from: t, to: s, after: 1/2 s ..}
""",
}
GRAIN = Fraction(1, 8)


def parts_of(machine: str) -> Parts:
    machines = {"up": lg.machine_from_yaml(SWITCH), "d": lg.machine_from_yaml(HEAD + MACHINES[machine])}
    return apart(lg.compose("pair", machines, {"d.up": "up"}), "d")


@dataclass(frozen=True)
class State:
    """One state of the model, with the number of observations that it accounts for."""

    situation: Situation
    matched: int

    @property
    def key(self) -> object:
        values, clocks = self.situation.values, self.situation.clocks
        return tuple(values.items()), tuple((c, t) for c, t in clocks.items() if c.startswith("d.")), self.matched


class Counting:
    """The same questions as the oracle's, answered by the reference semantics, one state and one grain at a time."""

    def __init__(self, parts: Parts, tolerance: Fraction) -> None:
        self.parts, self.tolerance = parts, tolerance
        self.meaning = Semantics(parts.alone)
        self.states = [State(self.meaning.initial(), 0)]
        self.now = Fraction(0)
        self.seen: list[Output] = []
        self.waiting: list[Stimulus] = []

    def watch(self, now: Fraction, seen: Iterable[Output]) -> bool:
        """Whether the model can follow."""
        self.seen += seen
        settled = max(now - 2 * self.tolerance, self.now)
        while self.waiting and self.waiting[0].at <= settled:
            stimulus = self.waiting.pop(0)
            self._pass(stimulus.at)
            self.states = self._distinct(
                State(after, state.matched + count)
                for state in self.states
                for step in self._steps(state.situation, stimulus)
                for after in [self.meaning.apply(state.situation, step)]
                if (count := self._accounted(state, step, after)) is not None
            )
        self._pass(settled)
        if not self.tolerance:
            self.states = [state for state in self.states if state.matched == len(self.seen)]
        return bool(self.states)

    def _steps(self, now: Situation, stimulus: Stimulus) -> Iterator[Step]:
        steps = self.meaning._steps(now) if stimulus.pressing else self.meaning.enabled(now).steps
        return (step for step in steps if step.mover == stimulus.move)

    def _pass(self, until: Fraction) -> None:
        self._act()
        while self.now < until:
            waited = [
                State(self.meaning.apply(state.situation, GRAIN), state.matched)
                for state in self.states
                if self.meaning.enabled(state.situation).limit.allows(GRAIN)
            ]
            self.now += GRAIN
            self.states = self._distinct(waited)
            self._act()

    def _act(self) -> None:
        """Every chain of own steps at this instant; what has been seen too long ago must be accounted for."""
        found, stack = list[State](), list(self.states)
        known = set[object]()
        while stack:
            state = stack.pop()
            if state.key in known or self._missed(state):
                continue
            known.add(state.key)
            found.append(state)
            for step in self.meaning.enabled(state.situation).steps:
                if step.mover.instance == "d":
                    after = self.meaning.apply(state.situation, step)
                    count = self._accounted(state, step, after)
                    if count is not None:
                        stack.append(State(after, state.matched + count))
        self.states = found

    def _missed(self, state: State) -> bool:
        return state.matched < len(self.seen) and self.seen[state.matched].at + self.tolerance < self.now

    def _accounted(self, state: State, step: Step, after: Situation) -> int | None:
        shown = Counter[tuple[str, str]]()
        before, now = self.meaning.outputs(state.situation)["d.lamp"], self.meaning.outputs(after)["d.lamp"]
        if before != now:
            shown["lamp", str(now)] += 1
        if step.event and step.mover.instance == "d":
            shown[step.event.removeprefix("d."), ""] += 1
        items = self.seen[state.matched : state.matched + shown.total()]
        if Counter((item.name, item.value) for item in items) != shown:
            return None
        return len(items) if all(abs(item.at - self.now) <= self.tolerance for item in items) else None

    @staticmethod
    def _distinct(states: Iterable[State]) -> list[State]:
        return list({state.key: state for state in states}.values())


LAMP = {"yes": "no", "no": "yes"}
ACTS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 4)),
    st.tuples(st.sampled_from(["a", "b", "lamp", "a", "lamp and a", "power", "power", "ping"]), st.integers(0, 1)),
)


@pytest.mark.parametrize("tolerance", [Fraction(0), Fraction(1, 2)], ids=str)
@pytest.mark.parametrize("machine", MACHINES)
@settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=st.lists(ACTS, min_size=2, max_size=9))
@example(acts=[("power", 0), ("power", 0)]).via("an input cannot overtake what must happen at once")
@example(acts=[("power", 0), ("power", 1)]).via("unless it must happen at once too")
def test_the_oracle_follows_exactly_what_states_on_a_grid_can(
    machine: str, tolerance: Fraction, acts: list[tuple[str, int]]
) -> None:
    parts = parts_of(machine)
    oracle, counting = Oracle(parts.alone, "d", {}, tolerance, 2), Counting(parts, tolerance)
    now, power, lamp, accepted = Fraction(0), "on", "no", 0
    up = parts.neighbours["up"]
    for act, number in [*acts, ("wait", 6)]:
        seen: list[Output] = []
        if act == "wait":
            now += Fraction(number, 2)
        elif act in ("power", "ping"):
            power = power if act == "ping" else {"on": "off", "off": "on"}[power]
            move = up.moves[(("power", power),), "ping" if act == "ping" else None]
            oracle.stimulate(Stimulus(now, move, pressing=bool(number)))
            counting.waiting.append(Stimulus(now, move, pressing=bool(number)))
        else:
            if "lamp" in act:
                lamp = LAMP[lamp]
                seen.append(Output("lamp", lamp, now))
            if act != "lamp":
                seen.append(Output(act[-1], at=now))
        follows = oracle.watch(now, seen) is None
        assert follows == counting.watch(now, seen)
        if not follows:
            break
        accepted += 1
    event(f"followed: {'all' if accepted > len(acts) else min(accepted, 3)}")


def test_the_machines_of_the_comparison_have_what_can_go_wrong() -> None:
    """Steps at once, committed states, strict ends, reactions that a clock decides."""
    texts = " ".join(MACHINES.values())
    assert all(word in texts for word in ("when:", "committed", "less than", "more than", "on: up.ping, if: x > 1 s"))
    machine = parts_of("windows").alone.by_name["d"].machine
    assert any(isinstance(transition.trigger, When) for transition in machine.transitions)


@pytest.mark.parametrize(
    ("alert", "allowed"),
    [("180", False), ("180.001", True), ("190", True), ("190.001", False), ("170", False), (None, False)],
)
def test_clauses_take_away_exactly_what_they_say(alert: str | None, allowed: bool) -> None:
    """*More than* 3 min excludes 3 min, *within* 10 s includes 3 min 10 s, and no alert at all is seen as silence."""
    net = network()
    parts = apart(net, "hub")
    oracle = Oracle(parts.alone, "hub", {text: parse_sentence(text, net) for text in CLAUSES}, Fraction(0), 1000)
    off = parts.neighbours["meter"].moves[(("dc", "off"),), None]
    assert oracle.watch(Fraction(5), []) is None
    oracle.stimulate(Stimulus(Fraction(5), off, pressing=False))
    assert oracle.watch(Fraction(5), [Output("led", "off", Fraction(5))]) is None
    if alert is not None:
        at = 5 + Fraction(alert)
        found = oracle.watch(at, [Output("alert", at=at)])
        assert (found is None) == allowed
        if found is not None and at <= 195:
            assert found.seen == Output("alert", at=at)
            (window,) = found.allowed
            assert window.things == (("alert", ""),) and (window.earliest, window.latest) == (185, 195)
            assert window.earliest_excluded and not window.latest_excluded
    found = oracle.watch(Fraction(300), []) if alert is None or allowed else found
    assert (found is None) == allowed
    if alert in (None, "190.001"):
        assert found is not None and found.seen is None and found.at == 195
