from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastgasp.errors import Place
from lastgasp.expr import duration_text
from lastgasp.language.durations import parse_duration
from tests.language.house import refused, where


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3 min", 180),
        ("90 s", 90),
        ("90s", 90),
        ("1/7 s", Fraction(1, 7)),
        ("0.5 s", Fraction(1, 2)),
        ("2 h", 7200),
        ("1 day", 86400),
        ("2 days", 172800),
        ("1 h 30 min", 5400),
        ("3 minutes", 180),
        ("1 hour", 3600),
        ("  2 seconds ", 2),
        ("0 s", 0),
    ],
)
def test_reads_exactly(text: str, seconds: Fraction) -> None:
    value = parse_duration(text)
    assert value == seconds
    assert isinstance(value, Fraction)


@pytest.mark.parametrize(
    ("text", "column", "what"),
    [
        ("3 m", 3, "metres, minutes or months"),
        ("1 month", 3, "no fixed length"),
        ("3:00", 1, "hours and minutes"),
        ("3", 1, "no unit"),
        ("-3 s", 1, "negative"),
        ("3 parsecs", 3, "not a unit"),
        ("30 min 1 h", 10, "wrong order"),
        ("1 s 2 s", 7, "wrong order"),
        ("soon", 1, "not a duration"),
        ("", 1, "not a duration"),
        ("1/0 s", 1, "divides by zero"),
        ("1e3 s", 2, "not a unit"),
        (f"{'9' * 5000} s", 1, "digits"),
    ],
)
def test_refuses_with_reason_and_cure(text: str, column: int, what: str) -> None:
    (problem,) = refused(parse_duration, text, Place("f", 7, 1))
    assert what in problem.what
    assert problem.cure
    assert where(problem) == (7, column)


@given(st.fractions(min_value=0, max_value=10**9, max_denominator=10**6))
def test_reads_what_is_printed(seconds: Fraction) -> None:
    assert parse_duration(duration_text(seconds)) == seconds
