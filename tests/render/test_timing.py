"""The small pictures of sentences: the limit, whether it is included, and what is allowed around it."""

from __future__ import annotations

from fractions import Fraction
from typing import get_args

import pytest

from lastgasp.expr import FALSE, And, Const, Expr, Param, Plus, Sent, neg
from lastgasp.render.timing import NO, SKIP, YES, draw, timing_picture
from lastgasp.sentences import (
    Answers,
    Formula,
    Held,
    KeepsFor,
    NeverHeld,
    Occurrence,
    Possible,
    Responds,
    SendsApart,
    SendsNotFor,
    SendsOncePer,
    SendsOnlyAfter,
    SendsOnlyIf,
)
from tests.render.small_network import reads

OFF = reads("esme.dc", "off")
BOTH = And((reads("supply.state", "on"), OFF))
MIN3, S10 = Const(Fraction(180)), Const(Fraction(10))
ALERT, AD1, HEARD = Sent("ch.power_loss_alert"), Sent("csp.AD1"), Sent("ch.power_loss_alert", "csp")

FORMULAS: list[Formula] = [
    *(NeverHeld(BOTH, MIN3, inclusive) for inclusive in (False, True)),
    NeverHeld(BOTH),
    *(KeepsFor(OFF, S10, strict) for strict in (False, True)),
    *(
        Responds(trigger, response, within, exclusive, even, by_then)
        for trigger in (Held(OFF, MIN3), Held(OFF, MIN3, False), Held(OFF), Occurrence(HEARD))
        for response in (Occurrence(AD1), OFF)
        for within, exclusive in ((S10, False), (S10, True), (Const(Fraction(0)), False))
        for even in (False, True)
        for by_then in (False, True)
    ),
    *(SendsOnlyIf(ALERT, held) for held in (Held(OFF), Held(OFF, MIN3), Held(OFF, MIN3, False))),
    SendsOnlyAfter(AD1, HEARD),
    SendsApart(AD1, MIN3),
    SendsOncePer(AD1, OFF),
    SendsNotFor(ALERT, OFF, S10),
    *(Answers(AD1, OFF, MIN3, strict, latency) for strict in (True, False) for latency in (S10, Const(Fraction(0)))),
    Answers(AD1, OFF, MIN3, True, Param("latency"), True),
    *(Possible(NeverHeld(BOTH, limit, inclusive)) for limit, inclusive in ((MIN3, False), (MIN3, True))),
    Possible(NeverHeld(BOTH)),
    *(Possible(SendsOnlyIf(AD1, held)) for held in (Held(FALSE), Held(neg(OFF)), Held(OFF, MIN3))),
]


def test_every_normal_form_is_drawn() -> None:
    assert {type(formula) for formula in FORMULAS} == set(get_args(Formula))


@pytest.mark.parametrize("formula", FORMULAS, ids=repr)
def test_pictures_are_small_and_aligned(formula: Formula) -> None:
    text = timing_picture(formula)
    lines = text.splitlines()
    assert 2 <= len(lines) <= 6
    assert 2 <= len(draw(formula).rows) <= 3
    assert max(map(len, lines)) <= 100
    assert text == timing_picture(formula)


def around(formula: Formula, mark: str) -> str:
    """What the last row says just before, at, and just after the limit that ``mark`` closes."""
    _, span, permits = (row.drawing for row in draw(formula).rows)
    at = span.rindex(mark)
    return permits[at - 1 : at + 2]


@pytest.mark.parametrize(
    ("formula", "mark", "says"),
    [
        (NeverHeld(OFF, MIN3), "●", YES + YES + NO),
        (NeverHeld(OFF, MIN3, inclusive=True), "○", YES + NO + NO),
        (KeepsFor(OFF, MIN3), "●", NO + YES + YES),
        (KeepsFor(OFF, MIN3, strict=True), "○", NO + NO + YES),
        (SendsOnlyIf(ALERT, Held(OFF, MIN3)), "○", NO + NO + YES),
        (SendsOnlyIf(ALERT, Held(OFF, MIN3, strict=False)), "●", NO + YES + YES),
        (SendsApart(AD1, MIN3), "●", NO + YES + YES),
        (SendsNotFor(ALERT, OFF, MIN3), "●", NO + YES + YES),
        (Answers(AD1, OFF, MIN3), "○", NO + NO + YES),
        (Answers(AD1, OFF, MIN3, strict=False), "●", NO + YES + YES),
        (Answers(AD1, OFF, MIN3, latency=S10), "●", YES + YES + NO),
        (Responds(Occurrence(HEARD), Occurrence(AD1), S10), "●", YES + YES + NO),
        (Responds(Occurrence(HEARD), Occurrence(AD1), S10, exclusive=True), "○", YES + NO + NO),
        (Responds(Held(OFF, MIN3), Occurrence(AD1), S10), "●", YES + YES + NO),
        (Responds(Held(OFF, MIN3), Occurrence(AD1), S10), "○", SKIP + SKIP + YES),
        (Responds(Held(OFF, MIN3, strict=False), Occurrence(AD1), S10, exclusive=True), "●", SKIP + YES + YES),
        (Responds(Held(OFF, MIN3), Occurrence(AD1), S10, by_then=True), "○", YES + YES + YES),
        (Responds(Held(OFF, MIN3, strict=False), Occurrence(AD1)), "●", SKIP + YES + NO),
        (Possible(NeverHeld(OFF, MIN3)), "○", "  " + YES),
        (Possible(NeverHeld(OFF, MIN3, inclusive=True)), "●", " " + YES + YES),
    ],
    ids=repr,
)
def test_the_limit_itself_is_drawn_as_it_counts(formula: Formula, mark: str, says: str) -> None:
    assert around(formula, mark) == says


def test_the_picture_of_the_guide() -> None:
    assert timing_picture(NeverHeld(BOTH, MIN3)) == (
        "supply is on and esme.dc is off   ▁▁▁▇▇▇▇▇▇▇▇▇▇▇▇▇▇▁▁▁   allowed up to and including 3 min; any\n"
        "                                     ├─ 3 min ─●         longer breaks it\n"
        "may hold                             ✓✓✓✓✓✓✓✓✓✓✓✗✗✗\n"
    )


def test_nothing_of_a_long_condition_is_lost() -> None:
    long: Expr = And(tuple(reads(f"device{n}.state", "waiting") for n in range(6)))
    text = timing_picture(SendsOnlyIf(ALERT, Held(long, Plus((MIN3, Param("ch.sending"))))))
    for number in range(6):
        assert f"device{number} is" in " ".join(text.split())
    assert text.count("3 min + ch.sending") >= 1
    assert max(map(len, text.splitlines())) <= 100
