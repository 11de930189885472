"""The study of the whole domain: it can be read, every installation is asked, some verdicts are on record."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from lastgasp.bundled import load_study
from lastgasp.question import Limits
from lastgasp.questions.asking import CheckName
from lastgasp.questions.matrix import matrix, names
from lastgasp.questions.reading import unreadable
from lastgasp.study import Study

FOLDER = Path(__file__).parent / "studies" / "domain"

TOLD_APART = [
    CheckName("no-false-ad1", "today", "single-phase-ch-timed"),
    CheckName("no-ad1-without-outage", "meter-and-hub", "single-phase-backend-timed"),
]


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(FOLDER)


def test_every_sentence_can_be_read_where_it_is_about_something(study: Study) -> None:
    assert unreadable(study) == []


def test_every_installation_is_asked_something_and_comes_in_both_kinds(study: Study) -> None:
    asked = Counter(name.installation for name in names(study))
    assert set(asked) == set(study.installations)
    kinds = {name.removesuffix("-ch-timed").removesuffix("-backend-timed") for name in study.installations}
    for kind in kinds - {"who-learns"}:
        assert {f"{kind}-ch-timed", f"{kind}-backend-timed"} <= set(study.installations)


@pytest.mark.parametrize("name", TOLD_APART, ids=str)
def test_some_verdicts_are_those_on_record(study: Study, name: CheckName) -> None:
    (cell,) = matrix(study, [name], limits=Limits(seconds=None))
    assert not cell.expected, (cell.name, type(cell.verdict).__name__, cell.expected)


@pytest.mark.long
def test_every_verdict_on_record_is_found_again(study: Study) -> None:
    """Of the installations that have any on record."""
    on_record = {item.installation for item in study.expectations}
    cells = matrix(study, names(study, installation=on_record), limits=Limits(seconds=120), jobs=2)
    assert [f"{cell.name}: {cell.expected}" for cell in cells if cell.expected] == []
