"""Claims from the command line: forms, exit codes, and what is left out and named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.studies import LAMP, Call, edited, written

CLAIMS = """\
claims:
  bright-today:
    respondent: A
    question: '1'
    says: The lamp is bright enough.
    reading: [{goal: bright, proposal: today, outcome: holds}]
    expect: contradicted
  bright-with-text:
    title: The text helps
    respondent: B
    question: '2'
    says: With the text it is.
    reading: [{goal: bright, proposal: better, outcome: holds}]
    expect: follows
"""
FILES = {**LAMP, "properties/claims.yaml": CLAIMS}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "study", FILES)


def test_0_where_every_answer_is_the_expected_one(folder: Path, call: Call) -> None:
    ran = call("claims", folder)
    assert ran.code == 0
    assert ran.out.index("A, question 1: The lamp is bright enough.") < ran.out.index("It is contradicted.")
    assert "It follows." in ran.out and "2 claims; 0 not as expected" in ran.out


def test_1_where_one_is_another(tmp_path: Path, call: Call) -> None:
    files = edited(FILES, "properties/claims.yaml", "expect: contradicted", "expect: follows")
    ran = call("claims", written(tmp_path / "study", files))
    assert ran.code == 1
    assert "bright-today: expected 'follows', found 'contradicted'" in ran.out


def test_3_where_one_is_open(folder: Path, call: Call) -> None:
    ran = call("claims", folder, "--whole", "0s", "--claim", "bright-today")
    assert ran.code == 3 and "1 undecided" in ran.out


def test_5_where_there_are_none(lamp: Path, call: Call) -> None:
    assert call("claims", lamp).code == 5


def test_2_for_a_claim_on_an_unknown_proposal_which_is_named_and_the_rest_answered(tmp_path: Path, call: Call) -> None:
    files = edited(FILES, "properties/claims.yaml", "proposal: today", "proposal: todya")
    ran = call("claims", written(tmp_path / "study", files))
    assert ran.code == 2
    assert "claims.yaml:6:15: claim 'bright-today': unknown proposal 'todya'" in ran.err and "today" in ran.err
    assert "B, question 2" in ran.out and "1 claim; 0 not as expected" in ran.out
    assert call("lint", tmp_path / "study").code == 2


def test_2_for_a_goal_that_is_not_asked_there_with_the_name_of_the_claim_and_the_rest_answered(
    tmp_path: Path, call: Call
) -> None:
    files = edited(FILES, "properties/goals.yaml", "  bright:\n", "  bright:\n    about: [lantern]\n")
    files = edited(
        files, "properties/claims.yaml", "{goal: bright, proposal: better", "{goal: goes-out, proposal: today"
    )
    files = edited(
        files,
        "properties/claims.yaml",
        "outcome: holds}]\n    expect: follows",
        "outcome: can happen}]\n    expect: follows",
    )
    ran = call("claims", written(tmp_path / "study", files))
    assert ran.code == 2
    assert "claims.yaml:6:15: claim 'bright-today': the goal 'bright' is not asked of 'room'" in ran.err
    assert "lastgasp: not asked: bright-today" in ran.err
    assert "B, question 2" in ran.out and "1 claim; 0 not as expected" in ran.out
    assert call("claims", tmp_path / "study", "--claim", "bright-with-text").code == 0


def test_some_of_them(folder: Path, call: Call) -> None:
    by_name = call("claims", folder, "--claim", "bright-with-text", "--format", "json")
    by_respondent = call("claims", folder, "--respondent", "B", "--format", "json")
    assert [item["claim"] for item in json.loads(by_name.out)["claims"]] == ["bright-with-text"]
    assert by_name.out == by_respondent.out
    for options in (("--claim", "bright"), ("--respondent", "C")):
        ran = call("claims", folder, *options)
        assert (ran.code, ran.out) == (2, "")


def test_a_page_and_pictures(folder: Path, tmp_path: Path, call: Call) -> None:
    ran = call("claims", folder, "--format", "markdown", "-o", tmp_path / "page.md", "--runs", tmp_path / "runs")
    assert (ran.code, ran.out) == (0, "")
    page = (tmp_path / "page.md").read_text()
    assert "| B | 2 | [The text helps](#bright-with-text) | follows |" in page
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["claim-bright-today-1.svg"]
    picture = (tmp_path / "runs" / "claim-bright-today-1.svg").read_text(encoding="utf-8")
    assert ">Claim: The lamp is bright enough. (contradicted)</title>" in picture
    assert ">A, question 1. Checked: &#x27;bright&#x27;, under &#x27;today&#x27;: fails." in picture.replace(
        "'", "&#x27;"
    )


def test_what_was_found_is_kept(folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    first = call("claims", folder, "--jobs", "1")
    monkeypatch.setattr("lastgasp.routes.find", lambda *_: pytest.fail("it was searched again"))
    assert call("claims", folder, "--jobs", "1").out == first.out
