"""Who must change: known answers, every subset looked at by brute force, and nothing that is not known called known."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from math import comb
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastgasp import facade
from lastgasp.errors import InputError
from lastgasp.question import Limits, Question
from lastgasp.questions import texts
from lastgasp.questions.asking import ask
from lastgasp.questions.effort import Effort
from lastgasp.questions.repair import repair
from lastgasp.questions.repair_answer import Repairs
from lastgasp.safety import Safety, Unsettled
from lastgasp.study import Study
from lastgasp.verdict import Undecided, Verdict
from tests.questions.pool import CLAUSES, LIFE, NET, SAFETY
from tests.questions.small import ladder, study, switches
from tests.questions.subsets import Names, holds, maximal, pooled, safe, subsets
from tests.zoo.zoo import checked

Changes = set[tuple[Names, Names]]


def changes(found: Repairs) -> Changes:
    """What is added and what is withdrawn, for each repair."""
    return {
        (frozenset(text.name for text in item.texts), frozenset(text.name for text in item.withdrawn))
        for item in found.repairs
    }


def added(found: Repairs) -> set[Names]:
    assert all(not item.withdrawn for item in found.repairs)
    return {more for more, _ in changes(found)}


def has_evidence(asked: Study, found: Repairs) -> None:
    """Every repair has a proof that stands, every way out a run that breaks the goal and obeys what it says."""
    for item in found.repairs:
        assert item.verdict.certificate is not None
        item.verdict.certificate.recheck()
        assert {*item.verdict.certificate.clauses} >= {text.name for text in item.texts}
    base = ask(asked, found.name)
    for escape in (*found.escapes, *found.alone):
        if escape.trace is not None:
            extra = {text.name: text.sentence for text in escape.texts}
            checked(ask(asked, found.name, extra=extra), escape.trace)
    assert base.name == str(found.name)


# --- known answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 5])
def test_any_of_n_independent_clauses_is_enough(count: int) -> None:
    clauses = {f"c{number}": f"A shall never send call{number}." for number in range(count)}
    asked = study(ladder(count), {"safe": "a shall never be bad."}, clauses, {"today": []})
    found = repair(asked, "safe/today")
    assert added(found) == {frozenset({name}) for name in clauses}
    assert found.exact and [item.enough for item in found.alone] == [True]
    assert [escape.texts for escape in found.escapes] == [()]
    has_evidence(asked, found)


@pytest.mark.parametrize(("count", "most"), [(4, 1), (4, 2), (5, 3)])
def test_any_k_of_n_parties_must_change(count: int, most: int) -> None:
    """No more than ``most`` may ring: all but so many have to be forbidden to."""
    clauses = {f"c{number}": f"P{number} shall never send ring." for number in range(count)}
    asked = study(switches(count), {"few": f"counter.v > {most} shall never hold."}, clauses, {"today": []})
    found = repair(asked, "few/today")
    assert added(found) == set(subsets(clauses, [count - most]))
    assert len(found.escapes) == comb(count, count - most - 1)
    assert all(item.enough is False and item.trace is not None for item in found.alone)
    assert found.exact
    has_evidence(asked, found)


def test_what_takes_life_away_is_no_repair_and_says_what_it_takes() -> None:
    found = repair(pooled([], ["mute", "late", "silent"]), "early/p")
    assert added(found) == {frozenset({"late"})} and found.exact
    (refusal,) = found.refused
    assert [text.name for text in refusal.texts] == ["mute"] and refusal.sure
    assert refusal.lost == ("the goal can-alert",)
    assert "what can happen now then cannot: the goal can-alert" in found.words()


def test_a_clause_that_cannot_be_obeyed_is_none_until_another_keeps_its_party_out_of_trouble() -> None:
    """A hub that fell asleep cannot alert in time; one that may not fall asleep can."""
    found = repair(pooled([], ["within", "rested", "late", "hears"]), "dark/p", candidates=["within", "rested"])
    assert added(found) == {frozenset({"within", "rested"})}
    (refusal,) = found.refused
    assert [text.name for text in refusal.texts] == ["within"] and not refusal.sure and not found.exact
    more = repair(pooled([], ["within", "rested", "late", "hears"]), "dark/p")
    assert added(more) == added(found)
    assert len(more.refused) == 1  # the run into the trouble obeys the other two, so they are of no help


def test_goals_of_one_title_are_all_asked_about() -> None:
    asked = pooled([], ["mute", "late"])
    goals = {name: replace(goal, title="the same") for name, goal in asked.goals.items()}
    found = repair(replace(asked, goals=goals), "early/p")
    assert added(found) == {frozenset({"late"})} and len(found.life) == len(LIFE)


def test_where_an_addition_contradicts_what_is_said_that_is_withdrawn() -> None:
    """A hub that may not alert leaves an ear that honks for alerts only without a honk."""
    goals = {"honk": SAFETY["honk"], "woken": SAFETY["woken"], "can-honk": LIFE["can-honk"]}
    clauses = {name: CLAUSES[name] for name in ("mute", "only", "silent")}

    def repaired(*wanted: str) -> Changes:
        picked = {name: goals[name] for name in wanted}
        return changes(repair(study(NET, picked, clauses, {"p": ["mute"]}), "honk/p"))

    assert repaired("honk", "can-honk") == {(frozenset({"only"}), frozenset({"mute"}))}
    assert repaired("honk") == {(frozenset({"only"}), frozenset({"mute"}))}  # or nothing that is spoken of can happen
    assert repaired("honk", "can-honk", "woken") == set()  # an ear that nothing wakes now would be woken then


def test_who_cannot_change_is_left_out() -> None:
    asked = pooled([], ["soon", "only", "silent"])
    both = repair(asked, "honk/p")
    assert {item.party for item in both.alone} == {"HUB", "EAR"}
    assert [item.enough for item in both.alone] == [False, True]
    assert [item.parties for item in both.repairs] == [("EAR",)]
    only = repair(asked, "honk/p", only_parties=["HUB"])
    assert not only.repairs and only.exact
    assert [text.name for text in only.candidates] == ["soon"]
    for without in ({"not_parties": ["EAR"]}, {"installed": ["ear"]}, {"candidates": ["soon"]}):
        assert repair(asked, "honk/p", **without).candidates == only.candidates  # type: ignore[arg-type]
    assert "No change to the HUB alone is enough: a run breaks the goal" in only.words()
    has_evidence(asked, both)


@pytest.mark.parametrize(
    ("check", "given_too", "words"),
    [
        ("dark/safe", {}, "dark/safe holds already"),
        ("can-alert/p", {}, "can happen already"),
        ("can-alert/mute", {}, "clauses only take runs away"),
        ("early/mute", {}, "vacuous"),
        ("dark/p", {"candidates": ["nothing"]}, "there is no clause 'nothing'"),
        ("dark/safe", {"candidates": ["soon"]}, "has the clause 'soon' already"),
        ("dark/p", {"only_parties": ["HUP"]}, "there is no party 'HUP' here"),
        ("dark/p", {"installed": ["hup"]}, "there is no device 'hup' here"),
        ("dark/p", {"not_parties": ["HUB", "EAR"]}, "there is no candidate"),
        ("dark", {}, "is not the name of a check"),
    ],
)
def test_what_cannot_be_asked_is_refused(check: str, given_too: dict[str, list[str]], words: str) -> None:
    proposals = {"p": [], "safe": ["soon"], "mute": ["mute"]}
    asked = study(NET, SAFETY | LIFE, CLAUSES, proposals)
    with pytest.raises(InputError, match=words):
        repair(asked, check, **given_too)  # type: ignore[arg-type]


# --- what is not known --------------------------------------------------------------------------------------------


def test_without_time_nothing_is_claimed() -> None:
    found = repair(pooled([], ["soon", "only"]), "honk/p", Effort.lasting(0))
    assert not found.exact and not found.repairs
    assert all(item.enough is None for item in found.alone)
    assert "is known to make it hold" in found.words() and "approximate" in found.words()


# --- brute force --------------------------------------------------------------------------------------------------


def sound(base: Names, texts: Names, goal: str) -> bool:
    """The goal holds, and what could happen still can."""
    return holds(goal, texts) and all(holds(life, texts) for life in LIFE if not safe(life, base))


def by_hand(goal: str, base: Names, candidates: Names) -> Changes:
    """Every minimal set of candidates with as little withdrawn as can be, by the definition."""
    for size in range(len(base) + 1):
        held = [other for other in SAFETY if other != goal and holds(other, base)] if size else []
        good = {
            (more, gone)
            for gone in subsets(base, [size])
            for more in subsets(candidates)
            if sound(base, more | base - gone, goal) and all(safe(other, more | base - gone) for other in held)
        }
        if good or not safe(goal, base | candidates):
            return {(more, gone) for more, gone in good if not any(less < more and left == gone for less, left in good)}
    return set()


def agrees_with_every_subset(goal: str, base: Names, candidates: Names) -> None:
    asked = pooled(sorted(base), sorted(candidates))
    try:
        found = repair(asked, f"{goal}/p", Effort(Limits(seconds=None)))
    except InputError:
        assert safe(goal, base)
        return
    assert changes(found) == by_hand(goal, base, candidates)
    escapes = {frozenset(text.name for text in item.texts) for item in found.escapes}
    assert escapes == maximal(candidates, lambda one: not safe(goal, base | one))
    for item in found.alone:
        its = frozenset(text.name for text in item.texts)
        assert item.trace is None or not safe(goal, base | its)
        assert item.enough is None or item.enough == any(more <= its for more, _ in changes(found))
    has_evidence(asked, found)


CASES = (st.sampled_from(sorted(SAFETY)), st.permutations(sorted(CLAUSES)), st.integers(0, 2), st.integers(1, 4))


@pytest.mark.usefixtures("zones_alone")
@settings(max_examples=25, derandomize=True, deadline=None)
@given(*CASES)
def test_it_finds_what_looking_at_every_subset_finds(goal: str, names: list[str], fixed: int, free: int) -> None:
    agrees_with_every_subset(goal, frozenset(names[:fixed]), frozenset(names[fixed : fixed + free]))


@pytest.mark.long
@pytest.mark.usefixtures("zones_alone")
@settings(max_examples=400, derandomize=True, deadline=None)
@given(*CASES, st.integers(0, 2))
def test_it_finds_what_looking_at_very_many_subsets_finds(
    goal: str, names: list[str], fixed: int, free: int, more: int
) -> None:
    agrees_with_every_subset(goal, frozenset(names[:fixed]), frozenset(names[fixed : fixed + free + more]))


@pytest.mark.usefixtures("zones_alone")
@settings(max_examples=20, derandomize=True, deadline=None)
@given(
    st.sampled_from(sorted(SAFETY)),
    st.permutations(sorted(CLAUSES)),
    st.sets(st.integers(0, 40), min_size=1),
    st.sets(st.integers(0, 40), min_size=1),
)
def test_what_engines_do_not_know_makes_the_answer_approximate_never_wrong(
    goal: str, names: list[str], unsettled: set[int], undecided: set[int]
) -> None:
    """Some of the questions, by their number, get no answer."""
    base, candidates = frozenset(names[:1]), frozenset(names[1:4])
    asked = pooled(sorted(base), sorted(candidates))
    numbers, more = count(), count()

    def silent_safe(question: Question, limits: Limits) -> Safety:
        return Unsettled("zones", "silent") if next(numbers) in unsettled else facade.safe(question, limits)

    def silent_decide(question: Question, engine: str, limits: Limits) -> Verdict:
        if next(more) in undecided:
            return Undecided(question.name, "zones", reason="silent")
        return facade.decide(question, engine, limits)

    with patch.object(texts, "safe", silent_safe), patch.object(texts, "decide", silent_decide):
        try:
            found = repair(asked, f"{goal}/p", Effort(Limits(seconds=None)))
        except InputError:
            return
    true = by_hand(goal, base, candidates)
    for more_texts, gone in changes(found):
        assert sound(base, more_texts | base - gone, goal)
    assert not found.exact or changes(found) == true
    assert found.exact or "approximate" in found.words()
    for item in found.alone:
        its = frozenset(text.name for text in item.texts)
        assert item.enough is not True or any(
            sound(base, one | base - g, goal) for one in subsets(its) for g in subsets(base)
        )
        assert item.enough is not False or not any(more_texts <= its for more_texts, _ in true)
