from __future__ import annotations

import re
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastgasp.errors import InputError, Place
from lastgasp.expr import FALSE, And, Compare, Const, Expr, In, Name, Not, Or, Param, Plus, Sent
from lastgasp.language.sentences import TEMPLATES, meaning, parse_sentence, readable_problems, sentence_text
from lastgasp.machine import seconds
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
    Sentence,
)
from tests.language.house import house, refused, where

HOUSE = house()
LATENCY = {"latency": Fraction(300)}


def equal(name: str, value: object) -> Compare:
    return Compare("==", Name(name), Const(value))  # type: ignore[arg-type]


def unequal(name: str, value: str) -> Compare:
    return Compare("!=", Name(name), Const(value))


SUPPLY_ON, SUPPLY_OFF = equal("supply.state", "on"), equal("supply.state", "off")
DC_OFF, DC_ON = equal("esme.dc", "off"), equal("esme.dc", "on")
DARK, BOOTING = equal("esme.state", "dark"), equal("ch.state", "booting")
ALERT, AD1 = Sent("ch.power_loss_alert"), Sent("csp.ad1")
HEARD = Sent("ch.power_loss_alert", "csp")
MIN3 = seconds(180)
OFF_3 = Held(DC_OFF, MIN3, True)

CASES: list[tuple[str, Formula, str]] = [
    (
        "While supply is on, ESME shall not keep dc off for more than 3 min.",
        NeverHeld(And((SUPPLY_ON, DC_OFF)), MIN3, False, SUPPLY_ON),
        "esme",
    ),
    (
        "While supply is on, the ESME shall not keep dc off for at least 3 min.",
        NeverHeld(And((SUPPLY_ON, DC_OFF)), MIN3, True, SUPPLY_ON),
        "esme",
    ),
    ("ESME shall never be dark.", NeverHeld(DARK), "esme"),
    ("Esme shall never be dark or booting.", NeverHeld(In(Name("esme.state"), ("dark", "booting"))), "esme"),
    ("While supply is on, ESME shall not be dark.", NeverHeld(And((SUPPLY_ON, DARK)), premise=SUPPLY_ON), "esme"),
    ("ESME shall always keep dc on.", NeverHeld(unequal("esme.dc", "on")), "esme"),
    (
        "While supply is on, ESME shall be running.",
        NeverHeld(And((SUPPLY_ON, unequal("esme.state", "running"))), premise=SUPPLY_ON),
        "esme",
    ),
    (
        "supply is on and ESME is dark shall never hold for more than reboot_time.",
        NeverHeld(And((SUPPLY_ON, DARK)), seconds(7)),
        "",
    ),
    (
        "While dc is off, (ch is running or supply is on) shall never hold.",
        NeverHeld(And((DC_OFF, Or((equal("ch.state", "running"), SUPPLY_ON)))), premise=DC_OFF),
        "",
    ),
    ("CH shall be booting for at least 3 min each time.", KeepsFor(BOOTING, MIN3), "ch"),
    ("ESME shall keep dc off for more than 3 min.", KeepsFor(DC_OFF, MIN3, True), "esme"),
    ("supply shall be on for at least 3 min.", KeepsFor(SUPPLY_ON, MIN3), ""),
    ("dc is off and ch is booting shall last at least 3 min.", KeepsFor(And((DC_OFF, BOOTING)), MIN3), ""),
    (
        "When dc has been off for more than 3 min, CH shall within 10 s send power_loss_alert.",
        Responds(OFF_3, Occurrence(ALERT), seconds(10)),
        "ch",
    ),
    (
        "When dc is off has held for at least 3 min, CH shall send power_loss_alert in less than 10 s.",
        Responds(Held(DC_OFF, MIN3, False), Occurrence(ALERT), seconds(10), exclusive=True),
        "ch",
    ),
    (
        "When dc has been off for at least 3 min, CH shall immediately send power_loss_alert.",
        Responds(Held(DC_OFF, MIN3, False), Occurrence(ALERT)),
        "ch",
    ),
    (
        "When supply has been off for more than 3 min, DCC shall by then or within latency send AD1, even if it ends.",
        Responds(Held(SUPPLY_OFF, MIN3), Occurrence(AD1), seconds(300), even_if_it_ends=True, by_then=True),
        "csp",
    ),
    (
        "When CH is booting, CH shall within ch_boot + 3 s be running.",
        Responds(Held(BOOTING), equal("ch.state", "running"), Plus((seconds(3), Param("ch.boot")))),
        "ch",
    ),
    (
        "When supply is off, ESME shall no later than 3 min turn dc off.",
        Responds(Held(SUPPLY_OFF), DC_OFF, MIN3),
        "esme",
    ),
    (
        "When CSP receives power_loss_alert from ch, CSP shall within 3 min send AD1.",
        Responds(Occurrence(HEARD), Occurrence(AD1), MIN3),
        "csp",
    ),
    (
        "When CH sends power_loss_alert, CSP shall within 3 min be idle.",
        Responds(Occurrence(ALERT), equal("csp.state", "idle"), MIN3),
        "csp",
    ),
    ("CH shall send power_loss_alert only if dc is off.", SendsOnlyIf(ALERT, Held(DC_OFF)), "ch"),
    ("CH shall send power_loss_alert only while dc is off.", SendsOnlyIf(ALERT, Held(DC_OFF)), "ch"),
    ("CH shall send power_loss_alert only if dc has been off for more than 3 min.", SendsOnlyIf(ALERT, OFF_3), "ch"),
    ("CSP shall never send AD1.", SendsOnlyIf(AD1, Held(FALSE)), "csp"),
    ("While dc is on, CH shall not send power_loss_alert.", SendsOnlyIf(ALERT, Held(unequal("esme.dc", "on"))), "ch"),
    (
        "CSP shall send AD1 only if it has received power_loss_alert since the last AD1.",
        SendsOnlyAfter(AD1, HEARD),
        "csp",
    ),
    ("CSP shall send AD1 only if CH has sent power_loss_alert since the last AD1.", SendsOnlyAfter(AD1, ALERT), "csp"),
    ("CSP shall not send AD1 within 3 min of the last AD1.", SendsApart(AD1, MIN3), "csp"),
    ("CSP shall send AD1 not before 3 min after the last AD1.", SendsApart(AD1, MIN3), "csp"),
    ("CSP shall send AD1 at most once while supply is off.", SendsOncePer(AD1, SUPPLY_OFF), "csp"),
    ("For 3 min after dc becomes on, CSP shall not send AD1.", SendsNotFor(AD1, DC_ON, MIN3), "csp"),
    (
        "For 3 min after it becomes true that dc is on and supply is on, CSP shall not send AD1.",
        SendsNotFor(AD1, And((DC_ON, SUPPLY_ON)), MIN3),
        "csp",
    ),
    (
        "DCC shall send AD1 only for a supply outage of more than 3 min, no later than latency after its end,"
        " each outage answering at most one AD1.",
        Answers(AD1, SUPPLY_OFF, MIN3, True, seconds(300), True),
        "csp",
    ),
    ("DCC shall send AD1 only for a period of dc is off of at least 3 min.", Answers(AD1, DC_OFF, MIN3, False), "csp"),
    ("DCC shall send AD1 only for a supply outage of any length.", Answers(AD1, SUPPLY_OFF, seconds(0)), "csp"),
    ("It is possible that the ESME is dark.", Possible(NeverHeld(DARK)), ""),
    ("It is possible that esme is dark holds for at least 3 min.", Possible(NeverHeld(DARK, MIN3, True)), ""),
    ("It is possible that CSP sends AD1.", Possible(SendsOnlyIf(AD1, Held(FALSE))), ""),
    (
        "It is possible that CSP sends AD1 while supply is off and dc is on.",
        Possible(SendsOnlyIf(AD1, Held(Or((unequal("supply.state", "off"), unequal("esme.dc", "on")))))),
        "",
    ),
    ("It is possible that CSP receives power_loss_alert.", Possible(SendsOnlyIf(HEARD, Held(FALSE))), ""),
]


@pytest.mark.parametrize(("text", "formula", "binds"), CASES, ids=[case[0] for case in CASES])
def test_each_template_has_its_formula(text: str, formula: Formula, binds: str) -> None:
    sentence = parse_sentence(text, HOUSE, LATENCY | {"reboot_time": Fraction(7)})
    assert sentence.formula == formula
    assert sentence.binds == binds
    again = parse_sentence(sentence_text(sentence, HOUSE), HOUSE)
    assert (again.formula, again.binds) == (formula, binds)
    assert sentence_text(again, HOUSE) == sentence_text(sentence, HOUSE)
    assert meaning(again) == meaning(sentence)


NAMES_OF_THE_PAGE = {"meter": "esme", "hub": "ch", "office": "csp", "alarm": "ad1", "power_lost": "power_loss_alert"}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_the_examples_of_the_page_are_sentences(template: object) -> None:
    example: str = template.example  # type: ignore[attr-defined]
    for neutral, ours in NAMES_OF_THE_PAGE.items():
        example = re.sub(rf"\b{neutral}\b", ours, example)
    sentence = parse_sentence(example, HOUSE)
    assert parse_sentence(sentence_text(sentence, HOUSE), HOUSE).formula == sentence.formula


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("ESME is dark", DARK),
        ("the esme's dc is off", DC_OFF),
        ("esme.dc is not off", unequal("esme.dc", "off")),
        ("ESME.STATE is DARK", DARK),
        ("ac is lost", equal("esme.ac", "lost")),
        ("mode is busy", equal("esme.mode", "busy")),
        ("esme.flag", Name("esme.flag")),
        ("not esme.flag", Not(Name("esme.flag"))),
        ("esme.flag is yes", equal("esme.flag", True)),
        ("spare is no", Not(Param("esme.spare"))),
        ("count < 3", Compare("<", Name("esme.count"), Const(3))),
        ("count >= esme.tries", Compare(">=", Name("esme.count"), Param("esme.tries"))),
        ("ch is booting or alerted or dc is off", Or((In(Name("ch.state"), ("booting", "alerted")), DC_OFF))),
        ("not (ch is booting or dc is off)", And((unequal("ch.state", "booting"), unequal("esme.dc", "off")))),
        ("not (ch is booting or running)", Not(In(Name("ch.state"), ("booting", "running")))),
        ("dc is off\n  and dc is on or esme is dark", Or((And((DC_OFF, DC_ON)), DARK))),
        ("supply.mains is on", equal("supply.mains", "on")),
    ],
)
def test_conditions(condition: str, expected: Expr) -> None:
    formula = parse_sentence(f"{condition} shall never hold.", HOUSE).formula
    assert formula == NeverHeld(expected)


@pytest.mark.parametrize(
    ("text", "column", "what", "cure"),
    [
        ("ESME shal never be dark.", 6, "'shal'", "did you mean 'shall'?"),
        ("ESME shall nver be dark.", 12, "'nver'", "always"),
        ("ESME shall never be dark", 25, "no full stop", "'.'"),
        ("ESME shall never be dark. And more.", 27, "more text after", "one sentence"),
        ("ESME shall never be dark for more then 3 min.", 30, "'more'", "did you mean 'more than'?"),
        ("ESME shall never be dark for more than 3 m.", 42, "metres", "min"),
        ("ESME shall never be dark for more than 3.", 41, "no unit", "3 min"),
        ("ESME shall never be drak.", 21, "neither a state nor the output", "did you mean 'dark'?"),
        ("ESMI shall never be dark.", 1, "unknown device 'ESMI'", "did you mean"),
        ("ESME is dark shall never be dark.", 1, "one device is expected", "CH, DCC"),
        ("ESME must never be dark.", 6, "a duty is said with 'shall'", "shall"),
        ("If dc is off, CH shall immediately send power_loss_alert.", 1, "'if'", "When"),
        ("When dc is off, CH shall soon send power_loss_alert.", 26, "'soon' names no time", "within D"),
        ("When dc is off, CH shall promptly send power_loss_alert.", 26, "'promptly'", "within D"),
        ("When dc is off, CH shall normally send power_loss_alert.", 26, "'normally'", "within D"),
        ("When dc is off, CH shall quickly send power_loss_alert.", 26, "'quickly'", "within D"),
        ("When dc is off, CH shall within 1 month send power_loss_alert.", 35, "'month'", "days"),
        ("When dc is off, CH shall after 3 s send power_loss_alert.", 26, "'after'", "within D"),
        ("When dc is off, CH shall send power_loss_alert.", 47, "by when", "immediately"),
        ("When dc is off, CH shall send power_loss_alrt within 3 s.", 31, "sends no event", "did you mean"),
        ("When dc is off, CH shall send AD1 within 3 s.", 31, "sends no event", "csp sends it"),
        ("When dc is off, CH shall within ch_bot send power_loss_alert.", 33, "unknown duration", "did you mean"),
        ("When dc is off, CH shall in less than 0 s send power_loss_alert.", 26, "less than 0 s", "immediately"),
        (
            "When dc has been off for more than 3 s, CH shall immediately send power_loss_alert.",
            50,
            "no first instant",
            "at least",
        ),
        (
            "When dc has been off for more than 3 s, CH shall within 0 s send power_loss_alert.",
            50,
            "no first instant",
            "within D",
        ),
        (
            "When dc has been off for more than 3 s, CH shall by then send power_loss_alert.",
            50,
            "no first instant",
            "within D",
        ),
        (
            "When ch sends power_loss_alert, CSP shall within 3 s send AD1, even if it ends.",
            62,
            "an event has no end",
            "leave",
        ),
        ("When dc is off, CH shall by then or within 3 s be booting.", 26, "'by then'", "leave"),
        ("When ch receives ad1, CSP shall within 3 s send AD1.", 18, "ch hears no event", ""),
        ("ESME shall never be dark for at least 0 s.", 39, "at least 0 s", "more than 0 s"),
        ("CSP shall send AD1 only for a ch outage of any length.", 31, "no outage", "period"),
        (
            "CSP shall send AD1 only for a supply outage of any length, each outage answering at most one AD1.",
            48,
            "no length",
            "above 0 s",
        ),
        ("CSP shall send AD1 only if it has received power_loss_alert since the last alarm.", 76, "sends no event", ""),
        ("ch is not booting or running shall never hold.", 1, "two ways", "not (X is A or B)"),
        ("dc is off and ch is booting or running shall never hold.", 32, "unknown name 'running'", ""),
        ("esme is lost shall never hold.", 9, "neither a state nor the output of esme", "esme.ac"),
        ("esme.dcc is off shall never hold.", 1, "esme has no 'dcc'", "did you mean 'dc'?"),
        ("dc < 3 shall never hold.", 1, "not a number", "is not"),
        ("count is lots shall never hold.", 10, "never 'lots'", ""),
        ("esme shall never hold.", 1, "a device, not a condition", "esme is STATE"),
        ("ESME shall keep ch.dc off for at least 3 s.", 17, "gives no output", "did you mean 'dc'?"),
        ("hello $ world.", 7, "'$'", "delete"),
        ("", 1, "ends too early", "while"),
        ("(" * 50, 1, "nested", "split"),
        ("x" * 5000, 1, "too long", "split"),
    ],
)
def test_refused_in_place_with_a_cure(text: str, column: int, what: str, cure: str) -> None:
    (problem,) = refused(parse_sentence, text, HOUSE, {}, Place("f", 5, 1))
    assert what in problem.what
    assert cure in problem.cure
    assert where(problem) == (5, column)


def test_what_a_party_can_read() -> None:
    def told(text: str) -> list[str]:
        return [problem.what for problem in readable_problems(parse_sentence(text, HOUSE), HOUSE)]

    assert told("While supply.mains is on, ESME shall not keep dc off.") == []
    assert told("When csp receives power_loss_alert, csp shall within 3 s send ad1.") == []
    assert told("CH shall send power_loss_alert only if dc is off.") == []
    assert told("CH shall send power_loss_alert only if ac is lost.") == ["ch cannot know 'esme.ac'"]
    assert told("While supply is on, ESME shall not keep dc off.") == []  # its output tells the state
    assert told("When csp sends ad1, CH shall within 3 s be running.") == ["ch cannot know that csp sends ad1"]
    assert told("supply is off shall never hold.") == []
    (problem,) = readable_problems(parse_sentence("While supply is on, CH shall not be running.", HOUSE), HOUSE)
    assert problem.cure == "it can read ch, esme.dc and knows the events ch.power_loss_alert"


def test_meanings_say_what_happens_at_the_limit() -> None:
    def said(text: str) -> str:
        return meaning(parse_sentence(text, HOUSE, LATENCY))

    assert said("ESME shall never be dark for more than 3 min.") == (
        "'esme is dark' never holds without a break for longer than 3 min, though exactly so long is allowed."
    )
    assert said("When dc has been off for more than 3 min, CH shall within 10 s send power_loss_alert.") == (
        "each time that 'esme.dc is off' has held without a break longer than 3 min (exactly 3 min is not enough), "
        "ch sends power_loss_alert at most 10 s later, 10 s included; the duty lapses when the condition ends."
    )


def test_a_word_that_two_devices_share_is_refused() -> None:
    text = HOUSE.by_name["ch"]
    two = type(HOUSE)("two", (*HOUSE.instances, type(text)("ch2", text.machine, {"host": "esme"})))
    assert parse_sentence("CH shall never be alerted.", two).binds == "ch"
    renamed = type(HOUSE)(
        "renamed",
        (*HOUSE.instances[:2], *(type(text)(name, text.machine, {"host": "esme"}) for name in ("one", "two"))),
    )
    (problem,) = refused(parse_sentence, "CH shall never be alerted.", renamed)
    assert problem.what == "'CH' may be one or two"


CONDITION = st.recursive(
    st.sampled_from(
        [
            DC_OFF,
            unequal("supply.state", "on"),
            In(Name("ch.state"), ("booting", "alerted")),
            Name("esme.flag"),
            Not(Name("esme.flag")),
            Compare("<", Name("esme.count"), Const(2)),
            equal("esme.mode", "busy"),
            Param("esme.spare"),
        ]
    ),
    lambda inner: (
        st.builds(
            lambda items: And(tuple(items)),
            st.lists(inner.filter(lambda item: not isinstance(item, And)), min_size=2, max_size=3),
        )
        | st.builds(
            lambda items: Or(tuple(items)),
            st.lists(inner.filter(lambda item: not isinstance(item, Or)), min_size=2, max_size=3),
        )
    ),
    max_leaves=6,
)
LENGTH = st.fractions(min_value=Fraction(1, 9), max_value=9999, max_denominator=60).map(Const) | st.just(
    Param("ch.boot")
)
STATE = st.sampled_from([DC_OFF, DARK, In(Name("esme.state"), ("dark", "booting"))])
FORMULA: st.SearchStrategy[Formula] = st.one_of(
    st.builds(NeverHeld, CONDITION, LENGTH, st.booleans()),
    st.builds(NeverHeld, CONDITION),
    st.builds(KeepsFor, CONDITION, LENGTH, st.booleans()),
    st.builds(
        Responds,
        st.builds(Held, CONDITION) | st.builds(Held, CONDITION, LENGTH, st.booleans()),
        st.just(Occurrence(AD1)),
        LENGTH,
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    st.builds(Responds, st.builds(Held, CONDITION), STATE, LENGTH, st.booleans(), st.booleans()),
    st.builds(Responds, st.sampled_from([Occurrence(HEARD), Occurrence(ALERT)]), st.just(Occurrence(AD1)), LENGTH),
    st.builds(
        SendsOnlyIf, st.just(AD1), st.builds(Held, CONDITION) | st.builds(Held, CONDITION, LENGTH, st.booleans())
    ),
    st.builds(SendsApart, st.just(AD1), LENGTH),
    st.builds(SendsOncePer, st.just(AD1), CONDITION),
    st.builds(SendsNotFor, st.just(AD1), CONDITION, LENGTH),
    st.builds(Answers, st.just(AD1), CONDITION, LENGTH, st.booleans(), LENGTH, st.booleans()),
    st.builds(Possible, st.builds(NeverHeld, CONDITION, LENGTH, st.booleans())),
    st.builds(Possible, st.builds(SendsOnlyIf, st.just(AD1), st.builds(Held, CONDITION))),
)


@given(FORMULA)
def test_every_formula_reads_back_from_its_text(formula: Formula) -> None:
    text = sentence_text(Sentence("", formula), HOUSE)
    assert parse_sentence(text, HOUSE).formula == formula


WORDS = [
    "while",
    "when",
    "shall",
    "not",
    "never",
    "be",
    "keep",
    "esme",
    "ch",
    "dc",
    "off",
    "dark",
    "for",
    "more",
    "than",
    "3",
    "min",
    ",",
    ".",
    "(",
    ")",
    "or",
    "is",
    "at",
    "least",
    "send",
    "ad1",
    "within",
    "only",
    "if",
    "it",
]


@given(st.lists(st.sampled_from(WORDS), max_size=14))
def test_never_a_traceback(words: list[str]) -> None:
    with suppress(InputError):
        sentence = parse_sentence(" ".join(words), HOUSE)
        assert parse_sentence(sentence_text(sentence, HOUSE), HOUSE).formula == sentence.formula
