"""Devices against clauses: known answers on a small study, conflicts against looking at every set, partial answers."""

from __future__ import annotations

import hashlib
import json
from itertools import combinations
from pathlib import Path

import pytest

from lastgasp.errors import InputError
from lastgasp.language.study_files import load_study
from lastgasp.obeying import NotObeyable, Obeyable, obeys
from lastgasp.questions.asking import clause_sentence
from lastgasp.questions.comply import Answer, Complying, comply
from lastgasp.questions.effort import Effort
from lastgasp.study import Study
from tests.cli.studies import written
from tests.zoo.zoo import replayed

MACHINES = {
    "models/supply.yaml": """\
machine: supply
states:
  on: {initial: yes, gives: {power: on}}
  off: {gives: {power: off}}
transitions:
  - {from: on, to: off, may: }
  - {from: off, to: on, may: }
""",
    "models/lamp.yaml": """\
machine: lamp
title: Lamp
party: LAMP
reads: {supply: {power: [on, off]}}
sends: [cry]
parameters: {warm: {range: 0 s .. 5 min, label: time to warm up}}
states:
  lit: {initial: yes, gives: {light: yes}}
  dark: {gives: {light: no}}
  warming: {gives: {light: no}}
  broken: {gives: {light: no}}
transitions:
  - {from: lit, to: dark, when: supply.power is off}
  - {from: dark, to: warming, when: supply.power is on}
  - {from: warming, to: lit, after: warm ..}
  - {from: [dark, warming], may: , send: cry}
""",
    "models/room.yaml": """\
installation: room
instances:
  supply: {machine: supply}
  lamp: {machine: lamp, wires: {supply: supply}}
""",
    "models/profiles.yaml": """\
profiles:
  quick: {title: A quick lamp, settings: {lamp.warm: 20 s}}
  slow: {title: A slow lamp, settings: {lamp.warm: 1 min}}
""",
    "properties/goals.yaml": "goals:\n  lit: {sentence: lamp shall never be broken.}\n",
    "properties/proposals.yaml": "proposals:\n  none: {clauses: []}\n",
}
CLAUSES = {
    "in-time": "LAMP shall not be warming for more than 30 s.",
    "slowly": "LAMP shall be warming for at least 40 s each time.",
    "whole": "When lamp is broken, LAMP shall within 1 min be lit.",
    "one-cry": "LAMP shall send cry at most once while light is no.",
    "cries": "When lamp is dark, LAMP shall within 10 s send cry.",
    "cries-again": "When lamp has been warming for at least 5 s, LAMP shall within 2 s send cry.",
}


def study_of(folder: Path, **clauses: str) -> Study:
    """The lamp under these clauses."""
    entries = "".join(
        f"  {name}:\n    title: Rule {name}\n    party: LAMP\n    document: lamps\n    version: '1'\n    source: x\n"
        f"    wording: {name}\n    sha256: {hashlib.sha256(name.encode()).hexdigest()}\n    status: proposed\n"
        f"    sentence: {sentence}\n"
        for name, sentence in clauses.items()
    )
    return load_study(written(folder, {**MACHINES, "properties/clauses.yaml": f"clauses:\n{entries}"}))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study_of(tmp_path_factory.mktemp("lamp"), **CLAUSES)


@pytest.fixture(scope="module")
def found(study: Study) -> Complying:
    return comply(study)


def answer(found: Complying, profile: str, clause: str) -> Answer:
    (standing,) = (s for s in found.standings if (s.device.profile, s.clause) == (profile, clause))
    return standing.answer


@pytest.mark.parametrize(
    ("profile", "clause", "expected"),
    [
        ("quick", "in-time", Answer.CAN),
        ("slow", "in-time", Answer.CANNOT),
        ("", "in-time", Answer.OPEN),  # it depends on the lamp
        ("quick", "slowly", Answer.CAN),
        ("slow", "slowly", Answer.ALWAYS),
        ("quick", "whole", Answer.ALWAYS),
        ("quick", "one-cry", Answer.CAN),
        ("quick", "cries", Answer.CAN),
        ("quick", "cries-again", Answer.CAN),
    ],
)
def test_a_device_stands_to_a_clause_as_it_must(found: Complying, profile: str, clause: str, expected: Answer) -> None:
    assert answer(found, profile, clause) is expected


def test_what_a_device_cannot_obey_comes_with_a_run_that_replays(study: Study, found: Complying) -> None:
    (cannot,) = (s for s in found.standings if s.answer is Answer.CANNOT)
    assert cannot.trace is not None
    replayed(study.installations["room"], cannot.trace)
    assert cannot.trace.end >= 30
    restricted = [s for s in found.standings if s.answer is Answer.CAN]
    assert all(s.trace is not None for s in restricted)  # what the clause takes from it


def test_minimal_conflicts_are_those_that_looking_at_every_set_finds(study: Study, found: Complying) -> None:
    """'one-cry' bears each of the two duties to cry, not both: the light is off from dark to lit."""
    network = study.with_profile("quick").installations["room"]
    sentences = {name: clause_sentence(study.clauses[name], network) for name in CLAUSES}
    conflicting: list[frozenset[str]] = []
    for size in range(1, len(CLAUSES) + 1):
        for chosen in map(frozenset, combinations(CLAUSES, size)):
            if any(small <= chosen for small in conflicting):
                continue
            together = obeys(network, {name: sentences[name] for name in chosen})
            assert isinstance(together, Obeyable | NotObeyable)
            if isinstance(together, NotObeyable):
                conflicting.append(chosen)
    mine = [conflict for conflict in found.conflicts if conflict.device.profile == "quick"]
    assert {frozenset(conflict.clauses) for conflict in mine} == set(conflicting)
    assert frozenset({"one-cry", "cries", "cries-again"}) in conflicting
    assert frozenset({"in-time", "slowly"}) in conflicting
    for conflict in mine:
        assert conflict.surely
        assert conflict.defeat.trace is not None
        replayed(network, conflict.defeat.trace)


def test_clauses_that_no_described_device_can_obey_and_that_never_apply(tmp_path: Path) -> None:
    rules = {"fast": "LAMP shall not be warming for more than 10 s.", "whole": CLAUSES["whole"]}
    found = comply(study_of(tmp_path, **rules))
    assert found.unobeyable == ("fast",)
    assert found.idle == ("whole",)
    words = found.words()
    assert "no described device can obey 'Rule fast'" in words
    assert "'Rule whole' never applies" in words
    assert "A slow lamp" in words
    assert "lamp.warm" not in words.split("A run of")[0]


def test_the_neutral_form_is_whole(found: Complying) -> None:
    data = json.loads(json.dumps(found.to_json()))
    assert data["lastgasp-result"] == 1
    assert {standing["answer"] for standing in data["standings"]} == {item.value for item in Answer}
    assert len(data["standings"]) == 3 * len(CLAUSES)
    assert all(conflict["trace"] for conflict in data["conflicts"])


def test_an_answer_that_the_time_cuts_short_says_so(study: Study) -> None:
    found = comply(study, effort=Effort.lasting(0))
    assert not found.exact
    assert found.standings == ()
    assert "not the whole answer" in found.words()


def test_names_and_nothing_to_ask(study: Study, tmp_path: Path) -> None:
    for wrong in ({"clauses": ["in-tme"]}, {"installation": "rom"}, {"profile": "quik"}, {"assume": ["calm"]}):
        with pytest.raises(InputError):
            comply(study, **wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no clause"):
        comply(load_study(written(tmp_path, MACHINES)))
    only = comply(study, clauses=["in-time"], profile="slow")
    assert [(s.device.profile, s.clause, s.answer) for s in only.standings] == [("slow", "in-time", Answer.CANNOT)]
