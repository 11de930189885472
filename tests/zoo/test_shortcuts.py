"""Shortcuts on random networks: what is cut, what is not essential, and ranges that are decided at one value.

Each answer is compared with one that takes none of them: the whole network, sound in all its parts, value by value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from unittest.mock import patch

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from lastgasp.errors import InputError, NotApplicable
from lastgasp.expr import Sent, names_in, neg
from lastgasp.facade import decide
from lastgasp.machine import Range
from lastgasp.network import Network
from lastgasp.question import Limits, Question
from lastgasp.routes import by_zones
from lastgasp.sentences import Formula, Held, NeverHeld, Possible, SendsOnlyIf, Sentence, conditions_of
from lastgasp.slicing import Slice, essential, sliced
from lastgasp.verdict import Rejected, Undecided, Verdict
from tests.oracle.strategies import CAST, RANDOM, Shape, bad_situations, loose_networks, networks, ranged

PATIENCE = 20.0
"""Seconds for one answer; what takes longer is not compared."""


@st.composite
def formulas(draw: st.DrawFn, network: Network) -> Formula:
    bad = draw(bad_situations(network)).expr
    senders = [item.name for item in network.instances if item.machine.event(CAST)]
    match draw(st.sampled_from(("never", "never", "only", "possible"))):
        case "only" if senders:
            return SendsOnlyIf(Sent(f"{draw(st.sampled_from(senders))}.{CAST}"), Held(neg(bad)))
        case "possible":
            return Possible(NeverHeld(bad))
    return NeverHeld(bad)


@st.composite
def asked(draw: st.DrawFn, network: Network, most: int) -> Question:
    """Any goal under at most so many clauses and assumptions."""
    goal = Sentence("goal", draw(formulas(network)))
    clauses, assumptions = {}, {}
    for number in range(draw(st.integers(0, most))):
        formula = draw(formulas(network))
        if isinstance(formula, Possible):
            continue
        if isinstance(formula, SendsOnlyIf):
            party = formula.event.event.partition(".")[0]
        else:
            spoken_of = {name.partition(".")[0] for item in conditions_of(formula) for name in names_in(item)}
            party = draw(st.sampled_from(sorted(spoken_of)))
        if network.by_name[party].machine.party and draw(st.booleans()):
            clauses[f"clause {number}"] = Sentence(f"clause {number}", formula, party)
        else:
            assumptions[f"assumption {number}"] = Sentence(f"assumption {number}", formula)
    return Question("check", network, goal, clauses, assumptions)


def in_full(question: Question) -> Verdict | None:
    """The verdict on the whole network, in which all of it is shown to be sound; ``None`` where there is none."""
    with patch("lastgasp.soundness.essential", lambda part: part), patch("lastgasp.certificate.essential", lambda p: p):
        try:
            return by_zones(question, Slice(question.network, question.restrict, ()), Limits(seconds=PATIENCE))
        except (InputError, NotApplicable):
            return None


def shortly(question: Question) -> Verdict | None:
    """The verdict that the product gives."""
    try:
        return decide(question, "zones", Limits(seconds=PATIENCE))
    except (InputError, NotApplicable):
        return None


def dropped(question: Question) -> bool:
    """Whether some sentence speaks only of what is cut: it is said not to have been looked at, and may be absurd."""
    part = sliced(question.network, question.restrict, [question.goal], apart=True)
    return set(part.restrict) != set(question.restrict)


def cuts_agree(examples: int, number: int) -> Counter[str]:
    """Ask about so many networks that fall apart; what was dropped with what was cut may be contradictory."""
    seen: Counter[str] = Counter()

    @seed(number)
    @settings(RANDOM, max_examples=examples)
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        question = data.draw(asked(data.draw(loose_networks()), 2))
        part = sliced(question.network, question.restrict, [question.goal], apart=True)
        seen["essential"] += bool(essential(part).cut)
        if not part.cut and not essential(part).cut:
            return
        found, whole = shortly(question), in_full(question)
        if isinstance(found, Undecided) or isinstance(whole, Undecided):
            seen["undecided"] += 1
            return
        allowed = {type(found)} | ({Rejected} if dropped(question) else set())
        assert type(whole) in allowed, (found, whole, question)
        seen[type(found).__name__] += 1
        seen["apart"] += bool(part.apart)

    agree()
    return seen


def test_what_is_cut_changes_no_verdict() -> None:
    seen = cuts_agree(150, 1)
    for kind, least in (("Holds", 10), ("Fails", 15), ("Rejected", 15), ("apart", 20), ("essential", 8)):
        assert seen[kind] >= least, seen
    assert seen["undecided"] <= 2, seen


@pytest.mark.long
def test_what_is_cut_changes_no_verdict_of_many() -> None:
    assert cuts_agree(10_000, 2)["Holds"] >= 700


# --- ranges -------------------------------------------------------------------------------------------------------


def values(network: Network) -> Iterator[dict[str, Fraction]]:
    """Every choice of values for the parameters with a range, in steps of half a second."""
    spans = {name: item.value for name, item in network.parameters.items() if isinstance(item.value, Range)}
    steps = [
        [span.low + Fraction(half, 2) for half in range(int((span.high - span.low) * 2) + 1)]  # type: ignore[operator, arg-type]
        for span in spans.values()
    ]
    for chosen in product(*steps):
        yield dict(zip(spans, chosen, strict=True))  # type: ignore[arg-type]


def ranges_agree(examples: int, number: int) -> Counter[str]:
    """Ask about so many networks with ranges: what is proved has to hold for every value that was tried."""
    seen: Counter[str] = Counter()

    @seed(number)
    @settings(RANDOM, max_examples=examples)
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        network = data.draw(ranged(data.draw(loose_networks() if data.draw(st.booleans()) else networks(Shape()))))
        if not any(isinstance(item.value, Range) for item in network.parameters.values()):
            return
        question = data.draw(asked(network, 1))
        found = shortly(question)
        seen[type(found).__name__] += 1
        if found is None or isinstance(found, Undecided | Rejected):
            return
        alone = [
            (chosen, in_full(replace(question, network=network.with_settings(chosen)))) for chosen in values(network)
        ]
        words = {type(verdict).__name__ for _, verdict in alone}
        shown_by_a_run = {"Fails"} if not isinstance(question.goal.formula, Possible) else {"Holds"}
        if type(found).__name__ in shown_by_a_run:
            seen["shown"] += 1
            seen["shown between the values that were tried"] += not words & shown_by_a_run
        else:
            seen["proved"] += 1
            proved = {"Fails"} if isinstance(question.goal.formula, Possible) else {"Holds", "Vacuous"}
            assert words <= proved | {"Undecided"} | ({"Rejected"} if dropped(question) else set()), (
                found,
                alone,
                question,
            )

    agree()
    return seen


def test_what_is_proved_of_ranges_holds_for_every_value() -> None:
    seen = ranges_agree(250, 1)
    assert seen["proved"] >= 8, seen
    assert seen["shown"] >= 12, seen
    assert seen["shown between the values that were tried"] <= 3, seen


@pytest.mark.long
def test_what_is_proved_of_ranges_holds_for_every_value_of_many() -> None:
    assert ranges_agree(10_000, 2)["proved"] >= 400
