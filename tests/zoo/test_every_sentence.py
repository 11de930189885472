"""Sentences of every form about random networks: what is proved and what is refuted, looked at by everybody else.

A proof by zones is given to solvers, as an invariant in SMT-LIB 2, and random runs look for what it denies. A run is
replayed by the reference semantics and judged by the direct evaluator; bounded search finds none that is shorter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from lastgasp.engines import bmc, induction, spacer
from lastgasp.engines.obligations import Proved
from lastgasp.engines.zones.engine import find
from lastgasp.engines.zones.explore import Budget
from lastgasp.errors import InputError, NotApplicable
from lastgasp.explore.stateful import Search
from lastgasp.network import Network
from lastgasp.recheck.inductive import recheck_inductive
from lastgasp.recheck.smt import discharge
from lastgasp.recheck.smtlib import Invariant, obligations
from lastgasp.recheck.union import invariant_of
from lastgasp.semantics import run
from lastgasp.sentences import Sentence
from lastgasp.signals import errs, signal_of
from lastgasp.system import TimedSystem, compiled
from tests.oracle.strategies import RANDOM, formulas, networks

DEPTH = 5
"""How far bounded search looks."""
LARGE = 400
"""Sets of more zones are left to the recheck of zones."""

Restrict = dict[str, Sentence]


def stands(network: Network, goal: Sentence, restrict: Restrict, moves: bmc.Moves, rest: Fraction) -> None:
    """A run that breaks the goal and nothing else, by those who define what that is."""
    signal = signal_of(run(network, {}, list(moves), rest), network)
    assert errs(goal.formula, signal, {}) is not None
    assert all(errs(sentence.formula, signal, {}) is None for sentence in restrict.values())


def searched(system: TimedSystem, shortest: int | None) -> None:
    """Bounded search agrees on the length of a shortest run, or on that there is none so short."""
    match bmc.search(system, depth=DEPTH, timeout=20):
        case bmc.Found(moves):
            assert len(moves) == shortest
        case bmc.Clean() | bmc.Exhausted():
            assert shortest is None or shortest > DEPTH


def by_solvers(system: TimedSystem, broken: bool, seen: Counter[str]) -> None:
    """Neither of the solvers' engines proves what there is a run against."""
    for name, prove in (("induction", induction.prove), ("spacer", spacer.prove)):
        try:
            outcome = prove(system, timeout=5)
        except NotApplicable:
            continue
        if isinstance(outcome, Proved):
            assert not broken, name
            discharge(obligations(system, Invariant(outcome.k, outcome.invariant)))
            seen[f"proved by {name}"] += 1


def agree_on(
    examples: int, number: int, progress: Callable[[Counter[str]], object] = lambda seen: None
) -> Counter[str]:
    """Ask about so many random networks."""
    seen: Counter[str] = Counter()

    @seed(number)
    @settings(RANDOM, max_examples=examples)
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        network = data.draw(networks())
        goal = Sentence("goal", data.draw(formulas(network)))
        more = data.draw(st.lists(formulas(network), max_size=2))
        restrict = {f"more {number}": Sentence(f"more {number}", formula) for number, formula in enumerate(more)}
        form = type(goal.formula).__name__
        try:
            system = compiled(network, restrict, goal)
            found = find(system, Budget(nodes=20_000))
        except (InputError, NotApplicable):
            seen["refused"] += 1
            return
        seen["asked"] += 1
        every = seen["asked"] % 5 == 0
        if found.broken is not None:
            moves, rest = found.broken
            stands(network, goal, restrict, tuple(moves), rest)
            seen[f"{form} fails"] += 1
        elif found.proof is not None:
            recheck_inductive(system, found.proof)
            if len(found.proof.zones) <= LARGE:
                discharge(obligations(system, invariant_of(system, found.proof)))
                seen["confirmed by solvers"] += 1
            assert Search(network, goal, restrict, 14).driven(20, 0).broken is None
            seen[f"{form} holds"] += 1
        else:
            seen["no answer"] += 1
            return
        if every:
            searched(system, None if found.broken is None else len(found.broken[0]))
            by_solvers(system, found.broken is not None, seen)
        progress(seen)

    agree()
    return seen


def test_sentences_of_every_form() -> None:
    seen = agree_on(60, 1)
    assert seen["asked"] >= 50, seen


def shown(seen: Counter[str]) -> None:
    """Print what was seen, now and then."""
    if seen["asked"] % 250 == 0:
        print(dict(sorted(seen.items())), flush=True)  # noqa: T201


@pytest.mark.long
def test_sentences_of_every_form_often() -> None:
    """``pytest -m long -k every_form -s`` prints what was seen."""
    seen = agree_on(5_000, 2, shown)
    print(dict(sorted(seen.items())))  # noqa: T201
    assert seen["asked"] >= 4_000, seen
