"""The study of the whole domain: it can be read, every installation is asked, its verdicts are those on record."""

from __future__ import annotations

from collections import Counter

import pytest

from lastgasp.bundled import load_study
from lastgasp.question import Limits
from lastgasp.questions.asking import CheckName
from lastgasp.questions.matrix import matrix, names, networks
from lastgasp.questions.oddities import idle, study_oddities, unexplained
from lastgasp.questions.reading import unreadable
from lastgasp.sanity import Oddity
from lastgasp.study import Study

STUDY = load_study()

QUICK = ("single-phase-", "twin-element-", "installed-before-", "gas-first-", "customer-side-", "who-learns")
"""The installations that are decided in seconds; of the others a part alone takes ten to sixty."""


def in_rotation(study: Study) -> dict[str, str]:
    """One proposal for each installation, of those that are asked of it: the one that had the fewest turns, then the
    one that is asked of the fewest installations, so that each has a turn."""
    asked = Counter((name.installation, name.proposal) for name in names(study))
    rare, turns = Counter(proposal for _, proposal in asked), Counter[str]()
    chosen: dict[str, str] = {}
    for installation in sorted(study.installations, key=lambda name: not name.startswith(QUICK)):
        proposals = [proposal for proposal in study.proposals if (installation, proposal) in asked]
        chosen[installation] = min(proposals, key=lambda proposal: (turns[proposal], rare[proposal]))
        turns[chosen[installation]] += 1
    return chosen


ROTATION = in_rotation(STUDY)


def surprises(wanted: list[CheckName], jobs: int = 1) -> list[str]:
    """The checks whose verdict, class or missing clause is another than the one on record."""
    cells = matrix(STUDY, wanted, limits=Limits(seconds=120), jobs=jobs)
    found = [(cell.name, type(cell.verdict).__name__, cell.expected) for cell in cells if cell.expected]
    return [f"{name}: {verdict} instead of {expected}" for name, verdict, expected in found]


def test_every_sentence_can_be_read_where_it_is_about_something() -> None:
    assert unreadable(STUDY) == []


def test_every_figure_says_where_it_comes_from() -> None:
    """Each parameter of a machine or of a sentence has a label and a source, and each sentence has a source."""
    figures = {f"{name}.{p.name}": p for name, machine in STUDY.machines.items() for p in machine.parameters}
    texts = [*STUDY.goals.values(), *STUDY.clauses.values(), *STUDY.assumptions.values(), *STUDY.readings.values()]
    figures |= {f"{text.name}.{name}": p for text in texts for name, p in text.parameters.items()}
    assert [name for name, parameter in figures.items() if not (parameter.label and parameter.source)] == []
    assert [text.name for text in texts if not (text.title and text.source)] == []
    assert [name for name, profile in STUDY.profiles.items() if not (profile.title and profile.source)] == []
    assert [clause.name for clause in STUDY.clauses.values() if clause.status == "quoted"] == []


def test_every_installation_is_asked_something_and_comes_in_both_kinds() -> None:
    asked = Counter(name.installation for name in names(STUDY))
    assert set(asked) == set(STUDY.installations)
    kinds = {name.removesuffix("-ch-timed").removesuffix("-backend-timed") for name in STUDY.installations}
    for kind in kinds - {"who-learns"}:
        assert {f"{kind}-ch-timed", f"{kind}-backend-timed"} <= set(STUDY.installations)


def test_what_is_on_record_is_asked_and_stands_there_once() -> None:
    on_record = Counter(CheckName(item.goal, item.proposal, item.installation) for item in STUDY.expectations)
    assert set(on_record) <= set(names(STUDY))
    assert [str(name) for name, times in on_record.items() if times > 1] == []


def test_every_failure_on_record_is_classified_where_its_goal_has_classes() -> None:
    """An AD1 for an outage of the premises alone is in no class: it is none of the network's, but no false alarm."""
    classified = {goal for rule in STUDY.classifications for goal in rule.goals}
    unclassified = {
        CheckName(item.goal, item.proposal, item.installation)
        for item in STUDY.expectations
        if bool(item.classification) != (item.verdict == "fails" and item.goal in classified)
    }
    sites = ("customer-side-backend-timed", "customer-side-ch-timed")
    assert unclassified == {CheckName("no-ad1-without-network-outage", "mains-signal", site) for site in sites}


def test_the_rotation_leaves_no_proposal_out() -> None:
    assert set(ROTATION) == set(STUDY.installations)
    assert set(ROTATION.values()) == set(STUDY.proposals)


@pytest.mark.parametrize("installation", [name for name in STUDY.installations if name.startswith(QUICK)])
def test_the_verdicts_of_one_proposal_are_those_on_record(installation: str) -> None:
    wanted = names(STUDY, proposal=ROTATION[installation], installation=installation)
    assert wanted and surprises(wanted) == []


@pytest.mark.long
def test_every_verdict_is_the_one_on_record() -> None:
    assert surprises(names(STUDY), jobs=2) == []


ODD_ONES = ("gas-first-upstream-ch-timed", "who-learns")
"""Installations whose oddities are found in seconds, one of each kind."""


def oddities_of(where: list[tuple[str, str]]) -> dict[tuple[str, str], list[Oddity]]:
    limits = Limits(seconds=1200)
    return {pair: list(study_oddities(STUDY, *pair, limits)) for pair in where}


def words(found: dict[tuple[str, str], list[Oddity]]) -> list[str]:
    return [f"{where}: {oddity.kind}: {oddity.words}" for where, oddity in unexplained(found)]


@pytest.mark.parametrize("proposal", ["today", "mains-signal"])
def test_what_is_odd_about_the_models_is_explained(proposal: str) -> None:
    found = oddities_of(networks(STUDY, proposal, ODD_ONES))
    assert all(found.values()) and words(found) == []


@pytest.mark.long
def test_what_is_odd_about_every_installation_is_explained() -> None:
    """All under the text in force, those that are alone in their kind also under two other texts; nothing is wrong.

    Each explanation is about something that was found.
    """
    kinds = [name for name in STUDY.installations if not name.endswith("-backend-timed")]
    kinds.append("single-phase-backend-timed")
    further = networks(STUDY, ["smets-chts-csp", "mains-signal"], kinds)
    found = oddities_of(networks(STUDY, "today") + further)
    assert words(found) == []
    assert [explained for _, explained in idle(STUDY, found, whole=False)] == []
