"""Explanations of what is odd: which oddities they are about, and which of them are about nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lastgasp.language.study_files import load_study
from lastgasp.question import Limits
from lastgasp.questions.oddities import explains, idle, study_oddities, unexplained
from lastgasp.sanity import Oddity
from lastgasp.study import Explanation, Study
from tests.cli.studies import LAMP, written

BROKEN = Oddity("never reached", "lamp: broken")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """The lamp, with two proposals."""
    return load_study(written(tmp_path, LAMP))


@pytest.mark.parametrize(
    ("words", "does"),
    [
        ("never reached: lamp: broken", True),
        ("never reached: *", True),
        ("*: broken", True),
        ("never reached: lamp", False),
        ("lamp: broken", False),
        ("never happens: lamp: broken", False),
    ],
)
def test_an_explanation_is_about_all_of_the_words(words: str, does: bool) -> None:
    assert explains(words, BROKEN) == does


def test_nothing_wrong_or_open_is_explained_away() -> None:
    assert not explains("*", replace(BROKEN, wrong=True))
    assert not explains("*", replace(BROKEN, open=True))


@pytest.mark.parametrize(
    ("explanation", "because"),
    [
        (Explanation(("never reached: *",), "so"), "so"),
        (Explanation(("never reached: *",), "so", proposals=("today",)), "so"),
        (Explanation(("never reached: *",), "so", proposals=("better",)), ""),
        (Explanation(("never reached: *",), "so", installations=("room",)), "so"),
        (Explanation(("never happens: *",), "so"), ""),
    ],
)
def test_an_explanation_holds_where_it_says(study: Study, explanation: Explanation, because: str) -> None:
    told = list(study_oddities(replace(study, explanations=(explanation,)), "room", "today", Limits()))
    assert {item.because for item in told if item.kind == "never reached"} == {because}
    assert unexplained({("room", "today"): told}) == [(("room", "today"), item) for item in told if not item.because]


def test_what_explains_nothing_is_known_once_all_was_looked_at(study: Study) -> None:
    item = Explanation(("never reached: *", "never happens: *"), "so")
    odd = replace(study, explanations=(item, Explanation(("x",), "so", proposals=("today",))))
    today, better = ("room", "today"), ("room", "better")
    assert [words for _, words in idle(odd, {today: [BROKEN]})] == ["x"]
    assert [words for _, words in idle(odd, {today: [BROKEN], better: []})] == ["never happens: *", "x"]
    assert [words for _, words in idle(odd, {better: [BROKEN]}, whole=False)] == ["never happens: *"]
