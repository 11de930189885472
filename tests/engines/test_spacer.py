"""Spacer on networks with known answers, and the way back from its terms to expressions."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from lastgasp.engines import bmc, induction, spacer
from lastgasp.engines.decode import Decoder
from lastgasp.engines.encode import Encoding
from lastgasp.engines.obligations import Proved, clauses, recheck
from lastgasp.engines.solver import Sat, Solver, Unknown, Unsat
from lastgasp.engines.spacer import Broken
from lastgasp.errors import InternalError
from lastgasp.expr import (
    FALSE,
    TRUE,
    Bool,
    Clock,
    Compare,
    Const,
    Expr,
    In,
    Name,
    Param,
    Plus,
    Times,
    Whole,
    conj,
    disj,
    leaves,
    neg,
    one_of,
    text,
)
from lastgasp.machine import Parameter, Range, Variable, seconds
from lastgasp.network import Network
from lastgasp.observers import Monitor
from lastgasp.sentences import Formula, NeverHeld
from lastgasp.system import TimedSystem, compiled
from tests.engines.test_bmc import alone, at, chain, edge, machine
from tests.engines.test_induction import (
    LATE,
    OFFSET,
    ROUND,
    TOGETHER,
    LosesAStep,
    StandsStill,
    asked,
    fischer,
    late_chain,
    random_questions,
    stays_inside,
    strides,
    timer,
)

# --- known answers -------------------------------------------------------------------------------------------------


def proved(net: Network, goal: Formula | Monitor, **options: Any) -> Proved:
    system = asked(net, goal)
    outcome = spacer.prove(system, **options)
    assert isinstance(outcome, Proved), outcome
    assert outcome.k == 1
    assert recheck(system, outcome) is None
    stays_inside(net, system, outcome.invariant)
    return outcome


def broken(net: Network, goal: Formula | Monitor, **options: Any) -> None:
    assert spacer.prove(asked(net, goal), **options) == Broken()


@pytest.mark.parametrize(
    ("write", "wait", "window", "safe", "levels"),
    [
        ("value: 1 s", "value: 2 s", "", True, 0),
        ("value: 1 s", "value: 1 s", "", False, 1),
        ("range: 1 s .. 2 s", "range: 3 s .. 9 s", "", True, 1),
        ("range: 1 s .. 2 s", "range: 2 s .. 9 s", "", False, 0),
        ("range: 1 s .. 2 s", "range: 2 s .. 9 s", "more than ", True, 1),
    ],
)
def test_fischer_is_safe_if_and_only_if_every_wait_is_longer_than_every_write(
    write: str, wait: str, window: str, safe: bool, levels: int
) -> None:
    net = fischer(2, write, wait, window)
    proved(net, TOGETHER, levels=levels) if safe else broken(net, TOGETHER, levels=levels)


def test_three_processes() -> None:
    proved(fischer(3, "value: 1 s", "value: 2 s"), TOGETHER)


def test_a_stopwatch_that_stands_still_is_never_late() -> None:
    goal = NeverHeld(at("a", "done"))
    proved(timer(5), goal)
    broken(timer(4), goal)
    broken(timer(5, pauses=False), goal)


def test_it_finds_what_induction_needs_two_steps_for() -> None:
    proof = proved(strides(5), LATE)
    assert any(Clock("a.x") in leaves(part) for part in clauses(proof.invariant))
    broken(strides(4), LATE)


def test_an_invariant_that_it_found_serves_induction() -> None:
    system = asked(strides(5), LATE)
    again = induction.prove(system, lemmas=[proved(strides(5), LATE).invariant], depth=0)
    assert isinstance(again, Proved)


@pytest.mark.parametrize("depth", [0, 1, 5])
def test_what_breaks_late_is_broken(depth: int) -> None:
    broken(chain(depth + 1), NeverHeld(at("a", f"s{depth}")))


@pytest.mark.parametrize("levels", [0, 1])
def test_systems_in_which_little_happens(levels: int) -> None:
    """Spacer's preprocessing solves these and leaves it nothing to look for."""
    proved(chain(3), NeverHeld(at("a", "s3")), levels=levels)
    proved(alone(machine("m", "s t")), NeverHeld(at("a", "t")), levels=levels)
    proved(alone(machine("m", "s t", edge("s", "t"))), NeverHeld(FALSE), levels=levels)
    assert isinstance(spacer.prove(compiled(alone(ROUND)), levels=levels), Proved)
    broken(alone(machine("m", "s t")), NeverHeld(at("a", "s")), levels=levels)


def test_an_assignment_out_of_range_breaks_it_too() -> None:
    add = edge("s", None, assign=(("n", Plus((Name("n"), Const(1)))),))
    variable = Variable("n", Whole(0, 5), 0)
    most = Parameter("most", Range(1, 5))
    never = NeverHeld(at("a", "t"))
    broken(alone(machine("m", "s t", add, variables=(variable,))), never)
    stops = replace(add, guard=Compare("<", Name("n"), Param("most")))
    proved(alone(machine("m", "s t", stops, variables=(variable,), parameters=(most,))), never)


@pytest.mark.parametrize("wrong", [FALSE, neg(at("a", "t")), at("a", "s")])
def test_a_wrong_lemma_proves_nothing(wrong: Expr) -> None:
    broken(strides(4), LATE, lemmas=[wrong])
    proved(strides(5), LATE, lemmas=[wrong, OFFSET])


# --- limits --------------------------------------------------------------------------------------------------------


def test_no_time_left_is_unknown_and_nothing_else() -> None:
    assert spacer.prove(asked(strides(5), LATE), timeout=0) == Unknown("timeout")


def test_what_takes_too_long_is_unknown() -> None:
    net = fischer(5, "range: 1 s .. 2 s", "range: 3 s .. 9 s")
    assert spacer.prove(asked(net, TOGETHER), timeout=1, levels=0) == Unknown("timeout")


# --- random networks -----------------------------------------------------------------------------------------------


def test_no_answer_contradicts_the_region_graph() -> None:
    def ask(net: Network, system: TimedSystem, expected: int | None, error: int | None) -> str:
        outcome = spacer.prove(system, timeout=60)
        safe = expected is None and error is None
        match outcome:
            case Proved():
                assert safe
                stays_inside(net, system, outcome.invariant)
            case Broken():
                assert not safe
        return type(outcome).__name__

    seen = random_questions(ask)
    assert seen["asked"] >= 50, seen
    assert seen["Proved"] >= 0.9 * seen["safe"] >= 20, seen
    assert seen["Broken"] >= 10, seen


# --- injected faults -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [LosesAStep, StandsStill])
def test_a_proof_of_something_else_is_rejected(monkeypatch: pytest.MonkeyPatch, fault: type) -> None:
    assert spacer.prove(late_chain()) == Broken()
    monkeypatch.setattr(spacer, "Encoding", fault)
    with pytest.raises(InternalError, match="does not stand"):
        spacer.prove(late_chain())


@pytest.mark.parametrize(
    "worse", [lambda found: found[1:], lambda found: [neg(found[0]), *found[1:]], lambda found: [TRUE]]
)
def test_an_invariant_that_was_read_wrongly_is_rejected(monkeypatch: pytest.MonkeyPatch, worse: Any) -> None:
    read = Decoder.clauses
    monkeypatch.setattr(Decoder, "clauses", lambda self, term: worse(read(self, term)))
    with pytest.raises(InternalError, match="does not stand"):
        spacer.prove(asked(strides(5), LATE), levels=0)


def test_a_frame_that_is_forgotten_proves_nothing_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the frame conditions clocks and variables may become anything: what holds then holds all the more."""

    class Forgets(Encoding):
        @property
        def _changes(self) -> Any:
            return [change for change in super()._changes if not z3.is_or(change)]

    monkeypatch.setattr(spacer, "Encoding", Forgets)
    assert spacer.prove(asked(strides(5), LATE)) == Broken()
    assert isinstance(bmc.search(asked(strides(5), LATE), depth=4), bmc.Clean), "which the bounded search denies"


# --- from terms to expressions -------------------------------------------------------------------------------------

DATA = machine(
    "m",
    "s t u",
    edge("s", "t"),
    variables=(Variable("n", Whole(-2, 3), 0), Variable("b", Bool(), False)),
    parameters=(Parameter("d", Range(Fraction(1), Fraction(9))), Parameter("i", Range(0, 4))),
)
SYSTEM = compiled(alone(DATA))


def numbers() -> st.SearchStrategy[Fraction]:
    return st.fractions(-3, 3, max_denominator=6)


def sums(leaves: tuple[Expr, ...], factors: Any) -> st.SearchStrategy[Expr]:
    part = st.tuples(factors, st.sampled_from(leaves)).map(lambda pair: Times(*pair))
    return st.lists(part, min_size=1, max_size=3).map(lambda parts: Plus(tuple(parts)))


OPS = st.sampled_from(("==", "!=", "<", "<=", ">", ">="))
REALS = (Clock("a.time"), Param("a.d"))
WHOLES = (Name("a.n"), Param("a.i"))
ATOMS = st.one_of(
    st.sampled_from((Name("a.b"), TRUE, FALSE)),
    st.lists(st.sampled_from("stu"), min_size=1, max_size=2, unique=True).map(
        lambda names: In(Name("a.state"), tuple(names))
    ),
    st.builds(Compare, OPS, sums(REALS, numbers()), st.one_of(sums(REALS, numbers()), numbers().map(Const))),
    st.builds(Compare, OPS, sums(WHOLES, st.integers(-3, 3)), st.integers(-5, 5).map(Const)),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda part: st.one_of(
        st.lists(part, min_size=2, max_size=3).map(lambda items: conj(*items)),
        st.lists(part, min_size=2, max_size=3).map(lambda items: disj(*items)),
        part.map(neg),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(CONDITIONS, st.booleans())
def test_a_term_means_what_its_expression_means(condition: Expr, simplified: bool) -> None:
    """There and back: no state tells the two apart, whether Z3 has rewritten the term or not."""
    solver = Solver()
    encoding = Encoding(SYSTEM, solver.context)
    term = encoding.state(condition)
    back = Decoder(encoding).condition(z3.simplify(term) if simplified else term)
    differ = z3.Xor(term, encoding.state(back))
    assert solver.check(encoding.domains, encoding.ranges, differ) == Unsat(), text(back)


def test_terms_of_every_kind_are_read() -> None:
    solver = Solver()
    encoding = Encoding(SYSTEM, solver.context)
    b, n, time = (encoding.state(e) for e in (Name("a.b"), Compare(">", Name("a.n"), Const(0)), at("a", "s", "t")))
    clock = encoding.before[-1]
    whole = next(constant for constant in encoding.before if z3.is_int(constant))
    for term in (
        z3.If(b, n, time),
        z3.Xor(b, n),
        z3.Implies(b, time),
        b == n,
        z3.Distinct(clock, encoding.parameters["a.d"]),
        z3.If(b, clock, 2 * clock) <= encoding.parameters["a.d"],
        z3.ToReal(whole) <= clock,
        2 * whole == 3,
        2 * whole > 3,
        -clock < -3 * clock + 1,
    ):
        back = Decoder(encoding).condition(term)
        assert solver.check(encoding.domains, z3.Xor(term, encoding.state(back))) == Unsat(), term
        assert isinstance(solver.check(encoding.domains), Sat)


def test_a_sum_is_written_with_clocks_on_the_left() -> None:
    solver = Solver()
    encoding = Encoding(SYSTEM, solver.context)
    clock, d = encoding.before[-1], encoding.parameters["a.d"]
    said = Decoder(encoding).condition(2 * d - 4 * clock >= 6)
    assert said == Compare("<=", Times(Fraction(2), Clock("a.time")), Plus((Param("a.d"), seconds(-3))))
    assert Decoder(encoding).condition(d - clock > 0) == Compare("<", Clock("a.time"), Param("a.d"))


def test_a_variable_is_asked_once() -> None:
    solver = Solver()
    encoding = Encoding(SYSTEM, solver.context)
    s, t, u = (encoding.state(at("a", name)) for name in "stu")
    read = Decoder(encoding).condition
    assert read(z3.Or(s, t)) == Compare("!=", Name("a.state"), Const("u"))
    assert read(z3.Or(z3.Not(s), t)) == Compare("!=", Name("a.state"), Const("s"))
    assert read(z3.Or(s, z3.Not(s))) == TRUE
    assert read(z3.Or(s, s)) == Compare("==", Name("a.state"), Const("s"))
    assert one_of(Name("a.state"), ("s", "t")) != read(z3.Or(t, u))


def test_a_term_that_no_expression_says_is_refused() -> None:
    solver = Solver()
    encoding = Encoding(SYSTEM, solver.context)
    clock = encoding.before[-1]
    whole = next(constant for constant in encoding.before if z3.is_int(constant))
    other = z3.Real("other", solver.context)
    for term in (
        whole % 2 == 1,
        clock * clock <= 1,
        other <= 1,
        z3.Bool("other", solver.context),
        z3.Exists([other], other < clock),
        z3.ToInt(clock) == 1,
        encoding.waited <= 1,
    ):
        with pytest.raises(InternalError):
            Decoder(encoding).condition(term)


def test_an_answer_that_cannot_be_read_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(self: Decoder, term: Any) -> list[Expr]:
        raise InternalError("no condition says what this term says")

    monkeypatch.setattr(Decoder, "clauses", refuses)
    outcome = spacer.prove(asked(strides(5), LATE))
    assert isinstance(outcome, Unknown)
    assert "cannot be put into words" in outcome.reason


def test_the_order_of_hints_does_not_matter_to_what_is_proved() -> None:
    dice = random.Random(3)
    lemmas = [OFFSET, Compare(">=", Clock("a.x"), seconds(0)), neg(at("a", "late"))]
    for _ in range(2):
        dice.shuffle(lemmas)
        proved(strides(5), LATE, lemmas=lemmas)
