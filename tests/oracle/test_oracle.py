"""The oracle against answers known on paper, against itself, and against random walks of the reference semantics."""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction

import networkx as nx
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lastgasp.expr import TRUE, Bool, Clock, Compare, Const, Expr, Name, Param, Plus, Value, Whole, conj
from lastgasp.machine import (
    STATE,
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
    Variable,
    When,
    seconds,
)
from lastgasp.network import Network
from lastgasp.semantics import Limit, RangeError, Semantics, run

from .regions import Answer, Predicate, Region, RegionGraph, TooLarge, Unsupported, explore
from .strategies import Bad, Shape, bad_situations, networks, questions

# --- short words --------------------------------------------------------------------------------------------------


def go(source: str, target: str | None, trigger: After | May | On | When, **more: object) -> Transition:
    """A transition."""
    return Transition((source,), target, trigger, **more)  # type: ignore[arg-type]


def after(low: int, high: int | None = None, more_than: bool = False, less_than: bool = False) -> After:
    """A window in seconds."""
    return After(seconds(low), None if high is None else seconds(high), more_than, less_than)


def exactly(time: int) -> After:
    """The window that is one instant."""
    return after(time, time)


def clock(op: str, bound: int, name: str = "x") -> Expr:
    """A comparison of a clock with seconds."""
    return Compare(op, Clock(name), seconds(bound))


def reads(port: str, value: str) -> Expr:
    """Whether the output ``out`` behind a port has a value."""
    return Compare("==", Name(f"{port}.out"), Const(value))


def at(**where: str) -> Bad:
    """The situations in which each of these instances is in that state."""

    return Bad(tuple((instance, (state,)) for instance, state in where.items()))


def nothing(values: Mapping[str, Value]) -> bool:
    """No situation at all."""
    return False


def alone(
    *states: State,
    transitions: tuple[Transition, ...] = (),
    party: str = "A",
    variables: tuple[Variable, ...] = (),
    parameters: tuple[Parameter, ...] = (),
) -> Network:
    """A network of one machine ``a`` with a clock ``x``; the first state is initial."""
    machine = one("a", *states, transitions=transitions, party=party, variables=variables, parameters=parameters)
    return Network("alone", (machine,))


def one(
    name: str,
    *states: State,
    transitions: tuple[Transition, ...] = (),
    party: str = "A",
    wires: Mapping[str, str] | None = None,
    reading: bool = False,
    hears: tuple[str, ...] = (),
    sends: tuple[Event, ...] = (),
    variables: tuple[Variable, ...] = (),
    parameters: tuple[Parameter, ...] = (),
) -> Instance:
    """An instance with a clock ``x``, the same ports as wires, and the first state as initial one."""
    first, *rest = states
    machine = Machine(
        name,
        (State(**{field: getattr(first, field) for field in State.__slots__} | {"initial": True}), *rest),
        transitions,
        party=party,
        ports=tuple(Port(port, {"out": ("lo", "hi")} if reading else {}, hears) for port in wires or {}),
        sends=sends,
        variables=variables,
        parameters=parameters,
        clocks=(ClockDeclaration("x"),),
    )
    return Instance(name, machine, dict(wires or {}))


def reaches(network: Network, bad: Predicate) -> int | None:
    """The least number of steps to a bad situation, with its run replayed by the reference semantics."""
    answer = explore(network, bad)
    if answer.bad_run is not None:
        moves, rest = answer.bad_run
        trace = run(network, {}, list(moves), rest)
        assert bad(trace.entries[-1].values if trace.entries else trace.initial)
        assert len(trace.entries) == answer.bad_at
    return answer.bad_at


def verdicts(answer: Answer) -> dict[str, int]:
    """What is reachable besides valuations, and after how many steps."""
    found = {
        "stuck": answer.stuck_at,
        "timelock": answer.timelock_at,
        "range error": answer.range_error_at,
        "instant loop": answer.instant_loop_at,
    }
    return {name: depth for name, depth in found.items() if depth is not None}


def places(answer: Answer) -> set[tuple[Value, ...]]:
    """The reachable combinations of locations, in the order of the instances' names."""
    return {
        tuple(value for name, value in sorted(valuation) if name.endswith(f".{STATE}"))
        for valuation in answer.valuations
    }


# --- limits -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bound", "guard", "reachable"),
    [
        ("at most", clock(">=", 2), True),
        ("at most", clock(">", 2), False),
        ("at most", clock("==", 2), True),
        ("less than", clock(">=", 2), False),
        ("less than", clock(">", 1), True),
        ("less than", clock("==", 2), False),
        ("less than", conj(clock(">", 1), clock("<", 2)), True),
        ("at most", conj(clock(">", 1), clock("<", 1)), False),
        ("none", clock(">", 2), True),
        ("none", clock("!=", 0), True),
        ("at most", Compare("<", Clock("time"), seconds(0)), False),
    ],
)
def test_strict_and_closed_limits_differ_exactly_at_the_limit(bound: str, guard: Expr, reachable: bool) -> None:
    start = State(
        "s0",
        at_most=seconds(2) if bound == "at most" else None,
        less_than=seconds(2) if bound == "less than" else None,
    )
    network = alone(start, State("s1"), transitions=(go("s0", "s1", May(), guard=guard),))
    assert reaches(network, at(a="s1")) == (1 if reachable else None)


@pytest.mark.parametrize(
    ("guard", "reachable"),
    [
        (clock("<", 1), False),
        (clock("==", 1), True),
        (conj(clock(">", 1), clock("<", 3)), True),
        (clock("==", 3), True),
        (clock(">", 3), False),
    ],
)
@pytest.mark.parametrize(("more_than", "less_than"), [(False, False), (True, False), (False, True), (True, True)])
def test_a_window_is_left_between_its_ends(guard: Expr, reachable: bool, more_than: bool, less_than: bool) -> None:
    network = alone(
        State("s0"),
        State("s1", urgent=True),
        State("s2"),
        transitions=(
            go("s0", "s1", after(1, 3, more_than, less_than)),
            go("s1", "s2", May(), guard=guard),
            go("s1", "s0", May(), restart=("x",)),
        ),
    )
    excluded = (more_than and guard == clock("==", 1)) or (less_than and guard == clock("==", 3))
    assert reaches(network, at(a="s2")) == (2 if reachable and not excluded else None)
    assert verdicts(explore(network, nothing)) == {}


def test_the_earliest_upper_end_that_binds_bounds_the_state() -> None:
    def network(guard: Expr) -> Network:
        return alone(
            State("s0"),
            State("s1"),
            State("s2"),
            transitions=(go("s0", "s1", exactly(3)), go("s0", "s2", exactly(1), guard=guard)),
            variables=(Variable("v", Bool(), False),),
        )

    assert places(explore(network(TRUE), nothing)) == {("s0",), ("s2",)}
    assert places(explore(network(Name("v")), nothing)) == {("s0",), ("s1",)}


def test_an_open_window_does_not_bound_the_state() -> None:
    network = alone(
        State("s0"),
        State("s1"),
        State("s2"),
        transitions=(go("s0", "s1", after(1)), go("s0", "s2", after(3, more_than=True))),
    )
    assert places(explore(network, nothing)) == {("s0",), ("s1",), ("s2",)}


@pytest.mark.parametrize("party", ["", "A"])
@pytest.mark.parametrize("instantaneous", [False, True])
def test_an_environment_state_lasts_a_positive_time(party: str, instantaneous: bool) -> None:
    network = alone(
        State("on"),
        State("off", instantaneous=instantaneous),
        State("flash"),
        State("dip"),
        transitions=(
            go("on", "off", May(), restart=("x",)),
            go("off", "flash", May(), guard=clock("==", 0)),
            go("off", "dip", after(0), guard=conj(clock(">", 0), clock("<", 1))),
        ),
        party=party,
    )
    assert reaches(network, at(a="flash")) == (None if party == "" and not instantaneous else 2)
    assert reaches(network, at(a="dip")) == 2


# --- one instant, in order ----------------------------------------------------------------------------------------


def lamp(*transitions: Transition) -> Instance:
    """Dark, lit after exactly 1 s, then whatever is given."""
    return one(
        "lamp",
        State("dark", gives={"out": "lo"}),
        State("lit", gives={"out": "hi"}),
        State("gone", gives={"out": "hi"}),
        transitions=(go("dark", "lit", exactly(1)), *transitions),
    )


@pytest.mark.parametrize(
    ("trigger", "unseen"), [(When(reads("lamp", "hi")), None), (May(), 2), (after(0), 2), (exactly(1), 2)]
)
def test_nothing_overtakes_a_when(trigger: When | May | After, unseen: int | None) -> None:
    guard = TRUE if isinstance(trigger, When) else reads("lamp", "hi")
    eye = one(
        "eye",
        State("shut"),
        State("open"),
        transitions=(go("shut", "open", trigger, guard=guard),),
        wires={"lamp": "lamp"},
        reading=True,
    )
    network = Network("lamp", (lamp(go("lit", "gone", after(0))), eye))
    assert reaches(network, at(lamp="gone", eye="shut")) == unseen
    assert reaches(network, at(lamp="lit", eye="shut")) == 1


def test_a_committed_state_goes_before_a_when() -> None:
    bell = one(
        "bell",
        State("dark", gives={"out": "lo"}),
        State("lit", gives={"out": "hi"}),
        transitions=(go("dark", "lit", exactly(1), send="rings"),),
        sends=(Event("rings"),),
    )
    quick = one(
        "quick",
        State("rests"),
        State("hurries", committed=True),
        State("done"),
        transitions=(go("rests", "hurries", On("bell", "rings")), go("hurries", "done", May())),
        wires={"bell": "bell"},
        hears=("rings",),
    )
    eye = one(
        "seer",
        State("shut"),
        State("open"),
        transitions=(go("shut", "open", When(reads("bell", "hi"))),),
        wires={"bell": "bell"},
        reading=True,
    )
    assert places(explore(Network("order", (bell, quick, eye)), nothing)) == {
        ("dark", "rests", "shut"), ("lit", "hurries", "shut"), ("lit", "done", "shut"), ("lit", "done", "open"),
    }  # fmt: skip


def test_an_urgent_state_stops_time_but_gives_no_priority() -> None:
    urgent = one("u", State("s0", urgent=True), State("s1"), transitions=(go("s0", "s1", May()),))
    other = one("o", State("s0"), State("s1"), transitions=(go("s0", "s1", May()),))
    late = one("l", State("s0"), State("s1"), transitions=(go("s0", "s1", after(0, more_than=True)),))
    answer = explore(Network("urgent", (urgent, other, late)), nothing)
    assert places(answer) == {
        ("s0", "s0", "s0"), ("s0", "s1", "s0"),
        ("s0", "s0", "s1"), ("s0", "s1", "s1"), ("s1", "s0", "s1"), ("s1", "s1", "s1"),
    }  # fmt: skip


@pytest.mark.parametrize("times", [(1, 1), (1, 2)])
def test_two_events_at_one_instant_come_in_both_orders(times: tuple[int, int]) -> None:
    senders = [
        one(
            name,
            State("s0"),
            State("s1"),
            transitions=(go("s0", "s1", exactly(time), send="call"),),
            sends=(Event("call"),),
        )
        for name, time in zip("ab", times, strict=True)
    ]
    hearer = one(
        "c",
        *map(State, ("none", "a", "b", "ab", "ba")),
        transitions=(
            go("none", "a", On("a", "call")),
            go("none", "b", On("b", "call")),
            go("a", "ab", On("b", "call")),
            go("b", "ba", On("a", "call")),
        ),
        wires={"a": "a", "b": "b"},
        hears=("call",),
    )
    network = Network("both", (*senders, hearer))
    assert reaches(network, at(c="ab")) == 2
    assert reaches(network, at(c="ba")) == (2 if times == (1, 1) else None)


# --- events -------------------------------------------------------------------------------------------------------


def sender(trigger: After | May | When, handshake: bool = False) -> Instance:
    """Sends ``call`` once."""
    return one(
        "s",
        State("s0"),
        State("sent"),
        transitions=(go("s0", "sent", trigger, send="call"),),
        sends=(Event("call", handshake),),
    )


def receiver(name: str, *transitions: Transition) -> Instance:
    """Hears ``call`` in state ``ears``."""
    heard = go("ears", "heard", On("s", "call"))
    return one(
        name,
        State("ears"),
        State("heard"),
        State("deaf"),
        State("other"),
        transitions=(heard, *transitions),
        wires={"s": "s"},
        hears=("call",),
    )


def test_a_broadcast_reaches_everyone_who_can_react_and_is_never_blocked() -> None:
    assert places(explore(Network("none", (sender(exactly(1)),)), nothing)) == {("s0",), ("sent",)}
    one_hears = Network("one", (receiver("a"), sender(exactly(1))))
    assert places(explore(one_hears, nothing)) == {("ears", "s0"), ("heard", "sent")}
    both = Network("two", (receiver("a"), receiver("b"), sender(exactly(1))))
    assert places(explore(both, nothing)) == {("ears", "ears", "s0"), ("heard", "heard", "sent")}
    deaf = Network("deaf", (receiver("a", go("ears", "deaf", May())), receiver("b"), sender(exactly(1))))
    assert places(explore(deaf, nothing)) == {
        ("ears", "ears", "s0"), ("deaf", "ears", "s0"), ("heard", "heard", "sent"), ("deaf", "heard", "sent"),
    }  # fmt: skip


def test_a_receiver_chooses_among_its_reactions_but_does_not_ignore_the_broadcast() -> None:
    choosing = receiver("a", go("ears", "other", On("s", "call")))
    network = Network("choice", (choosing, receiver("b"), sender(exactly(1))))
    assert places(explore(network, nothing)) == {
        ("ears", "ears", "s0"), ("heard", "heard", "sent"), ("other", "heard", "sent"),
    }  # fmt: skip


@pytest.mark.parametrize(("op", "heard"), [("<=", True), ("<", False), (">=", True), (">", False)])
def test_a_reaction_may_depend_on_a_clock(op: str, heard: bool) -> None:
    hearer = one(
        "a",
        State("ears"),
        State("heard"),
        transitions=(go("ears", "heard", On("s", "call"), guard=clock(op, 1)),),
        wires={"s": "s"},
        hears=("call",),
    )
    answer = explore(Network("clock", (hearer, sender(exactly(1)))), nothing)
    assert places(answer) == {("ears", "s0"), ("heard" if heard else "ears", "sent")}


def test_a_handshake_waits_for_its_partner_and_has_just_one() -> None:
    waiting = one(
        "a",
        State("busy"),
        State("ready"),
        State("met"),
        transitions=(go("busy", "ready", exactly(2)), go("ready", "met", On("s", "call"))),
        wires={"s": "s"},
        hears=("call",),
    )
    assert places(explore(Network("wait", (waiting, sender(after(1), handshake=True))), nothing)) == {
        ("busy", "s0"), ("ready", "s0"), ("met", "sent"),
    }  # fmt: skip
    two = Network("two", (receiver("a"), receiver("b"), sender(exactly(1), handshake=True)))
    assert places(explore(two, nothing)) == {
        ("ears", "ears", "s0"), ("heard", "ears", "sent"), ("ears", "heard", "sent"),
    }  # fmt: skip
    nobody = explore(Network("nobody", (sender(exactly(1), handshake=True),)), nothing)
    assert verdicts(nobody) == {"stuck": 0, "timelock": 0}
    patient = explore(Network("patient", (sender(after(1), handshake=True),)), nothing)
    assert verdicts(patient) == {}


def test_a_handshake_by_when_is_taken_as_soon_as_both_are_ready() -> None:
    waiting = one(
        "a",
        State("busy"),
        State("ready"),
        State("met"),
        State("late"),
        transitions=(
            go("busy", "ready", after(1, 2)),
            go("ready", "met", On("s", "call")),
            go("ready", "late", after(0)),
        ),
        wires={"s": "s"},
        hears=("call",),
    )
    network = Network("urgent", (waiting, sender(When(TRUE), handshake=True)))
    assert places(explore(network, nothing)) == {("busy", "s0"), ("ready", "s0"), ("met", "sent")}


# --- runs that do not go on ---------------------------------------------------------------------------------------


def test_a_bad_state_without_successors_is_bad_at_its_exact_depth() -> None:
    network = alone(
        State("s0"),
        State("s1"),
        State("s2", at_most=seconds(1)),
        State("dead", at_most=seconds(0)),
        transitions=(
            go("s0", "s1", exactly(1)),
            go("s1", "s2", exactly(1)),
            go("s2", "dead", after(1), guard=clock("==", 3)),
            go("s2", "s0", after(1)),
        ),
    )
    assert reaches(network, at(a="dead")) == 3
    assert verdicts(explore(network, nothing)) == {"stuck": 3, "timelock": 3}


def test_a_bound_without_an_exit_is_a_timelock() -> None:
    assert verdicts(explore(alone(State("s0", at_most=seconds(3))), nothing)) == {"stuck": 0, "timelock": 0}
    assert verdicts(explore(alone(State("s0", less_than=seconds(3))), nothing)) == {"stuck": 0, "timelock": 0}
    assert verdicts(explore(alone(State("s0")), nothing)) == {}
    out = go("s0", "s1", after(3))
    assert verdicts(explore(alone(State("s0", at_most=seconds(3)), State("s1"), transitions=(out,)), nothing)) == {}


@pytest.mark.parametrize(("bound", "locked"), [(3, True), (4, False)])
def test_time_that_converges_to_a_strict_bound_is_a_timelock(bound: int, locked: bool) -> None:
    network = alone(
        State("s0", less_than=seconds(bound)),
        State("s1"),
        transitions=(go("s0", "s1", May(), guard=clock(">=", 3, "time")),),
    )
    answer = explore(network, at(a="s1"))
    assert answer.bad is not locked
    # With 4 s the exit stays open while 3 s <= time < 4 s: whoever waits can still leave.
    assert verdicts(answer) == ({"stuck": 0, "timelock": 0} if locked else {})


def test_steps_without_end_in_finite_time_are_a_timelock_but_not_stuck() -> None:
    busy = one("b", State("s0"), transitions=(go("s0", "s0", May(), restart=("x",)),))
    bounded = one("a", State("s0", at_most=seconds(2)))
    assert verdicts(explore(Network("zeno", (busy, bounded)), nothing)) == {"timelock": 0}
    pingpong = alone(
        State("s0", urgent=True), State("s1", urgent=True), transitions=(go("s0", "s1", May()), go("s1", "s0", May()))
    )
    assert verdicts(explore(pingpong, nothing)) == {"timelock": 0}


def test_time_diverges_although_no_state_lasts_a_whole_unit() -> None:
    def network(trigger: May | After, guard: Expr = TRUE) -> Network:
        return alone(State("s0", less_than=seconds(1)), transitions=(go("s0", "s0", trigger, guard=guard),))

    assert verdicts(explore(network(after(0, more_than=True)), nothing)) == {}
    assert verdicts(explore(network(May()), nothing)) == {}
    # At time 0 only: once time has passed there is no step left; before, endless steps in no time.
    assert verdicts(explore(network(May(), clock("==", 0, "time")), nothing)) == {"stuck": 0, "timelock": 0}
    # The total is bounded by x, which passes 2 s within two more rounds at the earliest.
    assert verdicts(explore(network(May(), clock("<", 2)), nothing)) == {"stuck": 2, "timelock": 0}


def test_a_bound_is_not_evaded_by_a_partner_that_goes_round_and_round() -> None:
    # b never reaches 1 s, so a, which waits for it, is out of time after 1 s. Stuck: b goes round at that very instant,
    # and at least once before.
    network = Network(
        "converges",
        (
            one("a", State("s0", at_most=seconds(1)), State("s1"), transitions=(go("s0", "s1", On("b", "out")),),
                wires={"b": "b"}, hears=("out",)),
            one("b", State("s0", less_than=seconds(1)), State("s1"),
                transitions=(
                    go("s0", "s0", after(0, more_than=True)),
                    go("s0", "s1", after(1), send="out"),
                ), sends=(Event("out"),)),
        ),
    )  # fmt: skip
    assert verdicts(explore(network, nothing)) == {"stuck": 2, "timelock": 0}


def test_an_endless_chain_of_whens_is_an_instant_loop() -> None:
    states = (State("s0"), State("s1"), State("s2"))
    loop = (go("s0", "s1", exactly(1)), go("s1", "s2", When(TRUE)), go("s2", "s1", When(TRUE)))
    assert verdicts(explore(alone(*states, transitions=loop), nothing)) == {"timelock": 0, "instant loop": 1}
    chain = (go("s0", "s1", When(TRUE)), go("s1", "s2", When(TRUE)))
    assert verdicts(explore(alone(*states, transitions=chain), nothing)) == {}
    round_trip = (go("s0", "s1", When(TRUE)), go("s1", "s0", exactly(0)))
    assert verdicts(explore(alone(*states, transitions=round_trip), nothing)) == {"timelock": 0}


def test_committed_states_may_loop_too() -> None:
    network = alone(
        State("s0"),
        State("s1", committed=True),
        State("s2", committed=True),
        transitions=(
            go("s0", "s1", May()),
            go("s1", "s2", May()),
            go("s2", "s1", May()),
            go("s2", "s0", May()),
        ),
    )
    assert verdicts(explore(network, nothing)) == {"instant loop": 1}


def test_an_assignment_out_of_range_is_an_error_at_its_exact_depth() -> None:
    def network(guard: Expr) -> Network:
        more = go("s0", None, after(1), guard=guard, assign=(("v", Plus((Name("v"), Const(1)))),))
        return alone(State("s0"), transitions=(more,), variables=(Variable("v", Whole(0, 2), 0),))

    assert verdicts(explore(network(TRUE), nothing)) == {"range error": 3}
    answer = explore(network(Compare("<", Name("v"), Const(2))), lambda values: values["a.v"] == 2)
    assert verdicts(answer) == {}
    assert answer.bad_at == 2
    assert len(answer.valuations) == 3


def test_an_assignment_may_read_a_clock() -> None:
    late = go("s0", "s1", May(), assign=(("v", clock(">", 2)),))
    network = alone(
        State("s0", at_most=seconds(3)), State("s1"), transitions=(late,), variables=(Variable("v", Bool(), False),)
    )
    assert explore(network, lambda values: values["a.v"] is True).bad_at == 1
    assert explore(network, lambda values: values["a.state"] == "s1" and values["a.v"] is False).bad_at == 1


# --- a classic ----------------------------------------------------------------------------------------------------


def fischer(write: int, wait: int, more_than: bool) -> Network:
    """Fischer's mutual exclusion: two processes and the shared variable, which is a machine of its own."""
    processes = []
    for name in ("p", "q"):
        mine = reads("lock", name)
        processes.append(
            one(
                name, State("idle"), State("tries"), State("waits"), State("critical"),
                transitions=(
                    go("idle", "tries", May(), guard=reads("lock", "none")),
                    go("tries", "waits", after(0, write), send="claim"),
                    go("waits", "critical", after(wait, more_than=more_than), guard=mine),
                    go("waits", "idle", May(), guard=Compare("!=", Name("lock.out"), Const(name))),
                    go("critical", "idle", May(), send="free"),
                ),
                wires={"lock": "lock"}, sends=(Event("claim"), Event("free")),
            )
        )  # fmt: skip
    values = ("none", "p", "q")
    for number, process in enumerate(processes):
        machine = process.machine
        port = Port("lock", {"out": values})
        machine = Machine(
            machine.name, machine.states, machine.transitions, party="A", ports=(port,), sends=machine.sends
        )
        processes[number] = Instance(process.name, machine, {"lock": "lock"})
    shared = Machine(
        "lock",
        tuple(State(value, initial=value == "none", gives={"out": value}) for value in values),
        tuple(
            Transition(values, target, On(name, event))
            for name in ("p", "q")
            for event, target in (("claim", name), ("free", "none"))
        ),
        party="A",
        ports=tuple(Port(name, {}, ("claim", "free")) for name in ("p", "q")),
    )
    return Network("fischer", (*processes, Instance("lock", shared, {"p": "p", "q": "q"})))


@pytest.mark.parametrize(
    ("write", "wait", "more_than", "safe"),
    [(1, 2, False, True), (1, 1, True, True), (1, 1, False, False), (2, 1, True, False), (2, 3, False, True),
     (0, 0, False, False), (0, 0, True, True), (3, 3, True, True), (3, 3, False, False)],
)  # fmt: skip
def test_fischer_excludes_each_other_only_if_the_wait_is_longer_than_the_write(
    write: int, wait: int, more_than: bool, safe: bool
) -> None:
    network = fischer(write, wait, more_than)
    assert reaches(network, at(p="critical", q="critical")) == (None if safe else 6)
    assert reaches(network, at(p="critical")) == 3
    assert verdicts(explore(network, nothing)) == {}


# --- the unit, parameters, refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [Fraction(1), Fraction(60), Fraction(1, 7), Fraction(3, 2)])
def test_multiplying_every_constant_changes_nothing(scale: Fraction) -> None:
    def scaled(low: int, high: int | None) -> After:
        return After(seconds(low * scale), None if high is None else seconds(high * scale))

    network = alone(
        State("s0", at_most=seconds(4 * scale)),
        State("s1"),
        State("s2"),
        transitions=(
            go("s0", "s1", scaled(2, 4), restart=("x",)),
            go("s1", "s2", scaled(1, None), guard=Compare("<", Clock("x"), seconds(3 * scale))),
        ),
    )
    answer = explore(network, at(a="s2"))
    # s0: 0, (0,1), 1 .. (3,4), 4, both clocks equal: 9.
    # s1: 0, (0,1), 1, then x alone in (1,2), 2, (2,3), 3, beyond: 8.
    # s2: x alone in 1, (1,2), 2, (2,3), 3, beyond: 6.
    assert answer.regions == 23
    assert answer.bad_at == 2


def test_a_parameter_takes_the_value_it_is_given() -> None:
    late = go("s0", "s1", May(), guard=Compare(">", Clock("x"), Param("d")))
    network = alone(
        State("s0", at_most=seconds(2)),
        State("s1"),
        transitions=(late,),
        parameters=(Parameter("d", Range(Fraction(0), Fraction(5))),),
    )
    assert explore(network, at(a="s1"), parameters={"a.d": Fraction(3, 2)}).bad
    assert not explore(network, at(a="s1"), parameters={"a.d": Fraction(2)}).bad


def test_a_stopwatch_is_refused_and_so_is_a_graph_that_grows_too_large() -> None:
    machine = Machine("m", (State("s0"),), clocks=(ClockDeclaration("x", pauses=("s0",)),))
    with pytest.raises(Unsupported, match="pauses"):
        explore(Network("stopwatch", (Instance("a", machine),)), nothing)
    with pytest.raises(TooLarge, match="more than 5 regions"):
        explore(fischer(1, 2, False), nothing, limit=5)


# --- random networks ----------------------------------------------------------------------------------------------

random_networks = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
SMALL = Shape(longest=2, clocks=1)


def graph_of(network: Network, limit: int = 1_000, coarse: bool = False) -> RegionGraph:
    """Its region graph, or another example where that is too large."""
    try:
        return RegionGraph(network, limit, coarse=coarse)
    except TooLarge:
        assume(False)
        raise AssertionError from None


def some_delay(limit: Limit, chance: random.Random) -> Fraction:
    """A permitted delay: to the limit, whole, or any fraction; 0 where no time may pass."""
    candidates = [Fraction(chance.randint(0, 12), chance.choice((1, 2, 3, 4, 7))) for _ in range(3)]
    if limit.seconds is not None:
        candidates += [limit.seconds, limit.seconds * Fraction(chance.randint(1, 9), 10)]
    allowed = [delay for delay in candidates if limit.allows(delay)]
    return chance.choice(allowed) if allowed else Fraction(0)


@settings(random_networks, max_examples=250)
@given(networks(), st.integers(0, 2**32))
def test_random_walks_stay_in_the_reachable_set(network: Network, seed: int) -> None:
    graph = graph_of(network)
    valuations = {graph.discrete(region) for region in graph.depth}
    chance = random.Random(seed)
    meaning = Semantics(network)
    for _ in range(4):
        now = meaning.initial()
        for count in range(15):
            region = graph.region(now)
            assert frozenset(now.values.items()) in valuations
            assert graph.depth[region] <= count
            enabled = meaning.enabled(now)
            assert enabled.steps == meaning.enabled(graph.representative(region)).steps
            delay = some_delay(enabled.limit, chance)
            if delay and chance.random() < 0.7:
                now = meaning.apply(now, delay)
                assert graph.region(now) in graph.depth
                enabled = meaning.enabled(now)
            if not enabled.steps:
                continue
            try:
                now = meaning.apply(now, chance.choice(enabled.steps))
            except RangeError:
                assert graph.region(now) in graph.errors
                break


@settings(random_networks, max_examples=120)
@given(networks())
def test_every_region_is_reached_by_a_run_that_replays(network: Network) -> None:
    graph = graph_of(network, 300)
    for region, depth in graph.depth.items():
        moves, rest = graph.run_to(region)
        trace = run(network, {}, list(moves), rest)
        assert (trace.entries[-1].values if trace.entries else trace.initial) == graph.valuation(region)
        assert len(trace.entries) == depth


@settings(random_networks, max_examples=80)
@given(st.data())
def test_clocks_that_do_not_matter_do_not_matter(data: st.DataObject) -> None:
    network = data.draw(networks(SMALL))
    bad = data.draw(bad_situations(network))
    fine, coarse = graph_of(network, 300), graph_of(network, 1_500, coarse=True)
    assert {fine.discrete(region) for region in fine.depth} == {coarse.discrete(region) for region in coarse.depth}
    for graph in (fine, coarse):
        assert graph.least(r for r in graph.depth if bad(graph.valuation(r))) == explore(network, bad).bad_at
    assert fine.least(fine.stuck()) == coarse.least(coarse.stuck())
    assert fine.least(fine.timelocked()) == coarse.least(coarse.timelocked())
    assert fine.least(fine.instant_loops()) == coarse.least(coarse.instant_loops())
    assert fine.least(fine.errors) == coarse.least(coarse.errors)


def progresses(graph: RegionGraph) -> set[Region]:
    """Where time can diverge, by the criterion of Alur and Dill: a strongly connected part of the graph in which time
    passes and in which each clock is at zero, or beyond, now and then."""
    edges: nx.DiGraph[Region] = nx.DiGraph()
    edges.add_nodes_from(graph.depth)
    edges.add_edges_from((region, target) for region in graph.depth for _, target in graph.steps[region])
    edges.add_edges_from(graph.later.items())
    good = set(graph.errors)
    for part in nx.strongly_connected_components(edges):
        passes = any(graph.later.get(region) in part for region in part)
        if passes and all(
            any(region.readings[clock] in (None, (0, 0)) for region in part) for clock in range(len(graph.clocks))
        ):
            good |= part
    return good.union(*(nx.ancestors(edges, region) for region in good))


@settings(random_networks, max_examples=150)
@given(networks())
def test_time_diverges_where_alur_and_dill_say_so(network: Network) -> None:
    graph = graph_of(network, 500)
    locked = graph.timelocked()
    assert graph.depth.keys() - locked == progresses(graph)
    assert graph.stuck() <= locked


@settings(random_networks, max_examples=60)
@given(questions(SMALL))
def test_the_same_question_has_the_same_answer(question: tuple[Network, Bad]) -> None:
    network, bad = question
    graph_of(network)
    answer = explore(network, bad)
    assert answer == explore(network, bad)
    assert answer.bad == (answer.bad_at is not None)
    assert answer.timelock or not answer.stuck
    if answer.bad_run is not None:
        moves, rest = answer.bad_run
        trace = run(network, {}, list(moves), rest)
        assert bad(trace.entries[-1].values if trace.entries else trace.initial)
