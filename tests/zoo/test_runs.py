"""What a run is: windows, bounds, urgency, events, the order within one instant. Each answer is known on paper."""

from __future__ import annotations

from fractions import Fraction

import pytest

from lastgasp.verdict import Fails, Holds, Rejected, Undecided
from tests.zoo.zoo import SUPPLY, SWITCH, alone, ask, fails, holds, network, rejected, vacuous, words

NEVER_BAD = "a shall never be bad."


# --- where a bad state lies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_deadlocked_bad_state_is_found_at_its_exact_depth(length: int) -> None:
    """s0 -> s1 -> ... -> bad takes as many steps as there are arrows, and nothing leads out of bad: a search that
    demanded one more step would miss it. Each arrow waits 1 s, so bad is reached at that many seconds."""
    states = "".join(f"  s{number}: {{{'initial: yes' if not number else ''}}}\n" for number in range(length))
    ends = [*(f"s{number}" for number in range(1, length)), "bad"]
    arrows = "".join(f"  - {{from: s{number}, to: {end}, after: 1 s}}\n" for number, end in enumerate(ends))
    net = alone(f"machine: a\nparty: A\nstates:\n{states}  bad: {{}}\ntransitions:\n{arrows}")
    trace = fails(net, NEVER_BAD, steps=length)
    assert trace.times[-1] == length
    assert trace.end > length  # a sentence about states errs once time passes in a bad state


def test_the_shortest_way_is_found_though_a_longer_one_is_listed_first() -> None:
    """s0 -> s1 -> s2 -> bad and s0 -> bad, the latter only after an hour: one step is fewer than three."""
    net = alone(
        """
machine: a
party: A
states: {s0: {initial: yes}, s1: {}, s2: {}, bad: {}}
transitions:
  - {from: s0, to: s1, may: }
  - {from: s1, to: s2, may: }
  - {from: s2, to: bad, may: }
  - {from: s0, to: bad, after: 1 h ..}
"""
    )
    assert fails(net, NEVER_BAD, steps=1).times == (3600,)


def test_a_bad_state_that_no_time_passes_in_breaks_a_goal_on_events_only() -> None:
    """bad is committed: it is entered and left in one instant. 'never be' errs on positive time only, 'send only if'
    sees every step."""
    net = alone(
        """
machine: a
party: A
sends: [out]
states: {ok: {initial: yes}, bad: {committed: yes}, end: {}}
transitions:
  - {from: ok, to: bad, may: }
  - {from: bad, to: end, may: , send: out}
"""
    )
    holds(net, NEVER_BAD)
    fails(net, "While a is bad, a shall not send out.", steps=2)


# --- at the boundary ----------------------------------------------------------------------------------------------

DIP = """
machine: a
party: A
states:
  on: {initial: yes, gives: {dc: on}}
  off: {gives: {dc: off}%s}
transitions:
  - {from: on, to: off, may: }
  - {from: off, to: on, %s}
"""


@pytest.mark.parametrize(
    ("bound", "way", "more_than", "at_least"),
    [
        (", at most: 3 min", "may: ", True, False),  # 180 s can be reached and not passed
        (", less than: 3 min", "may: ", True, True),  # 180 s cannot even be reached
        ("", "after: 3 min", True, False),  # exactly 180 s
        (", at most: 181 s", "may: ", False, False),
        ("", "after: 0 s .. less than 3 min", True, True),
        ("", "after: 1 min .. 3 min", True, False),
        (", at most: 1801/10 s", "may: ", False, False),  # a tenth of a second too much
    ],
)
def test_180_s_is_not_more_than_3_min_but_at_least_3_min(bound: str, way: str, more_than: bool, at_least: bool) -> None:
    net = alone(DIP % (bound, way))
    for text, expected in (("more than", more_than), ("at least", at_least)):
        goal = f"a shall not keep dc off for {text} 3 min."
        if expected:
            holds(net, goal)
        else:
            trace = fails(net, goal, steps=1)
            off = trace.end - trace.times[-1]
            assert off > 180 if text == "more than" else off >= 180


WINDOW = """
machine: a
party: A
clocks: {x: {}}
sends: [out]
states: {wait: {initial: yes}, done: {}}
transitions:
  - {from: wait, to: done, after: %s, send: out}
"""


@pytest.mark.parametrize(
    ("window", "before", "at_3", "after_3", "beyond"),
    [  # whether 'out' can come before 3 s, at 3 s, between 3 s and 5 s (excluded), at 5 s
        ("3 s .. 5 s", False, True, True, True),
        ("more than 3 s .. 5 s", False, False, True, True),
        ("3 s .. less than 5 s", False, True, True, False),
        ("more than 3 s .. less than 5 s", False, False, True, False),
        ("3 s", False, True, False, False),
        ("0 s .. 3 s", True, True, False, False),
        ("3 s ..", False, True, True, True),
    ],
)
def test_a_window_is_left_between_its_ends_and_at_those_that_it_includes(
    window: str, before: bool, at_3: bool, after_3: bool, beyond: bool
) -> None:
    """The time in 'wait' is the age of the run, which 'has held for' measures in the goals below."""
    net = alone(WINDOW % window)

    def earlier(goal: str, possible: bool) -> None:
        if possible:
            fails(net, goal, steps=1)
        else:
            holds(net, goal)

    earlier("a shall send out only if a is wait has held for at least 3 s.", before)
    earlier("a shall send out only if a is wait has held for more than 3 s.", before or at_3)
    earlier("For 5 s after a becomes wait, a shall not send out.", before or at_3 or after_3)
    reach = ask(net, "It is possible that a is wait holds for at least 5 s.", "all")
    assert isinstance(reach, Holds if beyond else Fails)


def test_a_closed_upper_end_bounds_the_state_and_the_earliest_that_binds_wins() -> None:
    """Two windows, 2 s .. 9 s and 4 s .. 6 s: the state lasts 6 s at most. With an 'if' that is false on the second,
    9 s at most."""
    text = """
machine: a
party: A
variables: {free: {bool: yes, initial: %s}}
states: {wait: {initial: yes}, left: {}, right: {}}
transitions:
  - {from: wait, to: left, after: 2 s .. 9 s}
  - {from: wait, to: right, after: 4 s .. 6 s, if: not free}
"""
    holds(alone(text % "no"), "a shall never be wait for more than 6 s.")
    assert fails(alone(text % "no"), "a shall never be wait for at least 6 s.", steps=0).end == 6
    holds(alone(text % "yes"), "a shall never be wait for more than 9 s.")
    assert fails(alone(text % "yes"), "a shall never be wait for at least 9 s.", steps=0).end == 9


def test_an_internal_transition_does_not_restart_the_time_in_the_state() -> None:
    """'tick' every now and then: were the time in 'wait' restarted by it, 'wait' could last for ever."""
    text = """
machine: a
party: A
clocks: {x: {}}
sends: [tick]
states: {wait: {initial: yes}, done: {}}
transitions:
  - {from: wait,%s after: 1 s .. 4 s, send: tick}
  - {from: wait, to: done, after: 4 s}
"""
    holds(alone(text % ""), "a shall never be wait for more than 4 s.")
    holds(alone(text % ""), "a shall send tick only if a is wait has held for at least 1 s.")
    # the period of 'wait' is not broken by a self-loop either, but the time in the state is
    trace = fails(alone(text % " to: wait,"), "a shall never be wait for more than 4 s.", steps=1)
    assert 1 <= trace.times[0] <= 4


# --- urgency ------------------------------------------------------------------------------------------------------

WATCHER = """
machine: w
party: W
reads: {s: {power: [on, off]}}
states: {calm: {initial: yes, gives: {light: dark}}, alarm: {gives: {light: lit}}}
transitions:
  - {from: calm, to: alarm, %s}
  - {from: alarm, to: calm, when: s.power is on}
"""


def test_a_when_is_taken_as_soon_as_it_can_be() -> None:
    """No time passes while 'when' is enabled, so 'calm while off' never lasts. With 'may' it can last for ever."""
    wires = {"w.s": "s"}
    goal = "(s is off and w is calm) shall never hold."
    holds(network({"s": SWITCH, "w": WATCHER % "when: s.power is off"}, wires), goal)
    fails(network({"s": SWITCH, "w": WATCHER % "may: , if: s.power is off"}, wires), goal, steps=1)


def test_nobody_overtakes_a_when() -> None:
    """off and on again in one instant: while the watcher's 'when' is enabled no other 'may' is taken, so the watcher
    sees even an 'off' that lasts no time: no second flip finds it calm while the first one is unanswered."""
    text = WATCHER.replace("states:", "sends: [saw]\nstates:") % "%s, send: saw"
    goal = "When s sends flips, w shall immediately send saw."
    wires = {"w.s": "s"}
    holds(network({"s": SWITCH, "w": text % "when: s.power is off"}, wires), goal)
    fails(network({"s": SWITCH, "w": text % "may: , if: s.power is off"}, wires), goal, steps=1)
    # off -> on is no way around: the alarm comes between
    back = SWITCH.replace("to: on, may: ", "to: on, may: , send: flips")
    watched = network({"s": back, "w": text % "when: s.power is off"}, wires)
    holds(watched, "s shall send flips only if w is alarm or s is on.")


def test_urgent_stops_time_without_priority_and_committed_goes_first() -> None:
    """a passes through 'mid'; b may move at any time. In an urgent 'mid' b can move too, in a committed one it cannot;
    in neither does time pass."""
    text = """
machine: a
party: A
states: {idle: {initial: yes, gives: {o: calm}}, mid: {%s: yes, gives: {o: busy}}, end: {gives: {o: calm}}}
transitions:
  - {from: idle, to: mid, may: }
  - {from: mid, to: end, may: }
"""
    other = """
machine: b
party: B
sends: [out]
states: {x: {initial: yes}}
transitions:
  - {from: x, may: , send: out}
"""
    for kind in ("urgent", "committed"):
        net = network({"a": text % kind, "b": other})
        holds(net, "a shall never be mid.")
        goal = "b shall send out only if a is idle or a is end."
        if kind == "committed":
            holds(net, goal)
        else:
            fails(net, goal, steps=2)


def test_a_state_of_the_environment_lasts_a_positive_time() -> None:
    """A supply that is off and on again in one instant does not exist, a party that does it does; declared
    instantaneous, the supply may do it too. The counter hears two flips at one instant of its own clock."""
    counter = """
machine: c
party: C
hears: {s: [flips]}
clocks: {x: {}}
states: {none: {initial: yes}, one: {}, two: {}}
transitions:
  - {from: none, to: one, on: s.flips, restart: [x]}
  - {from: one, to: two, on: s.flips, if: x <= 0 s}
"""
    goal = "c shall never be two."
    wires = {"c.s": "s"}
    holds(network({"s": SUPPLY, "c": counter}, wires), goal)
    fails(network({"s": SWITCH, "c": counter}, wires), goal, steps=3)
    brief = SUPPLY.replace("off: {", "off: {instantaneous: yes, ").replace(
        "on: {initial", "on: {instantaneous: yes, initial"
    )
    fails(network({"s": brief, "c": counter}, wires), goal, steps=3)


# --- one instant, two orders --------------------------------------------------------------------------------------


def test_two_events_at_one_instant_come_in_both_orders() -> None:
    """Both at exactly 5 s: first a then b, or first b then a. Each order is a run, and neither is the only one."""
    one = """
machine: m
party: M
sends: [out]
states: {wait: {initial: yes}, done: {}}
transitions:
  - {from: wait, to: done, after: 5 s, send: out}
"""
    net = network({"a": one, "b": one})
    for first, second in (("a", "b"), ("b", "a")):
        trace = fails(net, f"{second} shall send out only if {first} is wait.", steps=2)
        assert trace.times == (5, 5)
        assert [entry.step.mover.instance for entry in trace.entries] == [first, second]
    # but no time lies between them
    holds(net, "(a is done and b is wait) shall never hold.")


# --- events -------------------------------------------------------------------------------------------------------

SPEAKER = """
machine: s
party: S
sends: {e: {%s}}
states: {quiet: {initial: yes}, spoke: {}}
transitions:
  - {from: quiet, to: spoke, after: 5 s, send: e}
"""
EAR = """
machine: r
party: R
hears: {s: [e]}
clocks: {x: {}}
states: {deaf: {%s}, hears: {%s}, heard: {}}
transitions:
  - {from: hears, to: heard, on: s.e%s}
"""


def ears(deaf: bool, guard: str = "") -> str:
    return EAR % (("initial: yes", "", guard) if deaf else ("", "initial: yes", guard))


def test_a_broadcast_is_sent_with_no_one_and_two_receivers() -> None:
    """A broadcast is never blocked: it is sent at 5 s whoever is ready, and all who are ready react in that step."""
    wires = {"r.s": "s", "q.s": "s"}
    for left, right in ((True, True), (True, False), (False, True), (False, False)):
        net = network({"s": SPEAKER % "", "r": ears(left), "q": ears(right)}, wires)
        trace = fails(net, "s shall never send e.", steps=1)
        reacting = [name for name, deaf in (("r", left), ("q", right)) if not deaf]
        assert [move.instance for move in trace.entries[0].step.moves] == ["s", *reacting]
        for name in ("r", "q"):
            if name in reacting:
                fails(net, f"{name} shall never be heard.", steps=1)
            else:
                holds(net, f"While s is quiet or s is spoke, {name} shall never be heard.")
        if len(reacting) == 2:  # both in the one step
            holds(net, "(r is heard and q is hears) shall never hold.")


@pytest.mark.parametrize(
    ("guard", "hears"),
    [("x >= 5 s", True), ("x > 5 s", False), ("x <= 5 s", True), ("x < 5 s", False), ("x == 5 s", True)],
)
def test_a_receiver_may_read_a_clock_and_is_skipped_where_its_guard_is_false(guard: str, hears: bool) -> None:
    """The event comes at exactly 5 s and x is the age of the run."""
    net = network({"s": SPEAKER % "", "r": ears(False, f", if: {guard}")}, {"r.s": "s"})
    goal = "While s is quiet or s is spoke, r shall never be heard."
    if hears:
        fails(net, goal, steps=1)
    else:
        holds(net, goal)
    fails(net, "s shall never send e.", steps=1)


def test_a_receiver_that_is_ready_must_react_and_chooses_how() -> None:
    """Two reactions are possible: either may be taken, but not neither."""
    ear = """
machine: r
party: R
hears: {s: [e]}
states: {hears: {initial: yes}, left: {}, right: {}}
transitions:
  - {from: hears, to: left, on: s.e}
  - {from: hears, to: right, on: s.e}
"""
    net = network({"s": SPEAKER % "", "r": ear}, {"r.s": "s"})
    fails(net, "r shall never be left.", steps=1)
    fails(net, "r shall never be right.", steps=1)
    holds(net, "(s is spoke and r is hears) shall never hold.")


def test_a_handshake_waits_for_its_partner() -> None:
    """The sender may send from 0 s on, its partner is ready from 7 s on: nothing happens before 7 s. A broadcast in
    its place is sent at once."""
    sender = """
machine: s
party: S
sends: {e: {%s}}
states: {quiet: {initial: yes}, spoke: {}}
transitions:
  - {from: quiet, to: spoke, may: , send: e}
"""
    partner = """
machine: r
party: R
hears: {s: [e]}
states: {busy: {initial: yes, at most: 7 s}, ready: {}, met: {}}
transitions:
  - {from: busy, to: ready, after: 7 s}
  - {from: ready, to: met, on: s.e}
"""
    goal = "For 7 s after r becomes busy, s shall not send e."
    together = "(s is spoke and not r is met) shall never hold."
    meeting = network({"s": sender % "kind: handshake", "r": partner}, {"r.s": "s"})
    holds(meeting, goal)
    holds(meeting, together)
    assert fails(meeting, "s shall never send e.", steps=2).times == (7, 7)
    calling = network({"s": sender % "", "r": partner}, {"r.s": "s"})
    fails(calling, goal, steps=1)
    fails(calling, together, steps=1)


def test_a_handshake_has_one_partner_and_one_that_nobody_takes_blocks() -> None:
    """Two are ready: exactly one takes part. None is ready and the sender's window ends: a timelock."""
    partner = ears(False)
    wires = {"r.s": "s", "q.s": "s"}
    net = network({"s": SPEAKER % "kind: handshake", "r": partner, "q": partner}, wires)
    holds(net, "(r is heard and q is heard) shall never hold.")
    fails(net, "r shall never be heard.", steps=1)
    fails(net, "q shall never be heard.", steps=1)
    rejected(
        network({"s": SPEAKER % "kind: handshake", "r": ears(True)}, {"r.s": "s"}),
        "s shall never be spoke.",
        "timelock",
    )


# --- values -------------------------------------------------------------------------------------------------------

COUNTER = """
machine: a
party: A
variables: {v: {range: 0 .. 2, initial: 0}}
states: {s: {initial: yes}, bad: {}}
transitions:
  - {from: s, after: 1 s .., set: {v: v + 1}%s}
"""


def test_a_value_out_of_range_rejects_the_model_with_its_run() -> None:
    """0, 1, 2, and the third step wants 3: a model error, not a step that is silently disabled. With a guard that
    says so, it is a disabled step and bad is just never reached."""
    for engine in ("zones", "bmc", "all"):
        verdict = ask(alone(COUNTER % ""), "While a.v is 0, a shall never be bad.", engine)
        assert isinstance(verdict, Rejected)
        assert "out of its range" in verdict.reason
        assert verdict.trace is not None
        assert len(verdict.trace.entries) == 2
    rejected(alone(COUNTER % ""), NEVER_BAD, "out of its range")
    holds(alone(COUNTER % ", if: v < 2"), NEVER_BAD)


def test_assignments_of_a_step_are_simultaneous() -> None:
    """Two variables swap their values: both reads see the values before the step, so that they always differ."""
    net = alone(
        """
machine: a
party: A
variables: {x: {bool: yes, initial: yes}, y: {bool: yes, initial: no}}
states: {s: {initial: yes}, bad: {}}
transitions:
  - {from: s, may: , set: {x: y, y: x}}
  - {from: s, to: bad, may: , if: (x and y) or not (x or y)}
"""
    )
    holds(net, NEVER_BAD)


# --- possibilities, vacuity ---------------------------------------------------------------------------------------


def test_what_can_happen_is_shown_and_what_cannot_is_denied_with_a_proof() -> None:
    """A light that is on for 5 s at most: 5 s are possible, more are not."""
    net = alone(DIP % (", at most: 5 s", "may: "))
    possible = ask(net, "It is possible that a is off holds for at least 5 s.", "all")
    assert isinstance(possible, Holds)
    assert "two routes agree" in possible.notes
    holds(net, "It is possible that a is off.")
    for goal in ("It is possible that a is off holds for more than 5 s.", "It is possible that a is on and a is off."):
        denied = ask(net, goal, "all")
        assert isinstance(denied, Fails)
        assert denied.trace is None
        assert denied.certificate is not None
        denied.certificate.recheck()
        assert isinstance(ask(net, goal, "bmc"), Undecided)


def test_a_goal_whose_premise_cannot_happen_is_vacuous() -> None:
    """'lost' has no way in; dc is off for 5 s at most; nothing is ever sent."""
    net = alone(
        """
machine: a
party: A
sends: [out, tick]
states:
  on: {initial: yes, gives: {dc: on}}
  off: {at most: 5 s, gives: {dc: off}}
  lost: {gives: {dc: off}}
transitions:
  - {from: on, to: off, may: }
  - {from: off, to: on, may: , send: tick}
  - {from: lost, to: on, may: , send: out}
"""
    )
    vacuous(net, "While a is lost, a shall not keep dc off.")
    vacuous(net, "a shall send out only if dc has been off for more than 3 s.")
    vacuous(net, "When a sends out, a shall within 10 s be on.")
    vacuous(net, "When dc has been off for more than 5 s, a shall within 10 s send tick.")
    holds(net, "When dc has been off for at least 5 s, a shall within 10 s send tick.")
    holds(net, "While a is off, a shall not keep dc on.")


def test_the_words_of_a_run_name_what_happens() -> None:
    net = network({"s": SUPPLY, "w": WATCHER % "when: s.power is off"}, {"w.s": "s"})
    trace = fails(net, "w shall never be alarm.", steps=2)
    assert words(trace) == ["s: on -> off", "w: calm -> alarm"]
    assert trace.entries[0].delay > 0
    assert trace.entries[1].delay == Fraction(0)
