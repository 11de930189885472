"""Which texts a proof needs: known answers, every subset looked at by brute force, and what cannot be asked."""

from __future__ import annotations

from itertools import count
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastgasp import facade
from lastgasp.errors import InputError
from lastgasp.question import Limits, Question
from lastgasp.questions import texts
from lastgasp.questions.asking import ask
from lastgasp.questions.cores import Cores, Need, cores, proposal_cores
from lastgasp.questions.effort import Effort
from lastgasp.questions.repair import repair
from lastgasp.safety import Safety, Unsettled
from lastgasp.study import Study
from lastgasp.verdict import Holds
from tests.questions.pool import ASSUMPTIONS, CLAUSES, LIFE, NET, SAFETY
from tests.questions.small import ladder, study, switches
from tests.questions.subsets import Names, hitting, maximal, minimal, pooled, safe, subsets
from tests.zoo.zoo import checked


def sets(found: Cores) -> set[Names]:
    return {frozenset(text.name for text in core.texts) for core in found.cores}


def escapes(found: Cores) -> set[Names]:
    return {frozenset(text.name for text in escape.texts) for escape in found.escapes}


def names(found: Cores, need: Need) -> set[str]:
    return {text.name for text in found.needed(need)}


def every_and_some(found: set[Names]) -> tuple[Names, Names]:
    first, *others = found
    return first.intersection(*others), first.union(*others)


def has_evidence(asked: Study, found: Cores) -> None:
    """Every set that suffices has a proof that stands, every one that does not a run that breaks the goal."""
    for core in found.cores:
        core.proof.certificate.recheck_goal()
        assert {*core.proof.certificate.part.restrict} <= {text.name for text in core.texts}
        if isinstance(core.verdict, Holds):
            assert core.verdict.certificate is not None
            core.verdict.certificate.recheck()
    goal = ask(asked, found.name).goal
    for escape in found.escapes:
        obeyed = {text.name: text.sentence for text in escape.texts}
        checked(Question("escape", found.question.network, goal, obeyed), escape.trace)


# --- known answers ------------------------------------------------------------------------------------------------


def test_of_n_independent_clauses_each_is_a_proof() -> None:
    clauses = {f"c{number}": f"A shall never send call{number}." for number in range(5)}
    asked = study(ladder(5), {"safe": "a shall never be bad."}, clauses, {"all": list(clauses)})
    found = cores(asked, "safe/all")
    assert sets(found) == {frozenset({name}) for name in clauses}
    assert names(found, Need.SOME) == set(clauses) and found.exact
    assert all(isinstance(core.verdict, Holds) and core.minimal for core in found.cores)
    assert "5 minimal sets of texts suffice" in found.words()
    has_evidence(asked, found)


def test_cores_and_repairs_are_the_same_sets_and_dual_to_what_lets_a_run_through() -> None:
    clauses = {f"c{number}": f"P{number} shall never send ring." for number in range(5)}
    goal = {"few": "counter.v > 2 shall never hold."}
    asked = study(switches(5), goal, clauses, {"today": [], "all": list(clauses)})
    needed, repairs = cores(asked, "few/all"), repair(asked, "few/today")
    assert sets(needed) == set(subsets(clauses, [3]))
    assert sets(needed) == {frozenset(text.name for text in item.texts) for item in repairs.repairs}
    assert escapes(needed) == {frozenset(text.name for text in item.texts) for item in repairs.escapes}
    assert sets(needed) == hitting(clauses, (frozenset(clauses) - one for one in escapes(needed)))
    assert {frozenset(clauses) - one for one in escapes(needed)} == hitting(clauses, sets(needed))


def test_what_is_needed_by_every_proof_by_some_and_by_none() -> None:
    """The ear is kept quiet by one clause alone; nothing else that is said matters to it, nor the assumption."""
    asked = pooled(["only", "late", "short"])
    found = cores(asked, "honk/p")
    assert names(found, Need.EVERY) == {"only"} and names(found, Need.NONE) == {"late", "short"}
    assert "redundant text, or a gap in the model" in found.words()
    assert found.exact and sets(found) == {frozenset({"only"})}


def test_an_assumption_can_take_the_place_of_a_clause() -> None:
    """An outage of at most 7 s leaves no more than 10 s in the dark; so does a hub that leaves it in time."""
    found = cores(pooled(["soon", "short"]), "dark/p")
    assert sets(found) == {frozenset({"soon"}), frozenset({"short"})}
    assert "s shall never be off for more than 7 s. (assumption)" in found.words()


def test_what_forbids_something_is_asked_like_a_proof() -> None:
    found = cores(pooled(["mute", "late", "rested"]), "can-alert/p")
    assert sets(found) == {frozenset({"mute"})} and names(found, Need.EVERY) == {"mute"}
    assert "cannot happen under" in found.words()


def test_a_model_that_needs_no_text_says_so() -> None:
    asked = study(NET, {"fine": "(s is off and hub is running) shall never hold."}, CLAUSES, {"p": ["late"]})
    found = cores(asked, "fine/p")
    assert sets(found) == {frozenset()} and names(found, Need.NONE) == {"late"}
    assert "no text at all, the model suffices" in found.words()


def test_a_set_that_suffices_only_because_it_cannot_be_obeyed_says_so() -> None:
    """'within' alone lets a hub fall asleep that must alert; with 'rested' it cannot, and the goal holds."""
    found = cores(pooled(["within", "rested"]), "dark/p")
    (core,) = found.cores
    assert sets(found) == {frozenset({"within"})}
    assert not isinstance(core.verdict, Holds) and not found.partial
    doubtful = cores(pooled(["within"]), "dark/p", Effort(Limits(seconds=2)))
    assert doubtful.partial and doubtful.exact and "is undecided (because the clause 'within'" in doubtful.words()
    assert "no run breaks the goal with these alone, but the clause 'within' is not shown obeyable" in found.words()


def test_a_whole_proposal_tells_what_no_check_needs() -> None:
    found = proposal_cores(pooled(["soon", "only", "nap", "rested"]), "p", "room")
    asked = {item.name.goal: item for item in found.asked}
    assert set(asked) == {"dark", "honk", "asleep"}
    needs = {text.name: need for text, need in found.needs().items()}
    assert needs["soon"] == {Need.EVERY: ["the goal dark"], Need.NONE: ["the goal honk", "the goal asleep"]}
    titles = {title for title, _ in found.skipped}
    assert titles == {f"the goal {name}" for name in ("woken", "early", *LIFE)}
    assert "the goal early: does not hold" in found.words()
    assert found.to_json()["cores"][0]["check"].startswith("dark/p")


@pytest.mark.usefixtures("zones_alone")
@pytest.mark.parametrize(
    ("check", "words"),
    [
        ("dark/none", "dark/none does not hold"),
        ("can-alert/none", "shown to be possible by a run"),
        ("early/mute", "is vacuous"),
        ("honk/both", "does not hold: .*timelock"),
        ("can-alert/deaf", "is not proved: a run says otherwise"),
        ("dark/nothing", "there is no proposal 'nothing'"),
    ],
)
def test_what_cannot_be_asked_is_refused(check: str, words: str) -> None:
    proposals = {"none": [], "mute": ["mute"], "both": ["only", "hears"], "deaf": ["nap"]}
    with pytest.raises(InputError, match=words):
        cores(study(NET, SAFETY | LIFE, CLAUSES, proposals), check)


# --- brute force --------------------------------------------------------------------------------------------------

POOL = st.permutations(sorted(CLAUSES | ASSUMPTIONS))


@pytest.mark.usefixtures("zones_alone")
@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.sampled_from(sorted(SAFETY | LIFE)), POOL, st.integers(1, 5))
def test_it_finds_what_looking_at_every_subset_finds(goal: str, order: list[str], size: int) -> None:
    chosen = frozenset(order[:size])
    asked = pooled(sorted(chosen))
    try:
        found = cores(asked, f"{goal}/p", Effort(Limits(seconds=None)))
    except InputError:
        return
    assert found.exact and sets(found) == minimal(chosen, lambda one: safe(goal, one))
    assert escapes(found) == maximal(chosen, lambda one: not safe(goal, one))
    assert sets(found) == hitting(chosen, (chosen - one for one in escapes(found)))
    assert all(core.minimal for core in found.cores)
    every, some = every_and_some(sets(found))
    assert names(found, Need.EVERY) == every and names(found, Need.SOME) == some - every
    assert names(found, Need.NONE) == chosen - some
    has_evidence(asked, found)


@pytest.mark.usefixtures("zones_alone")
@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.sampled_from(sorted(SAFETY | LIFE)), POOL, st.data())
def test_what_engines_do_not_know_makes_the_answer_approximate_never_wrong(
    goal: str, order: list[str], data: st.DataObject
) -> None:
    """Of some sets of texts nothing is known."""
    chosen = frozenset(order[:4])
    unknown = data.draw(st.sets(st.sampled_from(list(subsets(chosen))[:-1]), min_size=1))

    def silent(question: Question, limits: Limits) -> Safety:
        if frozenset(question.restrict) in unknown:
            return Unsettled("zones", "silent")
        return facade.safe(question, limits)

    with patch.object(texts, "safe", silent):
        try:
            found = cores(pooled(sorted(chosen)), f"{goal}/p", Effort(Limits(seconds=None)))
        except InputError:
            return
    true = minimal(chosen, lambda one: safe(goal, one))
    assert all(safe(goal, one) for one in sets(found)) and not any(safe(goal, one) for one in escapes(found))
    assert sets(found) == true or not found.exact
    assert all(frozenset(text.name for text in core.texts) in true for core in found.cores if core.minimal)
    every, some = every_and_some(true)
    assert names(found, Need.EVERY) <= every and names(found, Need.SOME) <= some
    assert names(found, Need.NONE) <= chosen - some
    assert found.exact or "approximate" in found.words()


def test_without_time_nothing_is_claimed_but_what_was_proved() -> None:
    numbers = count()

    class Ending(Effort):
        @property
        def late(self) -> bool:
            return next(numbers) >= 3

    found = cores(pooled(["only", "late", "rested"]), "honk/p", Ending(Limits(seconds=None)))
    assert not found.exact and "(a part of it may suffice)" in found.words()
    assert not any(core.minimal or isinstance(core.verdict, Holds) for core in found.cores)
    assert names(found, Need.EVERY) == {"only"} and names(found, Need.OPEN) == {"late", "rested"}
