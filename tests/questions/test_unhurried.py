"""Runs at a pace that can be followed: the same steps, the same verdict, and time where time may pass."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from lastgasp.bundled import load_study
from lastgasp.evidence import obeyed
from lastgasp.facade import decide
from lastgasp.question import Limits, Question
from lastgasp.questions.asking import CheckName, ask, judge
from lastgasp.questions.classes import classify
from lastgasp.questions.matrix import shown
from lastgasp.questions.unhurried import unhurried
from lastgasp.semantics import replay
from lastgasp.signals import errs, signal_of
from lastgasp.study import Classification, Condition, FailureClass, Study
from lastgasp.trace import Trace
from lastgasp.verdict import Fails, Holds, Verdict
from tests.zoo.zoo import network, question

BELL = """
machine: bell
party: B
sends: {rings: {}}
states: {quiet: {initial: yes, gives: {sound: no}}, loud: {at most: 1/2 s, gives: {sound: yes}}}
transitions:
  - {from: quiet, to: loud, may: }
  - {from: loud, to: quiet, may: , send: rings}
"""
EAR = """
machine: ear
party: E
reads: {bell: {sound: [yes, no]}}
sends: {noted: {}}
states: {calm: {initial: yes}, startled: {}, done: {}}
transitions:
  - {from: calm, to: startled, when: bell.sound is yes}
  - {from: startled, to: done, may: , send: noted}
"""
NET = network({"bell": BELL, "ear": EAR}, {"ear.bell": "bell"})
STUDY = load_study()


def slowed(asked: Question, engine: str = "zones") -> tuple[Trace, Trace]:
    """The run as the engine found it, and at a pace that can be followed."""
    found = decide(asked, engine, Limits())
    slow = unhurried(Study(), "goal", asked, found)
    assert isinstance(found, Fails | Holds) and isinstance(slow, Fails | Holds)
    assert found.trace is not None and slow.trace is not None
    return found.trace, slow.trace


def delays(trace: Trace) -> list[Fraction]:
    return [entry.delay for entry in trace.entries]


def test_what_may_take_time_takes_some_and_what_reacts_takes_none() -> None:
    """The bell rings when it likes, the ear is startled at once, and notes it when it likes."""
    fast, slow = slowed(question(NET, "E shall never send noted."))
    assert delays(fast) == [0, 0, 0]
    assert delays(slow) == [10, 0, Fraction(1, 4)]  # the bell is loud for half a second at most
    assert [entry.step for entry in slow.entries] == [entry.step for entry in fast.entries]
    assert slow.marks == ((Fraction(41, 4), "broken"),)


def test_a_possibility_is_shown_at_the_same_pace() -> None:
    _, slow = slowed(question(NET, "It is possible that E sends noted."))
    assert delays(slow) == [10, 0, Fraction(1, 4)]
    assert slow.marks[0][1] == "shown"


def test_a_sentence_that_restricts_is_obeyed() -> None:
    """Who has to note it in less than a fifth of a second has no time for a quarter of one."""
    hurry = ["When bell is loud, E shall in less than 1/5 s send noted."]
    _, slow = slowed(question(NET, "E shall never send noted.", clauses=hurry))
    assert delays(slow) == [10, 0, 0]


def test_the_goal_is_still_broken() -> None:
    """With a wait the bell would have been loud for long enough before the ear notes it."""
    asked = question(NET, "E shall send noted only if bell is loud has held for more than 1/10 s.")
    _, slow = slowed(asked)
    assert delays(slow) == [10, 0, 0]
    assert errs(asked.goal.formula, signal_of(slow, NET), slow.parameters) == slow.marks[0][0] == 10


def test_the_failure_is_of_the_same_class() -> None:
    """A bell that is loud for a quarter of a second is another failure than one that is loud for no time."""
    kinds = {kind: FailureClass(kind, "words") for kind in ("long", "short", "never", "mixed")}
    rule = Classification(
        ("goal",), Condition("bell is loud"), Condition("bell is quiet and ear is startled"), Fraction(1, 10), **kinds
    )
    asked = question(NET, "E shall never send noted.")
    verdict = unhurried(Study(classifications=(rule,)), "goal", asked, decide(asked, "zones", Limits()))
    assert isinstance(verdict, Fails) and verdict.trace is not None
    assert delays(verdict.trace) == [10, 0, 0]


def test_only_a_run_by_zones_is_touched() -> None:
    fast, slow = slowed(question(NET, "E shall never send noted."), "bmc")
    assert slow is fast


def test_what_has_no_run_stays_as_it_is() -> None:
    asked = question(NET, "bell shall never be loud for more than 1 s.")
    verdict: Verdict = decide(asked, "zones", Limits())
    assert isinstance(verdict, Holds) and unhurried(Study(), "goal", asked, verdict) is verdict


@pytest.mark.parametrize(
    "name", [name for name in shown(STUDY) if name.proposal in ("mp102a", "smets-chts-csp")], ids=str
)
def test_the_runs_of_the_study_stay_what_they_are(name: CheckName) -> None:
    """Step by step the same, of the same class, permitted, breaking the goal where it says, and never faster."""
    asked = ask(STUDY, name)
    verdict = judge(STUDY, name, asked)
    slow = unhurried(STUDY, name.goal, asked, verdict)
    before, after = getattr(verdict, "trace", None), getattr(slow, "trace", None)
    if before is None:
        assert slow == verdict
        return
    assert slow == replace(verdict, trace=after)
    assert [entry.step for entry in after.entries] == [entry.step for entry in before.entries]
    assert all(late >= early for late, early in zip(after.times, before.times, strict=True))
    assert after.times != before.times
    assert replay(asked.network.with_settings(dict(after.parameters)), after) == after
    assert obeyed(asked.network, after, asked.restrict) == frozenset(asked.restrict)
    whole = asked.network.with_settings(dict(after.parameters))
    assert errs(asked.goal.formula, signal_of(after, whole), after.parameters) == after.marks[0][0]
    assert classify(STUDY, name.goal, whole, after) == getattr(verdict, "classification", "")
