"""Claims: every kind of answer, each worked out; what cannot be told apart from what is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import lastgasp as lg
from lastgasp.errors import Problem
from lastgasp.language.study_files import load_study, study_to_yaml
from lastgasp.question import Limits
from lastgasp.questions import claims
from lastgasp.questions.claim_answer import Answered, claims_json
from lastgasp.questions.claims import decide_claims
from lastgasp.questions.effort import Effort
from lastgasp.questions.reading import unreadable
from lastgasp.study import Study
from tests.cli.studies import LAMP, written

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
WITH_CAT = {
    "models/cat.yaml": "machine: cat\nstates: {asleep: {initial: yes}, awake: {}}\n"
    "transitions: [{from: asleep, to: awake, may: }, {from: awake, to: asleep, may: }]\n",
    "models/room.yaml": LAMP["models/room.yaml"] + "  cat: {machine: cat}\n",
}
HEAD = "    respondent: Somebody\n    question: '1'\n    says: It is bright.\n"
DARK = "It is possible that light is no holds for more than 1 min."


def claim(reading: str, expect: str = "follows", more: str = "", name: str = "bright-enough") -> str:
    return f"  {name}:\n{HEAD}    reading:\n{reading}\n{more}    expect: {expect}\n"


def study_of(folder: Path, *texts: str, left_out: list[Problem] | None = None) -> Study:
    files = {
        **LAMP,
        **WITH_CAT,
        "properties/classes.yaml": CLASSES,
        "properties/claims.yaml": "claims:\n" + "".join(texts),
    }
    return load_study(written(folder, files), left_out)


def answer(folder: Path, reading: str, more: str = "", effort: Effort | None = None) -> Answered:
    (found,) = decide_claims(study_of(folder, claim(reading, more=more)), effort=effort)
    return found


HOLDS = "      - {goal: bright, proposal: better, outcome: holds}"
FAILS = "      - {goal: bright, proposal: today, outcome: holds}"


# --- answers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (HOLDS, "follows"),
        (FAILS, "contradicted"),
        (FAILS.replace("outcome: holds", "outcome: fails"), "follows"),
        (HOLDS.replace("outcome: holds", "outcome: fails"), "contradicted"),
        ("      - {goal: goes-out, proposal: today, outcome: can happen}", "follows"),
        ("      - {goal: goes-out, proposal: today, outcome: cannot happen}", "contradicted"),
        (f"{HOLDS}\n{FAILS}", "contradicted"),
        (f"{FAILS}\n{HOLDS}", "contradicted"),
        (f"      - any:\n    {FAILS}\n    {HOLDS}", "follows"),
        (f"      - any:\n    {FAILS}\n    {FAILS}\n{HOLDS}", "contradicted"),
        ("      - {goal: bright, proposal: today, with: warm-up, outcome: holds}", "follows"),
        ("      - {goal: bright, proposal: better, without: warm-up, outcome: fails}", "follows"),
        ("      - {goal: bright, profile: quick, outcome: holds}", "follows"),
        ("      - {goal: bright, given: LAMP shall not be warming for more than 60 s., outcome: holds}", "follows"),
        (
            "      - {goal: bright, given: LAMP shall not be warming for more than 61 s., outcome: holds}",
            "contradicted",
        ),
        ("      - {goal: bright, given: supply shall never be off., outcome: holds}", "follows"),
        (f"      - {{sentence: {DARK}, given: supply shall never be off., outcome: cannot happen}}", "follows"),
        ("      - {goal: bright, proposal: today, class: D, outcome: fails}", "follows"),
        ("      - {goal: bright, proposal: today, class: A, outcome: fails}", "undecided"),
        ("      - {goal: bright, proposal: better, apart: cat, outcome: holds}", "follows"),
        ("      - {goal: bright, proposal: better, apart: [cat, supply], outcome: holds}", "undecided"),
        ("      - {sentence: 'While lamp is broken, LAMP shall always keep light no.', outcome: holds}", "undecided"),
    ],
)
def test_what_a_reading_says(reading: str, expected: str, tmp_path: Path) -> None:
    """A failure of another class, an influence, and a premise that never happens decide nothing."""
    found = answer(tmp_path, reading)
    assert found.answer == expected
    assert found.differs == (expected == "contradicted")
    for came in found.checks:
        evidence = (getattr(came.verdict, "trace", None), getattr(came.verdict, "certificate", None))
        assert any(evidence) or not isinstance(came.verdict, lg.Holds | lg.Fails)


@pytest.mark.parametrize(
    ("names", "conditions"),
    [
        ("[warm-up]", ()),
        ("[quick]", (("quick",),)),
        ("[warm-up, waits-briefly]", (("warm-up", "waits-briefly"),)),
        ("[waits-briefly, quick, does-both, warm-up]", (("quick",), ("does-both",), ("waits-briefly", "warm-up"))),
    ],
)
def test_under_what_it_follows(names: str, conditions: tuple[tuple[str, ...], ...], tmp_path: Path) -> None:
    """The lamp waits for up to a minute, then warms up: a clause on either alone does not help."""
    clause = LAMP["properties/clauses.yaml"].partition("\n")[2]
    waits = clause.replace("warm-up:", "waits-briefly:").replace(
        "be warming for more than 30 s", "be cold for more than 9 s"
    )
    both = clause.replace("warm-up:", "does-both:").replace("be warming for", "keep light no for")
    both = both.replace("LAMP shall not keep", "While supply.power is on, LAMP shall not keep")
    lamp = LAMP["models/lamp.yaml"].replace("  broken:", "  cold: {at most: 1 min, gives: {light: no}}\n  broken:")
    lamp = lamp.replace("to: warming, when", "to: cold, when") + "  - {from: cold, to: warming, may: }\n"
    files = {
        **LAMP,
        "models/lamp.yaml": lamp,
        "models/profiles.yaml": "profiles:\n  quick: {settings: {lamp.warm: 0 s}}\n",
        "properties/clauses.yaml": "clauses:\n"
        + clause
        + waits
        + both.replace("sentence: ", "sentence: '").replace("30 s.", "30 s.'"),
        "properties/claims.yaml": "claims:\n" + claim(FAILS, more=f"    only if: {names}\n"),
    }
    (found,) = decide_claims(load_study(written(tmp_path, files)))
    assert found.conditions == conditions
    assert found.answer == ("follows only if" if conditions else "contradicted")


def test_for_which_timings_it_follows(tmp_path: Path) -> None:
    """The goal allows a minute without light, so the lamp may take a minute to warm up."""
    found = answer(tmp_path, FAILS.replace("outcome", "installation: room, outcome"), "    only if: lamp.warm\n")
    assert found.answer == "follows only if"
    assert found.timings == "time to warm up (lamp) is at most 1 min (exactly that included)"
    assert found.timings in found.words() and found.to_json()["timings"] == found.timings


def test_timings_that_were_not_found_out_leave_it_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = claims.condition.condition
    monkeypatch.setattr(
        claims.condition, "condition", lambda *asked: replace(whole(*asked), exact=False, reason="time")
    )
    found = answer(tmp_path, FAILS.replace("outcome", "installation: room, outcome"), "    only if: lamp.warm\n")
    assert found.answer == "undecided"


def test_timings_are_sought_for_one_check_only(tmp_path: Path) -> None:
    for reading in (FAILS, f"{FAILS}\n{HOLDS}".replace("outcome", "installation: room, outcome")):
        with pytest.raises(lg.InputError, match="one check of one installation"):
            study_of(tmp_path, claim(reading, more="    only if: lamp.warm\n"))


def test_what_no_source_fixes_decides(tmp_path: Path) -> None:
    """At one end of the range it follows, at the other it does not."""
    found = answer(tmp_path, FAILS, "    rests on: lamp.warm\n")
    assert found.answer == "not decidable"
    assert found.hangs_on == (("as it stands", False), ("time to warm up 0 s", True), ("time to warm up 5 min", False))
    assert "cannot be decided from the sources" in found.words() and "time to warm up 0 s: it follows" in found.words()


def test_what_no_source_fixes_is_tried_together(tmp_path: Path) -> None:
    """Each of two delays can be nothing while the other is long, so only both together tell."""
    lamp = LAMP["models/lamp.yaml"].replace("{at most: warm,", "{at most: warm + glow,")
    lamp = lamp.replace("states:", "  glow: {range: 0 s .. 5 min, label: time to glow}\nstates:", 1)
    text = claim(FAILS, more="    rests on: [lamp.warm, lamp.glow]\n")
    files = {**LAMP, "models/lamp.yaml": lamp, "properties/claims.yaml": "claims:\n" + text}
    (found,) = decide_claims(load_study(written(tmp_path, files)))
    assert found.answer == "not decidable"
    assert [true for _, true in found.hangs_on] == [False, True, False, False, False]
    assert found.hangs_on[1][0] == "time to warm up 0 s and time to glow 0 s"


def test_a_clause_that_could_not_be_read_decides(tmp_path: Path) -> None:
    found = answer(tmp_path, HOLDS, "    rests on: warm-up\n")
    assert found.answer == "not decidable"
    assert found.hangs_on == (("as it stands", True), ("without 'warm-up', which is proposed", False))


def test_what_no_source_fixes_may_not_matter(tmp_path: Path) -> None:
    found = answer(tmp_path, HOLDS, "    rests on: lamp.warm\n")
    assert found.answer == "follows"


def test_no_time_is_no_answer(tmp_path: Path) -> None:
    for effort in (Effort.lasting(0), Effort(Limits(seconds=0, states=0))):
        found = answer(tmp_path / str(effort.until is None), HOLDS, effort=effort)
        assert found.answer == "undecided" and not found.differs
        assert "not decided" in found.words()


def test_the_rest_is_answered_where_the_time_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_of(tmp_path, claim(HOLDS), claim(FAILS, name="dark"))
    late = iter([False, True])
    monkeypatch.setattr(Effort, "late", property(lambda self: next(late)))
    first, second = decide_claims(study)
    assert (first.answer, second.answer) == ("follows", "undecided")


@pytest.mark.parametrize("jobs", [1, 2])
def test_answers_come_in_the_order_of_the_file(jobs: int, tmp_path: Path) -> None:
    study = study_of(tmp_path, claim(FAILS, name="dark"), claim(HOLDS))
    told: list[str] = []
    found = decide_claims(study, jobs=jobs, done=lambda item: told.append(item.claim.name))
    assert [(item.claim.name, item.answer) for item in found] == [
        ("dark", "contradicted"),
        ("bright-enough", "follows"),
    ]
    assert sorted(told) == ["bright-enough", "dark"]
    data = json.loads(json.dumps(claims_json(found)))
    assert [item["answer"] for item in data["claims"]] == ["contradicted", "follows"]
    assert data["claims"][0]["checks"][0]["trace"]["lastgasp-trace"] == 1


# --- files ---------------------------------------------------------------------------------------------------------


def test_claims_read_back(tmp_path: Path) -> None:
    more = "    title: Bright\n    only if: [warm-up, quick]\n    rests on: lamp.warm\n    note: why\n"
    reading = (
        f"      - any:\n    {FAILS}\n    {HOLDS}\n"
        f"      - {{sentence: {DARK}, installation: [room], with: [warm-up], without: [warm-up], profile: quick, "
        "given: [supply shall never be off.], class: A, apart: [cat], outcome: can happen}"
    )
    study = study_of(tmp_path / "one", claim(reading, more=more))
    again = load_study(written(tmp_path / "two", study_to_yaml(study)))
    assert again.claims == study.claims


WRONG = {
    "unknown proposal 'todya'": HOLDS.replace("better", "todya"),
    "unknown goal 'brihgt'": HOLDS.replace("goal: bright", "goal: brihgt"),
    "unknown clause 'warm'": HOLDS.replace("outcome", "with: warm, outcome"),
    "unknown installation 'hall'": HOLDS.replace("outcome", "installation: hall, outcome"),
    "unknown profile 'slow'": HOLDS.replace("outcome", "profile: slow, outcome"),
    "unknown assumption 'luck'": HOLDS.replace("outcome", "assume: luck, outcome"),
    "a check lacks its outcome": HOLDS.replace(", outcome: holds", ""),
}


@pytest.mark.parametrize("words", WRONG)
def test_a_claim_on_something_that_there_is_not_is_named_and_the_rest_kept(words: str, tmp_path: Path) -> None:
    texts = (claim(WRONG[words], name="wrong"), claim(HOLDS))
    with pytest.raises(lg.InputError, match=words) as caught:
        study_of(tmp_path, *texts)
    left_out: list[Problem] = []
    study = study_of(tmp_path, *texts, left_out=left_out)
    assert list(study.claims) == ["bright-enough"]
    assert left_out == list(caught.value.problems)
    assert left_out[0].place is not None and left_out[0].place.line == 7


@pytest.mark.parametrize(
    ("more", "words"),
    [("    only if: warm\n", "unknown name 'warm'"), ("    rests on: lamp.cold\n", "unknown name 'lamp.cold'")],
)
def test_what_it_could_depend_on_must_exist(more: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(lg.InputError, match=words):
        study_of(tmp_path, claim(HOLDS, more=more))


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        ("      - {goal: goes-out, outcome: holds}", "does not come out as 'holds'"),
        ("      - {goal: bright, outcome: can happen}", "does not come out as 'can happen'"),
        ("      - {sentence: cat shall never be alive., outcome: holds}", "alive"),
        ("      - {goal: bright, given: LAMP shall never be bright., outcome: holds}", "bright"),
        ("      - {goal: bright, given: 'While cat is awake, LAMP shall never be dark.', outcome: holds}", "cat"),
    ],
)
def test_what_cannot_be_read_is_told_before_anything_is_decided(reading: str, words: str, tmp_path: Path) -> None:
    study = study_of(tmp_path, claim(HOLDS), claim(reading, name="wrong"))
    with pytest.raises(lg.InputError, match=words) as caught:
        decide_claims(study, done=lambda _: pytest.fail("something was decided"))
    left_out: list[Problem] = []
    (rest,) = decide_claims(study, left_out=left_out)
    assert (rest.claim.name, left_out) == ("bright-enough", list(caught.value.problems))
    assert any(words in str(problem) for problem in unreadable(study))


@pytest.mark.parametrize(
    "reading",
    [
        "      - {goal: bright, sentence: x., outcome: holds}",
        "      - {proposal: today, outcome: holds}",
        "      - {any: [{goal: bright, outcome: holds}], proposal: today}",
        "      - {goal: bright, outcome: maybe}",
        "      - {sentence: It is brihgt, outcome: holds}",
    ],
)
def test_a_reading_of_another_shape_is_refused(reading: str, tmp_path: Path) -> None:
    with pytest.raises(lg.InputError):
        study_of(tmp_path, claim(reading))


def test_a_claim_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(lg.InputError, match="there is no claim 'brigth'"):
        decide_claims(study_of(tmp_path, claim(HOLDS)), ["brigth"])
