"""Machines of ``transitions`` taken over: what they can do is what the library itself lets them do.

The machines are like those of its documentation (matter, a collection of heists, a traffic light, a door bell), written
anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transitions import Machine
from transitions.extensions import HierarchicalMachine, LockedMachine
from transitions.extensions.asyncio import AsyncMachine
from transitions.extensions.states import Timeout, add_state_features

import lastgasp as lg
from lastgasp.machine import May, On
from lastgasp.semantics import Semantics, Situation
from lastgasp.verdict import Fails, Holds

FLAGS = ("c0", "c1")
VALUES = ("no", "yes")


@add_state_features(Timeout)
class Timed(Machine):
    """A machine whose states may time out."""


@add_state_features(Timeout)
class TimedNested(HierarchicalMachine):
    """The same with nested states."""


MATTER: dict[str, Any] = {
    "states": ["solid", "liquid", "gas", "plasma"],
    "initial": "solid",
    "transitions": [
        ["melt", "solid", "liquid"],
        ["evaporate", "liquid", "gas"],
        ["sublimate", "solid", "gas"],
        ["ionize", "gas", "plasma"],
        ["freeze", ["liquid", "gas"], "solid"],
    ],
}


def alone(machine: lg.Machine) -> lg.Network:
    return lg.compose("mine", {"m": machine}, {})


# --- in five lines --------------------------------------------------------------------------------------------------


def test_in_five_lines_stuck_forbidden_and_late() -> None:
    bell = Timed(
        states=["idle", {"name": "ringing", "timeout": 2.5, "on_timeout": "hush"}, "broken"],
        initial="idle",
        transitions=[["push", "idle", "ringing"], ["hush", "ringing", "idle"], ["drop", ["idle", "ringing"], "broken"]],
    )
    network = lg.compose("door", {"bell": lg.from_transitions(bell, late="1/2 s")}, {})
    assert "nothing more happens" in [item.kind for item in lg.oddities(network)]
    assert isinstance(lg.prove(network, "bell shall never be broken."), Fails)
    assert isinstance(lg.prove(network, "bell shall not be ringing for more than 3 s."), Holds)
    late = lg.prove(network, "bell shall not be ringing for more than 2 s.")
    assert isinstance(late, Fails) and late.trace is not None and late.trace.marks[0][0] == 2


def test_the_triggers_that_the_library_makes_up_are_not_taken_unless_named() -> None:
    network = alone(lg.from_transitions(Machine(**MATTER)))
    assert isinstance(lg.prove(network, "While m is plasma, m shall never be solid."), Holds)
    assert isinstance(lg.prove(network, "It is possible that m is plasma."), Holds)
    labels = {item.label for item in network.instances[0].machine.transitions}
    assert labels == {"melt", "evaporate", "sublimate", "ionize", "freeze"}
    back = lg.from_transitions(Machine(**MATTER), triggers={"to_solid": "may"})
    assert "to_solid" in {item.label for item in back.transitions}


# --- the library itself as the oracle -----------------------------------------------------------------------------


def followers(meaning: Semantics, now: Situation, trigger: str) -> set[str]:
    """The states that steps of a trigger lead to."""
    found = set()
    for step in meaning.enabled(now).steps:
        transition = meaning.network.by_name["m"].machine.transitions[step.mover.index]
        if step.mover.instance == "m" and transition.label.split(",")[0] == trigger:
            found.add(meaning.apply(now, step).location("m"))
    return found


def surroundings() -> lg.Machine:
    """Something that gives both conditions every value."""
    states = {
        f"s{a}{b}": f"{{{'initial: yes, ' * (a + b == 0)}gives: {{c0: {VALUES[a]}, c1: {VALUES[b]}}}}}"
        for a in (0, 1)
        for b in (0, 1)
    }
    body = ", ".join(f"{name}: {text}" for name, text in states.items())
    return lg.machine_from_yaml(f"machine: env\nparty: E\nstates: {{{body}}}\ntransitions: []")


def compared(machine: Any, described: Iterable[str]) -> int:
    """In every state, for all values of the conditions, each trigger leads where the library lets it lead."""
    used = {flag for events in machine.get_transitions() for flag in (c.func for c in events.conditions)}
    table = {flag: f"env.{flag} is yes" for flag in described if flag in used}
    taken = lg.from_transitions(machine, table, reads={"env": dict.fromkeys(FLAGS, VALUES)})
    network = lg.compose("n", {"m": taken, "env": surroundings()}, {"m.env": "env"})
    meaning = Semantics(network)
    count = 0
    for state in [item.name for item in taken.states]:
        for values in ((a, b) for a in (0, 1) for b in (0, 1)):
            start = meaning.initial()
            here = {**start.values, "m.state": state, "env.state": f"s{values[0]}{values[1]}"}
            now = Situation(here, start.clocks)
            for trigger in ("go", "turn", "leave"):
                machine.set_state(taken.state(state).label or state)
                for flag, value in zip(FLAGS, values, strict=True):
                    setattr(machine, f"value_{flag}", bool(value))
                before = machine.state
                fired = trigger in machine.events or hasattr(machine, trigger)
                fired = fired and bool(machine.trigger(trigger))
                real = {machine.state.replace(".", "_")} if fired else set()
                ours = followers(meaning, now, trigger)
                if set(table) >= used:
                    assert ours == real, (state, values, trigger, before)
                else:
                    assert ours >= real, (state, values, trigger, before)
                count += 1
    return count


def flags(cls: type) -> type:
    """The class with the two conditions as methods."""

    class Flagged(cls):  # type: ignore[misc, valid-type]
        value_c0 = value_c1 = False

        def c0(self) -> bool:
            return self.value_c0

        def c1(self) -> bool:
            return self.value_c1

    return Flagged


Flat, Nested = flags(Machine), flags(HierarchicalMachine)
CONDITIONS = st.lists(st.sampled_from(FLAGS), max_size=2, unique=True)


def transitions_among(names: list[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.fixed_dictionaries(
        {
            "trigger": st.sampled_from(["go", "turn", "leave"]),
            "source": st.sampled_from([*names, "*"]),
            "dest": st.sampled_from([*names, "="]) | st.none(),
            "conditions": CONDITIONS,
            "unless": CONDITIONS,
        }
    )
    return st.lists(one, min_size=1, max_size=5)


drawn = settings(
    derandomize=True, deadline=None, database=None, max_examples=25, suppress_health_check=list(HealthCheck)
)


@drawn
@given(transitions_among(["a", "b", "c"]), st.sets(st.sampled_from(FLAGS)))
def test_flat_machines_do_what_the_library_lets_them_do(arrows: list[dict[str, Any]], described: set[str]) -> None:
    machine = Flat(states=["a", "b", "c"], initial="a", transitions=arrows, ignore_invalid_triggers=True)
    assert compared(machine, sorted(described)) > 0


@drawn
@given(transitions_among(["a", "b", "b_x", "b_y", "b_y_p"]), transitions_among(["x", "y", "y_p"]), st.booleans())
def test_nested_machines_do_what_the_library_lets_them_do(
    outer: list[dict[str, Any]], inner: list[dict[str, Any]], initial: bool
) -> None:
    """Children go before parents, what a parent defines inside goes before what is defined outside."""
    inner = [{**item, "source": "x" if item["source"] == "*" else item["source"]} for item in inner]
    inner = [{**item, "dest": item["source"] if item["dest"] == "=" else item["dest"]} for item in inner]
    children = ["x", {"name": "y", "children": ["p", "q"], "initial": "p"}]
    nest: dict[str, Any] = {"name": "b", "children": children, "transitions": inner}
    if initial:
        nest["initial"] = "x"
    machine = Nested(states=["a", nest], initial="a", transitions=outer, ignore_invalid_triggers=True)
    assert compared(machine, FLAGS) > 0


# --- what triggers, conditions and timeouts are described as -------------------------------------------------------

DOOR = """
machine: door
party: D
sends: [bangs]
states: {shut: {initial: yes, gives: {open: no}}, ajar: {gives: {open: yes}}}
transitions:
  - {from: shut, to: ajar, may: }
  - {from: ajar, to: shut, may: , send: bangs}
"""


def lock() -> Machine:
    return Machine(
        states=["unlocked", "locked"],
        initial="unlocked",
        transitions=[
            {"trigger": "lock", "source": "unlocked", "dest": "locked", "unless": "is_open"},
            {"trigger": "unlock", "source": "locked", "dest": "unlocked"},
        ],
    )


def locked(**described: Any) -> lg.Network:
    reads = {"door": {"open": ["yes", "no"]}}
    machine = lg.from_transitions(lock(), name="lock", reads=reads, **described)
    return lg.compose("house", {"lock": machine, "door": lg.machine_from_yaml(DOOR)}, {"lock.door": "door"})


def test_an_undescribed_condition_is_free_and_its_label_says_so() -> None:
    free, told = locked(), locked(conditions={"is_open": "door.open is yes"})
    goal = "It is possible that lock is locked and door is ajar."
    assert isinstance(lg.prove(free, goal), Holds)
    (label,) = [t.label for t in free.by_name["lock"].machine.transitions if t.target == "locked"]
    assert label == "lock, if not is_open (not described: it may hold or not)"
    assert [t.label for t in told.by_name["lock"].machine.transitions if t.target == "locked"] == ["lock"]
    sends = locked(conditions={"is_open": "door.open is yes"}, sends={"lock": "clicks"})
    assert isinstance(lg.prove(sends, "While door is ajar, lock shall not send clicks."), Holds)
    sends = locked(sends={"lock": "clicks"})
    assert isinstance(lg.prove(sends, "While door is ajar, lock shall not send clicks."), Fails)


def test_a_heard_trigger_that_is_not_expected_is_an_error_as_in_the_library() -> None:
    network = locked(triggers={"lock": "on door.bangs"})
    verdict = lg.prove(network, "lock shall never be machine_error.")
    assert isinstance(verdict, Fails)
    quiet = lock()
    for state in quiet.states.values():
        state.ignore_invalid_triggers = True
    machine = lg.from_transitions(quiet, triggers={"lock": "on door.bangs"})
    assert [state.name for state in machine.states] == ["unlocked", "locked"]
    heard = [item for item in machine.transitions if isinstance(item.trigger, On)]
    assert {item.target for item in heard} == {"locked", None}  # its condition is free: it may do nothing as well


def test_a_trigger_that_is_described_comes_then() -> None:
    network = locked(
        triggers={"lock": "when door.open is no", "unlock": "after 2 s .. 5 s"},
        conditions={"is_open": "door.open is yes"},
    )
    assert isinstance(lg.prove(network, "lock shall not be locked for more than 5 s."), Holds)
    assert isinstance(lg.prove(network, "lock shall not be locked for more than 4 s."), Fails)


def test_a_timeout_whose_trigger_has_a_condition_may_do_nothing() -> None:
    """The library calls the trigger once; if the condition does not hold then, the state lasts."""
    machine = Timed(
        states=["a", {"name": "b", "timeout": 1, "on_timeout": "back"}],
        initial="a",
        transitions=[["go", "a", "b"], {"trigger": "back", "source": "b", "dest": "a", "conditions": "ready"}],
    )
    network = alone(lg.from_transitions(machine))
    assert isinstance(lg.prove(network, "m shall not be b for more than 1 min."), Fails)


def test_a_timeout_of_a_nested_state() -> None:
    machine = TimedNested(
        states=[
            "a",
            {"name": "b", "initial": "x", "children": [{"name": "x", "timeout": 3, "on_timeout": "out"}, "y"]},
        ],
        initial="a",
        transitions=[["in_", "a", "b"], ["out", "b", "a"], ["on", "b_x", "b_y"]],
    )
    taken = lg.from_transitions(machine)
    assert {state.name for state in taken.states} == {"a", "b_x", "b_y"}
    network = alone(taken)
    assert isinstance(lg.prove(network, "m shall not be b_x for more than 3 s."), Holds)
    assert isinstance(lg.prove(network, "m shall not be b_x for more than 2 s."), Fails)


def test_a_state_with_children_can_be_spoken_of() -> None:
    inner = {"name": "y", "initial": "p", "children": ["p", "q"]}
    machine = TimedNested(
        states=["a", {"name": "b", "initial": "x", "children": ["x", inner]}],
        initial="a",
        transitions=[["in_", "a", "b"], ["on", "b_x", "b_y"], ["out", "b", "a"]],
    )
    network = alone(lg.from_transitions(machine))
    given = {state.name: dict(state.gives) for state in network.by_name["m"].machine.states}
    assert given == {
        "a": {"b": "no", "b_y": "no"},
        "b_x": {"b": "yes", "b_y": "no"},
        "b_y_p": {"b": "yes", "b_y": "yes"},
        "b_y_q": {"b": "yes", "b_y": "yes"},
    }
    assert isinstance(lg.prove(network, "While b_y is yes, m shall keep b yes."), Holds)
    assert isinstance(lg.prove(network, "m shall not keep b yes for more than 1 min."), Fails)


# --- what cannot be represented ------------------------------------------------------------------------------------


def refused(machine: object, *words: str, **described: Any) -> str:
    with pytest.raises(lg.InputError) as caught:
        lg.from_transitions(machine, **described)
    text = str(caught.value)
    assert all(word in text for word in words), text
    return text


class Eager(Machine):
    """A machine with callbacks that do more than look."""

    def restart(self) -> None:
        self.go()

    def jump(self) -> None:
        self.state = "b"

    def count(self) -> None:
        self.counted = 1

    def around(self) -> None:
        self.counted = self.helped

    @property
    def helped(self) -> object:
        return [item() for item in (self.restart,)]

    def by_name(self) -> None:
        getattr(self, "go")()  # noqa: B009

    def by_any_name(self) -> None:
        getattr(self, self.wanted)()

    def by_good_name(self) -> int:
        return getattr(self, "counted", 0) + sum(item + 1 for item in (1, 2))

    def ready(self) -> bool:
        return self.trigger("go")


def outside_of_it(machine: Eager) -> None:
    machine.restart()


ARROW = [{"trigger": "go", "source": "a", "dest": "b"}]


def eager(on_enter: object = (), conditions: object = ()) -> Eager:
    states = ["a", {"name": "b", "on_enter": on_enter}]
    return Eager(states=states, initial="a", transitions=[{**ARROW[0], "conditions": conditions}])


STAGED = eager()


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (object(), "no state machine of the library"),
        (Machine(states=["a"], initial="a", queued=True), "queued"),
        (AsyncMachine(states=["a"], initial="a"), "asynchronous"),
        (Machine(model=None, states=["a"], initial=None), "no initial state"),
        (HierarchicalMachine(states=[{"name": "p", "parallel": ["x", "y"]}], initial="p"), "parallel states"),
        (Eager(states=["a", {"name": "b", "on_enter": "restart"}], initial="a", transitions=ARROW), "fires 'go'"),
        (Eager(states=["a", "b"], initial="a", transitions=[{**ARROW[0], "after": "jump"}]), "sets the state"),
        (Eager(states=["a", "b"], initial="a", transitions=[{**ARROW[0], "before": "go"}]), "is a trigger itself"),
        (eager(on_enter="around"), "'around' (on_enter of 'b') calls 'helped', which fires 'go'"),
        (eager(on_enter=lambda *_: outside_of_it(STAGED)), "calls 'outside_of_it', which fires 'go'"),
        (eager(on_enter="by_name"), "does 'go' by 'getattr'"),
        (eager(on_enter="by_any_name"), "does by 'getattr' what cannot be read"),
        (eager(on_enter="nowhere"), "the callback 'nowhere' (on_enter of 'b') is nowhere to be found"),
        (eager(conditions="ready"), "'ready' (a condition of 'go') fires 'trigger'"),
        (
            Timed(states=[{"name": "a", "timeout": 1, "on_timeout": print}], initial="a"),
            "name the trigger that it fires",
        ),
        (Machine(states=["a b", "a.b"], initial="a b"), "two states would be called 'a_b'"),
    ],
)
def test_what_cannot_be_represented_is_named(machine: object, words: str) -> None:
    assert "\n    " in refused(machine, words)  # with its cure


def test_everything_is_named_at_once_and_what_is_harmless_can_be_said() -> None:
    machine = Eager(states=["a", {"name": "b", "on_enter": "restart"}], initial="a", transitions=ARROW, queued=True)
    refused(machine, "queued", "'restart' (on_enter of 'b')")
    assert lg.from_transitions(eager(on_enter="restart"), harmless=["restart"]).initial.name == "a"
    for name in ("count", "by_good_name"):
        assert lg.from_transitions(eager(on_enter=name)).initial.name == "a"


def test_names_that_occur_nowhere_are_refused() -> None:
    refused(lock(), "no condition 'is_opne'", "is_open", conditions={"is_opne": "door.open is yes"})
    refused(lock(), "no trigger 'look'", "lock", triggers={"look": "may"})
    refused(lock(), "no state 'shut'", gives={"shut": {"bolt": "out"}})
    refused(lock(), "does not say when", triggers={"lock": "sometimes"})
    refused(lock(), "door", conditions={"is_open": "door.open is yes"})  # a port that nobody declared
    refused(lock(), "'on bangs' does not say when", triggers={"lock": "on bangs"})
    refused(lock(), "cannot send 'clicks'", triggers={"lock": "on door.bangs"}, sends={"lock": "clicks"})
    refused(lock(), "late = -1 s is less than nothing", late=-1)
    assert "1:" not in refused(lock(), "'my lock' cannot be a name", name="my lock")  # no place in a text of ours


def test_a_locked_machine_and_callables_as_conditions() -> None:
    def dark() -> bool:
        return True

    machine = LockedMachine(
        states=["off", "on"],
        initial="off",
        transitions=[{"trigger": "go", "source": "off", "dest": "on", "conditions": dark}],
    )
    taken = lg.from_transitions(machine, {dark: "sky.light is no"}, reads={"sky": {"light": ["yes", "no"]}})
    (only,) = taken.transitions
    assert isinstance(only.trigger, May) and only.label == "go"
    assert lg.from_transitions(machine).transitions[0].label.startswith("go, if dark (not described")


def test_seconds_as_decimals_are_exact() -> None:
    machine = Timed(states=[{"name": "a", "timeout": 0.1, "on_timeout": "go"}, "b"], initial="a", transitions=ARROW)
    taken = lg.from_transitions(machine)
    assert taken.transitions[0].trigger.low.value == Fraction(1, 10)  # type: ignore[union-attr]
    later = lg.from_transitions(machine, late=0.1)  # type: ignore[arg-type]
    assert later.transitions[0].trigger.high.value == Fraction(1, 5)  # type: ignore[union-attr]
