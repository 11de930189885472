"""All minimal and all maximal sets, against looking at every subset; what is not known is never taken for an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, combinations
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastgasp.questions.marco import Border, Chosen, Fit, Monotone, border

SIZES = st.integers(0, 5)


def subsets(size: int) -> Iterator[Chosen]:
    """Every subset, smallest first."""
    elements = range(size)
    return map(frozenset, chain.from_iterable(combinations(elements, k) for k in range(size + 1)))


def minimal(sets: Iterable[Chosen]) -> set[Chosen]:
    found = set(sets)
    return {one for one in found if not any(other < one for other in found)}


def maximal(sets: Iterable[Chosen]) -> set[Chosen]:
    found = set(sets)
    return {one for one in found if not any(other > one for other in found)}


def hitting(size: int, sets: Iterable[Chosen]) -> set[Chosen]:
    """The minimal sets that meet each of the sets."""
    wanted = list(sets)
    return minimal(one for one in subsets(size) if all(one & other for other in wanted))


@st.composite
def properties(draw: st.DrawFn) -> tuple[int, Callable[[Chosen], bool]]:
    """A size, and a monotone property of the subsets, as the sets that have a member of some family as a subset."""
    size = draw(SIZES)
    family = draw(st.lists(st.frozensets(st.integers(0, size - 1)) if size else st.just(frozenset()), max_size=5))
    return size, lambda chosen: any(small <= chosen for small in family)


PLAN = settings(max_examples=100, derandomize=True, deadline=None)


@PLAN
@given(properties())
def test_it_finds_what_looking_at_every_subset_finds(drawn: tuple[int, Callable[[Chosen], bool]]) -> None:
    size, has = drawn
    found = border(Monotone(size, has))
    assert found.exact
    assert set(found.minimal) == minimal(filter(has, subsets(size)))
    assert set(found.maximal) == maximal(one for one in subsets(size) if not has(one))
    assert all(found.surely_minimal(one) for one in found.minimal)
    whole = frozenset(range(size))
    assert set(found.minimal) == hitting(size, (whole - one for one in found.maximal))  # the two are dual
    assert [len(one) for one in found.minimal] == sorted(len(one) for one in found.minimal)


@PLAN
@given(properties(), st.data())
def test_what_the_oracle_does_not_know_is_never_an_answer(
    drawn: tuple[int, Callable[[Chosen], bool]], data: st.DataObject
) -> None:
    size, has = drawn
    silent = data.draw(st.sets(st.sampled_from(list(subsets(size)))))
    found = border(Monotone(size, lambda chosen: None if chosen in silent else has(chosen)))
    assert all(map(has, found.minimal)) and not any(map(has, found.maximal))
    assert found.complete
    true = minimal(filter(has, subsets(size)))
    if found.exact:
        assert set(found.minimal) == true
        assert set(found.maximal) == maximal(one for one in subsets(size) if not has(one))
    assert all(one in true for one in found.minimal if found.surely_minimal(one))
    # what is missing, or found too large, is accounted for by what is undecided
    assert all(one in found.minimal or one in found.undecided for one in true)
    assert not any(small <= one for small in found.minimal for one in found.undecided)
    assert not any(one <= large for large in found.maximal for one in found.undecided)


@PLAN
@given(properties(), st.data())
def test_hints_change_no_answer_and_save_questions(
    drawn: tuple[int, Callable[[Chosen], bool]], data: st.DataObject
) -> None:
    size, has = drawn
    asked: list[Chosen] = []

    def oracle(chosen: Chosen) -> bool:
        asked.append(chosen)
        return has(chosen)

    def best(chosen: Chosen, answer: bool) -> Chosen:
        """The best hint there can be: a minimal set below, or a maximal one above."""
        if answer:
            return next(one for one in subsets(size) if one <= chosen and has(one))
        return next(one for one in reversed(list(subsets(size))) if one >= chosen and not has(one))

    found = border(Monotone(size, oracle, best))
    assert found == border(Monotone(size, has))
    assert len(asked) <= len(found.minimal) + len(found.maximal)
    assert len(set(asked)) == len(asked)


@PLAN
@given(properties(), st.data())
def test_above_what_does_not_suit_the_search_goes_on(
    drawn: tuple[int, Callable[[Chosen], bool]], data: st.DataObject
) -> None:
    size, has = drawn
    everything = list(subsets(size))
    pairs = st.tuples(st.sampled_from(everything), st.sampled_from(everything))
    bad = data.draw(st.lists(pairs, max_size=4))
    doubtful = data.draw(st.lists(pairs, max_size=2))

    def fit(chosen: Chosen) -> Fit:
        for spoilt, good in ((bad, False), (doubtful, None)):
            for low, high in spoilt:
                if low <= chosen <= high:
                    return Fit(good, high)
        return Fit(True)

    asked: list[Chosen] = []

    def noted(chosen: Chosen) -> Fit:
        asked.append(chosen)
        return fit(chosen)

    found = border(Monotone(size, has), suits=noted)
    good = minimal(one for one in everything if has(one) and fit(one).good)
    assert set(found.minimal) == good
    assert set(found.maximal) == maximal(one for one in everything if not has(one))
    unsure = {one for one in everything if has(one) and fit(one).good is None}
    # what is open is named by the least set of it, unless something good lies below
    assert set(found.undecided) <= unsure
    assert all(any(other <= one for other in (*found.undecided, *good)) for one in unsure)
    assert found.exact or unsure
    assert not any(one < other <= (fit(one).upto or one) for one in asked for other in asked)


@pytest.mark.parametrize(("size", "k"), [(6, 1), (6, 3), (8, 4), (7, 7), (5, 0), (12, 2)])
def test_any_k_of_n(size: int, k: int) -> None:
    found = border(Monotone(size, lambda chosen: len(chosen) >= k))
    assert len(found.minimal) == comb(size, k) and {len(one) for one in found.minimal} == {k}
    assert len(found.maximal) == (comb(size, k - 1) if k else 0)
    assert found.exact


def test_a_property_that_nothing_has() -> None:
    assert border(Monotone(3, lambda _: False)) == Border(3, (), (frozenset({0, 1, 2}),))


def test_the_whole_of_24_elements_with_one_answer_costs_few_questions() -> None:
    core, asked = frozenset(range(0, 24, 3)), []

    def oracle(chosen: Chosen) -> bool:
        asked.append(chosen)
        return core <= chosen

    found = border(Monotone(24, oracle))
    assert found.minimal == (core,) and len(found.maximal) == len(core)
    assert len(asked) <= 24 * (len(found.minimal) + len(found.maximal))


def test_an_end_before_the_end_leaves_what_is_known() -> None:
    asked: list[Chosen] = []

    def oracle(chosen: Chosen) -> bool:
        asked.append(chosen)
        return len(chosen) >= 2

    found = border(Monotone(5, oracle), ended=lambda: len(asked) >= 7)
    assert not found.complete and not found.exact
    assert all(len(one) >= 2 for one in found.minimal) and all(len(one) < 2 for one in found.maximal)
    assert len(asked) == 7
