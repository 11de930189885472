"""Where time cannot go on: timelocks, convergence, instant loops, machines that stop the others. None may look like a
proof, and a run into one is no counterexample."""

from __future__ import annotations

import pytest

from lastgasp.verdict import Fails, Rejected
from tests.zoo.zoo import SUPPLY, SWITCH, alone, ask, fails, holds, network, not_proved, rejected

NEVER_BAD = "a shall never be bad."

ENDS = """
machine: a
party: A
states:
  ok: {initial: yes, %s: 5 s}
  bad: {}
transitions:
  - {from: ok, to: bad, after: 6 s ..}
%s"""
"""'bad' would be entered at 6 s, but nothing lets time get there: 'never bad' is not proved by time that stops."""

LOOP = """
machine: b
party: B
states: {x: {initial: yes}, y: {}}
transitions:
  - {from: x, to: y, may: }
  - {from: y, to: x, may: }
"""
"""A machine that always has a step to take, and never needs time for it."""


@pytest.mark.parametrize("bound", ["at most", "less than"])
def test_a_state_that_must_be_left_and_cannot_be_is_a_timelock(bound: str) -> None:
    """At 5 s (before 5 s) time ends and no step is possible: rejected, with a run that gets there."""
    verdict = rejected(alone(ENDS % (bound, "")), NEVER_BAD, "timelock")
    assert verdict.trace is not None
    assert verdict.trace.entries == ()


@pytest.mark.parametrize(("bound", "least"), [("at most", 5), ("less than", 4)])
def test_the_run_to_a_timelock_ends_where_time_is_stuck(bound: str, least: int) -> None:
    """The other machine can always step, and that helps nothing: the run waits until time can go no further.

    What is wrong there stays so whatever more is said, unless the run breaks it.
    """
    goal = "(a is bad and b is y) shall never hold."
    both = network({"a": ENDS % (bound, ""), "b": LOOP})
    rejected(both, goal, "time can never go on")  # whatever the other machine does, which is not essential
    said_of_it = ["b shall not be y for more than 100 s."]
    verdict = rejected(both, goal, "time can never go on", assumptions=said_of_it)
    assert verdict.trace is not None and least <= verdict.trace.end <= 5
    assert verdict.lasting


def test_an_urgent_state_without_a_way_out_is_a_timelock() -> None:
    text = """
machine: a
party: A
states: {ok: {initial: yes}, stop: {urgent: yes}, bad: {}}
transitions:
  - {from: ok, to: stop, after: 3 s ..}
  - {from: bad, to: ok, may: }
"""
    assert len(rejected(alone(text), NEVER_BAD, "timelock").trace.entries) == 1  # type: ignore[union-attr]


def test_a_bad_state_that_time_cannot_leave_is_an_artefact_and_is_reported_as_one() -> None:
    """bad breaks the goal, but no run through it goes on for ever: the model is rejected rather than the goal."""
    text = ENDS.replace("bad: {}", "bad: {at most: 5 s}").replace("after: 6 s ..", "may: ") % ("at most", "")
    rejected(alone(text), NEVER_BAD, "timelock")


def test_endless_steps_at_a_deadline_are_no_progress() -> None:
    """At 5 s a self-loop is always possible, time never: a timelock that is not a deadlock. The loop may also be
    another machine's."""
    rejected(alone(ENDS % ("at most", "  - {from: ok, may: }\n")), NEVER_BAD, "timelock")
    goal = "While b is x or b is y, a shall never be bad."
    rejected(network({"a": ENDS % ("at most", ""), "b": LOOP}), goal, "timelock")


@pytest.mark.parametrize("owner", ["own", "other"])
def test_time_that_only_converges_to_a_strict_bound_is_reported(owner: str) -> None:
    """Time stays below 5 s for ever, though there is always a step to take and always some time left to pass: no run
    diverges. Neither is it a deadlock, nor endless steps in one instant."""
    if owner == "own":
        not_proved(alone(ENDS % ("less than", "  - {from: ok, may: }\n")), NEVER_BAD)
    else:
        goal = "While b is x or b is y, a shall never be bad."
        not_proved(network({"a": ENDS % ("less than", ""), "b": LOOP}), goal)


def test_an_endless_chain_in_one_instant_is_reported() -> None:
    """Two 'when' that undo each other: no time passes, nothing else happens."""
    text = """
machine: a
party: A
states: {ok: {initial: yes}, x: {}, y: {}, bad: {}}
transitions:
  - {from: ok, to: x, after: 2 s ..}
  - {from: x, to: y, when: 1 is 1}
  - {from: y, to: x, when: 1 is 1}
  - {from: bad, to: ok, may: }
"""
    text = text.replace("states:", "variables: {v: {bool: yes, initial: yes}}\nstates:").replace("1 is 1", "v")
    verdict = rejected(alone(text), NEVER_BAD, "instant loop")
    assert len(verdict.trace.entries) in (1, 2)  # type: ignore[union-attr]


COMMITTED = """
machine: a
party: A
clocks: {x: {}}
states: {s0: {initial: yes}, s1: {}, one: {committed: yes}, two: {committed: yes}, out: {}, bad: {}}
transitions:
  - {from: s0, to: one, may: }
%s  - {from: one, to: two, may: %s}
  - {from: two, to: one, may: }
  - {from: [one, two], to: out, may: }
  - {from: bad, to: out, may: }
"""
"""one -> two -> one in committed states is an instant loop, though 'out' is a way out of it."""


def test_a_loop_of_committed_states_is_reported_even_where_it_can_be_left() -> None:
    rejected(alone(COMMITTED % ("", "")), NEVER_BAD, "instant loop")
    rejected(alone(COMMITTED % ("", ", if: x <= 5 s")), NEVER_BAD, "instant loop")


def test_a_loop_is_reported_though_one_of_its_zones_was_covered_by_another() -> None:
    """The same network with one more way in, s0 -> s1 -> two. Breadth first, the zone of 'two' that is reached from
    'one' (x at most 5 s) waits in the queue while the larger one (any x) is found through s1 and covers it; it is never
    expanded. The arc from 'one' still ends in it, so the cycle is not closed in the graph of arcs."""
    more = "  - {from: s0, to: s1, may: }\n  - {from: s1, to: two, may: }\n"
    not_proved(alone(COMMITTED % (more, ", if: x <= 5 s")), NEVER_BAD)


def test_both_engines_on_a_goal_that_fails_before_a_timelock() -> None:
    """bad at any time, and then a timelock: zones reject, the bounded search cannot know and says Fails. That is no
    disagreement about a decided question, and no internal error."""
    text = ENDS.replace("bad: {}", "bad: {at most: 5 s}").replace("after: 6 s ..", "may: ") % ("at most", "")
    assert isinstance(ask(alone(text), NEVER_BAD, "all"), Rejected)


@pytest.mark.parametrize("engine", ["bmc", "auto"])
def test_a_run_that_cannot_go_on_is_reported_as_such_where_only_the_search_applies(engine: str) -> None:
    """A stopwatch keeps zones out. Whoever enters bad stands in a timelock at 5 s: every run through bad is an
    artefact, and a verdict that cannot tell says so."""
    text = ENDS.replace("bad: {}", "bad: {at most: 5 s}").replace("after: 6 s ..", "may: ") % ("at most", "")
    text = text.replace("states:", "clocks: {x: {pauses in: [ok]}}\nstates:")
    verdict = ask(alone(text), NEVER_BAD, engine)
    if isinstance(verdict, Fails):
        assert "it was not shown that time can go on after this run" in verdict.notes
    else:
        assert isinstance(verdict, Rejected)


def test_a_timelock_that_is_found_beyond_the_largest_constant_has_a_run_too() -> None:
    """a stops time 1 s after it moved, which it does after more than 2 s. y is compared with 1 s at most, so the zone
    there says y > 1 s and forgets that y > 2 s. Taking the steps of c away leaves a piece with y <= 2 s: bisimilar to
    what is reached, but not reached, and so without a run of its own."""
    a = """
machine: a
party: A
clocks: {x: {}}
states: {s0: {initial: yes}, s1: {at most: 1 s}}
transitions:
  - {from: s0, to: s1, may: , if: x > 2 s}
"""
    b = """
machine: b
party: B
clocks: {y: {}}
variables: {v: {bool: yes, initial: no}}
states: {s0: {initial: yes}}
transitions:
  - {from: s0, may: , if: y > 1 s and v}
"""
    c = """
machine: c
party: C
states: {s: {initial: yes, at most: 2 s}}
transitions:
  - {from: s, to: s, after: 1 s ..}
"""
    rejected(network({"a": a, "b": b, "c": c}), "While b is s0 and c is s, a shall never be s1.", "timelock")


# --- machines that stop the others --------------------------------------------------------------------------------

PATIENT = """
machine: p
party: P
reads: {s: {power: [on, off]}}
states: {calm: {initial: yes}, waits: {%s}}
transitions:
  - {from: calm, to: waits, when: s.power is off}
  - {from: waits, to: calm, when: s.power is on}
"""
"""'waits' is left only when the power returns."""


def test_without_a_bound_a_machine_that_waits_stops_nobody() -> None:
    net = network({"s": SUPPLY, "p": PATIENT % ""}, {"p.s": "s"})
    fails(net, "s shall never be off for more than 5 s.", steps=2)
    holds(net, "(s is off and p is calm) shall never hold.")


@pytest.mark.parametrize("bound", ["at most: 5 s", "less than: 5 s"])
def test_a_machine_that_forces_its_surroundings_proves_nothing(bound: str) -> None:
    """With 'waits' bounded, every run in which the supply fails for longer than 5 s is pruned: the supply must return
    because p cannot wait. 'Machines are checked like clauses: none may block its surroundings.'"""
    net = network({"s": SUPPLY, "p": PATIENT % bound}, {"p.s": "s"})
    not_proved(net, "(s is off and p is waits) shall never hold for more than 5 s.")


def test_an_urgent_machine_that_forces_another_party_proves_nothing() -> None:
    """'waits' is urgent: no time may pass until the switch, which owes nothing, turns on again."""
    net = network({"s": SWITCH, "p": PATIENT % "urgent: yes"}, {"p.s": "s"})
    not_proved(net, "(s is off and p is waits) shall never hold.")


def test_a_machine_that_must_move_and_can_stops_nobody() -> None:
    """The same bound with a way out of its own."""
    text = PATIENT % "at most: 5 s" + "  - {from: waits, to: calm, after: 5 s}\n"
    net = network({"s": SWITCH, "p": text.replace("when: s.power is off", "may: , if: s.power is off")}, {"p.s": "s"})
    fails(net, "(s is off and p is calm) shall never hold for more than 5 s.", steps=1)
    fails(net, "While p is calm or p is waits, s shall never be off for more than 5 s.", steps=1)


def test_a_loop_through_a_zone_that_is_larger_than_what_is_entered_is_none() -> None:
    """The drum beats only some time after it was raised, the dancer answers from a committed state. Stored zones go
    round: the drum's age when the dancer gets ready covers 0. But after one beat that age is 0, and no beat follows."""
    drum = """
machine: drum
sends: [beat]
states: {down: {initial: yes, committed: yes}, raised: {}}
transitions:
  - {from: down, to: raised, may: }
  - {from: raised, to: down, may: , send: beat}
"""
    dancer = """
machine: a
party: A
hears: {drum: [beat]}
states: {rests: {initial: yes}, ready: {committed: yes}, bad: {}}
transitions:
  - {from: rests, to: ready, may: }
  - {from: ready, to: ready, on: drum.beat}
  - {from: ready, to: rests, may: }
  - {from: bad, to: rests, may: }
"""
    net = network({"drum": drum, "a": dancer}, {"a.drum": "drum"})
    holds(net, "While drum is down or drum is raised, a shall never be bad.")
    # part of the environment, the drum stays raised for a while; a party need not
    hasty = network({"drum": drum.replace("sends", "party: D\nsends"), "a": dancer}, {"a.drum": "drum"})
    rejected(hasty, "While drum is down or drum is raised, a shall never be bad.", "instant loop")
    rejected(hasty, "drum shall never be down for more than 1 s.", "instant loop")  # nobody hears the dancer


def test_a_strict_bound_that_another_one_comes_before_forces_nobody() -> None:
    """The walker has to stop before 2 s, from 1 s on. The pacer beats in less than 2 s, so it may have to go first:
    that is its own affair. A walker that can stop at 2 s alone never can, with and without a pacer."""
    walker = """
machine: a
party: A
states: {rests: {initial: yes}, walks: {less than: 2 s}, bad: {}}
transitions:
  - {from: rests, to: walks, may: }
  - {from: walks, to: rests, after: %s ..}
  - {from: bad, to: rests, may: }
"""
    pacer = """
machine: p
party: P
states: {paces: {initial: yes, less than: 2 s}}
transitions: [{from: paces, to: paces, may: }]
"""
    goal = "While p is paces, a shall never be bad."
    holds(network({"a": walker % "1 s", "p": pacer}), goal)
    not_proved(network({"a": walker % "2 s", "p": pacer}), goal)
    clause = "When a is walks, A shall in less than 2 s be rests."
    patient = walker.replace("less than: 2 s", "")
    holds(network({"a": patient % "1 s", "p": pacer}), goal, clauses=[clause])
    not_proved(network({"a": patient % "2 s", "p": pacer}), goal, clauses=[clause])
