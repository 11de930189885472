"""``cores`` and ``repair`` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lastgasp as lg
from lastgasp.trace import Trace
from tests.cli.studies import LAMP, Call, edited, written

TITLED = edited(LAMP, "properties/clauses.yaml", "    party: LAMP\n", "    party: LAMP\n    title: Warm up in time\n")
TITLED = edited(TITLED, "properties/goals.yaml", "  bright:\n", "  bright:\n    title: The lamp is bright again soon\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "study", TITLED)


def test_repair_says_who_must_change(folder: Path, call: Call) -> None:
    ran = call("repair", "bright/today", "--study", folder)
    assert ran.code == 0
    assert ran.out.startswith(
        "“The lamp is bright again soon” fails under “today”. Of 1 candidate clause, 1 minimal set"
    )
    assert "A change to the LAMP alone is enough." in ran.out
    assert "If LAMP may change:\n  Set 1, for lamp:\n    Warm up in time (LAMP)" in ran.out
    assert "warm-up" not in ran.out and "goes-out" not in ran.out  # what has a title is called by it


def test_repair_as_json_with_its_proof(folder: Path, tmp_path: Path, call: Call) -> None:
    ran = call("repair", "bright/today", "--study", folder, "--format", "json", "--certificates", tmp_path / "proofs")
    found = json.loads(ran.out)
    assert found["lastgasp-result"] == 1
    (repair,) = found["repair"]["repairs"]
    assert repair == {"clauses": ["warm-up"], "withdrawn": [], "parties": ["LAMP"], "devices": ["lamp"]}
    (escape,) = found["repair"]["sets that do not suffice"]
    assert escape["texts"] == []
    assert lg.replay(lg.load_study(folder).installations["room"], Trace.from_json(escape["trace"])).marks
    (proof,) = (tmp_path / "proofs").iterdir()
    assert call("recheck", proof).code == 0


def test_repair_shows_what_one_party_cannot_help(tmp_path: Path, call: Call) -> None:
    files = edited(TITLED, "properties/clauses.yaml", "more than 30 s", "more than 2 min")
    ran = call("repair", "bright/today", "--study", written(tmp_path, files), "--runs")
    assert ran.code == 0
    assert "Of 1 candidate clause, no set makes it hold." in ran.out
    assert "No change to the LAMP alone is enough: a run breaks the goal though the LAMP obeys the clause" in ran.out
    assert "LAMP alone, obeying everything that could bind it:" in ran.out and "** broken **" in ran.out


def test_cores_say_what_a_proof_needs(folder: Path, tmp_path: Path, call: Call) -> None:
    ran = call("cores", "bright/better", "--study", folder, "--certificates", tmp_path / "proofs")
    assert ran.code == 0
    assert "“The lamp is bright again soon” holds under “better”. One minimal set of texts suffices." in ran.out
    assert "Needed by every proof:\n  Warm up in time (LAMP)" in ran.out
    (proof,) = (tmp_path / "proofs").iterdir()
    assert call("recheck", proof).code == 0
    found = json.loads(call("cores", "bright/better", "--study", folder, "--format", "json").out)
    assert found["cores"][0]["exact"] is True
    assert found["cores"][0]["texts"][0]["need"] == "needed by every proof"


def test_cores_of_a_whole_proposal(folder: Path, call: Call) -> None:
    ran = call("cores", "--proposal", "better", "--study", folder)
    assert ran.code == 0
    assert "needed by every proof, whatever is asked" in ran.out
    assert "Not asked:" in ran.out and "is shown to be possible by a run" in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["cores", "bright/today"], "bright/today does not hold"),
        (["cores", "goes-out/today"], "shown to be possible by a run"),
        (["cores"], "what to ask of is not clear"),
        (["cores", "bright/better", "--proposal", "better"], "what to ask of is not clear"),
        (["cores", "bright/better", "--installation", "room"], "what to ask of is not clear"),
        (["cores", "bright/bettre"], "did you mean 'better'?"),
        (["repair", "bright/better"], "there is no candidate"),
        (["repair", "goes-out/today"], "can happen already"),
        (["repair", "bright/today", "--candidate", "warm"], "did you mean 'warm-up'?"),
        (["repair", "bright/today", "--not-party", "LAMP"], "there is no candidate"),
        (["repair", "bright/today", "--only-party", "LIMP"], "did you mean 'LAMP'?"),
        (["repair", "bright/today", "--installed", "limp"], "did you mean 'lamp'?"),
        (["repair", "bright/today", "--timeout", "soon"], "is not a duration"),
    ],
)
def test_what_cannot_be_asked_is_refused(words: list[str], said: str, folder: Path, call: Call) -> None:
    ran = call(*words, "--study", folder)
    assert ran.code == 2 and ran.out == "" and said in ran.err


@pytest.mark.parametrize("words", [["repair", "bright/today"], ["cores", "bright/better"]])
def test_without_time_the_answer_is_partial(words: list[str], folder: Path, call: Call) -> None:
    """Exit 3, and what is said is said to be approximate."""
    ran = call(*words, "--study", folder, "--timeout", "0s")
    assert ran.code == 3
    assert "approximate: not everything was decided" in ran.out
