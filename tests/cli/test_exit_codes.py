"""The exit codes, as the page of the command line promises them, and which of two comes first."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest

from lastgasp.cli import commands, show
from lastgasp.cli.commands import exit_code
from lastgasp.errors import InternalError, ReplayError
from lastgasp.questions.asking import CheckName
from lastgasp.questions.matrix import Cell
from lastgasp.verdict import Fails, Holds, Undecided
from tests.cli.studies import COUNTER, LAMP, LAMP_EXPECTED, Call, edited, outside, written

NAME = CheckName("g", "p", "i")
EXPECTATIONS = "properties/expectations.yaml"
CLASSES = """\
classes:
  - goals: [bright]
    symptom: light is no
    cause: supply is off
    threshold: 3 min
    long: {name: A, words: dark for long}
    short: {name: B, words: dark for a while}
    never: {name: C, words: never dark}
    mixed: {name: D, words: dark while the supply was off}
"""


@pytest.mark.parametrize(
    ("expected", "code"),
    [
        ("verdict: fails", 0),
        ("verdict: fails, missing: warm-up", 0),
        ("verdict: fails, class: D", 0),
        ("verdict: fails, class: A", 1),
        ("verdict: holds", 1),
        ("verdict: vacuous", 1),
        ("verdict: undecided", 1),
    ],
)
def test_0_where_every_verdict_is_the_expected_one_else_1(expected: str, code: int, tmp_path: Path, call: Call) -> None:
    """The goal fails today, by a run in which the supply fails while the lamp is dark, for want of one clause."""
    line = f"expectations:\n  - {{goal: bright, proposal: today, installation: room, {expected}}}\n"
    folder = written(tmp_path, {**LAMP, EXPECTATIONS: line, "properties/classes.yaml": CLASSES})
    assert call("check", folder, "--jobs", "1").code == code


def test_1_where_a_clause_is_said_to_be_missing_that_does_not_help(tmp_path: Path, call: Call) -> None:
    """A clause that leaves the lamp 2 min to warm up is not what is missing."""
    files = edited({**LAMP, EXPECTATIONS: LAMP_EXPECTED}, "properties/clauses.yaml", "than 30 s", "than 2 min")
    files = edited(files, "properties/proposals.yaml", "clauses: [warm-up]", "clauses: []")
    ran = call("check", written(tmp_path, files), "--jobs", "1", "--proposal", "today")
    assert ran.code == 1
    assert "fails only for want of warm-up" in ran.out


def test_1_where_the_premise_of_a_goal_never_happens(tmp_path: Path, call: Call) -> None:
    files = edited(LAMP, "properties/goals.yaml", "While supply is on", "While lamp is broken")
    ran = call("check", written(tmp_path, files), "--jobs", "1", "--goal", "bright", "--proposal", "today")
    assert ran.code == 1
    assert "VACUOUS" in ran.out


def test_1_where_the_model_is_rejected(tmp_path: Path, call: Call) -> None:
    """A lamp that may not stay dark and cannot leave it stops time."""
    files = edited(LAMP, "models/lamp.yaml", "dark: {gives", "dark: {at most: 5 s, gives")
    ran = call("check", written(tmp_path, files), "--jobs", "1", "--goal", "bright", "--proposal", "today")
    assert ran.code == 1
    assert "REJECTED" in ran.out


def test_2_for_a_file_that_cannot_be_used(tmp_path: Path, call: Call) -> None:
    """2 comes before 1: with one file broken, nothing is decided about the others."""
    ran = call("check", written(tmp_path, {**LAMP, "models/more.yaml": "machin: x\n"}), "--jobs", "1")
    assert (ran.code, ran.out) == (2, "")


def test_2_where_the_named_engine_cannot_treat_the_model(tmp_path: Path, call: Call) -> None:
    """Zones know no clock that stands still: said with engine and reason."""
    files = edited(LAMP, "models/lamp.yaml", "states:\n", "clocks: {held: {pauses in: dark}}\nstates:\n")
    files = edited(files, "models/lamp.yaml", "to: lit, may: ", "to: lit, may: , if: held > 3 s")
    folder = written(tmp_path, files)
    ran = call("check", folder, "--jobs", "1", "--goal", "bright", "--engine", "zones")
    assert ran.code == 2
    assert "zones is not applicable: the clock lamp.held can stand still" in ran.err


def test_2_where_the_named_engine_cannot_treat_the_model_in_several_processes(tmp_path: Path) -> None:
    files = edited(LAMP, "models/lamp.yaml", "states:\n", "clocks: {held: {pauses in: dark}}\nstates:\n")
    files = edited(files, "models/lamp.yaml", "to: lit, may: ", "to: lit, may: , if: held > 3 s")
    ran = outside("check", written(tmp_path, files), "--jobs", "2", "--goal", "bright", "--engine", "zones")
    assert "zones is not applicable" in ran.err
    assert ran.code == 2


def test_3_where_nothing_differs_and_something_is_undecided(tmp_path: Path, call: Call) -> None:
    """No time at all: undecided, by check and by explain, each with its reason."""
    folder = written(tmp_path, COUNTER)
    ran = call("check", folder, "--jobs", "1", "--timeout", "0")
    assert ran.code == 3
    assert "UNDECIDED" in ran.out and "1 undecided" in ran.out
    ran = call("explain", "safe/nothing", "--study", folder, "--timeout", "0")
    assert ran.code == 3
    assert "Because " in ran.out
    assert call("try", "counter shall never be bad.", "--study", folder, "--timeout", "0").code == 3
    assert call("check", folder, "--jobs", "1", "--timeout", "30 s").code == 0


def test_1_comes_before_3_and_3_before_0() -> None:
    differs = Cell(NAME, Fails("c", "zones"), "holds")
    fine, undecided = Cell(NAME, Holds("c", "zones")), Cell(NAME, Undecided("c", "zones"))
    assert exit_code([fine, undecided, differs]) == 1
    assert exit_code([fine, undecided]) == 3
    assert exit_code([fine]) == 0


@pytest.mark.parametrize("missing", ["properties/goals.yaml", "properties/proposals.yaml", "models/room.yaml"])
def test_5_where_there_is_nothing_to_check(missing: str, tmp_path: Path, call: Call) -> None:
    """No goal, no proposal or no installation."""
    ran = call("check", written(tmp_path, {name: text for name, text in LAMP.items() if name != missing}))
    assert (ran.code, ran.out) == (5, "")
    assert "nothing to check" in ran.err


def fail(*_arguments: object, **_named: object) -> NoReturn:
    raise RuntimeError("a defect")


def interrupt(*_arguments: object, **_named: object) -> NoReturn:
    raise KeyboardInterrupt


EVERY_COMMAND = {
    "check": ["check", "LAMP"],
    "explain": ["explain", "bright/today", "--study", "LAMP"],
    "try": ["try", "LAMP shall never be dark.", "--study", "LAMP"],
    "draw": ["draw", "--study", "LAMP", "-o", "LAMP/out"],
    "simulate": ["simulate", "--study", "LAMP"],
    "lint": ["lint", "LAMP"],
    "fmt": ["fmt", "LAMP/models/lamp.yaml"],
    "schema": ["schema"],
    "doctor": ["doctor"],
}
INSIDE = {"fmt": (commands, "laid_out"), "schema": (show, "schemas")}


def broken(command: str, how: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts something that raises in the way of a command."""
    where, name = INSIDE.get(command, (commands, "load_study"))
    monkeypatch.setattr(where, name, how)


@pytest.mark.parametrize("command", EVERY_COMMAND)
def test_70_for_a_defect_of_the_program(command: str, lamp: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """It never looks like a verdict, and no traceback is thrown at the reader."""
    broken(command, fail, monkeypatch)
    ran = call(*(word.replace("LAMP/", f"{lamp}/").replace("LAMP", str(lamp)) for word in EVERY_COMMAND[command]))
    assert ran.code == 70
    assert "internal error: RuntimeError: a defect" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("command", EVERY_COMMAND)
def test_130_for_an_interruption(command: str, lamp: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(command, interrupt, monkeypatch)
    ran = call(*(word.replace("LAMP/", f"{lamp}/").replace("LAMP", str(lamp)) for word in EVERY_COMMAND[command]))
    assert ran.code == 130
    assert ran.err.strip() == "lastgasp: interrupted"


def test_70_where_the_engines_disagree(lamp: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def disagree(*_arguments: object, **_named: object) -> NoReturn:
        raise InternalError("the engines disagree")

    monkeypatch.setattr("lastgasp.questions.asking.decide", disagree)
    ran = call("check", lamp, "--jobs", "1")
    assert (ran.code, ran.out) == (70, "")
    assert "internal error: the engines disagree" in ran.err


def test_70_where_a_run_that_was_found_fails_its_replay(
    lamp: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differs(*_arguments: object, **_named: object) -> NoReturn:
        raise ReplayError("after step 1 the values differ")

    monkeypatch.setattr("lastgasp.evidence.replay", differs)
    ran = call("check", lamp, "--jobs", "1", "--goal", "bright", "--proposal", "today")
    assert "after step 1 the values differ" in ran.err
    assert ran.code == 70


def test_2_where_a_simulated_step_leaves_the_range_of_a_variable(tmp_path: Path, call: Call) -> None:
    """An error of the model, which check rejects with exit 1: no defect of the program."""
    files = edited(COUNTER, "models/counter.yaml", "0 .. 200", "0 .. 2")
    folder = written(tmp_path, edited(files, "models/counter.yaml", "if: v < 200, ", ""))
    assert call("check", folder, "--jobs", "1").code == 1
    ran = call("simulate", "--study", folder)
    assert (ran.code, ran.out) == (2, "")
    place, *rest = ran.err.splitlines()
    assert place.startswith(f"{folder}/models/counter.yaml:6:5: ") and "sets counter.v to 3" in place
    assert rest[0].startswith("    ") and "widen the range" in rest[0]
    assert len([line for line in rest if "counter: s -> s" in line]) == 2


def test_2_where_there_is_no_installation_to_explain(tmp_path: Path, call: Call) -> None:
    folder = written(tmp_path, {name: text for name, text in LAMP.items() if name != "models/room.yaml"})
    ran = call("explain", "bright/today", "--study", folder)
    assert ran.code == 2
    assert "the study has no installation" in ran.err


def test_an_interrupted_process_says_one_line(lamp: Path) -> None:
    """In a process of its own: the code is that of the process, and no traceback is shown."""
    start = (
        "import lastgasp.questions.asking as asking\n"
        "def stop(*a, **b): raise KeyboardInterrupt\n"
        "asking.decide = stop\n"
        "from lastgasp.cli.main import run; run()"
    )
    ran = outside("check", lamp, "--jobs", "1", start=start)
    assert (ran.code, ran.out) == (130, "")
    assert ran.err.strip() == "lastgasp: interrupted"
