"""Every engine on the same small questions: what one decides, no other contradicts, and each proof is checked again."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lastgasp import facade
from lastgasp.certificate import Certificate
from lastgasp.engines.race import Lost, race
from lastgasp.errors import Disagreement, InputError, InternalError, NotApplicable
from lastgasp.expr import TRUE, neg
from lastgasp.facade import decide
from lastgasp.language.proof_files import _seal, certificate_from_json, certificate_to_json
from lastgasp.question import Limits
from lastgasp.recheck.smtlib import Invariant, obligations
from lastgasp.verdict import Fails, Holds, Rejected, Undecided
from tests.zoo.zoo import SUPPLY, alone, ask, checked, network, question

LAMP = """
machine: a
party: A
parameters: {long: %s}
clocks: {x: {}}
sends: [flash]
states:
  off: {initial: yes}
  on: {at most: long}
  bad: {}
transitions:
  - {from: off, to: on, may: , send: flash, restart: [x]}
  - {from: on, to: off, may: }
  - {from: on, to: bad, may: , if: x > 3 s}
"""
NEVER = "a shall never be bad."
STOPWATCH = LAMP.replace("clocks: {x: {}}", "clocks: {x: {pauses in: [off]}}") % "{value: 2 s}"
"""x is restarted on the way in, so that it makes no difference that it can stand still."""


@pytest.mark.parametrize("engine", ["zones", "induction", "spacer", "auto", "all"])
def test_each_proof_engine_proves_it(engine: str) -> None:
    """On lasts 3 s at most, x more than 3 s there is never."""
    verdict = ask(alone(LAMP % "{value: 3 s}"), NEVER, engine)
    assert isinstance(verdict, Holds), verdict
    assert verdict.certificate is not None
    verdict.certificate.recheck()
    assert (verdict.certificate.invariant is None) == (engine in ("zones", "auto", "all"))


@pytest.mark.parametrize("engine", ["zones", "induction", "bmc", "auto", "all"])
def test_each_engine_that_finds_runs_finds_the_shortest(engine: str) -> None:
    """Where on may last longer: into on, wait more than 3 s, into bad."""
    net = alone(LAMP % "{value: 4 s}")
    verdict = ask(net, NEVER, engine)
    assert isinstance(verdict, Fails), verdict
    trace = checked(question(net, NEVER), verdict.trace)
    assert len(trace.entries) == 2


def test_spacer_says_that_it_is_broken_and_leaves_the_run_to_others() -> None:
    verdict = ask(alone(LAMP % "{value: 4 s}"), NEVER, "spacer")
    assert isinstance(verdict, Undecided)
    assert "breaks the goal" in verdict.reason


@pytest.mark.parametrize("engine", ["induction", "spacer"])
@pytest.mark.parametrize(("long", "safe"), [("0 s .. 3 s", True), ("1 s .. 4 s", False)])
def test_open_parameters_stay_open(engine: str, long: str, safe: bool) -> None:
    """For every value of the range, or not: the invariant speaks of the parameter, no value is put in its place."""
    verdict = ask(alone(LAMP % f"{{range: {long}}}"), NEVER, engine)
    assert isinstance(verdict, Holds) == safe
    if isinstance(verdict, Holds):
        assert verdict.certificate is not None
        assert "a.long" in certificate_to_json(verdict.certificate)


def test_a_range_that_zones_cannot_decide_at_one_value_goes_to_the_solvers() -> None:
    """long bounds from above and, in a guard, from below: zones refuse it, an invariant proves it."""
    text = LAMP.replace("if: x > 3 s", "if: x > long") % "{range: 1 s .. 3 s}"
    with pytest.raises(NotApplicable):
        ask(alone(text), NEVER, "zones")
    for engine in ("auto", "all"):
        verdict = ask(alone(text), NEVER, engine)
        assert isinstance(verdict, Holds), verdict
        assert verdict.engine in ("induction", "spacer")
        assert verdict.certificate is not None
        assert not verdict.certificate.sound
        certificate_from_json(certificate_to_json(verdict.certificate)).recheck()
    # with a clause nothing shows that it restricts its own party only
    clause = "A shall never be on for more than 3 s."
    restricted = ask(alone(text), NEVER, "auto", clauses=[clause])
    assert isinstance(restricted, Undecided), restricted


def test_a_stopwatch_goes_to_the_solvers() -> None:
    with pytest.raises(NotApplicable, match="stopwatch"):
        ask(alone(STOPWATCH), NEVER, "zones")
    verdict = ask(alone(STOPWATCH), NEVER, "auto")
    assert isinstance(verdict, Holds), verdict
    assert verdict.certificate is not None
    verdict.certificate.recheck()
    broken = ask(alone(STOPWATCH.replace("x > 3 s", "x > 1 s")), NEVER, "auto")
    assert isinstance(broken, Fails), broken


def test_a_timelock_is_no_proof_for_solvers_either() -> None:
    """On must end and cannot: whatever the invariant, nothing holds."""
    stuck = (LAMP % "{value: 3 s}").replace("  - {from: on, to: off, may: }\n", "")
    for engine in ("induction", "spacer"):
        assert not isinstance(ask(alone(stuck), NEVER, engine), Holds)
    assert isinstance(ask(alone(stuck), NEVER, "zones"), Rejected)
    with_stopwatch = STOPWATCH.replace("  - {from: on, to: off, may: }\n", "")
    for engine in ("induction", "spacer", "auto"):
        verdict = ask(alone(with_stopwatch), NEVER, engine)
        assert isinstance(verdict, Undecided), verdict


def test_a_premise_that_cannot_happen_is_no_proof_for_solvers_either() -> None:
    net = alone((LAMP % "{value: 3 s}") + "  - {from: bad, to: bad, may: , send: flash}\n")
    goal = "When a is bad, a shall within 1 s be off."
    for engine in ("induction", "spacer"):
        assert not isinstance(ask(net, goal, engine), Holds)


# --- certificates of solvers --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    verdict = ask(alone(LAMP % "{range: 0 s .. 3 s}"), NEVER, "induction")
    assert isinstance(verdict, Holds)
    assert verdict.certificate is not None
    return verdict.certificate


def edited(certificate: Certificate, edit: Callable[[Any], None]) -> str:
    data = json.loads(certificate_to_json(certificate))
    edit(data)
    data["seal"] = _seal(data)
    return json.dumps(data)


def test_an_invariant_is_read_back_and_rechecked(certificate: Certificate) -> None:
    again = certificate_from_json(certificate_to_json(certificate))
    assert again.invariant == certificate.invariant
    assert again.invariant is not None
    assert certificate.invariant is not None
    assert again.invariant.condition == certificate.invariant.condition
    again.recheck()


def test_an_obligation_that_was_changed_or_dropped_is_noticed(certificate: Certificate) -> None:
    names = list(json.loads(certificate_to_json(certificate))["proof"]["obligations"])
    for name in names:
        for edit in (
            lambda data, name=name: data["proof"]["obligations"].pop(name),
            lambda data, name=name: data["proof"]["obligations"].update({name: "(assert false)\n(check-sat)\n"}),
        ):
            with pytest.raises(InternalError, match="obligations"):
                certificate_from_json(edited(certificate, edit))


def test_an_invariant_that_is_none_is_refused(certificate: Certificate) -> None:
    """Nothing at all, and the negation of what was found, with the obligations written anew."""
    assert certificate.invariant is not None
    for condition in (TRUE, neg(certificate.invariant.condition)):
        wrong = replace(certificate, invariant=Invariant(1, condition))
        with pytest.raises(InternalError, match="does not stand"):
            certificate_from_json(certificate_to_json(wrong)).recheck()


def test_the_obligations_are_whole_scripts(certificate: Certificate) -> None:
    assert certificate.invariant is not None
    for script in obligations(certificate.open_system, certificate.invariant).values():
        assert script.startswith("(set-logic")
        assert script.rstrip().endswith("(check-sat)")
        assert script.count("(") == script.count(")")


# --- side by side -------------------------------------------------------------------------------------------------


def answer(value: int, wait: float = 0.0) -> int:
    time.sleep(wait)
    return value


def die() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def devour() -> int:
    return len(bytearray(1 << 33))


def refuse() -> int:
    raise NotApplicable("tests", "it is only a test")


def test_answers_come_as_they_arrive_and_nobody_is_left_behind() -> None:
    slow = lambda: answer(1, 60.0)  # noqa: E731 (forked, never pickled)
    found = race({"slow": slow, "quick": lambda: answer(2)})
    assert next(iter(found)) == ("quick", 2)
    found.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


def test_a_killed_process_and_one_out_of_memory_have_no_answer() -> None:
    found = dict(race({"killed": die, "hungry": devour, "well": lambda: answer(3)}, megabytes=2048))
    assert found["well"] == 3
    assert isinstance(found["killed"], Lost)
    assert isinstance(found["hungry"], Lost)


def test_time_that_is_over_ends_the_race() -> None:
    ((name, lost),) = race({"slow": lambda: answer(1, 60.0)}, seconds=0.1)
    assert name == "slow"
    assert isinstance(lost, Lost)


def test_an_error_of_ours_arrives_as_what_it_is() -> None:
    ((_, found),) = race({"refuses": refuse})
    assert isinstance(found, NotApplicable)
    assert "only a test" in str(found)


def test_a_killed_engine_leaves_the_question_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facade, "SOLVERS", dict.fromkeys(facade.SOLVERS, lambda *_: die()))
    verdict = decide(question(alone(STOPWATCH), NEVER), "auto", Limits(seconds=20))
    assert isinstance(verdict, Undecided)
    assert any("killed" in note for note in verdict.notes)


def test_engines_that_contradict_each_other_are_a_defect_with_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"bmc": lambda asked, part, limits: Fails(asked.name, "bmc")}
    monkeypatch.setattr(facade, "SOLVERS", wrong)
    with pytest.raises(Disagreement, match="bmc says Fails") as caught:
        decide(question(alone(LAMP % "{value: 3 s}"), NEVER), "all", Limits(seconds=20))
    report = json.loads(json.dumps(caught.value.report))
    assert report["answers"] == {"zones": "Holds", "bmc": "Fails"}
    assert "machine: a" in report["question"]["machines"]["a"]


def test_a_limit_on_memory_leaves_it_undecided() -> None:
    counting = """
machine: a
party: A
variables: {v: {range: 0 .. 900, initial: 0}}
states: {s: {initial: yes}, bad: {}}
transitions:
  - {from: s, to: s, after: 1 s .., if: v < 900, set: {v: v + 1}}
  - {from: s, to: bad, may: , if: v > 900}
"""
    verdict = decide(question(alone(counting), NEVER), "zones", Limits(seconds=None, megabytes=1))
    assert isinstance(verdict, Undecided)


def test_an_engine_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="spacer"):
        decide(question(alone(LAMP % "{value: 3 s}"), NEVER), "oracle")


def test_a_forbidden_step_that_leaves_a_range_is_a_model_error_for_every_engine() -> None:
    """A clause forbids the step that counts beyond the range: that hides nothing."""
    counting = """
machine: a
party: A
variables: {v: {range: 0 .. 2, initial: 0}}
sends: [up]
states: {s: {initial: yes}, bad: {}}
transitions:
  - {from: s, to: s, after: 1 s .., set: {v: v + 1}, send: up}
"""
    clause = "A shall send up only if supply is on."
    net = network(
        {"a": counting.replace("party: A", "party: A\nreads: {supply: {power: [on, off]}}"), "supply": SUPPLY},
        {"a.supply": "supply"},
    )
    for engine in ("zones", "bmc", "induction"):
        verdict = ask(net, NEVER, engine, clauses=[clause])
        assert isinstance(verdict, Rejected), (engine, verdict)
        assert "range" in verdict.reason
    strict = "A shall send up at most once while supply is on."
    for engine in ("zones", "bmc", "induction"):
        verdict = ask(net, NEVER, engine, clauses=[strict, clause])
        assert isinstance(verdict, Rejected | Undecided), (engine, verdict)
