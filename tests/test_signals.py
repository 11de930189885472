"""Sentences on hand-made signals at, just below and just above every limit, then laws on random ones.

The expected answers are worked out by hand from the wording (the comments say how), never copied from the evaluator.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastgasp.errors import InputError
from lastgasp.expr import FALSE, TRUE, Compare, Const, Expr, Name, Param, Plus, Sent, Value, neg
from lastgasp.machine import After, Event, Instance, Machine, May, On, Port, State, Transition, When, seconds
from lastgasp.network import Network
from lastgasp.semantics import run
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
from lastgasp.signals import (
    Signal,
    SignalStep,
    _can_be_assigned,
    errs,
    explain_error,
    periods,
    premise_occurs,
    signal_of,
)
from lastgasp.trace import Move, Step

F = Fraction
EPS = F(1, 1000)  # "just above" and "just below"
MIN = F(60)

OFF = Compare("==", Name("dc"), Const("off"))
BUSY = Compare("==", Name("ch"), Const("busy"))
ALERT, AD1 = Sent("alert"), Sent("AD1")


def at(time: Fraction | int | str, *what: str) -> tuple[Fraction, tuple[str, ...]]:
    """A step: ``off`` or ``on`` sets dc, ``busy`` or ``idle`` sets ch, the rest is sent (``alert>csp``: received)."""
    return F(time), what


def play(start: str, *steps: tuple[Fraction, tuple[str, ...]], end: Fraction | int | str) -> Signal:
    """The signal that starts with the words of ``start`` (on and idle where it says nothing) and makes these steps."""
    home = {"on": "dc", "off": "dc", "busy": "ch", "idle": "ch"}
    values: dict[str, Value] = {"dc": "on", "ch": "idle", **{home[word]: word for word in start.split()}}
    initial = dict(values)
    played = []
    for time, what in steps:
        values = {**values, **{home[word]: word for word in what if word in home}}
        events = frozenset(Sent(*word.split(">")) for word in what if word not in home)
        played.append(SignalStep(time, events, values))
    return Signal(initial, tuple(played), F(end))


def s(value: Fraction | int) -> Const:
    return Const(F(value))


# --- signals and periods ------------------------------------------------------------------------------------------


def test_a_signal_refuses_time_that_runs_back_and_time_that_is_not_exact() -> None:
    with pytest.raises(InputError, match="go back from 2 s to 1 s"):
        play("", at(2, "off"), at(1, "on"), end=3)
    with pytest.raises(InputError, match="go back"):
        play("", at(2, "off"), end=1)
    with pytest.raises(InputError, match="not an exact time"):
        Signal({}, (), 1.5)  # type: ignore[arg-type]


def test_periods_are_maximal_and_every_step_that_makes_the_condition_false_ends_one() -> None:
    # off from the start to 10; at 20 off, on and off again in one instant: a period of no time, then one to the end.
    signal = play("off", at(5, "alert"), at(10, "on"), at(20, "off"), at(20, "on"), at(20, "off"), end=30)
    found = [(p.start, p.end, p.first, p.last, p.ended) for p in periods(signal, OFF)]
    assert found == [(0, 10, 0, 1, True), (20, 20, 3, 3, True), (20, 30, 5, 5, False)]
    assert periods(signal, FALSE) == []
    assert [p.length for p in periods(signal, TRUE)] == [30]


def test_conditions_read_parameters_and_unknown_names_are_refused() -> None:
    signal = play("", end=1)
    condition = Compare("==", Name("dc"), Param("wanted"))
    assert periods(signal, condition, {"wanted": "on"})
    assert not periods(signal, condition, {"wanted": "off"})
    for unknown in (condition, Compare("==", Name("nobody"), Const(1)), Sent("alert")):
        with pytest.raises(InputError, match="no value"):
            periods(signal, unknown)
    with pytest.raises(InputError, match="not a duration"):
        errs(NeverHeld(OFF, Const("on")), signal, {})


# --- NeverHeld ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inclusive", "length", "expected"),
    [
        (False, 180 - EPS, None),
        (False, F(180), None),  # 180 s is not more than 3 min
        (False, 180 + EPS, F(190)),  # off since 10: the limit is reached at 190 and passed
        (True, 180 - EPS, None),
        (True, F(180), F(190)),  # 180 s is as long as 3 min
        (True, 180 + EPS, F(190)),
    ],
)
@pytest.mark.parametrize("ended", [True, False])
def test_never_held_at_its_limit(inclusive: bool, length: Fraction, expected: Fraction | None, ended: bool) -> None:
    formula = NeverHeld(OFF, s(180), inclusive)
    back = [at(10 + length, "on")] if ended else []
    signal = play("", at(10, "off"), *back, end=500 if ended else 10 + length)
    assert errs(formula, signal, {}) == expected


def test_never_held_counts_from_the_start_and_not_over_a_break() -> None:
    # Off at the start: the period starts at 0.
    assert errs(NeverHeld(OFF, s(180)), play("off", end=200), {}) == 180
    # On for no time at 100 ends the period: 100 s and 150 s, neither more than 180 s.
    broken = play("off", at(100, "on"), at(100, "off"), end=250)
    assert errs(NeverHeld(OFF, s(180)), broken, {}) is None
    # A step that leaves dc off does not end it.
    assert errs(NeverHeld(OFF, s(180)), play("off", at(100, "alert"), end=250), {}) == 180


def test_never_held_without_a_limit_means_no_positive_time() -> None:
    assert errs(NeverHeld(OFF), play("", at(5, "off"), at(5, "on"), end=9), {}) is None
    assert errs(NeverHeld(OFF), play("", at(5, "off"), end=5), {}) is None
    assert errs(NeverHeld(OFF), play("", at(5, "off"), end=5 + EPS), {}) == 5
    assert errs(NeverHeld(OFF), play("off", end=EPS), {}) == 0


def test_never_held_reports_the_earliest_error_and_reads_parameters() -> None:
    limit = Plus((s(60), Param("ch.boot")))
    signal = play("off", at(100, "on"), at(200, "off"), end=500)
    assert errs(NeverHeld(OFF, limit), signal, {"ch.boot": F(39)}) == 99
    assert errs(NeverHeld(OFF, limit), signal, {"ch.boot": F(40)}) == 300
    assert errs(NeverHeld(OFF, limit), signal, {"ch.boot": F(240)}) is None


def test_the_premise_of_never_held_must_hold_for_positive_time() -> None:
    formula = NeverHeld(OFF, s(180), premise=BUSY)
    assert premise_occurs(NeverHeld(OFF), play("", end=1), {})
    assert not premise_occurs(formula, play("off", end=500), {})
    assert not premise_occurs(formula, play("", at(5, "busy"), at(5, "idle"), end=9), {})
    assert premise_occurs(formula, play("", at(5, "busy"), at(5 + EPS, "idle"), end=9), {})


# --- KeepsFor -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strict", "length", "broken"),
    [
        (False, 60 - EPS, True),
        (False, F(60), False),  # for at least 60 s: 60 s is enough
        (False, 60 + EPS, False),
        (True, 60 - EPS, True),
        (True, F(60), True),  # for more than 60 s: 60 s is not enough
        (True, 60 + EPS, False),
    ],
)
@pytest.mark.parametrize("start", [F(0), F(7)])
def test_keeps_for_at_its_limit(strict: bool, length: Fraction, broken: bool, start: Fraction) -> None:
    begin = [at(start, "off")] if start else []
    signal = play("" if start else "off", *begin, at(start + length, "on"), end=500)
    assert errs(KeepsFor(OFF, s(60), strict), signal, {}) == (start + length if broken else None)


def test_keeps_for_says_nothing_about_a_period_that_the_signal_cuts_off() -> None:
    cut = play("", at(5, "off"), end=6)
    assert errs(KeepsFor(OFF, s(60)), cut, {}) is None
    assert premise_occurs(KeepsFor(OFF, s(60)), cut, {})
    assert not premise_occurs(KeepsFor(OFF, s(60)), play("", end=6), {})
    # Off for no time at all is off for less than 60 s.
    assert errs(KeepsFor(OFF, s(60)), play("", at(5, "off"), at(5, "on"), end=6), {}) == 5


# --- Responds: a held trigger, an event as response ---------------------------------------------------------------

MORE, LEAST = Held(OFF, s(180), True), Held(OFF, s(180), False)
SEND = Occurrence(ALERT)


@pytest.mark.parametrize(
    ("exclusive", "sent", "expected"),
    [
        (False, 190 - EPS, None),
        (False, F(190), None),  # within 10 s: 10 s included
        (False, 190 + EPS, F(190)),
        (False, None, F(190)),
        (True, 190 - EPS, None),
        (True, F(190), F(190)),  # in less than 10 s: 10 s excluded
        (True, None, F(190)),
    ],
)
def test_a_send_meets_its_deadline(exclusive: bool, sent: Fraction | None, expected: Fraction | None) -> None:
    # Off from 0: complete at 180 (after it), so the deadline is 190 for both forms of the trigger.
    signal = play("off", *([] if sent is None else [at(sent, "alert")]), end=300)
    for trigger in (MORE, LEAST):
        assert errs(Responds(trigger, SEND, s(10), exclusive), signal, {}) == expected


def test_a_run_that_stops_at_the_deadline_is_late_only_where_the_deadline_is_excluded() -> None:
    for exclusive, end, expected in (
        (False, F(190), None),
        (False, 190 + EPS, F(190)),
        (True, 190 - EPS, None),
        (True, F(190), F(190)),
    ):
        assert errs(Responds(MORE, SEND, s(10), exclusive), play("off", end=end), {}) == expected


@pytest.mark.parametrize(
    ("trigger", "sent", "expected"),
    [
        (MORE, 180 - EPS, F(190)),  # before the trigger is complete: does not count
        (MORE, F(180), F(190)),  # off for exactly 3 min is not off for more than 3 min
        (MORE, 180 + EPS, None),
        (LEAST, 180 - EPS, F(190)),
        (LEAST, F(180), None),  # off for at least 3 min
    ],
)
def test_a_send_counts_only_after_the_trigger(trigger: Held, sent: Fraction, expected: Fraction | None) -> None:
    assert errs(Responds(trigger, SEND, s(10)), play("off", at(sent, "alert"), end=300), {}) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (F(5) - EPS, F(195)),  # off from 5, so the deadline is 195; this one was sent before it was off
        (5 + EPS, None),  # by then: from the start of the condition on
        (F(185), None),
        (F(195), None),
        (195 + EPS, F(195)),
    ],
)
def test_by_then_counts_from_the_start_of_the_condition(sent: Fraction, expected: Fraction | None) -> None:
    steps = sorted([at(5, "off"), at(sent, "alert")])
    assert errs(Responds(MORE, SEND, s(10), by_then=True), play("", *steps, end=300), {}) == expected


def test_by_then_reads_the_order_of_steps_at_one_instant() -> None:
    formula = Responds(MORE, SEND, s(10), by_then=True)
    # The step that begins the period does not find it begun; nor does one before it; one after it does.
    assert errs(formula, play("", at(5, "off", "alert"), end=300), {}) == 195
    assert errs(formula, play("", at(5, "alert"), at(5, "off"), end=300), {}) == 195
    assert errs(formula, play("", at(5, "off"), at(5, "alert"), end=300), {}) is None
    # A send in an earlier period does not count for this one.
    assert errs(formula, play("off", at(3, "alert"), at(4, "on"), at(5, "off"), end=300), {}) == 195


@pytest.mark.parametrize(
    ("exclusive", "back", "lapses"),
    [
        (False, F(180), True),
        (False, F(185), True),
        (False, F(190), True),  # the run does not get past 190 with the duty open
        (False, 190 + EPS, False),
        (True, 190 - EPS, True),
        (True, F(190), False),  # the run gets to 190 with the duty open, and less than 10 s are over
    ],
)
def test_a_duty_lapses_when_its_condition_ends(exclusive: bool, back: Fraction, lapses: bool) -> None:
    signal = play("off", at(back, "on"), end=300)
    assert errs(Responds(LEAST, SEND, s(10), exclusive), signal, {}) == (None if lapses else 190)
    # Even if it ends, the duty stays, and nobody sends.
    assert errs(Responds(LEAST, SEND, s(10), exclusive, even_if_it_ends=True), signal, {}) == 190


def test_even_if_it_ends_a_send_after_the_end_answers() -> None:
    formula = Responds(MORE, SEND, s(10), even_if_it_ends=True)
    back = at(185, "on")
    assert errs(formula, play("off", back, at(190, "alert"), end=300), {}) is None
    assert errs(formula, play("off", back, at(190 + EPS, "alert"), end=300), {}) == 190
    # Exactly 3 min is not more than 3 min: no duty; of at least 3 min there is one, and the ending step answers it.
    exact = play("off", at(180, "on"), end=300)
    assert errs(formula, exact, {}) is None
    assert not premise_occurs(formula, exact, {})
    assert errs(replace(formula, trigger=LEAST), exact, {}) == 190
    assert premise_occurs(replace(formula, trigger=LEAST), exact, {})
    assert errs(replace(formula, trigger=LEAST), play("off", at(180, "on", "alert"), end=300), {}) is None


def test_a_period_that_the_sending_step_ends_is_answered_by_it() -> None:
    sends = play("off", at(185, "on", "alert"), end=300)
    for by_then in (False, True):
        assert errs(Responds(MORE, SEND, s(10), even_if_it_ends=True, by_then=by_then), sends, {}) is None
    # At exactly 180 the trigger (more than 3 min) never completes, whoever sends.
    assert not premise_occurs(Responds(MORE, SEND, s(10)), play("off", at(180, "on", "alert"), end=300), {})


def test_every_period_opens_a_duty_and_one_send_answers_all_that_are_open() -> None:
    formula = Responds(Held(OFF, s(10), False), SEND, s(30), even_if_it_ends=True)
    # Off 0-12 and 15-27: duties open at 10 (due 40) and 25 (due 55). A send at 26 answers both.
    two = (at(12, "on"), at(15, "off"))
    assert errs(formula, play("off", *two, at(26, "alert"), at(27, "on"), end=100), {}) is None
    # A send at 24 comes after the end of the first, but before the second completes.
    assert errs(formula, play("off", *two, at(24, "alert"), at(27, "on"), end=100), {}) == 55
    # by then: the second period had begun at 24, so that send answers both.
    by_then = replace(formula, by_then=True)
    assert errs(by_then, play("off", *two, at(24, "alert"), at(27, "on"), end=100), {}) is None
    # Nobody sends: the first deadline is the earliest error.
    assert errs(formula, play("off", *two, at(27, "on"), end=100), {}) == 40


def test_immediately_means_the_same_instant() -> None:
    formula = Responds(Held(OFF), SEND)  # when dc is off, send at once
    assert errs(formula, play("", at(5, "off"), at(5, "alert"), end=9), {}) is None
    assert errs(formula, play("", at(5, "off"), at(5 + EPS, "alert"), end=9), {}) == 5
    assert errs(formula, play("", at(5, "off"), end=5), {}) is None  # no time has passed yet
    # The step that turns dc off does not find it off before it.
    assert errs(formula, play("", at(5, "off", "alert"), end=9), {}) == 5
    # Off for no time: the duty lapses in the same instant; even if it ends, it does not.
    blink = play("", at(5, "off"), at(5, "on"), end=9)
    assert errs(formula, blink, {}) is None
    assert premise_occurs(formula, blink, {})
    assert errs(replace(formula, even_if_it_ends=True), blink, {}) == 5
    # It holds at the start: the duty opens at 0.
    assert errs(formula, play("off", end=9), {}) == 0
    assert errs(formula, play("off", at(0, "alert"), end=9), {}) is None


def test_at_least_and_immediately_leaves_one_instant() -> None:
    formula = Responds(LEAST, SEND)
    assert errs(formula, play("off", at(180, "alert"), end=300), {}) is None
    assert errs(formula, play("off", at(180, "alert", "on"), end=300), {}) is None
    assert errs(formula, play("off", at(180, "on"), end=300), {}) is None  # lapses
    assert errs(formula, play("off", at(180 + EPS, "alert"), end=300), {}) == 180
    # A step that ends the period at 180 and then a send at 180: lapsed, or answered where it does not lapse.
    late = play("off", at(180, "on"), at(180, "alert"), end=300)
    assert errs(replace(formula, even_if_it_ends=True), late, {}) is None


# --- Responds: an event as trigger --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exclusive", "steps", "end", "expected"),
    [
        (False, [at(5, "alert"), at(15, "AD1")], 50, None),
        (False, [at(5, "alert"), at(15 + EPS, "AD1")], 50, F(15)),
        (True, [at(5, "alert"), at(15, "AD1")], 50, F(15)),
        (True, [at(5, "alert"), at(15 - EPS, "AD1")], 50, None),
        (False, [at(5, "alert")], 15, None),
        (True, [at(5, "alert")], 15, F(15)),
        (False, [at(5, "AD1"), at(5, "alert")], 50, F(15)),  # the answer must be later in order
        (False, [at(5, "alert"), at(5, "AD1")], 50, None),
        (False, [at(5, "alert", "AD1")], 50, F(15)),  # the triggering step is not its own answer
        (False, [at(5, "alert"), at(6, "alert"), at(9, "AD1")], 50, None),  # one answers both
        (False, [at(5, "alert"), at(9, "AD1"), at(10, "alert")], 50, F(20)),  # the second duty is open
        (False, [], 50, None),
    ],
)
def test_an_event_asks_for_an_event(exclusive: bool, steps: list[Any], end: int, expected: Fraction | None) -> None:
    formula = Responds(Occurrence(ALERT), Occurrence(AD1), s(10), exclusive)
    signal = play("", *steps, end=end)
    assert errs(formula, signal, {}) == expected
    assert premise_occurs(formula, signal, {}) == bool(steps)


def test_an_event_that_asks_for_itself_needs_another_one_each_time() -> None:
    formula = Responds(Occurrence(ALERT), Occurrence(ALERT), s(10))
    assert errs(formula, play("", at(0, "alert"), at(10, "alert"), at(20, "alert"), end=30), {}) is None
    assert errs(formula, play("", at(0, "alert"), at(10, "alert"), end=21), {}) == 20


def test_sent_and_received_are_two_things() -> None:
    formula = Responds(Occurrence(Sent("alert", "csp")), Occurrence(AD1), s(10))
    lost, got = play("", at(5, "alert"), end=50), play("", at(5, "alert", "alert>csp"), end=50)
    assert errs(formula, lost, {}) is None
    assert not premise_occurs(formula, lost, {})
    assert errs(formula, got, {}) == 15
    assert errs(SendsOnlyAfter(AD1, Sent("alert", "csp")), play("", at(5, "alert"), at(6, "AD1"), end=9), {}) == 6


# --- Responds: a state as response --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trigger", "exclusive", "steps", "expected"),
    [
        (LEAST, False, [at(190, "busy")], None),
        (LEAST, False, [at(190 + EPS, "busy")], F(190)),
        (LEAST, True, [at(190, "busy")], F(190)),
        (LEAST, True, [at(190 - EPS, "busy")], None),
        # Busy up to the instant 180 (the valuation before the step) counts for at least 3 min, not for more than it.
        (LEAST, False, [at(10, "busy"), at(180, "idle")], None),
        (MORE, False, [at(10, "busy"), at(180, "idle")], F(190)),
        (MORE, False, [at(10, "busy"), at(180 + EPS, "idle")], None),
        (LEAST, False, [at(10, "busy"), at(180 - EPS, "idle")], F(190)),
        # Busy for no time at 185 counts.
        (MORE, False, [at(185, "busy"), at(185, "idle")], None),
        # Busy for no time at exactly 180, and at exactly 190.
        (LEAST, False, [at(180, "busy"), at(180, "idle")], None),
        (MORE, False, [at(180, "busy"), at(180, "idle")], F(190)),
        (MORE, False, [at(190, "busy"), at(190, "idle")], None),
        (MORE, True, [at(190, "busy"), at(190, "idle")], F(190)),
        # The duty lapses at 185.
        (MORE, False, [at(185, "on")], None),
    ],
)
def test_a_state_as_response(trigger: Held, exclusive: bool, steps: list[Any], expected: Fraction | None) -> None:
    assert errs(Responds(trigger, BUSY, s(10), exclusive), play("off", *steps, end=300), {}) == expected


def test_a_state_as_response_to_a_condition_that_only_holds() -> None:
    formula = Responds(Held(OFF), BUSY)  # when dc is off, be busy at once
    assert errs(formula, play("", at(5, "off"), at(5, "busy"), end=9), {}) is None
    assert errs(formula, play("", at(5, "off"), at(5, "busy"), at(5, "idle"), end=9), {}) is None
    assert errs(formula, play("", at(5, "off"), at(5 + EPS, "busy"), end=9), {}) == 5
    # For more than 0 s, at once: there is no instant at which it could be done (such a sentence is refused).
    assert errs(replace(formula, trigger=Held(OFF, s(0))), play("", at(5, "off", "busy"), end=9), {}) == 5


def test_a_state_as_response_to_an_event_and_even_if_it_ends() -> None:
    to_event = Responds(Occurrence(ALERT), BUSY)
    assert errs(to_event, play("", at(5, "alert", "busy"), end=9), {}) is None  # after the step
    assert errs(to_event, play("", at(5, "alert"), at(5, "busy"), end=9), {}) is None  # a step of the same instant
    assert errs(to_event, play("", at(5, "alert"), at(5 + EPS, "busy"), end=9), {}) == 5
    assert errs(to_event, play("", at(5, "alert"), end=5), {}) is None
    # What held before the step that opens the duty does not answer it.
    assert errs(to_event, play("busy", at(5, "alert", "idle"), end=9), {}) == 5
    assert errs(to_event, play("busy", at(5 - EPS, "idle"), at(5, "alert"), end=9), {}) == 5
    stays = Responds(MORE, BUSY, s(10), even_if_it_ends=True)
    assert errs(stays, play("off", at(185, "on"), end=300), {}) == 190
    assert errs(stays, play("off", at(185, "on"), at(190, "busy"), end=300), {}) is None


# --- sending: only if, only after, apart, once per, not for -------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "steps", "broken"),
    [
        (MORE, [at(180 - EPS, "AD1")], True),
        (MORE, [at(180, "AD1")], True),  # 180 s is not more than 3 min
        (MORE, [at(180 + EPS, "AD1")], False),
        (LEAST, [at(180 - EPS, "AD1")], True),
        (LEAST, [at(180, "AD1")], False),
        (MORE, [at(200, "AD1", "on")], False),  # the values before the step decide
        (MORE, [at(200, "on"), at(200, "AD1")], True),
        (MORE, [at(100, "on"), at(100, "off"), at(280, "AD1")], True),  # unbroken for exactly 180 s
        (MORE, [at(100, "on"), at(100, "off"), at(280 + EPS, "AD1")], False),
        (Held(OFF), [at(0, "AD1")], False),  # "if it is off": however briefly
        (Held(OFF), [at(0, "on"), at(0, "off"), at(0, "AD1")], False),
        (Held(OFF), [at(9, "on", "AD1")], False),
        (Held(OFF), [at(9, "on"), at(9, "AD1", "off")], True),
        (Held(OFF, s(0), True), [at(0, "AD1")], True),  # for more than 0 s
        (Held(OFF, s(0), True), [at(EPS, "AD1")], False),
    ],
)
def test_sends_only_if(held: Held, steps: list[Any], broken: bool) -> None:
    signal = play("off", *steps, end=500)
    expected = signal.steps[-1].time if broken else None
    assert errs(SendsOnlyIf(AD1, held), signal, {}) == expected
    assert errs(Possible(SendsOnlyIf(AD1, held)), signal, {}) == expected  # the same run shows that it can happen


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([at(1, "alert"), at(2, "AD1")], None),
        ([at(2, "AD1")], F(2)),
        ([at(2, "alert"), at(2, "AD1")], None),  # one instant, in order
        ([at(2, "AD1"), at(2, "alert")], F(2)),
        ([at(2, "alert", "AD1")], F(2)),  # no step comes before itself
        ([at(1, "alert"), at(2, "AD1"), at(3, "AD1")], F(3)),  # used up
        ([at(1, "alert"), at(1, "alert"), at(2, "AD1"), at(3, "AD1")], F(3)),  # not one alert for each
        ([at(1, "alert"), at(2, "AD1"), at(2, "alert"), at(2, "AD1")], None),
        ([at(1, "alert"), at(2, "AD1", "alert"), at(3, "AD1")], F(3)),  # not later than the previous AD1
        ([], None),
    ],
)
def test_sends_only_after(steps: list[Any], expected: Fraction | None) -> None:
    formula, signal = SendsOnlyAfter(AD1, ALERT), play("", *steps, end=9)
    assert errs(formula, signal, {}) == expected
    assert premise_occurs(formula, signal, {}) == bool(steps)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([5], None),
        ([5, 65], None),
        ([5, 65 - EPS], 65 - EPS),
        ([5, 65 + EPS], None),
        ([5, 5], F(5)),
        ([5, 65, 124], F(124)),  # successive ones
        ([5, 60, 61], F(60)),
        ([], None),
    ],
)
def test_sends_apart(times: list[Fraction], expected: Fraction | None) -> None:
    signal = play("", *(at(time, "alert") for time in times), end=500)
    assert errs(SendsApart(ALERT, s(60)), signal, {}) == expected
    assert premise_occurs(SendsApart(ALERT, s(60)), signal, {}) == bool(times)


@pytest.mark.parametrize(
    ("start", "steps", "expected"),
    [
        ("off", [at(1, "alert"), at(2, "alert")], F(2)),
        ("off", [at(1, "alert"), at(2, "on", "alert")], F(2)),  # the ending step still finds it off
        ("off", [at(1, "alert"), at(2, "on"), at(2, "alert")], None),
        ("on", [at(1, "off", "alert"), at(2, "alert")], None),  # the starting step does not
        ("off", [at(1, "alert"), at(2, "on"), at(2, "off"), at(2, "alert")], None),  # another period
        ("off", [at(1, "alert"), at(1, "alert")], F(1)),
        ("on", [at(1, "alert"), at(2, "alert")], None),
        ("off", [at(1, "alert"), at(5, "on"), at(6, "off"), at(7, "alert"), at(8, "alert"), at(9, "alert")], F(8)),
    ],
)
def test_sends_once_per(start: str, steps: list[Any], expected: Fraction | None) -> None:
    formula, signal = SendsOncePer(ALERT, OFF), play(start, *steps, end=50)
    assert errs(formula, signal, {}) == expected
    assert premise_occurs(formula, signal, {}) == bool(periods(signal, OFF))


@pytest.mark.parametrize(
    ("start", "steps", "expected"),
    [
        ("off", [at(60 - EPS, "alert")], 60 - EPS),  # off since the start
        ("off", [at(60, "alert")], None),  # not before 60 s: 60 s or later
        ("on", [at(10, "off"), at(70 - EPS, "alert")], 70 - EPS),
        ("on", [at(10, "off"), at(70, "alert")], None),
        ("on", [at(10, "off", "alert")], None),  # the step of becoming true does not come after it
        ("on", [at(10, "off"), at(10, "alert")], F(10)),
        ("on", [at(10, "alert"), at(10, "off")], None),
        ("on", [at(10, "off"), at(20, "on"), at(30, "alert")], F(30)),  # it need not hold any longer
        ("on", [at(10, "off"), at(20, "on"), at(65, "off"), at(80, "alert")], F(80)),  # the last time counts
        ("off", [at(60, "on"), at(90, "off", "alert")], None),  # so the last time is 0, 90 s before
        ("off", [at(20, "on"), at(30, "off", "alert")], F(30)),  # here 30 s before
        ("on", [at(10, "alert")], None),
    ],
)
def test_sends_not_for(start: str, steps: list[Any], expected: Fraction | None) -> None:
    formula, signal = SendsNotFor(ALERT, OFF, s(60)), play(start, *steps, end=500)
    assert errs(formula, signal, {}) == expected
    assert premise_occurs(formula, signal, {}) == bool(periods(signal, OFF))


# --- Answers: the invariant of the mission ------------------------------------------------------------------------

OUTAGE = Answers(AD1, OFF, s(180), True, s(30))


@pytest.mark.parametrize(
    ("strict", "steps", "expected"),
    [
        # Going on: off from 0, counted up to the AD1.
        (True, [at(180, "AD1")], F(180)),
        (True, [at(180 + EPS, "AD1")], None),
        (False, [at(180, "AD1")], None),
        (False, [at(180 - EPS, "AD1")], 180 - EPS),
        # Over: its length counts, and it ended at most 30 s before.
        (True, [at(180, "on"), at(185, "AD1")], F(185)),
        (True, [at(181, "on"), at(211, "AD1")], None),
        (True, [at(181, "on"), at(211 + EPS, "AD1")], 211 + EPS),
        (False, [at(180, "on"), at(210, "AD1")], None),
        # Ended by the very step that sends: it holds before that step.
        (True, [at(180, "on", "AD1")], F(180)),
        (True, [at(180 + EPS, "on", "AD1")], None),
        # Two dips of 100 s are not one outage.
        (True, [at(100, "on"), at(100, "off"), at(200, "AD1")], F(200)),
        # A short dip now, a genuine outage just before.
        (True, [at(190, "on"), at(200, "off"), at(210, "AD1")], None),
        # One outage, two AD1s: without one_each both are genuine.
        (True, [at(190, "AD1"), at(195, "AD1")], None),
        # The outage starts with the AD1, or is yet to come.
        (True, [at(10, "on"), at(300, "off", "AD1")], F(300)),
    ],
)
def test_answers_asks_for_a_genuine_outage(strict: bool, steps: list[Any], expected: Fraction | None) -> None:
    signal = play("off", *steps, end=1000)
    assert errs(replace(OUTAGE, strict=strict), signal, {}) == expected
    assert premise_occurs(OUTAGE, signal, {})
    assert not premise_occurs(OUTAGE, play("off", end=1000), {})


def test_answers_without_latency_still_counts_an_outage_that_ended_at_the_same_instant() -> None:
    prompt = Answers(AD1, OFF, s(180))
    assert errs(prompt, play("off", at(200, "on"), at(200, "AD1"), end=300), {}) is None
    assert errs(prompt, play("off", at(200, "on"), at(200 + EPS, "AD1"), end=300), {}) == 200 + EPS


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        # Outages 0-200 and 210-400, latency 300. An AD1 for each, both late: each outage answers one.
        ([at(200, "on"), at(210, "off"), at(400, "on"), at(410, "AD1"), at(420, "AD1")], None),
        # One during the first, one late for the second.
        ([at(190, "AD1"), at(200, "on"), at(210, "off"), at(400, "on"), at(500, "AD1")], None),
        # The first comes after the first outage, and during the second which is not yet genuine.
        ([at(200, "on"), at(210, "off"), at(215, "AD1"), at(400, "on"), at(420, "AD1")], None),
        # A third one has nothing left to answer.
        ([at(200, "on"), at(210, "off"), at(400, "on"), at(410, "AD1"), at(420, "AD1"), at(430, "AD1")], F(430)),
        # Two for one outage, the second outage too short: 210-390 is exactly 3 min.
        ([at(200, "on"), at(210, "off"), at(390, "on"), at(395, "AD1"), at(396, "AD1")], F(396)),
        # Two in one outage; the one that follows comes too late to help the second.
        ([at(190, "AD1"), at(195, "AD1"), at(200, "on"), at(210, "off"), at(400, "on")], F(195)),
        # At one instant.
        ([at(190, "AD1"), at(190, "AD1")], F(190)),
        # 200 + 300 = 500: at 500 the first outage still answers, just after it no longer does.
        ([at(200, "on"), at(210, "off"), at(400, "on"), at(450, "AD1"), at(500, "AD1")], None),
        ([at(200, "on"), at(210, "off"), at(400, "on"), at(450, "AD1"), at(500 + EPS, "AD1")], None),
        ([at(200, "on"), at(210, "off"), at(400, "on"), at(501, "AD1"), at(502, "AD1")], F(502)),
    ],
)
def test_each_outage_answers_at_most_one(steps: list[Any], expected: Fraction | None) -> None:
    formula = Answers(AD1, OFF, s(180), True, s(300), one_each=True)
    assert errs(formula, play("off", *steps, end=1000), {}) == expected


# --- possibilities and words --------------------------------------------------------------------------------------


def test_a_possibility_is_shown_by_a_run_that_breaks_its_denial() -> None:
    # "dc can be off for at least 3 min": denied by "never off as long as 3 min".
    formula = Possible(NeverHeld(OFF, s(180), inclusive=True, premise=BUSY))
    assert errs(formula, play("off", end=180), {}) == 180
    assert errs(formula, play("off", end=180 - EPS), {}) is None
    assert premise_occurs(formula, play("busy", end=1), {})
    assert not premise_occurs(formula, play("off", end=180), {})


def test_errors_are_explained_with_instants_and_units() -> None:
    words = explain_error(NeverHeld(OFF, s(180)), play("", at(60, "off"), end=900), {})
    assert words == "At 4 min, dc is off has held since 1 min and goes beyond its limit of 3 min."
    assert explain_error(NeverHeld(OFF, s(180)), play("", end=900), {}) == ""


# --- from a run of a network --------------------------------------------------------------------------------------


def test_a_run_becomes_a_signal_with_its_senders_and_receivers() -> None:
    host = Machine(
        "host",
        (State("up", initial=True, gives={"dc": "on"}), State("down", gives={"dc": "off"})),
        (Transition(("up",), "down", May()),),
    )
    hub = Machine(
        "hub",
        (State("fed", initial=True), State("dark"), State("told")),
        (
            Transition(("fed",), "dark", When(Compare("==", Name("host.dc"), Const("off")))),
            Transition(("dark",), "told", After(seconds(180), None, low_strict=True), send="alert"),
        ),
        party="CH",
        ports=(Port("host", reads={"dc": ("on", "off")}),),
        sends=(Event("alert"),),
    )
    ear = Machine(
        "ear",
        (State("waiting", initial=True), State("heard")),
        (Transition(("waiting",), "heard", On("hub", "alert")),),
        party="CSP",
        ports=(Port("hub", hears=("alert",)),),
    )
    network = Network(
        "small",
        (
            Instance("esme", host),
            Instance("ch", hub, {"host": "esme"}),
            Instance("csp", ear, {"hub": "ch"}),
            Instance("dcc", ear, {"hub": "ch"}),
        ),
    )
    trace = run(
        network,
        {},
        [
            (F(10), Step((Move("esme", 0),))),
            (F(0), Step((Move("ch", 0),))),
            (F(181), Step((Move("ch", 1), Move("csp", 0), Move("dcc", 0)), "ch.alert")),
        ],
        rest=F(5),
    )
    signal = signal_of(trace, network)
    assert [step.time for step in signal.steps] == [10, 10, 191]
    assert signal.end == 196
    assert signal.initial["esme.dc"] == "on"
    assert [step.values["esme.dc"] for step in signal.steps] == ["off"] * 3
    sent, heard = Sent("ch.alert"), {Sent("ch.alert", "csp"), Sent("ch.alert", "dcc")}
    assert [step.events for step in signal.steps] == [frozenset(), frozenset(), {sent, *heard}]
    off = Compare("==", Name("esme.dc"), Const("off"))
    assert errs(SendsOnlyIf(Sent("ch.alert", "csp"), Held(off, s(181), False)), signal, {}) is None
    assert errs(SendsOnlyIf(Sent("ch.alert", "csp"), Held(off, s(181), True)), signal, {}) == 191
    # A trace that carries only locations and variables gives the same signal.
    bare = replace(
        trace,
        initial={name: value for name, value in trace.initial.items() if name != "esme.dc"},
        entries=tuple(
            replace(entry, values={name: value for name, value in entry.values.items() if name != "esme.dc"})
            for entry in trace.entries
        ),
    )
    assert signal_of(bare, network) == signal


# --- laws on random signals ---------------------------------------------------------------------------------------

P, Q = Name("p"), Name("q")
CONDITIONS = st.sampled_from([P, Q, neg(P), Compare("==", P, Q), TRUE])
EVENTS = st.sampled_from([Sent("a"), Sent("b"), Sent("a", "r")])
DURATIONS = st.sampled_from([s(0), s(1), s(2), s(3), Param("d"), Plus((s(1), Param("d")))])
POSITIVE = st.sampled_from([s(1), s(2), s(3)])
HELDS = st.builds(Held, CONDITIONS, st.none() | DURATIONS, st.booleans())
OCCURRENCES = st.builds(Occurrence, EVENTS)
NEVER = st.builds(NeverHeld, CONDITIONS, DURATIONS, st.just(False), st.none() | CONDITIONS) | st.builds(
    NeverHeld, CONDITIONS, POSITIVE, st.just(True), st.none() | CONDITIONS
)
ONLY_IF = st.builds(SendsOnlyIf, EVENTS, HELDS)
ANSWERS = st.builds(Answers, EVENTS, CONDITIONS, POSITIVE, st.booleans(), DURATIONS, st.booleans())
FORMULAS: st.SearchStrategy[Formula] = st.one_of(
    NEVER,
    st.builds(KeepsFor, CONDITIONS, DURATIONS, st.booleans()),
    st.builds(
        Responds,
        HELDS | OCCURRENCES,
        OCCURRENCES | CONDITIONS,
        DURATIONS,
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    ONLY_IF,
    st.builds(SendsOnlyAfter, EVENTS, EVENTS),
    st.builds(SendsApart, EVENTS, DURATIONS),
    st.builds(SendsOncePer, EVENTS, CONDITIONS),
    st.builds(SendsNotFor, EVENTS, CONDITIONS, DURATIONS),
    ANSWERS,
    st.builds(Possible, NEVER | ONLY_IF),
)
PARAMETERS: dict[str, Value] = {"d": F(1)}
DELAYS = st.sampled_from([F(0), F(1, 2), F(1), F(3, 2), F(2), F(3)])  # at and around the limits
STEPS = st.tuples(DELAYS, st.sets(EVENTS, max_size=2), st.booleans(), st.booleans())


@st.composite
def signals(draw: st.DrawFn) -> Signal:
    now, steps = F(0), []
    for delay, events, p, q in draw(st.lists(STEPS, max_size=9)):
        now += delay
        steps.append(SignalStep(now, frozenset(events), {"p": p, "q": q}))
    initial = {"p": draw(st.booleans()), "q": draw(st.booleans())}
    return Signal(initial, tuple(steps), now + draw(DELAYS))


def scaled(item: Any, factor: Fraction) -> Any:
    """The same thing with every time in it multiplied by ``factor``."""
    match item:
        case Fraction():
            return item * factor
        case tuple():
            return tuple(scaled(part, factor) for part in item)
        case dict():
            return {name: scaled(value, factor) for name, value in item.items()}
        case _ if is_dataclass(item) and not isinstance(item, type):
            return replace(item, **{part.name: scaled(getattr(item, part.name), factor) for part in fields(item)})
    return item


@given(FORMULAS, signals(), st.sampled_from([F(7), F(1, 3)]))
def test_multiplying_every_time_changes_no_answer(formula: Formula, signal: Signal, factor: Fraction) -> None:
    other = scaled(formula, factor), scaled(signal, factor), scaled(PARAMETERS, factor)
    before = errs(formula, signal, PARAMETERS)
    assert errs(*other) == (None if before is None else before * factor)
    assert premise_occurs(*other) == premise_occurs(formula, signal, PARAMETERS)


@given(FORMULAS, signals(), st.data())
def test_a_step_in_which_nothing_happens_changes_no_answer(
    formula: Formula, signal: Signal, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(signal.steps)))
    part = data.draw(st.sampled_from([F(0), F(1, 3), F(1)]))
    time = signal.begins(place) + part * (signal.ends(place) - signal.begins(place))
    idle = SignalStep(time, frozenset(), signal.valuations[place])
    padded = replace(signal, steps=(*signal.steps[:place], idle, *signal.steps[place:]))
    assert errs(formula, padded, PARAMETERS) == errs(formula, signal, PARAMETERS)
    assert premise_occurs(formula, padded, PARAMETERS) == premise_occurs(formula, signal, PARAMETERS)


@given(FORMULAS, signals(), st.data())
def test_what_is_broken_stays_broken_and_was_not_broken_before(
    formula: Formula, signal: Signal, data: st.DataObject
) -> None:
    kept = data.draw(st.integers(0, len(signal.steps)))
    part = data.draw(st.sampled_from([F(0), F(1, 3), F(1)]))
    stop = signal.begins(kept) + part * (signal.ends(kept) - signal.begins(kept))
    cut = Signal(signal.initial, signal.steps[:kept], stop)
    early, late = errs(formula, cut, PARAMETERS), errs(formula, signal, PARAMETERS)
    assert early in (None, late)
    if late is not None and late < stop:
        assert early == late
    if early is not None:
        assert early <= stop


@given(FORMULAS, signals())
def test_an_error_has_an_explanation_and_nothing_else_has(formula: Formula, signal: Signal) -> None:
    assert bool(explain_error(formula, signal, PARAMETERS)) == (errs(formula, signal, PARAMETERS) is not None)


@given(CONDITIONS, POSITIVE, signals())
def test_never_for_long_is_a_duty_that_nothing_answers(condition: Expr, limit: Const, signal: Signal) -> None:
    # More than 3 min never: when it has held for 3 min, the impossible follows at once, or it ends at once.
    at_once = Responds(Held(condition, limit, strict=False), FALSE)
    assert errs(NeverHeld(condition, limit), signal, {}) == errs(at_once, signal, {})
    # As long as 3 min never: when it holds, the impossible follows in less than 3 min, or it ends before.
    in_less = Responds(Held(condition), FALSE, limit, exclusive=True)
    assert errs(NeverHeld(condition, limit, inclusive=True), signal, {}) == errs(in_less, signal, {})


def _one_each_by_trying(formula: Answers, signal: Signal) -> Fraction | None:
    """Attribution by trying every assignment of the first k sends to different periods, for each k."""
    found = periods(signal, formula.condition, PARAMETERS)
    sends = signal.steps_with(formula.event)
    for count in range(1, len(sends) + 1):
        for chosen in permutations(found, count):
            each = zip(sends[:count], chosen, strict=True)
            if all(_single(formula, signal, send, period.first) for send, period in each):
                break
        else:
            return signal.steps[sends[count - 1] - 1].time
    return None


def _single(formula: Answers, signal: Signal, send: int, first: int) -> bool:
    """Whether the period that begins with valuation ``first`` is genuine for one send: all else is blotted out."""
    periods_by_first = {period.first: period for period in periods(signal, formula.condition, PARAMETERS)}
    keep = periods_by_first[first]
    valuations = [{"c": keep.first <= number <= keep.last} for number in range(len(signal.valuations))]
    steps = tuple(
        SignalStep(step.time, frozenset({formula.event}) if number == send else frozenset(), valuations[number])
        for number, step in enumerate(signal.steps, 1)
    )
    alone = replace(formula, condition=Name("c"), one_each=False)
    return errs(alone, Signal(valuations[0], steps, signal.end), PARAMETERS) is None


@given(st.lists(st.lists(st.integers(0, 4), unique=True), max_size=5))
def test_the_matching_is_the_one_that_trying_everything_finds(choices: list[list[int]]) -> None:
    tried = (
        all(choice in allowed for choice, allowed in zip(chosen, choices, strict=True))
        for chosen in permutations(range(5), len(choices))
    )
    assert _can_be_assigned(choices) == any(tried)


@given(ANSWERS, signals())
def test_the_attribution_is_the_one_that_trying_everything_finds(formula: Answers, signal: Signal) -> None:
    formula = replace(formula, one_each=True)
    assert errs(formula, signal, PARAMETERS) == _one_each_by_trying(formula, signal)


@given(ANSWERS, signals())
def test_sending_only_while_it_has_held_is_stricter_than_answering(formula: Answers, signal: Signal) -> None:
    held = Held(formula.condition, formula.duration, formula.strict)
    if errs(SendsOnlyIf(formula.event, held), signal, PARAMETERS) is None:
        assert errs(replace(formula, one_each=False), signal, PARAMETERS) is None
