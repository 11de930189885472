"""Parameters with ranges, stopwatches, and the scale of time: what is decided for all values, and by whom."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction

import pytest

import lastgasp as lg
from lastgasp.errors import InputError, NotApplicable
from lastgasp.facade import decide
from lastgasp.language.sentences import parse_sentence
from lastgasp.question import Limits, Question
from lastgasp.questions.asking import CheckName
from lastgasp.questions.asking import ask as ask_study
from lastgasp.verdict import Fails, Holds, Undecided, Verdict
from tests.zoo.zoo import (
    alone,
    ask,
    chosen,
    failing,
    fails,
    holds,
    network,
    not_proved,
    question,
    rejected,
    scaled,
)

NEVER_BAD = "a shall never be bad."

UPPER = """
machine: a
party: A
parameters: {d: {range: %s}}
states: {ok: {initial: yes, at most: d}, bad: {}, fine: {}}
transitions:
  - {from: ok, to: bad, after: 8 s ..}
  - {from: ok, to: fine, may: }
"""
LOWER = """
machine: a
party: A
parameters: {d: {range: %s}}
states: {ok: {initial: yes, at most: 8 s}, bad: {}, fine: {}}
transitions:
  - {from: ok, to: bad, after: d ..}
  - {from: ok, to: fine, may: }
"""


@pytest.mark.parametrize(
    ("text", "safe", "unsafe"), [(UPPER, "1 s .. 7 s", "1 s .. 8 s"), (LOWER, "9 s .. 20 s", "8 s .. 20 s")]
)
def test_a_parameter_on_one_side_is_decided_at_its_extreme(text: str, safe: str, unsafe: str) -> None:
    """'at most d' permits most where d is largest, 'after d ..' where it is smallest; bad needs 8 s in ok."""
    proof = holds(alone(text % safe), NEVER_BAD)
    assert any("a.d" in note for note in proof.notes)
    trace = fails(alone(text % unsafe), NEVER_BAD, steps=1)
    assert trace.parameters["a.d"] == 8
    assert failing(alone(text % unsafe), NEVER_BAD, "bmc", 1).parameters["a.d"] == 8


EXACT = """
machine: a
party: A
clocks: {x: {}}
parameters: {d: {range: 1 s .. 10 s}}
states: {ok: {initial: yes}, mid: {committed: yes}, bad: {}, fine: {}}
transitions:
  - {from: ok, to: mid, after: d}
  - {from: mid, to: bad, may: , if: x == %s}
  - {from: mid, to: fine, may: }
"""


def test_a_parameter_on_both_sides_is_refused_by_name_and_found_by_the_search() -> None:
    """'after: d' is a lower and an upper end. bad is reached if and only if d is exactly 10/3 s."""
    net = alone(EXACT % "10/3 s")
    with pytest.raises(NotApplicable, match=r"a\.d has a range and bounds time both from above and from below"):
        ask(net, NEVER_BAD, "zones")
    trace = failing(net, NEVER_BAD, "bmc", 2)
    assert trace.parameters["a.d"] == Fraction(10, 3)
    assert isinstance(ask(net, NEVER_BAD, "auto"), Fails)
    beyond = ask(alone(EXACT % "11 s"), NEVER_BAD, "auto")
    assert isinstance(beyond, Holds) and beyond.certificate is not None
    assert beyond.engine in ("induction", "spacer")  # that it never blocks is read off the machine, whatever d is
    beyond.certificate.recheck()


def test_a_sentence_about_a_parameter_with_a_range_is_refused_by_zones_and_searched() -> None:
    """ok can last as long as d, and not longer; half of it it can always exceed."""
    net = alone(UPPER % "1 s .. 7 s")
    goal = "a shall never be ok for more than a.d."
    with pytest.raises(NotApplicable, match=r"a\.d"):
        ask(net, goal, "zones")
    assert isinstance(ask(net, goal, "bmc"), Undecided)
    failing(net, "a shall never be ok for at least a.d.", "bmc", 0)


def test_an_observer_that_needs_a_literal_says_so_where_the_parameter_is_open() -> None:
    text = UPPER.replace("states:", "sends: [out]\nstates:").replace("may: }", "may: , send: out}")
    with pytest.raises(InputError, match=r"a\.d of this sentence has a range"):
        ask(alone(text % "1 s .. 7 s"), "a shall send out only for a period of a is ok of more than a.d.", "auto")


# --- what looks one-sided and is not ------------------------------------------------------------------------------


def search_disagrees(net: lg.Network, goal: str, steps: int) -> None:
    """The search has a run that breaks the goal, for some value; zones must not say that it holds for all."""
    failing(net, goal, "bmc", steps)
    with suppress(NotApplicable):
        not_proved(net, goal)


def test_a_parameter_in_a_when_is_no_bound_of_time() -> None:
    """v is 1, p is 0 .. 3: bad if p is 0 or 1. Decided at p = 3, 'never bad' looks proved."""
    net = alone(
        """
machine: a
party: A
parameters: {p: {range: 0 .. 3}}
variables: {v: {range: 0 .. 2, initial: 1}}
states: {ok: {initial: yes}, bad: {}}
transitions:
  - {from: ok, to: bad, when: v >= p}
"""
    )
    search_disagrees(net, NEVER_BAD, 1)


@pytest.mark.parametrize("text", [LOWER, UPPER])
def test_a_parameter_with_a_negative_factor_changes_sides(text: str) -> None:
    """'after: 10 s - d ..' permits most where d is largest: bad if d is at least 2 s. 'at most: 10 s - d' permits most
    where d is smallest: bad if d is at most 2 s."""
    text = text.replace("after: d ..", "after: 10 s + -1 * d ..").replace("at most: d", "at most: 10 s + -1 * d")
    search_disagrees(alone(text % "1 s .. 9 s"), NEVER_BAD, 1)


def test_a_parameter_in_the_guard_of_a_reaction_forces_as_well_as_permits() -> None:
    """Who hears a broadcast and can react must react. With d = 10 s r always saves itself at 5 s, with d = 1 s it does
    not hear it and goes bad at 7 s: the larger d does not permit more."""
    sender = """
machine: s
party: S
sends: [e]
states: {i: {initial: yes}, j: {}}
transitions:
  - {from: i, to: j, after: 5 s, send: e}
"""
    text = """
machine: a
party: A
hears: {s: [e]}
parameters: {d: {range: 1 s .. 10 s}}
states: {i: {initial: yes}, safe: {}, bad: {}}
transitions:
  - {from: i, to: safe, on: s.e, if: time in state <= d}
  - {from: i, to: bad, after: 7 s ..}
"""
    search_disagrees(network({"s": sender, "a": text}, {"a.s": "s"}), NEVER_BAD, 2)


def test_a_timelock_for_some_values_is_not_hidden_by_the_extreme_one() -> None:
    """ok lasts d at most and can be left from 5 s on: a timelock for every d below 5 s, none for d = 10 s. 'Holds for
    every value' is wrong: for most there is nothing to hold."""
    text = UPPER.replace("{from: ok, to: bad, after: 8 s ..}", "{from: bad, to: ok, may: }")
    text = text.replace("{from: ok, to: fine, may: }", "{from: ok, to: fine, after: 5 s ..}")
    rejected(alone(text % "1 s .. 4 s"), NEVER_BAD, "timelock")
    not_proved(alone(text % "1 s .. 10 s"), NEVER_BAD)


def test_a_clause_that_cannot_be_obeyed_for_some_values_is_not_hidden_by_the_extreme_one() -> None:
    """a can send from d on, d being 1 s .. 20 s, and must within 10 s: not obeyable where d is more than 10 s."""
    text = """
machine: a
party: A
parameters: {d: {range: %s}}
sends: [out]
states: {ok: {initial: yes}, fine: {}}
transitions:
  - {from: ok, to: fine, after: d .., send: out}
"""
    clause, goal = "When a is ok, A shall within 10 s send out.", "a shall never be ok for more than 11 s."
    not_proved(alone(text % "11 s .. 20 s"), goal, clauses=[clause])
    not_proved(alone(text % "1 s .. 20 s"), goal, clauses=[clause])


# --- stopwatches --------------------------------------------------------------------------------------------------

DIPS = """
machine: a
party: A
clocks: {x: {%s}}
states: {on: {initial: yes}, off: {at most: 3 s}, bad: {}}
transitions:
  - {from: on, to: off, may: }
  - {from: off, to: on, may: }
  - {from: off, to: bad, may: , if: x >= 5 s}
"""


def test_a_stopwatch_is_refused_by_name_and_decided_by_the_search() -> None:
    """x counts the time in 'off' only: two dips of 3 s each add up to 5 s, one does not. on-off-on-off-bad: 4 steps.
    Were x never paused, one long 'on' would do: off and bad, 2 steps."""
    net = alone(DIPS % "pauses in: [on]")
    with pytest.raises(NotApplicable, match=r"a\.x can stand still"):
        ask(net, NEVER_BAD, "zones")
    trace = failing(net, NEVER_BAD, "bmc", 4)
    times = (Fraction(0), *trace.times)
    assert (times[2] - times[1]) + (times[4] - times[3]) >= 5
    assert isinstance(ask(net, NEVER_BAD, "auto"), Fails)
    together = ask(net, NEVER_BAD, "all")
    assert isinstance(together, Fails)
    assert "one route" in together.notes
    fails(alone(DIPS % ""), NEVER_BAD, steps=2)
    # paused in 'off' too it never moves
    assert isinstance(ask(alone(DIPS % "pauses in: [on, off]"), NEVER_BAD, "bmc"), Undecided)


# --- the scale of time --------------------------------------------------------------------------------------------

PINGS = """
machine: a
party: A
clocks: {x: {}}
sends: [out]
parameters: {d: {range: 2 s .. 4 s}}
states: {ok: {initial: yes, less than: 9/2 s, gives: {o: hi}}, low: {at most: d, gives: {o: lo}}, bad: {gives: {o: lo}}}
transitions:
  - {from: ok, to: low, after: more than 1 s .. 3 s, send: out, restart: [x]}
  - {from: low, to: ok, after: 1/2 s .., send: out}
  - {from: ok, to: bad, may: , if: x > 11/2 s}
"""
ASKED = [
    ("a shall never be bad.", ()),
    ("a shall not keep o lo for more than 4 s.", ()),
    ("a shall not keep o lo for at least 4 s.", ()),
    ("a shall send out not before 1 s after the last out.", ()),
    ("a shall send out not before 1/2 s after the last out.", ()),
    (
        "When o has been lo for more than 1 s, a shall within 3 s send out.",
        ("A shall not keep o lo for more than 2 s.",),
    ),
    ("It is possible that a is low holds for at least 4 s.", ()),
    ("a shall send out only for a period of a is low of at least 1/2 s, no later than 1 s after its end.", ()),
]


def summary(verdict: Verdict) -> tuple[object, ...]:
    """What the scale of time must not change: kind, number of steps, number of zones."""
    trace, proof = getattr(verdict, "trace", None), getattr(verdict, "certificate", None)
    return (
        type(verdict),
        getattr(verdict, "reason", "")[:30],
        None if trace is None else len(trace.entries),
        None if proof is None else len(proof.zones.zones),
    )


@pytest.mark.parametrize("factor", [Fraction(7), Fraction(1, 3)])
@pytest.mark.parametrize(("goal", "clauses"), ASKED)
def test_the_unit_of_time_changes_no_verdict(goal: str, clauses: tuple[str, ...], factor: Fraction) -> None:
    asked = question(alone(PINGS), goal, clauses)
    limits = Limits(seconds=None, depth=4)
    other = scaled(asked, factor)
    assert other.network.parameters["a.d"].value.high == 4 * factor
    assert summary(decide(other, "zones", limits)) == summary(decide(asked, "zones", limits))
    assert summary(decide(other, "bmc", limits)) == summary(decide(asked, "bmc", limits))


@pytest.mark.parametrize("factor", [Fraction(7), Fraction(1, 3)])
@pytest.mark.parametrize(
    "name", ["no-false-ad1/today/single-phase-backend-timed", "no-false-ad1/mains-signal/single-phase-backend-timed"]
)
def test_the_unit_of_time_changes_no_verdict_of_the_study(name: str, factor: Fraction) -> None:
    """A check that fails and one that holds."""
    study = lg.load_study()
    asked = ask_study(study, CheckName.parsed(name, study))
    limits = Limits(seconds=None)
    verdict = decide(asked, "zones", limits)
    assert isinstance(verdict, Fails if "today" in name else Holds)
    assert summary(decide(scaled(asked, factor), "zones", limits)) == summary(verdict)


def test_settings_replace_ranges_one_by_one() -> None:
    """The verdict changes exactly where the paper says: bad needs 8 s in ok."""
    net = alone(UPPER % "1 s .. 20 s")
    goal = parse_sentence(NEVER_BAD, net)
    for seconds in (1, 7, Fraction(799, 100), 8, Fraction(801, 100), 20):
        fixed = net.with_settings({"a.d": Fraction(seconds)})
        verdict = decide(Question("fixed", fixed, goal), "all", Limits(seconds=20, depth=4))
        assert isinstance(verdict, Fails if seconds >= 8 else Holds)
        if isinstance(verdict, Fails):
            assert verdict.trace is not None
            assert chosen(verdict.trace) == {"a.d": Fraction(seconds)}
