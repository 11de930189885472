"""The pages that are generated from the study: whole, and saying what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lastgasp.bundled import load_study
from lastgasp.claim import ANSWERS
from lastgasp.cli.main import main
from lastgasp.questions.matrix import names

PROPERTIES = Path(__file__).resolve().parents[1] / "properties"
STUDY = load_study()
MATRIX = (PROPERTIES / "MATRIX.md").read_text(encoding="utf-8")
CLAIMS = (PROPERTIES / "CLAIMS.md").read_text(encoding="utf-8")
CURE = "write it again: lastgasp {0} --format markdown -o properties/{1}"


@pytest.mark.long
@pytest.mark.parametrize(("command", "page"), [("matrix --all", "MATRIX.md"), ("claims", "CLAIMS.md")])
def test_a_page_is_current(command: str, page: str, tmp_path: Path) -> None:
    to, cache = str(tmp_path / page), str(tmp_path / "cache")
    code = main([*command.split(), "--format", "markdown", "-o", to, "--cache", cache])
    assert code == 0
    assert (tmp_path / page).read_text() == (PROPERTIES / page).read_text(), CURE.format(command, page)


def test_the_matrix_has_every_check_with_the_verdict_that_is_expected() -> None:
    """A goal, a proposal or an expectation that was changed shows here at once."""
    expected = {(e.goal, e.proposal, e.installation): e for e in STUDY.expectations}
    sections = {part.splitlines()[0]: part for part in MATRIX.split("## ")[1:]}
    for name in names(STUDY):
        section = sections[STUDY.installations[name.installation].title]
        head, _, *rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
        words = next(row for row in rows if row[0] == STUDY.goals[name.goal].title)
        word = words[1 + head.index(name.proposal)]
        wanted = expected.get((name.goal, name.proposal, name.installation))
        kind = f" ({wanted.classification})" if wanted and wanted.classification else ""
        bad = {"FAILS" + kind, "CANNOT HAPPEN"} if wanted and wanted.verdict == "fails" else {"REJECTED"}
        assert word in (bad if wanted else {"holds", "can happen"}), name


def test_every_claim_is_there_with_the_answer_that_is_expected() -> None:
    answers = dict(re.findall(r"\[[^\]]*\]\(#([\w-]+)\) \| ([\w ]+) \|", CLAIMS))
    assert answers == {name: claim.expect for name, claim in STUDY.claims.items()}
    for claim in STUDY.claims.values():
        assert claim.says in CLAIMS and f"{claim.respondent}, question {claim.question}" in CLAIMS
        for check in claim.checks:
            assert (STUDY.goals[check.goal].title if check.goal else check.sentence) in CLAIMS


def test_the_claims_are_those_of_all_respondents_and_of_every_kind() -> None:
    assert len(STUDY.claims) >= 20
    assert len({claim.respondent for claim in STUDY.claims.values()}) == 7
    assert {claim.expect for claim in STUDY.claims.values()} == set(ANSWERS)
