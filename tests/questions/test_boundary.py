"""Limits, comparisons and readings: a study in which everything meets exactly at one minute."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from lastgasp.errors import InputError
from lastgasp.language.limits import comparisons_in, limits_in
from lastgasp.language.study_files import load_study, study_to_yaml
from lastgasp.questions.asking import CheckName, ask
from lastgasp.questions.boundary import PARTS, boundary, unit_of
from lastgasp.questions.boundary_answer import Boundary, Edge
from lastgasp.questions.effort import Effort
from lastgasp.questions.reading import unreadable
from lastgasp.study import Study
from tests.cli.studies import LAMP, edited, written
from tests.zoo.zoo import replayed

READINGS = """\
readings:
  a-minute-is-too-long:
    title: A minute is too long already
    goal: bright
    sentence: While supply is on, LAMP shall not keep light no for at least 1 min.
    source: an office
  half-a-minute-is-too-long:
    title: Warm up in less than a minute
    clause: warm-up
    sentence: LAMP shall not be warming for at least 1 min.
    source: another office
"""
AT_THE_LIMIT = edited(LAMP, "properties/clauses.yaml", "more than 30 s", "more than 1 min") | {
    "properties/readings.yaml": READINGS
}
BETTER = CheckName("bright", "better", "room")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return load_study(written(tmp_path_factory.mktemp("lamp"), AT_THE_LIMIT))


@pytest.fixture(scope="module")
def found(study: Study) -> Boundary:
    return boundary(study, BETTER)


def edge(found: Boundary, kind: str) -> tuple[bool, bool]:
    """Whether the verdict differs below and above the one limit of that kind of text."""
    (item,) = (item for item in found.edges if item.part.kind == kind)
    assert isinstance(item, Edge)
    assert item.seconds == 60
    return found.differs(item.below), found.differs(item.above)


def test_each_limit_bears_on_the_side_on_which_the_other_stands(found: Boundary) -> None:
    """The clause lets the lamp be dark for 1 min, the goal forbids more."""
    assert found.exact
    assert edge(found, "goal") == (True, False)
    assert edge(found, "clause") == (False, True)


def test_the_goal_must_say_more_than_and_the_clause_need_not(study: Study, found: Boundary) -> None:
    turned = {turn.part.kind: found.differs(turn.probe) for turn in found.turns}
    assert turned == {"goal": True, "clause": False}
    read = {item.title: found.differs(item.probe) for item in found.rereads}
    assert read == {"A minute is too long already": True, "Warm up in less than a minute": False}
    assert found.depends
    words = found.words()
    assert "must say *more than* 1 min: with *at least* this fails" in words
    assert "It depends on the reading." in words
    (run,) = (turn.probe.trace for turn in found.turns if found.differs(turn.probe) and turn.probe)
    assert run is not None
    replayed(study.installations["room"], run)
    assert run.end - sum(e.delay for e in run.entries[:-1]) >= 60  # dark for exactly a minute, with the supply on
    assert any("exactly" not in line and "A run of room" in line for line in words.splitlines())


def test_without_the_clause_nothing_depends_on_the_reading(study: Study) -> None:
    found = boundary(study, CheckName("bright", "today", "room"))
    assert not found.depends
    assert "The verdict does not depend on the reading." in found.words()
    assert edge(found, "goal") == (False, False)


def test_a_little_is_far_less_than_the_unit_of_all_durations(study: Study, found: Boundary) -> None:
    unit = unit_of(ask(study, BETTER))
    assert unit == 60  # 5 min of the range, 1 min twice
    assert {item.step for item in found.edges} == {unit / PARTS}
    assert "3 s away" in found.words()


def test_a_parameter_of_a_machine_with_one_value_is_a_limit_too(tmp_path: Path) -> None:
    fixed = edited(AT_THE_LIMIT, "models/lamp.yaml", "range: 0 s .. 5 min", "value: 1 min")
    found = boundary(load_study(written(tmp_path, fixed)), CheckName("bright", "today", "room"))
    (item,) = (item for item in found.edges if item.part.kind == "machine")
    assert (found.differs(item.below), found.differs(item.above)) == (False, True)
    assert item.limit == "time to warm up"


def test_what_the_grammar_refuses_is_told(tmp_path: Path) -> None:
    """'At least 0 s' would forbid everything, so that it cannot be asked."""
    at_once = edited(
        AT_THE_LIMIT, "properties/goals.yaml", "light no for more than 1 min", "light no for more than 0 s"
    )
    found = boundary(load_study(written(tmp_path, at_once)), BETTER)
    (turn,) = (turn for turn in found.turns if turn.part.kind == "goal")
    assert turn.probe is not None
    assert turn.probe.verdict is None
    assert "refused" in found.words()


def test_an_answer_that_the_time_cuts_short_says_so(study: Study) -> None:
    found = boundary(study, BETTER, effort=Effort.lasting(0))
    assert not found.exact
    assert found.missing == 8
    assert "not the whole answer" in found.words()


def test_the_neutral_form_is_whole(found: Boundary) -> None:
    data = json.loads(json.dumps(found.to_json()))
    assert data["verdict"] == "holds"
    assert data["depends on the reading"] is True
    assert [reading["source"] for reading in data["readings"]] == ["an office", "another office"]
    assert data["comparisons"][0]["probe"]["trace"]["network"] == "room"


# --- readings as files ---------------------------------------------------------------------------------------------


def test_readings_read_back_equal(tmp_path: Path, study: Study) -> None:
    assert load_study(written(tmp_path, study_to_yaml(study))) == study


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("goal: bright", "goal: brigt", "unknown goal"),
        ("goal: bright", "goal: bright\n    clause: warm-up", "has 'goal' and 'clause'"),
        ("    goal: bright\n", "", "none of 'goal'"),
        ("    source: an office\n", "", "lacks the key 'source'"),
        ("LAMP shall not keep light no for at least 1 min.", "LAMP shall not keep light no soon.", "names no time"),
    ],
)
def test_a_reading_that_cannot_be_used_is_refused_with_its_place(tmp_path: Path, old: str, new: str, what: str) -> None:
    with pytest.raises(InputError, match=what) as refusal:
        load_study(written(tmp_path, edited(AT_THE_LIMIT, "properties/readings.yaml", old, new)))
    assert all(problem.place is not None for problem in refusal.value.problems)


def test_lint_reads_the_sentences_of_readings(tmp_path: Path) -> None:
    """One that binds another party than the clause that it reads."""
    wrong = edited(AT_THE_LIMIT, "properties/readings.yaml", "LAMP shall not be warming", "supply shall not be off")
    problems = unreadable(load_study(written(tmp_path, wrong)))
    assert any("is said to bind LAMP" in problem.what for problem in problems)


# --- limits in a text ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "limits", "turned"),
    [
        (
            "When dc has been off for more than 3 min + allowance, CH shall no  later than 10 s send alert.",
            ["3 min", "allowance", "10 s"],
            [
                "When dc has been off for at least 3 min + allowance, CH shall no  later than 10 s send alert.",
                "When dc has been off for more than 3 min + allowance, CH shall in less than 10 s send alert.",
            ],
        ),
        (
            "DCC shall send AD1 only for a supply outage of at least 3 min, no later than allowance after its end.",
            ["3 min", "allowance"],
            ["DCC shall send AD1 only for a supply outage of more than 3 min, no later than allowance after its end."],
        ),
        ("CH shall not send alert within 2 * 10 s of the last alert.", ["10 s"], []),
        ("For 1 h 30 min after dc becomes on, CH shall not send allowance.", ["1 h 30 min"], []),
        (
            "dc is off shall last at least 1 min each time.",
            ["1 min"],
            ["dc is off shall last more than 1 min each time."],
        ),
    ],
)
def test_the_limits_and_comparisons_of_a_text(text: str, limits: list[str], turned: list[str]) -> None:
    found = limits_in(text, {"allowance"})
    assert [limit.words for limit in found] == limits
    assert [comparison.turned() for comparison in comparisons_in(text)] == turned
    for limit in found:
        again = limits_in(limit.put(Fraction(7, 2)), {"allowance"})
        assert [other.seconds for other in again if other.start == limit.start] == [Fraction(7, 2)]
