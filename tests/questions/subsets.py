"""Sets of names, looked at one by one, and the whole truth about the pool of clauses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain, combinations

from lastgasp.engines.zones.engine import find
from lastgasp.engines.zones.explore import Budget
from lastgasp.facade import decide
from lastgasp.questions.asking import CheckName, ask
from lastgasp.study import Study
from lastgasp.system import compiled
from lastgasp.verdict import Holds
from tests.questions.pool import ASSUMPTIONS, CLAUSES, LIFE, NET, SAFETY
from tests.questions.small import study

Names = frozenset[str]


def subsets(names: Iterable[str], sizes: Iterable[int] | None = None) -> Iterator[Names]:
    """Every subset, or those of some sizes, smallest first."""
    pool = sorted(names)
    every = sizes if sizes is not None else range(len(pool) + 1)
    return map(frozenset, chain.from_iterable(combinations(pool, size) for size in every))


def minimal(names: Iterable[str], has: Callable[[Names], bool]) -> set[Names]:
    """The minimal subsets that have something."""
    found = {one for one in subsets(names) if has(one)}
    return {one for one in found if not any(other < one for other in found)}


def maximal(names: Iterable[str], lacks: Callable[[Names], bool]) -> set[Names]:
    """The maximal subsets that lack something."""
    found = {one for one in subsets(names) if lacks(one)}
    return {one for one in found if not any(other > one for other in found)}


def hitting(names: Iterable[str], sets: Iterable[Names]) -> set[Names]:
    """The minimal subsets that meet each of the sets."""
    wanted = list(sets)
    return minimal(names, lambda one: all(one & other for other in wanted))


def pooled(base: Iterable[str], others: Iterable[str] = ()) -> Study:
    """The study of the pool with some of its clauses and assumptions; the proposal ``p`` has those of the base."""
    base, others = list(base), list(others)
    clauses = {name: CLAUSES[name] for name in (*base, *others) if name in CLAUSES}
    return study(NET, SAFETY | LIFE, clauses, {"p": base}, ASSUMPTIONS)


@cache
def holds(goal: str, texts: Names) -> bool:
    """The whole verdict."""
    return isinstance(decide(ask(pooled(texts), CheckName(goal, "p", "room")), "zones"), Holds)


@cache
def safe(goal: str, texts: Names) -> bool:
    """No run breaks the goal: of the whole network, nothing cut, one exploration."""
    question = ask(pooled(texts), CheckName(goal, "p", "room"))
    found = find(compiled(NET, question.restrict, question.goal), Budget())
    assert found.complete or found.broken
    return found.broken is None
