"""Times, conditions and deeds in words."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from lastgasp.expr import And, Clock, Compare, Const, Expr, In, Name, Not, Or, Param, Plus, Sent
from lastgasp.render.words import (
    condition_words,
    deeds,
    duration_words,
    event_words,
    folded,
    time_text,
    transition_notes,
)
from lastgasp.trace import Trace
from tests.render.small_network import reads


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ("0", "0 s"),
        ("60", "1 min"),
        ("90", "1 min 30 s"),
        ("181", "3 min 1 s"),
        ("86400", "1 day"),
        ("86581", "1 day 3 min 1 s"),
        ("777600", "9 days"),
        ("90000", "1 day 1 h"),
        ("361/2", "3 min 0.5 s"),
        ("41/4", "10.25 s"),
        ("1/7", "1/7 s"),
        ("1/1000000", "0.000001 s"),
        ("1/10000000", "1/10000000 s"),
        ("1261/7", "3 min 1/7 s"),
        ("211/7", "30 1/7 s"),
        ("-90", "-1 min 30 s"),
    ],
)
def test_times_are_exact_and_carry_units(seconds: str, words: str) -> None:
    assert time_text(Fraction(seconds)) == words


UNIT = {"day": 86400, "days": 86400, "h": 3600, "min": 60, "s": 1}


@pytest.mark.parametrize("seconds", [Fraction(n, d) for d in (1, 3, 8, 1000) for n in range(1, 400000, 7919)])
def test_no_two_times_have_the_same_words(seconds: Fraction) -> None:
    total, number = Fraction(0), Fraction(0)
    for word in time_text(seconds).split():
        if word in UNIT:
            total, number = total + number * UNIT[word], Fraction(0)
        else:
            number += Fraction(word)
    assert total == seconds


@pytest.mark.parametrize(
    ("expr", "words"),
    [
        (reads("supply.state", "off"), "supply is off"),
        (reads("esme.dc", "off"), "esme.dc is off"),
        (In(Name("ch.state"), ("dark", "alerted")), "ch is dark or alerted"),
        (Not(reads("esme.dc", "off")), "not esme.dc is off"),
        (And((Name("a.x"), Or((Name("a.y"), Name("a.z"))))), "a.x and (a.y or a.z)"),
        (Compare(">", Clock("time"), Const(Fraction(180))), "time in state is more than 3 min"),
        (Compare(">=", Clock("ch.time"), Param("boot")), "time in state of ch is at least boot"),
        (Compare("<", Clock("ch.dip"), Const(Fraction(90))), "ch.dip is less than 1 min 30 s"),
        (Const(True), "always"),
    ],
)
def test_conditions_in_words(expr: Expr, words: str) -> None:
    assert condition_words(expr) == words


def test_events_and_durations_in_words() -> None:
    assert event_words(Sent("csp.AD1")) == "csp sends AD1"
    assert event_words(Sent("csp.AD1", "dcc")) == "dcc receives csp.AD1"
    assert duration_words(Plus((Const(Fraction(181)), Param("sending")))) == "3 min 1 s + sending"


def test_a_number_is_never_parted_from_its_unit() -> None:
    for width in range(8, 40):
        for line in folded("any wait of 3 min or of 10 s or of 2 days is shown to us", width):
            assert len(line) <= width
            assert line.split()[0] not in ("min", "s", "days")


def test_deeds_name_the_transition_between_labels_and_only_what_changed(false_alert: Trace) -> None:
    (meter,) = deeds(false_alert, 0)
    assert (meter.device, meter.transition) == ("Electricity meter", "running → rebooting for new firmware")
    assert meter.note == "activates firmware"
    assert [str(change) for change in meter.changes] == ["dc: on → off"]
    assert deeds(false_alert, 1)[0].changes == ()
    hub, provider = deeds(false_alert, 2)
    assert (hub.act, [str(change) for change in hub.changes]) == ("sends Power Loss Alert", ["alerts sent: 0 → 1"])
    assert provider.act == "hears Power Loss Alert from Communications Hub"
    assert provider.changes == ()
    assert deeds(false_alert, 7)[1].transition == "stays idle"


def test_words_of_another_form_are_not_taken_apart(false_alert: Trace) -> None:
    entry = false_alert.entries[2]
    assert transition_notes(entry) == ("", "")
    assert transition_notes(replace(entry, words="the hub gasps")) is None
    assert transition_notes(replace(entry, words="ch: dark -> alerted (a; b (c)); csp: idle -> got_alert")) == (
        "a; b (c)",
        "",
    )
    assert transition_notes(replace(entry, words="ch: dark -> alerted")) is None
