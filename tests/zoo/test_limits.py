"""What is not decided is called that, with its reason and an exit code of its own; never a proof, never a failure."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import lastgasp as lg
from lastgasp.cli.main import main
from lastgasp.errors import InputError
from lastgasp.facade import decide
from lastgasp.question import Limits
from lastgasp.verdict import Fails, Holds, Undecided
from tests.zoo.zoo import alone, holds, question, rejected

LONG = """
machine: a
party: A
variables: {v: {range: 0 .. 200, initial: 0}}
states: {s: {initial: yes}, bad: {}}
transitions:
  - {from: s, to: s, after: 1 s .., if: v < 200, set: {v: v + 1}}
  - {from: s, to: bad, may: , if: v >= %s}
"""
GOAL = "a shall never be bad."


def test_a_limit_on_states_leaves_the_goal_undecided() -> None:
    """201 values of v: three states are not enough to know, a thousand are."""
    safe = question(alone((LONG % 200).replace("v >= 200", "v > 200")), GOAL)
    verdict = decide(safe, "zones", Limits(seconds=None, states=3))
    assert isinstance(verdict, Undecided)
    assert "states" in verdict.reason
    assert isinstance(decide(safe, "zones", Limits(seconds=None, states=1000)), Holds)
    with pytest.raises(TypeError):
        bool(verdict)


def test_a_limit_on_steps_says_how_deep_the_search_was() -> None:
    """bad needs 6 steps: a search of 5 finds nothing and proves nothing, one of 6 finds it."""
    asked = question(alone(LONG % 5), GOAL)
    verdict = decide(asked, "bmc", Limits(seconds=None, depth=5))
    assert isinstance(verdict, Undecided)
    assert "5 steps" in verdict.reason
    found = decide(asked, "bmc", Limits(seconds=None, depth=6))
    assert isinstance(found, Fails)
    assert found.trace is not None
    assert len(found.trace.entries) == 6


def test_a_proof_of_the_goal_alone_is_no_proof_where_the_rest_is_not_explored() -> None:
    """bad is near, the rest is far: a run that breaks the goal is found, whether it can go on is not known."""
    verdict = decide(question(alone(LONG % 0), GOAL), "zones", Limits(seconds=None, states=4))
    assert isinstance(verdict, Undecided)
    assert "not all of the network was explored" in verdict.reason


def test_time_that_is_over_leaves_everything_undecided() -> None:
    """No time at all: neither engine decides, and nothing is raised."""
    asked = question(alone((LONG % 200).replace("v >= 200", "v > 200")), GOAL)
    for engine in ("zones", "bmc", "all", "auto"):
        assert isinstance(decide(asked, engine, Limits(seconds=0)), Undecided)


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(InputError, match="zones"):
        decide(question(alone(LONG % 5), GOAL), "oracle")


def study_in(folder: Path, machine: str) -> str:
    """A study with one machine, one goal, one proposal without clauses."""
    files = {
        "models/machines/a.yaml": machine,
        "models/installations/one.yaml": "installation: one\ninstances:\n  a: {machine: a}\n",
        "properties/goals.yaml": f"goals:\n  safe:\n    title: never bad\n    sentence: {GOAL}\n    source: the zoo\n",
        "properties/proposals.yaml": "proposals:\n  nothing:\n    title: no clause at all\n    clauses: []\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.lstrip("\n"), encoding="utf-8")
    return str(folder)


@pytest.mark.parametrize("engine", ["zones", "bmc", "auto"])
def test_check_exits_3_where_nothing_differs_and_something_is_undecided(
    engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = study_in(tmp_path, (LONG % 200).replace("v >= 200", "v > 200"))
    assert main(["check", folder, "--engine", engine, "--timeout", "0", "--jobs", "1", "--no-cache"]) == 3
    assert "undecided" in capsys.readouterr().out.lower()
    if engine != "bmc":
        assert main(["check", folder, "--engine", engine, "--timeout", "60s", "--jobs", "1"]) == 0


def test_check_exits_1_where_a_goal_fails_or_the_model_is_rejected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", study_in(tmp_path / "fails", LONG % 1), "--jobs", "1"]) == 1
    assert "fails" in capsys.readouterr().out.lower()
    stuck = LONG.replace("bad: {}", "bad: {at most: 5 s}") % 1
    assert main(["check", study_in(tmp_path / "stuck", stuck), "--jobs", "1"]) == 1
    assert "rejected" in capsys.readouterr().out.lower()


def test_prove_takes_a_timeout_too() -> None:
    net = alone((LONG % 200).replace("v >= 200", "v > 200"))
    assert isinstance(lg.prove(net, GOAL, timeout=0), Undecided)
    assert isinstance(lg.prove(net, GOAL, timeout=None), Holds)


WINDOW = """
machine: d
party: D
parameters: {p: {value: 2 s}}
states: {a: {initial: yes}, b: {}}
transitions:
  - {from: a, to: b, after: 0 s .. %s}
"""


def test_no_parameter_is_less_than_nothing() -> None:
    with pytest.raises(InputError, match="may be less than 0 s"):
        alone(WINDOW % "p").with_settings({"a.p": Fraction(-2)})


def test_a_window_that_ends_before_it_begins_stops_time() -> None:
    """A factor may be negative, as long as nothing is read off the machine then."""
    holds(alone(WINDOW % "p"), "a shall not be a for more than 2 s.")
    rejected(alone(WINDOW % "-1 * p"), "a shall not be a for more than 2 s.", "timelock")
