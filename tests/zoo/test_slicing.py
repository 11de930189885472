"""What is cut away cannot matter: it influences nothing, blocks nobody, and the verdict is that of the whole."""

from __future__ import annotations

import pytest

import lastgasp as lg
from lastgasp.errors import LastgaspError
from lastgasp.facade import decide
from lastgasp.language.proof_files import certificate_from_json, certificate_to_json
from lastgasp.language.sentences import parse_sentence
from lastgasp.question import Limits, Question
from lastgasp.slicing import essential, sliced
from lastgasp.verdict import Fails, Holds, Verdict
from tests.zoo.zoo import fails, holds, network, not_proved, rejected

SAFE = """
machine: a
party: A
states: {ok: {initial: yes}, late: {}, bad: {}}
transitions:
  - {from: ok, to: late, after: 60 s .. 61 s}
  - {from: bad, to: ok, may: }
"""
UNSAFE = SAFE.replace("to: late", "to: bad").replace("from: bad", "from: late")
GOAL = "a shall never be bad."
BOTH = "While x is i or x is j, a shall never be bad."
"""The same goal, with a reading of x that is always true: nothing is cut."""

OTHER = """
machine: x
party: X
%sstates: {i: {initial: yes%s}, j: {%s}}
transitions:
%s"""
ROUND = "  - {from: i, to: j, after: 1 s .. 2 s}\n  - {from: j, to: i, after: 3 s ..}\n"


def beside(a: str, head: str = "", first: str = "", second: str = "", ways: str = ROUND) -> lg.Network:
    return network({"a": a, "x": OTHER % (head, first, second, ways or "  []\n")})


def cut(net: lg.Network, goal: str = GOAL) -> tuple[str, ...]:
    return sliced(net, {}, [parse_sentence(goal, net)]).cut


def test_a_part_that_nobody_reads_is_cut_and_changes_nothing() -> None:
    """x goes round for ever. The run that breaks the goal is a run of the whole, in which x does what it must."""
    assert cut(beside(SAFE)) == ("x",)
    assert cut(beside(SAFE), BOTH) == ()
    assert "decided without x" in holds(beside(SAFE), GOAL).notes[0]
    assert len(holds(beside(SAFE), BOTH).certificate.zones.zones) > len(
        holds(beside(SAFE), GOAL).certificate.zones.zones
    )  # type: ignore[union-attr]
    part = decided(beside(UNSAFE), GOAL)
    assert isinstance(part, Fails)
    assert part.trace is not None
    assert {entry.step.mover.instance for entry in part.trace.entries} == {"a", "x"}
    lg.replay(beside(UNSAFE), part.trace)
    assert isinstance(decided(beside(UNSAFE), BOTH), Fails)


def decided(net: lg.Network, goal: str) -> Verdict:
    return decide(Question("zoo", net, parse_sentence(goal, net)), "zones", Limits(seconds=None))


@pytest.mark.parametrize(
    ("first", "second", "ways"),
    [
        (", at most: 5 s", "", ""),  # no way out
        (", at most: 5 s", "", "  - {from: i, to: j, after: 6 s ..}\n"),  # too late
        (", at most: 5 s", "", "  - {from: i, to: j, after: more than 5 s ..}\n"),
        (", less than: 5 s", "", "  - {from: i, to: j, after: 5 s ..}\n"),
        ("", "urgent: yes", "  - {from: i, to: j, may: }\n"),
        ("", "", "  - {from: i, to: j, after: 1 s .. 2 s}\n  - {from: j, to: j, after: 0 s}\n"),
        (", committed: yes", "committed: yes", "  - {from: i, to: j, may: }\n  - {from: j, to: i, may: }\n"),
    ],
)
def test_a_part_that_could_block_is_not_cut(first: str, second: str, ways: str) -> None:
    """Each of these stops time: there is no run of the whole that goes on, whatever a does."""
    net = beside(SAFE, "", first, second, ways)
    assert cut(net) == ()
    rejected(net, GOAL, "instant" if "committed" in first else "timelock")
    rejected(beside(UNSAFE, "", first, second, ways), GOAL, "instant" if "committed" in first else "timelock")


def test_a_partner_of_a_handshake_is_not_cut() -> None:
    """Nobody reads x, but a can send only when x is ready: from 90 s on, too late for its window."""
    a = SAFE.replace("states:", "sends: {e: {kind: handshake}}\nstates:").replace("61 s}", "61 s, send: e}")
    x = OTHER % ("hears: {a: [e]}\n", "", "", "  - {from: i, to: j, after: 90 s ..}\n  - {from: j, on: a.e}\n")
    net = network({"a": a, "x": x}, {"x.a": "a"})
    assert cut(net) == ()
    rejected(net, GOAL, "timelock")


def test_what_is_read_only_through_others_is_not_cut() -> None:
    """x -> y -> a: the goal speaks of a, which watches y, which watches x."""
    watch = """
machine: w
party: W
reads: {p: {o: [lo, hi]}}
states: {ok: {initial: yes, gives: {o: lo}}, bad: {gives: {o: hi}}}
transitions:
  - {from: ok, to: bad, when: p.o is hi}
"""
    source = """
machine: x
party: X
states: {i: {initial: yes, gives: {o: lo}}, j: {gives: {o: hi}}}
transitions:
  - {from: i, to: j, after: 5 s .. 6 s}
"""
    net = network({"a": watch, "y": watch, "x": source}, {"a.p": "y", "y.p": "x"})
    assert cut(net) == ()
    assert fails(net, GOAL, steps=3).times[0] >= 5
    assert cut(net, "y shall never be bad.") == ("a",)
    assert cut(net, "x shall never be j.") == ("a", "y")


# --- parts that are cut and should not be, or are completed and cannot be -----------------------------------------


def test_a_part_with_a_model_error_of_its_own_does_not_hide_it() -> None:
    """x sets v to 9, or to v + 5, which is out of 0 .. 3: a model error with its run, also where the goal is about a.
    (With an UNSAFE a, the run of the whole ends in a RangeError out of the facade.)"""
    ways = "  - {from: i, to: j, after: 1 s .. 2 s, set: {v: %s}}\n"
    for value in ("9", "v + 5")[::-1]:
        net = beside(SAFE, "variables: {v: {range: 0 .. 3, initial: 0}}\n", "", "", ways % value)
        rejected(net, BOTH, "out of its range")
        not_proved(net, GOAL)


LOOPS = {
    "c": """
machine: c
party: C
reads: {d: {out: [lo, hi]}}
hears: {d: [down]}
sends: [up]
states: {c0: {initial: yes, gives: {out: lo}}, c1: {gives: {out: hi}}}
transitions:
  - {from: c0, to: c1, when: d.out is lo, send: up}
  - {from: c1, to: c0, on: d.down}
""",
    "d": """
machine: d
party: D
reads: {c: {out: [lo, hi]}}
hears: {c: [up]}
sends: [down]
states: {d0: {initial: yes, gives: {out: lo}}, d1: {gives: {out: hi}}}
transitions:
  - {from: d0, to: d1, on: c.up}
  - {from: d1, to: d0, when: c.out is hi, send: down}
""",
}


def test_two_parts_that_chase_each_other_in_one_instant_are_not_cut() -> None:
    """c and d drive each other by 'when' and 'on' for ever, at 0 s. In neither machine do the 'when' alone form a
    cycle. With nothing cut the loop is reported; cut, 'never bad' looks proved, though time never passes."""
    net = network({"a": SAFE, **LOOPS}, {"c.d": "d", "d.c": "c"})
    rejected(net, "While c is c0 or c is c1, a shall never be bad.", "instant loop")
    not_proved(net, GOAL)


def test_a_part_with_a_strict_bound_is_completed() -> None:
    """x must leave i before 5 s, and can at any time. To wait for 60 s it has to move before, not at, its bound."""
    net = beside(UNSAFE, "", ", less than: 5 s", "", "  - {from: i, to: j, may: }\n")
    assert isinstance(decided(net, BOTH), Fails)
    assert isinstance(decided(net, GOAL), Fails)


def test_a_part_with_a_step_that_leads_nowhere_is_completed_by_another() -> None:
    """At 5 s x may stay where it is, any number of times, or leave: only the latter lets time go on."""
    ways = "  - {from: i, may: }\n  - {from: i, to: j, may: }\n"
    net = beside(UNSAFE, "", ", at most: 5 s", "", ways)
    assert isinstance(decided(net, BOTH), Fails)
    assert isinstance(decided(net, GOAL), Fails)


@pytest.mark.parametrize("ways", [ROUND, "  - {from: i, to: j, may: }\n", "  - {from: i, to: j, when: 1 s is 1 s}\n"])
def test_the_whole_and_the_part_agree(ways: str) -> None:
    if "when" in ways:
        ways = "  - {from: i, to: j, when: v}\n"
    for a, kind in ((SAFE, Holds), (UNSAFE, Fails)):
        for environment in (False, True):
            text = OTHER % ("variables: {v: {bool: yes, initial: yes}}\n", "", "", ways)
            net = network({"a": a, "x": text.replace("party: X\n", "") if environment else text})
            try:
                assert isinstance(decided(net, GOAL), kind)
                assert isinstance(decided(net, BOTH), kind)
            except LastgaspError as error:
                raise AssertionError(f"{error} with {text}") from error


def test_clauses_on_what_was_left_out_are_said_not_to_have_been_looked_at() -> None:
    """Where they contradict each other, what is proved of the rest stands: a device that obeys them is not there, and
    without them there are only more runs."""
    waits = "machine: b\nparty: B\nstates: {s: {initial: yes}, t: {}}\ntransitions:\n  - {from: s, to: t, may: }\n"
    blinks = "machine: a\nparty: A\nstates: {on: {initial: yes, at most: 5 s}, off: {at most: 5 s}}\ntransitions:\n"
    blinks += "  - {from: on, to: off, may: }\n  - {from: off, to: on, may: }\n"
    net = network({"a": blinks, "b": waits})
    contradicting = ["B shall not be s for more than 3 s.", "B shall never be t."]
    found = holds(net, "a shall not be on for more than 5 s.", clauses=contradicting)
    assert "not looked at, since they speak only of what was left out: clause0, clause1" in found.notes
    rejected(net, "b shall never be t.", "timelock", clauses=contradicting)


def test_what_is_essential_to_a_part_is_who_may_block_and_whom_a_sentence_speaks_of() -> None:
    """The others, which never block, are left out where it is shown that time can go on; who influences them is too."""
    blocks = "machine: a\nparty: A\nreads: {x: {light: [on, off]}}\nstates: {s: {initial: yes, at most: 5 s}, t: {}}\n"
    blocks += "transitions:\n  - {from: s, to: t, when: x.light is off}\n"
    lights = "machine: x\nparty: X\nstates: {i: {initial: yes, gives: {light: on}}, j: {gives: {light: off}}}\n"
    lights += "transitions:\n  - {from: i, to: j, may: }\n"
    free = "machine: b\nparty: B\nstates: {u: {initial: yes}, v: {}}\ntransitions:\n  - {from: u, to: v, may: }\n"
    net = network({"a": blocks, "x": lights, "b": free}, {"a.x": "x"})
    goal = parse_sentence("(a is t and b is v) shall never hold.", net)
    clause = parse_sentence("B shall not be u for more than 1 s.", net)
    assert sorted(essential(sliced(net, {}, [goal])).network.by_name) == ["a", "x"]
    assert sorted(essential(sliced(net, {"c": clause}, [goal])).network.by_name) == ["a", "b", "x"]
    rejected(net, "(a is t and b is v) shall never hold.", "forces its surroundings")
    rejected(
        net,
        "It is possible that b is v.",
        "timelock",
        clauses=["B shall not be u for more than 1 s.", "B shall never be v."],
    )


SENDS = """
machine: a
party: A
sends: [e]
states: {ok: {initial: yes}, bad: {}}
transitions:
  - {from: ok, to: bad, may: , send: e}
"""
FIRST = """
machine: b
party: B
hears: {a: [e]}
variables: {v: {bool: yes, initial: yes}}
states: {u: {initial: yes}, w: {}, stopped: {at most: 1 s}}
transitions:
  - {from: u, to: w, when: v}
  - {from: u, to: stopped, on: a.e}
"""
HASTENS = """
machine: x
party: X
hears: {a: [e]}
states: {i: {initial: yes, committed: yes}, j: {}}
transitions:
  - {from: i, to: j, may: }
  - {from: i, to: j, on: a.e}
"""


def test_what_hears_in_a_committed_state_lets_the_sender_go_first_and_is_not_left_out() -> None:
    """b leaves u before a may send. But x, in a committed state, goes before b, and a with it: then b is stopped."""
    net = network({"a": SENDS, "b": FIRST, "x": HASTENS}, {"b.a": "a", "x.a": "a"})
    assert cut(net, "b shall never be stopped.") == ()
    rejected(net, "(b is w and x is i) shall never hold.", "timelock")


def test_a_sender_that_goes_first_breaks_the_goal() -> None:
    harmless = FIRST.replace("stopped: {at most: 1 s}", "stopped: {}")
    net = network({"a": SENDS, "b": harmless, "x": HASTENS}, {"b.a": "a", "x.a": "a"})
    fails(net, "A shall send e only if b is w.", steps=1)
    holds(net, "A shall send e only if (b is w or x is i).")


@pytest.mark.parametrize("pace", ["committed", "urgent"])
@pytest.mark.parametrize("window", ["3 s ..", "1 s .. 2 s", "more than 0 s .."])
def test_a_window_that_begins_later_is_no_way_out_of_a_state_without_time(pace: str, window: str) -> None:
    net = beside(SAFE, "", f", {pace}: yes", "", f"  - {{from: i, to: j, after: {window}}}\n")
    assert cut(net) == ()
    rejected(net, GOAL, "timelock")
    rejected(net, BOTH, "timelock")


def test_a_window_from_a_bound_that_is_never_reached_is_no_way_out() -> None:
    """Another window ends before 3 s, and its step leads nowhere."""
    net = beside(SAFE, "", "", "", "  - {from: i, after: 1 s .. less than 3 s}\n  - {from: i, to: j, after: 3 s ..}\n")
    assert cut(net) == ()
    rejected(net, GOAL, "timelock")
    rejected(net, BOTH, "timelock")


def test_a_certificate_of_which_only_a_part_is_essential_is_read_back() -> None:
    """Time is shown to go on for x alone, which may block for all that can be read off it; the goal speaks of both."""
    ways = "  - {from: i, to: j, may: , if: v}\n"
    x = OTHER % ("variables: {v: {bool: yes, initial: yes}}\n", ", at most: 5 s", "", ways)
    net = network({"a": SAFE, "x": x})
    found = holds(net, "While x is i or x is j, a shall never be bad.").certificate
    assert found is not None
    assert sorted(essential(found.part).network.by_name) == ["x"]
    certificate_from_json(certificate_to_json(found)).recheck()


def test_of_what_was_cut_whoever_has_to_move_does() -> None:
    """b may go round at any time and c must each second; both steps change no state."""
    machines = {
        "a": "machine: a\nstates: {s0: {initial: yes}, s2: {}}\ntransitions:\n  - {from: s0, to: s2, may: }\n",
        "b": "machine: b\nstates: {s0: {initial: yes}}\ntransitions:\n  - {from: s0, to: s0, may: }\n",
        "c": "machine: c\nstates: {s0: {initial: yes}}\ntransitions:\n  - {from: s0, to: s0, after: 1 s .. 1 s}\n",
    }
    fails(network(machines), "a shall not be s0 for more than 5 s.", steps=5)
