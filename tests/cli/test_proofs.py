"""Proofs in files: written by check and explain, checked again by recheck, refused when about something else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import z3

from lastgasp import facade
from lastgasp.verdict import Fails
from tests.cli.studies import Call, outside

CHECK = "bright/better"


@pytest.fixture
def proof(lamp: Path, call: Call, tmp_path: Path) -> Path:
    """The proof that the lamp is bright in time under the better text."""
    path = tmp_path / "proof.json"
    ran = call("explain", CHECK, "--study", lamp, "--certificate", path)
    assert ran.code == 0
    assert str(path) in ran.err
    return path


def test_a_proof_is_written_and_stands(proof: Path, lamp: Path, call: Call) -> None:
    for arguments in ((proof,), (proof, lamp)):
        ran = call("recheck", *arguments)
        assert ran.code == 0
        assert "the proof stands" in ran.out
        assert "warm-up" in ran.out
        assert ran.err == ""


def test_a_proof_by_zones_can_be_confirmed_by_any_solver(proof: Path, call: Call, tmp_path: Path) -> None:
    """The scripts, given to Z3 as files, say what the recheck by solvers says."""
    ran = call("recheck", proof, "--solvers", "--smt-lib", tmp_path / "scripts")
    assert ran.code == 0
    assert "the same by z3" in ran.out
    written = sorted((tmp_path / "scripts").iterdir())
    assert [path.name[:2] for path in written] == ["1-", "2-", "3-"]
    for path in written:
        solver = z3.Solver()
        solver.from_file(str(path))
        assert solver.check() == z3.unsat
        assert "(set-info :status unsat)" in path.read_text(encoding="utf-8")


def test_check_writes_every_proof_into_a_folder(lamp: Path, call: Call, tmp_path: Path) -> None:
    call("check", lamp, "--certificates", tmp_path / "proofs", "--jobs", "1")
    written = sorted(path.name for path in (tmp_path / "proofs").iterdir())
    assert written == ["bright.better.room.json"]
    assert call("recheck", tmp_path / "proofs" / written[0]).code == 0


@pytest.mark.parametrize("engine", ["induction", "spacer"])
def test_a_proof_by_a_solver_carries_scripts_for_any_solver(
    engine: str, lamp: Path, call: Call, tmp_path: Path
) -> None:
    path = tmp_path / "proof.json"
    ran = call("explain", CHECK, "--study", lamp, "--engine", engine, "--certificate", path)
    assert ran.code == 0, ran
    scripts = json.loads(path.read_text(encoding="utf-8"))["proof"]["obligations"]
    assert all(script.endswith("(check-sat)\n") for script in scripts.values())
    assert call("recheck", path, lamp).code == 0


def test_a_proof_about_another_text_is_rejected(proof: Path, lamp: Path, call: Call) -> None:
    """The study changes after the proof was written: 30 s become 40 s."""
    clauses = lamp / "properties" / "clauses.yaml"
    clauses.write_text(
        clauses.read_text(encoding="utf-8").replace("more than 30 s", "more than 40 s"), encoding="utf-8"
    )
    assert call("recheck", proof).code == 0
    ran = call("recheck", proof, lamp)
    assert ran.code == 70
    assert "another question" in ran.err
    assert ran.out == ""


def test_a_proof_that_was_edited_is_rejected(proof: Path, call: Call) -> None:
    proof.write_text(proof.read_text(encoding="utf-8").replace('"<=", 30', '"<=", 31', 1), encoding="utf-8")
    ran = call("recheck", proof)
    assert ran.code == 70
    assert "seal" in ran.err
    assert ran.out == ""


@pytest.mark.parametrize("content", ["", "{}", "[]", "not json", '{"format": 3}', "\x00"])
def test_what_is_no_proof_cannot_be_used(content: str, call: Call, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")
    ran = call("recheck", path)
    assert ran.code == 2
    assert str(path) in ran.err
    assert ran.out == ""


def test_a_file_that_is_not_there_cannot_be_used(call: Call, tmp_path: Path) -> None:
    ran = call("recheck", tmp_path / "nothing.json")
    assert ran.code == 2
    assert "nothing.json" in ran.err


def test_a_proof_in_words_says_what_it_rests_on(lamp: Path, call: Call) -> None:
    """Under the better text warming lasts 30 s at most: the words of the proof tell."""
    ran = call("explain", CHECK, "--study", lamp)
    assert "What follows from them" in ran.out
    assert "at most 30 s" in ran.out


def test_sanity_tells_what_is_odd(lamp: Path, call: Call) -> None:
    """The lamp has a state 'broken' that nothing reaches."""
    ran = call("check", lamp, "--sanity", "--proposal", "today")
    assert ran.code == 1
    assert "ODD    never reached: lamp: broken (proved)" in ran.out
    found = json.loads(call("check", lamp, "--sanity", "--format", "json").out)
    assert {item["network"] for item in found["sanity"]} == {"room under today", "room under better"}
    assert any(item["kind"] == "never reached" for item in found["sanity"])


EXPLAINED = """\
oddities:
  - {odd: "never reached: lamp: broken", because: nobody breaks it}
  - {odd: "no time needed: *", because: the supply may flicker}
"""


def test_what_is_odd_and_explained_is_fine(lamp: Path, call: Call) -> None:
    """Each oddity stands beside its reason; what explains nothing is told once all that it may be about was seen."""
    path = lamp / "properties" / "oddities.yaml"
    path.write_text(EXPLAINED, encoding="utf-8")
    ran = call("check", lamp, "--sanity")
    assert ran.code == 0
    assert "odd    never reached: lamp: broken (proved)\n         because nobody breaks it\n" in ran.out
    assert ran.out.endswith("; 0 without an explanation\n")
    path.write_text(EXPLAINED.replace("lamp: broken", "lamp: lit"), encoding="utf-8")
    ran = call("check", lamp, "--sanity", "--proposal", "today")
    assert ran.code == 1 and "explains nothing" not in ran.out
    assert "ODD    never reached: lamp: broken (proved)" in ran.out and "; 1 without an explanation" in ran.out
    ran = call("check", lamp, "--sanity")
    assert f"explains nothing: 'never reached: lamp: lit' ({path}:2:5)" in ran.out
    found = json.loads(call("check", lamp, "--sanity", "--format", "json").out)
    assert found["explains nothing"] == ["never reached: lamp: lit"]
    assert {item["because"] for item in found["sanity"]} == {"", "the supply may flicker"}


def test_sanity_tells_what_is_wrong(lamp: Path, call: Call) -> None:
    """A lamp that must stop warming and cannot."""
    machine = lamp / "models" / "lamp.yaml"
    text = machine.read_text(encoding="utf-8").replace("  - {from: warming, to: lit, may: }\n", "")
    machine.write_text(text, encoding="utf-8")
    ran = call("check", lamp, "--sanity", "--proposal", "today")
    assert ran.code == 1
    assert "WRONG  timelock" in ran.out
    assert "step  time" in ran.out


def test_engines_that_disagree_leave_a_file_that_reproduces_it(
    lamp: Path, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(facade, "SOLVERS", {"bmc": lambda asked, part, limits: Fails(asked.name, "bmc")})
    ran = call("check", lamp, "--goal", "bright", "--proposal", "better", "--engine", "all", "--jobs", "1")
    assert ran.code == 70
    assert "disagree" in ran.err
    report = json.loads((tmp_path / "lastgasp-disagreement.json").read_text(encoding="utf-8"))
    assert report["answers"] == {"zones": "Holds", "bmc": "Fails"}


def test_every_order_of_search_proves_it(lamp: Path, call: Call) -> None:
    for order in ("depth", "wide"):
        assert call("check", lamp, "--goal", "bright", "--proposal", "better", "--order", order).code == 0


def test_z3_is_not_needed_for_a_proof_by_zones(proof: Path) -> None:
    """Zones are checked by the standard library: not even the solver's package is imported."""
    ran = outside(
        "recheck",
        proof,
        start="import sys\nsys.modules['z3.z3'] = None\n"
        "from lastgasp.cli.main import main\ncode = main(sys.argv[1:])\n"
        "assert 'z3.z3core' not in sys.modules\nsys.exit(code)",
    )
    assert ran.code == 0, ran.err
