"""Bounded search on tiny networks with known answers. What is found is replayed and watched, never compared as text."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lastgasp.engines.bmc import Clean, Exhausted, Found, Moves, Outcome, OutOfRange, Unknown, search
from lastgasp.expr import (
    Clock,
    Compare,
    Const,
    Expr,
    In,
    Leaf,
    Name,
    Next,
    Param,
    Plus,
    Sent,
    Value,
    Whole,
    conj,
    evaluate,
    rewrite,
)
from lastgasp.machine import (
    After,
    ClockDeclaration,
    Event,
    Instance,
    Machine,
    May,
    On,
    Parameter,
    Port,
    Range,
    State,
    Transition,
    Trigger,
    Variable,
    When,
    seconds,
)
from lastgasp.network import Network
from lastgasp.observers import Bound, Case, Monitor, MonitorVariable, after
from lastgasp.semantics import RangeError, Semantics, run
from lastgasp.sentences import (
    Answers,
    Formula,
    Held,
    KeepsFor,
    NeverHeld,
    Occurrence,
    Responds,
    SendsApart,
    SendsNotFor,
    SendsOncePer,
    SendsOnlyAfter,
    SendsOnlyIf,
    Sentence,
)
from lastgasp.system import TimedSystem, compiled
from lastgasp.trace import Step
from tests.oracle.regions import TooLarge, explore
from tests.oracle.strategies import Bad, Shape, questions

# --- the observer's meaning, without a solver ----------------------------------------------------------------------


class Watch:
    """An observer that moves along a concrete run of a network."""

    def __init__(self, monitor: Monitor, meaning: Semantics) -> None:
        self.monitor, self.meaning, self.errs = monitor, meaning, False
        first = meaning.initial().values
        self.values: dict[str, Value] = {
            item.name: evaluate(item.initial, lambda leaf: first[leaf.name])  # type: ignore[union-attr]
            for item in monitor.variables
        }
        self.clocks = dict.fromkeys(monitor.clocks, Fraction(0))

    def _holds(self, expr: Expr, before: Mapping[str, Value], after: Mapping[str, Value], step: Step | None) -> bool:
        def leaf(item: Leaf) -> Value:
            match item:
                case Name(name):
                    return self.values[name] if name in self.values else before[name]
                case Next(name):
                    return after[name]
                case Clock(name):
                    return self.clocks[name]
                case Param(name):
                    return self.meaning.parameters[name]
                case Sent(event, receiver):
                    sent = step is not None and step.event == event
                    return sent and (not receiver or receiver in [move.instance for move in step.moves[1:]])  # type: ignore[union-attr]
            raise AssertionError(item)

        return bool(evaluate(expr, leaf))

    def wait(self, delay: Fraction, values: Mapping[str, Value]) -> None:
        for clock in self.clocks:
            self.clocks[clock] += delay
        for bound in self.monitor.bounds:
            if delay > 0 and self._holds(bound.when, values, values, None):
                self.errs |= not self._holds(bound.within, values, values, None)

    def step(self, step: Step, before: Mapping[str, Value], after: Mapping[str, Value]) -> None:
        for case in self.monitor.cases:
            if self._holds(case.guard, before, after, step):
                self.errs |= case.errs
                self.values |= dict(case.assign)
                self.clocks |= dict.fromkeys(case.restart, Fraction(0))
                return


def errors(
    network: Network, monitor: Monitor, parameters: Mapping[str, Value], moves: Moves, rest: Fraction
) -> list[bool]:
    """Whether the observer has erred at the start, after each step and at the end of a run."""
    meaning = Semantics(network, parameters)
    now, watch = meaning.initial(), Watch(monitor, meaning)
    found = [watch.errs]
    for delay, step in moves:
        watch.wait(delay, now.values)
        before = meaning.apply(now, delay) if delay else now
        now = meaning.apply(before, step)
        watch.step(step, before.values, now.values)
        found.append(watch.errs)
    watch.wait(rest, now.values)
    return [*found, watch.errs]


# --- asking --------------------------------------------------------------------------------------------------------


def ask(network: Network, goal: Formula, *clauses: Formula, depth: int = 12) -> Outcome:
    """Search; what is found is replayed, breaks the goal at its very end and obeys the clauses."""
    restrict = {f"clause{number}": Sentence("", clause) for number, clause in enumerate(clauses)}
    system = compiled(network, restrict, Sentence("", goal))
    outcome = search(system, depth=depth)
    if isinstance(outcome, Found):
        assert len(outcome.moves) == outcome.depth
        run(network, outcome.parameters, list(outcome.moves), outcome.rest)
        assert system.goal is not None
        *earlier, last = errors(network, system.goal, outcome.parameters, outcome.moves, outcome.rest)
        assert last
        assert not any(earlier[: outcome.depth])
        for monitor in system.restrict:
            assert not any(errors(network, monitor, outcome.parameters, outcome.moves, outcome.rest))
    return outcome


def found(network: Network, goal: Formula, *clauses: Formula) -> Found:
    outcome = ask(network, goal, *clauses)
    assert isinstance(outcome, Found), outcome
    return outcome


def delays(outcome: Found) -> list[Fraction]:
    return [delay for delay, _ in outcome.moves]


# --- tiny machines -------------------------------------------------------------------------------------------------


def at(instance: str, *states: str) -> Expr:
    """The condition that an instance is in one of these states."""
    return In(Name(f"{instance}.state"), states)


def edge(source: str, target: str | None, trigger: Trigger | None = None, **rest: object) -> Transition:
    return Transition((source,), target, trigger or May(), **rest)  # type: ignore[arg-type]


def machine(
    name: str, states: str | tuple[State, ...], *edges: Transition, party: str = "P", **rest: object
) -> Machine:
    """A machine whose first state is initial and whose events are broadcasts unless it declares them."""
    listed = tuple(map(State, states.split())) if isinstance(states, str) else states
    listed = (replace(listed[0], initial=True), *listed[1:])
    events = tuple(Event(event) for event in dict.fromkeys(edge.send for edge in edges if edge.send))
    return Machine(name, listed, edges, party=party, **{"sends": events, **rest})  # type: ignore[arg-type]


def alone(item: Machine, **settings: object) -> Network:
    return Network("tiny", (Instance("a", item, settings=settings),))  # type: ignore[arg-type]


def wired(sender: Machine, *receivers: Machine) -> Network:
    """One sender ``a`` that the receivers ``b0``, ``b1`` ... hear and read through their port ``p``."""
    others = (Instance(f"b{number}", item, {"p": "a"}) for number, item in enumerate(receivers))
    return Network("tiny", (Instance("a", sender), *others))


def hears(*events: str) -> tuple[Port, ...]:
    return (Port("p", hears=events),)


def chain(length: int) -> Network:
    """``s0`` to ``s<length>``, one step each; the last has no way on and time cannot pass in it."""
    states = tuple(State(f"s{number}", urgent=number == length) for number in range(length + 1))
    return alone(machine("chain", states, *(edge(a.name, b.name) for a, b in pairwise(states))))


def arrives(network: Network, where: Expr, depth: int = 12) -> Outcome:
    """Search for a step after which the condition holds, whether or not time can pass there."""
    goal = Monitor("@goal", (), (), (Case(after(where), errs=True),))
    return search(replace(compiled(network), goal=goal), depth=depth)


# --- depth ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_bad_state_without_successors_is_found_at_its_exact_depth(length: int) -> None:
    network = chain(length)
    outcome = arrives(network, at("a", f"s{length}"))
    assert isinstance(outcome, Found)
    assert outcome.depth == length
    assert run(network, {}, list(outcome.moves), outcome.rest).entries[-1].values["a.state"] == f"s{length}"
    assert delays(outcome) == [0] * length


def test_a_search_that_is_too_short_is_clean_and_one_that_is_long_enough_is_exhausted() -> None:
    never = at("a", "s3")
    assert arrives(chain(3), never, depth=2) == Clean(2)
    assert ask(chain(3), NeverHeld(never)) == Exhausted(3)  # no time can pass in s3
    assert isinstance(arrives(chain(3), never, depth=3), Found)


def test_a_state_in_which_time_can_pass_is_bad_without_a_further_step() -> None:
    outcome = found(alone(machine("m", "good bad", edge("good", "bad"))), NeverHeld(at("a", "bad")))
    assert (outcome.depth, outcome.rest) == (1, 1)


def test_the_start_may_be_bad() -> None:
    outcome = found(alone(machine("m", "bad good", edge("bad", "good"))), NeverHeld(at("a", "bad"), seconds(60)))
    assert (outcome.depth, outcome.moves, outcome.rest) == (0, (), 61)


def test_without_a_goal_there_is_nothing_to_find() -> None:
    assert search(compiled(chain(2))) == Exhausted(2)


def test_progress_tells_every_clean_depth() -> None:
    told: list[int] = []
    goal = Sentence("", NeverHeld(at("a", "s2")))
    loop = alone(machine("m", "s0 s1 s2", edge("s0", "s1"), edge("s1", "s0")))
    assert search(compiled(loop, goal=goal), depth=4, progress=told.append) == Clean(4)
    assert told == [0, 1, 2, 3, 4]


# --- limits --------------------------------------------------------------------------------------------------------


def dark(limit: Fraction, *, strict: bool = False) -> Network:
    """On, then dark for ``limit`` at most (less than it, if ``strict``), then on again."""
    bound = {"less_than": seconds(limit)} if strict else {"at_most": seconds(limit)}
    return alone(machine("m", (State("on"), State("dark", **bound)), edge("on", "dark"), edge("dark", "on")))


MINUTES = Fraction(180)


@pytest.mark.parametrize("scale", [Fraction(1), Fraction(7), Fraction(1, 3), Fraction(1, 7000)])
@pytest.mark.parametrize(
    ("limit", "strict", "inclusive", "errs"),
    [
        (MINUTES, False, False, False),  # 180 s is not more than 3 min
        (MINUTES, False, True, True),  # but as long as 3 min
        (MINUTES, True, True, False),  # and less than 3 min is not
        (MINUTES + Fraction(1, 1000), False, False, True),
        (MINUTES + Fraction(1, 1000), True, False, True),
    ],
)
def test_the_limit_is_exact_at_every_scale(
    scale: Fraction, limit: Fraction, strict: bool, inclusive: bool, errs: bool
) -> None:
    goal = NeverHeld(at("a", "dark"), seconds(MINUTES * scale), inclusive)
    outcome = ask(dark(limit * scale, strict=strict), goal, depth=6)
    assert isinstance(outcome, Found) if errs else outcome == Clean(6)
    if isinstance(outcome, Found):
        assert outcome.depth == 1
        assert limit * scale >= outcome.rest >= MINUTES * scale


def test_a_calm_run_waits_the_limit_and_a_second() -> None:
    assert found(dark(Fraction(3600)), NeverHeld(at("a", "dark"), seconds(180))).rest == 181
    tight = found(dark(Fraction(361, 2)), NeverHeld(at("a", "dark"), seconds(180)))
    assert tight.rest == Fraction(361, 2)


@pytest.mark.parametrize("low", [0, 5])
def test_a_window_starts_where_it_says(low: int) -> None:
    network = alone(machine("m", "s t", edge("s", "t", After(seconds(low), None), send="go")))
    outcome = found(network, SendsOnlyIf(Sent("a.go"), Held(at("a", "t"))))
    assert (outcome.depth, delays(outcome)) == (1, [low])
    strictly = alone(machine("m", "s t", edge("s", "t", After(seconds(low), None, low_strict=True), send="go")))
    assert delays(found(strictly, SendsOnlyIf(Sent("a.go"), Held(at("a", "t"))))) == [low + 1]


def test_a_window_is_left_at_its_upper_end_at_the_latest() -> None:
    network = alone(machine("m", "s t", edge("s", "t", After(seconds(5), seconds(8)), send="go")))
    assert ask(network, NeverHeld(at("a", "s"), seconds(8))) == Exhausted(1)
    assert found(network, NeverHeld(at("a", "s"), seconds(8), inclusive=True)).rest == 8
    late = KeepsFor(at("a", "s"), seconds(8), strict=True)
    assert delays(found(network, late)) == [5]
    assert ask(network, KeepsFor(at("a", "s"), seconds(5))) == Exhausted(1)


def test_an_upper_end_binds_only_while_its_if_holds() -> None:
    for ready, bound in ((0, False), (1, True)):
        window = edge("s", "t", After(seconds(0), seconds(8)), guard=Compare("==", Name("ready"), Const(1)))
        network = alone(machine("m", "s t", window, variables=(Variable("ready", Whole(0, 1), ready),)))
        outcome = ask(network, NeverHeld(at("a", "s"), seconds(8)))
        assert outcome == Exhausted(1) if bound else isinstance(outcome, Found)


# --- urgency -------------------------------------------------------------------------------------------------------


def test_when_lets_no_time_pass_and_goes_before_everything_else() -> None:
    sender = machine("m", (State("on", gives={"dc": "on"}), State("off", gives={"dc": "off"})), edge("on", "off"))
    watcher = machine(
        "w",
        "up down away",
        edge("up", "down", When(Compare("==", Name("p.dc"), Const("off")))),
        edge("up", "away"),
        ports=(Port("p", {"dc": ("on", "off")}),),
    )
    network = wired(sender, watcher)
    both = at("a", "off")
    assert ask(network, NeverHeld(conj(both, at("b0", "up")))) == Exhausted(2)
    outcome = arrives(network, conj(both, at("b0", "away")))
    assert isinstance(outcome, Found)
    assert outcome.depth == 2
    first = outcome.moves[0][1].mover.instance
    assert first == "b0", "only before the power goes off can the watcher choose"


def test_a_committed_state_is_left_at_once_and_first() -> None:
    hasty = machine(
        "m",
        (State("s"), State("c", committed=True), State("t")),
        edge("s", "c"),
        edge("c", "t", After(seconds(0), None)),
    )
    other = machine("w", "u v", edge("u", "v"), ports=(Port("p"),))
    network = wired(hasty, other)
    assert ask(network, NeverHeld(at("a", "c"))) == Exhausted(3)
    overtaken = SendsOnlyIf(Sent("b0.go"), Held(at("a", "s", "t")))
    sender = replace(other, transitions=(replace(other.transitions[0], send="go"),), sends=(Event("go"),))
    assert ask(wired(hasty, sender), overtaken) == Exhausted(3)


def test_a_step_of_another_machine_may_leave_a_committed_state_by_reaction() -> None:
    waits = machine(
        "m", (State("s"), State("c", committed=True), State("t")), edge("s", "c"), edge("c", "t", On("p", "go"))
    )
    sender = machine("w", "u v", edge("u", "v", send="go"), edge("u", "v"))
    network = Network("tiny", (Instance("a", sender), Instance("b0", replace(waits, ports=hears("go")), {"p": "a"})))
    outcome = arrives(network, at("b0", "t"))
    assert isinstance(outcome, Found)
    assert outcome.depth == 2
    assert outcome.moves[1][1].event == "a.go"
    run(network, {}, list(outcome.moves), outcome.rest)
    silent = arrives(network, conj(at("b0", "c"), at("a", "v")))
    assert isinstance(silent, Found)
    assert [step.mover.instance for _, step in silent.moves] == ["a", "b0"], "not while the other one is committed"


def test_states_of_the_environment_last_a_positive_time() -> None:
    supply = machine("m", "on off", edge("on", "off"), edge("off", "on"), party="")
    slow = arrives(alone(supply), at("a", "off"))
    assert isinstance(slow, Found)
    assert delays(slow) == [1]
    instant = replace(supply, states=tuple(replace(state, instantaneous=True) for state in supply.states))
    quick = arrives(alone(instant), at("a", "off"))
    assert isinstance(quick, Found)
    assert delays(quick) == [0]


# --- events --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("receivers", [0, 1, 2])
def test_a_broadcast_takes_everyone_along_who_can_react(receivers: int) -> None:
    sender = machine("m", "s t", edge("s", "t", send="go"))
    listener = machine("w", "u v", edge("u", "v", On("p", "go")), ports=hears("go"))
    network = wired(sender, *([listener] * receivers))
    outcome = arrives(network, at("a", "t"))
    assert isinstance(outcome, Found)
    assert len(outcome.moves[0][1].moves) == 1 + receivers
    assert run(network, {}, list(outcome.moves)).entries[0].values == {
        "a.state": "t",
        **{f"b{number}.state": "v" for number in range(receivers)},
    }
    for number in range(receivers):
        assert arrives(network, conj(at("a", "t"), at(f"b{number}", "u"))) == Exhausted(1)


def test_a_receiver_takes_one_of_its_enabled_reactions_or_none() -> None:
    sender = machine("m", "s t", edge("s", "t", send="go"))
    fast = Compare("<", Clock("time"), seconds(3))
    listener = machine(
        "w",
        "u v w",
        edge("u", "v", On("p", "go"), guard=fast),
        edge("u", "w", On("p", "go"), guard=Compare("<=", Clock("time"), seconds(3))),
        ports=hears("go"),
    )
    network = wired(sender, listener)
    for target, delay in (("v", 0), ("w", 0), ("u", 4)):
        outcome = arrives(network, conj(at("a", "t"), at("b0", target)))
        assert isinstance(outcome, Found)
        run(network, {}, list(outcome.moves))
        assert delays(outcome) == [delay]


def test_a_receiver_does_not_take_two_reactions_that_would_agree() -> None:
    sender = machine("m", "s t", edge("s", "t", send="go"))
    both = [edge("u", None, On("p", "go"), assign=((name, Const(1)),)) for name in ("x", "y")]
    data = tuple(Variable(name, Whole(0, 1), 0) for name in ("x", "y"))
    network = wired(sender, machine("w", "u", *both, variables=data, ports=hears("go")))
    x, y = (Compare("==", Name(f"b0.{name}"), Const(1)) for name in ("x", "y"))
    assert isinstance(arrives(network, y), Found)
    assert arrives(network, conj(x, y)) == Exhausted(1)


def test_a_handshake_waits_for_its_partner() -> None:
    sender = machine("m", "s t", edge("s", "t", send="meet"), sends=(Event("meet", handshake=True),))
    partner = machine(
        "w", "u v w", edge("u", "v", After(seconds(5), None)), edge("v", "w", On("p", "meet")), ports=hears("meet")
    )
    outcome = arrives(wired(sender, partner), at("a", "t"))
    assert isinstance(outcome, Found)
    assert (outcome.depth, delays(outcome)) == (2, [5, 0])
    assert [move.instance for move in outcome.moves[1][1].moves] == ["a", "b0"]
    assert arrives(wired(sender), at("a", "t")) == Exhausted(0)
    outcome = arrives(wired(sender, partner, partner), conj(at("a", "t"), at("b0", "u")))
    assert isinstance(outcome, Found)
    assert [move.instance for move in outcome.moves[-1][1].moves] == ["a", "b1"]


def test_received_means_that_the_receiver_reacts() -> None:
    sender = machine("m", "s t", edge("s", "s", send="ask"), edge("s", "t", send="go"))
    listener = machine("w", "u v", edge("u", "v", On("p", "ask")), ports=hears("ask", "go"))
    network = wired(sender, listener)
    only_after = SendsOnlyAfter(Sent("a.go"), Sent("a.ask", "b0"))
    assert found(network, only_after).depth == 1
    deaf = wired(sender, replace(listener, transitions=()))
    obey = SendsOnlyAfter(Sent("a.go"), Sent("a.ask"))
    assert found(deaf, only_after, obey).depth == 2
    assert ask(network, only_after, obey, depth=6) == Clean(6)


# --- parameters ----------------------------------------------------------------------------------------------------


def reboots(reboot: Range, boot: Range) -> Network:
    """A host that reboots, then a hub that boots: together they are dark."""
    host = machine(
        "host",
        (State("up"), State("reboots", at_most=Param("reboot")), State("boots", at_most=Param("boot")), State("back")),
        edge("up", "reboots"),
        edge("reboots", "boots"),
        edge("boots", "back"),
        parameters=(Parameter("reboot", reboot), Parameter("boot", boot)),
    )
    return alone(host)


def test_parameters_are_found_where_their_sum_is_more_than_three_minutes() -> None:
    goal = NeverHeld(at("a", "reboots", "boots"), seconds(180))
    network = reboots(Range(Fraction(0), Fraction(120)), Range(Fraction(0), Fraction(181, 3)))
    outcome = found(network, goal)
    reboot, boot = outcome.parameters["a.reboot"], outcome.parameters["a.boot"]
    assert isinstance(reboot, Fraction)
    assert isinstance(boot, Fraction)
    assert 180 < reboot + boot <= 120 + Fraction(181, 3)
    excluded = reboots(Range(Fraction(0), Fraction(120)), Range(Fraction(0), Fraction(60)))
    assert ask(excluded, goal) == Exhausted(3)
    simple = found(reboots(Range(Fraction(0), Fraction(300)), Range(Fraction(0), Fraction(300))), goal)
    assert all(Fraction(str(value)).denominator == 1 for value in simple.parameters.values())


def test_a_sentence_may_read_a_parameter() -> None:
    network = reboots(Range(Fraction(60), Fraction(90)), Range(Fraction(1), Fraction(9)))
    within = NeverHeld(at("a", "reboots"), Param("a.reboot"))
    assert ask(network, within) == Exhausted(3)
    tighter = NeverHeld(at("a", "reboots"), Plus((Param("a.boot"), seconds(80))))
    assert found(network, tighter).parameters == {"a.reboot": 82, "a.boot": 1}


def test_a_whole_parameter_bounds_data() -> None:
    counter = machine(
        "m",
        "s",
        edge(
            "s",
            None,
            guard=Compare("<", Name("n"), Param("most")),
            assign=(("n", Plus((Name("n"), Const(1)))),),
        ),
        variables=(Variable("n", Whole(0, 9), 0),),
        parameters=(Parameter("most", Range(2, 4)),),
    )
    outcome = arrives(alone(counter), Compare("==", Name("a.n"), Const(4)))
    assert isinstance(outcome, Found)
    assert outcome.parameters == {"a.most": 4}
    assert arrives(alone(counter), Compare(">", Name("a.n"), Const(4))) == Exhausted(4)


# --- clauses -------------------------------------------------------------------------------------------------------


def test_a_clause_takes_the_error_away() -> None:
    network = alone(machine("m", "up down", edge("up", "down", send="fall"), edge("down", "up")))
    goal = NeverHeld(at("a", "down"), seconds(180))
    assert found(network, goal).depth == 1
    assert ask(network, goal, NeverHeld(at("a", "down"), seconds(180)), depth=6) == Clean(6)
    assert found(network, goal, NeverHeld(at("a", "down"), seconds(200))).rest == 181
    assert ask(network, goal, NeverHeld(at("a", "down"), seconds(60), inclusive=True), depth=6) == Clean(6)


def test_a_clause_on_an_event_takes_steps_away() -> None:
    network = alone(machine("m", "up down", edge("up", "down", send="fall"), edge("down", "up")))
    apart = SendsApart(Sent("a.fall"), seconds(60))
    twice = SendsApart(Sent("a.fall"), seconds(100))
    outcome = found(network, twice, apart)
    assert (outcome.depth, sum(delays(outcome))) == (3, 60)
    assert ask(network, apart, twice, depth=6) == Clean(6)


# --- stopwatches and ranges ----------------------------------------------------------------------------------------


def test_a_stopwatch_stands_still() -> None:
    pausing = machine(
        "m",
        "runs rests done",
        edge("runs", "rests", After(seconds(4), seconds(4))),
        edge("rests", "runs", After(seconds(10), seconds(10))),
        edge("runs", "done", guard=Compare("==", Clock("work"), seconds(6))),
        clocks=(ClockDeclaration("work", pauses=("rests",)),),
    )
    outcome = arrives(alone(pausing), at("a", "done"))
    assert isinstance(outcome, Found)
    run(alone(pausing), {}, list(outcome.moves), outcome.rest)
    assert delays(outcome) == [4, 10, 2]
    running = replace(pausing, clocks=(ClockDeclaration("work"),))
    assert arrives(alone(running), at("a", "done"), depth=8) == Clean(8)


def test_an_assignment_out_of_range_is_its_own_answer() -> None:
    counter = machine(
        "m",
        "s t",
        edge("s", None, After(seconds(1), None), assign=(("n", Plus((Name("n"), Const(1)))),)),
        edge("s", "t"),
        variables=(Variable("n", Whole(0, 2), 0),),
    )
    network = alone(counter)
    outcome = ask(network, NeverHeld(at("a", "t"), seconds(1000)))
    assert isinstance(outcome, Found), "one step is shorter than three"
    outcome = arrives(network, Compare("==", Name("a.n"), Const(7)))
    assert isinstance(outcome, OutOfRange)
    assert len(outcome.moves) == 3
    *before, (delay, step) = outcome.moves
    meaning = Semantics(network)
    now = meaning.initial()
    for event in [part for move in before for part in move]:
        now = meaning.apply(now, event)
    now = meaning.apply(now, delay)
    assert step in meaning.enabled(now).steps
    with pytest.raises(RangeError):
        meaning.apply(now, step)


# --- limits of the search ------------------------------------------------------------------------------------------


def test_no_time_left_is_unknown_and_nothing_else() -> None:
    goal = Sentence("", NeverHeld(at("a", "s1")))
    assert search(compiled(chain(3), goal=goal), timeout=0) == Unknown(0, "timeout")
    assert isinstance(search(compiled(chain(3), goal=goal), timeout=Fraction(60)), Found)


def test_a_search_that_takes_too_long_says_how_far_it_came() -> None:
    """A clutter of machines that may all do anything: deep unrollings take long."""
    clutter = machine(
        "m", "s t u v", *(edge(x, y, After(seconds(low), None)) for low, (x, y) in enumerate(pairwise("stuvstuv")))
    )
    network = Network("clutter", tuple(Instance(f"i{number}", clutter) for number in range(6)))
    goal = Sentence("", NeverHeld(conj(*(at(f"i{number}", "v") for number in range(6))), seconds(1)))
    told: list[int] = []
    outcome = search(compiled(network, goal=goal), timeout=Fraction(1, 10), progress=told.append)
    assert outcome == Unknown(len(told), "timeout")


def test_the_same_question_has_the_same_answer() -> None:
    network = reboots(Range(Fraction(0), Fraction(300)), Range(Fraction(0), Fraction(300)))
    goal = NeverHeld(at("a", "reboots", "boots"), seconds(180))
    assert found(network, goal) == found(network, goal)


def test_the_main_context_of_z3_is_never_made() -> None:
    code = (
        "import z3; from tests.engines.test_bmc import *;"
        "test_parameters_are_found_where_their_sum_is_more_than_three_minutes();"
        "test_an_assignment_out_of_range_is_its_own_answer(); test_without_a_goal_there_is_nothing_to_find();"
        "assert z3.z3._main_ctx is None"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, cwd=Path(__file__).parents[2])


def test_a_bound_that_is_already_passed_errs_only_if_time_passes() -> None:
    for urgent in (True, False):
        late = machine(
            "m",
            (State("s"), State("t", urgent=urgent)),
            edge("s", "t", After(seconds(10), None)),
            clocks=(ClockDeclaration("all"),),
        )
        bound = Bound(at("a", "t"), "a.all", seconds(5))
        system = replace(compiled(alone(late)), goal=Monitor("@goal", (), (), (), (bound,)))
        assert search(system) == Exhausted(1) if urgent else isinstance(search(system), Found)


def test_an_observer_applies_the_first_case_whose_guard_holds() -> None:
    network = chain(2)
    seen = MonitorVariable("@goal.seen", Whole(0, 2), Const(0))
    first = Case(Compare("==", Name(seen.name), Const(0)), ((seen.name, 1),))
    for guard, depth in ((Const(True), 2), (Compare("==", Name(seen.name), Const(0)), None)):
        cases = (first, Case(guard, ((seen.name, 2),), errs=True))
        outcome = search(replace(compiled_with(network, seen), goal=Monitor("@goal", (seen,), (), cases)))
        assert outcome == Exhausted(2) if depth is None else summary(outcome) == ("Found", depth)


def compiled_with(network: Network, variable: MonitorVariable) -> TimedSystem:
    """A system with room for a variable of an observer that is written by hand."""
    system = compiled(network)
    assert isinstance(variable.initial, Const)
    return replace(system, variables={**system.variables, variable.name: (variable.domain, variable.initial.value)})


def test_a_bound_of_a_monitor_may_be_strict_or_not() -> None:
    network = dark(Fraction(10))
    for strict, errs in ((True, True), (False, False)):
        bound = Bound(at("a", "dark"), "a.time", seconds(10), strict)
        system = replace(compiled(network), goal=Monitor("@goal", (), (), (), (bound,)))
        assert isinstance(search(system, depth=3), Found if errs else Clean)


# --- random networks -----------------------------------------------------------------------------------------------

DEEP = 5
"""How far the random networks are searched."""

random_networks = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@random_networks
@given(questions(Shape()))
def test_random_networks_err_at_the_depth_that_the_region_graph_says(question: tuple[Network, Bad]) -> None:
    network, bad = question
    try:
        answer = explore(network, bad, limit=1500)
    except TooLarge:
        assume(False)
    assume(answer.bad_at != 0)
    outcome = arrives(network, bad.expr, depth=DEEP)
    never = DEEP + 1
    bad_at = never if answer.bad_at is None else answer.bad_at
    wrong_at = never if answer.range_error_at is None else answer.range_error_at
    match outcome:
        case Found(moves, rest, _, depth):
            assert depth == bad_at < wrong_at
            assert bad(run(network, {}, list(moves), rest).entries[-1].values)
        case OutOfRange(moves):
            assert len(moves) == wrong_at <= bad_at
        case Clean():
            assert min(bad_at, wrong_at) >= never
        case Exhausted():
            assert (answer.bad_at, answer.range_error_at) == (None, None)
        case Unknown():
            pytest.fail("these are small")


def scaled(network: Network, factor: Fraction) -> Network:
    """The network with every constant of time multiplied."""

    def leaf(item: Leaf) -> Expr:
        return seconds(item.value * factor) if isinstance(item, Const) and isinstance(item.value, Fraction) else item

    def slower(expr: Expr | None) -> Expr | None:
        return None if expr is None else rewrite(expr, leaf)

    def transition(item: Transition) -> Transition:
        trigger = item.trigger
        if isinstance(trigger, After):
            trigger = replace(trigger, low=rewrite(trigger.low, leaf), high=slower(trigger.high))
        assign = tuple((name, rewrite(value, leaf)) for name, value in item.assign)
        return replace(item, trigger=trigger, guard=rewrite(item.guard, leaf), assign=assign)

    def state(item: State) -> State:
        return replace(item, at_most=slower(item.at_most), less_than=slower(item.less_than))

    def larger(item: Machine) -> Machine:
        return replace(
            item, states=tuple(map(state, item.states)), transitions=tuple(map(transition, item.transitions))
        )

    return replace(network, instances=tuple(replace(i, machine=larger(i.machine)) for i in network.instances))


def summary(outcome: Outcome) -> tuple[str, int]:
    """The kind of an answer and its number of steps."""
    return type(outcome).__name__, len(outcome.moves) if isinstance(outcome, OutOfRange) else outcome.depth


@random_networks
@given(questions(Shape()))
def test_the_scale_of_time_changes_no_answer(question: tuple[Network, Bad]) -> None:
    network, bad = question
    answers = {
        summary(ask(scaled(network, factor), NeverHeld(bad.expr, seconds(2 * factor)), depth=3))
        for factor in (Fraction(1), Fraction(7), Fraction(1, 3))
    }
    assert len(answers) == 1


def sentences(dice: random.Random) -> Formula:
    """Something to say about the machine ``a`` of a random network."""
    here, limit, cast = at("a", dice.choice(("s0", "s1"))), seconds(dice.randint(1, 2)), Sent("a.cast")
    return dice.choice(
        (
            NeverHeld(here, limit, inclusive=dice.random() < 0.5),
            KeepsFor(here, limit, strict=dice.random() < 0.5),
            SendsOnlyIf(cast, Held(here, limit, strict=dice.random() < 0.5)),
            SendsApart(cast, limit),
            SendsNotFor(cast, here, limit),
            SendsOncePer(cast, here),
            Responds(Held(here, limit, strict=False), at("a", "s2"), seconds(1)),
            Responds(Occurrence(cast), here, seconds(1)),
            Answers(cast, here, limit, latency=seconds(2), one_each=dice.random() < 0.5),
        )
    )


def wander(network: Network, dice: random.Random, longest: int) -> tuple[Moves, Fraction]:
    """A random run, cut off before a model error."""
    meaning = Semantics(network)
    now, moves = meaning.initial(), []
    while True:
        limit = meaning.enabled(now).limit
        some = [Fraction(1, 3), Fraction(1), Fraction(2), Fraction(7, 2), *([limit.seconds] if limit.seconds else [])]
        possible = [delay for delay in some if limit.allows(delay)]
        delay = dice.choice(possible) if possible and dice.random() < 0.7 else Fraction(0)
        later = meaning.apply(now, delay)
        steps = meaning.enabled(later).steps
        if len(moves) == longest or not steps:
            return tuple(moves), delay
        step = dice.choice(steps)
        try:
            now = meaning.apply(later, step)
        except RangeError:
            return tuple(moves), delay
        moves.append((delay, step))


@settings(random_networks, max_examples=120)
@given(questions(Shape(machines=2)), st.integers(0, 10**6))
def test_no_random_run_errs_where_the_search_finds_nothing(question: tuple[Network, Bad], seed: int) -> None:
    """Goals and clauses of every kind; what is found is replayed and watched by :func:`ask`."""
    network, dice = question[0], random.Random(seed)
    goal, clause = sentences(dice), sentences(dice)
    system = compiled(network, {"clause": Sentence("", clause)}, Sentence("", goal))
    assert system.goal is not None
    kind, depth = summary(ask(network, goal, clause, depth=4))
    for _ in range(25):
        moves, rest = wander(network, dice, 4)
        if errors(network, system.restrict[0], {}, moves, rest)[-1]:
            continue
        told = errors(network, system.goal, {}, moves, rest)
        if told[-1]:
            assert kind in ("Found", "OutOfRange")
            assert depth <= min(told.index(True), len(moves))
