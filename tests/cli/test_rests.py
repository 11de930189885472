"""``lastgasp rests`` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import z3

from tests.cli.studies import Call


def test_the_lamp_is_bright_because_of_its_model_and_its_text(lamp: Path, call: Call) -> None:
    """The text is about warming alone; that it warms up as soon as the supply is back only its model says."""
    ran = call("rests", "bright/better", "--study", lamp)
    assert ran.code == 0
    words = " ".join(ran.out.split())
    assert "It rests on the model of lamp." in words
    assert "The models of the surroundings are believed: supply." in words
    assert "** broken **" in ran.out


def test_the_answer_as_data(lamp: Path, call: Call) -> None:
    ran = call("rests", "bright/better", "--study", lamp, "--format", "json")
    assert ran.code == 0
    (item,) = json.loads(ran.out)["rests"]
    assert item["exact"] is True
    assert [one["models"] for one in item["models that suffice"]] == [["lamp"]]
    assert [one["devices"] for one in item["devices that break it"]] == [["lamp"]]


def test_what_does_not_hold_rests_on_nothing(lamp: Path, call: Call) -> None:
    ran = call("rests", "bright/today", "--study", lamp)
    assert ran.code == 2
    assert "does not hold" in ran.err
    assert ran.out == ""


def test_the_proof_can_be_confirmed_by_any_solver(lamp: Path, call: Call, tmp_path: Path) -> None:
    assert call("rests", "bright/better", "--study", lamp, "--smt-lib", tmp_path).code == 0
    written = sorted((tmp_path / "set-1").iterdir())
    assert len(written) == 3
    for path in written:
        solver = z3.Solver()
        solver.from_file(str(path))
        assert solver.check() == z3.unsat
