from __future__ import annotations

from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastgasp.errors import InputError, Place
from lastgasp.expr import (
    TRUE,
    And,
    Bool,
    Choice,
    Choose,
    Clock,
    Compare,
    Const,
    Expr,
    In,
    Name,
    Not,
    Or,
    Param,
    Plus,
    Reference,
    Times,
    Whole,
    text,
)
from lastgasp.language.conditions import parse_condition, parse_duration_expr, parse_value
from lastgasp.machine import ClockDeclaration, Machine, Parameter, Port, Range, State, Variable
from tests.language.house import refused, where

MACHINE = Machine(
    name="m",
    states=(State("s"),),
    ports=(Port("host", {"dc": ("on", "off")}), Port("other", {"dc": ("on", "off")})),
    parameters=(
        Parameter("sending", Range(Fraction(0), Fraction(10))),
        Parameter("boot", Fraction(60)),
        Parameter("limit", 2),
        Parameter("has", True),
    ),
    variables=(
        Variable("x", Bool(), False),
        Variable("y", Bool(), False),
        Variable("count", Whole(-2, 3), 0),
        Variable("mode", Choice(("idle", "busy", "yes")), "idle"),
        Variable("who", Reference(("host", "other")), "host"),
    ),
    clocks=(ClockDeclaration("since_loss"),),
)
DC = Name("host.dc")
OFF = Compare("==", DC, Const("off"))
MIN3 = Const(Fraction(180))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("host.dc is off", OFF),
        ("host.dc is not on", Compare("!=", DC, Const("on"))),
        ("who.dc is off", Compare("==", Name("who.dc"), Const("off"))),
        ("who is other", Compare("==", Name("who"), Const("other"))),
        ("count < 3", Compare("<", Name("count"), Const(3))),
        ("count >= -2", Compare(">=", Name("count"), Const(-2))),
        ("count < limit", Compare("<", Name("count"), Param("limit"))),
        ("count + 1 <= 2 * count", Compare("<=", Plus((Name("count"), Const(1))), Times(2, Name("count")))),
        ("x", Name("x")),
        ("has", Param("has")),
        ("has is no", Not(Param("has"))),
        ("x is yes", Compare("==", Name("x"), Const(True))),
        ("mode is yes", Compare("==", Name("mode"), Const("yes"))),
        ("x is y", Compare("==", Name("x"), Name("y"))),
        ("x and (y or not x)", And((Name("x"), Or((Name("y"), Not(Name("x"))))))),
        ("x or y and x", Or((Name("x"), And((Name("y"), Name("x")))))),
        ("since_loss > 3 min + sending", Compare(">", Clock("since_loss"), Plus((MIN3, Param("sending"))))),
        ("time in state >= 5 s", Compare(">=", Clock("time"), Const(Fraction(5)))),
        ("mode is idle or mode is busy", In(Name("mode"), ("idle", "busy"))),
        ("yes", TRUE),
    ],
)
def test_reads(written: str, expected: Expr) -> None:
    assert parse_condition(written, MACHINE) == expected


@pytest.mark.parametrize(
    ("written", "column", "what", "cure"),
    [
        ("host.dc is of", 12, "'of'", "did you mean 'off'?"),
        ("hst.dc is off", 1, "unknown name 'hst.dc'", "did you mean 'host.dc'?"),
        ("x and", 6, "ends too early", "write"),
        ("since_loss > 3 m", 16, "metres", "min"),
        ("since_loss > 3:00", 14, "hours and minutes", "3 min"),
        ("since_loss > 3", 14, "no unit", "unit"),
        ("since_loss > sendin", 14, "unknown parameter", "did you mean 'sending'?"),
        ("3 min < since_loss", 9, "on the left", "time in state"),
        ("count << 3", 8, "not expected", "write"),
        ("count", 0, "", ""),
        ("count < 1.5", 9, "whole number", "unit"),
        ("x or 3", 6, "not a condition", "write"),
        ("", 1, "ends too early", "write"),
        ("(" * 70, 1, "nested", "states"),
        ("not " * 500 + "x", 1, "nested", "states"),
    ],
)
def test_refuses_in_place(written: str, column: int, what: str, cure: str) -> None:
    if column == 0:  # a number alone is a condition for the parser; the machine's validation refuses it
        assert parse_condition(written, MACHINE) == Name(written)
        return
    (problem,) = refused(parse_condition, written, MACHINE, Place("f", 3, 1))
    assert what in problem.what
    assert cure in problem.cure
    assert where(problem) == (3, column)


def test_values_and_durations() -> None:
    assert parse_value("count + 1", MACHINE, Whole(0, 3)) == Plus((Name("count"), Const(1)))
    assert parse_value("yes", MACHINE, Bool()) == Const(True)
    assert parse_value("yes", MACHINE, Choice(("yes",))) == Const("yes")
    assert parse_value("not x", MACHINE, Bool()) == Not(Name("x"))
    assert parse_duration_expr("3 min + sending", MACHINE) == Plus((MIN3, Param("sending")))
    assert parse_duration_expr("2 * boot", MACHINE) == Times(2, Param("boot"))
    assert parse_duration_expr("1/2 * boot", MACHINE) == Times(Fraction(1, 2), Param("boot"))
    assert "not a duration" in refused(parse_duration_expr, "x is y", MACHINE)[0].what


LENGTHS = st.fractions(min_value=0, max_value=10**6, max_denominator=100).map(Const) | st.sampled_from(
    [Param("boot"), Param("sending"), Plus((MIN3, Param("boot"))), Times(3, Param("boot"))]
)
ATOMS = st.one_of(
    st.sampled_from(
        [
            Name("x"),
            Param("has"),
            OFF,
            Compare("!=", Name("mode"), Const("yes")),
            In(Name("mode"), ("idle", "busy")),
            Compare("==", Name("x"), Const(True)),
            Choose(Name("x"), OFF, Name("y")),
        ]
    ),
    st.builds(
        Compare,
        st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
        st.just(Name("count")),
        st.builds(Const, st.integers(-9, 9)),
    ),
    st.builds(
        Compare,
        st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
        st.sampled_from([Clock("time"), Clock("since_loss")]),
        LENGTHS,
    ),
)


def one_name(items: tuple[Expr, ...]) -> bool:
    """Whether a disjunction prints as a membership, and so reads back as one."""
    return all(isinstance(item, Compare) and item.op == "==" and isinstance(item.left, Name) for item in items)


CONDITIONS: st.SearchStrategy[Expr] = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(And),
        st.lists(inner, min_size=2, max_size=3).map(tuple).filter(lambda items: not one_name(items)).map(Or),
    ),
    max_leaves=8,
)


@given(CONDITIONS)
def test_reads_what_is_printed(condition: Expr) -> None:
    assert parse_condition(text(condition), MACHINE) == condition


@given(st.text(alphabet="xy()<>=+* isnotadr.35min-/'\"", max_size=40))
def test_never_a_traceback(written: str) -> None:
    with suppress(InputError):
        parse_condition(written, MACHINE, Place("f"))
